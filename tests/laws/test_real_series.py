"""Power series of real numbers agree with derivatives of mpmath, and tell what has no value from what is not decided."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from mpmath import mpf
from real_series import MADE, OF_RECIPROCAL, SLOPES, Evaluator, Undecided, gauss
from sympy import Expr, Integral, Symbol

from liesym.testing.values import NoValue, value_at

S, Y = Symbol("s", real=True), Symbol("y", real=True)
OTHERS = ("gamma", "loggamma", "digamma", "airyai", "LambertW", "acot", "Abs", "sign")
ORDER = 3


def same(expression: Expr, start: float) -> bool:
    """The series along y = start + s - s²/3 against differences of values."""
    with mpmath.workdps(40):
        row = Evaluator({Y: [mpf(start), mpf(1), mpf(-1) / 3]}, ORDER)(expression)
        expected = mpmath.taylor(lambda s: value_at(expression, {Y: start + s - s**2 / 3}), 0, ORDER)
        return all(abs(a - b) < mpf("1e-12") * (1 + abs(b)) for a, b in zip(row, expected, strict=True))


@pytest.mark.parametrize("name", [*MADE, *SLOPES, *OF_RECIPROCAL, *OTHERS])
def test_each_function_has_its_derivatives(name: str) -> None:
    function, tried = getattr(sp, name), 0
    for start in (0.37, 1.7, -0.4, -2.6):
        try:
            assert same(function(Y, evaluate=False), start)
            tried += 1
        except NoValue:
            continue
    assert tried


@pytest.mark.parametrize("expression", [Y**3, Y**-2, Y ** sp.Rational(5, 2), Y**Y, 1 / (Y + Y**2), sp.atan2(Y, Y**2 - 5)])
def test_powers_quotients_and_angles(expression: Expr) -> None:
    assert same(expression, 1.3)


def test_a_wrong_derivative_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    monkeypatch.setitem(SLOPES, "atan", SLOPES["acot"])
    assert not same(sp.atan(Y), 1.3)


def test_what_is_steep_or_large_has_derivatives() -> None:
    with mpmath.workdps(40):
        row = Evaluator({Y: [mpf(3), mpf(1)]}, 1)((Y - 1) ** 250)
        assert row == [mpf(2) ** 250, 250 * mpf(2) ** 249]
        with pytest.raises(Undecided):
            Evaluator({Y: mpf(3)}, 0)(sp.exp(sp.exp(sp.exp(sp.exp(Y)))))


def test_integrals_have_the_derivatives_of_their_ends() -> None:
    """d/ds ∫^y f(u, s) du = f(y, s) y' + ∫ f_s, the last 0 where the integral begins; inner ones begin at the same place."""
    at = Evaluator({Y: [mpf(2), mpf(1)], S: [mpf(3), mpf(1)]}, 2)
    u = sp.Dummy("u")
    assert at(Integral(1 / (u - 1), (u, 0, Y)))[1:] == pytest.approx(at(sp.log(Y - 1))[1:])
    assert at(Integral(u * S, (u, 0, Y)))[1:] == pytest.approx([6, 3.5])  # (s + 3)((s + 2)² - 4)/2
    assert at(Integral(u**2, (u, 0, Y))) == at(Integral(S**2, (S, 0, Y)))
    nested = at(Integral(sp.exp(Integral(S, (S, 0, u))), (u, 0, Y)))
    assert nested[1] == pytest.approx(mpmath.exp(at(Integral(u, (u, 0, Y)))[0]))


def test_gauss_rules_are_exact() -> None:
    with mpmath.workdps(40):
        rule = gauss(3, mpmath.mp.prec)
        assert all(abs(mpmath.fsum(w * x**k for x, w in rule) - mpf(1) / (k + 1)) < mpf("1e-38") for k in range(6))


@pytest.mark.parametrize("expression", [sp.sqrt(Y), sp.log(Y), 1 / (Y + 2), Y ** sp.Rational(1, 3), sp.asin(Y)])
def test_what_is_not_real_has_no_value(expression: Expr) -> None:
    with pytest.raises(NoValue):
        Evaluator({Y: [mpf(-2), mpf(1)]}, 1)(expression)


@pytest.mark.parametrize("expression", [sp.Abs(Y), sp.floor(Y), sp.Symbol("z"), sp.Piecewise((Y, Y < 0), (1, True))])
def test_a_point_on_a_branch_and_what_has_no_rule_decide_nothing(expression: Expr) -> None:
    with pytest.raises(Undecided):
        Evaluator({Y: [mpf(0), mpf(1)]}, 1)(expression)


def test_relations_are_asked() -> None:
    at = Evaluator({Y: mpf(2), S: mpf(-1)}, 0)
    assert at.holds(sp.And(Y > 1, sp.Or(S > 0, Y**2 >= 3), sp.Ne(Y, S)))
    assert not at.holds(Y < S)
