"""Programs to JAX callables: generated straight-line source over jax.numpy, jitted as a whole."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.scipy import special

from liesym.errors import BackendError
from liesym.lowering.reference import NUMPY_NAMES, check_state, lookup, source_of
from liesym.lowering.slopes import Slopes, written
from liesym.program import COMMON, Dialect, ModuleText, Program, calls, compile_function, failed, packed

DIALECT = Dialect(
    "jax",
    {
        **COMMON,
        **calls("jnp.", NUMPY_NAMES),
        **calls("special.", {"erf": "erf", "erfc": "erfc", "lgamma": "gammaln", "digamma": "digamma"}),
        "stop": "lax.stop_gradient({0})",
        "reciprocal": "1.0 / {0}",
        "rsqrt": "lax.rsqrt({0})",
        "inverse_gudermann": "inverse_gudermann({0}, {1})",
        "polygamma": "special.polygamma({value}, {0})",
        "epsilon": "jnp.finfo(x.dtype).eps.item()",
        "huge": "float(jnp.finfo(x.dtype).max) ** 0.5",
    },
    constant="jnp.asarray({0}, x.dtype)",
    component="lax.index_in_dim(x, {0}, -1, keepdims=False)",
    imports=(
        ("from dataclasses import dataclass", "derivatives("),
        ("import jax", "inverse_gudermann("),
        ("import jax", "derivatives("),
        ("import jax.numpy as jnp", ""),
        ("from jax import Array", ""),
        ("from jax import lax", "lax."),
        ("from jax.scipy import special", "special."),
    ),
)


@jax.custom_jvp
def inverse_gudermann(s: Array, c: Array) -> Array:
    """atanh(s) = ± log1p(|s| (1 + |s| + |c|)/(|c| (1 + |c|))) for s = sin(a), c = cos(a)."""
    size, width = jnp.abs(s), jnp.abs(c)
    above = 1.0 + width
    return jnp.copysign(jnp.log1p(size * (size + above) / (width * above)), s)


@inverse_gudermann.defjvp
def inverse_gudermann_slope(point: tuple[Array, Array], step: tuple[Array, Array]) -> tuple[Array, Array]:
    """d atanh(s) = da/c = ds - s dc/c, in which nothing cancels where c is small."""
    return inverse_gudermann(*point), step[0] - point[0] * step[1] / point[1]


def typed(value: Any, x: Array) -> Array:
    """The number or array as an array of x's dtype."""
    return jnp.asarray(value, x.dtype)


def stack(values: tuple[Any, ...], batch: tuple[int, ...], x: Array) -> Array:
    """The values broadcast to one shape, which is at least `batch`, on a new last axis."""
    shape = jnp.broadcast_shapes(batch, *(jnp.shape(v) for v in values))
    return jnp.stack([jnp.broadcast_to(jnp.asarray(v, x.dtype), shape) for v in values], axis=-1)


DERIVATIVES = Slopes(jax.jvp, jax.vjp, jnp.broadcast_arrays, jnp.ones_like, jnp.zeros_like)
MADE = "Slopes(jax.jvp, jax.vjp, jnp.broadcast_arrays, jnp.ones_like, jnp.zeros_like)"

MODULE = ModuleText(
    "Array",
    opening=(
        "if x.shape[-1] != len(STATE):",
        '    raise ValueError(f"x has shape {x.shape}; its last axis must hold {STATE}")',
        "t = typed(0.0 if t is None else t, x)",
        "batch = jnp.broadcast_shapes(t.shape, x.shape[:-1])",
    ),
    helpers=(inspect.getsource(typed), inspect.getsource(stack)),
    functions=(
        ("derivatives", written(MADE)),
        (
            "inverse_gudermann",
            f"{inspect.getsource(inverse_gudermann.fun)}\n\n{inspect.getsource(inverse_gudermann_slope)}",
        ),
    ),
)


