"""Identifiability of published models: how many directions the observables leave open, and what they move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sympy import Symbol, symbols

from liesym.errors import ParseError, Unsupported
from liesym.invariants.identify import identify
from liesym.model.system import ODESystem

MODELS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "identifiability.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m["id"])
def test_counts_of_published_models(model: dict[str, Any]) -> None:
    found = identify("; ".join(model["equations"]), model["observables"], inputs=model["inputs"], explain=False)
    assert found.defect == model["hidden_directions"]
    verdicts = {**found.parameters, **found.states}
    assert {name for name, verdict in verdicts.items() if verdict == "not"} == set(model["moved"])
    assert found.proven


def test_hidden_directions_and_combinations() -> None:
    found = identify("S'=-beta*S*I; I'=beta*S*I-gamma*I", ["y1=K*I"])
    assert found.parameters == {"beta": "not", "gamma": "locally", "K": "not"}
    assert found.states == {"S": "not", "I": "not"}
    assert found.explained
    (combination,) = found.combinations
    beta, k = symbols("beta K", real=True)
    assert (combination / (k / beta)).is_number or (combination / (beta / k)).is_number


def test_a_known_initial_state_tells_more() -> None:
    text = "S'=-beta*S*I; I'=beta*S*I-gamma*I"
    assert identify(text, ["K*I"], known=["S"]).defect == 0


def test_one_more_observation_tells_factors_apart() -> None:
    assert identify("x'=-k1*k2*x", ["x"]).parameters == {"k1": "not", "k2": "not"}
    assert identify("x'=-k1*k2*x", ["x", "k1*x"]).parameters == {"k1": "locally", "k2": "locally"}


@pytest.mark.parametrize(
    ("equations", "hidden"),
    [
        ("x'=exp(a*b*t)*x", {"a", "b"}),
        ("x'=a*sin(b*c*t)+u(t)", {"b", "c"}),
        ("x'=k*x^n/(K^n+x^n)-d*x", set()),
        ("x'=-a*sqrt(b*x)", {"a", "b"}),
        ("x'=log(a*b)*x", {"a", "b"}),
        ("x'=a*exp(2*c)*x+b*exp(c)", {"a", "b", "c"}),
        ("x'=E*x/R", {"E", "R"}),
    ],
)
def test_functions_keep_their_relations(equations: str, hidden: set[str]) -> None:
    found = identify(equations, ["x"], explain=False)
    assert {n for n, v in found.parameters.items() if v == "not"} == hidden


def test_states_that_nothing_depends_on_are_hidden() -> None:
    found = identify("x'=-x; z'=q*z", ["x"])
    assert found.hidden == ("z",)
    assert found.parameters == {"q": "not"}


def test_symbols_of_any_assumptions_are_matched_by_name() -> None:
    system = ODESystem.parse("x'=-k*x; y'=x")
    for symbol in (Symbol("y"), Symbol("y", positive=True), Symbol("y", real=True)):
        assert identify(system, [symbol]).parameters == {"k": "locally"}


def test_what_cannot_be_asked() -> None:
    with pytest.raises(Unsupported, match="first-order"):
        identify("x''=-k*x", ["x"])
    with pytest.raises(Unsupported, match="at least one observable"):
        identify("x'=-k*x", [])
    with pytest.raises(ParseError, match="neither a state nor a parameter"):
        identify("x'=-k*x", ["x"], known=["q"])
    with pytest.raises(Unsupported, match="f\\(x\\)"):
        identify("x'=f(x)", ["x"])
