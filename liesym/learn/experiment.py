"""What an experiment needs besides a backend: configuration files, records of results, tables, progress."""

from __future__ import annotations

import json
import math
import platform
import sys
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
    """A table on the standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=i > 0)
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console = Console()
    Console(width=console.width if console.is_terminal else 140).print(table)


class Progress:
    """A progress bar on the standard error if that is a terminal, else nothing."""

    def __init__(self, description: str, total: int) -> None:
        self._bar = None
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
