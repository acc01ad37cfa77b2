"""Operations that torch has no function for, and derivatives of activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

FEW, FEW_RECORDED = 500, 4000
"""Up to so many points a call of torch.asinh, which takes them one by one, costs less than a dozen calls; with
derivatives to come the calls are three dozen."""


def inverse_gudermann(s: Tensor, c: Tensor) -> Tensor:
    """atanh(s) = asinh(s/|c|) for s = sin(a), c = cos(a), accurate where c is small.

    On many points and under a compiler it is ± log1p((|s| + s²/(1 + |c|))/|c|), see `liesym.program.expand`, in
    vectorized operations.
    """
    width = c.abs()
    if not torch.compiler.is_compiling() and s.numel() <= (FEW_RECORDED if s.requires_grad else FEW):
        return torch.asinh(s / width)
    side = torch.copysign(s.new_full((), 1.0), s)
    bend = s * s / (1.0 + width)
    return side * torch.log1p(torch.addcmul(bend, side, s) / width)


def any_sample(truth: Tensor) -> bool:
    """True if any element is, under torch.func.vmap in any of the samples: a loop over all of them may then end.

    The rule for vmap hands the whole batch to the reduction, so that its result is no batch and can be looked at.
    """
    return bool(truth.any() if torch.compiler.is_compiling() else _Any.apply(truth))


class _Any(torch.autograd.Function):
    """truth.any() over everything, batches included."""

    @staticmethod
    def forward(truth: Tensor) -> Tensor:
        return truth.any()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(info: Any, in_dims: Any, truth: Tensor) -> tuple[Tensor, None]:
        return _Any.apply(truth), None  # type: ignore[return-value]

    @staticmethod
    def jvp(ctx: Any, *rates: Any) -> None:
        return None


def tanh_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v (1 - y²), in one operation."""
    return torch.ops.aten.tanh_backward(v, y)


def softplus_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v/(1 + e^(-u))."""
    return v * torch.sigmoid(u)


def silu_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v σ(u) (1 + u - u σ(u)) with the logistic σ."""
    return v * torch.sigmoid(u) * (1 + u - y)


def relu_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v where u > 0."""
    return v * (u > 0).to(u.dtype)


def logsigmoid_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v/(1 + e^u)."""
    return v * torch.sigmoid(-u)


def sin_slope(v: Tensor, u: Tensor, y: Tensor) -> Tensor:
    """v cos u."""
    return v * torch.cos(u)


#: Name of an activation σ -> v σ'(u) from v, u and σ(u); named functions, so that networks can be saved.
SLOPES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "tanh": tanh_slope,
    "softplus": softplus_slope,
    "silu": silu_slope,
    "relu": relu_slope,
    "logsigmoid": logsigmoid_slope,
    "sin": sin_slope,
}
