"""One rung of the ladder for first-order systems: a shape of the infinitesimals, and how it is solved in bounded time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from liesym.coefficients.bounded import SIZE_LIMIT, bounded
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.determine.invariance import determine
from liesym.errors import OutOfBudget
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.found import Found, assumptions
from liesym.solving.linear.span import polynomial_spans, solve_in_span
from liesym.solving.pde.patterns import Pattern, solve_pattern

Item = TypeVar("Item")


@dataclass(frozen=True)
class Rung:
    """One shape of the infinitesimals.

    Arguments:
        name: the shape, as it is reported.
        work: deadline -> what was found.
        seconds: the most it may take.
        always: False if it is tried only while no symmetry is known.
        multiples: True if symmetries that are known ones times first integrals are worth listing.
    """

    name: str
    work: Callable[[float], Found]
    seconds: float = 3.0
    always: bool = True
    multiples: bool = False


def polynomial_rung(determining: Determining, degree: int, seconds: float = 3.0) -> Rung:
    """Infinitesimals of total degree at most `degree` in all variables."""

    def work(deadline: float) -> Found:
        return in_span(determining, polynomial_spans(determining, degree), deadline)

    return Rung(f"polynomials of degree {degree}", work, seconds, multiples=degree == 1)


def in_span(determining: Determining, spans: list[list[Element]], deadline: float) -> Found:
    """Everything in a finite span."""
    field = determining.field
    with bounded(field, deadline):
        solution = solve_in_span(determining, spans, deadline=deadline)
    vectors = tuple(tuple(field.to_expr(c) for c in v) for v in solution.vectors)
    return Found(vectors, True, assumptions(solution.pivots, field))


def pattern_rung(
    system: ODESystem,
    shape: Callable[[Determining], Pattern],
    name: str,
    *,
    seconds: float = 2.0,
    always: bool = True,
    multiples: bool = True,
) -> Rung:
    """A shape with unknown functions, solved in a field of its own so that its kernels do not burden other rungs."""

    def work(deadline: float) -> Found:
        determining = determine(system)
        with bounded(determining.field, deadline):
            return in_pattern(determining, shape(determining), system, deadline)

    return Rung(name, work, seconds, always=always, multiples=multiples)


def in_pattern(determining: Determining, pattern: Pattern, system: ODESystem, deadline: float) -> Found:
    """Everything of a shape, as far as its functions can be integrated."""
    solution = solve_pattern(determining, pattern, deadline=deadline, taken=taken_names(system), size_limit=SIZE_LIMIT)
    return Found(
        solution.vectors,
        solution.complete,
        assumptions(solution.pivots, determining.field),
        solution.definitions,
    )


def nth(items: Iterator[Item], n: int) -> Item:
    """The n-th item.

    Raises:
        OutOfBudget: there are fewer (the span would be too large).
    """
    for item in itertools.islice(items, n, None):
        return item
    raise OutOfBudget("a span that grew too large")
