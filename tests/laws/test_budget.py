"""Time: a budget is kept, what is verified by then is returned, and the claim says that it may not be all."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from liesym import ODESystem, find_symmetries, first_integrals
from liesym.certify import certify
from liesym.clock import clock
from liesym.errors import OutOfBudget
from liesym.results import Completeness

HARD = {
    "Kamke 6.208": ("y'' = (y'-y*2*x/(x^2+1))*(y'^2+y)/(x^2+y^2*x+sin(x*y))^(3/2)", "x"),
    "coupled pendula": (
        "p'' = (-18*sin(p)-9*sin(p-2*q)-2*sin(p-q)*(q'^2+p'^2*cos(p-q)))/(3-cos(2*p-2*q));"
        "q'' = (2*sin(p-q)*(2*p'^2+18*cos(p)+q'^2*cos(p-q)))/(3-cos(2*p-2*q));"
        "r'' = sin(r-p)*sqrt(1+r'^2+p'^2)*exp(q)",
        "t",
    ),
    "four bodies in space": (
        "; ".join(
            f"{u}{i}'' = " + " + ".join(
                f"({u}{j}-{u}{i})/((x{i}-x{j})^2+(y{i}-y{j})^2+(z{i}-z{j})^2)^(3/2)"
                for j in range(1, 5) if j != i
            )
            for i in range(1, 5) for u in "xyz"
        ),
        "t",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_a_small_budget_is_kept_and_the_claim_is_honest(name: str) -> None:
    text, independent = HARD[name]
    system = ODESystem.parse(text, independent=independent)
    start = time.monotonic()
    result = find_symmetries(system, budget=0.5)
    assert time.monotonic() - start < 15
    assert all(g.is_symmetry_of(system) for g in result.generators)
    if result.upper_bound is None or len(result.generators) < result.upper_bound:
        assert result.completeness is Completeness.OPEN


def test_no_budget_at_all_still_answers() -> None:
    result = find_symmetries(ODESystem.parse("y'' = -3*y*y' - y^3"), budget=0.0)
    assert result.completeness is Completeness.OPEN and result.upper_bound is None
    assert result.notes or result.certificate is not None


def test_enough_budget_closes_the_same_question() -> None:
    """Negative control: it is the budget that left the claim open."""
    result = find_symmetries(ODESystem.parse("y'' = -3*y*y' - y^3"), budget=60)
    assert result.completeness is Completeness.PROVEN


def test_integrals_and_certificates_keep_their_budget() -> None:
    system = ODESystem.parse(HARD["coupled pendula"][0])
    start = time.monotonic()
    certificate = certify(system, budget=0.5)
    integrals = first_integrals(system, budget=0.5)
    assert time.monotonic() - start < 15
    assert certificate.bound is None or certificate.exact
    assert isinstance(integrals, tuple)


def interrupt_after(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def test_an_interrupt_stops_the_work_and_is_recorded() -> None:
    """The first Ctrl-C ends the stage like a budget; the handlers before are restored."""
    before = signal.getsignal(signal.SIGINT)
    with clock(30.0) as watched:
        timer = interrupt_after(0.2)
        with pytest.raises(OutOfBudget, match="interrupted"):
            while True:
                time.sleep(0.01)
        timer.join()
    assert watched.interrupted and signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_analysis_returns_what_is_verified() -> None:
    """All progress up to the interrupt is kept: here after the certificate, during the search."""
    system = ODESystem.parse("y'' = y'^2/y + y*log(y)")
    with clock(30.0) as watched:
        timer: list[threading.Timer] = []

        def progress(line: str) -> None:
            if line == "solve" and not timer:
                timer.append(interrupt_after(0.0))
                time.sleep(0.3)

        try:
            result = find_symmetries(system, progress=progress)
        except OutOfBudget:
            result = None
        if timer:
            timer[0].join()
    assert watched.interrupted
    if result is not None:
        assert all(g.is_symmetry_of(system) for g in result.generators)
        assert result.completeness is Completeness.OPEN or len(result.generators) == result.upper_bound
