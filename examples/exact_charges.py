"""A Lagrangian network that cannot break a symmetry: inputs from the generators, and the charge it then conserves.

python examples/exact_charges.py

The force is central in a skewed metric, so the symmetry is a conjugated rotation: the engine finds it and its invariants.
"""

from __future__ import annotations

import numpy as np
import torch
from liesym_torch.toolkit import InvariantLayer, InvariantScalar, LagrangianODE, NeuralODE, NoetherMonitor, evaluate

import liesym
from liesym.invariants import stationarity
from liesym.variational import Lagrangian, euler_lagrange

NAMES = ("x", "y")
TRUTH = Lagrangian.parse("(x'^2 + x'*y' + y'^2)/2 - (x^2 + x*y + y^2)^2/2", unknowns=NAMES)
TIMES = np.linspace(0.0, 10.0, 101)


def learned(layer: InvariantLayer, q: torch.Tensor, v: torch.Tensor, a: torch.Tensor, steps: int = 600) -> InvariantScalar:
    """A network on the layer, fitted to accelerations."""
    scalar = InvariantScalar(layer, width=32, seed=1, dtype=q.dtype)
    optimizer = torch.optim.Adam(scalar.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        loss = torch.nn.functional.smooth_l1_loss(LagrangianODE(scalar).acceleration(None, q, v), a)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(scalar.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return scalar


def main() -> None:
    system = euler_lagrange(TRUTH)
    turns = [g for g in liesym.find_symmetries(system).generators if g.xi == 0]
    print("symmetry:", *turns)
    x = torch.tensor(np.random.default_rng(0).uniform(-1, 1, (200, 4)))
    accelerations = liesym.lower(system, backend="torch")(0.0, x, None)[:, 2:]
    drifts = {}
    for name, known in (("free", []), ("invariant", turns)):
        layer = InvariantLayer([*known, stationarity(NAMES)])
        print(f"{name} network, its inputs:", *layer.basis.functions, sep="  ")
        scalar = learned(layer, x[:, :2], x[:, 2:], accelerations)
        states = evaluate(NeuralODE(LagrangianODE(scalar), substeps=4), [[0.7, 0.1, -0.2, 0.5]], TIMES)
        monitor = NoetherMonitor(scalar, turns, truth=TRUTH)
        drifts[name] = [d(TIMES, states).largest.max() for d in (monitor.drift, monitor.true_drift)]
        print(f"  drift of its own charge {drifts[name][0]:.1e}, of the true charge {drifts[name][1]:.1e}")
    assert drifts["invariant"][0] < 1e-6 < drifts["free"][0] and drifts["invariant"][1] < drifts["free"][1]


if __name__ == "__main__":
    main()
