"""A budget that is over at once: status 3, and with --json a record of the promised keys that says so."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liesym.app.cli import app
from liesym.app.clock import clock
from liesym.app.report.unfinished import unfinished
from liesym.errors import TimeIsUp

COMMANDS = {
    "analyze": (["y'' = k*y"], {"generators", "completeness", "dimension"}),
    "classify": (["y'' = k*y"], {"cases", "generators"}),
    "determine": (["y'' = k*y"], {"before", "after"}),
    "reduce": (["y'' = k*y"], {"reductions", "canonical_forms"}),
    "solve": (
        ["y'' = k*y + y'^2"],
        {"explicit", "relation", "parametric", "constants", "special", "complete", "named", "steps"},
    ),
    "explain": (["y'' = k*y"], {"determining", "steps", "generators"}),
    "noether": (["y'^2/2 - k*y^2"], {"laws"}),
    "identify": (["x' = -k*x", "--observe", "y = x"], {"parameters", "states", "combinations", "directions", "proven"}),
    "constrain": (["x'' = f(x,y); y'' = g(x,y)"], {"options"}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_budget_that_is_over_at_once_gives_a_record_that_says_so(command: str) -> None:
    inputs, keys = COMMANDS[command]
    done = CliRunner().invoke(app, [command, *inputs, "--json", "--budget", "1e-6"])
    assert done.exit_code == 3, done.output
    record = json.loads(done.stdout)
    assert keys <= record.keys()
    assert "the budget ran out" in done.stderr
    if command == "solve":
        assert not record["explicit"] and not record["complete"]
    if command == "identify":
        assert not record["proven"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_record_of_nothing_has_the_keys(command: str) -> None:
    """Printed where the alarm rings before a command has begun its work, which a slow machine decides."""
    record = json.loads(unfinished(command, "reading of the equations"))
    assert COMMANDS[command][1] <= record.keys() and record["stopped"]


def test_the_alarm_waits_for_the_end_of_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut in the middle, the module would stay half made for all who import it later."""
    (tmp_path / "slow_to_load.py").write_text("import time\ntime.sleep(0.1)\nwhole = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TimeIsUp), clock(0.01):
        importlib.import_module("slow_to_load")
        time.sleep(60)
    assert sys.modules["slow_to_load"].whole
