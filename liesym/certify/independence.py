"""Linear independence of vector fields over the constants, decided by their Taylor coefficients modulo a prime.

A symbolic test can take two forms of one function for different ones, or miss that a Wronskian of named functions is
constant. Power series do not: the values of all kernels at one point are drawn once, and their series follow from their
derivatives, so dependent fields have dependent series.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import nmod_mat
from sympy import Symbol

from liesym.certify.expansion import Draw, NoPoint, prime_for
from liesym.certify.series import Residues, SlotSeries, closure
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element

DEGREE = 4


def independent_positions(
    vectors: Sequence[Sequence[Element]], variables: Sequence[Symbol], field: Field, *, seed: int = 3, degree: int = DEGREE
) -> list[int]:
    """Positions of a maximal independent subset, the first ones preferred.

    Arguments:
        degree: of the Taylor coefficients that are compared, at least DEGREE; symmetries of an equation of order n are
            told apart by those of degree n - 1.

    Independence modulo a prime implies independence; the converse fails only for an unlucky draw, and then a vector is
    left out, never counted twice.

    Raises:
        NoPoint: no regular point was found.
    """
    for attempt in range(6):
        prime = prime_for(field, seed + attempt)
        try:
            rows = _rows(vectors, variables, field, (prime, seed + attempt), max(degree, DEGREE))
        except (NoPoint, ZeroDivisionError):
            continue
        return _independent_rows(rows, prime)
    raise NoPoint


def _rows(
    vectors: Sequence[Sequence[Element]], variables: Sequence[Symbol], field: Field, draw: tuple[int, int], degree: int
) -> list[list[int]]:
    prime, seed = draw
    slots = {i for v in vectors for c in v for i in field.slots_of(c)}
    needed = closure(field, slots, variables, degree)
    values = Draw(field, prime, seed).values(needed)
    series = SlotSeries(field, variables, values, needed, degree, Residues(prime))
    return [[int(c) for component in v for c in series.element(component, degree)] for v in vectors]


def _independent_rows(rows: Sequence[Sequence[int]], prime: int) -> list[int]:
    """Pivot columns of the transposed matrix."""
    if not rows:
        return []
    width, height = len(rows), len(rows[0])
    matrix = nmod_mat(height, width, [rows[j][i] for i in range(height) for j in range(width)], prime)
    reduced, rank = matrix.rref()
    positions, start = [], 0
    for i in range(rank):
        start = next(k for k in range(start, width) if int(reduced[i, k]))
        positions.append(start)
        start += 1
    return positions
