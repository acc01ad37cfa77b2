"""Finite spans of functions that are polynomial in the velocities, small ones first.

Where the right sides are even in the velocities and free of t, integrals fall apart into an even and an odd
part, which are looked for separately. A force of degree below 2 in the velocities leaves the leading
coefficients Killing tensors of flat space; with one that is a polynomial of degree n in the position, each step
of two down in the velocities raises the degree in the position by at most n + 1.
Source: Thompson 1986; Hietarinta 1987, section 2.3.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import comb, prod

from sympy import Symbol

from liesym.base.jets import jet_symbol
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.conservation.spans import coefficient_functions, independent_span, moves
from liesym.determine.on_solutions import OnSolutions
from liesym.model.system import ODESystem
from liesym.solving.linear.span import monomials, products

LARGEST_SPAN = 1500
LARGEST_POLYNOMIAL_SPAN = 800


def velocity_spans(
    system: ODESystem, on: OnSolutions, degree: int, *, lowest: int = 1, with_time: bool = False
) -> Iterator[list[Element]]:
    """Spans polynomial in the derivatives, small ones first.

    Leading coefficients are polynomials, then functions that occur times polynomials in the places that occur.

    Arguments:
        system: the equations, on: their field and D_t.
        degree, lowest: of the spans, in the derivatives.
        with_time: coefficients may hold t even if the equations do not.
    """
    field, jets = on.field, system.jet_coordinates
    autonomous = not any(f.depends_on(system.independent) for f in on.rhs)
    places = list(system.unknowns) if autonomous and not with_time else list(system.variables)
    functions = coefficient_functions(on, jets)
    reversible = autonomous and not with_time and max(system.orders) == 2 and _is_even(on, jets)
    newtonian = not with_time and is_newtonian(on)
    shapes = [places]
    if _velocity_degree(on, jets) > 1 or max(system.orders) > 2:
        shapes.append([x for x in places if any(f.depends_on(x) for f in on.rhs)])
    for highest in range(lowest, degree + 1):
        for shape in shapes:
            columns = (
                _newtonian_columns(on, functions, highest)
                if newtonian
                else _columns(field, shape, jets, functions, highest, flat=shape is places)
            )
            group = _of_one_parity(columns) if reversible else columns
            if 0 < len(group) <= LARGEST_SPAN:
                yield [e for e, _ in group]


# -- x'' = F(x) ----------------------------------------------------------------------------------------


def is_newtonian(on: OnSolutions) -> bool:
    """x'' = F(x): order 2, no velocities, no t."""
    system = on.system
    away = (system.independent, *system.jet_coordinates)
    return set(system.orders) == {2} and not any(f.depends_on(v) for f in on.rhs for v in away)


def is_gyroscopic(on: OnSolutions) -> bool:
    """x'' = F(x) + A(x) x': order 2, of degree at most 1 in the velocities, no t."""
    system, speeds = on.system, on.system.jet_coordinates
    if set(system.orders) != {2} or any(f.depends_on(system.independent) for f in on.rhs):
        return False
    return not any(f.diff(v).depends_on(w) for f in on.rhs for v in speeds if f.depends_on(v) for w in speeds)


def killing_forms(field: Field, places: Sequence[Symbol], degree: int, rotations: int) -> list[Element]:
    """A basis of K_i…j(x) v_i … v_j with K a Killing tensor of flat space: products of v_i and x_i v_j - x_j v_i.

    Arguments:
        field: holds the places and their velocities.
        places: x_1, …, x_m.
        degree: number of velocities.
        rotations: at most so many factors x_i v_j - x_j v_i.
    """
    xs = [field(x) for x in places]
    vs = [field(jet_symbol(x, 1)) for x in places]
    turns = [xs[i] * vs[j] - xs[j] * vs[i] for i, j in itertools.combinations(range(len(xs)), 2)]
    result = []
    for count in range(min(degree, rotations) + 1):
        for moves_, turns_ in itertools.product(
            itertools.combinations_with_replacement(vs, degree - count),
            itertools.combinations_with_replacement(turns, count),
        ):
            result.append(prod((*moves_, *turns_), start=field.one))
    return independent_span(result, field)


