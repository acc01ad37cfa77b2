"""The NumPy reference: the same contract as every backend, written to be right rather than fast."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import mpmath
import numpy as np

from liesym.errors import BackendError
from liesym.lowering.arrays import Arrays
from liesym.program import COMMON, Dialect, ModuleText, Program, body, calls, compile_function, failed, function_of, packed

_PLAIN = (
    "sqrt", "exp", "expm1", "log", "log1p", "hypot", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs",
    "sign", "copysign", "floor", "ceil", "mod", "minimum", "maximum", "isfinite", "where",
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
        "stop": "{0}",
        "reciprocal": "1.0 / {0}",
        "rsqrt": "1.0 / np.sqrt({0})",
        "inverse_gudermann": "np.arcsinh({0} / np.abs({1}))",
        "erf": "special('erf', {0})",
        "erfc": "special('erfc', {0})",
        "lgamma": "special('lgamma', {0})",
        "digamma": "special('digamma', {0})",
        "polygamma": "special('polygamma', {0}, {value})",
        "epsilon": "np.finfo(x.dtype).eps",
        "huge": "np.sqrt(np.finfo(x.dtype).max)",
    },
    constant="x.dtype.type({0})",
    imports=(("import numpy as np", ""),),
)


@cache
def _scalar(name: str, order: int | None) -> Callable[[float], float]:
    if name in ("erf", "erfc"):
        return getattr(math, name)
    if name == "lgamma":
        return lambda u: finite_or_infinity(math.lgamma, u)
    index = 0 if order is None else order
    return lambda u: math.nan if u <= 0 and u == math.floor(u) else float(mpmath.psi(index, u))


def finite_or_infinity(function: Any, u: float) -> float:
    """The value of a function of `math`, and infinity at its poles and where it overflows."""
    try:
        return function(u)
    except (ValueError, OverflowError):
        return math.inf


def special(name: str, u: Any, order: int | None = None) -> Any:
    """A special function that NumPy lacks, element by element, in double precision."""
    array = np.asarray(u)
    function = _scalar(name, order)
    values = [function(float(v)) if v == v else math.nan for v in array.ravel()]
    return np.array(values, dtype=array.dtype).reshape(array.shape)


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
            f"the parameter {name!r} has no value: give it in args, as {{{name!r}: ...}}, or give it a default"
        )
    return value


def given_derivatives(function: Any, orders: Sequence[tuple[int, ...]], operands: Sequence[np.ndarray]) -> list[Any]:
    """The value and the derivatives of a function that brings them: ``function.derivative(n, …)`` is a callable."""
    return [(function.derivative(*order) if any(order) else function)(*operands) for order in orders]


def check_state(shape: tuple[int, ...], names: tuple[str, ...]) -> None:
    """Raise BackendError unless the last dimension of x holds the named components."""
    if not shape or shape[-1] != len(names):
        raise BackendError(
            f"x has shape {tuple(shape)}; its last dimension must hold the {len(names)} components ({', '.join(names)})"
        )


def source_of(program: Program, dialect: Dialect) -> str:
    """The source of ``evaluate(t, x, args, called)``, which returns the results as a tuple that is not yet broadcast.

    It refers to `parameter(args, position, x)`; `called` are the user's functions, in the order of `program.calls`.
    """
    written = body(program, dialect, parameter=lambda k, name: f"parameter(args, {k}, x)", readable=False)
    lines = [*written.lines, f"return ({', '.join(written.results)},)"]
    return "def evaluate(t, x, args, called):\n" + "".join(f"    {line}\n" for line in lines)


class NumpyFunction:
    """A lowered callable in NumPy; see `liesym.lower` for what it takes and returns."""

    def __init__(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.program, self.functions = program, dict(functions)
        for name in {function_of(node) for node in program.nodes if node.op == "derivative"}:
            if not hasattr(functions[name], "derivative"):
                raise BackendError(
                    f"a derivative of the function {name} is needed, which NumPy cannot take: give a callable with a method "
                    "derivative(n, ...), how often by each argument, such as a spline of SciPy; torch and jax take them"
                )
        namespace: dict[str, object] = {
            "np": np, "special": special,
            "parameter": lambda args, k, x: typed(lookup(args, *program.parameters[k]), x),
            "derivatives": given_derivatives,
        }  # fmt: skip
        self._evaluate: Any = compile_function(source_of(program, DIALECT), "evaluate", namespace)
        self._called = tuple(functions[name] for name in program.calls)
        self._uses_time = program.uses_time
        self._plain = len(program.results) == len(program.outputs)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        x = np.asarray(x)
        if x.dtype.kind != "f":
            raise BackendError(f"x has dtype {x.dtype}; real floating point numbers are needed")
        batch = x.shape[:-1]
        check_state(x.shape, self.program.state)
        time = None if t is None else np.asarray(t, dtype=x.dtype)
        if time is None:
            if self._uses_time:
                raise BackendError("this program depends on time; t is needed")
        elif time.shape and time.shape != batch:
            batch = np.broadcast_shapes(batch, time.shape)
        with np.errstate(all="ignore"):
            values: Any = self._evaluate(time, x, args, self._called)
        if self._plain:
            return stack(values, batch, x)
        if self.program.failures:
            self._raise(values, batch)
        return packed(
            self.program,
            values,
            lambda parts: stack(tuple(parts), batch, x),
            lambda array, k, m: array.reshape(*array.shape[:-1], k, m),
            lambda truth: np.mean(1.0 - np.broadcast_to(truth, batch), dtype=x.dtype),
        )

    def _raise(self, values: Any, batch: tuple[int, ...]) -> None:
        flags = [np.broadcast_to(v, batch) for v in values[-len(self.program.failures) :]]
        if any(f.any() for f in flags):
            total = math.prod(batch)
            raise BackendError(failed(self.program, [bool(f.any()) for f in flags], [int(f.sum()) for f in flags], total))

    def __reduce__(self) -> Any:
        return NumpyFunction, (self.program, self.functions)


def typed(value: Any, x: np.ndarray) -> np.ndarray:
    """The number or array as an array of x's dtype."""
    return np.asarray(value, dtype=x.dtype)


