"""Work that is handed no budget ends with the one around it, and what was found before is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from sympy import Abs, S, Symbol, cos, sin, sqrt

import liesym
import liesym.reduction.explicit as explicit
from liesym import ODESystem
from liesym.base.budget import UNLIMITED, Budget, in_time, surrounding
from liesym.coefficients import Field
from liesym.coefficients.hypergeometric import hypergeometric
from liesym.errors import TimeIsUp
from liesym.reduction.checked import look_at_value
from liesym.solving.algebraic import holds_somewhere
from liesym.testing.second_look import look_at_generator, look_at_integral

t, x, y = (Symbol(n, real=True) for n in ("t", "x", "y"))
FALL = ODESystem.parse("y'' = -abs(y)")
OVER = Budget(until=float("-inf"))


def long_product() -> object:
    field = Field((t, x, y))
    return (field(t) + field(x) + field(y) + 1) ** 12 * (field(t) - field(x)) / (field(y) + 2)


LOOKS: dict[str, Callable[[], object]] = {
    "a product of coefficients": long_product,
    "a generator": lambda: look_at_generator((S.One, S.Zero), FALL),
    "an integral": lambda: look_at_integral(Abs(y), FALL),
    "a solution": lambda: look_at_value(ODESystem.parse("y' = sqrt(y)"), sqrt(t), ()),
}


@pytest.mark.parametrize("work", LOOKS.values(), ids=list(LOOKS))
def test_work_without_a_budget_ends_with_the_one_around_it(work: Callable[[], object]) -> None:
    work()
    with OVER.around(), pytest.raises(TimeIsUp):
        work()
    work()


def test_of_two_budgets_around_work_the_earlier_ends_it() -> None:
    assert surrounding() is UNLIMITED
    with Budget.seconds(50).around():
        outer = surrounding()
        with Budget.seconds(100).around():
            assert surrounding() is outer
        with Budget.seconds(10).around():
            assert surrounding().until < outer.until
        assert surrounding() is outer
    assert surrounding() is UNLIMITED


def test_a_last_step_without_time_leaves_what_is_known() -> None:
    assert in_time(lambda: 2, 1) == 2
    with OVER.around():
        assert in_time(lambda: surrounding().check("a step"), None) is None


def test_generators_that_there_is_no_time_to_look_at_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without branches need no look where the equations have none."""
    whole = liesym.find_symmetries("y'' = abs(y)*y'^3")
    assert not whole.stopped and whole.generators

    def late(*given: object) -> object:
        raise TimeIsUp("look")

    monkeypatch.setattr("liesym.symmetries.conclusion.hold_everywhere", late)
    monkeypatch.setattr("liesym.symmetries.conclusion.place_generator", late)
    cut = liesym.find_symmetries("y'' = abs(y)*y'^3")
    assert cut.generators == () and cut.stopped
    assert any("no time to look at" in note for note in cut.notes)


def test_integrals_that_there_is_no_time_to_look_at_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: object) -> object:
        raise TimeIsUp("look")

    monkeypatch.setattr(sys.modules["liesym.conservation.first_integrals"], "place_integral", late)
    cut = liesym.first_integrals("y'' = -y", budget=2)
    assert tuple(cut) == () and cut.stopped and "no time to look at" in cut.within


def test_a_family_is_returned_where_no_time_is_left_for_what_is_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: object) -> object:
        raise TimeIsUp("special solutions")

    monkeypatch.setattr(explicit, "with_special", late)
    found = liesym.solve("y' = y^2")
    assert found.explicit and found.stopped


def test_a_search_that_time_ends_anywhere_returns_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: object) -> object:
        raise TimeIsUp("a step")

    monkeypatch.setattr("liesym.reduction.solve.solutions_on_sides", late)
    monkeypatch.setattr("liesym.reduction.solve.solutions_of_system", late)
    for text in ("y' = y^2", "x' = y; y' = x"):
        found = liesym.solve(text)
        assert not found.found and found.stopped


@pytest.mark.parametrize(("factor", "holds"), [(1, True), (2, False)])
def test_hypergeometric_functions_are_compared_at_places_with_a_bounded_number_of_digits(factor: int, holds: bool) -> None:
    """F(a, b; c; z) = (1 - z)^(c - a - b) F(c - a, c - b; c; z)."""
    a, b, c = sqrt(2) / 3, sqrt(2) / 5, 2
    one, other = hypergeometric(a, b, c, x), hypergeometric(c - a, c - b, c, x)
    assert holds_somewhere(one - factor * (1 - x) ** (c - a - b) * other) is holds
    assert holds_somewhere(sin(x) ** 2 + cos(x) ** 2 - factor) is holds
