"""Time translation and scalings of a first-order system, by the exponents of its monomials: certain, and cheap at any size.

X = b t ∂_t + Σ a_i x_i ∂_i is a symmetry of x_i' = p_i / q_i exactly if all monomials of p_i have one weight, all of q_i
have one, and their difference is a_i - b. These are linear equations over the integers; every solution is found. Of
variables inside of roots and other functions only those without weight are looked at.
Source: Hubert and Labahn 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd

from flint import fmpz_mat, fmpz_mpoly

from liesym.base.budget import Budget
from liesym.coefficients.field import Field
from liesym.determine.forms import Determining
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import Vector
from liesym.symmetries.search.pool import Pool
from liesym.symmetries.state import Known, Report

Row = tuple[int, ...]


def cheap_symmetries(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """∂_t where t is absent, and all scalings: a strategy."""
    report("time translation and scalings")
    pool = Pool.of(known, determining.field)
    system = known.system
    found = [scaling_components(weights, system, determining.field) for weights in scalings(system, determining.field)]
    if not any(f.has(system.independent) for f in system.rhs):
        nothing = [determining.field.zero] * len(system.unknowns)
        found.insert(0, (determining.field.one, *nothing))
    pool.add([[determining.field.to_expr(c) for c in vector] for vector in found], multiples=True)
    return pool.known(known)


def scaling_components(weights: Row, system: ODESystem, field: Field) -> Vector:
    """b t ∂_t + Σ a_i x_i ∂_i for the weights (b, a_1, …)."""
    return tuple(field.constant(w) * field(v) if w else field.zero for w, v in zip(weights, system.variables, strict=True))


def scalings(system: ODESystem, field: Field) -> list[Row]:
    """A basis of the weights (b, a_1, …) of time and states, primitive, with the first entry of each positive."""
    places = {field.by_symbol[v].index: i for i, v in enumerate(system.variables)}
    width = len(system.variables)
    rows: dict[Row, None] = {}
    for i, f in enumerate(system.rhs, start=1):
        element = field(f)
        inside = {
            v for s in field.slots_of(element) if field.slots[s].kind in ("kernel", "root") for v in field.slots[s].moving
        }
        for v in inside & set(system.variables):
            rows[_difference(_unit(places[field.by_symbol[v].index], width), (0,) * width)] = None
        if element.is_zero:
            continue
        top, bottom = _exponents(element.num, field, places), _exponents(element.den, field, places)
        first_top, first_bottom = next(top), next(bottom)
        for exponents in top:
            rows[_difference(exponents, first_top)] = None
        for exponents in bottom:
            rows[_difference(exponents, first_bottom)] = None
        own = _difference(_unit(i, width), _unit(0, width))
        rows[_difference(_difference(first_top, first_bottom), own)] = None
    return _nullspace([row for row in rows if any(row)], width)


def _exponents(poly: fmpz_mpoly, field: Field, places: dict[int, int]) -> Iterator[Row]:
    """The exponents of the variables in each monomial."""
    whole = field.lift(poly)
    last = whole.context().nvars() - 1
    columns = sorted((place, last - slot) for slot, place in places.items())
    for monomial in whole.monoms():
        yield tuple(int(monomial[at]) for _, at in columns)


def _unit(place: int, width: int) -> Row:
    return tuple(int(j == place) for j in range(width))


def _difference(a: Row, b: Row) -> Row:
    return tuple(x - y for x, y in zip(a, b, strict=True))


def _nullspace(rows: Sequence[Row], width: int) -> list[Row]:
    """Primitive integer vectors in reduced echelon form."""
    if not rows:
        return [_unit(j, width) for j in range(width)]
    kernel, nullity = fmpz_mat([list(r) for r in rows]).nullspace()
    if not nullity:
        return []
    reduced, _, _ = fmpz_mat([[int(kernel[i, k]) for i in range(width)] for k in range(nullity)]).rref()
    basis = []
    for k in range(nullity):
        row = [int(reduced[k, j]) for j in range(width)]
        common = gcd(*row) * (1 if next(filter(None, row)) > 0 else -1)
        basis.append(tuple(c // common for c in row))
    return basis
