"""`liesym solve`."""

from __future__ import annotations

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, leave, progress
from liesym.app.inputs import is_file, load_problem
from liesym.app.report.json import to_text
from liesym.app.report.terminal import tell
from liesym.app.screen import standard_output
from liesym.app.solutions import for_eyes, solution_lines, solution_record
from liesym.base.budget import Budget, now
from liesym.model.system import ODESystem
from liesym.reduction.solve import solve as solutions_of
from liesym.text import write

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
        telling = Budget.seconds(watched.left()) if steps or as_json else NONE
        record = solution_record(found, telling, write if as_json else for_eyes(found))
    if as_json:
        typer.echo(to_text(record), nl=False)
    else:
        screen = standard_output()
        for line in solution_lines(record, steps):
            tell(screen, line, " " * (len(line) - len(line.lstrip()) + 2))
    leave(interrupted=watched.interrupted, ran_out=found.stopped)


def _given(inputs: list[str] | None, independent: str | None, branch: int | None) -> str | ODESystem:
    """Equations as text, or the system of a file or of the standard input."""
    texts = inputs or []
    if not texts or any(is_file(t) for t in texts):
        return load_problem(texts, independent=independent, branch=branch).system
    return "\n".join(texts)
