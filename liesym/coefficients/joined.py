"""Expressions of a coefficient field as a person writes them."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Pow, Rational, S, exp, expand


def joined(expression: Expr) -> Expr:
    """The same function with exp(a) exp(b) written exp(a + b), and sqrt(a) sqrt(b) written sqrt(a b).

    A field keeps exponentials of independent exponents apart, because its monomials are products of them.
    """
    one = expression.replace(lambda e: isinstance(e, Mul) and _exponentials(e) > 1, _one_exponential)
    return with_joined_roots(one)


def with_joined_roots(expression: Expr) -> Expr:
    """The same function with sqrt(a) sqrt(b) written sqrt(a b).

    A field has one root for each factor, whatever root they came from. Where a and b are both negative, sqrt(a b) is real
    and sqrt(a) sqrt(b) is its negative: sqrt(x^2 - 1) read as sqrt(x - 1) sqrt(x + 1) and written so would be wrong at
    x < -1. Where a and b are roots of their own in what was read, both are positive, and the two forms are one.
    """
    return expression.replace(lambda e: isinstance(e, Mul) and len(_roots(e)) > 1, _one_root)


def _exponentials(product: Mul) -> int:
    return sum(isinstance(factor, exp) for factor in product.args)


def _one_exponential(product: Mul) -> Expr:
    exponents = [factor.args[0] for factor in product.args if isinstance(factor, exp)]
    others = [factor for factor in product.args if not isinstance(factor, exp)]
    return Mul(*others, exp(expand(Add(*exponents))))


def _roots(product: Mul) -> list[Pow]:
    """The factors a^(k/2), k odd, with an a that is no number and not known to be positive."""
    halves = [f for f in product.args if isinstance(f, Pow) and f.exp.is_Rational and f.exp.q == 2]  # type: ignore[attr-defined]
    return [f for f in halves if not (f.base.is_number or f.base.is_positive)]


def _one_root(product: Mul) -> Expr:
    roots = _roots(product)
    whole = Mul(*(Pow(f.base, f.exp - Rational(1, 2)) for f in roots))
    radicand = Mul(*(f.base for f in roots))
    radicand = min((radicand, expand(radicand)), key=lambda e: e.count_ops())
    others = [f for f in product.args if f not in roots]
    return Mul(*others, whole, Pow(radicand, S.Half))
