"""What does not turn with the axes: functions of distances, speeds, products and moments of one or more bodies.

The states are taken for positions of bodies in the plane or in space, body after body, then their velocities. In these
functions laws of central forces have few terms: 2|p|² + |q|⁴ has two and, in coordinates, five; the moment of two bodies
has two and, in coordinates, four. The trace of what they are looked for in is the invariant theory of rotations: every
polynomial invariant is one in scalar products and, in the plane, in moments.
Source: Weyl 1946, theorem 2.9.A.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement

from sympy import Add, Expr, Mul, S, Symbol, log, sqrt

MOST_BODIES = 3
POWERS = (-2, -1, 1, 3, 4)
"""Powers of distances beside the square, which is a sum of scalar products."""

Vector = Sequence[Expr]


def rotation_invariants(symbols: Sequence[Symbol]) -> list[Expr]:
    """Those of low degree; none where the states are no bodies in the plane or in space.

    Arguments:
        symbols: positions, then velocities.
    """
    half = len(symbols) // 2
    found: list[Expr] = []
    for d in (2, 3) if len(symbols) % 2 == 0 else ():
        if half % d == 0 and half // d <= MOST_BODIES:
            places, speeds = (_vectors(part, d) for part in (symbols[:half], symbols[half:]))
            found += _of_bodies(places, speeds)
    return list(dict.fromkeys(found))


def _vectors(symbols: Sequence[Symbol], d: int) -> list[Vector]:
    return [symbols[k : k + d] for k in range(0, len(symbols), d)]


def _of_bodies(places: Sequence[Vector], speeds: Sequence[Vector]) -> list[Expr]:
    every = [*places, *speeds]
    planar = len(places[0]) == 2
    found = [_dot(a, b) for a, b in combinations_with_replacement(every, 2)]
    found += [_moment(a, b) for a, b in combinations(every, 2)] if planar else []
    gaps = [_less(a, b) for a, b in combinations(places, 2)] or [places[0]]
    found += [_power(gap, k) for gap in gaps for k in POWERS] + [log(_dot(gap, gap)) for gap in gaps]
    if len(places) == 1:
        q, p = places[0], speeds[0]
        found += [_power(p, 4), Mul(_dot(q, q), _dot(p, p)), Mul(_dot(q, p), _dot(q, p))]
    return found


def _dot(a: Vector, b: Vector) -> Expr:
    return Add(*(Mul(x, y) for x, y in zip(a, b, strict=True)))


def _moment(a: Vector, b: Vector) -> Expr:
    return a[0] * b[1] - a[1] * b[0]


def _less(a: Vector, b: Vector) -> Vector:
    return [x - y for x, y in zip(a, b, strict=True)]


def _power(a: Vector, k: int) -> Expr:
    """|a|^k."""
    return sqrt(_dot(a, a)) ** S(k)
