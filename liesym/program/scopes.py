"""Where an expression is evaluated: everywhere, or in a branch of a Piecewise; and what is asked of operands there."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Expr, Symbol

from liesym.program.builder import Builder, Sign
from liesym.program.domains import Domain
from liesym.program.nodes import Condition

Signed = tuple[int, bool]
"""A node and whether its negative is meant: sums then subtract, products collect one sign."""

LONGEST_TEXT = 120
"""Conditions are shown up to this many characters, and expressions of up to this many parts."""


class Scopes:
    """The branches met so far, the conditions under which everything is defined, and the nodes.

    In a branch each operation that is not defined everywhere gets a harmless operand where the branch is not
    taken, so that its gradient there is no NaN. Scope 0 is taken everywhere.

    Arguments:
        builder: receives the nodes.
        definitions: symbols that stand for expressions, written out in the conditions.
        clamp: move operands to the nearest point of the domain, one epsilon inside.
    """

    def __init__(self, builder: Builder, definitions: Mapping[Symbol, Expr], *, clamp: bool = False) -> None:
        self.builder = builder
        self.definitions = definitions
        self.clamp = clamp
        self.conditions: dict[tuple[str, int, int | None], Condition] = {}
        self._guards: list[int | None] = [None]

    def guard(self, scope: int) -> int | None:
        """The node that is true where the branch is taken; None where it always is."""
        return self._guards[scope]

    def opened(self, guard: int | None) -> int:
        """A new scope, taken where the node is true."""
        self._guards.append(guard)
        return len(self._guards) - 1

    def plain(self, signed: Signed) -> int:
        """The node with its sign."""
        return self.builder.neg(signed[0]) if signed[1] else signed[0]

    def ask(self, kind: str, operand: int, expr: Basic, scope: int) -> None:
        """Keep the condition on the node of this expression, once for each scope."""
        guard = self._guards[scope]
        self.conditions.setdefault((kind, operand, guard), Condition(kind, operand, self._text(expr), guard))

    def inside(self, operand: int, domain: Domain, expr: Basic, scope: int) -> int:
        """The operand of an operation with this domain: asked for, and made safe where that is wanted."""
        b = self.builder
        known = b.signs[operand]
        if domain.kind == "nonzero" and b.is_nonzero(operand):
            return operand
        if domain.kind in ("positive", "no pole") and known == Sign.POSITIVE:
            return operand
        if domain.kind == "nonnegative" and b.is_nonnegative(operand):
            return operand
        self.ask("nonzero" if domain.kind == "positive" and b.is_nonnegative(operand) else domain.kind, operand, expr, scope)
        guard = self._guards[scope]
        if guard is not None:
            sign = {"positive": Sign.POSITIVE, "nonzero": Sign.NONZERO}.get(domain.kind, Sign.ANY)
            operand = b.node("where", guard, operand, b.constant(domain.safe), sign=sign)
        return self._clamped(operand, domain) if self.clamp else operand

    def still(self, operand: int, value: float, scope: int) -> int:
        """The operand, held at a number where the branch is not taken.

        There its powers could overflow, and the derivative of what is not taken, 0 times infinity, would be NaN.
        """
        guard, b = self._guards[scope], self.builder
        if guard is None or b.value_of(operand) is not None:
            return operand
        return b.node("where", guard, operand, b.constant(value), sign=b.signs[operand] | Sign.POSITIVE)

    def _clamped(self, operand: int, domain: Domain) -> int:
        b = self.builder
        epsilon = b.node("epsilon")
        if domain.kind in ("nonzero", "no pole"):
            small = b.node("lt", b.node("abs", operand), epsilon)
            signed = b.where(b.node("lt", operand, b.constant(0.0)), b.neg(epsilon), epsilon)
            return b.node("where", small, signed, operand, sign=Sign.NONZERO)
        for bound, op in ((domain.low, "maximum"), (domain.high, "minimum")):
            if bound is not None:
                number, direction = bound
                limit = b.add(b.constant(number), epsilon if direction > 0 else b.neg(epsilon))
                operand = b.node(op, operand, limit)
        return operand

    def _text(self, expr: Basic) -> str:
        """The expression as the user wrote it, cut where it is long."""
        while self.definitions and (held := self.definitions.keys() & expr.free_symbols):
            expr = expr.xreplace({symbol: self.definitions[symbol] for symbol in held})
        return _short(expr)


def _short(expr: Basic) -> str:
    """The expression as text, cut where it is long; a large one is not printed at all."""
    pending, seen = [expr], 0
    while pending and seen <= LONGEST_TEXT:
        seen += 1
        pending.extend(pending.pop().args)
    if pending:
        return f"a {type(expr).__name__} of more than {LONGEST_TEXT} terms"
    text = str(expr)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
