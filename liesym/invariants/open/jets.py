"""Arbitrary functions in expressions: where they occur, undifferentiated or not, and putting expressions in their place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sympy import Derivative, Dummy, Expr, Poly, Subs, Symbol, cancel, fraction, together
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError

from liesym.coefficients.field import Field


@lru_cache(maxsize=1024)
def jets_of(expression: Expr) -> tuple[Expr, dict[Dummy, Expr]]:
    """The expression with a dummy for each function and each derivative of one, and what each dummy stands for."""
    found: dict[Dummy, Expr] = {}
    for kind in (Subs, Derivative, AppliedUndef):
        parts = sorted(expression.atoms(kind), key=lambda e: (-e.count_ops(), str(e)))
        for part in parts:
            if expression.has(part):
                found[dummy := Dummy("jet", real=True)] = part  # pyright: ignore[reportArgumentType]
                expression = expression.xreplace({part: dummy})
    return expression, found


def function_of(jet: Expr) -> AppliedUndef:
    """The function of a jet, applied as it is in the equations."""
    if isinstance(jet, Subs):
        inner: Any = jet.expr
        return function_of(inner).xreplace(dict(zip(jet.variables, jet.point, strict=True)))  # type: ignore[return-value]
    return jet.expr if isinstance(jet, Derivative) else jet  # type: ignore[return-value]


def order_of(jet: Expr) -> int:
    """How often it is differentiated."""
    inner: Any = jet.expr if isinstance(jet, Subs) else jet
    return inner.derivative_count if isinstance(inner, Derivative) else 0


def place_of(jet: Expr) -> int:
    """Of a first derivative, which argument of its function it is by."""
    inner: Any = jet.expr if isinstance(jet, Subs) else jet
    return inner.expr.args.index(inner.variables[0])


def variables_of(expression: Expr) -> set[Symbol]:
    """All variables that an expression depends on, through its functions too."""
    return {s for s in expression.free_symbols if isinstance(s, Symbol)}


def put(expression: Expr, function: AppliedUndef, value: Expr) -> Expr:
    """The value, an expression in the arguments of the function, wherever the function stands, and carried out."""

    def stands(part: Any) -> bool:
        return isinstance(part, AppliedUndef) and part.func == function.func

    def there(part: Any) -> Any:
        moved = {a: b for a, b in zip(function.args, part.args, strict=True) if a != b}
        return value.subs(moved, simultaneous=True) if moved else value

    return expression.replace(stands, there).doit()


def numerator(expression: Expr) -> Expr:
    """The numerator, without common factors."""
    return fraction(together(expression.doit()))[0].expand()


@lru_cache(maxsize=1024)
def is_zero(expression: Expr, variables: tuple[Symbol, ...]) -> bool:
    """Whether an expression vanishes identically, decided in the coefficient field."""
    if expression.expand() == 0:
        return True
    return Field.build([expression], variables)(expression).is_zero


def separated(expression: Expr, free: Iterable[Symbol]) -> list[Expr]:
    """Coefficients of an expression that is to vanish for all values of the free variables.

    Where it is no polynomial in them it is one condition.
    """
    replaced, jets = jets_of(expression)
    top = fraction(together(replaced))[0].expand()
    occurring = [v for v in free if top.has(v)]
    if occurring:
        try:
            return [c.xreplace(jets) for c in Poly(top, *occurring).coeffs()]
        except PolynomialError:
            pass
    return [top.xreplace(jets)]


def short(expression: Expr) -> Expr:
    """The expression as one fraction in lowest terms, its functions taken for symbols."""
    replaced, jets = jets_of(expression)
    return cancel(replaced).xreplace(jets)
