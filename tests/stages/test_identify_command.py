"""`liesym identify`: the table in words, the JSON, and the exit status."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from liesym.app.cli import app

RUNNER = CliRunner()
CHAIN = "x1' = -k1*k2*x1 + u; x2' = k1*k2*x1 - a*x2; w' = -c*w"


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, ["identify", *arguments])
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status == 0 else result.stderr


def row(table: str, name: str) -> str:
    return next(line for line in table.splitlines() if line.split() and line.split()[0] == name)


def test_a_table_in_words() -> None:
    table = call(CHAIN, "--observe", "y = s*x2", "--input", "u", "--known", "a")
    assert "arbitrary functions u(t)" in table
    assert "not identifiable" in row(table, "k1") and "not identifiable" in row(table, "k2")
    assert row(table, "a").split()[2:] == ["known"]
    assert row(table, "s").split()[2:] == ["identifiable"]
    assert "no observable depends on it" in row(table, "w")
    assert "determined together: k1*k2" in table
    assert "proven: rank 4 of 5" in table


def test_the_direction_that_hides_a_parameter_is_named() -> None:
    table = call("x' = -k1*k2*x", "--observe", "x")
    assert "X1 = k₁ ∂k₁ − k₂ ∂k₂" in table
    assert row(table, "k1").rstrip().endswith("X1")


def test_json_with_two_observables() -> None:
    record: dict[str, Any] = json.loads(call(CHAIN, "--observe", "y1 = x2", "--observe", "y2 = w", "--input", "u", "--json"))
    assert record["parameters"] == {"k1": "not", "k2": "not", "a": "identifiable", "c": "identifiable"}
    assert record["states"] == {"x1": "identifiable", "x2": "identifiable", "w": "identifiable"}
    assert record["open"] == [] and record["reason"] == ""
    assert record["combinations"] == ["k1*k2"] and record["defect"] == 1 and record["proven"] is True
    assert [(d["k1"], d["k2"]) for d in record["directions"]] == [("k1", "-k2")]


def test_several_values_and_open_ones_are_told_apart() -> None:
    table = call("x' = -a*x; y' = a*x - b*y", "--observe", "y")
    assert "several values give the same observations" in row(table, "a")
    table = call("x' = -k*x^n", "--observe", "x")
    assert "globally open" in row(table, "n") and "is not rational" in table


def test_a_plain_input_in_the_observable_is_known() -> None:
    record = json.loads(call("x' = -a*x + u", "--observe", "y = x + d*u", "--input", "u", "--json"))
    assert record["parameters"] == {"a": "identifiable", "d": "identifiable"} and record["proven"] is True


def test_an_undecided_initial_state_is_said_to_be_open() -> None:
    table = call("x' = -a*b*x; z' = -z", "--observe", "x", "--initial", "z=exp(a*b)")
    assert "globally open" in row(table, "z") and "several" not in row(table, "z")


def test_bad_input_is_status_2() -> None:
    assert "or is a state" in call(CHAIN, "--observe", "x1", "--input", "x1", status=2)
    assert "the input v does not occur" in call(CHAIN, "--observe", "x1", "--input", "v", status=2)
    assert "neither a state nor a parameter" in call(CHAIN, "--observe", "x1", "--known", "q", status=2)
    assert "first-order" in call("x'' = -k*x", "--observe", "x", status=2)
    assert "--observe" in call(CHAIN, status=2)


def test_a_budget_that_runs_out_is_status_3() -> None:
    assert "the budget ran out" in call(CHAIN, "--observe", "x1", "--budget", "0.000001", status=3)
