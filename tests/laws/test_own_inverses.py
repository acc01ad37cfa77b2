"""asin(sin(u)) is u on the range of asin alone: symmetries are those of that side, which they name, and true there."""

from __future__ import annotations

import pytest
from sympy import Symbol, acos, asin, cos, pi, sin
from true_at_points import verdict_of_generator

from liesym import ODESystem, find_symmetries, first_integrals
from liesym.base.jets import jet_symbol
from liesym.determine.on_solutions import on_principal_ranges, with_signs_of
from liesym.testing.second_look import on_main_side

Y = Symbol("y", real=True)


@pytest.mark.parametrize("text", ["y''=asin(sin(y))", "y''=atan(tan(y-t))", "y''=acos(cos(2*y))"])
def test_the_symmetries_are_those_of_the_range(text: str) -> None:
    """With u in place of asin(sin(u)) the equation is linear: eight."""
    system = ODESystem.parse(text)
    found = find_symmetries(system, budget=4)
    assert (len(found.generators), found.dimension) == (8, 8)
    for g in found.generators:
        said = verdict_of_generator(g, system)
        assert g.on and said.right and not said.wrong and g.is_symmetry_of(system)


def test_ranges_and_what_stands_in_them() -> None:
    low, high = Y + pi / 2, pi / 2 - Y
    assert on_principal_ranges([asin(sin(Y)) + Y, acos(cos(Y))]) == ((2 * Y, Y), (high, low, pi - Y, Y))
    assert with_signs_of(asin(sin(Y)), (high, low)) == Y
    assert with_signs_of(asin(sin(Y)), (high,)) == asin(sin(Y))
    assert on_principal_ranges([asin(cos(Y))])[1] == ()


def test_a_range_without_points_is_no_side() -> None:
    assert on_main_side(ODESystem.parse("y''=asin(sin(y^2+10))")) is None


@pytest.mark.parametrize("text", ["y''=atan(tan(y-t))", "y''=asin(sin(y^2+10))"])
def test_what_is_constant_on_each_side_is_no_integral(text: str) -> None:
    for integral in first_integrals(ODESystem.parse(text), budget=2):
        assert integral.has(jet_symbol(Y, 1)), integral
