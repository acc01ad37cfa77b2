"""What is shown is equal to what was found, and reads as a person writes it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sympy
from sympy import Derivative, Expr, Function, Rational, S, Symbol, cos, exp, sin, sqrt, symbols

import liesym
from liesym.model.reading import read_in_system
from liesym.text.display import Display, same, shown, symbol_name, tidy, unicode_here
from liesym.text.latex import latex
from liesym.text.mathml import mathml
from liesym.text.shown import field_latex, field_text
from liesym.text.writer import write

t, x, y, vx, vy = (Symbol(n, real=True) for n in ("t", "x", "y", "x'", "y'"))
g, theta1 = Symbol("g", real=True), Symbol("theta1", real=True)
BY = Display((t, x, y), (theta1, g), unicode=True)
ASCII = Display((t, x, y), (theta1, g), unicode=False)
KEPLER = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
CORPUS = json.loads((Path(__file__).parents[1] / "catalogue" / "corpus.json").read_text(encoding="utf-8"))
SOME = CORPUS[::9] if isinstance(CORPUS, list) else CORPUS["systems"][::9]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("theta1", "θ₁"),
        ("eta_x", "η_x"),
        ("psi2", "ψ₂"),
        ("x1", "x₁"),
        ("mass1", "mass1"),
        ("a_theta1", "a_θ₁"),
        ("_k", "_k"),
    ],
)
def test_names_are_symbols(name: str, symbol: str) -> None:
    assert symbol_name(name) == symbol


def test_two_names_never_look_the_same() -> None:
    both = Display((Symbol("theta1"), Symbol("θ₁")), unicode=True)
    assert both.write(Symbol("theta1")) != both.write(Symbol("θ₁"))


@pytest.mark.parametrize(
    ("expression", "text", "plain"),
    [
        (x * vy - vx * y, "x·y' − y·x'", "x*y' - y*x'"),
        (vx**2 / 2 + theta1 * x**2 / 2, "x'^2/2 + θ₁·x^2/2", "x'^2/2 + theta1*x^2/2"),
        (x**2 + 2 * x * y + y**2, "(x + y)^2", "(x + y)^2"),
        (exp(g * t) * exp(-g * t / 2) * x, "x·exp(g·t/2)", "x*exp(g*t/2)"),
        (x**2 - t**3, "x^2 − t^3", "x^2 - t^3"),
    ],
)
def test_an_expression_reads_as_it_is_written_by_hand(expression, text: str, plain: str) -> None:
    assert shown(expression, BY) == text
    assert shown(expression, ASCII) == plain


def test_terms_stand_by_degree_and_then_in_the_users_order() -> None:
    assert BY.write(t + x**2 + vx**2 + t * y) == "x'^2 + t·y + x^2 + t"
    assert Display((y, x), unicode=True).write(x + y) == "y + x"


def test_symbols_are_used_where_the_output_has_them() -> None:
    class Old:
        encoding = "latin-1"

    assert unicode_here(io.StringIO()) and not unicode_here(Old())


def test_functions_are_bare_where_it_is_said_what_they_depend_on() -> None:
    xi, eta = Function("xi")(t, y), Function("eta_y")(t, y)
    by = Display((t, y), unicode=True, bare=("xi", "eta_y"))
    assert by.write(Derivative(xi, (y, 2))) == "ξ_yy"
    assert by.write(Derivative(eta, t, y)) == "∂²η_y/∂t∂y"
    assert Display((t, y), unicode=False, bare=("eta_y",)).write(Derivative(eta, (y, 2))) == "D(eta_y, y, 2)"


@pytest.mark.parametrize("record", SOME, ids=lambda r: r["id"])
def test_a_tidied_expression_is_equal_and_not_longer(record) -> None:
    system = liesym.ODESystem.parse("; ".join(record["equations"]), independent=record.get("independent", "t"))
    by = Display(system.variables, system.parameter_symbols, unicode=True)
    for f in system.rhs:
        tidied = tidy(f, by)
        point = {s: sympy.Rational(7 + i, 5) for i, s in enumerate(sorted(f.free_symbols, key=str))}
        a, b = (sympy.N(e.subs(point), 30) for e in (f, tidied))
        assert len(by.write(tidied)) <= len(by.write(f))
        assert not (a.is_number and b.is_number and a.is_finite) or abs(a - b) <= abs(a) * S("1e-20")


def test_fractions_stand_by_themselves_where_that_is_shorter() -> None:
    assert shown((theta1 * x**3 * vy**2 + theta1 * x * vx**2 - 2 * g) / (2 * x), BY) == "θ₁·x^2·y'^2/2 + θ₁·x'^2/2 − g/x"
    assert shown(x**2 + 2 * x * y + y**2, BY) == "(x + y)^2" == shown((x + y) ** 2, BY)


def test_no_minus_stands_above_and_below() -> None:
    a, b = symbols("a b", real=True)
    assert shown(-a / (-b - x), BY) == "a/(x + b)" == shown(a / (b + x), BY)
    assert shown(sqrt(-a / (-b - 2 * sympy.cos(x))), BY) == shown(sqrt(a / (b + 2 * sympy.cos(x))), BY)
    assert shown(sympy.Integral(1 / (-a - b * x), (x, 0, y)), BY).startswith("integral(−1/(")


def test_what_is_not_equal_is_not_the_same() -> None:
    assert same(sin(x) ** 2, 1 - sympy.cos(x) ** 2) and not same(sin(x), x) and not same(sqrt(x**2), x)


def test_products_and_minus_signs_are_read_back() -> None:
    shown_law = shown(x * vy - y * vx, BY)
    assert read_in_system(shown_law, KEPLER) == x * vy - y * vx


@pytest.mark.parametrize(
    ("components", "text", "plain"),
    [
        ((0, y, -x), "y ∂x − x ∂y", "y d/dx - x d/dy"),
        ((0, -y, x), "x ∂y − y ∂x", "x d/dy - y d/dx"),
        ((1, 0, 0), "∂t", "d/dt"),
        ((-1, 0, 0), "−∂t", "-d/dt"),
        ((0, x + y, -x - y), "(x + y) ∂x − (x + y) ∂y", "(x + y) d/dx - (x + y) d/dy"),
        ((exp(t), 2 * x * exp(t), 0), "exp(t) (∂t + 2·x ∂x)", "exp(t) (d/dt + 2*x d/dx)"),
        ((0, 0, 0), "0", "0"),
    ],
)
def test_a_vector_field(components, text: str, plain: str) -> None:
    field = tuple(map(sympy.sympify, components))
    assert field_text((t, x, y), field, Display((t, x, y), unicode=True)) == text
    assert field_text((t, x, y), field, Display((t, x, y), unicode=False)) == plain


def test_mathml_needs_no_font_for_mathematics() -> None:
    """Primes and minus signs as letters, parentheses that do not grow around one line, sums not begun by a minus sign."""
    g, theta, speed = Symbol("g"), Symbol("theta"), Symbol("theta'")
    text = mathml(-2 * g * cos(theta) + speed**2)
    assert text.index("′") < text.index("cos") and "θ" in text and "<mo>−</mo>" in text and "<mo>-</mo>" not in text
    assert text.count('<mo stretchy="false">(</mo>') == 1
    assert "stretchy" not in mathml(cos(theta / g)) and "<mo>(</mo>" in mathml(cos(theta / g))
    assert latex(-2 * g * cos(theta) + speed**2).startswith(r"\left(\theta^{\prime}\right)^{2} - 2 g")


def test_latex_of_a_vector_field() -> None:
    assert field_latex((t, x, y), (S.Zero, y, -x)) == r"y\,\partial_{x} - x\,\partial_{y}"


# -- values ----------------------------------------------------------------------------------------


def test_generators_are_values() -> None:
    turn = liesym.Generator((t, x, y), (S.Zero, y, -x))
    grow = liesym.Generator((t, x, y), (S.Zero, x, y))
    move = liesym.Generator((t, x, y), (S.One, S.Zero, S.Zero))
    assert (turn + 2 * grow - turn).equals(grow * 2) and (-turn).equals(turn * -1) and (turn / 2 + turn / 2).equals(turn)
    assert turn(x**2 + y**2) == 0 and grow(x * vy - y * vx) == 2 * (x * vy - y * vx)
    assert turn["x"] == turn[x] == y and list(move) == [1, 0, 0]
    assert turn.bracket(move).equals(0 * turn) and not turn.equals(grow)
    assert liesym.Generator((t, x), (x * (x + 1), S.Zero)).equals(liesym.Generator((t, x), (x**2 + x, S.Zero)))
    with pytest.raises(liesym.AnsatzError, match="bracket"):
        turn * grow
    with pytest.raises(liesym.AnsatzError, match="not a variable"):
        turn["z"]
    with pytest.raises(liesym.AnsatzError, match=r"over \(t, x\), not \(t, x, y\)"):
        turn + liesym.Generator((t, x), (S.One, S.Zero))
    with pytest.raises(TypeError):
        turn + 1  # type: ignore[operator]


def test_everything_shows_itself() -> None:
    result = liesym.find_symmetries(KEPLER)
    assert str(result) == repr(result)
    assert str(result).splitlines()[0].startswith("3 symmetries, proven complete")
    assert "X3 = y ∂x − x ∂y" in str(result) and "{" not in str(result)
    assert "<table>" in result._repr_html_() and "<msub><mo>∂</mo><mi>t</mi></msub>" in result._repr_html_()
    turn = result.generators[-1]
    assert sympy.latex(turn) == turn.to_latex() == liesym.latex(turn) and turn._repr_latex_().startswith("$")
    algebra = result.algebra
    assert algebra is not None and "[X1, X2] = 3*X1" in str(algebra) and r"[X_{1}, X_{2}] &= 3 X_{1}" in algebra.to_latex()
    assert str(KEPLER).splitlines()[0] == "x'' = −x/(x^2 + y^2)^(3/2)" and r"\begin{aligned}" in KEPLER.to_latex()
    law = liesym.noether("x'^2/2 - x^2/2", budget=3)[0]
    assert ":  I = " in str(law) and r"\quad I =" in law.to_latex()
    solution = liesym.solve("y' = y", budget=3)
    assert str(solution) == "y = C₁·exp(t)" and solution._repr_latex_() == r"$\displaystyle y = C_{1} e^{t}$"


def test_a_listing_shows_itself_in_a_notebook() -> None:
    found = liesym.first_integrals(liesym.ODESystem.parse("y'' = -y"), budget=3)
    assert r"\begin{aligned}" in found._repr_latex_() and "nothing" in type(found)()._repr_latex_()


def test_the_package_shows_its_public_names_alone() -> None:
    assert set(liesym.__all__) <= set(dir(liesym)) and "import_module" not in dir(liesym)
    assert liesym.__doc__ is not None and "print(result)" in liesym.__doc__


def test_what_holds_on_a_side_is_never_shown_without_it() -> None:
    """A solution, a charge and symmetries that are true where something is positive, at each door."""
    root = liesym.solve("y' = sqrt(y)")
    fall = next(law for law in liesym.noether("x'^2/2 - abs(x)") if law.on)
    damped = liesym.find_symmetries(liesym.ODESystem.parse("y'' = y'^2/y - a*y' - b*y"))
    sided = next(g for g in damped.generators if g.on)
    for value in (root, fall, damped, sided):
        assert "where " in str(value) and "> 0" in str(value)
        assert r"\text{where }" in value.to_latex() and "> 0" in value.to_latex()
    assert "where y &gt; 0" in damped._repr_html_()
    everywhere = liesym.find_symmetries(liesym.ODESystem.parse("y'' = y^3"))
    assert "where" not in str(everywhere) and "where" not in everywhere.to_latex()


def test_every_branch_is_shown() -> None:
    shown = str(liesym.solve("y'^2 = 4*y*y' - 3*y^2", independent="x"))
    assert "exp(x)" in shown and "exp(3·x)".replace("·", "*") in shown.replace("·", "*")


def test_what_is_long_over_one_denominator_is_not_factored_for_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate of a kinetic model: factoring it takes SymPy a minute, and shows nothing shorter."""
    asked: list[Expr] = []
    monkeypatch.setattr("liesym.text.display.factor", lambda e: asked.append(e) or e)
    x, y = symbols("x y", real=True)
    assert shown(x**2 + 2 * x * y + y**2) and asked
    asked.clear()
    a, b, c, *k = symbols("a b c k1:10", real=True)
    rate = k[0] - k[1] * a * b / (k[2] + a + k[3] * b) + k[4] * c * a / (k[5] + c + k[6] * a) - b * c / (k[7] + b + k[8] * c)
    assert shown(rate) and not asked


