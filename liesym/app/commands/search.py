"""`liesym analyze`, `classify`, `determine` and `verify`."""

from __future__ import annotations

from pathlib import Path

import typer

from liesym.app.clock import clock
from liesym.app.console import NEGATIVE, check_budget, check_printing, check_writable, leave, progress
from liesym.app.inputs import load_problem
from liesym.app.recheck import recheck_saved
from liesym.app.report.cases import classification_record, show_classification
from liesym.app.report.json import determining_record, to_text
from liesym.app.report.terminal import latex_lines, show_determining, show_result, show_summary
from liesym.app.screen import standard_output
from liesym.app.tasks import analysis, determining_of
from liesym.base.budget import Budget, now
from liesym.base.files import write_whole
from liesym.errors import ParseError
from liesym.model.vectorfields import invented_names, read_generator
from liesym.symmetries.classification import classify as classified
from liesym.symmetries.generator import Generator
from liesym.text import write


def analyze(
    inputs: list[str] | None,
    as_json: bool,
    ansatz: str | None,
    budget: float,
    moving: str | None,
    independent: str | None,
    classify: bool,
    branch: int | None,
    integrals: bool,
    seed: int,
    output: Path | None,
    as_latex: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Print or write the analysis of one problem."""
    begun = now()
    check_budget(budget)
    if as_json + as_latex + quiet > 1 or (verbose and (as_json or as_latex or quiet)):
        raise ParseError("--json, --latex, --quiet and --verbose are four ways to print; give one of them")
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch, moving=moving)
    if output is not None:
        check_writable(output)
    with clock(budget, begun) as watched, progress(quiet=quiet) as show:
        done = analysis(
            problem, budget=watched.left(), classify=classify, integrals=integrals, seed=seed, show=show
        )  # fmt: skip
    if as_json or output is not None:
        text = to_text(done.record())
        if output is not None:
            write_whole(output, text)
        if as_json:
            typer.echo(text, nl=False)
    if as_latex:
        typer.echo("\n".join(latex_lines(done.result, done.integrals)))
    elif quiet:
        show_summary(standard_output(), done.result, done.integrals, done.algebra)
    elif not as_json:
        show_result(standard_output(), done.result, done.integrals, done.algebra, verbose=verbose)
    leave(interrupted=done.interrupted, ran_out=done.ran_out)


def classify(
    inputs: list[str] | None,
    as_json: bool,
    budget: float,
    moving: str | None,
    independent: str | None,
    branch: int | None,
    depth: int,
    seed: int,
    quiet: bool,
    verbose: bool,
) -> None:
    """Print the tree of cases."""
    begun = now()
    check_budget(budget)
    check_printing(as_json, quiet, verbose)
    system = load_problem(inputs or (), independent=independent, branch=branch, moving=moving).system
    with clock(budget, begun) as watched, progress(quiet=quiet) as show:
        found = classified(system, budget=watched.left(), depth=depth, progress=show, seed=seed)
    if as_json:
        typer.echo(to_text(classification_record(found)), nl=False)
    elif quiet:
        typer.echo(str(found))
    else:
        show_classification(standard_output(), found, verbose=verbose)
    leave(interrupted=watched.interrupted, ran_out=found.stopped)


def determine(
    inputs: list[str] | None,
    as_json: bool,
    ansatz: str | None,
    budget: float,
    moving: str | None,
    independent: str | None,
    branch: int | None,
) -> None:
    """Print the determining system."""
    begun = now()
    check_budget(budget)
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch, moving=moving)
    with clock(budget, begun) as watched, progress() as show:
        show("determining system")
        found = determining_of(problem.system, problem.ansatz, Budget.seconds(watched.left()))
    if as_json:
        typer.echo(to_text(determining_record(problem.system, found)), nl=False)
    else:
        show_determining(standard_output(), problem.system, found)


def verify(
    inputs: list[str] | None,
    generator: str | None,
    moving: str | None,
    independent: str | None,
    branch: int | None,
    budget: float,
) -> None:
    """Print whether a generator is a symmetry, or whether a saved result holds."""
    check_budget(budget)
    if inputs and len(inputs) == 1 and inputs[0].endswith(".json"):
        if generator is not None:
            raise ParseError("a saved result has its own generators; leave --generator out")
        with clock(budget):
            lines, sound = recheck_saved(inputs[0])
        typer.echo("\n".join(lines))
        raise typer.Exit(0 if sound else NEGATIVE)
    if generator is None:
        raise ParseError('which generator? give it with --generator "t: 1; x: 0"')
    begun = now()
    system = load_problem(inputs or (), independent=independent, branch=branch, moving=moving).system
    given = Generator.of(read_generator(generator, system, constants=True))
    with clock(budget, begun):
        remainder = given.remainder(system)
    invented, sound = invented_names(given, system), not any(remainder)
    typer.echo(f"{'a symmetry' if sound else 'not a symmetry'}: {given}")
    if invented:
        typer.echo(f"  arbitrary: {', '.join(invented)}")
    if sound:
        return
    for i, rest in enumerate(remainder):
        if rest != 0:
            typer.echo(f"  remainder for {system.leading(i).name}: {write(rest)}")
    raise typer.Exit(NEGATIVE)
