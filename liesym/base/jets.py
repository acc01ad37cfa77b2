"""Jet space of curves t -> x(t) in R^m: its coordinates and the total derivative (Olver 1993, section 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sympy import Abs, Dummy, Expr, S, Symbol, SympifyError, sign, sympify

from liesym.errors import ParseError


def as_expression(value: object) -> Any:
    """A number or a SymPy expression as the latter. Text is refused: SymPy would evaluate it as Python.

    Raises:
        ParseError: `value` is text, or nothing that SymPy has an exact counterpart for.
    """
    try:
        return sympify(value, strict=True)
    except SympifyError:
        raise ParseError(
            f"a number or a SymPy expression is expected here, not {value!r}; "
            "text is read by liesym.text.read_expression alone"
        ) from None


def partial_derivative(expression: Expr, symbol: Symbol) -> Expr:
    """∂e/∂s where e is analytic: signs are constants there, and |u| is sign(u) u."""
    signed = expression.atoms(sign, Abs)
    if not signed:
        return expression.diff(symbol)
    constants: dict[Expr, Symbol] = {}
    for node in signed:
        constants.setdefault(node.args[0], Dummy("side", real=True))
    plain = expression.replace(
        lambda e: isinstance(e, sign | Abs) and e.args[0] in constants,
        lambda e: constants[e.args[0]] * (e.args[0] if isinstance(e, Abs) else 1),
    )
    return plain.diff(symbol).xreplace({s: sign(u) for u, s in constants.items()})


@cache
def jet_symbol(unknown: Symbol, order: int) -> Symbol:
    """The jet coordinate x^(k): the unknown itself for k = 0, else a symbol named x', x'', x''', x^(4), …

    A prime or a caret cannot occur in a name that a user gives, so no user name is captured; the derivatives of an
    invented unknown, a dummy, are dummies with its index.
    """
    if order == 0:
        return unknown
    name = unknown.name + ("'" * order if order <= 3 else f"^({order})")
    if isinstance(unknown, Dummy):
        return Dummy(name, dummy_index=unknown.dummy_index, real=True)
    return Symbol(name, real=True)


@lru_cache(maxsize=256)
def _places(unknowns: tuple[Symbol, ...], highest: int) -> dict[Symbol, tuple[int, int]]:
    """Jet coordinate x_i^(k) -> (i, k)."""
    return {jet_symbol(x, k): (i, k) for i, x in reversed([*enumerate(unknowns)]) for k in range(highest, -1, -1)}


@dataclass(frozen=True, slots=True)
class JetSpace:
    """Coordinates (t, x_i, x_i', …) over one independent variable.

    Arguments:
        independent: the symbol t.
        unknowns: the symbols x_1 … x_m.
    """

    independent: Symbol
    unknowns: tuple[Symbol, ...]

    def coordinate(self, unknown: Symbol | int, order: int) -> Symbol:
        """The symbol of x_i^(order); `unknown` is a symbol or its index."""
        return jet_symbol(self.unknowns[unknown] if isinstance(unknown, int) else unknown, order)

    def locate(self, symbol: Symbol, highest: int = 12) -> tuple[int, int] | None:
        """(i, k) with symbol = x_i^(k), or None if it is no jet coordinate up to order `highest`."""
        return _places(self.unknowns, highest).get(symbol)

    def order_of(self, expression: Expr, highest: int = 12) -> int:
        """Highest k such that some x_i^(k) occurs in the expression; 0 if none does."""
        found = [self.locate(s, highest) for s in expression.free_symbols if isinstance(s, Symbol)]
        return max((place[1] for place in found if place), default=0)

    def total_derivative(self, expression: Expr, solved: dict[Symbol, Expr] | None = None) -> Expr:
        """D_t f = ∂f/∂t + Σ x_i^(k+1) ∂f/∂x_i^(k); with `solved`, x_i^(n_i) is replaced by its right side.

        `solved` maps leading jet coordinates to expressions. Source: Olver 1993, equation (2.34).
        """
        result = partial_derivative(expression, self.independent)
        for i, unknown in enumerate(self.unknowns):
            for k in range(self.order_of(expression) + 1):
                partial = partial_derivative(expression, jet_symbol(unknown, k))
                if partial is not S.Zero:
                    following = self.coordinate(i, k + 1)
                    result += (solved.get(following, following) if solved else following) * partial
        return result
