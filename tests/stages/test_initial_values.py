"""Forty initial-value problems, on both sides of singular points, against numeric solutions and with their intervals.

Sources: Ince 1956, chapter 2; Boyce and DiPrima 2012, chapters 2 to 5; Hartman 1964, chapter II.
"""

from __future__ import annotations

import numpy as np
import pytest
from runs import dealt
from scipy.integrate import solve_ivp
from sympy import E, Expr, Rational, Symbol, cos, exp, log, oo, pi, sin, sqrt, sympify, tan

import liesym
from liesym.base.jets import jet_symbol
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.reduction.conditions import NONE
from liesym.reduction.existence import Interval, interval_of

X = Symbol("x", real=True)
CLOSE = 1e-9
FARTHEST = 1.5
"""Distance from the given place up to which a numeric solution is followed."""

PROBLEMS = [
    ("y' = y^2", "y(0) = 1", -oo, 1),
    ("y' = y^2", "y(0) = -1", -1, oo),
    ("y' = 1 + y^2", "y(0) = 0", -pi / 2, pi / 2),
    ("y' = 1 + y^2", "y(2) = 1", None, None),
    ("x*y' = y + x^2", "y(1) = 2", 0, oo),
    ("x*y' = y + x^2", "y(-1) = 2", -oo, 0),
    ("y' + y/x = sin(x)", "y(2) = 1", 0, oo),
    ("y' + y/x = sin(x)", "y(-2) = 1", -oo, 0),
    ("y' = y/x + x*y^3", "y(1) = 1", None, None),
    ("y' = y/x + x*y^3", "y(-1) = 1", None, None),
    ("y' = x/y", "y(2) = 1", sqrt(3), oo),
    ("y' = x/y", "y(-2) = -1", -oo, -sqrt(3)),
    ("y' = -x/y", "y(0) = 2", -2, 2),
    ("y' = -x/y", "y(0) = -2", -2, 2),
    ("y' = y*(1-y)", "y(0) = 1/2", -oo, oo),
    ("y' = y*(1-y)", "y(0) = 2", -log(2), oo),
    ("y' = y*(1-y)", "y(0) = -1", -oo, log(2)),
    ("y' = y*log(x)", "y(1) = 1", 0, oo),
    ("y' = exp(x+y)", "y(0) = 0", -oo, log(2)),
    ("y' = exp(-y)", "y(0) = 0", -1, oo),
    ("y' = exp(-y)", "y(-3) = 1", -3 - E, oo),
    ("y' + y*tan(x) = 1", "y(0) = 1", -pi / 2, pi / 2),
    ("y' + y*tan(x) = 1", "y(3) = 1", pi / 2, 3 * pi / 2),
    ("y' = y^2 - 2/x^2", "y(1) = 3", None, None),
    ("y' = y^2 - 2/x^2", "y(-1) = 0", None, None),
    ("(1-x^2)*y' = x*y", "y(0) = 1", -1, 1),
    ("(1-x^2)*y' = x*y + 1", "y(1/2) = 0", -1, 1),
    ("y' = 2*x*y^2", "y(0) = 1", -1, 1),
    ("y' = 2*x*y^2", "y(2) = 1", None, None),
    ("y' = 0.25*y + 1.5", "y(0) = 2", -oo, oo),
    ("y'' + y = 0", "y(0) = 1, y'(0) = 2", -oo, oo),
    ("y'' + 2*y' + 5*y = exp(x)", "y(0) = 0, y'(0) = 1", -oo, oo),
    ("x^2*y'' + x*y' - 4*y = 0", "y(1) = 1, y'(1) = 0", 0, oo),
    ("x^2*y'' + x*y' - 4*y = 0", "y(-1) = 1, y'(-1) = 0", -oo, 0),
    ("x^2*y'' - 2*y = x", "y(2) = 1, y'(2) = 1", 0, oo),
    ("y'' = 1 + y'^2", "y(0) = 0, y'(0) = 0", -pi / 2, pi / 2),
    ("y'' = y'^2/y", "y(0) = 1, y'(0) = 1", -oo, oo),
    ("y'' = -y'^2/y", "y(0) = 1, y'(0) = 1", Rational(-1, 2), oo),
    ("x*y'' + y' = 0", "y(-1) = 1, y'(-1) = 2", -oo, 0),
    ("y'' - y = x", "y(1) = 0, y'(1) = 0", -oo, oo),
]


