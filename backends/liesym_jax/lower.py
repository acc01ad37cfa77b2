"""Programs to JAX callables: generated straight-line source over jax.numpy, jitted as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.scipy import special

from liesym.errors import BackendError
from liesym.program import COMMON, Dialect, Program, calls, compile_function
from liesym.reference import NUMPY_NAMES, check_state, lookup, source_of

DIALECT = Dialect(
    "jax",
    {
        **COMMON,
        **calls("jnp.", NUMPY_NAMES),
        **calls("special.", {"erf": "erf", "erfc": "erfc", "lgamma": "gammaln", "digamma": "digamma"}),
        "reciprocal": "1.0 / {0}",
        "rsqrt": "lax.rsqrt({0})",
        "polygamma": "special.polygamma({value}, {0})",
        "epsilon": "jnp.finfo(x.dtype).eps.item()",
        "huge": "float(jnp.finfo(x.dtype).max) ** 0.5",
    },
    component="lax.index_in_dim(x, {0}, -1, keepdims=False)",
    imports=("import jax.numpy as jnp", "from jax import Array, lax", "from jax.scipy import special"),
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
            "functions": [functions[name] for name in program.calls],
            "parameter": parameter,
        }
        self._evaluate: Any = compile_function(source_of(program, DIALECT), "evaluate", namespace)
        self._jitted = jax.jit(self._traced, inline=True)

    def _traced(self, t: Any, x: Any, args: Any) -> Array:
        x = jnp.asarray(x)
        if not jnp.issubdtype(x.dtype, jnp.floating):
            raise BackendError(f"x has dtype {x.dtype}; real floating point numbers are needed")
        check_state(x.shape, self.program.state)
        if t is not None:
            t = jnp.asarray(t, x.dtype)
        elif self.program.uses_time:
            raise BackendError("this program depends on time; t is needed")
        values = self._evaluate(t, x, args)
        batch = jnp.broadcast_shapes(
            x.shape[:-1], () if t is None else t.shape, *(jnp.shape(v) for v in values)
        )
        return jnp.stack([jnp.broadcast_to(jnp.asarray(v, x.dtype), batch) for v in values], axis=-1)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Array:
        return self._jitted(t, x, tuple(lookup(args, *parameter) for parameter in self.program.parameters))

    def __reduce__(self) -> Any:
        return JaxFunction, (self.program, self.functions)


class JaxBackend:
    """JAX: jit, vmap, grad, jvp, on any device."""

    name = "jax"
    operations = DIALECT.operations
    dialect = DIALECT

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> JaxFunction:
        return JaxFunction(program, functions)


BACKEND = JaxBackend()
