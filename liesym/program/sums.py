"""Sums: positive terms first; c*exp(u) - c and 1 - sin(u)**2 in the forms in which nothing cancels."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Pow, Rational, cos, exp, sin

from liesym.program.builder import Builder
from liesym.program.functions import real
from liesym.program.plans import Plan, Reading, same
from liesym.program.scopes import Scopes, Signed


def plan_sum(expr: Add, reading: Reading, scope: int) -> Plan:
    """The sum of the terms, or a stable form of it."""
    constant, terms = expr.as_coeff_Add()
    if constant.is_Rational and constant != 0:
        matched = _match_expm1(constant, Add.make_args(terms))
        if matched is not None:
            kernel, coefficient, rest = matched
            operands = ((kernel.args[0], scope), *((term, scope) for term in rest))
            return Plan(operands, lambda u, *others: _expm1_sum(reading.scopes, u, coefficient, others))
        square = _complement(constant, terms)
        if square is not None:
            return Plan(((square, scope),), same)
    return Plan(tuple((term, scope) for term in expr.args), lambda *terms: _total(reading.builder, terms))


def _match_expm1(constant: Expr, terms: Sequence[Expr]) -> tuple[Expr, Rational, list[Expr]] | None:
    """The term c*exp(u) with c = -constant, c, and the other terms."""
    for position, term in enumerate(terms):
        coefficient, kernel = term.as_coeff_Mul()
        if isinstance(kernel, exp) and coefficient == -constant:
            return kernel, coefficient, [*terms[:position], *terms[position + 1 :]]
    return None


def _expm1_sum(scopes: Scopes, u: Signed, coefficient: Rational, others: Sequence[Signed]) -> Signed:
    b = scopes.builder
    value = b.mul(b.constant(real(abs(coefficient))[0]), b.node("expm1", scopes.plain(u)))
    return _total(b, [(value, bool(coefficient < 0)), *others])


def _complement(constant: Expr, term: Expr) -> Expr | None:
    """c cos(u)² for c - c sin(u)², and c sin(u)² for c - c cos(u)², where nothing cancels."""
    coefficient, square = term.as_coeff_Mul()
    if coefficient != -constant or not isinstance(square, Pow) or square.exp != 2:
        return None
    other = {sin: cos, cos: sin}.get(type(square.base))  # type: ignore[call-overload]
    return None if other is None else constant * other(square.base.args[0]) ** 2


def _total(b: Builder, terms: Sequence[Signed]) -> Signed:
    """The sum, positive terms first; if all are negative, the negative of their sum."""
    positive = sorted(node for node, negative in terms if not negative)
    negative = sorted(node for node, negative in terms if negative)
    if not positive:
        return _added(b, negative), True
    result = _added(b, positive)
    for node in negative:
        result = b.sub(result, node)
    return result, False


def _added(b: Builder, nodes: Sequence[int]) -> int:
    result = nodes[0]
    for node in nodes[1:]:
        result = b.add(result, node)
    return result
