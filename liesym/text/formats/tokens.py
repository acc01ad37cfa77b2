"""Formulas of other languages, token by token, to the text grammar.

A dialect says what is a product without a sign, what functions and constants are called, and what is not read. Nothing is
evaluated: what comes out is text, which the grammar reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from liesym.errors import ParseError
from liesym.text.grammar import error_in_line
from liesym.text.pieces import PARTIAL

NAME = r"[^\W\d]\w*"
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>{NAME})|(?P<primes>['′]+)"
    r"|(?P<sign>\*\*|\.\*|\./|\.\^|<=|>=|==|!=|~=|&&|\|\||[-+*/^()\[\]{},=<>!&|~:;$∅·×−≤≥≠])"
)
_SAME = {"**": "^", ".*": "*", "./": "/", ".^": "^", "·": "*", "×": "*", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
_OPENING, _CLOSING = "([{", ")]}"
_SMALLER = {"<", "<="}
_COMPARED = {*_SMALLER, ">", ">="}
_REAL_PARTS = re.compile(rf"\b({'|'.join(f.__name__ for f in PARTIAL)}|sqrt)\(|\^(?!\d+\b(?!\.))")


class Token(NamedTuple):
    """A piece of text with its kind (number, name, primes, sign) and its place."""

    kind: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and errors that show a place in it."""

    text: str

    def error(self, message: str, place: int, expected: tuple[str, ...] = ()) -> ParseError:
        """A ParseError whose caret stands at a place."""
        before = self.text[: max(0, min(place, len(self.text) - 1))]
        line = before.count("\n") + 1
        return error_in_line(
            message, source=self.text, line=line, column=len(before) - (before.rfind("\n") + 1) + 1, expected=expected
        )

    def tokens(self, start: int, end: int) -> list[Token]:
        """The tokens between two places."""
        found = []
        while start < end:
            match = _TOKEN.match(self.text, start, end)
            if not match:
                raise self.error(f"unexpected character {self.text[start]!r}", start)
            kind = str(match.lastgroup)
            if kind != "space":
                found.append(Token(kind, _SAME.get(match[0], match[0]).replace("′", "'"), start))
            start = match.end()
        return found


