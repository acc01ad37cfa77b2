"""Dimensions on the branches of parameter families, against the classifications of the literature."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from liesym import ODESystem, find_symmetries
from liesym.base.budget import Budget
from liesym.symmetries.classify import classify_cases
from liesym.symmetries.results import Case, Completeness, Result
from liesym.text import write

# equation, independent variable, generic dimension, {branch: dimension}, source
FAMILIES = [
    pytest.param(
        "y'' = -k*y*y' - y^3", "x", 2, {("k = 3",): 8, ("k = -3",): 8, ("k = 0",): 2},
        id="modified Emden: Kamke 1977, equations 6.30 and 6.43",
    ),
    pytest.param(
        "y'' = x^a*y^n", "x", 1,
        {
            ("n = 1",): 8, ("a = -n - 3",): 2, ("n = 2", "a = -5"): 2, ("n = 2", "a = -15/7"): 2, ("n = 2", "a = -20/7"): 2,
            ("a = 0", "n = -3"): 3,
        },
        marks=pytest.mark.slow, id="Emden-Fowler: Stephani 1989, chapter 7 (Kustaanheimo and Qvist)",
    ),
    pytest.param(
        "y'' = y^n", "x", 2, {("n = 0",): 8, ("n = 1",): 8, ("n = -3",): 3},
        id="powers: Kamke 1977, equations 6.1 ff.",
    ),
    pytest.param(
        "x'' = -a^2*x; y'' = -b^2*y", "t", 7, {("a = b",): 15},
        marks=pytest.mark.slow, id="anisotropic oscillator: Gorringe and Leach 1988, Quaestiones Math. 11, 95",
    ),
    pytest.param(
        "y'' = k/y^3 - w*y", "x", 3, {("k = 0",): 8, ("w = 0",): 3},
        marks=pytest.mark.slow, id="Ermakov: sl(2,R) for every k and w; free particle in disguise at k = 0",
    ),
    pytest.param(
        "y'' = f(y)", "x", 1, 
        {("f(y) = a*y + b",): 8, ("f(y) = a*y^n",): 2, ("f(y) = a/y^3",): 3, ("f(y) = a*exp(k*y)",): 2},
        id="arbitrary force: Ovsiannikov 1982, section 14",
    ),
]  # fmt: skip


def leaves(cases: tuple[Case, ...], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Result]]:
    for case in cases:
        here = (*above, *(f"{write(a.lhs)} = {write(a.rhs)}" for a in case.assumptions))
        yield here, case.result
        yield from leaves(case.children, here)


@cache
def classified(text: str, independent: str) -> Result:
    return find_symmetries(ODESystem.parse(text, independent=independent), budget=100.0, classify=True)


@pytest.mark.parametrize(("text", "independent", "generic", "branches"), FAMILIES)
def test_special_parameters_are_found(
    text: str, independent: str, generic: int, branches: dict[tuple[str, ...], int]
) -> None:
    result = classified(text, independent)
    assert (result.dimension, result.completeness) == (generic, Completeness.PROVEN)
    found = {branch: case.dimension for branch, case in leaves(result.cases) if case.completeness is Completeness.PROVEN}
    assert {branch: found.get(branch) for branch in branches} == branches


def test_what_is_not_probed_is_said() -> None:
    of_one = classified("y'' = f(y)", "x")
    assert any("other special forms are not decided" in note for note in of_one.notes)
    of_three = classified("y'' = F(x, y, y')", "x")
    assert of_three.dimension == 0
    assert any("F(x, y, y')" in note and "not decided" in note for note in of_three.notes)


def test_cases_that_were_not_reached_are_said() -> None:
    result = find_symmetries(ODESystem.parse("y'' = x^a*y^n", independent="x"))
    cases, undecided = classify_cases(result, Budget.seconds(0.0))
    assert not cases
    assert any("n = 1 was not reached" in sentence for sentence in undecided)
