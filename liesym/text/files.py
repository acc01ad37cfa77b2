"""The TOML file of a problem: title, independent variable, equations, parameters, ansatz."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liesym.errors import DataError, ParseError
from liesym.system import ODESystem
from liesym.text.ansatz import AnsatzSpec, ansatz_from_table
from liesym.text.equations import read_system
from liesym.text.functions import nearest

KEYS = ("title", "independent", "equations", "branch", "parameters", "ansatz")
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What a file holds: a system, and the ansatz if the file names one."""

    system: ODESystem
    ansatz: AnsatzSpec | None = None
    title: str = ""
    path: str = ""


def read_problem(path: str | Path, *, branch: int | None = None) -> Problem:
    """Read a problem file.

        title = "Charged particle in a sinusoidal field"
        independent = "t"
        equations = ["z' = cos(theta1*z + theta2)"]
        [parameters]
        theta1 = { positive = true, value = 1.3 }
        [ansatz]
        kind = "separable"
        depends = { t = ["t"], z = ["z"] }

    Raises:
        DataError: the file cannot be read.
        ParseError: it is no TOML, has an unknown key, a value of the wrong type, or a faulty equation.
        AnsatzError: the ansatz names an unknown variable or lacks a part.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    text = _text_of(Path(path))
    if not text.strip():
        raise ParseError(f"{path} is empty", expected=("equations = [\"y'' = -y\"]",))
    return parse_problem(text, path=str(path), branch=branch)


def parse_problem(text: str, *, path: str = "<text>", branch: int | None = None) -> Problem:
    """Read the text of a problem file; `path` is for messages, `branch` goes before the one in the file."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(str(error), text, path) from None
    except RecursionError:
        raise ParseError(f"{path} is nested too deeply") from None
    try:
        return _problem(table if branch is None else {**table, "branch": branch}, path)
    except ParseError as error:
        raise _relocated(error, text, path) from None


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


def _problem(table: Mapping[str, object], path: str) -> Problem:
    for key in table:
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = f"; did you mean {close}?" if close else ""
            raise ParseError(f"{path}: unknown key {key!r}{hint}", expected=KEYS)
    title, independent = _string(table, "title", "", path), _string(table, "independent", "t", path)
    branch = table.get("branch")
    if branch is not None and (isinstance(branch, bool) or not isinstance(branch, int)):
        raise ParseError(f"{path}: branch must be a whole number, not {branch!r}")
    system = read_system(
        _equations(table, path),
        independent=independent,
        parameters=_tables(table, "parameters", path),
        branch=branch,
        title=title,
    )
    ansatz = table.get("ansatz")
    if ansatz is None:
        return Problem(system, None, title, path)
    if not isinstance(ansatz, Mapping):
        raise ParseError(f"{path}: ansatz must be a table, not {ansatz!r}", expected=("[ansatz]",))
    return Problem(system, ansatz_from_table(ansatz, system), title, path)


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
