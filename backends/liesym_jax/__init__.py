"""The JAX backend of liesym. Importing this package does not import jax; the first use of a name in it
does."""

from __future__ import annotations

from typing import Any

__all__ = ["BACKEND"]


def __getattr__(name: str) -> Any:
    if name == "BACKEND":
        from liesym_jax.lower import BACKEND

        return BACKEND
    raise AttributeError(f"module 'liesym_jax' has no attribute {name!r}")
