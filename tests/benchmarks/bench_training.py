"""What the training loop costs beside one that a person writes: a network of 2 → 32 → 32 → 2 on windows of 8 states, two
classical Runge-Kutta steps between two of them. In JAX beside torch, the compilation of both counted.

    python tests/benchmarks/bench_training.py 200 32
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import torch

from liesym.learn.fitting import Sampler, Settings
from liesym.learn.toolkits import toolkit
from liesym.learn.trajectories import Trajectories

SUBSTEPS = 2
REPEATS = 5


def batches(settings: Settings) -> Sampler:
    """Windows of an oscillator."""
    phases = np.random.default_rng(0).uniform(0, 6, (20, 1))
    times = np.broadcast_to(np.linspace(0, 5, 60), (20, 60)).copy()
    states = np.stack([np.cos(times + phases), -np.sin(times + phases)], axis=-1)
    return Sampler(Trajectories(times, states, names=("x", "v")).windows(8), settings)


def ours(backend: str, settings: Settings) -> float:
    """Seconds of the loop of a toolkit."""
    kit = toolkit(backend)
    model = kit.NeuralODE(kit.MLPField(2, width=32, depth=2), substeps=SUBSTEPS)
    loss, source = kit.SymmetryLoss(kit.misfit(scale=np.ones(2))), batches(settings)
    start = time.process_time()
    kit.train(model, loss, source, settings)
    return time.process_time() - start


def by_hand(settings: Settings) -> float:
    """Seconds of the same in torch without liesym, on the same batches."""
    layers = torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32), torch.nn.Tanh(), torch.nn.Linear(32, 2)
    field, source = torch.nn.Sequential(*layers), batches(settings)
    optimizer = torch.optim.AdamW(field.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    start = time.process_time()
    for step in range(settings.steps):
        times, states = (torch.as_tensor(a, dtype=torch.float32) for a in source(step)[:2])
        for group in optimizer.param_groups:
            group["lr"] = settings.rate(step)
        x = states[:, 0]
        found = [x]
        for k in range(times.shape[1] - 1):
            h = ((times[:, k + 1] - times[:, k]) / SUBSTEPS)[:, None]
            for _ in range(SUBSTEPS):
                k1 = field(x)
                k2 = field(x + 0.5 * h * k1)
                k3 = field(x + 0.5 * h * k2)
                k4 = field(x + h * k3)
                x = x + h * (k1 + 2.0 * (k2 + k3) + k4) / 6.0
            found.append(x)
        loss = (torch.stack(found, dim=1) - states).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - start


def main(steps: int, batch: int) -> None:
    """Print the ratios, medians of runs one after the other."""
    torch.set_num_threads(1)
    settings = Settings(steps=steps, batch=batch)
    ours("torch", Settings(steps=2, batch=batch))
    runs = [(ours("torch", settings), by_hand(settings), ours("jax", settings)) for _ in range(REPEATS)]
    print(f"{steps} steps of {batch} windows, seconds: " + "; ".join(" ".join(f"{s:.2f}" for s in run) for run in runs))
    print(f"torch: {statistics.median(a / b for a, b, _ in runs):.2f} of the loop written by hand")
    print(f"torch: {statistics.median(a / c for a, _, c in runs):.2f} of JAX")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
