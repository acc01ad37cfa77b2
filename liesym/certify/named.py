"""Named functions over a tower of kernels: exp, log and i for the elementary ones, laws and rates for the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from sympy import Integer, Rational, S

from liesym.errors import Unsupported

Term = Any
"""A SymPy expression over a tower."""


class Kernels(Protocol):
    """What the rules need of the builder of a tower."""

    def exp(self, u: Term) -> Term: ...
    def log(self, v: Term) -> Term: ...
    def power(self, base: Term, exponent: Term) -> Term: ...
    def imaginary(self) -> Term: ...
    def pi(self) -> Term: ...
    def function(
        self, label: str, arguments: tuple[Term, ...], index: tuple[int, ...] | None = None
    ) -> Term: ...
    def rate(self, label: str, rate: Term, u: Term) -> Term: ...
    def bessel_orders(self) -> list[Term]: ...


Rule = Callable[..., Term]


def _trigonometric(combine: Callable[[Term, Term], Term]) -> Rule:
    def rule(b: Kernels, u: Term) -> Term:
        i = b.imaginary()
        e = b.exp(i * u)
        return combine((e - 1 / e) / (2 * i), (e + 1 / e) / 2)

    return rule


def _hyperbolic(combine: Callable[[Term, Term], Term]) -> Rule:
    def rule(b: Kernels, u: Term) -> Term:
        e = b.exp(u)
        return combine((e - 1 / e) / 2, (e + 1 / e) / 2)

    return rule


def _arcsin(b: Kernels, u: Term) -> Term:
    i = b.imaginary()
    return -i * b.log(i * u + b.power(1 - u**2, S.Half))


def _arctan(b: Kernels, u: Term) -> Term:
    i = b.imaginary()
    return i / 2 * (b.log(1 - i * u) - b.log(1 + i * u))


def _arsinh(b: Kernels, u: Term, offset: int = 1) -> Term:
    return b.log(u + b.power(u**2 + offset, S.Half))


def _artanh(b: Kernels, u: Term) -> Term:
    return (b.log(1 + u) - b.log(1 - u)) / 2


def _absolute(b: Kernels, u: Term) -> Term:
    return b.power(u**2, S.Half)


_ELEMENTARY: dict[str, Rule] = {
    "exp": lambda b, u: b.exp(u),
    "log": lambda b, u: b.log(u),
    "sin": _trigonometric(lambda s, c: s),
    "cos": _trigonometric(lambda s, c: c),
    "tan": _trigonometric(lambda s, c: s / c),
    "cot": _trigonometric(lambda s, c: c / s),
    "sec": _trigonometric(lambda s, c: 1 / c),
    "csc": _trigonometric(lambda s, c: 1 / s),
    "sinh": _hyperbolic(lambda s, c: s),
    "cosh": _hyperbolic(lambda s, c: c),
    "tanh": _hyperbolic(lambda s, c: s / c),
    "coth": _hyperbolic(lambda s, c: c / s),
    "sech": _hyperbolic(lambda s, c: 1 / c),
    "csch": _hyperbolic(lambda s, c: 1 / s),
    "asin": _arcsin,
    "acos": lambda b, u: b.pi() / 2 - _arcsin(b, u),
    "atan": _arctan,
    "acot": lambda b, u: _arctan(b, 1 / u),
    "asec": lambda b, u: b.pi() / 2 - _arcsin(b, 1 / u),
    "acsc": lambda b, u: _arcsin(b, 1 / u),
    "asinh": _arsinh,
    "acosh": lambda b, u: _arsinh(b, u, -1),
    "atanh": _artanh,
    "acoth": lambda b, u: _artanh(b, 1 / u),
    "asech": lambda b, u: _arsinh(b, 1 / u, -1),
    "acsch": lambda b, u: _arsinh(b, 1 / u),
    "Abs": _absolute,
    "sign": lambda b, u: u / _absolute(b, u),
}


def _over_root_pi(b: Kernels, e: Term) -> Term:
    return 2 * e / b.power(b.pi(), S.Half)


def _fresnel(wave: str) -> Rule:
    return lambda b, u: b.rate(f"fresnel {wave}", _ELEMENTARY[wave](b, b.pi() * u**2 / 2), u)


_RATES: dict[str, Rule] = {
    "erf": lambda b, u: b.rate("erf", _over_root_pi(b, b.exp(-(u**2))), u),
    "erfc": lambda b, u: 1 - b.rate("erf", _over_root_pi(b, b.exp(-(u**2))), u),
    "erfi": lambda b, u: b.rate("erfi", _over_root_pi(b, b.exp(u**2)), u),
    "fresnels": _fresnel("sin"),
    "fresnelc": _fresnel("cos"),
    "Ei": lambda b, u: b.rate("Ei", b.exp(u) / u, u),
    "li": lambda b, u: b.rate("Ei", u / b.log(u), b.log(u)),
    "Si": lambda b, u: b.rate("Si", _ELEMENTARY["sin"](b, u) / u, u),
    "Ci": lambda b, u: b.rate("Ci", _ELEMENTARY["cos"](b, u) / u, u),
}


def bessel_step(kind: str, start: Term, u: Term, f: Term, df: Term, step: int, up: int) -> tuple[Term, Term]:
    """(f, f') of order ν = start + up * step -> order ν + up, for up = ±1.

    J, Y: f_(ν±1) = ±(ν/u f ∓ f'),  I: f_(ν±1) = f' ∓ ν/u f,  K: f_(ν±1) = -f' ± ν/u f.
    Source: NIST Handbook, 10.6.2 and 10.29.2.
    """
    nu = start + up * step
    if kind in ("besselj", "bessely"):
        g = nu / u * f - up * df
        return g, up * f - up * (nu + up) / u * g
    sign = 1 if kind == "besseli" else -1
    g = sign * (df - up * nu / u * f)
    return g, sign * f - up * (nu + up) / u * g


def _bessel(b: Kernels, kind: str, order: Term, u: Term) -> Term:
    """Orders that differ by integers are reduced to one by the recurrence; half-integer ones are
    elementary.
    """
    for known in b.bessel_orders():
        if (order + known).expand() == 0 and order != known and not isinstance(order, Integer):
            raise Unsupported(f"Bessel functions of orders {order} and {known} together")
    start = next((k for k in b.bessel_orders() if isinstance((order - k).expand(), Integer)), order)
    if isinstance(order, Rational) and order.q == 2:
        start = S.Half
        value, slope = _half_bessel(b, kind, u)
    else:
        constants = (2 / b.pi(), start) if kind == "bessely" else (start,)
        value = b.function(kind, (*constants, u))
        slope = b.function(kind, (*constants, u), (*(0 for _ in constants), 1))
    steps = int((order - start).expand())
    for step in range(abs(steps)):
        value, slope = bessel_step(kind, start, u, value, slope, step, 1 if steps > 0 else -1)
    return value


def _half_bessel(b: Kernels, kind: str, u: Term) -> tuple[Term, Term]:
    """Value and derivative at order 1/2: sqrt(2/(pi u)) times sin, -cos, sinh, or pi/2 exp(-u)."""
    front = b.power(2 / (b.pi() * u), S.Half)
    if kind == "besselk":
        value = front * b.pi() / 2 * b.exp(-u)
        return value, -value - value / (2 * u)
    one, other = ("sin", "cos") if kind in ("besselj", "bessely") else ("sinh", "cosh")
    wave, slope = _ELEMENTARY[one](b, u), _ELEMENTARY[other](b, u)
    if kind == "bessely":
        wave, slope = -slope, wave
    return front * wave, front * slope - front * wave / (2 * u)


_SPECIAL: dict[str, Rule] = {
    "airyai": lambda b, u: b.function("airyai", (u,)),
    "airybi": lambda b, u: b.function("airybi", (1 / b.pi(), u)),
    "airyaiprime": lambda b, u: b.function("airyai", (u,), (1,)),
    "airybiprime": lambda b, u: b.function("airybi", (1 / b.pi(), u), (0, 1)),
    "besselj": lambda b, n, u: _bessel(b, "besselj", n, u),
    "bessely": lambda b, n, u: _bessel(b, "bessely", n, u),
    "besseli": lambda b, n, u: _bessel(b, "besseli", n, u),
    "besselk": lambda b, n, u: _bessel(b, "besselk", n, u),
    "LambertW": lambda b, u: b.function("LambertW", (u,)),
    "gamma": lambda b, u: b.function("gamma", (u,)),
}

RULES: Mapping[str, Rule] = MappingProxyType({**_ELEMENTARY, **_RATES, **_SPECIAL})
"""Class name of a SymPy function -> rule(kernels, *arguments)."""
