"""The problem of a command: a file, equations as arguments, or the standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from liesym.errors import DataError, ParseError
from liesym.model.ansatz import parse_ansatz
from liesym.model.problem import Problem, read_problem, read_problem_text
from liesym.text.files import MAX_BYTES
from liesym.text.formats.recognized import checked_form, form_of_file, form_of_text, read_model, read_model_file
from liesym.text.formats.record import ModelFile
from liesym.text.spelling import spelled


def is_file(text: str) -> bool:
    """True for an argument that is a file: it ends as those of models do, or there is a file of that name."""
    if text.endswith((".toml", ".json")) or (form_of_file(text) and "=" not in text):
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
    """One problem file, or equations; nothing at all reads equations from the standard input, which names no file.

    Arguments:
        moving: parameters that join the unknowns, as names between commas, or "all".

    Raises:
        ParseError, NotSolvable, AnsatzError, DataError: as the readers do.
    """
    texts = list(inputs) or [_standard_input()]
    files = [t for t in inputs if is_file(t)]
    if files and len(texts) > 1:
        raise ParseError(f"give one file or equations, not {files[0]} and more")
    if files:
        problem = read_problem(files[0], branch=branch)
        _check_independent(files[0], problem.system.independent.name, independent)
    else:
        problem = read_problem_text("\n".join(texts), independent=independent, branch=branch)
    if moving is not None:
        names = None if moving.strip() == "all" else [n.strip() for n in moving.split(",")]
        problem = replace(problem, system=problem.system.with_moving_parameters(names))
    if ansatz is not None:
        problem = replace(problem, ansatz=parse_ansatz(ansatz, problem.system))
    return problem


def load_model(
    inputs: Sequence[str], *, independent: str | None = None, branch: int | None = None, form: str | None = None
) -> ModelFile:
    """The same inputs as a model to be written, with its decimals as they were given.

    Arguments:
        form: one of `liesym.text.formats.recognized.NAMES`; told by the input if None.

    Raises:
        ParseError, NotSolvable, DataError, Unsupported: as the readers do.
    """
    texts = list(inputs) or [_standard_input()]
    files = [t for t in inputs if is_file(t)]
    if files and len(texts) > 1:
        raise ParseError(f"give one file or equations, not {files[0]} and more")
    if files:
        model = read_model_file(files[0], form, branch=branch)
        _check_independent(files[0], model.form.independent.name, independent)
        return model
    text = "\n".join(texts)
    if (form_of_text(text) if form is None else checked_form(form)) != "text":
        return read_model(text, form, independent=independent, branch=branch)
    plain = spelled(text, independent)
    model = read_model(plain.text, "text", independent=plain.independent, branch=branch)
    return replace(model, form=replace(model.form, notes=(*plain.notes, *model.form.notes)))


def _check_independent(path: str, own: str, independent: str | None) -> None:
    if independent not in (None, own):
        raise ParseError(f"{path} has the independent variable {own}; --independent {independent} differs")


def _standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise ParseError("give a problem file or equations", expected=("liesym analyze \"y'' = -y\"",))
    data = sys.stdin.buffer.read(MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} is {data[error.start]:#04x}"
        raise DataError(f"the standard input is not UTF-8 text: {byte}") from None
