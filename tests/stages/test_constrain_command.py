"""`liesym constrain`: the tree of relations in words and as JSON, and the exit status."""

from __future__ import annotations

import json

from typer.testing import CliRunner

import liesym
from liesym.app.cli import app

RUNNER = CliRunner()
LIENARD = "x'' = -f(x)*x' - g(x)"


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, ["constrain", *arguments])
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status in (0, 3) else result.stderr


def test_json() -> None:
    record = json.loads(call(LIENARD, "--json"))
    assert record["system"]["unknowns"] == ["x"] and record["always"]["conserved"] == []
    assert any(g["t"] == "1" for g in record["always"]["symmetries"])
    option = next(o for o in record["options"] if o["relation"] == "g(x) = 0")
    assert option["conserved"] == ["x' + V(x)"] and option["form"] == "x'' = -x'*V'(x)"
    assert all({"relation", "conserved", "symmetries", "form"} <= set(o) for o in record["options"])
    assert all(liesym.ODESystem.parse(o["form"]).functions for o in record["options"])
    assert "looked among" in record["within"]


def test_in_words() -> None:
    told = call("x'' = f(t,x)", "--verbose")
    lines = [line.strip() for line in told.splitlines()]
    assert "whatever f is:" in lines and "if f_t = 0:" in lines
    assert any(line.startswith("conserved:") and line.endswith("(energy)") for line in lines)
    assert any(line.startswith("f(t, x) is") for line in lines)


def test_one_line_a_relation() -> None:
    lines = call("x'' = f(t,x)", "--quiet").splitlines()
    assert lines[0].startswith("for every f:") and any(line.startswith("if f_t = 0:") for line in lines)


def test_laws_that_are_given_are_built_in() -> None:
    record = json.loads(call("x'' = f(x,y,x'); y'' = g(x,y)", "--integral", "x'*exp(x)", "--json"))
    (option,) = record["options"]
    assert option["form"] == "x'' = -x'^2; y'' = g(x, y)" and option["conserved"] == ["x'*exp(x)"]
    assert "no form of the equations" in call("x'' = f(x,x')", "--integral", "x'*exp(x)", status=2)
    assert "q is not a variable" in call("x' = f(x,y); y' = g(x,y)", "--generator", "q: 1", status=2)


def test_bad_input_is_status_2() -> None:
    assert "no unknown function" in call("x'' = -x", status=2)
    assert "three ways to print" in call(LIENARD, "--json", "--quiet", status=2)


def test_a_budget_that_runs_out_is_status_3() -> None:
    assert json.loads(call(LIENARD, "--json", "--budget", "0.01", status=3))["stopped"] is True
