"""Models in our own text: equations one a line, or the whole file in TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter
from liesym.text.formats.record import ModelFile
from liesym.text.writer import write

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def equation_lines(model: ModelFile) -> tuple[str, ...]:
    """x^(n) = F, one string each, with decimals as they were given."""
    form = model.form
    names = (jet_symbol(x, n).name for x, n in zip(form.unknowns, form.orders, strict=True))
    return tuple(f"{name} = {write(f)}" for name, f in zip(names, form.rhs, strict=True))


def problem_text(model: ModelFile) -> str:
    """The problem file in TOML: `liesym.text.files.read_file_text` reads the same equations from it.

    Raises:
        Unsupported: an expression holds something that the grammar has no words for.
    """
    return "\n".join(_lines(model)) + "\n"


def _lines(model: ModelFile) -> Iterator[str]:
    form = model.form
    for note in form.notes:
        yield f"# {' '.join(note.split())}"
    if model.title:
        yield f"title = {_quoted(model.title)}"
    if form.independent.name != "t":
        yield f"independent = {_quoted(form.independent.name)}"
    yield "equations = ["
    yield from (f"    {_quoted(line)}," for line in equation_lines(model))
    yield "]"
    told = [p for p in form.parameters if p.assumptions or p.value is not None or p.name in ("e", "E")]
    if told:
        yield from ("", "[parameters]")
        yield from (f"{_key(p.name)} = {_table(p)}" for p in told)
    if model.initial:
        yield from ("", "[initial]")
        yield from (f"{_key(name)} = {value!r}" for name, value in model.initial)


def _table(parameter: Parameter) -> str:
    parts = [f"{a} = true" for a in parameter.assumptions]
    if parameter.value is not None:
        parts.append(f"value = {parameter.value!r}")
    return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
