"""SymPy expression to presentation MathML, which browsers show without any script.

Most machines have no font for mathematics, so nothing here needs one: primes stand as the letters that they are,
parentheses grow around fractions and roots alone, a minus sign is one, and a function keeps off the factor before it.
"""

from __future__ import annotations

import re
from typing import Any

from sympy import Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import MathMLPresentationPrinter

from liesym.text.writer import positive_first

_HIGH = ("mfrac", "msqrt", "mroot", "munderover", "msubsup", "mtable")
"""Elements that are higher than a line."""
_PLAIN = {
    "<mo>-</mo>": "<mo>−</mo>",
    "<mo>&dd;</mo>": "<mi mathvariant='normal'>d</mi>",
    "<mi>&ExponentialE;</mi>": "<mi>e</mi>",
}
"""What SymPy writes -> what every font has."""
_NEGATIVE = re.compile(r"<mn>-([^<]*)</mn>")
_BEFORE_FUNCTION = re.compile(r"(?<=<mo>&InvisibleTimes;</mo>)(?=(?:<mrow>)*<mi>[a-z]{2,}</mi>)")
_JET = re.compile(r"(?P<name>.+?)(?P<mark>'+|\^\(\d+\))")


class _Printer(MathMLPresentationPrinter):
    """SymPy's printer, with jets as primes and derivatives of arbitrary functions of one variable too."""

    dom: Any

    def _print(self, expr: Any, **kwargs: Any) -> Any:
        return super()._print(expr, **kwargs)

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        return positive_first(super()._as_ordered_terms(expr, order))

    def _print_Symbol(self, sym: Symbol, style: str = "plain") -> Any:
        found = _JET.fullmatch(sym.name)
        if not found:
            return super()._print_Symbol(sym, style)
        mark = found["mark"]
        base = super()._print_Symbol(Symbol(found["name"]), style)
        return self._dashed(base, len(mark)) if mark[0] == "'" else self._raised(base, mark[1:])

    def _print_Function(self, e: Any) -> Any:
        """An unknown function by its symbol: ξ(t, y) for xi(t, y)."""
        if not isinstance(e, AppliedUndef):
            return super()._print_Function(e)
        row = self.dom.createElement("mrow")
        row.appendChild(self._print(Symbol(e.func.__name__)))
        row.appendChild(self._operator("("))
        for k, argument in enumerate(e.args):
            if k:
                row.appendChild(self._operator(","))
            row.appendChild(self._print(argument))
        row.appendChild(self._operator(")"))
        return row

    def _print_Pow(self, e: Any) -> Any:
        if isinstance(e.base, Symbol) and "^(" in e.base.name and e.exp.is_Integer and e.exp > 0:
            fenced = self.dom.createElement("mrow")
            for part in (self._operator("("), self._print(e.base), self._operator(")")):
                fenced.appendChild(part)
            power = self.dom.createElement("msup")
            power.appendChild(fenced)
            power.appendChild(self._print(e.exp))
            return power
        return super()._print_Pow(e)

    def _print_Derivative(self, expr: Any) -> Any:
        inner, counts = expr.expr, expr.variable_count
        if isinstance(inner, AppliedUndef) and len(counts) == 1 and inner.args == (counts[0][0],):
            return self._primed(inner, int(counts[0][1]), counts[0][0])
        return self._quotient(inner, counts)

    def _quotient(self, inner: Any, counts: Any) -> Any:
        """∂²f/∂t∂y, the orders above the variables: SymPy writes ∂²/∂²t."""
        above, below = self.dom.createElement("mrow"), self.dom.createElement("mrow")
        total = sum(int(n) for _, n in counts)
        above.appendChild(self._operator("∂") if total == 1 else self._raised(self._operator("∂"), str(total)))
        above.appendChild(self._print(inner))
        for variable, n in counts:
            below.appendChild(self._operator("∂"))
            printed = self._print(variable)
            below.appendChild(printed if n == 1 else self._raised(printed, str(n)))
        fraction = self.dom.createElement("mfrac")
        fraction.appendChild(above)
        fraction.appendChild(below)
        return fraction

    def _print_Subs(self, expr: Any) -> Any:
        body: Any = expr.expr
        counts = getattr(body, "variable_count", ())
        inner = getattr(body, "expr", None)
        if isinstance(inner, AppliedUndef) and len(counts) == 1 and inner.args == tuple(expr.variables):
            return self._primed(inner, int(counts[0][1]), expr.point[0])
        row = self.dom.createElement("mrow")
        for part in (self._print(body), self._operator("|"), self._print(expr.variables[0])):
            row.appendChild(part)
        row.appendChild(self._operator("="))
        row.appendChild(self._print(expr.point[0]))
        return row

    def _primed(self, function: Any, order: int, argument: Any) -> Any:
        name = self._print(Symbol(function.func.__name__))
        row = self.dom.createElement("mrow")
        row.appendChild(self._dashed(name, order) if order <= 3 else self._raised(name, f"({order})"))
        for part in (self._operator("("), self._print(argument), self._operator(")")):
            row.appendChild(part)
        return row

    def _dashed(self, base: Any, order: int) -> Any:
        row, mark = self.dom.createElement("mrow"), self._operator("′" * order)
        for side in ("lspace", "rspace"):
            mark.setAttribute(side, "0")
        row.appendChild(base)
        row.appendChild(mark)
        return row

    def _raised(self, base: Any, mark: str) -> Any:
        power = self.dom.createElement("msup")
        power.appendChild(base)
        power.appendChild(self._operator(mark))
        return power

    def _operator(self, text: str) -> Any:
        node = self.dom.createElement("mo")
        node.appendChild(self.dom.createTextNode(text))
        return node


def element(expression: Any) -> str:
    """The MathML of an expression or an equation, to stand inside a `<math>` element."""
    tree = _Printer({"mul_symbol": None})._print(expression)
    for row in [tree, *tree.getElementsByTagName("mrow")]:
        _set_fences(row)
    text = tree.toxml()
    for theirs, ours in _PLAIN.items():
        text = text.replace(theirs, ours)
    text = _NEGATIVE.sub(r"<mrow><mo>−</mo><mn>\1</mn></mrow>", text)
    return _BEFORE_FUNCTION.sub(r"<mspace width='0.17em'/>\g<0>", text)


def _set_fences(row: Any) -> None:
    """Parentheses keep their size around what has the height of a line."""
    parts = [node for node in row.childNodes if node.nodeName == "mo"]
    fences = [node for node in parts if node.firstChild is not None and node.firstChild.nodeValue in ("(", ")")]
    if fences and not any(row.getElementsByTagName(tag) for tag in _HIGH):
        for node in fences:
            node.setAttribute("stretchy", "false")


def fenced(body: str) -> str:
    """MathML in parentheses, which keep their size around what has the height of a line."""
    size = "" if any(f"<{tag}" in body for tag in _HIGH) else ' stretchy="false"'
    return f"<mrow><mo{size}>(</mo>{body}<mo{size}>)</mo></mrow>"


def in_math(body: str) -> str:
    """A `<math>` element around MathML."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{body}</math>'


def mathml(expression: Any) -> str:
    """A `<math>` element for an expression or an equation."""
    return in_math(element(expression))
