"""Systems with first-order equations: a ladder of shapes, because nothing splits and the symmetries are infinitely many.

Each rung is one shape of the infinitesimals, solved completely within that shape or not at all (out of time, or an equation
without a solution method); the result names the rungs that were complete. What they find is gathered modulo trivial
symmetries ρ (∂_t + f·∂_x) and modulo multiples by first integrals (`liesym.solve.pool`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sympy import Expr, Function, S

from liesym.coefficients.field import Element, Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.determine import Determining, determine
from liesym.errors import OutOfBudget, Unsupported
from liesym.solve.multiplicative import multiplicative_factor
from liesym.solve.patterns import Pattern, solve_pattern
from liesym.solve.pool import Found, Pool
from liesym.solve.relations import dependent_places
from liesym.solve.scalar import factor_shapes, factor_span, first_integral, one_form, plain_shapes
from liesym.solve.span import polynomial_spans, solve_in_span
from liesym.solve.vectors import constant_content

if TYPE_CHECKING:
    from liesym.pipeline import _Run
    from liesym.system import ODESystem

SIZE_LIMIT = 4000
LARGEST_FAMILIES = 8


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


def search_first_order(run: _Run, determining: Determining) -> bool:
    """Fill the vectors, families and notes of a run for a system with an equation of order one.

    Returns:
        True if at least one rung was finished; the notes name those that were.
    """
    system = run.system
    if not system.is_first_order:
        return _search_mixed(run, determining)
    pool = Pool(system, determining.field)
    rungs = scalar_rungs(run, determining) if len(system.unknowns) == 1 else system_rungs(run, determining)
    finished = _climb(run, pool, rungs)
    if len(system.unknowns) == 1 and pool.vectors and not pool.integrals:
        _note_quadrature(run, pool)
    run.vectors = list(pool.vectors)
    run.families = (trivial_family(run), *integral_families(run, pool))
    if pool.dropped:
        run.notes.append(f"{pool.dropped} candidates could not be confirmed by substitution and were dropped")
    if finished:
        run.notes.append("complete within: " + "; ".join(finished))
    return bool(finished)


def _climb(run: _Run, pool: Pool, rungs: Iterator[Rung]) -> list[str]:
    """Try the rungs one after the other; the names of those that were complete."""
    finished: list[str] = []
    named: list[Found] = []
    for rung in rungs:
        left = run.deadline - time.monotonic()
        if left <= 0:
            run.notes.append(f"time ran out before {rung.name}")
            break
        if pool.vectors and not rung.always:
            continue
        run.progress(rung.name)
        try:
            found = rung.work(time.monotonic() + min(rung.seconds, left / 2))
        except (OutOfBudget, Unsupported, NeedsRefinement, ArithmeticError):
            continue  # the rung is not among those that are named complete
        names = {d.function.func for d in found.definitions}
        closed = [v for v in found.vectors if not any(c.has(*names) for c in v)] if names else found.vectors
        pool.add(closed, multiples=rung.multiples)
        if len(closed) < len(found.vectors):
            named.append(found)
        if found.complete:
            finished.append(rung.name)
            run.pivots += [determined for a in found.assumptions if (determined := pool.constant(a)) is not None]
    for found in named:
        if not pool.vectors and pool.add_named(found):
            run.definitions = found.definitions
    return finished


def _note_quadrature(run: _Run, pool: Pool) -> None:
    """The first integral of one equation, from its symmetry by quadrature."""
    field, (x, y) = pool.field, run.system.variables
    now = time.monotonic()
    try:
        with bounded(field, now + min(2.0, (run.deadline - now) / 2)):
            integral = first_integral(field, pool.rates[0], pool.characteristic(pool.vectors[0])[0], x, y)
    except (OutOfBudget, Unsupported, NeedsRefinement, ArithmeticError) as stop:
        run.notes.append(f"the first integral that belongs to the symmetry was not found: {stop}")
        return
    if integral is not None and run.definitions == ():
        pool.note_integral(integral)


# -- rungs -------------------------------------------------------------------------------------------


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
    run: _Run, shape: Callable[[Determining], Pattern], name: str, *, seconds: float = 2.0, always: bool = True
) -> Rung:
    """A shape with unknown functions, solved in a field of its own so that its kernels do not burden other rungs."""

    def work(deadline: float) -> Found:
        determining = determine(run.system)
        with bounded(determining.field, deadline):
            solution = solve_pattern(
                determining, shape(determining), deadline=deadline, taken=taken_names(run), size_limit=SIZE_LIMIT
            )
        return Found(
            solution.vectors,
            solution.complete,
            assumptions(solution.pivots, determining.field),
            solution.definitions,
        )

    return Rung(name, work, seconds, always=always, multiples=True)


def scalar_rungs(run: _Run, determining: Determining) -> Iterator[Rung]:
    """For one equation y' = f(x, y): shapes that read well, then inverse integrating factors."""
    system = run.system
    yield polynomial_rung(determining, 1)
    for i, pattern in enumerate(plain_shapes(determining)):
        yield pattern_rung(run, lambda d, i=i: nth(plain_shapes(d), i), pattern.name)
    for degree in (2, 3):
        yield replace(polynomial_rung(determining, degree, 1.0), always=False)
    for i, pattern in enumerate(factor_shapes(one_form(system))):
        yield factor_rung(run, i, pattern.name)
    yield Rung("V = exp(Σ c_j*g_j)*Π p_i^c_i", lambda deadline: _multiplicative(system, deadline), always=False)
    for degree in (1, 2, 3):
        yield Rung(
            f"V = functions that occur, times monomials of degree {degree}",
            lambda deadline, degree=degree: _factor_in_span(system, degree, deadline),
            always=False,
        )


