"""Coulomb's and Mathieu's functions of one variable with their derivatives, as functions that SymPy differentiates.

    F, G          f'' = (l (l + 1)/z² + 2 η/z - 1) f,  F G' - F' G = -1;  real for z > 0
    w_I, w_II     f'' = (2 q cos 2z - a) f,            w_I = 1, w_I' = 0 and w_II = 0, w_II' = 1 at z = 0

Source: DLMF 33.2 and 28.2(ii).
"""

from __future__ import annotations

from functools import lru_cache
from operator import mul
from typing import Any

import mpmath
from sympy import Expr, S, cos

from liesym.coefficients.hypergeometric import OfLast

MORE_BITS, MOST_TERMS = 90, 400
KEPT = 4096
"""Values that are kept, as one place asks for a function and for its slope several times."""


@lru_cache(maxsize=KEPT)
def _coulomb(l: Any, eta: Any, z: Any, bits: int) -> tuple[Any, Any, Any]:
    """F, ∂F/∂z and G, from F = C z^(l+1) e^(-iz) M(l + 1 - iη, 2l + 2, 2iz)."""
    with mpmath.workprec(bits):
        i = mpmath.mpc(0, 1)
        l, eta, z = (mpmath.mpmathify(v) for v in (l, eta, z))
        front = mpmath.mp.coulombc(l, eta) * z ** (l + 1) * mpmath.exp(-i * z)
        first = mpmath.hyp1f1(l + 1 - i * eta, 2 * l + 2, 2 * i * z)
        second = 2 * i * (l + 1 - i * eta) / (2 * l + 2) * mpmath.hyp1f1(l + 2 - i * eta, 2 * l + 3, 2 * i * z)
        found = front * first, front * (((l + 1) / z - i) * first + second)
        is_real = all(isinstance(v, mpmath.mpf) for v in (l, eta, z)) and z > 0
        return *(v.real if is_real else v for v in found), mpmath.coulombg(l, eta, z)


def coulomb_value(l: Any, eta: Any, z: Any) -> Any:
    """F(l, η, z)."""
    return _coulomb(l, eta, z, mpmath.mp.prec)[0]


def coulomb_slope(l: Any, eta: Any, z: Any) -> Any:
    """∂F/∂z."""
    return _coulomb(l, eta, z, mpmath.mp.prec)[1]


def coulomb_other(l: Any, eta: Any, z: Any) -> Any:
    """G(l, η, z)."""
    return _coulomb(l, eta, z, mpmath.mp.prec)[2]


def coulomb_other_slope(l: Any, eta: Any, z: Any) -> Any:
    """∂G/∂z by the Wronskian."""
    f, slope, g = _coulomb(l, eta, z, mpmath.mp.prec)
    return (slope * g - 1) / f


def mathieu_value(a: Any, q: Any, z: Any, row: int, column: int) -> Any:
    """An entry of Φ = ((w_I, w_II), (w_I', w_II')), by Φ(r + nπ) = Φ(r) Φ(π)^n and Φ(π) = Φ(-π/2)^(-1) Φ(π/2).

    It is nan where z is no real number, or the power series around 0 needs too many terms.
    """
    if isinstance(z, mpmath.mpc):
        return mpmath.nan
    return _mathieu(a, q, z, mpmath.mp.prec + MORE_BITS)[row, column]


@lru_cache(maxsize=KEPT)
def _mathieu(a: Any, q: Any, z: Any, bits: int) -> Any:
    with mpmath.workprec(bits):
        turns = int(mpmath.nint(mpmath.mpf(z) / mpmath.pi))
        near = _mathieu_near(a, q, mpmath.mpf(z) - turns * mpmath.pi, bits)
        if turns == 0:
            return near
        half = _mathieu_near(a, q, mpmath.pi / 2, bits)
        back = mpmath.matrix([[half[1, 1], half[0, 1]], [half[1, 0], half[0, 0]]])
        return near * (back * half) ** turns


