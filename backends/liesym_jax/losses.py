"""Losses: data misfit plus weighted mean squares of residuals (JAX)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.core import Tracer
from sympy import Expr, Symbol

from liesym.fitting import check_terms, term_weights
from liesym.generators import Generator
from liesym_jax.fields import conservation_residual, invariance_residual

Term = Callable[[Any, Any], Array]
CARRIED = "the field of the model"


class Batch(NamedTuple):
    """Windows of trajectories: times (B, L), states (B, L, m), and random numbers (B, r) in [-1, 1]."""

    times: Array
    states: Array
    draws: Array


class SymmetryLoss:
    """L = data + Σ_i w_i mean(r_i²).

    Arguments:
        data: (model, batch) -> scalar misfit, kept as it is.
        residuals: name -> (model, batch) -> residual of any shape, whose mean square is taken.
        weights: one for all, or name -> weight; a residual without one has weight 1.

    Raises:
        TrainingError: a weight for an unknown residual, or a residual that is called "data".
    Source: Hao 2024, equations (12) and (36), with means over the samples in place of sums, and residuals
        that do not vanish identically.
    """

    def __init__(
        self,
        data: Term,
        residuals: Mapping[str, Term] | None = None,
        weights: float | Mapping[str, float] = 1.0,
    ) -> None:
        self.data = data
        self.residuals = dict(residuals or {})
        self.weights = term_weights(self.residuals, weights)

    def terms(self, model: Any, batch: Any) -> dict[str, Array]:
        """The misfit under "data", and the mean square of each residual under its name."""
        found = {"data": self.data(model, batch)}
        for name, residual in self.residuals.items():
            found[name] = jnp.mean(jnp.square(residual(model, batch)))
        return found

    def total(self, terms: Mapping[str, Array], weights: Mapping[str, Any] | None = None) -> Array:
        """data + Σ w_i term_i, with the weights of this loss unless others are given."""
        weights = self.weights if weights is None else weights
        total = terms["data"]
        for name, weight in weights.items():
            total = total + weight * terms[name]
        return total

    def __call__(self, model: Any, batch: Any, *, step: int = 0) -> Array:
        """The loss, to be differentiated.

        Raises:
            TrainingError: a term is not finite and the call is not traced; the message names it.
        """
        terms = self.terms(model, batch)
        total = self.total(terms)
        if not isinstance(total, Tracer) and not bool(jnp.isfinite(total)):
            check_terms({name: float(value) for name, value in terms.items()}, step)
        return total


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


def derivative_misfit(derivative: Callable[[Batch], Array]) -> Term:
    """Mean square of f(t, x) - x' at the samples, for data that come with derivatives."""

    def term(model: Any, batch: Batch) -> Array:
        return jnp.mean(jnp.square(field_of(model)(batch.times, batch.states, None) - derivative(batch)))

    return term


def field_of(model: Any) -> Any:
    """The vector field of a model: its `field` if it has one, else the model itself."""
    return getattr(model, "field", model)


def at_points(
    residual: Callable[..., Array],
    *,
    args: Callable[[Any], Any] | Mapping[str, Any] | None = None,
    moved: Callable[[Batch], Batch] | None = None,
    per_window: int | None = None,
) -> Term:
    """A term from a pointwise residual(field, t, x, args), taken at the samples or where a group moves them.

    Arguments:
        residual: for example `invariance(generator)` or `conservation(integrals, state)`.
        args: parameters by name, or a function of the model that returns them.
        moved: for example a `GroupAugmentation`: states that the group reaches and the data does not.
        per_window: only the first so many samples of each window, which costs less; windows that overlap
            still reach every sample from one step to another.
    """

    def term(model: Any, batch: Batch) -> Array:
        batch = batch if moved is None else moved(batch)
        if per_window is not None:
            batch = batch._replace(times=batch.times[..., :per_window], states=batch.states[..., :per_window, :])
        given = args(model) if callable(args) else args
        return residual(field_of(model), batch.times, batch.states, given)

    return term


def invariance(generator: Generator, *, order: int = 1) -> Callable[..., Array]:
    """residual(field, t, x, args): how far a learned field is from admitting the generator.

    Lowered once, for whatever field it is called with; see `invariance_residual` for the formula.
    """
    residual = invariance_residual(_carried, generator, order=order)
    return lambda field, t, x, args=None: residual(t, x, dict(args or {}) | {CARRIED: field})


def conservation(
    integrals: Expr | Sequence[Expr], state: Sequence[Symbol], *, t: Symbol | None = None, order: int = 1
) -> Callable[..., Array]:
    """residual(field, t, x, args): ∂_t I + ∇I·f, the rate at which a learned field changes the integrals.

    Lowered once, for whatever field it is called with; see `conservation_residual`.
    """
    residual = conservation_residual(_carried, integrals, state=state, t=t, order=order)
    return lambda field, t, x, args=None: residual(t, x, dict(args or {}) | {CARRIED: field})


def _carried(t: Any, x: Array, args: Mapping[str, Any]) -> Array:
    """The field that travels in the arguments, so that one lowered residual serves every field."""
    rest = {name: value for name, value in args.items() if name != CARRIED}
    return args[CARRIED](t, x, rest or None)


def augmented(term: Term, moved: Callable[[Batch], Batch]) -> Term:
    """The term on samples moved by a group: `augmented(misfit(), GroupAugmentation(…))` is data
    augmentation.
    """
    return lambda model, batch: term(model, moved(batch))


def rollout_drift(integral: Callable[..., Array], *, args: Callable[[Any], Any] | Mapping[str, Any] | None = None) -> Term:
    """I(t, x(t)) - I(t_0, x(t_0)) along the model's own rollout; `integral` is (t, x, args) -> (…, k)."""

    def term(model: Any, batch: Batch) -> Array:
        states = model(batch.states[..., 0, :], batch.times)
        values = integral(batch.times, states, args(model) if callable(args) else args)
        return values[..., 1:, :] - values[..., :1, :]

    return term


def data_drift(integral: Callable[..., Array], *, args: Callable[[Any], Any] | Mapping[str, Any] | None = None) -> Term:
    """I(t_k, x_k) - I(t_0, x_0) along the measured windows: a condition on the parameters in I, without a
    solve.
    """

    def term(model: Any, batch: Batch) -> Array:
        values = integral(batch.times, batch.states, args(model) if callable(args) else args)
        return values[..., 1:, :] - values[..., :1, :]

    return term
