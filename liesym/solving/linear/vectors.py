"""Solution vectors: scaled to look simple, and reduced to independent ones."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpz_mpoly

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import dependent_places, split_columns

Vector = tuple[Element, ...]


def normalized(vector: Vector, field: Field) -> Vector:
    """The vector times a constant, so that no constant factor is common to it and no constant is in a denominator."""
    flags = dependent_places(field, field.variables)
    top, bottom = field.ctx.constant(0), field.ctx.constant(1)
    for e in vector:
        if e.is_zero:
            continue
        top = field.gcd(top, constant_content(e.num, flags, field))
        part = constant_content(e.den, flags, field)
        bottom = bottom * (part / field.gcd(bottom, part))
    if top.is_zero():
        return vector
    scale = field.fraction(bottom, top)
    return tuple(e * scale for e in vector)


def constant_content(poly: fmpz_mpoly, moving: Sequence[bool], field: Field) -> fmpz_mpoly:
    """The greatest common divisor of the coefficients, as a polynomial in the slots that do not move."""
    parts: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
    for monomial, coefficient in poly.terms():
        key = tuple(e if m else 0 for e, m in zip(monomial, moving, strict=True))
        rest = tuple(0 if m else e for e, m in zip(monomial, moving, strict=True))
        parts.setdefault(key, {})[rest] = coefficient
    content = field.ctx.constant(0)
    for part in parts.values():
        content = field.gcd(content, field.ctx.from_dict(part))
        if content.is_one():
            break
    return content


def linear_combination(vectors: Sequence[Vector], coefficients: dict[int, Element], field: Field) -> Vector:
    """Σ c_j vectors[j]."""
    width = len(vectors[0])
    total = [field.zero] * width
    for j, c in coefficients.items():
        for i in range(width):
            total[i] = total[i] + vectors[j][i] * c
    return tuple(total)


def constant_relations(vectors: Sequence[Vector], field: Field) -> tuple[dict[int, Element], ...]:
    """All constants c with Σ c_j vectors[j] = 0, every component at once."""
    rows = []
    for i in range(len(vectors[0]) if vectors else 0):
        rows += split_columns({j: v[i] for j, v in enumerate(vectors)}, field, field.variables)
    return nullspace(rows, len(vectors), field).vectors


def independent_vectors(vectors: Sequence[Vector], field: Field) -> list[Vector]:
    """A maximal subset that is linearly independent over the constants, the first ones preferred."""
    chosen: list[Vector] = []
    for vector in vectors:
        if all(e.is_zero for e in vector):
            continue
        if not any(len(chosen) in r for r in constant_relations([*chosen, vector], field)):
            chosen.append(vector)
    return chosen


def trivial_first(vectors: Sequence[Vector], rates: Sequence[Element], field: Field) -> tuple[list[Vector], list[Vector]]:
    """Split the span of the vectors (ξ, η_i) into trivial ones, η_i = ξ f_i, and a complement.

    Arguments:
        rates: f_i of the first-order system x_i' = f_i.

    Returns:
        (basis of the trivial part, vectors that complete it to a basis of the span).
    """
    defects = [tuple(v[i + 1] - v[0] * f for i, f in enumerate(rates)) for v in vectors]
    trivial = [linear_combination(vectors, c, field) for c in constant_relations(defects, field)] if vectors else []
    rest = independent_vectors([*trivial, *vectors], field)[len(trivial) :]
    return trivial, rest
