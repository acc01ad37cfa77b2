"""The NumPy reference: the same contract as every backend, written to be right rather than fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import mpmath
import numpy as np

from liesym.errors import BackendError
from liesym.program import COMMON, Dialect, Program, body, calls, compile_function

_PLAIN = (
    "sqrt", "exp", "expm1", "log", "log1p", "hypot", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs",
    "sign", "floor", "ceil", "mod", "minimum", "maximum", "isfinite", "where",
)  # fmt: skip
_ARC = {
    "asin": "sin",
    "acos": "cos",
    "atan": "tan",
    "atan2": "tan2",
    "asinh": "sinh",
    "acosh": "cosh",
    "atanh": "tanh",
}

#: Operation -> its name in NumPy, and so in jax.numpy.
NUMPY_NAMES = {**{op: op for op in _PLAIN}, **{op: f"arc{name}" for op, name in _ARC.items()}}

DIALECT = Dialect(
    "numpy",
    {
        **COMMON,
        **calls("np.", NUMPY_NAMES),
        "reciprocal": "1.0 / {0}",
        "rsqrt": "1.0 / np.sqrt({0})",
        "erf": "special('erf', {0})",
        "erfc": "special('erfc', {0})",
        "lgamma": "special('lgamma', {0})",
        "digamma": "special('digamma', {0})",
        "polygamma": "special('polygamma', {0}, {value})",
        "epsilon": "np.finfo(x.dtype).eps",
        "huge": "np.sqrt(np.finfo(x.dtype).max)",
    },
    imports=("import numpy as np",),
)


@cache
def _scalar(name: str, order: int | None) -> Callable[[float], float]:
    if name in ("erf", "erfc"):
        return getattr(math, name)
    if name == "lgamma":
        return lambda u: math.inf if math.isinf(u) or (u <= 0 and u == math.floor(u)) else math.lgamma(u)
    index = 0 if order is None else order
    return lambda u: math.nan if u <= 0 and u == math.floor(u) else float(mpmath.psi(index, u))


def special(name: str, u: Any, order: int | None = None) -> Any:
    """A special function that NumPy lacks, element by element, in double precision."""
    array = np.asarray(u)
    function = _scalar(name, order)
    values = [function(float(v)) if v == v else math.nan for v in array.ravel()]
    return np.array(values, dtype=array.dtype).reshape(array.shape)


def _parameter(args: Any, name: str, default: float | None, x: np.ndarray) -> np.ndarray:
    value = lookup(args, name, default)
    return np.asarray(value, dtype=x.dtype)


def lookup(args: Any, name: str, default: float | None) -> Any:
    """The value of a parameter: from a mapping, from an attribute, else the default.

    Raises:
        BackendError: it has none.
    """
    if isinstance(args, Mapping):
        value = args.get(name, default)
    else:
        value = default if args is None else getattr(args, name, default)
    if value is None:
        raise BackendError(
            f"the parameter {name!r} has no value: give it in args, as {{{name!r}: ...}}, "
            "or give it a default"
        )
    return value


def check_state(shape: tuple[int, ...], names: tuple[str, ...]) -> None:
    """Raise BackendError unless the last dimension of x holds the named components."""
    if not shape or shape[-1] != len(names):
        raise BackendError(
            f"x has shape {tuple(shape)}; its last dimension must hold the {len(names)} components "
            f"({', '.join(names)})"
        )


def source_of(program: Program, dialect: Dialect) -> str:
    """The source of ``evaluate(t, x, args)``, which returns the results as a tuple that is not yet broadcast.

    It refers to `parameter(args, position, x)` and, where the user supplied functions, to `functions`.
    """
    written = body(program, dialect, parameter=lambda k, name: f"parameter(args, {k}, x)", readable=False)
    lines = [*written.lines, f"return ({', '.join(written.results)},)"]
    return "def evaluate(t, x, args):\n" + "".join(f"    {line}\n" for line in lines)


class NumpyFunction:
    """A lowered callable in NumPy; see `liesym.lower` for what it takes and returns."""

    def __init__(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.program, self.functions = program, dict(functions)
        namespace: dict[str, object] = {
            "np": np, "special": special, "functions": [functions[name] for name in program.calls],
            "parameter": lambda args, k, x: _parameter(args, *program.parameters[k], x),
        }  # fmt: skip
        self._evaluate = compile_function(source_of(program, DIALECT), "evaluate", namespace)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        x = np.asarray(x)
        if not np.issubdtype(x.dtype, np.floating):
            raise BackendError(f"x has dtype {x.dtype}; real floating point numbers are needed")
        check_state(x.shape, self.program.state)
        time = None if t is None else np.asarray(t, dtype=x.dtype)
        if time is None and self.program.uses_time:
            raise BackendError("this program depends on time; t is needed")
        with np.errstate(all="ignore"):
            values: Any = self._evaluate(time, x, args)
        batch = np.broadcast_shapes(
            x.shape[:-1], () if time is None else time.shape, *(np.shape(v) for v in values)
        )
        columns = [np.broadcast_to(np.asarray(v, dtype=x.dtype), batch) for v in values]
        return np.stack(columns, axis=-1)

    def __reduce__(self) -> Any:
        return NumpyFunction, (self.program, self.functions)


class NumpyBackend:
    """The reference backend."""

    name = "numpy"
    operations = DIALECT.operations
    dialect = DIALECT

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> NumpyFunction:
        return NumpyFunction(program, functions)


BACKEND = NumpyBackend()
