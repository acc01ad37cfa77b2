"""An invariant learned from trajectories alone keeps a bad field on its orbits; one that was not learned is refused.

python examples/learned_invariant.py [torch | jax]
"""

from __future__ import annotations

import sys

import numpy as np

from liesym import ODESystem
from liesym.errors import TrainingError
from liesym.learn.fitting import Settings, toolkit


def springs(count: int, seed: int) -> np.ndarray:
    """Noisy trajectories of q' = 2p, p' = -2q, shape (count, 30, 2)."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi, (count, 1)) - 2 * np.linspace(0, 3, 30)
    radius = random.uniform(0.3, 1.2, (count, 1))
    exact = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    return exact + 0.01 * random.standard_normal(exact.shape)


def main(backend: str = "torch") -> tuple[float, float]:
    """Largest change of q² + p² over three periods, of the bad field and of its projection."""
    kit = toolkit(backend)
    untrained = kit.ContrastiveInvariant(2, width=32)
    bad = kit.SymbolicField(ODESystem.parse("q' = 2*p; p' = -2*q + p/5"))
    try:
        kit.ConservationProjection(bad, untrained, held_out=springs(25, 1))
    except TrainingError as error:
        print(f"untrained: {error}")
    settings = Settings(steps=400, batch=10, learning_rate=1e-2, final_rate=1e-4)
    invariant, losses = kit.train_invariant(untrained, springs(25, 0), settings, kind="softmax")
    projected = kit.ConservationProjection(bad, invariant, held_out=springs(25, 1))
    assert projected.trust is not None and projected.trust.ok
    within = projected.trust.ratios[0]
    print(f"{backend}: contrastive loss {losses[0]:.2f} to {losses[-1]:.2f}, {within:.1e} of the variance within orbits")
    start, times, found = springs(5, 2)[:, 0], np.linspace(0, 3 * np.pi, 200), []
    for name, field in (("bad field", bad), ("projected", projected)):
        radius = (kit.evaluate(kit.NeuralODE(field), start, times) ** 2).sum(-1)
        found.append(float(np.abs(radius / radius[:, :1] - 1).max()))
        print(f"{name}: q² + p² changes by {found[-1]:.1%}")
    return found[0], found[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
