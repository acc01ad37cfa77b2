"""What a search knows so far: a record that one strategy hands on to the next, and how strategies are carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from liesym.base.budget import Budget
from liesym.coefficients.definitions import Definition
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.errors import OutOfBudget
from liesym.model.system import ODESystem
from liesym.solving.found import Found
from liesym.solving.linear.vectors import Vector

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the symmetries of a system.

    Arguments:
        system: whose symmetries they are.
        bound: no more than so many are independent; None if that is not known.
        vectors: (ξ, η_1, …) in the field of the determining system.
        families: (components, arbitrary functions with their arguments).
        integrals: first integrals, for the families of a first-order system.
        pivots: coefficients divided by.
        definitions: linear equations of named functions in the vectors.
        substituted: True if the vectors, and the first integrals, have passed substitution in the field of the search.
        settled: True if nothing of the form that is searched is missing, and no further strategy is needed.
        finished: the shapes, of those that are searched one after the other, within which nothing is missing.
        named: what was found in terms of named functions, for the case that nothing else is.
        dropped: candidates that substitution could not confirm.
        laborious: True once the substitution of one vector took many operations.
        cut: True if the first attempt at the general solution did all the operations that it may.
        notes: what was tried, and why the search stopped where it did.
        stopped: True if the budget ran out, or the user broke the search off.
        interrupted: True if the user did.
    """

    system: ODESystem
    bound: int | None = None
    vectors: tuple[Vector, ...] = ()
    families: tuple = ()
    integrals: tuple[Element, ...] = ()
    pivots: tuple[Element, ...] = ()
    definitions: tuple[Definition, ...] = ()
    substituted: bool = False
    settled: bool = False
    finished: tuple[str, ...] = ()
    named: tuple[Found, ...] = ()
    dropped: int = 0
    laborious: bool = False
    cut: bool = False
    notes: tuple[str, ...] = ()
    stopped: bool = False
    interrupted: bool = False

    @property
    def bound_met(self) -> bool:
        """True if no more can be found."""
        return self.bound is not None and len(self.vectors) >= self.bound

    def noting(self, *notes: str) -> Known:
        """The same with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def out_of_budget(self, stop: OutOfBudget) -> Known:
        """The same, after time or size ran out in a step."""
        return replace(self.noting(stop.note), stopped=self.stopped or stop.ends)


Strategy = Callable[[Determining, Known, Budget, Report], Known]


def carried_out(
    strategies: Iterable[Strategy], determining: Determining, known: Known, budget: Budget, report: Report
) -> Known:
    """What is known after the strategies, each in its turn until nothing is missing; what ends one leaves the next to try.

    A KeyboardInterrupt ends them all, with what the last one that was finished handed on.
    """
    pending = iter(strategies)
    try:
        with determining.field.within(budget):
            while not (known.settled or known.bound_met):
                try:
                    strategy = next(pending, None)  # making one (a span, say) is work too
                    if strategy is None:
                        break
                    known = strategy(determining, known, budget, report)
                except OutOfBudget as stop:
                    known = known.out_of_budget(stop)
                    if budget.over:
                        break
    except KeyboardInterrupt:
        known = replace(known.noting("interrupted in the stage 'solve'"), stopped=True, interrupted=True)
    return known
