"""What an experiment needs besides a backend: configuration files, records of results, tables, progress."""

from __future__ import annotations

import json
import math
import platform
import shutil
import sys
import textwrap
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from liesym.base.files import write_whole
from liesym.errors import DataError
from liesym.learn.fitting import Settings

GAP = 2
"""Spaces between the columns of a table."""
SECONDS_BETWEEN_LINES = 10.0
"""Between two lines of progress where there is no terminal."""
PACKAGES = (
    "liesym-ode", "numpy", "sympy", "torch", "torchdiffeq", "jax", "diffrax", "equinox", "optax", "optuna",
)  # fmt: skip


def read_config(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        DataError: the file is missing or is not TOML.
    """
    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise DataError(f"cannot read the configuration {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not TOML: {error}") from None


# -- records of results ----------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def write_results(path: str | Path, results: Mapping[str, Any], *, settings: Settings | None = None) -> Path:
    """A JSON record of results with the versions and, where given, the settings they came from.

    Numbers that are not finite are written as null. Raises DataError where the file cannot be written.
    """
    record = dict(results) | {"environment": environment()}
    if settings is not None:
        record["settings"] = asdict(settings)
    text = json.dumps(_plain(record), indent=1, allow_nan=False)
    return write_whole(path, text + "\n", folder=True)


def read_results(path: str | Path) -> dict[str, Any]:
    """A record written by `write_results`. Raises DataError where it is missing or damaged."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read the results {path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path} is not a record of results: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# -- tables ----------------------------------------------------------------------------------------


def cell(value: object) -> str:
    """A table cell: three significant digits for a float, a dash for nothing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown, for the pages that are made from records."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on the standard output, as wide as the terminal is, or as COLUMNS says, or 80 characters."""
    print("\n".join(table_lines(title, columns, rows, shutil.get_terminal_size((80, 24)).columns)))


def table_lines(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> list[str]:
    """A table in lines of at most this width: headings and labels broken between words, numbers never.

    Where even the longest words do not fit side by side, each row is a list of its own, a line a column.
    """
    texts = [[cell(value) for value in row] for row in rows]
    numbers = [max([len(text[i]) for text in texts], default=0) for i in range(1, len(columns))]
    labels = [word for row in texts for word in row[0].split()]
    needed = [
        _longest(labels, columns[0].split()),
        *(max(n, _longest(c.split())) for n, c in zip(numbers, columns[1:], strict=True)),
    ]
    spare = width - sum(needed) - GAP * (len(columns) - 1)
    if spare < 0:
        return [title, *(line for row in texts for line in _stacked(columns, row))]
    for i, natural in enumerate(max(len(c), max((len(r[i]) for r in texts), default=0)) for i, c in enumerate(columns)):
        more = min(spare, natural - needed[i])
        needed[i], spare = needed[i] + more, spare - more
    lines = [line for row in (columns, *texts) for line in _beside(row, needed)]
    head = len(_beside(columns, needed))
    return [title, *lines[:head], (" " * GAP).join("-" * n for n in needed), *lines[head:]]


def _longest(*words: Sequence[str]) -> int:
    return max((len(word) for group in words for word in group), default=0)


def _beside(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The lines of one row: the first column to the left, the others to the right."""
    parts = [textwrap.wrap(text, w, break_long_words=False) or [""] for text, w in zip(row, widths, strict=True)]
    filled = [[*part, *[""] * (max(map(len, parts)) - len(part))] for part in parts]
    return [
        (" " * GAP).join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in zip(*filled, strict=True)
    ]


def _stacked(columns: Sequence[str], row: Sequence[str]) -> list[str]:
    return [row[0], *(f"  {name}: {value}" for name, value in zip(columns[1:], row[1:], strict=True))]


class Progress:
    """A progress bar on the standard error; where that is no terminal, a line every ten seconds."""

    def __init__(self, description: str, total: int) -> None:
        self._bar = None
        self._told = self._begun = time.monotonic()
        self._description, self._total = description, total
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(description, total=total)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int) -> None:
        """Show how many steps are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done)
        elif (now := time.monotonic()) - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            left = (now - self._begun) / max(done, 1) * (self._total - done)
            print(
                f"{self._description}: {done} of {self._total} steps, about {left:.0f} s left", file=sys.stderr, flush=True
            )
