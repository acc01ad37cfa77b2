"""Equations without a derivative, solved for the names that they give a value to: x' = z, 0 = x + y - z.

A system of differential and algebraic equations of index 1 becomes one of differential equations where the algebraic ones
are linear in the names that have no derivative, and can be solved for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sympy import Expr, Integer, Matrix, Symbol, cancel, expand

from liesym.text.grammar import Tree, error_at
from liesym.text.writer import write

MOST = 12
"""Algebraic equations that are solved together."""
MOST_DEFINITIONS = 3
"""Names for which an algebraic equation is shown solved."""


def solved_algebraic(
    residuals: Sequence[Expr], trees: Sequence[Tree], known: Collection[Symbol], source: str
) -> dict[Symbol, Expr]:
    """The names that the equations give a value to, with their values.

    Arguments:
        residuals, trees: the equations, each zero.
        known: time, the unknowns, their derivatives and declared parameters: they are given.
        source: the text, for the caret of an error.

    Raises:
        ParseError: as many names as equations cannot be told, or they are not solved for them.
    """
    free = {s for e in residuals for s in e.free_symbols if isinstance(s, Symbol)}
    wanted = sorted(free - set(known), key=str)
    names = ", ".join(s.name for s in wanted)
    if len(wanted) < len(residuals):
        held = "of the unknowns alone" if not wanted else f"more than there are names without a derivative ({names})"
        raise error_at(
            f"this equation has no derivative and is a condition {held}: the index is above 1, or there is a contradiction",
            trees[0], source, ("a derivative such as y' or y''", "equations in as many unknowns as move freely"),
        )  # fmt: skip
    if len(wanted) > len(residuals):
        raise error_at(
            f"this equation has no derivative, and which of {names} it gives a value to is open", trees[0], source,
            tuple(definitions(residuals[0], wanted)),
        )  # fmt: skip
    zero = dict.fromkeys(wanted, Integer(0))
    slopes = [[e.diff(s) for s in wanted] for e in residuals]
    if len(residuals) > MOST or any(entry.free_symbols & set(wanted) for row in slopes for entry in row):
        raise error_at(
            f"{names} would be the root of an equation that is not linear, and there may be several", trees[0], source,
            (f"the root that is meant as a definition, {write(wanted[0])} = …",),
        )  # fmt: skip
    matrix = Matrix(slopes)
    if cancel(matrix.det()) == 0:
        raise error_at(
            f"{names} is not determined by the equations without a derivative: the system has an index above 1",
            trees[0], source, ("algebraic equations that can be solved for the names without a derivative",),
        )  # fmt: skip
    values = matrix.LUsolve(-Matrix([e.xreplace(zero) for e in residuals]))
    return {s: cancel(v) for s, v in zip(wanted, values, strict=True)}


def definitions(residual: Expr, names: Sequence[Any]) -> list[str]:
    """The equation solved for each of the names that stands linearly in it, as texts."""
    found = []
    for name in names:
        factor = residual.diff(name)
        if factor != 0 and not factor.has(name):
            rest = expand(residual - factor * name)
            found.append(f"the definition {write(name)} = {write(-rest / factor)}, if {write(name)} is no parameter")
    return found[:MOST_DEFINITIONS]
