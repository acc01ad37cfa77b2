"""Derivatives of programs: forward mode on the nodes, so that values and derivatives share their work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from liesym.errors import Unsupported
from liesym.program.builder import Builder
from liesym.program.called import label, parts
from liesym.program.nodes import Node, function_of

SlopeRule = Callable[[Builder, int, tuple[int, ...], tuple[int, ...]], int]
"""(builder, the node, its operands, their derivatives) -> the derivative; a missing derivative is the constant 0."""


def jacobian(builder: Builder, outputs: Sequence[int], inputs: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The nodes of ∂output/∂input, a row an output; new nodes are added to the builder.

    Raises:
        Unsupported: an operation without a derivative lies on the way.
    """
    count = max(outputs, default=-1) + 1
    columns = [_sweep(builder, count, i) for i in inputs]
    return tuple(tuple(column[o] for column in columns) for o in outputs)


def _sweep(builder: Builder, count: int, variable: int) -> list[int]:
    """The derivative of each of the first `count` nodes by one of them."""
    zero, one = builder.constant(0.0), builder.constant(1.0)
    result = [zero] * max(count, variable + 1)
    for index in range(count):
        node = builder.nodes[index]
        if index == variable:
            result[index] = one
        elif any(result[a] != zero for a in node.args) and node.op not in _FLAT:
            rule = _RULES.get(node.op)
            if node.op in ("call", "derivative"):
                result[index] = _called(builder, node, [result[a] for a in node.args])
            elif rule is None:
                raise Unsupported(f"the derivative of {node.op} is not known; leave out jacobian=True")
            elif node.op == "polygamma":
                result[index] = _polygamma(builder, int(node.value or 0), node.args[0], result[node.args[0]])
            else:
                result[index] = rule(builder, index, node.args, tuple(result[a] for a in node.args))
    return result


_FLAT = frozenset({"copysign", "sign", "floor", "ceil", "stop", "lt", "le", "eq", "and", "or", "not", "isfinite"})
"""Operations whose derivative is 0 wherever it exists."""


def _chain(slope: Callable[[Builder, int, int], int]) -> SlopeRule:
    """The rule of a function of one variable from its slope(builder, value, operand)."""
    return lambda b, v, args, d: b.mul(slope(b, v, args[0]), d[0])


def _one_minus_square(b: Builder, u: int) -> int:
    """1 - u², as (1 - u)(1 + u), which is accurate near 1."""
    one = b.constant(1.0)
    return b.mul(b.sub(one, u), b.add(one, u))


def _one_plus_square(b: Builder, u: int) -> int:
    return b.add(b.constant(1.0), b.mul(u, u))


