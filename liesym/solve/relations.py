"""Linear relations between field elements over the constants of some derivations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.field import Element, Field, cleared
from liesym.solve.linear import nullspace

Key = tuple[int, ...]


def dependent_places(field: Field, variables: Sequence[Symbol]) -> list[bool]:
    """For each exponent place of the polynomial ring: does its slot depend on one of the variables?"""
    n = field.capacity
    flags = [False] * n
    for slot in list(field.slots):
        depends = any(field.depends_on(slot, v) for v in variables)
        if field.capacity != n:  # a derivative made new slots and the ring grew
            return dependent_places(field, variables)
        if depends:
            flags[n - 1 - slot.index] = True
    return flags


def split_columns(columns: Mapping[int, Element], field: Field, variables: Sequence[Symbol]) -> list[dict[int, fmpz_mpoly]]:
    """Rows r with: Σ_j c_j columns[j] = 0 for constants c_j (free of `variables`) exactly if Σ_j c_j r[j] = 0 for each r.

    Over one denominator, the numerators are split by monomials in the slots that depend on `variables`.
    """
    nonzero = {j: e for j, e in columns.items() if not e.is_zero}
    if not nonzero:
        return []
    flags = dependent_places(field, variables)
    numerators = dict(zip(nonzero, cleared(nonzero), strict=True))
    parts: dict[Key, dict[int, dict[Key, object]]] = {}
    for j, numerator in numerators.items():
        for monomial, coefficient in field.lift(numerator).terms():
            key = tuple(e if flag else 0 for e, flag in zip(monomial, flags, strict=True))
            rest = tuple(0 if flag else e for e, flag in zip(monomial, flags, strict=True))
            parts.setdefault(key, {}).setdefault(j, {})[rest] = coefficient
    return [{j: field.ctx.from_dict(p) for j, p in part.items()} for part in parts.values()]


def relations(elements: Sequence[Element], field: Field, variables: Sequence[Symbol]) -> tuple[dict[int, Element], ...]:
    """A basis of the vectors c, free of `variables`, with Σ_j c_j elements[j] = 0."""
    rows = split_columns(dict(enumerate(elements)), field, variables)
    return nullspace(rows, len(elements), field).vectors
