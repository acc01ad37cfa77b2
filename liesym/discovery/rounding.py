"""Rational coefficients for measured ones, only where the fraction is more likely than a number without one.

A measured number v with standard deviation s is the fraction r rather than any number if

    exp(-(v - r)²/2s²) > sqrt(2π) s n,      n the fractions between 0 and 1 that are as simple as r or simpler,

the odds for a fraction and a decimal being even before. So 1.1234 ± 0.0005 stays as it is, and 1.1247 ± 0.0005 is 9/8. Where
more than one random number in five would pass, none does.
"""

from __future__ import annotations

from math import floor, log, pi, sqrt

import numpy as np
from sympy import Expr, Rational

Floats = np.ndarray
LEVELS = (
    ((1,), 1),
    ((1, 2), 2),
    ((1, 2, 3, 4), 6),
    ((1, 2, 3, 4, 5, 6), 12),
    ((8, 10, 12), 26),
    ((20, 25), 60),
    ((100,), 130),
)
"""Denominators, and how many fractions between 0 and 1 have these or simpler ones."""
BY_CHANCE = 0.2
"""The part of random numbers that may be taken for a fraction."""
WIDE = 3.0
"""Standard deviations between a number and its fraction at most."""


def rational(value: float, spread: float) -> Rational | None:
    """The simplest fraction that is more likely than a number without one; None where there is none."""
    spread = max(spread, 1e-9 * abs(value))
    for denominators, density in LEVELS:
        odds = 1 / (sqrt(2 * pi) * spread * density)
        reach = min(WIDE, sqrt(2 * log(odds))) if odds > 1 else 0.0
        if not 0 < 2 * reach * spread * density <= BY_CHANCE:
            return None
        near = min((Rational(floor(value * q + 0.5), q) for q in denominators), key=lambda r: abs(float(r) - value))
        if near != 0 and abs(float(near) - value) <= reach * spread:
            return near
    return None


def rationals(values: Floats, spreads: Floats) -> list[Expr] | None:
    """All of them as fractions; None where one is none."""
    found = [rational(float(v), float(s)) for v, s in zip(values, spreads, strict=True)]
    return None if any(f is None for f in found) else [f for f in found if f is not None]


def length(values: list[Expr]) -> int:
    """How long the fractions are."""
    return sum(abs(int(v.p)) + int(v.q) for v in values if isinstance(v, Rational))
