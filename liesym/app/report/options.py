"""What a system with unknown functions keeps, as a tree: what always holds, then each relation with what is gained by it."""

from __future__ import annotations

from sympy import Expr

from liesym.app.report.terminal import show_system, tell
from liesym.app.screen import Screen
from liesym.conservation.kinds import integral_kind
from liesym.invariants.open.records import Constrained, Option, unknown_names
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.kinds import kind
from liesym.text.display import shown
from liesym.text.shown import field_text


def show_options(screen: Screen, found: Constrained, *, verbose: bool = False) -> None:
    """How the equations were read, what always holds, and the relations under which more does."""
    show_system(screen, found.system)
    screen.say()
    names = " and ".join(unknown_names(found.system))
    screen.say(f"whatever {names} {'is' if len(unknown_names(found.system)) == 1 else 'are'}:", "bold")
    if found.written != found.system:
        _equations(screen, found.written, "  ")
        for statement in found.statements:
            tell(screen, f"  where {statement}", "    ")
    _laws(screen, found.written, found.always, found.symmetries, "  ")
    if not found.always and not found.symmetries:
        screen.say("  nothing is conserved and no symmetry was found")
    for integral in found.left_out:
        tell(screen, f"  conserved, with an antiderivative: {shown(integral, found.system.display)}", "    ")
    for option in found.options:
        _option(screen, option, verbose)
    screen.say()
    tell(screen, found.within, "  ")


def _option(screen: Screen, option: Option, verbose: bool) -> None:
    screen.say()
    tell(screen, f"if {option.words()}:" if option.relations else "with no relation between them:", "  ", "bold")
    _equations(screen, option.system, "  ")
    for statement in option.statements:
        tell(screen, f"  where {statement}", "    ")
    _laws(screen, option.system, option.conserved, option.symmetries, "  ")
    if verbose:
        by = option.system.display
        for function, value in option.functions:
            tell(screen, f"  {by.write(function)} is {by.write(value)}", "    ")


def _equations(screen: Screen, system: ODESystem, indent: str) -> None:
    for line in str(system).splitlines():
        tell(screen, indent + line, indent + "  ")


def _laws(
    screen: Screen, system: ODESystem, integrals: tuple[Expr, ...], symmetries: tuple[Generator, ...], indent: str
) -> None:
    by = system.display
    for integral in integrals:
        words = integral_kind(integral, system)
        tell(screen, f"{indent}conserved: {shown(integral, by)}{f'   ({words})' if words else ''}", indent + "  ")
    for generator in symmetries:
        words = kind(generator, by)
        remark = f"   ({words.words})" if words.name != "other" else ""
        text = field_text(generator.variables, generator.components, by)
        tell(screen, f"{indent}symmetry: {text}{remark}", indent + "  ")
