"""Strategies that every search has: a finite span, and the general solution of the determining system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from liesym.base.budget import Budget
from liesym.coefficients import Element
from liesym.determine.forms import Determining
from liesym.model.names import taken_names
from liesym.solving.linear.span import polynomial_spans, solve_in_span
from liesym.solving.pde.general import solve_general
from liesym.symmetries.search import shares
from liesym.symmetries.state import Known, Report, Strategy

Spans = Sequence[Sequence[Element]]


def in_span(title: str, spans: Callable[[Determining], Spans], *, part: float = 1.0, ends: bool = False) -> Strategy:
    """Everything in a finite span; it is kept if it is more than what is known.

    Arguments:
        title: as it is reported, empty for nothing.
        spans: for each unknown, made when its turn comes.
        part: of the time that is left.
        ends: True if the span is the form that is searched.
    """

    def strategy(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
        if title:
            report(title)
        with determining.field.within(budget.share(part)):
            found = solve_in_span(determining, spans(determining))
        known = replace(known, settled=ends, finished=(*known.finished, title) if title else known.finished)
        if len(found.vectors) <= len(known.vectors):
            return known
        return replace(known, vectors=found.vectors, pivots=(*known.pivots, *found.pivots))

    return strategy


def polynomials(degree: int, *, ends: bool = False) -> Strategy:
    """Polynomials up to a degree in the arguments of each unknown."""
    return in_span(f"polynomials of degree {degree}", lambda d: polynomial_spans(d, degree), ends=ends)


def general(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Complete and integrate the determining system; the result is kept if it is no smaller than what is known."""
    budget = budget.share(shares.GENERAL)
    found = solve_general(determining, budget=budget, taken=taken_names(known.system), progress=report)
    known = replace(known, stopped=known.stopped or found.stopped, pivots=(*known.pivots, *found.pivots))
    if found.reason:
        known = known.noting(f"general solution: {found.reason}")
    if len(found.vectors) >= len(known.vectors):
        known = replace(known, vectors=found.vectors, definitions=found.definitions)
    return replace(known, families=found.families, settled=found.complete and (known.bound is None or known.bound_met))
