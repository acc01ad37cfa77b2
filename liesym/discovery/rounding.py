"""Rational coefficients for measured ones, only where the fraction is no chance.

A number known to ±3 standard deviations is given the simplest fraction in that interval, if the interval is so narrow that
a random number would rarely have so simple a fraction in it; a wider one stays a decimal.
"""

from __future__ import annotations

from math import floor

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
BY_CHANCE = 0.3
WIDE = 3.0


def rational(value: float, spread: float) -> Rational | None:
    """The simplest fraction within three standard deviations; None where it would be chance."""
    spread = max(spread, 1e-9 * abs(value))
    for denominators, density in LEVELS:
        if 2 * WIDE * spread * density > BY_CHANCE:
            return None
        near = min((Rational(floor(value * q + 0.5), q) for q in denominators), key=lambda r: abs(float(r) - value))
        if near != 0 and abs(float(near) - value) <= WIDE * spread:
            return near
    return None


def rationals(values: Floats, spreads: Floats) -> list[Expr] | None:
    """All of them as fractions; None where one is none."""
    found = [rational(float(v), float(s)) for v, s in zip(values, spreads, strict=True)]
    return None if any(f is None for f in found) else [f for f in found if f is not None]


def length(values: list[Expr]) -> int:
    """How long the fractions are."""
    return sum(abs(int(v.p)) + int(v.q) for v in values if isinstance(v, Rational))
