"""Files of measured numbers: which reader a file is for, and the rows and header of a table in text."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from liesym.errors import DataError

T = TypeVar("T")


def read_data(path: str | Path, readers: Mapping[str, Callable[[Path], T]]) -> T:
    """What the reader of the file's suffix makes of it.

    Raises:
        DataError: there is no such file, or no reader for its suffix.
    """
    file = Path(path)
    suffixes = " or ".join(readers)
    if not file.is_file():
        raise DataError(f"no data file {file}; give an {suffixes} file of trajectories")
    if file.suffix not in readers:
        raise DataError(f"{file.name}: cannot read {file.suffix or 'a file without a suffix'}; write {suffixes}")
    return readers[file.suffix](file)


def read_rows(file: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a table in text, without empty rows.

    Raises:
        DataError: it is no text in columns, is shorter than a header and two rows, or a name stands there twice.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file.name} is not readable as text in columns: {error}") from None
    if len(rows) < 3:
        raise DataError(f"{file.name}: a header and at least two rows are needed, found {len(rows)} rows")
    header = [cell.strip() for cell in rows[0]]
    if len(set(header)) < len(header):
        raise DataError(f"{file.name}: a column name occurs twice in {', '.join(header)}")
    return header, rows[1:]
