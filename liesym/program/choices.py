"""Choices and truth values: Piecewise, comparisons, And, Or and Not."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import Piecewise
from sympy.logic.boolalg import And, BooleanAtom, Not, Or

from liesym.program.functions import RELATIONS, rewritten_logic
from liesym.program.plans import Key, Plan, Reading, same
from liesym.program.scopes import Signed


def plan_choice(expr: Piecewise, reading: Reading, scope: int) -> Plan:
    """All conditions, then the branches."""
    conditions = tuple((pair.cond, scope) for pair in expr.args)
    return Plan(conditions, lambda *truths: _plan_branches(expr, reading, scope, [t[0] for t in truths]))


def _plan_branches(expr: Piecewise, reading: Reading, scope: int, truths: Sequence[int]) -> Plan:
    """Each branch in a scope of its own: its condition, and none of those before it."""
    b = reading.builder
    before = reading.scopes.guard(scope)
    operands: list[Key] = []
    for pair, truth in zip(expr.args, truths, strict=True):
        certain = b.value_of(truth) == 1
        taken = before if certain else b.both(before, truth)
        operands.append((pair.expr, reading.scopes.opened(taken)))
        before = before if certain else b.both(before, b.node("not", truth))
    return Plan(tuple(operands), lambda *values: _choose(reading, truths, values))


def _choose(reading: Reading, truths: Sequence[int], values: Sequence[Signed]) -> Signed:
    b = reading.builder
    result = b.constant(float("nan"))
    for truth, value in zip(reversed(truths), reversed(values), strict=True):
        result = b.where(truth, reading.scopes.plain(value), result)
    return result, False


def plan_truth(expr: BooleanAtom, reading: Reading, scope: int) -> Plan:
    """True or False."""
    return Plan((), lambda: (reading.builder.constant(float(bool(expr))), False))


def plan_comparison(expr: Relational, reading: Reading, scope: int) -> Plan:
    """One of the six comparisons."""
    op, swap, negate = RELATIONS[type(expr).__name__]

    def compared(a: Signed, c: Signed) -> Signed:
        first, second = (c, a) if swap else (a, c)
        node = reading.builder.node(op, reading.scopes.plain(first), reading.scopes.plain(second))
        return (reading.builder.node("not", node) if negate else node), False

    return Plan(((expr.args[0], scope), (expr.args[1], scope)), compared)


def plan_logic(expr: Basic, reading: Reading, scope: int) -> Plan:
    """And, Or, Not; any other truth function in terms of these."""
    if isinstance(expr, Not):
        return Plan(((expr.args[0], scope),), lambda u: (reading.builder.node("not", u[0]), False))
    if isinstance(expr, (And, Or)):
        op = "and" if isinstance(expr, And) else "or"
        return Plan(tuple((a, scope) for a in expr.args), lambda *nodes: reading.chained(op, nodes))
    return Plan(((rewritten_logic(expr), scope),), same)
