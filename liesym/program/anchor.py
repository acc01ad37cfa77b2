"""A point where a program is defined, found by trying."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from sympy import Symbol

from liesym.program.nodes import Program
from liesym.program.scalar import evaluate

TRIES = 400
_SCALES = (1.0, 0.3, 3.0, 0.05, 20.0)


def regular_point(test: Program, symbols: Sequence[Symbol], given: Mapping[Symbol, float]) -> dict[Symbol, float] | None:
    """Values of the symbols at which the first output of the program, a truth value, is true; None if none is found.

    Arguments:
        given: symbols whose values are fixed.
    """
    draw = random.Random(0)
    for attempt in range(TRIES):
        scale = _SCALES[attempt % len(_SCALES)]
        point = {s: given.get(s, _drawn(draw, s, scale, positive=attempt % 2 == 1)) for s in symbols}
        names = {s.name: v for s, v in point.items()}
        state = [names[name] for name in test.state]
        time = next((v for s, v in point.items() if s.name not in {*test.state, *dict(test.parameters)}), 0.0)
        if evaluate(test, time, state, names)[0] == 1.0:
            return point
    return None


def _drawn(draw: random.Random, symbol: Symbol, scale: float, *, positive: bool) -> float:
    """A number that satisfies the assumptions of the symbol."""
    value = draw.gauss(0.0, scale)
    if symbol.is_integer:
        value = float(math.ceil(abs(value)))
    if symbol.is_negative:
        return -abs(value)
    return abs(value) if positive or symbol.is_nonnegative else value
