"""Names are what the text says: pi alone is a constant, and what is known but not supported is taken for nothing else."""

from __future__ import annotations

import pytest
from sympy import Eq, Function, Indexed, Piecewise, Symbol, exp, floor, pi, sqrt, symbols

from liesym.app.report.terminal import names_as_read
from liesym.errors import ParseError, Unsupported
from liesym.model.system import ODESystem

T = symbols("t")
X, Y = Function("x"), Function("y")


def real(name: str) -> Symbol:
    return Symbol(name, real=True)


def test_e_beside_other_uses_is_a_parameter() -> None:
    system = ODESystem.parse("x'=E*x/R")
    assert [p.name for p in system.parameters] == ["E", "R"]
    assert system.notes == ()
    assert ODESystem.parse("x'=e^2*x").parameter_symbols == (real("e"),)
    assert ODESystem.parse("x'=e^(-t) + e*x").parameter_symbols == (real("e"),)


@pytest.mark.parametrize("name", ["e", "E"])
def test_a_base_of_powers_alone_is_read_as_exp_and_said(name: str) -> None:
    system = ODESystem.parse(f"x'=-k*x*{name}^(-k*t) + {name}^x")
    assert system.rhs == (-real("k") * real("x") * exp(-real("k") * real("t")) + exp(real("x")),)
    assert system.notes[0].startswith(f"{name}^… is read as exp")


def test_a_declared_base_is_a_parameter() -> None:
    system = ODESystem.parse("x'=e^x", parameters={"e": {"positive": True}})
    assert [p.name for p in system.parameters] == ["e"]


def test_pi_is_a_constant() -> None:
    assert ODESystem.parse("x'=pi*x").rhs == (pi * real("x"),)


@pytest.mark.parametrize("call", ["relu(x)", "floor(t)*x", "mod(t, 2)*x", "piecewise(x)", "delay(x, 1)"])
def test_known_functions_that_are_not_supported_are_refused_by_name(call: str) -> None:
    name = call.split("(")[0]
    with pytest.raises(ParseError, match=f"the function {name} is not supported"):
        ODESystem.parse(f"x'={call}")


@pytest.mark.parametrize(
    "rate",
    [
        X(T - 1),
        X(0) * X(T),
        Piecewise((sqrt(X(T)), X(T) > 0), (0, True)),
        Piecewise((1, X(T) > 0)),
        floor(T) * X(T),
        Indexed("a", 0) * X(T),
    ],
    ids=str,
)
def test_sympy_input_is_held_to_the_same_rules(rate: object) -> None:
    with pytest.raises(Unsupported):
        ODESystem.from_sympy([Eq(X(T).diff(T), rate)])


def test_an_unknown_at_another_place_is_refused() -> None:
    with pytest.raises(ParseError, match="equations with a delay"):
        ODESystem.parse("x'=x(t-1)")


@pytest.mark.parametrize("word", ["D", "diff", "Derivative"])
def test_derivatives_by_any_of_their_names(word: str) -> None:
    assert ODESystem.parse(f"{word}(y, t, 2) = {word}(f(y, t), y)") == ODESystem.parse("y'' = D(f(y, t), y)")


def test_a_function_that_is_no_unknown_may_have_any_argument() -> None:
    system = ODESystem.from_sympy([Eq(X(T).diff(T), Y(T - 1) * X(T))])
    assert names_as_read(system) == "independent variable t; unknowns x; arbitrary functions y(t - 1)"


def test_the_head_names_everything() -> None:
    system = ODESystem.parse("x''=-k*x+f(x); y'=a*y")
    assert names_as_read(system) == "independent variable t; unknowns x, y; parameters k, a; arbitrary functions f(x)"
