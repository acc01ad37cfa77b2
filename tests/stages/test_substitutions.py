"""Nonlinear equations of order 2 and above by a textbook's substitution, in the form of the textbook.

Sources: Kamke 1977, part C, chapters 6 and 7; Ince 1956, sections 2.6 and 3.2; Murphy 1960.
"""

from __future__ import annotations

import pytest
from sympy import Abs, Expr, Integral, Symbol, cos, cosh, exp, log, sinh, sqrt, sympify, tan

import liesym
from liesym import ODESystem
from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.reduction.checked import checked_value, real_where_derived, with_logarithms_of_both_signs
from liesym.reduction.constants import absorbed
from liesym.reduction.elementary import families
from liesym.reduction.forms import shortened, turned, without_signs
from liesym.reduction.pinney import pinney_families
from liesym.reduction.quadrature import antiderivative
from liesym.reduction.record import Solution
from liesym.text import write

X, Y, C1, C2 = (Symbol(name, real=True) for name in ("x", "y", "C1", "C2"))

PRINTED = {
    "x*y' = y*log(y)": ("y = exp(C1*x)",),
    "y'' = 1 + y'^2": ("y = C2 - log(cos(C1 + x))",),
    "y'' = a*y'^2/y": ("y = C2*(C1 + a*x - x)^(-1/(a - 1))",),
    "y'' = y'^2/y + y*log(y)": ("y = exp(C1*exp(x) + C2*exp(-x))",),
    "x*y' - y + y^2 = x^(2/3)": (
        "y = -3*x^(2/3)*(C1 - exp(6*x^(1/3)))/(C1*(3*x^(1/3) + 1) + 3*x^(1/3)*exp(6*x^(1/3)) - exp(6*x^(1/3)))",
    ),
    "y'' = 2*y*y'": ("y = C1*tan(C1*x + C2)", "y = -C1*tanh(C1*x + C2)", "y = -C1/tanh(C1*x + C2)"),
    "y*y'' = 1 + y'^2": ("y = cosh(C1*x + C2)/C1",),
    "y'' = sqrt(1 + y'^2)": ("y = C1 + cosh(C2 + x)",),
    "x*y'' = y' + y'^3": ("y = C2 - sqrt(C1 - x^2)", "y = C2 + sqrt(C1 - x^2)", "y = C2"),
    "y'' = (y'^2-1)^(3/2)": ("y = C2 - sqrt((C1 + x)^2 - 1)",),
    "2*y*y'' - y'^2 + a = 0": ("y = C1*(C2 + x)^2/4 - a/C1",),
    "y^3*y'' - a = 0": ("y = sqrt(C1*(C2 + x)^2 + a/C1)", "y = -sqrt(C1*(C2 + x)^2 + a/C1)"),
    "x^2*(x+y)*y'' - (x*y'-y)^2 = 0": ("y = C2*x*exp(C1/x) - x",),
    "y'' = exp(y)": ("y = log(2*C1^2*tan(C1*x + C2)^2 + 2*C1^2)",),
    "y'' + y = 1/y^3": ("y = sqrt(C1*cos(x)^2 + 2*C2*sin(x)*cos(x) + (C2^2 + 1)*sin(x)^2/C1)",),
    "y'' = y - 1/y^3": (
        "y = sqrt(C1*exp(2*x) + 2*C2 + (C2^2 - 1/4)*exp(-2*x)/C1)",
        "y = sqrt(C2*exp(-2*x) + 1)",
        "y = -sqrt(C2*exp(-2*x) - 1)",
    ),
    "x^2*y'' + x*y' - y = 1/y^3": ("y = -sqrt(C1*x^2 + 2*C2 + (C2^2 + 1/4)/(C1*x^2))",),
    "y'' + y'^2 = x": ("y = log(C1*airyai(x) + C2*airybi(x))",),
    "y*y'' = y'^2 + y*y'": ("y = C2*exp(C1*exp(x))",),
    "y''' = y''^2": ("y = C1*log(abs(C1 - x)) + C2*x + C3 - x*log(abs(C1 - x)) + x", "y = C2*x + C3"),
}


def _lines(found: Solution) -> set[str]:
    """The branches as `liesym solve` prints them."""
    return {f"y = {write(expr(e.rhs))}" for e in found.explicit}


@pytest.mark.parametrize("text", PRINTED)
def test_the_answer_is_the_textbooks(text: str) -> None:
    """Every branch that a book gives stands in the answer, as a person would write it."""
    found = liesym.solve(text, independent="x", budget=30)
    assert set(PRINTED[text]) <= _lines(found)


@pytest.mark.parametrize(
    "text", ["y'' = -y + x/y^3", "y'' = 1/(x*y^3)", "y'' = -y + 1/y^2", "y'' = -y + y'^2/y^3", "y'' = -y"]
)
def test_pinneys_formula_is_for_one_weight_of_the_inverse_cube(text: str) -> None:
    assert not list(pinney_families(ODESystem.parse(text, independent="x"), Budget.seconds(60)))


def test_no_claim_of_all_solutions_where_a_constant_has_one_sign() -> None:
    """y' = -2/(x^2 + c): an arc tangent for c > 0, an area tangent for c < 0, a pole for c = 0."""
    found = liesym.solve("y'' = x*y'^2", independent="x", budget=30)
    assert not found.complete
    assert {"y = C2 - 2*C1*atan(C1*x)", "y = 2*C1*atanh(C1*x) + C2", "y = C2"} <= _lines(found)