def _newtonian_columns(on: OnSolutions, functions: Sequence[Element], highest: int) -> list[tuple[Element, int]]:
    """Killing forms, and below them polynomials of the degree that the force allows, or functions that occur."""
    field, places = on.field, on.system.unknowns
    velocities = [field(jet_symbol(x, 1)) for x in places]
    force = _degree_of_force(on)
    rotations = highest if force is None else _affordable(len(places), highest, force)
    result = [(k, highest) for k in killing_forms(field, places, highest, rotations)]
    for step in range(1, highest // 2 + 1):
        if force is None:
            low = independent_span(products(field, functions, monomials(field, places, 2)), field)
        else:
            low = monomials(field, places, rotations + step * (force + 1))
        for chosen in itertools.combinations_with_replacement(velocities, highest - 2 * step):
            weight = prod(chosen, start=field.one)
            result += [(weight * c, highest - 2 * step) for c in low]
    return [(e, d) for e, d in result if not e.is_rational]


def _degree_of_force(on: OnSolutions) -> int | None:
    """Degree of F in the position, None if it is not a polynomial."""
    field, places = on.field, on.system.unknowns
    own = {field.by_symbol[x].index for x in places}
    at = [field.capacity - 1 - field.by_symbol[x].index for x in places]
    highest = 0
    for f in on.rhs:
        others = [field.slots[i] for i in field.slots_of(f) - own]
        if any(moves(field, s, places) for s in others) or field.slots_of(field.of_poly(f.den)) & own:
            return None
        highest = max(highest, *(sum(m[p] for p in at) for m, _ in field.lift(f.num).terms()), 0)
    return highest


def _affordable(m: int, highest: int, force: int) -> int:
    """The largest number of rotations with which the columns are not too many."""
    for rotations in range(highest, 0, -1):
        total = 0
        for step in range(1, highest // 2 + 1):
            total += comb(m + highest - 2 * step - 1, m - 1) * comb(m + rotations + step * (force + 1), m)
        if total <= LARGEST_POLYNOMIAL_SPAN:
            return rotations
    return 0


# -- others --------------------------------------------------------------------------------------------


def _columns(
    field: Field,
    places: Sequence[Symbol],
    jets: Sequence[Symbol],
    functions: Sequence[Element],
    highest: int,
    *,
    flat: bool,
) -> list[tuple[Element, int]]:
    """(velocity monomial * coefficient, degree in the velocities)."""
    result: list[tuple[Element, int]] = []
    low = products(field, functions, monomials(field, places, 2))
    high = monomials(field, places, max(highest, 2)) if flat else low
    for total in range(highest + 1):
        for chosen in itertools.combinations_with_replacement(jets, total):
            weight = field.one
            for v in chosen:
                weight = weight * field(v)
            coefficients = independent_span(high if total == highest else low, field)
            result += [(weight * c, total) for c in coefficients]
    return [(e, d) for e, d in result if not e.is_rational]


def _of_one_parity(columns: Sequence[tuple[Element, int]]) -> list[tuple[Element, int]]:
    """Those of the parity of the highest degree."""
    top = max((d for _, d in columns), default=0)
    return [(e, d) for e, d in columns if d % 2 == top % 2]


def _velocity_degree(on: OnSolutions, jets: Sequence[Symbol]) -> int:
    """Degree of the right sides in the derivatives, 2 if they are not polynomial in them."""
    field = on.field
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    own = {field.by_symbol[v].index for v in jets}
    highest = 0
    for f in on.rhs:
        held = field.slots_of(f) - own
        if any(moves(field, field.slots[i], jets) for i in held) or field.slots_of(field.of_poly(f.den)) & own:
            return 2
        highest = max(highest, *(sum(m[p] for p in places) for m, _ in field.lift(f.num).terms()), 0)
    return highest


def _is_even(on: OnSolutions, jets: Sequence[Symbol]) -> bool:
    """F(x, -v) = F(x, v), read off the monomials."""
    field = on.field
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    own = {field.by_symbol[v].index for v in jets}
    for f in on.rhs:
        if any(moves(field, field.slots[i], jets) for i in field.slots_of(f) - own):
            return False
        if field.slots_of(field.of_poly(f.den)) & own:
            return False
        if any(sum(m[p] for p in places) % 2 for m, _ in field.lift(f.num).terms()):
            return False
    return True
