"""Does the drift of a backward conservation law predict the error of an adjoint gradient?

    python examples/experiments/gradient_audit.py [--reduced] [--out results]

For each system, start and tolerance the drift that `audit_gradient` measures is put beside the relative error of the
adjoint gradient against direct differentiation of a solve at a tolerance of 1e-12, all in float64.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import Config, backend, collected, experiment, made_with, stopped
from scipy.stats import spearmanr

import liesym
from liesym.errors import TrainingError
from liesym.learn.audit import GradientWarning
from liesym.learn.experiment import markdown_table

SYSTEMS: dict[str, tuple[str, tuple[float, ...], float]] = {
    "Lotka-Volterra": ("x' = a*x - b*x*y; y' = c*x*y - d*y", (1.5, 1.0), 12.0),
    "pendulum": ("q' = w*p; p' = -k*sin(q)", (1.8, 0.3), 20.0),
    "two bodies": ("x' = u; y' = v; u' = -m*x/(x^2+y^2)^(3/2); v' = -m*y/(x^2+y^2)^(3/2)", (0.5, 0.0, 0.0, 1.7), 10.0),
    "Van der Pol": ("q' = w*p; p' = m*(1 - q^2)*p - q", (1.0, 0.5), 8.0),
    "network": ("", (1.0, 0.5), 10.0),
}
"""Equations (none: a network), a typical start, the last time; all parameters are 1."""


def field_of(kit: Any, name: str, seed: int) -> Any:
    """The field, in float64."""
    equations, start, _ = SYSTEMS[name]
    if not equations:
        return kit.MLPField(len(start), width=16, seed=seed, dtype=torch.float64)
    return kit.SymbolicField(liesym.ODESystem.parse(equations), dtype=torch.float64)


def gradient(
    model: Any, x0: torch.Tensor, times: torch.Tensor, loss: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The gradients of the loss by the start and by all parameters."""
    start = x0.clone().requires_grad_(True)
    parts = torch.autograd.grad(loss(model(start, times)), [start, *model.parameters()])
    return parts[0].flatten(), torch.cat([part.flatten() for part in parts[1:]])


def run(config: Config, variant: str, seed: int) -> Mapping[str, Any]:
    """Drift and error at each tolerance for one start of one system."""
    kit = backend(config)
    _, typical, last = SYSTEMS[variant]
    start = np.asarray(typical) * np.random.default_rng(seed).uniform(0.8, 1.2, len(typical))
    x0, times = torch.tensor(start), torch.linspace(0.0, last, config["observations"] + 1, dtype=torch.float64)
    field = field_of(kit, variant, seed)

    def loss(states: torch.Tensor) -> torch.Tensor:
        return (states - 0.5).square().mean()

    exact = gradient(kit.NeuralODE(field, solver="dopri8", rtol=1e-12, atol=1e-13), x0, times, loss)
    points, broken = [], []
    for exponent in config["exponents"]:
        rtol = 10.0**-exponent
        model = kit.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=rtol, atol=rtol)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", GradientWarning)
                audit = kit.audit_gradient(model, x0, times, loss)
        except TrainingError as reason:
            broken.append({"rtol": rtol, "reason": str(reason)})
            continue
        found = gradient(model, x0, times, loss)
        error = max(float((one - two).norm() / two.norm()) for one, two in zip(found, exact, strict=True))
        points.append({"rtol": rtol, "drift": audit.worst, "error": error, "steps": audit.steps})
    return {"points": points, "broken": broken}


def rows(record: Mapping[str, Any]) -> list[list[Any]]:
    """One row a system, and one for all of them."""
    table, everything = [], []
    for name, runs in collected(record).items():
        pairs = [(p["drift"], p["error"]) for run in runs for p in run["points"]]
        everything += pairs
        lost = sum(len(run["broken"]) for run in runs)
        table.append([name, *_summary(pairs), lost])
    return [*table, ["all", *_summary(everything), sum(row[-1] for row in table)]]


def _summary(pairs: Sequence[tuple[float, float]]) -> list[Any]:
    drift, error = np.array(pairs).T
    low, middle, high = np.quantile(error / drift, (0.05, 0.5, 0.95))
    logs = float(np.corrcoef(np.log(drift), np.log(error))[0, 1])
    within = float(np.mean(np.abs(np.log10(error / drift)) < 1.0))
    missed = int(np.sum((drift <= 1e-3) & (error > 1e-2)))
    return [
        len(pairs),
        float(spearmanr(drift, error).statistic),
        logs,
        float(low),
        float(middle),
        float(high),
        within,
        missed,
    ]


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    columns = ["system", "solves", "rank correlation", "correlation of logarithms", "error/drift: 5 %", "median", "95 %"]
    columns += ["within a factor of 10", "missed", "broke down"]
    tolerances = ", ".join(f"1e-{exponent}" for exponent in c["exponents"])
    return f"""# Drift of backward laws and the error of gradients

`audit_gradient` measures how far the conservation law of time translation, a·f, drifts along the adjoint solve. Here that
drift is compared with the relative error of the adjoint gradient (torchdiffeq's `odeint_adjoint`, dopri5, rtol = atol =
{tolerances}) by start and parameters, the larger of both, against direct differentiation at 1e-12 (dopri8).
{len(c["seeds"])} starts of each system, {c["observations"]} observations, float64. *Missed*: the drift is below the goal of
0.001 but the gradient is wrong by more than 0.01. *Broke down*: the solve or its adjoint ended in an error, so there
was neither a gradient nor a drift.

{markdown_table(columns, rows(record))}
A correlation over tolerances is no surprise, since both fall with the tolerance; what matters for a warning is the ratio.

![drift and error](gradient_audit.svg)

{stopped(record)}
{made_with(record, "gradient_audit")}"""


def picture(record: dict[str, Any], path: Path) -> None:
    """Drift against error, every solve a point."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "audit"
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4.5), layout="constrained")
    ends = [math.inf, 0.0]
    for name, runs in collected(record).items():
        drift, error = np.array([(p["drift"], p["error"]) for run in runs for p in run["points"]]).T
        axis.loglog(drift, error, "o", markersize=4, alpha=0.7, label=name)
        ends = [min(ends[0], drift.min()), max(ends[1], drift.max())]
    axis.loglog(ends, ends, "k-", linewidth=0.8, label="equal")
    axis.set_xlabel("drift of the backward law")
    axis.set_ylabel("relative error of the gradient")
    axis.legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("gradient_audit", run, page, doc=__doc__, picture=picture, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
