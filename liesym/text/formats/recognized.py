"""Which form a text or a file is in, told by the end of its name or by what only that form has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from liesym.base.doors import door
from liesym.errors import ParseError
from liesym.text.decimals import read_with_decimals
from liesym.text.files import read_file_text, text_of
from liesym.text.formats import antimony, defined, indexed, julia, latex, matrices, modelica, pysindy, xpp
from liesym.text.formats.assembled import Assembly
from liesym.text.formats.record import ModelFile
from liesym.text.formats.sbml import MAX_BYTES, is_sbml, read_sbml


class Form(NamedTuple):
    """A form of text: whether a text is in it, its reader, and the ends of names of its files."""

    looks: Callable[[str], bool]
    read: Callable[[str], Assembly]
    suffixes: tuple[str, ...]


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "matrix": Form(matrices.looks, matrices.read, ()),
        "modelica": Form(modelica.looks, modelica.read, (".mo",)),
        "catalyst": Form(julia.looks, julia.read, (".jl",)),
        "latex": Form(latex.looks, latex.read, (".tex",)),
        "xpp": Form(xpp.looks, xpp.read, (".ode",)),
        "antimony": Form(antimony.looks, antimony.read, (".ant", ".antimony")),
        "index": Form(indexed.looks, indexed.read, ()),
        "pysindy": Form(pysindy.looks, pysindy.read, ()),
        "definitions": Form(defined.looks, defined.read, ()),
    }
)
"""In the order in which they are looked for."""
OWN = ("toml", "text", "sbml")
ALSO = {
    "modelingtoolkit": "catalyst",
    "julia": "catalyst",
    "ode": "xpp",
    "xppaut": "xpp",
    "reactions": "antimony",
    "tex": "latex",
}
NAMES = (*OWN, *FORMS)


def form_of_text(text: str) -> str:
    """The name of the form that a text is in; "text" where no other is told."""
    if text.lstrip().startswith("<"):
        return "sbml"
    if re.search(r"^\s*equations\s*=\s*[\[\"']", text, re.MULTILINE):
        return "toml"
    return next((name for name, form in FORMS.items() if form.looks(text)), "text")


def form_of_file(path: str | Path) -> str:
    """The form by the end of the name, or '' where it tells nothing."""
    if is_sbml(path):
        return "sbml"
    end = Path(path).suffix.lower()
    return "toml" if end in (".toml", ".json") else next((name for name, form in FORMS.items() if end in form.suffixes), "")


def is_path(source: str | Path) -> bool:
    """True for a path, and for text in one line without = that ends as a file of models does or is the name of a file."""
    if isinstance(source, Path):
        return True
    if "\n" in source or "=" in source or "<" in source:
        return False
    try:
        return bool(form_of_file(source)) or Path(source).is_file()
    except (OSError, ValueError):  # too long for a name, or with characters that none has
        return False


def checked_form(name: str) -> str:
    """The name of a form, as it is called here.

    Raises:
        ParseError: there is no such form.
    """
    plain = ALSO.get(name.lower(), name.lower())
    if plain not in NAMES:
        raise ParseError(f"there is no form {name!r} of models", expected=NAMES)
    return plain


@door("the reading of the model")
def read_model(
    text: str, form: str | None = None, *, independent: str | None = None, branch: int | None = None
) -> ModelFile:
    """A model in any form that is read.

    Arguments:
        text: the model.
        form: one of NAMES; told by the text if None.
        independent: name of the independent variable, for plain equations.
        branch: which solution for the highest derivatives to take, where an implicit equation has several.

    Raises:
        ParseError: the text is not in the form.
        NotSolvable: the equations cannot be solved for their highest derivatives.
        Unsupported: it holds a construct that is not read.
    """
    name = form_of_text(text) if form is None else checked_form(form)
    if name == "sbml":
        return read_sbml(text if text.lstrip().startswith("<") else f"<{text}")
    if name == "toml":
        file = read_file_text(text, branch=branch, decimals=True)
        return ModelFile(file.form, file.title, file.initial)
    if name == "text":
        return ModelFile(read_with_decimals(text, independent="t" if independent is None else independent, branch=branch))
    model = FORMS[name].read(text).model(branch)
    if independent not in (None, model.form.independent.name):
        own = model.form.independent.name
        raise ParseError(f"the model has the independent variable {own}; {independent} differs")
    return model


def read_model_file(path: str | Path, form: str | None = None, *, branch: int | None = None) -> ModelFile:
    """A model in a file; the form is told by the end of its name, else by what is in it.

    Raises:
        DataError: the file cannot be read.
        ParseError, NotSolvable, Unsupported: as `read_model` says.
    """
    name = form_of_file(path) if form is None else checked_form(form)
    if name == "sbml":
        return read_sbml(path)
    text = text_of(Path(path), most=MAX_BYTES)
    return read_model(text, name or None, branch=branch)
