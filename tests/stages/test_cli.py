"""The command line on sound input: what it prints, writes, and returns."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shlex
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.app.report.json import read_result
from liesym.errors import TooLarge
from liesym.model.reading import read_in_system

TOY = "z' = cos(theta1*z + theta2)"
KEPLER = ["x'' = -x/(x^2+y^2)^(3/2)", "y'' = -y/(x^2+y^2)^(3/2)"]
RUNNER = CliRunner()


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, list(arguments))
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout


def record_of(*arguments: str) -> dict[str, Any]:
    return json.loads(call("analyze", *arguments, "--json"))


# -- analyze -------------------------------------------------------------------------------------


def test_free_particle() -> None:
    record = record_of("y'' = 0")
    assert len(record["generators"]) == record["dimension"] == record["upper_bound"] == 8
    assert record["completeness"] == "proven"
    assert record["algebra"]["name"] == "sl(3,R)"
    assert record["system"]["unknowns"] == ["y"]


def test_kepler_in_the_plane_from_two_arguments() -> None:
    record = record_of(*KEPLER)
    assert record["dimension"] == len(record["generators"]) == 3
    assert record["system"]["orders"] == [2, 2]


def test_the_toy_with_its_ansatz() -> None:
    record = record_of(TOY, "--ansatz", "separable: t(t), z(z)")
    assert len(record["generators"]) == 3
    assert record["completeness"] == "within ansatz"
    assert record["ansatz"] == "separable: t(t), z(z)"
    assert "theta1 != 0" in record["conditions"]
    assert sum(g["trivial"] for g in record["generators"]) == 1


def test_expressions_in_the_json_read_back(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    call("analyze", *KEPLER, "-o", str(path))
    saved = read_result(path)
    assert saved.system.rhs == liesym.ODESystem.parse("; ".join(KEPLER)).rhs
    assert all(g.is_symmetry_of(saved.system) for g in saved.generators)


def test_a_table_for_people() -> None:
    text = call("analyze", "y'' = 0")
    assert "completeness: proven" in text
    assert "sl(3,R)" in text


def test_a_budget_that_runs_out_is_status_3() -> None:
    hard = ["x'' = sin(x*y)*exp(x) + y'^3*x", "y'' = tan(x^2*y)*x' + cos(y'*x)", "z'' = z*x*y + exp(x*z')"]
    result = RUNNER.invoke(app, ["analyze", *hard, "--json", "--budget", "0.001"])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["completeness"] == "open"
    assert "the budget ran out" in result.stderr


# -- Noether and reduction -----------------------------------------------------------------------

DAMPED = "exp(g*t)*(x'^2 - w^2*x^2)/2"


def test_noether_of_a_lagrangian() -> None:
    record = json.loads(call("noether", DAMPED, "--json"))
    assert record["equations"] == ["x'' = -g*x' - w^2*x"] and not record["stopped"]
    sides = [tuple(law["on"]) for law in record["laws"]]
    assert {s: sides.count(s) for s in sides} == {(): 1, ("g^2 - 4*w^2 > 0",): 4, ("4*w^2 - g^2 > 0",): 4}
    assert {"t": "2", "x": "-g*x"} in [law["generator"] for law in record["laws"]]
    text = call("noether", DAMPED)
    assert "9 variational symmetries" in text and "H = w^2·x^2·exp(g·t)/2 + p_x^2·exp(−g·t)/2" in text


def test_noether_from_equations_finds_the_lagrangian_first() -> None:
    text = call("noether", *KEPLER)
    assert "L = x'^2/2 + y'^2/2 + 1/sqrt(x^2 + y^2)" in text and "I2 = x·y' − y·x'   (angular momentum)" in text
    result = RUNNER.invoke(app, ["noether", "x'' = x^2+y^2; y'' = x"])
    assert result.exit_code == 2 and "no Lagrangian quadratic in the velocities exists" in result.stderr


def test_reduce_of_an_equation() -> None:
    record = json.loads(call("reduce", "y'' = -k*y*y' - y^3", "--json"))
    assert [form["type"] for form in record["canonical_forms"]] == ["III"]
    assert record["linearization"]["linearizable"] is False and len(record["reductions"]) == 2
    assert record["solution"]["parametric"] is not None and record["solution"]["constants"] == ["C1", "C2"]
    text = call("reduce", "y'' = y'^2/y")
    assert "linearizable: v'' = 0" in text and "y = C₂·exp(C₁·t)" in text


def test_solve() -> None:
    assert call("solve", "x*y' = y + x^2").startswith("the independent variable is x, the one name that can be it\n")
    assert "y = cos(t)" in call("solve", "y'' + y = 0", "--at", "y(0)=1, y'(0)=0")
    call("solve", "y' = y", "--at", "z(0)=1", status=2)


@pytest.mark.parametrize(
    ("equation", "independent", "parameters"),
    [
        ("dy/dx = a*x*y", "x", ["a"]),
        ("y' = a*x*y", "x", ["a"]),
        ("y'' = -y/tau", "t", ["tau"]),
        ("y' = s*y + r", "t", ["s", "r"]),
        ("y' = x*y + t", "t", ["x"]),
        ("x' = y*x", "t", ["y"]),
        ("dq/ds = s + k", "s", ["k"]),
    ],
)
def test_every_command_reads_the_independent_variable_off_the_equation(
    equation: str, independent: str, parameters: list[str]
) -> None:
    system = json.loads(call("determine", equation, "--json"))["system"]
    assert system["independent"] == independent and sorted(system["parameters"]) == sorted(parameters)


def test_reduce_says_what_is_not_found() -> None:
    text = call("reduce", "y''' = -y*y''/2")
    assert text.count("\nby ") == 2 and "general solution: not found" in text
    text = call("reduce", "x' = x*(1-y); y' = y*(x-1)")
    assert "r₂' = " in text and "general solution" not in text


# -- determine and verify ------------------------------------------------------------------------


def test_determining_system_before_and_after() -> None:
    record = json.loads(call("determine", "y'' = 0", "--json"))
    assert len(record["before"]) == 1
    assert len(record["after"]) == 4
    assert "after splitting, 4 equations" in call("determine", "y'' = 0")


def test_verify_says_yes_or_shows_the_remainder() -> None:
    assert call("verify", "y'' = 0", "--generator", "t: t^2; y: t*y").startswith("a symmetry")
    text = call("verify", "y'' = 0", "--generator", "t: 1; y: y^2", status=1)
    assert text.startswith("not a symmetry")
    assert "2*y'^2" in text


PAIR = (
    "z' = cos(theta1*z + theta2); u' = u*theta1*sin(theta1*z + theta2); "
    "v' = u*z*sin(theta1*z + theta2); w' = u*sin(theta1*z + theta2)"
)


def test_verify_takes_new_names_as_arbitrary() -> None:
    right = "t: k2; u: k3*u; v: k3*v + k5; w: k3*w + h(u - theta1*w)"
    text = call("verify", PAIR, "--generator", right)
    assert text.startswith("a symmetry")
    assert "arbitrary: k2, k3, k5, h(u - theta1*w)" in text
    text = call("verify", PAIR, "--generator", right.replace("h(u - theta1*w)", "h(u)"), status=1)
    assert "remainder for w': theta1*u*sin(theta1*z + theta2)*h'(u)" in text


def test_verify_shows_the_remainders_of_hao_equation_32() -> None:
    """Three of the four conditions fail for k4 ≠ 0 and for g' ≠ 0, h' ≠ 0; the one for u holds."""
    printed = (
        "t: k2; z: k4*tan(theta1*z + theta2); u: k3*u + k4*theta1*u*log(u); "
        "v: (k3 + k4*theta1*log(u))*v + g(u); w: (k3 + k4*theta1*log(u))*w + h(u)"
    )
    lines = call("verify", PAIR, "--generator", printed, status=1).splitlines()
    shown = [line.split(":")[0].strip() for line in lines if "remainder" in line]
    assert shown == ["remainder for z'", "remainder for v'", "remainder for w'"]


def test_parameters_that_move() -> None:
    record = json.loads(call("analyze", "x' = -k*x", "--ansatz", "affine", "--moving", "all", "--json", "--no-integrals"))
    assert record["system"]["unknowns"] == ["x", "k"]
    assert record["system"]["parameters"] == []
    assert {"t": "t", "x": "0", "k": "-k", "trivial": False} in record["generators"]
    assert call("verify", "x' = -k*x", "--moving", "k", "--generator", "t: t; k: -k").startswith("a symmetry")
    assert call("verify", "x' = -k*x", "--generator", "t: t", status=1).startswith("not a symmetry")


def test_verify_rechecks_a_saved_result(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    call("analyze", *KEPLER, "-o", str(path))
    assert "all checks hold" in call("verify", str(path))
    record = json.loads(path.read_text())
    record["generators"][0]["x"] = "x + 7*t^3"
    path.write_text(json.dumps(record))
    assert "DOES NOT HOLD" in call("verify", str(path), status=1)


def test_verify_notices_a_missing_generator(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    call("analyze", "y'' = 0", "--no-integrals", "-o", str(path))
    record = json.loads(path.read_text())
    record["generators"][0] = record["generators"][1]
    path.write_text(json.dumps(record))
    text = call("verify", str(path), status=1)
    assert "8 generators linearly independent: DOES NOT HOLD" in text


def _forge_commutator(record: dict[str, Any]) -> None:
    record["algebra"]["commutators"][0][2] = {"0": "7"}


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (_forge_commutator, "commutators: DOES NOT HOLD"),
        (lambda record: record["algebra"]["commutators"].pop(), "commutators: DOES NOT HOLD"),
        (lambda record: record["algebra"].update(solvable=True), "solvable: DOES NOT HOLD"),
        (lambda record: record["generators"][0].update(trivial=True), "X1 is trivial: DOES NOT HOLD"),
        (lambda record: record.update(completeness="open", dimension=9), "count behind the dimension: DOES NOT HOLD"),
        (lambda record: record.update(completeness="open", certificate=None), "count behind the dimension: DOES NOT HOLD"),
    ],
)
def test_verify_notices_what_was_forged(forge: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    call("analyze", "y'' = 0", "--no-integrals", "-o", str(path))
    text = call("verify", str(path))
    assert "commutators: holds" in text and "not solvable: holds" in text
    record = json.loads(path.read_text())
    forge(record)
    path.write_text(json.dumps(record))
    assert words in call("verify", str(path), status=1)


def test_verify_notices_a_trivial_symmetry_that_is_not_marked(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    call("analyze", TOY, "--ansatz", "separable: t(t), z(z)", "--no-integrals", "-o", str(path))
    assert "all checks hold" in call("verify", str(path))
    record = json.loads(path.read_text())
    next(g for g in record["generators"] if g["trivial"])["trivial"] = False
    path.write_text(json.dumps(record))
    assert "is not trivial: DOES NOT HOLD" in call("verify", str(path), status=1)


# -- export --------------------------------------------------------------------------------------


def module_at(path: Path) -> Any:
    specification = importlib.util.spec_from_file_location("exported", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_export_writes_a_module_that_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "residuals.py"
    call("export", "x'' = -x", "--generator", "x: x", "--backend", "numpy", "-o", str(path))
    assert "liesym" not in [line.split()[1] for line in path.read_text().splitlines() if line.startswith("import")]
    state = np.array([[0.3, -0.2, 0.7]])
    # X'' + x for X = x d/dx is the equation itself, x'' + x
    np.testing.assert_allclose(module_at(path).residual(0.0, state), [[1.0]])


def test_export_of_a_given_integral(tmp_path: Path) -> None:
    path = tmp_path / "energy.py"
    told = call("export", "x'' = -x", "--residual", "conservation", "--integral", "x'^2 + x^2", "-o", str(path))
    assert "first integral: x^2 + x'^2" in told or "first integral: x'^2 + x^2" in told
    state = np.array([[0.3, -0.2, -0.3]])  # on the solution x'' = -x
    np.testing.assert_allclose(module_at(path).residual(0.0, state), [[0.0]], atol=1e-15)


def test_export_of_laws_that_are_found(tmp_path: Path) -> None:
    path = tmp_path / "found.py"
    told = call("export", TOY, "--residual", "invariance", "--ansatz", "polynomial: 0", "-o", str(path))
    assert told.count("generator: ") == 1
    backward = tmp_path / "backward.py"
    call("export", TOY, "--residual", "backward", "--generator", "t: 1", "-o", str(backward))
    assert module_at(backward).residual(0.0, np.ones((5, 8)), {"theta1": 1.0, "theta2": 0.5}).shape[0] == 5


# -- report --------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags and outside references of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [
            v for k, v in attrs if k in ("src", "href", "xlink:href") and v and not v.startswith(("#", "data:"))
        ]


def test_report_is_one_self_contained_page(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    call("report", "y'' = -y", "-o", str(path))
    page = Page()
    page.feed(path.read_text())
    assert page.outside == []
    assert "script" not in page.tags
    assert page.tags.count("math") > 20
    assert "svg" in page.tags
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_the_report_is_fit_for_phones_dark_rooms_and_paper(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    call("report", "y'' = -sin(y)", "-o", str(path))
    text = path.read_text(encoding="utf-8")
    for part in ("Solution", "Noether&#x27;s theorem", "Phase portrait", "Residuals for training", "Certificate"):
        assert f">{part}</h2>" in text
    assert len(text) < 2e6 and "<main>" in text and 'aria-label="Contents"' in text
    assert len(re.findall(r'aria-labelledby="(part-\d+)">\s*<h2 id="\1"', text)) == text.count("<section")
    frames = text.count('<div class="wide" tabindex="0" role="region" aria-label="')
    assert frames == text.count('class="wide"') >= text.count("<table>") > 0
    assert text.count("<svg") == text.count('role="img"') > 0
    assert 'name="viewport"' in text and "prefers-color-scheme: dark" in text and "@media print" in text
    assert "1 symmetry, proven complete: time translation." in text and "<details><summary>The count in full" in text


@pytest.mark.slow
def test_the_commands_of_a_report_write_residuals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for equation, kinds in (("theta'' = -g*sin(theta)", {"conservation", "invariance"}), ("y'' = f(y)", {"invariance"})):
        call("report", equation, "-o", "report.html", "--budget", "10")
        lines = re.findall(r"liesym export [^\n<]* --backend jax", html.unescape(Path("report.html").read_text()))
        assert {kind for kind in ("conservation", "invariance") if any(kind in line for line in lines)} == kinds
        for line in lines:
            call(*shlex.split(line)[1:-1], "numpy", "-o", "residual.py")
            assert "def residual(" in Path("residual.py").read_text()


def test_report_escapes_what_users_write(tmp_path: Path) -> None:
    problem = tmp_path / "problem.toml"
    problem.write_text('title = "<script>alert(1)</script>"\nequations = ["y\'\' = 0"]')
    path = tmp_path / "report.html"
    call("report", str(problem), "-o", str(path))
    assert "<script>" not in path.read_text()


# -- batch ---------------------------------------------------------------------------------------


def test_batch_resumes(tmp_path: Path) -> None:
    corpus, output = tmp_path / "corpus.json", tmp_path / "out.jsonl"
    entries = [
        {"id": "free", "equations": ["y'' = 0"], "dimension": 8},
        {"id": "cubic", "equations": ["y'' = y'^3"], "dimension": 8},
    ]
    corpus.write_text(json.dumps(entries))
    first = call("batch", str(corpus), "-o", str(output), "--workers", "1", "--budget", "30", "--only", "free")
    assert "1 systems, 0 of them" in first
    second = call("batch", str(corpus), "-o", str(output), "--workers", "1", "--budget", "30")
    assert "2 systems, 1 of them" in second
    assert "dimensions as in the corpus: 2, others: 0" in second


@pytest.mark.parametrize("text", ["t + z", "sin(t)^2"])
def test_reading_in_a_system(text: str) -> None:
    """Control for the reading back above: unknown names are refused there."""
    system = liesym.ODESystem.parse(TOY)
    assert read_in_system(text, system)
    with pytest.raises(liesym.ParseError):
        read_in_system(text + " + q", system)


# -- stopping ------------------------------------------------------------------------------------

STUCK = """
import time
import liesym.app.clock, liesym.app.tasks
from liesym.app.cli import main

