"""Curves x = C2 + ∫ g(r, C1) dr, y = r through given places: what is left where a solution has no form y = ….

    y(a) = b, y'(a) = m     1/g(b, C1)² = m²,   x = a + ∫_b^r g(s, C1) ds

Where the integral is elementary once C1 is known, y = … is found from it. Every curve and value is substituted in the
equation again, and looked at with numbers at the place. Source: Arnold 1992, sections 1.2 and 12.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Expr, I, Integral, Mul, S, Symbol, cos, sin

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.typed import argument, equation, expr, replaced
from liesym.model.names import free_symbol
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_value, curve_holds
from liesym.reduction.conditions import SAID, Condition, is_zero, meets, roots
from liesym.reduction.quadrature import antiderivative_within
from liesym.reduction.record import Solution
from liesym.solving.algebraic import solve_for

QUADRATURE = 0.5
"""Of what is left of the budget, for one integral."""


def fitted_curve(system: ODESystem, found: Solution, wanted: Sequence[Condition], budget: Budget) -> Solution | None:
    """The solution through y(a) = b, y'(a) = m of an equation of order 2 without x; None if no curve is of that form."""
    given = {c.order: c for c in wanted}
    if system.order != 2 or set(given) != {0, 1} or len(wanted) != 2 or given[0].place != given[1].place:
        return None
    start = given[0], given[1]
    curves: list[Solution] = []
    for part in (found, *found.others):
        for rate, r in _rates(part, given[0].value, given[1].value):
            free = replace(part, explicit=(), on=(), equation=None, special=(), constants=(), others=(), notes=_notes(found))
            values = tuple(_values(system, rate, r, start, budget))
            if values:
                told = tuple(equation(system.unknowns[0], v) for v in values)
                return replace(free, explicit=told, on=((),) * len(told), parametric=None, parameter=None)
            s = free_symbol("s", system)
            curve = expr(given[0].place + Integral(rate.subs(r, s), (s, given[0].value, r))), r
            if curve_holds(system, *curve, r, ()):
                curves.append(replace(free, parametric=curve, parameter=r))
    return replace(curves[0], others=tuple(curves[1:])) if curves else None


def _notes(found: Solution) -> tuple[str, ...]:
    return tuple(n for n in found.notes if n != SAID)


def _rates(part: Solution, height: Expr, slope: Expr) -> Iterator[tuple[Expr, Symbol]]:
    """g(r, C1) with the C1 that the slope says, of a curve y = r, x = C2 + ∫ g dr."""
    r = part.parameter
    if part.parametric is None or r is None or part.parametric[1] != r or len(part.constants) != 2:
        return
    one, two = part.constants
    rate = expr(part.parametric[0].diff(r))
    if rate.has(two, Integral) or expr(part.parametric[0].diff(two)) != 1:
        return
    # the square has no root in it, and its zeros are those of both signs
    for value in roots(expr((rate**-2).subs(r, height)) - slope**2, one):
        if value.has(I, S.NaN, S.ComplexInfinity):
            continue
        fitted = _without_root(expr(rate.subs(one, value)), {r: height}, slope)
        if slope == 0 or is_zero(expr((1 / fitted).subs(r, height)) - slope):
            yield fitted, r


def _without_root(rate: Expr, at: Mapping[Symbol, Expr], slope: Expr) -> Expr:
    """1/q where 1/rate² = q², with 1 + cos u = 2 cos²(u/2) and 1 - cos u = 2 sin²(u/2), and the sign of q at the place."""
    square = expr(rate**-2)
    halves = {n: argument(n) / 2 for n in square.atoms(cos)}
    forms = (
        square,
        replaced(square, {n: 2 * cos(u) ** 2 - 1 for n, u in halves.items()}),
        replaced(square, {n: 1 - 2 * sin(u) ** 2 for n, u in halves.items()}),
    )
    for form in dict.fromkeys(forms):
        powers = [factor.as_base_exp() for factor in Mul.make_args(factored(form))]
        if slope != 0 and all((base.is_number and base.is_positive) or (power / 2).is_Integer for base, power in powers):
            root = expr(Mul(*(base ** (power / 2) for base, power in powers)))
            return 1 / root if is_zero(expr(root.subs(at)) - slope) else -1 / root
    return rate


def _values(system: ODESystem, rate: Expr, r: Symbol, start: tuple[Condition, Condition], budget: Budget) -> Iterator[Expr]:
    """y = … where ∫ g dr is elementary and can be solved for r."""
    (x, y), time = system.variables, antiderivative_within(rate, r, (), budget.share(QUADRATURE))
    at_start = expr(time.subs(r, start[0].value))
    if time.has(Integral, I) or at_start.has(S.NaN, S.ComplexInfinity):
        return
    for value in solve_for(time - at_start + start[0].place - x, r, squaring=True):
        passed = checked_value(system, value, ())
        if passed is not None and meets({y: passed.expression}, x, start):
            yield passed.expression
