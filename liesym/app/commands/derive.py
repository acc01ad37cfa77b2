"""`liesym noether`, `lagrangian`, `reduce` and `constrain`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import typer

from liesym.app.clock import clock
from liesym.app.console import check_budget, check_printing, leave, progress
from liesym.app.derivations import charges_of, motion_record, reductions_of
from liesym.app.inputs import is_file, load_problem
from liesym.app.report.derivations import charge_lines, motion_lines, reduction_lines
from liesym.app.report.json import system_record, to_text
from liesym.app.report.options import show_options
from liesym.app.report.terminal import tell
from liesym.app.screen import standard_output
from liesym.app.shares import LAGRANGIAN
from liesym.base.budget import now
from liesym.base.version import __version__
from liesym.errors import ParseError
from liesym.invariants.open.constrain import constrain as constrained
from liesym.model.system import ODESystem
from liesym.variational.inverse import lagrangian_of
from liesym.variational.lagrangian import Lagrangian, as_lagrangian
from liesym.variational.motion import motion_of


def noether(inputs: list[str], as_json: bool, budget: float, independent: str | None, branch: int | None) -> None:
    """Print the conserved quantities of a Lagrangian."""
    begun = now()
    check_budget(budget)
    given = _read(inputs, independent, branch)
    with clock(budget, begun) as watched, progress() as show:
        if isinstance(given, ODESystem):
            show("Lagrangian")
            given = lagrangian_of(given, budget=LAGRANGIAN * watched.left())
        found = charges_of(given, budget=watched.left(), show=show)
    _print(found.to_json, as_json, charge_lines(found), found.laws.stopped)


def lagrangian(
    text: str, coordinates: str | None, force: list[str] | None, as_json: bool, budget: float, independent: str | None
) -> None:
    """Print momenta, energy, equations and laws that a Lagrangian shows."""
    begun = now()
    check_budget(budget)
    names = None if coordinates is None else [n.strip() for n in coordinates.split(",")]
    forces = _forces(force or ())
    with clock(budget, begun) as watched, progress() as show:
        show("laws of the Lagrangian")
        found = motion_of(text, coordinates=names, independent=independent or "t", forces=forces, budget=watched.left())
    _print(lambda: motion_record(found), as_json, motion_lines(found), found.stopped)


def _forces(texts: Sequence[str]) -> dict[str, str]:
    """The force on each coordinate."""
    forces: dict[str, str] = {}
    for name, value in map(_force, texts):
        if name in forces:
            raise ParseError(f"--force is given twice for {name}; give the sum of the forces on it once")
        forces[name] = value
    return forces


def _force(text: str) -> tuple[str, str]:
    """ "x: -c*x'" or "x = -c*x'"."""
    name, mark, value = text.partition(":" if ":" in text else "=")
    if not mark or not name.strip() or not value.strip():
        raise ParseError(f'--force {text!r} is not of the form "x: -c*x\'"')
    return name.strip(), value.strip()


def _read(inputs: list[str], independent: str | None, branch: int | None) -> Lagrangian | ODESystem:
    """The Lagrangian that is given, or the equations that one is looked for."""
    if len(inputs) == 1 and "=" not in inputs[0] and not is_file(inputs[0]):
        if branch is not None:
            raise ParseError("--branch is for equations; a Lagrangian has none")
        return as_lagrangian(inputs[0], None, "t" if independent is None else independent)
    return load_problem(inputs, independent=independent, branch=branch).system


def reduce(inputs: list[str] | None, as_json: bool, budget: float, independent: str | None, branch: int | None) -> None:
    """Print lower orders, linear and canonical forms, and the general solution."""
    begun = now()
    check_budget(budget)
    system = load_problem(inputs or (), independent=independent, branch=branch).system
    with clock(budget, begun) as watched, progress() as show:
        found = reductions_of(system, budget=watched.left(), show=show)
    _print(found.to_json, as_json, reduction_lines(found), found.stopped)


def constrain(
    inputs: list[str] | None,
    integral: list[str] | None,
    generator: list[str] | None,
    as_json: bool,
    budget: float,
    independent: str | None,
    branch: int | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Print what always holds, and the tree of relations under which more does."""
    begun = now()
    check_budget(budget)
    check_printing(as_json, quiet, verbose)
    system = load_problem(inputs or (), independent=independent, branch=branch).system
    with clock(budget, begun) as watched, progress(quiet=quiet) as show:
        laws = {"integrals": integral or (), "generators": generator or ()}
        found = constrained(system, **laws, budget=watched.left(), progress=show)
    if as_json:
        record = {"system": system_record(system), **found.to_json(), "liesym": __version__}
        typer.echo(to_text(record), nl=False)
    elif quiet:
        typer.echo(str(found))
    else:
        show_options(standard_output(), found, verbose=verbose)
    leave(interrupted=watched.interrupted, ran_out=found.stopped)


def _print(record: Callable[[], dict[str, Any]], as_json: bool, lines: Iterable[str], ran_out: bool) -> None:
    """JSON, or lines for people; exit status 3 if the budget ran out."""
    if as_json:
        typer.echo(to_text(record()), nl=False)
    else:
        screen = standard_output()
        for line in lines:
            tell(screen, line, " " * (len(line) - len(line.lstrip()) + 2))
    leave(interrupted=False, ran_out=ran_out)
