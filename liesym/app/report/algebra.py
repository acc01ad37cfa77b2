"""The facts about the Lie algebra of a result that are shown, each worked out under a limit of time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from liesym.algebra.rational import rationalized
from liesym.app.shares import FACT
from liesym.base.doors import errors_of_ours
from liesym.errors import OutOfBudget, Unsupported
from liesym.symmetries.results import Result
from liesym.text import write

Limit = Callable[[float], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class AlgebraFacts:
    """Commutators, properties and name; a property that was not found in time is None.

    Arguments:
        dimension: number of generators.
        commutators: (i, j, ((k, c), …)) with [X_i, X_j] = Σ c X_k != 0 and i < j, counted from 0.
        solvable, nilpotent, semisimple: yes or no.
        derived_series, lower_central_series: dimensions.
        name: the isomorphism class, None also where it is not in the tables.
        description: the name, or else the invariants in words.
    """

    dimension: int
    commutators: tuple[tuple[int, int, tuple[tuple[int, Expr], ...]], ...]
    solvable: bool | None
    nilpotent: bool | None
    semisimple: bool | None
    derived_series: tuple[int, ...] | None
    lower_central_series: tuple[int, ...] | None
    name: str | None
    description: str | None = None

    @property
    def abelian(self) -> bool:
        return not self.commutators

    def to_json(self) -> dict[str, Any]:
        """The `algebra` record of `analyze --json`."""
        rows = [[i, j, {str(k): write(c) for k, c in row}] for i, j, row in self.commutators]
        return {
            "commutators": rows,
            "solvable": self.solvable,
            "nilpotent": self.nilpotent,
            "semisimple": self.semisimple,
            "name": self.name,
            "description": self.description,
        }


def algebra_facts(result: Result, limit: Limit = lambda part: nullcontext()) -> AlgebraFacts | None:
    """What can be said in time of the algebra of the generators; None if they do not close or time was short.

    Arguments:
        result: of `find_symmetries`.
        limit: a context that raises OutOfBudget after a part of the time that is left.
    """

    def within(fact: Callable[[], Any]) -> Any:
        try:
            with limit(FACT), errors_of_ours("the description of the algebra"):
                return fact()
        except (OutOfBudget, Unsupported):
            return None

    algebra = within(lambda: result.algebra)
    if algebra is None:
        return None
    rational = within(lambda: rationalized(algebra))
    plain = algebra if rational is None else rational[0]  # the same algebra in parameters without roots
    return AlgebraFacts(
        algebra.dimension,
        tuple((i, j, tuple(row.items())) for i, j, row in algebra.commutators),
        within(lambda: plain.is_solvable),
        within(lambda: plain.is_nilpotent),
        within(lambda: plain.is_semisimple),
        within(lambda: plain.derived_series),
        within(lambda: plain.lower_central_series),
        within(lambda: algebra.name),
        within(lambda: algebra.description),
    )
