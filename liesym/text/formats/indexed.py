"""Equations with an index: `x[i]'' = x[i+1] - 2*x[i] + x[i-1], i = 1..4; x[0] = 0; x[5] = 0`.

One equation for each value of the index; x[3] is written x3, K[1, 2] is written K1_2, and sum(…, j = 1..4) is written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from liesym.text.formats.assembled import Assembly, line_of, without_comments
from liesym.text.formats.tokens import NAME, Definition, Dialect, Formulas, Source, Token, arguments, closing

_RANGE = re.compile(
    rf"(?:,\s*(?:for\s+)?|\bfor\s+)(?P<name>{NAME})\s*(?:=|in\b|∈)\s*(?P<first>-?\d+)\s*(?:\.\.\.?|:|…|,\s*(?:\.\.\.|…)\s*,)\s*(?P<last>-?\d+)\s*\Z"
)
_INNER = re.compile(rf"(?P<name>{NAME})\s*(?:=|in\b|∈)\s*(?P<first>-?\d+)\s*(?:\.\.\.?|:|…)\s*(?P<last>-?\d+)\Z")
MAX_EQUATIONS = 1000
DIALECT = Dialect()


def looks(text: str) -> bool:
    """True for text with an index in brackets."""
    return re.search(rf"{NAME}\s*\[[^\]\n]*\]\s*'|der\s*\(\s*{NAME}\s*\[|d{NAME}\[[^\]\n]*\]\s*/\s*dt", text) is not None


def read(text: str) -> Assembly:
    """The equations for all values of their indices.

    Raises:
        ParseError: an index is no sum of whole numbers and indices, or has no range, or a value outside has no equation.
    """
    return _Text(text).read()


class _Text:
    """One text: first all ranges, then the equations."""

    def __init__(self, text: str) -> None:
        text = re.sub(
            rf"\bder\s*\(\s*({NAME}\s*\[[^\]\n]*\])\s*\)", lambda m: f"{m[1]}'".ljust(len(m[0])), without_comments(text, "#")
        )
        text = re.sub(rf"\bd({NAME}\[[^\]\n]*\])\s*/\s*dt\b", lambda m: f"{m[1]}'".ljust(len(m[0])), text)
        self.source = Source(text)
        self.lines: list[tuple[str, list[Token], dict[str, int], int]] = []
        self.fixed: dict[str, tuple[list[Token], dict[str, int]]] = {}
        self.names: set[str] = set(re.findall(NAME, text))
        self.families: set[str] = set()
        self.derived: set[str] = set()
        self.met: dict[str, tuple[str, int]] = {}

    def read(self) -> Assembly:
        """Every statement for every value of its index."""
        for start, end in self._statements():
            self._statement(start, end)
        written: list[tuple[str, int]] = []
        for left, tokens, values, place in self.lines:
            written.append((f"{left} = {self._write(tokens, values, ())}", line_of(self.source, place)))
        given = self.derived | set(self.fixed)
        for name, (family, place) in self.met.items():
            if family in self.families and name not in given:
                shown = f"{family}[{name.removeprefix(family).replace('_', ', ')}]"
                raise self.source.error(f"{shown} has no equation and no value", place, (f"{shown} = 0",))
        return Assembly(self.source, tuple(written))

    def _statements(self) -> list[tuple[int, int]]:
        places = []
        for found in re.finditer(r"[^;\n]+", self.source.text):
            text = found[0]
            ranged = _INNER.match(text.strip())
            if ranged and places:
                places[-1] = (places[-1][0], found.end())
            elif text.strip():
                places.append((found.start() + len(text) - len(text.lstrip()), found.start() + len(text.rstrip())))
        return places

    def _statement(self, start: int, end: int) -> None:
        ranges: list[tuple[str, int, int]] = []
        text = self.source.text
        while found := _RANGE.search(text[start:end]):
            ranges.append((found["name"], int(found["first"]), int(found["last"])))
            end = start + len(text[start : start + found.start()].rstrip())
        open_range = re.search(rf"(?:,|\bfor)\s*{NAME}\s*(?:=|in\b|∈)\s*[^\s()]*\s*(?:\.\.|:|…)[^()]*\Z", text[start:end])
        if open_range:
            raise self.source.error("the index has no range of whole numbers", start + open_range.start(), ("i = 1..4",))
        sides = arguments(self.source.tokens(start, end), "=")
        if len(sides) != 2:
            raise self.source.error("an equation has two sides", start, ("x[i]' = …, i = 1..4",))
        many: list[dict[str, int]] = [{}]
        for name, first, last in ranges:
            if last < first or (last - first + 1) * len(many) > MAX_EQUATIONS:
                raise self.source.error(f"the range {name} = {first}..{last} has no or too many values", start)
            many = [{**values, name: k} for values in many for k in range(first, last + 1)]
        for values in many:
            left = self._write(sides[0], values, (), left=True)
            if "'" in left:
                self.lines.append((left, sides[1], values, start))
            else:
                self.fixed[left] = (sides[1], values)

    def _write(self, tokens: list[Token], values: Mapping[str, int], inside: tuple[str, ...], *, left: bool = False) -> str:
        """The formula with names for what has an index."""
        plain: list[Token] = []
        definitions: dict[str, Definition] = {}
        at = 0
        while at < len(tokens):
            token = tokens[at]
            following = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if token.kind == "name" and following == "[":
                end = closing(tokens, at + 1, self.source)
                name = self._named(token, tokens[at + 2 : end], values)
                self.met.setdefault(name, (token.text, token.place))
                if left and end + 1 < len(tokens) and tokens[end + 1].kind == "primes":
                    self.families.add(token.text)
                    self.derived.add(name)
                plain.append(Token("name", name, token.place))
                self._outside(name, token, definitions, inside, left)
                at = end
            elif token.text == "sum" and following == "(":
                end = closing(tokens, at + 1, self.source)
                text = self._sum(tokens[at + 2 : end], token, values, inside)
                plain += [Token("name", f"{text}", token.place)]
                at = end
            elif token.kind == "primes" and plain and plain[-1].kind == "name":
                plain[-1] = plain[-1]._replace(text=plain[-1].text + token.text)
            elif token.kind == "name" and token.text in values:
                plain.append(Token("number", str(values[token.text]), token.place))
            else:
                plain.append(token)
            at += 1
        return Formulas(self.source, DIALECT, definitions).write(plain)

    def _outside(
        self, name: str, token: Token, definitions: dict[str, Definition], inside: tuple[str, ...], left: bool
    ) -> None:
        """A component that an equation without a derivative gives is put in."""
        if left or name not in self.fixed:
            return
        if name in inside:
            raise self.source.error(f"{name} is defined by itself", token.place)
        right, values = self.fixed[name]
        text = self._write(right, values, (*inside, name))
        definitions[name] = Definition((Token("name", text, token.place),))

    def _named(self, token: Token, index: list[Token], values: Mapping[str, int]) -> str:
        numbers = [self._number(part, values, token) for part in arguments(index)]
        if any(k < 0 for k in numbers):
            raise self.source.error(f"the index of {token.text} is negative", token.place)
        name = token.text + "_".join(map(str, numbers))
        return name + "_" if name in self.names else name

    def _number(self, tokens: list[Token], values: Mapping[str, int], begin: Token) -> int:
        """A sum of whole numbers and indices, or of products with numbers."""
        total, sign, factor, seen = 0, 1, 1, False
        for token in tokens:
            if token.kind == "number" and token.text.isdigit():
                factor, seen = factor * int(token.text), True
            elif token.kind == "name" and token.text in values:
                factor, seen = factor * values[token.text], True
            elif token.text in "+-":
                total, factor = total + (sign * factor if seen else 0), 1
                sign, seen = (1 if token.text == "+" else -1) * (1 if seen else sign), False
            elif token.text != "*":
                raise self.source.error(
                    f"{token.text} is no index here: it has no range", token.place, ("x[i]' = …, i = 1..4",)
                )
        if not seen:
            raise self.source.error("the index is missing", begin.place, ("x[1]",))
        return total + sign * factor

    def _sum(self, tokens: list[Token], token: Token, values: Mapping[str, int], inside: tuple[str, ...]) -> str:
        parts = arguments(tokens)
        ranged = parts[-1] if len(parts) > 1 else []
        end = ranged[-1].place + len(ranged[-1].text) if ranged else 0
        found = _INNER.match(self.source.text[ranged[0].place : end]) if ranged else None
        if not found or len(parts) != 2:
            raise self.source.error("a sum is written sum(x[j], j = 1..4)", token.place)
        terms = (
            self._write(parts[0], {**values, found["name"]: k}, inside)
            for k in range(int(found["first"]), int(found["last"]) + 1)
        )
        return f"({' + '.join(f'({term})' for term in terms)})"
