"""The other libraries that turn SymPy into torch or JAX, as their documentation says they are to be used."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import sympy as sp

Maker = Callable[[Any, str], Callable[[Any], Any]]


def peer_makers(backend: str, sine: Any) -> dict[str, Maker]:
    """Name -> (row, dtype) -> function of x of shape (rows, 2)."""
    if backend == "torch":
        import torch

        def join(values: Any) -> Any:
            return torch.stack(list(values), -1)

        def split(x: Any) -> Any:
            return x.unbind(-1)
    else:
        import jax.numpy as jnp

        def join(values: Any) -> Any:
            return jnp.stack(list(values), -1)

        def split(x: Any) -> Any:
            return x[..., 0], x[..., 1]

    def plain(row: Any, dtype: str) -> Callable[[Any], Any]:
        modules = [{"F": sine}, backend]
        matrix = isinstance(row.expression, sp.MatrixBase)
        target = row.expression if matrix else [row.expression]
        function = sp.lambdify(sp.symbols("x y", real=True), target, modules, cse=True)
        return lambda x: function(*split(x)) if matrix else join(function(*split(x)))

    found: dict[str, Maker] = {f"lambdify {backend}": plain}
    if backend == "torch" and importlib.util.find_spec("sympytorch"):
        import sympytorch  # pyright: ignore[reportMissingImports]

        def as_module(row: Any, dtype: str) -> Callable[[Any], Any]:
            import torch

            listed = list(row.expression) if isinstance(row.expression, sp.MatrixBase) else [row.expression]
            module = sympytorch.SymPyModule(expressions=listed, extra_funcs={sp.Function("F"): sine}).to(
                getattr(torch, dtype)
            )
            # A module takes only the symbols that occur.
            used = {s.name for e in listed for s in e.free_symbols}
            return lambda x: module(**{n: v for n, v in zip("xy", split(x), strict=True) if n in used})

        found["sympytorch"] = as_module
    if backend == "jax" and importlib.util.find_spec("sympy2jax"):
        import sympy2jax  # pyright: ignore[reportMissingImports]

        def as_symbolic(row: Any, dtype: str) -> Callable[[Any], Any]:
            listed = list(row.expression) if isinstance(row.expression, sp.MatrixBase) else [row.expression]
            module = sympy2jax.SymbolicModule(listed, extra_funcs={sp.Function("F"): sine})
            used = {s.name for e in listed for s in e.free_symbols}
            return lambda x: join(module(**{n: v for n, v in zip("xy", split(x), strict=True) if n in used}))

        found["sympy2jax"] = as_symbolic
    return found
