"""Writing and reading are inverse to each other, whatever the expression; LaTeX names jets by primes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    Derivative,
    DiracDelta,
    E,
    Expr,
    Function,
    Integral,
    Mul,
    Pow,
    Rational,
    Subs,
    Symbol,
    airyai,
    besselj,
    cos,
    exp,
    factor,
    gamma,
    log,
    nan,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    srepr,
    tan,
    zoo,
)
from sympy import I as imaginary

from liesym.base.jets import jet_symbol
from liesym.errors import Unsupported
from liesym.text import latex, read_expression, write

t, x, y, a = (Symbol(name, real=True) for name in ("t", "x", "y", "a"))
p = Symbol("p", real=True, positive=True)
lam, cap, one = (Symbol(name, real=True) for name in ("lambda", "I", "E1"))
SYMBOLS = {s.name: s for s in (t, x, y, a, p, lam, cap, one)}
f, g = Function("f"), Function("g")


def back(expression: Expr) -> Expr:
    return read_expression(write(expression), symbols=SYMBOLS, unknowns=("x", "y"), independent="t")


def is_faithful(expression: Expr) -> bool:
    """Equal; or the same tree up to the order of a sum, which SymPy does not always sort in the same way
    when a Subs is among its terms."""
    again = back(expression)
    return again == expression or srepr(again) == srepr(expression)


numbers = st.builds(Rational, st.integers(-9, 9), st.integers(1, 7))
leaves = st.one_of(
    st.sampled_from([t, x, y, a, p, lam, cap, one, pi, E]),
    st.sampled_from([jet_symbol(x, 1), jet_symbol(y, 2), jet_symbol(y, 3), jet_symbol(y, 4)]),
    numbers,
)
exponents = st.one_of(st.integers(-4, 4).map(Rational), numbers, st.sampled_from([a, -a, a - 1, p / 2]))
FUNCTIONS = [sin, cos, tan, exp, log, sqrt, Abs, sign, airyai, f]


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    few = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        few.map(lambda parts: Add(*parts)),
        few.map(lambda parts: Mul(*parts)),
        st.tuples(inner, exponents).map(lambda pair: Pow(*pair)),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda pair: pair[0](pair[1])),
        st.tuples(inner, inner).map(lambda pair: g(*pair)),
        inner.map(lambda e: besselj(2, e)),
        st.tuples(inner, st.sampled_from([t, x, y])).map(lambda pair: f(pair[0]).diff(pair[1])),
        st.tuples(inner, st.sampled_from([t, x])).map(lambda pair: g(pair[0], y).diff(pair[1])),
    )


def in_grammar(expression: Expr) -> bool:
    """Real and finite, as the grammar has no words for anything else, and no special function of a number."""
    constants = [s for s in expression.atoms(besselj, airyai) if any(arg.is_number for arg in s.args[-1:])]
    return not constants and not expression.has(imaginary, zoo, nan, oo, -oo)


expressions = st.recursive(leaves, _grow, max_leaves=8).filter(in_grammar)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(expressions)
def test_reading_what_was_written_gives_the_same_expression(expression: Expr) -> None:
    assert is_faithful(expression), (write(expression), expression)


@pytest.mark.parametrize(
    "expression",
    [
        jet_symbol(y, 4) ** 2 + y**4,
        f(y / x).diff(x, 2),
        g(t, y / x).diff(y),
        g(t, y).diff(t, y, y),
        f(g(f(t).diff(t), f(t).diff(t))).diff(t),
        f(g(f(t), f(t) ** 2)).diff(t),
        gamma(x).diff(x),
        DiracDelta(x**2).diff(x),
        Subs(Derivative(f(t), (t, 5)), t, x * y),
        f(t).diff(t, 4),
        Integral(f(t), t),
        Integral(sin(x) / x, (x, 0, y)),
        1 / sqrt(x * y) - Rational(1, 3) * (x + y) * a,
        x / (3 * (x + y) ** Rational(5, 2)),
        Rational(1, 3) ** x,
        (-x) ** a,
        exp(1) * pi,
        exp(-(x**2)) / (x**a * y ** (a - 1)),
        airyai(0),
        gamma(a),
        -(x + y) * a,
        Rational(0),
        (x**a) ** p,
    ],
    ids=str,
)
def test_forms_that_are_easily_lost(expression: Expr) -> None:
    assert is_faithful(expression)


def test_the_check_notices_a_difference() -> None:
    """Control: an expression over another symbol of the same name does not pass."""
    other = Symbol("x", positive=True)
    assert write(other) == write(x)
    assert not is_faithful(other)


def test_factored_forms_come_back_equal_in_value() -> None:
    kept = factor(2 * x * y + 2 * y)  # 2*y*(x + 1)
    assert back(kept) == kept
    assert back(factor(2 * x + 2)) - 2 * x - 2 == 0


def test_what_has_no_words_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="imaginary unit"):
        write(imaginary * x)
    with pytest.raises(Unsupported, match="Piecewise"):
        from sympy import Piecewise

        write(Piecewise((x, x > 0), (0, True)))


def test_powers_of_unknowns_are_not_written_as_derivatives() -> None:
    assert write(y**4) == "y^4"
    assert write(jet_symbol(y, 4)) == "y^(4)"
    assert write(y**-2) == "1/y^2"


def test_latex_has_primes_and_greek_names() -> None:
    assert latex(jet_symbol(y, 2)) == r"y^{\prime \prime}"
    assert latex(jet_symbol(y, 2) ** 3) == r"\left(y^{\prime \prime}\right)^{3}"
    assert latex(jet_symbol(y, 4)) == "y^{(4)}"
    assert latex(Symbol("theta1", real=True)) == r"\theta_{1}"
    assert latex(f(y / x).diff(x)) == r"- \frac{y f^{\prime}\left(\frac{y}{x}\right)}{x^{2}}"
    assert latex(f(y).diff(y)) == r"f^{\prime}\left(y\right)"
