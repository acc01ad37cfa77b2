"""The examples on integrals, Noether's theorem and quadratures run; each ends in assertions of its own."""

from __future__ import annotations

import importlib

import pytest
from runs import dealt

PRINTED = {
    "integrals": ("x*y' - x'*y", "9 integrals span su(3) + R^1"),
    "noether": ("damped oscillator", "geodesics of Schwarzschild"),
    "quadratures": ("modified Emden: y = ", "type III", "Blasius: "),
}


@pytest.mark.parametrize("name", dealt(PRINTED, late=("quadratures",)))
def test_the_example_runs(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples"))
    importlib.import_module(name).main()
    printed = capsys.readouterr().out
    assert all(part in printed for part in PRINTED[name])
