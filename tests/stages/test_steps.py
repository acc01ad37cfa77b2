"""The way to a solution: each line of it is checked, and a false line is told from a true one.

Sources: Olver 1993, section 2.5; Ince 1956, chapter 2; Stephani 1989, chapters 5 to 7.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from runs import dealt
from sympy import Dummy, Symbol, exp, log
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.reduction.steps import Change, Step
from liesym.symmetries.generator import Generator

X, Y, C1 = (Symbol(name, real=True) for name in ("x", "y", "C1"))
SLOPE = jet_symbol(Y, 1)

TOLD = [
    ("y' + y/x = sin(x)", 5),
    ("y' = y/x + x*y^3", 9),
    ("y' = y^2 - 2/x^2", 9),
    ("y' = (x - y)/(x + y)", 5),
    ("y' = (x + y)^2", 4),
    ("y' = 1 + y^2", 3),
    ("y' = x*y*(1-y)*(2-y)", 3),
    ("y'' + 2*y' + 5*y = exp(x)", 5),
    ("y'' = 1 + y'^2", 6),
    ("y'' = y'^2/y", 5),
    ("y'' = y'^2/y - x*y'", 5),
    ("y'' = -1/y^2*y'", 3),
    ("y' = x^2 + y^2", 5),
    ("y'' - (x^2+a)*y = 0", 2),
    ("y = x*y' + y'^2", 1),
    ("y'' - y'^2/y + sin(x)*y*y' + cos(x)*y^2 = 0", 9),
    ("y'' - 2*a*y*y' - a = 0", 7),
    ("y' = f(y/x)", 5),
    ("y' = f(x + y)", 4),
    ("y = x*y'^2 + y'^3", 3),
]


@pytest.mark.parametrize(("text", "least"), dealt(TOLD, usual=3))
def test_no_line_is_lost(text: str, least: int) -> None:
    """Everything that a method claims on the way is proven, and every line has a form in LaTeX."""
    found = liesym.solve(text, independent="x", budget=20)
    assert found.found
    assert [c for c in found.claims if not c.holds] == []
    assert len(found.steps) >= least
    assert all("=" in step.to_latex() and "Dummy" not in str(step) for step in found.steps)


def test_a_false_line_is_not_told() -> None:
    """Control: in each kind of line one thing changed."""
    system, u = ODESystem.parse("y' = y/x", independent="x"), Dummy("u", real=True)
    change = Change(X, X, u, Y / X)
    steps = [
        Step("the equation", system, SLOPE, Y / X),
        Step("in other variables", system, jet_symbol(u, 1), u - u, change),
        Step("integrated", system, log(Y), log(X) + C1, constants=(C1,)),
        Step("a solution", system, Y, C1 * X, constants=(C1,)),
        Step("a symmetry", system, generator=Generator((X, Y), (X, Y))),
    ]
    assert all(step.holds for step in steps)
    false = [
        replace(steps[0], right=2 * Y / X),
        replace(steps[1], right=u),
        replace(steps[2], right=2 * log(X) + C1),
        replace(steps[3], right=C1 * exp(X)),
        replace(steps[4], generator=Generator((X, Y), (X, Y**2 + 1))),
    ]
    assert not any(step.holds for step in false)
    assert replace(liesym.solve("y' = y/x", independent="x"), claims=(*steps, *false)).steps[-1].says == "a symmetry"


def test_a_slope_with_its_constant_is_checked_on_itself() -> None:
    """p = C1 y for y'' = y'^2/y: D_x (y' - C1 y) vanishes where y' = C1 y, and nowhere else."""
    system = ODESystem.parse("y'' = y'^2/y", independent="x")
    assert Step("so", system, SLOPE, C1 * Y, constants=(C1,)).holds
    assert not Step("so", system, SLOPE, C1 * Y**2, constants=(C1,)).holds


def test_the_command_tells_them() -> None:
    run = CliRunner().invoke(app, ["solve", "y' = y/x + 1", "--steps"])
    assert run.exit_code == 0
    lines = run.output.splitlines()
    assert any(line.startswith("2. a symmetry: X = x ") for line in lines)
    assert lines.index("so") < next(i for i, line in enumerate(lines) if "C₁" in line and line.strip().startswith("y ="))


def test_the_record_holds_them() -> None:
    run = CliRunner().invoke(app, ["solve", "y' = y/x + 1", "--json"])
    steps = json.loads(run.output)["steps"]
    assert [s["generator"] for s in steps if s["generator"]] == [{"x": "0", "y": "x"}]
    assert steps[0]["equation"] == "y' = 1 + y/x" and all(s["latex"] and s["says"] for s in steps)


def test_decimals_come_back_in_the_steps() -> None:
    steps = liesym.solve("y' = 0.5*y + 1").steps
    assert [str(s.right) for s in steps if s.says.startswith("linear")] == ["y/2 + 1"]
