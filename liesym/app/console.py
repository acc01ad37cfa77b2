"""What every command of the command line shares: reading its input, and its way to fail.

Exit status 0 on success, 1 for a check that came out negative, 2 for bad input, 3 when the budget ran out,
130 after Ctrl-C.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import typer

from liesym.errors import DataError, LiesymError, OutOfBudget, ParseError
from liesym.model.ansatz import parse_ansatz
from liesym.model.problem import Problem, read_problem
from liesym.model.system import ODESystem
from liesym.text.files import MAX_BYTES

BAD_INPUT, OUT_OF_BUDGET, NEGATIVE, INTERRUPTED = 2, 3, 1, 130

Command = TypeVar("Command", bound=Callable[..., Any])


def guarded(command: Command) -> Command:
    """Errors of liesym become one message on the standard error and an exit status, never a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except OutOfBudget as error:
            typer.echo(f"error: the budget ran out: {error}", err=True)
            raise typer.Exit(OUT_OF_BUDGET) from None
        except LiesymError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(BAD_INPUT) from None
        except BrokenPipeError:  # the reader of a pipe has seen enough; the terminal library ends in silence
            raise
        except OSError as error:  # files are checked where they are opened: this is the standard output
            place = f"{error.filename}: " if error.filename else "the output cannot be written: "
            typer.echo(f"error: {place}{error.strerror or error}", err=True)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return run  # type: ignore[return-value]


def is_file(text: str) -> bool:
    """True for an argument that is a file: it ends in .toml or .json, or there is a file of that name."""
    if text.endswith((".toml", ".json")):
        return True
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def load_problem(
    inputs: Sequence[str],
    *,
    independent: str | None = None,
    ansatz: str | None = None,
    branch: int | None = None,
    moving: str | None = None,
) -> Problem:
    """One problem file, or equations; nothing at all reads equations from the standard input.

    Arguments:
        moving: parameters that join the unknowns, as names between commas, or "all".

    Raises:
        ParseError, NotSolvable, AnsatzError, DataError: as the readers do.
    """
    texts = list(inputs)
    if not texts:
        texts = [_standard_input()]
    files = [t for t in texts if is_file(t)]
    if files and len(texts) > 1:
        raise ParseError(f"give one file or equations, not {files[0]} and more")
    if files:
        problem = read_problem(files[0], branch=branch)
        own = problem.system.independent.name
        if independent is not None and independent != own:
            raise ParseError(f"{files[0]} has the independent variable {own}; --independent {independent} differs")
    else:
        problem = Problem(
            ODESystem.parse("\n".join(texts), independent="t" if independent is None else independent, branch=branch)
        )
    if moving is not None:
        names = None if moving.strip() == "all" else [n.strip() for n in moving.split(",")]
        problem = replace(problem, system=problem.system.with_moving_parameters(names))
    if ansatz is not None:
        problem = replace(problem, ansatz=parse_ansatz(ansatz, problem.system))
    return problem


def _standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise ParseError("give a problem file or equations", expected=("liesym analyze \"y'' = -y\"",))
    data = sys.stdin.buffer.read(MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} is {data[error.start]:#04x}"
        raise DataError(f"the standard input is not UTF-8 text: {byte}") from None


def check_budget(budget: float) -> float:
    """Refuse a budget that is no positive number of seconds."""
    if not 0 < budget < float("inf"):
        raise ParseError(f"--budget is a positive number of seconds, not {budget:g}")
    return budget


def check_choice(value: str, known: Sequence[str], option: str) -> str:
    """Refuse a value that is not among the known ones, and name them."""
    if value not in known:
        raise ParseError(f"{option} is one of {', '.join(known)}, not {value!r}")
    return value


def check_writable(path: Path) -> Path:
    """Refuse an output file whose folder is missing or closed, before any work is done."""
    try:
        if not path.parent.is_dir():
            raise DataError(f"{path} cannot be written: there is no folder {path.parent}")
        if path.is_dir():
            raise DataError(f"{path} cannot be written: it is a folder")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None
    return _probed(path, path.parent)


def check_folder(path: Path) -> Path:
    """Refuse an output folder that neither is there nor can be made, before any work is done."""
    try:
        nearest = next((p for p in (path, *path.absolute().parents) if p.exists()), Path("/"))
    except OSError as error:
        raise DataError(f"{path} cannot be a folder: {error.strerror or error}") from None
    if not nearest.is_dir():
        raise DataError(f"{path} cannot be a folder: {nearest} is a file")
    return _probed(path, nearest)


def _probed(path: Path, folder: Path) -> Path:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None
    return path


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function that shows a line of progress on the standard error if that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda line: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda line: status.update(line)
