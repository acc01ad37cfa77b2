"""Solutions in a span of the functions that occur: exact linear algebra over the functions free of the variable."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from sympy import Symbol

from liesym.coefficients.clearing import cleared
from liesym.coefficients.ring import Element
from liesym.solving.linear.relations import relations
from liesym.solving.ode.integrate import _is_exponential, function_name, possible_slots
from liesym.solving.ode.operators import Coefficients, depends_only_on, independent, shifted_operator, singular_factors
from liesym.solving.ode.workspace import Workspace

LARGEST_SPAN = 150


def solutions_in_span(work: Workspace, a: Coefficients, v: Symbol) -> list[Element]:
    """Solutions w/D with w a polynomial in the slots that occur and D a product of singular factors."""
    field, n = work.field, len(a)
    factors = [field.of_poly(p) for p in singular_factors(a, v, field)]
    product = field.one
    for p in factors:
        product = product * p
    found: list[Element] = []
    for power in (0, 1, n) if factors else (0,):
        work.check_budget()
        if power == 1 == n:
            continue
        denominator = product**power
        gauged = shifted_operator(a, -(denominator.diff(v) / denominator), v) if power else a
        inner = span_solutions(work, gauged, v, list(slot_span(work, a, v, denominator)))
        found = independent([*found, *(w / denominator for w in inner)], field, v)
        if len(found) == n:
            break
    return found


def with_known_exponentials(work: Workspace, a: Coefficients, v: Symbol) -> list[Element]:
    """Solutions E^k w, with w in a span and E an exponential that an earlier step made."""
    field = work.field
    mine = {i for c in a for i in field.slots_of(c)}
    found: list[Element] = []
    for slot in list(field.slots):
        known = field.of_slot(slot)
        if slot.index in mine or slot.kind != "kernel" or not field.depends_on(slot, v):
            continue
        if not _is_exponential(slot, v, field) or not depends_only_on(known, v, field):
            continue
        rate = known.diff(v) / known
        for power in (1, -1, 2, -2):
            gauged = shifted_operator(a, rate * power, v)
            inner = span_solutions(work, gauged, v, list(slot_span(work, gauged, v, field.one))[:40])
            found = independent([*found, *(known**power * w for w in inner)], field, v)
            if len(found) == len(a):
                return found
    return found


def with_named(work: Workspace, a: Coefficients, v: Symbol) -> list[Element]:
    """Solutions that are linear or quadratic in functions named earlier and their derivatives."""
    field = work.field
    names = {d.name for d in work.definitions if d.variable == v}
    known = [field.of_slot(s) for s in field.slots if function_name(s) in names]
    products = [one * other for i, one in enumerate(known) for other in known[i:]]
    candidates = [*known, *products][:LARGEST_SPAN]
    return span_solutions(work, a, v, candidates) if candidates else []


def span_solutions(work: Workspace, a: Coefficients, v: Symbol, candidates: Sequence[Element]) -> list[Element]:
    """All combinations of the span that solve the equation, its denominators cleared first."""
    field = work.field
    polynomial_form = [field.of_poly(p) for p in cleared([*a, field.one])]
    images = []
    for phi in candidates:
        total, derivative = field.zero, phi
        for k, c in enumerate(polynomial_form):
            total = total + c * derivative
            if k + 1 < len(polynomial_form):
                derivative = derivative.diff(v)
        images.append(total)
    found = []
    for vector in relations(images, field, [v]):
        total = field.zero
        for j, c in vector.items():
            total = total + candidates[j] * c
        found.append(total)
    return independent(found, field, v)


def slot_span(work: Workspace, a: Coefficients, v: Symbol, denominator: Element) -> Iterator[Element]:
    """Monomials in the slots that occur along v, small ones first."""
    field, n = work.field, len(a)
    x = field.by_symbol[v]
    slots = {s.index: s for s in possible_slots(a, n, v, field)}
    slots.setdefault(x.index, x)
    ranges: list[Iterable[int]] = []
    poles = [field.degree_in(denominator.num, slot) for slot in slots.values()]
    for slot, extra in zip(slots.values(), poles, strict=True):
        if slot.kind == "root":
            ranges.append(range(slot.degree))
        elif slot is x:
            ranges.append(range(extra + n + 2))
        elif _is_exponential(slot, v, field):
            ranges.append(range(-2, 3))
        else:
            ranges.append(range(extra + n + 1))
    for powers in itertools.islice(_by_size(ranges), LARGEST_SPAN):
        product = field.one
        for slot, power in zip(slots.values(), powers, strict=True):
            if power:
                product = product * field.of_slot(slot) ** power
        yield product


def _by_size(ranges: Sequence[Iterable[int]]) -> Iterator[tuple[int, ...]]:
    """The product of the ranges, small total powers first; never held in memory, it can be astronomically large."""
    choices = [sorted(r, key=abs) for r in ranges]

    def of_total(place: int, total: int) -> Iterator[tuple[int, ...]]:
        if place == len(choices):
            if total == 0:
                yield ()
            return
        for power in choices[place]:
            if abs(power) > total:
                break
            for rest in of_total(place + 1, total - abs(power)):
                yield (power, *rest)

    for total in range(sum(max(map(abs, c), default=0) for c in choices) + 1):
        yield from of_total(0, total)
