"""Do the drift of a backward conservation law and the error bar of `audit_gradient` tell the error of an adjoint gradient?

    python examples/experiments/gradient_audit.py [--reduced] [--out results] [--bars]

For each system, start and tolerance what `audit_gradient` measures is put beside the relative error of the adjoint gradient
against direct differentiation of a solve at a tolerance of 1e-12, all in float64. The error bar takes no part in that. With
--bars the runs of a record that has none get theirs.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import HERE, PAGES, Config, backend, collected, configuration, experiment, made_with, stopped
from protocol import protocol
from scipy.stats import spearmanr

import liesym
from liesym.errors import TrainingError
from liesym.learn.audit import GradientWarning
from liesym.learn.experiment import markdown_table, read_results, write_results

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


def begun(config: Config, variant: str, seed: int) -> tuple[Any, Any, torch.Tensor, torch.Tensor]:
    """Kit, field, start and times of a run."""
    kit = backend(config)
    _, typical, last = SYSTEMS[variant]
    start = np.asarray(typical) * np.random.default_rng(seed).uniform(0.8, 1.2, len(typical))
    times = torch.linspace(0.0, last, config["observations"] + 1, dtype=torch.float64)
    return kit, field_of(kit, variant, seed), torch.tensor(start), times


def loss(states: torch.Tensor) -> torch.Tensor:
    """Mean square distance from 1/2."""
    return (states - 0.5).square().mean()


def solved(kit: Any, field: Any, rtol: float) -> Any:
    """The model whose adjoint gradient is judged."""
    return kit.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=rtol, atol=rtol)


def reported(config: Config, variant: str, seed: int, rtol: float) -> dict[str, Any]:
    """What the audit reports; of the first seed also the processor time of the bars and of the rest.

    Raises:
        TrainingError: the solve breaks down.
    """
    kit, field, x0, times = begun(config, variant, seed)
    model = solved(kit, field, rtol)

    def audited(directions: int) -> tuple[Any, float]:
        began = time.process_time()
        audit = kit.audit_gradient(model, x0, times, loss, directions=directions, seed=seed)
        return audit, time.process_time() - began

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        before = audited(0)[1] if seed == config["seeds"][0] else None
        audit, spent = audited(config["directions"])
    found = {"rtol": rtol, "drift": audit.worst, "steps": audit.steps, "bar": audit.error}
    found["bars"] = {bar.part: bar.relative for bar in audit.bars}
    return found | ({} if before is None else {"adjoint_seconds": before, "bar_seconds": spent - before})


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Drift, error bar and error at each tolerance for one start of one system."""
    kit, field, x0, times = begun(config, variant, seed)
    exact = gradient(kit.NeuralODE(field, solver="dopri8", rtol=1e-12, atol=1e-13), x0, times, loss)
    points, broken = [], []
    for exponent in config["exponents"]:
        rtol = 10.0**-exponent
        try:
            point = reported(config, variant, seed, rtol)
        except TrainingError as reason:
            broken.append({"rtol": rtol, "reason": str(reason)})
            continue
        found = gradient(solved(kit, field, rtol), x0, times, loss)
        error = max(float((one - two).norm() / two.norm()) for one, two in zip(found, exact, strict=True))
        points.append(point | {"error": error})
    return {"points": points, "broken": broken}


def barred(path: Path) -> None:
    """Add the bars to the runs of a record that were measured without. A run of which a drift is not the same once more, as
    that of a solve at the edge of breaking down, is run again whole, so that bars and errors are of one gradient.
    """
    record = read_results(path)
    config = record["config"] = configuration(HERE / "gradient_audit.toml", False)
    for key, result in record["runs"].items():
        if all("bar" in point for point in result["points"]):
            continue
        variant, seed = key.rsplit(" | ", 1)
        again = [reported(config, variant, int(seed), point["rtol"]) for point in result["points"]]
        if np.allclose([p["drift"] for p in again], [p["drift"] for p in result["points"]], rtol=1e-3, atol=1e-12):
            result["points"] = [old | new for old, new in zip(result["points"], again, strict=True)]
        else:
            result |= run(config, variant, int(seed))
        write_results(path, record)
        print(key, flush=True)


def rows(record: Mapping[str, Any], kind: str) -> list[list[Any]]:
    """One row a system, and one for all of them, of the error against the "drift" or the "bar"."""
    table, everything = [], []
    for name, runs in collected(record).items():
        pairs = [(p[kind], p["error"]) for run in runs for p in run["points"] if kind in p]
        everything += pairs
        lost = sum(len(run["broken"]) for run in runs)
        table.append([name, *(_summary(pairs) if pairs else [0] + [None] * 7), lost])
    if not everything:
        return table
    return [*table, ["all", *_summary(everything), sum(row[-1] for row in table)]]


