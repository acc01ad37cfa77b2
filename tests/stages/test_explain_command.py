"""`liesym explain` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liesym.app.cli import app

RUNNER = CliRunner()


def said(*arguments: str, code: int = 0) -> str:
    result = RUNNER.invoke(app, ["explain", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def test_the_stages_stand_in_order() -> None:
    text = said("y'' = -2*y'/x - y^5")
    stages = (
        "Prolongation",
        "Invariance condition",
        "Determining equations",
        "Solution of the",
        "General solution",
        "Generators",
    )
    assert sorted(map(text.index, stages)) == [*map(text.index, stages)]
    assert "2 symmetries, proven complete" in text or "1 symmetry, proven complete" in text


def test_every_step_is_longer_with_steps() -> None:
    short, long = said("y'' = 0"), said("y'' = 0", "--steps")
    assert "which solves (1), (2)" in long and "which solves" not in short and len(long) > len(short)


def test_json_has_the_generators_of_analyze() -> None:
    text = "y'' = x/y^2"
    record = json.loads(said(text, "--json"))
    analyzed = json.loads(RUNNER.invoke(app, ["analyze", text, "--independent", "x", "--json"]).stdout)
    assert record["generators"] == analyzed["generators"] and record["by_hand"]
    assert record["determining"] and record["steps"][-1]["remaining"] == []


def test_a_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert str(page) in said("y'' = 0", "-o", str(page))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "<script" not in text and "http-equiv" not in text
    assert text.count("<h2>") >= 7 and "viewport" in text


def test_latex() -> None:
    text = said("theta'' = -sin(theta)", "--latex")
    assert r"\textbf{Determining equations}" in text and r"\xi_{\theta \theta} = 0" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("y'' = 2y",), "2*y"),
        (("y'' = 0", "--json", "--latex"), "two ways to print"),
        (("y'' = 0", "--ansatz", "separable: q(q)"), "q"),
        (("y'' = 0", "-o", "nowhere/page.html"), "no folder"),
    ],
)
def test_bad_input_is_one_clear_error(arguments: tuple[str, ...], told: str) -> None:
    assert told in said(*arguments, code=2)
