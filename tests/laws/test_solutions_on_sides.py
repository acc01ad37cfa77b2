"""Where a formal solution is not real, or not true, on every side of an absolute value, each side has one of its own."""

from __future__ import annotations

from dataclasses import replace
from math import cos, exp, isnan

import pytest
from true_solutions import looks_at_solution

import liesym
from liesym import ODESystem
from liesym.base.budget import Budget
from liesym.reduction import sides
from liesym.reduction.explicit import solutions_of
from liesym.reduction.record import Solution

PARTLY = ["y'' = abs(t)*y", "y'' = sign(t)*y", "y'' = sign(t-1)*sign(t)*y", "y''+y'^2 = abs(t)", "y'' = -abs(t-2)*y"]
WHOLE = ["y' = abs(t)*y", "y' = sign(t)*y^2", "y'' = abs(t)"]


@pytest.mark.parametrize("text", PARTLY)
def test_each_side_has_a_real_solution(text: str) -> None:
    system = ODESystem.parse(text)
    found = liesym.solve(system, budget=20)
    assert len(found.explicit) >= 2 and all(found.on) and not found.complete
    assert len({on[0] for on in found.on}) >= 2
    for told, look in looks_at_solution(found, system):
        said = look()
        assert said.right and not said.wrong, (told, said)


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_real_on_all_sides_is_one(text: str) -> None:
    found = liesym.solve(text, budget=2)
    assert len(found.explicit) == 1 and found.on == ((),)


def test_the_independent_variable_may_have_another_name() -> None:
    found = liesym.solve("y'' = abs(x)*y", budget=3)
    assert [str(on[0]) for on in found.on] == ["-x", "x"]


@pytest.mark.parametrize(
    ("text", "given", "early"),
    [
        ("y' = sign(t-1)*y", "y(0) = 1", exp(-0.5)),
        ("y'' = sign(t-1)", "y(0) = 0; y'(0) = 1", 0.375),
        ("y' = abs(t-1) - y", "y(0) = 0", 1.5 - 2 * exp(-0.5)),
    ],
)
def test_what_jumps_where_a_sign_changes_is_no_solution_across(text: str, given: str, early: float) -> None:
    """exp(t sign(t - 1)) solves y' = sign(t - 1) y on each side, with a constant of its own."""
    found = liesym.solve(text, conditions=given, budget=10)
    assert not found.complete and all(found.on)
    assert abs(found(0.5) - early) < 1e-12 and isnan(found(2.0))


@pytest.mark.parametrize(
    "text",
    [
        "y'' = sign(y)",
        "y''' = sign(y')",
        pytest.param("y'' = abs(y)", marks=pytest.mark.slow),
    ],
)
def test_both_signs_of_what_is_looked_for_have_a_family(text: str) -> None:
    """C1 cos t + C2 sin t, where it is negative, solves y'' = |y|."""
    system = ODESystem.parse(text)
    found = liesym.solve(system, budget=12)
    assert len(found.explicit) == 2 and all(found.on) and not found.complete
    for told, look in looks_at_solution(found, system):
        said = look()
        assert not said.wrong and (said.right or told.startswith("special")), (told, said)


@pytest.mark.slow
def test_conditions_choose_the_side() -> None:
    for start, value in ((-1, -cos(0.5)), (1, (exp(0.5) + exp(-0.5)) / 2)):
        found = liesym.solve("y'' = abs(y)", conditions=f"y(0) = {start}; y'(0) = 0", budget=12)
        assert abs(found(0.5) - value) < 1e-12


def test_a_side_without_a_family_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def partly(system: ODESystem, budget: Budget) -> Solution:
        found = solutions_of(system, budget)
        return replace(found, explicit=(), on=()) if system.rhs[0] == system.unknowns[0] else found

    monkeypatch.setattr(sides, "solutions_of", partly)
    found = liesym.solve("y'' = sign(t)*y", budget=6)
    assert [str(on[0]) for on in found.on] == ["-t"]
    assert "where t > 0 no family was found" in found.notes
