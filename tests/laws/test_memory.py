"""A limit of memory ends a search with what was found, which says so; calls inside calls share one limit."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from sympy import symbols
from typer.testing import CliRunner

from liesym import ODESystem, find_symmetries, first_integrals, memory_limit, noether
from liesym.app.cli import app
from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.memory import GIGABYTES, Memory, present, resident
from liesym.coefficients import Field
from liesym.errors import DataError, OutOfMemory, TooLarge
from liesym.symmetries.results import Completeness

NOTHING = 1e-6
"""Gigabytes that any search takes."""
TEXT = "y'' = y'^2/y + y*log(y)"
GROWN = 50_000_000


@pytest.fixture
def growing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that holds more at every look."""
    held = [0.0]

    def grown() -> float:
        held[0] += GROWN
        return held[0]

    monkeypatch.setattr("liesym.base.memory.resident", grown)
    monkeypatch.setattr("liesym.base.memory.EVERY", 0.0)  # a search that ends between two looks would not see it


def test_what_the_process_holds_grows_with_an_array() -> None:
    before = resident()
    kept = np.ones(GROWN // 8)
    after = resident()
    assert before is not None and after is not None and kept.nbytes == GROWN
    assert after - before > GROWN / 2


def test_a_look_is_for_what_is_held_beside_the_start() -> None:
    held = resident()
    assert held is not None
    Memory(1.0, held).look(0.0, "work")
    with pytest.raises(OutOfMemory) as raised:
        Memory(1.0, held - 2e9).look(0.0, "work")
    assert raised.value.ends and "memory limit of 1 GB" in raised.value.note and isinstance(raised.value, TooLarge)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value) == "work"
    Memory(1.0, held - 2e9, due=1.0).look(0.5, "work")
    Memory(1.0, None).look(0.0, "work")  # the system does not tell


def test_what_would_not_fit_is_not_begun() -> None:
    x, y = symbols("x y", real=True)
    field = Field((x, y))
    long = (field(1 + x + y) ** 50).num
    with memory_limit(0.01):
        small = Budget.seconds(1000.0)
    with field.within(small), pytest.raises(OutOfMemory):
        field.product(long, long)
    with field.within(Budget.seconds(1000.0)):
        assert field.product(long, long) == long * long


def test_a_search_that_reaches_the_limit_says_so(growing: None) -> None:
    system = ODESystem.parse(TEXT)
    with memory_limit(NOTHING):
        result = find_symmetries(system)
        integrals = first_integrals(ODESystem.parse("x' = x*y + z^2; y' = y*z - x; z' = x*y*z"))
        laws = noether("x'^2/2 + y'^2/2 + z'^2/2 + 1/sqrt(x^2 + y^2 + z^2)")
    assert result.completeness is Completeness.OPEN and result.stopped
    assert any("memory limit" in note for note in result.notes)
    for found in (integrals, laws):
        assert found.stopped and "memory limit" in found.within


def test_without_reaching_it_nothing_is_lost() -> None:
    with memory_limit(100.0):
        assert find_symmetries(ODESystem.parse(TEXT)).completeness is Completeness.PROVEN


def test_calls_inside_calls_share_one_limit() -> None:
    @door("inner work")
    def inner() -> Memory:
        return present()

    @door("outer work")
    def outer() -> tuple[Memory, Memory]:
        return inner(), inner()

    one, two = outer()
    assert one is two and one.gigabytes == GIGABYTES
    with memory_limit(5.0):
        assert outer()[0].gigabytes == 5.0
    assert outer()[0] is not one


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_a_limit_is_a_positive_number(value: float) -> None:
    with pytest.raises(DataError, match="positive"), memory_limit(value):
        pass


def test_the_limit_of_a_command(growing: None) -> None:
    said = CliRunner().invoke(app, ["analyze", TEXT, "--json", "--memory", str(NOTHING)])
    assert said.exit_code == 3
    record = json.loads(said.stdout)
    assert record["completeness"] == "open" and any("memory limit" in note for note in record["notes"])
    refused = CliRunner().invoke(app, ["analyze", TEXT, "--memory", "0"])
    assert refused.exit_code == 2 and "positive" in refused.output