def find_symmetries(*args, **kwargs):
    print("working", flush=True)
    while True:
        time.sleep(0.05)

liesym.app.tasks.find_symmetries = find_symmetries
liesym.app.clock.AGAIN = 2  # the next alarm must not ring while the first is dealt with
main()
"""


def stuck(budget: str) -> subprocess.Popen[str]:
    """`liesym analyze` with a search that never looks at its clock."""
    command = [sys.executable, "-c", STUCK, "analyze", "y'' = 0", "--budget", budget, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_prints_what_there_is() -> None:
    process = stuck("60")
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    printed, remarks = process.communicate(timeout=300)
    assert process.returncode == 130
    assert json.loads(printed)["completeness"] == "open"
    assert "interrupted" in remarks
    assert "Traceback" not in remarks


def test_work_that_ignores_its_budget_is_stopped() -> None:
    printed, remarks = stuck("0.1").communicate(timeout=300)
    record = json.loads(printed.removeprefix("working\n"))
    assert record["generators"] == []
    assert record["completeness"] == "open"
    assert remarks.startswith("incomplete: the budget ran out")


def test_reduce_and_noether_say_within_what_they_looked() -> None:
    record = json.loads(call("reduce", "y'' = y'^2/y", "--json"))
    assert not record["stopped"] and record["within"].endswith("each of them went to its end")
    assert "8 symmetries, proven complete" in record["within"] and "general solution" in record["within"]
    assert "all of that form found" in json.loads(call("noether", "x'^2/2 - x^2/2", "--json"))["within"]
    for command in (["reduce", "y'' = y'^2/y"], ["noether", "x'^2/2 - x^2/2"]):
        cut = RUNNER.invoke(app, [*command, "--json", "--budget", "0.001"])
        assert cut.exit_code == 3
        told = json.loads(cut.stdout)
        assert told["stopped"] and "cut short" in told["within"] and "the budget ran out" in told["within"]


def test_a_part_of_reduce_that_is_too_large_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object, **named: object) -> None:
        raise TooLarge("test of a form")

    monkeypatch.setattr("liesym.app.derivations.linearization", refused)
    record = json.loads(call("reduce", "y'' = y'^2/y", "--json"))
    assert record["linearization"] is None and record["reductions"] and record["solution"] is not None
    assert "linearization (too large: test of a form)" in record["within"] and not record["stopped"]
