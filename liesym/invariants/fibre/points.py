"""Other points with the same observations: common zeros of the conditions, with the states that belong to them.

A point is only handed out after its own trajectory has shown the same observables.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from flint import nmod_poly
from sympy import Basic

from liesym.base.budget import Budget
from liesym.errors import OutOfBudget
from liesym.invariants.fibre.draw import Draw, Model, drawn
from liesym.invariants.fibre.elimination import Elimination
from liesym.invariants.fibre.groebner import Basis, groebner
from liesym.symmetries.taylor import NoPoint

HIGHEST = 24
"""Degree of a minimal polynomial at most."""
MOST_POINTS = 12
MOST_ROOTS = 8
SPARE = 10

Point = dict[Basic, int]


def other_points(work: Elimination, basis: Basis, budget: Budget) -> Iterator[Point]:
    """Parameters and states, some of them unlike those of the draw, with the same observables, each verified."""
    model, draw = work.jets.model, work.jets.draw
    here = [draw.values[p] for p in model.parameters]
    for values in itertools.islice(_common_zeros(basis, here, budget), MOST_POINTS):
        for point in itertools.islice(_with_states(work, values), MOST_ROOTS):
            if any(draw.values[s] != v for s, v in point.items()) and _same_observations(model, draw, point, budget):
                yield point


def _common_zeros(basis: Basis, here: Sequence[int], budget: Budget) -> Iterator[list[int]]:
    """Zeros with as many entries as possible unlike `here`, by each variable first; last `here` itself."""
    for first in range(basis.width):
        if basis.value(first) is None:
            yield from _descended(basis, here, [first, *(i for i in range(basis.width) if i != first)], [], budget)
    yield list(here)


def _descended(
    basis: Basis, here: Sequence[int], order: Sequence[int], chosen: Sequence[tuple[int, int]], budget: Budget
) -> Iterator[list[int]]:
    """One variable after the other gets a root of its minimal polynomial, and stays as it is where it has none."""
    if len(chosen) == basis.width:
        values = dict(chosen)
        yield [values[i] for i in range(basis.width)]
        return
    i = order[len(chosen)]
    value = basis.value(i)
    roots = [value] if value is not None else _roots(basis, i, here[i], budget)
    for root in roots:
        if not chosen and root == here[i]:
            continue  # this variable is to differ
        smaller = basis
        if value is None:
            try:
                unit = tuple(int(j == i) for j in range(basis.width))
                line = {unit: 1, (0,) * basis.width: -root % basis.prime} if root else {unit: 1}
                smaller = groebner([line], basis.width, basis.prime, budget, start=basis)
            except OutOfBudget:
                continue
        if not smaller.is_empty_set:
            yield from _descended(smaller, here, order, [*chosen, (i, root)], budget)


def _roots(basis: Basis, i: int, here: int, budget: Budget) -> list[int]:
    """Roots of the minimal polynomial of a variable, those that differ first."""
    minimal = basis.minimal_polynomial(i, HIGHEST, budget)
    if minimal is None:
        return [here]
    return sorted((int(r) for r, _ in nmod_poly(minimal, basis.prime).roots()), key=lambda r: r == here)


def _with_states(work: Elimination, parameters: Sequence[int]) -> Iterator[Point]:
    """The states that belong to parameters, each choice of roots of those that are known up to finitely many values."""
    jets = work.jets
    prime, model = jets.draw.prime, jets.model
    places = list(reversed(work.algebraic))

    def chosen(point: list[int], depth: int) -> Iterator[list[int]]:
        if depth == len(places):
            yield point
            return
        i = places[depth]
        coefficients = [int(c(*point)) for c in jets.powers(work.algebraic[i], i)]
        roots = [int(r) for r, _ in nmod_poly(coefficients, prime).roots()] if any(coefficients) else [point[i]]
        for root in sorted(roots, key=lambda r: r != jets.point[i]):
            yield from chosen([*point[:i], root, *point[i + 1 :]], depth + 1)

    start = list(jets.point)
    for p, value in zip(model.parameters, parameters, strict=True):
        start[jets.place[p]] = value
    for point in chosen(start, 0):
        whole = list(point)
        for i, (top, bottom) in reversed(work.solved):
            below = int(bottom(*whole))
            if not below:
                break
            whole[i] = int(top(*whole)) * pow(below, -1, prime) % prime
        else:
            yield {s: whole[jets.place[s]] for s in (*model.parameters, *model.states)}


def _same_observations(model: Model, draw: Draw, point: Point, budget: Budget) -> bool:
    """True if the trajectory of the point shows what that of the draw does, further than the count of unknowns."""
    budget.check("trajectory of another point")
    if any(point[x] != draw.values[x] for x in model.known):
        return False
    length = min(len(draw.seen[0]), 2 * len(point) + SPARE)
    fixed = {s: [v] for s, v in {**draw.values, **point}.items()}
    given = {**fixed, **{u: list(c) for u, c in draw.inputs.items()}}
    try:
        other = drawn(model, draw.prime, draw.seed, length, given)
    except NoPoint:
        return False
    return all(a[:length] == b for a, b in zip(draw.seen, other.seen, strict=True))
