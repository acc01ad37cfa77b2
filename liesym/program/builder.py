"""Build programs node by node: equal operations become one node, trivial ones vanish, signs are tracked."""

from __future__ import annotations

import math
from enum import IntFlag

from liesym.program.nodes import ARITHMETIC, LOGIC, Node
from liesym.program.scalar import folded


class Sign(IntFlag):
    """What is known of a node at every point: the values it may take, out of negative, zero and positive."""

    NEGATIVE = 1
    ZERO = 2
    POSITIVE = 4
    NONNEGATIVE = 6
    NONZERO = 5
    ANY = 7


_COMMUTATIVE = frozenset({"add", "mul", "and", "or", "eq", "minimum", "maximum", "hypot"})
_POSITIVE = frozenset({"exp", "cosh", "epsilon", "huge", "rsqrt", "erfc"})
_NONNEGATIVE = frozenset({"acosh", "acos"})
_ODD = frozenset({"sinh", "tanh", "asinh", "atan", "sign", "erf", "expm1", "reciprocal"})


class Builder:
    """A growing list of nodes without duplicates.

    Every method that makes a node returns its index. `signs[i]` is what is known of the sign of node i; the
    rules are those of interval arithmetic on {-, 0, +}, with floating point underflow left aside.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.signs: list[Sign] = []
        self._index: dict[tuple, int] = {}

    def node(self, op: str, *args: int, value: float | int | str | None = None, sign: Sign | None = None) -> int:
        """The node of this operation, new or found; commutative operands are put in order."""
        if op in _COMMUTATIVE and len(args) == 2 and args[0] > args[1]:
            args = (args[1], args[0])
        known = self._known(op, args, value)
        if known is not None:
            return known
        key = (op, args, value.hex() if isinstance(value, float) else value)
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = len(self.nodes)
            self.nodes.append(Node(op, args, value))
            self.signs.append(self._sign_of(op, args, value) if sign is None else sign)
        return found

    def _known(self, op: str, args: tuple[int, ...], value: float | int | str | None) -> int | None:
        """The node that this operation comes to where its operands are numbers or known truths; else None.

        A backend so never has to take a truth value, or all operands of an operation, as plain numbers. What is not
        finite in double precision is left to the backend.
        """
        if op not in LOGIC and op not in ARITHMETIC:
            return None
        numbers = [self.value_of(a) for a in args]
        if op == "where" and numbers[0] is not None:
            return args[1] if numbers[0] else args[2]
        if op in ("and", "or"):
            for number, other in zip(numbers, args[::-1], strict=True):
                if number is not None:
                    return other if bool(number) == (op == "and") else self.constant(float(op == "or"))
        if None in numbers:
            return None
        result = folded(Node(op, args, value), [n for n in numbers if n is not None])
        return self.constant(result) if op in LOGIC or math.isfinite(result) else None

    def has(self, op: str, *args: int) -> bool:
        """True if this operation is in the program already."""
        if op in _COMMUTATIVE and len(args) == 2 and args[0] > args[1]:
            args = (args[1], args[0])
        return (op, args, None) in self._index

    def constant(self, value: float) -> int:
        return self.node("constant", value=float(value))

    def value_of(self, index: int) -> float | None:
        """The number of a constant node, else None."""
        node = self.nodes[index]
        return float(node.value) if node.op == "constant" and node.value is not None else None

    def is_positive(self, index: int) -> bool:
        return self.signs[index] == Sign.POSITIVE

    def is_nonzero(self, index: int) -> bool:
        return not self.signs[index] & Sign.ZERO

    def is_nonnegative(self, index: int) -> bool:
        return not self.signs[index] & Sign.NEGATIVE

    # -- arithmetic with the trivial cases removed ----------------------------------------------------

    def neg(self, a: int) -> int:
        value = self.value_of(a)
        if value is not None:
            return self.constant(-value)
        node = self.nodes[a]
        if node.op == "neg":
            return node.args[0]
        if node.op == "sub":
            return self.node("sub", node.args[1], node.args[0])
        return self.node("neg", a)

    def add(self, a: int, b: int) -> int:
        va, vb = self.value_of(a), self.value_of(b)
        if va is not None and vb is not None:
            return self.constant(va + vb)
        if va == 0:
            return b
        if vb == 0:
            return a
        if self.nodes[b].op == "neg":
            return self.sub(a, self.nodes[b].args[0])
        if self.nodes[a].op == "neg":
            return self.sub(b, self.nodes[a].args[0])
        return self.node("add", a, b)

    def sub(self, a: int, b: int) -> int:
        va, vb = self.value_of(a), self.value_of(b)
        if va is not None and vb is not None:
            return self.constant(va - vb)
        if vb == 0:
            return a
        if va == 0:
            return self.neg(b)
        if a == b:
            return self.constant(0.0)
        if self.nodes[b].op == "neg":
            return self.add(a, self.nodes[b].args[0])
        return self.node("sub", a, b)

    def mul(self, a: int, b: int) -> int:
        va, vb = self.value_of(a), self.value_of(b)
        if va is not None and vb is not None:
            return self.constant(va * vb)
        for value, other in ((va, b), (vb, a)):
            if value == 0:
                return self.constant(0.0)
            if value == 1:
                return other
            if value == -1:
                return self.neg(other)
        return self.node("mul", a, b)

    def div(self, a: int, b: int) -> int:
        va, vb = self.value_of(a), self.value_of(b)
        if vb is not None and vb != 0:
            if va is not None:
                return self.constant(va / vb)
            return self.mul(a, self.constant(1 / vb))
        if va == 1:
            return self.node("reciprocal", b)
        if va == -1:
            return self.neg(self.node("reciprocal", b))
        return self.node("div", a, b)

    def where(self, condition: int, yes: int, no: int) -> int:
        if yes == no or self.value_of(condition) == 1:
            return yes
        return no if self.value_of(condition) == 0 else self.node("where", condition, yes, no)

    def product(self, factors: list[int]) -> int:
        """The product in the order of the nodes' indices, so that products share their beginnings."""
        numbers = [self.value_of(i) for i in factors]
        scale = math.prod(v for v in numbers if v is not None)
        result: int | None = None
        for index in sorted(i for i, v in zip(factors, numbers, strict=True) if v is None):
            result = index if result is None else self.mul(result, index)
        return self.constant(scale) if result is None else self.mul(self.constant(scale), result)

    def power(self, base: int, exponent: int) -> int:
        """base ** exponent for an integer exponent >= 1, by repeated squaring."""
        result: int | None = None
        square = base
        while True:
            if exponent & 1:
                result = square if result is None else self.mul(result, square)
            exponent >>= 1
            if not exponent:
                return square if result is None else result
            square = self.mul(square, square)

    # -- truth values -------------------------------------------------------------------------------

    def both(self, a: int | None, b: int) -> int:
        """a and b; None stands for true."""
        return b if a is None or a == b else self.node("and", a, b)

    # -- signs --------------------------------------------------------------------------------------

    def _sign_of(self, op: str, args: tuple[int, ...], value: float | int | str | None) -> Sign:
        signs = [self.signs[a] for a in args]
        if op == "constant":
            number = float(value or 0.0)
            return Sign.POSITIVE if number > 0 else Sign.NEGATIVE if number < 0 else Sign.ZERO if number == 0 else Sign.ANY
        if op in _POSITIVE:
            return Sign.POSITIVE
        if op in _NONNEGATIVE:
            return Sign.NONNEGATIVE
        if op == "sqrt":
            return signs[0] if signs[0] == Sign.POSITIVE else Sign.NONNEGATIVE
        if op in ("abs", "hypot"):
            return self._absolute(signs)
        if op in _ODD or op == "inverse_gudermann":
            return signs[0]
        if op == "neg":
            return _flipped(signs[0])
        if op == "add":
            return _sum(signs[0], signs[1])
        if op == "sub":
            return _sum(signs[0], _flipped(signs[1]))
        if op in ("mul", "div"):
            if op == "mul" and args[0] == args[1]:
                return self._absolute(signs)
            return _product(signs[0], signs[1])
        if op == "where":
            return signs[1] | signs[2]
        if op in ("minimum", "maximum"):
            return self._extreme(op, signs)
        if op == "pow" and signs[0] == Sign.POSITIVE:
            return Sign.POSITIVE
        return Sign.ANY

    @staticmethod
    def _absolute(signs: list[Sign]) -> Sign:
        """Of |a|, a*a or hypot(a, b): positive if no operand or one operand is zero-free."""
        return Sign.POSITIVE if any(not s & Sign.ZERO for s in signs) else Sign.NONNEGATIVE

    @staticmethod
    def _extreme(op: str, signs: list[Sign]) -> Sign:
        order = [Sign.NEGATIVE, Sign.ZERO, Sign.POSITIVE]
        choose = max if op == "maximum" else min
        result = Sign(0)
        for a in order:
            for b in order:
                if a & signs[0] and b & signs[1]:
                    result |= choose(a, b)
        return result


def _flipped(sign: Sign) -> Sign:
    result = sign & Sign.ZERO
    if sign & Sign.NEGATIVE:
        result |= Sign.POSITIVE
    if sign & Sign.POSITIVE:
        result |= Sign.NEGATIVE
    return result


def _sum(a: Sign, b: Sign) -> Sign:
    both = a | b
    if both & Sign.POSITIVE and both & Sign.NEGATIVE:
        return Sign.ANY
    return both & ~Sign.ZERO if not (a & Sign.ZERO and b & Sign.ZERO) else both


def _product(a: Sign, b: Sign) -> Sign:
    result = (a | b) & Sign.ZERO
    positive, negative = Sign.POSITIVE, Sign.NEGATIVE
    if (a & positive and b & positive) or (a & negative and b & negative):
        result |= positive
    if (a & positive and b & negative) or (a & negative and b & positive):
        result |= negative
    return result
