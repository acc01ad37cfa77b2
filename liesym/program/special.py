"""Special functions in terms of elementary ones and Chebyshev series, so that every backend has them.

Each function is split where its behaviour changes: an entire series near 0, an elementary factor times a
slowly varying rest for large arguments. The rest is expanded in Chebyshev polynomials whose coefficients are
computed with mpmath at 34 digits when a function is first used; there are no tables. Everything is
differentiable, batched and typed like the data, and about as accurate as the type: an error of a few units
in the last place of the largest value nearby.

Sources: Abramowitz and Stegun 1964, sections 5.2, 7.3, 9.2, 9.7, 10.4 (the splittings); Clenshaw 1955 (the
summation); Corless et al. 1996, section 4 (Lambert W).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
from sympy import (
    Abs,
    E,
    EulerGamma,
    Expr,
    Function,
    Integer,
    Min,
    Piecewise,
    Rational,
    S,
    Symbol,
    ceiling,
    cos,
    exp,
    gamma,
    log,
    pi,
    sign,
    sin,
    sqrt,
)  # fmt: skip

from liesym.errors import Unsupported

HIGHEST_ORDER = 20
"""Bessel functions of orders up to this one; they are rational numbers."""

DIGITS = 34
Z = Symbol("z", real=True)
"""The argument in the templates below."""


class Series(Function):
    """Σ c_k T_k(s), the coefficients being entry `index` of `COEFFICIENTS`."""

    nargs = 2


COEFFICIENTS: list[tuple[float, ...]] = []


def chebyshev(rest: Callable[[Any], Any], variable: Expr, low: float, high: float, terms: int = 64) -> Expr:
    """`rest` on [low, high] as a series in the expression `variable`, which takes its values there."""
    with mpmath.workdps(DIGITS):
        cosines = [mpmath.cos(mpmath.pi * j / (2 * terms)) for j in range(4 * terms)]
        values = [rest(low + (high - low) * (cosines[2 * j + 1] + 1) / 2) for j in range(terms)]
        found = [2 * mpmath.fdot((v, cosines[k * (2 * j + 1) % (4 * terms)]) for j, v in enumerate(values)) / terms
                 for k in range(terms)]  # fmt: skip
    numbers = [float(mpmath.re(c)) for c in found]
    numbers[0] /= 2
    limit = 1e-17 * max(map(abs, numbers))
    while len(numbers) > 1 and abs(numbers[-1]) < limit:
        numbers.pop()
    COEFFICIENTS.append(tuple(numbers))
    start, width = Rational(low), Rational(high) - Rational(low)
    return Series(2 * (variable - start) / width - 1, Integer(len(COEFFICIENTS) - 1))


# -- Bessel functions --------------------------------------------------------------------------------------


def _cosine(n: Rational, u: Expr, turned: bool = False) -> Expr:
    """cos(u - n π/2 - π/4), or its sine, without subtracting from a large argument."""
    angle = n * pi / 2 + pi / 4
    if turned:
        return sin(u) * cos(angle) - cos(u) * sin(angle)
    return cos(u) * cos(angle) + sin(u) * sin(angle)


def _number(n: Rational) -> Any:
    return mpmath.mpf(int(n.p)) / int(n.q)


@cache
def _hankel(n: Rational, limit: int) -> tuple[Expr, Expr]:
    """(P, Q) of the asymptotic form sqrt(2/(π z)) (P cos χ - Q sin χ) for |z| > limit."""

    def pair(x: Any) -> tuple[Any, Any]:
        order = _number(n)
        chi, scale = x - order * mpmath.pi / 2 - mpmath.pi / 4, mpmath.sqrt(mpmath.pi * x / 2)
        j, y = mpmath.besselj(order, x), mpmath.bessely(order, x)
        c, s = mpmath.cos(chi), mpmath.sin(chi)
        return scale * (j * c + y * s), scale * (y * c - j * s)

    square = (limit / Abs(Z)) ** 2
    even = chebyshev(lambda w: pair(limit / mpmath.sqrt(w))[0], square, 0, 1)
    odd = chebyshev(lambda w: pair(limit / mpmath.sqrt(w))[1] / mpmath.sqrt(w), square, 0, 1)
    return even, odd * limit / Abs(Z)


def _limit(n: Rational, least: int) -> int:
    return max(least, int(ceiling(abs(n))))


def _small(n: Rational, function: Callable[..., Any], limit: int) -> Expr:
    """(z/2)^n/Γ(n + 1) times an even series, for |z| <= limit."""

    def rest(w: Any) -> Any:
        x, order = mpmath.sqrt(w), _number(n)
        return mpmath.gamma(order + 1) * function(order, x) / (x / 2) ** order

    return (Z / 2) ** n / gamma(n + 1) * chebyshev(rest, Z**2, 0, limit**2)


def _parity(n: Rational) -> Expr:
    return sign(Z) if n.is_Integer and n % 2 else S.One


@cache
def _j(n: Rational) -> Expr:
    limit = _limit(n, 8)
    even, odd = _hankel(n, limit)
    wave = sqrt(2 / (pi * Abs(Z))) * (even * _cosine(n, Abs(Z)) - odd * _cosine(n, Abs(Z), turned=True))
    return Piecewise((_small(n, mpmath.besselj, limit), Abs(Z) <= limit), (_parity(n) * wave, True))


@cache
def _y(n: Rational) -> Expr:
    if n >= 2:
        return 2 * (n - 1) / Z * _y(n - 1) - _y(n - 2)
    limit = _limit(n, 8)
    even, odd = _hankel(n, limit)
    wave = sqrt(2 / (pi * Abs(Z))) * (even * _cosine(n, Abs(Z), turned=True) + odd * _cosine(n, Abs(Z)))
    own = _small(n, mpmath.besselj, limit)
    if not n.is_Integer:
        near = (own * cos(n * pi) - _small(-n, mpmath.besselj, limit)) / sin(n * pi)
        return Piecewise((near, limit >= Z), (wave, True))

    def rest(w: Any) -> Any:
        x, order = mpmath.sqrt(w), int(n)
        regular = 2 / mpmath.pi * mpmath.log(x / 2) * mpmath.besselj(order, x)
        return (mpmath.bessely(order, x) - regular) * (x / 2) ** order

    near = 2 / pi * log(Z / 2) * own + chebyshev(rest, Z**2, 0, limit**2) / (Z / 2) ** n
    return Piecewise((near, limit >= Z), (wave, True))


@cache
def _i(n: Rational) -> Expr:
    limit = _limit(n, 5)

    def rest(w: Any) -> Any:
        x = limit / w
        return mpmath.sqrt(x) * mpmath.exp(-x) * mpmath.besseli(_number(n), x)

    far = exp(Abs(Z)) / sqrt(Abs(Z)) * chebyshev(rest, limit / Abs(Z), 0, 1, 80)
    return Piecewise((_small(n, mpmath.besseli, limit), Abs(Z) <= limit), (_parity(n) * far, True))


@cache
def _k(n: Rational) -> Expr:
    if n >= 2:
        return 2 * (n - 1) / Z * _k(n - 1) + _k(n - 2)

    def decaying(w: Any) -> Any:
        x = 2 / w
        return mpmath.sqrt(x) * mpmath.exp(x) * mpmath.besselk(_number(n), x)

    far = exp(-Z) / sqrt(Z) * chebyshev(decaying, 2 / Z, 0, 1)
    own = _small(n, mpmath.besseli, 2)
    if not n.is_Integer:
        near = pi / 2 * (_small(-n, mpmath.besseli, 2) - own) / sin(n * pi)
        return Piecewise((near, Z <= 2), (far, True))
    sense = -1 if n == 0 else 1

    def rest(w: Any) -> Any:
        x, order = mpmath.sqrt(w), int(n)
        return (mpmath.besselk(order, x) - sense * mpmath.log(x / 2) * mpmath.besseli(order, x)) * x**order

    near = sense * log(Z / 2) * own + chebyshev(rest, Z**2, 0, 4) / Z**n
    return Piecewise((near, Z <= 2), (far, True))


# -- Airy functions ------------------------------------------------------------------------------------------


@cache
def _airy(second: bool, slope: bool) -> Expr:
    """Ai, Bi, Ai' or Bi'."""
    order = 1 if slope else 0
    function = mpmath.airybi if second else mpmath.airyai
    power = Rational(1, 4) if slope else Rational(-1, 4)

    def zeta(x: Any) -> Any:
        return 2 * x ** mpmath.mpf("1.5") / 3

    def argument(u: Any) -> Any:
        """x with ζ(x) = 1/u."""
        return (3 / (2 * u)) ** (mpmath.mpf(2) / 3)

    def decaying(u: Any) -> Any:
        x = argument(u)
        return function(x, derivative=order) * x ** mpmath.mpf(str(-power)) * mpmath.exp((-1 if second else 1) * zeta(x))

    def wave(u: Any) -> tuple[Any, Any]:
        """(P, Q): Ai, Bi and their slopes as |x|^(±1/4) times P cos and Q sin of ζ - π/4."""
        x = argument(u)
        c, s = mpmath.cos(zeta(x) - mpmath.pi / 4), mpmath.sin(zeta(x) - mpmath.pi / 4)
        a, b = mpmath.airyai(-x, derivative=order), mpmath.airybi(-x, derivative=order)
        scale = x ** mpmath.mpf(str(-power))
        return scale * (a * c - b * s), scale * (a * s + b * c)

    big = 2 * Abs(Z) ** Rational(3, 2) / 3
    least, near = 2 * 2**1.5 / 3, 2 * 6**1.5 / 3
    right = Abs(Z) ** power * exp(big if second else -big) * chebyshev(decaying, 1 / big, 0, 1 / least, 80)
    p = chebyshev(lambda u: wave(u)[0], 1 / big, 0, 1 / near)
    q = chebyshev(lambda u: wave(u)[1], 1 / big, 0, 1 / near)
    c, s = _cosine(S.Zero, big), _cosine(S.Zero, big, turned=True)
    left = Abs(Z) ** power * ((q * c - p * s) if second else (p * c + q * s))
    middle = chebyshev(lambda x: function(x, derivative=order), Z, -6, 2)
    return Piecewise((left, Z < -6), (middle, Z <= 2), (right, True))


# -- integrals -----------------------------------------------------------------------------------------------


@cache
def _erfi() -> Expr:
    """erfi(z) = 2/sqrt(π) exp(z²) D(z), with Dawson's integral D."""

    def dawson(x: Any) -> Any:
        return mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)

    near = Z * chebyshev(lambda w: dawson(mpmath.sqrt(w)) / mpmath.sqrt(w), Z**2, 0, 16)
    far = chebyshev(lambda w: 4 / mpmath.sqrt(w) * dawson(4 / mpmath.sqrt(w)), 16 / Z**2, 0, 1, 100) / Z
    return 2 / sqrt(pi) * exp(Z**2) * Piecewise((near, Abs(Z) <= 4), (far, True))


