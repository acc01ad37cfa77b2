"""SymPy's factoring within bounds: a bound of the degree that holds, and what is beyond it left as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Abs, Expr, Integral, Mul, Poly, PolynomialError, Rational, exp, symbols

import liesym
from liesym.base import factors
from liesym.base.factors import HIGHEST, degree_bound, factored, factors_of
from liesym.certify.splitting import Row
from liesym.flow.check import tidied
from liesym.variational import present

x, y, a = symbols("x y a", real=True)


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5), st.integers(1, 4)
)
def test_the_bound_holds_for_polynomials(terms: list[tuple[int, int, int]], power: int) -> None:
    value = sum((c * x**m * y**n for c, m, n in terms), start=x) ** power
    assert degree_bound(value) >= Poly(value, x, y).total_degree()


def test_fractions_count_by_their_denominator_and_exponentials_by_their_exponent() -> None:
    assert degree_bound(x ** Rational(1, 10) + x**2) >= 20
    assert degree_bound(exp(300 * x) + 1) >= 300
    assert degree_bound(x ** (300 * a) + 1) >= 300
    assert degree_bound(x ** Rational(-333333333333333, 10**15) + 1) > HIGHEST


def test_what_is_low_is_factored_and_what_is_high_is_kept() -> None:
    assert factored(x**2 - y**2) == (x - y) * (x + y)
    assert sorted(map(str, (f for f, _ in factors_of(3 * x**2 - 3)))) == ["x + 1", "x - 1"]
    assert factors_of(x**a * (1 + y) ** a) == [(x, a), (1 + y, a)]
    high = 2 * x ** (4 * HIGHEST) + y
    assert factored(high) == high
    with pytest.raises(PolynomialError):
        factors_of(high)


def test_factors_with_exponents_that_have_no_order() -> None:
    """SymPy sorts the factors and asks whether 1/(a - 1) > 1."""
    one, other = x * (1 + y ** (1 / (a - 1))), Abs(y) ** (1 / (a - 1))
    for value in (one * other, one * other + x * y):
        assert (factored(value) - value).expand() == 0


@pytest.mark.parametrize("text", ["y'' = y^9", "y'' = (1+y)^(-9)"])
def test_no_polynomial_of_a_high_degree_is_factored_or_parted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    plain: Any = Expr.factor

    def watched(self: Expr, *given: Any, **named: Any) -> Expr:
        seen.append(degree_bound(self))
        return plain(self, *given, **named)

    def never(*given: object) -> Expr:
        raise AssertionError("a fraction of a high degree was parted")

    monkeypatch.setattr(factors, "HIGHEST", 4)
    monkeypatch.setattr(present, "HIGHEST_TO_PART", 1)
    monkeypatch.setattr(Expr, "factor", watched)
    monkeypatch.setattr(present, "apart", never)
    system = liesym.ODESystem.parse(text)
    assert len(liesym.first_integrals(system, budget=20)) == 1
    liesym.solve(system, budget=3)
    assert seen and max(seen) <= 4


@pytest.mark.parametrize("text", ["y'' = asec(y) + acsc(y)", "y'' = log(y^2) - 2*log(abs(y))"])
def test_what_does_not_depend_on_the_unknown_is_taken_where_it_has_a_value(text: str) -> None:
    """Both right sides are constant, and have no value at y = 0."""
    assert liesym.solve(text, budget=20).found


def test_a_long_exponent_is_not_multiplied_out() -> None:
    long = Mul(*(x + k * y + a for k in range(40)))
    assert tidied(exp(long)) == exp(long)
    assert tidied(exp(a * (x + y))) == exp(a * x + a * y)


def test_whether_a_family_holds_a_solution_asks_for_no_integral(monkeypatch: pytest.MonkeyPatch) -> None:
    """y = sin t + e^(-cos t)/(C1 + ∫ …) beside y = sin t: SymPy's way to the integral's value keeps no clock."""

    def never(self: Integral, **named: object) -> Expr:
        raise AssertionError("an integral was evaluated")

    monkeypatch.setattr(Integral, "doit", never)
    found = liesym.solve("y' = y^2 - y*sin(t) + cos(t)", budget=20)
    assert found.explicit and found.explicit[0].has(Integral)
    assert [str(e.rhs) for e in found.special] == ["sin(t)"]


def test_implicit_equations_with_exponents_that_have_no_order_are_read() -> None:
    """y'^2 = a x^n has two branches; SymPy asks whether n < 1 when it sorts the factors."""
    for text, square in (("y'^2 = a*x^n", 24), ("y'^2 = a*x^n*y^(k-1)", 24), ("y'^2 = a^2*x^n", 72)):
        rates = [liesym.ODESystem.parse(text, independent="x", branch=branch).rhs[0] for branch in (0, 1)]
        values = {s: 2 if s.name == "k" else 3 if s.name in "an" else 2 for s in rates[0].free_symbols}
        found = [float(r.subs(values)) for r in rates]
        assert sorted(f > 0 for f in found) == [False, True]
        assert [round(f**2, 9) for f in found] == [square * (2 if "k" in text else 1)] * 2


def test_a_row_has_a_value_whatever_the_exponent_is() -> None:
    """Powers of a decimal with 15 digits, modulo a prime: as many as occur, not as many as the largest counts."""
    high, prime = 333333333333333, 2**31 - 1
    powers = np.array([[0, 1, high], [2, 0, 1]], dtype=np.int64)
    row = Row(prime, 2, (0, 1), powers, np.array([3, 5, 7], dtype=np.int64), np.array([0, 0, 1], dtype=np.int64))
    assert row.at([2, 3]) == [3 * 3**2 + 5 * 2, 7 * pow(2, high, prime) * 3 % prime]
