"""Stabilization of the rigid body and the double pendulum: how small does the defect of an integral become?

    python examples/experiments/stabilization.py [--reduced] [--out results]

The networks of hard_forms.py; after the training γ is raised, and the weakest pull that suffices on validation starts is
taken. Those need no true trajectories: the level is known at the start. Needs JAX.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hard_forms import form_of, knowledge, network, starts, test_case, training_data, truth_of, values_of
from harness import Config, backend, collected, experiment, fit, largest, made_with, measured, median, precision, stopped

from liesym.learn.experiment import cell, markdown_table
from liesym.learn.metrics import relative_drift
from liesym.residuals import phase_state

PUBLISHED = {"rigid body": (1e-4, 1e-4), "double pendulum": (1e-2, 2e-1)}
"""Smallest and largest relative defect of stabilized fields in White et al. 2023: of the rigid body's Casimir (figure
7d), and of the double pendulum's energy (figure 5b: mean of five trajectories, tolerance 1e-6, 500 time units)."""


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Train one stabilized field, choose γ on validation starts and measure the result."""
    name, form = variant.split(": ")
    config = config | config[name]
    kit, (system, integrals), pull = backend(config), knowledge(name), config["pull"]
    data = training_data(name, config, seed)
    config = config | {"training": config["training"] | {"seed": seed, "steps": config["steps"]}}
    levels = kit.LevelSets.from_expressions(integrals, phase_state(system))
    field = form_of(kit, form, network(kit, name, config, seed, {}), levels, config["gamma"])
    model, record = fit(kit, config, field, kit.SymmetryLoss(kit.misfit()), data, variant)
    with precision(kit, True):
        inner = in_double(kit.field_of(model).inner)

        def pulled(gamma: float) -> Any:
            stronger, tolerance = kit.Stabilization(inner, levels, gamma), pull["tolerance"]
            return kit.NeuralODE(stronger, solver="dopri5", rtol=tolerance, atol=tolerance, max_steps=10**8)

        begin = starts(name, 998, pull["starts"])
        clock = np.arange(0.0, pull["validated_to"][name] + 1e-9, config["step"])
        curve = [{"gamma": gamma} | defects_of(kit.evaluate(pulled(gamma), begin, clock), name) for gamma in pull["gammas"]]
        good = [k for k, point in enumerate(curve) if point["worst"] is not None and point["worst"] < pull["target"]]
        taken = good[0] if good else len(curve) - 1
        chosen, cases = pulled(pull["gammas"][taken]), {"as trained": test_case(name, config)}
        found = measured(kit, config, chosen, cases, truth_of(name), values_of(name))
    return record | {"curve": curve, "taken": taken, "reached": bool(good)} | found


def in_double(field: Any) -> Any:
    """The field with its weights in 64 bits."""
    import equinox
    import jax

    return jax.tree.map(lambda a: a.astype("float64") if equinox.is_inexact_array(a) else a, field)


def defects_of(states: np.ndarray, name: str) -> dict[str, float | None]:
    """The largest relative defect over the integrals: of the median and of the worst trajectory, None if not finite."""
    with np.errstate(all="ignore"):
        each = [relative_drift(value, states) for value in values_of(name).values()]
    pair = {"median": max(float(np.median(d)) for d in each), "worst": max(float(d.max()) for d in each)}
    return {key: value if np.isfinite(value) else None for key, value in pair.items()}


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    pull, (low, high) = record["config"]["pull"], PUBLISHED["double pendulum"]
    text = f"""# How strong must a stabilization be?

The networks of [Rigid body and double pendulum](hard_forms.md), trained in float32 with f - γ G⁺ (I - I(0)) in the field as
there. After the training γ is raised; rollouts are as in White et al. 2023, in float64 with adaptive steps of tolerance
{pull["tolerance"]:g} (Dormand and Prince's fifth order instead of Tsitouras's). Taken is the weakest pull whose worst
relative defect of an integral from {pull["starts"]} validation starts is below {pull["target"]:g}, half of the
{PUBLISHED["rigid body"][0]:g} that they report for the Casimir of the rigid body (figure 7d); where none is, the strongest.
Validation needs no true trajectories, the level is known at the start. The tests are those of the page named above;
tolerance, pulls and target were set after a trial on validation starts of the first seed and before their figures here were
seen. The target was set for both systems, but for the energy of the double pendulum they report {low:g} to {high:g} (figure
5b: mean of five trajectories, tolerance 1e-6, 500 time units; here single trajectories, {pull["tolerance"]:g}, 100): there
a pull that misses the target is no miss of what is published. An earlier version of this page took it for one.

