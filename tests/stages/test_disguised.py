"""First-order equations that are Riccati's in disguise, and equations of order 2 that lead to them.

The numbers are those of Kamke 1977, part C.
"""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import Integral

import liesym
from liesym import ODESystem
from liesym.base.budget import Budget
from liesym.reduction.checked import checked_integral
from liesym.reduction.disguised import disguised_families, riccati_integrals

DISGUISED = {
    "1.36: along u = 1/y + a x²/2, Airy": "y' + y^3 + a*x*y^2 = 0",
    "1.111: along u = 1/y - 3 x, Bernoulli": "x*y' + y^3 + 3*x*y^2 = 0",
    "in sqrt(1 + y²)": "y' = ((y^2+1) + 2*x*(y^2+1)^(3/2))/(x*y)",
    "for x along y": "y' = y/(x + x^2 + y^2)",
    "1.169: along u, in a x + b": "(a*x+b)^2*y' + (a*x+b)*y^3 + c*y^2 = 0",
}


@pytest.mark.parametrize("name", dealt(DISGUISED, usual=2))
def test_the_integral_is_constant_on_solutions(name: str) -> None:
    system = ODESystem.parse(DISGUISED[name], independent="x")
    families = disguised_families(system, Budget.seconds(20))
    found = next(c for f in families if f.integral is not None and (c := checked_integral(system, f.integral)) is not None)
    assert found.expression.has(system.unknowns[0])


def test_the_check_refuses_another_equations_integral() -> None:
    """Control."""
    one, two = (ODESystem.parse(f"x*y' + y^3 + {k}*x*y^2 = 0", independent="x") for k in (3, 4))
    family = next(iter(disguised_families(one, Budget.seconds(20))))
    assert family.integral is not None
    assert checked_integral(one, family.integral) is not None and checked_integral(two, family.integral) is None


@pytest.mark.parametrize("text", ["y' = y^2 + x", "y' = x*y + 1", "y' = x*y + y^2"])
def test_integrals_of_riccati_equations(text: str) -> None:
    system = ODESystem.parse(text, independent="x")
    integral = next(riccati_integrals(system, Budget.seconds(10)))
    assert checked_integral(system, integral) is not None


def test_a_curve_holds_where_its_root_is_positive() -> None:
    """The roulettes y y'' = 1 + y'² + 2 a y (1 + y'²)^(3/2) (Kamke 6.132): sqrt(1 + y'²) has one sign."""
    found = liesym.solve("y*y'' = 1 + y'^2 + 2*y*(1+y'^2)^(3/2)", independent="x")
    assert found.parametric is not None and found.relation_on and found.parametric[0].has(Integral)
    assert "where" in str(found)
