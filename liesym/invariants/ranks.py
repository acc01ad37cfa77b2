"""How many functions, or vector fields, are independent at a generic point."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.images import ModularPoint
from liesym.coefficients.modular import rank

ATTEMPTS = 4


def generic_rank(rows: Sequence[Sequence[Expr]], coordinates: Sequence[Symbol]) -> int:
    """The rank at a random point modulo a prime, parameters drawn too: at most the generic rank, and below it by bad luck.

    Raises:
        ArithmeticError: every point that was tried is a pole, or no root of the field has an image.
    """
    if not rows:
        return 0
    field = Field.build([e for row in rows for e in row], tuple(coordinates))
    elements = [[field(e) for e in row] for row in rows]
    slots = {i for row in elements for e in row for i in field.slots_of(e)}
    for seed in range(1, ATTEMPTS + 1):
        point = ModularPoint(field, slots, seed)
        try:
            return rank([[point.element(e) for e in row] for row in elements], len(coordinates), point.prime)
        except ZeroDivisionError:
            continue
    raise ArithmeticError("no regular point was found for the rank of a Jacobian")
