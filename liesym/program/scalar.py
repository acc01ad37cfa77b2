"""Programs on plain Python numbers: slow, in double precision, with NaN and infinity where IEEE has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import mpmath

from liesym.program.nodes import Node, Program


def evaluate(program: Program, time: float, state: Sequence[float], parameters: Mapping[str, float]) -> list[float]:
    """The results of a program at one point; truth values are 0.0 and 1.0, and a call of a user's function is 1.0."""
    values: list[float] = []
    for node in program.nodes:
        if node.op == "state":
            values.append(float(state[int(node.value or 0)]))
        elif node.op == "time":
            values.append(float(time))
        elif node.op == "parameter":
            values.append(float(parameters[str(node.value)]))
        else:
            values.append(folded(node, [values[a] for a in node.args]))
    return [values[i] for i in program.results]


def folded(node: Node, operands: Sequence[float]) -> float:
    """One operation on numbers."""
    try:
        return float(_FUNCTIONS[node.op](node, *operands))
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _quotient(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _psi(order: int, u: float) -> float:
    return float(mpmath.psi(order, u)) if u > 0 or u != math.floor(u) else math.nan


def _sign(u: float) -> float:
    return u if u != u else float((u > 0) - (u < 0))


def _plain(function: Callable[..., float]) -> Callable[..., float]:
    return lambda node, *operands: function(*operands)


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "constant": lambda node: float(node.value),
    "epsilon": lambda node: math.ulp(1.0),
    "huge": lambda node: math.sqrt(1.7976931348623157e308),
    "call": lambda node, *operands: 1.0,
    "derivative": lambda node, *operands: 1.0,
    "polygamma": lambda node, u: _psi(int(node.value), u),
    **{
        op: _plain(function)
        for op, function in {
            "add": lambda a, b: a + b,
            "sub": lambda a, b: a - b,
            "mul": lambda a, b: a * b,
            "div": _quotient,
            "neg": lambda a: -a,
            "reciprocal": lambda a: _quotient(1.0, a),
            "pow": math.pow,
            "sqrt": math.sqrt,
            "rsqrt": lambda a: _quotient(1.0, math.sqrt(a)),
            "stop": lambda a: a,
            "abs": abs,
            "sign": _sign,
            "inverse_gudermann": lambda s, c: math.asinh(_quotient(s, abs(c))),
            "floor": lambda a: math.floor(a) if math.isfinite(a) else a,
            "ceil": lambda a: math.ceil(a) if math.isfinite(a) else a,
            "mod": lambda a, b: a - b * math.floor(a / b),
            "minimum": min,
            "maximum": max,
            "digamma": lambda a: _psi(0, a),
            "lt": lambda a, b: a < b,
            "le": lambda a, b: a <= b,
            "eq": lambda a, b: a == b,
            "and": lambda a, b: a != 0 and b != 0,
            "or": lambda a, b: a != 0 or b != 0,
            "not": lambda a: a == 0,
            "isfinite": math.isfinite,
            "where": lambda c, a, b: a if c else b,
            **{
                name: getattr(math, name)
                for name in (
                    "hypot", "copysign", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan",
                    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma",
                )
            },
        }.items()
    },
}  # fmt: skip
