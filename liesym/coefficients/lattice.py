"""Arguments of exponentials and of sine and cosine, as integer combinations of a basis.

exp(a + b) = exp(a) exp(b) and its kin hold between kernels whose arguments are linearly dependent over Q. So the
arguments that occur span a lattice; one kernel is made for each vector of a lattice basis, and every argument is an
integer combination of these. Then distinct kernels have arguments that are linearly independent over Q, which is the
hypothesis of the structure theorem for exponentials (Bronstein 2005, section 9.3).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from flint import fmpq, fmpq_mat, fmpz_mat

Vector = Mapping[Hashable, Fraction]


class NeedsRefinement(Exception):
    """An argument is a fractional combination of the basis: the field must be rebuilt with this one among its seeds."""


def _matrix(vectors: Sequence[Vector], keys: Sequence[Hashable]) -> tuple[fmpz_mat, int]:
    """Rows as integers over one common denominator."""
    scale = lcm(1, *(c.denominator for v in vectors for c in v.values()))
    rows = [[int(v.get(k, Fraction(0)) * scale) for k in keys] for v in vectors]
    return fmpz_mat(rows), scale


def lattice_basis(vectors: Sequence[Vector]) -> list[dict[Hashable, Fraction]]:
    """A reduced basis (LLL of the Hermite form) of the Z-lattice that the vectors span.

    If the given vectors already contain a basis in which all others are integral, that one is kept, so that the
    kernels look like what was written.
    """
    keys = sorted({k for v in vectors for k in v}, key=str)
    if not keys:
        return []
    own = _basis_among(vectors, keys)
    if own is not None:
        return own
    matrix, scale = _matrix(vectors, keys)
    hermite = matrix.hnf()
    rank = matrix.rank()
    reduced = fmpz_mat([[hermite[i, j] for j in range(len(keys))] for i in range(rank)]).lll()
    return [
        {k: Fraction(int(reduced[i, j]), scale) for j, k in enumerate(keys) if reduced[i, j] != 0} for i in range(rank)
    ]


def _basis_among(vectors: Sequence[Vector], keys: Sequence[Hashable]) -> list[dict[Hashable, Fraction]] | None:
    chosen: list[dict[Hashable, Fraction]] = []
    by_size = sorted(vectors, key=lambda v: (len(v), sum(abs(c) for c in v.values()), str(sorted(map(str, v)))))
    for vector in by_size:
        if coordinates(chosen, vector) is None:
            chosen.append({k: c for k, c in vector.items() if c})
    for vector in vectors:
        coords = coordinates(chosen, vector)
        if coords is None or any(c.denominator != 1 for c in coords):
            return None
    return chosen


def coordinates(basis: Sequence[Vector], vector: Vector) -> list[Fraction] | None:
    """Rational coordinates of the vector in the basis, or None if it is independent of it."""
    vector = {k: c for k, c in vector.items() if c}
    if not basis:
        return [] if not vector else None
    known = {k for b in basis for k in b}
    if any(k not in known for k in vector):
        return None
    keys = sorted(known, key=str)
    rows = [
        [fmpq(b.get(k, Fraction(0)).numerator, b.get(k, Fraction(0)).denominator) for b in basis]
        + [fmpq(vector.get(k, Fraction(0)).numerator, vector.get(k, Fraction(0)).denominator)]
        for k in keys
    ]
    reduced, rank = fmpq_mat(rows).rref()
    n = len(basis)
    solution = [Fraction(0)] * n
    for i in range(rank):
        pivot = next(j for j in range(n + 1) if reduced[i, j] != 0)
        if pivot == n:
            return None
        solution[pivot] = Fraction(int(reduced[i, n].p), int(reduced[i, n].q))
    return solution


def content(vector: Vector) -> Fraction:
    """The positive rational c with vector / c primitive and integral."""
    numerator, denominator = 0, 1
    for c in vector.values():
        numerator = gcd(numerator, c.numerator)
        denominator = lcm(denominator, c.denominator)
    return Fraction(numerator, denominator)
