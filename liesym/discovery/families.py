"""The functions of which right sides are made, in families of which each fits some kind of equation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from sympy import Expr, S, Symbol, cos, exp, log, sin

from liesym.discovery.library import differences, monomials, radii

MOST_MONOMIALS = 60


@dataclass(frozen=True, slots=True)
class Family:
    """Functions that are tried together: θ as they are, and G of which the total derivative enters."""

    name: str
    plain: tuple[Expr, ...]
    derived: tuple[Expr, ...] = ()


def families(
    symbols: Sequence[Symbol], positive: Sequence[Symbol], apart: Sequence[Symbol], given: Sequence[Expr]
) -> list[Family]:
    """Families for first-order equations, the plainest first.

    Arguments:
        symbols: the states; where positions and velocities are meant, positions first.
        positive: those that are positive on the data.
        apart: those that keep away from 0.
        given: functions that every family holds.
    """
    half = symbols[: len(symbols) // 2] if len(symbols) % 2 == 0 else symbols
    low = [S.One, *given, *monomials(symbols, 2 if _fits(symbols, 2) else 1)]
    angles = [*half, *(differences(half) if len(symbols) % 2 == 0 else [])]
    waves = [f(a) for a in angles for f in (sin, cos)]
    turned = [x * w for x in symbols for w in waves if x not in w.free_symbols]
    logarithms = [log(x) for x in positive]
    inverse = [1 / x**k for x in apart for k in (1, 2, 3)]
    ratios = [y / x for x in apart for y in symbols if y != x]
    growth = [exp(s * x) for x in symbols for s in (1, -1)]
    found = [Family("polynomials of degree 2" if _fits(symbols, 2) else "linear functions", tuple(low))]
    if _fits(symbols, 3):
        found.append(Family("polynomials of degree 3", (S.One, *given, *monomials(symbols, 3))))
    central = _central(symbols, half)
    if central:
        found.append(Family("central terms", (S.One, *given, *symbols, *central)))
    found.append(Family("trigonometric terms", (*low, *waves)))
    found.append(
        Family(
            "reciprocals and logarithms",
            (*low, *inverse, *ratios, *logarithms, *(x * f for x in symbols for f in logarithms)),
        )
    )
    found.append(Family("exponentials", (*low, *growth)))
    if len(turned) + len(low) + len(waves) <= MOST_MONOMIALS:
        found.append(Family("products with trigonometric terms", (*low, *waves, *turned)))
    if len(symbols) <= 2:
        found.append(Family("polynomials of degree 5", (S.One, *given, *monomials(symbols, 5))))
    return [_once(one) for one in found]


def second_order_families(
    symbols: Sequence[Symbol], positive: Sequence[Symbol], apart: Sequence[Symbol], given: Sequence[Expr]
) -> list[Family]:
    """The same for x'' in the positions alone, with velocities in total derivatives."""
    friction = tuple(monomials(symbols, 3 if len(symbols) == 1 else 1))
    every = families((*symbols, *(Symbol(f"{s.name}_", real=True) for s in symbols)), positive, apart, given)
    inside = set(symbols)
    found = []
    for one in every:
        plain = tuple(term for term in one.plain if term.free_symbols <= inside)
        found.append(Family(one.name, plain, friction))
    return list(dict.fromkeys(found))


def _central(symbols: Sequence[Symbol], half: Sequence[Symbol]) -> list[Expr]:
    """Positions over powers of distances."""
    return [x / r**k for r in radii(symbols) for x in half if x in r.free_symbols for k in (1, 2, 3, 4)]


def _fits(symbols: Sequence[Symbol], degree: int) -> bool:
    return comb(len(symbols) + degree, degree) <= MOST_MONOMIALS


def _once(one: Family) -> Family:
    return Family(one.name, tuple(dict.fromkeys(one.plain)), one.derived)
