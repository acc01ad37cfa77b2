"""First-order equations and systems: known symmetries lie in the span of what is returned, modulo trivial ones.

Three lists: the corpus; relatives of its entries with symmetries derived by hand; equations of SymPy's own tests of its
`lie_group` solver, and some on which that solver crashes, hangs or finds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from runs import dealt
from symmetry_examples import analyzed, characteristic, field_for, field_from_text, is_spanned_modulo_trivial
from sympy import I

from liesym import ODESystem
from liesym.errors import NotSolvable
from liesym.symmetries.results import Completeness, Result

HERE = Path(__file__).parent
CORPUS = {e["id"]: e for e in json.loads((HERE / "corpus.json").read_text()) if e["order"] == 1}
RELATIVES = {"; ".join(e["equations"]): e for e in json.loads((HERE / "first_order.json").read_text())}
KAMKE = dict(line.split(" ", 1) for line in (HERE / "kamke1.txt").read_text().splitlines() if line[0] != "#")


def result_of(entry: dict) -> Result:
    return analyzed("; ".join(entry["equations"]), entry["independent"], 30.0)


def missed(entry: dict) -> list[dict]:
    """The listed generators that are not in the span."""
    result = result_of(entry)
    return [g for g in entry["generators"] if not is_spanned_modulo_trivial(field_from_text(g, result.system), result)]


def assert_sound(result: Result) -> None:
    """Every generator passes substitution by the public check, and none that counts is trivial."""
    rows = [characteristic(g, result.system) for g in result.nontrivial]
    field = field_for(rows, result.system)
    for generator, row in zip(result.nontrivial, rows, strict=True):
        assert generator.is_symmetry_of(result.system)
        assert any(not field(c).is_zero for c in row.components)


QUICK = ("sympy_h1_eq3_kamke1_131", "hydon_elliptic", "kamke1_122", "kamke1_345", "lotka_volterra_equal", "euler_top")


@pytest.mark.parametrize("name", QUICK)
def test_generators_of_the_corpus(name: str) -> None:
    assert not missed(CORPUS[name])
    assert_sound(result_of(CORPUS[name]))


@pytest.mark.slow
@pytest.mark.in_ci
@pytest.mark.timeout(1800)
def test_the_whole_corpus() -> None:
    """At least 95 % of the listed generators."""
    listed = sum(len(e["generators"]) for e in CORPUS.values())
    lost = {name: miss for name, e in CORPUS.items() if (miss := missed(e))}
    assert listed >= 69 and sum(map(len, lost.values())) <= 0.05 * listed, lost


@pytest.mark.parametrize("name", list(RELATIVES)[::20])
def test_relatives_of_the_corpus(name: str) -> None:
    assert not missed(RELATIVES[name])


@pytest.mark.parametrize("name", dealt(RELATIVES, slow=4, late=RELATIVES))
def test_all_relatives_of_the_corpus(name: str) -> None:
    assert not missed(RELATIVES[name])


def test_the_span_test_rejects_what_is_no_symmetry() -> None:
    result = result_of(CORPUS["kamke1_122"])
    assert is_spanned_modulo_trivial(field_from_text({"y": "3*cos(y)^2/x"}, result.system), result)
    for wrong in ({"y": "cos(y)/x"}, {"x": "x"}, {"x": "1", "y": "y"}):
        assert not is_spanned_modulo_trivial(field_from_text(wrong, result.system), result)


# -- SymPy's own tests of the Lie group method (sympy/solvers/ode/tests/test_lie_group.py) ----------------------

SYMPY_TESTS = {
    "y' = x^2*y": {"y": "exp(x^3/3)"},
    "y' + a*y - c*exp(b*x) = 0": {"y": "exp(-a*x)"},
    "y' + 2*x*y - x*exp(-x^2) = 0": {"y": "exp(-x^2)"},
    "(1+2*x)*y' + 2 - 4*exp(-y) = 0": {"x": "2*x+1"},
    "y' - (a4*x^4+a3*x^3+a2*x^2+a1*x+a0)^(-1/2) = 0": {"y": "1"},
    "x^2*y' - y + x^2*exp(x-1/x) = 0": {"y": "exp(-1/x)"},
    "y' - (y/x)*(x*log(x^2/y)+2) = 0": {"y": "y*exp(-x)"},
    "x*y' + 1 - y^2 = 0": {"x": "sqrt(y-1)/sqrt(y+1)"},
    "x^2*y' + x*y + y^2 + x^2 = 0": {"x": "x", "y": "y"},
    "x^2*(-y^2+y') - a*x^2*y + 2 - a*x = 0": None,
    "y' - (3*(1+x^2/y^2)*atan(y/x) + (1-2*y)/x + (1-3*y)*(x/y^2)) = 0": {"y": "1/x^2+1/y^2"},
    "y' - F(a*x+b*y) = 0": {"x": "b", "y": "-a"},
    "y' - y^2/(sin(y-x)-x^2+2*x*y) = 0": {"x": "y^2", "y": "y^2"},
    "y' - x^(a-1)*y^(1-b)*F(x^a/a+y^b/b) = 0": {"x": "x^(1-a)", "y": "-y^(1-b)"},
    "y' + tan(F(x^2+y^2)+atan(x/y)) = 0": {"x": "-y", "y": "x"},
    "(x*y'+y+2*x)^2 - 4*x*y - 4*x^2 - 4*a = 0": None,
    "x^(n*(m+1)-m)*y' - a*y^n - b*x^(n*(m+1)) = 0": {"x": "x", "y": "(m+1)*y"},
    "x^2*(a*y^2+y') + b*x^alpha + c = 0": None,
}


@pytest.mark.parametrize("text", dealt(SYMPY_TESTS, late=[t for t in SYMPY_TESTS if "b*x^alpha" in t or "a4*x^4" in t]))
def test_equations_of_the_tests_of_sympy(text: str) -> None:
    result = analyzed(text, "x", 30.0)
    assert result.nontrivial and result.completeness is Completeness.WITHIN_ANSATZ
    listed = SYMPY_TESTS[text]
    if listed is not None:
        assert is_spanned_modulo_trivial(field_from_text(listed, result.system), result)


# What SymPy 1.14 misses, or answers with an exception or not at all; the numbers are of its issue threads.
MISSED_BY_SYMPY = {
    "y' = x": {"y": "1"},  # its bivariate heuristic
    "y' = xi0*y + eta0*x": {"y": "exp(xi0*x)"},  # parameters with the names of its unknowns
    "y' = y + C1*exp(xi*x)": {"x": "1", "y": "xi*y"},
    "2*x^3 + 3*y + (3*x+y-1)*y' = 0": {"y": "1/(3*x+y-1)"},  # 24957
    "sin(2*x)*y' - y - tan(x) = 0": {"y": "sqrt(sin(x))/sqrt(cos(x))"},  # 18454
    "x*y' - y*(x*log(x^2/y)+2) = 0": {"y": "y*exp(-x)"},  # 17322
    "y' - (y-x*log(x))^2/x^2 - log(x) = 0": {"x": "x", "y": "x+y"},  # 17342
    "y'^2 = 9/4*(1+cos(2*y))^2": {"x": "1"},  # 14760
    "g + y' = k*y^2": {"x": "1"},  # 12889
    "y*y' + y = 0": {"y": "1"},  # 19063
}


@pytest.mark.parametrize("text", MISSED_BY_SYMPY)
def test_equations_on_which_sympy_fails(text: str) -> None:
    result = analyzed(text, "x", 30.0)
    assert is_spanned_modulo_trivial(field_from_text(MISSED_BY_SYMPY[text], result.system), result)
    assert_sound(result)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        pytest.param("y' = y^2 + tan(x)*y + 1/cos(x)^2", {"y": "y^2*cos(x) + 1/cos(x)"}, marks=pytest.mark.slow),
        ("y' = x*y^2 + f'(x)*y/f(x) + x*f(x)^2", {"y": "y^2/f(x) + f(x)"}),
    ],
)
def test_two_conjugate_solutions_of_a_riccati_equation_make_a_real_symmetry(text: str, known: dict[str, str]) -> None:
    result = analyzed(text, "x", 30.0)
    assert is_spanned_modulo_trivial(field_from_text(known, result.system), result)
    assert not any(c.has(I) for g in result.generators for c in g.components)
    assert_sound(result)


@pytest.mark.slow
def test_symmetries_that_hold_the_imaginary_unit_are_left_out() -> None:
    """sqrt(1 + cot²) is 1/|sin|, and the field writes it with a root of cos² - 1."""
    result = analyzed("y'^2 + 2*y*y'*cot(x) - y^2 = 0", "x", 30.0)
    assert is_spanned_modulo_trivial(field_from_text({"y": "y"}, result.system), result)
    every = [*result.generators, *(f.generator for f in result.families)]
    assert not any(c.has(I) for g in every for c in g.components)


def test_an_equation_without_solutions_is_refused() -> None:
    with pytest.raises(NotSolvable, match="no real solution"):  # 15219
        ODESystem.parse("exp(y'-y) = 0", independent="x")


def test_nothing_found_is_not_passed_off_as_an_answer() -> None:
    result = analyzed("x*y' + y*log(y) = exp(x)", "x", 30.0)  # 25773
    assert not result.nontrivial and result.completeness is not Completeness.PROVEN


# -- Kamke, chapter 1 --------------------------------------------------------------------------------------

TYPES = {
    11: "linear, arbitrary functions",
    16: "Riccati with a particular solution where an arbitrary function has a zero",
    33: "Riccati with a particular solution made of the arbitrary functions",
    53: "of degree n, reduced by a substitution",
    66: "elliptic",
    80: "Riccati in the tangent of half the unknown",
    86: "rotations of a conic",
    127: "scaling with symbolic weights",
    117: "homogeneous",
}


@pytest.mark.parametrize("number", dealt(TYPES, late=(16, 33, 66, 80)))
def test_a_symmetry_for_each_type(number: int) -> None:
    result = analyzed(KAMKE[str(number)], "x", 30.0)
    assert result.nontrivial
    assert_sound(result)


def test_named_solutions_come_with_their_equation() -> None:
    result = analyzed("y' + f(x)*y^2 - g(x) = 0", "x", 30.0)
    assert len(result.nontrivial) == 3
    for generator in result.nontrivial:
        assert generator.definitions and generator.is_symmetry_of(result.system)
        assert all(d.order == 2 for d in generator.definitions)


def with_a_symmetry(numbers: Iterable[str]) -> int:
    """For how many equations there is one that is not trivial; 10 s on the patient clock are 30 s of work."""
    return sum(bool(analyzed(KAMKE[number], "x", 10.0).nontrivial) for number in numbers)


@pytest.mark.slow
@pytest.mark.in_ci
def test_every_sixth_equation_of_the_chapter() -> None:
    share = list(KAMKE)[::6]
    assert len(share) == 59 and with_a_symmetry(share) >= 0.85 * len(share)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
def test_the_whole_chapter() -> None:
    """A symmetry for at least 85 %."""
    assert len(KAMKE) == 349 and with_a_symmetry(KAMKE) >= 0.85 * len(KAMKE)
