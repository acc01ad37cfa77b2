"""What is listed and what is claimed does not depend on the machine: not on its speed, not on the hash seed, not on names.

Only the end of the budget may cut a search short; the result then says that it was stopped, and its claim is open unless the
bounds meet all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from renaming import generator_renamed, system_renamed
from runs import dealt
from symmetry_examples import is_spanned, is_spanned_modulo_trivial
from sympy import Symbol

from liesym import ODESystem, find_symmetries
from liesym.symmetries.results import Completeness, Result

FEW = {
    "y'' = y'^2/y + y*log(y)": "x",
    "y'' = 1/y^3": "x",
    "y'' = a*x*y'^3": "x",
    "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)": "t",
    "y' = y/x + y^2": "x",
    "y' = f(x)*y": "x",
    "x' = a*x*(1-y); y' = y*(x-1)": "t",
    "x' = y*z; y' = -x*z; z' = x*y/2": "t",
}
CORPUS = json.loads((Path(__file__).parent.parent / "catalogue" / "corpus.json").read_text())
MANY = {"; ".join(e["equations"]): e["independent"] for e in CORPUS if e["order"] == 1} | {
    "; ".join(e["equations"]): e["independent"] for e in [e for e in CORPUS if e["order"] > 1][::3]
}
BUDGET = 600.0


def analyzed(text: str, independent: str, budget: float = BUDGET) -> Result:
    return find_symmetries(ODESystem.parse(text, independent=independent), budget=budget)


@cache
def normally(text: str, independent: str) -> Result:
    return analyzed(text, independent)


def answer(result: Result) -> dict:
    """What a user sees of the list and of the claim."""
    return {
        "generators": [[str(c) for c in g.components] for g in result.generators],
        "families": [[str(c) for c in f.generator.components] for f in result.families],
        "integrals": [str(f.arbitrary) for f in result.families],
        "definitions": [str(d) for d in result.definitions],
        "conditions": [str(c) for c in result.conditions],
        "dimension": result.dimension,
        "claim": str(result.completeness),
        "notes": list(result.notes),
        "stopped": result.stopped,
    }


def assert_same_or_stopped(result: Result, usual: Result) -> None:
    if not result.stopped:
        assert answer(result) == answer(usual)
    elif result.completeness is not Completeness.OPEN:
        assert result.completeness is Completeness.PROVEN and len(result.generators) == result.upper_bound


# -- speed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", dealt(FEW, usual=2))
def test_a_slow_clock_changes_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = normally(text, FEW[text])
    monkeypatch.setattr("liesym.base.budget.now", lambda: 5 * time.monotonic())
    slowed = analyzed(text, FEW[text])
    assert not usual.stopped and not slowed.stopped
    assert answer(slowed) == answer(usual)


@pytest.mark.parametrize("text", FEW)
@pytest.mark.parametrize("budget", [0.05, pytest.param(0.5, marks=pytest.mark.slow), 3.0])
def test_a_budget_that_ends_early_is_said(text: str, budget: float) -> None:
    assert_same_or_stopped(analyzed(text, FEW[text], budget), normally(text, FEW[text]))


def test_an_answer_that_is_not_the_same_is_seen() -> None:
    """Negative control of the comparison."""
    some, others = (normally(text, FEW[text]) for text in list(FEW)[:2])
    with pytest.raises(AssertionError):
        assert_same_or_stopped(some, others)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("text", MANY)
def test_a_slow_clock_changes_nothing_in_the_corpus(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = normally(text, MANY[text])
    monkeypatch.setattr("liesym.base.budget.now", lambda: 5 * time.monotonic())
    assert_same_or_stopped(analyzed(text, MANY[text]), usual)


# -- hash seeds ------------------------------------------------------------------------------------------

SCRIPT = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from test_speed_independence import FEW, MANY, analyzed, answer
chosen = FEW if sys.argv[2] == "few" else MANY
print(json.dumps([answer(analyzed(text, independent)) for text, independent in chosen.items()]))
"""


def answers_with_seed(seed: int, which: str) -> list[dict]:
    paths = json.dumps([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", SCRIPT, paths, which]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.timeout(600)
def test_the_hash_seed_changes_nothing() -> None:
    usual = [answer(normally(text, independent)) for text, independent in FEW.items()]
    for seed in (1, 2):
        assert answers_with_seed(seed, "few") == usual


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_the_hash_seed_changes_nothing_in_the_corpus() -> None:
    first = answers_with_seed(0, "many")
    assert answers_with_seed(1, "many") == first and answers_with_seed(2, "many") == first


# -- names -----------------------------------------------------------------------------------------------


def turned(system: ODESystem) -> dict[Symbol, Symbol]:
    """Every symbol takes the name of the next one."""
    symbols = [*system.variables, *system.parameter_symbols]
    return dict(zip(symbols, [*symbols[1:], symbols[0]], strict=True))


def assert_commutes_with_names(text: str, independent: str) -> None:
    usual = normally(text, independent)
    names = turned(usual.system)
    back = {new: old for old, new in names.items()}
    found = find_symmetries(system_renamed(usual.system, names), budget=BUDGET)
    assert (found.dimension, found.completeness, found.stopped) == (usual.dimension, usual.completeness, usual.stopped)
    assert len(found.generators) == len(usual.generators) and len(found.families) == len(usual.families)
    for generator in (generator_renamed(g, back) for g in found.nontrivial if not g.definitions):
        if usual.system.is_first_order:
            assert is_spanned_modulo_trivial(generator, usual)
        else:
            assert is_spanned(generator, usual.generators, usual.system)


@pytest.mark.parametrize("text", dealt(FEW, usual=2))
def test_names_change_nothing(text: str) -> None:
    assert_commutes_with_names(text, FEW[text])


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("text", MANY)
def test_names_change_nothing_in_the_corpus(text: str) -> None:
    assert_commutes_with_names(text, MANY[text])
