"""Scalar equations y' = f(x, y): symmetries η ∂_y with log η in a finite span, and so powers with unknown exponents.

The condition η_x + f η_y = f_y η is linear in log η: with D = ∂_x + f ∂_y it says D log η = f_y. So for
η = exp(Σ c_j g_j) Π p_i^(c_i) the constants solve one linear system, Σ c_j D g_j + Σ c_i D p_i / p_i = f_y.
The p_i are the factors that occur in f, the g_j monomials and the kernels that occur.
Source: Prelle and Singer 1983, section 2 (1/(p η) is their integrating factor, f = q/p); Cheb-Terrab and Roche 1998.
"""

from __future__ import annotations

import itertools

from sympy import Expr, Symbol

from liesym.coefficients.field import Element, Field
from liesym.solve.relations import relations

LARGEST_SPAN = 90


def multiplicative_symmetry(field: Field, rate: Element, x: Symbol, y: Symbol) -> tuple[Expr, Expr] | None:
    """(0, η) for y' = rate, or None if the span holds no such η."""

    def along(e: Element) -> Element:
        return e.diff(x) + rate * e.diff(y)

    factors = occurring_factors(field, rate, (x, y))
    exponents = exponent_candidates(field, x, y)
    columns = [-rate.diff(y), *(along(p) / p for p in factors), *(along(g) for g in exponents)]
    for relation in relations(columns, field, (x, y)):
        scale = relation.get(0)
        if scale is None:
            continue
        logarithm = field.zero
        for j, c in relation.items():
            if 1 <= j <= len(factors):
                logarithm = logarithm + field.converter.logarithm(factors[j - 1]) * c / scale
            elif j:
                logarithm = logarithm + exponents[j - 1 - len(factors)] * c / scale
        eta = field.converter.exponential(logarithm)
        return field.to_expr(field.zero), field.to_expr(eta)
    return None


def occurring_factors(field: Field, element: Element, variables: tuple[Symbol, ...]) -> list[Element]:
    """The irreducible factors of numerator and denominator that move, and the variables themselves."""
    found: dict[str, Element] = {str(field(v).num): field(v) for v in variables}
    for poly in (element.num, element.den):
        for p, _ in poly.factor()[1]:
            factor = field.of_poly(field.lift(p))
            if any(factor.depends_on(v) for v in variables):
                found.setdefault(str(factor.num), factor)
    for slot in field.roots:
        if slot.relation is not None and any(field.depends_on(slot, v) for v in variables):
            for p, _ in field.lift(slot.relation).factor()[1]:
                found.setdefault(str(p), field.of_poly(p))
    return list(found.values())


def exponent_candidates(field: Field, x: Symbol, y: Symbol) -> list[Element]:
    """Laurent monomials in x and y, and kernels times monomials."""
    X, Y = field(x), field(y)
    found = [
        X**i * Y**j
        for i, j in sorted(itertools.product(range(-2, 5), repeat=2), key=lambda p: (abs(p[0]) + abs(p[1]), p))
        if (i or j) and abs(i) + abs(j) <= 4
    ]
    for slot in list(field.slots):
        if slot.kind in ("kernel", "root") and (field.depends_on(slot, x) or field.depends_on(slot, y)):
            kernel = field.of_slot(slot)
            found += [kernel, kernel * X, kernel * Y, kernel**2 if slot.kind == "kernel" else kernel / X]
    return found[:LARGEST_SPAN]
