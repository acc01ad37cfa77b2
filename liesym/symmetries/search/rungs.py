"""One rung of the ladder for first-order systems: a shape of the infinitesimals, and how it is solved in bounded work."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from liesym.base.budget import Budget
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.determine.invariance import determine
from liesym.errors import TooLarge
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.found import Found, assumptions
from liesym.solving.linear.span import polynomial_spans, solve_in_span
from liesym.solving.pde.patterns import Pattern, solve_pattern
from liesym.symmetries.search import shares

Item = TypeVar("Item")


@dataclass(frozen=True)
class Rung:
    """One shape of the infinitesimals.

    Arguments:
        name: the shape, as it is reported.
        work: budget -> what was found.
        operations: the most it may do.
        always: False if it is tried only while no symmetry is known.
        multiples: True if symmetries that are known ones times first integrals are worth listing.
    """

    name: str
    work: Callable[[Budget], Found]
    operations: float = shares.PLAIN
    always: bool = True
    multiples: bool = False


def polynomial_rung(determining: Determining, degree: int, operations: float = shares.PLAIN) -> Rung:
    """Infinitesimals of total degree at most `degree` in all variables."""

    def work(budget: Budget) -> Found:
        return in_span(determining, polynomial_spans(determining, degree), budget)

    return Rung(f"polynomials of degree {degree}", work, operations, multiples=degree == 1)


def in_span(determining: Determining, spans: list[list[Element]], budget: Budget) -> Found:
    """Everything in a finite span."""
    field = determining.field
    with field.within(budget):
        solution = solve_in_span(determining, spans)
    vectors = tuple(tuple(field.to_expr(c) for c in v) for v in solution.vectors)
    return Found(vectors, True, assumptions(solution.pivots, field))


def pattern_rung(
    system: ODESystem,
    shape: Callable[[Determining], Pattern],
    name: str,
    *,
    operations: float = shares.PATTERN,
    always: bool = True,
    multiples: bool = True,
) -> Rung:
    """A shape with unknown functions, solved in a field of its own so that its kernels do not burden other rungs."""

    def work(budget: Budget) -> Found:
        determining = determine(system)
        with determining.field.within(budget):
            return in_pattern(determining, shape(determining), system, budget)

    return Rung(name, work, operations, always=always, multiples=multiples)


def in_pattern(determining: Determining, pattern: Pattern, system: ODESystem, budget: Budget) -> Found:
    """Everything of a shape, as far as its functions can be integrated."""
    solution = solve_pattern(determining, pattern, budget=budget, taken=taken_names(system))
    return Found(
        solution.vectors,
        solution.complete,
        assumptions(solution.pivots, determining.field),
        solution.definitions,
        stopped=solution.stopped,
    )


def nth(items: Iterator[Item], n: int) -> Item:
    """The n-th item.

    Raises:
        TooLarge: there are fewer (the span would be too large).
    """
    for item in itertools.islice(items, n, None):
        return item
    raise TooLarge("next span of functions that occur")
