"""An ordinary diffrax training loop, and the five lines (marked +) that add a symmetry to its loss.

The data are short trajectories that start in one narrow sector of the plane. The loop learns them; asked for starts
elsewhere it has nothing to go by, unless it is told that the plane looks the same in every direction.

    python examples/existing_loop_jax.py
"""

from __future__ import annotations

import math
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array
from liesym_jax import invariance_residual  # +
from sympy.abc import t, x, y  # +

from liesym import Generator  # +

TIMES = jnp.linspace(0.0, 1.0, 11)
OPTIMIZER = optax.adam(1e-2)


def truth(time: Any, state: Array, args: Any) -> Array:
    """An oscillator that settles on the unit circle."""
    pull = 1.0 - jnp.sum(state**2, -1, keepdims=True)
    return pull * state + jnp.stack([-state[..., 1], state[..., 0]], -1)


def solve(field: Any, start: Array) -> Any:
    """States at the times from each start."""
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field), diffrax.Tsit5(), 0.0, 1.0, 0.1, start, saveat=diffrax.SaveAt(ts=TIMES)
    )  # fmt: skip
    return solution.ys


def starts(seed: int, width: float) -> Array:
    """Points at radii of 0.2 to 1.8 in a sector of the given half-width around the x axis."""
    one, two = jax.random.split(jax.random.key(seed))
    radius = jax.random.uniform(one, 32, minval=0.2, maxval=1.8)
    angle = jax.random.uniform(two, 32, minval=-width, maxval=width)
    return jnp.stack([radius * jnp.cos(angle), radius * jnp.sin(angle)], -1)


def field_of(network: eqx.nn.MLP) -> Any:
    """x' = network(x) for many states at once, in the form diffrax asks for."""
    return lambda time, state, args: jax.vmap(network)(state)


def loss_of(network: eqx.nn.MLP, start: Array, measured: Array, weight: Array, key: Array) -> Array:
    """Mean square of the misfit."""
    field = field_of(network)
    loss = jnp.mean((solve(field, start) - measured) ** 2)
    broken = invariance_residual(field, Generator((t, x, y), (0 * t, -y, x)))  # +
    loss += weight * jnp.mean(broken(0.0, jax.random.normal(key, (64, 2))) ** 2)  # +
    return loss


@eqx.filter_jit
def step(network: eqx.nn.MLP, memory: Any, *data: Array) -> tuple[eqx.nn.MLP, Any]:
    """One step of the optimizer."""
    updates, memory = OPTIMIZER.update(eqx.filter_grad(loss_of)(network, *data), memory)
    return eqx.apply_updates(network, updates), memory


def train(weight: float, steps: int) -> Any:
    """Fit the field to the trajectories of the sector."""
    network, start = eqx.nn.MLP(2, 2, 32, 2, jnp.tanh, key=jax.random.key(0)), starts(1, 0.3)
    measured, memory = solve(truth, start), OPTIMIZER.init(eqx.filter(network, eqx.is_array))
    for key in jax.random.split(jax.random.key(3), steps):
        network, memory = step(network, memory, start, measured, jnp.asarray(weight), key)
    return field_of(network)


def error(field: Any, width: float) -> float:
    """Root mean square of the error of new trajectories that start in a sector of the given half-width."""
    start = starts(2, width)
    return float(jnp.sqrt(jnp.mean((solve(field, start) - solve(truth, start)) ** 2)))


def main(steps: int = 400) -> dict[str, tuple[float, float]]:
    """Errors in the sector of the data and all around it, without the symmetry and with it."""
    found = {}
    for name, weight in (("without symmetry", 0.0), ("with symmetry", 0.1)):
        field = train(weight, steps)
        found[name] = error(field, 0.3), error(field, math.pi)
        print(f"{name}: error {found[name][0]:.3f} in the sector of the data, {found[name][1]:.3f} all around")
    return found


if __name__ == "__main__":
    main()
