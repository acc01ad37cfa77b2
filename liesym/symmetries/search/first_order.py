"""Systems with first-order equations: a ladder of shapes, because nothing splits and the symmetries are infinitely many.

Each rung is one shape of the infinitesimals, solved completely within that shape or not at all (too large, or an equation
without a solution method); the result names the rungs that were complete. What they find is gathered modulo trivial
symmetries ρ (∂_t + f·∂_x) and modulo multiples by first integrals (`liesym.symmetries.search.pool`), for which
the families stand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from sympy import Add, Function, I, S, Symbol, expand

from liesym.base.budget import Budget
from liesym.coefficients.field import Field
from liesym.coefficients.joined import joined, with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.errors import TooLarge, Unsupported
from liesym.model.names import fresh_name, taken_names
from liesym.model.system import ODESystem
from liesym.solving.found import Found
from liesym.symmetries.search import shares
from liesym.symmetries.search.general import general, polynomials
from liesym.symmetries.search.pool import Pool
from liesym.symmetries.search.rungs import Rung
from liesym.symmetries.search.scalar import first_integral
from liesym.symmetries.search.scalar_rungs import scalar_rungs
from liesym.symmetries.search.scalings import cheap_symmetries
from liesym.symmetries.search.system_rungs import system_rungs
from liesym.symmetries.state import Known, Report, Strategy

LARGEST_FAMILIES = 8
MANY_UNKNOWNS = 16
"""From here on the affine fields may be too many: what is certain comes before them."""


def first_order_strategies(known: Known, determining: Determining) -> Iterator[Strategy]:
    """The rungs for a system of first order; finite spans and the general solution for one with other equations beside."""
    system = known.system
    if not system.is_first_order:
        return iter((polynomials(1), polynomials(2), _general_beside))
    ladder = scalar_rungs if len(system.unknowns) == 1 else system_rungs
    rungs = map(_climbing, ladder(system, determining))
    first = [cheap_symmetries] if len(system.unknowns) >= MANY_UNKNOWNS else []
    affine = list(itertools.islice(rungs, 1))
    return itertools.chain(first, [_constant_unknowns], affine, [_what_is_certain], rungs, [_named_solutions, _quadrature])


def _general_beside(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    found = general(determining, known, budget, report)
    return replace(found, finished=(*found.finished, "all infinitesimals")) if found.settled else found


# -- the ladder --------------------------------------------------------------------------------------


def _what_is_certain(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Time translation and scalings, where the rung that holds them did not come to its end."""
    if known.vectors or known.finished or len(known.system.unknowns) == 1:
        return known
    return cheap_symmetries(determining, known, budget, report)


def _constant_unknowns(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """An unknown with x' = 0 is a first integral."""
    pool = Pool.of(known, determining.field)
    for x, rate in zip(known.system.unknowns, pool.rates, strict=True):
        if rate.is_zero:
            pool.note_integral(pool.field(x))
    return pool.known(known)


def _climbing(rung: Rung) -> Strategy:
    """One rung: what is in closed form is taken in, the rest is kept for the case that nothing is."""

    def strategy(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
        if known.vectors and not rung.always:
            return known
        report(rung.name)
        enough = bool(known.vectors) and len(known.system.unknowns) == 1
        operations = min(rung.operations, shares.IN_PASSING) if enough else rung.operations
        try:
            found = rung.work(budget.step(operations, shares.TERMS))
        except (TooLarge, Unsupported, NeedsRefinement, ArithmeticError):
            return known  # the rung is not among those that are named complete
        pool = Pool.of(known, determining.field)
        left_over = _gather(pool, rung, found)
        pivots, finished, named = known.pivots, known.finished, known.named
        if found.complete and pool.dropped == known.dropped:
            finished = (*finished, rung.name)
            pivots = (*pivots, *(a for a in map(pool.constant, found.assumptions) if a is not None))
        if left_over:
            named = (*named, found)
        stopped = known.stopped or found.stopped
        return replace(pool.known(known), pivots=pivots, finished=finished, named=named, stopped=stopped)

    return strategy


def _gather(pool: Pool, rung: Rung, found: Found) -> bool:
    """Take in what is in closed form; True if something with named functions is left over."""
    names = {d.function.func for d in found.definitions}
    closed = [v for v in found.vectors if not names or not any(c.has(*names) for c in v)]
    pool.add(closed, multiples=rung.multiples)
    pool.exhibit(found.integrals)
    return len(closed) < len(found.vectors)


def _named_solutions(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """Symmetries in terms of named functions, where there are no others."""
    pool, definitions = Pool.of(known, determining.field), known.definitions
    for found in known.named:
        if not pool.vectors and pool.add_named(found):
            definitions = found.definitions
    return replace(pool.known(known), definitions=definitions)


def _quadrature(determining: Determining, known: Known, budget: Budget, report: Report) -> Known:
    """The first integral of one equation, from its symmetry by quadrature."""
    if len(known.system.unknowns) > 1 or not known.vectors or known.integrals:
        return known
    pool, (x, y) = Pool.of(known, determining.field), known.system.variables
    try:
        with pool.field.within(budget.step(shares.QUADRATURE, shares.TERMS)):
            integral = first_integral(pool.field, pool.rates[0], pool.characteristic(pool.vectors[0])[0], x, y)
    except TooLarge as stop:
        return known.noting(f"the first integral that belongs to the symmetry was not found: {stop.note}")
    except (Unsupported, NeedsRefinement, ArithmeticError) as stop:
        return known.noting(f"the first integral that belongs to the symmetry was not found: {stop}")
    if integral is not None and not known.definitions:
        pool.note_integral(_plain(integral, pool.field, known.system.variables))
    return pool.known(known)


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


# -- families ----------------------------------------------------------------------------------------


def with_families(known: Known, determining: Determining) -> Known:
    """What a search has found, with the families and the notes that belong to it."""
    if known.finished:
        known = known.noting("complete within: " + "; ".join(known.finished))
    if not known.system.is_first_order:
        return known
    pool = Pool.of(known, determining.field)
    if known.dropped:
        known = known.noting(f"{known.dropped} candidates could not be confirmed by substitution and were dropped")
    return replace(known, families=(trivial_family(known.system), *integral_families(known.system, pool)), substituted=True)


def trivial_family(system: ODESystem) -> tuple:
    """ρ(t, x) (∂_t + f·∂_x), a symmetry for every ρ."""
    rho = Function(fresh_name("rho", taken_names(system)))(*system.variables)
    return (rho, *(rho * f for f in system.rhs)), ((rho, system.variables),)


def integral_families(system: ODESystem, pool: Pool) -> list[tuple]:
    """h(I_1, …) X for the listed X and the first integrals that are known."""
    if not pool.integrals:
        return []
    arguments = tuple(with_joined_roots(pool.field.to_expr(i)) for i in pool.integrals)
    taken = taken_names(system)
    families = []
    for vector in pool.leading()[:LARGEST_FAMILIES]:
        h = Function(fresh_name("h", taken))(*arguments)
        taken = taken | {h.func.__name__}
        components = tuple(h * joined(pool.field.to_expr(c)) if not c.is_zero else S.Zero for c in vector)
        families.append((components, ((h, arguments),)))
    return families
