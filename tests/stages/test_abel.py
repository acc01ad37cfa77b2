"""Abel equations that hide a Riccati equation for x as a function of u(x, y)."""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import S, airyai, airybi

from liesym import Generator, ODESystem, find_symmetries
from liesym.base.budget import Budget
from liesym.solving.found import Found
from liesym.solving.ode.abel import hidden_symmetries
from liesym.symmetries.search import shares

# The numbers are those of Kamke 1977, part C; the others were made from dx/du = α (u + R)/n by a change of y.
HIDDEN = {
    "1.36: u = 1/y + a x²/2, Airy": "y' + y^3 + a*x*y^2 = 0",
    "1.37: Riccati in exp(x)": "y' - y^3 - a*exp(x)*y^2 = 0",
    "1.169: Riccati in a x + b, linear": "(a*x+b)^2*y' + (a*x+b)*y^3 + c*y^2 = 0",
    "1.145: hides 1.36": "x^2*y' + a*y^3 - a*x^2*y^2 = 0",
    "1.147: hides an equation of the second kind": "x^2*y' + a*x^2*y^3 + b*y^2 = 0",
    "y = 0 and y = ∞ are solutions, u = x y": "y' = y*(1-y-x)/(x*(y+x))",
    "y = 0, x and ∞ are solutions, u = y/x": "y' = y/x + y*(y/x-1)/(x^2+1+y/x)",
    "second kind, u = y + x^2": "y' = 1/(y+2*x^2) - 2*x",
    "u = y', linear for x and for y": "y'^2 + a*y*y' - b*x - c = 0",
    "u = y', linear for x": "x*y'^2 - 2*y' - y = 0",
    "u = y', with a root of a number": "x*y'^2 + 4*y' - 2*y = 0",
    "u = y', linear for y": "y*y'^2 - 2*y' - x = 0",
    "u = y', homogeneous": "y'^2 + a*x*y' + b*y + c*x^2 = 0",
}


def hidden(text: str) -> tuple[ODESystem, Found]:
    system = ODESystem.parse(text, independent="x")
    return system, hidden_symmetries(system, Budget.seconds(60.0).step(shares.HIDDEN, shares.TERMS))


@pytest.mark.parametrize("name", dealt(HIDDEN, usual=2))
def test_a_riccati_equation_is_found_and_its_symmetries_hold(name: str) -> None:
    system, found = hidden(HIDDEN[name])
    assert found.vectors
    for xi, eta in found.vectors:
        assert Generator(system.variables, (xi, eta), definitions=found.definitions).is_symmetry_of(system)
        wrong = Generator(system.variables, (xi, eta + xi + S.One), definitions=found.definitions)
        assert not wrong.is_symmetry_of(system)


@pytest.mark.parametrize(
    "text", ["y' = y^3 + x^2 + 1", "y*y' + y + x^3 = 0", "y' = sin(y) + x", "y' = y^4 + x", "y' = sqrt(x^2+y^3)"]
)
def test_nothing_is_found_elsewhere(text: str) -> None:
    assert not hidden(text)[1].vectors


def test_closed_forms_in_airy_functions_and_named_solutions_with_their_equation() -> None:
    _, found = hidden(HIDDEN["1.36: u = 1/y + a x²/2, Airy"])
    assert len(found.vectors) == 3 and not found.definitions
    assert all(xi.has(airyai) or xi.has(airybi) for xi, _ in found.vectors)
    system, found = hidden(HIDDEN["y = 0, x and ∞ are solutions, u = y/x"])
    assert len(found.vectors) == 3 and {d.variable for d in found.definitions} == {system.independent}


def test_the_ladder_comes_to_them() -> None:
    system = ODESystem.parse(HIDDEN["1.36: u = 1/y + a x²/2, Airy"], independent="x")
    result = find_symmetries(system, budget=30.0)
    assert result.nontrivial and all(g.is_symmetry_of(system) for g in result.generators)
