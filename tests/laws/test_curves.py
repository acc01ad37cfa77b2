"""Solutions given as curves hold for every value of the parameter at which they are real, on both sides of its branches.

Each side of the parameter is taken by itself, and y'' - F computed there.
"""

from __future__ import annotations

import itertools

import mpmath
import pytest
from mpmath import mpf
from sympy import Dummy, lambdify

from liesym import ODESystem, solve
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced

CONSTANTS = (mpf("0.7"), mpf("1.3"))
PLACES = (mpf("0.15"), mpf("1.2"), mpf("1.9"), mpf("2.6"))


def seen(text: str) -> list[tuple[float, float]]:
    """(y', y'' - F) at places of the parameter of both signs, where the curve or the branch is real."""
    system = ODESystem.parse(text)
    found = solve(system, budget=20)
    t, y = system.variables
    curves, parameter = [(t, expr(e.rhs)) for e in found.explicit], t
    if found.parametric is not None and found.parameter is not None:
        curves, parameter = [found.parametric], found.parameter
    rhs = lambdify([t, y, jet_symbol(y, 1)], system.rhs[0], "mpmath")
    p = Dummy("p", positive=True)
    points = []
    for side, curve in itertools.product((p, -p), curves):
        time, height = (replaced(e, {parameter: side}) for e in curve)
        slope = height.diff(p) / time.diff(p)
        computed = lambdify([p, *found.constants], [time, height, slope, slope.diff(p) / time.diff(p)], "mpmath")
        for place in PLACES:
            values = computed(place, *CONSTANTS)
            if all(mpmath.im(v) == 0 for v in values):
                points.append((float(values[2]), float(values[3] - rhs(*values[:3]))))
    return points


@pytest.mark.parametrize("text", ["y'' = (1+y'^2)^(3/2)", "y'' = (1+y'^2)^(3/2)*(2+y'^2)"])
def test_curves_hold_on_both_sides(text: str) -> None:
    points = seen(text)
    assert all(abs(error) < 1e-6 for _, error in points)
    assert min(slope for slope, _ in points) < 0 < max(slope for slope, _ in points)


def test_solutions_with_negative_slope_are_not_lost() -> None:
    """A curve with the sign of its parameter: followed for y' > 0 and for y' < 0."""
    points = seen("y'' = sqrt(1+y'^2)/y")
    assert {slope > 0 for slope, _ in points} == {True, False} and all(abs(error) < 1e-6 for _, error in points)
