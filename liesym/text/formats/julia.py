"""Catalyst and ModelingToolkit as text: `@reaction_network begin … end`, `D(x) ~ σ*(y - x)`.

A reaction `k, 2A + B --> C` goes at the rate k A^2/2! B, one with `=>` at the rate that is written.
Source: Loman et al. 2023.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from liesym.text.formats.assembled import Assembly, line_of, number, without_comments
from liesym.text.formats.reactions import Amount, Network, side
from liesym.text.formats.tokens import NAME, Definition, Dialect, Formulas, Source, Token, arguments, closing

_JUMP = "it jumps"
DIALECT = Dialect(
    juxtaposed="numbers",
    constants={"π": "pi", "ℯ": "exp(1)", "pi": "pi"},
    refused={"floor": _JUMP, "ceil": _JUMP, "round": _JUMP, "mod": _JUMP, "rem": _JUMP},
    conditional=frozenset(("ifelse", "IfElse")),
)
_RATES = {
    "hill": ("X v K n", "v*X^n/(X^n + K^n)"),
    "hillr": ("X v K n", "v*K^n/(X^n + K^n)"),
    "hillar": ("X Y v K n", "v*X^n/(X^n + Y^n + K^n)"),
    "mm": ("X v K", "v*X/(X + K)"),
    "mmr": ("X v K", "v*K/(X + K)"),
}
_FUNCTIONS = {
    name: Definition(tuple(Source(text).tokens(0, len(text))), tuple(names.split()))
    for name, (names, text) in _RATES.items()
}
_ARROWS = re.compile(r"<-->|⇌|↔|⟷|-->|→|⟶|<--|←|⟵|=>|⇒|⟹")
_BOTH, _BACK, _PLAIN = ("<-->", "⇌", "↔", "⟷"), ("<--", "←", "⟵"), ("=>", "⇒", "⟹")
_MACRO = re.compile(r"@(?P<name>\w+)(?P<rest>[ \t]*(?:\w+[ \t]+)?begin\b.*?^[ \t]*end\b|[^\n]*)", re.DOTALL | re.MULTILINE)
_DECLARED = re.compile(rf"(?P<name>{NAME})(?:\([^()]*\))?(?:[ \t]*=[ \t]*(?P<value>[^\s,;]+))?")
_LEFT = re.compile(
    rf"D[ \t]*\([ \t]*D[ \t]*\([ \t]*(?P<twice>{NAME})(?:\([^()]*\))?[ \t]*\)[ \t]*\)|"
    rf"\(?D(?:\^(?P<order>\d))?\)?[ \t]*\([ \t]*(?P<once>{NAME})(?:\([^()]*\))?(?:[ \t]*,[ \t]*(?P<by>\d))?[ \t]*\)"
)
_VALUES, _STARTS = ("parameters", "constants"), ("variables", "species", "unknowns")
_REFUSED = {
    "continuous_events": "events change values at once", "discrete_events": "events change values at once",
    "noise_scaling": "it is random", "brownian": "it is random",
}  # fmt: skip


def looks(text: str) -> bool:
    """True for macros of Catalyst and ModelingToolkit, and for equations with ~."""
    return re.search(r"@reaction_network|@parameters|@variables|@mtkmodel|Differential\s*\(|^[^\"#\n]*\)\s*~", text,
                     re.MULTILINE) is not None  # fmt: skip


def read(text: str) -> Assembly:
    """The equations of a model, with parameters and values at the start.

    Raises:
        ParseError: a line is not read; it is named.
    """
    return _Model(text).read()


class _Model:
    """One text: declarations, reactions and equations."""

    def __init__(self, text: str) -> None:
        text = without_comments(text, "#", blocks=[("#=", "=#")])
        text = re.sub(r"Differential\s*\(\s*\w+\s*\)", lambda m: "D".ljust(len(m[0])), text)
        self.source = Source(text)
        self.values: dict[str, float] = {}
        self.initial: dict[str, float] = {}
        self.network = Network()
        self.lines: list[tuple[str, int]] = []
        self.definitions: dict[str, Definition] = dict(_FUNCTIONS)
        self.combinatoric = "@combinatoric_ratelaws false" not in " ".join(text.split())
        self.used_factorials = False

    def read(self) -> Assembly:
        """Declarations first, then reactions and equations."""
        rest = self._declarations(self.source.text)
        statements = list(self._statements(rest))
        equations = [s for s in statements if "~" in self.source.text[s[0] : s[1]]]
        reactions = [s for s in statements if s not in equations and self._is_reaction(*s)]
        found = [self._sides(start, end) for start, end in equations]
        states = {x for x, *_ in found if x} | {n for a in self._species(reactions) for n in (a,)}
        for unknown, order, tokens, place in found:
            if unknown:
                mark = "'" * order
                self.lines.append((f"{unknown}{mark} = {self._formulas(states).write(tokens)}", line_of(self.source, place)))
        for start, end in reactions:
            self._reaction(start, end, self._formulas(states))
        lines = [*self.lines, *self.network.lines(without=[line.split("'")[0] for line, _ in self.lines])]
        notes = ()
        if self.used_factorials:
            notes = ("rates of k A + … have the factor 1/k!, as Catalyst has them unless @combinatoric_ratelaws is false",)
        return Assembly(self.source, tuple(lines), self.values, self.initial, notes=notes)

    # -- declarations ----------------------------------------------------------------------------

    def _declarations(self, text: str) -> str:
        """The text without macros, whose values are kept; what stands in the block of a model stays."""

        def kept(found: re.Match[str]) -> str:
            name, rest = found["name"], found["rest"]
            if name in _REFUSED:
                raise self.source.error(f"@{name} is not read: {_REFUSED[name]}", found.start())
            if name in ("reaction_network", "network_component", "mtkmodel", "equations", "named", "mtkbuild"):
                return found[0]
            if name in (*_VALUES, *_STARTS):
                table = self.values if name in _VALUES else self.initial
                for item in _DECLARED.finditer(re.sub(r"\bbegin\b|\bend\b|\[[^\]]*\]|;", " ", rest)):
                    value = number(item["value"] or "")
                    if value is not None:
                        table[item["name"]] = value
            return re.sub(r"[^\n]", " ", found[0])

        text = re.sub(r"@(?:reaction_network|network_component|mtkmodel)[^\n]*", lambda m: " " * len(m[0]), text)
        text = re.sub(r"@equations[ \t]+begin", lambda m: " " * len(m[0]), text)
        return _MACRO.sub(kept, text)

    def _statements(self, text: str) -> Iterator[tuple[int, int]]:
        """Places of statements: lines, and the entries of a list in brackets."""
        text = re.sub(rf"^[ \t]*(?:{NAME}[ \t]*=[ \t]*)?\[", lambda m: " " * len(m[0]), text, flags=re.MULTILINE)
        depth, start = 0, 0
        for i, letter in enumerate(text + "\n"):
            depth += (letter == "(") - (letter == ")")
            ended = text[start:i].rstrip()
            if depth > 0 or (letter == "\n" and ended[-1:] in tuple("+-*/^~,(") and ended.strip()):
                continue
            comma = letter == "," and "~" in ended
            if letter in "\n;]" or comma:
                if ended.strip():
                    yield start + len(text[start:i]) - len(text[start:i].lstrip()), start + len(ended)
                start = i + 1

    def _is_reaction(self, start: int, end: int) -> bool:
        """True for rate, A --> B; a list such as A => 1.0, B => 2.0 gives values."""
        arrow = _ARROWS.search(self.source.text, start, end)
        if not arrow:
            return False
        if arrow[0] not in _PLAIN or "," in self.source.text[start : arrow.start()]:
            return True
        for pair in re.finditer(rf"({NAME})(?:\(\w+\))?\s*(?:=>|⇒|⟹)\s*([^\s,\])]+)", self.source.text[start:end]):
            value = number(pair[2])
            if value is not None:
                self.initial[pair[1]] = self.values[pair[1]] = value
        return False

    # -- equations -------------------------------------------------------------------------------

    def _sides(self, start: int, end: int) -> tuple[str, int, list[Token], int]:
        """(unknown or '', order, tokens of the right side, place); a left side without a derivative is a definition."""
        text = self.source.text
        middle = text.index("~", start, end)
        left = text[start:middle].strip()
        tokens = self.source.tokens(middle + 1, end)
        if tokens and tokens[-1].text == ",":
            tokens = tokens[:-1]
        found = _LEFT.fullmatch(left)
        if found:
            order = 2 if found["twice"] else int(found["order"] or found["by"] or 1)
            return found["twice"] or found["once"], order, tokens, start
        name = re.fullmatch(rf"({NAME})(?:\(\w+\))?", left)
        if not name:
            raise self.source.error("the left side is no derivative D(x) and no name", start, ("D(x) ~ …",))
        self.definitions[name[1]] = Definition(tuple(tokens))
        return "", 0, tokens, start

    def _formulas(self, states: set[str]) -> Formulas:
        short = [n for n, d in self.definitions.items() if d.names is None]
        along = dict.fromkeys((*states, *self.initial, *short), _applied)
        return Formulas(self.source, DIALECT, self.definitions, special={**along, "D": _derived})

    # -- reactions -------------------------------------------------------------------------------

    def _split(self, start: int, end: int) -> tuple[list[Token], str, list[Token], list[Token]]:
        """(rate, arrow, left, right) of `rate, left --> right`."""
        arrow = _ARROWS.search(self.source.text, start, end)
        before = arguments(self.source.tokens(start, arrow.start() if arrow else end))
        if arrow is None or len(before) < 2:
            raise self.source.error("a reaction is written rate, A + B --> C", start, ("k, A + B --> C",))
        rate = [t for part in before[:-1] for t in part]
        after = arguments(self._plain(arrow.end(), end))
        return rate if len(before) == 2 else _joined(before[:-1]), arrow[0], before[-1], after[0] if after else []

    def _plain(self, start: int, end: int) -> list[Token]:
        stop = self.source.text.find("[", start, end)
        return self.source.tokens(start, end if stop < 0 else stop)

    def _species(self, reactions: Sequence[tuple[int, int]]) -> set[str]:
        found = set()
        for start, end in reactions:
            _, _, left, right = self._split(start, end)
            found |= {t.text for t in (*left, *right) if t.kind == "name"}
        return found

    def _reaction(self, start: int, end: int, formulas: Formulas) -> None:
        rate, arrow, left, right = self._split(start, end)
        line = line_of(self.source, start)
        if arrow in _BOTH:
            rates = _bundle(rate)
            if len(rates) != 2:
                raise self.source.error("a reaction in both directions has two rates", start, ("(k1, k2), A <--> B",))
            for one, (a, b) in zip(rates, ((left, right), (right, left)), strict=True):
                self._directed(one, a, b, line, formulas, False)
        elif arrow in _BACK:
            self._directed(rate, right, left, line, formulas, False)
        else:
            self._directed(rate, left, right, line, formulas, arrow in _PLAIN)

    def _directed(
        self, rate: list[Token], left: list[Token], right: list[Token], line: int, formulas: Formulas, plain: bool
    ) -> None:
        """One direction; lists in parentheses are as many reactions."""
        many = [_bundle(part) for part in (rate, left, right)]
        count = max(map(len, many))
        if any(len(part) not in (1, count) for part in many):
            raise self.source.error("lists of rates and species have different lengths", rate[0].place)
        for one, a, b in zip(*(part * count if len(part) == 1 else part for part in many), strict=True):
            used, made = side(a, formulas), side(b, formulas)
            self.network.add(used, made, formulas.write(one) if plain else self._mass_action(one, used, formulas), line)

    def _mass_action(self, rate: list[Token], used: Sequence[Amount], formulas: Formulas) -> str:
        """k ∏ S^n/n!."""
        factors = [f"({formulas.write(rate)})"]
        counts: dict[str, int] = {}
        for amount in used:
            count = amount.count.strip("()")
            if not count.isdigit():
                raise self.source.error(f"mass action needs whole numbers, not {count}", rate[0].place, ("rate, A => B",))
            counts[amount.species] = counts.get(amount.species, 0) + int(count)
        for species, count in counts.items():
            factors.append(f"{species}^{count}" if count > 1 else species)
            if count > 1 and self.combinatoric:
                self.used_factorials = True
                factors.append(
                    f"1/{'*'.join(map(str, range(2, count + 1)))}"
                    if count == 2
                    else f"(1/({'*'.join(map(str, range(2, count + 1)))}))"
                )
        return "*".join(factors)


def _bundle(tokens: list[Token]) -> list[list[Token]]:
    """The parts of (a, b), or the one that is there."""
    if tokens and tokens[0].text == "(" and tokens[-1].text == ")" and len(arguments(tokens[1:-1])) > 1:
        return arguments(tokens[1:-1])
    return [tokens]


def _joined(parts: list[list[Token]]) -> list[Token]:
    comma = Token("sign", ",", parts[0][0].place if parts[0] else 0)
    return [t for i, part in enumerate(parts) for t in ([comma] * bool(i) + part)]


def _applied(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    """x(t) is x."""
    if len(given) == 1 and [t.text for t in given[0]] == ["t"]:
        return formulas.name(token)
    raise formulas.source.error(
        f"{token.text} at another place than t is a delay or a product", token.place, (f"{token.text}(t)",)
    )


def _derived(formulas: Formulas, given: list[list[Token]], token: Token) -> str:
    """D(x), D(x(t)) and D(D(x))."""
    tokens = given[0] if given else []
    marks = "'"
    while len(tokens) > 3 and tokens[0].text == "D" and tokens[1].text == "(":
        tokens, marks = tokens[2 : closing(tokens, 1, formulas.source)], marks + "'"
    if not tokens or tokens[0].kind != "name" or [t.text for t in tokens[1:]] not in ([], ["(", "t", ")"]):
        raise formulas.source.error("D is for unknowns", token.place, ("D(x)",))
    return tokens[0].text + marks
