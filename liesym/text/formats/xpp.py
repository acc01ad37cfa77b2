"""XPP and XPPAUT: `.ode` files.

Source: Ermentrout 2002.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from liesym.text.formats.assembled import Assembly, number, without_comments
from liesym.text.formats.tokens import Definition, Dialect, Formulas, Source

_DELAY = "equations with a delay are no ordinary differential equations"
_JUMP = "it jumps"
DIALECT = Dialect(
    calls={"heav": "heaviside", "ln": "log", "besseli": "besseli"},
    constants={"pi": "pi"},
    refused={
        "delay": _DELAY, "shift": "it is the value of another variable by its place in the file", "flr": _JUMP, "mod": _JUMP,
        "ran": "it is random", "normal": "it is random", "int": "integral equations are not read",
        "sum": "write the terms of the sum", "hom_bcs": "boundary conditions are not read", "del_shft": _DELAY,
    },
    branches="closed",
    folded=True,
)  # fmt: skip
_REFUSED = {
    "global": "events change values at once",
    "markov": "it is random",
    "wiener": "it is random",
    "table": "tables are not read",
    "volterra": "integral equations are not read",
    "solv": "equations without a derivative are not read",
    "special": "networks are not read",
}
_IGNORED = ("aux", "bdry", "set", "export", "options", "option", "only", "print", "b")
_WORD = re.compile(r"[ \t]*(?P<word>[a-z]+)[ \t]+(?P<rest>[^=\s,(].*)", re.IGNORECASE)
_VALUES = ("p", "par", "param", "params", "parameter", "parameters", "number", "num")
_STARTS = ("i", "init", "initial")
_PAIR = re.compile(r"(?P<name>[a-z_]\w*)[ \t]*=[ \t]*(?P<value>[^\s,]+)", re.IGNORECASE)
_LEFT = re.compile(
    r"[ \t]*(?:d(?P<quotient>[a-z_]\w*)/dt|(?P<primed>[a-z_]\w*)[ \t]*(?:\([ \t]*t[ \t]*\))?'"
    r"|(?P<begun>[a-z_]\w*)\([ \t]*0[ \t]*\)"
    r"|(?P<function>[a-z_]\w*)\((?P<names>[a-z_][\w, \t]*)\)|(?P<difference>[a-z_]\w*)\([ \t]*t[ \t]*\+[ \t]*1[ \t]*\)"
    r"|!?(?P<defined>[a-z_]\w*)|(?P<zero>0))[ \t]*=",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"^[ \t]*(par|param|params|init|aux|p|number)[ \t]+\w+[ \t]*=|^[ \t]*@[ \t]*\w+[ \t]*=|^done[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)


def looks(text: str) -> bool:
    """True for text with a declaration as XPP has them."""
    return _OWN.search(text) is not None


def read(text: str) -> Assembly:
    """The equations of an ODE file, with parameters and values at the start.

    Raises:
        ParseError: a line is not read; it is named.
    """
    return _File(text).read()


class _File:
    """One file, line by line."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"\\[ \t]*\n", lambda m: " " * (len(m[0]) - 1) + " ", text)  # a line that goes on
        text = without_comments(text, "#")
        self.source = Source(re.sub(r'^[ \t]*["@][^\n]*', lambda m: " " * len(m[0]), text, flags=re.MULTILINE))
        self.values: dict[str, float] = {}
        self.initial: dict[str, float] = {}
        self.definitions: dict[str, Definition] = {}
        self.equations: list[tuple[str, int, int, int]] = []
        self.left_out: list[str] = []

    def read(self) -> Assembly:
        """All lines, then the equations with what they are short for."""
        for line, (row, place) in enumerate(self._rows(), start=1):
            if row.strip().lower() in ("done", "d"):
                break
            if row.strip():
                self._row(row, place, line)
        formulas = Formulas(self.source, DIALECT, self.definitions)
        lines = [(f"{x}' = {formulas.write(self.source.tokens(a, b))}", line) for x, line, a, b in self.equations]
        notes = [f"left out: {', '.join(self.left_out)}"] if self.left_out else []
        if re.search(r"[A-Z]", self.source.text):
            notes.append("names are in small letters: XPP takes capitals for them")
        return Assembly(self.source, tuple(lines), self.values, self.initial, notes=tuple(notes))

    def _rows(self) -> Iterator[tuple[str, int]]:
        place = 0
        for row in self.source.text.split("\n"):
            yield row, place
            place += len(row) + 1

    def _row(self, row: str, place: int, line: int) -> None:
        word = _WORD.fullmatch(row)
        name = word["word"].lower() if word else ""
        if word and name in _REFUSED:
            raise self.source.error(f"{name} is not read: {_REFUSED[name]}", place + word.start("word"))
        if word and name in _IGNORED:
            self.left_out.append(row.strip())
        elif word and name in (*_VALUES, *_STARTS):
            self._pairs(word["rest"], place + word.start("rest"), self.initial if name in _STARTS else self.values)
        else:
            self._equation(row, place, line)

    def _pairs(self, text: str, place: int, table: dict[str, float]) -> None:
        for pair in _PAIR.finditer(text):
            name, value = pair["name"].lower(), number(pair["value"])
            if value is not None:
                table[name] = value
            elif table is self.values:
                start = place + pair.start("value")
                self.definitions[name] = Definition(tuple(self.source.tokens(start, start + len(pair["value"]))))

    def _equation(self, row: str, place: int, line: int) -> None:
        found = _LEFT.match(row)
        if not found:
            raise self.source.error("this line is not read", place + len(row) - len(row.lstrip()), ("x' = …", "par a=1"))
        start, end = place + found.end(), place + len(row)
        unknown = found["quotient"] or found["primed"]
        if found["difference"] or found["zero"]:
            why = "an equation of differences" if found["difference"] else "an equation without a derivative"
            raise self.source.error(f"this is {why}, which is not read", place + len(row) - len(row.lstrip()))
        if unknown:
            self.equations.append((unknown.lower(), line, start, end))
        elif found["begun"]:
            value = number(row[found.end() :])
            if value is not None:
                self.initial[found["begun"].lower()] = value
        elif found["function"]:
            names = tuple(n.strip().lower() for n in found["names"].split(","))
            self.definitions[found["function"].lower()] = Definition(tuple(self.source.tokens(start, end)), names)
        else:
            self.definitions[found["defined"].lower()] = Definition(tuple(self.source.tokens(start, end)))
