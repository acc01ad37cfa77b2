"""Systems with a mass matrix in vector form: `[[1, 0], [0, m]]*[x', v'] = [v, -k*x]`, also `M*[x', v'] = …; M = [[…], […]]`.

Row i is written out as Σ_j M_ij x_j' = f_i.
"""

from __future__ import annotations

import re

from liesym.text.formats.assembled import Assembly, line_of, without_comments
from liesym.text.formats.tokens import NAME, Source

_MATRIX = r"\[\s*\[[^=]*\]\s*\]"
_STATES = r"\[[^=\[\]]*'[^=\[\]]*\]"
_FORM = re.compile(
    rf"^[ \t]*(?:(?P<mass>{_MATRIX}|{NAME})\s*[*@]\s*)?(?P<states>{_STATES})\s*=\s*(?P<right>\[[^=]*\])[ \t]*$",
    re.MULTILINE,
)
_NAMED = re.compile(rf"^[ \t]*(?P<name>{NAME})\s*=\s*(?P<mass>{_MATRIX})[ \t]*$", re.MULTILINE)
Entry = tuple[str, int]
"""The text of an entry, and its place."""


def looks(text: str) -> bool:
    """True where a vector of derivatives stands on a left side."""
    return _FORM.search(_in_lines(text)) is not None


def read(text: str) -> Assembly:
    """The rows, and the other equations as they are.

    Raises:
        ParseError: a matrix has no value, or the sizes do not fit.
    """
    source = Source(_in_lines(text))
    matrices = {found["name"]: _rows(source, *found.span("mass")) for found in _NAMED.finditer(source.text)}
    lines: list[tuple[str, int]] = []
    place = 0
    for row in source.text.split("\n"):
        found = _FORM.match(source.text, place)
        if found and found.end() <= place + len(row):
            lines += _written(source, found, matrices)
        elif row.strip() and not _NAMED.match(source.text, place):
            lines.append((row, line_of(source, place)))
        place += len(row) + 1
    return Assembly(source, tuple(lines))


def _in_lines(text: str) -> str:
    """One statement a line: what stands in brackets goes on over the end of a line, and semicolons end statements."""
    depth, plain = 0, []
    for letter in without_comments(text, "#", "//", "%"):
        depth += (letter == "[") - (letter == "]")
        plain.append(" " if letter == "\n" and depth > 0 else "\n" if letter == ";" and depth <= 0 else letter)
    return "".join(plain)


def _written(source: Source, found: re.Match[str], matrices: dict[str, list[list[Entry]]]) -> list[tuple[str, int]]:
    states = _entries(source, found.start("states") + 1, found.end("states") - 1)
    rights = _entries(source, found.start("right") + 1, found.end("right") - 1)
    mass = found["mass"]
    if mass is None:
        rows = None
    elif mass.startswith("["):
        rows = _rows(source, *found.span("mass"))
    elif mass in matrices:
        rows = matrices[mass]
    else:
        raise source.error(f"{mass} has no value", found.start("mass"), (f"{mass} = [[…], […]]",))
    if len(rights) != len(states):
        raise source.error(f"{len(states)} derivatives and {len(rights)} right sides", found.start("right"))
    if rows is not None and (len(rows) != len(states) or any(len(row) != len(states) for row in rows)):
        sizes = " and ".join(dict.fromkeys(f"{len(rows)} by {len(row)}" for row in rows))
        raise source.error(
            f"a matrix of {sizes} before {len(states)} derivatives",
            found.start("mass"),
            (f"{len(states)} by {len(states)}",),
        )
    line = line_of(source, found.start("states"))
    written = []
    for i, (right, _) in enumerate(rights):
        left = (
            states[i][0]
            if rows is None
            else " + ".join(f"({m})*{x}" for (m, _), (x, _) in zip(rows[i], states, strict=True))
        )
        written.append((f"{left} = {right}", line))
    return written


def _rows(source: Source, start: int, end: int) -> list[list[Entry]]:
    """[[a, b], [c, d]]."""
    rows = []
    for text, place in _entries(source, source.text.index("[", start) + 1, source.text.rindex("]", start, end)):
        if not (text.startswith("[") and text.endswith("]")):
            raise source.error(f"{text} is no row of a matrix", place, ("[a, b]",))
        rows.append(_entries(source, place + 1, place + len(text) - 1))
    return rows


def _entries(source: Source, start: int, end: int) -> list[Entry]:
    """What stands between commas that are in no further brackets, one or more."""
    found: list[Entry] = []
    depth, begun = 0, start
    for place in range(start, end + 1):
        letter = source.text[place] if place < end else ","
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            text = source.text[begun:place]
            if not text.strip():
                raise source.error("an entry is missing", begun)
            found.append((text.strip(), begun + len(text) - len(text.lstrip())))
            begun = place + 1
    return found
