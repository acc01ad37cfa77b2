"""Results as tables and lines on a terminal or in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sympy import Add, Expr, Symbol

from liesym.app.report.algebra import AlgebraFacts
from liesym.app.report.json import condition, inequality
from liesym.base.listing import Listing
from liesym.determine.forms import DeterminingSystem
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.symmetries.results import Case, Result
from liesym.text import write

WIDTH_IN_A_PIPE = 160


def console() -> Console:
    """Standard output; wide when it is not a terminal, so that expressions are not broken."""
    screen = Console(highlight=False)
    return screen if screen.is_terminal else Console(highlight=False, width=WIDTH_IN_A_PIPE)


def say(screen: Console, text: str = "", style: str = "") -> None:
    """A line as it is: brackets in it are no markup."""
    screen.print(Text(text, style=style), soft_wrap=True)


def show_system(screen: Console, system: ODESystem) -> None:
    """How the names were read, in one line, with remarks; title and equations."""
    say(screen, names_as_read(system))
    for note in system.notes:
        say(screen, f"  note: {note}")
    if system.title:
        say(screen, system.title, "bold")
    for line in write_system(system):
        say(screen, f"  {line}")


def names_as_read(system: ODESystem) -> str:
    """What each name of the equations is taken for."""
    parts = [
        f"independent variable {system.independent.name}",
        f"unknowns {', '.join(x.name for x in system.unknowns)}",
    ]
    if system.parameters:
        parts.append(f"parameters {', '.join(p.name for p in system.parameters)}")
    functions = dict.fromkeys(write(f) for f in system.functions)
    if functions:
        parts.append(f"arbitrary functions {', '.join(functions)}")
    return "; ".join(parts)


def show_result(screen: Console, result: Result, integrals: Sequence[Expr] | None, algebra: AlgebraFacts | None) -> None:
    """Everything that was found and what is claimed of it."""
    show_system(screen, result.system)
    say(screen)
    _generators(screen, result)
    _claim(screen, result)
    if result.conditions:
        say(screen, "conditions: " + ", ".join(condition(c) for c in result.conditions))
    _algebra(screen, algebra)
    if integrals is not None:
        say(screen, "first integrals:" if integrals else "first integrals: none found")
        places = integrals.on if isinstance(integrals, Listing) else ((),) * len(integrals)
        for integral, on in zip(integrals, places, strict=True):
            say(screen, f"  {write(integral)}{_where(on)}")
    for case in result.cases:
        _case(screen, case, 0)
    for note in result.notes:
        say(screen, f"note: {note}")
    say(screen, "seconds: " + ", ".join(f"{stage} {spent:.2f}" for stage, spent in result.seconds))


def _where(on: Sequence[Expr]) -> str:
    """The inequalities on which a statement holds, where that is not everywhere."""
    return f"   where {', '.join(map(inequality, on))}" if on else ""


def _generators(screen: Console, result: Result) -> None:
    if not result.generators and not result.families:
        say(screen, "no symmetry found")
        return
    table = Table(title="infinitesimals", title_justify="left")
    table.add_column("", justify="right")
    for variable in result.system.variables:
        table.add_column(variable.name, overflow="fold")
    table.add_column("")
    for i, generator in enumerate(result.generators):
        remark = ("trivial" if generator.trivial else "") + _where(generator.on)
        table.add_row(f"X{i + 1}", *(Text(write(c)) for c in generator.components), remark)
    for i, family in enumerate(result.families):
        arbitrary = ", ".join(write(f) for f, _ in family.arbitrary)
        remark = f"{arbitrary} arbitrary" + (", trivial" if family.trivial else "")
        table.add_row(f"F{i + 1}", *(Text(write(c)) for c in family.generator.components), Text(remark))
    screen.print(table)
    for definition in result.definitions:
        f = write(definition.function)
        say(
            screen,
            f"  {f} solves D({f}, {definition.variable}, {definition.order}) = {write(definition.rhs)}",
        )


def _claim(screen: Console, result: Result) -> None:
    dimension = "unknown or infinite" if result.dimension is None else str(result.dimension)
    bound = "" if result.upper_bound is None else f", upper bound {result.upper_bound}"
    say(screen, f"dimension: {dimension}{bound}")
    form = "" if result.ansatz is None else f" ({result.ansatz})"
    say(screen, f"completeness: {result.completeness.value}{form}. {result.completeness.sentence}")


def _algebra(screen: Console, algebra: AlgebraFacts | None) -> None:
    if algebra is None:
        return
    words = [
        word
        for word, holds in (
            ("abelian", algebra.abelian),
            ("nilpotent", algebra.nilpotent),
            ("solvable", algebra.solvable),
            ("semisimple", algebra.semisimple),
        )
        if holds
    ]
    say(
        screen,
        f"algebra: {algebra.name or algebra.description or 'not named'}" + (f" ({', '.join(words)})" if words else ""),
    )
    for i, j, row in algebra.commutators:
        say(screen, f"  [X{i + 1}, X{j + 1}] = {write(Add(*(c * Symbol(f'X{k + 1}') for k, c in row)))}")


def _case(screen: Console, case: Case, depth: int) -> None:
    told = ", ".join(condition(a) for a in case.assumptions) or "generic"
    dimension = "unknown or infinite" if case.result.dimension is None else case.result.dimension
    say(screen, "  " * depth + f"case {told}: dimension {dimension}, {case.result.completeness.value}")
    for child in case.children:
        _case(screen, child, depth + 1)


def show_determining(screen: Console, system: ODESystem, found: DeterminingSystem) -> None:
    """The determining system before and after splitting."""
    show_system(screen, system)
    names = ", ".join(f"{write(u.applied)} for {u.variable.name}" for u in found.unknowns)
    say(screen, f"\ninfinitesimals: {names}")
    say(screen, "\nbefore splitting, for all values of the derivatives:", "bold")
    for line in found.conditions:
        say(screen, f"  {write(line)} = 0")
    say(screen, f"\nafter splitting, {len(found.equations)} equations:", "bold")
    for line in found.equations:
        say(screen, f"  {write(line)} = 0")
