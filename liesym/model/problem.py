"""A problem file: system, assumptions, values, ansatz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liesym.model.ansatz import AnsatzSpec, ansatz_from_table
from liesym.model.system import ODESystem
from liesym.text.files import ProblemFile, located, read_file
from liesym.text.formats.sbml import is_sbml, read_sbml


@dataclass(frozen=True, slots=True)
class Problem:
    """What a file holds: a system, the ansatz if the file names one, and values at the start."""

    system: ODESystem
    ansatz: AnsatzSpec | None = None
    title: str = ""
    path: str = ""
    initial: tuple[tuple[str, float], ...] = ()


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
        [initial]
        z = 0.5

    A file that ends in .xml or .sbml is read as SBML.

    Raises:
        DataError: the file cannot be read.
        ParseError: it is no TOML, has an unknown key, a value of the wrong type, or a faulty equation.
        AnsatzError: the ansatz names an unknown variable or lacks a part.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    if is_sbml(path):
        model = read_sbml(path)
        return Problem(ODESystem.from_solved(model.exact, model.title), None, model.title, str(path), model.initial)
    return _problem(read_file(path, branch=branch))


def _problem(file: ProblemFile) -> Problem:
    system = ODESystem.from_solved(file.form, file.title)
    if file.ansatz is None:
        return Problem(system, None, file.title, file.path, file.initial)
    with located(file.text, file.path):
        return Problem(system, ansatz_from_table(file.ansatz, system), file.title, file.path, file.initial)
