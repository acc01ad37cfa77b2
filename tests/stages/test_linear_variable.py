"""Linear equations in another independent variable, and Bessel functions of integer orders in their shortest form.

Source: Kamke 1977, A.24.2; DLMF, sections 10.6 and 10.29.
"""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, Rational, Symbol, asin, besseli, besselj, besselk, bessely, cos, exp, log, pi, sqrt

import liesym
from liesym.model.system import ODESystem
from liesym.reduction.bessel_forms import folded
from liesym.reduction.linear_variable import in_exponential, of_constant_coefficients
from liesym.testing.values import value_at

X, N = Symbol("x", real=True), Symbol("n", real=True)


@pytest.mark.parametrize(
    ("p", "q", "first"),
    [
        (-X / (1 - X**2), N**2 / (1 - X**2), cos(N * asin(X))),
        (1 / (2 * X), 1 / X, cos(2 * sqrt(X))),
        (2 / X, X**-4, cos(1 / X)),
        (X / (1 + X**2), 4 / (1 + X**2), cos(2 * log(X + sqrt(1 + X**2)))),
    ],
)
def test_constant_coefficients_in_another_variable(p: Expr, q: Expr, first: Expr) -> None:
    """Each pair solves y'' + p y' + q y = 0, at a place where it is real; the first is what the books say."""
    system = ODESystem.parse("y'' = n*y", independent="x")
    pairs = list(of_constant_coefficients(system, p, q))
    for value in pairs[0]:
        defect = value.diff(X, 2) + p * value.diff(X) + q * value
        assert abs(defect.subs({X: Rational(3, 7), N: Rational(5, 3)}).evalf(25)) < 1e-15
    assert abs((pairs[0][0] - first).subs({X: Rational(3, 7), N: Rational(5, 3)}).evalf()) < 1e-12


def test_no_constant_coefficients() -> None:
    """Control: Airy's equation."""
    assert not list(of_constant_coefficients(ODESystem.parse("y'' = n*y", independent="x"), X * 0, -X))


@pytest.mark.parametrize(
    ("text", "rational"), [("y'' = exp(x)*y", True), ("y'' = x*exp(x)*y", False), ("y'' = exp(x^2)*y", False)]
)
def test_an_exponential_as_variable(text: str, rational: bool) -> None:
    assert (in_exponential(ODESystem.parse(text, independent="x")) is not None) is rational


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("y'' + exp(2*x)*y = 0", {besselj(0, exp(X)), bessely(0, exp(X))}),
        ("y'' - exp(x)*y = 0", {besseli(0, 2 * exp(X / 2)), besselk(0, 2 * exp(X / 2))}),
        ("x*y'' + y = 0", {sqrt(X) * besselj(1, 2 * sqrt(X)), sqrt(X) * bessely(1, 2 * sqrt(X))}),
    ],
)
def test_bessel_functions_as_a_person_writes_them(text: str, basis: set[Expr]) -> None:
    found = liesym.solve(text, budget=10)
    assert {found.explicit[0].rhs.diff(c) for c in found.constants} == basis


@pytest.mark.parametrize(
    "value",
    [
        besselj(1, X) / X - besselj(2, X) / 2,
        bessely(3, X) * X - 4 * bessely(2, X),
        besseli(1, X) * besselk(2, X) + besseli(2, X) * besselk(1, X),
    ],
)
def test_folding_keeps_the_value(value: Expr) -> None:
    shown = folded(value)
    assert shown.count_ops() < value.count_ops()
    assert abs((shown - value).subs(X, mpmath.mpf("1.7")).evalf(20)) < 1e-15


@pytest.mark.parametrize("order", [0, 1, 2])
def test_bessel_functions_of_integer_order_in_floating_point(order: int) -> None:
    """The Wronskian of J and Y, and of I and K, as it is known."""
    for value, expected in (
        (besselj(order + 1, X) * bessely(order, X) - besselj(order, X) * bessely(order + 1, X), 2 / (pi * X)),
        (besseli(order, X) * besselk(order + 1, X) + besseli(order + 1, X) * besselk(order, X), 1 / X),
    ):
        assert abs(value_at(value - expected, {X: 2.0}, mpmath.fp)) < 1e-12


@pytest.mark.slow
def test_riccati_equations_by_bessel_functions() -> None:
    """y' = y² + 1/x and y' + y² = e^x are short quotients of Bessel functions, and what the constant loses is special."""
    for text in ("y' = y^2 + 1/x", "y' + y^2 = exp(x)"):
        found = liesym.solve(text, independent="x", budget=10)
        assert len(found.explicit) == len(found.special) == 1 and found.explicit[0].rhs.count_ops() < 60
        for value in (found.explicit[0].rhs, found.special[0].rhs):
            residual = ODESystem.parse(text, independent="x").rhs[0].subs(Symbol("y", real=True), value) - value.diff(X)
            assert abs(residual.subs({X: Rational(8, 5), found.constants[0]: Rational(3, 7)}).evalf(25)) < 1e-12
