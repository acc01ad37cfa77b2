"""Integrals in standardized variables, x = μ + σ z: see `liesym.base.scales`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import S, Symbol

from liesym.base.jets import as_expression
from liesym.base.names import in_symbols
from liesym.base.scales import Numbers, moved, read_scales
from liesym.model.reading import read_in_system
from liesym.model.system import ODESystem


def standardized(expressions: Any, states: Sequence[Symbol], mean: Numbers, std: Numbers, *, t: Symbol | None = None) -> Any:
    """I(t, μ + σ z) with z named as x: an integral for states that are standardized.

    Arguments:
        expressions: one or several, in the states, matched by name; SymPy's or text.
        states: x_1 … x_m, velocities among them where they are.
        mean, std: μ and σ of each state, or one for all; decimals are taken as they are written.
        t: the symbol of time, where that is scaled too, by its name in mean and std.

    Returns:
        The same integral in the new variables; a list for a list.

    Raises:
        DataError: numbers that are not one for each state, a name that is no state, or a deviation that is not positive.
        ParseError: text that is not in the grammar.
    """
    if isinstance(expressions, list | tuple):
        return [standardized(e, states, mean, std, t=t) for e in expressions]
    if isinstance(expressions, str):
        unknowns = tuple(s for s in states if "'" not in s.name)
        named = ODESystem(t or Symbol("t", real=True), unknowns, (1,) * len(unknowns), (S.Zero,) * len(unknowns))
        expressions = read_in_system(expressions, named, strict=False)
    scales = read_scales(states, mean, std, () if t is None else (t,))
    return moved(in_symbols(as_expression(expressions), scales), scales)