def _auxiliary(value: Callable[[Any], tuple[Any, Any]], phase: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, Any]]:
    """(f, g) from (S, C) = limits - f cos - g sin, f sin - g cos of the phase."""

    def pair(x: Any) -> tuple[Any, Any]:
        s, c = value(x)
        cosine, sine = mpmath.cos(phase(x)), mpmath.sin(phase(x))
        return s * cosine + c * sine, s * sine - c * cosine

    return pair


@cache
def _fresnel(sine: bool) -> Expr:
    half = mpmath.mpf(1) / 2
    pair = _auxiliary(lambda x: (half - mpmath.fresnels(x), mpmath.fresnelc(x) - half), lambda x: mpmath.pi * x * x / 2)
    inverse = 16 / Z**4
    f = chebyshev(lambda w: pair(2 / w**0.25)[0] * 2 / w**0.25, inverse, 0, 1) / Abs(Z)
    g = chebyshev(lambda w: pair(2 / w**0.25)[1] * (2 / w**0.25) ** 3, inverse, 0, 1) / Abs(Z) ** 3
    phase = pi * Min(Abs(Z), 10**17) ** 2 / 2  # beyond, f and g are less than rounding, and Z² might overflow
    if sine:
        near = Z**3 * chebyshev(lambda w: mpmath.fresnels(w**0.25) / w**0.75, Z**4, 0, 16)
        far = Rational(1, 2) - f * cos(phase) - g * sin(phase)
    else:
        near = Z * chebyshev(lambda w: mpmath.fresnelc(w**0.25) / w**0.25, Z**4, 0, 16)
        far = Rational(1, 2) + f * sin(phase) - g * cos(phase)
    return Piecewise((near, Abs(Z) <= 2), (sign(Z) * far, True))


