"""What every command of the command line shares: checks of its options, and its ways to end.

Exit status 0 on success, 1 for a check that came out negative, 2 for bad input, 3 when the budget ran out, 130 after Ctrl-C.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer

from liesym.app.report.unfinished import unfinished
from liesym.errors import DataError, LiesymError, OutOfBudget, ParseError

SECONDS_BETWEEN_LINES = 3.0
"""Between two lines of progress where there is no terminal."""
BAD_INPUT, OUT_OF_BUDGET, NEGATIVE, INTERRUPTED = 2, 3, 1, 130

Command = TypeVar("Command", bound=Callable[..., Any])


def guarded(command: Command) -> Command:
    """Errors of liesym become one message on the standard error and an exit status, never a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except OutOfBudget as error:
            if kwargs.get("as_json"):
                typer.echo(unfinished(command.__name__, str(error)))
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


def leave(*, interrupted: bool, ran_out: bool) -> None:
    """End a command whose findings are printed, with a remark if it was stopped."""
    if interrupted:
        typer.echo("interrupted: what is above is verified, more may exist", err=True)
        raise typer.Exit(INTERRUPTED)
    if ran_out:
        typer.echo("incomplete: the budget ran out; what is above is verified, more may exist", err=True)
        raise typer.Exit(OUT_OF_BUDGET)


def check_budget(budget: float) -> float:
    """Refuse a budget that is no positive number of seconds."""
    if not 0 < budget < float("inf"):
        raise ParseError(f"--budget is a positive number of seconds, not {budget:g}")
    return budget


def check_printing(as_json: bool, quiet: bool, verbose: bool) -> None:
    """Refuse two ways to print at once."""
    if as_json + quiet + verbose > 1:
        raise ParseError("--json, --quiet and --verbose are three ways to print; give one of them")


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
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None
    return path


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A function that shows a stage on the standard error; where that is no terminal, a line for stages of slow work.

    Arguments:
        quiet: show nothing.
    """
    if quiet:
        yield lambda line: None
        return
    if not sys.stderr.isatty():
        begun = told = time.monotonic()

        def tell(line: str) -> None:
            nonlocal told
            if (at := time.monotonic()) - told >= SECONDS_BETWEEN_LINES:
                told = at
                typer.echo(f"[{at - begun:.0f} s] {line}", err=True)

        yield tell
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda line: status.update(line)
