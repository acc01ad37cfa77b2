"""Laws in standardized variables x = μ + σ z: they hold for the standardized system, exactly, and for standardized data."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import liesym
from liesym.errors import DataError
from liesym.residuals import phase_state, standardized
from liesym.symmetries.generator import Generator

T, X, Y = sp.symbols("t x y", real=True)
VOLTERRA = liesym.ODESystem.parse("x' = x*(1 - y); y' = y*(x - 2)")
KEPLER = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
ROTATION, SCALING = Generator((T, X, Y), (0, -Y, X)), Generator((T, X, Y), (3 * T, 2 * X, 2 * Y))
MEAN, STD = (0.25, -1.5), (2.0, 0.5)


def test_symmetries_are_those_of_the_standardized_system():
    """All of Kepler's, in variables in which the rotation turns ellipses; the old ones are none any more."""
    for mean, std in ((MEAN, STD), ({"y": 3}, {"x": 2, "t": 10}), ({"t": 0.5}, {})):
        system = KEPLER.standardized(mean, std)
        for generator in (ROTATION, SCALING):
            assert generator.standardized(mean, std).is_symmetry_of(system)
    assert not ROTATION.is_symmetry_of(KEPLER.standardized(MEAN, STD))


def test_integrals_are_those_of_the_standardized_system():
    integral = X - 2 * sp.log(X) + Y - sp.log(Y)
    moved = standardized(integral, (X, Y), MEAN, STD)
    system = VOLTERRA.standardized(MEAN, STD)
    rate = sum(moved.diff(s) * f for s, f in zip((X, Y), system.rhs, strict=True))
    assert sp.cancel(rate) == 0
    velocity = sp.symbols("x' y'", real=True)
    momentum = X * velocity[1] - Y * velocity[0]
    means, stds = (0.1, 0.2, 0, 0), (2, 3, 2, 3)  # velocities are scaled as positions
    moved, other = standardized([momentum, X], phase_state(KEPLER), means, stds)
    assert sp.cancel(KEPLER.standardized(means[:2], stds[:2]).total_derivative(moved)) == 0
    assert other == sp.Rational(1, 10) + 2 * X


def test_solutions_are_moved_with_the_variables():
    """f_z(t, (x - μ)/σ) = f(t, x)/σ, and the accelerations divided by σ and multiplied by σ_t²."""
    x = np.random.default_rng(0).uniform(1.0, 2.0, (4, 2))
    mean, std = np.array(MEAN), np.array(STD)
    field = liesym.lower(VOLTERRA.standardized(mean, std), backend="numpy")
    assert np.allclose(field(None, (x - mean) / std), liesym.lower(VOLTERRA, backend="numpy")(None, x) / std, rtol=1e-13)
    slow = liesym.ODESystem.parse("x'' = -x'^2 + sin(t)").standardized({"x": 1, "t": 2}, {"x": 3, "t": 5})
    (rhs,) = slow.rhs
    velocity = sp.Symbol("x'", real=True)
    assert (rhs - sp.Rational(25, 3) * (-((sp.Rational(3, 5) * velocity) ** 2) + sp.sin(2 + 5 * T))).expand() == 0


def test_states_of_second_order_have_scales_of_their_own_in_the_first_order():
    """Each of (x, y, x', y') with its own mean and deviation: the prolonged rotation is one of the first-order system."""
    lifted = ROTATION.first_order()
    assert [v.name for v in lifted.variables] == ["t", "x", "y", "x_1", "y_1"]
    mean, std = (0.1, 0.2, 0.3, 0.4), (1, 2, 3, 4)
    names = dict(zip(("x", "y", "x_1", "y_1"), zip(mean, std, strict=True), strict=True))
    system = KEPLER.first_order()
    order = [v.name for v in system.unknowns]
    flat = system.standardized([names[n][0] for n in order], [names[n][1] for n in order])
    moved = lifted.standardized(mean, std)
    parts = dict(zip((v.name for v in moved.variables), moved.components, strict=True))
    again = Generator((T, *flat.unknowns), tuple(parts[v.name] for v in (T, *flat.unknowns)))
    assert again.is_symmetry_of(flat)


def test_numbers_of_every_kind_are_read_as_they_are_written():
    """0.1 is 1/10 from Python, from NumPy in both precisions; one number is that of all; integrals may be text."""
    wanted = ROTATION.standardized((sp.Rational(1, 10), 0), (1, 2))
    for given in ((0.1, 0.0), np.array([0.1, 0.0]), np.array([0.1, 0.0], np.float32), {"x": 0.1}, {X: 0.1}):
        assert ROTATION.standardized(given, np.array([1, 2])).equals(wanted)
    assert SCALING.standardized(0, 2).equals(SCALING) and SCALING.standardized(np.float64(0), np.array(2.0)).equals(SCALING)
    velocity, k = sp.symbols("x' k", real=True)
    text = standardized("x'^2 + k*x^2", (X, velocity), (1, 0), 3)
    assert (text - (9 * velocity**2 + k * (1 + 3 * X) ** 2)).expand() == 0


def test_what_is_no_scale_is_named():
    with pytest.raises(DataError, match="mean has 4 numbers for x, y; expected one for each; velocities follow"):
        KEPLER.standardized((0, 0, 0, 0), (1, 1, 1, 1))
    with pytest.raises(DataError, match="std of x = 0; expected a positive"):
        ROTATION.standardized((0, 0), (0.0, 1))
    with pytest.raises(DataError, match="mean of z: the variables are x, y, t"):
        VOLTERRA.standardized({"z": 1}, {})
    with pytest.raises(DataError, match="nan is no finite number"):
        standardized(X, (X, Y), (float("nan"), 0), (1, 1))
