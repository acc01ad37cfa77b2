"""SymPy expressions into a ring: which kernels are made, with which relations and derivatives.

Each family of rules has a file: roots, exponentials (with logarithms), trigonometric, special, arbitrary. Here they are
joined, and the kernels are chosen beforehand so that every expression of a field is integral over them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import sympy as sp
from sympy import Expr, S
from sympy.core.function import AppliedUndef

from liesym.coefficients import arbitrary, exponentials, roots, special, trigonometric
from liesym.coefficients.arbitrary import ArbitraryFunctions
from liesym.coefficients.exponentials import Exponentials
from liesym.coefficients.kernels import Rule
from liesym.coefficients.lattice import lattice_basis
from liesym.coefficients.ring import Element, Ring
from liesym.coefficients.special import SpecialFunctions
from liesym.coefficients.trigonometric import Trigonometric
from liesym.errors import Unsupported

RULES: dict[type, Rule] = {
    **roots.RULES,
    **exponentials.RULES,
    **trigonometric.RULES,
    **special.RULES,
    **arbitrary.RULES,
}


class Converter(Exponentials, Trigonometric, SpecialFunctions, ArbitraryFunctions):
    """Memoised conversion of expressions into one field, and the book of its kernels."""

    def __init__(self, field: Ring) -> None:
        super().__init__(field)
        self.memo: dict[Expr, Element] = {}

    def seed(self, expressions: Iterable[Expr]) -> None:
        """Fix lattice bases and root degrees so that every expression is integral over the kernels.

        A scratch ring converts once and records every argument; its verdict is copied here.
        """
        expressions = [e for e in expressions if e.has(sp.Pow, sp.Function)]
        if not expressions:
            return
        book = Converter(Ring(self.field.variables, self.field.parameters))
        book.recording = True
        book.definitions = self.definitions
        for expression in expressions:
            book(expression)
        self.exp_basis = [dict(v) for v in lattice_basis(book.seen_exp, self._level)]
        self.trig_basis = [dict(v) for v in lattice_basis(book.seen_trig, self._level)]
        self.exp_slots = [None] * len(self.exp_basis)
        self.trig_slots = [None] * len(self.trig_basis)
        self.root_degrees = dict(book.root_degrees)

    def __call__(self, expr: Expr) -> Element:
        found = self.memo.get(expr)
        if found is None:
            found = self.memo[expr] = self._convert(expr)
        return found

    def _convert(self, expr: Expr) -> Element:
        field = self.field
        if expr.is_Symbol:
            slot = field.by_symbol.get(expr)  # type: ignore[call-overload]
            if slot is None:
                raise Unsupported(f"{expr} is neither a variable nor a parameter of this field")
            return field.of_slot(slot)
        if expr.is_Rational:
            return field.constant(Fraction(int(expr.p), int(expr.q)))  # type: ignore[attr-defined]
        if expr.is_Float:
            return self(sp.Rational(str(expr)))
        if expr.is_Add:
            return self._sum([self(a) for a in expr.args])  # type: ignore[arg-type]
        if expr.is_Mul:
            result = field.one
            for a in expr.args:
                result = result * self(a)  # type: ignore[arg-type]
            return result
        if expr.is_Pow:
            return self._power(expr.args[0], expr.args[1])  # type: ignore[arg-type]
        rule = RULES.get(expr.func)
        if rule is not None:
            return rule(self, expr)
        if isinstance(expr, AppliedUndef | sp.Derivative | sp.Subs):
            return self._arbitrary(expr)
        if isinstance(expr, sp.Function):
            return self._known_by_derivative(expr)
        raise Unsupported(f"{expr} ({type(expr).__name__}) has no rule in the coefficient field")

    def _power(self, base: Expr, exponent: Expr) -> Element:
        if exponent.is_Integer:
            return self(base) ** int(exponent)
        if exponent.is_Rational:
            return self.root(self(base), Fraction(int(exponent.p), int(exponent.q)))  # type: ignore[attr-defined]
        if base is S.Exp1:
            return self.exponential(self(exponent))
        return self.exponential(self(exponent) * self.logarithm(self(base)))
