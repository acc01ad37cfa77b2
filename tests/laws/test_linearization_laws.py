"""Lie's linearization test on equations made from v'' = 0 by random changes of both variables, and on perturbed ones.

Sources: Lie 1883; Ibragimov and Magri 2004; Mahomed and Leach 1989 (linearizable means eight symmetries).
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sympy import Expr, S, exp, log, symbols

from liesym import ODESystem, find_symmetries
from liesym.base.jets import jet_symbol
from liesym.coefficients import Field
from liesym.invariants.coordinates import Coordinates, rewritten
from liesym.reduction import Linearization, linearization

t, y, u, v = symbols("t y u v", real=True)
FREE = ODESystem(u, (v,), (2,), (S.Zero,), ())


def elementary(rng: random.Random) -> tuple[Expr, Expr]:
    a = rng.choice([-2, -1, 1, 2, 3])
    return rng.choice(
        [
            (t + a * y, y),
            (t, y + a * t**2),
            (t, y * exp(a * t)),
            (y, t),
            (t * y, y),
            (t, y**2),
            (1 / t, y / t),
            (t, y + a * t * y),
            (exp(t), y),
            (t, exp(y)),
            (t + y**2, y),
            (log(t), y),
        ]
    )


def random_equation(seed: int) -> tuple[ODESystem, tuple[Expr, Expr]]:
    """v'' = 0 with (u, v) composed of two or three steps, and that map."""
    rng = random.Random(seed)
    change = elementary(rng)
    for _ in range(rng.choice([1, 1, 2])):
        step = elementary(rng)
        change = tuple(e.subs({t: change[0], y: change[1]}, simultaneous=True) for e in step)
    return rewritten(FREE, Coordinates((u, v), (t, y), change)), (change[0], change[1])


def map_holds(system: ODESystem, found: Linearization) -> bool:
    """The linear equation holds for (u, v) as functions of (t, y) on solutions."""
    assert found.coordinates is not None and found.linear is not None and found.coordinates.forward is not None
    place, height = found.coordinates.forward
    new, unknown = found.coordinates.new
    rate = system.total_derivative(place)
    slope = system.total_derivative(height) / rate
    curvature = system.total_derivative(slope) / rate
    rhs = found.linear.rhs[0].xreplace({new: place, unknown: height, jet_symbol(unknown, 1): slope})
    return Field.build([curvature - rhs], (t, y, jet_symbol(y, 1)))(curvature - rhs).is_zero


@pytest.mark.parametrize("seed", range(12))
def test_what_was_linear_is_linearized_back(seed: int) -> None:
    system, change = random_equation(seed)
    found = linearization(system, budget=40)
    assert found.linearizable and found.conditions == (0, 0), change
    assert found.linear is not None, change
    rhs, unknown = found.linear.rhs[0], found.linear.unknowns[0]
    assert not rhs.has(unknown) and rhs.diff(jet_symbol(unknown, 1), 2) == 0
    assert map_holds(system, found), change


def test_the_check_of_maps_can_fail() -> None:
    system, _ = random_equation(0)
    found = linearization(system, budget=40)
    assert found.linear is not None
    wrong = replace(found, linear=replace(found.linear, rhs=(found.linear.rhs[0] + 1,)))
    assert map_holds(system, found) and not map_holds(system, wrong)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("extra", [y**3, jet_symbol(y, 1) ** 2 * y**2, t * y**2 * jet_symbol(y, 1)], ids=str)
def test_a_perturbed_equation_is_linearizable_only_with_eight_symmetries(seed: int, extra: Expr) -> None:
    system, _ = random_equation(seed)
    perturbed = replace(system, rhs=(system.rhs[0] + extra,))
    verdict = linearization(perturbed, generators=[]).linearizable
    dimension = find_symmetries(perturbed, budget=20).upper_bound
    assert dimension is not None and verdict == (dimension == 8)


def test_a_fourth_power_of_the_velocity_is_never_linearizable() -> None:
    for seed in range(4):
        system, _ = random_equation(seed)
        perturbed = replace(system, rhs=(system.rhs[0] + jet_symbol(y, 1) ** 4,))
        found = linearization(perturbed, generators=[])
        assert not found.linearizable and found.conditions == ()
