"""`liesym export` and `train`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer
from sympy import Expr

from liesym.app.clock import clock
from liesym.app.console import check_budget, check_choice, check_folder, check_writable, progress
from liesym.app.inputs import load_problem
from liesym.app.residual_tasks import residual_of
from liesym.base.budget import now
from liesym.discovery.discover import discover as find_laws
from liesym.discovery.files import read_runs
from liesym.discovery.tracks import Trajectories as Measured
from liesym.errors import DataError, ParseError
from liesym.learn.training import run_problem, training_count
from liesym.learn.trajectories import Trajectories
from liesym.lowering.export import check_function_name
from liesym.lowering.export import export as write_module
from liesym.model.system import ODESystem

RESIDUALS = ("invariance", "group", "conservation", "backward")


def export(
    inputs: list[str] | None,
    residual: str,
    backend: str,
    output: Path,
    generator: str | None,
    integral: str | None,
    order: int | None,
    name: str,
    ansatz: str | None,
    budget: float,
    independent: str | None,
    branch: int | None,
) -> None:
    """Write a residual as a module."""
    begun = now()
    check_budget(budget)
    check_function_name(name)
    check_choice(residual, RESIDUALS, "--residual")
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch)
    check_writable(output)
    with clock(budget, begun) as watched, progress() as show:
        show(f"laws for the {residual} residual")
        target, told = residual_of(
            residual, problem, generator=generator, integral=integral, order=order, budget=watched.left()
        )
    write_module(target, output, backend=backend, name=name, title=problem.title)
    for line in told:
        typer.echo(line)
    typer.echo(f"{len(target.expressions)} components in {output}")


def train(
    data: Path,
    inputs: list[str] | None,
    discover: bool,
    backend: str,
    residual: str,
    weight: float,
    search: int,
    split: float,
    seeds: str,
    steps: int,
    learning_rate: float,
    window: int,
    width: int,
    out: Path,
    budget: float,
    independent: str | None,
    branch: int | None,
) -> None:
    """Train with and without the laws."""
    check_budget(budget)
    check_choice(backend, ("torch", "jax"), "--backend")
    chosen = _seeds(seeds)
    problem, source, laws = None, data, None
    if discover:
        if inputs or residual not in ("auto", "conservation"):
            raise DataError("--discover takes the laws from the data: give no equations, and no --residual but conservation")
        problem, source, laws = _discovered(data, split, independent, budget)
    else:
        problem = load_problem(inputs or (), independent=independent, branch=branch)
    check_folder(out)
    run_problem(
        problem, source, backend=backend, residual=residual, weight=weight, search=search, split=split,
        seeds=chosen, steps=steps, learning_rate=learning_rate, window=window, width=width, out=str(out),
        budget=budget, integrals=laws,
    )  # fmt: skip


def _discovered(
    data: Path, split: float, independent: str | None, budget: float
) -> tuple[ODESystem, Trajectories, tuple[Expr, ...]]:
    """The equations, all trajectories, and the laws that the training trajectories support."""
    runs = read_runs(data, independent=independent)
    tracks = [(t[np.isfinite(t)], x[np.isfinite(t)]) for run in runs for t, x in zip(run.times, run.states, strict=True)]
    times, states = [t for t, _ in tracks], [x for _, x in tracks]
    names = runs[0].names
    cut = training_count(len(states), split) if len(states) > 1 else 1
    known = [Measured(t[None], x[None], names) for t, x in zip(times[:cut], states[:cut], strict=True)]
    if len({len(t) for t in times[:cut]}) == 1:
        known = [Measured(np.stack(times[:cut]), np.stack(states[:cut]), names)]
    found = find_laws(known, identify=True, budget=budget)
    for law in found.integrals:
        typer.echo(f"{law}: {'left out' if law.grade == 'approximate' else law.evidence}")
    system = found.system
    if system is None or not system.is_first_order:
        time = "t" if "t" not in names else "time"
        unknown = "; ".join(f"{name}' = f_{name}({', '.join(names)})" for name in names)
        system = ODESystem.parse(unknown, independent=time)
    laws = tuple(law.expression for law in found.integrals if law.grade != "approximate")
    return system, Trajectories.padded(times, states, names), laws


def _seeds(text: str) -> tuple[int, ...]:
    parts = [p.strip() for p in text.split(",")]
    if not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise ParseError(f"--seeds is a list of whole numbers such as 0,1,2, not {text!r}")
    return tuple(int(p) for p in parts)
