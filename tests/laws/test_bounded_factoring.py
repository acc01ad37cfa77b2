"""SymPy's factoring within bounds: a bound of the degree that holds, and what is beyond it left as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Abs, Expr, Poly, PolynomialError, Rational, exp, symbols

import liesym
from liesym.base import factors
from liesym.base.factors import HIGHEST, degree_bound, factored, factors_of
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
