"""Where the second look takes derivatives: SymEngine for large expressions of the functions it knows, SymPy for all others.

In: expressions. Out: a pair of ways, there and back. What comes back is the same sum of products node by node and is not
brought into SymPy's order: it is made to be evaluated with numbers, and ordering it takes longer than the derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Basic,
    E,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    Symbol,
    acos,
    asin,
    atan,
    cos,
    cosh,
    exp,
    log,
    sin,
    sinh,
    sympify,
    tan,
    tanh,
)

from liesym.testing.realpoints import nodes

LARGE = 40
"""Nodes of the expressions, times the order, from which on SymEngine is loaded."""
FUNCTIONS = (log, sin, cos, tan, sinh, cosh, tanh, asin, acos, atan)
DIFFERENTIATED = (Add, Mul, Pow, Rational, Symbol, exp, *FUNCTIONS)
"""What SymEngine differentiates as SymPy does; the form may be another, which is evaluated to the same numbers."""
BY_NAME = {function.__name__: function for function in FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Calculus:
    """Where derivatives are taken: expressions are lifted there and come back."""

    lift: Callable[[Expr], Any]
    lower: Callable[[Any], Expr]


def calculus_for(expressions: Sequence[Expr], order: int) -> Calculus:
    """The faster one for derivatives of this order of these expressions."""
    held = [n for e in expressions for n in nodes(e)]
    if len(held) * order < LARGE or not all(isinstance(n, DIFFERENTIATED) for n in held):
        return Calculus(lambda e: e, lambda e: e)
    import symengine  # late: loading it takes longer than the derivatives of a small system

    lifted: dict[Basic, Any] = {}
    lowered: dict[Any, Basic] = {}

    def lift(e: Basic) -> Any:
        if e not in lifted:
            if isinstance(e, Symbol):  # by number: SymEngine's symbols carry no assumptions, and are equal by their name
                lifted[e] = symengine.Symbol(f"x{len(lifted)}")
                lowered[lifted[e]] = e
            elif isinstance(e, Rational):
                lifted[e] = symengine.Rational(int(e.p), int(e.q))
            else:
                lifted[e] = getattr(symengine, type(e).__name__)(*map(lift, e.args))
        return lifted[e]

    def lower(e: Any) -> Basic:
        found = lowered.get(e)
        if found is None:
            found = lowered[e] = _rebuilt(e, [lower(a) for a in e.args])
        return found

    return Calculus(lift, lower)  # type: ignore[arg-type]


def _rebuilt(e: Any, arguments: list[Basic]) -> Basic:
    """SymPy's node of these arguments, as it is."""
    name = type(e).__name__
    if name == "Add":
        return Add._from_args(arguments)  # type: ignore[arg-type]
    if name == "Mul":
        return Mul._from_args(arguments)  # type: ignore[arg-type]
    if name == "Pow":
        base, exponent = arguments
        return exp(exponent, evaluate=False) if base is E else Pow(base, exponent, evaluate=False)  # type: ignore[arg-type]
    if name in BY_NAME:
        return BY_NAME[name](*arguments, evaluate=False)
    return Integer(int(e)) if e.is_Integer else sympify(e)
