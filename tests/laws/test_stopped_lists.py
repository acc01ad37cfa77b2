"""A list that time has cut says so, and equals the tuple of what it holds; what was cut is not kept for the next call."""

from __future__ import annotations

import pickle

import pytest
from sympy import Symbol

from liesym import ODESystem, find_symmetries, first_integrals, noether, unidentifiable
from liesym.base.budget import UNLIMITED, Budget, now
from liesym.base.kept import kept
from liesym.base.listing import Listing
from liesym.conservation.darboux import darboux_polynomials, searched
from liesym.errors import TimeIsUp
from liesym.flow import flow
from liesym.variational import inverse_problem

OVER = Budget(now() - 1.0)
DAMPED = "exp(g*t)*(x'^2 - w^2*x^2)/2"


def test_a_listing_is_the_tuple_of_its_items() -> None:
    made = Listing((1, 2), "numbers", stopped=True)
    assert made == (1, 2) and hash(made) == hash((1, 2)) and repr(made) == "(1, 2)"
    again = pickle.loads(pickle.dumps(made))
    assert (again, again.within, again.stopped) == ((1, 2), "numbers", True)
    assert not Listing(()).stopped


def test_searches_without_time_say_that_they_were_stopped() -> None:
    system = ODESystem.parse("x' = x*(1-y); y' = y*(x-1)")
    assert first_integrals(system, budget=0.0).stopped and "cut short" in first_integrals(system, budget=0.0).within
    assert darboux_polynomials(system, budget=0.0).stopped
    assert noether(DAMPED, budget=0.0).stopped
    assert inverse_problem(ODESystem.parse("x'' = -x"), budget=0.0).stopped


def test_searches_that_end_by_themselves_do_not() -> None:
    """Negative control: the same searches with time enough."""
    system = ODESystem.parse("x' = x*(1-y); y' = y*(x-1)")
    assert not darboux_polynomials(system).stopped and not noether(DAMPED).stopped
    found = first_integrals(ODESystem.parse("x'' = -x"))
    assert len(found) == 2 and not found.stopped and "methods:" in found.within
    assert not inverse_problem(ODESystem.parse("x'' = -x")).stopped


def test_what_a_budget_cut_is_not_kept() -> None:
    calls: list[int] = []

    @kept(8)
    def doubled(budget: Budget, number: int) -> int:
        calls.append(number)
        budget.check("doubling")
        return 2 * number

    with pytest.raises(TimeIsUp):
        doubled(OVER, 3)
    assert [doubled(UNLIMITED, 3), doubled(OVER, 3)] == [6, 6]  # the second is the kept answer of the first
    assert calls == [3, 3]


def test_a_flow_and_darboux_polynomials_that_were_cut_are_found_later() -> None:
    system = ODESystem.parse("x' = x*(3-y); y' = y*(x-7)")
    with pytest.raises(TimeIsUp):
        searched(OVER, system)
    assert set(searched(UNLIMITED, system)) == set(system.unknowns)
    (generator, *_) = noether("x'^2/2 - 3*x^2/7")[:1]
    with pytest.raises(TimeIsUp):
        flow(generator.generator, budget=OVER)
    assert flow(generator.generator).exact


def test_lists_say_within_what_they_looked() -> None:
    hamiltonian = first_integrals(ODESystem.parse("x' = p^3+q; y' = q^3+p; p' = -x^3; q' = -y^3"))
    assert "polynomials of degree 4" in hamiltonian.within and "went to its end" in hamiltonian.within
    assert first_integrals(ODESystem.parse("x'' = -x")).within.endswith("as many as there are")
    assert "all of that form found" in noether(DAMPED).within
    cut = noether(DAMPED, budget=0.0)
    assert "the budget ran out" in cut.within and "all of that form" not in cut.within
    model = ODESystem.parse("x' = -k*x")
    hidden = unidentifiable(model, [Symbol("s", real=True) * model.unknowns[0]])
    assert hidden.directions and "degree at most 1" in hidden.within
    cases = find_symmetries(ODESystem.parse("y'' = k*y^2"), classify=True).cases
    assert isinstance(cases, Listing) and "special values of parameters" in cases.within
