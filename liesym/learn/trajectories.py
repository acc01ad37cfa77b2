"""Measured or simulated trajectories: reading, checking, splitting, and cutting into windows for training."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liesym.base.tables import read_data, read_rows
from liesym.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """n trajectories of m states, each seen at K times.

    Arguments:
        times: shape (n, K), increasing along each row as far as anything was measured.
        states: shape (n, K, m); NaN where a state was not measured. Shorter trajectories end in rows of NaN, at their last
            time: see `padded`.
        names: m names of the states.

    Raises:
        DataError: shapes that do not fit, infinite numbers, a trajectory without numbers, times that do not increase.
    """

    times: np.ndarray
    states: np.ndarray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        n, m = self.states.shape[0], len(self.names)
        if self.states.ndim != 3 or self.times.shape != self.states.shape[:2] or self.states.shape[2] != m:
            raise DataError(
                f"times of shape {self.times.shape} and states of shape {self.states.shape} for the states "
                f"{', '.join(self.names)}; expected (n, K) and (n, K, {m})"
            )
        if n == 0 or self.times.shape[1] < 2:
            raise DataError("a trajectory needs at least two times")
        if not np.isfinite(self.times).all() or np.isinf(self.states).any():
            place = np.argwhere(np.isinf(self.states))
            where = f"trajectory {place[0][0]}, row {place[0][1]}, {self.names[place[0][2]]}" if len(place) else "the times"
            raise DataError(f"a number that is not finite in {where}; leave such rows out, or NaN for such states")
        measured: np.ndarray = np.any(np.isfinite(self.states), axis=2)
        if not measured.any(axis=1).all():
            raise DataError(f"trajectory {np.argmin(measured.any(axis=1))} holds no number")
        later = np.flip(np.logical_or.accumulate(np.flip(measured, axis=1), axis=1), axis=1)[:, 1:]
        steps = np.diff(self.times, axis=1)
        wrong = (steps < 0) | ((steps == 0) & later)
        if wrong.any():
            n, k = np.argwhere(wrong)[0]
            raise DataError(f"times must increase; in trajectory {n}, {self.times[n, k + 1]} follows {self.times[n, k]}")

    @staticmethod
    def padded(times: Sequence[np.ndarray], states: Sequence[np.ndarray], names: Sequence[str]) -> Trajectories:
        """Trajectories of any lengths, (K_i,) and (K_i, m), as one record: shorter ones end in NaN, at their last time."""
        longest = max(len(t) for t in times)
        clocks = [np.concatenate([t, np.full(longest - len(t), t[-1])]) for t in times]
        rows = [np.concatenate([x, np.full((longest - len(x), x.shape[1]), np.nan)]) for x in states]
        return Trajectories(np.stack(clocks), np.stack(rows), tuple(names))

    @property
    def complete(self) -> np.ndarray:
        """Where all states were measured, (n, K)."""
        return np.asarray(np.all(np.isfinite(self.states), axis=2))

    def begun(self) -> Trajectories:
        """Each trajectory from the first time on at which all its states were measured, which a rollout starts from.

        Raises:
            DataError: there is none; names what is missing.
        """
        whole = self.complete
        if whole[:, 0].all():
            return self
        if not whole.any(axis=1).all():
            n = int(np.argmin(whole.any(axis=1)))
            seen = np.isfinite(self.states[n]).any(axis=0)
            missing = [name for name, yes in zip(self.names, seen, strict=True) if not yes]
            said = f"{', '.join(missing)} was never measured" if missing else "its states were never measured together"
            raise DataError(
                f"trajectory {n} has no row with all states to start from: {said}. A loop of your own can start elsewhere, "
                "see misfit(start=…)"
            )
        first = whole.argmax(axis=1)
        rows = [slice(k, None) for k in first]
        return Trajectories.padded(
            [t[r] for t, r in zip(self.times, rows, strict=True)],
            [x[r] for x, r in zip(self.states, rows, strict=True)],
            self.names,
        )

    @property
    def count(self) -> int:
        return self.states.shape[0]

    def until(self, time: float) -> Trajectories:
        """The part of every trajectory with t ≤ time; all must keep the same number of times."""
        return self._where(self.times <= time)

    def after(self, time: float) -> Trajectories:
        """The part of every trajectory with t ≥ time."""
        return self._where(self.times >= time)

    def select(self, indices: Sequence[int] | np.ndarray) -> Trajectories:
        """Some of the trajectories."""
        chosen = np.asarray(indices, dtype=int)
        return Trajectories(self.times[chosen], self.states[chosen], self.names)

    def windows(self, length: int, stride: int = 1) -> Trajectories:
        """All stretches of `length` consecutive times, as trajectories of their own: those that begin with all states and
        have another number after it.
        """
        known = self.times.shape[1]
        if not 2 <= length <= known:
            raise DataError(f"a window of {length} times does not fit trajectories of {known}; take 2 to {known}")
        starts = np.arange(0, known - length + 1, stride)
        index = starts[:, None] + np.arange(length)
        times, states = self.times[:, index].reshape(-1, length), self.states[:, index].reshape(-1, length, len(self.names))
        known = np.isfinite(states)
        useful = known[:, 0].all(axis=1) & known[:, 1:].any(axis=(1, 2))
        if not useful.any():
            raise DataError("no window begins with a row that has all states and has another number after it")
        return Trajectories(times[useful], states[useful], self.names)

    def _where(self, keep: np.ndarray) -> Trajectories:
        counts = keep.sum(axis=1)
        if counts.min() != counts.max():
            raise DataError(f"the trajectories would keep {counts.min()} to {counts.max()} times; cut them equally")
        n, m = self.count, len(self.names)
        return Trajectories(self.times[keep].reshape(n, -1), self.states[keep].reshape(n, -1, m), self.names)


def read_trajectories(path: str | Path, names: Sequence[str], *, independent: str = "t") -> Trajectories:
    """Trajectories from an .npz or .csv file.

    An .npz file holds `t` of shape (K,) or (n, K) and `x` of shape (K, m) or (n, K, m). A .csv file has a
    header row; columns are found by the names of the independent variable and the states, or, when none of
    the states is named there, taken in order: time first. A column `trajectory` separates several runs, of any lengths.
    An empty cell, like NaN, is a state that was not measured; in an archive shorter runs end in NaN, in t as well or not.

    Arguments:
        path: the file.
        names: names of the states, in the order of the unknowns of the first-order system.
        independent: name of the time column.

    Raises:
        DataError: the file is missing or malformed; the message says where.
    """
    given = tuple(names)
    readers = {".npz": lambda file: _read_npz(file, given), ".csv": lambda file: _read_csv(file, given, independent)}
    return read_data(path, readers)


def _read_npz(file: Path, names: tuple[str, ...]) -> Trajectories:
    try:
        with np.load(file, allow_pickle=False) as archive:
            missing = {"t", "x"} - set(archive.files)
            if missing:
                raise DataError(f"{file.name} holds {sorted(archive.files)}; it must hold t and x")
            times, states = (np.asarray(archive[key], dtype=np.float64) for key in ("t", "x"))
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{file.name} is not a readable .npz archive of numbers: {error}") from None
    if states.ndim == 2:
        states = states[None]
    if states.ndim != 3 or states.shape[2] != len(names):
        raise DataError(f"{file.name}: x has shape {states.shape}, expected (n, K, {len(names)}) for {', '.join(names)}")
    if times.ndim == 1:
        times = np.broadcast_to(times, states.shape[:1] + times.shape).copy()
    if times.shape == states.shape[:2]:
        beyond = np.isnan(times) & np.isnan(states).all(axis=2)
        last = np.maximum.accumulate(np.where(beyond, -np.inf, times), axis=1)
        times = np.where(beyond, last, times)
    return Trajectories(times, states, names)


def _read_csv(file: Path, names: tuple[str, ...], independent: str) -> Trajectories:
    header, rows = read_rows(file)
    columns = _columns(file, header, names, independent)
    optional = [header[column] for column in columns[1:]]
    table = np.array([_numbers(file, line, row, header, optional) for line, row in enumerate(rows, start=2)])
    groups = table[:, header.index("trajectory")] if "trajectory" in header else np.zeros(len(table))
    parts = [table[groups == g][:, columns] for g in dict.fromkeys(groups)]
    return Trajectories.padded([part[:, 0] for part in parts], [part[:, 1:] for part in parts], names)


def _columns(file: Path, header: list[str], names: tuple[str, ...], independent: str) -> list[int]:
    if all(_is_number(cell) for cell in header):
        expected = ", ".join((independent, *names))
        raise DataError(f"{file.name}: the first row holds numbers; expected a header such as {expected}")
    if not set(names) & set(header):
        plain = [i for i, name in enumerate(header) if name != "trajectory"]
        if len(plain) != len(names) + 1:
            raise DataError(f"{file.name} has the columns {', '.join(header)}; expected {independent}, {', '.join(names)}")
        return plain
    missing = [name for name in names if name not in header]
    if missing:
        raise DataError(f"{file.name}: no column {', '.join(missing)} among {', '.join(header)}")
    time = header.index(independent) if independent in header else 0
    if header[time] in names:
        raise DataError(f"{file.name}: no column {independent} among {', '.join(header)}")
    return [time, *(header.index(name) for name in names)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(file: Path, line: int, row: list[str], header: list[str], optional: Sequence[str]) -> list[float]:
    """The cells of a row; those of the optional columns may be empty or nan."""
    if len(row) != len(header):
        raise DataError(f"{file.name}, line {line}: {len(row)} cells under {len(header)} columns")
    numbers = []
    for name, cell in zip(header, row, strict=True):
        if name in optional and cell.strip().lower() in ("", "nan", "na"):
            numbers.append(np.nan)
            continue
        try:
            number = float(cell)
        except ValueError:
            fault = "an empty cell" if not cell.strip() else f"{cell.strip()!r}, which is not a number,"
            raise DataError(f"{file.name}, line {line}: {fault} in column {name}; fill it or leave the row out") from None
        if not np.isfinite(number):
            raise DataError(f"{file.name}, line {line}: {cell.strip()} in column {name} is not a finite number")
        numbers.append(number)
    return numbers


def simulate(
    field: object, initial: np.ndarray, times: np.ndarray, *, rtol: float = 1e-11, atol: float = 1e-12
) -> np.ndarray:
    """States of shape (n, K, m) of x' = field(t, x) from each initial state, by SciPy's DOP853.

    The reference solution that experiments compare with; `field` takes (t, x of shape (m,)).

    Raises:
        DataError: the integration fails before the last time.
    """
    from scipy.integrate import solve_ivp

    runs = []
    for start in np.atleast_2d(initial):
        run = solve_ivp(field, (times[0], times[-1]), start, "DOP853", t_eval=times, rtol=rtol, atol=atol)  # pyright: ignore[reportArgumentType]
        if not run.success or run.y.shape[1] != len(times):
            raise DataError(f"the reference solution from {start} stops: {run.message}")
        runs.append(run.y.T)
    return np.stack(runs)
