"""Equations of order two that Airy and Bessel functions solve.

Source: DLMF 9.2, 10.6.1, 10.13.5, 10.16.1, 10.29.1, 10.36, 10.39.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from sympy import Symbol

from liesym.coefficients.ring import Element
from liesym.solving.ode.exponents import HALF, is_negative
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.operators import Coefficients, singular_factors
from liesym.solving.ode.workspace import Workspace

LARGEST_STEPS = 6
"""Bessel functions of order n + 1/2 up to this n are written with sines, cosines and exponentials."""


def special_second_order(work: Workspace, a: Coefficients, v: Symbol) -> list[Element] | None:
    """Airy and Bessel, after removal of the first derivative: u = exp(-∫a_1/2) w, w'' = r w."""
    if len(a) != 2:
        return None
    field = work.field
    damping = integrate(-a[1] / 2, v, field)
    if damping is None:
        return None
    r = a[1] * a[1] / 4 + a[1].diff(v) / 2 - a[0]
    found = _airy(r, v) or _bessel(r, v)
    if found is None:
        return None
    factor = field.converter.exponential(damping)
    return [factor * w for w in found]


def _airy(r: Element, v: Symbol) -> list[Element] | None:
    """w'' = (α v + β) w: Ai and Bi of (α v + β)/α^(2/3) (DLMF 9.2)."""
    field = r.field
    alpha = r.diff(v)
    if alpha.is_zero or alpha.depends_on(v):
        return None
    argument = field.to_expr(r / field.converter.any_root(alpha, Fraction(2, 3)))
    return [field(sp.airyai(argument)), field(sp.airybi(argument))]


def _bessel(r: Element, v: Symbol) -> list[Element] | None:
    """w'' = (c s^m + μ/s²) w, s = v - v0: √s times Bessel functions of order ν of 2√(∓c)/(m+2) s^((m+2)/2).

    ν = 2 √(μ + 1/4)/(m + 2). Source: DLMF 10.13.5, 10.36.
    """
    field = r.field
    for s in _shifts(r, v):
        for mu, rest in _inverse_square_part(r, s, v):
            m = rest.diff(v) * s / rest
            if m.depends_on(v) or (m + 2).is_zero:
                continue
            half = (m + 2) / 2
            power = field.converter.exponential(half * field.converter.logarithm(s))
            c = rest * s * s / (power * power)
            if c.depends_on(v):
                continue
            square = mu + Fraction(1, 4)
            if is_negative(square, field):
                return None  # an imaginary order: complex functions where two real ones can be named
            nu = field.converter.any_root(square, HALF) / half
            if nu.is_rational and nu.as_fraction() < 0:
                nu = -nu  # Z_ν and Z_{-ν} solve the same equation
            return _bessel_pair(c, nu, half, power, s)
    return None


def _bessel_pair(c: Element, nu: Element, half: Element, power: Element, s: Element) -> list[Element]:
    field = c.field
    grows = is_negative(-c, field)
    scale = field.converter.any_root(c if grows else -c, HALF) / half
    if is_negative(half, field):
        scale = -scale  # Z_ν(-u) solves the same equation, and is complex
    steps = nu - HALF
    if steps.is_rational and steps.as_fraction() in range(LARGEST_STEPS + 1):
        return _bessel_of_half_integer(int(steps.as_fraction()), scale * power, half, s, grows)
    order, argument = field.to_expr(nu), field.to_expr(scale * power)
    pair = (sp.besseli, sp.besselk) if grows else (sp.besselj, sp.bessely)
    root_s = field.converter.any_root(s, HALF)
    return [root_s * field(f(order, argument)) for f in pair]


def _bessel_of_half_integer(n: int, z: Element, half: Element, s: Element, grows: bool) -> list[Element]:
    """√s Z_ν(z), ν = n + 1/2, z = κ s^h: s^((1-h)/2) times e^(±z), or sine and cosine, with coefficients rational in z.

    √z Z_ν for ν = -1/2, 1/2 and Z_(ν+1) = ±(Z_(ν-1) - 2ν Z_ν/z). Source: DLMF 10.16.1, 10.39.1, 10.6.1, 10.29.1.
    """
    converter = s.field.converter
    front = converter.exponential((1 - half) / 2 * converter.logarithm(s))
    if grows:
        up, down = converter.exponential(z), converter.exponential(-z)
        starts = [(up, up), (down, -down)]
    else:
        cosine, sine = converter.cos_sin(z)
        starts = [(cosine, sine), (sine, -cosine)]
    found = []
    for before, here in starts:
        for k in range(n):
            step = Fraction(2 * k + 1) * here / z
            before, here = here, before - step if grows else step - before
        found.append(front * here)
    return found


def _shifts(r: Element, v: Symbol) -> list[Element]:
    field = r.field
    candidates = [field(v)]
    for p in singular_factors((r,), v, field):
        base = field.of_poly(p)
        slope = base.diff(v)
        if not slope.depends_on(v):
            candidates.append(base / slope)
    return candidates


def _inverse_square_part(r: Element, s: Element, v: Symbol) -> Iterator[tuple[Element, Element]]:
    """Ways to write r = μ/s² + rest with rest ≠ 0."""
    field = r.field
    scaled = r * s * s
    yield field.zero, r
    # μ is what is left of s² r when the power of s in it is taken out: (s d/dv - k)(s² r) = -k μ for some k
    rate = scaled.diff(v) * s
    if rate.is_zero:
        return
    k = rate.diff(v) * s / rate
    if not k.depends_on(v) and not k.is_zero:
        mu = scaled - rate / k
        if not mu.depends_on(v) and not mu.is_zero:
            yield mu, r - mu / (s * s)
