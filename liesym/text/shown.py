"""Vector fields in ∂ notation, and what a value of ours shows of itself at a prompt, in a notebook and in SymPy's LaTeX.

y ∂x − x ∂y,      exp(t) (∂t + 2·x ∂x),      0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Mul, S, Symbol

from liesym.text.display import Display, same, tidy
from liesym.text.latex import latex
from liesym.text.mathml import element, fenced, in_math
from liesym.text.writer import is_negative

Pairs = list[tuple[Expr, Expr]]
"""(component, variable) of a vector field, zeros left out."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How the parts of a vector field are written.

    Arguments:
        write: an expression.
        unit: ∂_v for a variable v.
        space: between a component and its unit.
        minus, plus: signs between terms.
        sign: in front of the first term.
        fenced: a sum in parentheses.
    """

    write: Callable[[Any], str]
    unit: Callable[[Any], str]
    space: str
    minus: str
    plus: str
    sign: str
    fenced: Callable[[str], str] = "({})".format

    def bracketed(self, e: Any) -> str:
        """A component, in parentheses where it is a sum."""
        return self.fenced(self.write(e)) if isinstance(e, Add) else self.write(e)


def field_text(variables: Sequence[Symbol], components: Sequence[Expr], writer: Display | None = None) -> str:
    """A vector field as a person writes it.

    Arguments:
        variables: coordinates.
        components: one for each.
        writer: how expressions are shown; symbols where the standard output has them.
    """
    by = writer or Display(variables)
    mark = "∂" if by.unicode else "d/d"
    signs = (f" {by.minus} ", " + ", by.minus)
    return _assembled(variables, components, Notation(by.write, lambda v: f"{mark}{by.name(v.name)}", " ", *signs))


def field_latex(variables: Sequence[Symbol], components: Sequence[Expr]) -> str:
    """The same in LaTeX, without delimiters."""
    notation = Notation(latex, lambda v: rf"\partial_{{{latex(v)}}}", r"\,", " - ", " + ", "-", r"\left({}\right)".format)
    return _assembled(variables, components, notation)


def field_mathml(variables: Sequence[Symbol], components: Sequence[Expr]) -> str:
    """The same as a `<math>` element."""

    def unit(v: Any) -> str:
        return f"<msub><mo>∂</mo>{element(v)}</msub>"

    minus = "<mo>−</mo>"
    notation = Notation(element, unit, "<mspace width='0.2em'/>", minus, "<mo>+</mo>", minus, fenced)
    return in_math(_assembled(variables, components, notation))


def _assembled(variables: Sequence[Symbol], components: Sequence[Expr], by: Notation) -> str:
    order = Display(variables, unicode=True)
    front, parts = _common([(tidy(c, order), v) for v, c in zip(variables, components, strict=True) if c != 0])
    if not parts:
        return by.write(S.Zero)
    if _negative(parts[0][0]):  # x ∂y − y ∂x reads better than −y ∂x + x ∂y
        first = next((i for i, (c, _) in enumerate(parts) if not _negative(c)), 0)
        parts = [parts[first], *parts[:first], *parts[first + 1 :]]
    text = ""
    for component, variable in parts:
        negative = _negative(component)
        size = -component if negative else component
        term = by.unit(variable) if size == 1 else by.bracketed(size) + by.space + by.unit(variable)
        text += (by.minus if text else by.sign) if negative else (by.plus if text else "")
        text += term
    return text if front is None else by.bracketed(front) + by.space + by.fenced(text)


def _negative(e: Any) -> bool:
    """True if it reads better with a minus sign in front; a sum if all its terms do."""
    return all(map(is_negative, e.args)) if isinstance(e, Add) else is_negative(e)


def _common(parts: Pairs) -> tuple[Expr | None, Pairs]:
    """A factor other than a power of a variable that all components share, and the rest; None without one."""
    if len(parts) < 2:
        return None, parts
    shared = [f for f in Mul.make_args(parts[0][0]) if not f.is_Number and not f.as_base_exp()[0].is_Symbol]
    shared = [f for f in shared if all(f in Mul.make_args(c) for c, _ in parts)]
    if not shared:
        return None, parts
    front = Mul(*shared)
    rest = [(Mul(*(f for f in Mul.make_args(c) if f not in shared)), v) for c, v in parts]
    if not all(same(front * r, c) for (r, _), (c, _) in zip(rest, parts, strict=True)):
        return None, parts
    return front, rest


class Shown:
    """What is the same for every value that shows itself: a class gives `__str__` and `to_latex` alone."""

    __slots__ = ()

    def to_latex(self) -> str:
        """LaTeX without delimiters."""
        return rf"\text{{{self}}}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("…" if cycle else str(self))

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"

    def _latex(self, printer: object) -> str:
        return self.to_latex()


def where(on: Sequence[Expr], by: Display) -> str:
    """The inequalities on which a statement holds, behind it; nothing where that is everywhere."""
    return f"   where {', '.join(f'{by.write(e)} > 0' for e in on)}" if on else ""


def where_latex(on: Sequence[Expr]) -> str:
    """The same in LaTeX."""
    return rf"\quad \text{{where }} {', '.join(f'{latex(e)} > 0' for e in on)}" if on else ""


def equations_latex(given: Sequence[tuple[Any, Any, Sequence[Expr]]]) -> str:
    """Equations, one a line, as an aligned block: left side, right side, and what is positive where they hold."""
    lines = [f"{latex(left)} &= {latex(right)}{where_latex(on)}" for left, right, on in given]
    if len(lines) == 1:
        return lines[0].replace("&", "")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"