def test_decimals_are_shown_as_they_were_typed() -> None:
    """Exact inside, and to the writer that is read back; what is made of them has all its digits where these are few."""
    system = liesym.ODESystem.parse("A' = -0.123*A + 1/3; B' = 0.1230*A^0.37 - 1.5e-3*B + 0.5; C' = 2*C")
    assert str(system).replace("−", "-").replace("·", "*").splitlines() == [
        "A' = 1/3 - 0.123*A",
        "B' = 0.123*A^0.37 - 1.5e-3*B + 0.5",
        "C' = 2*C",
    ]
    by, A = system.display, system.unknowns[0]
    assert by.write(-Rational(246, 1000) * A / 7) == by.write(-Rational(123, 3500) * A)  # 246/7000 has no end
    assert by.write(Rational(246, 1000) * A).replace("·", "*") == "0.246*A"
    assert by.write(Rational(1, 1024) * A).replace("·", "*") == "0.0009765625*A"
    assert write(system.rhs[0]) == "1/3 - 123*A/1000"
    plain = liesym.ODESystem.parse("A' = -A/1000 + A^2/2")
    assert "." not in str(plain) and plain == liesym.ODESystem.parse("A' = -0.001*A + 0.5*A^2")
    assert liesym.ODESystem.parse("x' = -x  # 1e-999999 and 0.25").display.decimals == {Rational(1, 4): "0.25"}
