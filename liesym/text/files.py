"""The TOML file of a problem: title, independent variable, equations, parameters, ansatz."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from liesym.base.jets import jet_symbol
from liesym.errors import DataError, ParseError
from liesym.text.decimals import read_with_decimals
from liesym.text.equations import read_equations
from liesym.text.functions import nearest
from liesym.text.solved import SolvedForm

KEYS = ("title", "independent", "equations", "branch", "parameters", "initial", "ansatz")
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """What a file says: the equations solved, and the table [ansatz] as it stands there.

    Arguments:
        form: the equations.
        title: empty if the file gives none.
        ansatz: the table, None if there is none; its names are those of the equations.
        text: the whole file, for messages that show a line of it.
        path: of the file, for messages.
        initial: (name of an unknown or of a derivative, its value at the start), of the table [initial].
    """

    form: SolvedForm
    title: str
    ansatz: Mapping[str, object] | None = field(hash=False)
    text: str
    path: str
    initial: tuple[tuple[str, float], ...] = ()


def read_file(path: str | Path, *, branch: int | None = None, decimals: bool = False) -> ProblemFile:
    """Read a problem file; `liesym.model.problem.read_problem` shows what it may hold.

    Arguments:
        branch: goes before the one in the file.
        decimals: keep decimals as symbols, see `liesym.text.decimals`.

    Raises:
        DataError: the file cannot be read.
        ParseError: it is no TOML, has an unknown key, a value of the wrong type, or a faulty equation.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    text = text_of(Path(path))
    if not text.strip():
        raise ParseError(f"{path} is empty", expected=("equations = [\"y'' = -y\"]",))
    return read_file_text(text, path=str(path), branch=branch, decimals=decimals)


def read_file_text(text: str, *, path: str = "<text>", branch: int | None = None, decimals: bool = False) -> ProblemFile:
    """Read the text of a problem file; `path` is for messages, the rest as `read_file` takes it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(str(error), text, path) from None
    except RecursionError:
        raise ParseError(f"{path} is nested too deeply") from None
    with located(text, path):
        return _read_table(table if branch is None else {**table, "branch": branch}, text, path, decimals)


@contextmanager
def located(text: str, path: str) -> Iterator[None]:
    """Faults of what the body reads from a file, with their lines counted in the file."""
    try:
        yield
    except ParseError as error:
        raise _relocated(error, text, path) from None


def _read_table(table: Mapping[str, object], text: str, path: str, decimals: bool) -> ProblemFile:
    for key in table:
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = f"; did you mean {close}?" if close else ""
            raise ParseError(f"{path}: unknown key {key!r}{hint}", expected=KEYS)
    title, independent = _string(table, "title", "", path), _string(table, "independent", "t", path)
    branch = table.get("branch")
    if branch is not None and (isinstance(branch, bool) or not isinstance(branch, int)):
        raise ParseError(f"{path}: branch must be a whole number, not {branch!r}")
    equations, parameters = _equations(table, path), _tables(table, "parameters", path)
    read = read_with_decimals if decimals else read_equations
    form = read(equations, independent=independent, parameters=parameters, branch=branch)
    ansatz = table.get("ansatz")
    if ansatz is not None and not isinstance(ansatz, Mapping):
        raise ParseError(f"{path}: ansatz must be a table, not {ansatz!r}", expected=("[ansatz]",))
    return ProblemFile(form, title, ansatz, text, path, _initial(_tables(table, "initial", path), form, path))


def _initial(table: Mapping[str, object], form: SolvedForm, path: str) -> tuple[tuple[str, float], ...]:
    """Values at the start of unknowns and of their derivatives below the order of the equations."""
    names = [jet_symbol(x, k).name for x, n in zip(form.unknowns, form.orders, strict=True) for k in range(n)]
    for name, value in table.items():
        if name not in names:
            raise ParseError(f"{path}: initial is for unknowns, and {name} is none", expected=tuple(names))
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ParseError(f"{path}: the initial value of {name} must be a finite number, not {value!r}")
    return tuple((name, float(value)) for name, value in table.items() if isinstance(value, int | float))


def text_of(path: Path, *, most: int = MAX_BYTES) -> str:
    """The text of a file of at most so many bytes."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > most:
        raise DataError(f"{path} has {len(data)} bytes; at most {most} are read")
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
