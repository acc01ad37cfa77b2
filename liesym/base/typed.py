"""SymPy's methods with the types they have: it annotates few of them, and as Basic what is always an expression.

Each function does what the method in its formula does and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sympy import Basic, Eq, Expr, MatrixBase, Poly, Pow, Rational, S, Symbol


def expr(value: object) -> Expr:
    """A value that is known to be an expression."""
    return cast(Expr, value)


def replaced(expression: Expr, rule: Mapping[Any, Any]) -> Expr:
    """expression.xreplace(rule), whose values are expressions."""
    return cast(Expr, expression.xreplace(rule))


def substituted(expression: Expr, values: Mapping[Any, Any], *, at_once: bool = False) -> Expr:
    """expression.subs(values), one after the other or at once."""
    return cast(Any, expression).subs(values, simultaneous=at_once)


def argument(node: Basic, place: int = 0) -> Expr:
    """node.args[place] of a function."""
    return cast(Expr, node.args[place])


def over_one_denominator(expression: Expr) -> tuple[Expr, Expr]:
    """expression.together().as_numer_denom()."""
    return cast(Expr, expression.together()).as_numer_denom()


def entries(matrix: MatrixBase) -> list[Expr]:
    """The entries, row by row."""
    return cast("list[Expr]", matrix.flat())


def powers_in(value: Basic | MatrixBase) -> set[Pow]:
    """value.atoms(Pow)."""
    return cast("set[Pow]", value.atoms(Pow))


def denominator_of(number: Expr) -> int:
    """The denominator of a rational number."""
    return int(cast(Rational, number).q)


def equation(left: Expr, right: Expr = S.Zero) -> Eq:
    """left = right, kept as an equation between expressions."""
    return cast(Eq, Eq(left, right))


def coefficients_in(expression: Expr, symbol: Symbol) -> list[Expr]:
    """The coefficients of a polynomial in the symbol, highest power first."""
    return Poly(expression, symbol).all_coeffs()


def arguments_of(node: Basic) -> tuple[Expr, ...]:
    """node.args of a function, a sum or a product."""
    return cast("tuple[Expr, ...]", node.args)


def numbers_of(number: Expr) -> tuple[int, int]:
    """Numerator and denominator of a rational number."""
    return int(cast(Rational, number).p), int(cast(Rational, number).q)