def numeric(system: ODESystem, start: list[float], place: float, ends: list[float]) -> list[float]:
    """y at the ends, by an adaptive Runge-Kutta method of order 8."""
    (y,) = system.unknowns
    jets = [jet_symbol(y, k) for k in range(system.order)]
    rate = lower([system.rhs[0]], (X, *jets), backend="numpy", t=Symbol("time"))

    def right(x: float, state: np.ndarray) -> list[float]:
        return [*state[1:], float(rate(0.0, np.array([x, *state]), {})[0])]

    found = [solve_ivp(right, (place, end), start, method="DOP853", rtol=3e-14, atol=1e-13) for end in ends]
    assert all(run.success for run in found)
    return [float(run.y[0, -1]) for run in found]


def given(conditions: str) -> tuple[Expr, list[float]]:
    """The place, and y, y', … there."""
    parts = [part.split("=") for part in conditions.split(",")]
    place = sympify(parts[0][0].partition("(")[2].strip(" )"))
    return place, [float(sympify(value)) for _, value in parts]


def ends_within(interval: Interval, place: float) -> list[float]:
    """A place on each side, inside the interval and not far."""
    low, high = (
        (-oo if e is None else e) if s < 0 else (oo if e is None else e)
        for s, e in ((-1, interval.lower), (1, interval.upper))
    )
    near = FARTHEST if None not in (interval.lower, interval.upper) else 0.05
    return [max(place - near, 0.3 * place + 0.7 * float(low)), min(place + near, 0.3 * place + 0.7 * float(high))]


@pytest.mark.parametrize(("text", "conditions", "lower_end", "upper_end"), dealt(PROBLEMS, usual=5))
def test_initial_values(text: str, conditions: str, lower_end: Expr | None, upper_end: Expr | None) -> None:
    found = liesym.solve(text, independent="x", conditions=conditions, budget=20)
    assert len(found.explicit) == 1 and found.constants == ()
    (interval,) = found.intervals
    if lower_end is not None and upper_end is not None:
        expected = [float(sympify(e)) for e in (lower_end, upper_end)]
        assert [float(e) for e in (interval.lower, interval.upper)] == pytest.approx(expected, rel=1e-12)  # type: ignore[arg-type]
    place, start = given(conditions)
    system = ODESystem.parse(text, independent="x")
    ends = ends_within(interval, float(place))
    assert found(np.array([float(place)])) == pytest.approx([start[0]], abs=1e-12)
    assert found(np.array(ends)) == pytest.approx(numeric(system, start, float(place), ends), rel=CLOSE, abs=CLOSE)


def test_the_interval_is_of_the_solution() -> None:
    """Controls: another solution of the same equation has another one, and what may vanish anywhere leaves it unknown."""
    system = ODESystem.parse("y' = y^2", independent="x")
    assert interval_of(system, (1 / (2 - X),), sympify(0)) == Interval(-oo, sympify(2))
    assert interval_of(system, (1 / (2 - X),), sympify(3)) == Interval(sympify(2), oo)
    assert interval_of(system, (1 / (exp(X) + X),), sympify(0)) == Interval(None, None)


def test_one_condition_of_two_leaves_a_constant_free_of_bounds() -> None:
    found = liesym.solve("y'' = 1 + y'^2", independent="x", conditions="y(0) = 0", budget=20)
    (constant,) = found.constants
    (solution,) = found.explicit
    assert solution.rhs == log(cos(constant)) - log(cos(constant + X))


