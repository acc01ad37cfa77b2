"""Chini's equation, and equations that are linear along a time of their own; each answer is held against the equation.

Source: Kamke 1977, I.55, 6.189 and 6.190.
"""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, Symbol

import liesym
from liesym.base.budget import UNLIMITED
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.model.system import ODESystem
from liesym.reduction.chini import chini_families
from liesym.reduction.own_time import families_along_time

X = Symbol("x", real=True)
Y = Symbol("y", real=True)
PLACES = ((1.3, 0.4), (0.7, -0.2), (2.1, 0.9))


@pytest.mark.parametrize(
    "equation",
    [
        "y' = y^3 + x^(-3/2)",
        "y' = x^2*y^3 - x^(-5/2)",
        "y' = x*y^3 + y/x + 2*x^4",
        "y' = y^4 + x^(-4/3)",
        "y' = y^3 + 3*x*y^2 + 3*x^2*y + x^3 + 2",
    ],
)
def test_the_relation_is_constant_along_the_equation(equation: str) -> None:
    system = ODESystem.parse(equation, independent="x")
    relations = [f.integral for f in chini_families(system, UNLIMITED) if f.integral is not None]
    assert relations
    for relation in relations:
        rate = relation.diff(X) + relation.diff(Y) * system.rhs[0]
        assert all(abs(rate.subs({X: x, Y: y}).evalf(25)) < 1e-12 for x, y in PLACES)


@pytest.mark.parametrize("equation", ["y' = y^3 + x", "y' = y^4 + x^(-1/3)", "y' = y^3 + y^2/x + x^2"])
def test_an_invariant_that_varies(equation: str) -> None:
    """Controls."""
    assert not list(chini_families(ODESystem.parse(equation, independent="x"), UNLIMITED))


def curvature(curve: tuple[Expr, Expr], s: Symbol, system: ODESystem) -> Expr:
    """y'' - F along the curve."""
    time, height = curve
    slope = height.diff(s) / time.diff(s)
    return expr(slope.diff(s) / time.diff(s) - system.rhs[0].xreplace({X: time, Y: height, jet_symbol(Y, 1): slope}))


@pytest.mark.parametrize(
    "equation",
    [
        "y^2*y'' + y*y'^2 + x = 0",
        "y^2*y'' + y*y'^2 - a*x - b = 0",
        "y^2*y'' + y*y'^2 - 3*y*y' + 2*y = 0",
        "y'' = -y'/sqrt(y) + 2",
    ],
)
def test_linear_along_a_time_of_its_own(equation: str) -> None:
    system = ODESystem.parse(equation, independent="x")
    seen = 0
    for curve in (c for f in families_along_time(system, UNLIMITED) for c in f.curves):
        rest, speed = curvature((curve.time, curve.height), curve.parameter, system), curve.time.diff(curve.parameter)
        names = sorted(rest.free_symbols | speed.free_symbols, key=str)
        for turn in range(1, 7):
            numbers = {s: mpmath.mpf(1 + turn * (k + 1) % 7) / 7 for k, s in enumerate(names)}
            if "sqrt" not in equation or speed.subs(numbers) > 0:
                seen += 1
                assert abs(rest.subs(numbers).evalf(25)) < 1e-12
    assert seen


@pytest.mark.parametrize("equation", ["y'' = x*y^2", "y^2*y'' + y*y'^2 + x^2 = 0", "y'' = y'^3", "y'' = sin(y)"])
def test_not_linear_along_such_a_time(equation: str) -> None:
    """Controls."""
    assert not list(families_along_time(ODESystem.parse(equation, independent="x"), UNLIMITED))


def test_the_intercept_of_the_tangent() -> None:
    """y'' = (x y' - y)³: y = C2 x ± sqrt(C1 - x²)/C1, and the lines through the origin, which the family has for C1 = ∞."""
    found = liesym.solve("y'' = (x*y'-y)^3", budget=20)
    assert X * found.constants[1] in {e.rhs for e in found.explicit} and found.complete
    assert len(found.explicit) == 3
