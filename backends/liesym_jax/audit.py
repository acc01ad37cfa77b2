"""The audit of an adjoint gradient: conservation laws along the backward solve of diffrax's BacksolveAdjoint, and variations
forward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from liesym.learn.audit import AdjointCharge, Auditor, Variations
from liesym.learn.calling import call
from liesym.symmetries.generator import Generator
from liesym_jax.models import NeuralODE


def _measured(
    model: NeuralODE, x0: Array, times: Array, loss: Callable[[Array], Array], generators: Mapping[str, Generator]
) -> tuple[dict[str, float], int, np.ndarray, np.ndarray]:
    """Drifts, accepted steps, and the gradient; see `liesym.learn.audit.Auditor`."""
    m = x0.shape[-1]
    charges = [_Charge(model.field, generator, m) for generator in generators.values()]
    states = eqx.filter_jit(model)(x0, times)
    pulls = jax.grad(loss)(states)
    samples = (states.reshape(-1, len(times), m), pulls.reshape(-1, len(times), m))
    drifts, steps, adjoint, theta = eqx.filter_jit(_drifts)(model, charges, times, samples)
    worst = np.asarray(drifts).max(axis=0)
    by_start = np.asarray(adjoint + samples[1][:, 0]).reshape(x0.shape)
    by_parameters = np.asarray(ravel_pytree(jax.tree.map(lambda leaf: leaf.sum(0), theta))[0])
    return dict(zip(generators, map(float, worst), strict=True)), int(np.asarray(steps).sum()), by_start, by_parameters


def _slopes(model: NeuralODE, x0: Array, times: Array, loss: Callable[[Array], Array], along: Variations) -> np.ndarray:
    """The derivative of the loss along each direction; see `liesym.learn.audit.Auditor`."""
    m = x0.shape[-1]
    begin = np.moveaxis(along.starts.reshape(len(along.starts), -1, m), 0, 1)
    samples = (x0.reshape(-1, m), jnp.asarray(begin, x0.dtype))
    turned, tolerances = (jnp.asarray(a, x0.dtype) for a in (along.weights, (along.rtol, along.atol)))
    states, changes = eqx.filter_jit(_varied)(model, samples, times, turned, tolerances)
    states = states.reshape(*x0.shape[:-1], *states.shape[1:])
    pulls = jax.grad(loss)(states).reshape(changes.shape[0], len(times), 1, m)
    return np.asarray((changes * pulls).sum((0, 1, 3)))


def _varied(model: NeuralODE, samples: tuple[Array, Array], times: Array, turned: Array, tolerances: Array) -> Any:
    """States (S, K, m) and their variations (S, K, k, m) along k directions of the start and of the weights."""
    arrays, fixed = eqx.partition(model.field, eqx.is_inexact_array)
    flat, whole = ravel_pytree(arrays)

    def rates(t: Any, pair: Any, args: Any) -> Any:
        def field(x: Array, w: Array) -> Array:
            return call(eqx.combine(whole(w), fixed), model.bare, jnp.asarray(t, x.dtype), x, None)

        value, push = jax.linearize(field, pair[0], flat)
        return value, jax.vmap(push)(pair[1], turned)

    solver = {"dopri5": diffrax.Dopri5, "dopri8": diffrax.Dopri8}[model.solver]()

    def one(start: Array, moved: Array) -> Any:
        return diffrax.diffeqsolve(
            diffrax.ODETerm(rates), solver, times[0], times[-1], None, (start, moved), saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.PIDController(rtol=tolerances[0], atol=tolerances[1]),
            max_steps=16 * model.max_steps,
        ).ys  # fmt: skip

    return jax.vmap(one)(*samples)


def _drifts(
    model: NeuralODE, charges: list[_Charge], times: Array, samples: tuple[Array, Array]
) -> tuple[Any, Any, Any, Any]:
    """The worst drift of each charge for each sample, the steps taken, and the adjoint before the first observation."""

    arrays = eqx.filter(model.field, eqx.is_inexact_array)

    def stretch(carry: Any, ends: Any) -> tuple[Any, None]:
        adjoint, theta, worst, steps = carry
        late, early, state, pull, stored = ends
        begin = (state, adjoint + pull, theta)
        (_, adjoint, theta), noted, taken = _stretch(model, charges, late, early, begin)
        first = _row([charge(late, *begin)[0] for charge in charges], state)
        last = [charge(early, stored, adjoint, theta) for charge in charges]
        values = jnp.concatenate([noted[0], _row([pair[0] for pair in last], state)[None]])
        sizes = jnp.concatenate([noted[1], _row([pair[1] for pair in last], state)[None]])
        known = jnp.isfinite(values)
        change = jnp.where(known, jnp.abs(values - first), 0.0).max(axis=0)
        tiny = jnp.finfo(values.dtype).tiny
        worst = jnp.maximum(worst, change / (jnp.where(known, sizes, 0.0).max(axis=0) + tiny))
        return (adjoint, theta, worst, steps + taken), None

    def one(states: Array, pulls: Array) -> tuple[Array, Array, Array, Any]:
        start = (
            jnp.zeros_like(states[0]),
            jax.tree.map(jnp.zeros_like, arrays),
            jnp.zeros(len(charges), states.dtype),
            jnp.asarray(0),
        )
        ends = (times[1:], times[:-1], states[1:], pulls[1:], states[:-1])
        (adjoint, theta, worst, steps), _ = jax.lax.scan(stretch, start, ends, reverse=True)
        return worst, steps, adjoint, theta

    return jax.vmap(one)(*samples)


def _row(values: list[Array], like: Array) -> Array:
    """Numbers as one array, which may be empty."""
    return jnp.stack(values) if values else jnp.zeros(0, like.dtype)


def _stretch(model: NeuralODE, charges: list[_Charge], begin: Any, end: Any, state: Any) -> tuple[Any, Any, Any]:
    """The augmented state at the earlier observation, the charges at all steps on the way, and their
    number.
    """
    arrays, fixed = eqx.partition(model.field, eqx.is_inexact_array)

    def rates(t: Any, augmented: Any, args: Any) -> Any:
        x, a, _ = augmented
        value, pull = jax.vjp(
            lambda x, w: call(eqx.combine(w, fixed), model.bare, jnp.asarray(t, x.dtype), x, None), x, arrays
        )
        along_x, along_w = pull(a)
        return value, -along_x, jax.tree.map(jnp.negative, along_w)

    def charged(t: Any, augmented: Any, args: Any) -> tuple[Array, Array]:
        pairs = [charge(t, *augmented) for charge in charges]
        return _row([pair[0] for pair in pairs], augmented[0]), _row([pair[1] for pair in pairs], augmented[0])

    solver = {"dopri5": diffrax.Dopri5, "dopri8": diffrax.Dopri8}[model.solver]()
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rates), solver, begin, end, None, state, max_steps=model.max_steps,
        saveat=diffrax.SaveAt(subs=(diffrax.SubSaveAt(t1=True), diffrax.SubSaveAt(steps=True, fn=charged))),
        stepsize_controller=diffrax.PIDController(rtol=model.rtol, atol=model.atol),
    )  # fmt: skip
    final, noted = solution.ys  # pyright: ignore[reportGeneralTypeIssues, reportAssignmentType]
    return jax.tree.map(lambda leaf: leaf[0], final), noted, solution.stats["num_accepted_steps"]


class _Charge(AdjointCharge):
    """I = a·(η - ξ f) + a_θ·τ of one generator, with the size that its drift is measured by."""

    def __init__(self, field: Any, generator: Generator, m: int) -> None:
        self.theta: Mapping[str, Any] = field.parameters_by_name() if hasattr(field, "parameters_by_name") else {}
        super().__init__(field, generator, m, self.theta, "jax")

    def __call__(self, t: Any, x: Array, a: Array, a_field: Any) -> tuple[Array, Array]:
        t = jnp.asarray(t, x.dtype)
        value = self.program(t, x, self.theta)
        rest = value[1 : 1 + self.states] - value[0] * self.called(t, x, None)
        charge, size = a @ rest, jnp.linalg.norm(a) * jnp.linalg.norm(rest)
        for j, name in enumerate(self.moved):
            pull = a_field.theta[name] / (self.theta[name] if name in self.field.positive else 1.0)
            tau = value[1 + self.states + j]
            charge, size = charge + tau * pull, size + jnp.abs(tau * pull)
        return charge, size


audit_gradient = Auditor(_measured, _slopes).audit_gradient
