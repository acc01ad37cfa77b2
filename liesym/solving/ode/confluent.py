"""Equations with s² R + 1/4 = k² (m² + b u + c u²), u = s^k, W'' = R W: Kummer's, Coulomb's and Bessel functions.

    c > 0            W = s^(1/2 ± k m) e^(-κu/2) M(1/2 ± m - κ_0, 1 ± 2m, κ u),      κ = 2 √c,  κ_0 = -b/κ
    c < 0            W = s^((1-k)/2) F(m - 1/2, η, κ u) and G,                       κ = √(-c), η = b/(2κ)
    b = 0            W = s^(1/2) J_m(κ u) and Y_m, or I_m and K_m,                   κ = √|c|
    c = 0            W = s^(1/2) J_2m(2 κ √u) and Y_2m, or I_2m and K_2m,            κ = √|b|

Where the sign of c or b depends on parameters, there is a pair of real solutions for each. Nothing here is checked.
Source: DLMF 10.13, 13.14 and 33.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Abs, Expr, Poly, Rational, S, Symbol, besseli, besselj, besselk, bessely, exp, sqrt

from liesym.base.factors import factored
from liesym.base.typed import expr, replaced
from liesym.coefficients.hypergeometric import kummerm, kummeru
from liesym.coefficients.waves import coulombf, coulombg

HALF = Rational(1, 2)


@dataclass(frozen=True, slots=True)
class Side:
    """Two solutions, real where what is in `on` is positive."""

    first: Expr
    second: Expr
    on: tuple[Expr, ...] = ()

    def along(self, rule: Mapping[Symbol, Expr]) -> Side:
        """In another variable."""
        return Side(replaced(self.first, rule), replaced(self.second, rule), self.on)

    def times(self, front: Expr) -> Side:
        """With a factor in front of both."""
        return Side(front * self.first, front * self.second, self.on)


Sides = tuple[Side, ...]
"""One for each sign of what must be positive."""


def confluent(value: Expr, u: Symbol, k: int, s: Symbol) -> Iterator[Sides]:
    """The solutions for each sign of c, or of b where c = 0.

    Arguments:
        value: m² + b u + c u²; of anything else nothing comes out.
        u, k, s: u = s^k.
    """
    if not value.is_polynomial(u) or Poly(value, u).degree() > 2:
        return
    parts = Poly(value, u)
    c, b, constant = (factored(expr(parts.coeff_monomial(u**n))) for n in (2, 1, 0))
    m = root_of(constant)
    if m.has(S.ImaginaryUnit) or (b == 0 and c == 0):
        return
    tested = b if c == 0 else c
    found = []
    for sign in (1, -1):
        if (sign * tested).is_nonpositive:
            continue
        on = () if (sign * tested).is_nonnegative else (without_squares(sign * tested),)
        size = root_of(sign * tested)
        if size.has(S.ImaginaryUnit):
            continue
        if b == 0 or c == 0:
            order, z = (m, size * s**k) if b == 0 else (2 * m, 2 * size * s ** (Rational(k) / 2))
            pair = (besseli, besselk) if sign == 1 else (besselj, bessely)
            found.append(Side(sqrt(s) * pair[0](order, z), sqrt(s) * pair[1](order, z), on))
        elif sign == 1:
            found.append(_kummer(m, b, 2 * size, k, s, on))
        else:
            found.append(_coulomb(m, b, size, k, s, on))
    if found:
        yield tuple(found)


def _kummer(m: Expr, b: Expr, scale: Expr, k: int, s: Symbol, on: tuple[Expr, ...]) -> Side:
    index = expr((-b / scale).cancel())
    z = scale * s**k
    damped = exp(-z / 2)

    def solution(sign: int) -> Expr:
        return s ** (HALF + sign * k * m) * damped * kummerm(HALF + sign * m - index, 1 + 2 * sign * m, z)

    if not (2 * m).is_integer:
        return Side(solution(1), solution(-1), on)
    return Side(solution(1), s ** (HALF + k * m) * damped * kummeru(HALF + m - index, 1 + 2 * m, z), on)


def _coulomb(m: Expr, b: Expr, scale: Expr, k: int, s: Symbol, on: tuple[Expr, ...]) -> Side:
    front, z = s ** (Rational(1 - k) / 2), scale * s**k
    eta = expr((b / (2 * scale)).cancel())
    return Side(front * coulombf(m - HALF, eta, z), front * coulombg(m - HALF, eta, z), on)


def without_squares(value: Expr) -> Expr:
    """Of the same sign, without a number in front."""
    number, rest = factored(value).as_coeff_Mul()
    return expr(rest if number.is_positive else -rest)


def root_of(value: Expr) -> Expr:
    """A square root; of a square, one that is a polynomial: either sign will do."""
    root = sqrt(factored(value))
    return replaced(root, {n: n.args[0] for n in root.atoms(Abs)})
