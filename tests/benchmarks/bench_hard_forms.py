"""What the hard forms cost: steps of training with a projection in units of the plain network's, a hybrid in units of the
same field written by hand. Medians of the time of the process, one after the other in one run.

    python tests/benchmarks/bench_hard_forms.py torch 64
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from liesym.learn.toolkits import toolkit

X, Y, U, V = STATES = sp.symbols("x y u v", real=True)
ENERGY, MOMENTUM = (U**2 + V**2) / 2 - 1 / sp.sqrt(X**2 + Y**2), X * V - Y * U
FORCE = "x'' = -2*V'(x^2+y^2)*x; y'' = -2*V'(x^2+y^2)*y"
SIZES = (1, 64, 64, 1)


def by_hand(kit: Any) -> Any:
    """The field of FORCE as a person writes it, V' in one forward pass."""
    arrays, network = kit.ARRAYS, kit.MLP(SIZES)

    def rate(network: Any, x: Any) -> Any:
        q = x[..., :2]
        r = (q * q).sum(-1)[..., None]
        slope = arrays.jvp(network, (r,), (arrays.xp.ones_like(r),))[1]
        return arrays.xp.concat([x[..., 2:], -2.0 * slope * q], axis=-1)

    if kit.__name__.startswith("liesym_torch"):
        import torch

        class Hand(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.network = network

            def forward(self, t: Any, x: Any) -> Any:
                return rate(self.network, x)

        return Hand()
    import equinox

    class Written(equinox.Module):
        network: Any

        def __call__(self, t: Any, x: Any) -> Any:
            return rate(self.network, x)

    return Written(network)


def timed(work: Callable[[], Any], repeats: int = 11) -> float:
    """Seconds, after one call that is not counted."""
    work()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def step_of(kit: Any, field: Any, start: np.ndarray, times: np.ndarray) -> Callable[[], Any]:
    """A rollout and its gradient."""
    model, (x, t) = kit.NeuralODE(field), (kit.as_tensor(a, None) for a in (start, times))
    if kit.__name__.startswith("liesym_torch"):

        def step() -> None:
            model.zero_grad()
            (model(x, t) ** 2).mean().backward()

        return step
    import equinox
    import jax

    compiled = equinox.filter_jit(equinox.filter_value_and_grad(lambda m: (m(x, t) ** 2).mean()))
    return lambda: jax.block_until_ready(compiled(model))


def main(backend: str, batch: int) -> None:
    """Print the table."""
    kit = toolkit(backend)
    start = np.random.default_rng(0).standard_normal((batch, 4)).astype(np.float32)
    times, plain = np.linspace(0, 0.5, 11, dtype=np.float32), kit.MLPField(4, width=64, depth=2)

    def levels(*laws: sp.Expr) -> Any:
        return kit.LevelSets.from_expressions(laws, STATES)

    fields = {
        "plain network": (plain, "plain network"),
        "projected on an energy": (kit.TangentProjection(plain, levels(ENERGY)), "plain network"),
        "projected on two integrals": (kit.TangentProjection(plain, levels(ENERGY, MOMENTUM)), "plain network"),
        "written by hand": (by_hand(kit), "written by hand"),
        "hybrid": (kit.HybridODE(FORCE, {"V": kit.MLP(SIZES)}), "written by hand"),
    }
    seconds = {name: timed(step_of(kit, field, start, times)) for name, (field, _) in fields.items()}
    for name, (_, unit) in fields.items():
        print(f"{name:28}{1e3 * seconds[name]:8.1f} ms{seconds[name] / seconds[unit]:8.2f} of {unit}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
