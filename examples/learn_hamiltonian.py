"""A Hamiltonian network on a mass on a spring, its gradient by the solver's steps and by the adjoint method.

The network H(q, p) gives q' = H_p and p' = -H_q. It is trained through an adaptive solver; `gradient="adjoint"` solves the
adjoint equations backward and stores nothing of the solve.

    python examples/learn_hamiltonian.py [--backend torch|jax] [--steps 300]
"""

from __future__ import annotations

import argparse

import numpy as np

from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories

TIMES = np.linspace(0.0, 1.0, 6)


def orbits(radii: np.ndarray, times: np.ndarray) -> np.ndarray:
    """States (q, p) of H = q² + p², whose frequency is 2, each from an angle of its own."""
    angles = 2 * times + 2.4 * np.arange(len(radii))[:, None]
    return np.stack([np.cos(angles), -np.sin(angles)], -1) * radii[:, None, None]


def main(backend: str = "jax", steps: int = 300) -> dict[str, float]:
    """The error of the state after two periods, trained with either gradient."""
    kit = toolkit(backend)
    radii = np.linspace(0.1, 1.0, 24)
    data = Trajectories(np.tile(TIMES, (24, 1)), orbits(radii, TIMES), ("q", "p"))
    settings = Settings(steps=steps, learning_rate=1e-2)
    clock, found = np.linspace(0.0, 2 * np.pi, 101), {}
    for gradient in ("direct", "adjoint"):
        field = kit.HamiltonianODE(kit.ScalarNetwork(1, width=16, activation="tanh", kinetic=1.0))
        model = kit.NeuralODE(field, solver="dopri5", gradient=gradient, rtol=1e-5, atol=1e-7)
        loss, sampler = kit.SymmetryLoss(kit.misfit()), Sampler(data, settings)
        model = kit.train(model, loss, sampler, settings, label=gradient).model
        states = kit.evaluate(model, np.array([[0.8, 0.0]]), clock)
        found[gradient] = float(np.abs(states - orbits(np.array([0.8]), clock)).max())
        print(f"{gradient}: the state after two periods is off by at most {found[gradient]:.1e}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=("torch", "jax"), default="jax")
    parser.add_argument("--steps", type=int, default=300)
    main(**vars(parser.parse_args()))
