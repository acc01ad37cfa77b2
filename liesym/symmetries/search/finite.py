"""Systems of order two and above: finitely many symmetries, looked for from cheap spans to the general solution.

The bound says when all are found. Spans are sampled modulo a prime before anything exact is done
(`liesym.solving.linear.sampled`), so even large ones cost seconds. The general solver is on a short leash first, because
where it works it mostly works at once, and has what is left of the time after the spans.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from liesym.certify.expansion import NoPoint
from liesym.certify.independence import independent_positions
from liesym.coefficients import Derivation, Element
from liesym.determine.forms import Determining
from liesym.errors import OutOfBudget
from liesym.solving.linear.span import polynomial_spans
from liesym.solving.pde.general import solve_general
from liesym.solving.pde.linearizable import symmetries_from_flat_structure
from liesym.solving.pde.patterns import in_shape, restricted
from liesym.symmetries.search.ladder import kernel_spans, laurent_span, plain_spans
from liesym.symmetries.search.system_rungs import projective_in_time

if TYPE_CHECKING:
    from liesym.symmetries.engine import _Run

LEASH = 0.1
"""Share of the time that is left for the first attempt at a general solution, at most LONGEST seconds."""
LONGEST = 4.0
SHARE_OF_PATTERN = 0.2
"""Share of the time that is left for infinitesimals that are projective in the unknowns."""
LARGEST_POLYNOMIALS = 600
"""Number of columns up to which polynomials of higher degree are tried."""


def search_finite(run: _Run, determining: Determining) -> bool:
    """Fill the vectors of a run; True if as many are found as the bound allows."""
    if run.bound == 0:
        return True
    highest = 3 if len(run.system.variables) <= 3 else 2
    for degree in range(1, highest + 1):
        run.progress(f"polynomials of degree {degree}")
        if not run.span(determining, polynomial_spans(determining, degree)) or run.bound_met:
            return run.bound_met
    if run.system.orders == (2,) and run.bound in (8, None) and _linearizable(run, determining):
        return True
    leash = min(run.share(LEASH), time.monotonic() + LONGEST)
    if _general(run, determining, leash):
        return True
    cut_short = time.monotonic() > leash
    if _projective_with_time(run, determining):
        return True
    _in_larger_spans(run, determining, highest)
    if not run.bound_met and cut_short and _general(run, determining, run.share(0.8)):
        return True
    if not run.bound_met:
        _close_under_brackets(run, determining)
    return run.bound_met


def _general(run: _Run, determining: Determining, deadline: float) -> bool:
    """The general solution, if it comes out by the deadline; what was known is kept if it is more."""
    known = list(run.vectors)
    if run.general(determining, deadline) and (run.bound is None or run.bound_met):
        return True
    run.vectors = known if len(run.vectors) < len(known) else run.vectors
    return False


def _projective_with_time(run: _Run, determining: Determining) -> bool:
    """Affine and projective fields with coefficients depending on t: ODEs alone are left, where the whole is too large."""
    run.progress("projective in the unknowns, with any dependence on the independent variable")
    pattern = projective_in_time(determining)
    deadline = min(run.share(SHARE_OF_PATTERN), time.monotonic() + 2 * LONGEST)
    found = solve_general(restricted(determining, pattern), deadline=deadline, taken=run.taken, names_early=True)
    if len(found.vectors) > len(run.vectors):
        run.vectors = [in_shape(pattern, values, determining.field) for values in found.vectors]
        run.definitions = found.definitions
        run.pivots += found.pivots
    return run.bound_met


def _linearizable(run: _Run, determining: Determining) -> bool:
    """Eight generators from the flat projective structure, those without named functions preferred."""
    run.progress("flat projective structure")
    found = symmetries_from_flat_structure(run.system, determining, deadline=run.share(0.5), taken=run.taken)
    if found is None:
        return False
    run.vectors, run.definitions = list(found.vectors), found.definitions
    run.pivots += found.pivots
    return len(run.vectors) == 8


def _in_larger_spans(run: _Run, determining: Determining, highest: int) -> None:
    """Polynomials of higher degree, then products with the functions that occur, while the bound is not met."""
    deadline = run.share(0.6)
    try:
        for title, spans in _larger_spans(determining, highest):
            run.progress(title)
            if not run.span(determining, spans, deadline) or run.bound_met:
                return
    except OutOfBudget as stop:
        run.notes.append(f"no span of the functions that occur: {stop}")


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


def _close_under_brackets(run: _Run, determining: Determining) -> None:
    """Symmetries form an algebra: brackets of known ones may be new."""
    field, variables, degree = determining.field, run.system.variables, max(run.system.orders) - 1
    try:
        vectors = [run.vectors[i] for i in independent_positions(run.vectors, variables, field, degree=degree)]
        grown = True
        while grown and not (run.bound is not None and len(vectors) >= run.bound):
            moving = [Derivation(field, dict(zip(variables, v, strict=True))) for v in vectors]
            brackets = [tuple(u.bracket(w).components.values()) for u, w in itertools.combinations(moving, 2)]
            extended = [*vectors, *brackets]
            kept = [extended[i] for i in independent_positions(extended, variables, field, degree=degree)]
            grown, vectors = len(kept) > len(vectors), kept
            if time.monotonic() > run.deadline:
                break
        run.vectors = vectors
    except NoPoint:
        return
