"""The TOML file of a problem: title, independent variable, equations, parameters, ansatz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from liesym.errors import DataError, ParseError

KEYS = ("title", "independent", "equations", "branch", "parameters", "ansatz")
MAX_BYTES = 1_000_000


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path} has {len(data)} bytes; a problem file has at most {MAX_BYTES}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}") from None


def _string(table: Mapping[str, object], key: str, default: str, path: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ParseError(f"{path}: {key} must be text, not {value!r}", expected=(f'{key} = "…"',))
    return value


def _equations(table: Mapping[str, object], path: str) -> str:
    example = ("equations = [\"y'' = -y\"]",)
    if "equations" not in table:
        raise ParseError(f"{path} has no equations", expected=example)
    value = table["equations"]
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(e, str) for e in value):
        raise ParseError(f"{path}: equations must be a list of text, not {value!r}", expected=example)
    return "\n".join(value)


def _tables(table: Mapping[str, object], key: str, path: str) -> Mapping[str, Mapping[str, object]]:
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise ParseError(f"{path}: {key} must be a table, not {value!r}", expected=(f"[{key}]",))
    return value


def _toml_error(message: str, text: str, path: str) -> ParseError:
    found = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    words = message[: found.start()].strip() if found else message
    line, column = (int(found[1]), int(found[2])) if found and found[1] else (text.count("\n") + 1, 1)
    return ParseError(f"{path} is not TOML: {words}", source=text + " ", line=line, column=column)


def _relocated(error: ParseError, text: str, path: str) -> ParseError:
    """The same fault with its line counted in the file, where the faulty text stands there as it is."""
    message = error.message if error.message.startswith(path) else f"{path}: {error.message}"
    if error.line and error.source:
        faulty = error.source.splitlines()[error.line - 1]
        for number, line in enumerate(text.splitlines(), start=1):
            if faulty and faulty in line:
                column = line.index(faulty) + error.column
                return ParseError(message, source=text, line=number, column=column, expected=error.expected)
    return ParseError(message, source=error.source, line=error.line, column=error.column, expected=error.expected)
