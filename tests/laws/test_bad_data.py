"""Data as they come: what cannot be used is one clear error, and what hides a law is said where none is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import liesym
from liesym import Trajectories, discover
from liesym.app.cli import app

NAMES = ("q", "p")
NOISE = 0.01


def circles(count: int = 20, length: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Times and exact states of x'' = -x, trajectories of different sizes."""
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 9, length)
    size, phase = rng.uniform(0.5, 2, (2, count, 1))
    return times, np.stack([size * np.cos(times + 3 * phase), -size * np.sin(times + 3 * phase)], axis=-1)


TIMES, EXACT = circles()
STATES = EXACT + NOISE * np.random.default_rng(1).normal(size=EXACT.shape)
MADE = (*NAMES, "c")


def beside(column: np.ndarray) -> np.ndarray:
    """The states with a further column."""
    return np.concatenate([STATES, np.broadcast_to(column, (*STATES.shape[:2], 1))], axis=2)


SHAKEN = 2.5 + 1e-14 * np.random.default_rng(2).normal(size=(*STATES.shape[:2], 1))
GAPS = np.where((np.arange(100)[:, None] + np.arange(2)) % 2, np.nan, STATES)
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "one trajectory": (lambda: discover(Trajectories(TIMES, STATES[0], NAMES)), "one cannot tell a law from a constant"),
    "constant column": (lambda: discover(Trajectories(TIMES, beside(np.array([2.5])), MADE)), "c never changes"),
    "constant but for rounding": (lambda: discover(Trajectories(TIMES, beside(SHAKEN), MADE)), "c never changes"),
    "duplicated times": (lambda: Trajectories(np.round(TIMES), STATES, NAMES), "0 occurs twice"),
    "no number": (lambda: discover(Trajectories(TIMES, STATES * [1, np.nan], NAMES)), "p holds no number"),
    "no whole row": (lambda: discover(Trajectories(TIMES, GAPS, NAMES)), "0 trajectory with usable rows"),
    "one sample": (lambda: discover(Trajectories(TIMES[:1], STATES[:, :1], NAMES), noise=NOISE), "3 usable rows"),
    "four samples": (lambda: discover(Trajectories(TIMES[:4], STATES[:, :4], NAMES)), "give noise="),
    "other names": (
        lambda: discover([Trajectories(TIMES, STATES[:9], NAMES), Trajectories(TIMES, STATES[9:], ("p", "q"))]),
        "name different states: p q, q p",
    ),
    "names that are numbers": (lambda: discover(Trajectories(TIMES, STATES, (1, 2))), "1 is not a name"),  # type: ignore[arg-type]
    "text": (lambda: Trajectories(TIMES, np.where(STATES > 1.9, "n/a", STATES.astype(str)), NAMES), "no array of numbers"),
    "text for rates": (lambda: Trajectories(TIMES, STATES, NAMES, np.full(STATES.shape, "?")), "rates are no array"),
    "dates": (lambda: Trajectories(np.arange("2020-01-01", "2020-04-10", dtype="M8[D]"), STATES, NAMES), "times are dates"),
    "complex": (lambda: Trajectories(TIMES, 1j * STATES, NAMES), "states are complex numbers"),
    "rows of two lengths": (lambda: Trajectories(TIMES, [[1, 2], [3]], NAMES), "records of their own"),  # type: ignore[arg-type]
    "fewer rates": (lambda: Trajectories(TIMES, STATES, NAMES, STATES[:, :50]), "rates of shape"),
    "huge": (lambda: discover(Trajectories(TIMES, 1e200 * STATES, NAMES)), r"take a unit in which"),
    "tiny": (lambda: discover(Trajectories(TIMES, 1e-200 * STATES, NAMES)), r"take a unit in which"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_one_error(kind: str) -> None:
    call, message = REFUSED[kind]
    with pytest.raises(liesym.DataError, match=message):
        call()


def notes(states: np.ndarray, **options: Any) -> str:
    """What is said where nothing is supported."""
    found = discover(Trajectories(TIMES[: states.shape[1]], states, NAMES), **options)
    assert all(law.grade == "approximate" for law in found.integrals)
    return "\n".join(found.notes)


@pytest.mark.parametrize("factor", [60, 1000])
@pytest.mark.parametrize("count", [1, 10])
def test_two_units_in_one_column(factor: float, count: int) -> None:
    mixed = STATES.copy()
    mixed[:count, :, 0] *= factor
    assert f"along {20 - count} of the trajectories" in notes(mixed) and "two units are mixed" in notes(mixed)


def test_two_sizes_of_trajectories_are_no_two_units() -> None:
    found = discover(Trajectories(TIMES, STATES * np.where(np.arange(20) < 10, 1, 60)[:, None, None], NAMES), noise=NOISE)
    assert "units" not in "\n".join(found.notes)


def test_noise_above_the_signal() -> None:
    loud = EXACT + 3 * np.random.default_rng(3).normal(size=EXACT.shape)
    assert "the noise of q, p is of the size of the signal" in notes(loud)


@pytest.mark.parametrize("noise", [1e-5, 5.0])
def test_noise_that_the_data_deny(noise: float) -> None:
    assert f"the noise of q was given as {noise:.2g}" in notes(STATES, noise=noise)


def test_one_trajectory_measured_twenty_times() -> None:
    again = EXACT[:1] + NOISE * np.random.default_rng(4).normal(size=EXACT.shape)
    assert "differ by no more than the noise" in notes(again)


@pytest.mark.parametrize("count", [2, 3])
def test_few_trajectories(count: int) -> None:
    assert f"of {count} trajectories none can be held out" in notes(STATES[:count])


@pytest.mark.parametrize(
    "states",
    [np.where(np.arange(20)[:, None, None] == 3, np.nan, STATES), np.round(10 * STATES).astype(int), STATES.astype(object)],
    ids=["a trajectory without numbers", "whole numbers", "objects"],
)
def test_what_can_be_used_is_used(states: np.ndarray) -> None:
    (law,) = discover(Trajectories(TIMES, states, NAMES)).integrals
    assert law.grade == "supported" and str(law.expression) in ("p**2 + q**2", "q**2 + p**2")


def test_a_column_that_rests_along_trajectories_is_a_law() -> None:
    sizes = np.random.default_rng(5).normal(size=(20, 1, 1))
    found = discover(Trajectories(TIMES, beside(sizes), MADE))
    assert "c" in {str(law.expression) for law in found.integrals if law.grade == "supported"}
    assert not any("units" in note for note in found.notes)


def table(folder: Path, states: np.ndarray, names: str = "q,p") -> Path:
    """A file with a column that tells its trajectories apart."""
    lines = [f"t,trajectory,{names}"]
    for n, run in enumerate(states):
        lines += [f"{t:.4f},{n},{','.join(f'{cell:.6g}' for cell in row)}" for t, row in zip(TIMES, run, strict=False)]
    file = folder / "data.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_the_command_says_the_same(tmp_path: Path) -> None:
    def run(states: np.ndarray, names: str = "q,p") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["discover", str(table(tmp_path, states, names)), "--no-identify"])
        return result.exit_code, (result.stdout + result.stderr).replace("\n", " ")

    mixed = STATES * np.where(np.arange(20) < 10, 1, 1000)[:, None, None] ** np.array([1, 0])
    status, told = run(mixed)
    assert status == 0 and "none found" in told and "two units are mixed" in told
    status, told = run(STATES[:1])
    assert status == 2 and "one cannot tell a law from a constant" in told
    status, told = run(beside(np.array([2.5])), "q,p,c")
    assert status == 2 and "c never changes" in told
    status, told = run(STATES[:, :2])
    assert status == 2 and "3 usable rows" in told
