"""SymPy expression to text of the grammar, such that reading the text gives the expression again.

    read_expression(write(e), symbols=…) == e   for every e that SymPy's own constructors give.

A product kept apart by hand, such as the 2*(x + y) that factor() makes, comes back as 2*x + 2*y.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Derivative, Expr, Float, Integer, Integral, Mul, Pow, Rational, S, Subs, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.names import free_symbols_named
from liesym.errors import Unsupported
from liesym.text.functions import NAMES

# binding strength of what was written: a sum, a product, a power, something that needs no parentheses
SUM, PRODUCT, POWER, ATOM = range(4)


def write(expression: Expr) -> str:
    """The expression in the text grammar.

    Raises:
        Unsupported: it holds something that the grammar has no words for, which is named.
    """
    return Writer().write(expression)


def is_negative(term: Any) -> bool:
    """True if a minus sign in front of the term with the opposite sign gives the term again."""
    coefficient, rest = term.as_coeff_Mul()
    return bool(coefficient.is_negative) and not (isinstance(rest, Add))


def positive_first(terms: Sequence[Any]) -> list[Any]:
    """Terms of a sum, one without a minus sign in front where there is one: u - a*w reads better than -a*w + u."""
    first = next((i for i, term in enumerate(terms) if not is_negative(term)), 0)
    return [terms[first], *terms[:first], *terms[first + 1 :]]


class Writer:
    """How each kind of expression is written; a display changes names, orders and signs by methods of its own."""

    times, minus = "*", "-"

    def write(self, expression: Expr) -> str:
        """The expression as text."""
        return self._write(expression)[0]

    def name(self, name: str) -> str:
        """The name of a symbol or of a function."""
        return name

    def terms(self, e: Any) -> list[Any]:
        """The terms of a sum, in the order in which they are written."""
        return positive_first(e.as_ordered_terms())

    def factors(self, e: Any) -> Sequence[Any]:
        """The factors of a product, in the order in which they are written."""
        return e.as_ordered_factors() if isinstance(e, Mul) else (e,)

    def _write(self, e: Any) -> tuple[str, int]:
        if isinstance(e, Symbol):
            return self.name(e.name), POWER if "^" in e.name else ATOM
        if isinstance(e, (Rational, Float)):
            return self._number(e)
        if isinstance(e, Add):
            return self._sum(e), SUM
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Pow):
            return self._power(e)
        if e is S.Exp1:
            return "exp(1)", ATOM
        if e is S.Pi:
            return "pi", ATOM
        return self._call(e), ATOM

    def _number(self, e: Any) -> tuple[str, int]:
        text = str(e)
        if e.is_negative:
            return text.replace("-", self.minus), SUM
        return text, ATOM if isinstance(e, Integer) else PRODUCT

    def _sum(self, e: Any) -> str:
        text = ""
        for term in self.terms(e):
            negative = is_negative(term)
            body, strength = self._write(-term if negative else term)
            if strength == SUM:
                body = f"({body})"
            if not text:
                text = f"{self.minus}{body}" if negative else body
            else:
                text += f" {self.minus} {body}" if negative else f" + {body}"
        return text

    def _product(self, e: Any) -> tuple[str, int]:
        coefficient, rest = e.as_coeff_Mul()
        if coefficient.is_negative:
            body, strength = self._write(Mul(-coefficient, rest, evaluate=False) if coefficient != -1 else rest)
            return f"{self.minus}({body})" if strength == SUM else f"{self.minus}{body}", SUM
        above, below = self._coefficient(coefficient)
        for factor in self.factors(rest):
            base, exponent = factor.as_base_exp() if isinstance(factor, Pow) else (factor, S.One)
            if exponent.is_Rational and exponent.is_negative and base.func is not type(S.Exp1):
                below.append(self._within(Pow(base, -exponent, evaluate=False) if exponent != -1 else base, POWER))
            else:
                above.append(self._within(factor, POWER))
        text = self.times.join(above) or "1"
        if below:
            text += f"/{below[0]}" if len(below) == 1 else f"/({self.times.join(below)})"
        return text, PRODUCT

    def _coefficient(self, number: Any) -> tuple[list[str], list[str]]:
        """What a positive number in front of a product writes above and below the line."""
        return [] if number.p == 1 else [str(number.p)], [] if number.q == 1 else [str(number.q)]

    def _power(self, e: Any) -> tuple[str, int]:
        base, exponent = e.args
        if exponent == S.Half:
            return f"sqrt({self._write(base)[0]})", ATOM
        if exponent.is_Rational and exponent.is_negative:
            below = base if exponent == -1 else Pow(base, -exponent, evaluate=False)
            return f"1/{self._within(below, POWER)}", PRODUCT
        return f"{self._within(base, ATOM)}^{self._within(exponent, ATOM)}", POWER

    def _within(self, e: Any, needed: int) -> str:
        """The text of a part, in parentheses if it binds less than `needed`."""
        text, strength = self._write(e)
        return text if strength >= needed else f"({text})"

    def _call(self, e: Any) -> str:
        if isinstance(e, AppliedUndef):
            return f"{self.name(e.func.__name__)}({self._arguments(e.args)})"
        if isinstance(e, Derivative):
            return self._derivative(e)
        if isinstance(e, Subs):
            return self._subs(e)
        if isinstance(e, Integral):
            return self._integral(e)
        name = NAMES.get(e.func)
        if name is None:
            shown = "the imaginary unit" if e is S.ImaginaryUnit else f"{e.func.__name__} in {e}"
            raise Unsupported(f"{shown} has no form in the text grammar")
        return f"{name}({self._arguments(e.args)})"

    def _arguments(self, arguments: Sequence[Any]) -> str:
        return ", ".join(self._write(a)[0] for a in arguments)

    def _derivative(self, e: Any) -> str:
        (function, *_), counts = e.args, e.variable_count
        if isinstance(function, AppliedUndef) and len(function.args) == 1 and len(counts) == 1:
            variable, order = counts[0]
            if function.args[0] == variable and order <= 3:
                return f"{self.name(function.func.__name__)}{chr(39) * int(order)}({self._write(variable)[0]})"
        orders = ", ".join(self._write(v)[0] if n == 1 else f"{self._write(v)[0]}, {n}" for v, n in counts)
        return f"D({self._write(e.expr)[0]}, {orders})"

    def _subs(self, e: Any) -> str:
        body: Any
        body, variables, points = e.expr, e.variables, e.point
        if isinstance(body, Derivative) and isinstance(body.expr, AppliedUndef):
            counts: Any = body.variable_count
            if body.expr.args == tuple(variables) and len(counts) == 1 and counts[0][1] <= 3:
                primes = "'" * int(counts[0][1])
                return f"{self.name(body.expr.func.__name__)}{primes}({self._write(points[0])[0]})"
        taken = {s.name for s in e.expr.free_symbols | e.free_symbols if s not in variables}  # type: ignore[attr-defined]
        names = dict(zip(variables, free_symbols_named((v.name.lstrip("_") for v in variables), taken), strict=True))
        pairs = ", ".join(f"{names[v].name}, {self._write(p)[0]}" for v, p in zip(variables, points, strict=True))
        return f"at({self._write(body.xreplace(names))[0]}, {pairs})"

    def _integral(self, e: Any) -> str:
        text = self._write(e.function)[0]
        for limit in e.limits:
            if len(limit) == 2:
                raise Unsupported(f"an integral with one limit has no form in the text grammar: {e}")
            text = f"integral({text}, {self._arguments(limit)})"
        return text