@pytest.mark.parametrize(
    ("equation", "conditions", "expected"),
    [
        ("y' = -sqrt(y)", "y(0) = 4", (2 - X / 2) ** 2),
        ("y' = sqrt(y)", "y(0) = 4", (2 + X / 2) ** 2),
        ("y' = -y + sqrt(y)", "y(0) = 4", (1 + exp(-X / 2)) ** 2),
        ("y'' = -sqrt(y')", "y(0) = 0, y'(0) = 4", X**3 / 12 - X**2 + 4 * X),
        ("y'' + y = 0", "y(1) = 1, y'(1) = 0", sin(1) * sin(X) + cos(1) * cos(X)),
        ("y'' = 2*y*y'", "y(0) = 0, y'(0) = 1", tan(X)),
    ],
)
def test_the_branch_is_the_one_through_the_place(equation: str, conditions: str, expected: Expr) -> None:
    """(-2 - x/2)^2 has the value 4 at 0 too, and the other slope; tan is C1 tan(C1 x + C2) for C2 = 0, not for C1 = 0."""
    found = liesym.solve(equation, independent="x", conditions=conditions, budget=20)
    (solution,) = found.explicit
    assert (solution.rhs - expected).expand() == 0


def test_a_parameter_under_a_root_tells_the_branch() -> None:
    """Torricelli's law."""
    found = liesym.solve("h' = -k*sqrt(h)", conditions="h(0) = h0", budget=20)
    assert len(found.explicit) == 1


def test_airy_functions_have_no_singular_point() -> None:
    found = liesym.solve("y'' = x*y", independent="x", conditions="y(0) = 1, y'(0) = 0", budget=20)
    assert found.intervals == (Interval(-oo, oo),)


def test_a_curve_goes_through_a_given_place() -> None:
    """y'' = y³ from rest at 1: x = ∫ ds/sqrt((s⁴ - 1)/2), held against a numeric solution; y = y' = √2: y = √2/(1 - x)."""
    found = liesym.solve("y'' = y^3", independent="x", conditions="y(0) = 1, y'(0) = 0")
    assert found.parametric is not None and not found.constants
    top = solve_ivp(lambda x, v: [v[1], v[0] ** 3], (0, 1), [1.0, 0.0], rtol=1e-12, atol=1e-12).y[0, -1]
    time = found.parametric[0].subs(found.parameter, top)
    assert abs(float(time.evalf()) - 1) < 1e-8
    closed = liesym.solve("y'' = y^3", independent="x", conditions="y(0) = sqrt(2), y'(0) = sqrt(2)")
    assert [(e.rhs - sqrt(2) / (1 - X)).simplify() for e in closed.explicit] == [0]


@pytest.mark.parametrize(
    ("equations", "conditions", "absent"),
    [
        ("y'' + y = 0", "y(0) = 0, y(pi) = 1", True),
        ("y'' + y = sin(x)", "y(0) = 0, y(2*pi) = 0", True),
        ("y'' + 4*y = 0", "y'(0) = 0, y'(pi) = 1", True),
        ("x' = y; y' = -x", "x(0) = 0, x(pi) = 1", True),
        ("y'' + y = 0", "y(0) = 0, y(pi) = 0", False),
        ("y'' + y = 0", "y(0) = 0, y(3) = 1", False),
        ("y'' = y'/x", "y(-1) = 0, y(1) = 1", False),  # other constants on the other side of x = 0
        ("y'' = y'/x", "y(0) = 0, y'(0) = 1", False),
    ],
)
def test_conditions_that_contradict_each_other_are_proven_to(equations: str, conditions: str, absent: bool) -> None:
    """Fredholm's alternative: at an eigenvalue there is a solution for some values at the ends and none for others."""
    found = liesym.solve(equations, conditions=conditions, independent=None if ";" in equations else "x", budget=20)
    assert (NONE in found.notes) is absent
    assert (found.complete and not found.found) is absent
    assert (str(found) == NONE) is absent
