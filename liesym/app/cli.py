"""The command line: `liesym analyze | determine | verify | noether | reduce | export | train | report | batch`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

import liesym
from liesym.app.console import (
    INTERRUPTED,
    NEGATIVE,
    OUT_OF_BUDGET,
    check_budget,
    check_choice,
    check_folder,
    check_writable,
    guarded,
    load_problem,
    progress,
)
from liesym.base.clock import clock
from liesym.errors import DataError, ParseError

app = typer.Typer(
    name="liesym",
    help="Lie point symmetries of ordinary differential equations, and networks that respect them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Inputs = Annotated[list[str] | None, typer.Argument(metavar="FILE | EQUATION", help="A TOML file, or equations as text.")]
Independent = Annotated[str | None, typer.Option(help="Name of the independent variable; t unless given.")]
Ansatz = Annotated[
    str | None,
    typer.Option(help="general | affine | polynomial: 2 | separable: t(t), z(z), v(u,v) | span: 1, u, log(u)"),
]
Moving = Annotated[
    str | None,
    typer.Option(help="Parameters that the symmetries may move too: their names, such as k1,k2, or all."),
]
Budget = Annotated[float, typer.Option(help="Seconds that the search may take.")]
Branch = Annotated[int | None, typer.Option(help="Which solution of implicit equations to take, from 0.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of the random draws.")]


def main() -> None:
    """The entry point of the command."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))  # long sums are deep trees in SymPy
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without Greek letters shows their numbers
            stream.reconfigure(errors="backslashreplace")
    app()


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"liesym {liesym.__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Lie point symmetries of ordinary differential equations, and networks that respect them."""


# -- analyze and determine -----------------------------------------------------------------------


@app.command()
@guarded
def analyze(
    inputs: Inputs = None,
    as_json: AsJson = False,
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    moving: Moving = None,
    independent: Independent = None,
    classify: Annotated[bool, typer.Option(help="Follow the special values of the parameters.")] = False,
    branch: Branch = None,
    integrals: Annotated[bool, typer.Option(help="Look for first integrals too.")] = True,
    seed: Seed = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the JSON here.")] = None,
) -> None:
    """Symmetries, completeness, algebra, conditions and first integrals."""
    from liesym.app.report.json import to_text
    from liesym.app.tasks import analysis

    check_budget(budget)
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch, moving=moving)
    if output is not None:
        check_writable(output)
    with progress() as show:
        done = analysis(problem, budget=budget, classify=classify, integrals=integrals, seed=seed, show=show)
    if as_json or output is not None:
        text = to_text(done.record())
        if output is not None:
            _write(output, text)
        if as_json:
            typer.echo(text, nl=False)
    if not as_json:
        from liesym.app.report.terminal import console, show_result

        show_result(console(), done.result, done.integrals, done.algebra)
    _leave(done.interrupted, done.ran_out)


def _leave(interrupted: bool, ran_out: bool) -> None:
    """End a command whose findings are printed, with a remark if it was stopped."""
    if interrupted:
        typer.echo("interrupted: what is above is verified, more may exist", err=True)
        raise typer.Exit(INTERRUPTED)
    if ran_out:
        typer.echo("incomplete: the budget ran out; what is above is verified, more may exist", err=True)
        raise typer.Exit(OUT_OF_BUDGET)


@app.command()
@guarded
def determine(
    inputs: Inputs = None,
    as_json: AsJson = False,
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    moving: Moving = None,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """The determining system of the infinitesimals, before and after splitting."""
    from liesym.app.report.terminal import console, show_determining
    from liesym.app.tasks import determining_of

    check_budget(budget)
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch, moving=moving)
    with clock(budget), progress() as show:
        show("determining system")
        found = determining_of(problem.system, problem.ansatz)
    if not as_json:
        show_determining(console(), problem.system, found)
        return
    from liesym.app.report.json import determining_record, to_text

    typer.echo(to_text(determining_record(problem.system, found)), nl=False)


# -- verify --------------------------------------------------------------------------------------


