"""Losses: terms made of residuals at samples, along rollouts and along measured windows.

A term is a function (model, batch) -> array; what it computes with is in `liesym.learn.arrays`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sympy import Expr, Symbol

from liesym.errors import AnsatzError
from liesym.learn.arrays import Array, ArrayLibrary
from liesym.learn.calling import with_args
from liesym.learn.fields import FieldResiduals
from liesym.learn.fitting import check_terms, flow_program, term_weights
from liesym.learn.rollout import leading_part, pushforward
from liesym.lowering.lower import lower
from liesym.residuals import FlowPair
from liesym.symmetries.generator import Generator

Term = Callable[[Any, Any], Array]
CARRIED = "the field of the model"
__all__ = ["Batch", "augmented", "derivative_misfit", "field_of", "rollout_drift"]
"""What needs no array library; a toolkit passes it on as it is."""


class Batch(NamedTuple):
    """Windows of trajectories: times (B, L), states (B, L, m), and random numbers (B, r) in [-1, 1]."""

    times: Array
    states: Array
    draws: Array


COLLAPSED = 0.03
"""A field below this part of the speeds in the data has collapsed."""


class CollapseWarning(UserWarning):
    """Training has ended at a field near zero, which fulfils most laws and fits no data."""


class AbstractSymmetryLoss:
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

    arrays: ClassVar[ArrayLibrary]

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
            found[name] = (residual(model, batch) ** 2).mean()
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
            TrainingError: a term is not finite (and the call is not traced); the message names it.
        """
        terms = self.terms(model, batch)
        total = self.total(terms)
        if self.arrays.is_known(total) and not bool(self.arrays.xp.isfinite(total)):
            check_terms({name: float(value) for name, value in terms.items()}, step)
        return total


class AbstractGroupAugmentation:
    """Moves every window of a batch by exp(ε_1 X_1) … exp(ε_r X_r) with random ε_i; times, positions and
    velocities together.

    A solution is moved to a solution, so the misfit of a moved window is as valid as that of the window.
    All samples of a window get the same ε.

    Arguments:
        generators: over (t, x_1, …, x_m), with exact flows.
        spread: ε_i lies in [-spread_i, spread_i]; one number for all, or one each.
        levels: how many of (q, q', q'', …) the states of the batch hold: 1 for a first-order system, 2 for
            (q, v).
        flows: (t̄, (x̄_1, …)) of each generator in its variables and the symbol epsilon, where none is found.
        first: which of the random numbers of the batch is the first to be used; `draws` in the settings
            must reach as far.

    Raises:
        AnsatzError: spreads or flows that are not one for each generator.
        Unsupported: no closed form of a flow is known.
    Source: Brandstetter, Welling and Worrall 2022; the prolonged flow is Olver 1993, equation (2.18).
    """

    arrays: ClassVar[ArrayLibrary]

    def __init__(
        self,
        generators: Generator | Sequence[Generator],
        *,
        spread: float | Sequence[float] = 1.0,
        levels: int = 1,
        flows: Sequence[FlowPair] | None = None,
        first: int = 0,
    ) -> None:
        chosen = (generators,) if isinstance(generators, Generator) else tuple(generators)
        self.spread = (float(spread),) * len(chosen) if isinstance(spread, (int, float)) else tuple(spread)
        if len(self.spread) != len(chosen) or (flows is not None and len(flows) != len(chosen)):
            raise AnsatzError(f"{len(chosen)} generators need as many spreads and flows")
        self.first = first
        self.programs = []
        for generator, flow in zip(chosen, flows or [None] * len(chosen), strict=True):
            target, state, t = flow_program(generator, levels, flow)
            self.programs.append(lower(target, state, backend=self.arrays.name, t=t, parameters={"epsilon": 0.0}))

    @property
    def draws(self) -> int:
        """Random numbers that a batch must bring."""
        return self.first + len(self.programs)

    def move(self, t: Array, x: Array, parameters: Sequence[Any]) -> tuple[Array, Array]:
        """(t̄, x̄) for given group parameters, numbers or arrays that broadcast against t."""
        for program, epsilon in zip(self.programs, parameters, strict=True):
            point = program(t, x, {"epsilon": epsilon})
            t, x = point[..., 0], point[..., 1:]
        return t, x

    def __call__(self, batch: Batch) -> Batch:
        """The batch moved by its own random numbers."""
        if batch.draws.shape[-1] < self.draws:
            raise AnsatzError(f"the batch brings {batch.draws.shape[-1]} random numbers, {self.draws} are needed")
        numbers = [s * batch.draws[..., self.first + i, None] for i, s in enumerate(self.spread)]
        times, states = self.move(batch.times, batch.states, numbers)
        return batch._replace(times=times, states=states)


