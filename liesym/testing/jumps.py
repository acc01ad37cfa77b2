"""Integrals that are constant on each side of a branch and jump across it, where solutions pass through.

In: an expression that is conserved on every side of its branches, with its system. Out: the branches at which its value on
a solution changes by a jump: sign(x) t + x' for x'' = -sign(x) is constant before and after the solution crosses x = 0, and
not the same constant. What is compared are values at two points of one solution, next to the branch on either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import mpmath
from sympy import Abs, Expr, Symbol, acot, acsc, asec, atan, cos, cot, sign, sin, tan

from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.testing.realpoints import MOST_OPERATIONS, branches, drawn_points, nodes, readable
from liesym.testing.values import DIGITS, NoValue, Point, value_at

CROSSINGS = 4
"""Points on each branch at which solutions cross it and values are compared."""
DRAWS = 24
STEPS = ("1e-9", "1e-12")
"""Of time, before and after a crossing: a jump is the same for both."""
SMALLEST = 1e-6
"""Of a jump, relative to the values beside it."""


def jumps(integral: Expr, system: ODESystem, *, positive: Sequence[Symbol] = ()) -> tuple[Expr, ...]:
    """The arguments of branches at which the integral jumps along solutions that cross them.

    Arguments:
        integral: real and conserved on the sides of its branches.
        system: the equations.
        positive: symbols that are drawn positive.
    """
    stated, *rates = (readable(e) for e in (integral, *system.rhs))
    if stated is None or None in rates or sum(e.count_ops() for e in (integral, *system.rhs)) > MOST_OPERATIONS:
        return ()
    crossing = _Crossing(stated, system, [f for f in rates if f is not None], positive)
    return tuple(cut for cut in cuts_of(stated) if any(islice(crossing.verdicts(cut), CROSSINGS)))


def cuts_of(expression: Expr) -> tuple[Expr, ...]:
    """Where its value may jump: at the zeros of what signs are taken of, and where an angle passes from π/2 to -π/2."""
    places: list[Expr] = []
    for node in nodes(expression):
        argument = node.args[0] if node.args else None
        if isinstance(node, Abs | sign | acot | asec | acsc):
            places.append(argument)  # type: ignore[arg-type]
        elif isinstance(node, atan):
            places.append(argument.as_numer_denom()[1])  # type: ignore[union-attr]
            places += [cos(n.args[0]) for n in argument.atoms(tan)]  # type: ignore[union-attr]
            places += [sin(n.args[0]) for n in argument.atoms(cot)]  # type: ignore[union-attr]
    return branches([sign(place) for place in dict.fromkeys(places)])


class _Crossing:
    """Points at which solutions cross a branch, and whether the integral jumps there."""

    def __init__(self, integral: Expr, system: ODESystem, rates: Sequence[Expr], positive: Sequence[Symbol]) -> None:
        self.integral, self.rates, self.positive = integral, rates, positive
        t, unknowns, orders = system.independent, system.unknowns, system.orders
        rows = [[jet_symbol(x, k) for k in range(n)] for x, n in zip(unknowns, orders, strict=True)]
        self.moving = {s: after for row in rows for s, after in pairwise(row)}
        self.last = [row[-1] for row in rows]
        self.time = t
        named = {s for e in (integral, *rates) for s in e.free_symbols if isinstance(s, Symbol)}
        self.symbols = sorted({t, *(s for row in rows for s in row), *named}, key=str)

    def verdicts(self, cut: Expr) -> Iterator[bool]:
        """For each point found on the branch at which solutions cross it: does the integral jump?"""
        draws = drawn_points(self.symbols, 2 * DRAWS, 0, self.positive)
        for one, other in zip(draws, draws, strict=False):
            fixed = {s: one[s] for s in self.symbols if s.is_integer}
            try:
                with mpmath.workdps(DIGITS):
                    ends = _bisected(cut, one, {**other, **fixed})
                    verdict = None if ends is None else self.jumps_between(cut, *ends)
            except NoValue:
                continue
            if verdict is not None:
                yield verdict

    def velocity(self, at: Point) -> dict[Symbol, float]:
        """The rate of each symbol that moves on a solution."""
        rates = {s: at[after] for s, after in self.moving.items()}
        rates |= {s: value_at(f, at) for s, f in zip(self.last, self.rates, strict=True)}
        return {**rates, self.time: mpmath.mpf(1)}

    def jumps_between(self, cut: Expr, below: Point, above: Point) -> bool | None:
        """None if no solution crosses the branch there, or the integral has no value beside it."""
        ends = {-1: (below, self.velocity(below)), 1: (above, self.velocity(above))}
        changes = []
        for step in map(mpmath.mpf, STEPS):
            for way in (1, -1):  # upwards, downwards
                before, after = _moved(*ends[-way], -step), _moved(*ends[way], step)
                slopes = [-value_at(cut, before), value_at(cut, after)]
                if all(way * slope > step / 1000 for slope in slopes):
                    values = [value_at(self.integral, p) for p in (before, after)]
                    changes.append((values[1] - values[0], max(map(abs, values))))
                    break
            else:
                return None
        (one, _), (other, size) = changes
        return bool(abs(other) > SMALLEST * (size + 1) and abs(one - other) < abs(other) / 10)


def _moved(at: Point, velocity: dict[Symbol, float], step: float) -> Point:
    return {s: v + step * velocity.get(s, 0) for s, v in at.items()}


def _bisected(cut: Expr, one: Point, other: Point) -> tuple[Point, Point] | None:
    """Two points at one place of the branch, below and above it, on the segment between two points."""
    signs = [value_at(cut, p) > 0 for p in (one, other)]
    if signs[0] == signs[1]:
        return None
    below, above = (one, other) if signs[1] else (other, one)
    low, high = mpmath.mpf(0), mpmath.mpf(1)
    for _ in range(80):
        middle = (low + high) / 2
        if value_at(cut, _between(below, above, middle)) > 0:
            high = middle
        else:
            low = middle
    ends = _between(below, above, low), _between(below, above, high)
    close = max(abs(value_at(cut, p)) for p in ends) < mpmath.mpf(10) ** -15  # else a pole, at which it changes its sign
    return ends if close else None


def _between(one: Point, other: Point, part: float) -> Point:
    return {s: (1 - part) * one[s] + part * other[s] for s in one}
