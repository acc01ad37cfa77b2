"""Integration in the coefficient field: what is returned has the integrand as derivative."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Function, Rational, S, asin, atan, cos, cosh, exp, log, sin, sqrt, symbols, tan

from liesym.coefficients import Field
from liesym.solving.ode.integrate import integrate

x, y, a, b = symbols("x y a b", real=True)
f = Function("f")


def antiderivative_is_right(integrand: Expr) -> bool | None:
    """Does the derivative of what is found give the integrand back? None if nothing is found."""
    field = Field.build([integrand], (x, y), (a, b))
    element = field(integrand)
    found = integrate(element, x, field)
    return None if found is None else (found.diff(x) - element).is_zero


ELEMENTARY = [
    S.Zero, S.One, x, y * x**3, a * x**2 + b, 1 / x,
    1 / (x + y), 1 / x**3, x / (x**2 + 1), 1 / (x**2 + 1),
    1 / (x**2 - 1), 1 / (x**2 - y**2),
    1 / (x**2 + 2 * x + 5), (x**3 + 1) / (x**2 - 4), 1 / (x * (x + 1) ** 2),
    exp(x), exp(a * x), x * exp(-x), x**2 * exp(y * x), exp(x) / (1 + exp(x)),
    1 / (1 + exp(x)),
    exp(-(x**2)) * x,
    log(x), x * log(x), log(x) ** 2, log(x) / x, 1 / (x * log(x)), log(x + y),
    sin(x), cos(a * x), x * sin(x), sin(x) * cos(x), sin(x) ** 2, tan(x), 1 / cos(x) ** 2,
    sin(x) / (2 + cos(x)),
    exp(x) * sin(x), x * exp(-x) * cos(2 * x), cosh(x),
    sqrt(x), x ** Rational(-1, 3), sqrt(x + y), x / sqrt(x**2 + 1),
    1 / sqrt(x**2 + 1), 1 / sqrt(1 - x**2),
    1 / sqrt(x**2 - y**2), sqrt(1 - x**2), x**a, x**a * log(x), f(x).diff(x), f(x) * f(x).diff(x),
    f(x).diff(x) / f(x), x * f(x).diff(x) + f(x),
    f(x).diff(x) * exp(f(x)),
    f(x * y).diff(x),
]  # fmt: skip


@pytest.mark.parametrize("integrand", ELEMENTARY, ids=str)
def test_elementary_integrals_are_found(integrand: Expr) -> None:
    assert antiderivative_is_right(integrand) is True


@pytest.mark.parametrize(
    "integrand",
    [
        exp(x) / x,
        exp(-(x**2)),
        sin(x) / x,
        1 / log(x),
        sin(x**2),
        exp(exp(x)),
        f(x),
        x * f(x),
        log(x) / (1 + x),
    ],
    ids=str,
)
def test_what_has_no_elementary_integral_is_not_given_one(integrand: Expr) -> None:
    """Liouville; Bronstein 2005, chapter 5: these integrals are not elementary over the field."""
    assert antiderivative_is_right(integrand) is None


SHAPES = [x, y, exp(x), exp(-x) * y, log(x), sin(x), cos(x), sqrt(x), 1 / (x + 1), x**2, atan(x), a]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.tuples(*[st.sampled_from(SHAPES)] * 2), st.integers(-3, 3))
def test_nothing_wrong_is_returned_for_a_derivative(shapes: tuple[Expr, Expr], scale: int) -> None:
    """For the derivative of a known function: an antiderivative, or None."""
    assert antiderivative_is_right((shapes[0] * shapes[1] + scale * shapes[0]).diff(x)) is not False


def test_the_check_rejects_a_wrong_antiderivative() -> None:
    field = Field.build([sin(x)], (x, y), ())
    assert not (field(sin(x)).diff(x) - field(sin(x))).is_zero


def test_other_variables_are_constants_of_integration() -> None:
    """∫ f dx is only determined up to functions of y; the answer must not lose the dependence on y."""
    field = Field.build([exp(x * y), asin(y)], (x, y), ())
    found = integrate(field(exp(x * y)), x, field)
    assert found is not None and found == field(exp(x * y) / y)
