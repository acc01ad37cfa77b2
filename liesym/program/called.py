"""Functions that the user supplies, and their partial derivatives, as they occur in expressions.

SymPy writes a derivative of an arbitrary function as ``Derivative(V(x), x)`` where the argument is a variable, and as
``Subs(Derivative(V(s), s), s, x**2 + y**2)`` elsewhere. Here both are `Slope(V, (1,), argument)`: the function, how often it
is differentiated by each of its arguments, and the arguments, with no bound variable that a rule could stumble over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Basic, Derivative, Expr, Function, Integer, Subs, Symbol, Tuple
from sympy.core.function import AppliedUndef

from liesym.errors import Unsupported


class Slope(Function):
    """A partial derivative of an arbitrary function at its arguments: Slope(V, orders, arguments), the first two as Tuples.

    It stands in expressions only between reading and the program.
    """

    @classmethod
    def eval(cls, *args: Basic) -> None:
        """No value of its own: it stays as it is."""

    @property
    def name(self) -> str:
        """Name of the function that is differentiated."""
        return str(self.args[0].args[0])

    @property
    def orders(self) -> tuple[int, ...]:
        """How often by each argument."""
        return tuple(int(order) for order in self.args[1].args)  # type: ignore[call-overload]

    @property
    def operands(self) -> tuple[Expr, ...]:
        return self.args[2].args  # type: ignore[return-value]


def with_slopes(expressions: Sequence[Basic], functions: Iterable[str]) -> list[Basic]:
    """The expressions, with derivatives of these functions as `Slope`.

    Raises:
        Unsupported: a derivative whose order is no number, or one that SymPy cannot bring to the function's arguments.
    """
    known = frozenset(functions)
    return [_rewritten(e, known) for e in expressions]


def _rewritten(expr: Basic, known: frozenset[str]) -> Basic:
    if not known or not expr.has(Derivative):
        return expr
    if isinstance(expr, (Derivative, Subs)):
        called = [f for f in expr.atoms(AppliedUndef) if f.func.__name__ in known]
        return _slope(expr, known) if called else expr
    return expr.func(*(_rewritten(a, known) for a in expr.args))


def _slope(expr: Derivative | Subs, known: frozenset[str]) -> Basic:
    """The derivative at its point, by the chain rule where an argument is no variable."""
    inner, moved = expr, {}
    if isinstance(expr, Subs):
        inner, moved = expr.expr, dict(zip(expr.variables, expr.point, strict=True))
    if isinstance(inner, Derivative) and isinstance(inner.expr, AppliedUndef):
        function = inner.expr
        counts = dict(inner.variable_count)
        if not all(isinstance(n, Integer) for n in counts.values()):
            raise Unsupported(f"{expr} is a derivative of an order that is no number; it cannot be lowered")
        if all(v in function.args and sum(a.has(v) for a in function.args) == 1 for v in counts):
            orders = Tuple(*(counts.get(a, Integer(0)) for a in function.args))
            operands = [_rewritten(a.xreplace(moved), known) for a in function.args]
            return Slope(Tuple(Symbol(function.func.__name__)), orders, Tuple(*operands))
    done = expr.doit()
    if done == expr:
        raise Unsupported(f"{expr} is no derivative of an arbitrary function by its arguments; it cannot be lowered")
    return _rewritten(done, known)


def label(name: str, orders: Sequence[int]) -> str:
    """The value of a node "derivative": the function and how often it is differentiated by each argument."""
    return f"{name}:{','.join(map(str, orders))}"


def parts(value: object) -> tuple[str, tuple[int, ...]]:
    """(function, orders) of such a value."""
    name, _, orders = str(value).rpartition(":")
    return name, tuple(int(n) for n in orders.split(","))
