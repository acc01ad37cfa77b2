"""Equations of order 2 that are linear along a time of their own, of order 3 for x: Sundman's transformation dx/dt = y^s.

    y'' = -(2 s - 1) y'²/y - α y^(-s) y' - (β y^(1-2s) + (γ x + δ) y^(1-3s))/s
    d³x/dt³ + α d²x/dt² + β dx/dt + γ x + δ = 0,   y = (dx/dt)^(1/s)

A shift of t takes one of the three constants away: that of the sine beside a cosine, else it is ±1 before an exponential.
Nothing here is checked. Source: Sundman 1912; Duarte, Moreira and Santos 1994; Kamke 1977, 6.189 and 6.190.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Dummy, Expr, I, Integral, Poly, S, Symbol, cos, exp, sin
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.model.names import free_symbol
from liesym.model.system import ODESystem
from liesym.reduction.elementary import Curve, Family
from liesym.reduction.linear import linear_families
from liesym.reduction.quadrature import constants_for


def families_along_time(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """Curves x(t), y(t) of an equation of this form.

    Arguments:
        system: one equation.
        budget: of the linear equation.

    Raises:
        OutOfBudget: the time is over.
    """
    found = _coefficients(system) if system.order == 2 else None
    if found is None:
        return
    power, (a, b, c, d) = found
    t, place = free_symbol("s", system), Dummy("place", real=True)
    rate = -a * jet_symbol(place, 2) - b * jet_symbol(place, 1) - c * place - d
    linear = ODESystem(t, (place,), (3,), (expr(rate),), system.parameters)
    for family in linear_families(linear, budget):
        curves = [
            Curve(x, expr(x.diff(t) ** (1 / power)), t)
            for value in family.values
            for x in _without_shift(value.expression, t, constants_for(linear, 3), constants_for(system, 2))
        ]
        if curves:
            yield Family((), curves=tuple(curves))


def _coefficients(system: ODESystem) -> tuple[Expr, tuple[Expr, ...]] | None:
    """s and (α, β, γ, δ); None if the equation is not of this form."""
    (x, y), q = system.variables, Dummy("q", positive=True)
    try:
        parts = Poly(system.rhs[0], jet_symbol(y, 1))
    except PolynomialError:
        return None
    if parts.degree() > 2:
        return None
    squared, damping, rest = (expr(parts.coeff_monomial(jet_symbol(y, 1) ** k)) for k in (2, 1, 0))
    power = expr(((1 - squared * y) / 2).cancel())
    if power == 0 or power.has(x, y):
        return None
    height = q ** (1 / power)
    damping = _opened(-replaced(damping, {y: height}) * q)
    rest = _opened(-power * replaced(rest, {y: height}) * q**3 / height)
    try:
        told = Poly(rest, q, x)
    except PolynomialError:
        return None
    if damping.has(q, x) or not set(told.monoms()) <= {(1, 0), (0, 1), (0, 0)} or rest == 0:
        return None
    return power, (damping, *(expr(told.coeff_monomial(m)) for m in (q, x, S.One)))


def _opened(value: Expr) -> Expr:
    return expr(value.expand().powsimp().cancel())


def _without_shift(value: Expr, t: Symbol, three: tuple[Symbol, ...], two: tuple[Symbol, ...]) -> Iterator[Expr]:
    """With two constants, after a shift of t."""
    if value.has(I, Integral):
        return
    parts = {c: expr(value.diff(c)) for c in three}
    for c, part in parts.items():
        if part.has(sin) and any(p == replaced(part, {n: cos(n.args[0]) for n in part.atoms(sin)}) for p in parts.values()):  # type: ignore[arg-type]
            fixed: dict[Symbol, tuple[Expr, ...]] = {c: (S.Zero,)}
            break
    else:
        fixed = {c: (S.One, S.NegativeOne) for c, part in parts.items() if isinstance(part, exp)}
    for c, values in list(fixed.items())[:1]:
        names = dict(zip((o for o in three if o != c), two, strict=True))
        yield from (replaced(value, {c: v, **names}) for v in values)
