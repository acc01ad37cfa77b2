"""What a lowered callable returns where more than plain values were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from liesym.program.nodes import Program


class Masked(NamedTuple):
    """Values of shape (..., k), 0 at masked points, and the fraction of points that were masked."""

    values: Any
    fraction: Any


class Derivatives(NamedTuple):
    """Values of shape (..., k) and their derivatives by x, of shape (..., k, m)."""

    values: Any
    jacobian: Any


class MaskedDerivatives(NamedTuple):
    """Values, derivatives, and the fraction of points at which both were masked."""

    values: Any
    jacobian: Any
    fraction: Any


def packed(
    program: Program,
    results: Sequence[Any],
    stack: Callable[[Sequence[Any]], Any],
    split: Callable[[Any, int, int], Any],
    fraction: Callable[[Any], Any],
) -> Any:
    """The results of a program in the shape that its options promise.

    Arguments:
        results: one array a result, in the order of `Program.results`.
        stack: broadcasts arrays to the batch and joins them on a last axis.
        split: (array, k, m) -> the last axis of length k*m as two.
        fraction: truth values -> the fraction that is false, over the batch.
    """
    k, m = len(program.outputs), len(program.state)
    if not program.jacobian and program.valid is None:
        return stack(results[:k])
    values = stack(results[:k])
    if not program.jacobian:
        return Masked(values, fraction(results[k]))
    rows = split(stack(results[k : k + k * m]), k, m)
    if program.valid is None:
        return Derivatives(values, rows)
    return MaskedDerivatives(values, rows, fraction(results[k + k * m]))


def failed(program: Program, flags: Sequence[bool], counts: Sequence[int], total: int) -> str:
    """The message of a guard that raises: which conditions fail, and at how many points."""
    lines = [
        f"{text} at {count} of {total} points"
        for (_, text), flag, count in zip(program.failures, flags, counts, strict=True)
        if flag
    ]
    return "the program is not defined on this data: " + "; ".join(lines)
