"""Linear independence of vector fields over the constants, decided by their Taylor coefficients modulo a prime.

A symbolic test can take two forms of one function for different ones, or miss that a Wronskian of named functions is
constant. Power series do not: the values of all kernels at one point are drawn once, and their series follow from their
derivatives, so dependent fields have dependent series.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from liesym.certify.expansion import Draw, NoPoint, prime_for
from liesym.certify.series import Residues, SlotSeries, closure
from liesym.coefficients.field import Field
from liesym.coefficients.modular import independent_rows
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
        return independent_rows(rows, len(rows[0]) if rows else 0, prime)
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
