"""A backend that walks through the program and calls NumPy for each operation.

It has few operations of its own; what it lacks is made of these before a program arrives. It has no derivatives
of its own either, and so offers none to the conformance suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liesym.errors import BackendError
from liesym.program import Program, failed, packed
from liesym.testing import Arrays

OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power, "sqrt": np.sqrt,
    "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "asin": np.arcsin, "atan": np.arctan,
    "tanh": np.tanh, "floor": np.floor, "lt": np.less, "eq": np.equal, "and": np.logical_and,
    "or": np.logical_or, "not": np.logical_not, "where": np.where,
}  # fmt: skip
INPUTS = frozenset({"time", "state", "parameter", "constant", "epsilon", "huge"})


def _parameter(args: Any, name: str, default: float | None) -> Any:
    value = args.get(name, default) if isinstance(args, dict) else getattr(args, name, default)
    if value is None:
        raise BackendError(f"the parameter {name!r} has no value")
    return value


@dataclass
class ToyFunction:
    """A lowered callable."""

    program: Program
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        program = self.program
        if x.dtype.kind != "f" or x.ndim == 0 or x.shape[-1] != len(program.state):
            raise BackendError(f"x has shape {x.shape} and dtype {x.dtype}; the components are {program.state}")
        if t is None and program.uses_time:
            raise BackendError("t is needed")
        time = np.asarray(0.0 if t is None else t, x.dtype)
        batch = np.broadcast_shapes(time.shape, x.shape[:-1])
        with np.errstate(all="ignore"):
            values = self._walk(time, x, args)
        results = [values[i] for i in program.results]
        flags = [np.broadcast_to(f, batch) for f in results[len(results) - len(program.failures) :]]
        if any(flag.any() for flag in flags):
            counts = [int(flag.sum()) for flag in flags]
            raise BackendError(failed(program, [n > 0 for n in counts], counts, flags[0].size))

        def stacked(parts: Any) -> np.ndarray:
            shape = np.broadcast_shapes(batch, *(np.shape(p) for p in parts))
            return np.stack([np.broadcast_to(p, shape) for p in parts], -1).astype(x.dtype)

        return packed(
            program,
            results,
            stacked,
            lambda array, k, m: array.reshape(*array.shape[:-1], k, m),
            lambda truth: (1.0 - np.broadcast_to(truth, batch)).mean(dtype=x.dtype),
        )

    def _walk(self, time: np.ndarray, x: np.ndarray, args: Any) -> list[Any]:
        """The value of every node."""
        values: list[Any] = []
        defaults = dict(self.program.parameters)
        limits = np.finfo(x.dtype)
        for node in self.program.nodes:
            operands = [values[a] for a in node.args]
            if node.op == "call":
                values.append(self.functions[str(node.value)](*operands))
            elif node.op in OPERATIONS:
                values.append(OPERATIONS[node.op](*operands))
            elif node.op == "state":
                values.append(x[..., int(node.value or 0)])
            elif node.op == "parameter":
                value = _parameter(args, str(node.value), defaults[str(node.value)])
                values.append(np.asarray(value, x.dtype))
            else:
                constants = {"time": time, "constant": node.value, "epsilon": limits.eps, "huge": np.sqrt(limits.max)}
                values.append(np.asarray(constants[node.op], x.dtype))
        return values


class ToyBackend:
    """What the entry point names."""

    name = "toy"
    operations = INPUTS | frozenset(OPERATIONS)

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> ToyFunction:
        return ToyFunction(program, dict(functions))

    def arrays(self) -> Arrays:
        return Arrays(np.asarray, np.asarray, None, np.sin)


BACKEND = ToyBackend()
