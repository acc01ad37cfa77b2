"""One rung of the ladder for first-order systems: a shape of the infinitesimals, and how it is solved in bounded time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sympy import Expr

from liesym.coefficients.factors import factored
from liesym.coefficients.field import Element, Field
from liesym.determine import Determining, determine
from liesym.errors import OutOfBudget
from liesym.solve.patterns import Pattern, solve_pattern
from liesym.solve.pool import Found
from liesym.solve.relations import dependent_places
from liesym.solve.span import polynomial_spans, solve_in_span
from liesym.solve.vectors import constant_content
from liesym.system import ODESystem

SIZE_LIMIT = 4000
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


@contextmanager
def bounded(field: Field, deadline: float, *, size_limit: int | None = SIZE_LIMIT) -> Iterator[None]:
    """Arithmetic in the field raises OutOfBudget when time or size run out."""
    previous = field.size_limit, field.deadline
    field.size_limit, field.deadline = size_limit, deadline
    try:
        yield
    finally:
        field.size_limit, field.deadline = previous


def assumptions(pivots: Iterable[Element], field: Field) -> tuple[Expr, ...]:
    """The factors of the pivots that hold parameters only."""
    flags = dependent_places(field, field.variables)
    found: dict[str, Expr] = {}
    for pivot in pivots:
        for factor, _ in factored(constant_content(field.lift(pivot.num), flags, field))[1]:
            found.setdefault(str(factor), field.poly_to_expr(factor))
    return tuple(found.values())


def taken_names(system: ODESystem) -> frozenset[str]:
    """Names that the system uses."""
    symbols = {s.name for s in (*system.variables, *system.parameter_symbols)}
    return frozenset(symbols | {f.func.__name__ for f in system.functions})


def fresh_name(stem: str, taken: frozenset[str]) -> str:
    """The stem, with a number if it is taken."""
    numbered = (f"{stem}{k}" for k in itertools.count(1))
    return next(n for n in itertools.chain([stem], numbered) if n not in taken)
