"""Linear first integrals of first-order systems: the sums that a reaction network conserves.

c·x with constants c is conserved exactly if Σ c_i f_i = 0. Over the terms of the f_i as they are written this is the left
nullspace of a matrix of numbers, the stoichiometric matrix where the terms are rates: nothing is brought over a common
denominator, and c·f = 0 holds term by term. Values modulo a prime at random points count whether there can be more, since
terms may be dependent and coefficients may hold parameters. Only then the monomials of the f_i decide; the same values say
which states can occur together, so that only these are brought over one denominator. Among the integer vectors a basis of
nonnegative ones is taken, as far as there is one: these are the amounts of something that is neither made nor lost.
Source: Schuster and Höfer 1991; Feinberg 2019, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd, lcm

from flint import fmpz_mat
from sympy import Add, Expr, Integer, Rational, expand_mul

from liesym.base.budget import Budget
from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.coefficients.modular import echelon
from liesym.coefficients.ring import Element
from liesym.determine.on_solutions import OnSolutions
from liesym.errors import TooLarge
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import relations
from liesym.solving.linear.sampled import MARGIN, AtPole, Sample, slots_needed
from liesym.solving.linear.vectors import independent_vectors

Integers = tuple[int, ...]
MOST_RAYS = 200
"""Nonnegative vectors of one block in between; their number can grow exponentially, and any basis is true."""
DRAWS = 6


def written_balances(system: ODESystem) -> list[Integers]:
    """Integers c with Σ c_j f_j = 0 by the terms of the f_j as they are written, c_j for each state.

    Arguments:
        system: of first order.
    """
    rows: dict[Expr, dict[int, Rational]] = {}
    for j, rate in enumerate(system.rhs):
        for term in Add.make_args(expand_mul(rate, deep=False)):
            number, rest = term.as_coeff_Mul(rational=True)
            row = rows.setdefault(rest, {})
            row[j] = row.get(j, Integer(0)) + number
    whole = [[int(c * lcm(*(d.q for d in row.values()))) for c in _dense(row, len(system.rhs))] for row in rows.values()]
    kernel, nullity = fmpz_mat(whole).nullspace()
    basis = _reduced([[int(kernel[i, k]) for i in range(kernel.nrows())] for k in range(nullity)])
    found: list[Integers] = []
    for block in _components([j for j, c in enumerate(vector) if c] for vector in basis):
        inside = [tuple(v[j] for j in block) for v in basis if any(v[j] for j in block)]
        for vector in nonnegative_first(inside):
            values = dict(zip(block, vector, strict=True))
            found.append(tuple(values.get(j, 0) for j in range(len(system.rhs))))
    return found


def _dense(row: Mapping[int, Rational], width: int) -> list[Rational]:
    return [row.get(j, Integer(0)) for j in range(width)]


def most_balances(on: OnSolutions) -> int:
    """At most so many conserved sums are linearly independent over the constants: the nullity at values modulo a prime."""
    kernel = _kernel(on)
    return len(on.rhs) if kernel is None else len(kernel)


def balances(on: OnSolutions, budget: Budget) -> list[Element]:
    """A basis, over the constants, of the linear combinations of states that are conserved.

    Arguments:
        on: a first-order system in its field.
        budget: for all of it.

    Raises:
        OutOfBudget: the time, or the size that the field may handle, was not enough.
    """
    field, states = on.field, [on.field(x) for x in on.system.unknowns]
    found: list[Element] = []
    with field.within(budget):
        for block in _blocks(on):
            budget.check("linear integrals")
            for vector in _of_block([on.rhs[j] for j in block], field):
                found.append(sum((c * states[j] for j, c in zip(block, vector, strict=True)), start=field.zero))
    return found


def _blocks(on: OnSolutions) -> list[list[int]]:
    """Places of states that can occur in one conserved sum, by the nullspace modulo a prime; one block where it fails."""
    kernel = _kernel(on)
    if kernel is None:
        return [list(range(len(on.rhs)))]
    return _components(kernel)


def _components(vectors: Iterable[Iterable[int]]) -> list[list[int]]:
    """Places that occur together in a vector, directly or through others."""
    import networkx as nx

    together = nx.Graph()
    for vector in vectors:
        nx.add_path(together, sorted(vector))
    return sorted(sorted(block) for block in nx.connected_components(together))


def _kernel(on: OnSolutions) -> list[dict[int, int]] | None:
    """The c with Σ c_j f_j = 0 at random points modulo a prime; None where there are no such values."""
    needed = slots_needed(on.rhs, on.field, (), 0)
    for seed in range(DRAWS):
        try:
            sample = Sample(on.field, len(on.rhs) + MARGIN, seed, needed)
            columns = [sample.element(f).tolist() for f in on.rhs]
        except AtPole:
            continue
        except TooLarge:
            return None
        rows = [list(row) for row in zip(*columns, strict=True)]
        return list(echelon(rows, len(on.rhs), sample.prime).kernel())
    return None


def _of_block(rates: Sequence[Element], field: Field) -> list[tuple[Element, ...]]:
    """Basis vectors: integers first, then those that hold parameters."""
    whole = relations(rates, field, field.variables)
    if not whole:
        return []
    numbers = nonnegative_first(integer_relations(rates))
    vectors = [tuple(field.constant(c) for c in v) for v in numbers]
    if len(vectors) == len(whole):
        return vectors
    dense = [tuple(v.get(j, field.zero) for j in range(len(rates))) for v in whole]
    return independent_vectors([*vectors, *dense], field)


def integer_relations(elements: Sequence[Element]) -> list[Integers]:
    """A reduced basis of the integers c with Σ c_j elements[j] = 0, monomial by monomial over one denominator."""
    rows: dict[tuple[int, ...], dict[int, int]] = {}
    field = elements[0].field
    for j, numerator in enumerate(cleared(elements)):
        for monomial, coefficient in field.lift(numerator).terms():
            rows.setdefault(tuple(monomial), {})[j] = int(coefficient)
    matrix = fmpz_mat(len(rows), len(elements), [row.get(j, 0) for row in rows.values() for j in range(len(elements))])
    kernel, nullity = matrix.nullspace()
    columns = [[int(kernel[i, k]) for i in range(len(elements))] for k in range(nullity)]
    return _reduced(columns)


def _reduced(vectors: Sequence[Sequence[int]]) -> list[Integers]:
    """The reduced echelon form with primitive integer rows, each with a positive leading entry."""
    if not vectors:
        return []
    reduced, _, rank = fmpz_mat([list(v) for v in vectors]).rref()
    rows = [[int(reduced[i, j]) for j in range(reduced.ncols())] for i in range(rank)]
    return [_primitive(r if next(filter(None, r)) > 0 else [-c for c in r]) for r in rows]


def _primitive(vector: Iterable[int]) -> Integers:
    whole = tuple(vector)
    common = gcd(*whole)
    return tuple(c // common for c in whole)


def nonnegative_first(basis: Sequence[Integers]) -> list[Integers]:
    """A basis of the same space with as many nonnegative vectors as there are independent ones, the shortest of them.

    Arguments:
        basis: reduced, as `integer_relations` gives it.
    """
    chosen: list[Integers] = []
    rays = sorted(_rays(basis), key=lambda v: (sum(map(bool, v)), sum(v), [-c for c in v]))
    for vector in (*rays, *basis):
        if len(chosen) < len(basis) and fmpz_mat([list(v) for v in (*chosen, vector)]).rank() > len(chosen):
            chosen.append(vector)
    return chosen


def _rays(basis: Sequence[Integers]) -> list[Integers]:
    """The extreme rays of the nonnegative vectors in the span; none where they become too many.

    The leading places come first: there the rays are the basis itself. A further place splits the rays by their sign,
    and each positive with each negative one gives a vector that is zero there; those with the smallest sets of nonzero
    places are the rays.
    """
    if not basis:
        return []
    seen = [next(j for j, c in enumerate(v) if c) for v in basis]
    rays = list(basis)
    for place in (j for j in range(len(basis[0])) if j not in set(seen)):
        positive, negative = [v for v in rays if v[place] > 0], [v for v in rays if v[place] < 0]
        if len(positive) * len(negative) > MOST_RAYS**2:
            return []
        seen.append(place)
        mixed = [
            _primitive(a * -n[place] + b * p[place] for a, b in zip(p, n, strict=True)) for p in positive for n in negative
        ]
        rays = _with_smallest_support([*(v for v in rays if v[place] >= 0), *mixed], seen)
        if len(rays) > MOST_RAYS:
            return []
    return rays


def _with_smallest_support(vectors: Sequence[Integers], places: Sequence[int]) -> list[Integers]:
    """One of each set of nonzero places that holds no other such set."""
    by_support = {frozenset(j for j in places if v[j]): v for v in vectors}
    smallest: list[frozenset[int]] = []
    for support in sorted(by_support, key=len):
        if not any(other <= support for other in smallest):
            smallest.append(support)
    return [by_support[s] for s in smallest]
