"""Losses: data misfit plus weighted mean squares of residuals (PyTorch)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from sympy import Expr, Symbol
from torch import Tensor

from liesym.learn.objectives import CARRIED, AbstractSymmetryLoss, Term, carried, without_field
from liesym.learn.objectives import Batch as Batch
from liesym.learn.objectives import at_points as at_points
from liesym.learn.objectives import augmented as augmented
from liesym.learn.objectives import data_drift as data_drift
from liesym.learn.objectives import derivative_misfit as derivative_misfit
from liesym.learn.objectives import field_of as field_of
from liesym.learn.objectives import rollout_drift as rollout_drift
from liesym.symmetries.generator import Generator
from liesym_torch.fields import conservation_residual, invariance_residual, leading_part
from liesym_torch.pushforward import pushforward


class SymmetryLoss(AbstractSymmetryLoss):
    """L = data + Σ_i w_i mean(r_i²); arguments, errors and sources as in `liesym.learn.objectives.AbstractSymmetryLoss`."""

    @staticmethod
    def known_to_fail(total: Tensor) -> bool:
        """See `AbstractSymmetryLoss.known_to_fail`."""
        return not bool(torch.isfinite(total))


def misfit(*, scale: Any = None, logarithmic: bool = False) -> Term:
    """Mean square of (model rollout from the first state of each window) - (states of the window).

    Arguments:
        scale: divides the difference, per state.
        logarithmic: compare logarithms, for positive states with relative noise.
    """

    def term(model: Any, batch: Batch) -> Tensor:
        predicted = model(batch.states[..., 0, :], batch.times)[..., 1:, :]
        measured = batch.states[..., 1:, :]
        if logarithmic:
            return (torch.log(predicted) - torch.log(measured)).square().mean()
        difference = predicted - measured
        if scale is not None:
            difference = difference / torch.as_tensor(scale, dtype=difference.dtype, device=difference.device)
        return difference.square().mean()

    return term


def invariance(generator: Generator, *, order: int = 1) -> Callable[..., Tensor]:
    """residual(field, t, x, args): how far a learned field is from admitting the generator.

    Lowered once, for whatever field it is called with; see `invariance_residual` for the formula.
    """
    return carried(invariance_residual(_Carried(order), generator, order=order))


def conservation(
    integrals: Expr | Sequence[Expr], state: Sequence[Symbol], *, t: Symbol | None = None, order: int = 1
) -> Callable[..., Tensor]:
    """residual(field, t, x, args): ∂_t I + ∇I·f, the rate at which a learned field changes the integrals.

    Lowered once, for whatever field it is called with; see `conservation_residual`.
    """
    return carried(conservation_residual(_Carried(order), integrals, state=state, t=t, order=order))


class _Carried:
    """The field that travels in the arguments, so that one lowered residual serves every field."""

    def __init__(self, order: int) -> None:
        self.order = order

    def __call__(self, t: Any, x: Tensor, args: Mapping[str, Any]) -> Tensor:
        return leading_part(args[CARRIED], self.order)(t, x, without_field(args))

    def pushforward(
        self, t: Any, x: Tensor, args: Mapping[str, Any], dt: Tensor | None, dx: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See `liesym_torch.pushforward`."""
        return pushforward(leading_part(args[CARRIED], self.order), t, x, without_field(args), dt, dx)
