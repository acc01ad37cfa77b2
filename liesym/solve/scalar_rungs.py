"""The ladder for one equation y' = f(x, y): shapes that read well, then inverse integrating factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from liesym.determine import Determining
from liesym.solve.multiplicative import multiplicative_factor
from liesym.solve.pool import Found
from liesym.solve.rungs import Rung, assumptions, bounded, in_pattern, nth, pattern_rung, polynomial_rung
from liesym.solve.scalar import factor_shapes, factor_span, one_form, plain_shapes
from liesym.solve.span import solve_in_span
from liesym.system import ODESystem


def scalar_rungs(system: ODESystem, determining: Determining) -> Iterator[Rung]:
    """Once a symmetry is known, all others are its multiples by first integrals: only simple shapes go on then."""
    yield polynomial_rung(determining, 1)
    for i, pattern in enumerate(plain_shapes(determining)):
        yield pattern_rung(system, lambda d, i=i: nth(plain_shapes(d), i), pattern.name)
    for degree in (2, 3):
        yield replace(polynomial_rung(determining, degree, 1.0), always=False)
    for i, pattern in enumerate(factor_shapes(one_form(system))):
        yield _shape_rung(system, i, pattern.name)
    yield Rung("V = exp(Σ c_j*g_j)*Π p_i^c_i", lambda deadline: _multiplicative(system, deadline), always=False)
    for degree in (1, 2, 3):
        yield _span_rung(system, degree)


def _shape_rung(system: ODESystem, number: int, name: str) -> Rung:
    """One shape of the inverse integrating factor."""

    def work(deadline: float) -> Found:
        form = one_form(system)
        with bounded(form.field, deadline):
            found = in_pattern(form.determining, nth(factor_shapes(form), number), system, deadline)
        return replace(found, vectors=tuple(form.generator(v[0]) for v in found.vectors))

    return Rung(name, work, 2.0, multiples=True)


def _multiplicative(system: ODESystem, deadline: float) -> Found:
    form = one_form(system)
    with bounded(form.field, deadline):
        factor = multiplicative_factor(form)
    return Found(() if factor is None else (form.generator(factor),))


def _span_rung(system: ODESystem, degree: int) -> Rung:
    def work(deadline: float) -> Found:
        form = one_form(system)
        with bounded(form.field, deadline):
            solution = solve_in_span(form.determining, [factor_span(form, degree)], deadline=deadline)
        vectors = tuple(form.generator(form.field.to_expr(v[0])) for v in solution.vectors)
        return Found(vectors, True, assumptions(solution.pivots, form.field))

    return Rung(f"V = functions that occur, times monomials of degree {degree}", work, always=False)
