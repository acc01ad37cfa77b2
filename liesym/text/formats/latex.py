"""Equations in LaTeX: `\\dot{x} = \\sigma (y - x)`, `\\frac{d^2x}{dt^2} = -\\omega^2 x`.

Letters beside each other are factors, as in a book; x(t) is x where x is differentiated; a name of several letters stands in
\\mathrm or \\text or as a subscript.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from liesym.errors import ParseError
from liesym.text.formats.assembled import Assembly, line_of, number
from liesym.text.formats.latex_tokens import Piece, statements
from liesym.text.formats.latex_words import ACCENTS, CALLS, GREEK, MARKS, REFUSED, STYLES
from liesym.text.formats.tokens import Source
from liesym.text.spelling import ALONE, DEFAULT


def looks(text: str) -> bool:
    """True for text with a command of LaTeX."""
    return re.search(r"\\[a-zA-Z]{2,}", text) is not None


def read(text: str) -> Assembly:
    """The equations of a text in LaTeX; `\\sigma = 10` gives a value, `x(0) = 1` one at the start.

    Raises:
        ParseError: something is not read; it is named, with its place.
    """
    source = Source(text)
    many = list(statements(text))
    scout = _Reader(source)
    for pieces in many:
        scout.equation(pieces)
    independent, notes = next(iter(scout.along), "t"), ()
    if not scout.along and not scout.dotted:
        independent, notes = _told(scout)
    if len(scout.along) > 1:
        raise ParseError(f"derivatives by {', '.join(scout.along)}: there is one independent variable")
    reader = _Reader(source, frozenset(scout.unknowns), independent)
    lines: list[tuple[str, int]] = []
    values: dict[str, float] = {}
    initial: dict[str, float] = {}
    for pieces in many:
        left, right = reader.equation(pieces)
        start = re.fullmatch(r"(\w+'*) ?\* ?\(0\)|(\w+'*)\(0\)", left)
        if "'" in left + right and not start:
            lines.append((f"{left} = {right}", line_of(source, pieces[0].place)))
        elif start and number(right) is not None:
            initial[start[1] or start[2]] = float(right.replace(" ", ""))
        elif start:
            notes = (*notes, f"left out, as it is no number: {left} = {right}")
        elif re.fullmatch(r"\w+", left) and number(right) is not None:
            values[left] = float(right.replace(" ", ""))
        elif re.fullmatch(r"\w+", left):
            reader.defined[left] = right
        elif re.search(r"\w+\^\(\d+\)", left + right):
            lines.append((f"{left} = {right}", line_of(source, pieces[0].place)))
        else:
            raise source.error("this equation has no derivative", pieces[0].place, (r"\dot{x} = …",))
    lines = [(reader.with_definitions(line), at) for line, at in lines]
    return Assembly(source, tuple(lines), values, initial, independent, notes=notes)


def _told(scout: _Reader) -> tuple[str, tuple[str, ...]]:
    """The independent variable where only primes are given: t, or x where that is no unknown and t does not occur."""
    if DEFAULT in scout.names or ALONE not in scout.names or ALONE in scout.unknowns:
        return DEFAULT, ()
    return ALONE, (f"the independent variable is {ALONE}, the one name that can be it",)


class _Reader:
    """Reads tokens to text of the grammar, and notes what is differentiated."""

    def __init__(self, source: Source, unknowns: frozenset[str] = frozenset(), independent: str = "t") -> None:
        self.source, self.known, self.independent = source, unknowns, independent
        self.unknowns: dict[str, None] = {}
        self.along: dict[str, None] = {}
        self.names: dict[str, None] = {}
        self.dotted = False
        self.defined: dict[str, str] = {}
        self.pieces: list[Piece] = []
        self.at = 0

    def equation(self, pieces: list[Piece]) -> tuple[str, str]:
        """Both sides as text."""
        self.pieces, self.at = pieces, 0
        left = self._inline() or self._sum()
        self._expect("=")
        right = self._sum()
        if self.at < len(self.pieces):
            raise self._error(f"unexpected {self._text()!r}")
        return left, right

    def with_definitions(self, line: str, done: tuple[str, ...] = ()) -> str:
        """A line with what its names are short for."""

        def put(found: re.Match[str]) -> str:
            name = found[0]
            if name in done:
                raise ParseError(f"{name} is defined by itself")
            return f"({self.with_definitions(self.defined[name], (*done, name))})"

        if not self.defined:
            return line
        return re.sub(rf"\b(?:{'|'.join(map(re.escape, self.defined))})\b(?!['(])", put, line)

    # -- tokens ----------------------------------------------------------------------------------

    def _text(self, ahead: int = 0) -> str:
        return self.pieces[self.at + ahead].text if self.at + ahead < len(self.pieces) else ""

    def _error(self, message: str, place: int | None = None, expected: tuple[str, ...] = ()) -> ParseError:
        end = self.pieces[-1].place + len(self.pieces[-1].text) if self.pieces else 0
        here = self.pieces[self.at].place if self.at < len(self.pieces) else end
        return self.source.error(message, here if place is None else place, expected)

    def _expect(self, text: str) -> None:
        if self._text() != text:
            raise self._error(
                f"unexpected {self._text()!r}" if self._text() else "the equation ends too early", None, (repr(text),)
            )
        self.at += 1

    # -- formulas --------------------------------------------------------------------------------

    def _sum(self) -> str:
        parts = []
        while True:
            signs = ""
            while self._text() in ("+", "-"):
                signs += self._text()
                self.at += 1
            if parts and not signs:
                break
            sign = "-" if signs.count("-") % 2 else ("+" if parts else "")
            parts.append(f"{sign} {self._product()}".strip())
            if self._text() not in ("+", "-"):
                break
        return " ".join(parts)

    def _product(self) -> str:
        text = self._factor()
        while True:
            if self._text() in ("*", "/"):
                sign = self._text()
                self.at += 1
                text += f"{sign}{'-' if self._skip_minus() else ''}{self._factor()}"
                if sign == "/" and self._begins_factor():
                    raise self._error("a/b c may be (a/b)c or a/(bc)", None, (r"\frac{a}{b} c",))
            elif self._begins_factor():
                text += f"*{self._factor()}"
            else:
                return text

    def _skip_minus(self) -> bool:
        minus = self._text() == "-"
        self.at += minus
        return minus

    def _begins_factor(self) -> bool:
        if self.at >= len(self.pieces):
            return False
        piece = self.pieces[self.at]
        return piece.kind in ("number", "letter", "command") or piece.text in ("(", "[", "{")

    def _factor(self) -> str:
        base, name = self._base()
        if name:
            base = self._applied(name)
        while self._text() in ("^", "'") and base:
            base = self._raised(base, name)
            name = ""
        return base

    def _raised(self, base: str, name: str) -> str:
        """Primes and a power."""
        primes = self._primes() if name else ""
        if primes:
            return self._differentiated(name, len(primes))
        self._expect("^")
        exponent = self._argument()
        order = re.fullmatch(r"\((\d+)\)", exponent)
        if name and order and int(order[1]) > 2:
            self.unknowns[name] = None
            return f"{name}^({order[1]})"
        if base == "e":
            return f"exp({exponent})"
        plain = exponent if re.fullmatch(r"\d+|[^\W\d]\w*", exponent) else f"({exponent})"
        return f"{base}^{plain}" if re.fullmatch(r"\w+'*|\(.*\)|\w+\([^()]*\)", base) else f"({base})^{plain}"

    def _primes(self) -> str:
        """Primes after a name, as x', x^{\\prime\\prime} or x^\\prime."""
        found = ""
        if self._text() == "^" and self._text(1) == "'":
            self.at += 1
        elif self._text() == "^" and self._text(1) == "{" and self._text(2) == "'":
            end = self.at + 2
            while end < len(self.pieces) and self.pieces[end].text == "'":
                end += 1
            if end < len(self.pieces) and self.pieces[end].text == "}":
                found, self.at = "'" * (end - self.at - 2), end + 1
                return found
        while self._text() == "'":
            found += "'"
            self.at += 1
        return found

    def _differentiated(self, name: str, order: int) -> str:
        self.unknowns[name] = None
        if self._text() == "(" and self._text(1) == self.independent and self._text(2) == ")":
            self.at += 3
        return name + "'" * order if order <= 3 else f"{name}^({order})"

    def _applied(self, name: str) -> str:
        """x(t) is x for an unknown, u(t) a function of time for another name; f(x) alone may be two things."""
        if self._text() != "(":
            return name
        argument, closed = self._text(1), self._text(2) == ")"
        if argument == self.independent and closed:
            self.at += 3
            return name if name in self.known or not self.known else f"{name}({argument})"
        letter = self.at + 1 < len(self.pieces) and self.pieces[self.at + 1].kind in ("letter", "command")
        if self.known and closed and letter:
            raise self._error(f"{name}({argument}) may be a function or a product", None,
                              (rf"{name} \cdot {argument}", rf"\operatorname{{{name}}}({argument})"))  # fmt: skip
        return name

    # -- parts -----------------------------------------------------------------------------------

    def _base(self) -> tuple[str, str]:
        """(text, name if it is one)."""
        if self.at >= len(self.pieces):
            raise self._error("the equation ends too early")
        piece = self.pieces[self.at]
        self.at += 1
        if piece.kind == "number":
            return piece.text, ""
        if piece.kind == "letter":
            name = self._subscripted(piece.text)
            return name, name
        if piece.text in ("(", "[", "{"):
            inner = self._sum()
            self._expect({"(": ")", "[": "]", "{": "}"}[piece.text])
            return f"({inner})", ""
        if piece.text == "|":
            inner = self._sum()
            self._expect("|")
            return f"abs({inner})", ""
        if piece.kind == "command":
            return self._command(piece.text[1:], piece.place)
        self.at -= 1
        raise self._error(f"unexpected {piece.text!r}")

    def _command(self, name: str, place: int) -> tuple[str, str]:
        if name in ACCENTS:
            return self._dotted(ACCENTS[name]), ""
        if name in ("frac", "dfrac", "tfrac"):
            return self._fraction(), ""
        if name == "sqrt":
            return self._root(), ""
        if name in MARKS:
            marked = self._subscripted(f"{self._marked()}_{name}")
            return marked, marked
        if name == "pi":
            return "pi", ""
        if name in REFUSED:
            raise self._error(f"\\{name} is not read: {REFUSED[name]}", place)
        if name in STYLES:
            word = self._word()
            called = CALLS.get(word)
            if called or (self._text() == "(" and name == "operatorname"):
                return self._call(called or word, place), ""
            whole = self._subscripted(word)
            return whole, whole
        if name in GREEK:
            whole = self._subscripted(name)
            return whole, whole
        if CALLS.get(name):
            return self._call(CALLS[name], place), ""
        raise self._error(f"\\{name} is not read", place)

    def _dotted(self, order: int) -> str:
        self.dotted = True
        return self._differentiated(self._subscripted(self._marked()), order)

    def _marked(self) -> str:
        """The name under a mark such as a bar."""
        if self._text() != "{":
            return self._name()
        self.at += 1
        name = self._name()
        self._expect("}")
        return name

    def _name(self) -> str:
        text, name = self._base()
        if not name:
            raise self._error(f"{text} is no name, and has no derivative")
        if self._text() == "(" and self._text(2) == ")":
            self.at += 3
        return name

    def _subscripted(self, name: str) -> str:
        """x_1, k_{on}, V_\\mathrm{max} and x^* as names."""
        while self._text() == "_" or (
            self._text() == "^" and (self._text(1) == "*" or (self._text(1) == "{" and self._text(2) == "*"))
        ):
            if self._text() == "^":
                self.at += 2 if self._text(1) == "*" else 4
                name += "_star"
                continue
            self.at += 1
            name += "_" + "".join(self._letters())
        self.names[name] = None
        return name

    def _letters(self) -> Iterator[str]:
        """The letters of a subscript, without braces, commas and styles."""
        depth = 0
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if piece.text in ("{", "}"):
                depth += 1 if piece.text == "{" else -1
            elif piece.text == "-":
                yield "m"
            elif piece.text == "+":
                yield "p"
            elif piece.text == ",":
                yield "_"
            elif piece.kind in ("letter", "number") or piece.text[1:] in GREEK:
                yield piece.text.lstrip("\\")
            elif piece.text[1:] not in STYLES:
                raise self._error(f"{piece.text} in a subscript is not read", piece.place)
            else:
                continue
            if depth == 0 and piece.text[1:] not in STYLES:
                return

    def _word(self) -> str:
        """The letters in braces after \\mathrm."""
        self._expect("{")
        word = ""
        while self._text() not in ("}", ""):
            word += "_" if self._text() in ("_", "-", "{") else self._text().lstrip("\\")
            self.at += 1
        self._expect("}")
        return word

    def _argument(self) -> str:
        """What stands in braces, or one token."""
        if self._text() == "{":
            self.at += 1
            inner = self._sum()
            self._expect("}")
            return inner
        if self._text() == "-":
            raise self._error("an exponent of more than one sign stands in braces", None, ("^{-1}",))
        piece = self.pieces[self.at] if self.at < len(self.pieces) else None
        if piece and piece.kind == "number" and len(piece.text) > 1 and "." not in piece.text:
            self.pieces[self.at : self.at + 1] = [
                Piece("number", piece.text[0], piece.place), Piece("number", piece.text[1:], piece.place + 1)
            ]  # fmt: skip
        return self._base()[0]

    def _root(self) -> str:
        degree = "2"
        if self._text() == "[":
            self.at += 1
            degree = self._sum()
            self._expect("]")
        inside = self._argument()
        return f"sqrt({inside})" if degree == "2" else f"({inside})^(1/({degree}))"

    def _call(self, name: str, place: int) -> str:
        power = base = ""
        if self._text() == "_":
            self.at += 1
            base = self._argument()
        if self._text() == "^":
            self.at += 1
            power = self._argument()
            if power.replace("(", "").replace(")", "").strip().startswith("-"):
                raise self._error(f"{name}^{{-1}} may be an inverse or a quotient", place, (rf"\arc{name}", rf"1/\{name}"))
        written = f"{name}({self._argument_of_call()})"
        written = f"({written}/log({base}))" if base else written
        return f"{written}^{power}" if power.isdigit() else (f"{written}^({power})" if power else written)

    def _argument_of_call(self) -> str:
        opened = self._text()
        if opened in ("(", "{", "["):
            self.at += 1
            parts = [self._sum()]
            while self._text() == ",":
                self.at += 1
                parts.append(self._sum())
            self._expect({"(": ")", "{": "}", "[": "]"}[opened])
            return ", ".join(parts)
        factors = [self._factor()]
        while self._begins_factor() and self._text() not in ("(", "[") and self._text()[1:] not in CALLS:
            factors.append(self._factor())
        return "*".join(factors)

    # -- derivatives as fractions ----------------------------------------------------------------

    def _fraction(self) -> str:
        begun = self.at
        found = self._derivative()
        if found:
            return found
        self.at = begun
        above = self._argument()
        below = self._argument()
        return f"(({above})/({below}))"

    def _derivative(self) -> str:
        """dx/dt, d^2 x/dt^2 and (d/dt) x, or '' where the fraction is none."""
        place = self.pieces[self.at].place if self.at < len(self.pieces) else 0
        if self._text() != "{" or not self._differential(1):
            return ""
        self.at += 1
        order = self._order_of_differential()
        name = "" if self._text() == "}" else self._name()
        if self._text() != "}":
            return ""
        self.at += 1
        if self._text() != "{" or not self._differential(1):
            return ""
        self.at += 1
        self._order_of_differential()
        if not self._is_name():
            return ""
        along = self._name()
        again = self._power_of_differential()
        if self._text() != "}":
            return ""
        self.at += 1
        if again != order:
            raise self._error("this derivative has two different orders", place)
        self.along[along] = None
        if not name:
            name = self._grouped_name()
        return self._differentiated(name, order)

    def _is_name(self) -> bool:
        piece = self.pieces[self.at] if self.at < len(self.pieces) else None
        return piece is not None and (piece.kind == "letter" or piece.text[1:] in (*GREEK, *STYLES))

    def _power_of_differential(self) -> int:
        if self._text() != "^":
            return 1
        self.at += 1
        text = self._argument()
        return int(text) if text.isdigit() else 0

    def _inline(self) -> str:
        """dx/dt and d^2x/dt^2 in one line, or ''."""
        begun = self.at
        if not self._differential(0):
            return ""
        order = self._order_of_differential()
        if self._is_name():
            name = self._name()
            if self._text() == "/" and self._differential(1):
                self.at += 1
                self._order_of_differential()
                if self._is_name():
                    along, again = self._name(), self._power_of_differential()
                    if again == order and self._text() in ("=", ""):
                        self.along[along] = None
                        return self._differentiated(name, order)
        self.at = begun
        return ""

    def _grouped_name(self) -> str:
        opened = self._text() in ("(", "{", "[")
        self.at += opened
        name = self._name()
        self.at += opened
        return name

    def _differential(self, ahead: int) -> bool:
        """True if d, \\mathrm{d} or {\\rm d} stands there."""
        return self._text(ahead) == "d" or (
            self._text(ahead) in (r"\mathrm", r"\text", r"\rm") and "d" in (self._text(ahead + 1), self._text(ahead + 2))
        )

    def _order_of_differential(self) -> int:
        self.at += 1
        if self._text(-1) != "d":
            if self._text() == "{":
                self._word()
            else:
                self.at += 1
        return self._power_of_differential()
