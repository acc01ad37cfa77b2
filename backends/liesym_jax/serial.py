"""A lowered callable as bytes that JAX alone can load and run, by jax.export."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from liesym.errors import BackendError


def serialize(function: Any, dtype: str) -> bytes:
    """The bytes of an exported program that takes t (n,), x (n, m) and each parameter as a number.

    `jax.export.deserialize(data).call(t, x, *parameters)` runs it for any n without liesym, and it can be
    differentiated once.

    Raises:
        BackendError: this JAX has no jax.export, or lacks flatbuffers for it, or float64 is asked for while it
            is off.
    """
    try:
        from jax import export
    except ImportError as error:
        raise BackendError(f"jax {jax.__version__} cannot serialize programs: it has no jax.export") from error
    if jnp.zeros((), dtype).dtype != jnp.dtype(dtype):
        raise BackendError(f"{dtype} is off in JAX: set jax_enable_x64, or take dtype='float32'")
    program = function.program
    names = tuple(name for name, _ in program.parameters)

    def whole(t: Any, x: Any, *parameters: Any) -> Any:
        result = function(t, x, dict(zip(names, parameters, strict=True)))
        return tuple(result) if isinstance(result, tuple) else result

    (batch,) = export.symbolic_shape("batch")
    shapes = ((batch,), (batch, len(program.state)), *(() for _ in names))
    exported = export.export(jax.jit(whole))(*(jax.ShapeDtypeStruct(s, jnp.dtype(dtype)) for s in shapes))
    try:
        return bytes(exported.serialize(vjp_order=1))
    except ImportError as error:  # an optional dependency of jax.export
        raise BackendError(f"JAX needs another package to serialize programs: {error}") from error
