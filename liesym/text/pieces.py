"""Functions in pieces, written with absolute values and signs where that is the same.

    max(a, b) = (a + b + |a - b|)/2     min(a, b) = (a + b - |a - b|)/2     heaviside(u) = (1 + sign(u))/2

On the boundary of two pieces nothing is said of what is analytic beside it; there a step has the mean of its two values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any

from sympy import (
    Abs,
    And,
    Expr,
    Heaviside,
    Max,
    Min,
    Mul,
    Not,
    Or,
    Piecewise,
    Pow,
    S,
    acos,
    acosh,
    acoth,
    asin,
    atanh,
    log,
    sign,
)
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from liesym.errors import Unsupported

PARTIAL = (log, asin, acos, acosh, atanh, acoth)
"""Functions that are real on a part of the line only."""


def larger(*values: Expr) -> Expr:
    """The largest."""
    return reduce(lambda a, b: (a + b + Abs(a - b)) / 2, values)


def smaller(*values: Expr) -> Expr:
    """The smallest."""
    return reduce(lambda a, b: (a + b - Abs(a - b)) / 2, values)


def step(value: Expr, at_zero: Expr = S.Half) -> Expr:
    """1 where the value is positive, 0 where it is negative, 1/2 at 0."""
    if at_zero != S.Half and value.has(Abs, sign):
        raise Unsupported(f"a step of {value} with another value than 1/2 at 0: it may be 0 on a whole region")
    return (1 + sign(value)) / 2


CALLED: Mapping[str, tuple[Callable[..., Expr], int, int]] = MappingProxyType(
    {"max": (larger, 2, 9), "min": (smaller, 2, 9), "heaviside": (step, 1, 1)}
)
"""Name in the text -> (function, fewest arguments, most)."""


def without_pieces(expression: Expr) -> Expr:
    """Max, Min, Heaviside and Piecewise of SymPy in this form.

    Raises:
        Unsupported: a Piecewise whose conditions are not made of inequalities between two sides, that has no last piece, or
            a piece of which is not real everywhere.
    """
    rules: tuple[tuple[Any, Callable[..., Any]], ...] = (
        (Max, larger),
        (Min, smaller),
        (Heaviside, step),
        (Piecewise, _joined_pieces),
    )
    for kind, rule in rules:
        expression = expression.replace(kind, rule)  # type: ignore[assignment]
    return expression


def _joined_pieces(*pieces: Any) -> Expr:
    """e_1 h_1 + (1 - h_1) (e_2 h_2 + …), h_k the step of what condition k says is positive."""
    *earlier, (value, otherwise) = pieces
    told = Piecewise(*pieces, evaluate=False)
    if otherwise != True:  # noqa: E712  # a condition of SymPy
        raise Unsupported(f"{told} has no value where none of its conditions holds; end it with (…, True)")
    for piece, _ in pieces:
        roots = any(not p.exp.is_integer for p in piece.atoms(Pow) if p.base.free_symbols)
        if roots or piece.atoms(*PARTIAL):
            raise Unsupported(f"{told}: the piece {piece} is not real everywhere; write an equation for each piece")
    for piece, condition in reversed(earlier):
        h = _where(condition, told)
        value = piece * h + value * (1 - h)
    return value


def _where(condition: Any, told: Expr) -> Expr:
    """1 where a condition holds and 0 where it does not, made of steps."""
    if isinstance(condition, And | Or | Not):
        parts = [_where(part, told) for part in condition.args]
        if isinstance(condition, Not):
            return 1 - parts[0]
        return Mul(*parts) if isinstance(condition, And) else 1 - Mul(*(1 - part for part in parts))
    if condition.has(Abs, sign):
        raise Unsupported(f"{told}: both sides of {condition} may be equal on a whole region; write an equation for each")
    if isinstance(condition, StrictGreaterThan | GreaterThan):
        return step(condition.lhs - condition.rhs)
    if isinstance(condition, StrictLessThan | LessThan):
        return step(condition.rhs - condition.lhs)
    raise Unsupported(f"{told}: the condition {condition} is no inequality; write an equation for each piece")
