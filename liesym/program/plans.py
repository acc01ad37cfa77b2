"""How an expression becomes nodes: what it needs first, and how it is put together from that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, Dummy, Expr, Pow, Rational

from liesym.program.builder import Builder
from liesym.program.forms import Form
from liesym.program.scopes import Scopes, Signed

Key = tuple[Basic, int]
"""An expression and the scope in which it is evaluated."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an expression needs first, and how it is put together from that."""

    operands: tuple[Key, ...]
    combine: Callable[..., Signed | Plan]


def same(operand: Signed) -> Signed:
    """Puts together what is another expression."""
    return operand


class Reading:
    """What the rules know of all expressions that are read into one program.

    Arguments:
        scopes: the branches, with the builder.
        inputs: symbol -> node.
        functions: names of the functions the user supplies.
        form: the form that will be read, if it has definitions.
    """

    def __init__(self, scopes: Scopes, inputs: Mapping[Basic, int], functions: Iterable[str], form: Form | None) -> None:
        self.scopes = scopes
        self.inputs = dict(inputs)
        self.functions = frozenset(functions)
        self.tied_roots = form.tied_roots if form is not None else frozenset()
        self.occurring: set[Basic] = set()
        self._exponents: dict[Basic, Counter[Rational]] = {}
        self._bound: dict[int, Dummy] = {}

    @property
    def builder(self) -> Builder:
        return self.scopes.builder

    def survey(self, expressions: Sequence[Basic]) -> None:
        """Which powers of each base, and which functions, occur in all expressions together."""
        pending = list(expressions)
        while pending:
            expr = pending.pop()
            if isinstance(expr, Pow) and expr.exp.is_Rational:
                self._exponents.setdefault(expr.base, Counter())[expr.exp] += 1
            if expr not in self.occurring:
                self.occurring.add(expr)
                pending.extend(expr.args)

    def exponents(self, base: Basic) -> Mapping[Rational, int]:
        """Rational exponent -> how often the base has it."""
        return self._exponents.get(base, {})

    def bound(self, template: Expr, variable: Expr, node: int) -> Expr:
        """The template with its variable bound to a node that is there already."""
        symbol = self._bound.setdefault(node, Dummy(real=True))
        self.inputs[symbol] = node
        form = template.xreplace({variable: symbol})
        self.survey([form])
        return form

    def chained(self, op: str, nodes: Sequence[Signed]) -> Signed:
        """The operation of two operands, from left to right over all nodes."""
        result = self.scopes.plain(nodes[0])
        for node in nodes[1:]:
            result = self.builder.node(op, result, self.scopes.plain(node))
        return result, False
