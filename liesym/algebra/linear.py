"""Subspaces of K^n as reduced row echelon matrices; K holds the rationals, parameters, or residues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Domain
from sympy.polys.matrices import DomainMatrix


def matrix(rows: Sequence[Sequence], width: int, domain: Domain) -> DomainMatrix:
    """Rows of domain elements as a matrix; no rows give a 0 x width matrix."""
    return DomainMatrix([list(r) for r in rows], (len(rows), width), domain)


def zero_space(width: int, domain: Domain) -> DomainMatrix:
    """The subspace 0, as a basis of no rows."""
    return DomainMatrix.zeros((0, width), domain)


def whole_space(width: int, domain: Domain) -> DomainMatrix:
    """The whole space, by its standard basis as rows."""
    return DomainMatrix.eye(width, domain).to_dense()


def pivots(space: DomainMatrix) -> tuple[int, ...]:
    """Pivot columns of a matrix in reduced row echelon form."""
    found = []
    for row in space.to_list():
        found.append(next(j for j, e in enumerate(row) if e))
    return tuple(found)


def span(rows: DomainMatrix) -> DomainMatrix:
    """Reduced row echelon basis of the row space."""
    if rows.shape[0] == 0:
        return rows.to_dense()
    form: Any = rows.to_field()
    reduced, places = form.rref()
    return reduced.to_dense()[: len(places), :]


def join(a: DomainMatrix, b: DomainMatrix) -> DomainMatrix:
    """a + b."""
    if a.shape[0] == 0:
        return b
    if b.shape[0] == 0:
        return a
    return span(a.to_dense().vstack(b.to_dense()))


def kernel(m: DomainMatrix) -> DomainMatrix:
    """Reduced basis of {v : m v = 0}, as rows."""
    if m.shape[0] == 0:
        return whole_space(m.shape[1], m.domain)
    form: Any = m.to_field()
    reduced, places = form.to_dense().rref()  # the fractions stay small; SymPy's nullspace clears denominators first
    width, one, zero = m.shape[1], m.domain.one, m.domain.zero
    lines, rows = reduced.to_list(), []
    for free in (j for j in range(width) if j not in places):
        row = [one if j == free else zero for j in range(width)]
        for line, place in zip(lines, places, strict=False):
            row[place] = -line[free]
        rows.append(row)
    return span(matrix(rows, width, form.domain)) if rows else zero_space(width, form.domain)


def fitting_null(m: DomainMatrix) -> DomainMatrix:
    """{v : m^k v = 0 for some k}."""
    power, null = m, kernel(m)
    while True:
        power = (power * m).to_dense()
        larger = kernel(power)
        if larger.shape[0] == null.shape[0]:
            return null
        null = larger


def meet(a: DomainMatrix, b: DomainMatrix) -> DomainMatrix:
    """The intersection of two subspaces."""
    if a.shape[0] == 0 or b.shape[0] == 0:
        return zero_space(a.shape[1], a.domain)
    combined = kernel(a.vstack(-b).transpose())
    if combined.shape[0] == 0:
        return zero_space(a.shape[1], a.domain)
    return span(combined[:, : a.shape[0]] * a)


def reduce_row(vector: Sequence, space: DomainMatrix, places: Sequence[int]) -> list:
    """The vector minus its projection along the pivots: zero exactly if it lies in the space."""
    result = list(vector)
    for row, place in zip(space.to_list(), places, strict=True):
        factor = result[place]
        if factor:
            result = [x - factor * y for x, y in zip(result, row, strict=True)]
    return result


def contains(space: DomainMatrix, other: DomainMatrix) -> bool:
    """True if every row of `other` lies in the space."""
    return join(space, other).shape[0] == space.shape[0]


def coordinates(vectors: DomainMatrix, space: DomainMatrix) -> DomainMatrix:
    """Coordinates of rows that lie in a reduced row echelon space: their entries at its pivots."""
    places = pivots(space)
    return DomainMatrix(
        [[row[p] for p in places] for row in vectors.to_list()], (vectors.shape[0], len(places)), space.domain
    )


def complement(space: DomainMatrix, inside: DomainMatrix | None = None) -> DomainMatrix:
    """Rows that complete the space to `inside` (default: to everything)."""
    width, domain = space.shape[1], space.domain
    candidates = whole_space(width, domain) if inside is None else inside
    current, chosen = space, []
    for row in candidates.to_list():
        one = matrix([row], width, domain)
        larger = join(current, span(one))
        if larger.shape[0] > current.shape[0]:
            current = larger
            chosen.append(row)
    return matrix(chosen, width, domain)


def solve(a: DomainMatrix, b: Sequence) -> list | None:
    """Some x with a x = b, or None."""
    domain, (rows, width) = a.domain, a.shape
    if rows == 0:
        return [domain.zero] * width
    augmented = a.to_dense().hstack(matrix([[e] for e in b], 1, domain))
    form: Any = augmented.to_field()
    reduced, places = form.rref()
    if width in places:
        return None
    lines = reduced.to_list()
    result = [domain.zero] * width
    for i, place in enumerate(places):
        result[place] = lines[i][width]
    return result
