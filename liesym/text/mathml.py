"""SymPy expression to presentation MathML, which browsers show without any script."""

from __future__ import annotations

import re
from typing import Any

from sympy import Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import MathMLPresentationPrinter

_JET = re.compile(r"(?P<name>.+?)(?P<mark>'+|\^\(\d+\))")


class _Printer(MathMLPresentationPrinter):
    """SymPy's printer, with jets as primes and derivatives of arbitrary functions of one variable too."""

    dom: Any

    def _print(self, expr: Any, **kwargs: Any) -> Any:
        return super()._print(expr, **kwargs)

    def _print_Symbol(self, sym: Symbol, style: str = "plain") -> Any:
        found = _JET.fullmatch(sym.name)
        if not found:
            return super()._print_Symbol(sym, style)
        mark = found["mark"]
        return self._raised(
            super()._print_Symbol(Symbol(found["name"]), style),
            "′" * len(mark) if mark[0] == "'" else mark[1:],
        )

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
        if isinstance(e.base, Symbol) and _JET.fullmatch(e.base.name) and e.exp.is_Integer and e.exp > 0:
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
        row.appendChild(self._raised(name, "′" * order if order <= 3 else f"({order})"))
        for part in (self._operator("("), self._print(argument), self._operator(")")):
            row.appendChild(part)
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
    return _Printer({"mul_symbol": None})._print(expression).toxml()


def in_math(body: str) -> str:
    """A `<math>` element around MathML."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{body}</math>'


def mathml(expression: Any) -> str:
    """A `<math>` element for an expression or an equation."""
    return in_math(element(expression))
