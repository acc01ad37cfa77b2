"""What the hard forms cost: steps of training with a projection in units of the plain network's, a hybrid in units of the
same field written by hand. The two of a pair are measured in turns; medians of the ratios.

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

import liesym
from liesym.learn.toolkits import toolkit

X, Y, U, V = STATES = sp.symbols("x y u v", real=True)
ENERGY, MOMENTUM = (U**2 + V**2) / 2 - 1 / sp.sqrt(X**2 + Y**2), X * V - Y * U
ROTATION = liesym.Generator.from_mapping((sp.Symbol("t", real=True), *STATES), {"x": -Y, "y": X, "u": -V, "v": U})
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


def seconds(work: Callable[[], Any]) -> float:
    """Of one call, by the clock of the process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def paired(work: Callable[[], Any], unit: Callable[[], Any], repeats: int = 31) -> tuple[float, float]:
    """Seconds of the one, and the median of the ratios to the other, measured in turns after one call of each."""
    for each in (work, unit):
        each()
    found = [(seconds(work), seconds(unit)) for _ in range(repeats)]
    return statistics.median(a for a, _ in found), statistics.median(a / b for a, b in found)


def step_of(kit: Any, field: Any, start: np.ndarray, times: np.ndarray, soft: bool = False) -> Callable[[], Any]:
    """A rollout and its gradient; with `soft`, the residual of the invariance under rotations at the starts too."""
    model, (x, t) = kit.NeuralODE(field), (kit.as_tensor(a, None) for a in (start, times))
    residual = kit.invariance(ROTATION)

    def loss(model: Any) -> Any:
        misfit = (model(x, t) ** 2).mean()
        return misfit + (residual(kit.field_of(model), t[:1], x) ** 2).mean() if soft else misfit

    if kit.__name__.startswith("liesym_torch"):

        def step() -> None:
            model.zero_grad()
            loss(model).backward()

        return step
    import equinox
    import jax

    compiled = equinox.filter_jit(equinox.filter_value_and_grad(loss))
    return lambda: jax.block_until_ready(compiled(model))


def main(backend: str, batch: int) -> None:
    """Print the table."""
    kit = toolkit(backend)
    start = np.random.default_rng(0).standard_normal((batch, 4)).astype(np.float32)
    times, plain = np.linspace(0, 0.5, 11, dtype=np.float32), kit.MLPField(4, width=64, depth=2)

    def levels(*laws: sp.Expr) -> Any:
        return kit.LevelSets.from_expressions(laws, STATES)

    hand = by_hand(kit)
    rows = {
        "projected on an energy": (kit.TangentProjection(plain, levels(ENERGY)), plain),
        "projected on two integrals": (kit.TangentProjection(plain, levels(ENERGY, MOMENTUM)), plain),
        "soft invariance": (plain, plain),
        "hybrid": (kit.HybridODE(FORCE, {"V": kit.MLP(SIZES)}), hand),
    }
    for name, (field, unit) in rows.items():
        work = step_of(kit, field, start, times, soft=name == "soft invariance")
        found, ratio = paired(work, step_of(kit, unit, start, times))
        what = "the plain network" if unit is plain else "one written by hand"
        print(f"{name:28}{1e3 * found:8.1f} ms{ratio:8.2f} of {what}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
