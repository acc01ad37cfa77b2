"""Discovered laws as they are in training and in layers that hold them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app

RUNNER = CliRunner()


def circles(folder: Path, names: str = "qp", length: int = 70) -> Path:
    """Noisy states of q' = p, p' = -q in an archive."""
    rng = np.random.default_rng(3)
    times = np.linspace(0, 9, length)
    size, phase = rng.uniform(0.5, 2, (2, 12, 1))
    exact = np.stack([size * np.cos(times + 3 * phase), -size * np.sin(times + 3 * phase)], axis=-1)
    file = folder / "data.npz"
    np.savez(file, times=times, states=exact + 0.01 * rng.normal(size=exact.shape), names=np.array(list(names)))
    return file


def test_training_without_equations(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    quick = ["--steps", "2", "--width", "4", "--out", str(tmp_path / "out"), "--budget", "20"]
    result = RUNNER.invoke(app, ["train", "--discover", "--data", str(circles(tmp_path)), *quick])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "q^2 + p^2" in result.stdout.replace("p^2 + q^2", "q^2 + p^2") and "[proven]" in result.stdout
    record = json.loads((tmp_path / "out" / "train-torch.json").read_text(encoding="utf-8"))
    assert record["laws"]["kind"] == "conservation" and len(record["laws"]["found"]) == 1
    assert set(record["fits"]) == {"plain", "with conservation"}


@pytest.mark.parametrize(
    ("more", "message"), [(["q' = p; p' = -q"], "give no equations"), (["--residual", "invariance"], "give no equations")]
)
def test_equations_and_discovery_are_not_both_taken(more: list[str], message: str, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["train", "--discover", "--data", str(circles(tmp_path)), *more])
    assert result.exit_code == 2 and message in result.stderr


def test_discovered_laws_hold_in_a_projected_field(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    liesym_torch = pytest.importorskip("liesym_torch")
    with np.load(circles(tmp_path)) as archive:
        data = liesym.Trajectories(archive["times"], archive["states"], ("q", "p"))
    found = liesym.discover(data, identify=True)
    assert found.system is not None
    levels = liesym_torch.LevelSets.from_expressions([law.expression for law in found.integrals], found.system.unknowns)
    crooked = lambda t, x, args=None: torch.stack([x[..., 1] + 0.3, -torch.sin(x[..., 0])], -1)  # noqa: E731
    x = torch.rand(50, 2, dtype=torch.float64) + 0.2
    for layer in (liesym_torch.TangentProjection(crooked, levels), liesym_torch.Stabilization(crooked, levels)):
        rate = (layer(0.0, x) * x).sum(-1).abs().max()
        assert (rate < 1e-12) == isinstance(layer, liesym_torch.TangentProjection)
