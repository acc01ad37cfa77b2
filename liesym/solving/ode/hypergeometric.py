"""Equations w'' = r(x) w that Kummer's and Gauss's functions solve, found from r and a change of the variable.

With w = z'^(-1/2) W(z) the equation becomes W'' = R W, R = (r + {z, x}/2)/z'², {z, x} the Schwarzian. Sines, cosines and
exponentials give way to z = sin² x, cos x, e^x; then s = z - z_0 for a singular z_0 and u = s^k:

    s² R + 1/4 = k² (m² + b u + c u²)                  `confluent`: Kummer's, Coulomb's and Bessel functions of u
    s² R + 1/4 = k² N(ζu)/(4 (1 - ζu)²)               W = s^(1/2 ± kθ_0/2) (1 - ζu)^((1 + θ_1)/2) F(…; 1 ± θ_0; ζu)

with N(v) = θ_0² (1 - v)² + (θ_1² - 1) v² + (θ_0² + θ_1² - θ_∞² - 1) v (1 - v): θ_0, θ_1, θ_∞ are the differences of the
exponents at v = 0, 1, ∞. Where a difference is an integer, U and the expansion at the other point take the
place of the second solution. Nothing here is checked.
Source: DLMF 13.2, 13.14, 15.10, 15.11 and 28.2; Ince 1956, section 7.2 and chapter 20.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from sympy import (
    Abs,
    Dummy,
    Expr,
    Integral,
    Poly,
    Pow,
    Rational,
    S,
    Symbol,
    acos,
    asin,
    cos,
    cosh,
    cot,
    coth,
    csc,
    exp,
    factor_list,
    log,
    sec,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from sympy.polys.polyerrors import PolynomialError

from liesym.base.factors import factored
from liesym.base.typed import argument, expr, over_one_denominator, replaced
from liesym.coefficients.hypergeometric import hypergeometric
from liesym.solving.algebraic import solve_for
from liesym.solving.ode.confluent import Side, Sides, confluent, root_of, without_squares
from liesym.solving.ode.mathieu import mathieu_solutions

Pair = tuple[Expr, Expr]
ANGLES = (sin, cos, tan, cot, sec, csc)
GROWING = (exp, sinh, cosh, tanh, coth)
LARGEST = 600
HALF, QUARTER = Rational(1, 2), Rational(1, 4)


def hypergeometric_solutions(r: Expr, x: Symbol) -> Iterator[Sides]:
    """Pairs of solutions of w'' = r w, for r rational in x, or in sines and cosines, or in exponentials, of one argument.

    Returns:
        Alternatives, one for each sign of what must be positive.
    """
    squared = _of_squared_denominator(r, x)
    if squared is not None:
        yield squared
    for z, inside, new in _changes(r, x):
        slope = z.diff(x)
        schwarzian = (slope.diff(x) / slope).diff(x) - (slope.diff(x) / slope) ** 2 / 2
        rational = _rational(replaced((r + schwarzian / 2) / slope**2, {x: inside}), new)
        if rational is None:
            continue
        front = S.One if not slope.has(x) else slope ** (-HALF)
        for sides in _of_rational(rational, new):
            yield tuple(side.along({new: z}).times(front) for side in sides)
    yield from mathieu_solutions(r, x)


def _changes(r: Expr, x: Symbol) -> Iterator[tuple[Expr, Expr, Symbol]]:
    """(z(x), x(z), z)."""
    z = Dummy("z", positive=True)
    angles = {argument(n) for n in r.atoms(*ANGLES) if n.has(x)}
    exponents = {argument(n) for n in r.atoms(*GROWING) if n.has(x)}
    growing = {a.as_independent(x)[0] for a in exponents}
    if not angles and not growing:
        yield x, z, z
    rates = {a.diff(x) for a in angles}
    if angles and not growing and len(rates) == 1 and not (rate := rates.pop()).has(x) and rate * x in angles:
        yield cos(rate * x), acos(z) / rate, z
        yield sin(rate * x), asin(z) / rate, z
        yield sin(rate * x) ** 2, asin(sqrt(z)) / rate, z
    bases = {expr(a.as_independent(x)[1]) for a in exponents}
    if growing and not angles and all(g.is_number for g in growing) and len(bases) == 1:
        base = bases.pop()
        inverse = [x_of for x_of in solve_for(base - log(z), x) if not x_of.has(x, S.ImaginaryUnit)]
        yield from ((exp(base), x_of, z) for x_of in inverse[-1:])


def _rational(value: Expr, z: Symbol) -> Expr | None:
    """A quotient of polynomials in z; None if it is none, or large."""
    plain = value.rewrite(exp) if value.has(sinh, cosh, tanh, coth) else value
    if plain.count_ops() > LARGEST:
        return None
    found = expr(plain.together().cancel())
    return found if found.is_rational_function(z) else None


def _of_squared_denominator(r: Expr, x: Symbol) -> Sides | None:
    """r = A/Q², Q of degree 2 and irreducible: w = √|Q| e^(±κz), z = ∫dx/Q, κ² = A + (b² - 4ac)/4."""
    top, bottom = over_one_denominator(r)
    number, factors = factor_list(bottom, x) if bottom.is_polynomial(x) else (S.One, [])
    if top.has(x) or len(factors) != 1 or factors[0][1] != 2 or Poly(factors[0][0], x).degree() != 2:
        return None
    q = expr(factors[0][0])
    a, b, c = map(expr, Poly(q, x).all_coeffs())
    square = factored(expr(top / number + (b**2 - 4 * a * c) / 4))
    at = Dummy("s", real=True)
    z, front = Integral(1 / replaced(q, {x: at}), (at, S.Zero, x)), sqrt(Abs(q))
    found = []
    for sign in (1, -1):
        if (sign * square).is_nonpositive:
            continue
        root = sqrt(sign * square) * z
        pair = (exp(root), exp(-root)) if sign == 1 else (cos(root), sin(root))
        found.append(
            Side(
                front * pair[0], front * pair[1], () if (sign * square).is_nonnegative else (without_squares(sign * square),)
            )
        )
    return tuple(found) or None


def _of_rational(r: Expr, z: Symbol) -> Iterator[Sides]:
    for place in _singular_places(r, z):
        s = Dummy("s", positive=True)
        local = expr((s**2 * replaced(r, {z: s + place}) + QUARTER).together().cancel())
        k = _step(local, s)
        if k is None:
            continue
        u = Dummy("u", positive=True)
        for sign_of_k in (k, -k):
            inside = expr(replaced(local, {s: u ** Rational(1, sign_of_k)}).together().cancel() / k**2)
            shift = {s: z - place}
            for sides in confluent(inside, u, sign_of_k, s):
                yield tuple(side.along(shift) for side in sides)
            for first, second in _gauss(inside, u, sign_of_k, s):
                yield (Side(first, second).along(shift),)


def _singular_places(r: Expr, z: Symbol) -> list[Expr]:
    """0, and the roots of the linear factors of the denominator."""
    found: list[Expr] = [S.Zero]
    for factor in factored(over_one_denominator(r)[1]).as_ordered_factors():
        base = factor.base if isinstance(factor, Pow) else factor
        if base.has(z) and base.is_polynomial(z) and Poly(base, z).degree() == 1:
            a, b = Poly(base, z).all_coeffs()
            found.append(expr((-b / a).cancel()))
    return list(dict.fromkeys(found))


def _step(value: Expr, s: Symbol) -> int | None:
    """k such that the value is a rational function of s^k; None if it is a number."""
    try:
        polys = [Poly(e, s) for e in value.as_numer_denom()]
    except PolynomialError:
        return None
    exponents = [m[0] for p in polys for m in p.monoms()]
    lowest = min(m[0] for m in polys[0].monoms()) - min(m[0] for m in polys[1].monoms())
    steps = [*(e - min(m[0] for m in p.monoms()) for p in polys for (e,) in p.monoms()), lowest]
    return gcd(*steps) or None if exponents else None


def _gauss(value: Expr, u: Symbol, k: int, s: Symbol) -> Iterator[Pair]:
    """A quotient with the denominator (1 - ζu)² and a numerator of degree 2."""
    bottom = value.as_numer_denom()[1]
    roots = [f.base if isinstance(f, Pow) else f for f in factored(bottom).as_ordered_factors() if f.has(u)]
    if len(roots) != 1 or not roots[0].is_polynomial(u) or Poly(roots[0], u).degree() != 1:
        return
    a, b = Poly(roots[0], u).all_coeffs()
    if b == 0:
        return
    zeta, v = expr((-a / b).cancel()), Dummy("v", positive=True)
    whole = expr((replaced(value, {u: v / zeta}) * (1 - v) ** 2).cancel())
    if not whole.is_polynomial(v) or Poly(whole, v).degree() > 2:
        return
    # value (1 - v)² is θ_0²/4 at 0, (θ_1² - 1)/4 + 1/4 at 1, and at infinity θ_∞²/4 v²
    numerator = Poly(whole, v)
    first, last = numerator.coeff_monomial(1), numerator.coeff_monomial(v**2)
    middle = replaced(whole, {v: S.One})
    zero, infinite, one = root_of(4 * first), root_of(4 * last), root_of(4 * middle + 1)
    if any(t.has(S.ImaginaryUnit) for t in (zero, one, infinite)):
        return
    yield from _gauss_pairs(zero, one, infinite, zeta * s**k, k, s)


def _gauss_pairs(zero: Expr, one: Expr, infinite: Expr, z: Expr, k: int, s: Symbol) -> Iterator[Pair]:
    """Two of Kummer's solutions whose third parameters are no integers ≤ 0, at 0 and else at 1."""

    def at_zero(t: Expr) -> Expr:
        a, b = (1 + t + one + infinite) / 2, (1 + t + one - infinite) / 2
        return s ** (HALF + k * t / 2) * (1 - z) ** ((1 + one) / 2) * hypergeometric(a, b, 1 + t, z)

    def at_one(t: Expr) -> Expr:
        a, b = (1 + zero + t + infinite) / 2, (1 + zero + t - infinite) / 2
        return s ** (HALF + k * zero / 2) * (1 - z) ** ((1 + t) / 2) * hypergeometric(a, b, 1 + t, 1 - z)

    if not zero.is_integer:
        yield at_zero(zero), at_zero(-zero)
    elif not one.is_integer:
        yield at_one(one), at_one(-one)
    else:
        yield at_zero(zero), at_one(one)
