"""What a network has learned: its gradients name an exact expression, and the engine verifies it on the equations.

python examples/identify_learned.py [torch | jax]
"""

from __future__ import annotations

import sys

import numpy as np

import liesym
from liesym.learn.fitting import Settings, toolkit
from liesym.text import write


def reactions(count: int, seed: int) -> np.ndarray:
    """Noisy trajectories of A to B and back, shape (count, 30, 2): amounts approach equilibrium along x1 + x2."""
    random = np.random.default_rng(seed)
    start, decay = random.uniform(0, 1, (count, 1, 2)), np.exp(-0.905 * np.linspace(0, 3, 30))[:, None]
    rest = start.sum(-1, keepdims=True) * np.array([0.274, 0.631]) / 0.905
    return rest + (start - rest) * decay + 0.003 * random.standard_normal((count, 30, 2))


def main(backend: str = "torch") -> list[str]:
    """The verified expressions for a network trained on reactions, looked for in two systems."""
    kit = toolkit(backend)
    settings = Settings(steps=400, batch=20, learning_rate=1e-2, final_rate=1e-4)
    network = kit.ContrastiveInvariant(2, width=32, activation="silu", linear=True)
    invariant, _ = kit.train_invariant(network, reactions(50, 0), settings)
    states = reactions(50, 1)
    slopes = invariant.gradients(kit.as_tensor(states, invariant))
    gradients = np.asarray(slopes.detach() if hasattr(slopes, "detach") else slopes)

    shown = []
    for name, text in (
        ("closed", "x1' = 274/1000*x2 - 631/1000*x1; x2' = 631/1000*x1 - 274/1000*x2"),
        ("with a loss", "x1' = 274/1000*x2 - 631/1000*x1; x2' = 631/1000*x1 - 374/1000*x2"),
    ):
        result = liesym.identify_invariants(liesym.ODESystem.parse(text), states, gradients)
        for one in result.found:
            print(f"{name}: the network is a function of {write(one.expression)}, misfit {one.misfit:.1e}, D_t = 0 exactly")
            shown.append(write(one.expression))
        if not result.identified:
            print(f"{name}: {result.reason}")
    return shown


if __name__ == "__main__":
    main(*sys.argv[1:])
