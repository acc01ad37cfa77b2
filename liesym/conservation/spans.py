"""Finite spans of functions for first integrals, built from the functions that occur in the equations.

I = Σ c_j φ_j with constants c_j and D_t I = 0 on solutions is one exact linear system. Where the right sides
are even in the velocities and free of t, integrals fall apart into an even and an odd part, which are looked
for separately.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.field import Element, Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.determine import OnSolutions
from liesym.errors import OutOfBudget, Unsupported
from liesym.solve.integrate import integrate
from liesym.solve.linear import nullspace
from liesym.solve.relations import split_columns
from liesym.solve.span import monomials, products
from liesym.solve.vectors import constant_relations, linear_combination
from liesym.system import ODESystem

MOST_FUNCTIONS = 40
LARGEST_SPAN = 1500


def integrals_in_span(on: OnSolutions, span: Sequence[Element], deadline: float) -> list[Element]:
    """A basis of all constant combinations of the span with D_t = 0.

    Raises:
        OutOfBudget: the deadline passed.
    """
    field = on.field
    rates: dict[int, Element] = {}
    for j, e in enumerate(span):
        if time.monotonic() > deadline:
            raise OutOfBudget("the budget ran out while differentiating a span")
        rates[j] = on.rate(e)
    rows = split_columns(rates, field, field.variables)
    if time.monotonic() > deadline:
        raise OutOfBudget("the budget ran out before the linear system of a span was solved")
    found = nullspace(rows, len(span), field)
    return [linear_combination([(e,) for e in span], v, field)[0] for v in found.vectors]


def independent_span(span: Sequence[Element], field: Field) -> list[Element]:
    """The span without elements that depend on others over the constants."""
    redundant: set[int] = set()
    for relation in constant_relations([(e,) for e in span], field):
        redundant.add(max(j for j in relation if j not in redundant))
    return [e for j, e in enumerate(span) if j not in redundant]


# -- functions of the position ------------------------------------------------------------------------


def coefficient_functions(on: OnSolutions, away: Sequence[Symbol]) -> list[Element]:
    """1, products of two kernels, inverses of denominators, and potentials: functions that occur.

    Free of `away`.
    """
    field = on.field
    slots = [
        s
        for s in list(field.slots)
        if s.kind in ("kernel", "root") and _moves(field, s, field.variables) and not _moves(field, s, away)
    ]
    kernels = [field.of_slot(s) for s in slots]
    degrees = {id(k): (s.degree - 1 if s.kind == "root" else 2) for k, s in zip(kernels, slots, strict=True)}
    found = [field.one, *kernels]
    for a, b in itertools.combinations_with_replacement(kernels, 2):
        if a is not b or degrees[id(a)] >= 2:
            found.append(a * b)
    inverses = [field.one]
    for p, power in _denominators(on, away):
        inverses += [field.one / field.of_poly(field.lift(p)) ** k for k in range(1, power + 1)]
    result = [*products(field, found, inverses)[:MOST_FUNCTIONS], *_terms(on, away), *_potentials(on, away)]
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
    fixed = [s.index for s in list(field.slots) if not _moves(field, s, field.variables)]
    return {field.capacity - 1 - index for index in fixed}


def _moves(field: Field, slot, variables: Sequence[Symbol]) -> bool:
    return any(field.depends_on(slot, v) for v in variables)


def _denominators(on: OnSolutions, away: Sequence[Symbol]) -> list[tuple[fmpz_mpoly, int]]:
    """Irreducible factors of denominators that depend on a variable but not on `away`, with their powers."""
    field = on.field
    powers: dict[str, tuple[fmpz_mpoly, int]] = {}
    for f in on.rhs:
        for p, power in field.lift(f.den).factor()[1]:
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


# -- polynomial in the velocities ----------------------------------------------------------------------


def velocity_spans(system: ODESystem, on: OnSolutions, degree: int, *, with_time: bool = False) -> Iterator[list[Element]]:
    """Spans polynomial in the derivatives, small ones first; leading coefficients polynomial.

    Then any that occur.
    """
    field, jets = on.field, system.jet_coordinates
    autonomous = not any(f.depends_on(system.independent) for f in on.rhs)
    places = list(system.unknowns) if autonomous and not with_time else list(system.variables)
    functions = coefficient_functions(on, jets)
    reversible = autonomous and not with_time and max(system.orders) == 2 and _is_even(on, jets)
    # A force of degree below 2 in the velocities leaves the leading coefficients Killing tensors of flat
    # space, which are polynomials of at most the same degree.
    shapes = (True, False) if _velocity_degree(on, jets) > 1 or max(system.orders) > 2 else (True,)
    for highest in range(1, degree + 1):
        for flat in shapes:
            columns = _columns(field, places, jets, functions, highest, flat)
            groups = [columns] if not reversible else _by_parity(columns)
            for group in groups:
                if 0 < len(group) <= LARGEST_SPAN:
                    yield [e for e, _ in group]


def _columns(
    field: Field,
    places: Sequence[Symbol],
    jets: Sequence[Symbol],
    functions: Sequence[Element],
    highest: int,
    flat: bool,
) -> list[tuple[Element, int]]:
    """(velocity monomial * coefficient, degree in the velocities)."""
    result: list[tuple[Element, int]] = []
    low = products(field, functions, monomials(field, places, 2))
    high = monomials(field, places, max(highest, 2)) if flat else products(field, functions, monomials(field, places, 1))
    for total in range(highest + 1):
        for chosen in itertools.combinations_with_replacement(jets, total):
            weight = field.one
            for v in chosen:
                weight = weight * field(v)
            coefficients = independent_span(high if total == highest else low, field)
            result += [(weight * c, total) for c in coefficients]
    return [(e, d) for e, d in result if not e.is_rational]


def _by_parity(columns: Sequence[tuple[Element, int]]) -> list[list[tuple[Element, int]]]:
    top = max(d for _, d in columns)
    return [[(e, d) for e, d in columns if d % 2 == top % 2]]


def _velocity_degree(on: OnSolutions, jets: Sequence[Symbol]) -> int:
    """Degree of the right sides in the derivatives, 2 if they are not polynomial in them."""
    field = on.field
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    own = {field.by_symbol[v].index for v in jets}
    highest = 0
    for f in on.rhs:
        held = field.slots_of(f) - own
        if any(_moves(field, field.slots[i], jets) for i in held) or field.slots_of(field.of_poly(f.den)) & own:
            return 2
        highest = max(highest, *(sum(m[p] for p in places) for m, _ in field.lift(f.num).terms()), 0)
    return highest


def _is_even(on: OnSolutions, jets: Sequence[Symbol]) -> bool:
    """F(x, -v) = F(x, v), read off the monomials."""
    field = on.field
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    own = {field.by_symbol[v].index for v in jets}
    for f in on.rhs:
        if any(_moves(field, field.slots[i], jets) for i in field.slots_of(f) - own):
            return False
        if field.slots_of(field.of_poly(f.den)) & own:
            return False
        if any(sum(m[p] for p in places) % 2 for m, _ in field.lift(f.num).terms()):
            return False
    return True
