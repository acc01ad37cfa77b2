"""What PySINDy prints of a model, `(x)' = -2.000 x + 1.000 x y`."""

from __future__ import annotations

import re

from liesym.text.formats.assembled import Assembly, line_of, without_comments
from liesym.text.formats.tokens import NAME, Dialect, Formulas, Source

LINE = re.compile(rf"^[ \t]*\((?P<name>{NAME})\)(?P<mark>'+|\[k(?:\+1)?\])[ \t]*=(?P<right>[^\n]*)", re.MULTILINE)
DIALECT = Dialect(juxtaposed="all")


def looks(text: str) -> bool:
    """True for a print of PySINDy."""
    return LINE.search(text) is not None


def read(text: str) -> Assembly:
    """The equations of a print, one a line.

    Raises:
        ParseError: a line is no equation, or is one of differences.
    """
    source = Source(without_comments(text, "#"))
    formulas = Formulas(source, DIALECT)
    unknowns = {found["name"] for found in LINE.finditer(source.text)}
    lines: list[tuple[str, int]] = []
    place = 0
    for row in source.text.split("\n"):
        found = LINE.match(source.text, place)
        if row.strip() and not found:
            raise source.error("this is no line of PySINDy", place + len(row) - len(row.lstrip()), ("(x)' = -2.0 x",))
        if found:
            if found["mark"].startswith("["):
                raise source.error("x[k+1] is a model of differences, not of derivatives", found.start("mark"))
            tokens = source.tokens(*found.span("right"))
            for token in tokens:
                along = re.fullmatch(rf"({NAME})_1+", token.text)
                if along and along[1] in unknowns and token.text not in unknowns:
                    raise source.error(
                        f"{token.text} is a derivative by a place: this is a partial differential equation", token.place
                    )
            right = formulas.write(tokens)
            lines.append((f"{found['name']}{found['mark']} = {right}", line_of(source, place)))
        place += len(row) + 1
    return Assembly(source, tuple(lines))
