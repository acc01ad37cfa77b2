"""Expressions, symbols and options in, a finished program out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sympy import Basic, Symbol

from liesym.errors import Unsupported
from liesym.program.anchor import regular_point
from liesym.program.builder import Builder, Sign
from liesym.program.called import with_slopes
from liesym.program.differentiate import jacobian as derivatives
from liesym.program.forms import Form, cheapest, forms
from liesym.program.guard import failures, valid
from liesym.program.nodes import Condition, Program, pruned
from liesym.program.reading import Reader

Guard = Literal["mask", "clamp", "raise"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The symbols of a program: components of x, time, and (symbol, default or None) of the parameters."""

    state: tuple[Symbol, ...]
    time: Symbol | None
    parameters: tuple[tuple[Symbol, float | None], ...] = ()

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return (*self.state, *(() if self.time is None else (self.time,)), *(s for s, _ in self.parameters))

    def nodes(self, builder: Builder, *, trusted: bool = True) -> dict[Basic, int]:
        """Symbol -> the node that reads it.

        Arguments:
            trusted: the numbers have the signs that the symbols are assumed to have; a guard asks instead.
        """
        known = sign if trusted else lambda symbol: Sign.ANY
        found: dict[Basic, int] = {s: builder.node("state", value=i, sign=known(s)) for i, s in enumerate(self.state)}
        if self.time is not None:
            found[self.time] = builder.node("time", sign=known(self.time))
        for symbol, _ in self.parameters:
            found[symbol] = builder.node("parameter", value=symbol.name, sign=known(symbol))
        return found


def assemble(
    expressions: Sequence[Basic],
    inputs: Inputs,
    *,
    names: Sequence[str] = (),
    functions: Iterable[str] = (),
    guard: Guard | None = None,
    jacobian: bool = False,
) -> Program:
    """The program of the expressions.

    Arguments:
        expressions: k expressions.
        inputs: their symbols.
        names: names of the values.
        functions: names of the functions the user supplies.
        guard: what happens where the expressions are not defined; see `liesym.lower`.
        jacobian: also the derivatives by the state.

    Raises:
        Unsupported: something in the expressions has no counterpart; it is named.
    """
    functions = tuple(functions)
    expressions = with_slopes(expressions, functions)
    form = cheapest(forms(expressions), lambda b, f: Reader(b, inputs.nodes(b), functions, form=f).read(f.expressions))
    expressions = form.expressions
    builder = Builder()
    nodes = inputs.nodes(builder, trusted=guard is None)
    reader = Reader(builder, nodes, functions, form=form)
    wheres: dict[Basic, int] = nodes
    if guard == "clamp":
        reader = Reader(builder, _clipped(builder, nodes), functions, form=form, clamp=True)
    truth: int | None = None
    if guard == "mask":
        truth, wheres = _masked_inputs(builder, inputs, nodes, form, functions)
        reader = Reader(builder, wheres, functions, form=form)
    outputs = reader.read(expressions)
    rows = derivatives(builder, outputs, [wheres[s] for s in inputs.state]) if jacobian else ()
    failing: tuple[tuple[int, str], ...] = ()
    conditions = reader.conditions
    if guard == "raise":
        failing = failures(builder, _used(builder, nodes.values(), outputs), outputs, conditions)
    if truth is not None:
        zero = builder.constant(0.0)
        outputs = [builder.where(truth, i, zero) for i in outputs]
        rows = tuple(tuple(builder.where(truth, i, zero) for i in row) for row in rows)
    draft = Program(
        tuple(builder.nodes),
        tuple(outputs),
        tuple(s.name for s in inputs.state),
        tuple((s.name, v) for s, v in inputs.parameters),
        tuple(names),
        conditions,
        rows,
        truth,
        failing,
    )
    return finished(draft)


def finished(draft: Program) -> Program:
    """The program without the nodes that no result needs."""
    nodes, renumber = pruned(list(draft.nodes), draft.results)
    conditions = tuple(
        Condition(
            c.kind,
            renumber.get(c.operand, -1),
            c.text,
            None if c.scope is None else renumber.get(c.scope, -1),
        )
        for c in draft.conditions
    )
    return Program(
        nodes,
        tuple(renumber[i] for i in draft.outputs),
        draft.state,
        draft.parameters,
        draft.names,
        conditions,
        tuple(tuple(renumber[i] for i in row) for row in draft.jacobian),
        None if draft.valid is None else renumber[draft.valid],
        tuple((renumber[i], text) for i, text in draft.failures),
    )


def _masked_inputs(
    builder: Builder,
    inputs: Inputs,
    nodes: Mapping[Basic, int],
    form: Form,
    functions: tuple[str, ...],
) -> tuple[int, dict[Basic, int]]:
    """The truth value "valid here", and the inputs with invalid points replaced by a regular one."""
    stopped: dict[Basic, int] = {s: builder.node("stop", i) for s, i in nodes.items()}
    scout = Reader(builder, stopped, functions, form=form)
    values = scout.read(form.expressions)
    used = _used(builder, stopped.values(), values)
    truth = valid(builder, used, values, scout.conditions)
    sample = finished(
        Program(
            tuple(builder.nodes),
            (truth,),
            tuple(s.name for s in inputs.state),
            tuple((s.name, v) for s, v in inputs.parameters),
        )
    )
    point = regular_point(sample, inputs.symbols, {s: v for s, v in inputs.parameters if v is not None})
    if point is None:
        raise Unsupported(
            "no point was found where all expressions are defined, so there is nothing to mask with; "
            "use guard='clamp' or 'raise', or check the expressions"
        )
    safe = {
        s: builder.node("where", truth, i, builder.constant(point[s]))  # type: ignore[index]
        for s, i in nodes.items()
    }
    return truth, safe


def _clipped(builder: Builder, nodes: Mapping[Basic, int]) -> dict[Basic, int]:
    """The inputs moved into [-huge, huge], where a square does not overflow."""
    b = builder
    huge = b.node("huge")
    clipped = {s: b.node("maximum", b.node("minimum", i, huge), b.neg(huge)) for s, i in nodes.items()}
    return {s: b.node("where", b.node("eq", i, i), clipped[s], i) for s, i in nodes.items()}


def _used(builder: Builder, candidates: Iterable[int], outputs: Sequence[int]) -> list[int]:
    """Those candidates that the outputs depend on."""
    seen: set[int] = set()
    pending = list(outputs)
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending.extend(builder.nodes[index].args)
    return [i for i in candidates if i in seen]


def sign(symbol: Symbol) -> Sign:
    """What the assumptions of a symbol say of its sign."""
    if symbol.is_positive:
        return Sign.POSITIVE
    if symbol.is_negative:
        return Sign.NEGATIVE
    if symbol.is_nonnegative:
        return Sign.NONNEGATIVE
    return Sign.NONZERO if symbol.is_nonzero else Sign.ANY
