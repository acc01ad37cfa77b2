"""First-order equations that are a Riccati or a linear equation in disguise: in a function of y for y, in x as a function of
y, or, for Abel's equations, in x as a function of some u(x, y).

    z' = q z² + p z + r,   z = w(y) or w(x),   along x, y or u(x, y)

    q = 0                  J = e^-P z - ∫ e^-P r,           P = ∫p
    r = 0                  J = e^P/z + ∫ e^P q
    z_1 known              J = e^S/(z - z_1) + ∫ e^S q,     S = ∫(p + 2 q z_1)
    else                   J = (q v z + v')/(q w z + w'),   v, w solve φ'' = (p + q'/q) φ' - q r φ

J is constant on solutions. Solved for z it gives a curve with u as its parameter, where y follows from u. Nothing here is
checked. Sources: Cheb-Terrab and Roche 2003 (the class AIR); Kamke 1977, A.4.9 to A.4.11; Ince 1956, section 2.15.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice

from sympy import Dummy, Expr, I, Integer, Integral, S, Symbol

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.coefficients.bounded import limited
from liesym.coefficients.lattice import NeedsRefinement
from liesym.determine.on_solutions import jet_field
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.elementary import Curve, Family, Value, exponential, particular_solutions, powers_of
from liesym.reduction.linear import linear_families
from liesym.reduction.quadrature import antiderivative, antiderivative_within, constants_for, with_limits
from liesym.reduction.steps import Change, Step
from liesym.solving.algebraic import solve_for
from liesym.solving.ode.abel import hidden_equations
from liesym.solving.ode.by_slope import Hidden, by_slope
from liesym.solving.ode.riccati import riccati_equations

FAILURES = (OutOfBudget, Unsupported, NeedsRefinement, ZeroDivisionError)
MOST = 24
"""Equations that are looked at."""
LONGEST = 80
"""Operations of y = … beside an integral."""
SHARE = 0.3
"""Of what is left of the budget, for one of them."""


def disguised_families(system: ODESystem, budget: Budget, depth: int = 2) -> Iterator[Family]:
    """Integrals, with the curve where y follows from it, of every disguise that is seen through.

    Arguments:
        system: one equation of order 1.
        budget: of all of them together.
        depth: how many times an Abel equation may hide another one.

    Raises:
        OutOfBudget: the time is over.
    """
    for hidden in islice(_disguises(system, budget), MOST):
        budget.check("equations in disguise")
        plain = True
        for inner, z in _riccati_forms(hidden, budget.share(SHARE)):
            plain = False
            with suppress(OutOfBudget):  # the next one may be easier
                for integral in riccati_integrals(inner, budget.share(SHARE)):
                    yield _pulled_back(system, hidden, inner, z, integral)
        if plain and depth > 1 and hidden.system.independent not in system.variables:
            with suppress(OutOfBudget):
                for family in disguised_families(hidden.system, budget.share(SHARE), depth - 1):
                    yield _of_inner(system, hidden, family)


def _disguises(system: ODESystem, budget: Budget) -> Iterator[Hidden]:
    """The equation itself, the one for x(y), and those for x or y along another variable."""
    x, y = system.variables
    yield Hidden(system, x, ())
    yield Hidden(ODESystem(y, (x,), (1,), (1 / system.rhs[0],), system.parameters), y, ())
    yield from chain(by_slope(system), hidden_equations(system, budget))


def _riccati_forms(hidden: Hidden, budget: Budget) -> Iterator[tuple[ODESystem, Expr]]:
    """(z' = q z² + p z + r, z as a function of the old unknown)."""
    u, kept = hidden.system.variables
    z = Dummy("z", real=True)
    try:
        field = limited(jet_field(hidden.system, hidden.unknowns), budget)
        found = riccati_equations(field, field(hidden.system.rhs[0]), u, kept, [field(e) for e in hidden.unknowns])
        for form in found:
            q, p, r = (field.to_expr(e) for e in (form.square, form.linear, form.free))
            if not any(e.has(I) for e in (q, p, r)):
                yield ODESystem(u, (z,), (1,), (q * z**2 + p * z + r,), hidden.system.parameters), field.to_expr(form.w)
    except FAILURES:
        return


def riccati_integrals(system: ODESystem, budget: Budget) -> Iterator[Expr]:
    """What is constant on solutions of z' = q z² + p z + r, the most elementary first.

    Raises:
        OutOfBudget: the time is over.
    """
    powers = powers_of(system)
    if powers is None:
        return
    q, p, r = (powers.get(Integer(n), S.Zero) for n in (2, 1, 0))
    (x, z), constants = system.variables, constants_for(system, 1)
    if r == 0 and q != 0:
        growth = exponential(antiderivative(p, x, constants, budget))
        yield growth / z + antiderivative_within(growth * q, x, constants, budget)
    elif q == 0:
        decay = exponential(-antiderivative(p, x, constants, budget))
        yield decay * z - antiderivative_within(decay * r, x, constants, budget)
    elif not any(e.has(x) for e in (q, p, r)):
        yield antiderivative(1 / (q * z**2 + p * z + r), z, constants, budget) - x
    else:
        yield from _with_known(system, q, p, budget)
        yield from _by_linear(system, q, p, r, budget)


def _with_known(system: ODESystem, q: Expr, p: Expr, budget: Budget) -> Iterator[Expr]:
    (x, z), constants = system.variables, constants_for(system, 1)
    for known in islice(particular_solutions(system, q, p), 1):
        growth = exponential(antiderivative(expr((p + 2 * q * known).cancel()), x, constants, budget))
        yield growth / (z - known) + antiderivative_within(growth * q, x, constants, budget)


def _by_linear(system: ODESystem, q: Expr, p: Expr, r: Expr, budget: Budget) -> Iterator[Expr]:
    x, z = system.variables
    u = Dummy("u", real=True)
    rate = (p + q.diff(x) / q) * jet_symbol(u, 1) - q * r * u
    linear = ODESystem(x, (u,), (2,), (expr(rate.expand()),), system.parameters)
    first, second = constants_for(linear, 2)
    for family in linear_families(linear, budget):
        value = family.values[0].expression
        pair = [value.subs({first: a, second: 1 - a}) for a in (1, 0)]
        if not value.has(I, Integral):
            top, bottom = (q * e * z + e.diff(x) for e in pair)
            yield expr(top / bottom)


# -- back to x and y -----------------------------------------------------------------------------------


def _pulled_back(system: ODESystem, hidden: Hidden, inner: ODESystem, z: Expr, integral: Expr) -> Family:
    """J(u, z) as a function of x and y, and the curve along u."""
    (u, _), unknown = hidden.system.variables, inner.unknowns[0]
    shown = replaced(replaced(with_limits(integral), {unknown: z}), {u: hidden.u})
    values = _values(system, hidden, integral, unknown, z)
    curves = _curves(system, hidden, integral, unknown, z)
    return Family(values, shown, curves=tuple(curves), steps=_steps(system, hidden, inner, z))


def _of_inner(system: ODESystem, hidden: Hidden, family: Family) -> Family:
    """The family of an equation for x or y along u, with u as it depends on x and y."""
    (u, _), (old,), (new,) = hidden.system.variables, constants_for(hidden.system, 1), constants_for(system, 1)
    integral = None if family.integral is None else replaced(family.integral, {u: hidden.u, old: new})
    return Family((), integral)


def _values(system: ODESystem, hidden: Hidden, integral: Expr, unknown: Symbol, z: Expr) -> tuple[Value, ...]:
    """y, where z depends on it alone and it is short."""
    (x, y), (constant,) = system.variables, constants_for(system, 1)
    if hidden.system.variables != (x, y):
        return ()
    found = [b for v in solve_for(integral - constant, unknown) for b in solve_for(z - v, y, squaring=True)]
    return tuple(Value(v) for v in found) if all(v.count_ops() <= LONGEST and not v.has(I) for v in found) else ()


def _steps(system: ODESystem, hidden: Hidden, inner: ODESystem, z: Expr) -> tuple[Step, ...]:
    (u, _), unknown = hidden.system.variables, inner.unknowns[0]
    change = Change(u, hidden.u, unknown, z)
    return (
        Step("another variable", system, u, hidden.u, change),
        Step("and another unknown", system, unknown, z, change),
        Step("Riccati's equation for it", system, jet_symbol(unknown, 1), inner.rhs[0], change),
    )


def _curves(system: ODESystem, hidden: Hidden, integral: Expr, unknown: Symbol, z: Expr) -> Iterator[Curve]:
    """(x, y) along u, for an equation for x(u) or y(u) with u(x, y) that is solved for the other."""
    (x, y), (u, kept) = system.variables, hidden.system.variables
    if u in (x, y):
        return
    gone = y if kept == x else x
    (constant,) = constants_for(system, 1)
    for value in solve_for(integral - constant, unknown):
        for place in solve_for(z - value, kept):
            for other in solve_for(hidden.u - u, gone):
                found = {kept: place, gone: replaced(other, {kept: place})}
                if not any(e.has(I) for e in found.values()):
                    yield Curve(found[x], found[y], u)
