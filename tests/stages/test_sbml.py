"""SBML: each construct read as the equations that it means, back to SBML, and what is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from sbml_models import (
    assignment,
    compartment,
    function,
    math,
    parameter,
    rate,
    reaction,
    reference,
    sbml,
    species,
    start,
)

from liesym import ODESystem
from liesym.errors import DataError, NotSolvable, ParseError, Unsupported
from liesym.text.decimals import read_with_decimals
from liesym.text.files import read_file_text
from liesym.text.formats.record import ModelFile
from liesym.text.formats.sbml import read_sbml
from liesym.text.formats.sbml_writing import write_sbml
from liesym.text.formats.written import equation_lines, problem_text

A, B = reference("A"), reference("B")
TWO = [species("A", initialConcentration=2), species("B", initialConcentration=0.25)]
K = [parameter("k", 0.125)]
DECAY: dict[str, Any] = {"species": TWO, "parameters": K, "reactions": [reaction("r", [A], [B], "k*A")]}
READ = {
    "a reaction": (sbml(**DECAY), "A' = -k*A; B' = k*A"),
    "stoichiometry": (
        sbml(species=TWO, parameters=K, reactions=[reaction("r", [reference("A", 2)], [reference("B", 1.5)], "k*A^2")]),
        "A' = -2*k*A^2; B' = 3/2*k*A^2",
    ),
    "a species on both sides": (
        sbml(species=TWO, parameters=K, reactions=[reaction("r", [A], [reference("A", 2)], "k*A*B")]), "A' = k*A*B",
    ),
    "a size": (
        sbml(compartments=[compartment("c", 2)], **{**DECAY, "reactions": [reaction("r", [A], [B], "c*k*A")]}),
        "A' = -k*A; B' = k*A",
    ),
    "two sizes": (
        sbml(
            compartments=[compartment("c", 2), compartment("d", 3)],
            species=[species("A"), species("B", "d")], parameters=K, reactions=[reaction("r", [A], [B], "k*A")],
        ),
        "A' = -k*A/c; B' = k*A/d",
    ),
    "amounts": (
        sbml(
            compartments=[compartment("c", 2)],
            species=[species("A", hasOnlySubstanceUnits=True), species("B")], parameters=K,
            reactions=[reaction("r", [A], [B], "k*A")],
        ),
        "A' = -k*A; B' = k*A/c",
    ),
    "a size that grows": (
        sbml(
            compartments=[compartment("c", 2, constant=False)], species=TWO, parameters=[*K, parameter("g", 1)],
            rules=[rate("c", "g*c")], reactions=[reaction("r", [A], [B], "k*A*c")],
        ),
        "A' = -k*A - A*g; B' = k*A - B*g; c' = g*c",
    ),
    "a size that is assigned": (
        sbml(
            compartments=[compartment("c", constant=False)], species=TWO, parameters=K,
            rules=[assignment("c", "1 + time^2")], reactions=[reaction("r", [A], [B], "k*A*c")],
        ),
        "A' = -k*A - 2*t*A/(1 + t^2); B' = k*A - 2*t*B/(1 + t^2)",
    ),
    "a boundary species": (
        sbml(**{**DECAY, "species": [species("A", boundaryCondition=True), species("B")]}), "B' = k*A",
    ),
    "a boundary species with a rate": (
        sbml(**{**DECAY, "species": [species("A", boundaryCondition=True), species("B")]}, rules=[rate("A", "cos(time)")]),
        "A' = cos(t); B' = k*A",
    ),
    "a constant species": (
        sbml(
            species=[species("E", constant=True), *TWO], parameters=K, reactions=[reaction("r", [A], [B], "k*E*A")],
        ),
        "A' = -k*E*A; B' = k*E*A",
    ),
    "assigned parameters": (
        sbml(
            species=TWO, parameters=[*K, parameter("v", constant=False), parameter("w", constant=False)],
            rules=[assignment("w", "v^2"), assignment("v", "k*A")], reactions=[reaction("r", [A], [B], "v + w")],
        ),
        "A' = -k*A - k^2*A^2; B' = k*A + k^2*A^2",
    ),
    "rates alone": (
        sbml(
            parameters=[parameter("x", 1, constant=False), parameter("y", 0, constant=False), parameter("w", 2)],
            rules=[rate("x", "w*y"), rate("y", "-w*x")],
        ),
        "x' = w*y; y' = -w*x",
    ),
    "functions": (
        sbml(
            functions=[function("mm", "lambda(v, s, v*s/(m(s) + 1))"), function("m", "lambda(k, 2*k)")],
            **{**DECAY, "reactions": [reaction("r", [A], [B], "mm(k, A)")]},
        ),
        "A' = -k*A/(2*A + 1); B' = k*A/(2*A + 1)",
    ),
    "parameters of a reaction": (
        sbml(
            species=TWO, parameters=K,
            reactions=[
                reaction("r", [A], [B], "k*A + q", '<localParameter id="k" value="7"/><localParameter id="q"/>'),
                reaction("s", [B], [A], "k*B"),
            ],
        ),
        "A' = -r_k*A - q + k*B; B' = r_k*A + q - k*B",
    ),
    "a rate in the rate of another": (
        sbml(species=TWO, parameters=K, reactions=[reaction("r", [A], [], "k*A"), reaction("s", [], [B], "2*r")]),
        "A' = -k*A; B' = 2*k*A",
    ),
    "stoichiometry by a rule": (
        sbml(
            species=TWO, parameters=K, rules=[assignment("n", "1 + k")],
            reactions=[reaction("r", [A], [reference("B", None, id="n", constant=False)], "k*A*n")],
        ),
        "A' = -k*A*(1 + k); B' = k*A*(1 + k)^2",
    ),
    "stoichiometry as a symbol": (
        sbml(
            species=TWO, parameters=K, starts=[start("n", "3*k")],
            reactions=[reaction("r", [A], [reference("B", 1, id="n")], "k*A")],
        ),
        "A' = -k*A; B' = n*k*A",
    ),
    "stoichiometry of a reference that is named": (
        sbml(species=TWO, parameters=K, reactions=[reaction("r", [A], [reference("B", 3, id="n")], "k*A*n")]),
        "A' = -3*k*A; B' = 9*k*A",
    ),
    "a factor of conversion": (
        sbml(
            species=[species("A", conversionFactor="f"), species("B")], parameters=[*K, parameter("f", 10)],
            reactions=[reaction("r", [A], [B], "k*A")],
        ),
        "A' = -f*k*A; B' = k*A",
    ),
    "time and numbers": (
        sbml(**{**DECAY, "reactions": [reaction("r", [A], [], "k*A*exp(-time) + 1e-3 + 0.123*A - pi + exponentiale")]}),
        "A' = -k*A*exp(-t) - 1/1000 - 123/1000*A + pi - exp(1)",
    ),
    "functions of MathML": (
        sbml(
            **{**DECAY, "reactions": [
                reaction("r", [A], [], "ln(A)*sqrt(A) + log(3, A) + root(3, A) + arctan(A)*sech(A) + abs(A) + pow(A, k)")
            ]},
        ),
        "A' = -(log(A)*sqrt(A) + log(A)/log(3) + A^(1/3) + atan(A)*sech(A) + abs(A) + A^k)",
    ),
    "pieces": (
        sbml(**{**DECAY, "reactions": [reaction("r", [A], [], "piecewise(k, time > 10, 0)")]}), "A' = -k*heaviside(t - 10)",
    ),
    "pieces between two times": (
        sbml(**{**DECAY, "reactions": [reaction("r", [A], [], "piecewise(k, time > 1 && time < 2, 0)")]}),
        "A' = -k*heaviside(t - 1)*heaviside(2 - t)",
    ),
    "names with another meaning": (
        sbml(
            species=[species("sin"), species("t")], parameters=[parameter("pi", 3)],
            reactions=[reaction("r", [reference("sin")], [reference("t")], "sin*t")],
        ),
        "sin_' = -sin_*t_; t_' = sin_*t_",
    ),
}  # fmt: skip


def plain(text: str, of: ODESystem) -> tuple[object, ...]:
    """The right sides of text in the parameters of a system, whose sizes are positive."""
    given = {p.name: dict.fromkeys(p.assumptions, True) for p in of.parameters}
    return tuple(e.expand() for e in ODESystem.parse(text, parameters=given).rhs)


@pytest.mark.parametrize("name", READ)
def test_read_as_the_equations_that_it_means(name: str) -> None:
    text, meant = READ[name]
    system = ODESystem.from_sbml(text)
    assert tuple(e.expand() for e in system.rhs) == plain(meant, system)
    assert [x.name for x in system.unknowns] == [line.split("'")[0].strip() for line in meant.split(";")]


@pytest.mark.parametrize("name", READ)
def test_what_is_printed_reads_back(name: str) -> None:
    model = read_sbml(READ[name][0])
    again = read_file_text(problem_text(model))
    assert again.form.rhs == model.exact.rhs and again.form.unknowns == model.exact.unknowns
    assert (again.title, again.initial) == (model.title, model.initial)
    assert {p.name: p.value for p in again.form.parameters} == {p.name: p.value for p in model.form.parameters}


@pytest.mark.parametrize("name", READ)
def test_back_in_sbml_it_is_the_same_model(name: str) -> None:
    model = read_sbml(READ[name][0])
    again = read_sbml(write_sbml(model))
    assert [line.replace(" ", "") for line in equation_lines(again)] == [
        line.replace(" ", "") for line in equation_lines(model)
    ]
    assert dict(again.initial) == dict(model.initial)
    assert {p.name: p.value for p in again.form.parameters} == {p.name: p.value for p in model.form.parameters}


def test_values_at_the_start() -> None:
    text = sbml(
        compartments=[compartment("c", 4)],
        species=[
            species("A", initialAmount=2),
            species("B", initialConcentration=3, hasOnlySubstanceUnits=True),
            species("C"),
        ],
        parameters=[parameter("k", 0.5), parameter("q")],
        starts=[start("q", "exp(k) + A")],
        reactions=[reaction("r", [A], [B], "k*A*q"), reaction("s", [A], [reference("C")], "k*A")],
    )
    model = read_sbml(text)
    assert dict(model.initial) == {"A": 0.5, "B": 12.0}
    values = {p.name: p.value for p in model.form.parameters}
    assert values["c"] == 4.0 and values["q"] == pytest.approx(2.718281828459045**0.5 + 0.5)


def test_what_was_put_in_is_said() -> None:
    text = sbml(
        name="A title", species=[species("E"), *TWO], parameters=[*K, parameter("v", constant=False)],
        rules=[assignment("v", "k*E*A")], reactions=[reaction("r", [A], [B], "v")],
    )  # fmt: skip
    model = read_sbml(text)
    notes = "\n".join(model.form.notes)
    assert model.title == "A title"
    assert "compartments of size 1 are written as 1: c" in notes
    assert "species that nothing changes are parameters: E" in notes
    assert "what rules assign is put in where it is named: v" in notes
    assert all(f"# {note}" in problem_text(model) for note in model.form.notes)


def test_decimals_are_printed_as_they_are_given() -> None:
    text = sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "0.0123*A^1.7/(12.3456 + 1e-7*A)")]})
    assert equation_lines(read_sbml(text))[1] == "B' = 0.0123*A^(17/10)/(12.3456 + 1e-07*A)"


def test_level_1() -> None:
    text = """<?xml version="1.0"?>
