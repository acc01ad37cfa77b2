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
    found = identify(
        "; ".join(model["equations"]), model["observables"], inputs=model["inputs"], explain=False, globally=False
    )
    assert found.defect == model["hidden_directions"]
    verdicts = {**found.parameters, **found.states}
    assert {name for name, verdict in verdicts.items() if verdict == "not"} == set(model["moved"])
    assert found.proven


def test_hidden_directions_and_combinations() -> None:
    found = identify("S'=-beta*S*I; I'=beta*S*I-gamma*I", ["y1=K*I"])
    assert found.parameters == {"beta": "not", "gamma": "identifiable", "K": "not"}
    assert found.states == {"S": "not", "I": "not"}
    assert found.explained
    (combination,) = found.combinations
    beta, k = symbols("beta K", real=True)
    assert (combination / (k / beta)).is_number or (combination / (beta / k)).is_number


def test_the_oscillator_of_goodwin() -> None:
    """The rates beta and delta trade places; alpha and gamma are hidden behind the sizes of x2 and x3."""
    text = "x1'=-b*x1+1/(c+x4); x2'=alpha*x1-beta*x2; x3'=gamma*x2-delta*x3; x4'=sigma*x4*(gamma*x2-delta*x3)/x3"
    found = identify(text, ["x1"], explain=False)
    assert {n for n, v in found.parameters.items() if v == "identifiable"} == {"b", "c", "sigma"}
    assert {n for n, v in found.parameters.items() if v == "locally"} == {"beta", "delta"}
    assert not found.undecided


def test_a_known_initial_state_tells_more() -> None:
    text = "S'=-beta*S*I; I'=beta*S*I-gamma*I"
    assert identify(text, ["K*I"], known=["S"]).defect == 0


def test_one_more_observation_tells_factors_apart() -> None:
    assert identify("x'=-k1*k2*x", ["x"]).parameters == {"k1": "not", "k2": "not"}
    assert identify("x'=-k1*k2*x", ["x", "k1*x"]).parameters == {"k1": "identifiable", "k2": "identifiable"}


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
        ("x'=a*x^(1/3)", set()),
        ("x'=a*b*x^(2/3)-c*sqrt(x)", {"a", "b"}),
        ("x'=-a*(b*x)^(1/6)+(c*x)^(1/7)", {"a", "b"}),
    ],
)
def test_functions_keep_their_relations(equations: str, hidden: set[str]) -> None:
    found = identify(equations, ["x"], explain=False)
    assert {n for n, v in found.parameters.items() if v == "not"} == hidden


@pytest.mark.parametrize(
    ("equations", "observables", "one", "several"),
    [
        ("x'=-k*x", ["x"], "k x", ""),
        ("x'=-k^2*x", ["x"], "x", "k"),
        ("x'=-k^3*x", ["x"], "x", "k"),
        ("x'=-k*x", ["x^2"], "k", "x"),
        ("x'=-a*x; y'=a*x-b*y", ["y"], "y", "a b x"),
        ("x'=-a*x; y'=a*x-b*y", ["x", "y"], "a b x y", ""),
        ("S'=-b*S*I; E'=b*S*I-a*E; I'=a*E-g*I", ["I"], "b I", "S E a g"),
        ("S'=-b*S*I; I'=b*S*I-g*I", ["K*I"], "g", ""),
        ("x'=v*x/(x+k)+u(t)", ["x"], "v k x", ""),
        ("x'=y; y'=(1-t)*k*x+c*y", ["x"], "k c x y", ""),
    ],
)
def test_one_value_or_several(equations: str, observables: list[str], one: str, several: str) -> None:
    found = identify(equations, observables, explain=False)
    verdicts = {**found.parameters, **found.states}
    assert {n for n, v in verdicts.items() if v == "identifiable"} == set(one.split())
    assert {n for n, v in verdicts.items() if v == "locally"} == set(several.split())
    assert not found.undecided


def test_a_known_initial_state_tells_rates_apart() -> None:
    text = "x'=-a*x; y'=a*x-b*y"
    assert identify(text, ["y"], explain=False).parameters == {"a": "locally", "b": "locally"}
    assert identify(text, ["y"], known=["x"], explain=False).parameters == {"a": "identifiable", "b": "identifiable"}


