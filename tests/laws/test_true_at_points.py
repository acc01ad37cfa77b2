"""The evaluator by power series accepts what is true and rejects what is false; the text has values of its own."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, Function, Integral, S, Symbol, exp, floor, sqrt
from true_at_points import Verdict, faults, value_of_text, verdict

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


def test_steep_powers_and_integrals_of_open_functions_are_decided() -> None:
    """What differences have no step for: (t - 1)^250, and ∫ dy/F(y) of an F with zeros between the drawn points."""
    steep = ODESystem.parse("y' = (t-1)^250*y")
    assert verdict([Y * exp(-((T - 1) ** 251) / 251)], (), steep).right >= 5
    assert verdict([Y * exp(-((T - 1) ** 251) / 250)], (), steep).wrong
    system = ODESystem.parse("y' = F(y)")
    assert verdict([Integral(1 / Function("F")(Y), Y) - T], (), system).right >= 5
    assert verdict([Integral(1 / Function("F")(Y), Y) - 2 * T], (), system).wrong


def test_relations_say_where_a_statement_holds() -> None:
    system, root = ODESystem.parse("y'=abs(y)^(1/2)"), 2 * sqrt(Y) - T
    assert verdict([root], (Y > 0,), system).right >= 5
    assert verdict([root], (Y > -1,), system).wrong


def test_what_no_point_decides_says_why() -> None:
    system = ODESystem.parse("y' = y")
    assert verdict([floor(Y)], (), system) == Verdict(undecided=("floor has no rule",) * 60)
    assert verdict([T], (), ODESystem.parse("y' = sqrt(-1-y^2)")) == Verdict(undecided=("no real point",))
    assert verdict([Y], (-(Y**2),), system).is_none


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