def arguments(tokens: Sequence[Token], sign: str = ",") -> list[list[Token]]:
    """The tokens between commas (or another sign) that stand in no parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if token.text == sign and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if len(parts) > 1 or parts[0] else []


def closing(tokens: Sequence[Token], at: int, source: Source) -> int:
    """The index of the partner of an opening parenthesis."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i].text in _OPENING) - (tokens[i].text in _CLOSING) if tokens[i].kind == "sign" else 0
        if not depth:
            return i
    raise source.error("unbalanced parenthesis: this ( is not closed", tokens[at].place)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a name is short for: tokens, in which other names stand for the arguments."""

    tokens: tuple[Token, ...]
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How formulas of one language differ from the text grammar.

    Arguments:
        juxtaposed: products without a sign: "" none, "numbers" after a number as in 2x, "all" between any two factors.
        calls: function of the language -> that of the grammar.
        constants: name of the language -> text of the grammar.
        refused: function -> why it is not read.
        conditional: functions of a condition and two values.
        branches: how `if … then … else …` ends: "" there is none, "open" with the formula, "closed" with a parenthesis.
        folded: names in capitals and small letters are the same.
    """

    juxtaposed: str = ""
    calls: Mapping[str, str] = field(default_factory=dict, hash=False)
    constants: Mapping[str, str] = field(default_factory=dict, hash=False)
    refused: Mapping[str, str] = field(default_factory=dict, hash=False)
    conditional: frozenset[str] = frozenset()
    branches: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Formulas:
    """Writes token lists as text of the grammar.

    Arguments:
        source: where the tokens come from.
        dialect: of which language.
        definitions: names that are short for something.
        bound: names that stand for texts, as the arguments of a function that is put in.
        special: name -> what writes a call of it, from the formulas and the argument lists.
        open_names: definitions that are being put in.
    """

    source: Source
    dialect: Dialect
    definitions: Mapping[str, Definition] = field(default_factory=dict, hash=False)
    bound: Mapping[str, str] = field(default_factory=dict, hash=False)
    special: Mapping[str, Callable[[Formulas, list[list[Token]], Token], str]] = field(default_factory=dict, hash=False)
    open_names: tuple[str, ...] = ()

    def write(self, tokens: Sequence[Token]) -> str:
        """The formula as text."""
        parts: list[str] = []
        ended = ""  # what the last part was, where it ended an operand
        for operand, text in self._parts(list(tokens)):
            if operand and ended and (self.dialect.juxtaposed == "all" or ended == self.dialect.juxtaposed == "numbers"):
                parts.append("*")
            parts.append(text)
            ended = operand
        return " ".join(parts)

    def _parts(self, tokens: list[Token]) -> Iterator[tuple[str, str]]:
        """(kind of operand or '', text) one after another."""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            following = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if token.kind == "name" and token.text == "if" and self.dialect.branches:
                end = len(tokens) if self.dialect.branches == "open" else self._end_of_branches(tokens, at)
                yield "call", self._branches(tokens[at + 1 : end], token)
                at = end - 1
            elif token.kind == "name" and following == "(":
                end = closing(tokens, at + 1, self.source)
                yield "call", self._call(token, arguments(tokens[at + 2 : end]))
                at = end
            elif token.kind == "name":
                primes = following if at + 1 < len(tokens) and tokens[at + 1].kind == "primes" else ""
                yield "name", self.name(token) + primes
                at += bool(primes)
            elif token.text in _OPENING:
                end = closing(tokens, at, self.source)
                yield "group", f"({self.write(tokens[at + 1 : end])})"
                at = end
            elif token.kind == "number":
                yield "numbers", token.text
            elif token.text in "+-*/^":
                yield "", token.text
            else:
                raise self.source.error(f"unexpected {token.text!r} in a formula", token.place)
            at += 1

    def _folded(self, name: str) -> str:
        return name.lower() if self.dialect.folded else name

    def name(self, token: Token) -> str:
        """What a name stands for."""
        name = self._folded(token.text)
        if name in self.bound:
            return self.bound[name]
        definition = self.definitions.get(name)
        if definition is not None and definition.names is None:
            return f"({self._entered(name, token).write(definition.tokens)})"
        return self.dialect.constants.get(name, name)

    def _entered(self, name: str, token: Token, bound: Mapping[str, str] | None = None) -> Formulas:
        if name in self.open_names:
            raise self.source.error(f"{name} is defined by itself (over {', '.join(self.open_names)})", token.place)
        return replace(self, bound=bound or {}, open_names=(*self.open_names, name))

    def _call(self, token: Token, given: list[list[Token]]) -> str:
        name, dialect = self._folded(token.text), self.dialect
        if name in dialect.refused:
            raise self.source.error(f"{token.text} is not read: {dialect.refused[name]}", token.place)
        if name in self.special:
            return self.special[name](self, given, token)
        if name in dialect.conditional:
            if len(given) != 3:
                raise self.source.error(f"{token.text} takes a condition and two values", token.place)
            return self.chosen(given[0], given[1], given[2], token)
        definition = self.definitions.get(name)
        if definition is not None and definition.names is not None:
            if len(given) != len(definition.names):
                raise self.source.error(
                    f"{token.text} takes {len(definition.names)} arguments, not {len(given)}", token.place
                )
            values = (f"({self.write(g)})" for g in given)
            inner = self._entered(name, token, dict(zip(definition.names, values, strict=True)))
            return f"({inner.write(definition.tokens)})"
        return f"{dialect.calls.get(name, name)}({', '.join(self.write(g) for g in given)})"

    def _end_of_branches(self, tokens: list[Token], at: int) -> int:
        """The index behind if (…) then (…) else (…)."""
        for word in ("if", "then", "else"):
            group = tokens[at : at + 2]
            if len(group) < 2 or self._folded(group[0].text) != word or group[1].text != "(":
                raise self.source.error("expected if (…) then (…) else (…)", tokens[min(at, len(tokens) - 1)].place)
            at = closing(tokens, at + 1, self.source) + 1
        return at

    def _branches(self, tokens: list[Token], token: Token) -> str:
        """The text of `condition then value else value`; what comes after else may begin with another if."""
        depth, begun = 0, 0
        places: dict[str, int] = {}
        for i, here in enumerate(tokens):
            depth += (here.text in _OPENING) - (here.text in _CLOSING) if here.kind == "sign" else 0
            word = self._folded(here.text)
            begun += word == "if" and not depth and "else" not in places
            if not depth and word in ("then", "else", "elseif") and not begun:
                places.setdefault("else" if word == "elseif" else word, i)
            begun -= bool(begun) and word == "else" and not depth and "else" not in places
        if places.keys() != {"then", "else"}:
            raise self.source.error("if needs then and else in a formula", token.place)
        yes, no = places["then"], places["else"]
        again = [tokens[no]._replace(text="if")] if self._folded(tokens[no].text) == "elseif" else []
        return self.chosen(tokens[:yes], tokens[yes + 1 : no], [*again, *tokens[no + 1 :]], token)

    # -- pieces ----------------------------------------------------------------------------------

    def chosen(self, condition: Sequence[Token], yes: Sequence[Token], no: Sequence[Token], token: Token) -> str:
        """One value where the condition holds, the other elsewhere, written with a step."""
        values = self.write(yes), self.write(no)
        for value in values:
            if _REAL_PARTS.search(value.replace(" ", "")):
                raise self.source.error(
                    f"the piece {value} may not be real everywhere; write an equation for each piece", token.place
                )
        h = self.where(condition, token)
        return f"(({values[0]})*({h}) + ({values[1]})*(1 - ({h})))"

    def where(self, tokens: Sequence[Token], token: Token) -> str:
        """1 where a condition holds and 0 elsewhere."""
        tokens = list(tokens)
        while tokens and tokens[0].text == "(" and closing(tokens, 0, self.source) == len(tokens) - 1:
            tokens = tokens[1:-1]
        for signs, joined in ((("||", "|", "or"), "1 - ({})"), (("&&", "&", "and"), "{}")):
            for sign in signs:
                parts = arguments(tokens, sign)
                if len(parts) > 1:
                    each = (self.where(p, token) for p in parts)
                    shape = "(1 - ({}))" if sign in ("||", "|", "or") else "({})"
                    return joined.format("*".join(shape.format(h) for h in each))
        if tokens and tokens[0].text in ("!", "not"):
            return f"1 - ({self.where(tokens[1:], token)})"
        places = [i for i, t in enumerate(tokens) if t.text in _COMPARED]
        if len(places) != 1 or any(t.text in ("==", "!=", "~=", "=") for t in tokens):
            raise self.source.error("a condition is an inequality between two sides, such as x > 1", token.place)
        left, right = self.write(tokens[: places[0]]), self.write(tokens[places[0] + 1 :])
        if tokens[places[0]].text in _SMALLER:
            left, right = right, left
        return f"heaviside({left} - ({right}))"
