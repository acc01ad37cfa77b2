"""Systems written so that an arbitrary function whose antiderivative stands in a law is a derivative itself.

    x'' = -f(r) x,  y'' = -f(r) y     keeps    (x'² + y'²)/2 + ∫ r f(r) dr
    F' = r f(r):
    x'' = -F'(r) x/r,  y'' = -F'(r) y/r   keeps    (x'² + y'²)/2 + F(r)

What is to be learned then is F, and no integral needs a quadrature. The integrals are verified in the new system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Basic, Derivative, Dummy, Expr, Function, Integral, S, Symbol, fraction, together
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.listing import Listing
from liesym.base.names import free_name
from liesym.conservation.first_integrals import first_integrals
from liesym.determine.verify import is_first_integral
from liesym.errors import VerificationError
from liesym.model.names import taken_names
from liesym.model.reading import Given, read_given
from liesym.model.system import ODESystem
from liesym.text.reader import derivative_at
from liesym.text.writer import write


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A system in antiderivatives of its functions.

    Arguments:
        system: in the new functions.
        integrals: of the new system; those with an antiderivative for which there is no such form are left out.
        statements: a sentence for each new function: what it is, and what the old one is in it.
        left_out: the integrals of the given system for which there is no such form.
    """

    system: ODESystem
    integrals: Listing[Expr]
    statements: tuple[str, ...]
    left_out: tuple[Expr, ...]

    def __str__(self) -> str:
        return "\n".join((str(self.system), *self.statements))


@dataclass(frozen=True, slots=True)
class _Role:
    """F with F'(s) = integrand(s), solved for f(s): f(s) = old(s, F'(s))."""

    function: str
    new: str
    variable: Symbol
    integrand: Expr
    slope: Symbol
    old: Expr

    def at(self, argument: Expr) -> Expr:
        """f at an argument, in F'."""
        slope = derivative_at(Function(self.new), 1, argument)
        return self.old.xreplace({self.variable: argument}).xreplace({self.slope: slope})

    def stands_in(self, part: Basic) -> bool:
        """Whether a part of an expression is the old function at some argument."""
        return isinstance(part, AppliedUndef) and part.func.__name__ == self.function

    def at_call(self, part: AppliedUndef) -> Expr:
        """The same in the new function."""
        return self.at(part.args[0])  # type: ignore[arg-type]

    def integral(self, found: Integral) -> Expr | None:
        """F at the limits, where the integrand is that of F; without a constant at the lower one."""
        variable, *limits = found.limits[0]
        if found.function.xreplace({variable: self.variable}) != self.integrand or len(found.limits) > 1:
            return None
        F = Function(self.new)
        if not limits:
            return F(variable)
        return F(limits[1]) - (F(limits[0]) if limits[0].free_symbols else S.Zero)

    @property
    def statement(self) -> str:
        """In words and formulas."""
        s = Symbol("s", real=True)
        shown = {self.variable: s, self.slope: Symbol(f"{self.new}'(s)", real=True)}
        old = write(self.old.xreplace(shown))
        return (
            f"{self.new} is an antiderivative, {self.new}'(s) = {write(self.integrand.xreplace(shown))}: "
            f"the network is {self.new}, and {self.function}(s) = {old}"
        )


def with_antiderivatives(system: Given, integrals: Sequence[Expr] | None = None, *, budget: float = 30.0) -> Rewritten:
    """The system in antiderivatives of its arbitrary functions, as its first integrals ask for them.

        ∫ h(s) f(s) ds in an integral:   F' = h f,  f = F'/h everywhere

    Arguments:
        system: text, a file of a model or a system.
        integrals: of the system; looked for unless given.
        budget: seconds, for the search and for the checks.

    Returns:
        The new system with its integrals. A function of one argument gets an antiderivative where the integrand is linear in
        it or a ratio of such; where two integrals weigh it differently the first one decides.

    Raises:
        VerificationError: an integral is none of the new system.
        OutOfBudget: the checks did not end in time.
    """
    system, _ = read_given(system)
    limit = Budget.seconds(budget)
    given = first_integrals(system, budget=budget) if integrals is None else integrals
    listing = given if isinstance(given, Listing) else Listing(given)
    roles = _roles(system, listing)
    replaced = [(_in_roles(e, roles), on) for e, on in zip(listing, listing.on, strict=True)]
    left_out = tuple(old for old, (new, _) in zip(listing, replaced, strict=True) if new.has(Integral))
    kept = [(new, on) for new, on in replaced if not new.has(Integral)]
    rewritten = replace(system, rhs=tuple(_in_roles(f, roles) for f in system.rhs))
    for integral, _ in kept:
        if not is_first_integral(integral, rewritten, limit):
            raise VerificationError(f"{integral} is no integral of the system in antiderivatives:\n{rewritten}")
    found = Listing([e for e, _ in kept], listing.within, listing.stopped, [on for _, on in kept])
    return Rewritten(rewritten, found, tuple(role.statement for role in roles), left_out)


def _roles(system: ODESystem, integrals: Sequence[Expr]) -> list[_Role]:
    """An antiderivative for each function that has one, the plain ones ∫ f first."""
    roles: list[_Role] = []
    taken = set(taken_names(system))
    below = {i for e in integrals for i in e.atoms(Integral)}
    for found in sorted(below, key=lambda i: (i.count_ops(), str(i))):
        role = _role(found, taken)
        if role is not None and role.function not in {r.function for r in roles}:
            taken.add(role.new)
            roles.append(role)
    return roles


def _role(found: Integral, taken: set[str]) -> _Role | None:
    """The antiderivative that an integral asks for: F' = (a f + b)/(c f + d) is solved for f."""
    variable: Any = found.limits[0].args[0]
    s, slope = Dummy("s", real=True), Dummy("slope", real=True)
    integrand = found.function.xreplace({variable: s})
    candidates = [f for f in integrand.atoms(AppliedUndef) if f.args == (s,)]
    if integrand.has(Integral) or len(found.limits) > 1:
        return None
    for function in sorted(candidates, key=str):
        value = Dummy("value", real=True)
        replaced = integrand.xreplace({function: value})
        numerator, denominator = fraction(together(replaced))
        equation = numerator - slope * denominator
        factor = equation.diff(value)
        if factor != 0 and not factor.expand().has(value) and not replaced.has(function.func):
            old = -equation.xreplace({value: S.Zero}) / factor.expand()
            name = function.func.__name__
            capital = name.upper() if name.upper() != name else f"{name}_"
            return _Role(name, free_name(capital, taken), s, integrand, slope, old)
    return None


def _in_roles(expression: Expr, roles: Sequence[_Role]) -> Expr:
    """An expression in the new functions; integrals first, whose integrands hold the old ones."""
    for found in sorted(expression.atoms(Integral), key=lambda i: -i.count_ops()):
        new = next((value for role in roles if (value := role.integral(found)) is not None), None)
        if new is not None:
            expression = expression.xreplace({found: new})
    if expression.has(Integral):
        return expression
    for role in roles:
        expression = expression.replace(role.stands_in, role.at_call)
    return expression.doit() if roles and expression.has(Derivative) else expression
