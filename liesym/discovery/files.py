"""Trajectories from a file, as people have them: a table in text, or NumPy's archive; missing cells stay missing."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from liesym.base.tables import read_data, read_rows
from liesym.discovery.tracks import Trajectories
from liesym.errors import DataError

RUN = "trajectory"
"""The column of a table that tells its trajectories apart."""
TIMES = ("t", "time")
"""Names that the column of times may have; else it is the first."""


def read_runs(path: str | Path, *, names: Sequence[str] = (), independent: str | None = None) -> list[Trajectories]:
    """The trajectories of an .npz or .csv file.

    An archive holds `times` (K,) or (n, K), `states` (n, K, m), and may hold `names` (m) and `rates` (n, K, m); `t` and `x`
    are read for the first two. A table has a header: times, states, and a column `trajectory` where there are several; an
    empty cell, like NaN, is a missing one.

    Arguments:
        path: the file.
        names: of the states; those of the file unless given. In a table they choose the columns.
        independent: name of the column of times.

    Raises:
        DataError: the file is missing or malformed; the message says where, and what would be right.
    """
    given = tuple(names)
    readers = {".npz": lambda file: [_archive(file, given)], ".csv": lambda file: _table(file, given, independent)}
    return read_data(path, readers)


def _archive(file: Path, names: tuple[str, ...]) -> Trajectories:
    try:
        with np.load(file, allow_pickle=False) as archive:
            held = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{file.name} is no readable archive of arrays: {error}") from None
    times, states = (held.get(long, held.get(short)) for long, short in (("times", "t"), ("states", "x")))
    if times is None or states is None:
        raise DataError(f"{file.name} holds {', '.join(sorted(held)) or 'nothing'}; it must hold times and states")
    own = tuple(str(name) for name in np.atleast_1d(held["names"])) if "names" in held else ()
    if not names and not own:
        raise DataError(f"{file.name} does not name its states; save an array names, or give --names x,y")
    try:
        numbers = [None if a is None else np.asarray(a, np.float64) for a in (times, states, held.get("rates"))]
    except (TypeError, ValueError):
        raise DataError(f"{file.name}: times, states and rates must be arrays of numbers") from None
    return Trajectories(numbers[0], numbers[1], names or own, numbers[2])  # type: ignore[arg-type]


def _table(file: Path, names: tuple[str, ...], independent: str | None) -> list[Trajectories]:
    header, rows = read_rows(file)
    time, columns = _columns(file, header, names, independent)
    wanted = [header.index(name) for name in (time, *columns)]
    numbers = np.array([_numbers(file, line, row, header, wanted) for line, row in enumerate(rows, start=2)])
    place = header.index(RUN) if RUN in header else None
    labels = [row[place].strip() if place is not None else "" for row in rows]
    parts = [numbers[[label == own for label in labels]] for own in dict.fromkeys(labels)]
    return [Trajectories(part[None, :, 0], part[None, :, 1:], columns) for part in parts]


def _columns(file: Path, header: list[str], names: tuple[str, ...], independent: str | None) -> tuple[str, tuple[str, ...]]:
    """The names of the time column and of the states' columns."""
    shown = ", ".join(header)
    if all(_number(cell) is not None for cell in header):
        raise DataError(f"{file.name}: the first row holds numbers; expected a header such as t, x, y")
    plain = [name for name in header if name != RUN]
    time = independent or next((name for name in TIMES if name in plain and name not in names), plain[0])
    missing = [name for name in (time, *names) if name not in plain]
    if missing:
        raise DataError(f"{file.name}: no column {', '.join(missing)} among {shown}")
    if time in names:
        raise DataError(f"{file.name}: {time} is the column of times, and is named as a state too; see --independent")
    return time, names or tuple(name for name in plain if name != time)


def _numbers(file: Path, line: int, row: list[str], header: list[str], wanted: Sequence[int]) -> list[float]:
    if len(row) != len(header):
        raise DataError(f"{file.name}, line {line}: {len(row)} cells under {len(header)} columns")
    numbers = []
    for k in wanted:
        number = _number(row[k]) if row[k].strip() else math.nan
        if number is None:
            raise DataError(f"{file.name}, line {line}: {row[k].strip()!r} in column {header[k]} is not a number")
        numbers.append(number)
    return numbers


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
