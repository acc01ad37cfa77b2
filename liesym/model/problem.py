"""A problem file: system, assumptions, values, ansatz."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from liesym.errors import ParseError
from liesym.model.ansatz import AnsatzSpec, ansatz_from_table
from liesym.model.system import ODESystem
from liesym.text.characters import in_plain_characters
from liesym.text.files import ProblemFile, located, read_file
from liesym.text.formats.recognized import checked_form, form_of_file, form_of_text, read_model, read_model_file
from liesym.text.formats.record import ModelFile
from liesym.text.forms import without_quotients
from liesym.text.spelling import DEFAULT, spelled


@dataclass(frozen=True, slots=True)
class Problem:
    """What a file holds: a system, the ansatz if the file names one, and values at the start."""

    system: ODESystem
    ansatz: AnsatzSpec | None = None
    title: str = ""
    path: str = ""
    initial: tuple[tuple[str, float], ...] = ()


def read_problem(path: str | Path, *, branch: int | None = None, form: str | None = None) -> Problem:
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

    Models of other programs are read too: the form is told by the end of the name, else by what is in the file.

    Arguments:
        form: the form of the file, one of `liesym.text.formats.recognized.NAMES`; told by the file if None.

    Raises:
        DataError: the file cannot be read.
        ParseError: it is no TOML, has an unknown key, a value of the wrong type, or a faulty equation.
        AnsatzError: the ansatz names an unknown variable or lacks a part.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    if form is None and form_of_file(path) == "toml":
        return _problem(read_file(path, branch=branch))
    return _of_model(read_model_file(path, form, branch=branch), str(path))


def read_problem_text(
    text: str, *, independent: str | None = None, branch: int | None = None, form: str | None = None
) -> Problem:
    """The same from text: equations in the text grammar, or a model of another program.

    Raises:
        ParseError, NotSolvable, Unsupported: as `read_problem` does.
    """
    if (form_of_text(text) if form is None else checked_form(form)) == "text":
        return Problem(_of_text(text, independent, branch))
    return _of_model(read_model(text, form, independent=independent, branch=branch), "")


def _of_text(text: str, independent: str | None, branch: int | None) -> ODESystem:
    """Equations as they are written or as a textbook spells them; the notes say what was taken for granted."""
    try:
        plain = spelled(text, independent)
    except ParseError:  # the reader of the text as it is tells the place
        return ODESystem.parse(text, independent=DEFAULT if independent is None else independent, branch=branch)
    given = without_quotients(in_plain_characters(text).text, independent or DEFAULT)
    as_given = plain.text == given  # then the places of errors are those of the text
    system = ODESystem.parse(text if as_given else plain.text, independent=plain.independent, branch=branch)
    return replace(system, notes=(*plain.notes, *system.notes))


def _of_model(model: ModelFile, path: str) -> Problem:
    return Problem(ODESystem.from_solved(model.exact, model.title), None, model.title, path, model.initial)


def _problem(file: ProblemFile) -> Problem:
    system = ODESystem.from_solved(file.form, file.title)
    if file.ansatz is None:
        return Problem(system, None, file.title, file.path, file.initial)
    with located(file.text, file.path):
        return Problem(system, ansatz_from_table(file.ansatz, system), file.title, file.path, file.initial)
