"""The ladder for one equation y' = f(x, y): shapes that read well, then inverse integrating factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import I, S

from liesym.base.budget import Budget
from liesym.determine.forms import Determining
from liesym.determine.on_solutions import jet_field
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.found import Found, assumptions
from liesym.solving.linear.span import solve_in_span
from liesym.solving.ode.abel import hidden_symmetries
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.ode.riccati import riccati_equations, riccati_symmetries
from liesym.symmetries.search import shares
from liesym.symmetries.search.multiplicative import multiplicative_factor
from liesym.symmetries.search.rungs import Rung, in_pattern, nth, pattern_rung, polynomial_rung
from liesym.symmetries.search.scalar import factor_shapes, factor_span, one_form, plain_shapes, product_symmetry, sum_shapes


def scalar_rungs(system: ODESystem, determining: Determining) -> Iterator[Rung]:
    """Once a symmetry is known, all others are its multiples by first integrals: only simple shapes go on then."""
    yield polynomial_rung(determining, 1)
    yield Rung("Riccati equations, solved", lambda d: _riccati(system, d, named=False), shares.RICCATI)
    yield Rung(
        "[0, F*G] and [F*G, 0], F and G of one variable each", lambda d: _products(system, d), shares.SHORT, always=False
    )
    for i, pattern in enumerate(plain_shapes(determining)):
        yield pattern_rung(system, lambda d, i=i: nth(plain_shapes(d), i), pattern.name)
    for degree in (2, 3):
        yield replace(polynomial_rung(determining, degree, shares.SHORT), always=False)
    for i, pattern in enumerate(sum_shapes(determining)):
        yield pattern_rung(system, lambda d, i=i: nth(sum_shapes(d), i), pattern.name, always=False)
    for i, pattern in enumerate(factor_shapes(one_form(system))):
        yield _shape_rung(system, i, pattern.name)
    yield Rung("V = exp(Σ c_j*g_j)*Π p_i^c_i", lambda d: _multiplicative(system, d), always=False)
    for degree in (1, 2, 3):
        yield _span_rung(system, degree)
    yield Rung(
        "Riccati equations for x(u), u(x, y) of degree 1 in y",
        lambda d: hidden_symmetries(system, d),
        shares.HIDDEN,
        always=False,
    )
    yield Rung(
        "Riccati equations, with named solutions",
        lambda d: _riccati(system, d, named=True),
        shares.NAMED_RICCATI,
        always=False,
    )


def _shape_rung(system: ODESystem, number: int, name: str) -> Rung:
    """One shape of the inverse integrating factor."""

    def work(budget: Budget) -> Found:
        form = one_form(system)
        with form.field.within(budget):
            found = in_pattern(form.determining, nth(factor_shapes(form), number), system, budget)
        return replace(found, vectors=tuple(form.generator(v[0]) for v in found.vectors))

    return Rung(name, work, shares.PATTERN, multiples=True)


def _products(system: ODESystem, budget: Budget) -> Found:
    x, y = system.variables
    field = jet_field(system)
    with field.within(budget):
        rate = field(system.rhs[0])
        eta = product_symmetry(field, rate, x, y)
        if eta is not None:
            return Found(((S.Zero, field.to_expr(eta)),), complete=False)
        xi = None if rate.is_zero else product_symmetry(field, field.one / rate, y, x)
    return Found(() if xi is None else ((field.to_expr(xi), S.Zero),), complete=False)


def _riccati(system: ODESystem, budget: Budget, *, named: bool) -> Found:
    """Symmetries (0, η) where y' = f is a Riccati equation after a substitution for y, (ξ, 0) where dx/dy = 1/f is one."""
    x, y = system.variables
    field = jet_field(system)
    with field.within(budget):
        rate = field(system.rhs[0])
        if rate.is_zero:
            return Found(complete=False)
        for independent, unknown, speed in ((x, y, rate), (y, x, field.one / rate)):
            for equation in riccati_equations(field, speed, independent, unknown):
                solver = OdeSolver(field, allow_names=named, taken=taken_names(system))
                found = [field.to_expr(e / equation.slope) for e in riccati_symmetries(equation, solver)]
                if found and not any(e.has(I) for e in found):  # real and imaginary parts come out of other shapes
                    vectors = tuple((S.Zero, e) if unknown == y else (e, S.Zero) for e in found)
                    return Found(vectors, True, assumptions(solver.pivots, field), tuple(solver.definitions))
    return Found(complete=False)


def _multiplicative(system: ODESystem, budget: Budget) -> Found:
    form = one_form(system)
    with form.field.within(budget):
        factor = multiplicative_factor(form)
    return Found(() if factor is None else (form.generator(factor),))


def _span_rung(system: ODESystem, degree: int) -> Rung:
    def work(budget: Budget) -> Found:
        form = one_form(system)
        with form.field.within(budget):
            solution = solve_in_span(form.determining, [factor_span(form, degree)])
        vectors = tuple(form.generator(form.field.to_expr(v[0])) for v in solution.vectors)
        return Found(vectors, True, assumptions(solution.pivots, form.field))

    return Rung(f"V = functions that occur, times monomials of degree {degree}", work, always=False)
