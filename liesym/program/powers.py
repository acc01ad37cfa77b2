"""Products and powers: bases first, then numerator, denominator and one division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, S

from liesym.program.builder import Builder, Sign
from liesym.program.domains import NONNEGATIVE, NONZERO, POSITIVE, Domain
from liesym.program.functions import constant_value
from liesym.program.plans import Key, Plan, Reading
from liesym.program.scopes import Signed

LONGEST_POWER = 64
"""Integer powers up to this one are products; beyond, `pow` is faster and as accurate."""


def plan_product(expr: Expr, reading: Reading, scope: int) -> Plan:
    """A product of powers, or a power alone."""
    numbers: list[Expr] = []
    factors: list[tuple[Basic, Rational | None]] = []
    operands: list[Key] = []
    for factor in Mul.make_args(expr):
        if factor.is_number:
            numbers.append(factor)
        elif isinstance(factor, Pow) and isinstance(factor.exp, Rational):
            factors.append((factor.base, factor.exp))
            operands.append((factor.base, scope))
        elif isinstance(factor, Pow):
            factors.append((factor, None))
            operands += [(factor.base, scope), (factor.exp, scope)]
        else:
            factors.append((factor, S.One))
            operands.append((factor, scope))
    if len(factors) == 1 and not numbers and factors[0][1] == S.Half:
        legs = _legs(factors[0][0], reading)
        if legs:
            return Plan(tuple((leg, scope) for leg in legs), lambda a, c: _hypot(reading.builder, a, c))
    return Plan(tuple(operands), lambda *nodes: _product(Mul(*numbers), factors, nodes, reading, scope))


def _product(
    coefficient: Expr,
    factors: Sequence[tuple[Basic, Rational | None]],
    nodes: Sequence[Signed],
    reading: Reading,
    scope: int,
) -> Signed:
    b, plain = reading.builder, reading.scopes.plain
    value = constant_value(coefficient)
    negative = value < 0
    above, below = [b.constant(abs(value))], []
    operands = iter(nodes)
    for base, exponent in factors:
        signed = next(operands)
        if exponent is None:
            above.append(_general_power(base, plain(signed), plain(next(operands)), reading, scope))
            continue
        if signed[1] and exponent.q == 1:
            negative ^= bool(exponent.p % 2)
            node = signed[0]
        else:
            node = plain(signed)
        node, beneath = _Power(base, node, exponent, reading, scope).placed()
        (below if beneath else above).append(node)
    top = b.product(above)
    return (b.div(top, b.product(below)) if below else top), negative


@dataclass(frozen=True, slots=True)
class _Power:
    """base**exponent with a rational exponent, the node of the base being there."""

    base: Basic
    node: int
    exponent: Rational
    reading: Reading
    scope: int

    def placed(self) -> tuple[int, bool]:
        """A factor, and whether it belongs into the denominator."""
        p, q = int(self.exponent.p), int(self.exponent.q)
        b, node = self.reading.builder, self.node
        if abs(self.exponent) > 1:
            node = self.reading.scopes.still(node, 1.0, self.scope)
        if abs(p) > LONGEST_POWER or q not in (1, 2, 4) or (q == 4 and p < 0):
            return self._by_pow(node), False
        if q == 2:
            return self._half(node, p), False
        if q == 4:
            return b.power(safe_root(b, self._half(node, 1)), p), False
        return (b.power(node, p), False) if p > 0 else self._reciprocal(node, -p)

    def _inside(self, node: int, domain: Domain) -> int:
        return self.reading.scopes.inside(node, domain, self.base, self.scope)

    def _reciprocal(self, node: int, p: int) -> tuple[int, bool]:
        """base**(-p), by the inverse root or the reciprocal where it is there anyway, else by division."""
        b = self.reading.builder
        if self._has_inverse_root() and b.is_nonnegative(node):
            root = b.node("rsqrt", self._inside(node, POSITIVE))
            return b.power(b.mul(root, root), p), False
        if self._reciprocal_is_shared():
            return b.power(b.node("reciprocal", self._inside(node, NONZERO)), p), False
        return b.power(self._inside(node, NONZERO), p), True

    def _half(self, node: int, p: int) -> int:
        """base**(p/2), p odd."""
        b = self.reading.builder
        if p < 0:
            return b.power(b.node("rsqrt", self._inside(node, POSITIVE)), -p)
        if self.base in self.reading.tied_roots:
            operand = self._inside(node, POSITIVE)
            root = b.mul(operand, b.node("rsqrt", operand)) if self._has_inverse_root() else b.node("sqrt", operand)
        else:
            operand = self._inside(node, NONNEGATIVE)
            root = safe_root(b, operand)
        return root if p == 1 else b.mul(b.power(operand, p // 2), root)

    def _by_pow(self, node: int) -> int:
        """By the operation pow; an integer exponent takes a negative base, any other does not."""
        b, exponent = self.reading.builder, self.exponent
        if exponent.q == 1:
            operand = self._inside(node, NONZERO) if exponent < 0 else node
        else:
            operand = self._inside(node, POSITIVE if exponent < 0 else NONNEGATIVE)
        power = b.constant(constant_value(exponent))
        if exponent < 0 or exponent.q == 1 or b.is_positive(operand):
            return b.node("pow", operand, power)
        zero = b.node("eq", operand, b.constant(0.0))
        root = b.node("pow", b.node("where", zero, b.constant(1.0), operand), power)
        return b.node("where", zero, b.constant(0.0), root)

    def _has_inverse_root(self) -> bool:
        return any(e.q == 2 and e < 0 for e in self.reading.exponents(self.base))

    def _reciprocal_is_shared(self) -> bool:
        counts = self.reading.exponents(self.base)
        return sum(count for e, count in counts.items() if e.q == 1 and e < 0) > 1


def safe_root(b: Builder, operand: int) -> int:
    """sqrt(u) with gradient 0, not infinity, at u = 0."""
    if b.is_positive(operand):
        return b.node("sqrt", operand)
    zero = b.node("eq", operand, b.constant(0.0))
    root = b.node("sqrt", b.node("where", zero, b.constant(1.0), operand))
    return b.node("where", zero, b.constant(0.0), root, sign=Sign.NONNEGATIVE)


def _general_power(expr: Basic, base: int, exponent: int, reading: Reading, scope: int) -> int:
    """base**exponent with an exponent that is no number: 0**e is 0, 1 or infinity, with a finite gradient."""
    b, scopes = reading.builder, reading.scopes
    base, exponent = scopes.still(base, 1.0, scope), scopes.still(exponent, 1.0, scope)
    if b.is_positive(base):
        return b.node("pow", base, exponent)
    operand = scopes.inside(base, POSITIVE if not b.is_positive(exponent) else NONNEGATIVE, expr.args[0], scope)
    zero = b.node("eq", operand, b.constant(0.0))
    power = b.node("pow", b.node("where", zero, b.constant(1.0), operand), exponent)
    unity = b.where(b.node("eq", exponent, b.constant(0.0)), b.constant(1.0), b.constant(float("inf")))
    at_zero = b.where(b.node("lt", b.constant(0.0), exponent), b.constant(0.0), unity)
    return b.node("where", zero, at_zero, power)


def _legs(base: Basic, reading: Reading) -> tuple[Basic, Basic] | None:
    """(a, b) if base is a**2 + b**2 and only its square root is wanted."""
    if not isinstance(base, Add) or len(base.args) != 2 or set(reading.exponents(base)) != {S.Half}:
        return None
    pairs = [a.as_base_exp() for a in base.args]
    if any(e != Integer(2) or not isinstance(u, Expr) for u, e in pairs):
        return None
    return pairs[0][0], pairs[1][0]


def _hypot(b: Builder, first: Signed, second: Signed) -> Signed:
    """hypot(a, b) with gradient 0 at the origin."""
    a, c = first[0], second[0]
    if b.is_nonzero(a) or b.is_nonzero(c):
        return b.node("hypot", a, c), False
    none = b.constant(0.0)
    zero = b.node("and", b.node("eq", a, none), b.node("eq", c, none))
    length = b.node("hypot", b.node("where", zero, b.constant(1.0), a), c)
    return b.node("where", zero, none, length, sign=Sign.NONNEGATIVE), False
