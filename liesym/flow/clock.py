"""Changes of the group parameter: ε = ∫_0^τ ds/φ(s) solved for τ."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Dummy, Expr, Symbol, exp, log, sqrt

from liesym.base.typed import coefficients_in, over_one_denominator
from liesym.coefficients.field import Field
from liesym.solving.ode.integrate import integrate


def inverted_clock(speed: Expr, tau: Symbol, epsilon: Symbol, variables: Sequence[Symbol]) -> Expr | None:
    """τ(ε) with dτ/dε = φ(τ) and τ(0) = 0, where ∫ dτ/φ is of degree 1 or 2 in τ or in e^{kτ}."""
    field = Field.build([1 / speed], (tau, *variables))
    element = integrate(field.one / field(speed), tau, field)
    if element is None:
        return None
    clock = field.to_expr(element).expand()
    clock = (clock - clock.subs(tau, 0)).expand()
    growth = [n.args[0].diff(tau) for n in clock.atoms(exp) if n.args[0].has(tau)]
    if not growth:
        return _root_near(clock, tau, epsilon, 0)
    k = min(growth, key=lambda g: abs(g) if g.is_number else 0)
    u = Dummy("u", positive=True)
    found = _root_near(clock.subs(tau, log(u) / k).expand(), u, epsilon, 1)
    return None if found is None else log(found) / k


def _root_near(clock: Expr, u: Symbol, epsilon: Symbol, start: int) -> Expr | None:
    """The root u of clock(u) = ε with u = start at ε = 0, for a rational clock of width at most 2.

    With a u² + b u + c = 0 and s = 2 a start + b at ε = 0 the branch is u = (-b + s sqrt((b² - 4ac)/s²))/(2a).
    """
    numerator, denominator = over_one_denominator(clock)
    equation = (numerator - epsilon * denominator).expand()
    if not equation.is_polynomial(u) or not equation.has(u):
        return None
    coefficients = coefficients_in(equation, u)
    if len(coefficients) == 2:
        return -coefficients[1] / coefficients[0]
    if len(coefficients) != 3:
        return None
    a, b, c = coefficients
    slope = (2 * a * start + b).subs(epsilon, 0)
    if slope == 0:
        return None
    return (-b + slope * sqrt(((b**2 - 4 * a * c) / slope**2).cancel())) / (2 * a)
