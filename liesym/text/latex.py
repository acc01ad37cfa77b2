"""SymPy expression to LaTeX, with primes for derivatives along solutions and of arbitrary functions."""

from __future__ import annotations

import re
from typing import Any

from sympy import Derivative, Expr, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from liesym.text.writer import positive_first

_JET = re.compile(r"(?P<name>.+?)(?P<mark>'+|\^\(\d+\))")


class _Printer(LatexPrinter):
    """SymPy's printer, which would take the primes of y'' for a part of the name."""

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        return positive_first(super()._as_ordered_terms(expr, order))

    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        found = _JET.fullmatch(expr.name)
        if not found:
            return super()._print_Symbol(expr, style)
        name = super()._print_Symbol(Symbol(found["name"]), style)
        mark = found["mark"]
        upper = mark.replace("'", r"\prime ").strip() if mark[0] == "'" else mark[1:]
        if "^" in name:
            name = f"{{{name}}}"
        return f"{name}^{{{upper}}}"

    def _print_Pow(self, expr: Any) -> str:
        base = expr.base
        primed = isinstance(base, Symbol) and _JET.fullmatch(base.name)
        if primed and expr.exp.is_Integer and expr.exp.is_positive:
            return rf"\left({self._print(base)}\right)^{{{self._print(expr.exp)}}}"
        return super()._print_Pow(expr)

    def _print_Derivative(self, expr: Any) -> str:
        inner: Any = expr.expr
        counts: Any = expr.variable_count
        if isinstance(inner, AppliedUndef) and len(inner.args) == len(counts) == 1:
            variable, order = counts[0]
            if inner.args == (variable,):
                return self._primed(inner, order, variable)
        return super()._print_Derivative(expr)

    def _print_Subs(self, expr: Any) -> str:
        body: Any = expr.expr
        simple = isinstance(body, Derivative) and isinstance(body.expr, AppliedUndef)
        if simple and body.expr.args == tuple(expr.variables) and len(body.variable_count) == 1:
            count: Any = body.variable_count[0]
            return self._primed(body.expr, count[1], expr.point[0])
        return super()._print_Subs(expr)

    def _primed(self, function: Any, order: Any, argument: Expr) -> str:
        n = int(order)
        mark = r"\prime " * n if n <= 3 else f"({n})"
        name = self._print(Symbol(function.func.__name__))
        return rf"{name}^{{{mark.strip()}}}\left({self._print(argument)}\right)"


def latex(expression: Any) -> str:
    """LaTeX of an expression, without delimiters: theta1 as ``\\theta_{1}``, y^(4) as ``y^{(4)}``."""
    return _Printer().doprint(expression)
