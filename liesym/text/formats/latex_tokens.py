"""LaTeX to tokens, and its statements: what is layout is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from liesym.text.formats.tokens import Source

_LAYOUT = re.compile(
    r"\\(?:q?quad|hfill)\s*\([\d.]+[a-z]?\)(?=\s*(?:\\\\|\n|\\end|\Z))|"  # the number of an equation
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|nonumber|notag|limits|quad|qquad|hfill|par)(?![a-zA-Z])\.?|(?<!\\)\\[,;:!>]"
    r"|(?<!\\)\\[ \n]|\\(?:begin|end)\{[a-z]+\*?\}(?:\{[lcr|@{} ]*\})?(?:\[[a-z]\])?"
    r"|\\(?:label|tag|vspace|hspace)\*?\{[^}]*\}|\$|(?<!\\)\\\[|\\\]"
    r"|\\\((?![^)]*\\right)|\\\)|&|~|\\vphantom\{[^}]*\}|(?<!\\)%[^\n]*|\\(?:text|mbox)\{\s*(?:and|where|with|for|if)?\s*[,.;]?\s*\}"
)
_UNREAD = re.compile(r"\\begin\{(?P<matrix>[pbvBV]?matrix)\*?\}|=\s*(?:\\left\s*\\\{\s*)?\\begin\{(?:cases|array)\}")
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<command>\\[a-zA-Z]+|\\[{}|])|(?P<letter>[^\W\d_])"
    r"|(?P<sign>[-+*/^_{}()\[\]|=,.;'!<>:−·×′])"
)
_SAME = {"−": "-", "·": "*", "×": "*", "′": "'", r"\cdot": "*", r"\times": "*", r"\{": "(", r"\}": ")", r"\lbrace": "(",
         r"\rbrace": ")", r"\lvert": "|", r"\rvert": "|", r"\vert": "|", r"\|": "|", r"\equiv": "=", r"\lbrack": "[",
         r"\rbrack": "]", r"\ast": "*", r"\div": "/", r"\prime": "'"}  # fmt: skip


class Piece(NamedTuple):
    """A token: its kind (number, command, letter, sign), text and place."""

    kind: str
    text: str
    place: int


def statements(text: str) -> Iterator[list[Piece]]:
    """The tokens of each equation.

    Raises:
        ParseError: a matrix, or a character that has no meaning in a formula.
    """
    source = Source(text)
    unread = _UNREAD.search(text)
    if unread:
        what = "component" if unread["matrix"] else "piece"
        raise source.error(f"{unread[0]} is not read: write an equation for each {what}", unread.start())
    text = _LAYOUT.sub(_blank, _formulas_alone(text))
    start = 0
    for found in re.finditer(r"\\\\(?:\[[^\]]*\])?|;|\n[ \t]*\n|\Z", text):
        for first, last in _rows(text, start, found.start()):
            yield from _equations(_pieces(source, text, first, last))
        start = found.end()


def _blank(found: re.Match[str]) -> str:
    """Spaces, and a separator where a display ends."""
    if found[0].startswith(r"\end"):
        return ";" + " " * (len(found[0]) - 1)
    return re.sub(r"[^\n]", " ", found[0])


def _formulas_alone(text: str) -> str:
    """Without the words around $…$, where there are formulas between such signs."""
    found = list(re.finditer(r"\$\$?([^$]+)\$\$?", text))
    if not found:
        return text
    letters = [letter if letter == "\n" else " " for letter in text]
    for formula in found:
        letters[formula.start(1) : formula.end(1)] = formula[1]
        letters[formula.end(1)] = ";"
    return "".join(letters)


def _rows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines that are equations of their own, joined where one goes on."""
    begun = start
    for found in re.finditer(r"\n", text[start:end]):
        place = start + found.start()
        here, after = text[begun:place], text[place:end].lstrip().split("\n")[0]
        if "=" in here and "=" in after and after[:1] not in "=+-*/" and here.rstrip()[-1:] not in tuple("=+-*/^_{("):
            yield begun, place
            begun = place
    yield begun, end


def _pieces(source: Source, text: str, start: int, end: int) -> list[Piece]:
    found = []
    while start < end:
        match = _TOKEN.match(text, start, end)
        if not match:
            raise source.error(f"unexpected character {text[start]!r}", start)
        if match.lastgroup != "space":
            plain = _SAME.get(match[0], match[0])
            found.append(Piece("sign" if plain != match[0] else str(match.lastgroup), plain, start))
        start = match.end()
    return found


def _equations(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The parts between commas that are equations themselves; a comma or a point at the end is none of them."""
    parts: list[list[Piece]] = [[]]
    depth = 0
    for piece in pieces:
        depth += (piece.text in "([{") - (piece.text in ")]}") if piece.kind == "sign" else 0
        if piece.text == "," and not depth and any(p.text == "=" for p in parts[-1]):
            parts.append([])
        else:
            parts[-1].append(piece)
    for part in parts:
        while part and part[-1].text in (".", ","):
            part.pop()
        if part:
            yield part
