"""Systems of order two and above: finitely many symmetries, looked for from cheap spans to the general solution.

The bound says when all are found. Spans are sampled modulo a prime before anything exact is done
(`liesym.solving.linear.sampled`), so even large ones cost seconds. The general solver may do few operations first, because
where it works it mostly works at once, and has what is left of the time after the spans.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from liesym.base.budget import Budget
from liesym.certify.expansion import NoPoint
from liesym.certify.independence import independent_positions
from liesym.coefficients import Derivation, Element
from liesym.determine.forms import Determining
from liesym.model.names import taken_names
from liesym.solving.linear.span import polynomial_spans
from liesym.solving.pde.general import solve_general
from liesym.solving.pde.linearizable import symmetries_from_flat_structure
from liesym.solving.pde.patterns import in_shape, restricted_to
from liesym.symmetries.search import shares
from liesym.symmetries.search.general import general, in_span, polynomials
from liesym.symmetries.search.ladder import kernel_spans, laurent_span, plain_spans
from liesym.symmetries.search.system_rungs import projective_in_time
from liesym.symmetries.state import Known, Report, Strategy

LARGEST_POLYNOMIALS = 600
"""Number of columns up to which polynomials of higher degree are tried."""


def finite_strategies(known: Known, determining: Determining) -> Iterator[Strategy]:
    """What is tried, in order, while the bound is not met."""
    highest = 3 if len(known.system.variables) <= 3 else 2
    larger = map(_larger, _larger_spans(determining, highest))
    return itertools.chain(
        map(polynomials, range(1, highest + 1)),
        [_linearizable, _first_attempt, _projective_with_time],
        larger,
        [_second_attempt, _close_under_brackets],
    )


def _first_attempt(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """The general solution, if it comes out with few operations."""
    step = budget.step(shares.FIRST_ATTEMPT)
    found = general(determining, known, step, report)
    return replace(found, cut=step.exhausted)


def _second_attempt(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """The general solution once more, where only the number of operations ended the first attempt."""
    return general(determining, known, budget, report) if known.cut else known


def _projective_with_time(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Affine and projective fields with coefficients depending on t: ODEs alone are left, where the whole is too large."""
    report("projective in the unknowns, with any dependence on the independent variable")
    pattern, field = projective_in_time(determining), determining.field
    step, taken = budget.step(shares.PROJECTIVE), taken_names(known.system)
    found = solve_general(restricted_to(determining, pattern), budget=step, taken=taken, names_early=True)
    known = replace(known, stopped=known.stopped or found.stopped)
    if len(found.vectors) <= len(known.vectors):
        return known
    vectors = tuple(in_shape(pattern, values, field) for values in found.vectors)
    return replace(known, vectors=vectors, definitions=found.definitions, pivots=(*known.pivots, *found.pivots))


def _linearizable(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Eight generators from the flat projective structure, those without named functions preferred."""
    if known.system.orders != (2,) or known.bound not in (8, None):
        return known
    report("flat projective structure")
    budget, taken = budget.share(shares.FLAT), taken_names(known.system)
    with determining.field.within(budget):
        found = symmetries_from_flat_structure(known.system, determining, budget=budget, taken=taken)
    if found is None:
        return known
    pivots, settled = (*known.pivots, *found.pivots), len(found.vectors) == 8
    return replace(known, vectors=found.vectors, definitions=found.definitions, pivots=pivots, settled=settled)


def _larger(titled: tuple[str, Sequence[Sequence[Element]]]) -> Strategy:
    title, spans = titled
    return in_span(title, lambda determining: spans, part=shares.SPANS)


def _larger_spans(determining: Determining, highest: int) -> Iterator[tuple[str, Sequence[Sequence[Element]]]]:
    """Polynomials and products with the functions that occur, by turns, so that neither waits for the large ones."""
    rational = laurent_span(determining)
    if rational is not None:
        yield "monomials with negative powers", rational
    functions = "functions that occur in the equations"
    degrees = iter(range(highest + 1, 2 * highest + 3))
    for plain, spans in itertools.zip_longest(plain_spans(determining), kernel_spans(determining)):
        for degree in itertools.islice(degrees, 2):
            polynomials = polynomial_spans(determining, degree)
            if sum(map(len, polynomials)) <= LARGEST_POLYNOMIALS:
                yield f"polynomials of degree {degree}", polynomials
        yield from ((functions, chosen) for chosen in (plain, spans) if chosen is not None)


def _close_under_brackets(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Symmetries form an algebra: brackets of known ones may be new."""
    field, variables, degree = determining.field, known.system.variables, max(known.system.orders) - 1
    try:
        vectors = [known.vectors[i] for i in independent_positions(known.vectors, variables, field, degree=degree)]
        grown = True
        while grown and not (known.bound is not None and len(vectors) >= known.bound):
            budget.check("brackets of known symmetries")
            moving = [Derivation(field, dict(zip(variables, v, strict=True))) for v in vectors]
            brackets = [tuple(u.bracket(w).components.values()) for u, w in itertools.combinations(moving, 2)]
            extended = [*vectors, *brackets]
            kept = [extended[i] for i in independent_positions(extended, variables, field, degree=degree)]
            grown, vectors = len(kept) > len(vectors), kept
    except NoPoint:
        return known
    return replace(known, vectors=tuple(vectors))
