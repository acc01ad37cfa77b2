"""Time: a budget is kept and Ctrl-C obeyed, what is verified by then is returned, and the claim says that it may not be all.

No time is measured here; a run that forgets its budget is ended by the time-out of the test.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from liesym import Generator, ODESystem, find_symmetries, first_integrals
from liesym.app.clock import clock
from liesym.certify import certify
from liesym.coefficients import Field
from liesym.errors import OutOfBudget
from liesym.symmetries.results import Completeness, Result

BODIES = range(1, 5)
HARD = {
    "a cubic in sines and roots": (
        "y'' = (y'-y*2*x/(x^2+1))*(y'^2+y)/(x^2+y^2*x+sin(x*y))^(3/2)",
        "x",
    ),
    "coupled pendula": (
        "p'' = (-18*sin(p)-9*sin(p-2*q)-2*sin(p-q)*(q'^2+p'^2*cos(p-q)))/(3-cos(2*p-2*q));"
        "q'' = (2*sin(p-q)*(2*p'^2+18*cos(p)+q'^2*cos(p-q)))/(3-cos(2*p-2*q));"
        "r'' = sin(r-p)*sqrt(1+r'^2+p'^2)*exp(q)",
        "t",
    ),
    "four bodies in space": (
        "; ".join(
            f"{u}{i}'' = "
            + " + ".join(f"({u}{j}-{u}{i})/((x{i}-x{j})^2+(y{i}-y{j})^2+(z{i}-z{j})^2)^(3/2)" for j in BODIES if j != i)
            for i in BODIES
            for u in "xyz"
        ),
        "t",
    ),
}
SLOW = "(x^2+y^2)*y'' = (1+y'^2)*(x*y'-y)"  # proven of dimension 8 at once; its generators take the search long


def assert_honest(result: Result) -> None:
    """Every generator passes substitution, and only meeting bounds are called proven."""
    assert all(g.is_symmetry_of(result.system) for g in result.generators)
    if result.upper_bound is None or len(result.generators) < result.upper_bound:
        assert result.completeness is Completeness.OPEN


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("budget", [0.0, 0.5, pytest.param(2.0, marks=pytest.mark.nightly)])
@pytest.mark.timeout(300)
def test_a_small_budget_is_kept_and_the_claim_is_honest(name: str, budget: float) -> None:
    text, independent = HARD[name]
    result = find_symmetries(ODESystem.parse(text, independent=independent), budget=budget)
    assert_honest(result)
    # what time did not end may be too large, and says so
    assert result.stopped or result.notes or result.completeness is Completeness.PROVEN


def test_a_claim_that_is_not_honest_is_seen() -> None:
    """Negative control of the check."""
    system = ODESystem.parse("y'' = 0")
    result = find_symmetries(system)
    t, y = system.variables
    with pytest.raises(AssertionError):
        assert_honest(replace(result, generators=(Generator((t, y), (t**3, y)),)))
    with pytest.raises(AssertionError):
        assert_honest(replace(result, generators=result.generators[:3]))


def test_it_is_the_budget_that_leaves_the_claim_open() -> None:
    system = ODESystem.parse("y'' = -3*y*y' - y^3")
    none = find_symmetries(system, budget=0.0)
    assert none.completeness is Completeness.OPEN and none.upper_bound is None and none.stopped and none.notes
    assert find_symmetries(system, budget=60).completeness is Completeness.PROVEN


@pytest.mark.timeout(300)
def test_integrals_and_certificates_keep_their_budget() -> None:
    system = ODESystem.parse(HARD["four bodies in space"][0])
    certificate = certify(system, budget=0.5)
    assert certificate.bound is None and not certificate.exact and certificate.statement
    assert isinstance(first_integrals(ODESystem.parse(HARD["coupled pendula"][0]), budget=0.5), tuple)


# -- Ctrl-C ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [1, 100, 1000, 2500, 4000, 5500, 10**9])
def test_an_interrupt_at_any_operation_returns_what_is_verified(monkeypatch: pytest.MonkeyPatch, operation: int) -> None:
    """Ctrl-C in the n-th operation of the coefficient field, in whatever stage that is."""
    done, fraction = [0], Field.fraction

    def counted(*arguments):
        done[0] += 1
        if done[0] == operation:
            raise KeyboardInterrupt
        return fraction(*arguments)

    monkeypatch.setattr(Field, "fraction", counted)
    result = find_symmetries(ODESystem.parse("y'' = y'^2/y + y*log(y)"))
    if operation > done[0]:  # negative control: without an interrupt nothing is lost
        assert result.completeness is Completeness.PROVEN and len(result.generators) == 8 and not result.stopped
    else:
        monkeypatch.undo()
        assert_honest(result)
        assert result.completeness is Completeness.PROVEN or result.stopped


@pytest.mark.parametrize("stage", ["determine", "certify", "solve", "polynomials of degree 2", "verify"])
def test_an_interrupt_in_each_stage(stage: str) -> None:
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if line == stage:
            raise KeyboardInterrupt

    text = "y'' = t*y" if stage == "verify" else SLOW
    result = find_symmetries(ODESystem.parse(text, independent="t" if stage == "verify" else "x"), progress=interrupt)
    assert stage in lines
    assert_honest(result)
    if stage == "verify":
        assert len(result.generators) == 8  # all were found by then, and the first Ctrl-C does not lose them
    else:
        assert result.stopped and any("interrupted" in note for note in result.notes)
    if stage == "polynomials of degree 2":
        assert result.generators  # those of degree 1 are kept


def test_the_clock_remembers_an_interrupt_and_restores_the_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), clock(30.0) as watched:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    assert watched.interrupted and not watched.expired
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_inside_an_inner_clock_is_remembered_by_the_outer_one() -> None:
    with clock(30.0) as outer:
        with pytest.raises(KeyboardInterrupt), clock(10.0) as inner:
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        assert inner.interrupted and outer.interrupted


def test_the_clock_stops_what_does_not_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liesym.app.clock.AGAIN", 2.0)  # the pause until the next alarm
    with pytest.raises(OutOfBudget), clock(0.05) as watched:
        while True:
            signal.pause()
    assert watched.expired and watched.over and not watched.interrupted


def analyze_in_a_terminal(stop_at: str | None) -> tuple[int, dict, str]:
    """`liesym analyze --json` with its standard error on a terminal; Ctrl-C when the line of progress appears there."""
    ours, theirs = pty.openpty()
    budget = "60" if stop_at else "3"
    command = [sys.executable, "-m", "liesym", "analyze", SLOW, "--independent", "x", "--budget", budget, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown, presses = "", list[float]()
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part.decode(errors="replace")
        now = time.monotonic()
        # an interrupt in a finalizer is dropped by the interpreter; a person who sees the search go on presses again
        if stop_at and stop_at in shown and (not presses or (len(presses) < 3 and now - presses[-1] > 15)):
            process.send_signal(signal.SIGINT)
            presses.append(now)
    os.close(ours)
    printed, _ = process.communicate(timeout=300)
    return process.returncode, json.loads(printed), shown


@pytest.mark.timeout(600)
def test_ctrl_c_on_the_command_line_prints_what_is_verified() -> None:
    status, record, shown = analyze_in_a_terminal("flat projective structure")
    assert status == 130 and "interrupted" in shown and "Traceback" not in shown
    assert record["completeness"] == "open" and record["upper_bound"] == 8
    assert 0 < len(record["generators"]) < 8  # the polynomial ones, found before


@pytest.mark.timeout(600)
def test_a_budget_on_the_command_line_prints_what_is_verified() -> None:
    status, record, shown = analyze_in_a_terminal(None)
    assert status == 3 and "the budget ran out" in shown and "Traceback" not in shown
    assert record["completeness"] == "open" and record["generators"]


def test_progress_goes_to_a_terminal_only() -> None:
    command = [sys.executable, "-m", "liesym", "analyze", "y'' = y^2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    assert done.stderr == "" and json.loads(done.stdout)["completeness"] == "proven"
