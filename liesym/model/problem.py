"""A problem file: system, assumptions, values, ansatz."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liesym.errors import ParseError
from liesym.model.ansatz import AnsatzSpec, ansatz_from_table
from liesym.model.system import ODESystem
from liesym.text.equations import read_system
from liesym.text.files import KEYS, _equations, _relocated, _string, _tables, _text_of, _toml_error
from liesym.text.functions import nearest


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
