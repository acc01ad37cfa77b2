"""Structure constants from the values of the solutions at one point, before any generator is known in
closed form.

A symmetry is determined by its derivatives of order at most d at the point, and those of order d + 1
follow. The bracket needs one order more than it gives, so the (d+1)-jets of a basis give the d-jets of all
brackets, and with them the structure constants modulo the prime. Dimensions that they determine hold for
generic parameters.
Source: Reid 1991; Reid, Lisle, Boulton and Wittkopf 1992.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, prod

import numpy as np

from liesym.certify.closure import Connection
from liesym.certify.residues import Residues, matmul, null_space, row_reduce
from liesym.certify.truncated import Monomials, Ring, monomials


@dataclass(frozen=True, slots=True)
class StructureModPrime:
    """An algebra by its structure constants modulo a prime, and what they say for generic parameters.

    Arguments:
        constants: (i, j, k, c) with [X_i, X_j] = Σ_k c X_k, i < j.
        derived, lower: dimensions of the derived and lower central series.
        centre: dimension of the centre.
        killing_rank: rank of the Killing form; equal to the dimension exactly if the algebra is semisimple.
        radical: dimension of the largest solvable ideal.
        closed: True if the brackets are again solutions and satisfy the Jacobi identity.
    """

    dimension: int
    prime: int
    constants: tuple[tuple[int, int, int, int], ...]
    derived: tuple[int, ...]
    lower: tuple[int, ...]
    centre: int
    killing_rank: int
    radical: int
    closed: bool

    @property
    def solvable(self) -> bool:
        return self.derived[-1] == 0

    @property
    def nilpotent(self) -> bool:
        return self.lower[-1] == 0

    @property
    def semisimple(self) -> bool:
        return self.dimension > 0 and self.killing_rank == self.dimension

    @property
    def table(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """table[i][j][k] = c with [X_i, X_j] = Σ_k c X_k, residues modulo the prime."""
        full = _table(self.dimension, self.prime, self.constants)
        return tuple(tuple(tuple(int(c) for c in row) for row in plane) for plane in full)


def structure_constants(connection: Connection, basis: Residues) -> StructureModPrime:
    """Brackets of a basis of solutions, read off from their jets.

    Arguments:
        connection: whose `jets` give every derivative of order at most d + 1 at the point.
        basis: (R, r), the values of the parametric derivatives for a basis of solutions.
    """
    p, r = connection.prime, basis.shape[1]
    basis, pivots = row_reduce(np.ascontiguousarray(basis.T), p)
    series, place = _taylor(connection, basis)
    brackets = _brackets(series, connection, p)  # (unknowns, monomials, r, r)
    values = np.stack(
        [brackets[a, place[i]] * _factor(i) % p for a, i in connection.parametric], axis=0
    ).reshape(len(connection.parametric), r * r)
    coordinates = values[pivots]
    closed = bool((matmul(np.ascontiguousarray(basis.T), coordinates, p) == values).all())
    table = np.moveaxis(coordinates.reshape(r, r, r), 0, 2)
    entries = tuple(
        (i, j, int(k), int(table[i, j, k]))
        for i in range(r)
        for j in range(i + 1, r)
        for k in np.flatnonzero(table[i, j])
    )
    return invariants(r, p, entries, closed)


def _factor(index: tuple[int, ...]) -> int:
    return prod(map(factorial, index))


def _taylor(connection: Connection, basis: Residues) -> tuple[Residues, dict[tuple[int, ...], int]]:
    """Taylor coefficients up to degree d + 1: (unknowns, monomials, solutions), and the positions of
    monomials.
    """
    p, table = connection.prime, _jet_monomials(connection)
    place = {tuple(int(n) for n in e): i for i, e in enumerate(table.exponents)}
    series = np.zeros((table.variables, table.size, len(basis)), dtype=np.int64)
    for (a, index), row in connection.jets.items():
        over = pow(_factor(index), -1, p)
        series[a, place[index]] = matmul(row[None, :], np.ascontiguousarray(basis.T), p)[0] * over % p
    return series, place


def _jet_monomials(connection: Connection) -> Monomials:
    return monomials(connection.table.variables, connection.jet_degree + 1)


def _brackets(series: Residues, connection: Connection, p: int) -> Residues:
    """[X_i, X_j]^a = Σ_b X_i^b ∂_b X_j^a - X_j^b ∂_b X_i^a for all pairs, exact up to degree d."""
    table = _jet_monomials(connection)
    r = series.shape[2]
    ring = Ring(p, table.variables, table.degree, r * r)
    slopes = [[ring.derivative(x, b) for b in range(table.variables)] for x in series]
    found = []
    for a in range(table.variables):
        total = np.zeros((table.size, r * r), dtype=np.int64)
        for b in range(table.variables):
            left = np.repeat(series[b], r, axis=1)  # X_i^b at position i r + j
            total += ring.mul(left, np.tile(slopes[a][b], (1, r)))
        one_way = (total % p).reshape(table.size, r, r)
        found.append((one_way - np.swapaxes(one_way, 1, 2)) % p)
    return np.stack(found)


def _table(r: int, p: int, entries: tuple[tuple[int, int, int, int], ...]) -> Residues:
    table = np.zeros((r, r, r), dtype=np.int64)
    for i, j, k, c in entries:
        table[i, j, k] = c % p
        table[j, i, k] = -c % p
    return table


def invariants(
    r: int, p: int, entries: tuple[tuple[int, int, int, int], ...], closed: bool = True
) -> StructureModPrime:
    """Dimensions of the characteristic ideals, from structure constants modulo a prime.

    The radical is the orthogonal space of [g, g] for the Killing form (Cartan).
    """
    table = _table(r, p, entries)
    if r == 0:
        return StructureModPrime(0, p, (), (0,), (0,), 0, 0, 0, closed)
    everything = np.eye(r, dtype=np.int64)
    adjoint = np.swapaxes(table, 1, 2)  # adjoint[i][k, j]: ad X_i as a matrix
    killing = matmul(
        np.ascontiguousarray(adjoint.reshape(r, r * r)),
        np.ascontiguousarray(np.swapaxes(adjoint, 1, 2).reshape(r, r * r).T),
        p,
    )
    derived_algebra = _products(everything, everything, table, p)
    radical = null_space(matmul(derived_algebra, killing, p), p).shape[1] if len(derived_algebra) else r
    return StructureModPrime(
        r,
        p,
        entries,
        _series(everything, lambda last: _products(last, last, table, p)),
        _series(everything, lambda last: _products(everything, last, table, p)),
        null_space(np.ascontiguousarray(table.reshape(r, r * r).T), p).shape[1],
        len(row_reduce(killing, p)[1]),
        radical,
        closed and _jacobi(adjoint, table, p),
    )


def _jacobi(adjoint: Residues, table: Residues, p: int) -> bool:
    """ad [X_i, X_j] = [ad X_i, ad X_j] for all pairs."""
    r = len(table)
    flat = np.ascontiguousarray(adjoint.reshape(r, r * r))
    of_brackets = matmul(np.ascontiguousarray(table.reshape(r * r, r)), flat, p).reshape(r, r, r, r)
    products = matmul(adjoint[:, None], adjoint[None, :], p)
    return not ((of_brackets - products + np.swapaxes(products, 0, 1)) % p).any()


def _products(left: Residues, right: Residues, table: Residues, p: int) -> Residues:
    """A basis of the span of all [u, v]."""
    r = len(table)
    half = matmul(left, np.ascontiguousarray(table.reshape(r, r * r)), p).reshape(len(left), r, r)
    products = matmul(right[None], half, p).reshape(-1, r)
    return row_reduce(products, p)[0]


def _series(start: Residues, step: Callable[[Residues], Residues]) -> tuple[int, ...]:
    """Dimensions until they are 0 or stay."""
    dimensions, last = [len(start)], start
    while True:
        last = step(last)
        dimensions.append(len(last))
        if dimensions[-1] in (0, dimensions[-2]):
            return tuple(dimensions)
