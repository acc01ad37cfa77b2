"""Expressions in velocities or momenta, written the way people do: as polynomials in them."""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportReturnType=false, reportOptionalMemberAccess=false

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, S, Symbol

from liesym.coefficients.field import Element, Field


def presented(element: Element, field: Field, jets: Sequence[Symbol]) -> Expr:
    """The element as an expression, collected by the derivatives where it is polynomial in them."""
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    moving = {s.index for s in field.slots if any(field.depends_on(s, v) for v in jets)}
    own = {field.by_symbol[v].index for v in jets}
    if field.slots_of(field.of_poly(element.den)) & moving or field.slots_of(element) & (moving - own):
        return field.to_expr(element, factor=True) if not jets else field.to_expr(element)
    parts: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
    for monomial, c in field.lift(element.num).terms():
        key = tuple(monomial[p] for p in places)
        rest = tuple(0 if i in places else e for i, e in enumerate(monomial))
        parts.setdefault(key, {})[rest] = c
    terms = []
    for key in sorted(parts, key=lambda k: (-sum(k), k)):
        coefficient = field.fraction(field.ctx.from_dict(parts[key]), field.lift(element.den))
        monomial = S.One
        for v, power in zip(jets, key, strict=True):
            monomial *= v**power
        terms.append(field.to_expr(coefficient) * monomial)
    return Add(*terms)
