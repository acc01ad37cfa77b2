"""Solutions of equations with roots, logarithms, absolute values and inverse functions solve them at real points.

What holds on a side carries the side. Curves are power series of real numbers (`true_solutions`).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from real_line_systems import KINDS, equations
from sympy import Eq, Symbol, sign
from true_solutions import faults_of_solution

import liesym
from liesym import ODESystem
from liesym.base.typed import expr
from liesym.errors import NotSolvable

FEW, MANY, CHUNK = 2, 200, 20
SEARCH = 0.3
"""Seconds for the solutions of one equation, on the patient clock of the suite."""


def wrong_of(kind: str, numbers: range) -> list[str]:
    """All that is wrong with what is found for the equations of these numbers."""
    wrong = []
    for number in numbers:
        text, rates, _ = equations(kind, number)
        if len(rates) > 1:
            continue
        try:
            system = ODESystem.parse(text)
        except NotSolvable:
            continue
        found = liesym.solve(system, budget=SEARCH)
        wrong += [f"{number}: {text}: {w}" for w in faults_of_solution(found, system)[:1]]
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_solutions_are_true_at_real_points(kind: str) -> None:
    assert wrong_of(kind, range(FEW)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
@pytest.mark.parametrize("kind", KINDS)
def test_solutions_of_many_equations_are_true_at_real_points(kind: str, start: int) -> None:
    assert wrong_of(kind, range(start, start + CHUNK)) == []


@pytest.mark.parametrize("text", ["y'' = sqrt(y'^2)", "y' = sqrt((1-y^2)/(1-t^2))", "y'' = sqrt(y^2-2*y+1)"])
def test_solutions_of_roots_of_squares_and_quotients(text: str) -> None:
    system = ODESystem.parse(text)
    found = liesym.solve(system, budget=3)
    assert found.found
    assert faults_of_solution(found, system) == []


def test_both_signs_of_the_velocity_are_found() -> None:
    """y'^2/2 = V(y) + C has a branch with y' > 0 and one with y' < 0."""
    found = liesym.solve("y'' = log(abs(y))", budget=1)
    rates = [part.parametric[0].diff(found.parameter) for part in (found, *found.others) if part.parametric]
    place = {found.constants[0]: 9, found.parameter: 2}
    assert sorted(sign(expr(r).subs(place)) for r in rates) == [-1, 1]


def test_the_comparison_can_fail() -> None:
    """Control: a solution without its side, and a relation with the wrong sign of a root."""
    system = ODESystem.parse("y' = sqrt(y^2 + 1)")
    found = liesym.solve(system, budget=1)
    assert faults_of_solution(found, system) == []
    assert faults_of_solution(replace(found, on=((),) * len(found.explicit)), system)
    y = system.unknowns[0]
    assert found.equation is not None
    other = found.equation.lhs.subs(y, -y)
    assert faults_of_solution(replace(found, explicit=(), on=(), equation=Eq(other, 0)), system)
    assert Symbol("C1", real=True) in found.constants
