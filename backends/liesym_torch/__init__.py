"""The torch backend of liesym. Importing this package does not import torch; the first use of a name in it
does."""

from __future__ import annotations

from typing import Any

__all__ = ["BACKEND"]


def __getattr__(name: str) -> Any:
    if name == "BACKEND":
        from liesym_torch.lower import BACKEND

        return BACKEND
    raise AttributeError(f"module 'liesym_torch' has no attribute {name!r}")
