"""An element as a sum over the monomials of its roots, which derivations do not mix.

    Σ_μ g_μ ρ^μ with g_μ free of roots:   ∂(g ρ^μ) = (∂g + g ∂ρ^μ/ρ^μ) ρ^μ

Each part has a denominator of its own, so the parts are smaller than the element over the common one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element

Key = tuple[int, ...]


def by_roots(element: Element, field: Field) -> dict[Key, Element]:
    """{exponents of the roots: part}; the parts add up to the element, and a root in the denominator stays there."""
    places = [field.capacity - 1 - s.index for s in field.slots if s.kind == "root"]
    parts: dict[Key, dict[Key, object]] = {}
    for monomial, c in element.num.terms():
        exponents = tuple(int(monomial[place]) for place in places)
        parts.setdefault(exponents, {})[tuple(monomial)] = c
    if len(parts) == 1:
        return dict.fromkeys(parts, element)
    below = element.den
    return {key: field.fraction(field.ctx.from_dict(part), below) for key, part in parts.items()}


def in_classes(elements: Sequence[Element], variables: Sequence[Symbol], field: Field) -> list[list[Element]]:
    """The elements' parts, one list for each monomial of roots; a single list where derivations mix them.

    They do where a root lies under another, or in an exponential.
    """
    used = {i for e in elements for i in field.slots_of(e)}
    below = {i for e in elements for i in field.slots_of(field.of_poly(e.den))}
    roots = {s.index for s in field.slots if s.kind == "root"}
    if below & roots or any(_mixes(i, roots, variables, field) for i in used):
        return [list(elements)]
    split = [by_roots(e, field) for e in elements]
    keys = sorted({key for parts in split for key in parts})
    return [[parts.get(key, field.zero) for parts in split] for key in keys]


def _mixes(index: int, roots: set[int], variables: Sequence[Symbol], field: Field) -> bool:
    slot = field.slots[index]
    for v in variables:
        slope = field.slot_derivative(slot, v)
        if slope is not None and index in roots:
            slope = slope / field.of_slot(slot)
        if slope is not None and field.slots_of(slope) & roots:
            return True
    return False
