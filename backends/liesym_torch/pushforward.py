"""The derivative of a field along a direction, in one pass.

Forward mode in torch computes more than it needs for a dense layer. A field whose class defines

    pushforward(t, x, args, dt, dx) -> (f, ∂_t f dt + ∂_x f dx)        dt is None where time stands still

computes it itself; any other callable goes through torch.func.jvp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def pushforward(
    field: Callable[..., Tensor], t: Any, x: Tensor, args: Any, dt: Tensor | None, dx: Tensor
) -> tuple[Tensor, Tensor]:
    """The field and its derivative along (dt, dx), each of shape (..., k).

    Arguments:
        field: callable (t, x, args).
        t, x: of shape (...) and (..., m); dt, dx: of the same shapes, dt None for zero.
    """
    if has_own(field):
        return field.pushforward(t, x, args, dt, dx)  # type: ignore[attr-defined]
    if dt is None:
        return torch.func.jvp(lambda z: field(t, z, args), (x,), (dx,))
    return torch.func.jvp(lambda when, z: field(when, z, args), (t, x), (dt, dx))


def has_own(field: object) -> bool:
    """True if the class that says what the field is also says how it is pushed forward.

    A subclass that overrides `forward` alone does not inherit a pushforward that would no longer fit.
    """
    for cls in type(field).__mro__:
        if "pushforward" in vars(cls):
            return True
        if "forward" in vars(cls) or "__call__" in vars(cls):
            return False
    return False


#: Name of an activation σ -> v σ'(u) from v, u and σ(u); for tanh in one operation.
SLOPES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "tanh": lambda v, u, y: torch.ops.aten.tanh_backward(v, y),
    "softplus": lambda v, u, y: v * torch.sigmoid(u),
    "silu": lambda v, u, y: v * torch.sigmoid(u) * (1 + u - y),
    "relu": lambda v, u, y: v * (u > 0).to(u.dtype),
    "logsigmoid": lambda v, u, y: v * torch.sigmoid(-u),
    "sin": lambda v, u, y: v * torch.cos(u),
}
