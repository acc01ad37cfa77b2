"""Linear equations that exponents solve: of order one, with constant coefficients, at once or in another variable.

Source: Ince 1956, chapter 6; Kamke 1977, C.2.
"""

from __future__ import annotations

from sympy import Symbol

from liesym.coefficients.ring import Element
from liesym.solving.ode.exponents import HALF, is_negative, roots, solution_of
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.operators import Coefficients, indicial, singular_factors
from liesym.solving.ode.workspace import Workspace


def first_order(work: Workspace, a: Coefficients, v: Symbol) -> list[Element] | None:
    """exp(-∫a_0)."""
    if len(a) != 1:
        return None
    exponent = work.integral(-a[0], v)
    return None if exponent is None else [work.field.converter.exponential(exponent)]


def constant(work: Workspace, a: Coefficients, v: Symbol) -> list[Element] | None:
    """Powers of v times exponentials, sines and cosines, from the roots of the characteristic polynomial."""
    if any(c.depends_on(v) for c in a):
        return None
    exponents = roots([*a, work.field.one], work.field)
    if exponents is None:
        return None
    work.assume_distinct(exponents)
    return [s for e in exponents for s in solution_of(e, work.field(v), work.field)]


def euler(work: Workspace, a: Coefficients, v: Symbol) -> list[Element] | None:
    """(v - s)^(n-k) a_k constant for all k."""
    n, field = len(a), work.field
    for p in singular_factors(a, v, field):
        base = field.of_poly(p)
        slope = base.diff(v)
        if slope.depends_on(v):
            continue
        scaled = [c * base ** (n - k) for k, c in enumerate(a)]
        if any(c.depends_on(v) for c in scaled):
            continue
        exponents = roots(indicial([*scaled, field.one], slope, field), field)
        if exponents is None:
            return None
        work.assume_distinct(exponents)
        logarithm = field.converter.logarithm(base)
        return [s for e in exponents for s in solution_of(e, logarithm, field)]
    return None


def constant_after_rescaling(work: Workspace, a: Coefficients, v: Symbol) -> list[Element] | None:
    """Order 2 with constant coefficients in z = ∫ sqrt(±a_0) dv: (a_0'/(2 a_0) + a_1)/z' constant (Kamke 1977, C.2)."""
    if len(a) != 2 or not a[0].depends_on(v):
        return None
    field, sign = work.field, -1 if is_negative(a[0], work.field) else 1
    speed = field.converter.any_root(a[0] * sign, HALF)
    middle = (a[0].diff(v) / (a[0] * 2) + a[1]) / speed
    z = None if middle.depends_on(v) else integrate(speed, v, field)
    exponents = None if z is None else roots([field.constant(sign), middle, field.one], field)
    if z is None or exponents is None:
        return None
    work.assume_distinct(exponents)
    return [s for e in exponents for s in solution_of(e, z, field)]