def _quotient(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    """d(a/c) = (da - (a/c) dc)/c."""
    return b.div(b.sub(d[0], b.mul(v, d[1])), args[1])


def _power(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    """d(a^c) = c a^(c-1) da + a^c log(a) dc."""
    exponent = b.value_of(args[1])
    if exponent is not None:
        return b.mul(b.mul(args[1], b.node("pow", args[0], b.constant(exponent - 1))), d[0])
    lower = b.node("pow", args[0], b.sub(args[1], b.constant(1.0)))
    first = b.mul(b.mul(args[1], lower), d[0])
    if b.value_of(d[1]) == 0:
        return first
    return b.add(first, b.mul(b.mul(v, b.node("log", args[0])), d[1]))


def _length(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    return b.div(b.add(b.mul(args[0], d[0]), b.mul(args[1], d[1])), v)


def _angle(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    """d atan2(y, x) = (x dy - y dx)/(x² + y²)."""
    y, x = args
    square = b.add(b.mul(x, x), b.mul(y, y))
    return b.div(b.sub(b.mul(x, d[0]), b.mul(y, d[1])), square)


def _gudermann(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    """d atanh(s) = da/c = ds - (s/c) dc for s = sin(a), c = cos(a): no 1 - s² that cancels."""
    return b.sub(d[0], b.mul(b.div(*args), d[1]))


def _remainder(b: Builder, v: int, args: tuple[int, ...], d: tuple[int, ...]) -> int:
    return b.sub(d[0], b.mul(b.node("floor", b.div(args[0], args[1])), d[1]))


def _polygamma(b: Builder, order: int, u: int, du: int) -> int:
    return b.mul(b.node("polygamma", u, value=order + 1), du)


def _called(b: Builder, node: Node, slopes: Sequence[int]) -> int:
    """Σ ∂V/∂uᵢ duᵢ, of a user's function or of a derivative of one."""
    name = function_of(node)
    orders = (0,) * len(node.args) if node.op == "call" else parts(node.value)[1]
    total = b.constant(0.0)
    for i, slope in enumerate(slopes):
        if b.value_of(slope) != 0:
            higher = (*orders[:i], orders[i] + 1, *orders[i + 1 :])
            total = b.add(total, b.mul(b.node("derivative", *node.args, value=label(name, higher)), slope))
    return total


def _rsqrt_slope(b: Builder, v: int, u: int) -> int:
    return b.mul(b.constant(-0.5), b.power(v, 3))


def _bell(b: Builder, u: int) -> int:
    """The slope of erf."""
    return b.mul(b.constant(2 / math.sqrt(math.pi)), b.node("exp", b.neg(b.mul(u, u))))


_RULES: dict[str, SlopeRule] = {
    "add": lambda b, v, a, d: b.add(d[0], d[1]),
    "sub": lambda b, v, a, d: b.sub(d[0], d[1]),
    "mul": lambda b, v, a, d: b.add(b.mul(d[0], a[1]), b.mul(a[0], d[1])),
    "div": _quotient,
    "neg": lambda b, v, a, d: b.neg(d[0]),
    "pow": _power,
    "hypot": _length,
    "atan2": _angle,
    "inverse_gudermann": _gudermann,
    "mod": _remainder,
    "where": lambda b, v, a, d: b.where(a[0], d[1], d[2]),
    "minimum": lambda b, v, a, d: b.where(b.node("lt", a[0], a[1]), d[0], d[1]),
    "maximum": lambda b, v, a, d: b.where(b.node("lt", a[0], a[1]), d[1], d[0]),
    "polygamma": lambda b, v, a, d: d[0],
    "reciprocal": _chain(lambda b, v, u: b.neg(b.mul(v, v))),
    "sqrt": _chain(lambda b, v, u: b.div(b.constant(0.5), v)),
    "rsqrt": _chain(_rsqrt_slope),
    "exp": _chain(lambda b, v, u: v),
    "expm1": _chain(lambda b, v, u: b.node("exp", u)),
    "log": _chain(lambda b, v, u: b.node("reciprocal", u)),
    "log1p": _chain(lambda b, v, u: b.node("reciprocal", b.add(b.constant(1.0), u))),
    "sin": _chain(lambda b, v, u: b.node("cos", u)),
    "cos": _chain(lambda b, v, u: b.neg(b.node("sin", u))),
    "tan": _chain(lambda b, v, u: _one_plus_square(b, v)),
    "asin": _chain(lambda b, v, u: b.node("rsqrt", _one_minus_square(b, u))),
    "acos": _chain(lambda b, v, u: b.neg(b.node("rsqrt", _one_minus_square(b, u)))),
    "atan": _chain(lambda b, v, u: b.node("reciprocal", _one_plus_square(b, u))),
    "sinh": _chain(lambda b, v, u: b.node("cosh", u)),
    "cosh": _chain(lambda b, v, u: b.node("sinh", u)),
    "tanh": _chain(lambda b, v, u: _one_minus_square(b, v)),
    "asinh": _chain(lambda b, v, u: b.node("rsqrt", _one_plus_square(b, u))),
    "acosh": _chain(lambda b, v, u: b.node("rsqrt", b.neg(_one_minus_square(b, u)))),
    "atanh": _chain(lambda b, v, u: b.node("reciprocal", _one_minus_square(b, u))),
    "abs": _chain(lambda b, v, u: b.node("sign", u)),
    "erf": _chain(lambda b, v, u: _bell(b, u)),
    "erfc": _chain(lambda b, v, u: b.neg(_bell(b, u))),
    "lgamma": _chain(lambda b, v, u: b.node("digamma", u)),
    "digamma": _chain(lambda b, v, u: b.node("polygamma", u, value=1)),
}
