"""The lines of an explanation as text, in LaTeX and in MathML."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from sympy import Add, Derivative, Expr, S, Symbol
from sympy.core.function import AppliedUndef

from liesym.symmetries.textbook.lines import Equality, Field, Line, Part, Sum
from liesym.symmetries.textbook.record import Stages
from liesym.text.display import Display, tidy
from liesym.text.latex import latex
from liesym.text.mathml import element, in_math
from liesym.text.shown import field_latex, field_mathml, field_text
from liesym.text.writer import is_negative


class Book(Display):
    """A display whose bare functions of one variable are differentiated with primes, and stand before variables: a''·y.

    Arguments:
        unknown: names of the functions that came up on the way, with or without their arguments.
    """

    def __init__(self, *given: Any, unknown: frozenset[str], **named: Any) -> None:
        super().__init__(*given, **named)
        self.unknown = unknown

    def _derivative(self, e: Any) -> str:
        if isinstance(e.expr, AppliedUndef) and e.expr.func.__name__ in self.bare and len(e.expr.args) == 1:
            n = int(e.variable_count[0][1])
            return self.name(e.expr.func.__name__) + ("'" * n if n <= 3 else f"^({n})")
        return super()._derivative(e)

    def _factor_place(self, part: Any) -> tuple[Any, ...]:
        inner = part.expr if isinstance(part, Derivative) else part
        if isinstance(inner, AppliedUndef) and inner.func.__name__ in self.unknown:
            return 0.5, 0, 0, inner.func.__name__
        return super()._factor_place(part)


class Writing(ABC):
    """What is the same for all ways of writing: a sum with its signs, an equality, a line."""

    plus, minus, sign, equals, fences = " + ", " - ", "-", " = ", ("(", ")")

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self.bare = _functions(stages)
        self.constants = _constants(stages)

    @abstractmethod
    def expression(self, e: Any, new: frozenset[str]) -> str:
        """An expression; functions are shown without their arguments, but for the new ones."""

    @abstractmethod
    def field(self, part: Field, new: frozenset[str]) -> str:
        """A vector field with its name."""

    @abstractmethod
    def words(self, text: str) -> str:
        """Words as they are."""

    @abstractmethod
    def formula(self, text: str) -> str:
        """A formula within a line."""

    @abstractmethod
    def line(self, line: Line, body: str) -> str:
        """A whole line."""

    def lines(self, given: Iterable[Line]) -> Iterator[str]:
        """All lines, written."""
        for line in given:
            written = [self._part(p, line.new) for p in line.parts]
            yield self.line(line, _joined(written))

    def _part(self, part: Part, new: frozenset[str]) -> str:
        if isinstance(part, str):
            return self.words(part)
        if isinstance(part, Field):
            return self.formula(self.field(part, new))
        return self.formula(self._formula(part, new))

    def _formula(self, part: Any, new: frozenset[str]) -> str:
        if isinstance(part, Equality):
            old = new - _names(part.left)
            return f"{self._formula(part.left, old & new)}{self.equals}{self._formula(part.right, new)}"
        return self._sum(part, new) if isinstance(part, Sum) else self.expression(part, new)

    def _sum(self, part: Sum, new: frozenset[str]) -> str:
        text = ""
        for coefficient, monomial in part.terms:
            negative, body = self._term(coefficient, monomial, new, part.whole)
            text += (self.minus if text else self.sign) if negative else (self.plus if text else "")
            text += body
        return text or self.expression(S.Zero, new)

    def _term(self, given: Expr | Sum, monomial: Expr, new: frozenset[str], whole: bool) -> tuple[bool, str]:
        """(True for a minus sign in front, the product without it)."""
        if isinstance(given, Sum):
            if len(given.terms) > 1:
                inner = self._sum(given, new)
                return False, inner if monomial == 1 else self.product(
                    inner.join(self.fences), self.expression(monomial, new)
                )
            ((factor, carrier),) = given.terms
            negative, body = self._term(factor, carrier, new, whole)
            return negative, body if monomial == 1 else self.product(body, self.expression(monomial, new))
        size = tidy(given)
        negative = all(map(is_negative, Add.make_args(size)))
        size = -size if negative else size
        if monomial == 1 or size == 1:
            return negative, self.expression(size if monomial == 1 else monomial, new)
        if not isinstance(size, Add) and whole:
            return negative, self.expression(size * monomial, new)
        first, second = self.expression(size, new), self.expression(monomial, new)
        pair = first.join(self.fences) if isinstance(size, Add) else first, second
        return negative, self.product(*(reversed(pair) if whole else pair))

    def product(self, left: str, right: str) -> str:
        """Two factors beside each other."""
        return f"{left} {right}"


def _functions(stages: Stages) -> frozenset[str]:
    """The functions that are looked for, and those that came up on the way."""
    own = {str(f.func) for f in stages.system.functions}
    expressions = [e for s in stages.steps for e in (*s.infinitesimals, *s.remaining, *s.equations)]
    expressions += [s.value for s in stages.steps if s.value is not None]
    found = {f.func.__name__ for e in expressions for f in e.atoms(AppliedUndef)} - own
    named = {d.name for d in stages.result.definitions}
    return frozenset(found | {u.name for u in stages.unknowns}) - named


def _constants(stages: Stages) -> tuple[Symbol, ...]:
    """The constants that came up on the way, in the order of their numbers."""
    expressions = [*stages.solution, *(e for s in stages.steps for e in (*s.infinitesimals, *s.remaining, *s.equations))]
    known = {*stages.system.variables, *stages.system.parameter_symbols}
    found = {c for e in expressions for c in e.free_symbols if isinstance(c, Symbol)} - known
    return tuple(sorted(found, key=lambda c: (len(c.name), c.name)))


def _names(e: Any) -> frozenset[str]:
    return frozenset(f.func.__name__ for f in e.atoms(AppliedUndef)) if isinstance(e, Expr) else frozenset()


def _joined(parts: Iterable[str]) -> str:
    """With spaces between, but none before a comma, a colon or a semicolon."""
    text = ""
    for part in parts:
        text += part if not text or part.startswith((",", ":", ";", "   ")) else f" {part}"
    return text


class AsText(Writing):
    """For a terminal, in symbols where it has them."""

    def __init__(self, stages: Stages, *, unicode: bool | None = None) -> None:
        super().__init__(stages)
        self.unicode = stages.system.display.unicode if unicode is None else unicode
        by = self._by(frozenset())
        self.minus, self.sign = f" {by.minus} ", by.minus

    def _by(self, new: frozenset[str]) -> Book:
        system, constants = self.stages.system, self.constants
        parameters = (*constants, *system.parameter_symbols)
        own = {u.name for u in self.stages.unknowns}
        return Book(system.variables, parameters, unicode=self.unicode, bare=self.bare - new, unknown=self.bare - own)

    def expression(self, e: Any, new: frozenset[str]) -> str:
        by = self._by(new)
        return by.write(tidy(e, by))

    def product(self, left: str, right: str) -> str:
        return left + self._by(frozenset()).times + right

    def field(self, part: Field, new: frozenset[str]) -> str:
        return f"{part.name} = {field_text(part.generator.variables, part.generator.components, self._by(new))}"

    def words(self, text: str) -> str:
        if self.unicode:
            return text
        for symbol, name in (("ξ", "xi"), ("η", "eta"), ("−", "-"), ("≠", "!=")):
            text = text.replace(symbol, name)
        return text

    def formula(self, text: str) -> str:
        return text

    def line(self, line: Line, body: str) -> str:
        return body if not line.depth else "  " * line.depth + body


def marked(e: Any, bare: frozenset[str]) -> Any:
    """Functions without arguments as symbols, their derivatives as indices (ξ_ty) or, of one variable, as primes (a'')."""
    found: dict[Any, Symbol] = {}
    for node in e.atoms(Derivative):
        if isinstance(node.expr, AppliedUndef) and node.expr.func.__name__ in bare:
            found[node] = Symbol(_marked_name(node))
    rest = e.xreplace(found) if found else e
    plain = {f: Symbol(_upper(f.func.__name__)) for f in rest.atoms(AppliedUndef) if f.func.__name__ in bare}
    return rest.xreplace(plain) if plain else rest


def _marked_name(node: Any) -> str:
    name, counts = _upper(node.expr.func.__name__), node.variable_count
    if len(node.expr.args) == 1:
        n = int(counts[0][1])
        return name + ("'" * n if n <= 3 else f"^({n})")
    return "_".join([name, *(v.name for v, n in counts for _ in range(int(n)))])


def _upper(name: str) -> str:
    """eta_x as eta^x: an index below is a derivative."""
    head, _, rest = name.partition("_")
    return f"{head}^{rest}" if head == "eta" and rest else name


class AsLatex(Writing):
    """Paragraphs for a document, formulas between dollars."""

    fences = (r"\left(", r"\right)")

    def expression(self, e: Any, new: frozenset[str]) -> str:
        return latex(marked(tidy(e), self.bare - new))

    def product(self, left: str, right: str) -> str:
        return rf"{left} \, {right}"

    def field(self, part: Field, new: frozenset[str]) -> str:
        g, bare = part.generator, self.bare - new
        components = [marked(c, bare) for c in g.components]
        return f"{latex(_numbered(part.name))} = {field_latex(g.variables, components)}"

    def words(self, text: str) -> str:
        special = {
            "ξ": r"$\xi$",
            "η": r"$\eta$",
            "−": "$-$",
            "≠": r"$\neq$",
            "_": r"\_",
            "^": r"\^{}",
            "&": r"\&",
            "%": r"\%",
        }
        return "".join(special.get(letter, letter) for letter in text)

    def formula(self, text: str) -> str:
        return f"${text}$"

    def line(self, line: Line, body: str) -> str:
        if not line.depth:
            return rf"\par\medskip\noindent\textbf{{{body}}}"
        return rf"\par\noindent\hspace*{{{line.depth - 1}em}}{body}"


class AsMathml(Writing):
    """Paragraphs for a page, formulas in MathML."""

    plus, minus, sign, equals = "<mo>+</mo>", "<mo>−</mo>", "<mo>−</mo>", "<mo>=</mo>"
    fences = ("<mo>(</mo>", "<mo>)</mo>")

    def expression(self, e: Any, new: frozenset[str]) -> str:
        return f"<mrow>{element(marked(tidy(e), self.bare - new))}</mrow>"

    def product(self, left: str, right: str) -> str:
        return f"{left}<mspace width='0.2em'/>{right}"

    def field(self, part: Field, new: frozenset[str]) -> str:
        g, bare = part.generator, self.bare - new
        components = [marked(c, bare) for c in g.components]
        body = field_mathml(g.variables, components)
        inner = body[body.index(">") + 1 : body.rindex("<")]
        return f"{element(_numbered(part.name))}<mo>=</mo>{inner}"

    def words(self, text: str) -> str:
        return escape(text)

    def formula(self, text: str) -> str:
        return in_math(f"<mrow>{text}</mrow>")

    def line(self, line: Line, body: str) -> str:
        if not line.depth:
            return f"<h2>{body}</h2>"
        return f'<p style="margin-left: {1.5 * (line.depth - 1):g}rem">{body}</p>'


def _numbered(name: str) -> Symbol:
    """X1 as X with an index."""
    return Symbol(f"{name[0]}_{name[1:]}" if len(name) > 1 else name)