class JaxFunction:
    """A lowered callable in JAX, jitted; see `liesym.lower` for what it takes and returns."""

    def __init__(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.program, self.functions = program, dict(functions)

        def parameter(args: Any, k: int, x: Array) -> Array:
            return jnp.asarray(args[k], x.dtype)

        namespace: dict[str, object] = {
            "jnp": jnp,
            "lax": lax,
            "special": special,
            "inverse_gudermann": inverse_gudermann,
            "parameter": parameter,
            "derivatives": DERIVATIVES,
        }
        self._evaluate: Any = compile_function(source_of(program, DIALECT), "evaluate", namespace)
        called = tuple(functions[name] for name in program.calls)
        self._jitted = jax.jit(lambda t, x, args: self._traced(t, x, args, called), inline=True)

    def _traced(self, t: Any, x: Any, args: Any, called: Sequence[Callable[..., Any]]) -> Any:
        x = jnp.asarray(x)
        if not jnp.issubdtype(x.dtype, jnp.floating):
            raise BackendError(f"x has dtype {x.dtype}; real floating point numbers are needed")
        check_state(x.shape, self.program.state)
        if t is not None:
            t = jnp.asarray(t, x.dtype)
        elif self.program.uses_time:
            raise BackendError("this program depends on time; t is needed")
        values = self._evaluate(t, x, args, called)
        batch = jnp.broadcast_shapes(x.shape[:-1], () if t is None else t.shape)
        packing = packed(
            self.program,
            values,
            lambda parts: stack(tuple(parts), batch, x),
            lambda array, k, m: array.reshape(*array.shape[:-1], k, m),
            lambda truth: jnp.mean(1.0 - jnp.broadcast_to(truth, batch), dtype=x.dtype),
        )
        if not self.program.failures:
            return packing
        flags = values[len(values) - len(self.program.failures) :]
        return packing, tuple(jnp.sum(jnp.broadcast_to(flag, batch)) for flag in flags), math.prod(batch)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        return self._checked(self._jitted(t, x, self._given(args)))

    def holding(self, called: Sequence[Callable[..., Any]], t: Any, x: Any, args: Any = None) -> Any:
        """The same with these functions in place of those it was made with, in the order of `program.calls`; not jitted."""
        return self._checked(self._traced(t, x, self._given(args), called))

    def _given(self, args: Any) -> tuple[Any, ...]:
        return tuple(lookup(args, *parameter) for parameter in self.program.parameters)

    def _checked(self, found: Any) -> Any:
        if not self.program.failures:
            return found
        result, counts, total = found
        if any(isinstance(count, jax.core.Tracer) for count in counts):
            jax.debug.callback(self._raise, counts, total)
        else:
            self._raise(counts, total)
        return result

    def _raise(self, counts: tuple[Any, ...], total: Any) -> None:
        numbers = [int(count) for count in counts]
        if any(numbers):
            raise BackendError(failed(self.program, [n > 0 for n in numbers], numbers, int(total)))

    def __reduce__(self) -> Any:
        return JaxFunction, (self.program, self.functions)


class JaxBackend:
    """JAX: jit, vmap, grad, jvp, on any device."""

    name = "jax"
    operations = DIALECT.operations
    dialect = DIALECT
    module = MODULE

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> JaxFunction:
        return JaxFunction(program, functions)

    def serialize(self, function: JaxFunction, dtype: str) -> bytes:
        """See `liesym_jax.serial`."""
        from liesym_jax.serial import serialize

        return serialize(function, dtype)

    def arrays(self) -> object:
        """How `liesym.testing` makes and reads arrays; float64 only where jax_enable_x64 is on."""
        from liesym.testing import Arrays

        dtypes = ("float64", "float32") if jax.config.jax_enable_x64 else ("float32",)
        return Arrays(jnp.asarray, np.asarray, _gradient, jnp.sin, dtypes)


def _gradient(function: Callable[[Any], Array], x: Any) -> Any:
    return np.asarray(jax.jit(jax.grad(lambda z: jnp.sum(function(z))))(jnp.asarray(x)))


BACKEND = JaxBackend()