def _summary(pairs: Sequence[tuple[float, float]]) -> list[Any]:
    drift, error = np.array(pairs).T
    low, middle, high = np.quantile(error / drift, (0.05, 0.5, 0.95))
    logs = float(np.corrcoef(np.log(drift), np.log(error))[0, 1])
    within = float(np.mean(np.abs(np.log10(error / drift)) < 1.0))
    limit = protocol("gradient_audit").limit
    missed = int(np.sum((drift <= limit("missed: reported")) & (error > limit("missed: error"))))
    return [
        len(pairs),
        float(np.asarray(spearmanr(drift, error))[0]),
        logs,
        float(low),
        float(middle),
        float(high),
        within,
        missed,
    ]


def cost(record: Mapping[str, Any]) -> str:
    """A sentence on the processor time of the bars."""
    points = [p for found in collected(record).values() for r in found for p in r["points"] if "bar_seconds" in p]
    ratios = [p["bar_seconds"] / p["adjoint_seconds"] for p in points]
    if not ratios:
        return "not measured"
    low, middle, high = np.quantile(ratios, (0.05, 0.5, 0.95))
    return f"{middle:.2g} times (5 %: {low:.2g}, 95 %: {high:.2g})"


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c, limit = record["config"], protocol("gradient_audit").limit
    tolerances = ", ".join(f"1e-{exponent}" for exponent in c["exponents"])
    ends = ["5 %", "median", "95 %", "within a factor of 10", "missed", "broke down"]
    tables = []
    for kind in ("drift", "bar"):
        columns = [
            "system",
            "solves",
            "rank correlation",
            "correlation of logarithms",
            f"error/{kind}: {ends[0]}",
            *ends[1:],
        ]
        tables.append(markdown_table(columns, rows(record, kind)))
    return f"""# Drift of backward laws, error bars, and the error of gradients

`audit_gradient` measures how far the conservation law of time translation, a·f, drifts along the adjoint solve, and
gives error bars. Here both are compared with the relative error of the adjoint gradient (torchdiffeq's
`odeint_adjoint`, dopri5, rtol = atol = {tolerances}) by start and parameters, the larger of both, against direct
differentiation at 1e-12 (dopri8). {len(c["seeds"])} starts of each system, {c["observations"]} observations, float64.
*Missed*: what is reported is below the goal of {limit("missed: reported"):g} but the gradient is wrong by more than
{limit("missed: error"):g}. *Broke down*: the solve or its adjoint ended in an error, so there was neither a gradient
nor a report.

## Drift of the law of time translation

{tables[0]}
A correlation over tolerances is no surprise, since both fall with the tolerance; what matters for a warning is the
ratio. The law sees the error of the adjoint along the field only.

## Error bars

The pairing with a variation, a·δx + a_θ·δθ, is constant for every variation and so sees every direction. Differences along
{c["directions"]} directions each for start and parameters (unit vectors where there are no more; else random ones),
with states and variations solved forward at a hundredth of the tolerance. Limits frozen before: none missed, error
over bar at most {limit("error over bar, 95 %"):g} at 95 %.

{tables[1]}
Processor time of the bars, in units of the adjoint solve with its measured drift: {cost(record)}.

![drift, bar and error](gradient_audit.svg)

{stopped(record)}
{made_with(record, "gradient_audit")}"""


def picture(record: dict[str, Any], path: Path) -> None:
    """Drift and bar against error, every solve a point."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "audit"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4.2), sharey=True, layout="constrained")
    for axis, kind, label in zip(axes, ("drift", "bar"), ("drift of the backward law", "error bar"), strict=True):
        ends = [math.inf, 0.0]
        for name, runs in collected(record).items():
            pairs = [(p[kind], p["error"]) for run in runs for p in run["points"] if kind in p]
            reported, error = np.array(pairs or [(np.nan, np.nan)]).T
            axis.loglog(reported, error, "o", markersize=4, alpha=0.7, label=name)
            ends = [min(ends[0], reported.min()), max(ends[1], reported.max())]
        axis.loglog(ends, ends, "k-", linewidth=0.8, label="equal")
        axis.set_xlabel(label)
    axes[0].set_ylabel("relative error of the gradient")
    axes[0].legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--bars" in given:
        barred((Path(given[given.index("--out") + 1]) if "--out" in given else PAGES) / "gradient_audit.json")
        given[given.index("--bars")] = "--page"
    return experiment("gradient_audit", run, page, doc=__doc__, picture=picture, arguments=given)


if __name__ == "__main__":
    main(sys.argv[1:])