def field_of(model: Any) -> Any:
    """The vector field of a model: its `field` if it has one, else the model itself."""
    return getattr(model, "field", model)


def carried(residual: Callable[..., Array]) -> Callable[..., Array]:
    """residual(field, t, x, args) from one that takes its field out of the arguments: lowered once, for whatever
    field it is called with.
    """
    return lambda field, t, x, args=None: residual(t, x, dict(args or {}) | {CARRIED: field})


def without_field(args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments that are the field's own."""
    return {name: value for name, value in args.items() if name != CARRIED} or None


class CarriedField:
    """The field that travels in the arguments, so that one lowered residual serves every field."""

    def __init__(self, arrays: ArrayLibrary, order: int) -> None:
        self.arrays, self.order = arrays, order

    def __call__(self, t: Any, x: Array, args: Mapping[str, Any]) -> Array:
        return leading_part(args[CARRIED], self.order)(t, x, without_field(args))

    def pushforward(self, t: Any, x: Array, args: Mapping[str, Any], dt: Array | None, dx: Array) -> tuple[Array, Array]:
        """See `liesym.learn.rollout.pushforward`."""
        return pushforward(self.arrays, leading_part(args[CARRIED], self.order), t, x, without_field(args), dt, dx)


class Terms:
    """Terms and residuals that need an array library; a toolkit offers its methods as functions."""

    def __init__(self, arrays: ArrayLibrary) -> None:
        self.arrays, self.residuals = arrays, FieldResiduals(arrays)

    def misfit(
        self, *, scale: Any = None, logarithmic: bool = False, start: Callable[[Any, Batch], Array] | None = None
    ) -> Term:
        """Mean square of (model rollout from the first state of each window) - (states of the window).

        States that are NaN were not measured and do not count; of the first state of a window none may be missing.

        Arguments:
            scale: divides the difference, per state.
            logarithmic: compare logarithms, for positive states with relative noise.
            start: (model, batch) -> where the windows begin, (…, m), for states that are never measured: weights of the
                model, or what an encoder makes of the window. All states of the window are then compared.
        """
        xp = self.arrays.xp

        def term(model: Any, batch: Batch) -> Array:
            skipped = 1 if start is None else 0
            begin = batch.states[..., 0, :] if start is None else start(model, batch)
            predicted = model(begin, batch.times)[..., skipped:, :]
            measured = batch.states[..., skipped:, :]
            known = xp.isfinite(measured)
            predicted, measured = (xp.where(known, a, xp.ones_like(a)) for a in (predicted, measured))
            difference = xp.log(predicted) - xp.log(measured) if logarithmic else predicted - measured
            if scale is not None and not logarithmic:
                difference = difference / self.arrays.as_array(scale, difference)
            share = self.arrays.as_array(known, difference).mean()
            return (difference**2).mean() / xp.where(share > 0, share, xp.ones_like(share))

        return term

    def filled(self, batch: Batch) -> Batch:
        """Samples with a state that was not measured in the place of the first of their window, at which a residual is as
        good.
        """
        xp = self.arrays.xp
        whole = xp.isfinite(batch.states).all(-1)[..., None]
        return batch._replace(states=xp.where(whole, batch.states, batch.states[..., :1, :]))

    def at_points(self, residual: Callable[..., Array], **options: Any) -> Term:
        """See `liesym.learn.objectives.at_points`; samples with a state that was not measured are left out."""
        term = at_points(residual, **options)
        return lambda model, batch: term(model, self.filled(batch))

    def data_drift(self, integral: Callable[..., Array], **options: Any) -> Term:
        """See `liesym.learn.objectives.data_drift`; samples with a state that was not measured are left out."""
        term = data_drift(integral, **options)
        return lambda model, batch: term(model, self.filled(batch))

    def speed_ratio(self, field: Any, times: Any, states: Any) -> float:
        """Root mean square of a field along trajectories (…, K, m) in units of that of their difference quotients.

        About 1 for a field that was learned; far below, the field has collapsed: residuals that the zero field fulfils have
        outweighed the data. NaN are left out.
        """
        t, x = (np.asarray(self.arrays.to_numpy(self.arrays.as_array(a))) for a in (times, states))
        with np.errstate(all="ignore"):
            rates = np.diff(x, axis=-2) / np.diff(t, axis=-1)[..., None]
        known = np.isfinite(rates) & np.all(np.isfinite(x[..., :-1, :]), axis=-1, keepdims=True)
        here, where = (self.arrays.as_array(np.nan_to_num(a[..., :-1] if a is t else a[..., :-1, :]), field) for a in (t, x))
        found = np.asarray(self.arrays.to_numpy(with_args(field)(here, where, None)))
        if not known.any():
            return float("nan")
        return float(np.sqrt(np.mean(found[known] ** 2) / max(np.mean(rates[known] ** 2), np.finfo(float).tiny)))

    def warn_of_collapse(self, field: Any, times: Any, states: Any) -> None:
        """Say so where `speed_ratio` is far below 1."""
        ratio = self.speed_ratio(field, times, states)
        if ratio < COLLAPSED:
            warnings.warn(
                f"the field has collapsed: it moves the states at {100 * ratio:.2g} % of the speed in the data. The zero "
                "field fulfils most laws: lower the weights of the residuals, or make them with relative=True",
                CollapseWarning,
                stacklevel=4,
            )

    def invariance(self, generator: Generator, *, order: int = 1, relative: bool = False) -> Callable[..., Array]:
        """residual(field, t, x, args): how far a learned field is from admitting the generator.

        Lowered once, for whatever field it is called with; see `FieldResiduals.invariance_residual` for the formula.
        """
        field = CarriedField(self.arrays, order)
        return carried(self.residuals.invariance_residual(field, generator, order=order, relative=relative))

    def conservation(
        self,
        integrals: Expr | Sequence[Expr],
        state: Sequence[Symbol],
        *,
        t: Symbol | None = None,
        order: int = 1,
        relative: bool = False,
    ) -> Callable[..., Array]:
        """residual(field, t, x, args): ∂_t I + ∇I·f, the rate at which a learned field changes the integrals.

        Lowered once, for whatever field it is called with; see `FieldResiduals.conservation_residual`.
        """
        field = CarriedField(self.arrays, order)
        residual = self.residuals.conservation_residual(field, integrals, state=state, t=t, order=order, relative=relative)
        return carried(residual)


def derivative_misfit(derivative: Callable[[Batch], Array]) -> Term:
    """Mean square of f(t, x) - x' at the samples, for data that come with derivatives."""

    def term(model: Any, batch: Batch) -> Array:
        return ((with_args(field_of(model))(batch.times, batch.states, None) - derivative(batch)) ** 2).mean()

    return term


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


def augmented(term: Term, moved: Callable[[Batch], Batch]) -> Term:
    """The term on samples moved by a group: `augmented(misfit(), GroupAugmentation(…))` is data
    augmentation.
    """
    return lambda model, batch: term(model, moved(batch))


def rollout_drift(integral: Callable[..., Array], *, args: Callable[[Any], Any] | Mapping[str, Any] | None = None) -> Term:
    """I(t, x(t)) - I(t_0, x(t_0)) along the model's own rollout; `integral` is (t, x, args) -> (…, k)."""

    def term(model: Any, batch: Batch) -> Array:
        states = model(batch.states[..., 0, :], batch.times)
        return _since_start(integral(batch.times, states, args(model) if callable(args) else args))

    return term


def data_drift(integral: Callable[..., Array], *, args: Callable[[Any], Any] | Mapping[str, Any] | None = None) -> Term:
    """I(t_k, x_k) - I(t_0, x_0) along the measured windows: a condition on the parameters in I, without a
    solve.
    """

    def term(model: Any, batch: Batch) -> Array:
        return _since_start(integral(batch.times, batch.states, args(model) if callable(args) else args))

    return term


def _since_start(values: Array) -> Array:
    return values[..., 1:, :] - values[..., :1, :]