@cache
def _trigonometric_integral(sine: bool) -> Expr:
    pair = _auxiliary(lambda x: (mpmath.pi / 2 - mpmath.si(x), mpmath.ci(x)), lambda x: x)
    root = mpmath.sqrt
    inverse = 16 / Z**2
    f = chebyshev(lambda w: pair(4 / root(w))[0] * 4 / root(w), inverse, 0, 1, 100) / Abs(Z)
    g = chebyshev(lambda w: pair(4 / root(w))[1] * 16 / w, inverse, 0, 1, 100) / Z**2
    if sine:
        near = Z * chebyshev(lambda w: mpmath.si(root(w)) / root(w), Z**2, 0, 16)
        return Piecewise((near, Abs(Z) <= 4), (sign(Z) * (pi / 2 - f * cos(Z) - g * sin(Abs(Z))), True))
    rest = chebyshev(lambda w: (mpmath.ci(root(w)) - mpmath.euler - mpmath.log(w) / 2) / w, Z**2, 0, 16)
    near = EulerGamma + log(Z) + Z**2 * rest
    return Piecewise((near, Z <= 4), (f * sin(Z) - g * cos(Z), True))


@cache
def _ei() -> Expr:
    def rest(x: Any) -> Any:
        return (mpmath.ei(x) - mpmath.euler - mpmath.log(abs(x))) / x

    def scaled(u: Any) -> Any:
        return mpmath.ei(1 / u) * mpmath.exp(-1 / u) / u

    near = EulerGamma + log(Abs(Z)) + Z * chebyshev(rest, Z, -2, 6, 65)
    left = exp(Z) / Z * chebyshev(scaled, 1 / Z, -0.5, 0, 100)
    middle = exp(Z) / Z * chebyshev(scaled, 1 / Z, 1 / 24, 1 / 6, 64)
    right = exp(Z) / Z * chebyshev(scaled, 1 / Z, 0, 1 / 24, 64)
    return Piecewise((left, Z < -2), (near, Z <= 6), (middle, Z <= 24), (right, True))


