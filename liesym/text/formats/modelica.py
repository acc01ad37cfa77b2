"""Flat Modelica: `parameter Real k = 2; equation der(x) = -k*x;`."""

from __future__ import annotations

import re
from dataclasses import replace

from liesym.text.formats.assembled import Assembly, line_of, number, without_comments
from liesym.text.formats.tokens import NAME, Definition, Dialect, Formulas, Source, Token, arguments

_JUMP = "it jumps"
DIALECT = Dialect(
    constants={"time": "t", "pi": "pi"},
    calls={"log10": "log10"},
    refused={
        "delay": "equations with a delay are no ordinary differential equations", "floor": _JUMP, "ceil": _JUMP,
        "integer": _JUMP, "mod": _JUMP, "rem": _JUMP, "div": _JUMP, "pre": "events change values at once",
        "edge": "events change values at once", "sample": "events change values at once",
    },
    branches="open",
)  # fmt: skip
_HEAD = re.compile(rf"\b(?:model|class|block)\s+(?P<name>{NAME}(?:\.{NAME})*)")
_DECLARED = re.compile(
    rf"\s*(?P<how>(?:(?:parameter|constant|input|output|discrete|final|inner|outer|protected|public)\s+)*)"
    rf"(?P<type>Real|Integer|Boolean|String|[A-Z]\w*)\s+(?P<rest>{NAME}.*)",
    re.DOTALL,
)
_EVENT = "events change values at once"
_REFUSED = {
    "when": _EVENT,
    "reinit": _EVENT,
    "if": "equations in branches: write one with an if in it",
    "for": "write the equations out",
    "connect": "the model is not flat",
    "extends": "the model is not flat",
    "algorithm": "algorithms are not read",
}
_SECTION = re.compile(r"\b(initial\s+equation|initial\s+algorithm|equation|algorithm)\b")
_STATEMENT = re.compile(r"[^;]+")


def looks(text: str) -> bool:
    """True for a model with a section of equations."""
    return bool(_HEAD.search(text) and re.search(r"\bequation\b", text)) or bool(
        re.search(r"^\s*parameter\s+Real\b", text, re.MULTILINE)
    )


def read(text: str) -> Assembly:
    """The equations of a flat model, with parameters and values at the start.

    Raises:
        ParseError: a statement is not read; it is named.
    """
    return _Model(text).read()


