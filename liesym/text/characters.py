"""Equations in the characters of a page, ẋ = √(1 − x²), to those of the text grammar, with carets that keep their place.

    ẋ, θ̈, x″    x', θ'', x''        x², x⁻¹, x⁽⁴⁾    x^2, x^(-1), x^(4)        √x, ∛(x + 1)    sqrt(x), (x + 1)^(1/3)
    ½            (1/2)               ÷, ⋅, –           /, *, -                   ==              =

A letter with dots above is a derivative where it is a whole name but for digits: größe stays a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liesym.errors import ParseError

_DOTS = {"\u0307": 1, "\u0308": 2, "\u20db": 3, "\u20dc": 4}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", "0123456789+-()n", strict=True))
_SAME = {
    "″": "''", "‴": "'''", "⁗": "''''", "÷": "/", "∕": "/", "⁄": "/", "⋅": "*", "∙": "*", "∗": "*", "–": "-", "‐": "-",
    "µ": "μ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2061": "", "\u2062": "*",
}  # fmt: skip
_FRACTION = re.compile("[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]")
_ROOTS = {"√": 2, "∛": 3, "∜": 4}
_SPECIAL = re.compile(f"[{''.join(map(re.escape, (*_SAME, *_RAISED, *_ROOTS, *_DOTS)))}½-¾⅐-⅞¨À-ÿĀ-žẀ-ẟ]|==")
_OPERAND = re.compile(r"\d+(?:\.\d+)?|[^\W\d][\w\u0307\u0308\u20db]*['′″]*")
_REST = re.compile(r"(?:_\w+|[\d₀-₉]+)?(?!\w)")


@dataclass(frozen=True, slots=True)
class Plain:
    """Text in the characters of the grammar, and where each of its characters comes from."""

    text: str
    origins: tuple[int, ...]
    given: str

    @contextmanager
    def carets(self) -> Iterator[None]:
        """Faults in the plain text are shown in the text that was given."""
        try:
            yield
        except ParseError as error:
            raise self._moved(error) from None

    def _moved(self, error: ParseError) -> ParseError:
        lines = self.text.split("\n")
        shown = error.source.split("\n")  # one character for one, unless it is a window of a long line
        if self.text == self.given or not error.line or list(map(len, shown)) != list(map(len, lines)):
            return error
        place = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
        begun = self.origins[place] if place < len(self.origins) else len(self.given)
        before = self.given[:begun]
        return ParseError(
            error.message, source=self.given, line=before.count("\n") + 1,
            column=begun - (before.rfind("\n") + 1) + 1, expected=error.expected,
        )  # fmt: skip


def in_plain_characters(text: str) -> Plain:
    """The text with every character of a page written as the grammar has it.

    Raises:
        ParseError: √x² is given, which may mean two things.
    """
    if not isinstance(text, str) or not _SPECIAL.search(text):
        return Plain(text, (), text)
    pieces = list(_pieces(text, 0, len(text)))
    origins = tuple(place for place, written in pieces for _ in written)
    return Plain("".join(written for _, written in pieces), origins, text)


def _pieces(text: str, at: int, end: int) -> Iterator[tuple[int, str]]:
    """(place, what is written for what stands there) one after another."""
    while at < end:
        letter = text[at]
        width = 1
        dotted = _dotted(text, at)
        if dotted:
            written, width = dotted
            yield at, written
        elif letter in _RAISED:
            while at + width < end and text[at + width] in _RAISED:
                width += 1
            yield at, _power("".join(_RAISED[c] for c in text[at : at + width]))
        elif letter in _ROOTS:
            width = yield from _root(text, at, end)
        elif _FRACTION.match(letter):
            yield at, f"({unicodedata.normalize('NFKC', letter).replace('⁄', '/')})"
        elif text[at : at + 2] == "==":
            width = 2
            yield at, "="
        else:
            yield at, _SAME.get(letter, letter)
        at += width


def _power(exponent: str) -> str:
    return f"^{exponent}" if exponent.isalnum() or exponent[0] == "(" else f"^({exponent})"


def _dotted(text: str, at: int) -> tuple[str, int] | None:
    """(x', width) for a name with dots above its letter."""
    if at and (text[at - 1].isalnum() or text[at - 1] == "_"):
        return None
    width = 1
    while text[at + width : at + width + 1] in _DOTS:
        width += 1
    parts = unicodedata.normalize("NFD", text[at : at + width])
    marks = [c for c in parts if c in _DOTS]
    rest = _REST.match(text, at + width)
    if len(marks) != 1 or not parts[0].isalpha() or not rest:
        return None
    name = unicodedata.normalize("NFC", parts.replace(marks[0], ""))
    return name + rest[0] + "'" * _DOTS[marks[0]], width + len(rest[0])


def _root(text: str, at: int, end: int) -> Generator[tuple[int, str], None, int]:
    """√ of a number, a name, or what stands in parentheses; gives the width."""
    degree = _ROOTS[text[at]]
    begun = at + 1
    while begun < end and text[begun] == " ":
        begun += 1
    found = _OPERAND.match(text, begun, end)
    stop = found.end() if found else begun
    stop = next((i for i in range(begun, stop) if text[i] in _RAISED), stop)
    if stop < end and text[stop] == "(":
        stop = _closing(text, stop, end)
    if stop < end and text[stop] in _RAISED:
        line = text.count("\n", 0, at) + 1
        raise ParseError(
            f"{text[at : stop + 1]} may be a root of a power or a power of a root", source=text, line=line,
            column=at - (text.rfind("\n", 0, at) + 1) + 1, expected=(f"{text[at]}(…)",),
        )  # fmt: skip
    yield at, "sqrt(" if degree == 2 else "(("
    yield from _pieces(text, begun, stop)
    yield max(stop - 1, at), ")" if degree == 2 else f")^(1/{degree}))"
    return stop - at


def _closing(text: str, at: int, end: int) -> int:
    depth = 0
    for i in range(at, end):
        depth += (text[i] == "(") - (text[i] == ")")
        if not depth:
            return i + 1
    return end
