"""What may be said of the solutions through given values: whether there is just one, and what happens at their ends.

    y^(n) = F(x, y, …, y^(n-1)),   y^(k)(a) = b_k  for all k < n

If F and its derivatives by y, …, y^(n-1) are continuous at the values, there is exactly one solution near a; if only F is,
as sqrt(y) at y = 0, there is at least one; else nothing is known. A node of an expression that has a finite value at a place
is continuous there where it is real, but for signs, which are bounded: both are enough.
Source: Hartman 1964, chapters II and III.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

import mpmath
from sympy import Add, Expr, Mul, S, Symbol, preorder_traversal
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.model.system import ODESystem
from liesym.reduction.conditions import Condition
from liesym.reduction.existence import REGULAR, Interval
from liesym.testing.values import NoValue, value_at

NEAR = (mpmath.mpf(10) ** -6, mpmath.mpf(10) ** -10, mpmath.mpf(10) ** -14)
"""Distances from an end of an interval, at which a solution is looked at."""
CLOSE = mpmath.mpf(10) ** -20
SHRINKS = 0.5
"""Part of a difference, above which the differences of its values toward an end do not shrink."""


class Start(Enum):
    """What is known of the solutions through given values."""

    UNIQUE = "the right side is smooth at these values, so that exactly one solution passes through them"
    MANY = "the slope of the right side is not bounded at these values"
    SINGULAR = "the equation is singular at these values"


def start_of(system: ODESystem, wanted: Sequence[Condition]) -> Start | None:
    """What is known of the solutions; None where not all values are given at one place, or parameters leave it open.

    Arguments:
        system: the equations.
        wanted: conditions.
    """
    at = _values(system, wanted)
    if at is None or any(f.has(AppliedUndef) for f in system.rhs):
        return None
    slopes = [expr(f.diff(u)) for f in system.rhs for u in at if u != system.independent]
    finite = [_is_finite(f, at) for f in system.rhs]
    if None in finite:
        return None
    if not all(finite):
        return Start.SINGULAR
    bounded = [_is_finite(e, at) for e in slopes]
    if False in bounded:
        return Start.MANY
    return None if None in bounded else Start.UNIQUE


def _values(system: ODESystem, wanted: Sequence[Condition]) -> dict[Symbol, Expr] | None:
    """The variables at the place, if each derivative below the order is given once."""
    places = {c.place for c in wanted}
    given = {jet_symbol(c.unknown, c.order): c.value for c in wanted}
    if len(places) != 1 or len(given) != len(wanted):
        return None
    names = {jet_symbol(u, k) for u, n in zip(system.unknowns, system.orders, strict=True) for k in range(n)}
    return {system.independent: places.pop(), **given} if set(given) == names else None


def _is_finite(value: Expr, at: Mapping[Symbol, Expr]) -> bool | None:
    """True if every node has a finite real value; None where that depends on parameters."""
    undecided = False
    for node in preorder_traversal(value):
        if not isinstance(node, Expr) or not node.has(*at):
            continue
        here = expr(node.xreplace(dict(at)))
        if here.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, S.ImaginaryUnit):
            return False
        if here.free_symbols:
            # sums, products and these functions of what is finite are finite
            undecided = undecided or not (isinstance(node, (Add, Mul, Symbol, *REGULAR)) or here.is_polynomial())
            continue
        try:
            value_at(here, {})
        except NoValue:
            return False
    return None if undecided else True


def follows_equation(system: ODESystem, values: Sequence[Expr], wanted: Sequence[Condition]) -> bool:
    """False if the highest derivatives at the place are not what the equations say there: of another branch of a root."""
    at = _values(system, wanted)
    if at is None:
        return True
    for value, order, rate in zip(values, system.orders, system.rhs, strict=True):
        there = expr(value.diff(system.independent, order).xreplace({system.independent: at[system.independent]}))
        defect = expr(there - replaced(rate, at))
        try:
            with mpmath.workdps(40):
                if abs(value_at(defect, {})) > CLOSE:
                    return False
        except NoValue:
            continue
    return True


def said_of(start: Start, found: int, free: bool) -> str:
    """A sentence for people.

    Arguments:
        start: what is known.
        found: how many solutions were found that meet the conditions.
        free: True if one of them holds a constant.
    """
    if start is Start.UNIQUE:
        return start.value if found else f"{start.value}; it is not among those that were found"
    if found > 1 or free:
        return f"more than one solution passes through these values: {start.value}"
    known = "at least one solution passes through them" if start is Start.MANY else "none may pass through them"
    return f"{start.value}: {known}, and there may be several"


def unbounded_ends(value: Expr, x: Symbol, interval: Interval) -> Iterator[Expr]:
    """The ends of an interval at which the absolute value of a solution grows without bound."""
    for end, side in ((interval.lower, 1), (interval.upper, -1)):
        if end is None or end.is_infinite or value.free_symbols - {x}:
            continue
        try:
            with mpmath.workdps(50):
                place = mpmath.mpf(str(end.evalf(45)))
                seen = [value_at(value, {x: place + side * step}) for step in NEAR]
        except NoValue:
            continue
        if abs(seen[2] - seen[1]) > SHRINKS * abs(seen[1] - seen[0]) and abs(seen[2]) > abs(seen[1]) > abs(seen[0]):
            yield end
