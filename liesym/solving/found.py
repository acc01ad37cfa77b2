"""What a search step found: vectors with their assumptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Expr

from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.solving.linear.relations import dependent_places
from liesym.solving.linear.vectors import constant_content


@dataclass(frozen=True)
class Found:
    """What one way of searching gave.

    Arguments:
        vectors: components (ξ, η_1, …) of each symmetry.
        complete: True if no symmetry of the form that was searched is missing.
        assumptions: parameter expressions that were divided by.
        definitions: linear equations of named functions in the vectors.
        integrals: first integrals that came to light.
        stopped: True if the end of the budget cut the search short.
    """

    vectors: tuple[tuple[Expr, ...], ...] = ()
    complete: bool = True
    assumptions: tuple[Expr, ...] = ()
    definitions: tuple[Definition, ...] = ()
    integrals: tuple[Expr, ...] = ()
    stopped: bool = False


def assumptions(pivots: Iterable[Element], field: Field) -> tuple[Expr, ...]:
    """The factors of the pivots that hold parameters only."""
    flags = dependent_places(field, field.variables)
    found: dict[str, Expr] = {}
    for pivot in pivots:
        for factor, _ in field.factored(constant_content(field.lift(pivot.num), flags, field))[1]:
            found.setdefault(str(factor), field.poly_to_expr(factor))
    return tuple(found.values())
