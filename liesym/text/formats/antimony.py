"""Reactions in the manner of Antimony and Tellurium, `J: S1 -> S2; k1*S1`.

Source: Smith et al. 2009.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from liesym.text.formats.assembled import Assembly, line_of, number, without_comments
from liesym.text.formats.reactions import Network, side
from liesym.text.formats.tokens import NAME, Definition, Dialect, Formulas, Source, Token

DIALECT = Dialect(
    calls={"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"},
    constants={"time": "t", "pi": "pi", "exponentiale": "exp(1)"},
    refused={
        "delay": "equations with a delay are no ordinary differential equations",
        "ceil": "it jumps",
        "floor": "it jumps",
    },
)
_ARROW = re.compile(r"->|=>|<->|<=>")
_REFUSED = {
    r"at\b": "events change values at once", rf"{NAME}[ \t]*:[ \t]*at\b": "events change values at once",
    r"import\b": "other files are not read", r"DNA\b|gene\b|operator\b": "strands are not read",
}  # fmt: skip
_IGNORED = re.compile(
    r"(model|module|end\b|unit\b|var\b|formula\b|substance\b|volume\b|time_unit|extent\b|"
    rf"{NAME}[ \t]+(is[ \t]+\"|has[ \t]+\w+[ \t]*\Z|(identity|hasPart|isPartOf|part|creator|created)\b)|{NAME}\.)"
)
_DECLARED = re.compile(
    r"(?P<const>const[ \t]+)?(?P<only>substanceOnly[ \t]+)?(?P<kind>compartment|species|const)[ \t]+(?P<rest>.*)", re.DOTALL
)
_ITEM = re.compile(
    rf"(?P<fixed>\$)?(?P<name>{NAME})(?:[ \t]+in[ \t]+(?P<home>{NAME}))?(?:[ \t]*=[ \t]*(?P<value>[^,]+))?[ \t]*"
)
_SET = re.compile(rf"(?P<fixed>\$)?(?P<name>{NAME})(?P<mark>'?)[ \t]*(?P<how>:=|=)(?P<value>.*)", re.DOTALL)
_FUNCTION = re.compile(rf"function[ \t]+(?P<name>{NAME})[ \t]*\((?P<names>[^)]*)\)(?P<body>.*?)\bend\b", re.DOTALL)
_LABEL = re.compile(rf"[ \t]*(?P<name>{NAME})[ \t]*:(?!=)")


class Part(NamedTuple):
    """A statement: its text and place."""

    text: str
    place: int


def looks(text: str) -> bool:
    """True for text with a reaction that has a rate behind it."""
    return re.search(r"(?<!-)(->|=>)[^;\n]*;", without_comments(text, "//", "#")) is not None


def read(text: str) -> Assembly:
    """The equations of reactions and rate rules, with values.

    Raises:
        ParseError: a statement is not read; it is named.
    """
    return _Text(text).read()


class _Text:
    """One model, statement by statement."""

    def __init__(self, text: str) -> None:
        self.source = Source(without_comments(text, "//", "#", blocks=[("/*", "*/")]))
        self.definitions: dict[str, Definition] = {}
        self.values: dict[str, float] = {}
        self.fixed: set[str] = set()
        self.amounts: set[str] = set()
        self.homes: dict[str, str] = {}
        self.compartments: dict[str, None] = {}
        self.reactions: list[tuple[Part, Part, tuple[int, int, int]]] = []
        self.rates: dict[str, tuple[list[Token], int]] = {}

    def read(self) -> Assembly:
        """All statements, then the rates of change."""
        parts = list(self._parts(self._functions()))
        while parts:
            part = parts.pop(0)
            arrow = _ARROW.search(part.text)
            if arrow:
                self._reaction(part, parts.pop(0) if parts else None, arrow.span())
            else:
                self._statement(part)
        return self._assembled()

    def _functions(self) -> str:
        def kept(found: re.Match[str]) -> str:
            start = found.start("body")
            body = found["body"].strip().strip(";").strip()
            start += found["body"].index(body)
            names = tuple(n.strip() for n in found["names"].split(","))
            self.definitions[found["name"]] = Definition(tuple(self.source.tokens(start, start + len(body))), names)
            return re.sub(r"[^\n]", " ", found[0])

        return _FUNCTION.sub(kept, self.source.text)

    def _parts(self, text: str) -> Iterator[Part]:
        """Statements, which end with a line or a semicolon; a rate may stand on the line after its reaction."""
        for found in re.finditer(r"[^;\n]+|;(?=[ \t]*(?:;|\n|\Z))", text):
            begun = max(text.rfind("\n", 0, found.start()), text.rfind(";", 0, found.start())) + 1
            after_reaction = found[0] == ";" and _ARROW.search(text[begun : found.start()])
            if after_reaction or found[0].strip(" \t\r;"):
                body = found[0].lstrip()
                yield Part("" if body == ";" else body.rstrip(), found.start() + len(found[0]) - len(body))

    def _reaction(self, part: Part, rate: Part | None, arrow: tuple[int, int]) -> None:
        if rate is None or not rate.text or _ARROW.search(rate.text):
            raise self.source.error("this reaction has no rate", part.place, ("S1 -> S2; k1*S1",))
        label = _LABEL.match(part.text)
        begun = label.end() if label else 0
        self.reactions.append((part, rate, (begun, *arrow)))
        if label:
            self.definitions[label["name"]] = Definition(tuple(self._tokens(rate)))

    def _statement(self, part: Part) -> None:
        text = part.text.lstrip("*")
        for pattern, why in _REFUSED.items():
            if re.match(pattern, text):
                raise self.source.error(f"this is not read: {why}", part.place)
        declared = _DECLARED.match(text)
        found = _SET.fullmatch(text)
        if declared:
            self._declare(declared, part)
        elif found:
            self._set(found, part)
        elif not _IGNORED.match(text):
            raise self.source.error("this statement is not read", part.place, ("S1 -> S2; k1*S1", "k1 = 0.1", "x' = -x"))

    def _declare(self, declared: re.Match[str], part: Part) -> None:
        for item in _ITEM.finditer(declared["rest"]):
            name = item["name"]
            if declared["kind"] == "compartment":
                self.compartments[name] = None
            if declared["const"] or declared["kind"] == "const" or item["fixed"]:
                self.fixed.add(name)
            if declared["only"]:
                self.amounts.add(name)
            if item["home"]:
                self.homes[name] = item["home"]
            if item["value"]:
                self._value(name, item["value"], part.place)

    def _set(self, found: re.Match[str], part: Part) -> None:
        name, place = found["name"], part.place + found.start("value")
        if found["fixed"]:
            self.fixed.add(name)
        if found["how"] == ":=":
            self.definitions[name] = Definition(tuple(self.source.tokens(place, place + len(found["value"]))))
        elif found["mark"]:
            self.rates[name] = (self.source.tokens(place, place + len(found["value"])), line_of(self.source, place))
        else:
            self._value(name, found["value"], place)

    def _value(self, name: str, text: str, place: int) -> None:
        value = number(text.split(" in ")[0])
        if value is not None:
            self.values[name] = value

    def _tokens(self, part: Part) -> list[Token]:
        return self.source.tokens(part.place, part.place + len(part.text))

    def _assembled(self) -> Assembly:
        ones = [c for c in self.compartments if self.values.get(c, 1.0) == 1.0]
        self.definitions |= {c: Definition((Token("number", "1", 0),)) for c in ones}
        formulas = Formulas(self.source, DIALECT, self.definitions, special={"piecewise": _piecewise, "pow": _power})
        network = Network()
        for body, rate, (begun, first, last) in self.reactions:
            left, right = (
                side(self._species(body.place + a, body.place + b), formulas)
                for a, b in ((begun, first), (last, len(body.text)))
            )
            network.add(left, right, formulas.write(self._tokens(rate)), line_of(self.source, body.place))
        self.fixed |= {a for a in network.changes if a in self.definitions}
        sizes = {s: c for s, c in self.homes.items() if s not in self.amounts and self.values.get(c, 1.0) != 1.0}
        lines = [(f"{x}' = {formulas.write(tokens)}", line) for x, (tokens, line) in self.rates.items()]
        lines += network.lines(sizes, without=[*self.fixed, *self.rates])
        states = {line.split("'")[0] for line, _ in lines}
        initial = {n: v for n, v in self.values.items() if n in states}
        values = {n: v for n, v in self.values.items() if n not in states}
        notes = (f"compartments of size 1 are written as 1: {', '.join(ones)}",) if ones else ()
        return Assembly(self.source, tuple(lines), values, initial, notes=notes)

    def _species(self, start: int, end: int) -> list[Token]:
        """Tokens of one side, where $ marks a species that stays as it is."""
        tokens: list[Token] = []
        for i, piece in enumerate(self.source.text[start:end].split("$")):
            if i:
                tokens.append(Token("sign", "$", start - 1))
            tokens += self.source.tokens(start, start + len(piece))
            start += len(piece) + 1
        return tokens


def _power(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    if len(given) != 2:
        raise formulas.source.error("pow takes two arguments", token.place)
    return f"(({formulas.write(given[0])})^({formulas.write(given[1])}))"


def _piecewise(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    """piecewise(value, condition, …, otherwise)."""
    if len(given) % 2 == 0 or len(given) < 3:
        raise formulas.source.error("piecewise takes values and conditions in turn, and a last value", token.place)
    value, condition, *rest = given
    if len(rest) == 1:
        return formulas.chosen(condition, value, rest[0], token)
    inner = formulas.where(condition, token)
    return f"(({formulas.write(value)})*({inner}) + ({_piecewise(formulas, rest, token)})*(1 - ({inner})))"
