"""Explanations: determining equations as in the textbooks, steps that solve what they claim, and the end of the engine.

The equations in ξ and η are written down from the linearised symmetry condition of Hydon 2000, (3.11),

    η_xx + (2η_xy - ξ_xx) y' + (η_yy - 2ξ_xy) y'^2 - ξ_yy y'^3 + (η_y - 2ξ_x - 3ξ_y y') ω
        = ξ ω_x + η ω_y + (η_x + (η_y - ξ_x) y' - ξ_y y'^2) ω_y'

as the coefficients of the powers of y', or of y' and y'' for order 3.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from runs import dealt
from sympy import Add, Derivative, Expr, Function, Symbol, cancel
from sympy.core.function import AppliedUndef

import liesym
from liesym.coefficients import Field
from liesym.errors import OutOfBudget, ParseError
from liesym.symmetries.textbook.derive import without_zeros
from liesym.symmetries.textbook.explanation import Explanation
from liesym.text.grammar import parse
from liesym.text.reader import Reader, Scope

x, y = Symbol("x", real=True), Symbol("y", real=True)
FREE = ("xi_yy", "eta_yy - 2*xi_xy", "2*eta_xy - xi_xx", "eta_xx")
BOOKS = {
    # Olver 1993, section 2.4; Hydon 2000, section 3.2
    "y'' = 0": FREE,
    # Hydon 2000, section 3.2
    "y'' = y'^2/y - y^2": (
        "xi_yy + xi_y/y",
        "eta_yy - 2*xi_xy - eta_y/y + eta/y^2",
        "2*eta_xy - xi_xx + 3*y^2*xi_y - 2*eta_x/y",
        "eta_xx - y^2*(eta_y - 2*xi_x) + 2*y*eta",
    ),
    # Ibragimov 1999, chapter 9
    "y'' + y'/x = exp(y)": (
        "xi_yy",
        "eta_yy - 2*xi_xy + 2*xi_y/x",
        "2*eta_xy - xi_xx + xi_x/x - xi/x^2 - 3*xi_y*exp(y)",
        "eta_xx + eta_x/x + (eta_y - 2*xi_x - eta)*exp(y)",
    ),
    # Olver 1993, section 2.4
    "y'' = -y": ("xi_yy", "eta_yy - 2*xi_xy", "2*eta_xy - xi_xx + 3*y*xi_y", "eta_xx - y*(eta_y - 2*xi_x) + eta"),
    # Ibragimov 1999, chapter 12: linearizable
    "y'' + 3*y*y' + y^3 = 0": (
        "xi_yy",
        "eta_yy - 2*xi_xy + 6*y*xi_y",
        "2*eta_xy - xi_xx + 3*y*xi_x + 3*y^3*xi_y + 3*eta",
        "eta_xx - y^3*(eta_y - 2*xi_x) + 3*y^2*eta + 3*y*eta_x",
    ),
    # Stephani 1989, section 4.3, the Emden-Fowler equation
    "y'' = x*y^2": ("xi_yy", "eta_yy - 2*xi_xy", "2*eta_xy - xi_xx - 3*x*y^2*xi_y",
                    "eta_xx + x*y^2*(eta_y - 2*xi_x) - y^2*xi - 2*x*y*eta"),
    # Ermakov's equation: Stephani 1989, chapter 4
    "y'' = 1/y^3": ("xi_yy", "eta_yy - 2*xi_xy", "2*eta_xy - xi_xx - 3*xi_y/y^3",
                    "eta_xx + (eta_y - 2*xi_x)/y^3 + 3*eta/y^4"),
    # Bluman and Anco 2002, section 3.3
    "y'' = y'/y^2 - 1/(x*y)": (
        "xi_yy",
        "eta_yy - 2*xi_xy - 2*xi_y/y^2",
        "2*eta_xy - xi_xx - xi_x/y^2 + 3*xi_y/(x*y) + 2*eta/y^3",
        "eta_xx - (eta_y - 2*xi_x)/(x*y) - eta_x/y^2 - xi/(x^2*y) - eta/(x*y^2)",
    ),
    # Olver 1993, section 2.4: an arbitrary function of y
    "y'' = f(y)": ("xi_yy", "eta_yy - 2*xi_xy", "2*eta_xy - xi_xx - 3*f(y)*xi_y",
                   "eta_xx + f(y)*(eta_y - 2*xi_x) - eta*f'(y)"),
    # Hydon 2000, section 3.4
    "y''' = 0": ("xi_y", "eta_yy - 3*xi_xy", "eta_xy - xi_xx", "eta_yyy - 3*xi_xyy", "eta_xyy - xi_xxy",
                 "3*eta_xxy - xi_xxx", "eta_xxx", "xi_yy", "xi_yyy"),
}  # fmt: skip
"""Equation -> the determining equations of the book, in any order and up to factors."""
MORE = (
    "y'' = y^n", "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)", "x'' = -x; y'' = -y", "y^(4) = 0", "y''' = -y*y''",
    "y'' = a*y' + exp(y)", "x'' = y; y'' = x", "y'' = x*y'^2",
)  # fmt: skip


def explained(text: str) -> Explanation:
    return liesym.explain(text, budget=30.0, independent="x" if "x''" not in text else "t")


def read(text: str) -> Expr:
    """xi_xy as ∂²ξ/∂x∂y of ξ(x, y)."""
    names = dict.fromkeys(re.findall(r"(?:xi|eta)(?:_[xy]+)?", text))
    symbols = {n: Symbol(n, real=True) for n in names}
    scope = Scope({**symbols, "x": x, "y": y}, frozenset(), "x", frozenset("f"), strict=True)
    values = {}
    for name, symbol in symbols.items():
        head, _, along = name.partition("_")
        applied = Function(head)(x, y)
        values[symbol] = Derivative(applied, *along) if along else applied
        values[symbol] = values[symbol].xreplace({Symbol("x"): x, Symbol("y"): y})
    return Reader(text, scope).build(parse(text, "expression")).xreplace(values)


def rows(equation: Expr) -> dict[Expr, Expr]:
    """Derivative -> coefficient, scaled so that the first one is 1."""
    terms = equation.expand().atoms(Derivative, AppliedUndef)
    unknown = [u for u in terms if {f.func.__name__ for f in u.atoms(AppliedUndef)} & {"xi", "eta"}]
    found: dict[Expr, Any] = {u: equation.expand().coeff(u) for u in sorted(unknown, key=str)}
    first = next(c for c in found.values() if c != 0)
    return {u: cancel(c / first) for u, c in found.items() if c != 0}


def vanishes(expression: Expr, explanation: Explanation) -> bool:
    """True if it is zero in the coefficient field, whatever the functions in it are."""
    system = explanation.system
    done = expression.doit().expand()
    return done == 0 or Field.build([done], system.variables, system.parameter_symbols)(done).is_zero


def with_values(equation: Expr, explanation: Explanation, values: tuple[Expr, ...]) -> Expr:
    """A determining equation with the infinitesimals put in."""
    given = {u.applied: v for u, v in zip(explanation.unknowns, values, strict=True)}
    return Add(*(term.subs(given) for term in Add.make_args(equation.expand())))


@pytest.mark.parametrize("text", BOOKS)
def test_the_determining_equations_are_those_of_the_book(text: str) -> None:
    mine = [rows(e) for e in explained(text).equations]
    books = [rows(read(e)) for e in BOOKS[text]]
    for row in mine:
        assert row in books, row
    assert all(row in mine for row in books)


def test_another_equation_is_noticed() -> None:
    assert rows(read("2*eta_xy - xi_xx")) == rows(read("xi_xx/3 - 2*eta_xy/3")) != rows(read("eta_xy - xi_xx"))


@pytest.mark.parametrize("text", dealt([*BOOKS, *MORE], usual=3, late=("x'' = -x; y'' = -y",)))
def test_each_step_solves_what_it_claims(text: str) -> None:
    found = explained(text)
    assert found.by_hand and found.steps and found.steps[-1].satisfied == tuple(range(len(found.equations)))
    for step in found.steps:
        for i in step.satisfied:
            assert vanishes(with_values(found.equations[i], found, step.infinitesimals), found), (step.rule, i)
    assert "spans the same space" in found.agreement
    for constant in found.constants:
        components = tuple(e.diff(constant) for e in found.solution)
        assert liesym.Generator(found.system.variables, components).is_symmetry_of(found.system)
    assert len(found.constants) == found.result.dimension


def test_a_wrong_step_is_noticed() -> None:
    found = explained("y'' = 0")
    wrong = tuple(e + x * y for e in found.steps[-1].infinitesimals)
    assert not all(vanishes(with_values(e, found, wrong), found) for e in found.equations)


def test_the_steps_are_those_of_the_book() -> None:
    """Hydon 2000, section 3.2: ξ = A log y + B, η = A' y (log y)^2 + C y log y + D y, A = C = 0, D = -2 B', B'' = 0."""
    found = explained("y'' = y'^2/y - y^2")
    first, second, *rest = found.steps
    told = found.to_text(unicode=True)
    assert (first.rule, second.rule) == ("linear equation", "linear equation")
    assert "ξ = a(x) + b(x)·log(y)" in told and "η = c(x)·y + d(x)·y·log(y) + b'·y·log(y)^2" in told
    assert [str(v) for v in second.split] == ["y"]
    assert [s.rule for s in rest] == ["zero", "zero", "solved", "polynomial"]
    assert "c = −2·a'" in told and "a'' = 0: a is linear in x" in told


def test_what_follows_from_zeros_is_left_out() -> None:
    c = liesym.ODESystem.parse("y'' = 0")
    one = Field.build([], c.variables).one
    assert without_zeros([{(0, (0, 2)): one}, {(0, (1, 2)): one, (1, (0, 0)): one}, {(0, (0, 3)): one}]) == [
        {(0, (0, 2)): one},
        {(1, (0, 0)): one},
    ]


def test_what_the_steps_cannot_do_is_said() -> None:
    found = explained("y' = y")
    assert not found.by_hand and found.steps[-1].rule == "engine"
    assert "solved by the engine" in str(found) and "Solutions that were found" in str(found)


def test_a_separable_ansatz_restricts_the_functions() -> None:
    found = liesym.explain("z' = cos(theta1*z + theta2)", "separable: t(t), z(z)", budget=30.0)
    assert [len(u.arguments) for u in found.unknowns] == [1, 1]
    assert found.result.generators


def test_absolute_values_are_explained_on_one_side() -> None:
    found = explained("y'' = y' + abs(y)")
    assert found.by_hand and "this is the side where" in str(found) and "spans the same space" in found.agreement
    assert all(g.on for g in found.result.generators) and len(found.constants) == len(found.result.generators)


def test_names_of_the_system_are_not_taken() -> None:
    found = liesym.explain("xi'' = eta*xi + a*C1 + b", budget=30.0)
    names = {s.name for e in found.solution for s in e.free_symbols}
    assert {u.name for u in found.unknowns} & {"xi", "eta"} == set() and len(found.constants) == 8
    assert not {c.name for c in found.constants} & {"C1", "a", "b"} and "C2" in names


def test_bad_input_is_refused_as_elsewhere() -> None:
    with pytest.raises(ParseError):
        liesym.explain("y'' = 2y")
    with pytest.raises((OutOfBudget, ParseError)):
        liesym.explain("", budget=1.0)


def test_every_writing_says_the_same() -> None:
    found = explained("y'' = x*y^2")
    text, tex, page = found.to_text(steps=True, unicode=False), found.to_latex(), found.to_html()
    assert text.isascii() and "xi_yy = 0" in text and "Step 1: from (1) xi_yy = 0: xi is linear in y" in text
    assert r"$\xi_{y y} = 0$" in tex and tex.count("$") % 2 == 0
    assert page.count("<math") == page.count("</math>") > 20 and "<h2>General solution</h2>" in page
    assert all("Derivative" not in w and "Function" not in w and "eta(" not in w for w in (tex, page))
    assert found.to_json()["generators"] == [{"x": "x", "y": "-3*y", "trivial": False}]
