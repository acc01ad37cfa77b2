"""Counting the parallel sections of a connection by their Taylor coefficients at one point.

Every solution of ∂_i w = A_i w, C w = 0 is W(z) w(0), where W solves the radial equation Σ z_i ∂_i W = Σ
z_i A_i W with W(0) = 1. So the Taylor coefficients of (∂_i - A_i) W and C W are linear conditions on w(0).
Let r_g be the dimension of the space that those of degree at most g leave: an upper bound for every g. They
say at the point what C, the curvature F and their covariant derivatives of order up to g (g - 1 for F) say.
If r_g = r_(g+1) at a generic point, then the kernel is a bundle that ∇ preserves and on which F vanishes,
so it has r_g parallel sections: equality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from liesym.certify.closure import Connection
from liesym.certify.residues import Residues, draw, matmul, null_space, row_reduce


@dataclass(frozen=True, eq=False)
class Sections:
    """The count of parallel sections.

    Arguments:
        counts: r_0, r_1, … as far as they were computed.
        stable: True if the last two agree or the last is 0: then it is the dimension.
        basis: (R, r), the values w(0) that are left.
    """

    counts: tuple[int, ...]
    stable: bool
    basis: Residues


def parallel_sections(connection: Connection, seed: int, watch: Callable[[], None]) -> Sections:
    """Degree by degree, until two counts agree, none is left, or the series end."""
    walk = _Walk(connection)
    counts: list[int] = []
    for d in range(connection.degree + 1):
        watch()
        rows = walk.conditions(d)
        walk.restrict(_kernel(rows, connection.prime, seed + d))
        counts.append(walk.basis.shape[1])
        if counts[-1] == 0 or (d and counts[-1] == counts[-2]):
            return Sections(tuple(counts), True, walk.basis)
    return Sections(tuple(counts), False, walk.basis)


class _Walk:
    """W B, A_i W B and C W B by degree, for the basis B of the values w(0) that are still allowed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        size, variables, width, _ = connection.transport.shape
        self.maps = np.concatenate(
            [connection.transport.reshape(size, variables * width, width), connection.constraints], axis=1
        )
        self.active = [int(k) for k in np.flatnonzero(self.maps.any(axis=(1, 2)))]
        self.basis = np.eye(width, dtype=np.int64)
        self.sections = np.zeros(
            (connection.table.below(connection.degree + 1), width, width), dtype=np.int64
        )
        self.sections[0] = self.basis
        self.moved = np.zeros((size, self.maps.shape[1], width), dtype=np.int64)

    def conditions(self, d: int) -> Residues:
        """Rows on w(0) from degree d; extends W to degree d + 1."""
        c = self.connection
        p, table, width = c.prime, c.table, self.sections.shape[1]
        begin, end = table.first[d], table.first[d + 1]
        block = self.sections[begin:end]
        for k in self.active:
            if int(table.exponents[k].sum()) + d > c.degree:
                break
            self.moved[table.product[k][begin:end]] += matmul(self.maps[k], block, p)
        self.moved[begin:end] %= p
        split = table.variables * width
        moved = self.moved[begin:end, :split].reshape(end - begin, table.variables, width, -1)
        over = pow(d + 1, -1, p)
        for i in range(table.variables):
            places = table.raised[begin:end, i]
            self.sections[places] = (self.sections[places] + moved[:, i] * over) % p
        curls = []
        for i in range(table.variables):
            slopes = (table.exponents[begin:end, i] + 1)[:, None, None] * self.sections[
                table.raised[begin:end, i]
            ]
            curls.append((slopes - moved[:, i]).reshape(-1, moved.shape[3]))
        return np.vstack([self.moved[begin:end, split:].reshape(-1, moved.shape[3]), *curls]) % p

    def restrict(self, kernel: Residues | None) -> None:
        """Replace B by B kernel."""
        if kernel is not None:
            p = self.connection.prime
            self.basis = matmul(self.basis, kernel, p)
            self.sections = matmul(self.sections, kernel, p)
            self.moved = matmul(self.moved % p, kernel, p)


def _kernel(rows: Residues, prime: int, seed: int) -> Residues | None:
    """The null space, None if it is everything. Random combinations stand for many rows; they never say too
    much.
    """
    rows = rows[rows.any(axis=1)]
    if not len(rows):
        return None
    wanted = rows.shape[1] + 8
    if len(rows) > 2 * wanted:
        mixing = draw(prime, seed, np.arange(wanted)[:, None], np.arange(len(rows))[None, :])
        rows = matmul(mixing, rows, prime)
    return null_space(row_reduce(rows, prime)[0], prime)
