"""Lines of equations in the text grammar, each from a line of another text, to a `ModelFile`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from liesym.errors import ParseError
from liesym.text.decimals import read_with_decimals
from liesym.text.formats.record import ModelFile
from liesym.text.formats.tokens import Source
from liesym.text.grammar import error_in_line

_ALGEBRAIC = re.compile(r"^\s*0\s*=|=\s*0\s*$", re.MULTILINE)
"""An equation without a derivative: what has a value is none of the names that it is solved for."""
_WORD = re.compile(r"\w+|\S")


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a reader of another form has found.

    Arguments:
        source: the text that was read.
        lines: (equation in the text grammar, line of the source that it comes from).
        values: name of a parameter -> its value.
        initial: name of an unknown -> its value at the start.
        independent: name of the independent variable.
    """

    source: Source
    lines: tuple[tuple[str, int], ...]
    values: Mapping[str, float] = field(default_factory=dict, hash=False)
    initial: Mapping[str, float] = field(default_factory=dict, hash=False)
    independent: str = "t"
    title: str = ""
    notes: tuple[str, ...] = ()

    def model(self, branch: int | None = None) -> ModelFile:
        """The equations, read.

        Raises:
            ParseError: a line is not in the grammar; the line of the source is shown.
            NotSolvable: the equations cannot be solved for their highest derivatives.
        """
        if not self.lines:
            raise ParseError("there is no differential equation in the text", expected=("an equation such as x' = -k*x",))
        try:
            text = "\n".join(line for line, _ in self.lines)
            words = set(re.findall(r"\w+", text)) if _ALGEBRAIC.search(text) else set()
            given = {name: {} for name in self.values if name in words}
            form = read_with_decimals(text, independent=self.independent, parameters=given, branch=branch)
        except ParseError as error:
            raise self._placed(error) from None
        unknowns = {x.name for x in form.unknowns}
        parameters = tuple(replace(p, value=self.values.get(p.name, p.value)) for p in form.parameters)
        initial = tuple((n, v) for n, v in self.initial.items() if n.rstrip("'") in unknowns)
        return ModelFile(replace(form, parameters=parameters, notes=(*self.notes, *form.notes)), self.title, initial)

    def _placed(self, error: ParseError) -> ParseError:
        """The same fault, shown in the source: at the word at which the caret stands, where that word is there once."""
        if not error.line or error.line > len(self.lines):
            return error
        text, line = self.lines[error.line - 1]
        here = self.source.text.split("\n")[line - 1]
        word = _WORD.match(text, min(max(error.column - 1, 0), len(text)))
        column = here.find(word[0]) + 1 if word and here.count(word[0]) == 1 else len(here) - len(here.lstrip()) + 1
        return error_in_line(error.message, self.source.text, line, column, error.expected)


def number(text: str) -> float | None:
    """The number that a text is, None if it is more than a number."""
    try:
        return float(text.replace(" ", ""))
    except ValueError:
        return None


def line_of(source: Source, place: int) -> int:
    """The line of a place, counted from 1."""
    return source.text.count("\n", 0, place) + 1


def without_comments(text: str, *starts: str, blocks: Sequence[tuple[str, str]] = ()) -> str:
    """The text with comments as spaces, so that places stay."""
    for begin, end in blocks:
        pattern = re.compile(re.escape(begin) + r".*?(?:" + re.escape(end) + r"|\Z)", re.DOTALL)
        text = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    for start in starts:
        text = re.sub(re.escape(start) + r"[^\n]*", lambda m: " " * len(m[0]), text)
    return text
