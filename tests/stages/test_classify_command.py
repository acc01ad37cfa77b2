"""`liesym classify` and `liesym.classify`: the cases in words, as a table and as JSON, and the exit status."""

from __future__ import annotations

import io
import json

import pytest
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.app.report.cases import classification_record, show_classification
from liesym.app.screen import Screen
from liesym.model.reading import read_in_system
from liesym.symmetries.classification import branches

RUNNER = CliRunner()
LINEAR = "y'' = k*y"


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, ["classify", *arguments])
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status in (0, 3) else result.stderr


@pytest.fixture(scope="module")
def emden() -> liesym.Classification:
    return liesym.classify("y'' + k*y*y' + y^3 = 0", independent="x", budget=60.0, depth=1)


def test_the_root_is_the_generic_system(emden: liesym.Classification) -> None:
    record = classification_record(emden)
    assert (record["dimension"], record["completeness"], record["relations"]) == (2, "proven", [])
    assert len(record["generators"]) == 2 and "half-integer" in record["within"] and record["stopped"] is False


def test_cases_name_their_relations_and_hold_their_own_symmetries(emden: liesym.Classification) -> None:
    """k² = 9 is the linearizable Emden equation."""
    found = {tuple(case["relations"]): case for case in json.loads(json.dumps(classification_record(emden)))["cases"]}
    for relation in (("k = 3",), ("k = -3",)):
        case = found[relation]
        assert case["dimension"] == 8 and case["completeness"] == "proven"
        system = liesym.ODESystem.parse(case["equations"][0], independent="x")
        read = [tuple(read_in_system(g[n], system) for n in ("x", "y")) for g in case["generators"]]
        assert len(read) == 8 and all(liesym.Generator(system.variables, g).is_symmetry_of(system) for g in read)


def test_in_words(emden: liesym.Classification) -> None:
    told = io.StringIO()
    show_classification(Screen(told, 120), emden, verbose=True)
    lines = told.getvalue().splitlines()
    assert any(line.startswith("In general: 2 symmetries, proven complete") for line in lines)
    row = next(line for line in lines if line.startswith("k = 3"))
    assert row.split()[3:5] == ["8", "proven"]
    assert any(line.startswith("k = 3: y'' = ") for line in lines)


def test_forms_of_a_function_are_cases() -> None:
    found = liesym.classify("y'' = f(y)", independent="x", budget=60.0, depth=1)
    dimensions = {str(case.assumptions[0].rhs): case.result.dimension for _, case in branches(found.cases)}  # pyright: ignore[reportAttributeAccessIssue]
    assert dimensions["a/y**3"] == 3 and dimensions["a*exp(k*y)"] == 2
    assert any("other special forms are not decided" in sentence for sentence in found.undecided)
    assert "f(y) = a/y^3: 3 symmetries" in str(found)


def test_nothing_open_has_no_cases() -> None:
    record = json.loads(call("y'' = 0", "--json"))
    assert record["cases"] == [] and "neither parameters nor arbitrary functions" in record["within"]


def test_bad_input_is_status_2() -> None:
    assert "three ways to print" in call(LINEAR, "--json", "--quiet", status=2)
    assert "--budget is a positive number" in call(LINEAR, "--budget", "0", status=2)
    assert call("y'' = ", status=2).startswith("error:")


def test_a_budget_that_runs_out_is_status_3() -> None:
    record = json.loads(call(LINEAR, "--json", "--budget", "0.01", status=3))
    assert record["stopped"] is True


def test_candidates_that_time_cut_are_status_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases that were reached are there, and the answer says that it may be short."""
    monkeypatch.setattr("liesym.symmetries.search.shares.SPECIAL_VALUES", 0.0)
    record = json.loads(call(LINEAR, "--json", "--budget", "20", status=3))
    assert record["stopped"] is True
    assert any("list may be short" in sentence for sentence in record["undecided"])