@app.command()
@guarded
def verify(
    inputs: Inputs = None,
    generator: Annotated[
        str | None,
        typer.Option(help='The infinitesimals, such as "t: 1; x: 0"; not named means 0, new names are arbitrary.'),
    ] = None,
    moving: Moving = None,
    independent: Independent = None,
    branch: Branch = None,
    budget: Budget = 60.0,
) -> None:
    """Is it a symmetry? The nonzero remainder if not. Also rechecks a saved result of `analyze --json`."""
    check_budget(budget)
    if inputs and len(inputs) == 1 and inputs[0].endswith(".json"):
        if generator is not None:
            raise ParseError("a saved result has its own generators; leave --generator out")
        from liesym.app.recheck import recheck_saved

        with clock(budget):
            lines, sound = recheck_saved(inputs[0])
        typer.echo("\n".join(lines))
        raise typer.Exit(0 if sound else NEGATIVE)
    if generator is None:
        raise ParseError('which generator? give it with --generator "t: 1; x: 0"')
    from liesym.model.vectorfields import invented_names, read_generator
    from liesym.symmetries.generator import Generator
    from liesym.text import write

    system = load_problem(inputs or (), independent=independent, branch=branch, moving=moving).system
    given = Generator.of(read_generator(generator, system, constants=True))
    invented = invented_names(given, system)
    with clock(budget):
        remainder = given.remainder(system)
    sound = not any(remainder)
    typer.echo(f"{'a symmetry' if sound else 'not a symmetry'}: {given}")
    if invented:
        typer.echo(f"  arbitrary: {', '.join(invented)}")
    if sound:
        return
    for i, rest in enumerate(remainder):
        if rest != 0:
            typer.echo(f"  remainder for {system.leading(i).name}: {write(rest)}")
    raise typer.Exit(NEGATIVE)


# -- Noether and reduction -----------------------------------------------------------------------


