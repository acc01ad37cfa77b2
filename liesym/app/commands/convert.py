"""`liesym convert`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from liesym.app.console import check_writable
from liesym.app.inputs import load_model
from liesym.app.report.json import to_text
from liesym.base.files import write_whole
from liesym.errors import ParseError, VerificationError
from liesym.model.models import first_order_model
from liesym.text.files import read_file_text
from liesym.text.formats.record import ModelFile
from liesym.text.formats.sbml_writing import write_sbml
from liesym.text.formats.written import equation_lines, problem_text

FORMS = (".toml", ".txt", ".xml", ".sbml")


def convert(
    inputs: list[str] | None,
    source: str | None,
    output: Path | None,
    as_json: bool,
    independent: str | None,
    branch: int | None,
    quiet: bool,
) -> None:
    """Print or write a model in another form."""
    form = ".toml" if output is None else output.suffix.lower()
    if form not in FORMS:
        raise ParseError(f"-o {output}: the form is told by the end of the name", expected=FORMS)
    if output is not None:
        check_writable(output)
    model = load_model(inputs or (), independent=independent, branch=branch, form=source)
    _check(model)
    if output is not None:
        write_whole(output, _text(model, form))
        if not quiet:
            _remark(model, form)
    if as_json:
        typer.echo(to_text(_record(model)), nl=False)
    elif output is None:
        typer.echo(problem_text(model), nl=False)


def _text(model: ModelFile, form: str) -> str:
    if form == ".txt":
        return "\n".join(equation_lines(model)) + "\n"
    return problem_text(model) if form == ".toml" else write_sbml(first_order_model(model))


def _check(model: ModelFile) -> None:
    """What is printed is read back, and is the same equations."""
    read, given = read_file_text(problem_text(model)).form, model.exact
    same = (read.independent, read.unknowns, read.orders) == (given.independent, given.unknowns, given.orders)
    if not same or any((a - b).expand() != 0 for a, b in zip(read.rhs, given.rhs, strict=True) if a != b):
        raise VerificationError("the text of this model is not read back as the same equations, and so it is not written")


def _remark(model: ModelFile, form: str) -> None:
    """The remarks of the reading on the standard error, where the file that was written does not hold them."""
    if form == ".toml":
        return
    for note in model.form.notes:
        typer.echo(note, err=True)
    lost = [p.name for p in model.form.parameters if p.assumptions or p.value is not None]
    if form == ".txt" and (lost or model.initial):
        typer.echo("values and assumptions are left out: .txt holds equations alone", err=True)
    if form != ".txt" and any(p.assumptions for p in model.form.parameters):
        typer.echo("what is assumed of parameters is left out: SBML does not hold it", err=True)


def _record(model: ModelFile) -> dict[str, Any]:
    form = model.form
    return {
        "title": model.title,
        "independent": form.independent.name,
        "equations": list(equation_lines(model)),
        "parameters": {p.name: _facts(p.assumptions, p.value) for p in form.parameters},
        "initial": dict(model.initial),
        "notes": list(form.notes),
    }


def _facts(assumptions: Sequence[str], value: float | None) -> dict[str, Any]:
    return {**dict.fromkeys(assumptions, True), **({} if value is None else {"value": value})}
