"""Ermakov's equation: a linear one with the inverse cube of y, for which Pinney gave the solution.

    y'' = a y' + b y + r/y³,   u, v a basis of the linear equation, W = u v' - u' v,   k = r/W² constant
    y² = A u² + 2 B u v + C v²   with A C - B² = k;   A = 0 leaves B = ±sqrt(-k)

Nothing here is checked: every value is substituted by whoever asks for it. Source: Ermakov 1880; Pinney 1950.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, I, Integral, S, Symbol, sqrt
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.coefficients import Field
from liesym.coefficients.field import FAILURES
from liesym.model.system import ODESystem
from liesym.reduction.elementary import Family, Value
from liesym.reduction.forms import shortened
from liesym.reduction.linear import linear_families
from liesym.reduction.quadrature import constants_for
from liesym.reduction.steps import Step


def pinney_families(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """The solutions of an equation of this form.

    Arguments:
        system: one equation.
        budget: of the linear equation.

    Raises:
        OutOfBudget: the time is over.
    """
    parts = _parts(system) if system.order == 2 else None
    if parts is None:
        return
    linear, inverse = parts
    x, (one, two) = system.independent, constants_for(system, 2)
    for family in linear_families(linear, budget):
        if len(family.values) != 1 or family.values[0].on:
            continue  # the basis has another form on each side
        value = family.values[0].expression
        u, v = (expr(value.diff(c)) for c in constants_for(linear, 2))
        number = None if value.has(Integral, I) else _constant(inverse / (u * v.diff(x) - u.diff(x) * v) ** 2, x, system)
        if number is None:
            continue
        steps = (*family.steps, Step("squares and product of these two", system, system.unknowns[0] ** 2, u * v))
        squares = [(one * u**2 + 2 * two * u * v + (two**2 + number) / one * v**2, ())]
        if number.is_positive is not True:
            root = sqrt(-number)
            squares += [(2 * s * root * u * v + two * v**2, () if number.is_negative else (-number,)) for s in (1, -1)]
        yield Family(tuple(Value(s * sqrt(shortened(expr(q))), on) for q, on in squares for s in (1, -1)), steps=steps)


def _parts(system: ODESystem) -> tuple[ODESystem, Expr] | None:
    """The linear equation, and r; None if the equation is not of this form."""
    x, y = system.variables
    slope = jet_symbol(y, 1)
    try:
        terms = expr((system.rhs[0] * y**3).expand()).as_poly(y, slope)
    except PolynomialError:
        return None
    if terms is None or not set(terms.monoms()) <= {(4, 0), (3, 1), (0, 0)} or (0, 0) not in terms.monoms():
        return None
    height, damping, inverse = (expr(terms.coeff_monomial(m)) for m in (y**4, y**3 * slope, S.One))
    return ODESystem(x, (y,), (2,), (height * y + damping * slope,), system.parameters), inverse


def _constant(value: Expr, x: Symbol, system: ODESystem) -> Expr | None:
    """The value without x, if it does not depend on it."""
    try:
        field = Field.build([value], (x,), system.parameter_symbols)
        found = field.to_expr(field(value))
    except FAILURES:
        return None
    return None if found.has(x) else found
