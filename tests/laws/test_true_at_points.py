"""The evaluator by differences accepts what is true and rejects what is false; the text has values of its own."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, S, Symbol, exp, sqrt
from true_at_points import faults, value_of_text

from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.testing.values import NoValue

T, Y = Symbol("t", real=True), Symbol("y", real=True)
P = jet_symbol(Y, 1)

TRUE: list[tuple[str, tuple[Expr, ...], tuple[Expr, ...]]] = [
    ("y''=-y", (P**2 + Y**2,), ()),
    ("y''=0", (T**2, T * Y), ()),
    ("y'''=0", (T**2, 2 * T * Y), ()),
    ("y''=y^(-3)", (2 * T, Y), ()),
    ("y''=sqrt(y'^2+2*y'+1)", ((P + 1) * exp(-T),), (P + 1,)),
    ("y'=abs(y)^(1/2)", (2 * sqrt(Y) - T,), (Y,)),
]
FALSE: list[tuple[str, tuple[Expr, ...], tuple[Expr, ...]]] = [
    ("y''=-y", (P**2 - Y**2,), ()),
    ("y''=0", (T**2, 2 * T * Y), ()),
    ("y'''=0", (T**2, T * Y), ()),
    ("y''=y^(-3)", (T, Y), ()),
    ("y''=sqrt(y'^2+2*y'+1)", ((P + 1) * exp(-T),), ()),
    ("y'=abs(y)^(1/2)", (2 * sqrt(Y) - T,), ()),
    ("y''=-y+10^(-6)*y'", (S.One * 0, T * 0 + Y**2), ()),
    ("y''=-y+10^(-6)*y'", (P**2 + Y**2,), ()),
]


@pytest.mark.parametrize(("equation", "statement", "on"), TRUE)
def test_what_is_true_has_no_fault(equation: str, statement: tuple[Expr, ...], on: tuple[Expr, ...]) -> None:
    assert faults(statement, on, ODESystem.parse(equation)) == []


@pytest.mark.parametrize(("equation", "statement", "on"), FALSE)
def test_what_is_false_has_faults(equation: str, statement: tuple[Expr, ...], on: tuple[Expr, ...]) -> None:
    """Negative control: a wrong sign or factor, a side left out, a term of 10^(-6)."""
    assert faults(statement, on, ODESystem.parse(equation))


@pytest.mark.parametrize(
    ("text", "value"),
    [("-y^2", -4.0), ("2^3^2", 512.0), ("acot(y)", -0.4636476090008061), ("(y^2)^(1/2)+y'''", 5.0), ("1/2*y", -1.0)],
)
def test_the_text_has_its_value(text: str, value: float) -> None:
    assert float(value_of_text(text, {"y": -2, "y'''": 3})) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("text", ["y^(1/3)", "sqrt(y)", "log(y)", "asin(y)", "1/(y+2)", "acosh(y)"])
def test_what_is_not_real_has_no_value(text: str) -> None:
    with mpmath.workdps(30), pytest.raises(NoValue):
        value_of_text(text, {"y": -2})
