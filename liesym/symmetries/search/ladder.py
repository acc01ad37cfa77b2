"""Spans made of the functions that occur: monomials in the variables times kernels, over the denominators that occur."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from flint import fmpz_mpoly

from liesym.coefficients.ring import Element, Slot
from liesym.determine.forms import Determining
from liesym.solving.linear.sampled import independent_functions
from liesym.solving.linear.span import monomials, products
from liesym.solving.ode.integrate import _is_exponential

LARGEST = 240
HIGHEST_POLE = 2


def kernel_spans(determining: Determining) -> Iterator[list[list[Element]]]:
    """Spans of growing size, the same for every unknown: kernels x monomials, then poles x monomials."""
    field = determining.field
    kernels = _kernel_monomials(_kernels(determining)[:4], determining)
    poles = [field.one, *_poles(determining)]
    for degree in (1, 2, 3, 4):
        span = products(field, monomials(field, determining.variables, degree), kernels)
        span = products(field, span, poles)
        if len(span) > LARGEST * 2:
            return
        yield [independent_functions(span, field)] * len(determining.unknowns)


def plain_spans(determining: Determining) -> Iterator[list[list[Element]]]:
    """The same without roots and poles, where there are any: smaller, and often enough."""
    field, kernels = determining.field, _kernels(determining)
    plain = [s for s in kernels if s.kind == "kernel"][:4]
    if not plain or (len(plain) == len(kernels) and not _poles(determining)):
        return
    for degree in (1, 2, 3, 4):
        span = products(field, monomials(field, determining.variables, degree), _kernel_monomials(plain, determining))
        if len(span) > LARGEST * 2:
            return
        yield [independent_functions(span, field)] * len(determining.unknowns)


def laurent_span(determining: Determining) -> list[list[Element]] | None:
    """Monomials with negative powers of the variables that are factors of coefficients; None if there are none."""
    field, variables = determining.field, determining.variables
    singular = _factors(determining)
    singular = [v for v in variables if any(p == field.poly(field.by_symbol[v]) for p in singular)]
    ranges = [range(-HIGHEST_POLE, HIGHEST_POLE + 1) if v in singular else range(HIGHEST_POLE + 1) for v in variables]
    if not singular or math.prod(map(len, ranges)) > LARGEST:
        return None
    span = []
    for powers in itertools.product(*ranges):
        product = field.one
        for v, power in zip(variables, powers, strict=True):
            product = product * field(v) ** power
        span.append(product)
    return [span] * len(determining.unknowns)


def _kernels(determining: Determining) -> list[Slot]:
    """Kernels and roots that occur in the equations and depend on the variables of the unknowns alone."""
    field, variables = determining.field, determining.variables
    occurring = {i for form in determining.equations for c in form.values() for i in field.slots_of(c)}
    kernels = [field.slots[i] for i in sorted(occurring) if field.slots[i].kind in ("kernel", "root")]
    kernels = [s for s in kernels if any(field.depends_on(s, v) for v in variables)]
    others = [v for v in field.variables if v not in set(variables)]
    return [s for s in kernels if not any(field.depends_on(s, v) for v in others)]


def _kernel_monomials(kernels: list[Slot], determining: Determining) -> list[Element]:
    field = determining.field
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
    several = [p for p in _factors(determining) if len(p) > 1]
    return [field.one / e for e in map(field.of_poly, several) if any(map(e.depends_on, determining.variables))][:3]


def _factors(determining: Determining) -> list[fmpz_mpoly]:
    """The irreducible factors of the coefficients of the determining equations."""
    field = determining.field
    found: dict[str, fmpz_mpoly] = {}
    for form in determining.equations:
        for coefficient in form.values():
            for poly in (coefficient.num, coefficient.den):
                for p, _ in field.factored(poly)[1]:
                    found.setdefault(str(p), field.lift(p))
    return list(found.values())
