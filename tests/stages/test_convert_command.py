"""`liesym convert`: problem files, equations alone and JSON, and back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liesym import ODESystem
from liesym.app.cli import app
from liesym.model.problem import read_problem

RUNNER = CliRunner()
PROBLEM = """
title = "A \\"pendulum\\""
equations = ["x'' = -g*sin(x)/l - 0.0123*x'"]
[parameters]
l = { positive = true, value = 0.5 }
[initial]
x = 1
"x'" = 0.25
"""


def call(*arguments: str, status: int = 0, given: str | None = None, command: str = "convert") -> str:
    result = RUNNER.invoke(app, [command, *arguments], input=given)
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status == 0 else result.stderr


def test_equations_are_printed_as_a_problem_file(tmp_path: Path) -> None:
    printed = call("dx/dt = -0.1230*x + 1/3*y; y'' + y = exp(-2.5*t)")
    assert tomllib.loads(printed)["equations"] == ["x' = y/3 - 0.1230*x", "y'' = exp(-5*t/2) - y"]
    (tmp_path / "model.toml").write_text(printed)
    assert ODESystem.from_file(tmp_path / "model.toml") == ODESystem.parse("x' = -123/1000*x + y/3; y'' = -y + exp(-5*t/2)")


def test_a_problem_file_keeps_what_it_holds(tmp_path: Path) -> None:
    given, printed = tmp_path / "given.toml", tmp_path / "printed.toml"
    given.write_text(PROBLEM)
    call(str(given), "-o", str(printed))
    assert read_problem(printed).system == read_problem(given).system
    assert read_problem(printed).initial == (("x", 1.0), ("x'", 0.25)) == read_problem(given).initial
    assert tomllib.loads(printed.read_text())["title"] == 'A "pendulum"'
    call(str(given), "-o", str(tmp_path / "alone.txt"))
    assert (tmp_path / "alone.txt").read_text() == "x'' = -0.0123*x' - g*sin(x)/l\n"


def test_sbml_and_back(tmp_path: Path) -> None:
    pytest.importorskip("libsbml")
    given, model, back = (str(tmp_path / name) for name in ("given.toml", "model.xml", "back.toml"))
    Path(given).write_text(PROBLEM)
    call(given, "-o", model)
    call(model, "-o", back)
    record = json.loads(call(model, "--json"))
    assert record["equations"] == ["x' = x_1", "x_1' = -0.0123*x_1 - g*sin(x)/l"]
    assert record["initial"] == {"x": 1.0, "x_1": 0.25} and record["parameters"] == {"g": {}, "l": {"value": 0.5}}
    assert ODESystem.from_file(back) == ODESystem.from_sbml(model) == ODESystem.from_sbml(Path(model).read_text())
    assert "x_1" in call(model, "--json", command="determine")


LOTKA = "par a=0.5\nx'=a*x-x*y\ny'=x*y-y\ninit x=1\ndone\n"


def test_commands_take_every_form(tmp_path: Path) -> None:
    (tmp_path / "lotka.ode").write_text(LOTKA)
    (tmp_path / "lotka.txt").write_text("x' = a*x - x*y\ny' = x*y - y\n")
    for name in ("lotka.ode", "lotka.txt"):
        assert "y' = x" in call(str(tmp_path / name), command="determine")
    assert "y' = x" in call(command="determine", given=LOTKA)
    assert "y = C₁·exp(−k·t)" in call(r"\dot{y} = -k y", command="solve")
    assert read_problem(tmp_path / "lotka.ode").initial == (("x", 1.0),)
    assert "no form 'sas'" in call(str(tmp_path / "lotka.txt"), "--from", "sas", status=2)
    assert "a*x" in call(str(tmp_path / "lotka.txt"), "--from", "xpp")


def test_another_independent_variable() -> None:
    assert 'independent = "x"' in call("dy/dx = x*y")
    assert tomllib.loads(call("y' = x*y", "--independent", "x"))["independent"] == "x"


def test_names_that_are_read_in_another_way_are_declared(tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text('equations = ["x\' = e^(k*x)"]\n[parameters]\ne = {}\n')
    assert tomllib.loads(call(str(tmp_path / "given.toml")))["parameters"] == {"e": {}}


def test_bad_input_is_status_2(tmp_path: Path) -> None:
    assert "the form is told by the end of the name" in call("x' = x", "-o", "model.pdf", status=2)
    assert "there is no folder" in call("x' = x", "-o", str(tmp_path / "no" / "model.toml"), status=2)
    assert "no equation" in call("", status=2)
    assert "cannot be read" in call("nowhere.sbml", status=2)
    (tmp_path / "bad.xml").write_text("<a></b>")
    pytest.importorskip("libsbml")
    assert "is not SBML" in call(str(tmp_path / "bad.xml"), status=2)


def test_initial_values_are_of_unknowns(tmp_path: Path) -> None:
    for table, message in (("y = 1", "y is none"), ('"x\'" = 1', "x' is none"), ('x = "a"', "must be a finite number")):
        (tmp_path / "bad.toml").write_text(f'equations = ["x\' = -x"]\n[initial]\n{table}\n')
        assert message in call(str(tmp_path / "bad.toml"), status=2)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libsbml", None)
    (tmp_path / "model.xml").write_text("<sbml/>")
    for command in ("convert", "analyze"):
        assert "pip install -c constraints.txt -e '.[models]'" in call(
            str(tmp_path / "model.xml"), status=2, command=command
        )
