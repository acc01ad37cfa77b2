"""Systems with first-order equations: a ladder of shapes, because nothing splits and the symmetries are infinitely many.

Each rung is one shape of the infinitesimals, solved completely within that shape or not at all (out of time, or an equation
without a solution method); the result names the rungs that were complete. What they find is gathered modulo trivial
symmetries ρ (∂_t + f·∂_x) and modulo multiples by first integrals (`liesym.symmetries.search.pool`), for which
the families stand.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sympy import Add, Function, I, S, Symbol, expand

from liesym.coefficients.bounded import bounded
from liesym.coefficients.field import Field
from liesym.coefficients.joined import joined, with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.names import fresh_name, taken_names
from liesym.solving.found import Found
from liesym.solving.linear.span import polynomial_spans
from liesym.symmetries.search.pool import Pool
from liesym.symmetries.search.rungs import Rung
from liesym.symmetries.search.scalar import first_integral
from liesym.symmetries.search.scalar_rungs import scalar_rungs
from liesym.symmetries.search.system_rungs import system_rungs

if TYPE_CHECKING:
    from liesym.symmetries.engine import _Run

LARGEST_FAMILIES = 8
# share of the budget that is left for verification and for the report
RESERVE = 0.1
# for a rung of one equation of which a symmetry is known: all others are its multiples by first integrals
IN_PASSING = 1.0


def search_first_order(run: _Run, determining: Determining) -> bool:
    """Fill the vectors, families and notes of a run for a system with an equation of order one.

    Returns:
        True if at least one rung was finished; the notes name those that were.
    """
    system = run.system
    if not system.is_first_order:
        return _search_mixed(run, determining)
    pool = Pool(system, determining.field)
    for x, rate in zip(system.unknowns, pool.rates, strict=True):
        if rate.is_zero:
            pool.note_integral(pool.field(x))
    ladder = scalar_rungs if len(system.unknowns) == 1 else system_rungs
    finished = _climb(run, pool, ladder(system, determining))
    if len(system.unknowns) == 1 and pool.vectors and not pool.integrals:
        _note_quadrature(run, pool)
    run.vectors, run.substituted = list(pool.vectors), True
    run.families = (trivial_family(run), *integral_families(run, pool))
    if pool.dropped:
        run.notes.append(f"{pool.dropped} candidates could not be confirmed by substitution and were dropped")
    _note_finished(run, finished)
    return bool(finished)


def _note_finished(run: _Run, finished: list[str]) -> None:
    if finished:
        run.notes.append("complete within: " + "; ".join(finished))


def _climb(run: _Run, pool: Pool, rungs: Iterator[Rung]) -> list[str]:
    """Try the rungs one after the other; the names of those that were complete."""
    finished: list[str] = []
    named: list[Found] = []
    deadline = run.deadline - RESERVE * run.budget
    for rung in rungs:
        left = deadline - time.monotonic()
        if left <= 0:
            run.notes.append(f"time ran out before: {rung.name}")
            break
        enough = bool(pool.vectors) and len(run.system.unknowns) == 1
        if pool.vectors and not rung.always:
            continue
        run.progress(rung.name)
        try:
            found = rung.work(time.monotonic() + min(rung.seconds, left / 2, IN_PASSING if enough else left))
        except (OutOfBudget, Unsupported, NeedsRefinement, ArithmeticError):
            continue  # the rung is not among those that are named complete
        dropped = pool.dropped
        try:
            with bounded(pool.field, run.deadline, size_limit=None):
                left_over = _gather(pool, rung, found)
        except OutOfBudget:
            run.notes.append(f"time ran out in the verification of what was found as {rung.name}")
            break
        if left_over:
            named.append(found)
        if found.complete and pool.dropped == dropped:
            finished.append(rung.name)
            run.pivots += [a for a in map(pool.constant, found.assumptions) if a is not None]
    for found in named:
        if not pool.vectors and pool.add_named(found):
            run.definitions = found.definitions
    return finished


def _gather(pool: Pool, rung: Rung, found: Found) -> bool:
    """Take in what is in closed form; True if something with named functions is left over."""
    names = {d.function.func for d in found.definitions}
    closed = [v for v in found.vectors if not names or not any(c.has(*names) for c in v)]
    pool.add(closed, multiples=rung.multiples)
    pool.exhibit(found.integrals)
    return len(closed) < len(found.vectors)


def _note_quadrature(run: _Run, pool: Pool) -> None:
    """The first integral of one equation, from its symmetry by quadrature."""
    field, (x, y) = pool.field, run.system.variables
    now = time.monotonic()
    try:
        with bounded(field, now + min(1.0, (run.deadline - now) / 2)):
            integral = first_integral(field, pool.rates[0], pool.characteristic(pool.vectors[0])[0], x, y)
    except (OutOfBudget, Unsupported, NeedsRefinement, ArithmeticError) as stop:
        run.notes.append(f"the first integral that belongs to the symmetry was not found: {stop}")
        return
    if integral is not None and not run.definitions:
        pool.note_integral(_plain(integral, field, run.system.variables))


def _plain(integral: Element, field: Field, variables: tuple[Symbol, ...]) -> Element:
    """Without additive constants and, where that makes it real, without a factor i: logarithms of what is negative leave
    both."""
    constants = [c for c in Add.make_args(expand(field.to_expr(integral))) if not c.has(*variables)]
    if constants:
        integral = integral - field(Add(*constants))
    if not field.to_expr(integral).has(I):
        return integral
    turned = integral * field(I)
    return integral if field.to_expr(turned).has(I) else turned


def _search_mixed(run: _Run, determining: Determining) -> bool:
    """Equations of order one beside others: finite spans, then the general solution within its share of time."""
    finished = []
    for degree in (1, 2):
        run.progress(f"polynomials of degree {degree}")
        if not run.span(determining, polynomial_spans(determining, degree)):
            break
        finished.append(f"polynomials of degree {degree}")
    known = list(run.vectors)
    if run.general(determining):
        finished.append("all infinitesimals")
    elif len(run.vectors) < len(known):
        run.vectors = known
    _note_finished(run, finished)
    return bool(finished)


# -- families ----------------------------------------------------------------------------------------


def trivial_family(run: _Run) -> tuple:
    """ρ(t, x) (∂_t + f·∂_x), a symmetry for every ρ."""
    system = run.system
    rho = Function(fresh_name("rho", taken_names(system)))(*system.variables)
    return (rho, *(rho * f for f in system.rhs)), ((rho, system.variables),)


def integral_families(run: _Run, pool: Pool) -> list[tuple]:
    """h(I_1, …) X for the listed X and the first integrals that are known."""
    if not pool.integrals:
        return []
    arguments = tuple(with_joined_roots(pool.field.to_expr(i)) for i in pool.integrals)
    taken = taken_names(run.system)
    families = []
    for vector in pool.leading()[:LARGEST_FAMILIES]:
        h = Function(fresh_name("h", taken))(*arguments)
        taken = taken | {h.func.__name__}
        components = tuple(h * joined(pool.field.to_expr(c)) if not c.is_zero else S.Zero for c in vector)
        families.append((components, ((h, arguments),)))
    return families
