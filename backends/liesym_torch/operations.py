"""Operations of programs that torch has no function for."""

from __future__ import annotations

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