@cache
def _lambert() -> Expr:
    """The branch W >= -1: a guess, then three steps of Halley's method."""
    p = sqrt(2 * (E * Z + 1))
    logarithm = log(1 + Z)
    guess: Expr = Piecewise(
        (-1 + p - p**2 / 3 + 11 * p**3 / 72, -Rational(1, 4) > Z),
        (logarithm * (1 - log(1 + logarithm) / (2 + logarithm)), True),
    )
    for _ in range(4):
        guess = Halley(guess, Z)
    return guess


class Halley(Function):
    """One step of Halley's method for w exp(w) = z, from a guess w."""

    nargs = 2


# -- the door ------------------------------------------------------------------------------------------------

_FIXED: dict[str, Callable[[], Expr]] = {
    "airyai": lambda: _airy(False, False), "airybi": lambda: _airy(True, False),
    "airyaiprime": lambda: _airy(False, True), "airybiprime": lambda: _airy(True, True),
    "erfi": _erfi, "fresnels": lambda: _fresnel(True), "fresnelc": lambda: _fresnel(False),
    "Si": lambda: _trigonometric_integral(True), "Ci": lambda: _trigonometric_integral(False),
    "Ei": _ei, "LambertW": _lambert,
}  # fmt: skip

_ORDERED: dict[str, Callable[[Rational], Expr]] = {"besselj": _j, "bessely": _y, "besseli": _i, "besselk": _k}

NAMES: tuple[str, ...] = (*_FIXED, *_ORDERED, "li")


def template(expr: Function) -> tuple[Expr, Expr] | None:
    """(template in `Z`, argument) for a special function, or None if it is none of these.

    Raises:
        Unsupported: a Bessel function of an order for which there is no template, or another branch of W.
    """
    name = type(expr).__name__
    if name == "li":
        return _ei(), log(expr.args[0])
    if name in _FIXED:
        if len(expr.args) > 1:
            raise Unsupported(f"{expr}: only the principal branch of {name} can be computed")
        return _FIXED[name](), expr.args[0]
    if name not in _ORDERED:
        return None
    order, argument = expr.args
    least = 0 if name == "bessely" else -HIGHEST_ORDER
    order = abs(order) if name == "besselk" and order.is_Rational else order
    if order.is_Rational and least <= order <= HIGHEST_ORDER and not (order.is_Integer and order < 0):
        return _ORDERED[name](order), argument
    raise Unsupported(f"{expr}: {name} can be computed for orders that are integers or fractions up to {HIGHEST_ORDER}")
