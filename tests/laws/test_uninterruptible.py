"""Single calls that no clock can end are not begun within a budget where they would not end by it; without one they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Rational, symbols

from liesym import ODESystem, find_symmetries, noether
from liesym.base.budget import PACE, Budget
from liesym.coefficients import Field, polynomials
from liesym.determine.invariance import determine
from liesym.errors import OutOfBudget, TimeIsUp, TooLarge
from liesym.symmetries.conclusion import concluded
from liesym.symmetries.state import Known
from liesym.variational import euler_lagrange

TRIPLE = (
    "(m1+m2+m3)*l1^2*a'^2/2 + (m2+m3)*l2^2*b'^2/2 + m3*l3^2*c'^2/2 + (m2+m3)*l1*l2*a'*b'*cos(a-b)"
    " + m3*l1*l3*a'*c'*cos(a-c) + m3*l2*l3*b'*c'*cos(b-c) + (m1+m2+m3)*g*l1*cos(a) + (m2+m3)*g*l2*cos(b) + m3*g*l3*cos(c)"
)
x, y, z = symbols("x y z", real=True)
FIELD = Field((x, y, z))
LONG = (FIELD(1 + x + y + z) ** 14).num
CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "product": (lambda: FIELD.product(LONG, LONG), "LARGEST_PRODUCT"),
    "gcd": (lambda: FIELD.gcd(LONG, LONG), "LARGEST_GCD"),
    "factored": (lambda: FIELD.factored(LONG), "LARGEST_FACTORED"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_would_not_end_in_time_is_not_begun(name: str) -> None:
    call, _ = CALLS[name]
    with FIELD.within(Budget.seconds(0.0)), pytest.raises(TimeIsUp):
        call()
    with FIELD.within(Budget.seconds(1000.0)):
        within = call()
    assert within == call()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_on_what_is_too_large_for_any_time_is_not_begun(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call, limit = CALLS[name]
    monkeypatch.setattr(polynomials, limit, len(LONG) - 1)
    with FIELD.within(Budget.seconds(1000.0)), pytest.raises(TooLarge):
        call()
    call()


def test_room_is_what_is_left_of_the_seconds() -> None:
    budget = Budget.seconds(100.0)
    budget.room(50 * PACE, "work")
    with pytest.raises(TimeIsUp):
        budget.room(101 * PACE, "work")
    Budget().room(float(10**30), "work")


@pytest.mark.timeout(120)
def test_the_triple_pendulum_ends_by_itself() -> None:
    """Its equations have tens of thousands of terms; the energy needs none of them."""
    with pytest.raises(OutOfBudget):
        euler_lagrange(TRIPLE, budget=0.5)
    laws = noether(TRIPLE, budget=1.0)
    assert "cut short" in laws.within


def test_determining_equations_that_take_too_long_to_write_are_left_out_and_it_is_said() -> None:
    system = ODESystem.parse("y'' = y^2")
    determining = determine(system)
    done = concluded(Known(system), determining, None, None, Budget(until=float("-inf")))
    assert done.determining_system.equations and not done.notes  # the seconds beyond the budget do for a short one
    with pytest.raises(OutOfBudget):
        determining.public(budget=Budget(until=float("-inf")))
    assert find_symmetries(system).determining_system == determining.public()


def test_a_root_of_high_degree_in_a_denominator_is_made_rational_or_refused() -> None:
    """1/(a + R) with R^20 = b by its norm a^20 - b, 1/(a R^7) by R^13; 1/(1 + R + … + R^19) would take 19! minors."""
    a, b = symbols("a b", positive=True)
    field = Field((), (a, b))
    root = field(b ** Rational(1, 20))
    for e in (field(a) + root, field(a) * root**7):
        assert (field.one / e * e).is_one
    with pytest.raises(TooLarge):
        field.one / sum((root**k * (k + 1) for k in range(1, 20)), start=field.one)
