"""Laws of the coefficient field: identities are zero, others not, it is closed under its derivations."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Derivative,
    Expr,
    Function,
    Integral,
    Mul,
    Piecewise,
    Rational,
    S,
    Subs,
    Symbol,
    acosh,
    airyai,
    airyaiprime,
    airybi,
    airybiprime,
    asin,
    asinh,
    atan,
    atanh,
    besseli,
    besselj,
    besselk,
    bessely,
    cos,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
    zeta,
)
from sympy.core.function import AppliedUndef

from liesym.coefficients import Definition, Field
from liesym.errors import Unsupported

t, x, y = symbols("t x y", real=True)
p = Symbol("p", positive=True)
a, b, n = symbols("a b n", real=True)
f, g = Function("f"), Function("g")


def is_identity(left: Expr, right: Expr = S.Zero) -> bool:
    """left - right is zero, decided in one field that is built for both."""
    field = Field.build([left, right], (t, x, y), (a, b, n, p))
    return (field(left) - field(right)).is_zero


IDENTITIES = {
    "sin² + cos² = 1": (sin(x) ** 2 + cos(x) ** 2, S.One),
    "sin(x + y)": (sin(x + y), sin(x) * cos(y) + cos(x) * sin(y)),
    "cos(x - a t)": (cos(x - a * t), cos(x) * cos(a * t) + sin(x) * sin(a * t)),
    "sin 3x": (sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 3),
    "half angle": (2 * sin(x / 2) ** 2, 1 - cos(x)),
    "half of a third": (sin(x / 3), 2 * sin(x / 6) * cos(x / 6)),
    "tan(x + y)": (tan(x + y), (tan(x) + tan(y)) / (1 - tan(x) * tan(y))),
    "exp(x + y)": (exp(x + y), exp(x) * exp(y)),
    "exp(x/2)²": (exp(x / 2) ** 2, exp(x)),
    "exp(x/2), exp(x/3)": (exp(x / 2) * exp(x / 3), exp(5 * x / 6)),
    "exponents with one denominator": (
        Mul(exp(x / (x + 1) + y), exp(1 / (x + 1)), evaluate=False),
        exp(y + 1),
    ),
    "sine of a proper fraction": (sin(x / (x + y)) ** 2, (1 - cos(2 - 2 * y / (x + y))) / 2),
    "exp(a log p)": (exp(a * log(p)), p**a),
    "log(p x²)": (log(p * p * x), 2 * log(p) + log(x)),
    "log of a quotient": (log((x + 1) / (y + 2)), log(x + 1) - log(y + 2)),
    "log exp": (log(exp(x * y)), x * y),
    "exp log": (exp(log(x**2 + 1) / 2), sqrt(x**2 + 1)),
    "powers of one base": (p**a * p**b, p ** (a + b)),
    "powers of powers": ((p**a) ** 2, p ** (2 * a)),
    "shifted exponent": (p ** (n + 3), p**n * p**3),
    "half integer powers": ((x**2 + y**2) ** Rational(3, 2), (x**2 + y**2) * sqrt(x**2 + y**2)),
    "root of a product": (sqrt(x * p), sqrt(x) * sqrt(p)),
    "roots of integers": (sqrt(S(6)), sqrt(S(2)) * sqrt(S(3))),
    "cube root": ((1 + x) ** Rational(1, 3) * (1 + x) ** Rational(2, 3), 1 + x),
    "denominator with a root": (1 / (sqrt(x) - 1), (sqrt(x) + 1) / (x - 1)),
    "denominator with a cube root": (
        1 / (p ** Rational(1, 3) - 1),
        (p ** Rational(2, 3) + p ** Rational(1, 3) + 1) / (p - 1),
    ),
    "conjugate logarithms": (log(sqrt(x**2 + 1) + x), -log(sqrt(x**2 + 1) - x)),
    "conjugate sines": (log(1 + sin(x)) + log(1 - sin(x)), 2 * log(cos(x))),
    "asinh": (sinh(asinh(x)), x),
    "acosh": (cosh(acosh(p)), p),
    "atanh": (tanh(atanh(x)), x),
    "cosh² - sinh² = 1": (cosh(x) ** 2 - sinh(x) ** 2, S.One),
    "cosh(2x)": (cosh(2 * x), 2 * cosh(x) ** 2 - 1),
    "|x|² = x²": (Abs(x) ** 2, x**2),
    "Bessel recurrence": (besselj(n + 1, x) + besselj(n - 1, x), 2 * n * besselj(n, x) / x),
    "Bessel recurrence, far": (
        x**2 * besseli(4, x),
        x**2 * besseli(2, x) - 6 * x * besseli(3, x),
    ),
    "arbitrary function of one argument twice": (f(2 * x / 2) - f(x), S.Zero),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_hold(name: str) -> None:
    assert is_identity(*IDENTITIES[name])


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_with_one_side_changed_does_not_hold(name: str) -> None:
    left, right = IDENTITIES[name]
    assert not is_identity(left, right + x / 7)
    assert not is_identity(left * 3, right + t * y)


NON_IDENTITIES = {
    "sin² - cos²": (sin(x) ** 2, cos(x) ** 2),
    "exp(x y) and exp(x) exp(y)": (exp(x * y), exp(x) * exp(y)),
    "log of a sum": (log(x + y), log(x) + log(y)),
    "sqrt of a square plus one": (sqrt(x**2 + 1), x + 1),
    "f(x) and f(y)": (f(x), f(y)),
    "f and its derivative": (f(x), f(x).diff(x)),
    "two symbolic exponents": (p**a, p**b),
    "Airy Ai and Bi": (airyai(x), airybi(x)),
    "Bessel of different order": (besselj(1, x), besselj(2, x)),
    "sin x and x": (sin(x), x),
}


@pytest.mark.parametrize("name", NON_IDENTITIES)
def test_what_is_no_identity_is_not_zero(name: str) -> None:
    assert not is_identity(*NON_IDENTITIES[name])


# -- derivations -----------------------------------------------------------------------------------

KERNELS = [
    sin(a * t), cos(x), exp(x), exp(-x / 2), log(x), sqrt(x), sqrt(x**2 + y**2), x**a, tan(y), atan(x),
    asin(y), f(x * y), g(t, x), airyai(x), airybiprime(t), besselj(n, x), Integral(f(x), x), sinh(x),
    (1 + y) ** Rational(-2, 3),
]  # fmt: skip
NUMBERS = st.fractions(min_value=-3, max_value=3, max_denominator=3).map(lambda q: Rational(q.numerator, q.denominator))
LEAVES = st.one_of(st.sampled_from([t, x, y, a]), NUMBERS, st.sampled_from(KERNELS))


def _combined(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda c: c[0] + c[1]),
        pairs.map(lambda c: c[0] * c[1]),
        pairs.map(lambda c: c[0] / (1 + c[1] ** 2)),
        children.map(lambda c: c**2),
    )


EXPRESSIONS = st.recursive(LEAVES, _combined, max_leaves=5)
FEW = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def field_of(*expressions: Expr) -> Field:
    return Field.build(expressions, (t, x, y), (a, b, n, p))


@FEW
@given(EXPRESSIONS, st.sampled_from([t, x, y]))
def test_the_derivations_are_those_of_calculus(e: Expr, v: Symbol) -> None:
    """field(e).diff(v) = field(∂e/∂v)."""
    assume(e.is_finite is not False)
    derivative = e.diff(v)
    field = field_of(e, derivative)
    assert (field(e).diff(v) - field(derivative)).is_zero


@FEW
@given(EXPRESSIONS, st.sampled_from([(t, x), (x, y), (t, y)]))
def test_derivations_commute(e: Expr, pair: tuple[Symbol, Symbol]) -> None:
    field = field_of(e)
    u, v = pair
    assert (field(e).diff(u).diff(v) - field(e).diff(v).diff(u)).is_zero


@FEW
@given(EXPRESSIONS)
def test_an_element_is_read_back_from_its_expression(e: Expr) -> None:
    field = field_of(e)
    element = field(e)
    assert field(field.to_expr(element)) == element
    assert field(field.to_expr(element, factor=True)) == element


@FEW
@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_the_axioms_of_a_field(u: Expr, v: Expr, w: Expr) -> None:
    field = field_of(u, v, w)
    e, h, k = field(u), field(v), field(w)
    assert e * (h + k) == e * h + e * k
    assert (e + h) - h == e
    if not h.is_zero:
        assert (e / h) * h == e


@FEW
@given(EXPRESSIONS)
def test_a_field_that_is_extended_keeps_its_elements(e: Expr) -> None:
    field = field_of(e)
    extended, carry = field.extended([sin(x / 3), exp(a * t / 2), sqrt(1 + x)])
    assert carry(field(e)) == extended(e)


def test_a_wrong_derivative_is_seen() -> None:
    field = field_of(sin(x), exp(x))
    assert not (field(sin(x)).diff(x) - field(sin(x))).is_zero
    assert not (field(exp(2 * x)).diff(x) - field(exp(2 * x))).is_zero


# -- special and named functions ---------------------------------------------------------------------


def test_airy_functions_solve_their_equation_and_have_wronskian_one_over_pi() -> None:
    """DLMF 9.2.1 and 9.2.7."""
    field = field_of(airyai(x), airybi(x), airyaiprime(x), airybiprime(x), pi)
    ai, bi = field(airyai(x)), field(airybi(x))
    assert ai.diff(x).diff(x) == field(x) * ai and bi.diff(x).diff(x) == field(x) * bi
    assert ai * bi.diff(x) - ai.diff(x) * bi == field.one / field(pi)
    assert ai.diff(x) == field(airyaiprime(x)) and bi.diff(x) == field(airybiprime(x))


@pytest.mark.parametrize(
    ("first", "second", "sign", "scale"), [(besselj, bessely, 1, 2 / pi), (besseli, besselk, -1, S(-1))]
)
@pytest.mark.parametrize("order", [n, S.Zero, Rational(1, 3)])
def test_bessel_functions_solve_their_equation_and_have_their_wronskian(first, second, sign, scale, order) -> None:
    """DLMF 10.2.1, 10.5.2, 10.25.1 and 10.28.2."""
    field = field_of(first(order, x), second(order, x), pi, order)
    r, k = field(x), field(order)
    one, two = field(first(order, x)), field(second(order, x))
    for u in (one, two):
        assert (r * r * u.diff(x).diff(x) + r * u.diff(x) + (r * r * sign - k * k) * u).is_zero
    assert one * two.diff(x) - one.diff(x) * two == field(scale) / r


def test_a_named_function_is_reduced_by_its_definition() -> None:
    """ψ'' = q ψ + ψ': the field knows ψ and ψ', all higher derivatives follow."""
    psi, q = Function("psi1"), Function("q")
    definition = Definition(cast(AppliedUndef, psi(t)), 2, q(t) * psi(t) + Derivative(psi(t), t))
    field = Field.build([psi(t), q(t)], (t, x), (), [definition])
    u, k = field(psi(t)), field(q(t))
    assert u.diff(t).diff(t) == k * u + u.diff(t)
    assert u.diff(t).diff(t).diff(t) == k.diff(t) * u + k * u.diff(t) + k * u + u.diff(t)
    assert not (u.diff(t).diff(t) - k * u).is_zero
    assert field(psi(t).diff(t, 2)) == k * u + u.diff(t)


def test_a_named_function_of_another_argument_is_reduced_by_its_definition_there() -> None:
    """With psi'' = t psi, v = psi(t x) has v_xx = t² (t x) v, and the third derivative is psi + s psi' at s = t x."""
    psi = Function("psi1")
    definition = Definition(cast(AppliedUndef, psi(t)), 2, t * psi(t))
    field = Field.build([psi(t * x)], (t, x), (), [definition])
    v, time, place = field(psi(t * x)), field(t), field(x)
    assert v.diff(x).diff(x) == time**3 * place * v
    assert v.diff(x).diff(x) != time * v
    third = Subs(Derivative(psi(y), (y, 3)), y, t * x)
    assert field(third) == v + place * v.diff(x)


