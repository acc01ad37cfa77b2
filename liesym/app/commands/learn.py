"""`liesym export` and `train`."""

from __future__ import annotations

from pathlib import Path

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, check_choice, check_folder, check_writable, progress
from liesym.app.inputs import load_problem
from liesym.app.residual_tasks import residual_of
from liesym.base.budget import now
from liesym.errors import ParseError
from liesym.learn.training import run_problem
from liesym.lowering.export import check_function_name
from liesym.lowering.export import export as write_module

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
    inputs: list[str],
    data: Path,
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
    problem = load_problem(inputs, independent=independent, branch=branch)
    chosen = _seeds(seeds)
    check_folder(out)
    run_problem(
        problem, data, backend=backend, residual=residual, weight=weight, search=search, split=split,
        seeds=chosen, steps=steps, learning_rate=learning_rate, window=window, width=width, out=str(out),
        budget=budget,
    )  # fmt: skip


def _seeds(text: str) -> tuple[int, ...]:
    parts = [p.strip() for p in text.split(",")]
    if not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise ParseError(f"--seeds is a list of whole numbers such as 0,1,2, not {text!r}")
    return tuple(int(p) for p in parts)