@pytest.mark.parametrize(
    ("equations", "observables", "initial", "parameters", "states"),
    [
        # without the initial state, K and x are told together only
        ("x'=-k*x", ["K*x"], "x=1", {"k": "identifiable", "K": "identifiable"}, {"x": "identifiable"}),
        ("S'=-b*S*I; I'=b*S*I-g*I", ["K*I"], "S=N-I, N=0", None, None),
        ("S'=-b*S*I; I'=b*S*I-g*I", ["K*I"], "S=1-I", dict.fromkeys("bgK", "identifiable"), None),
        (
            "S'=-b*S*I; I'=b*S*I-g*I",
            ["K*I"],
            {"S": "N - I"},
            {"b": "not", "g": "identifiable", "K": "not", "N": "not"},
            None,
        ),
        ("x'=-a*x; y'=a*x-b*y", ["y"], "y=0", {"a": "locally", "b": "locally"}, {"x": "locally", "y": "identifiable"}),
        ("x'=-a*x; y'=a*x-b*y", ["y"], "x(0)=1; y(0)=0", dict.fromkeys("ab", "identifiable"), None),
        # the second compartment starts empty, and its rate shows a second later
        ("x'=-a*x; y'=a*x; z'=c*y", ["z"], "y=0, z=0", {"a": "identifiable", "c": "not"}, None),
    ],
)
def test_given_initial_states(
    equations: str, observables: list[str], initial: object, parameters: dict | None, states: dict | None
) -> None:
    if parameters is None:
        with pytest.raises(ParseError, match="N is no state"):
            identify(equations, observables, initial=initial)  # type: ignore[arg-type]
        return
    found = identify(equations, observables, initial=initial)  # type: ignore[arg-type]
    assert found.parameters == parameters
    assert states is None or found.states == states
    assert not found.undecided


@pytest.mark.parametrize(
    ("equations", "observables", "inputs", "parameters"),
    [
        ("x'=-a*x+u", ["y = x+d*u"], ["u"], dict.fromkeys("ad", "identifiable")),
        ("x'=-a*x+u", [Symbol("x") + Symbol("d") * Symbol("u")], ["u"], dict.fromkeys("ad", "identifiable")),
        ("x'=-a*x+u(t)", ["y = x+d*u"], [], dict.fromkeys("ad", "identifiable")),
        ("x'=-a*x", ["y = x+d*u"], ["u"], dict.fromkeys("ad", "identifiable")),
        ("x'=a*x*u", ["y = u"], ["u"], {"a": "not"}),
        ("x'=-a*x", ["y = x+d*u"], [], {"a": "identifiable", "d": "not", "u": "not"}),
    ],
)
def test_an_input_is_known_in_the_observables_too(
    equations: str, observables: list, inputs: list[str], parameters: dict[str, str]
) -> None:
    assert identify(equations, observables, inputs=inputs, explain=False).parameters == parameters


@pytest.mark.parametrize("name", ["x", "t", "v"])
def test_a_state_or_what_occurs_nowhere_is_no_input(name: str) -> None:
    with pytest.raises(ParseError, match=f"the input {name} does not occur"):
        identify("x'=a*x+u", ["x"], inputs=[name])


@pytest.mark.parametrize("start", ["u", "u(0)", "1+u(t)"])
def test_no_initial_state_is_written_in_an_input(start: str) -> None:
    with pytest.raises(ParseError, match="hangs on u, a function of time"):
        identify("x'=a*x+u", ["x"], inputs=["u"], initial={"x": start})


def test_an_initial_state_is_given_or_known() -> None:
    with pytest.raises(ParseError, match="given and known"):
        identify("x'=-k*x", ["x"], known=["x"], initial="x=b")