<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="m">
<listOfCompartments><compartment name="c" volume="2"/></listOfCompartments>
<listOfSpecies><species name="A" compartment="c" initialAmount="4"/><species name="B" compartment="c" initialAmount="0"/>
</listOfSpecies><listOfReactions><reaction name="r"><listOfReactants><speciesReference species="A"/></listOfReactants>
<listOfProducts><speciesReference species="B" stoichiometry="2"/></listOfProducts>
<kineticLaw formula="c*k*A^2"><listOfParameters><parameter name="k" value="3"/></listOfParameters></kineticLaw>
</reaction></listOfReactions></model></sbml>"""
    assert equation_lines(read_sbml(text)) == ("A' = -A^2*k", "B' = 2*A^2*k")
    assert dict(read_sbml(text).initial) == {"A": 2.0, "B": 0.0}


def test_large_numbers_are_not_written_out() -> None:
    text = sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "6e23*k*A")]})
    assert equation_lines(read_sbml(text))[1] == "B' = 6e+23*A*k"
    assert read_file_text(problem_text(read_sbml(text))).form.rhs == read_sbml(text).exact.rhs


@pytest.mark.parametrize("version", [(2, 1), (2, 4), (3, 1), (3, 2)])
def test_levels_and_versions(version: tuple[int, int]) -> None:
    two = version[0] == 2
    text = (
        '<compartment id="c" size="2"/>', '<species id="A" compartment="c" initialAmount="4"/>',
        '<species id="B" compartment="c" initialConcentration="1"/>',
        '<speciesReference species="A"/>', '<speciesReference species="B" stoichiometry="2"/>',
    ) if two else (
        compartment("c", 2), species("A", initialAmount=4), species("B", initialConcentration=1), A, reference("B", 2),
    )  # fmt: skip
    law = reaction("r", [text[3]], [text[4]], "c*k*A", f'<{"parameter" if two else "localParameter"} id="k" value="3"/>',
                   level=version[0])  # fmt: skip
    if version == (3, 2):
        law = law.replace(' fast="false"', "")
    model = read_sbml(sbml(version, compartments=[text[0]], species=text[1:3], reactions=[law]))
    assert equation_lines(model) == ("A' = -A*k", "B' = 2*A*k")
    assert dict(model.initial) == {"A": 2.0, "B": 1.0}
    assert [(p.name, p.value) for p in model.form.parameters] == [("k", 3.0)]


EVENT = (
    '<event id="dose" useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true">'
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><true/></math></trigger></event>'
)
DELAY = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><csymbol encoding="text" '
    'definitionURL="http://www.sbml.org/sbml/symbols/delay">delay</csymbol><ci>A</ci><cn>1</cn></apply></math>'
)
LAW = math("k*A")
ALGEBRAIC = f"<algebraicRule>{LAW}</algebraicRule>"
PLAIN = reaction("r", [A], [B], "k*A")
REFUSED = {
    "event dose changes values at once": sbml(**DECAY, events=[EVENT]),
    "algebraic rule is an equation without a derivative": sbml(**DECAY, rules=[ALGEBRAIC]),
    "fast reaction r is an equilibrium": sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "k*A", fast=True)]}),
    "the rate of r: delay.* is a delay": sbml(**DECAY).replace(LAW, DELAY),
    "floor.* jumps at infinitely many places": sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "floor(A)")]}),
    "has no value where none of its conditions holds": sbml(
        **{**DECAY, "reactions": [reaction("r", [A], [B], "piecewise(k, A > 1)")]}
    ),
    "the condition A == 1 is not read": sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "piecewise(k, A == 1, 0)")]}),
    "q is not defined in the model": sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "q*A")]}),
    "the function f has no definition": sbml(**{**DECAY, "reactions": [reaction("r", [A], [B], "f(A)")]}),
    "the value of v depends on itself": sbml(
        species=TWO, parameters=[parameter("v", constant=False), parameter("w", constant=False)],
        rules=[assignment("v", "w"), assignment("w", "v + 1")], reactions=[reaction("r", [A], [B], "v")],
    ),
    "the species A has a rule and is changed by reactions": sbml(**DECAY, rules=[rate("A", "1")]),
    "the rule v is the second one for v": sbml(
        **{**DECAY, "parameters": [*K, parameter("v", constant=False)]}, rules=[assignment("v", "1"), rate("v", "k")]
    ),
    "the reaction r has no kinetic law": sbml(**DECAY).replace(f"<kineticLaw>{LAW}</kineticLaw>", ""),
    "the reaction r is of Q": sbml(**{**DECAY, "reactions": [reaction("r", [reference("Q")], [], "k")]}),
    "needs the package comp": sbml(**DECAY).replace(
        "<sbml ", '<sbml xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true" '
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_refused_by_name(message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        read_sbml(REFUSED[message])


def test_the_line_is_said() -> None:
    text = sbml(**DECAY, events=[EVENT]).replace("<event ", "\n\n<event ")
    with pytest.raises(Unsupported, match="line 10: the event dose"):
        read_sbml(text)


def test_no_model() -> None:
    with pytest.raises(ParseError, match="is not SBML"):
        read_sbml("<sbml><model></sbml>")
    with pytest.raises(NotSolvable, match="nothing in the model changes"):
        read_sbml(sbml(parameters=K))
    with pytest.raises(DataError, match="cannot be read"):
        read_sbml("nowhere.xml")


@pytest.mark.parametrize(
    ("text", "message"),
    [("x' = f(x)", "f.x. has no form in SBML"), ("λ' = -λ", "λ is no identifier"), ("x'' = -x", "first order")],
)
def test_what_sbml_does_not_hold(text: str, message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        write_sbml(ModelFile(read_with_decimals(text)))
