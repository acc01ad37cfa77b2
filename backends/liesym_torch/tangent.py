"""The projection of a field on level sets as one operation, whose reverse pass is written out.

With rows g_j of G, w = f - Gᵀ a, a = (G Gᵀ)⁻¹ G f, and a cotangent p,

    p⊥ = p - Gᵀ b,  b = (G Gᵀ)⁻¹ G p:      f gets p⊥,   g_j gets -(a_j p⊥ + b_j w),

since p·δw = -Σ_j (a_j p⊥ + b_j w)·δg_j at fixed f; and what g_j gets goes on to x by the second derivatives of I_j. With
orthonormal u_i and g_j = Σ_i r_ji u_i, a = R⁻ᵀ (u_i·f), so one elimination serves both passes. Torch would record some
thirty small operations instead, which cost more than a small network does.

Source: the head of `liesym.learn.levels` for the projection; the derivative is that of G⁺ (Golub and Pereyra 1973).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from liesym.learn.levels import AbstractLevelSets, Guarded


def projected(levels: Any, t: Any, x: Any, vector: Any, args: Any) -> Tensor | None:
    """f - G⁺ G f, or None where it must be computed step by step.

    That is where laws depend on time or parameters, or hold networks, at points without a gradient, in a compiler and inside
    the transforms of torch.func, and for what is no batch of states of one dtype.
    """
    if levels.bends is None or torch.compiler.is_compiling() or not isinstance(x, Tensor) or not isinstance(vector, Tensor):
        return None
    if x.shape != vector.shape or x.dtype != vector.dtype or _transformed():
        return None
    guarded = isinstance(levels.gradients, Guarded)
    with torch.no_grad():
        slopes = (levels.gradients.function if guarded else levels.gradients)(None, x, args)
        if guarded and not bool(torch.isfinite(slopes).all()):
            return None
    found: Any = _Tangent.apply(x, vector, slopes, levels, t)
    return found


def _transformed() -> bool:
    """Whether a transform of torch.func or forward-mode differentiation is at work."""
    inside: Any = torch._C._functorch  # pyright: ignore[reportAttributeAccessIssue]
    level: int = torch.autograd.forward_ad._current_level  # pyright: ignore[reportAttributeAccessIssue]
    return level >= 0 or inside.maybe_current_level() is not None


class _Tangent(torch.autograd.Function):
    """See the head of this file."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, vector: Tensor, slopes: Tensor, levels: Any, t: Any) -> Tensor:
        frame = _One(slopes[..., 0, :]) if slopes.shape[-2] == 1 else _Several(levels, slopes)
        tangent, parts = frame.split(vector)
        ctx.levels, ctx.t, ctx.frame, ctx.parts = levels, t, frame, parts
        ctx.save_for_backward(x, vector, tangent)
        return tangent

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> Any:
        x, vector, tangent = ctx.saved_tensors
        if torch.is_grad_enabled():  # derivatives of derivatives: of what is computed step by step
            again = AbstractLevelSets.tangent(ctx.levels, ctx.t, x, vector)
            at = [v for v in (x, vector) if v.requires_grad]
            found = iter(torch.autograd.grad(again, at, pulls[0], create_graph=True, materialize_grads=True))
            return *(next(found) if v.requires_grad else None for v in (x, vector)), None, None, None
        flat, given = ctx.frame.split(pulls[0])
        if not ctx.needs_input_grad[0]:
            return None, flat, None, None, None
        weights = [-(a * flat).addcmul_(b, tangent) for a, b in zip(ctx.parts, given, strict=True)]
        return ctx.levels.bends(x, weights), flat, None, None, None


class _One:
    """One gradient g."""

    def __init__(self, slope: Tensor) -> None:
        whole = (slope * slope).sum(-1, keepdim=True)
        self.slope, self.dual = slope, slope / torch.where(whole > 0, whole, 1.0)

    def split(self, vector: Tensor) -> tuple[Tensor, list[Tensor]]:
        """v - a g, and a = (g·v)/(g·g)."""
        part = (self.dual * vector).sum(-1, keepdim=True)
        return torch.addcmul(vector, part, self.slope, value=-1), [part]


class _Several:
    """Gradients g_j = Σ_i r_ji u_i, of which those that depend on the ones before are left out."""

    def __init__(self, levels: Any, slopes: Tensor) -> None:
        self.units, self.rows = levels.orthonormal(slopes)

    def split(self, vector: Tensor) -> tuple[Tensor, list[Tensor]]:
        """v - Σ_j a_j g_j, and the a_j."""
        along: list[Any] = []
        for unit in self.units:
            along.append((unit * vector).sum(-1, keepdim=True))
            vector = torch.addcmul(vector, along[-1], unit, value=-1)
        for j in reversed(range(len(along))):
            for i in range(j + 1, len(along)):
                along[j] = along[j] - self.rows[i][j] * along[i]
            along[j] = along[j] / self.rows[j][j]
        return vector, along
