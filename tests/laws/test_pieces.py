"""max, min, heaviside and pieces are read exactly: as values at points on all sides, from text, from SymPy and lowered."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Function, Heaviside, Max, Min, Piecewise, symbols
from true_at_points import faults

import liesym
from liesym import ODESystem
from liesym.errors import Unsupported
from liesym.testing.values import value_at

FEW, MANY, CHUNK = 12, 200, 50
T = symbols("t")
X, Y = Function("x")(T), Function("y")(T)
Drawn = tuple[str, Any, Any]
"""Text, the expression of SymPy, and a function of (t, x, y) that computes with Python's own comparisons."""


def drawn(source: random.Random, depth: int) -> Drawn:
    """A tree of max, min, steps, sums and products over t, x, y and small numbers."""
    if depth == 0:
        return source.choice(
            [
                ("t", T, lambda t, x, y: t),
                ("x", X, lambda t, x, y: x),
                ("y", Y, lambda t, x, y: y),
                ("(y-x)", Y - X, lambda t, x, y: y - x),
                ("2", 2, lambda t, x, y: 2),
            ]
        )
    (a, p, f), (b, q, g) = drawn(source, depth - 1), drawn(source, depth - 1)
    kind = source.choice(("max", "min", "heaviside", "+", "*", "piecewise"))
    if kind == "max":
        return f"max({a}, {b})", Max(p, q), lambda *v: max(f(*v), g(*v))
    if kind == "min":
        return f"min({a}, {b}, x)", Min(p, q, X), lambda *v: min(f(*v), g(*v), v[1])
    if kind == "heaviside":
        return f"heaviside({a}-1/3)*{b}", Heaviside(p - symbols("k") / 3) * q, lambda *v: (f(*v) > 1 / 3) * g(*v)
    if kind == "piecewise":  # the grammar has no inequalities; q is no max, which may be x on a whole region
        b, q, g = drawn(source, 0)
        b, q, g = f"({b}+1/3)", q + symbols("k") / 3, lambda *v, g=g: g(*v) + 1 / 3
        text = f"({a}*heaviside(x-{b}) + {b}*heaviside({b}-x))"
        return text, Piecewise((p, q < X), (q, True)), lambda *v: f(*v) if g(*v) < v[1] else g(*v)
    if kind == "+":
        return f"({a} + {b})", p + q, lambda *v: f(*v) + g(*v)
    return f"({a} * {b})", p * q, lambda *v: f(*v) * g(*v)


def wrong_of(numbers: range) -> list[str]:
    """Where one of the three routes has another value than Python's comparisons."""
    wrong = []
    for number in numbers:
        source = random.Random(f"pieces {number}")
        text, expression, value = drawn(source, 2)
        expression = expression.subs(symbols("k"), 1) if hasattr(expression, "subs") else expression
        if expression.is_number:
            continue
        read = ODESystem.parse(f"x' = {text}; y' = x")
        built = ODESystem.from_sympy([Eq(X.diff(T), expression), Eq(Y.diff(T), X)])
        lowered = liesym.lower(read, backend="numpy")
        for _ in range(12):
            place = [source.uniform(-3, 3) for _ in range(3)]
            at = dict(zip(read.variables, place, strict=True))
            there = dict(zip(built.variables, place, strict=True))
            routes = [
                value_at(read.rhs[0], at),
                value_at(built.rhs[0], there),
                lowered(place[0], np.array(place[1:]), {})[0],
            ]
            expected = value(*place)
            if any(abs(float(r) - expected) > 1e-9 * (1 + abs(expected)) for r in routes):
                wrong.append(f"{text}: {routes}, not {expected}, at {place}")
                break
    return wrong


def test_pieces_are_read_exactly() -> None:
    assert wrong_of(range(FEW)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
def test_many_pieces_are_read_exactly(start: int) -> None:
    assert wrong_of(range(start, start + CHUNK)) == []


def test_what_is_gained_on_one_side_is_lost_there() -> None:
    """x' = -max(x, 0), y' = max(x, 0): x + y is conserved everywhere, x e^t where x > 0."""
    system = ODESystem.from_sympy([Eq(X.diff(T), -Max(X, 0)), Eq(Y.diff(T), Max(X, 0))])
    x, y = system.unknowns
    found = liesym.first_integrals(system, budget=1)
    assert x + y in found
    assert [w for i, on in zip(found, found.on, strict=True) for w in faults([i], on, system)] == []


def test_a_piece_that_is_real_on_its_side_only_is_refused() -> None:
    with pytest.raises(Unsupported, match="equal on a whole region"):
        ODESystem.from_sympy([Eq(X.diff(T), Piecewise((X, Max(X, T) > X), (0, True)))])
    with pytest.raises(Unsupported, match="not real everywhere"):
        ODESystem.from_sympy([Eq(X.diff(T), Piecewise((X ** symbols("k"), X > 0), (0, True)))])
