"""Which form of the expressions is read: as they are given, or factored, whichever costs least."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Basic, Expr, Piecewise, Pow, Symbol, log

from liesym.program.builder import Builder
from liesym.program.factoring import factored_out
from liesym.program.nodes import INPUTS, pruned

CHEAP = frozenset({"add", "sub", "mul", "neg", "abs", "where", "lt", "le", "eq", "and", "or", "not", "stop"})
MIDDLING = frozenset({"div", "reciprocal", "sqrt", "rsqrt", "floor", "ceil", "sign", "minimum", "maximum"})


@dataclass(frozen=True, slots=True)
class Form:
    """Expressions to be read.

    Arguments:
        expressions: the outputs.
        definitions: symbols that stand for expressions.
        tied_roots: bases u whose square roots stand only in outputs that are not defined at u = 0 in any case, since
            log(u) or a negative power of u stands there too: these roots need not be safe at 0.
    """

    expressions: tuple[Basic, ...]
    definitions: Mapping[Symbol, Expr] = field(default_factory=dict)
    tied_roots: frozenset[Basic] = frozenset()


def tied_roots(expressions: Sequence[Basic]) -> frozenset[Basic]:
    """Bases u for which each expression with some u^(k/2), k > 0, has log(u) or a negative power of u."""
    tied: set[Basic] = set()
    lone: set[Basic] = set()
    for expression in expressions:
        roots: set[Basic] = set()
        singular: set[Basic] = set()
        pending, seen = [expression], {expression}
        while pending:
            expr = pending.pop()
            if isinstance(expr, log):
                singular.add(expr.args[0])
            elif isinstance(expr, Pow) and expr.exp.is_Rational:
                if expr.exp < 0:
                    singular.add(expr.base)
                elif expr.exp.q == 2:
                    roots.add(expr.base)
            if not isinstance(expr, Piecewise):
                new = [argument for argument in expr.args if argument not in seen]
                seen.update(new)
                pending.extend(new)
        tied |= roots & singular
        lone |= roots - singular
    return frozenset(tied - lone)


def forms(expressions: Sequence[Basic]) -> list[Form]:
    """The form as given, and the factored ones unless the expressions are too large for that."""
    roots = tied_roots(expressions)
    found = [Form(tuple(expressions), {}, roots)]
    if _is_small(expressions):
        for distribute in (False, True):
            result = factored_out(expressions, distribute=distribute)
            if result is not None:
                found.append(Form(tuple(result[0]), result[1], roots))
    return found


LARGEST = 4000
"""Expressions with more subexpressions than this are read as they are."""


def _is_small(expressions: Sequence[Basic]) -> bool:
    seen: set[Basic] = set()
    pending = list(expressions)
    while pending:
        expr = pending.pop()
        if expr not in seen:
            seen.add(expr)
            pending.extend(expr.args)
            if len(seen) > LARGEST:
                return False
    return True


def cheapest(found: Sequence[Form], read: Callable[[Builder, Form], list[int]]) -> Form:
    """The form with the least cost once it is read."""
    return min(found, key=lambda form: _cost_of(form, read)) if len(found) > 1 else found[0]


def _cost_of(form: Form, read: Callable[[Builder, Form], list[int]]) -> int:
    builder = Builder()
    outputs = read(builder, form)
    return sum(cost(node.op) for node in pruned(builder.nodes, outputs)[0])


def cost(op: str) -> int:
    """The cost of an operation, an addition being 1."""
    return 0 if op in INPUTS else 1 if op in CHEAP else 4 if op in MIDDLING else 12
