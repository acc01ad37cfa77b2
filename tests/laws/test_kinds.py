"""Kinds of generators and integrals are told by their form, and the summary says them first."""

from __future__ import annotations

import pytest

import liesym
from liesym.app.report.sentence import sentences
from liesym.app.report.terminal import fitted
from liesym.conservation.kinds import integral_kind
from liesym.model.reading import read_in_system
from liesym.model.vectorfields import read_generator
from liesym.symmetries.kinds import in_words, kind, together

PLANE = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
SPACE = liesym.ODESystem.parse("; ".join(f"{q}'' = -k*{q}/(x^2+y^2+z^2)^(3/2)" for q in "xyz"))
PAIR = liesym.ODESystem.parse("q' = p; p' = -sin(q)")


@pytest.mark.parametrize(
    ("generator", "name", "words"),
    [
        ("t: 1", "translation", "time translation"),
        ("x: 2; y: -1", "translation", "translation of x and y"),
        ("t: 3*t; x: 2*x; y: 2*y", "scaling", "scaling (x, y ~ t^(2/3))"),
        ("t: -t; x: x", "scaling", "scaling (x ~ 1/t)"),
        ("x: x; y: y", "scaling", "scaling of x and y"),
        ("t: t; x: x; y: 2*y", "scaling", "scaling with weights t: 1, x: 1, y: 2"),
        ("x: y; y: -x", "rotation", "rotation of x and y"),
        ("x: t; y: 3*t", "Galilean boost", "Galilean boost of x and y"),
        ("x: cos(t)", "superposition", "superposition (a solution is added to x)"),
        ("t: t^2; x: t*x; y: t*y", "projective", "projective"),
        ("t: t*x; x: x^2; y: x*y + y", "projective", "projective"),
        ("x: y; y: x", "linear", "linear map"),
        ("t: t^2; x: t*x", "other", "another"),
        ("x: y^2", "other", "another"),
        ("x: sin(t)*y", "linear", "linear map that changes with time"),
    ],
)
def test_kinds_of_generators(generator: str, name: str, words: str) -> None:
    found = kind(read_generator(generator, PLANE))
    assert (found.name, found.words) == (name, words)


def test_a_coordinate_change_leaves_the_kind_of_a_scaled_generator() -> None:
    for text in ("t: 1", "x: y; y: -x", "t: t^2; x: t*x; y: t*y"):
        field = read_generator(text, PLANE)
        assert kind(field * 3) == kind(field)


@pytest.mark.parametrize(
    ("system", "integral", "words"),
    [
        (PLANE, "x'^2/2 + y'^2/2 - 1/sqrt(x^2+y^2)", "energy"),
        (PLANE, "x*y' - y*x'", "angular momentum"),
        (PLANE, "x*y'^2 - y*x'*y' - x/sqrt(x^2+y^2)", "component of the Runge-Lenz vector"),
        (SPACE, "x*y' - y*x' + 2*(y*z' - z*y')", "angular momentum"),
        (SPACE, "z*(x'^2+y'^2) - z'*(x*x'+y*y') - k*z/sqrt(x^2+y^2+z^2)", "component of the Runge-Lenz vector"),
        (PLANE, "x*y'^2 - y*x'*y' - x/(x^2+y^2)", None),
        (PLANE, "x'^2 + x*y'^2", None),
        (PLANE, "x*y' + y*x'", None),
        (PLANE, "x'*y'", None),
        (PLANE, "2*x' - y'", "momentum of x and y"),
        (PLANE, "x - t*x'", "centre of mass"),
        (PLANE, "x'^2 + x^2", "energy of x"),
        (PAIR, "p^2/2 - cos(q)", "Hamiltonian"),
        (PAIR, "p^2/2 + cos(q)", None),
        (PAIR, "p + 3*q", "balance of q and p"),
    ],
)
def test_kinds_of_integrals(system: liesym.ODESystem, integral: str, words: str | None) -> None:
    assert integral_kind(read_in_system(integral, system), system) == words


def test_the_summary_of_keplers_problem() -> None:
    result = liesym.find_symmetries(PLANE)
    found = [read_in_system(e, PLANE) for e in ("x*y' - y*x'", "x'^2/2 + y'^2/2 - 1/sqrt(x^2+y^2)", "t*x'^3")]
    assert list(sentences(result, found, None)) == [
        "3 symmetries, proven complete: time translation, scaling (x, y ~ t^(2/3)), rotation of x and y.",
        "Conserved: angular momentum, energy, 1 more.",
    ]


def test_what_it_means_that_nothing_was_found() -> None:
    absent = liesym.find_symmetries(liesym.ODESystem.parse("y'' = y^2 + t"))
    told = list(sentences(absent, (), None))
    assert told[0] == "No symmetry, proven complete." and told[1].startswith("That is proven") and "To try" in told[-1]
    moving = liesym.find_symmetries(liesym.ODESystem.parse("y'' = y^2 + a*t"))
    assert moving.generators or any("--moving" in line for line in sentences(moving, (), None))


def test_many_generators_are_counted() -> None:
    fields = [read_generator(g, PLANE) for g in ("t: 1", "x: 1", "x: x", "y: y", "x: y^2")]
    assert in_words([kind(f) for f in fields]) == "2 translations, 2 scalings, 1 of no common kind"
    assert in_words([kind(fields[-1])]) == "" and together(["x", "y", "z"]) == "x, y and z"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_lines_fit_and_hold_the_same_text(width: int) -> None:
    text = "  X1 = alpha·t ∂t + (beta·x + gamma·y) ∂x − (y + longer_name) ∂y   (affine map)"
    lines = fitted(text, width, "    ")
    assert all(len(line) <= width for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert fitted("a_name_without_any_place_to_break", 10) == ["a_name_without_any_place_to_break"]
