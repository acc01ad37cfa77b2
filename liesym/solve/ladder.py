"""Spans made of the functions that occur: monomials in the variables times kernels, over the denominators that occur."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from liesym.coefficients.field import Element, Field, Slot
from liesym.determine import Determining
from liesym.solve.integrate import _is_exponential
from liesym.solve.span import monomials, products

LARGEST = 240


def kernel_spans(determining: Determining) -> Iterator[list[list[Element]]]:
    """Spans of growing size, the same for every unknown: kernels x monomials, then poles x monomials."""
    field, variables = determining.field, determining.variables
    kernels = [s for s in field.slots if s.kind in ("kernel", "root") and any(field.depends_on(s, v) for v in variables)]
    moving = set(variables)
    kernels = [s for s in kernels if not any(field.depends_on(s, v) for v in field.variables if v not in moving)]
    poles = _poles(determining)
    for degree in (1, 2, 3, 4):
        base = monomials(field, variables, degree)
        span = products(field, base, _kernel_monomials(field, kernels[:4], determining))
        if poles:
            span = products(field, span, [field.one, *poles])
        if len(span) > LARGEST * 2:
            return
        yield [span] * len(determining.unknowns)


def _kernel_monomials(field: Field, kernels: list[Slot], determining: Determining) -> list[Element]:
    ranges = []
    for slot in kernels:
        if slot.kind == "root":
            ranges.append(range(slot.degree))
        elif any(_is_exponential(slot, v, field) for v in determining.variables if field.depends_on(slot, v)):
            ranges.append(range(-1, 2))
        else:
            ranges.append(range(2))
    result = []
    for powers in itertools.islice(itertools.product(*ranges), LARGEST):
        product = field.one
        for slot, power in zip(kernels, powers, strict=True):
            if power:
                product = product * field.of_slot(slot) ** power
        result.append(product)
    return result


def _poles(determining: Determining) -> list[Element]:
    """1/p for the irreducible factors p of leading coefficients of the determining equations."""
    field = determining.field
    moving = list(determining.variables)
    found: dict[str, Element] = {}
    for form in determining.equations:
        for coefficient in form.values():
            for poly in (coefficient.num, coefficient.den):
                for p, _ in poly.factor()[1]:
                    element = field.of_poly(field.lift(p))
                    if len(p) > 1 and any(element.depends_on(v) for v in moving):
                        found.setdefault(str(p), field.one / element)
    return list(found.values())[:3]
