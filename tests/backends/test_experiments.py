"""The experiments run in their small sizes, go on where they were stopped, and write their pages from the record alone."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from liesym.errors import DataError
from liesym.trajectories import simulate

pytest.importorskip("jax")
FOLDER = Path(__file__).parents[2] / "examples" / "experiments"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_two_bodies(script, tmp_path):
    """Whatever the network has learned in 20 steps, projection keeps energy and momentum, on turned orbits too."""
    two_body = script("two_body")
    arguments = ["--reduced", "--out", str(tmp_path)]
    two_body.main([*arguments, "--only", "plain"])
    begun = json.loads((tmp_path / "two_body.json").read_text())
    assert list(begun["runs"]) == ["plain | 0"] and "not run so far: invariant" in (tmp_path / "two_body.md").read_text()
    record = two_body.main(arguments)
    assert record["runs"]["plain | 0"] == begun["runs"]["plain | 0"], "a run in the record is not run again"
    plain, hard = (record["runs"][f"{name} | 0"] for name in ("plain", "invariant network + projection"))
    for case in two_body.CASES:
        assert max(hard[case]["worst_drift"].values()) < 1e-5 < 1e-2 < plain[case]["true_drift"]["energy"]
        assert hard[case]["diverged"] == 0 and len(hard[case]["errors"]) == 3
    assert hard["turned"]["errors"] == pytest.approx(hard["as trained"]["errors"], rel=1e-2)
    assert plain["turned"]["errors"] != pytest.approx(plain["as trained"]["errors"], rel=1e-2)
    text = (tmp_path / "two_body.md").read_text()
    assert "## Orbits turned" in text and "not run" not in text and (tmp_path / "two_body.svg").stat().st_size > 5000
    assert {"jax", "python"} <= set(record["environment"])


def test_another_configuration_or_variant_is_refused(script, tmp_path):
    two_body = script("two_body")
    with pytest.raises(DataError, match="no variant magic"):
        two_body.main(["--reduced", "--out", str(tmp_path), "--only", "magic"])
    (tmp_path / "two_body.json").write_text('{"config": {}, "runs": {}}')
    with pytest.raises(DataError, match="another configuration"):
        two_body.main(["--reduced", "--out", str(tmp_path)])


def test_orbits_in_closed_form_are_those_of_the_field(script):
    two_body = script("two_body")
    starts = two_body.turned(two_body.starts({"eccentricity": (0.5, 0.7)}, 3, 3), 5)
    starts[0] = two_body.orbits(starts[:1], np.array([0.0, 1.3]))[0, 1]  # not in the perihelion
    starts[1, 2:] *= -1  # the other way round
    times = np.linspace(0.0, 20.0, 11)
    states = simulate(lambda t, x: np.concatenate([x[2:], -x[:2] / np.hypot(x[0], x[1]) ** 3]), starts, times)
    assert np.abs(two_body.orbits(starts, times) - states).max() < 1e-7
