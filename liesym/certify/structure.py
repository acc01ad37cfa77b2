"""Structure constants from truncated solutions, before any generator is known in closed form (Reid 1991)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liesym.certify.expansion import Expansion
from liesym.coefficients.modular import echelon, rank

Field_ = dict[tuple[int, tuple[int, ...]], int]


@dataclass(frozen=True, slots=True)
class StructureModPrime:
    """An algebra by its structure constants modulo a prime, and what they say for generic parameters.

    Arguments:
        constants: (i, j, k, c) with [X_i, X_j] = Σ_k c X_k, i < j.
        derived, lower: dimensions of the derived and lower central series.
        centre: dimension of the centre.
        killing_rank: rank of the Killing form; equal to the dimension exactly if the algebra is semisimple.
    """

    dimension: int
    prime: int
    constants: tuple[tuple[int, int, int, int], ...]
    derived: tuple[int, ...]
    lower: tuple[int, ...]
    centre: int
    killing_rank: int

    @property
    def solvable(self) -> bool:
        return self.derived[-1] == 0

    @property
    def nilpotent(self) -> bool:
        return self.lower[-1] == 0

    @property
    def semisimple(self) -> bool:
        return self.dimension > 0 and self.killing_rank == self.dimension


def truncated_solutions(expansion: Expansion, jet_degree: int) -> tuple[list[Field_], list[int]]:
    """A basis of the projections on degree at most jet_degree + 1, and the columns that are free in it."""
    pivots = set(expansion.reduced.pivots)
    degrees = [sum(e) for _, e in expansion.columns]
    free = [j for j, d in enumerate(degrees) if d <= jet_degree and j not in pivots]
    basis: list[Field_] = []
    for f in free:
        vector: Field_ = {expansion.columns[f]: 1}
        for lead, row in zip(expansion.reduced.pivots, expansion.reduced.rows, strict=True):
            if f in row and degrees[lead] <= jet_degree + 1:
                vector[expansion.columns[lead]] = -row[f] % expansion.prime
        basis.append(vector)
    return basis, free


def structure_modulo(expansion: Expansion, jet_degree: int) -> StructureModPrime:
    """Brackets of the truncated solutions, read off at the free coefficients of degree at most jet_degree."""
    basis, free = truncated_solutions(expansion, jet_degree)
    p, r = expansion.prime, len(basis)
    entries: list[tuple[int, int, int, int]] = []
    for i in range(r):
        for j in range(i + 1, r):
            bracket = _bracket(basis[i], basis[j], jet_degree, p)
            for k, f in enumerate(free):
                c = bracket.get(expansion.columns[f], 0)
                if c:
                    entries.append((i, j, k, c))
    return _invariants(r, p, tuple(entries))


def _bracket(x: Field_, y: Field_, degree: int, p: int) -> Field_:
    """X(Y^b) - Y(X^b) truncated at `degree`; components are numbered like the variables."""
    result: Field_ = {}
    for sign, one, two in ((1, x, y), (-1, y, x)):
        for (a, e), c in one.items():
            for (b, f), d in two.items():
                if f[a] == 0:
                    continue
                target = tuple(i + j - (k == a) for k, (i, j) in enumerate(zip(e, f, strict=True)))
                if sum(target) <= degree:
                    result[b, target] = (result.get((b, target), 0) + sign * c * d * f[a]) % p
    return result


def _invariants(r: int, p: int, entries: tuple[tuple[int, int, int, int], ...]) -> StructureModPrime:
    constants = np.zeros((r, r, r), dtype=object)
    for i, j, k, c in entries:
        constants[i, j, k] = c
        constants[j, i, k] = -c % p
    everything = [[int(a == b) for b in range(r)] for a in range(r)]
    derived = _series(everything, constants, p, lambda last: (last, last))
    lower = _series(everything, constants, p, lambda last: (everything, last))
    rows = [[int(constants[i, j, k]) for j in range(r) for k in range(r)] for i in range(r)]
    centre = r - rank(rows, r * r, p)
    killing = [
        [sum(int(constants[i, a, b]) * int(constants[j, b, a]) for a in range(r) for b in range(r)) % p for j in range(r)]
        for i in range(r)
    ]
    return StructureModPrime(r, p, entries, derived, lower, centre, rank(killing, r, p))


def _series(everything, constants, p: int, pair) -> tuple[int, ...]:
    dimensions = [len(everything)]
    last = everything
    while True:
        left, right = pair(last)
        products = []
        for u in left:
            for v in right:
                products.append(
                    [
                        sum(
                            u[i] * v[j] * int(constants[i, j, k])
                            for i in range(len(u))
                            if u[i]
                            for j in range(len(v))
                            if v[j]
                        )
                        % p
                        for k in range(len(u))
                    ]
                )
        last = _row_basis(products, p)
        dimensions.append(len(last))
        if dimensions[-1] in (0, dimensions[-2]):
            return tuple(dimensions)


def _row_basis(rows: Sequence[Sequence[int]], p: int) -> list[list[int]]:
    width = len(rows[0]) if rows else 0
    reduced = echelon([r for r in rows if any(r)], width, p)
    return [
        [int(j == pivot) or row.get(j, 0) for j in range(width)]
        for pivot, row in zip(reduced.pivots, reduced.rows, strict=True)
    ]
