"""`liesym explain`."""

from __future__ import annotations

from pathlib import Path

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, check_writable, leave, progress
from liesym.app.inputs import is_file, load_problem
from liesym.app.report.json import to_text
from liesym.app.report.markup import document
from liesym.app.report.terminal import tell
from liesym.app.screen import standard_output
from liesym.base.budget import now
from liesym.base.files import write_whole
from liesym.errors import ParseError
from liesym.model.ansatz import AnsatzSpec
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.symmetries.results import Completeness
from liesym.symmetries.textbook.explain import explain as explained

WORK = 0.9
"""Of the budget, for the work; writing comes after."""


def explain(
    inputs: list[str] | None,
    steps: bool,
    as_json: bool,
    as_latex: bool,
    output: Path | None,
    ansatz: str | None,
    budget: float,
    independent: str | None,
    branch: int | None,
    seed: int,
    quiet: bool,
) -> None:
    """Print or write the way to the symmetries of one problem."""
    begun = now()
    check_budget(budget)
    if as_json and as_latex:
        raise ParseError("--json and --latex are two ways to print; give one of them")
    if output is not None:
        check_writable(output)
    with clock(budget, begun) as watched, progress(quiet=quiet) as show:
        given, form = _given(inputs, independent, branch, ansatz)
        found = explained(
            given,
            form,
            independent=independent,
            branch=branch if isinstance(given, str) else None,
            budget=WORK * watched.left(),
            progress=show,
            seed=seed,
        )
    if output is not None:
        title = found.system.title or "; ".join(write_system(found.system))
        write_whole(output, document(title, found.to_html(steps=steps)))
    if as_json:
        typer.echo(to_text(found.to_json()), nl=False)
    elif as_latex:
        typer.echo(found.to_latex(steps=steps))
    elif output is not None:
        typer.echo(f"{len(found.steps)} steps, {len(found.result.generators)} generators; see {output}")
    else:
        screen = standard_output()
        for line in found.to_text(steps=steps).splitlines():
            deep = len(line) - len(line.lstrip())
            tell(screen, line, " " * (deep + 2), "" if deep else "bold")
    open_end = found.result.completeness is Completeness.OPEN
    leave(interrupted=watched.interrupted, ran_out=(watched.over or found.result.stopped) and open_end)


def _given(
    inputs: list[str] | None, independent: str | None, branch: int | None, ansatz: str | None
) -> tuple[str | ODESystem, str | AnsatzSpec | None]:
    """Equations as text with the ansatz as text, or the system and the ansatz of a file or of the standard input."""
    texts = inputs or []
    if not texts or any(is_file(t) for t in texts):
        problem = load_problem(texts, independent=independent, branch=branch, ansatz=ansatz)
        return problem.system, problem.ansatz
    return "\n".join(texts), ansatz
