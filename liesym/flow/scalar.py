"""Flows of one variable: x' = f(z, x) along a known time z, reduced to linear or projective equations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sympy import (
    Abs,
    Dummy,
    Expr,
    I,
    Matrix,
    Pow,
    Rational,
    S,
    Symbol,
    atan,
    cos,
    cosh,
    exp,
    im,
    log,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from liesym.base.typed import argument, denominator_of, entries, expr, substituted
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.flow.matrix import matrix_exponential
from liesym.solving.linear.relations import relations
from liesym.solving.ode.integrate import integrate

LARGEST_MODES = 60
"""Operations in the modes of a matrix of three rows or more: with longer ones its exponential takes minutes to write."""


@dataclass(frozen=True, slots=True)
class ScalarChart:
    """A new coordinate u(x) and the way back: x̄ from ū, u and x, equal to x where ū = u."""

    u: Expr
    back: Callable[[Expr], Expr]


def projective(a: Matrix, b: Matrix, c: Matrix, start: Sequence[Expr], epsilon: Symbol) -> list[Expr] | None:
    """v' = A v + b + (c·v) v in homogeneous coordinates v = w/s: w' = A w + b s, s' = -c·w."""
    k = a.shape[0]
    if not any(entries(c)):
        homogeneous = a.row_join(b).col_join(Matrix.zeros(1, k + 1))
    else:
        homogeneous = a.row_join(b).col_join((-c).T.row_join(Matrix.zeros(1, 1)))
    moved = matrix_exponential(homogeneous, epsilon, LARGEST_MODES)
    if moved is None:
        return None
    image = moved * Matrix([*start, S.One])
    if not any(entries(c)):
        return [image[i].expand() for i in range(k)]
    return [(image[i] / image[k]).cancel() for i in range(k)]


def riccati_parts(rate: Element, u: Element, field: Field, moving: Sequence[Symbol]) -> tuple[Expr, ...] | None:
    """(p, q, r) with rate = p + q u + r u², constants along the flow, or None."""
    columns = [field.one, u, u * u, rate]
    for relation in relations(columns, field, moving):
        if 3 in relation:
            return tuple(field.to_expr(-relation[i] / relation[3]) if i in relation else S.Zero for i in range(3))
    return None


def mobius(coefficients: Sequence[Expr], start: Expr, epsilon: Symbol) -> Expr | None:
    """The flow of u' = p + q u + r u²."""
    p, q, r = coefficients
    found = projective(Matrix([[q]]), Matrix([p]), Matrix([r]), [start], epsilon)
    return None if found is None else found[0]


def conformal(a: Symbol, b: Symbol, f: Expr, g: Expr, epsilon: Symbol) -> tuple[Expr, Expr] | None:
    """The flow of z' = p + q z + r z², z = a + ib: z̄ = (cosh-like form of exp εM) in homogeneous coordinates.

    M = q/2 + N with N² = (q²/4 - pr); it is written out where that number is real.
    """
    if (f.diff(a, a, a), g.diff(a, a, a)) != (0, 0):
        return None
    zero = {a: S.Zero, b: S.Zero}
    p, q, r = (
        (substituted(f.diff(a, k), zero) + I * substituted(g.diff(a, k), zero)) / factor
        for k, factor in ((0, 1), (1, 1), (2, 2))
    )
    square = (q**2 / 4 - p * r).expand()
    if im(square) != 0:
        return None
    frequency = sqrt(square)
    if square == 0:
        even, odd = S.One, epsilon
    elif frequency.is_real:
        even, odd = cosh(frequency * epsilon), sinh(frequency * epsilon) / frequency
    elif frequency.is_imaginary:
        rate = sqrt(-square)
        even, odd = cos(rate * epsilon), sin(rate * epsilon) / rate
    else:
        return None
    z = a + I * b
    top = ((even + odd * q / 2) * z + odd * p).expand()
    bottom = (even - odd * q / 2 - odd * r * z).expand()
    u, v = _parts(top)
    m, n = _parts(bottom)
    size = (m**2 + n**2).expand()
    return (u * m + v * n).expand() / size, (v * m - u * n).expand() / size


def _parts(value: Expr) -> tuple[Expr, Expr]:
    """Real and imaginary part of an expanded expression in real symbols."""
    imaginary = expr(value.coeff(I))
    return (value - I * imaginary).expand(), imaginary


def autonomous(x: Symbol, h: Expr, epsilon: Symbol) -> Expr | None:
    """The flow of x' = h(x).

    In some chart u of a short list it is a Riccati equation with constant coefficients.
    """
    for chart in _charts(x, h):
        field = Field.build([h, chart.u, chart.u.diff(x)], (x,))
        u = field(chart.u)
        coefficients = riccati_parts(field(chart.u.diff(x)) * field(h), u, field, (x,))
        if coefficients is None:
            continue
        image = mobius(coefficients, chart.u, epsilon)
        if image is not None:
            return chart.back(image)
    return None


