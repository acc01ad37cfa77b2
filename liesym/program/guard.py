"""What happens where a program is not defined: points are masked, operands clamped, or an error is raised.

Masking evaluates twice. First the whole program on the data, with no derivatives, to see which points are
valid; then again on the data with every invalid point replaced by one where all is well, so that no infinity
ever enters the computation that is differentiated. The values at invalid points are then set to 0, with derivative 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from liesym.program.builder import Builder
from liesym.program.nodes import OPPOSITE, Condition

GROWING = frozenset(
    {
        "mul", "div", "reciprocal", "rsqrt", "pow", "exp", "expm1", "sinh", "cosh", "tan", "lgamma",
        "digamma", "polygamma", "call", "derivative",
    }
)  # fmt: skip
"""Operations whose results may be too large for their derivatives to be finite."""


def holds(builder: Builder, condition: Condition, *, margin: bool) -> int:
    """The truth value of a condition; with a margin it keeps the derivative finite as well as the value."""
    b, u = builder, condition.operand
    zero, one = b.constant(0.0), b.constant(1.0)
    small = b.node("reciprocal", b.node("huge")) if margin else zero
    if condition.kind == "nonzero":
        result = b.node("lt", small, b.node("abs", u))
    elif condition.kind == "positive":
        result = b.node("lt", small, u)
    elif condition.kind == "nonnegative":
        result = b.node("le", zero, u)
    elif condition.kind in ("within one", "inside one"):
        strict = margin or condition.kind == "inside one"
        result = b.node("lt" if strict else "le", b.node("abs", u), one)
    elif condition.kind == "at least one":
        result = b.node("lt" if margin else "le", one, u)
    else:
        distance = b.node("abs", b.sub(u, b.node("floor", b.add(u, b.constant(0.5)))))
        result = b.node("or", b.node("lt", small, u), b.node("lt", small, distance))
    if condition.scope is None:
        return result
    return b.node("or", b.node("not", condition.scope), result)


def valid(builder: Builder, inputs: Iterable[int], outputs: Sequence[int], conditions: Sequence[Condition]) -> int:
    """The truth value "inputs, values and derivatives are all finite here"."""
    b = builder
    huge = b.node("huge")
    within = [*inputs, *_growing(builder, outputs), *outputs]
    result: int | None = None
    for index in dict.fromkeys(within):
        if b.value_of(index) is None:
            result = b.both(result, b.node("lt", b.node("abs", index), huge))
    for condition in conditions:
        result = b.both(result, holds(builder, condition, margin=True))
    return b.constant(1.0) if result is None else result


def _growing(builder: Builder, outputs: Sequence[int]) -> list[int]:
    """The nodes on the way to the outputs whose size has to be watched."""
    seen: set[int] = set()
    pending = list(outputs)
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending.extend(builder.nodes[index].args)
    return sorted(i for i in seen if builder.nodes[i].op in GROWING)


def failures(
    builder: Builder, inputs: Sequence[int], outputs: Sequence[int], conditions: Sequence[Condition]
) -> tuple[tuple[int, str], ...]:
    """(truth value "this fails here", what fails) for a guard that raises."""
    b = builder
    found = [(b.node("not", holds(b, c, margin=False)), f"{c.text} {OPPOSITE[c.kind]}") for c in conditions]
    bad_input: int | None = None
    for index in inputs:
        wrong = b.node("not", b.node("isfinite", index))
        bad_input = wrong if bad_input is None else b.node("or", bad_input, wrong)
    if bad_input is not None:
        found.insert(0, (bad_input, "an input is not finite"))
    for position, index in enumerate(outputs):
        if b.value_of(index) is None:
            found.append((b.node("not", b.node("isfinite", index)), f"value {position + 1} is not finite"))
    return tuple(found)
