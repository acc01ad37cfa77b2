"""Linear equations of second order in another independent variable.

    y'' + p y' + q y = 0,  I = (q' + 2 p q)/(2 q^(3/2)) constant:  z = ∫ √|q| dx,  y_zz + I y_z ± y = 0
    p, q rational in e^(k x):  z = e^(k x),  k² z² y_zz + k (k + p) z y_z + q y = 0

Nothing here is checked. Source: Kamke 1977, A.24.2; Ince 1956, section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Dummy, Expr, I, Integral, S, Symbol, cos, exp, factor_list, sin, sqrt

from liesym.base.factors import factored
from liesym.base.jets import jet_symbol
from liesym.base.typed import argument, expr, over_one_denominator, replaced
from liesym.coefficients import Field
from liesym.coefficients.field import FAILURES
from liesym.model.system import ODESystem
from liesym.reduction.elementary import exponential
from liesym.reduction.quadrature import antiderivative


def of_constant_coefficients(system: ODESystem, p: Expr, q: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Pairs of solutions of y'' + p y' + q y = 0 that has constant coefficients in z = ∫ √|q| dx, for each sign of q.

    Arguments:
        system: the equation, for its variable and parameters.
        p, q: its coefficients.
    """
    x = system.independent
    if not q.has(x):
        return
    for sign in (1, -1):
        root = _root(sign * q, x)
        if root is None:
            continue
        try:
            field = Field.build([p, q, root], (x,), system.parameter_symbols)
            damping = field.to_expr((field(root.diff(x)) + field(p) * field(root)) / field(root) ** 2)
        except FAILURES:
            continue
        if damping.has(x, I):
            continue
        z = Add(*(term for term in Add.make_args(antiderivative(root, x, ()).expand()) if term.has(x)))
        if not z.has(Integral, I):
            yield _pair(z, damping, sign)


def _root(under: Expr, x: Symbol) -> Expr | None:
    """A root of a rational expression, squares taken out, and what is left of numerator and denominator under one each."""
    outside, inside = S.One, [S.One, S.One]
    for k, part in enumerate(over_one_denominator(expr(under.cancel()))):
        number, factors = factor_list(part)
        inside[k] *= number
        for base, power in factors:
            outside *= base ** ((1 - 2 * k) * (power // 2))
            inside[k] *= base if power % 2 else S.One
    top, bottom = (e.expand() for e in inside)
    if top.is_number and top.is_negative:
        top, bottom = -top, (-bottom).expand()
    root = expr(outside * sqrt(top) / sqrt(bottom))
    return None if root.has(I) else root


def _pair(z: Expr, damping: Expr, sign: int) -> tuple[Expr, Expr]:
    """Of u'' + d u' ± u = 0."""
    under = factored(damping**2 / 4 - sign)
    front = exponential(-damping * z / 2)
    if under == 0:
        return front, front * z
    if under.is_negative:
        return front * cos(sqrt(-under) * z), front * sin(sqrt(-under) * z)
    return front * exponential(sqrt(under) * z), front * exponential(-sqrt(under) * z)


def in_exponential(system: ODESystem) -> tuple[ODESystem, Expr] | None:
    """The equation for y along z = e^(k x), and z; None if its right side is not rational in e^(k x) alone."""
    (x, y), rate = system.variables, system.rhs[0]
    rates = {expr(argument(n).coeff(x)) for n in rate.atoms(exp) if n.has(x)}
    if not rates or any(argument(n).diff(x).has(x) for n in rate.atoms(exp)):
        return None
    k = min(rates, key=lambda r: (r.count_ops(), abs(r) if r.is_number else 0))
    z, one = Dummy("z", real=True), Dummy("slope", real=True)
    powers = {n: exp(argument(n).subs(x, 0)) * z ** expr(argument(n).coeff(x) / k) for n in rate.atoms(exp) if n.has(x)}
    inside = replaced(replaced(rate, powers), {jet_symbol(y, 1): one})
    if inside.has(x) or any(not expr(r / k).is_Integer for r in rates):
        return None
    slope = k * z * jet_symbol(y, 1)
    changed = (replaced(inside, {one: slope}) - k**2 * z * jet_symbol(y, 1)) / (k**2 * z**2)
    return ODESystem(z, (y,), (2,), (expr(changed.expand()),), system.parameters), exp(k * x)
