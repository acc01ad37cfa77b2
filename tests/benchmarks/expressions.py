"""The expressions that lowering is measured on, each with a version that a careful person would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr, Rational, Symbol, atanh, cos, log, sin, sqrt, tan


@dataclass(frozen=True, slots=True)
class Benchmark:
    """k expressions in m state symbols.

    Arguments:
        hand: (library, columns…) -> the k values, for numpy, torch or jax.numpy.
        low, high: the box from which states are drawn.
    """

    name: str
    state: tuple[Symbol, ...]
    expressions: tuple[Expr, ...]
    hand: Callable[..., tuple[Any, ...]]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def sample(self, count: int) -> np.ndarray:
        return np.random.default_rng(0).uniform(self.low, self.high, (count, len(self.state)))


def _rsqrt(library: Any, u: Any) -> Any:
    return library.rsqrt(u) if hasattr(library, "rsqrt") else 1.0 / library.sqrt(u)


# E1: residuals F and H of Hao 2024, equations (19) and (35), with ε restored and g(u) = sqrt(u).

C1, C3, K3, K4, EPS = 0.7, 0.3, 0.5, 0.2, 0.1


def _e1() -> Benchmark:
    z, u, v, a, b = sp.symbols("z u v theta1 theta2", real=True)
    c1, c3, k3, k4, eps = (Rational(str(c)) for c in (C1, C3, K3, K4, EPS))
    angle = a * z + b
    bent = cos(angle) * atanh(sin(angle))
    first = (
        cos(angle) + c1 * eps * cos(angle) - c1 * eps * sin(angle) * bent - c3 * eps * a * sin(angle) * cos(angle)
        - cos(angle + c1 * eps * bent + c3 * eps * a * cos(angle))
    )  # fmt: skip
    growth = u * (1 + k3 * eps + k4 * a * eps * log(u))
    second = (
        a * eps * sp.diff(sqrt(u), u) * u * sin(angle) + k4 * a**2 * eps * v * sin(angle) + growth * z * sin(angle)
        - growth * (z + k4 * eps * tan(angle)) * sin(angle + k4 * a * eps * tan(angle))
    )  # fmt: skip

    def hand(lib: Any, z: Any, u: Any, v: Any, a: Any, b: Any) -> tuple[Any, ...]:
        arctanh = lib.arctanh
        angle = a * z + b
        s, c = lib.sin(angle), lib.cos(angle)
        bent = c * arctanh(s)
        f = c * (1 + C1 * EPS) - (C1 * EPS) * s * bent - (C3 * EPS) * a * s * c
        f = f - lib.cos(angle + (C1 * EPS) * bent + (C3 * EPS) * a * c)
        shift = (K4 * EPS) * (s / c)
        growth = u * ((1 + K3 * EPS) + (K4 * EPS) * a * lib.log(u))
        h = s * (a * ((0.5 * EPS) * lib.sqrt(u) + (K4 * EPS) * a * v) + growth * z)
        return f, h - growth * (z + shift) * lib.sin(angle + a * shift)

    return Benchmark("E1", (z, u, v, a, b), (first, second), hand, (-1, 0.3, -1, 0.5, -0.2), (1, 2, 1, 1.2, 0.2))


# E2: d/dt of energy, angular momentum and the Laplace-Runge-Lenz vector of the Kepler problem along a field
# (f, g).


def _e2() -> Benchmark:
    x, y, p, q, f1, f2, g1, g2 = sp.symbols("x y p q f1 f2 g1 g2", real=True)
    r = sqrt(x**2 + y**2)
    momentum = x * q - y * p
    integrals = ((p**2 + q**2) / 2 - 1 / r, momentum, q * momentum - x / r, -p * momentum - y / r)
    flow = {x: f1, y: f2, p: g1, q: g2}
    rates = tuple(sp.Add(*(i.diff(s) * v for s, v in flow.items())) for i in integrals)

    def hand(lib: Any, x: Any, y: Any, p: Any, q: Any, f1: Any, f2: Any, g1: Any, g2: Any) -> tuple[Any, ...]:
        s = _rsqrt(lib, x * x + y * y)
        cube = s * s * s
        radial = (x * f1 + y * f2) * cube
        momentum = x * q - y * p
        change = f1 * q + x * g2 - f2 * p - y * g1
        return (
            p * g1 + q * g2 + radial,
            change,
            g2 * momentum + q * change - f1 * s + x * radial,
            -g1 * momentum - p * change - f2 * s + y * radial,
        )

    state = (x, y, p, q, f1, f2, g1, g2)
    return Benchmark("E2", state, rates, hand, (0.3,) * 2 + (-1,) * 6, (1.5,) * 2 + (1,) * 6)


# E3: Euler-Lagrange expressions of the double pendulum, and dE/dt, expanded; unit masses and lengths.

G = Rational(49, 5)
GRAVITY = float(G)


def _e3() -> Benchmark:
    a, b, u, v, f, g = sp.symbols("alpha beta u v f g", real=True)
    kinetic = u**2 + v**2 / 2 + u * v * cos(a - b)
    potential = -2 * G * cos(a) - G * cos(b)
    flow = {a: u, b: v, u: f, v: g}

    def rate(e: Expr) -> Expr:
        return sp.Add(*(e.diff(s) * d for s, d in flow.items()))

    lagrangian = kinetic - potential
    rates = (
        rate(lagrangian.diff(u)) - lagrangian.diff(a),
        rate(lagrangian.diff(v)) - lagrangian.diff(b),
        rate(kinetic + potential),
    )
    expanded = tuple(sp.expand(e, trig=True) for e in rates)

    def hand(lib: Any, a: Any, b: Any, u: Any, v: Any, f: Any, g: Any) -> tuple[Any, ...]:
        sa, ca, sb, cb = lib.sin(a), lib.cos(a), lib.sin(b), lib.cos(b)
        c, s = ca * cb + sa * sb, sa * cb - ca * sb
        first = 2 * f + g * c + v * v * s + (2 * GRAVITY) * sa
        second = g + f * c - u * u * s + GRAVITY * sb
        return first, second, u * first + v * second

    return Benchmark("E3", (a, b, u, v, f, g), expanded, hand, (-3, -3, -2, -2, -2, -2), (3, 3, 2, 2, 2, 2))


EXPRESSIONS: tuple[Benchmark, ...] = (_e1(), _e2(), _e3())


def large(terms: int = 1300) -> tuple[list[Expr], tuple[Symbol, ...]]:
    """Expressions of more than ten thousand operations, little of it shared."""
    draw = np.random.default_rng(1)
    state = sp.symbols("x0:6", real=True)
    expressions = []
    for _ in range(4):
        sums = []
        for _ in range(terms // 4):
            i, j, k = draw.integers(0, 6, 3)
            c, d, e = (int(n) for n in draw.integers(1, 10**6, 3))
            u = c * state[i] + d * state[j] ** 2 + e
            sums.append(sin(u) * sqrt(1 + state[k] ** 2 * u**2) / (u + e))
        expressions.append(sp.Add(*sums))
    return expressions, state