class _Model:
    """One model: declarations, then sections."""

    def __init__(self, text: str) -> None:
        text = without_comments(text, "//", blocks=[("/*", "*/")])
        text = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        text = re.sub(r"\bannotation\s*\([^;]*\)", lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        text = re.sub(r"\bModelica(?:\.\w+)*\.(?=\w+)", lambda m: " " * len(m[0]), text)
        head = _HEAD.search(text)
        self.title = head["name"] if head else ""
        text = re.sub(rf"\bend\s+{NAME}(?:\.{NAME})*\s*;?", lambda m: " " * len(m[0]), text) if head else text
        self.text = text[: head.start()] + " " * len(head[0]) + text[head.end() :] if head else text
        self.source = Source(self.text)
        self.values: dict[str, float] = {}
        self.initial: dict[str, float] = {}
        self.definitions: dict[str, Definition] = {}
        self.variables: set[str] = set()
        self.inputs: set[str] = set()
        self.lines: list[tuple[list[Token], list[Token], int]] = []

    def read(self) -> Assembly:
        """Declarations, then equations with what they are short for."""
        section, begun = "equation" if not _SECTION.search(self.text) and not self.title else "declaration", 0
        for found in [*_SECTION.finditer(self.text), None]:
            self._section(section, begun, found.start() if found else len(self.text))
            if found:
                section, begun = " ".join(found[0].split()), found.end()
        dialect = replace(DIALECT, constants={**DIALECT.constants, **{u: f"{u}(t)" for u in self.inputs}})
        formulas = Formulas(self.source, dialect, self.definitions, special={
            "der": _derived, "noEvent": _kept, "smooth": _kept, "homotopy": _first,
        })  # fmt: skip
        lines = [
            (f"{formulas.write(left)} = {formulas.write(right)}", line_of(self.source, place))
            for left, right, place in self.lines
        ]
        return Assembly(self.source, tuple(lines), self.values, self.initial, title=self.title)

    def _section(self, section: str, start: int, end: int) -> None:
        for found in _STATEMENT.finditer(self.text, start, end):
            text = found[0].strip()
            if not text:
                continue
            place = found.start() + len(found[0]) - len(found[0].lstrip())
            word = re.match(r"\w*", text)
            refused = _REFUSED.get(word[0] if word else "")
            if section.endswith("algorithm") or refused is not None:
                why = refused or "algorithms are not read"
                raise self.source.error(f"this is not read: {why}", place, ("der(x) = …",))
            declared = _DECLARED.fullmatch(text)
            if declared:
                self._declare(declared, place)
            elif section == "initial equation":
                self._start(text)
            elif section == "equation":
                self._equation(place, place + len(text))
            else:
                raise self.source.error("this declaration is not read", place, ("Real x(start = 1);",))

    def _declare(self, declared: re.Match[str], place: int) -> None:
        start = place + declared.start("rest")
        for item in arguments(self.source.tokens(start, start + len(declared["rest"]))):
            if not item or item[0].kind != "name":
                raise self.source.error("a name is missing in this declaration", place, ("Real x, y;",))
            name = item[0].text
            if len(item) > 1 and item[1].text == "[":
                raise self.source.error("arrays are not read: give each component a name", item[1].place)
            equals = next((i for i, t in enumerate(item) if t.text == "=" and _depth(item[:i]) == 0), None)
            value = item[equals + 1 :] if equals is not None else []
            self._start_of(name, item[1:equals])
            if declared["how"].split()[:1] in (["parameter"], ["constant"]) or "parameter" in declared["how"]:
                self._parameter(name, value)
                continue
            self.variables.add(name)
            if "input" in declared["how"]:
                self.inputs.add(name)
            elif value:
                self.definitions[name] = Definition(tuple(value))

    def _parameter(self, name: str, value: list[Token]) -> None:
        found = number("".join(t.text for t in value)) if value else None
        if found is not None:
            self.values[name] = found
        elif value:
            self.definitions[name] = Definition(tuple(value))

    def _start_of(self, name: str, modifiers: list[Token]) -> None:
        """The value of start = … among the modifiers (…)."""
        for part in arguments(modifiers[1:-1]):
            if len(part) > 2 and part[0].text == "start" and part[1].text == "=":
                value = number("".join(t.text for t in part[2:]))
                if value is not None:
                    self.initial[name] = value

    def _start(self, text: str) -> None:
        left, _, right = text.partition("=")
        value = number(right)
        if value is not None:
            self.initial[left.strip()] = value

    def _equation(self, start: int, end: int) -> None:
        tokens = self.source.tokens(start, end)
        sides = arguments(tokens, "=")
        if len(sides) != 2:
            raise self.source.error("an equation has two sides", start, ("der(x) = …",))
        derived = any(t.text == "der" for t in tokens)
        if derived:
            self.lines.append((sides[0], sides[1], start))
        elif len(sides[0]) == 1 and sides[0][0].kind == "name":
            self.definitions[sides[0][0].text] = Definition(tuple(sides[1]))
        else:
            raise self.source.error("this equation has no derivative and no single name on its left", start, ("v = -k*x",))


def _depth(tokens: list[Token]) -> int:
    return sum((t.text in ("(", "[", "{")) - (t.text in (")", "]", "}")) for t in tokens)


def _derived(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    if len(given) != 1 or len(given[0]) != 1 or given[0][0].kind != "name":
        raise formulas.source.error("der is for one variable", token.place, ("der(x)",))
    return f"{given[0][0].text}'"


def _kept(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    return f"({formulas.write(given[-1])})" if given else ""


def _first(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    return f"({formulas.write(given[0])})" if given else ""
