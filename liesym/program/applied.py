"""Functions applied to arguments: operations, functions made of them, and forms that lose no accuracy."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Basic, Expr, S, atanh, cos, log, sin, tan
from sympy.core.function import AppliedUndef

from liesym.errors import Unsupported
from liesym.program.called import Slope, label
from liesym.program.domains import NONZERO, POSITIVE, UNARY_DOMAINS
from liesym.program.functions import CHAIN, COMPOSED, EVEN, ODD, UNARY, in_supported_terms, operands
from liesym.program.plans import Plan, Reading, same
from liesym.program.scopes import Signed
from liesym.program.special import Z, template

_GROWING = frozenset({"exp", "expm1", "sinh", "cosh"})
"""Operations whose overflow in a branch that is not taken would spoil the gradient."""


def plan_function(expr: Basic, reading: Reading, scope: int) -> Plan:
    """Any function of the tables.

    Raises:
        Unsupported: it is in none of them; it is named.
    """
    stable = _plan_stable(expr, reading, scope)
    if stable is not None:
        return stable
    name = type(expr).__name__
    if name in UNARY and len(expr.args) == 1:
        return Plan(((expr.args[0], scope),), lambda u: _unary(UNARY[name], u, expr, reading, scope))
    if name in CHAIN:
        return Plan(tuple((a, scope) for a in expr.args), lambda *nodes: _chain(CHAIN[name], nodes, expr, reading, scope))
    composer = COMPOSED.get(name)
    if composer is not None:
        scopes = reading.scopes
        arguments = tuple((a, scope) for a in operands(expr))
        return Plan(arguments, lambda *nodes: (composer(scopes, expr, scope, *map(scopes.plain, nodes)), False))
    found = template(expr)
    if found is not None:
        form, argument = found
        return Plan(((argument, scope),), lambda u: _plan_template(form, reading.scopes.plain(u), reading, scope))
    return Plan(((in_supported_terms(expr), scope),), same)


def plan_call(expr: AppliedUndef, reading: Reading, scope: int) -> Plan:
    """A function that the user supplies.

    Raises:
        Unsupported: there is no callable for it.
    """
    name = expr.func.__name__
    if name not in reading.functions:
        raise Unsupported(
            f"the arbitrary function {name} has no numbers: give a callable for it with functions={{{name!r}: ...}}"
        )
    arguments = tuple((a, scope) for a in expr.args)
    plain, b = reading.scopes.plain, reading.builder
    return Plan(arguments, lambda *nodes: (b.node("call", *map(plain, nodes), value=name), False))


def plan_slope(expr: Slope, reading: Reading, scope: int) -> Plan:
    """A partial derivative of a function that the user supplies."""
    arguments = tuple((a, scope) for a in expr.operands)
    plain, b = reading.scopes.plain, reading.builder
    value = label(expr.name, expr.orders)
    return Plan(arguments, lambda *nodes: (b.node("derivative", *map(plain, nodes), value=value), False))


def _plan_template(form: Expr, argument: int, reading: Reading, scope: int) -> Plan:
    """A special function in terms of others."""
    return Plan(((reading.bound(form, Z, argument), scope),), same)


def _plan_stable(expr: Basic, reading: Reading, scope: int) -> Plan | None:
    """log(1 + u), atanh(sin(u)), and tan(u) where sine and cosine are there anyway."""
    if isinstance(expr, log) and isinstance(expr.args[0], Add) and S.One in expr.args[0].args:
        argument = expr.args[0]
        rest = Add(*(a for a in argument.args if a is not S.One))
        return Plan(((rest, scope),), lambda u: _log1p(u, argument, reading, scope))
    if isinstance(expr, atanh) and isinstance(expr.args[0], (sin, cos)):
        kernel = expr.args[0]
        other = (cos if isinstance(kernel, sin) else sin)(kernel.args[0])
        return Plan(((kernel, scope), (other, scope)), lambda s, c: _gudermann(s, c, other, reading, scope))
    if isinstance(expr, tan) and {sin(expr.args[0]), cos(expr.args[0])} <= reading.occurring:
        return Plan(((sin(expr.args[0]) / cos(expr.args[0]), scope),), same)
    return None


def _log1p(u: Signed, argument: Basic, reading: Reading, scope: int) -> Signed:
    """log(1 + u); the condition on 1 + u is one on u, moved by one."""
    b = reading.builder
    node = reading.scopes.plain(u)
    whole = b.add(b.constant(1.0), node)
    safe = reading.scopes.inside(whole, POSITIVE, argument, scope)
    return b.node("log1p", node) if safe == whole else b.node("log", safe), False


def _gudermann(s: Signed, c: Signed, other: Basic, reading: Reading, scope: int) -> Signed:
    """atanh(s) of s = sin(a), with c = cos(a) at hand: defined where c is not 0."""
    width = reading.scopes.inside(c[0], NONZERO, other, scope)
    return reading.builder.node("inverse_gudermann", s[0], width), s[1]


def _unary(op: str, u: Signed, expr: Basic, reading: Reading, scope: int) -> Signed:
    b, scopes = reading.builder, reading.scopes
    node, negative = (u[0], op in ODD) if u[1] and (op in ODD or op in EVEN) else (scopes.plain(u), False)
    domain = UNARY_DOMAINS.get(op)
    if domain is not None:
        node = scopes.inside(node, domain, expr.args[0], scope)
    elif op in _GROWING:
        node = scopes.still(node, 1.0, scope)
    elif op == "tan":
        scopes.ask("nonzero", b.node("cos", node), cos(expr.args[0]), scope)
    return b.node(op, node), negative


def _chain(op: str, nodes: Sequence[Signed], expr: Basic, reading: Reading, scope: int) -> Signed:
    """maximum, minimum, mod or atan2; a remainder is not defined for a divisor 0, an angle not at the origin."""
    if op in ("maximum", "minimum"):
        return reading.chained(op, nodes)
    b, scopes = reading.builder, reading.scopes
    first, second = map(scopes.plain, nodes)
    if op == "mod":
        return b.node(op, first, scopes.inside(second, NONZERO, expr.args[1], scope)), False
    if b.is_nonzero(first) or b.is_nonzero(second):
        return b.node(op, first, second), False
    square = b.add(b.mul(first, first), b.mul(second, second))
    scopes.inside(square, NONZERO, expr.args[0] ** 2 + expr.args[1] ** 2, scope)  # type: ignore[operator]
    second = scopes.still(second, 1.0, scope)
    if scopes.clamp:
        second = b.node("where", b.node("eq", square, b.constant(0.0)), b.node("epsilon"), second)
    return b.node(op, first, second), False
