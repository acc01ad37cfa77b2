"""`liesym identify` and `discover`."""

from __future__ import annotations

from pathlib import Path

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, leave, progress
from liesym.app.inputs import load_problem
from liesym.app.report.identifiability import show_identifiability
from liesym.app.report.json import to_text
from liesym.app.screen import standard_output
from liesym.base.budget import now
from liesym.discovery.discover import discover as discovered
from liesym.discovery.files import read_runs
from liesym.errors import DataError
from liesym.invariants.identify import identify as identified


def identify(
    inputs: list[str] | None,
    observe: list[str],
    known: str | None,
    driven: str | None,
    initial: str | None,
    as_json: bool,
    budget: float,
    independent: str | None,
    branch: int | None,
    seed: int,
) -> None:
    """Print which parameters and initial states the observables determine."""
    begun = now()
    check_budget(budget)
    system = load_problem(inputs or (), independent=independent, branch=branch).system
    given, fixed = _names(driven), _names(known)
    with clock(budget, begun) as watched, progress() as show:
        show("identifiability")
        left = watched.left()
        found = identified(system, observe, known=fixed, inputs=given, initial=initial or "", budget=left, seed=seed)
    if as_json:
        typer.echo(to_text(found.to_json()), nl=False)
    else:
        show_identifiability(standard_output(), found, fixed)
    leave(interrupted=watched.interrupted, ran_out=watched.over and not found.explained)


def discover(
    data: Path,
    names: str | None,
    noise: float | None,
    as_json: bool,
    budget: float,
    independent: str | None,
    identify: bool,
    seed: int,
) -> None:
    """Print what stays constant along measured trajectories, each law with its grade."""
    begun = now()
    check_budget(budget)
    if noise is not None and not noise > 0:
        raise DataError(f"--noise is a standard deviation, a positive number, not {noise}")
    runs = read_runs(data, names=_names(names), independent=independent)
    with clock(budget, begun) as watched, progress() as show:
        show("laws of the data")
        found = discovered(runs, noise=noise, budget=watched.left(), identify=identify, seed=seed)
    if as_json:
        typer.echo(to_text(found.to_json()), nl=False)
    else:
        typer.echo("\n".join([str(found), *found.evidence()]))
    leave(interrupted=watched.interrupted, ran_out=bool(found.stopped))


def _names(text: str | None) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
