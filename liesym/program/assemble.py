"""Expressions, symbols and options in, a finished program out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Basic, Symbol

from liesym.program.builder import Builder, Sign
from liesym.program.nodes import Condition, Program, pruned
from liesym.program.reading import Reader


def assemble(
    expressions: Sequence[Basic],
    state: Sequence[Symbol],
    *,
    time: Symbol | None,
    parameters: Sequence[tuple[Symbol, float | None]] = (),
    names: Sequence[str] = (),
    functions: Iterable[str] = (),
) -> Program:
    """The program of the expressions.

    Arguments:
        expressions: k expressions.
        state: the m symbols that are components of x.
        time: the symbol of the independent variable, or None.
        parameters: (symbol, default or None) of everything else.
        names: names of the values.
        functions: names of the functions the user supplies.

    Raises:
        Unsupported: something in the expressions has no counterpart; it is named.
    """
    builder = Builder()
    inputs: dict[Basic, int] = {s: builder.node("state", value=i, sign=_sign(s)) for i, s in enumerate(state)}
    if time is not None:
        inputs[time] = builder.node("time", sign=_sign(time))
    for symbol, _ in parameters:
        inputs[symbol] = builder.node("parameter", value=symbol.name, sign=_sign(symbol))
    reader = Reader(builder, inputs, functions)
    outputs = reader.read(expressions)
    nodes, renumber = pruned(builder.nodes, outputs)
    conditions = tuple(
        Condition(
            c.kind,
            renumber.get(c.operand, -1),
            c.text,
            None if c.scope is None else renumber.get(c.scope, -1),
        )
        for c in reader.conditions.values()
    )
    return Program(
        nodes,
        tuple(renumber[i] for i in outputs),
        tuple(s.name for s in state),
        tuple((s.name, v) for s, v in parameters),
        tuple(names),
        conditions,
    )


def _sign(symbol: Symbol) -> Sign:
    """What the assumptions of a symbol say of its sign; a state component is believed only if declared."""
    if symbol.is_positive:
        return Sign.POSITIVE
    if symbol.is_negative:
        return Sign.NEGATIVE
    if symbol.is_nonnegative:
        return Sign.NONNEGATIVE
    return Sign.NONZERO if symbol.is_nonzero else Sign.ANY
