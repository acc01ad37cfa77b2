"""Lagrangian network on the double pendulum: energy over 100 time units against the training budget.

    python examples/experiments/lagrangian_network.py [--reduced] [--out results]

Setting after Cranmer et al. 2020: states drawn at random, exact accelerations, absolute error, softplus; new states at each
step. Networks are trained in float32; the test solves run in float64 with the weights as trained.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from derivatives import descend, doubled
from harness import Config, collected, experiment, made_with, median, stopped

import liesym
from liesym.learn.experiment import markdown_table
from liesym.learn.fitting import toolkit
from liesym.residuals import phase_state
from liesym.variational.lagrangian import Lagrangian, euler_lagrange

DOUBLE_PENDULUM = "q'^2 + p'^2/2 + q'*p'*cos(q-p) + 98/5*cos(q) + 49/5*cos(p)"
"""Lagrangian for unit masses and lengths and g = 9.8, angles from the lower equilibrium."""
RANGE = 29.4
"""The energy at rest lies between -29.4 and 29.4."""
SPEED = 10.0
PUBLISHED = {"Lagrangian": 0.4, "plain": 8.0}


@lru_cache
def truth() -> tuple[Any, Any]:
    """The equations of the engine, and the energy q'·p - L."""
    given = Lagrangian.parse(DOUBLE_PENDULUM, unknowns=("q", "p"))
    energy = sum(p * v for p, v in zip(given.momenta, given.velocities, strict=True)) - given.expression
    return euler_lagrange(given), energy


class PlainAcceleration(eqx.Module):
    """The accelerations as a network of cosines, sines and angular velocities."""

    network: Any

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        q, v = x[..., :2], x[..., 2:]
        return SPEED**2 * self.network(jnp.concatenate([jnp.cos(q), jnp.sin(q), v / SPEED], -1))


def network(kit: Any, kind: str, config: Config, seed: int) -> Any:
    """A field of the kind; both see the angles as cosine and sine, so that 2π later is the same place."""
    if kind == "Lagrangian":
        size = {"width": config["width"], "depth": config["depth"], "seed": seed}
        scale = (1.0, 1.0, SPEED, SPEED)
        return kit.LagrangianODE(kit.ScalarNetwork(2, angles=(0, 1), scale=scale, kinetic=1.0, **size))
    widths = (6, *(config["width"],) * config["depth"], 2)
    return kit.SecondOrderField(PlainAcceleration(kit.MLP(widths, activation="softplus", seed=seed)))


def starts(count: int, seed: int) -> np.ndarray:
    """Test states: angles anywhere, nearly at rest."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.uniform(0, 2 * np.pi, (count, 2)), random.uniform(0, 0.1, (count, 2))], -1)


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Train one network with a part of the budget and measure its energy."""
    kit = toolkit("jax")
    kind, part = variant.split(", ")
    system, _ = truth()
    exact = liesym.lower(system, backend="jax")

    def sample(key: Any) -> Any:
        one, two = jax.random.split(key)
        q = jax.random.uniform(one, (config["batch"], 2), maxval=2 * jnp.pi)
        x = jnp.concatenate([q, jax.random.uniform(two, q.shape, minval=-SPEED, maxval=SPEED)], -1)
        return x, exact(0.0, x, None)

    def loss(field: Any, batch: Any) -> Any:
        return jnp.abs((field(0.0, batch[0]) - batch[1])[..., 2:]).mean()

    settings = config["training"] | {"steps": int(config["training"]["steps"] * Fraction(part))}
    field, record = descend(network(kit, kind, config, seed), sample, loss, settings, seed)
    samples = settings["steps"] * config["batch"]
    return record | {"samples": samples} | measured(kit, config, field)