@lru_cache(maxsize=KEPT)
def _mathieu_near(a: Any, q: Any, z: Any, bits: int) -> Any:
    """Φ(z) by the power series, whose terms are kept as integers over 2^bits."""
    unit = mpmath.mpf(2) ** bits
    square = int(mpmath.mpf(z) ** 2 * unit)
    first, wave = int(mpmath.mpf(a) * mpmath.mpf(z) ** 2 * unit), [int(2 * mpmath.mpf(q) * mpmath.mpf(z) ** 2 * unit)]
    columns = []
    for start in ((int(unit), 0), (0, int(mpmath.mpf(z) * unit))):
        terms = list(start)
        for n in range(2, MOST_TERMS):
            if n // 2 > len(wave):  # 2 q z² cos 2z = Σ wave_j
                j = 2 * len(wave)
                wave.append(-(wave[-1] * 4 * square >> bits) // ((j - 1) * j))
            sum_ = sum(map(mul, wave, terms[n - 2 :: -2])) - first * terms[n - 2]
            terms.append((sum_ >> bits) // (n * (n - 1)))
            if n > 9 and not any(abs(t) > 1 for t in terms[-4:]):
                break
        else:
            return mpmath.matrix([[mpmath.nan, mpmath.nan], [mpmath.nan, mpmath.nan]])
        slope = sum(n * t for n, t in enumerate(terms)) / (unit * z) if z else mpmath.mpf(len(columns))
        columns.append((sum(terms) / unit, slope))
    return mpmath.matrix([[columns[0][0], columns[1][0]], [columns[0][1], columns[1][1]]])


class coulombfprime(OfLast):
    """∂F/∂z of F(l, η, z)."""

    nargs = 3

    def _slope(self, l: Any, eta: Any, z: Any) -> Expr:
        return (l * (l + 1) / z**2 + 2 * eta / z - 1) * coulombf(l, eta, z)

    def _number(self, *arguments: Any) -> Any:
        return coulomb_slope(*arguments)


class coulombf(OfLast):
    """F(l, η, z), regular at z = 0 for l > -1."""

    nargs = 3

    def _slope(self, l: Any, eta: Any, z: Any) -> Expr:
        return coulombfprime(l, eta, z)

    def _number(self, *arguments: Any) -> Any:
        return coulomb_value(*arguments)


class coulombgprime(OfLast):
    """∂G/∂z of G(l, η, z)."""

    nargs = 3

    def _slope(self, l: Any, eta: Any, z: Any) -> Expr:
        return (l * (l + 1) / z**2 + 2 * eta / z - 1) * coulombg(l, eta, z)

    def _number(self, *arguments: Any) -> Any:
        return coulomb_other_slope(*arguments)


class coulombg(OfLast):
    """G(l, η, z)."""

    nargs = 3

    def _slope(self, l: Any, eta: Any, z: Any) -> Expr:
        return coulombgprime(l, eta, z)

    def _number(self, *arguments: Any) -> Any:
        return coulomb_other(*arguments)


class mathieuoneprime(OfLast):
    """∂w_I/∂z of w_I(z; a, q)."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        return S.Zero if arguments[2] == 0 else None

    def _slope(self, a: Any, q: Any, z: Any) -> Expr:
        return (2 * q * cos(2 * z) - a) * mathieuone(a, q, z)

    def _number(self, *arguments: Any) -> Any:
        return mathieu_value(*arguments, 1, 0)


class mathieuone(OfLast):
    """w_I(z; a, q), the even solution."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        return S.One if arguments[2] == 0 else None

    def _slope(self, a: Any, q: Any, z: Any) -> Expr:
        return mathieuoneprime(a, q, z)

    def _number(self, *arguments: Any) -> Any:
        return mathieu_value(*arguments, 0, 0)


class mathieutwoprime(OfLast):
    """∂w_II/∂z of w_II(z; a, q)."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        return S.One if arguments[2] == 0 else None

    def _slope(self, a: Any, q: Any, z: Any) -> Expr:
        return (2 * q * cos(2 * z) - a) * mathieutwo(a, q, z)

    def _number(self, *arguments: Any) -> Any:
        return mathieu_value(*arguments, 1, 1)


class mathieutwo(OfLast):
    """w_II(z; a, q), the odd solution."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        return S.Zero if arguments[2] == 0 else None

    def _slope(self, a: Any, q: Any, z: Any) -> Expr:
        return mathieutwoprime(a, q, z)

    def _number(self, *arguments: Any) -> Any:
        return mathieu_value(*arguments, 0, 1)


WAVES = (coulombf, coulombg, mathieuone, mathieutwo)
"""Those that are written and read."""
