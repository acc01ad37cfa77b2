"""Named functions with their defining equations, and derivatives of arbitrary functions as expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Expr
from sympy.core.function import AppliedUndef

from liesym.errors import Unsupported


@dataclass(frozen=True, slots=True)
class Definition:
    """A named function known as a solution of a linear ODE: D^order name(variable) = rhs in its lower derivatives.

    Arguments:
        function: the applied function, e.g. psi1(t).
        order: order of the equation.
        rhs: the derivative of that order, linear in the function and its lower derivatives.
    """

    function: AppliedUndef
    order: int
    rhs: Expr

    @property
    def name(self) -> str:
        return self.function.func.__name__

    @property
    def variable(self) -> sp.Symbol:
        return self.function.args[0]  # type: ignore[return-value]

    @property
    def equation(self) -> sp.Eq:
        """The defining equation."""
        return sp.Eq(sp.Derivative(self.function, (self.variable, self.order)), self.rhs, evaluate=False)  # type: ignore[return-value]

    def at(self, argument: Expr, order: int) -> Expr:
        """The derivative of that order, at least the order of the equation, taken at the argument."""
        value = self.rhs
        for _ in range(order - self.order):
            value = value.diff(self.variable)
        lower = {n: sp.Dummy() for n in value.atoms(sp.Derivative, AppliedUndef) if n.has(self.function.func)}
        kept = {
            mark: derivative_expression(self.function.func, [argument], function_and_orders(n)[2])
            for n, mark in lower.items()
        }
        return value.xreplace(lower).subs(self.variable, argument).xreplace(kept)  # type: ignore[return-value]


def function_and_orders(expr: Expr) -> tuple[type, tuple[Expr, ...], tuple[int, ...]]:
    """(f, arguments, orders of differentiation) of f(u), Derivative(f(y), y) or Subs(Derivative(f(s), s), s, u)."""
    if isinstance(expr, AppliedUndef):
        return expr.func, tuple(expr.args), (0,) * len(expr.args)  # type: ignore[arg-type]
    replaced: dict[Expr, Expr] = {}
    if isinstance(expr, sp.Subs):
        replaced = dict(zip(expr.variables, expr.point, strict=True))
        expr = expr.expr
    if not isinstance(expr, sp.Derivative) or not isinstance(expr.expr, AppliedUndef):
        raise Unsupported(f"{expr} is no derivative of an arbitrary function")
    function = expr.expr
    orders = [0] * len(function.args)
    for variable, count in expr.variable_count:
        places = [i for i, a in enumerate(function.args) if a == variable]
        if len(places) != 1:
            raise Unsupported(f"{expr}: the derivative must be along one argument of the function")
        orders[places[0]] += int(count)
    arguments = tuple(replaced.get(a, a) for a in function.args)  # type: ignore[arg-type]
    return function.func, arguments, tuple(orders)  # type: ignore[return-value]


def derivative_expression(name: type, arguments: Sequence[Expr], orders: Sequence[int]) -> Expr:
    """The SymPy form of a partial derivative of f at the given arguments."""
    if not any(orders):
        return name(*arguments)
    if all(a.is_Symbol for a in arguments) and len(set(arguments)) == len(arguments):
        return sp.Derivative(name(*arguments), *((a, k) for a, k in zip(arguments, orders, strict=True) if k))
    # as in SymPy's chain rule the index is that of the argument, so that the same expression is made each time
    dummies = [sp.Dummy(f"s_{i + 1}", real=True, dummy_index=hash(a)) for i, a in enumerate(arguments)]
    inner = sp.Derivative(name(*dummies), *((a, k) for a, k in zip(dummies, orders, strict=True) if k))
    return sp.Subs(inner, tuple(dummies), tuple(arguments))
