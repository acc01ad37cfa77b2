"""A central force that nobody knows: its potential as a network against a plain network, on the same noisy trajectories.

    x'' = -V'(r) x/r,  y'' = -V'(r) y/r,      V(r) = -1/r in truth

Angular momentum and energy are proven with V open, so the hybrid keeps both whatever its weights are.

python examples/hybrid.py [torch | jax] [steps] [seed]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import liesym
from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories, simulate

SYSTEM = "x'' = -V'(sqrt(x^2+y^2))*x/sqrt(x^2+y^2); y'' = -V'(sqrt(x^2+y^2))*y/sqrt(x^2+y^2)"
NAMES = ("x", "y", "x'", "y'")
TIMES, LONG = np.linspace(0.0, 2.0, 41), np.linspace(0.0, 20.0, 401)
NOISE, WINDOW = 0.01, 11


def kepler(t: float, z: np.ndarray) -> np.ndarray:
    """The true field, V = -1/r."""
    return np.concatenate([z[2:], -z[:2] / (z[0] ** 2 + z[1] ** 2) ** 1.5])


def starts(count: int, seed: int) -> np.ndarray:
    """Radius 0.8 to 1.2 and nearly circular speed, at any angle."""
    random = np.random.default_rng(seed)
    angle, r = random.uniform(0, 2 * np.pi, count), random.uniform(0.8, 1.2, count)
    speed = random.uniform(0.9, 1.1, count) / np.sqrt(r)
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([r * c, r * s, -speed * s, speed * c], -1)


def trained(kit: Any, field: Any, data: Trajectories, steps: int, seed: int) -> Any:
    """The model after the same training for every field."""
    rates = {"learning_rate": 5e-3, "final_rate": 1e-4, "clip": 1.0}
    settings = Settings(steps=steps, batch=32, seed=seed, checkpoint_every=steps, **rates)
    sampler = Sampler(data.windows(WINDOW), settings)
    return kit.train(kit.NeuralODE(field), kit.SymmetryLoss(kit.misfit()), sampler, settings).model


def main(backend: str = "torch", steps: int = 800, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Name -> (median error of positions at ten times the horizon of the data, largest change of the angular momentum)."""
    kit = toolkit(backend)
    random = np.random.default_rng(seed)
    first, fresh = starts(20, seed), starts(10, seed + 1)
    states = simulate(kepler, first, TIMES)
    data = Trajectories(np.tile(TIMES, (20, 1)), states + NOISE * random.standard_normal(states.shape), NAMES)
    truth = simulate(kepler, fresh, LONG)
    print(*liesym.first_integrals(liesym.ODESystem.parse(SYSTEM)), sep="\n")
    fields = {
        "plain network": kit.MLPField(4, width=32, depth=2, seed=seed),
        "V as a network": kit.HybridODE(SYSTEM, functions={"V": kit.MLP((1, 32, 32, 1), seed=seed)}),
    }
    found = {}
    for name, field in fields.items():
        model = trained(kit, field, data, steps, seed)
        predicted = kit.evaluate(model, fresh, LONG)
        error = float(np.median(np.linalg.norm(predicted[:, -1, :2] - truth[:, -1, :2], axis=-1)))
        momentum = predicted[..., 0] * predicted[..., 3] - predicted[..., 2] * predicted[..., 1]
        found[name] = error, float(np.abs(momentum - momentum[:, :1]).max())
        print(f"{backend}, {name}: error {error:.3f}, angular momentum changes by {found[name][1]:.1e}")
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:4]))
