"""An ordinary diffrax training loop, and the five lines (marked +) that build a symmetry into its field.

The data are short trajectories that start in one narrow sector of the plane. The loop learns them; asked for starts
elsewhere it has nothing to go by. A field that turns with the plane is right everywhere, whatever its weights are.

    python examples/hard_loop_jax.py
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
from liesym_jax import EquivariantField  # +
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


class Field(eqx.Module):
    """x' = network(x) for many states at once, in the form diffrax asks for."""

    network: eqx.nn.MLP

    def __call__(self, time: Any, state: Array, args: Any) -> Array:
        return jax.vmap(self.network)(state)


def loss_of(field: Any, start: Array, measured: Array) -> Array:
    """Mean square of the misfit."""
    return jnp.mean((solve(field, start) - measured) ** 2)


@eqx.filter_jit
def step(field: Any, memory: Any, *data: Array) -> tuple[Any, Any]:
    """One step of the optimizer."""
    updates, memory = OPTIMIZER.update(eqx.filter_grad(loss_of)(field, *data), memory)
    return eqx.apply_updates(field, updates), memory


def train(lawful: bool, steps: int, seed: int) -> Any:
    """Fit the field to the trajectories of the sector."""
    field: Any = Field(eqx.nn.MLP(2, 2, 32, 2, jnp.tanh, key=jax.random.key(seed)))
    if lawful:  # +
        field = EquivariantField.from_generators([Generator((t, x, y), (0 * t, -y, x))], width=32, seed=seed)  # +
    start = starts(seed, 0.3)
    measured, memory = solve(truth, start), OPTIMIZER.init(eqx.filter(field, eqx.is_inexact_array))
    for _ in range(steps):
        field, memory = step(field, memory, start, measured)
    return field


def error(field: Any, width: float) -> float:
    """Root mean square of the error of new trajectories that start in a sector of the given half-width."""
    start = starts(99, width)
    return float(jnp.sqrt(jnp.mean((solve(field, start) - solve(truth, start)) ** 2)))


def main(steps: int = 400, seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, list[tuple[float, float]]]:
    """Errors in the sector of the data and all around it, for each seed, without the symmetry and with it."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, lawful in (("without symmetry", False), ("with symmetry", True)):
        fields = [train(lawful, steps, seed) for seed in seeds]
        found[name] = [(error(field, 0.3), error(field, math.pi)) for field in fields]
        for seed, (here, around) in zip(seeds, found[name], strict=True):
            print(f"{name}, seed {seed}: error {here:.3f} in the sector of the data, {around:.3f} all around")
    return found


if __name__ == "__main__":
    main()
