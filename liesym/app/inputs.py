"""The problem of a command: a file, equations as arguments, or the standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from liesym.errors import DataError, ParseError
from liesym.model.ansatz import parse_ansatz
from liesym.model.problem import Problem, read_problem
from liesym.model.system import ODESystem
from liesym.text.files import MAX_BYTES


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
