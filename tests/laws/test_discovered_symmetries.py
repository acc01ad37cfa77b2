"""Symmetries of fields that can only be called, and what is proven once their equations are read off their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Symbol, cos, sin

from liesym import ODESystem, discover, lower
from liesym.determine.verify import is_first_integral

t, x, v, y, u = (Symbol(name, real=True) for name in "txvyu")
PLANE = ((-2, 2), (-2, 2))
RIGHT = ((0.5, 2), (-1, 1))


def field(*components: Callable[..., Any]) -> Callable[[Any, np.ndarray], np.ndarray]:
    """f(t, x) of one component after the other, each a function of the states."""
    return lambda _, z: np.stack([c(*np.moveaxis(z, -1, 0)) for c in components], -1)


SL2 = {(1, 0, 0), (2 * t, x, -v), (t**2, t * x, x - t * v)}
MODES = {
    (1, 0, 0),
    (sin(2 * t), x * cos(2 * t), -v * cos(2 * t) - 2 * x * sin(2 * t)),
    (cos(2 * t), -x * sin(2 * t), v * sin(2 * t) - 2 * x * cos(2 * t)),
}
KNOWN = {
    "Ermakov": (field(lambda x, v: v, lambda x, v: 1 / x**3), "xv", RIGHT, SL2),
    "Ermakov with a spring": (field(lambda x, v: v, lambda x, v: 1 / x**3 - x), "xv", RIGHT, MODES),
    "rigid body": (
        field(lambda x, y, u: y * u / 2, lambda x, y, u: -2 * x * u / 3, lambda x, y, u: x * y / 5),
        *("xyu", ((-2, 2),) * 3, {(1, 0, 0, 0), (t, -x, -y, -u)}),
    ),
    "oscillator": (field(lambda x, y: y, lambda x, y: -2 * x), "xy", PLANE, {(1, 0, 0), (0, x, y)}),
    "limit cycle": (
        field(lambda x, y: -y + x * (1 - x**2 - y**2), lambda x, y: x + y * (1 - x**2 - y**2)),
        *("xy", PLANE, {(1, 0, 0), (0, -y, x)}),
    ),
    "nothing but time": (field(lambda x, y: y, lambda x, y: (1 - x**2) * y - x), "xy", PLANE, {(1, 0, 0)}),
}


@pytest.mark.parametrize("name", KNOWN)
def test_symmetries_of_a_field(name: str) -> None:
    called, names, region, known = KNOWN[name]
    found = discover(called, names=names, region=region)
    assert {law.expression for law in found.generators} == known
    assert {law.grade for law in found.generators} == {"supported"}


def test_translations_that_keep_the_rest_of_a_free_particle() -> None:
    """x' = v, v' = 0: t ∂_x + ∂_v is new, (x - t v) ∂_x a multiple of ∂_x by an integral that holds t."""
    found = discover(field(lambda x, v: v, lambda x, v: 0 * x), names="xv", region=PLANE)
    components = {law.expression for law in found.generators}
    assert (0, t, 1) in components and len(components) == 5


READ = {
    "x' = y; y' = x - x^3": PLANE,
    "x' = -x*y/2; y' = x*y/2 - y/4; u' = y/4": ((0.1, 1),) * 3,
    "x' = y; y' = -3*sin(x)/2": PLANE,
}


@pytest.mark.parametrize("text", READ)
def test_equations_are_read_off_values(text: str) -> None:
    """What is called is compiled from the text and knows nothing of it."""
    system = ODESystem.parse(text)
    plain = lower(system, backend="numpy")
    names = [s.name for s in system.unknowns]
    found = discover(lambda t, z: plain(t, z, {}), names=names, region=READ[text], identify=True)
    assert found.system is not None and found.system.rhs == system.rhs
    assert len(found.integrals) == len(names) - 1
    assert {law.grade for law in (*found.integrals, *found.generators)} == {"proven"}
    assert all(is_first_integral(law.expression, system) for law in found.integrals)


def test_an_odd_number_becomes_a_parameter() -> None:
    c = np.exp(0.1234567)
    found = discover(field(lambda x, y: c * y, lambda x, y: -c * x), names="xy", region=PLANE, identify=True)
    assert found.to_json()["equations"] == ["x' = a1*y", "y' = -a1*x"]
    assert found.system is not None and found.system.parameters[0].value == pytest.approx(c, rel=1e-8)
    assert [(law.grade, law.expression) for law in found.integrals] == [("proven", x**2 + y**2)]


def test_no_equations_of_what_is_no_such_sum() -> None:
    found = discover(field(lambda x, y: y, lambda x, y: -np.tanh(x)), names="xy", region=PLANE, identify=True)
    assert found.system is None and found.fit is None and "no equation for y'" in found.notes[-1]
    assert {law.grade for law in found.generators} == {"supported"}
    driven = discover(lambda t, z: [z[1], np.cos(t) - z[0]], names="xy", region=PLANE, identify=True)
    assert driven.system is None and "depends on time" in driven.notes[-1]
