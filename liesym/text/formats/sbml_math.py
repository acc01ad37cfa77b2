"""MathML of SBML, as libSBML's trees, to SymPy expressions.

Source: Hucka et al. 2019, section 3.4, the subset of MathML 2.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import Any

from sympy import And, Expr, Integer, Not, Or, Piecewise, Rational, S, Symbol, false, true

from liesym.errors import Unsupported
from liesym.text import arithmetic
from liesym.text.decimals import decimal, decimal_of
from liesym.text.functions import FUNCTIONS
from liesym.text.pieces import larger, smaller, without_pieces

_JUMPS = ("FUNCTION_FLOOR", "FUNCTION_CEILING", "FUNCTION_QUOTIENT", "FUNCTION_REM")
_ORDER = {"RELATIONAL_GT": gt, "RELATIONAL_GEQ": ge, "RELATIONAL_LT": lt, "RELATIONAL_LEQ": le}
_FOLDED = {"PLUS": arithmetic.total, "TIMES": arithmetic.product}
_NAMES = {"FUNCTION_LN": "log", "FUNCTION_ABS": "abs", "FUNCTION_EXP": "exp"} | {
    f"FUNCTION_{arc}{name}": f"{'a' if arc else ''}{name.lower()}"
    for arc in ("", "ARC")
    for name in ("SIN", "COS", "TAN", "COT", "SEC", "CSC", "SINH", "COSH", "TANH", "COTH", "SECH", "CSCH")
}
"""Kind of a node -> the function of the text grammar that it is."""


@dataclass(frozen=True, slots=True)
class MathReader:
    """Builds expressions from trees of libSBML.

    Arguments:
        library: libSBML.
        meaning: what a name stands for; it raises where it stands for nothing.
        rate: what the rate of change of a name is.
        functions: name of a function definition -> its tree.
        time: the independent variable.
        where: the element that the mathematics stands in, for messages.
        bound: names that the call of a function definition binds.
    """

    library: Any
    meaning: Callable[[str], Expr]
    rate: Callable[[str], Expr]
    functions: Mapping[str, Any] = field(hash=False)
    time: Symbol
    where: str
    bound: Mapping[str, Expr] = field(default_factory=dict, hash=False)

    def read(self, node: Any) -> Expr:
        """The expression of a whole tree.

        Raises:
            Unsupported: it holds a construct that no analytic right side has, or is no real number.
        """
        try:
            return self.expression(node)
        except (arithmetic.NumberTooLarge, arithmetic.NotReal) as error:
            raise self._error(str(error)) from None

    def expression(self, node: Any) -> Expr:
        """The expression of a node."""
        kind = self._kind(node)
        if kind in _FOLDED:
            return _FOLDED[kind](self._children(node))
        if kind in _NAMES:
            return arithmetic.call(FUNCTIONS[_NAMES[kind]][0], self._children(node))
        rule = getattr(self, f"_{kind.lower()}", None)
        if rule is not None:
            return rule(node)
        shown = self.library.formulaToL3String(node) or kind.lower()
        if kind in _JUMPS:
            raise self._error(f"{shown} jumps at infinitely many places; write an equation for each piece")
        if kind.startswith(("RELATIONAL", "LOGICAL", "CONSTANT_TRUE", "CONSTANT_FALSE")):
            raise self._error(f"the condition {shown} stands where a number is expected; write piecewise(1, {shown}, 0)")
        raise self._error(f"{shown} is not read")

    # -- numbers and names -----------------------------------------------------------------------

    def _integer(self, node: Any) -> Expr:
        return Integer(node.getInteger())

    def _rational(self, node: Any) -> Expr:
        return Rational(node.getNumerator(), node.getDenominator())

    def _real(self, node: Any) -> Expr:
        return self._finite(node.getReal())

    def _finite(self, value: float) -> Expr:
        if value != value or abs(value) == float("inf"):
            raise self._error(f"the number {value} is not finite")
        return decimal_of(value)

    def _real_e(self, node: Any) -> Expr:
        return self._finite(float(f"{node.getMantissa()!r}e{node.getExponent()}"))

    def _name(self, node: Any) -> Expr:
        name = node.getName()
        return self.bound[name] if name in self.bound else self.meaning(name)

    def _name_time(self, node: Any) -> Expr:
        return self.time

    def _name_avogadro(self, node: Any) -> Expr:
        return decimal("6.02214179e23")

    def _constant_e(self, node: Any) -> Expr:
        return S.Exp1

    def _constant_pi(self, node: Any) -> Expr:
        return S.Pi

    # -- arithmetic ------------------------------------------------------------------------------

    def _minus(self, node: Any) -> Expr:
        first, *rest = self._children(node)
        return arithmetic.total((first, *(-e for e in rest))) if rest else -first

    def _divide(self, node: Any) -> Expr:
        above, below = self._children(node)
        return arithmetic.product((above, arithmetic.power(below, S.NegativeOne)))

    def _power(self, node: Any) -> Expr:
        base, exponent = self._children(node)
        return arithmetic.power(base, exponent)

    _function_power = _power

    def _function_root(self, node: Any) -> Expr:
        *degree, base = self._children(node)
        return arithmetic.power(base, arithmetic.power(degree[0] if degree else Integer(2), S.NegativeOne))

    def _function_log(self, node: Any) -> Expr:
        *base, argument = (arithmetic.call(FUNCTIONS["log"][0], [e]) for e in self._children(node))
        below = base[0] if base else arithmetic.call(FUNCTIONS["log"][0], [Integer(10)])
        return arithmetic.product((argument, arithmetic.power(below, S.NegativeOne)))

    def _function_factorial(self, node: Any) -> Expr:
        (argument,) = self._children(node)
        return arithmetic.call(FUNCTIONS["gammafunction"][0], [argument + 1])

    def _function_max(self, node: Any) -> Expr:
        return larger(*self._children(node))

    def _function_min(self, node: Any) -> Expr:
        return smaller(*self._children(node))

    # -- calls -----------------------------------------------------------------------------------

    def _function(self, node: Any) -> Expr:
        name, given = node.getName(), self._children(node)
        if name not in self.functions:
            raise self._error(f"the function {name} has no definition")
        body = self.functions[name]
        names = [body.getChild(i).getName() for i in range(body.getNumChildren() - 1)]
        if len(names) != len(given):
            raise self._error(f"the function {name} takes {len(names)} arguments, not {len(given)}")
        later = {f: tree for f, tree in self.functions.items() if f != name}  # a definition that calls itself has no end
        inner = replace(
            self, functions=later, where=f"{self.where}, function {name}", bound=dict(zip(names, given, strict=True))
        )
        return inner.expression(body.getChild(body.getNumChildren() - 1))

    def _function_rate_of(self, node: Any) -> Expr:
        return self.rate(node.getChild(0).getName())

    def _function_delay(self, node: Any) -> Expr:
        shown = self.library.formulaToL3String(node)
        raise self._error(f"{shown} is a delay, and equations with a delay are no ordinary differential equations")

    # -- pieces ----------------------------------------------------------------------------------

    def _function_piecewise(self, node: Any) -> Expr:
        parts = [node.getChild(i) for i in range(node.getNumChildren())]
        pieces = [
            (self.expression(value), self.condition(holds)) for value, holds in zip(parts[::2], parts[1::2], strict=False)
        ]
        if len(parts) % 2:
            pieces.append((self.expression(parts[-1]), true))
        pieces = [(value, holds) for value, holds in pieces if holds != False]  # noqa: E712  # a condition of SymPy
        last = next((i for i, (_, holds) in enumerate(pieces) if holds == True), len(pieces))  # noqa: E712
        pieces = pieces[: last + 1]
        try:
            return without_pieces(Piecewise(*pieces, evaluate=False))
        except Unsupported as error:
            raise self._error(str(error)) from None

    def condition(self, node: Any) -> Any:
        """The condition of a node, as SymPy writes it."""
        kind = self._kind(node)
        if kind in _ORDER:
            sides = self._children(node)
            return And(*(_ORDER[kind](a, b) for a, b in pairwise(sides)))
        if kind in ("CONSTANT_TRUE", "CONSTANT_FALSE"):
            return true if kind == "CONSTANT_TRUE" else false
        joined = {"LOGICAL_AND": And, "LOGICAL_OR": Or, "LOGICAL_NOT": Not}.get(kind)
        if joined is None:
            raise self._error(f"the condition {self.library.formulaToL3String(node)} is not read")
        return joined(*(self.condition(node.getChild(i)) for i in range(node.getNumChildren())))

    # -- help ------------------------------------------------------------------------------------

    def _kind(self, node: Any) -> str:
        return _kinds(self.library)[node.getType()]

    def _children(self, node: Any) -> list[Expr]:
        return [self.expression(node.getChild(i)) for i in range(node.getNumChildren())]

    def _error(self, message: str) -> Unsupported:
        return Unsupported(f"{self.where}: {message}")


@lru_cache(maxsize=1)
def _kinds(library: Any) -> Mapping[int, str]:
    """Number of a kind of node -> its name, without AST_."""
    return {getattr(library, n): n.removeprefix("AST_") for n in dir(library) if n.startswith("AST_")}
