"""The oracles of the fuzzer see faults, and each kind of input reaches its doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fuzz.run import fuzz, seeds
from fuzz_doors import Findings, of_text, through
from sympy import Symbol

import liesym
from liesym.base.listing import Listing
from liesym.errors import Unsupported


def test_an_error_of_the_tree_is_no_offence_and_another_is() -> None:
    def refused() -> None:
        raise Unsupported("no")

    def raw() -> None:
        raise ZeroDivisionError

    found = Findings()
    through("door", "input", found, refused, 1.0)
    assert found.offences == []
    through("door", "input", found, raw, 1.0)
    assert [o[0] for o in found.offences] == ["raw"]


def test_a_door_that_takes_too_long_is_an_offence() -> None:
    found = Findings()
    through("door", "input", found, lambda: sum(range(10**6)), -1.0)
    assert [o[0] for o in found.offences] == ["over"]


def test_a_false_integral_is_an_offence(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: Callable[..., Any] = lambda system, **how: Listing((Symbol("y", real=True),))  # noqa: E731
    monkeypatch.setattr(liesym, "first_integrals", wrong)
    found = Findings()
    of_text("y'' = -y", found)
    assert [o[:2] for o in found.offences] == [("false", "first_integrals")]


def test_the_corpus_is_there() -> None:
    assert len(seeds()) >= 45


def test_each_kind_of_input_goes_through_its_doors() -> None:
    found = fuzz(1, 1)
    assert found.inputs == 4
    assert found.of("raw", "false") == []
