"""Doors take a system, its text, or SymPy's equations and symbols of any assumptions, and answer the same."""

from __future__ import annotations

import pytest
from sympy import Eq, Function, Symbol, symbols

import liesym
from liesym.errors import NotSolvable, ParseError, Unsupported
from liesym.model.reading import in_names_of, read_given
from liesym.model.system import ODESystem

KINDS = ({}, {"real": True}, {"positive": True}, {"integer": True})
DECAY = ODESystem.parse("x' = -k*y; y' = k*x")


def test_the_independent_variable_is_read_off_the_text_and_the_answer_says_so() -> None:
    system, notes = read_given("y'' = x*y")
    assert system.independent.name == "x" and system.unknowns[0].name == "y" and not system.parameters
    assert notes == ("the independent variable is x, the one name that can be it",)
    named, silent = read_given("y'' = x*y", "x")
    assert named == system and not silent
    assert read_given("dy/dx = x*y")[0].independent.name == "x"
    assert read_given("y'' = x*y", "t")[0].parameters[0].name == "x"


def test_sympy_equations_need_no_symbol_of_ours() -> None:
    for kind in KINDS:
        t = Symbol("t", **kind)
        x = Function("x")(t)
        assert [s.name for s in read_given(Eq(x.diff(t, 2), -x), "t")[0].variables] == ["t", "x"]
        assert read_given([x.diff(t) + x])[0].orders == (1,)


@pytest.mark.parametrize("given", [[], ["x' = -x", Symbol("x")], "x' = = 1", DECAY])
def test_what_is_no_system_is_refused(given: object) -> None:
    with pytest.raises(ParseError):
        read_given(given, "s" if given is DECAY else None)  # pyright: ignore[reportArgumentType]


def test_equations_without_a_derivative_are_refused() -> None:
    with pytest.raises((NotSolvable, Unsupported)):
        read_given(Symbol("x"))


def test_symmetries_of_text_are_those_of_the_system() -> None:
    system = ODESystem.parse("y'' = 0", independent="x")
    x = Symbol("x")
    y = Function("y")(x)
    found = liesym.find_symmetries(system)
    for given in ("d^2y/dx^2 = 0", Eq(y.diff(x, 2), 0)):
        again = liesym.find_symmetries(given)
        assert [g.to_mapping() for g in again.generators] == [g.to_mapping() for g in found.generators]
    told = liesym.find_symmetries("y'' = x", "polynomial: 1")
    assert told.notes[0].startswith("the independent variable is x")
    assert told.generators[0].is_symmetry_of(told.system)


def test_integrals_of_text_are_those_of_the_system() -> None:
    found = liesym.first_integrals("q' = p; p' = -q", budget=5)
    assert found == liesym.first_integrals(ODESystem.parse("q' = p; p' = -q"), budget=5) and not found.notes
    told = liesym.first_integrals("y' = -x^2", budget=5)
    assert told and told.notes[0].startswith("the independent variable is x")


def test_an_observable_is_never_overlooked() -> None:
    """k and x hide behind k*x, whatever the symbols are; behind x alone nothing does."""
    system = ODESystem.parse("x' = -a*x")
    t = Symbol("t")
    for kind in KINDS:
        k, x = symbols("k x", **kind)
        hidden = liesym.unidentifiable(system, [k * x], budget=10)
        assert len(hidden.directions) == 1 and {s.name for s in hidden.moved} == {"k", "x"}
        assert not liesym.unidentifiable(system, [x], budget=10).directions
    assert not liesym.unidentifiable(system, [Function("x")(t)], budget=10).directions
    assert not liesym.unidentifiable("x' = -a*x", ["y1 = x"], independent="t", budget=10).directions
    assert len(liesym.unidentifiable("x' = -a*x", ["k*x"], budget=10).directions) == 1


def test_expressions_are_matched_by_name() -> None:
    pendulum = ODESystem.parse("q'' = -w^2*sin(q)", parameters={"w": {"positive": True}})
    q, v, w = pendulum.unknowns[0], pendulum.jet_coordinates[0], pendulum.parameter_symbols[0]
    for kind in KINDS:
        t, other = Symbol("t", **kind), [Symbol(name, **kind) for name in ("q", "q'", "w")]
        assert in_names_of(pendulum, other[0] + other[1] * other[2]) == q + v * w
        curve = Function("q")(t)
        assert in_names_of(pendulum, curve.diff(t) ** 2 + curve) == v**2 + q
    assert in_names_of(pendulum, Function("f")(q)) == Function("f")(q)
