"""Programs for backends with fewer operations: what is missing is made of what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from liesym.program.assemble import finished
from liesym.program.builder import Builder, Sign
from liesym.program.nodes import INPUTS, Condition, Program

Recipe = Callable[[Builder, tuple[int, ...]], int]


def expand(program: Program, available: frozenset[str]) -> Program:
    """The program with operations outside `available` replaced, as far as a recipe for them is known.

    Accuracy may be less than that of the operation itself.
    """
    if not program.operations - available - {"call"}:
        return program
    builder = _Narrow(available)
    where: list[int] = []
    for node in program.nodes:
        where.append(builder.node(node.op, *(where[a] for a in node.args), value=node.value))
    place = {**dict(enumerate(where)), -1: -1, None: None}
    moved = [Condition(c.kind, place[c.operand], c.text, place[c.scope]) for c in program.conditions]  # type: ignore[arg-type]
    draft = replace(
        program,
        nodes=tuple(builder.nodes),
        outputs=tuple(where[i] for i in program.outputs),
        conditions=tuple(moved),
        jacobian=tuple(tuple(where[i] for i in row) for row in program.jacobian),
        valid=None if program.valid is None else where[program.valid],
        failures=tuple((where[i], text) for i, text in program.failures),
    )
    return finished(draft)


class _Narrow(Builder):
    """A builder that makes what is not available of what is, recipes within recipes included."""

    def __init__(self, available: frozenset[str]) -> None:
        super().__init__()
        self._available = available | frozenset(INPUTS)

    def node(self, op: str, *args: int, value: float | int | str | None = None, sign: Sign | None = None) -> int:
        recipe = RECIPES.get(op)
        if recipe is None or op in self._available:
            return super().node(op, *args, value=value, sign=sign)
        return recipe(self, args)


def _one(b: Builder) -> int:
    return b.constant(1.0)


def _half(b: Builder, u: int) -> int:
    return b.mul(b.constant(0.5), u)


def _signed(b: Builder, u: int, size: int) -> int:
    """`size` with the sign of u."""
    return b.node("where", b.node("lt", u, b.constant(0.0)), b.node("neg", size), size)


def _log1p(b: Builder, args: tuple[int, ...]) -> int:
    """u log(1 + u)/((1 + u) - 1), which loses nothing for small u; Goldberg 1991, theorem 4."""
    u = args[0]
    whole = b.node("add", _one(b), u)
    plain = b.node("eq", whole, _one(b))
    step = b.node("where", plain, _one(b), b.node("sub", whole, _one(b)))
    return b.node("where", plain, u, b.node("div", b.node("mul", u, b.node("log", whole)), step))


def _expm1(b: Builder, args: tuple[int, ...]) -> int:
    """2 sinh(u/2) exp(u/2), with sinh by tanh: t = tanh(u/2) gives 2t/(1 - t)."""
    t = b.node("tanh", _half(b, args[0]))
    return b.node("div", b.node("add", t, t), b.node("sub", _one(b), t))


def _asinh(b: Builder, args: tuple[int, ...]) -> int:
    """± log1p(v + v²/(1 + sqrt(1 + v²))) with v = |u|."""
    v = b.node("abs", args[0])
    square = b.node("mul", v, v)
    root = b.node("add", _one(b), b.node("sqrt", b.node("add", _one(b), square)))
    return _signed(b, args[0], b.node("log1p", b.node("add", v, b.node("div", square, root))))


def _inverse_gudermann(b: Builder, args: tuple[int, ...]) -> int:
    """atanh(s) = ± log1p((|s| + s²/(1 + |c|))/|c|), s = sin(a), c = cos(a).

    For tanh(y) = s one has sinh(y) = s/|c| =: v and cosh(y) = 1/|c|, so that e^|y| - 1 = |v| + 1/|c| - 1 with
    1/|c| - 1 = (1 - c²)/(|c| (1 + |c|)). This is asinh(sign(cos a) tan(a)).
    """
    s, width = args[0], b.node("abs", args[1])
    side = b.node("copysign", _one(b), s)
    bend = b.node("div", b.node("mul", s, s), b.node("add", _one(b), width))
    growth = b.node("div", b.node("add", b.node("mul", side, s), bend), width)
    return b.node("mul", side, b.node("log1p", growth))


def _atan2(b: Builder, args: tuple[int, ...]) -> int:
    """2 atan of y/(r + x) for x >= 0, of (r - x)/y otherwise, which does not divide by what cancels."""
    y, x = args
    r = b.node("hypot", x, y)
    right = b.node("le", b.constant(0.0), x)
    bottom = b.node("where", right, b.node("add", r, x), y)
    safe = b.node("where", b.node("eq", bottom, b.constant(0.0)), _one(b), bottom)
    half = b.node("atan", b.node("div", b.node("where", right, y, b.node("sub", r, x)), safe))
    return b.node("add", half, half)


def _mod(b: Builder, args: tuple[int, ...]) -> int:
    return b.node("sub", args[0], b.node("mul", args[1], b.node("floor", b.node("div", *args))))


def _extreme(b: Builder, first: int, args: tuple[int, ...]) -> int:
    """The first operand where it is asked for, and where it is NaN."""
    wrong = b.node("not", b.node("eq", args[0], args[0]))
    return b.node("where", b.node("or", first, wrong), *args)


RECIPES: dict[str, Recipe] = {
    "stop": lambda b, a: a[0],
    "reciprocal": lambda b, a: b.node("div", _one(b), a[0]),
    "rsqrt": lambda b, a: b.node("div", _one(b), b.node("sqrt", a[0])),
    "neg": lambda b, a: b.node("sub", b.constant(0.0), a[0]),
    "hypot": lambda b, a: b.node("sqrt", b.node("add", b.node("mul", a[0], a[0]), b.node("mul", a[1], a[1]))),
    "expm1": _expm1,
    "log1p": _log1p,
    "tan": lambda b, a: b.node("div", b.node("sin", a[0]), b.node("cos", a[0])),
    "sinh": lambda b, a: _half(b, b.node("sub", b.node("expm1", a[0]), b.node("expm1", b.node("neg", a[0])))),
    "cosh": lambda b, a: _half(b, b.node("add", b.node("exp", a[0]), b.node("exp", b.node("neg", a[0])))),
    "asinh": _asinh,
    "inverse_gudermann": _inverse_gudermann,
    "acosh": lambda b, a: b.node(
        "log", b.node("add", a[0], b.node("sqrt", b.node("sub", b.node("mul", a[0], a[0]), _one(b))))
    ),
    "atanh": lambda b, a: _half(b, b.node("sub", b.node("log1p", a[0]), b.node("log1p", b.node("neg", a[0])))),
    "acos": lambda b, a: b.node("sub", b.constant(1.5707963267948966), b.node("asin", a[0])),
    "atan2": _atan2,
    "abs": lambda b, a: b.node("where", b.node("lt", a[0], b.constant(0.0)), b.node("neg", a[0]), a[0]),
    "sign": lambda b, a: b.node(
        "where",
        b.node("lt", a[0], b.constant(0.0)),
        b.constant(-1.0),
        b.node("where", b.node("lt", b.constant(0.0), a[0]), _one(b), b.node("stop", a[0])),
    ),
    "copysign": lambda b, a: _signed(b, a[1], b.node("abs", a[0])),
    "ceil": lambda b, a: b.node("neg", b.node("floor", b.node("neg", a[0]))),
    "mod": _mod,
    "minimum": lambda b, a: _extreme(b, b.node("lt", a[0], a[1]), a),
    "maximum": lambda b, a: _extreme(b, b.node("lt", a[1], a[0]), a),
    "le": lambda b, a: b.node("or", b.node("lt", *a), b.node("eq", *a)),
    "isfinite": lambda b, a: b.node("lt", b.node("abs", a[0]), b.constant(float("inf"))),
    "erfc": lambda b, a: b.node("sub", _one(b), b.node("erf", a[0])),
}
