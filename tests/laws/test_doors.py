"""Doors take a system, its text, or SymPy's equations and symbols of any assumptions, and answer the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sympy import Eq, Function, Symbol, cos, symbols

import liesym
from liesym import residuals
from liesym.base.jets import jet_symbol
from liesym.determine.verify import is_first_integral
from liesym.errors import AnsatzError, DataError, NotSolvable, ParseError, Unsupported
from liesym.model.reading import in_names_of, read_given
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.variational.second_order import in_second_order

KINDS: tuple[dict[str, bool], ...] = ({}, {"real": True}, {"positive": True}, {"integer": True})
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


# -- files and names that stand alone --------------------------------------------------------------------------------------

BALL = """title = "Ball"
equations = ["x' = v", "v' = -k*x"]
[parameters]
k = { positive = true }
"""


def test_every_door_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ball.toml"
    path.write_text(BALL, encoding="utf-8")
    system, _ = read_given(path)
    assert system == read_given(str(path))[0] == read_given(BALL)[0] and system.title == "Ball"
    assert liesym.first_integrals(str(path), budget=5) == liesym.first_integrals(system, budget=5)
    assert liesym.find_symmetries(path, "polynomial: 1").system == system
    assert liesym.identify(str(path), "x", explain=False).parameters == {"k": "identifiable"}
    assert liesym.solve(path, budget=5).families  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ParseError, match="independent variable t"):
        read_given(path, "s")
    with pytest.raises(DataError):
        read_given("nowhere.toml")


def test_an_open_system_in_a_file_is_constrained(tmp_path: Path) -> None:
    path = tmp_path / "open.toml"
    path.write_text("equations = [\"x'' = f(x)\"]", encoding="utf-8")
    assert len(liesym.constrain(str(path), budget=3).always) == 1


def test_noether_of_equations_finds_their_lagrangian() -> None:
    """x' = v, v' = -k x is x'' = -k x, whose energy is constant."""
    x, v = symbols("x x'", real=True)
    pairs = liesym.noether("x' = v; v' = -4*x", budget=5)
    assert {law.integral for law in pairs} == {law.integral for law in liesym.noether("x'' = -4*x", budget=5)}
    assert any((2 * law.integral + v**2 + 4 * x**2).expand() == 0 for law in pairs)
    with pytest.raises(Unsupported, match="in pairs such as"):
        liesym.noether("x' = -x", budget=5)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("x' = 2*v; v' = -k*x - v", "x'' = -2*k*x - x'"),
        ("p' = -q; q' = p/m", "p'' = -p/m"),
        ("a' = v; v' = b; b' = w; w' = a - v", "a'' = b; b'' = a - a'"),
        ("z'' = -z; x' = v; v' = z*v; w' = w", None),
        ("x' = y; y' = z; z' = x", None),
        ("x' = t*v; v' = -t*x", None),
    ],
)
def test_pairs_of_first_order_are_joined(text: str, joined: str | None) -> None:
    if joined is None:
        system = ODESystem.parse(text)
        assert in_second_order(system) == system
        return
    assert in_second_order(ODESystem.parse(text)).solved == ODESystem.parse(joined).solved


def test_one_name_may_stand_alone() -> None:
    """The letters of ab are no names."""
    text = "x' = -ab*c*x + uv; y' = ab*y"
    alone = liesym.identify(text, "x + 0*y", known="ab", inputs="uv", explain=False)
    assert alone == liesym.identify(text, ["x"], known=["ab"], inputs=["uv"], explain=False)
    assert alone.parameters == {"ab": "identifiable", "c": "identifiable"}
    both = liesym.identify(text, "x, y", known="ab, c", inputs=("uv",), explain=False)
    assert len(both.observables) == 2 and set(both.parameters.values()) == {"identifiable"}
    assert not liesym.unidentifiable("x' = -a*x", "x", budget=5).directions


# -- symbols of any assumptions ------------------------------------------------------------------------------------------

PENDULUM = ODESystem.parse("q'' = -w^2*sin(q)", parameters={"w": {"positive": True}})
SPRING = ODESystem.parse("x'' = -k*x; y'' = -k*y")
TOY = ODESystem.parse("z' = cos(a*z)")


def named(names: str, kind: dict[str, bool]) -> list[Symbol]:
    return [Symbol(name, **kind) for name in names.split()]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_generator_in_any_symbols_is_a_symmetry_where_it_is_one(kind: dict[str, bool]) -> None:
    t, x, y, k = named("t x y k", kind)
    variables, own = (t, x, y), SPRING.variables
    for over in (variables, own):
        turn, bent = Generator(over, (0, y, -x)), Generator(over, (0, k * x**2, 0))
        assert turn.is_symmetry_of(SPRING) and not bent.is_symmetry_of(SPRING)
        assert bent.over(own, SPRING.parameter_symbols).components[1] == SPRING.parameter_symbols[0] * own[1] ** 2
        assert Generator.from_mapping(over, {"x": y, "y": -x}).over(own) == turn.over(own)
        assert turn(x**2 + y**2) == 0 and turn(x) == over[2] and turn.apply(y) == -over[1]
        assert (turn + Generator(own, (1, 0, 0))).is_symmetry_of(SPRING) and turn.bracket(bent).variables == over
    with pytest.raises(AnsatzError):
        Generator((t, y, x), (0, y, -x)).is_symmetry_of(SPRING)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_residuals_of_a_system_are_those_of_its_own_symbols(kind: dict[str, bool]) -> None:
    t, x, y, q, v, w = named("t x y q q' w", kind)
    turn, own = Generator((t, x, y), (0, y, -x)), Generator(SPRING.variables, (0, SPRING.unknowns[1], -SPRING.unknowns[0]))
    assert residuals.invariance(turn, SPRING) == residuals.invariance(own, SPRING)
    (angle,), (rate,), (omega,) = PENDULUM.unknowns, PENDULUM.jet_coordinates, PENDULUM.parameter_symbols
    energy, ours = v**2 / 2 - w**2 * cos(q), rate**2 / 2 - omega**2 * cos(angle)
    for law in (residuals.conservation, residuals.drift):
        assert law(energy, PENDULUM) == law(ours, PENDULUM)
    assert is_first_integral(energy, PENDULUM) and not is_first_integral(energy + q, PENDULUM)
    z, a = named("z a", kind)
    moved = Generator((t, z), (1, 0))
    assert residuals.backward(moved, TOY) == residuals.backward(Generator(TOY.variables, (1, 0)), TOY)
    scaled = Generator((t, z, a), (0, z, -a))
    plain = Generator((*TOY.variables, *TOY.parameter_symbols), (0, TOY.unknowns[0], -TOY.parameter_symbols[0]))
    assert residuals.backward(scaled, TOY) == residuals.backward(plain, TOY)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_given_generators_make_the_same_integrals(kind: dict[str, bool]) -> None:
    t, x, y = named("t x y", kind)
    system = ODESystem.parse("x' = x*y; y' = -y^2")
    given = [Generator((t, x, y), (0, x, 0)), Generator((t, x, y), (t, 0, -y))]
    own = [g.over(system.variables) for g in given]
    assert liesym.first_integrals(system, generators=given, budget=5) == liesym.first_integrals(
        system, generators=own, budget=5
    )
    (law,) = liesym.noether(named("x'", kind)[0] ** 2 / 2, generators=[Generator((t, x), (0, 1))], budget=5)
    assert law.integral == jet_symbol(Symbol("x", real=True), 1)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_lowered_functions_have_one_value(kind: dict[str, bool]) -> None:
    """Whatever the symbols of state, time and parameters are, t x + k x² has one value at one place."""
    t, x, k = named("t x k", kind)
    point = (np.array(3.0), np.array([0.5]), {"k": 2.0})
    for other in KINDS:
        s, u, p = named("t x k", other)
        for options in ({}, {"t": s}, {"parameters": (p,)}, {"t": s, "parameters": {p: 7.0}}, {"parameters": {"k": None}}):
            value = liesym.lower(t * x + k * x**2, (u,), backend="numpy", **options)
            assert value(*point) == pytest.approx([2.0]), (kind, other, options)
        mixed = liesym.lower(t * x + p * u**2, (Symbol("x", real=True),), backend="numpy")
        assert mixed(*point) == pytest.approx([2.0])
    residual = residuals.conservation(PENDULUM.unknowns[0], PENDULUM)
    assert liesym.lower(residual, backend="numpy", parameters={Symbol("w", **kind): 1.0})(0.0, np.ones(3), {}) == [1.0]


def test_names_that_mean_two_things_are_refused() -> None:
    x = Symbol("x")
    with pytest.raises(Unsupported, match="more than one"):
        liesym.lower(x, (x, Symbol("x", positive=True)), backend="numpy")
    with pytest.raises(Unsupported, match="more than one"):
        liesym.lower(x, (x,), t=Symbol("x", real=True), backend="numpy")


def test_terms_of_a_discovery_are_matched_by_name() -> None:
    system, region = ODESystem.parse("x' = y; y' = -x^3"), ((-1, 1), (-1, 1))
    every = [Symbol("x", **kind) ** 4 for kind in KINDS]
    told, found = (liesym.discover(system, region=region, terms=given, budget=10) for given in (["x^4"], every))
    assert found.integrals and [law.expression for law in found.integrals] == [law.expression for law in told.integrals]
