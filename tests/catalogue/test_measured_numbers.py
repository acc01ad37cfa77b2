"""Decimals of several digits are measured numbers: no fraction of them becomes an exponent of a hundred digits.

Systems: decay chains (Bateman 1910), Kermack and McKendrick 1927, Lotka 1925.
"""

from __future__ import annotations

import pytest
from sympy import Rational

from liesym import ODESystem, find_symmetries, first_integrals
from liesym.determine.verify import is_first_integral
from liesym.model.measured import with_parameters_for_decimals

INTEGRALS = {
    "A' = -0.123*A; B' = 0.123*A - 0.0456*B": {"57*log(A)/1250 - 123*log(205*A + 129*B)/1000"},
    "A' = -0.037*A*B; B' = -0.037*A*B": {"A - B"},
    "S' = -0.0123*S*I; I' = 0.0123*S*I - 0.107*I; R' = 0.107*I": {"I + R + S", "123*R/10000 + 107*log(S)/1000"},
    "x' = 1.123*x - 0.417*x*y; y' = 0.0832*x*y - 0.719*y": {"52*x/625 + 417*y/1000 - 719*log(x)/1000 - 1123*log(y)/1000"},
}


@pytest.mark.parametrize("equations", INTEGRALS)
def test_integrals_hold_at_the_values(equations: str) -> None:
    """The logarithms are of what is positive for positive states."""
    system = ODESystem.parse(equations)
    found = first_integrals(system, budget=10.0)
    assert not found.stopped and INTEGRALS[equations] <= {str(e) for e in found}
    assert all(is_first_integral(e, system, on=on) for e, on in zip(found, found.on, strict=True))


RESONANT = {
    "A' = -0.137*A; B' = -0.274*B": {"A**2/B"},
    "x'' = -0.123*x; y'' = -0.123*y": {"x*y' - x'*y", "123*x*y/1000 + x'*y'", "123*y**2/1000 + y'**2"},
    "x'' = -1.21*x; y'' = -4.84*y": {"121*x**2*y/100 + x*x'*y' - x'**2*y"},
}


@pytest.mark.parametrize("equations", RESONANT)
def test_decimals_in_a_simple_ratio_keep_the_integrals_that_need_it(equations: str) -> None:
    found = first_integrals(ODESystem.parse(equations), budget=10.0)
    assert RESONANT[equations] <= {str(e) for e in found}


def test_equal_decimals_share_a_parameter_and_small_fractions_stay() -> None:
    system = ODESystem.parse("x' = -0.123*x + 0.5*y; y' = 0.123*x^1.25 - y/7 - 3*x*y/1000")
    general, values = with_parameters_for_decimals(system)
    assert sorted(values.values()) == [Rational(3, 1000), Rational(123, 1000)]
    assert all(p.assumptions == ("positive",) for p in general.parameters)
    assert tuple(f.xreplace(values) for f in general.rhs) == system.rhs
    assert with_parameters_for_decimals(ODESystem.parse("x' = x/3 + 0.5"))[1] == {}


def test_symmetries_of_measured_rates_end_in_an_answer() -> None:
    """What the arithmetic cannot verify is left out with a note, and is no error of the whole."""
    result = find_symmetries(ODESystem.parse("A' = -0.123*A; B' = 0.123*A - 0.0456*B"), budget=2.0)
    assert len(result.generators) >= 2
