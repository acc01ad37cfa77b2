"""Losses: data misfit plus weighted mean squares of residuals (JAX)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.core import Tracer
from sympy import Expr, Symbol

from liesym.learn.objectives import CARRIED, AbstractSymmetryLoss, Term, carried, without_field
from liesym.learn.objectives import Batch as Batch
from liesym.learn.objectives import at_points as at_points
from liesym.learn.objectives import augmented as augmented
from liesym.learn.objectives import data_drift as data_drift
from liesym.learn.objectives import derivative_misfit as derivative_misfit
from liesym.learn.objectives import field_of as field_of
from liesym.learn.objectives import rollout_drift as rollout_drift
from liesym.symmetries.generator import Generator
from liesym_jax.fields import conservation_residual, invariance_residual


class SymmetryLoss(AbstractSymmetryLoss):
    """L = data + Σ_i w_i mean(r_i²); arguments, errors and sources as in `liesym.learn.objectives.AbstractSymmetryLoss`."""

    @staticmethod
    def known_to_fail(total: Array) -> bool:
        """See `AbstractSymmetryLoss.known_to_fail`."""
        return not isinstance(total, Tracer) and not bool(jnp.isfinite(total))


def misfit(*, scale: Any = None, logarithmic: bool = False) -> Term:
    """Mean square of (model rollout from the first state of each window) - (states of the window).

    Arguments:
        scale: divides the difference, per state.
        logarithmic: compare logarithms, for positive states with relative noise.
    """

    def term(model: Any, batch: Batch) -> Array:
        predicted = model(batch.states[..., 0, :], batch.times)[..., 1:, :]
        measured = batch.states[..., 1:, :]
        if logarithmic:
            return jnp.mean(jnp.square(jnp.log(predicted) - jnp.log(measured)))
        difference = predicted - measured
        if scale is not None:
            difference = difference / jnp.asarray(scale, difference.dtype)
        return jnp.mean(jnp.square(difference))

    return term


def invariance(generator: Generator, *, order: int = 1) -> Callable[..., Array]:
    """residual(field, t, x, args): how far a learned field is from admitting the generator.

    Lowered once, for whatever field it is called with; see `invariance_residual` for the formula.
    """
    return carried(invariance_residual(_carried, generator, order=order))


def conservation(
    integrals: Expr | Sequence[Expr], state: Sequence[Symbol], *, t: Symbol | None = None, order: int = 1
) -> Callable[..., Array]:
    """residual(field, t, x, args): ∂_t I + ∇I·f, the rate at which a learned field changes the integrals.

    Lowered once, for whatever field it is called with; see `conservation_residual`.
    """
    return carried(conservation_residual(_carried, integrals, state=state, t=t, order=order))


def _carried(t: Any, x: Array, args: Mapping[str, Any]) -> Array:
    """The field that travels in the arguments, so that one lowered residual serves every field."""
    return args[CARRIED](t, x, without_field(args))
