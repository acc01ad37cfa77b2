"""Finite spans of functions for first integrals, built from the functions that occur in the equations.

I = Σ c_j φ_j with constants c_j and D_t I = 0 on solutions is one exact linear system. Without t in the
equations, ∂_t I is an integral too; so I = φ - t J with D_t φ = J, and J among known integrals, is another.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.base.budget import Budget
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element, Slot
from liesym.determine.on_solutions import OnSolutions
from liesym.errors import Unsupported
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import split_columns
from liesym.solving.linear.span import products
from liesym.solving.linear.vectors import constant_relations, linear_combination
from liesym.solving.ode.integrate import integrate

MOST_FUNCTIONS = 40


def integrals_in_span(on: OnSolutions, span: Sequence[Element], budget: Budget) -> list[Element]:
    """A basis of all constant combinations of the span with D_t = 0.

    Raises:
        TimeIsUp: the budget ran out.
    """
    return [
        linear_combination([(e,) for e in span], v, on.field)[0] for v in conserved_combinations(on, span, budget)
    ]  # fmt: skip


def conserved_combinations(on: OnSolutions, span: Sequence[Element], budget: Budget) -> tuple[dict[int, Element], ...]:
    """The coefficients, place -> constant, of a basis of all combinations of the span with D_t = 0.

    Raises:
        TimeIsUp: the budget ran out.
    """
    field = on.field
    with field.within(budget):
        rates = {j: _rate(on, e, budget) for j, e in enumerate(span)}
        rows = split_columns(rates, field, field.variables)
        budget.check("linear system of a span")
        return tuple(nullspace(rows, len(span), field).vectors)


def _rate(on: OnSolutions, element: Element, budget: Budget) -> Element:
    budget.check("differentiation of a span")
    return on.rate(element)


def integrals_linear_in_time(
    on: OnSolutions, span: Sequence[Element], known: Sequence[Element], budget: Budget
) -> list[Element]:
    """φ - t J with φ in the span and D_t φ = J, J a combination of 1 and known integrals, not 0.

    Raises:
        TimeIsUp: the budget ran out.
    """
    field = on.field
    constants = [field.one, *known]
    t = field(on.system.independent)
    result = []
    with field.within(budget):
        rates = [_rate(on, e, budget) for e in span]
        relations = constant_relations([(e,) for e in (*rates, *constants)], field)
    for relation in relations:
        if max(relation) >= len(span):
            terms = [(e,) for e in (*span, *(t * c for c in constants))]
            result.append(linear_combination(terms, relation, field)[0])
    return result


def independent_span(span: Sequence[Element], field: Field) -> list[Element]:
    """The span without elements that depend on those before them over the constants."""
    solved: dict[int, dict[int, Element]] = {}
    for relation in constant_relations([(e,) for e in span], field):
        rest = dict(relation)
        for late, known in solved.items():
            factor = rest.get(late)
            if factor is not None:
                _subtract(rest, known, factor)
        last = max(rest)
        scale = rest[last]
        rest = {j: c / scale for j, c in rest.items()}
        for known in solved.values():
            factor = known.get(last)
            if factor is not None:
                _subtract(known, rest, factor)
        solved[last] = rest
    return [e for j, e in enumerate(span) if j not in solved]


def _subtract(row: dict[int, Element], other: dict[int, Element], factor: Element) -> None:
    """row -= factor * other, without zeros."""
    for j, c in other.items():
        value = row.get(j, c.field.zero) - factor * c
        if value.is_zero:
            row.pop(j, None)
        else:
            row[j] = value


# -- functions of the position ------------------------------------------------------------------------


def coefficient_functions(on: OnSolutions, away: Sequence[Symbol]) -> list[Element]:
    """1, products of two kernels, denominators, their inverses, and potentials: functions that occur.

    Free of `away`.
    """
    field = on.field
    slots = [
        s
        for s in list(field.slots)
        if s.kind in ("kernel", "root") and moves(field, s, field.variables) and not moves(field, s, away)
    ]
    kernels = [field.of_slot(s) for s in slots]
    degrees = {id(k): (s.degree - 1 if s.kind == "root" else 2) for k, s in zip(kernels, slots, strict=True)}
    found = [field.one, *kernels]
    for a, b in itertools.combinations_with_replacement(kernels, 2):
        if a is not b or degrees[id(a)] >= 2:
            found.append(a * b)
    bottoms, inverses = [], [field.one]
    for p, power in _denominators(on, away):
        bottoms.append(field.of_poly(field.lift(p)))
        inverses += [field.one / bottoms[-1] ** k for k in range(1, power + 1)]
    result = [*products(field, found, inverses)[:MOST_FUNCTIONS], *bottoms, *_terms(on, away), *_potentials(on, away)]
    return independent_span(products(field, result, [field.one]), field)


def _terms(on: OnSolutions, away: Sequence[Symbol]) -> list[Element]:
    """The terms of the right sides without coordinates and velocities.

    Where what is left is free of `away`.
    """
    field = on.field
    plain = {field.capacity - 1 - field.by_symbol[v].index for v in field.variables}
    plain |= constant_places(field)
    result: list[Element] = []
    for f in on.rhs:
        bottom = field.of_poly(field.lift(f.den))
        if any(bottom.depends_on(v) for v in away):
            continue
        for monomial, _ in field.lift(f.num).terms():
            bare = tuple(0 if i in plain else e for i, e in enumerate(monomial))
            element = field.of_poly(field.ctx.from_dict({bare: 1})) / bottom
            if not any(element.depends_on(v) for v in away):
                result.append(element)
    return result[:MOST_FUNCTIONS]


def constant_places(field: Field) -> set[int]:
    """Places, in a monomial, of the slots that no derivation moves."""
    fixed = [s.index for s in list(field.slots) if not moves(field, s, field.variables)]
    return {field.capacity - 1 - index for index in fixed}


def moves(field: Field, slot: Slot, variables: Sequence[Symbol]) -> bool:
    """True if the slot depends on one of the variables."""
    return any(field.depends_on(slot, v) for v in variables)


def _denominators(on: OnSolutions, away: Sequence[Symbol]) -> list[tuple[fmpz_mpoly, int]]:
    """Irreducible factors of denominators that depend on a variable but not on `away`, with their powers."""
    field = on.field
    powers: dict[str, tuple[fmpz_mpoly, int]] = {}
    for f in on.rhs:
        for p, power in field.factored(field.lift(f.den))[1]:
            element = field.of_poly(p)
            if element.is_constant or any(element.depends_on(v) for v in away):
                continue
            known = powers.get(str(p), (p, 0))
            powers[str(p)] = (p, max(int(power), known[1]))
    return list(powers.values())


def _potentials(on: OnSolutions, away: Sequence[Symbol]) -> list[Element]:
    """∫ F_i dx_i of the forces that are free of `away`."""
    field, system = on.field, on.system
    result: list[Element] = []
    for f, x in zip(on.rhs, system.unknowns, strict=True):
        if any(f.depends_on(v) for v in away):
            continue
        try:
            potential = integrate(f, x, field)
        except (Unsupported, NeedsRefinement):
            continue
        if potential is not None and not potential.is_zero:
            result.append(potential)
    return result
