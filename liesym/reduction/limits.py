"""Solutions that a family reaches only in a limit of its constants.

    y = f(x, C)           C_k = ±1/c or ±c and C_j = D c^m, with c = 0 where that has a value
    y' = φ(x, y, C1)      f without C2, at a value of C1 at which f has none or loses C2, solved again

y = C1 tan(C1 x/2 + C2) solves y'' = y y', and so does y = -2/(x + C), of y' = y²/2, which is left for C1 = 0. Nothing here
is checked. Source: Ince 1956, section 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Dummy, Expr, I, Integral, Pow, Rational, S, Symbol

from liesym.base.budget import Budget
from liesym.base.typed import expr, over_one_denominator, powers_in, replaced
from liesym.model.system import ODESystem
from liesym.reduction.elementary import families
from liesym.reduction.forms import written
from liesym.reduction.quadrature import constants_for
from liesym.solving.algebraic import solve_for

LARGEST = 60
"""Operations of a branch that is looked at."""
WEIGHTS = (S.Zero, S.One, -S.One, Rational(1, 2), -Rational(1, 2), S(2), -S(2))
"""Powers of what tends to zero, that another constant may have with it."""
DERIVATIVES, MOST = 5, 400
"""How often L'Hôpital's rule is applied, and operations of what is differentiated."""
NOWHERE = (S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity)


def limits_of(system: ODESystem, value: Expr, constants: Sequence[Symbol], budget: Budget) -> Iterator[Expr]:
    """y = … beside the branch y = value, with fewer constants; among them may be some that it holds.

    Arguments:
        system: one equation.
        value: the branch, which holds its constants.
        constants: C1, C2, ….
        budget: of the equations that are solved again.

    Raises:
        OutOfBudget: the time is over.
    """
    held = tuple(c for c in constants if value.has(c))
    if value.count_ops() > LARGEST or not held or value.has(Integral):
        return  # a limit of an integral is none of the integrand's before it is known to converge
    yield from _scaled(value, system.independent, held)
    if system.order == 2 and len(held) == 2:
        for kept, gone in (held, held[::-1]):
            for rate in _without_constant(system, value, kept, gone):
                inner = ODESystem(system.independent, system.unknowns, (1,), (rate,), system.parameters)
                budget.check("limits of a family")
                yield from _family(inner, held[0], budget)


def _scaled(value: Expr, x: Symbol, constants: Sequence[Symbol]) -> Iterator[Expr]:
    """With one constant to zero or infinity and the others with it."""
    small = Dummy("small", positive=True)
    for one in constants:
        others = [c for c in constants if c != one]
        for weight in WEIGHTS if others else (S.Zero,):
            for toward in (small**-2, -(small**-2), *((small**2, -(small**2)) if weight else ())):
                rule = {one: toward, **{c: c * small ** (2 * weight) for c in others}}
                limit = _at_zero(replaced(value, rule), small)
                if limit is not None and limit.has(x):
                    yield limit


def _at_zero(value: Expr, small: Symbol) -> Expr | None:
    """The value at small = 0, by L'Hôpital's rule where numerator and denominator vanish; None where there is none."""
    roots = {n: _torn(n) for n in powers_in(value) if not n.exp.is_Integer and n.has(small)}
    top, bottom = over_one_denominator(replaced(value, roots))
    for _ in range(DERIVATIVES):
        above, below = (expr(_put(e, small, S.Zero).expand()) for e in (top, bottom))
        if above.has(*NOWHERE, I) or below.has(*NOWHERE, I):
            return None
        if below != 0:
            return expr(above / below)
        if above != 0 or top.count_ops() > MOST:
            return None
        top, bottom = expr(top.diff(small)), expr(bottom.diff(small))
    return None


def _put(value: Expr, symbol: Symbol, number: Expr) -> Expr:
    """The value there; nan where SymPy, asking for the sign of a function, meets one."""
    try:
        return expr(value.subs(symbol, number))
    except TypeError:
        return S.NaN


def _torn(root: Pow) -> Expr:
    """(u/s)^k as u^k s^(-k), s positive."""
    return expr(Pow(root.base.together(), root.exp).expand(power_base=True))


def _without_constant(system: ODESystem, value: Expr, kept: Symbol, gone: Symbol) -> Iterator[Expr]:
    """y' = φ(x, y) at the values of one constant at which the family has no value, or loses the other."""
    x, y = system.variables
    places = dict.fromkeys(c for c in _places(value, kept, x) if _is_lost(_put(value, kept, c), gone, x))
    if not places:
        return
    for root in dict.fromkeys(solve_for(value - y, gone, squaring=True)):
        rate = expr(value.diff(x).subs(gone, root))
        if rate.has(I, gone, *NOWHERE) or rate.count_ops() > LARGEST:
            continue
        for place in places:
            for form in (rate, expr(rate.expand()), expr(rate.together())):
                there = _put(form, kept, place)
                if not there.has(I, *NOWHERE) and there != 0:
                    yield there
                    break


def _places(value: Expr, constant: Symbol, x: Symbol) -> Iterator[Expr]:
    """Zero, and the zeros of what stands under roots and in denominators without x."""
    yield S.Zero
    for power in powers_in(value):
        if power.base.has(constant) and not power.base.has(x) and not power.exp.is_positive:
            yield from (z for z in solve_for(power.base, constant) if not z.has(I))


def _is_lost(value: Expr, other: Symbol, x: Symbol) -> bool:
    return bool(value.has(*NOWHERE)) or not value.has(other) or not value.has(x)


def _family(inner: ODESystem, constant: Symbol, budget: Budget) -> Iterator[Expr]:
    """What the textbooks' substitutions say of an equation of first order."""
    (old,) = constants_for(inner, 1)
    for family in families(inner, budget):
        for value in family.values:
            shown = written(replaced(value.expression, {old: constant}), (constant,), inner.independent)
            if shown.has(inner.independent) and not shown.has(I, *NOWHERE):
                yield shown
        if family.values:
            return
