"""Factoring by SymPy in bounded work: what has a high degree, or terms that it cannot order, stays as it is."""

from __future__ import annotations

from math import lcm
from typing import Any

from sympy import Add, Basic, Expr, Mul, Pow, Rational, exp, factor_list, sympify
from sympy.polys.polyerrors import PolynomialError

from liesym.base.typed import expr

HIGHEST = 80
"""Degree from which on a polynomial is not factored: in two symbols that takes seconds, which nothing interrupts."""
FAILURES = (PolynomialError, NotImplementedError, TypeError)
"""TypeError: factors with symbols in exponents that SymPy cannot compare when it sorts them."""


def degree_bound(value: Basic) -> float:
    """A bound of the degree of the polynomial that SymPy makes of an expression.

    Its symbols are the bases of the powers with the smallest exponent that occurs, so fractions count by their common
    denominator: y^(1/10) + y^2 has the degree 20. Exponentials are powers of e^u for each u.
    """
    exponents = [e for node in value.atoms(Pow, exp) for e in _exponents(node)]
    return _degree(value) * lcm(*(int(e.q) for e in exponents))


def _exponents(node: Basic) -> list[Rational]:
    """The rational factors of the exponent's terms."""
    whole: Any = node.as_base_exp()[1] if isinstance(node, Pow) else node.args[0]
    return [c for c in (term.as_coeff_Mul()[0] for term in Add.make_args(whole)) if isinstance(c, Rational)]


def _degree(value: Basic) -> float:
    if isinstance(value, Add):
        return max(map(_degree, value.args))
    if isinstance(value, Mul):
        return sum(map(_degree, value.args))
    if isinstance(value, Pow | exp):
        base = _degree(value.base) if isinstance(value, Pow) else 1.0
        return base * sum(abs(float(e)) for e in _exponents(value))
    return 0.0 if value.is_number else 1.0


def factored(value: Expr) -> Expr:
    """value.factor(), or the value itself."""
    if degree_bound(value) > HIGHEST:
        return value
    try:
        return expr(value.factor())
    except FAILURES:
        return value


def factors_of(value: Expr) -> list[tuple[Expr, Expr]]:
    """The factors of a polynomial but its number, with their powers, which may hold symbols.

    Raises:
        PolynomialError: it is none, has too high a degree, or SymPy cannot factor it.
    """
    if degree_bound(value) > HIGHEST:
        raise PolynomialError("the degree is too high")
    try:
        found: Any = factor_list(value)
    except (NotImplementedError, TypeError) as error:
        raise PolynomialError(str(error)) from None
    return [(expr(f), sympify(n)) for f, n in found[1]]
