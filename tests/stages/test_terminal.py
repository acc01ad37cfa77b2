"""Tables and lines that fit the terminal, and the ways in which `analyze` prints."""

from __future__ import annotations

import io

import pytest
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.app.console import progress
from liesym.app.report.terminal import show_result
from liesym.app.screen import Screen
from liesym.learn.experiment import Progress, table_lines

COLUMNS = ["model", "seeds", "1900-1914, log error", "1915-1920, thousands", "drift of I", "s"]
ROWS = [
    ["plain network, torch", 3, 0.0912, 14.23, None, 12.5],
    ["conservation residual, torch", 3, 0.1045, 9.876, 0.0021, 15.0],
]
RUNNER = CliRunner()


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_a_table_fits_and_loses_nothing(width: int) -> None:
    lines = table_lines("Lynx and hare", COLUMNS, ROWS, width)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).replace(":", "").split()  # a row that is stacked names its cells
    assert {"14.2", "9.88", "0.0021", "–", "conservation", "thousands"} <= set(words)
    assert all(words.count(number) == 1 for number in ("14.2", "9.88", "0.0912"))


def test_a_narrow_table_is_a_list_for_each_row() -> None:
    assert table_lines("T", ["model", "error"], [["plain", 0.5]], 8) == ["T", "plain", "  error: 0.5"]
    assert table_lines("T", ["model", "error"], [["plain", 0.5]], 80) == [
        "T",
        "model  error",
        "-----  -----",
        "plain    0.5",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("text", ["y'' + 3*y*y' + y^3 = 0", "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)"])
def test_an_analysis_fits_the_terminal(text: str, width: int) -> None:
    page = io.StringIO()
    show_result(Screen(page, width), liesym.find_symmetries(liesym.ODESystem.parse(text)), None, None)
    lines = page.getvalue().splitlines()
    parts = [line for line in lines if not line.startswith(("independent", "seconds"))]
    assert max(map(len, parts)) <= width and "proven complete" in " ".join(page.getvalue().split())


def printed(*options: str) -> str:
    result = RUNNER.invoke(app, ["analyze", "y'' = -sin(y)", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_quiet_is_the_summary_alone() -> None:
    assert printed("--quiet").splitlines() == ["1 symmetry, proven complete: time translation.", "Conserved: energy."]


def test_latex_and_verbose() -> None:
    assert printed("--latex").splitlines()[1] == r"\[ \begin{aligned} X_{1} &= \partial_{t} \end{aligned} \]"
    assert "determining system:" in printed("--verbose") and "determining system:" not in printed()
    refused = RUNNER.invoke(app, ["analyze", "y'' = 0", "--latex", "--json"])
    assert refused.exit_code == 2 and "four ways to print" in refused.stderr


def test_lines_of_progress_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    clock = iter([0.0, 1.0, 5.0, 6.0, 0.0, 5.0, 30.0, 31.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with progress() as show:
        for stage in ("one", "two", "three"):
            show(stage)
    assert capsys.readouterr().err == "[5 s] two\n"
    with Progress("torch, seed 0", 100) as bar:
        for done in (10, 50, 60):
            bar.update(done)
    assert capsys.readouterr().err == "torch, seed 0: 50 of 100 steps, about 30 s left\n"
    with progress(quiet=True) as show:
        show("nothing")
    assert capsys.readouterr().err == ""


def test_every_command_has_an_example_in_its_help() -> None:
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback is not None]
    assert {"analyze", "solve", "batch"} <= set(names)
    for name in names:
        assert f"Example: liesym {name} " in " ".join(RUNNER.invoke(app, [name, "--help"]).stdout.split()), name
