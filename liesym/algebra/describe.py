"""What can be said of a Lie algebra that has no name here: its invariants, in words."""

from __future__ import annotations

from sympy.polys.matrices import DomainMatrix

from liesym.algebra import structure
from liesym.algebra.core import LieAlgebra


def describe(algebra: LieAlgebra) -> str:
    """Dimension, Levi factor, radical and nilradical with their names where they have one, derived series, centre."""
    words = [f"dimension {algebra.dimension}"]
    if algebra.is_nilpotent:
        words.append(f"nilpotent, lower central series {_series(algebra.lower_central_series)}")
    elif algebra.is_semisimple:
        words.append("semisimple" + ("" if algebra.modulus else f", Killing form {_signature(algebra)}"))
    elif algebra.is_solvable:
        words.append("solvable")
    else:
        words.append(f"Levi factor {_part(algebra, structure.levi(algebra))}")
        words.append(f"radical {_part(algebra, structure.radical(algebra))}")
    if not algebra.is_nilpotent:
        if not algebra.is_semisimple:
            words.append(f"nilradical {_part(algebra, structure.nilradical(algebra))}")
        words.append(f"derived series {_series(algebra.derived_series)}")
    words.append(f"centre of dimension {structure.center(algebra).shape[0]}")
    return "; ".join(words)


def _series(dimensions: tuple[int, ...]) -> str:
    return " > ".join(map(str, dimensions))


def _signature(algebra: LieAlgebra) -> str:
    positive, negative, _ = algebra.killing_signature
    return f"+{positive} -{negative}"


def _part(algebra: LieAlgebra, rows: DomainMatrix) -> str:
    """The name of a subalgebra, or its dimension."""
    if rows.shape[0] == 0:
        return "0"
    inner = structure.restricted(algebra, rows)
    return inner.name or f"of dimension {inner.dimension}, not named"
