"""What can be said of a Lie algebra that has no name here: its invariants, in words."""

from __future__ import annotations

from sympy.polys.matrices import DomainMatrix

from liesym.algebra import structure
from liesym.algebra.core import StructureConstants, pay
from liesym.algebra.identify import named
from liesym.algebra.signs import Signs, inertia
from liesym.base.budget import Budget


def describe(algebra: StructureConstants, budget: Budget) -> str:
    """Dimension, Levi factor, radical and nilradical with their names where they have one, derived series, centre.

    Raises:
        OutOfBudget: the seconds or the counted work are over.
    """
    pay(algebra, budget)
    words = [f"dimension {algebra.dimension}"]
    if structure.is_nilpotent(algebra):
        words.append(f"nilpotent, lower central series {_series(structure.lower_central_series(algebra))}")
    elif structure.is_semisimple(algebra):
        words.append("semisimple" + ("" if algebra.modulus else f", Killing form {_signature(algebra)}"))
    elif structure.is_solvable(algebra):
        words.append("solvable")
    else:
        words.append(f"Levi factor {_part(algebra, structure.levi(algebra), budget)}")
        words.append(f"radical {_part(algebra, structure.radical(algebra), budget)}")
    if not structure.is_nilpotent(algebra):
        if not structure.is_semisimple(algebra):
            words.append(f"nilradical {_part(algebra, structure.nilradical(algebra), budget)}")
        words.append(f"derived series {_series(structure.derived_series(algebra))}")
    words.append(f"centre of dimension {structure.center(algebra).shape[0]}")
    return "; ".join(words)


def _series(spaces: tuple[DomainMatrix, ...]) -> str:
    return " > ".join(str(s.shape[0]) for s in spaces)


def _signature(algebra: StructureConstants) -> str:
    positive, negative, _ = inertia(structure.killing(algebra), Signs())
    return f"+{positive} -{negative}"


def _part(algebra: StructureConstants, rows: DomainMatrix, budget: Budget) -> str:
    """The name of a subalgebra, or its dimension."""
    if rows.shape[0] == 0:
        return "0"
    inner = structure.restricted(algebra, rows)
    return named(inner, budget).name or f"of dimension {inner.dimension}, not named"
