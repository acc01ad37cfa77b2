"""Equations F(x, y, y') = 0 of first order as they stand: families, envelopes, curves, each inserted again with numbers.

Sources: Ince 1956, sections 2.4 to 2.5 and 3.5; Murphy 1960, part II.
"""

from __future__ import annotations

import random

import mpmath
import pytest
from sympy import Derivative, Eq, Expr, Function, Symbol, exp, lambdify, log, sqrt

import liesym
from liesym.base.typed import expr
from liesym.model.implicit import ImplicitEquation
from liesym.reduction.record import Solution
from liesym.reduction.surface import curve_on_surface, value_on_surface
from liesym.text.equations import read_residuals

X, Y, P = (Symbol(n, real=True) for n in ("x", "y", "p"))

EXPLICIT = [
    "y = x*y' + cos(y')",
    "(y-x*y')*sqrt(1+y'^2) + a*y' = 0",
    "log(y'*x-y) = y'",
    "(1+y'^2)*sin(y-x*y')^2 = 1",
    "y'^3 - (a+b*x)*y' + b*y = 0",
    "x*y'^2 + (a+b*x-y)*y' - b*y = 0",
    "y'^2 = y",
    "y'^2 = 1 - y^2",
    "y'^2 = 4*y*y' - 3*y^2",
]
CURVES = ["y'^2 - x*y' - y = 0", "y'^2 = x - y", "x*y'^2 + 2*y' - y = 0", "x = y'^3 + y'", "y = y'^3 + y'"]


def given(text: str) -> ImplicitEquation:
    found = ImplicitEquation.from_residuals(read_residuals(text, independent="x"))
    assert found is not None
    return found


def largest(equation: ImplicitEquation, time: Expr, height: Expr, along: Symbol, seed: int = 2) -> float:
    """|F(t, y, dy/dt)| relative to |y'|, at places of the parameter where all is real."""
    rng = random.Random(seed)
    rate = height.diff(along) / time.diff(along)
    names = sorted({*time.free_symbols, *height.free_symbols, *(p.symbol for p in equation.parameters), along}, key=str)
    residual = equation.at(Y, P).subs(equation.independent, X)
    inserted = lambdify([X, Y, P, *(p.symbol for p in equation.parameters)], residual, "mpmath")
    curve = lambdify(names, (time, height, rate), "mpmath")
    sizes: list[float] = []
    for _ in range(300):
        place = {n: mpmath.mpf(rng.randint(-40, 40) or 7) / 17 for n in names}
        try:
            values = curve(*place.values())
            defect = inserted(*values, *(place[p.symbol] for p in equation.parameters))
        except (TypeError, ValueError, ZeroDivisionError):
            continue
        if not any(mpmath.im(v) for v in (*values, defect)):
            sizes.append(float(abs(defect) / (1 + abs(values[2]))))
    assert sizes, "real nowhere"
    return max(sizes[:6])


def parts(found: Solution) -> list[Solution]:
    return [found, *found.others]


@pytest.mark.parametrize("text", EXPLICIT)
def test_families_and_singular_solutions(text: str) -> None:
    equation, found = given(text), liesym.solve(text, independent="x", budget=30)
    assert found.explicit and found.constants[0] in expr(found.explicit[0].rhs).free_symbols
    for branch in (*[e for e, on in zip(found.explicit, found.on, strict=True) if not on], *found.special):
        assert largest(equation, equation.independent, expr(branch.rhs), equation.independent) < 1e-9


@pytest.mark.parametrize("text", CURVES)
def test_curves(text: str) -> None:
    equation, found = given(text), liesym.solve(text, independent="x", budget=30)
    told = [p for p in parts(found) if p.parametric is not None and p.parameter is not None]
    assert told and all(p.constants[0] in {s for e in p.parametric for s in e.free_symbols} for p in told)  # type: ignore[union-attr]
    for part in told:
        assert largest(equation, *part.parametric, part.parameter) < 1e-9  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "envelopes"),
    [
        ("y = x*y' + y'^2", {-(X**2) / 4}),
        ("y = x*y' - exp(y')", {X * log(X) - X}),
        ("y'^2 = y", {0 * X}),
        ("y'^2 + y^2 = 1", {1 + 0 * X, -1 + 0 * X}),
        ("y'^2 - x*y' - y = 0", {0 * X}),
        ("y'^2 = x - y", {X - 1}),
    ],
)
def test_what_no_constant_gives(text: str, envelopes: set[Expr]) -> None:
    found = liesym.solve(text, independent="x", budget=30)
    assert {expr(e.rhs).expand() for e in found.special} == envelopes


def test_an_envelope_is_a_curve_where_its_slope_is_not_eliminated() -> None:
    """y = x y' + f(y'): x = -f'(p), y = f(p) - p f'(p)."""
    found = liesym.solve("y = x*y' + f(y')", independent="x")
    (envelope,) = found.others
    f, p = Function("f"), envelope.parameter
    assert envelope.parametric == (-f(p).diff(p), f(p) - p * f(p).diff(p)) and envelope.constants == ()
    assert str(found).endswith("(special)")
    (curve,) = liesym.solve("y = x*y' + y'^3 + y'^4", independent="x").others
    assert (
        curve.parametric is not None and largest(given("y = x*y' + y'^3 + y'^4"), *curve.parametric, curve.parameter) < 1e-9
    )


def test_each_factor_is_a_branch() -> None:
    """(y' - y)(y' - 3 y) = 0."""
    found = liesym.solve("y'^2 = 4*y*y' - 3*y^2", independent="x", budget=30)
    (c,) = found.constants
    assert {e.rhs for e in found.explicit} == {c * exp(X), c * exp(3 * X)}


def test_sympy_equations_need_not_be_solved() -> None:
    t, y = Symbol("t"), Function("y")
    found = liesym.solve(Eq(y(t), t * Derivative(y(t), t) + Derivative(y(t), t) ** 2))
    (c,) = found.constants
    assert [e.rhs for e in found.explicit] == [c * t + c**2]
    assert [e.rhs for e in found.special] == [-(t**2) / 4]


def test_what_does_not_solve_the_equation_is_refused() -> None:
    """Control: the family and the curve with one sign wrong."""
    c, clairaut, alembert = Symbol("C1", real=True), given("y = x*y' + y'^2"), given("y'^2 - x*y' - y = 0")
    x = clairaut.independent
    assert value_on_surface(clairaut, c * x + c**2, [c]) is not None
    assert value_on_surface(clairaut, c * x - c**2, [c]) is None
    time = c / sqrt(P) + 2 * P / 3
    assert curve_on_surface(alembert, (time, P**2 - P * time), P, [c]) is not None
    assert curve_on_surface(alembert, (time, P**2 + P * time), P, [c]) is None
