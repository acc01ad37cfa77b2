"""Equations of order 2 with a symmetry whose reduced equation of first order is solved by a textbook's substitution or in
disguise.

In canonical coordinates of X, s' = slope(r, w) and w' = G(r, w). Of w = w(r, C1), or of a curve r = r(u), w = w(u) where the
reduced equation is one of Abel's in disguise or its integral is solved for r alone, s = ∫ slope dr + C2, and (r, s) go back
to (x, y). Nothing here is checked but by `quadrature.follows_curve`.
Source: Olver 1993, section 2.5; Cheb-Terrab and Roche 2003.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain

from sympy import Abs, Expr, I, Pow, S, sign

from liesym.base.budget import Budget
from liesym.base.typed import expr, replaced, substituted
from liesym.coefficients.field import FAILURES
from liesym.errors import OutOfBudget
from liesym.model.system import ODESystem
from liesym.reduction.chini import chini_families
from liesym.reduction.disguised import disguised_families
from liesym.reduction.elementary import Curve, Family, families
from liesym.reduction.higher_steps import reduction_steps
from liesym.reduction.linear import riccati_families
from liesym.reduction.order import Reduction, reduce_order, short_first
from liesym.reduction.quadrature import antiderivative_within, constants_for
from liesym.solving.algebraic import solve_for
from liesym.symmetries.generator import Generator

SHARE = 0.4
"""Of what is left of the budget, for the equation that one symmetry leaves."""
QUADRATURE = 0.3
"""Of what is left of the budget, for the quadrature that leads back."""


def reduced_families(system: ODESystem, generators: Sequence[Generator], budget: Budget) -> Iterator[Family]:
    """Curves from every short symmetry with a closed flow, the shortest first.

    Arguments:
        system: one equation of order 2.
        generators: its symmetries.
        budget: of all of them together.

    Raises:
        OutOfBudget: the time is over.
    """
    for generator in short_first(generators):
        budget.check("reduction of the order")
        try:
            reduction = reduce_order(system, generator)
        except FAILURES:
            continue
        with suppress(OutOfBudget):  # another symmetry may leave an easier one
            for family in _families_of(reduction.reduced, budget.share(SHARE)):
                curves = tuple(_back(reduction, family, budget))
                if curves:
                    steps = (*reduction_steps(reduction, (), None, None), *family.steps)
                    yield Family((), curves=curves, steps=steps)
                    break


def _families_of(inner: ODESystem, budget: Budget) -> Iterator[Family]:
    methods = families, riccati_families, chini_families, disguised_families
    return chain.from_iterable(method(inner, budget) for method in methods)


def _without_sides(rate: Expr) -> Expr:
    """1/u for sign(u)/|u|, as in the derivative of log|u|."""
    plain = rate.replace(sign, lambda u: u / Abs(u))  # pyright: ignore[reportArgumentType]
    return expr(
        plain.replace(
            lambda e: isinstance(e, Pow) and isinstance(e.base, Abs) and e.exp.is_even, lambda e: e.base.args[0] ** e.exp
        )
    )


def _along_w(inner: ODESystem, family: Family) -> Iterator[Curve]:
    """r = r(w) from an integral J(r, w) = C1 that is solved for r where it is not for w."""
    if family.integral is None:
        return
    (r, w), (constant,) = inner.variables, constants_for(inner, 1)
    for place in solve_for(family.integral - constant, r, squaring=True):
        if not place.has(r, I):
            yield Curve(place, w, w)


def _back(reduction: Reduction, family: Family, budget: Budget) -> Iterator[Curve]:
    """(x, y) along the parameter, of every branch of a family of the reduced equation."""
    system, inner = reduction.original, reduction.reduced
    w, (r, s) = inner.unknowns[0], reduction.coordinates.new
    constants = constants_for(system, 2)
    first = dict(zip(constants_for(inner, 1), constants, strict=False))
    branches = [Curve(r, v.expression, r) for v in family.values] or list(family.curves)
    if not branches or any(b.height.has(Abs) for b in branches):  # roots of squares: each is true where one sign is
        branches = list(_along_w(inner, family)) or branches
    for branch in branches:
        if not branch.height.has(*first) and not branch.time.has(*first):
            continue
        place, value = (replaced(e, first) for e in (branch.time, branch.height))
        speed = S.One if place == r else _without_sides(place.diff(branch.parameter))
        slope = expr(substituted(reduction.slope, {w: value, r: place}, at_once=True) * speed)
        height = antiderivative_within(slope, branch.parameter, constants, budget.share(QUADRATURE)) + constants[1]
        x, y = (substituted(e, {r: place, s: height}, at_once=True) for e in reduction.coordinates.backward)
        if not any(isinstance(e, Expr) and e.has(I, S.NaN, S.ComplexInfinity) for e in (x, y)):
            yield Curve(x, y, branch.parameter)
