"""`liesym solve`."""

from __future__ import annotations

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, leave, progress
from liesym.app.inputs import is_file, load_problem
from liesym.app.report.json import to_text
from liesym.app.solutions import solution_lines, solution_record
from liesym.base.budget import Budget, now
from liesym.model.system import ODESystem
from liesym.reduction.solve import solve as solutions_of

SEARCH = 0.9
"""Of the budget, for the search; conditions and writing come after."""
NONE = Budget(until=0.0)
"""For steps that nobody asked for."""


def solve(
    inputs: list[str] | None,
    as_json: bool,
    at: str | None,
    steps: bool,
    budget: float,
    independent: str | None,
    branch: int | None,
) -> None:
    """Print the solutions of an equation or a system."""
    begun = now()
    check_budget(budget)
    with clock(budget, begun) as watched, progress() as show:
        given = _given(inputs, independent, branch)
        show("solutions")
        found = solutions_of(
            given,
            independent=independent,
            conditions=at,
            branch=branch if isinstance(given, str) else None,
            budget=SEARCH * watched.left(),
        )
        show("steps")
        record = solution_record(found, Budget.seconds(watched.left()) if steps or as_json else NONE)
    typer.echo(to_text(record) if as_json else "\n".join(solution_lines(record, steps)), nl=not as_json)
    leave(interrupted=watched.interrupted, ran_out=found.stopped)


def _given(inputs: list[str] | None, independent: str | None, branch: int | None) -> str | ODESystem:
    """Equations as text, or the system of a file or of the standard input."""
    texts = inputs or []
    if not texts or any(is_file(t) for t in texts):
        return load_problem(texts, independent=independent, branch=branch).system
    return "\n".join(texts)