@pytest.mark.parametrize(
    ("equations", "observable", "initial", "verdicts", "undecided"),
    [
        # y(0) = x(0), and y(0) = 2 x(0) + 1, have one value whatever x(0) is made of
        ("x'=a*x+b", "x", "x=-b/a", {"x": "identifiable", "a": "not", "b": "not"}, ""),
        ("x'=a*x+b", "2*x+1", "x=-b/a", {"x": "identifiable", "a": "not", "b": "not"}, ""),
        ("x'=-a*x; z'=-b*z", "x*z", "x=c, z=1", {"x": "identifiable", "c": "identifiable", "a": "not"}, ""),
        # one of two rates that trade places, and what is made of it alone
        ("x'=-a*x; y'=a*x-b*y", "y", "x=2*c+1, y=0", {"x": "locally", "c": "locally", "y": "identifiable"}, ""),
        # a product of two that are hidden may have one value, or several; their sum is hidden
        ("x'=-a*b*x; z'=-z", "x", "z=a*b", {"z": "identifiable", "a": "not"}, ""),
        ("x'=-a^2*b^2*x; z'=-z", "x", "z=a*b", {"z": "locally", "a": "not"}, ""),
        # two rates that trade places have one product, and not one quotient
        ("x'=-a*x; y'=a*x-b*y; z'=-z", "y", "z=a*b", {"z": "identifiable", "a": "locally"}, ""),
        ("x'=-a*x; y'=a*x-b*y; z'=-z", "y", "z=a/b", {"z": "locally", "a": "locally"}, ""),
        ("x'=-a*b*x; z'=-z", "x", "z=a+b", {"z": "not"}, ""),
        ("x'=-x; z'=q*z", "x", "z=b", {"z": "not", "b": "not"}, ""),
    ],
)
def test_a_given_initial_state_has_several_values_only_where_that_is_proven(
    equations: str, observable: str, initial: str, verdicts: dict[str, str], undecided: str
) -> None:
    found = identify(equations, [observable], initial=initial, explain=False)
    assert verdicts.items() <= {**found.parameters, **found.states}.items()
    assert found.undecided == tuple(undecided.split()) and bool(found.reason) == bool(undecided)


def test_what_is_not_rational_is_open() -> None:
    found = identify("x'=-k*x^n", ["x"], explain=False)
    assert found.parameters == {"k": "locally", "n": "locally"} and set(found.undecided) == {"k", "n"}
    assert "not rational" in found.reason and "globally open" in str(found)


@pytest.mark.parametrize("name", ["HIV2_io", "Bilirubin2_io", "SEIRT", "SIR 6", "Covid model (Chitnis)"])
def test_global_verdicts_of_published_models(name: str) -> None:
    """Models from the literature whose verdicts all come: rates that can trade places are locally identifiable."""
    several = {
        "HIV2_io": {"c", "w2"},
        "Bilirubin2_io": {"k12", "k13", "k14", "k21", "k31", "k41"},
        "SEIRT": {"alpha", "lamb"},
        "SIR 6": set[str](),
        "Covid model (Chitnis)": {"e", "g"},
    }
    model = next(m for m in MODELS if m["id"] == name)
    found = identify("; ".join(model["equations"]), model["observables"], inputs=model["inputs"], explain=False)
    assert not found.undecided
    assert {n for n, v in found.parameters.items() if v == "locally"} == several[name]


def test_states_that_nothing_depends_on_are_hidden() -> None:
    found = identify("x'=-x; z'=q*z", ["x"])
    assert found.hidden == ("z",)
    assert found.parameters == {"q": "not"}


def test_symbols_of_any_assumptions_are_matched_by_name() -> None:
    system = ODESystem.parse("x'=-k*x; y'=x")
    for symbol in (Symbol("y"), Symbol("y", positive=True), Symbol("y", real=True)):
        assert identify(system, [symbol]).parameters == {"k": "identifiable"}


def test_what_cannot_be_asked() -> None:
    with pytest.raises(Unsupported, match="first-order"):
        identify("x''=-k*x", ["x"])
    with pytest.raises(Unsupported, match="at least one observable"):
        identify("x'=-k*x", [])
    with pytest.raises(ParseError, match="neither a state nor a parameter"):
        identify("x'=-k*x", ["x"], known=["q"])
    with pytest.raises(Unsupported, match="f\\(x\\)"):
        identify("x'=f(x)", ["x"])
