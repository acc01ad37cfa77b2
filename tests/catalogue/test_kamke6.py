"""Kamke's second-order nonlinear equations (chapter 6), parameters symbolic.

Dimensions are asserted where a second, independent value exists: by hand, or from another program. For all
others the claim must be consistent with itself.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from runs import dealt
from symmetry_examples import analyzed, field_from_text, is_spanned, rank

from liesym.symmetries.results import Completeness, Result

LINES = (Path(__file__).parent / "kamke6.txt").read_text().splitlines()
EQUATIONS = {int(n): text for n, text in (line.split(" ", 1) for line in LINES if line and not line.startswith("#"))}

# 63: rotation (-y, x) by hand; 100: Thomas-Fermi scaling; 157: u'' = 0 under y = u^(-3/2);
# all six: also the rank of a Janet basis, counted by another program
KNOWN = {63: 3, 100: 1, 157: 8, 162: 8, 195: 8, 221: 2}
HARD = [171, 177, 213, 217, 218, 219, 223]
LONG = (194, 208)
"""Of dimension 8 by the bound; the search for their generators goes on to the end of its budget."""


def result_of(number: int, budget: float = 60.0) -> Result:
    return analyzed(EQUATIONS[number], "x", budget)


def assert_consistent(result: Result) -> None:
    """Proven means: as many independent verified generators as the bound; never more than the bound."""
    found = rank(result.generators, result.system)
    assert found == len(result.generators)
    assert all(g.is_symmetry_of(result.system) for g in result.generators if not g.definitions)
    if result.upper_bound is not None:
        assert found <= result.upper_bound
    if result.completeness is Completeness.PROVEN:
        assert found == result.upper_bound == result.dimension


def test_the_list_is_complete() -> None:
    assert len(EQUATIONS) == 178


@pytest.mark.parametrize("number", KNOWN)
def test_dimensions_that_other_programs_lose(number: int) -> None:
    result = result_of(number)
    assert result.dimension == KNOWN[number] and result.completeness is Completeness.PROVEN
    assert_consistent(result)


@pytest.mark.parametrize("number", dealt(HARD, late=(218,)))
def test_equations_that_other_programs_leave_open(number: int) -> None:
    result = result_of(number)
    assert result.completeness is Completeness.PROVEN
    assert_consistent(result)


@pytest.mark.parametrize(
    ("number", "generator"),
    [
        (63, {"x": "-y", "y": "x"}),
        (100, {"x": "-x/3", "y": "y"}),
        (221, {"x": "-y", "y": "x"}),
        (221, {"x": "x", "y": "y"}),
    ],
)
def test_generators_known_by_hand(number: int, generator: dict[str, str]) -> None:
    result = result_of(number)
    assert is_spanned(field_from_text(generator, result.system), result.generators, result.system)


def assert_most_are_proven(numbers: Collection[int]) -> None:
    """Dimensions proven for at least 98 %, complete generators for at least 95 %."""
    dimensions = complete = 0
    for number in numbers:
        result = result_of(number)
        assert_consistent(result)
        assert result.dimension == KNOWN.get(number, result.dimension)
        dimensions += result.upper_bound is not None
        complete += result.completeness is Completeness.PROVEN
    assert dimensions >= 0.98 * len(numbers) and complete >= 0.95 * len(numbers)


@pytest.mark.slow
@pytest.mark.in_ci
def test_the_chapter_without_its_longest_searches() -> None:
    share = EQUATIONS.keys() - LONG
    assert len(share) == 176
    assert_most_are_proven(share)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_the_whole_chapter() -> None:
    assert_most_are_proven(EQUATIONS)
