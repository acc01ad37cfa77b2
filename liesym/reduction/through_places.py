"""Solutions through given places: constants fitted, intervals, and whether others pass through the same values.

In: what was found of an equation or a system, and its conditions. Out: the same record with what meets them. Source: Hartman
1964, chapters II and III.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sympy import Expr

from liesym.base.budget import Budget
from liesym.base.typed import expr
from liesym.model.system import ODESystem
from liesym.reduction.conditions import NONE, Condition, contradict
from liesym.reduction.existence import Interval, interval_of, is_regular_between
from liesym.reduction.fitted_curves import fitted_curve
from liesym.reduction.record import Solution
from liesym.reduction.system_solution import SystemSolution, with_first
from liesym.reduction.uniqueness import Start, follows_equation, said_of, start_of, unbounded_ends
from liesym.text import write

Found = TypeVar("Found", bound=Solution)


def through_places(
    found: Solution, system: ODESystem, wanted: Sequence[Condition], budget: Budget, is_explicit: bool
) -> Solution:
    """The solutions of one equation that meet the conditions; a curve where there is no form y = ….

    Arguments:
        found: what was found without conditions.
        system: the equation, decimals as numbers.
        wanted: the conditions.
        budget: of an integral along a curve.
        is_explicit: False if the system is only a frame of an implicit equation, of which no more is said.
    """
    fitted = found.fitted(wanted)
    if (
        is_explicit
        and not fitted.found
        and _is_proven_absent(system, [[expr(e.rhs)] for e in found.explicit], found, wanted)
    ):
        return replace(fitted, notes=(*found.notes, NONE), complete=True)
    if is_explicit and not fitted.found:
        fitted = fitted_curve(system, found, wanted, budget) or fitted
    start = start_of(system, wanted) if is_explicit else None
    values = [(expr(e.rhs),) for e in fitted.explicit]
    if start is Start.UNIQUE:
        kept = _of_equation(system, values, fitted.constants, wanted, fitted.on)
        values = [values[k] for k in kept]
        fitted = replace(fitted, explicit=tuple(fitted.explicit[k] for k in kept), on=tuple(fitted.on[k] for k in kept))
    fitted = replace(fitted, intervals=_intervals(system, values, wanted))
    count = len(values) + (fitted.equation is not None or fitted.parametric is not None) + len(fitted.others)
    return _told(fitted, values, fitted.on, start, count)


def system_through_places(found: SystemSolution, system: ODESystem, wanted: Sequence[Condition]) -> SystemSolution:
    """The same for a system."""
    fitted = found.fitted(wanted)
    if not fitted.found and _is_proven_absent(system, [v for v, _ in found.families], found, wanted):
        return replace(fitted, notes=(*found.notes, NONE), complete=True)
    start = start_of(system, wanted)
    values = [v for v, _ in fitted.families]
    if start is Start.UNIQUE:
        kept = _of_equation(system, values, fitted.constants, wanted, [on for _, on in fitted.families])
        fitted = with_first(replace(fitted, families=tuple(fitted.families[k] for k in kept)))
        values = [values[k] for k in kept]
    fitted = replace(fitted, intervals=_intervals(system, values, wanted))
    places = [on for _, on in fitted.families]
    return _told(fitted, values, places, start, len(values) + bool(fitted.relations))


def _is_proven_absent(
    system: ODESystem, families: Sequence[Sequence[Expr]], found: Solution, wanted: Sequence[Condition]
) -> bool:
    """True if the general solution of a linear system, on an interval that holds all places, meets no such values."""
    if not found.complete or len(families) != 1:
        return False
    values = dict(zip(system.unknowns, families[0], strict=True))
    linear = not any(
        f.diff(a).has(*values, *system.jet_coordinates) for f in system.rhs for a in (*values, *system.jet_coordinates)
    )
    places = [c.place for c in wanted]
    return linear and is_regular_between(system, places) and contradict(values, system.independent, wanted, found.constants)


def _of_equation(
    system: ODESystem,
    values: Sequence[Sequence[Expr]],
    constants: Sequence[Expr],
    wanted: Sequence[Condition],
    places: Sequence[tuple[Expr, ...]],
) -> list[int]:
    """The branch that the equation follows at the place, one for each side of the parameters.

    Others may meet the values with another slope.
    """
    kept = [k for k, v in enumerate(values) if follows_equation(system, v, wanted)]
    kept.sort(key=lambda k: any(e.has(*constants) for e in values[k]) if constants else False)
    first: dict[tuple[Expr, ...], int] = {}
    for k in kept:
        first.setdefault(places[k] if k < len(places) else (), k)
    return sorted(first.values())


def _intervals(system: ODESystem, values: Sequence[Sequence[Expr]], wanted: Sequence[Condition]) -> tuple[Interval, ...]:
    """Where each is regular around the place of the conditions, if they are at one place."""
    places = {c.place for c in wanted}
    return tuple(interval_of(system, v, wanted[0].place) for v in values) if len(places) == 1 else ()


def _told(
    found: Found,
    values: Sequence[Sequence[Expr]],
    places: Sequence[tuple[Expr, ...]],
    start: Start | None,
    count: int,
) -> Found:
    """With what is known of other solutions through the values, and of the ends of the intervals.

    The only solution is all there is to say, unless it holds on one side of a place alone: beyond it has another form.
    """
    said = [] if start is None else [said_of(start, count, bool(found.constants))]
    notes = tuple(dict.fromkeys((*found.notes, *said, *_ends(found, values))))
    if start is None:
        return replace(found, notes=notes)
    unique = True if start is Start.UNIQUE else False if count > 1 or found.constants else None
    beyond = any(a.has(found.variables[0]) for on in places for a in on)
    complete = found.complete or (unique is True and count == 1 and not found.constants and not beyond)
    return replace(found, notes=notes, unique=unique, complete=complete)


def _ends(found: Solution, values: Sequence[Sequence[Expr]]) -> Iterator[str]:
    x, *unknowns = found.variables
    for of_unknowns, interval in zip(values, found.intervals, strict=False):
        for y, value in zip(unknowns, of_unknowns, strict=True):
            for end in unbounded_ends(value, x, interval):
                yield f"{y.name} grows beyond all bounds toward {x.name} = {write(end)}"