@app.command()
@guarded
def noether(
    inputs: Annotated[list[str], typer.Argument(metavar="LAGRANGIAN | FILE | EQUATION")],
    as_json: AsJson = False,
    budget: Budget = 60.0,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """Conserved quantities of a Lagrangian, gauge terms allowed; from equations, a Lagrangian is looked for first."""
    from liesym.app.console import is_file
    from liesym.app.derivations import lagrangian_of, noether_lines, noether_record
    from liesym.variational.lagrangian import as_lagrangian

    check_budget(budget)
    if len(inputs) == 1 and "=" not in inputs[0] and not is_file(inputs[0]):
        if branch is not None:
            raise ParseError("--branch is for equations; a Lagrangian has none")
        lagrangian = as_lagrangian(inputs[0], None, "t" if independent is None else independent)
    else:
        with clock(budget):
            lagrangian = lagrangian_of(load_problem(inputs, independent=independent, branch=branch).system, budget=budget)
    with progress() as show:
        record = noether_record(lagrangian, budget=budget, show=show)
    _print(record, as_json, noether_lines(record))


@app.command()
@guarded
def reduce(
    inputs: Inputs = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """Lower order by each symmetry, Lie's linearization test and canonical forms, and the general solution."""
    from liesym.app.derivations import reduction_lines, reduction_record

    check_budget(budget)
    system = load_problem(inputs or (), independent=independent, branch=branch).system
    with progress() as show:
        record = reduction_record(system, budget=budget, show=show)
    _print(record, as_json, reduction_lines(record))


def _print(record: dict[str, Any], as_json: bool, lines: Iterable[str]) -> None:
    """A record of texts, as JSON or in lines; exit status 3 if the budget ran out."""
    from liesym.app.report.json import to_text

    if as_json:
        typer.echo(to_text(record), nl=False)
    else:
        typer.echo("\n".join(lines))
    _leave(False, record["stopped"])


# -- export and train ----------------------------------------------------------------------------

RESIDUALS = ("invariance", "group", "conservation", "backward")
BACKENDS = ("numpy", "torch", "jax")


@app.command()
@guarded
def export(
    inputs: Inputs = None,
    residual: Annotated[str, typer.Option(help="invariance | group | conservation | backward")] = "invariance",
    backend: Annotated[str, typer.Option(help="torch | jax | numpy")] = "numpy",
    output: Annotated[Path, typer.Option("--output", "-o", help="The module to write.")] = Path("residuals.py"),
    generator: Annotated[str | None, typer.Option(help='Such as "t: 1; x: 0"; found unless given.')] = None,
    integral: Annotated[str | None, typer.Option(help="A first integral; found unless given.")] = None,
    order: Annotated[int | None, typer.Option(help="Order of the Lie series for a group residual.")] = None,
    name: Annotated[str, typer.Option(help="Name of the function in the module.")] = "residual",
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """A residual as a stand-alone module that imports only its backend."""
    from liesym.app.tasks import residual_of
    from liesym.lowering.export import check_name
    from liesym.lowering.export import export as write_module

    check_budget(budget)
    check_name(name)
    check_choice(residual, RESIDUALS, "--residual")
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch)
    check_writable(output)
    with clock(budget) as watched, progress() as show:
        show(f"laws for the {residual} residual")
        target, told = residual_of(
            residual, problem, generator=generator, integral=integral, order=order, budget=watched.left()
        )
    write_module(target, output, backend=backend, name=name, title=problem.title)
    for line in told:
        typer.echo(line)
    typer.echo(f"{len(target.expressions)} components in {output}")


@app.command()
@guarded
def train(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE", help="A TOML file, or equations as text.")],
    data: Annotated[Path, typer.Option(help="Trajectories, .npz or .csv.")],
    backend: Annotated[str, typer.Option(help="torch | jax")] = "torch",
    residual: Annotated[str, typer.Option(help="auto | conservation | invariance | none")] = "auto",
    weight: Annotated[float, typer.Option(help="Weight of the residual.")] = 1.0,
    search: Annotated[int, typer.Option(help="Trials of a search for the weight; 0 takes --weight.")] = 0,
    split: Annotated[float, typer.Option(help="Fraction of the data to train on.")] = 0.7,
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2.")] = "0",
    steps: Annotated[int, typer.Option(help="Optimizer steps.")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Learning rate at the first step.")] = 5e-3,
    window: Annotated[int, typer.Option(help="Times in a window of the rollout.")] = 8,
    width: Annotated[int, typer.Option(help="Width of the network.")] = 32,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results.")] = Path("results"),
    budget: Annotated[float, typer.Option(help="Seconds for finding the laws.")] = 30.0,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """A Neural ODE with the laws of the system in its loss, and the same network without them beside it."""
    check_budget(budget)
    check_choice(backend, ("torch", "jax"), "--backend")
    problem = load_problem(inputs, independent=independent, branch=branch)
    chosen = _seeds(seeds)
    check_folder(out)
    from liesym.learn.training import run_problem

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


# -- report and batch ----------------------------------------------------------------------------


@app.command()
@guarded
def report(
    inputs: Inputs = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    independent: Independent = None,
    branch: Branch = None,
    seed: Seed = 0,
) -> None:
    """One self-contained page: equations, symmetries, algebra, certificate, pictures."""
    check_budget(budget)
    problem = load_problem(inputs or (), independent=independent, ansatz=ansatz, branch=branch)
    check_writable(output)
    from liesym.app.report.html import page
    from liesym.app.tasks import analysis

    with progress() as show:
        done = analysis(problem, budget=budget, seed=seed, show=show)
    _write(output, page(done.result, done.integrals or (), done.algebra, seconds=done.seconds))
    typer.echo(f"{len(done.result.generators)} generators, {done.result.completeness.value}; see {output}")
    _leave(done.interrupted, done.ran_out)


@app.command()
@guarded
def batch(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS.json", help="A list of systems.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="One line of JSON a system.")] = Path("batch.jsonl"),
    workers: Annotated[int, typer.Option(help="Processes on this machine; 0 takes all cores.")] = 0,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    budget: Annotated[float, typer.Option(help="Seconds for each system.")] = 60.0,
    only: Annotated[str | None, typer.Option(help="Take the systems whose id or class holds this.")] = None,
    seed: Seed = 0,
) -> None:
    """Many systems at once, on processes or a Dask cluster; a second call goes on where the first ended."""
    from liesym.app.batch import read_corpus, run_batch

    check_budget(budget)
    if workers < 0:
        raise ParseError(f"--workers is a whole number from 0, not {workers}")
    entries = [e for e in read_corpus(corpus) if only is None or only in e.id or only in e.group]
    if not entries:
        raise DataError(f"no system in {corpus} has {only!r} in its id or class")
    check_writable(output)
    jobs = [replace(e, budget=budget, seed=seed) for e in entries]
    summary = run_batch(jobs, output, workers=workers, dask=dask)
    for line in summary.lines():
        typer.echo(line)


def _write(path: Path, text: str) -> None:
    from liesym.base.files import write_whole

    write_whole(path, text)
