"""Short elements of a semisimple Lie algebra over Q: where its nilpotent elements are looked for.

The lattice spanned by a basis is reduced for the metric in which the structure constants are smallest. An
element whose ad has a characteristic polynomial with integer coefficients below 1 is nilpotent, so the
shortest ones of a split algebra are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from flint import fmpq_mat, fmpz_mat
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.core import StructureConstants
from liesym.algebra.orders import Order, large_order
from liesym.base.budget import Budget

STEPS = 400
SCALE = 10**12
ROUNDS = 3
LARGEST = 15


def smallest_metric(constants: np.ndarray) -> np.ndarray:
    """A matrix g for which g·c has the least norm among all of determinant 1; the metric is gᵀ g.

        d|e^A c|²/2 = tr(A G),   G_ab = Σ c_ij^a c_ij^b - 2 Σ c_aj^k c_bj^k

    The norm is convex along e^{sA}, so descent along the trace-free part of -G ends in the minimum.

    Arguments:
        constants: c_ij^k at [i, j, k].
    Returns:
        g, which acts on columns of coordinates.
    Source: Lauret 2003; Kempf and Ness 1979.
    """
    n, c = len(constants), constants.astype(float)
    g, step = np.eye(n), 0.2
    norm = np.sum(c * c)
    for _ in range(STEPS):
        slope = np.einsum("ija,ijb->ab", c, c) - 2.0 * np.einsum("ajk,bjk->ab", c, c)
        slope -= np.trace(slope) / n * np.eye(n)
        if np.abs(slope).max() < 1e-3 * norm / n:
            break
        values, vectors = np.linalg.eigh(-step * slope / norm)
        move, back = ((vectors * np.exp(s * values)) @ vectors.T for s in (1.0, -1.0))
        moved = np.einsum("ia,jb,ijk,ck->abc", back, back, c, move, optimize=True)
        least = np.sum(moved * moved)
        if least >= norm:
            step /= 2
            continue
        c, norm, g, step = moved, least, move @ g, min(1.3 * step, 2.0)
    return g


def reduced_rows(algebra: StructureConstants, budget: Budget) -> DomainMatrix:
    """Short rows that span a large order of the algebra; the given basis if the constants are not rational, or many."""
    n, domain = algebra.dimension, algebra.domain
    if not domain.is_QQ or n > LARGEST:
        return linear.whole_space(n, domain)
    order = _shortened(large_order(algebra, budget), algebra)
    for _ in range(ROUNDS):
        order = _reduced(order)
    return linear.matrix([[QQ(int(e.p), int(e.q)) for e in row] for row in order.rows.tolist()], n, domain)


def _shortened(order: Order, algebra: StructureConstants) -> Order:
    """The same lattice by rows that are short in the given coordinates, whose constants are no longer than digits allow."""
    n = algebra.dimension
    constants = np.zeros((n, n, n))
    for i, j, k, c in algebra.constants:
        constants[i, j, k], constants[j, i, k] = float(c), -float(c)
    return _by_metric(order, order.rows.numer_denom()[0] * _rounded(smallest_metric(constants).T))


def _reduced(order: Order) -> Order:
    """The same lattice by a shorter basis; digits are lost in a long one, so one round is not enough."""
    constants = np.array([[[float(e) for e in row] for row in table.tolist()] for table in order.tables])
    return _by_metric(order, _rounded(smallest_metric(constants).T))


def _by_metric(order: Order, rows: fmpz_mat) -> Order:
    return order.changed(fmpq_mat(rows.lll(transform=True)[1]))


def _rounded(rows: np.ndarray) -> fmpz_mat:
    return fmpz_mat([[round(SCALE * e / np.abs(rows).max()) for e in row] for row in rows.tolist()])


def short_elements(algebra: StructureConstants, budget: Budget, most: int = 600) -> Iterator[list]:
    """Sums of few reduced rows with small coefficients, as coordinates; the same up to sign once."""
    rows = reduced_rows(algebra, budget).to_list()
    width = len(rows)
    few = (_combinations(width, size, (1, -1)) for size in (1, 2, 3, 4))
    candidates = itertools.chain(*few, _combinations(width, 2, (2, 1, -1, -2)))
    for coefficients in itertools.islice(candidates, most):
        zero = algebra.domain.zero
        yield [sum((f * rows[i][k] for i, f in coefficients), start=zero) for k in range(width)]


def _combinations(width: int, size: int, values: tuple[int, ...]) -> Iterator[list[tuple[int, int]]]:
    for places in itertools.combinations(range(width), size):
        for signs in itertools.product(values, repeat=size):
            if signs[0] > 0:
                yield list(zip(places, signs, strict=True))
