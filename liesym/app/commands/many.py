"""`liesym report` and `batch`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import typer
from sympy import Expr

from liesym.app.batch import read_corpus, run_batch
from liesym.app.clock import Clock, clock
from liesym.app.console import check_budget, check_writable, leave, progress
from liesym.app.derivations import FAILURES, charges_of
from liesym.app.inputs import load_problem
from liesym.app.report.further import Further
from liesym.app.report.html import page
from liesym.app.report.json import to_text
from liesym.app.shares import ANSWERS, PAGE
from liesym.app.tasks import analysis
from liesym.base.budget import Budget, now
from liesym.base.files import write_whole
from liesym.base.listing import Listing
from liesym.base.memory import present
from liesym.errors import DataError, OutOfBudget, ParseError
from liesym.model.system import ODESystem
from liesym.reduction.solve import solve
from liesym.variational.inverse import lagrangian_of


def report(
    inputs: list[str] | None,
    output: Path,
    ansatz: str | None,
    budget: float,
    independent: str | None,
    branch: int | None,
    seed: int,
) -> None:
    """Write the page of one problem."""
    begun = now()
    check_budget(budget)
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch)
    check_writable(output)
    with clock(budget, begun) as watched, progress() as show:
        done = analysis(problem, budget=PAGE * watched.left(), seed=seed, show=show)
        further = Further(saved=to_text(done.record()))
        if not done.interrupted:
            further = _further(problem.system, watched, show, further)
    integrals = done.integrals or Listing[Expr]()
    write_whole(output, page(done.result, integrals, done.algebra, further=further, seconds=done.seconds))
    typer.echo(f"{len(done.result.generators)} generators, {done.result.completeness.value}; see {output}")
    leave(interrupted=done.interrupted, ran_out=done.ran_out)


def _further(system: ODESystem, watched: Clock, show: Callable[[str], None], found: Further) -> Further:
    """Solutions and Noether's laws in parts of the time that is left; what is cut short is left out."""
    with suppress(*FAILURES, OutOfBudget), watched.limit(ANSWERS * watched.left()):
        show("solutions")
        solution = solve(system, budget=ANSWERS * watched.left())
        found = replace(found, solution=solution)
        show("steps")
        found = replace(found, steps=solution.steps_within(Budget.seconds(ANSWERS * watched.left())))
    if set(system.orders) == {2}:
        with suppress(*FAILURES, OutOfBudget), watched.limit(ANSWERS * watched.left()):
            show("Lagrangian")
            lagrangian = lagrangian_of(system, budget=ANSWERS * watched.left())
            found = replace(found, charges=charges_of(lagrangian, budget=watched.left(), show=show))
    return found


def batch(
    corpus: Path, output: Path, workers: int, dask: str | None, budget: float, only: str | None, seed: int
) -> None:  # fmt: skip
    """Solve the systems of a corpus."""
    check_budget(budget)
    if workers < 0:
        raise ParseError(f"--workers is a whole number from 0, not {workers}")
    entries = [e for e in read_corpus(corpus) if only is None or only in e.id or only in e.group]
    if not entries:
        raise DataError(f"no system in {corpus} has {only!r} in its id or class")
    check_writable(output)
    jobs = [replace(e, budget=budget, seed=seed, memory=present().gigabytes) for e in entries]
    summary = run_batch(jobs, output, workers=workers, dask=dask)
    for line in summary.lines():
        typer.echo(line)
