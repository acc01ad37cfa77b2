"""Systems from text and from SymPy: names, unknowns, arbitrary functions, solved forms and their branches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sympy import Eq, Function, Rational, Symbol, exp, log, pi, sqrt, symbols

from liesym import find_symmetries
from liesym.base.jets import jet_symbol
from liesym.errors import NotSolvable, ParseError, Unsupported
from liesym.model.reading import read_in_system, write_system
from liesym.model.system import ODESystem
from liesym.model.vectorfields import generator_from_texts
from liesym.text import write

CORPUS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "catalogue" / "corpus.json").read_text(encoding="utf-8")
)
x, y, z, t = (Symbol(n, real=True) for n in ("x", "y", "z", "t"))


def real(name: str) -> Symbol:
    return Symbol(name, real=True)


def corpus_system(entry: dict[str, Any]) -> ODESystem:
    return ODESystem.parse(
        "\n".join(entry["equations"]),
        independent=entry["independent"],
        parameters={name: {"nonzero": True} for name in entry["parameters"]},
    )


# -- the corpus ----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", CORPUS, ids=lambda e: e["id"])
def test_corpus_equations_and_generators_are_read(entry: dict[str, Any]) -> None:
    system = corpus_system(entry)
    assert [u.name for u in system.unknowns] == entry["unknowns"]
    assert system.order == entry["order"]
    assert {p.name for p in system.parameters} == set(entry["parameters"])
    again = ODESystem.parse(
        "; ".join(write_system(system)),
        independent=entry["independent"],
        parameters={name: {"nonzero": True} for name in entry["parameters"]},
    )
    assert (again.orders, again.rhs) == (system.orders, system.rhs)
    assert set(again.parameters) == set(system.parameters)
    for texts in entry["generators"]:
        generator = generator_from_texts(texts, system)
        assert generator_from_texts(generator.to_mapping(), system) == generator


def test_corpus_is_whole() -> None:
    assert len(CORPUS) == 154


# -- names ---------------------------------------------------------------------------------------


def test_names_of_sympy_objects_are_plain_parameters() -> None:
    text = "lambda*beta*gamma*I*S*N*Q*zeta*E1*xi*eta*C1*O*oo*zoo*nan*epsilon*xi_0_1*Symbol*exp1*D*at*integral"
    names = text.split("*")
    system = ODESystem.parse(f"y' = {text}")
    assert [p.symbol for p in system.parameters] == [real(n) for n in names]


def test_an_unknown_may_be_called_E() -> None:
    system = ODESystem.parse("E' = -beta*E*I; I' = beta*E*I - gamma*I")
    assert [u.name for u in system.unknowns] == ["E", "I"]
    assert system.rhs[0] == -real("beta") * real("E") * real("I")
    assert write(exp(1) * real("E")) == "exp(1)*E"


def test_constants_and_exact_decimals() -> None:
    system = ODESystem.parse("y' = E^t + pi*y + 0.1 + 1e-3")
    assert system.rhs[0] == exp(t) + pi * y + Rational(101, 1000)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-x^2", -(x**2)),
        ("2^3^2", Rational(512)),
        ("x^-2", x**-2),
        ("x**2/3*y", x**2 * y / 3),
        ("-2*-x", 2 * x),
        ("x - -y", x + y),
        ("1/3*x", x / 3),
        ("sqrt(4*x)", 2 * sqrt(x)),
        ("log(x)/log(10)", log(x) / log(10)),
    ],
)
def test_precedence(text: str, value: object) -> None:
    assert read_in_system(text, ODESystem.parse("x' = y; y' = x")) == value


def test_derivatives_in_every_notation() -> None:
    forms = ["y^(4) = y'''", "D(y, 4) = D(y, 3)", "D(y, t, 4) = D(D(y, t, 0+1), 2)"]
    wanted = ODESystem.parse(forms[0])
    assert wanted.orders == (4,)
    assert wanted.rhs == (jet_symbol(y, 3),)
    assert ODESystem.parse(forms[1]) == wanted
    with pytest.raises(ParseError):
        ODESystem.parse(forms[2])


def test_parentheses_after_an_unknown() -> None:
    assert ODESystem.parse("y^(3) = y").orders == (3,)
    assert ODESystem.parse("y''' = y^(-2)").rhs == (y**-2,)
    assert ODESystem.parse("y' = x^(2)*y").rhs == (x**2 * y,)
    for text in ("y' = y^(2)", "y'' + y^(2) = 0", "y^(4) = y^(5)", "y'' = y^(4)"):
        with pytest.raises(ParseError, match="derivative or a power"):
            ODESystem.parse(text)


# -- arbitrary functions -------------------------------------------------------------------------


def test_arbitrary_functions_and_their_derivatives() -> None:
    f, g = Function("f"), Function("g")
    system = ODESystem.parse("y'' = f'(y) + f(y)*g(t, y') + D(g(t, y), t)")
    assert system.rhs[0] == f(y).diff(y) + f(y) * g(t, jet_symbol(y, 1)) + g(t, y).diff(t)
    assert any("arbitrary functions" in note for note in system.notes)


# -- solved forms --------------------------------------------------------------------------------


def test_linear_equations_are_solved_exactly() -> None:
    system = ODESystem.parse("x'' + y'' = t; x'' - y'' = x'")
    assert system.rhs == (t / 2 + jet_symbol(x, 1) / 2, t / 2 - jet_symbol(x, 1) / 2)
    assert ODESystem.parse("m*y'' + k*y = 0").notes == ("assumed nonzero: m",)
    a = real("a")
    coupled = ODESystem.parse("x'' = y'' + t; y'' = -a*x''")
    assert (coupled.rhs[0] * (a + 1) - t).simplify() == 0
    assert coupled.notes == ("assumed nonzero: a + 1",)


@pytest.mark.parametrize(
    ("text", "divisor"), [("a*y'' = a*y", "a"), ("(a - 1)*(y'' - y^2) = 0", "a - 1"), ("a*t*y'' = a*y^2", "a")]
)
def test_what_was_divided_by_is_a_condition_even_where_it_cancels(text: str, divisor: str) -> None:
    system = ODESystem.parse(text)
    assert f"{divisor} != 0" in {f"{c.args[0]} != 0" for c in find_symmetries(system, budget=3).conditions}


def test_values_for_which_the_solved_form_is_void_are_refused() -> None:
    system = ODESystem.parse("a*y'' = a*y + a^2")
    assert system.nonzero == (real("a"),)
    with pytest.raises(NotSolvable, match="dividing by a"):
        system.subs({real("a"): 0})


def test_a_solved_form_that_is_given_assumes_nothing() -> None:
    system = ODESystem.parse("y'' = a*y^2")
    assert system.nonzero == () and system.subs({real("a"): 0}).rhs == (0,)
    assert find_symmetries(ODESystem.parse("2*y'' = y"), budget=3).conditions == ()


def test_every_branch_is_found_and_one_is_chosen() -> None:
    first, second = (ODESystem.parse("y'^2 = 4*(y + 1)", branch=b) for b in (0, 1))
    assert {first.rhs[0], second.rhs[0]} == {2 * sqrt(y + 1), -2 * sqrt(y + 1)}
    default = ODESystem.parse("y'^2 = 4*(y + 1)")
    assert default == first
    assert sum(note.startswith("branch ") for note in default.notes) == 3
    with pytest.raises(NotSolvable, match="no branch 2"):
        ODESystem.parse("y'^2 = 4*(y + 1)", branch=2)


def test_branches_multiply_and_factors_split() -> None:
    system = ODESystem.parse("x'^2 = x; y'^2 = t^2*x'^2", branch=3)
    assert len([n for n in system.notes if n.startswith("branch ") and "of 4" in n]) == 4
    rational = {ODESystem.parse("y'^2 + t*y' = 2*t^2", branch=b).rhs[0] for b in (0, 1)}
    assert rational == {t, -2 * t}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x' = y'", "y has none"),
        ("sin(y') = t", "not polynomial"),
        ("y''^5 + y'' = t", "degree 5"),
        ("y'^2 = -1", "no real solution"),
        ("x' + y' = 1; 2*x' + 2*y' = 3", "linearly dependent"),
        ("(sin(t)^2 + cos(t)^2 - 1)*y' = y", "vanishes identically"),
        ("x'' + y' = 0; y'' = x'''", "holds none"),
        ("exp(y')*x' = 1; x' + y' = t", "not linear"),
    ],
)
def test_what_cannot_be_solved_is_named(text: str, words: str) -> None:
    with pytest.raises(NotSolvable, match=words):
        ODESystem.parse(text)


# -- parameters ----------------------------------------------------------------------------------


def test_assumptions_and_values() -> None:
    system = ODESystem.parse(
        "z' = cos(theta1*z + theta2)",
        parameters={"theta1": {"positive": True, "value": 1.3}, "b": {"integer": True}},
    )
    assert [p.name for p in system.parameters] == ["theta1", "theta2", "b"]
    assert system.parameters[0].symbol == Symbol("theta1", real=True, positive=True)
    assert system.parameters[0].value == 1.3
    assert system.notes == ("parameter b does not occur in the equations",)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("exp(y') = t", "log(t)"),
        ("log(y'+t) = y", "exp(y) - t"),
        ("sinh(2*y'-t) = a*y", "asinh(a*y)/2 + t/2"),
        ("exp(y'^2) = t", "sqrt(log(t))"),
        ("t*(y'^2+1)^2 = 4", "sqrt(2/sqrt(t) - 1)"),
        ("y'^6 - y*y'^3 - t = 0", "(y/2 + sqrt(t + y^2/4))^(1/3)"),
        ("exp(y') = -t", "log(-t)"),
    ],
)
def test_one_to_one_functions_and_quadratics_in_a_power_are_solved(text: str, right: str) -> None:
    found, solved = ODESystem.parse(text).rhs[0], ODESystem.parse(f"y' = {right}").rhs[0]
    place = Rational(-7, 10) if text.endswith("-t") else Rational(3, 10)
    values = dict.fromkeys(solved.free_symbols | found.free_symbols, place)
    assert abs((found - solved).xreplace(values).evalf()) < 1e-12
    assert abs((found - solved + place).xreplace(values).evalf()) > 0.1


def test_squares_leave_a_root_without_an_absolute_value() -> None:
    """Both signs are branches anyway, and one that changes with the sign of t would not be smooth."""
    assert ODESystem.parse("t*y'^2 + 4*y' - 2*y = 0").rhs[0] == -2 / t + sqrt(2) * sqrt(t * y + 2) / t
    assert ODESystem.parse("y'^2 = t^2*(1 - y^2)").rhs[0] == t * sqrt(1 - y**2)
    assert ODESystem.parse("y'^2 = exp(2*t)*y").rhs[0] == exp(t) * sqrt(y)


@pytest.mark.parametrize("text", ["exp(y') = -1-t^2", "t^2*y'^2 + 3*t*y*y' + 3*y^2 = 0", "y'^4 + y'^2 + 1 + t^2 = 0"])
def test_equations_without_real_solutions_are_refused(text: str) -> None:
    with pytest.raises(NotSolvable, match="no real solution"):
        ODESystem.parse(text)


# -- SymPy ---------------------------------------------------------------------------------------


def test_from_sympy_keeps_the_users_symbols() -> None:
    time, k = symbols("t"), symbols("k", positive=True)
    X, q, f = Function("x")(time), Function("q"), Function("f")
    system = ODESystem.from_sympy([Eq(X.diff(time, 2), -k * q(time) * X + f(X).diff(X))])
    assert system.independent is time
    assert system.unknowns == (x,)
    assert system.rhs == (-k * q(time) * x + f(x).diff(x),)
    assert system.parameters[0].symbol is k
    assert "positive" in system.parameters[0].assumptions


def test_from_sympy_solves_and_refuses() -> None:
    time = symbols("t")
    X, Y = Function("x")(time), Function("y")(time)
    pair = ODESystem.from_sympy([X.diff(time) - Y, Y.diff(time) + X])
    assert pair.rhs == (y, -x)
    assert ODESystem.from_sympy([Eq(X.diff(time) ** 2, X)], branch=1).rhs == (-sqrt(x),)
    with pytest.raises(NotSolvable, match="no derivative"):
        ODESystem.from_sympy([X + 1])
    with pytest.raises(NotSolvable, match="1 equation for 2 unknowns"):
        ODESystem.from_sympy([Eq(X.diff(time), Y.diff(time))])
    other = symbols("s")
    with pytest.raises(Unsupported, match="more than one variable"):
        ODESystem.from_sympy([X.diff(time) - Function("y")(other).diff(other)])
    with pytest.raises(Unsupported, match="name x"):
        ODESystem.from_sympy([X.diff(time) - symbols("x")])
