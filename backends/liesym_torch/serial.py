"""A lowered callable as bytes that torch alone can load and run, by torch.export."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from liesym.errors import BackendError


class _Whole(nn.Module):
    """The callable as a module of t, x and the parameters one by one."""

    def __init__(self, function: Callable[..., Any], names: tuple[str, ...]) -> None:
        super().__init__()
        self.function, self.names = function, names

    def forward(self, t: Tensor, x: Tensor, *parameters: Tensor) -> Any:
        return self.function(t, x, dict(zip(self.names, parameters, strict=True)))


def serialize(function: Any, dtype: str) -> bytes:
    """The bytes of an exported program that takes t (n,), x (n, m) and each parameter as a number in a tensor.

    `torch.export.load(io.BytesIO(data)).module()(t, x, *parameters)` runs it for any n >= 2 without liesym.

    Raises:
        BackendError: this torch has no torch.export, or cannot export the program.
    """
    exporter = getattr(torch, "export", None)
    if exporter is None or not hasattr(exporter, "save"):
        raise BackendError(f"torch {torch.__version__} cannot serialize programs: it has no torch.export")
    program, kind = function.program, getattr(torch, dtype)
    names = tuple(name for name, _ in program.parameters)
    batch = exporter.Dim("batch", min=2)
    example = (
        torch.full((3,), 0.5, dtype=kind),
        torch.full((3, len(program.state)), 0.5, dtype=kind),
        *(torch.tensor(0.5 if value is None else value, dtype=kind) for _, value in program.parameters),
    )
    shapes = {"t": {0: batch}, "x": {0: batch}, "parameters": tuple({} for _ in names)}
    whole = exporter.export(_Whole(function, names), example, dynamic_shapes=shapes)
    stream = io.BytesIO()
    exporter.save(whole, stream)
    return stream.getvalue()
