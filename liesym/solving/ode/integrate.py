"""Indefinite integration in the coefficient field along one variable, by parallel integration.

The integral is looked for as (polynomial in the slots)/(denominator) + Σ c_i log p_i + Σ c_j (inverse functions), with
coefficients free of the variable: one linear system (Bronstein 2007, "Structure theorems for parallel integration").
What it finds is checked by differentiation; what it does not find may still be elementary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import sympy as sp
from flint import fmpz_mpoly
from sympy import Symbol
from sympy.core.function import AppliedUndef

from liesym.coefficients.definitions import derivative_expression, function_and_orders
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element, Slot
from liesym.errors import Unsupported
from liesym.solving.linear.relations import dependent_places, relations
from liesym.solving.ode.arbitrary import primitives

LARGEST_SPAN = 260


def integrate(element: Element, variable: Symbol, field: Field, *, arbitrary: bool = False) -> Element | None:
    """∫ element d(variable), or None if the ansatz holds no integral.

    Arguments:
        element: an element of the field.
        variable: one of its variables; all others are parameters of the integral.
        arbitrary: with the integrals of arbitrary functions f(u), ∫ f(s) s^k ds up to u.
    """
    if element.is_zero:
        return field.zero
    x = field(variable)
    if not element.depends_on(variable):
        return element * x
    slots, possible = _slots_along(element, variable, field), possible_slots([element], 1, variable, field)
    factors = [(p, int(e)) for p, e in field.factored(element.den)[1] if _depends(p, variable, field)]
    logarithms = list(_logarithmic_candidates(slots, factors, variable, field))
    if arbitrary:
        logarithms += primitives(element, slots, variable, field)
    # Ordinary poles lose one order under integration; where that fails (half angles), keep the order.
    for loss in (1, 0) if factors else (1,):
        algebraic = list(_algebraic_candidates(element, possible, factors, variable, field, loss))
        found = _combine(element, algebraic + logarithms, variable, field)
        if found is not None:
            return found
    return None


def _combine(element: Element, candidates: list[Element], variable: Symbol, field: Field) -> Element | None:
    """Σ c_j candidate_j with derivative `element`, constants c_j free of the variable; None if there is none."""
    columns = [element, *(c.diff(variable) for c in candidates)]
    for relation in relations(columns, field, [variable]):
        if 0 in relation:
            scale = -(field.one / relation[0])
            total = field.zero
            for j, c in relation.items():
                if j:
                    total = total + candidates[j - 1] * c * scale
            return total
    return None


def _slots_along(element: Element, variable: Symbol, field: Field) -> list[Slot]:
    """Slots that depend on the variable and occur in the element or in derivatives of such slots.

    An arbitrary function has infinitely many derivatives; those beyond the ones in the element are left out. The integral
    of an element, and a solution of an equation, hold none of them: the highest would be left over on differentiation.
    """
    found: dict[int, Slot] = {}
    existing = len(field.slots)
    queue = list(field.slots_of(element))
    queue.append(field.by_symbol[variable].index)
    while queue:
        index = queue.pop()
        slot = field.slots[index]
        inner = field.slot_derivative(slot, variable)
        if index in found or inner is None or index >= existing:
            continue
        found[index] = slot
        following = field.slots_of(inner) - found.keys()
        if _is_arbitrary(slot, field):
            following = {i for i in following if not _is_arbitrary(field.slots[i], field)}
        queue.extend(following)
    return [found[i] for i in sorted(found)]


def possible_slots(elements: Sequence[Element], order: int, variable: Symbol, field: Field) -> list[Slot]:
    """The slots that a solution of a linear ODE with these coefficients may hold, as far as it holds what occurs in them.

    If f^(j) is the highest derivative of an arbitrary f in u, then f^(j+n) is in u^(n) and in no other term; so a solution
    holds f^(j) with j + n at most the highest order in the coefficients.
    """
    slots = {s.index: s for e in elements for s in _slots_along(e, variable, field)}
    highest: dict[str, int] = {}
    for slot in slots.values():
        if _is_arbitrary(slot, field):
            highest[function_name(slot)] = max(_order(slot), highest.get(function_name(slot), 0))
    return [s for s in slots.values() if _order(s) + order <= highest.get(function_name(s), math.inf)]


def _order(slot: Slot) -> int:
    """How often the function of a slot is differentiated."""
    return sum(function_and_orders(slot.expr)[2]) if function_name(slot) else 0


def function_name(slot: Slot) -> str:
    """The name of the function that the slot is, or is a derivative of; empty for functions of the grammar."""
    if not isinstance(slot.expr, AppliedUndef | sp.Derivative | sp.Subs):
        return ""
    return function_and_orders(slot.expr)[0].__name__


def _is_arbitrary(slot: Slot, field: Field) -> bool:
    """True for an arbitrary function and its derivatives; not for one that is named as the solution of an equation."""
    name = function_name(slot)
    return bool(name) and name not in field.converter.definitions


def _depends(poly: fmpz_mpoly, variable: Symbol, field: Field) -> bool:
    flags = dependent_places(field, [variable])
    return any(d and f for d, f in zip(field.lift(poly).degrees(), flags, strict=True))


def _is_exponential(slot: Slot, variable: Symbol, field: Field) -> bool:
    """True if the logarithmic derivative of the slot does not hold the slot itself."""
    inner = field.slot_derivative(slot, variable)
    if inner is None or slot.kind == "variable":
        return False
    quotient = inner / field.of_slot(slot)
    return slot.index not in field.slots_of(quotient)


def _algebraic_candidates(
    element: Element,
    slots: list[Slot],
    factors: list[tuple[fmpz_mpoly, int]],
    variable: Symbol,
    field: Field,
    loss: int,
) -> Iterable[Element]:
    denominator = field.one
    for p, e in factors:
        # Exponential factors keep their power under integration, all others lose one.
        special = any(_is_exponential(s, variable, field) and field.poly(s) == field.lift(p) for s in slots)
        denominator = denominator * field.of_poly(field.lift(p)) ** (e if special else e - loss)
    ranges, own = [], field.slots_of(element)
    powers_of = [field.degree_in(element.num, slot) for slot in slots]
    for slot, degree in zip(slots, powers_of, strict=True):
        if slot.kind == "root":
            ranges.append(range(slot.degree))
        elif slot.kind == "variable":
            ranges.append(range(degree + 2))
        else:
            # an exponential that occurs under an integral sign only can come out of it
            inside = slot.index in own and _is_exponential(slot, variable, field)
            ranges.append(range(degree + (1 if inside else 2)))
    ranges = [r[:LARGEST_SPAN] for r in ranges]  # at once: a decimal exponent has a degree of 15 digits
    while _size(ranges) > LARGEST_SPAN:
        widest = max(range(len(ranges)), key=lambda i: len(ranges[i]))
        if len(ranges[widest]) <= 2:
            break
        ranges[widest] = range(len(ranges[widest]) - 1)
    for powers in itertools.islice(itertools.product(*ranges), LARGEST_SPAN):
        product = field.one
        for slot, power in zip(slots, powers, strict=True):
            if power:
                product = product * field.of_slot(slot) ** power
        if product.is_one and denominator.is_one:
            continue
        yield product / denominator


def _size(ranges: list[range]) -> int:
    size = 1
    for r in ranges:
        size *= len(r)
    return size


def _logarithmic_candidates(
    slots: list[Slot], factors: list[tuple[fmpz_mpoly, int]], variable: Symbol, field: Field
) -> Iterable[Element]:
    converter = field.converter
    for p, _ in factors:
        inner = field.of_poly(field.lift(p))
        yield _logarithm_of_size(inner, field)
        yield from _arctangent(inner, variable, field)
    for slot in slots:
        if slot.kind == "variable" or (slot.kind == "root" and isinstance(slot.expr, sp.sin)):
            continue
        yield from _arcsine_of_pair(slot, slots, variable, field)
        if isinstance(slot.expr, sp.cos):
            sine = sp.sin(slot.expr.args[0])
            yield converter.logarithm(field(slot.expr))
            yield converter.logarithm(field(1 + sine))
            yield converter.logarithm(field(1 - sine))
        elif slot.kind == "root" and slot.degree == 2:
            yield from _inverse_of_root(slot, variable, field)
        elif isinstance(slot.expr, sp.Derivative | sp.Subs):
            yield from _lower_derivatives(slot, field)
        elif not isinstance(slot.expr, sp.exp):
            try:
                yield converter.logarithm(field.of_slot(slot))
            except (Unsupported, NeedsRefinement):
                continue


def _lower_derivatives(slot: Slot, field: Field) -> Iterable[Element]:
    """The derivatives of an arbitrary function that this one is a derivative of."""
    name, arguments, orders = function_and_orders(slot.expr)
    for i, k in enumerate(orders):
        if k:
            lower = tuple(order - (j == i) for j, order in enumerate(orders))
            yield field(derivative_expression(name, arguments, lower))


def _logarithm_of_size(inner: Element, field: Field) -> Element:
    """log(±inner), the sign chosen so that no log(-1) is added: a constant of integration."""
    value = field.converter.logarithm(inner)
    slot = field.converter.log_slots.get(sp.S.NegativeOne)
    if slot is not None and slot.index in field.slots_of(value):
        return field.converter.logarithm(-inner)
    return value


def quadratic(poly: fmpz_mpoly, variable: Symbol, field: Field) -> tuple[Element, Element, Element] | None:
    """(a, b, c) if the polynomial is a v² + b v + c with a ≠ 0 and a, b, c free of v; else None."""
    poly = field.lift(poly)
    slot = field.by_symbol[variable]
    parts = field.coefficients_in(poly, slot)
    if not parts or max(parts) != 2:
        return None
    a, b, c = (field.of_poly(parts.get(k, field.ctx.constant(0))) for k in (2, 1, 0))
    if any(e.depends_on(variable) for e in (a, b, c)):
        return None
    return a, b, c


def _arctangent(inner: Element, variable: Symbol, field: Field) -> Iterable[Element]:
    """∫ dv/(a v² + b v + c) where the quadratic does not split: 2/√Δ atan((2 a v + b)/√Δ), Δ = 4ac - b²."""
    found = quadratic(inner.num, variable, field)
    if found is None:
        return
    a, b, c = found
    delta = a * c * 4 - b * b
    if delta.is_zero:
        return
    try:
        if delta.is_rational and delta.as_fraction() < 0:
            root = field.converter.any_root(-delta, Fraction(1, 2))
            shifted = a * 2 * field(variable) + b
            yield field.converter.logarithm(shifted - root) - field.converter.logarithm(shifted + root)
            return
        root = field.converter.any_root(delta, Fraction(1, 2))
        angle = (a * 2 * field(variable) + b) / root
        yield field(sp.atan(field.to_expr(angle)))
    except (NeedsRefinement, Unsupported):
        return


def _inverse_of_root(slot: Slot, variable: Symbol, field: Field) -> Iterable[Element]:
    """∫ dv/sqrt(a v² + b v + c): a logarithm for a > 0, an arcsine for a < 0."""
    found = quadratic(slot.relation, variable, field) if slot.relation is not None else None
    if found is not None:
        yield from _inverse_of_quadratic(found, field.of_slot(slot), variable, field)


def _inverse_of_quadratic(
    coefficients: tuple[Element, Element, Element], root_of: Element, variable: Symbol, field: Field
) -> Iterable[Element]:
    a, b, c = coefficients
    try:
        if a.is_rational and a.as_fraction() < 0:
            width = field.converter.any_root(b * b - a * c * 4, Fraction(1, 2))
            yield field(sp.asin(field.to_expr((a * 2 * field(variable) + b) / width)))
        else:
            root = field.converter.any_root(a, Fraction(1, 2))
            yield field.converter.logarithm(root * (a * 2 * field(variable) + b) + a * 2 * root_of)
    except (NeedsRefinement, Unsupported):
        return


def _arcsine_of_pair(slot: Slot, slots: list[Slot], variable: Symbol, field: Field) -> Iterable[Element]:
    """The same where the quadratic under the root splits and its root is a product of two slots."""
    for other in slots:
        if other.index <= slot.index or not (slot.degree == other.degree == 2) or slot.relation is None:
            continue
        if other.relation is None or isinstance(slot.expr, sp.sin) or isinstance(other.expr, sp.sin):
            continue
        found = quadratic(field.lift(slot.relation) * field.lift(other.relation), variable, field)
        if found is not None:
            product = field.of_slot(slot) * field.of_slot(other)
            yield from _inverse_of_quadratic(found, product, variable, field)
