"""Expressions of a coefficient field as a person writes them."""

from __future__ import annotations

from sympy import Add, Expr, Mul, exp, expand


def joined(expression: Expr) -> Expr:
    """The same function with exp(a) exp(b) written exp(a + b).

    A field keeps exponentials of independent exponents apart, because its monomials are products of them.
    """
    return expression.replace(lambda e: isinstance(e, Mul) and _exponentials(e) > 1, _one_exponential)


def _exponentials(product: Mul) -> int:
    return sum(isinstance(factor, exp) for factor in product.args)


def _one_exponential(product: Mul) -> Expr:
    exponents = [factor.args[0] for factor in product.args if isinstance(factor, exp)]
    others = [factor for factor in product.args if not isinstance(factor, exp)]
    return Mul(*others, exp(expand(Add(*exponents))))
