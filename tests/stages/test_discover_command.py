"""`liesym discover`: files as people have them, the JSON, and one clear error for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from liesym.app.cli import app
from liesym.discovery.files import read_runs
from liesym.errors import DataError

RUNNER = CliRunner()
NOISE = 0.01


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, ["discover", *arguments])
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status == 0 else result.stderr


def circles(count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (K,) and noisy states (n, K, 2) of x'' = -x."""
    rng = np.random.default_rng(3)
    times = np.linspace(0, 9, length)
    size, phase = rng.uniform(0.5, 2, (2, count, 1))
    exact = np.stack([size * np.cos(times + 3 * phase), -size * np.sin(times + 3 * phase)], axis=-1)
    return times, exact + NOISE * rng.normal(size=exact.shape)


def test_an_archive_gives_the_energy(tmp_path: Path) -> None:
    times, states = circles(16, 120)
    np.savez(tmp_path / "data.npz", times=np.tile(times, (16, 1)), states=states, names=np.array(["q", "p"]))
    record = json.loads(call(str(tmp_path / "data.npz"), "--json"))
    (law,) = record["integrals"]
    assert law["expression"] in ("p^2 + q^2", "q^2 + p^2") and law["grade"] == "proven"
    assert law["evidence"]["misfit"] == pytest.approx(1, abs=0.3) and record["stopped"] == ""
    assert record["equations"] == ["q' = p", "p' = -q"] and record["parameters"] == {}
    assert record["fit"]["misfit"] == pytest.approx(1, abs=0.4) and "symmetries" in record["looked"]
    assert {"t": "1", "q": "0", "p": "0"}.items() <= record["generators"][0].items()


def test_no_equations_unless_they_are_wanted(tmp_path: Path) -> None:
    times, states = circles(16, 120)
    np.savez(tmp_path / "data.npz", times=times, states=states, names=np.array(["q", "p"]))
    record = json.loads(call(str(tmp_path / "data.npz"), "--json", "--no-identify"))
    assert [law["grade"] for law in record["integrals"]] == ["supported"]
    assert record["equations"] is None and record["fit"] is None and record["looked"] == ["integrals"]


def test_a_table_with_runs_of_different_lengths_and_missing_cells(tmp_path: Path) -> None:
    times, states = circles(16, 120)
    lines = ["time,trajectory,q,note,p"]
    for n, run in enumerate(states):
        for k, (q, p) in enumerate(run[: 120 - 2 * n]):
            lines.append(f"{times[k]:.6f},run {n},{'' if (n + k) % 17 == 0 else f'{q:.6f}'},,{p:.6f}")
    file = tmp_path / "data.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    runs = read_runs(file, names=("q", "p"))
    assert [r.states.shape[1] for r in runs[:3]] == [120, 118, 116] and np.isnan(runs[0].states[0, 0, 0])
    printed = call(str(file), "--names", "q,p", "--noise", str(NOISE), "--no-identify")
    assert "q^2 + p^2" in printed.replace("p^2 + q^2", "q^2 + p^2") and "[supported]" in printed
    assert "are looked for when they are asked for" in printed and "none found" not in printed


def test_symmetries_are_written_as_elsewhere(tmp_path: Path) -> None:
    times, states = circles(16, 120)
    np.savez(tmp_path / "data.npz", times=times, states=states, names=np.array(["q", "p"]))
    printed = call(str(tmp_path / "data.npz"))
    assert "  ∂t   [proven]" in printed and "  q ∂q + p ∂p   [proven]" in printed
    assert "  p' = −q\n" in printed and "d/d" not in printed and "evidence for q^2 + p^2   [proven]:" in printed


TABLE = "t,x,y\n0,1,2\n1,2,3\n2,3,4\n"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("t,x,y\n0,1,2\n", [], "a header and at least two rows"),
        ("0,1,2\n1,2,3\n2,3,4\n", [], "a header such as t, x, y"),
        ("t,x,x\n0,1,2\n1,2,3\n", [], "occurs twice in t, x, x"),
        ("t,x,y\n0,1,2\n1,2\n", [], "line 3: 2 cells under 3 columns"),
        ("t,x,y\n0,1,2\n1,two,3\n", [], "line 3: 'two' in column x is not a number"),
        ("t,x,y\n0,1,inf\n1,2,3\n", [], "infinite number"),
        ("t,x,y\n0,1,2\n0,2,3\n", [], "0 occurs twice"),
        (TABLE, [], "one cannot tell a law from a constant"),
        (TABLE, ["--names", "x,z"], "no column z among t, x, y"),
        (TABLE, ["--independent", "s"], "no column s among t, x, y"),
        (TABLE, ["--names", "x,y", "--independent", "x"], "x is the column of times"),
        (TABLE, ["--noise", "-1"], "a positive number, not -1"),
    ],
)
def test_what_a_table_cannot_be_is_said(text: str, arguments: list[str], message: str, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(text, encoding="utf-8")
    assert message in call(str(file), *arguments, status=2)


def test_what_an_archive_cannot_be_is_said(tmp_path: Path) -> None:
    times, states = circles(3, 20)
    file = tmp_path / "data.npz"
    np.savez(file, times=times, states=states)
    with pytest.raises(DataError, match="save an array names"):
        read_runs(file)
    np.savez(file, speed=times)
    with pytest.raises(DataError, match="holds speed; it must hold times and states"):
        read_runs(file)
    np.savez(file, times=times, states=states, names=np.array(["q", "p", "r"]))
    with pytest.raises(DataError, match=r"states of shape \(3, 20, 2\) for the states q, p, r"):
        read_runs(file)
    file.write_bytes(b"no archive")
    with pytest.raises(DataError, match="no readable archive"):
        read_runs(file)
    with pytest.raises(DataError, match="no data file"):
        read_runs(tmp_path / "none.csv")
    (tmp_path / "data.txt").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot read"):
        read_runs(tmp_path / "data.txt")
