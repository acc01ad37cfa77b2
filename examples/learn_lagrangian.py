"""A Lagrangian network on a pendulum: trained on short windows of swings, asked for 200 time units.

The network L(q, v) gives the acceleration by the Euler-Lagrange equations, so its solutions keep the energy v L_v - L of
the network whatever has been learned. A plain network of the acceleration keeps nothing.

    python examples/learn_lagrangian.py [--backend torch|jax] [--steps 400]
"""

from __future__ import annotations

import argparse

import numpy as np

from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories, simulate

TIMES = np.linspace(0.0, 5.0, 51)
STARTS = np.array([[0.4, 0.0], [0.9, 0.0], [1.4, 0.0], [1.9, 0.0]])


def swing(t: float, x: np.ndarray) -> np.ndarray:
    """The pendulum q'' = -sin q."""
    return np.array([x[1], -np.sin(x[0])])


def energy(x: np.ndarray) -> np.ndarray:
    """The energy of the pendulum."""
    return x[..., 1] ** 2 / 2 - np.cos(x[..., 0])


def main(backend: str = "torch", steps: int = 400) -> dict[str, float]:
    """The largest change of the true energy in 200 time units along the solution of each network."""
    kit = toolkit(backend)
    data = Trajectories(np.tile(TIMES, (4, 1)), simulate(swing, STARTS, TIMES), ("q", "v"))
    settings = Settings(steps=steps, batch=64, learning_rate=5e-3)
    fields = {
        "plain": kit.SecondOrderField(kit.MLPField(2, outputs=1, width=16)),
        "Lagrangian": kit.LagrangianODE(kit.ScalarNetwork(1, width=16, angles=(0,), kinetic=1.0)),
    }
    clock, found = np.linspace(0.0, 200.0, 2001), {}
    for name, field in fields.items():
        sampler = Sampler(data.windows(2), settings)
        model = kit.train(kit.NeuralODE(field), kit.SymmetryLoss(kit.misfit()), sampler, settings, label=name).model
        states = kit.evaluate(model, np.array([[1.2, 0.0]]), clock)
        found[name] = float(np.abs(energy(states) - energy(states[:, :1])).max())
        print(f"{name}: the energy changes by {found[name]:.1e} in 200 time units")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=("torch", "jax"), default="torch")
    parser.add_argument("--steps", type=int, default=400)
    main(**vars(parser.parse_args()))