def _charts(x: Symbol, h: Expr) -> Iterator[ScalarChart]:
    yield ScalarChart(x, lambda moved: moved)
    power = _bernoulli_power(x, h)
    if power is not None and power != 1:
        m = 1 - power
        yield ScalarChart(x**m, lambda moved: x * (moved / x**m).expand() ** (1 / m))
    for denominator in _root_denominators(x, h):
        yield ScalarChart(x ** Rational(1, denominator), lambda moved, d=denominator: moved**d)
    for node in h.atoms(exp, sinh, cosh, tanh):
        k = argument(node).diff(x)
        if k != 0 and not k.has(x):
            yield ScalarChart(exp(k * x), lambda moved, k=k: x + log(moved * exp(-k * x)) / k)
    for node in h.atoms(sin, cos, tan):
        k = argument(node).diff(x)
        if k != 0 and not k.has(x):
            yield from _half_angle(argument(node), x, k)
    if h.has(log):
        yield ScalarChart(log(Abs(x) if x.is_real is False else x), lambda moved: exp(moved))


def _half_angle(angle: Expr, x: Symbol, k: Expr) -> Iterator[ScalarChart]:
    """u = tan(angle/2); the difference of the angles keeps the branch of x."""
    for factor in (Rational(1, 2), S.One):
        u = tan(angle * factor)
        yield ScalarChart(u, lambda moved, u=u, f=factor: x + atan((moved - u) / (1 + moved * u)) / (f * k))


def _bernoulli_power(x: Symbol, h: Expr) -> Expr | None:
    """n if h = a x + b x^n: then x (x g')'/(x g') = n - 1 for g = h/x."""
    g = x * (h / x).diff(x)
    if g == 0:
        return None
    field = Field.build([h, g.diff(x)], (x,))
    slope = field(g)
    if slope.is_zero:
        return None
    ratio = field(x) * slope.diff(x) / slope
    return field.to_expr(ratio + 1) if ratio.is_constant else None


def _root_denominators(x: Symbol, h: Expr) -> list[int]:
    found = {denominator_of(p.exp) for p in h.atoms(Pow) if p.base == x and p.exp.is_Rational and not p.exp.is_Integer}
    return sorted(found)


# -- along a known time -----------------------------------------------------------------------------


def along(x: Symbol, f: Expr, z: Symbol, start: Expr, end: Expr) -> Expr | None:
    """x̄ for dx/dz = f(z, x) from z = start to z = end, x the value at the start.

    Linear equations by quadrature, those that are linear in x^m or e^{kx}, and f = g(z) h(x).
    """
    field = Field.build([f], (z, x))
    rate = field(f)
    slope = rate.diff(x)
    if not slope.depends_on(x):
        return _linear(slope, rate - slope * field(x), z, x, start, end, field)
    if not (slope / rate).depends_on(z):
        return _separated(x, rate, z, start, end, field)
    for chart in _linearizing(x, rate, slope, field):
        wider = Field.build([f, chart.u, chart.u.diff(x)], (z, x))
        moved = wider(chart.u.diff(x)) * wider(f)
        growth = moved.diff(x) / wider(chart.u.diff(x))
        if growth.depends_on(x):
            continue
        image = _linear(growth, moved - growth * wider(chart.u), z, chart.u, start, end, wider)
        if image is not None:
            return chart.back(image)
    return None


def _linear(a: Element, b: Element, z: Symbol, value: Expr, start: Expr, end: Expr, field: Field) -> Expr | None:
    """u' = a u + b: ū = E(end)/E(start) u + E(end) (B(end) - B(start)), E = e^{∫a}, B = ∫ b/E."""
    exponent = integrate(a, z, field)
    if exponent is None:
        return None
    growth = field.converter.exponential(exponent)
    rest = integrate(b / growth, z, field) if not b.is_zero else field.zero
    if rest is None:
        return None
    e, total = field.to_expr(growth), field.to_expr(rest)
    if any(p.base.has(sin, cos) for p in e.atoms(Pow) if not p.exp.is_Integer and p.base is not S.Exp1):
        return None  # roots of circular functions change sign along the way: left to a rational chart
    e0, e1 = e.subs(z, start), e.subs(z, end)
    return (e1 / e0) * value + e1 * (total.subs(z, end) - total.subs(z, start))


def _separated(x: Symbol, rate: Element, z: Symbol, start: Expr, end: Expr, field: Field) -> Expr | None:
    """f = g(z) h(x): the autonomous flow of h after the time ∫ g dz."""
    probe = rate
    h = field.to_expr(probe, factor=True)
    parts = h.as_independent(z, as_Add=False)
    without, with_z = parts
    if with_z.has(x) and z in with_z.free_symbols:
        return None
    time = integrate(field(with_z), z, field)
    if time is None:
        return None
    parameter = Dummy("sigma", real=True)
    flow = autonomous(x, without, parameter)
    if flow is None:
        return None
    elapsed = field.to_expr(time)
    return flow.subs(parameter, elapsed.subs(z, end) - elapsed.subs(z, start))


def _linearizing(x: Symbol, rate: Element, slope: Element, field: Field) -> Iterator[ScalarChart]:
    """Bernoulli: u = x^(1-n); e^{kx}: u = e^{-kx}."""
    g = rate / field(x)
    inner = field(x) * g.diff(x)
    if not inner.is_zero:
        ratio = field(x) * inner.diff(x) / inner
        if ratio.is_constant and not ratio.is_zero:
            m = -field.to_expr(ratio)
            yield ScalarChart(x**m, lambda moved: x * (moved / x**m).expand() ** (1 / m))
    second = slope.diff(x) / slope
    if second.is_constant and not second.is_zero:
        k = -field.to_expr(second)
        yield ScalarChart(exp(k * x), lambda moved: x + log(moved * exp(-k * x)) / k)
