"""The suite itself: backends that must run, one thread a worker, long files first."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import required_backends
import timings
from required_backends import VARIABLE, Unnamed, asks_for_unnamed, named_backends
from runs import dealt

from liesym.base.budget import Budget

TESTS = Path(__file__).parents[1]


def test_without_the_variable_what_is_installed_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert named_backends() is None


def test_named_backends_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "numpy, ")
    assert named_backends() == ("numpy",)


def test_an_unknown_or_missing_backend_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "numpy,tensor")
    with pytest.raises(pytest.UsageError, match="names tensor"):
        named_backends()
    monkeypatch.setitem(required_backends.LIBRARIES, "tensor", "no_such_library")
    with pytest.raises(pytest.UsageError, match="names tensor, which cannot be imported"):
        named_backends()


def test_a_backend_that_is_not_named_counts_as_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [Unnamed(["no_such_library"]), *sys.meta_path])
    with pytest.raises(pytest.skip.Exception, match=f"not named in {VARIABLE}"):
        pytest.importorskip("no_such_library")
    with pytest.raises(LookupError) as caught:
        try:
            importlib.import_module("no_such_library")
        except ImportError:
            raise LookupError from None
    assert asks_for_unnamed(caught.value) and asks_for_unnamed(LookupError()) is None


def test_the_run_ends_and_is_told_which_backend_is_missing() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-p",
        "no:cacheprovider",
        str(TESTS / "style" / "test_suite.py"),
    ]
    done = subprocess.run(command, cwd=TESTS.parent, env={VARIABLE: "tensor"}, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR and f"{VARIABLE} names tensor" in done.stderr


def test_a_worker_computes_on_one_thread() -> None:
    torch = pytest.importorskip("torch")
    assert torch.get_num_threads() == 1


def test_long_tests_are_there() -> None:
    """A test that was renamed keeps no line of its own: `python tests/timings.py` with a new record writes the table."""
    known = timings.read()
    functions = {name.partition("[")[0] for name in known}
    files = {name.partition("::")[0] for name in functions}
    there = {f"{name}::{f}" for name in files for f in re.findall(r"def (test_\w+)", (TESTS / name).read_text("utf-8"))}
    assert known and functions <= there


def test_a_table_of_timings_takes_what_was_measured_last() -> None:
    known = {"a.py::test_one": 5.0, "a.py::test_two[x]": 2.0}
    assert timings.merged(known, {"a.py::test_one": 0.3}, {"b.py::test_three": 7.0}) == {
        "a.py::test_two[x]": 2.0,
        "b.py::test_three": 7.0,
    }


def test_each_case_is_dealt_to_one_run() -> None:
    cases = dealt(["a", ("b", 1), "c", "d", "e", "f"], usual=2, slow=2, late=("e",))
    assert [p.values for p in cases] == [("a",), ("b", 1), ("c",), ("d",), ("e",), ("f",)]
    runs = [[mark.name for mark in p.marks] for p in cases]
    assert runs == [[], ["slow"], [], ["nightly"], ["slow"], ["nightly"]]
    assert not any(p.marks for p in dealt("abc"))


def test_budgets_are_counted_in_seconds_of_this_process_alone() -> None:
    budget = Budget.seconds(0.05)
    time.sleep(0.2)
    assert not budget.over
    while not budget.over:
        sum(range(1000))