def test_arbitrary_functions_obey_the_chain_rule() -> None:
    field = field_of(f(x * y), g(t, x**2))
    inner = field(f(x * y))
    assert field(y) * inner.diff(y) == field(x) * inner.diff(x)
    assert g(t, x**2).diff(t, x) == g(t, x**2).diff(x, t)
    assert field(g(t, x**2)).diff(t).diff(x) == field(g(t, x**2)).diff(x).diff(t)


def test_values_agree_with_those_of_the_expression() -> None:
    """On positive numbers a normal form has the value of what it came from: no branch is changed."""
    point = {
        x: Rational(7, 5),
        y: Rational(3, 4),
        t: Rational(1, 3),
        a: Rational(5, 4),
        p: Rational(6, 5),
        b: 2,
        n: 1,
    }
    for left, right in IDENTITIES.values():
        for e in (left, right, left / (2 + right**2)):
            field = field_of(e)
            difference = (e - field.to_expr(field(e))).subs(point).doit()
            if not difference.has(f):
                assert abs(complex(difference.evalf(20))) < 1e-15


def test_what_has_no_rule_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="x > 0"):
        field_of(Piecewise((x, x > 0), (0, True)))
    with pytest.raises(Unsupported, match="zeta"):
        field_of(x)(zeta(x, 2)).diff(x)
    with pytest.raises(Unsupported, match="outside"):
        field_of(x)(Symbol("outside"))
    with pytest.raises(Unsupported, match=r"log\(0\)"):
        field_of(x).converter.logarithm(field_of(x).zero)


def test_division_by_zero_in_disguise_is_refused() -> None:
    field = field_of(sin(x), sqrt(x))
    for zero in (sin(x) ** 2 + cos(x) ** 2 - 1, sqrt(x) ** 2 - x):
        with pytest.raises(ZeroDivisionError):
            _ = field.one / field(zero)


def test_numbers_are_numbers() -> None:
    field = field_of(x)
    assert field(Rational(3, 4)).as_fraction() == Fraction(3, 4)
    with pytest.raises(Unsupported, match="not a rational"):
        field(x).as_fraction()


def test_a_field_that_grows_during_a_derivative_loses_no_term() -> None:
    """D^n (f g) by Leibniz' rule: each derivative is a kernel of its own, so the field grows several times on the way."""
    field = Field.build([f(x) * g(x)], (x,), ())
    product, left, right, capacities = field(f(x) * g(x)), [field(f(x))], [field(g(x))], set()
    for n in range(1, 31):
        product = product.diff(x)
        left.append(left[-1].diff(x))
        right.append(right[-1].diff(x))
        capacities.add(field.capacity)
        total = field.zero
        for k in range(n + 1):
            total = total + left[k] * right[n - k] * comb(n, k)
        assert (product - total).is_zero
    assert len(capacities) > 1
