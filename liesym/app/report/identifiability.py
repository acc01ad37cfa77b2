"""What the observables tell, as a table in words."""

from __future__ import annotations

from collections.abc import Sequence

from liesym.app.report.terminal import show_system
from liesym.app.screen import Screen
from liesym.invariants.identify import Identifiability
from liesym.text import write


def show_identifiability(screen: Screen, found: Identifiability, known: Sequence[str] = ()) -> None:
    """The verdict for each parameter and initial state, what is determined together, and what hides the rest."""
    show_system(screen, found.system)
    screen.say("observed: " + ", ".join(write(h) for h in found.observables))
    screen.say()
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "what", "verdict", "moved by"):
        table.add_column(heading, overflow="fold")
    for kind, verdicts in (("parameter", found.parameters), ("initial state", found.states)):
        for name, verdict in verdicts.items():
            table.add_row(Text(name), kind, _in_words(name, verdict, found, known), Text(_movers(name, found)))
    Console(file=screen.file, width=screen.width, highlight=False).print(table)
    screen.say()
    for combination in found.combinations:
        screen.say(f"determined together: {write(combination)}")
    screen.say(f"directions that no observation tells: {found.defect}")
    for number, direction in enumerate(found.directions, 1):
        screen.say(f"  X{number} = {direction}")
    if not found.explained:
        screen.say(
            f"  no symmetry was found for {found.defect - len(found.directions)} of them; the verdicts do not need one",
        )
    if found.reason:
        screen.say(f"globally open: {found.reason}")
    count = found.certificate
    screen.say(
        f"proven: rank {count.rank} of {count.columns} from derivatives up to order {count.orders}, modulo two primes",
    )


def _in_words(name: str, verdict: str, found: Identifiability, known: Sequence[str]) -> str:
    if name in known:
        return "known"
    told = found.in_words(name, verdict)
    return f"{told}: no observable depends on it" if name in found.hidden else told


def _movers(name: str, found: Identifiability) -> str:
    """The directions that move it, by their numbers."""
    moving = (
        number
        for number, direction in enumerate(found.directions, 1)
        if any(v.name == name and c != 0 for v, c in zip(direction.variables, direction.components, strict=True))
    )
    return ", ".join(f"X{number}" for number in moving)