"""
    runs = collected(record)
    if not runs:
        return text + stopped(record) + "\n" + made_with(record, "stabilization")
    text += "![defect against γ](stabilization.svg)\n\n## With the pull taken\n\n" + _tests(runs)
    text += "\n## Worst relative defect from the validation starts\n\n" + _curves(runs) + "\n" + _law(runs)
    return text + stopped(record) + "\n" + made_with(record, "stabilization")


def _tests(runs: Mapping[str, list[dict[str, Any]]]) -> str:
    """Chosen pulls, and measures on the tests."""
    columns = ["variant", "seeds", "γ taken", "target reached in validation", "defect", "worst defect", "published"]
    columns += ["time to error 0.5", "error at the end", "diverged"]
    rows = []
    for variant, found in runs.items():
        points = [run["curve"][run["taken"]] for run in found]
        case = "as trained"
        names = list(found[0][case]["true_drift"])
        rows.append([
            variant, len(found), ", ".join(cell(g) for g in sorted({p["gamma"] for p in points})),
            f"{sum(run['reached'] for run in found)} of {len(found)}",
            max(median(found, case, "true_drift", n) or 0.0 for n in names), largest(found, case, names, "worst_drift"),
            " to ".join(dict.fromkeys(f"{p:g}" for p in PUBLISHED[variant.split(": ")[0]])),
            median(found, case, "lasting"), median(found, case, "errors", len(found[0][case]["horizons"]) - 1),
            f"{sum(run[case]['diverged'] for run in found)} of {sum(run[case]['count'] for run in found)}",
        ])  # fmt: skip
    note = "\nDefects are relative, of the worse integral: the median over the tests and then over the seeds, and the worst"
    return markdown_table(columns, rows) + note + " test of the worst seed.\n"


def _worst(found: Sequence[Mapping[str, Any]], k: int) -> float:
    """The worst defect of the worst seed at the k-th pull."""
    values = [run["curve"][k]["worst"] for run in found]
    return float("inf") if None in values else max(values)


def _curves(runs: Mapping[str, list[dict[str, Any]]]) -> str:
    """The curves of each variant: γ and the worst defect of the worst seed."""
    text = ""
    for system in dict.fromkeys(variant.split(": ")[0] for variant in runs):
        own = {v: found for v, found in runs.items() if v.startswith(system)}
        first = next(iter(own.values()))[0]["curve"]
        rows = [[v.split(": ")[1], *(_worst(found, k) for k in range(len(first)))] for v, found in own.items()]
        text += markdown_table([f"{system}, γ =", *(f"{p['gamma']:g}" for p in first)], rows) + "\n"
    return text


def _law(runs: Mapping[str, list[dict[str, Any]]]) -> str:
    """What the curves of stabilization alone would need to reach the published defect."""
    text = ""
    for variant, found in runs.items():
        last = len(found[0]["curve"]) - 1
        gamma, worst = found[0]["curve"][last]["gamma"], _worst(found, last)
        published = PUBLISHED[variant.split(": ")[0]][1]
        if worst > published and np.isfinite(worst):
            product = ", ".join(cell(point["gamma"] * _worst(found, k)) for k, point in enumerate(found[0]["curve"]))
            text += f"* {variant}: γ times the worst defect is {product}. If that goes on, {published:g} needs "
            text += f"γ = {gamma * worst / published:.2g}, and an explicit solver steps below 2.8 / γ.\n"
    return text + "\n" if text else ""


def picture(record: dict[str, Any], path: Path) -> None:
    """Worst defect from the validation starts against γ, a line for each seed."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "stabilization"
    from matplotlib import pyplot

    runs = collected(record)
    systems = list(dict.fromkeys(variant.split(": ")[0] for variant in runs))
    figure, axes = pyplot.subplots(
        1, max(len(systems), 1), figsize=(8, 3.4), sharey=True, layout="constrained", squeeze=False
    )
    for axis, system in zip(axes[0], systems, strict=False):
        for color, (variant, found) in enumerate((v, f) for v, f in runs.items() if v.startswith(system)):
            for seed, run in enumerate(found):
                label = variant.split(": ")[1] if seed == 0 else None
                points = [(p["gamma"], p["worst"]) for p in run["curve"] if p["worst"] is not None]
                axis.loglog(*zip(*points, strict=True), f"C{color}.-", linewidth=0.8, label=label)
        for j, published in enumerate(dict.fromkeys(PUBLISHED[system])):
            axis.axhline(published, color="0.5", linestyle=":", label=None if j else "published")
        axis.set_title(system)
        axis.set_xlabel("γ")
    axes[0][0].set_ylabel("worst relative defect")
    axes[0][0].legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("stabilization", run, page, doc=__doc__, picture=picture, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