def measured(kit: Any, config: Config, field: Any) -> dict[str, Any]:
    """Energy errors in per cent of the range, along solves in float64 from the test states."""
    system, energy = truth()
    value = liesym.lower([energy], phase_state(system), backend="numpy")
    times = np.linspace(0.0, config["last"], round(config["last"] * config["frames"]) + 1)
    with kit.double_precision():
        model = kit.NeuralODE(doubled(field), substeps=config["substeps"])
        states = kit.evaluate(model, starts(config["tests"], 999), times)
        own = np.asarray(model.field.energy(0.0, states))[..., 0] if hasattr(field, "energy") else None
        gauge = np.asarray(model.field.energy(0.0, starts(4000, 998))) if hasattr(field, "energy") else None
    with np.errstate(all="ignore"):  # a solve that is lost overflows
        found = value(0.0, states, None)[..., 0]
        error = 100 * np.abs(found - found[:, :1]) / RANGE
    kept = np.isfinite(error).all(1)
    error = error[kept]
    record: dict[str, Any] = {"lost": int((~kept).sum()), "count": len(kept)}
    if len(error):
        record |= {"last": float(error[:, -1].mean()), "mean": float(error.mean()), "median": float(np.median(error[:, -1]))}
        record |= {"worst": float(error[:, -1].max()), "curve": error.mean(0)[:: config["frames"]].tolist()}
    if own is not None and gauge is not None:
        record["own"] = float(100 * np.abs(own[kept] - own[kept][:, :1]).max() / np.ptp(gauge))
    return record


# -- page ------------------------------------------------------------------------------------------


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    rows = []
    for variant, runs in collected(record).items():
        row: list[Any] = [variant, len(runs), round(median(runs, "processor_seconds") or 0), runs[0]["samples"]]
        whole = [run for run in runs if "last" in run]
        row += [median(runs, "loss"), *(median(whole, key) for key in ("last", "mean", "median", "worst"))]
        own = max(run["own"] for run in runs) if "own" in runs[0] else None
        rows.append([*row, own, f"{sum(run['lost'] for run in runs)} of {sum(run['count'] for run in runs)}"])
    columns = ["network, part of the budget", "seeds", "processor s", "samples", "misfit", "energy error at the end, %"]
    columns += [
        "over all times, %",
        "median test at the end, %",
        "worst test at the end, %",
        "drift of its own energy, %",
        "lost",
    ]
    return f"""# Lagrangian network on the double pendulum

A network L(q, q') of {c["depth"]} layers of {c["width"]} softplus units, whose accelerations follow by the Euler-Lagrange
equations (`LagrangianODE`), beside a plain network of the accelerations of the same size, optimizer and samples. Unit masses
and lengths, g = 9.8. Training states are drawn anew at each step: angles anywhere, angular velocities in ±10, exact
accelerations; the misfit is the mean absolute error of an acceleration at the end of training. Both networks see the angles
as cosine and sine; the Lagrangian starts as the kinetic energy of unit masses plus the network. Optimizer: Muon for
matrices, Adam for the rest, one cycle of the cosine, {c["training"]["steps"]} steps of {c["batch"]} samples in the full
budget; each part of the budget is a training of its own with its own cycle.

Tests: {c["tests"]} states with angles anywhere and angular velocities in (0, 0.1), {c["last"]:g} time units, solved in
float64 by Runge-Kutta steps of {1 / c["frames"] / c["substeps"]:g} with the weights trained in float32. The error is
|E - E(0)| of the true energy in per cent of {RANGE}, averaged over the tests; E(0) is the true energy at all times. Entries
are medians over the seeds; the drift of its own energy is the worst, in per cent of the range that this energy has on the
test states. The Lagrangian network keeps its own energy; how far the true one follows is what is tested. "Lost" are solves
that left the numbers. Published for this test: {PUBLISHED["Lagrangian"]} % for the Lagrangian network and
{PUBLISHED["plain"]:g} % for the plain one, with 3·10⁸ samples and 3 layers of 600 units (Cranmer et al. 2020).

The optimizer and its rate were chosen by the misfit on fresh training states and, in short trials, by the energy along 40
other solves of 20 time units; Adam alone was far slower in them. One shorter trial was measured on the tests before the runs
below, and nothing was changed after it but the number of seeds. Processor seconds are of one core shared with other work,
without compilation.

{markdown_table(columns, rows)}
![Energy error against the budget](lagrangian_network.svg)

{stopped(record)}
{made_with(record, "lagrangian_network")}"""


def picture(record: dict[str, Any], path: Path) -> None:
    """Mean energy error at the end against the samples seen."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "lagrangian network"
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for kind in PUBLISHED:
        runs = [run for name, found in collected(record).items() if name.startswith(kind) for run in found if "last" in run]
        points = sorted((run["samples"], run["last"]) for run in runs)
        if points:
            axis.loglog(*zip(*points, strict=True), "o", label=kind)
        axis.axhline(PUBLISHED[kind], linestyle=":", color="grey")
    axis.set_xlabel("training samples")
    axis.set_ylabel("energy error at the end, %")
    axis.legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("lagrangian_network", run, page, doc=__doc__, picture=picture, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