def test_both_sides_of_a_logarithm() -> None:
    """-log|C - x| solves y'' = y'^2 on both sides of C; log(cos(C + x)) has its other sign by C + π."""
    system = ODESystem.parse("y'' = y'^2", independent="x")
    found = checked_value(system, C2 - log(C1 - X), (C1, C2))
    assert found is not None and found.expression == C2 - log(Abs(C1 - X)) and not found.on
    assert real_where_derived(system, found.expression)
    assert not real_where_derived(system, C2 - log(C1 - X))
    turning = C2 - log(cos(C1 + X))
    assert with_logarithms_of_both_signs(turning, (C1, C2)) == turning
    assert with_logarithms_of_both_signs(turning) == C2 - log(Abs(cos(C1 + X)))
    both = C1 * log(C1 + C2 * X)
    assert with_logarithms_of_both_signs(both, (C1, C2)) == C1 * log(Abs(C1 + C2 * X))


def test_what_a_family_loses_at_infinite_constants() -> None:
    """The family of y' = 1 - y^2 with y = -1 at C = 0 has y = 1 at C = ∞ alone, so y'' = 1 - y'^2 has y = x + C beside."""
    family = next(families(ODESystem.parse("y' = 1 - y^2", independent="x")))
    (value,) = family.values
    assert family.whole and family.lost == (1,) and value.expression.subs(C1, 0) == -1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (sqrt(2) * sqrt(C1) * tan(sqrt(2) * sqrt(C1) * X / 2 + C2), 2 * C1 * tan(C1 * X + C2)),
        (sqrt(C1) * C2 + sqrt(C1) * X, C1 * X + C2),
        (X * exp(C2), C2 * X),
        (exp(C1 * X + C2), C2 * exp(C1 * X)),
        (cosh(sqrt(C1) * X) / sqrt(C1), cosh(C1 * X) / C1),
        (C1 * log(C1 - X), C1 * log(C1 - X)),
        (C2**2 * X + C2, C2**2 * X + C2),
        (C1 * exp(C2) * exp(-X), C1 * exp(C2) * exp(-X)),
    ],
)
def test_what_stands_around_a_constant(value: Expr, written: Expr) -> None:
    """m(C) is written C where nothing else holds C; where another place holds it too, nothing changes."""
    assert absorbed(value, (C1, C2), X) == written


def test_forms() -> None:
    """Hyperbolic functions for two exponentials, one sign of a root for both, the other sign of what is under a root."""
    assert shortened((exp(2 * X) + 1) * exp(-X) / 2) == cosh(X)
    assert shortened((exp(2 * X) - 1) * exp(-X) / 2) == sinh(X)
    assert shortened(log(1 / (C1 + X))) == -log(C1 + X)
    assert shortened(cos(X) + X) == cos(X) + X
    assert without_signs(sqrt(X**3 + X**2)) == X * sqrt(1 + X)
    names = {"C1": C1, "x": X}
    assert turned(sqrt(C1) * tan(sqrt(C1) * X), X) == (
        sympify("-sqrt(-C1)*tanh(sqrt(-C1)*x)", names),
        sympify("-sqrt(-C1)/tanh(sqrt(-C1)*x)", names),
    )
    assert turned(sqrt(C1 - X), X) == ()
    assert turned(sqrt(C1) * Abs(X), X) == ()


@pytest.mark.parametrize(
    "slope",
    [1 / sqrt(C1 + 2 * exp(X)), X / sqrt(X**4 + C2**2), 1 / (X * sqrt(C1 + 2 * X)), 1 / sqrt(1 - exp(2 * X))],
)
def test_integrals_by_substitution(slope: Expr) -> None:
    """An exponential, a square or a root as the new variable: found, and the derivative is the integrand at a place."""
    found = antiderivative(slope, X, (C1, C2))
    place = {X: -0.37, C1: 1.3, C2: 0.4}
    assert not found.has(Integral)
    assert abs(complex((found.diff(X) - slope).subs(place).evalf())) < 1e-12


def test_what_has_no_elementary_integral_stays() -> None:
    assert antiderivative(1 / sqrt(C1 + X**3), X, (C1,)).has(Integral)


@pytest.mark.parametrize("text", ["x^2*y'' = sqrt(a*x^2*y'^2 + b*y^2)", "y'' = y^2*(1 + y'^3)"])
def test_curves_along_an_invariant(text: str) -> None:
    """Two scalings, and one symmetry with w' = f(r) g(w): (x, y) along w, followed by differences with numbers."""
    found = liesym.solve(text, independent="x", budget=60)
    assert found.parametric is not None and found.parameter is not None and not found.explicit
    system, (place, height), w = ODESystem.parse(text, independent="x"), found.parametric, found.parameter
    speed = place.diff(w)
    slope = height.diff(w) / speed
    defect = slope.diff(w) / speed - system.rhs[0].xreplace({X: place, Y: height, jet_symbol(Y, 1): slope})
    defect = defect.xreplace(dict.fromkeys(defect.atoms(Integral), 0.4))  # what scales x or y is any number
    numbers = {C1: 0.7, C2: 0.4, Symbol("a", real=True): 3, Symbol("b", real=True): 5}
    at = [{w: 0.3 + 0.1 * k, **numbers} for k in range(3)]
    seen = [complex(defect.subs(values).evalf()) for values in at]
    assert any(abs(s.imag) < 1e-12 for s in seen) and all(abs(s) < 1e-9 for s in seen if abs(s.imag) < 1e-12)
