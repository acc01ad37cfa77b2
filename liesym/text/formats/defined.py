"""Equations with names that are short for something: `v = k*S/(K + S); S' = -v; S(0) = 1; k = 0.5`.

A name with a number is a parameter with this value, one with a formula is put in, x(0) is a value at the start, and x(t) and
x'(t) are x and x' where x is differentiated.
"""

from __future__ import annotations

import re

from liesym.text.formats.assembled import Assembly, line_of, number, without_comments
from liesym.text.formats.tokens import NAME, Definition, Dialect, Formulas, Source, Token

_STATEMENT = re.compile(r"[^;\n]+")
_DERIVED = re.compile(
    rf"({NAME})\s*['′]|\bd(?:\^?\d)?({NAME}?)\s*/\s*dt|\bder\(\s*({NAME})\s*\)|\bD\(\s*({NAME})|\({NAME}\)'"
)
_PLAIN = re.compile(rf"\s*(?P<name>{NAME})(?P<marks>'*)\s*(?P<place>\(\s*[\d.]+\s*\))?\s*=(?!=)")
DIALECT = Dialect()


def looks(text: str) -> bool:
    """True for equations with derivatives among which some name is given a meaning."""
    text = without_comments(text, "#", "//", "%")
    unknowns = _unknowns(text)
    return bool(unknowns) and any(_given(s[0], unknowns) for s in _STATEMENT.finditer(text))


def read(text: str) -> Assembly:
    """The equations, with what their names are short for.

    Raises:
        ParseError: a name is short for itself, or is defined twice.
    """
    source = Source(without_comments(text, "#", "//", "%"))
    unknowns = _unknowns(source.text)
    values: dict[str, float] = {}
    initial: dict[str, float] = {}
    definitions: dict[str, Definition] = {}
    rows: list[tuple[int, int]] = []
    for statement in _STATEMENT.finditer(source.text):
        if not statement[0].strip():
            continue
        found = _given(statement[0], unknowns)
        if not found:
            rows.append(statement.span())
            continue
        name, right = found["name"], statement[0][found.end() :]
        value = number(right)
        if found["place"]:
            if value is None or number(found["place"].strip("() ")) != 0:
                raise source.error("a value at the start is a number at 0", statement.start(), ("x(0) = 1",))
            initial[name + found["marks"]] = value
        elif name in definitions or name in values:
            raise source.error(f"{name} is given twice", statement.start())
        elif value is not None:
            values[name] = value
        else:
            tokens = source.tokens(statement.start() + found.end(), statement.end())
            definitions[name] = Definition(tuple(tokens))
    formulas = Formulas(source, DIALECT, definitions, special=dict.fromkeys(unknowns, _along))
    lines = [(_written(source, formulas, start, end), line_of(source, start)) for start, end in rows]
    return Assembly(source, tuple(lines), values, initial)


def _unknowns(text: str) -> set[str]:
    return {name for found in _DERIVED.finditer(text) for name in found.groups() if name}


def _given(statement: str, unknowns: set[str]) -> re.Match[str] | None:
    """What gives a name a meaning: a name or x(0) alone on the left, and no derivative of it anywhere."""
    found = _PLAIN.match(statement)
    if not found or (found["name"] in unknowns) != bool(found["place"]) or _DERIVED.search(statement, found.end()):
        return None
    return found if found["place"] or not found["marks"] else None


def _written(source: Source, formulas: Formulas, start: int, end: int) -> str:
    """An equation with its left side as it is, which may be dx/dt."""
    middle = source.text.index("=", start, end) if "=" in source.text[start:end] else end
    left = re.sub(r"\(\s*t\s*\)", "", source.text[start:middle]).strip()
    if re.fullmatch(rf"{NAME}'*|d\^?\d?{NAME}\s*/\s*dt\^?\d?|der\(\s*{NAME}\s*\)", left):
        return f"{left} = {formulas.write(source.tokens(middle + 1, end))}"
    return f"{formulas.write(source.tokens(start, middle))} = {formulas.write(source.tokens(middle + 1, end))}"


def _along(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    """x(t) is x."""
    if len(given) == 1 and [t.text for t in given[0]] == ["t"]:
        return formulas.name(token)
    raise formulas.source.error(f"{token.text} at another place than t is a delay or a product", token.place, (token.text,))