def factor_rung(run: _Run, number: int, name: str) -> Rung:
    """One shape of the inverse integrating factor."""

    def work(deadline: float) -> Found:
        form = one_form(run.system)
        with bounded(form.field, deadline):
            pattern = nth(factor_shapes(form), number)
            solution = solve_pattern(
                form.determining, pattern, deadline=deadline, taken=taken_names(run), size_limit=SIZE_LIMIT
            )
        vectors = tuple(form.generator(v[0]) for v in solution.vectors)
        return Found(
            vectors, solution.complete, assumptions(solution.pivots, form.field), solution.definitions
        )

    return Rung(name, work, 2.0, always=False)


def _multiplicative(system: ODESystem, deadline: float) -> Found:
    form = one_form(system)
    with bounded(form.field, deadline):
        factor = multiplicative_factor(form)
    return Found(() if factor is None else (form.generator(factor),))


def _factor_in_span(system: ODESystem, degree: int, deadline: float) -> Found:
    form = one_form(system)
    with bounded(form.field, deadline):
        solution = solve_in_span(form.determining, [factor_span(form, degree)], deadline=deadline)
    vectors = tuple(form.generator(form.field.to_expr(v[0])) for v in solution.vectors)
    return Found(vectors, True, assumptions(solution.pivots, form.field))


def nth(items: Iterator, n: int):
    """The n-th item.

    Raises:
        OutOfBudget: there are fewer (the span would be too large).
    """
    for i, item in enumerate(items):
        if i == n:
            return item
    raise OutOfBudget("a span that grew too large")


# -- families ----------------------------------------------------------------------------------------


def trivial_family(run: _Run) -> tuple:
    """ρ(t, x) (∂_t + f·∂_x), a symmetry for every ρ."""
    system = run.system
    rho = Function(fresh_name("rho", taken_names(run)))(*system.variables)
    return (rho, *(rho * f for f in system.rhs)), ((rho, system.variables),)


def integral_families(run: _Run, pool: Pool) -> list[tuple]:
    """h(I_1, …) X for the listed X and the first integrals that are known."""
    if not pool.integrals:
        return []
    arguments = tuple(pool.field.to_expr(i) for i in pool.integrals)
    taken = taken_names(run)
    families = []
    for vector in pool.leading()[:LARGEST_FAMILIES]:
        h = Function(fresh_name("h", taken))(*arguments)
        taken = taken | {h.func.__name__}
        components = tuple(h * pool.field.to_expr(c) if not c.is_zero else S.Zero for c in vector)
        families.append((components, ((h, arguments),)))
    return families


def taken_names(run: _Run) -> frozenset[str]:
    """Names that the system uses."""
    system = run.system
    symbols = {s.name for s in (*system.variables, *system.parameter_symbols)}
    return frozenset(symbols | {f.func.__name__ for f in system.functions})


def fresh_name(stem: str, taken: frozenset[str]) -> str:
    """The stem, with a number if it is taken."""
    return next(n for n in itertools.chain([stem], (f"{stem}{k}" for k in itertools.count(1))) if n not in taken)


# -- small things ------------------------------------------------------------------------------------


@contextmanager
def bounded(field: Field, deadline: float) -> Iterator[None]:
    """Arithmetic in the field raises OutOfBudget when time or size run out."""
    previous = field.size_limit, field.deadline
    field.size_limit, field.deadline = SIZE_LIMIT, deadline
    try:
        yield
    finally:
        field.size_limit, field.deadline = previous


def assumptions(pivots: Iterable[Element], field: Field) -> tuple[Expr, ...]:
    """The factors of the pivots that hold parameters only."""
    flags = dependent_places(field, field.variables)
    found: dict[str, Expr] = {}
    for pivot in pivots:
        for factor, _ in constant_content(field.lift(pivot.num), flags, field).factor()[1]:
            found.setdefault(str(factor), field.poly_to_expr(factor))
    return tuple(found.values())


def system_rungs(run, determining):
    yield polynomial_rung(determining, 1)


def _search_mixed(run, determining):
    return False