def stack(values: tuple[Any, ...], batch: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    """The values broadcast to one shape, which is at least `batch`, on a new last axis."""
    arrays = [v for v in values if isinstance(v, np.ndarray) and v.shape != batch]
    shape = np.broadcast_shapes(batch, *(v.shape for v in arrays)) if arrays else batch
    result = np.empty((*shape, len(values)), x.dtype)
    for position, value in enumerate(values):
        result[..., position] = value
    return result


def elementwise(function: Any, u: Any, x: np.ndarray) -> np.ndarray:
    """A function of `math` on every element, in double precision."""
    values = np.vectorize(lambda v: finite_or_infinity(function, v), otypes=[float])(u)
    return values.astype(x.dtype)


MODULE = ModuleText(
    "np.ndarray",
    opening=(
        "if x.shape[-1] != len(STATE):",
        '    raise ValueError(f"x has shape {x.shape}; its last axis must hold {STATE}")',
        "t = typed(0.0 if t is None else t, x)",
        "batch = np.broadcast_shapes(t.shape, x.shape[:-1])",
    ),
    helpers=(inspect.getsource(typed), inspect.getsource(stack)),
    decorator=('@np.errstate(all="ignore")',),
    functions=(
        ("derivatives", inspect.getsource(given_derivatives).replace("given_derivatives", "derivatives")),
        ("elementwise", f"{inspect.getsource(finite_or_infinity)}\n\n{inspect.getsource(elementwise)}"),
    ),
)


class NumpyBackend:
    """The reference backend; what NumPy lacks, a stand-alone module takes from the standard library or refuses."""

    name = "numpy"
    operations = DIALECT.operations
    dialect = DIALECT
    export_dialect = replace(
        DIALECT,
        imports=(
            ("import math", "math."),
            ("import numpy as np", ""),
        ),
        templates={
            **{op: template for op, template in DIALECT.templates.items() if "special" not in template},
            **{op: f"elementwise(math.{op}, {{0}}, x)" for op in ("erf", "erfc", "lgamma")},
        },
    )
    module = MODULE

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> NumpyFunction:
        return NumpyFunction(program, functions)

    def arrays(self) -> Arrays:
        """How `liesym.testing` makes and reads arrays."""
        return Arrays(np.asarray, np.asarray, None, np.sin)


BACKEND = NumpyBackend()
