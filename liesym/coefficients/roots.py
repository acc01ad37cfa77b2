"""Roots: u^(k/s) for elements u, over irreducible factors, as chains R^s = p.

The factors are those of `factored`, with the sign put where it does no harm and conjugates joined, so that the roots (and
the logarithms, which ask for the same factors) keep no relation that is not written down. A power with a fractional
exponent is the real one of a base that is not negative, so (p^2)^(1/2) = p sign(p) and (p^2)^(1/4) is a root of |p|; sign(p)
is a slot whose square is 1 and whose derivative is 0. sqrt(a b) is written sqrt(a) sqrt(b), which is right where both are
positive; what is made of it is looked at on the other sides by `liesym.testing.second_look`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from flint import fmpz, fmpz_mpoly
from sympy import Expr, S

from liesym.coefficients.kernels import Kernels, Rule
from liesym.coefficients.ring import Element, Ring, Slot


@dataclass
class RootChain:
    """Roots of one element: base^(1/s_1), then its s_2-th root, and so on; refined when a finer one is asked for.

    Arguments:
        base: an irreducible polynomial, or the slot of an exponential.
        rungs: (s_i, slot) with slot_i^(s_i) = slot_{i-1}.
    """

    field: Ring
    base: Element
    expr: Expr
    rungs: list[tuple[int, Slot]]

    def refine(self, degree: int) -> None:
        """Make base^(1/degree) available."""
        total = self.degree
        step = int(sp.ilcm(total, degree)) // total
        if step == 1:
            return
        field, base, full = self.field, self.base, total * step
        below = field.poly(self.rungs[-1][1]) if self.rungs else base.num

        def derivative(variable: sp.Symbol) -> Element:
            return field.of_slot(slot) * base.diff(variable) / (base * full)

        expression = _root_expression(self.expr, full)
        slot = field.add_slot(expression, "root", degree=step, relation=field.lift(below), derivative=derivative)
        self.rungs.append((step, slot))

    @property
    def degree(self) -> int:
        total = 1
        for step, _ in self.rungs:
            total *= step
        return total

    def power(self, exponent: Fraction) -> Element:
        """base^exponent, its exponent written in the mixed radix of the chain."""
        self.refine(exponent.denominator)
        total = self.degree
        whole, rest = divmod(int(exponent * total), total)
        result = self.base**whole
        for step, slot in self.rungs:
            total //= step
            digit, rest = divmod(rest, total)
            result = result * self.field.of_slot(slot) ** digit
        return result


def _root_expression(expr: Expr, degree: int) -> Expr:
    if isinstance(expr, sp.exp):
        return sp.exp(expr.args[0] / degree)  # type: ignore[operator]
    if isinstance(expr, sp.Pow) and not expr.args[1].is_number:
        return sp.Pow(expr.args[0], expr.args[1] / degree)  # type: ignore[operator]
    return sp.Pow(expr, sp.Rational(1, degree))


class Roots(Kernels):
    """Rational powers of elements."""

    def __init__(self, field: Ring) -> None:
        super().__init__(field)
        self.root_chains: dict[Expr, RootChain] = {}
        self.exp_chains: dict[int, RootChain] = {}
        self.sign_slots: dict[Expr, Slot] = {}

    def _factors(self, poly: fmpz_mpoly, known: Iterable[Expr]) -> tuple[int, list[tuple[fmpz_mpoly, Expr, int]]]:
        """(content, [(p, expression of p, multiplicity)]) with poly = content * Π p^e; content < 0 only if unavoidable.

        Each p is oriented like a kernel that exists already, else so that the content is positive.
        """
        field = self.field
        known = set(known)
        content, raw = field.factored(poly)
        content, raw = self._without_conjugates(int(content), [(p, int(e)) for p, e in raw], known)
        sign = -1 if content < 0 else 1
        result: list[tuple[fmpz_mpoly, Expr, int]] = []
        free: int | None = None
        for p, e in raw:
            expr = field.poly_to_expr(p)
            if sp.expand(-expr) in known and expr not in known:
                p, expr = -p, sp.expand(-expr)
                sign *= -1 if e % 2 else 1
            elif expr not in known and e % 2 and free is None:
                free = len(result)
            result.append((p, expr, e))
        if sign < 0 and free is not None:
            p, expr, e = result[free]
            result[free] = (-p, sp.expand(-expr), e)
            sign = 1
        return sign * abs(int(content)), result

    def _without_conjugates(
        self, content: int, factors: list[tuple[fmpz_mpoly, int]], known: set[Expr]
    ) -> tuple[int, list[tuple[fmpz_mpoly, int]]]:
        """Replace a factor by norm/conjugate where its conjugate has a kernel already.

        (1 + sin u)(1 - sin u) = cos(u)^2 and (sqrt(x^2 + 1) + x)(sqrt(x^2 + 1) - x) = 1 are relations between the
        logarithms, and between the roots, of the factors; this way only one factor of each pair gets a kernel.
        """
        field = self.field
        powers: dict[str, tuple[fmpz_mpoly, int]] = {}

        def add(p: fmpz_mpoly, e: int) -> None:
            before = powers.get(str(p), (p, 0))[1]
            powers[str(p)] = (p, before + e)

        for p, e in factors:
            conjugate = self._conjugate_factor(field.lift(p), known)
            if conjugate is None or field.poly_to_expr(p) in known:
                add(field.lift(p), e)
                continue
            constant, rest = field.factored(field.reduce(field.lift(p) * conjugate))
            if constant < 0:
                add(field.lift(p), e)
                continue
            content *= int(constant) ** e
            for q, k in rest:
                add(q, int(k) * e)
            add(conjugate, -e)
        return content, [(p, e) for p, e in powers.values() if e]

    def _conjugate_factor(self, poly: fmpz_mpoly, known: set[Expr]) -> fmpz_mpoly | None:
        """The factor with the sign of its newest square root (or sine) changed, in the orientation that is known.

        None if it holds no square root, nothing else, or if neither orientation is known.
        """
        field = self.field
        if self._slot_of(poly) is not None:
            return None
        degrees = poly.degrees()
        for slot in reversed(field.roots):
            if slot.degree == 2 and degrees[field.capacity - 1 - slot.index] > 0:
                parts = field.coefficients_in(poly, slot)
                zero = field.ctx.constant(0)
                conjugate = parts.get(0, zero) - parts.get(1, zero) * field.poly(slot)
                return next((c for c in (conjugate, -conjugate) if field.poly_to_expr(c) in known), None)
        return None

    def root(self, base: Element, exponent: Fraction) -> Element:
        """base^exponent for a rational exponent, the real one that is not negative."""
        return self._power_of(base, exponent, principal=True)

    def any_root(self, base: Element, exponent: Fraction) -> Element:
        """An element that is base^exponent up to a factor constant on each side of the branches: p for sqrt(p^2).

        For what is sought up to a constant factor, or with both signs, as the roots of a quadratic equation.
        """
        return self._power_of(base, exponent, principal=False)

    def _power_of(self, base: Element, exponent: Fraction, *, principal: bool) -> Element:
        field = self.field
        if base.is_zero:
            if exponent < 0:
                raise ZeroDivisionError("negative power of zero")
            return base
        if exponent.denominator == 1:
            return base ** int(exponent)
        result = field.one
        parts = [(base.num, exponent)] + ([] if base.den.is_one() else [(base.den, -exponent)])
        for poly, power in parts:
            content, factors = self._factors(poly, {*self.root_degrees, *self.root_chains})
            result = result * self._root_of_integer(content, power)
            signed = any(e % 2 and self._is_sign(p) for p, _, e in factors)
            beside = any(e % 2 and not self._is_sign(p) for p, _, e in factors)
            for p, expr, e in factors:
                if beside and self._is_sign(p):
                    continue  # the whole is positive, and of the other factors the absolute values are taken
                even = e % 2 == 0 and power.denominator % 2 == 0
                if (signed and beside and e % 2) or (even and principal):
                    result = result * self._root_of_absolute(field.lift(p), expr, power * e)
                else:
                    result = result * self._root_of_factor(field.lift(p), expr, power * e)
        return result

    def _root_of_absolute(self, p: fmpz_mpoly, expr: Expr, power: Fraction) -> Element:
        """|p|^power."""
        if self._is_positive(p, expr):
            return self._root_of_factor(p, expr, power)
        base, sign = self.field.of_poly(p), self.sign_slot(expr)
        if power.denominator == 1:
            return (base * sign if power.numerator % 2 else base) ** int(power)
        key = sp.Abs(expr)
        chain = self.root_chains.get(key)
        if chain is None:
            chain = self.root_chains[key] = RootChain(self.field, base * sign, key, [])
            chain.refine(self.root_degrees.get(key, 1))
        if self.recording:
            self.root_degrees[key] = int(sp.ilcm(self.root_degrees.get(key, 1), power.denominator))
        return chain.power(power)

    def _is_positive(self, p: fmpz_mpoly, expr: Expr) -> bool:
        """True if p is positive wherever it is real and not zero: by its form, or since it has an even root already."""
        slot = self._slot_of(p)
        if slot is not None and slot.kind == "kernel" and isinstance(slot.expr, sp.exp | sp.Pow):
            return True
        if slot is not None and slot.kind == "root" and isinstance(slot.expr, sp.Pow):
            return True
        degree = self.root_degrees.get(expr, 1) * (self.root_chains[expr].degree if expr in self.root_chains else 1)
        return bool(expr.is_nonnegative) or degree > 1

    def sign_of(self, element: Element) -> Element:
        """The sign of an element: that of its content times sign(p) for the factors p of odd multiplicity."""
        result = self.field.one
        for poly in (element.num, element.den):
            content, factors = self._factors(poly, {*self.root_degrees, *self.root_chains, *self.sign_slots})
            result = result * (-1 if content < 0 else 1)
            for p, expr, e in factors:
                if e % 2 and not self._is_positive(p, expr):
                    result = result * (self.field.of_poly(p) if self._is_sign(p) else self.sign_slot(expr))
        return result

    def _is_sign(self, p: fmpz_mpoly) -> bool:
        """True if the polynomial is one of the slots sign(q)."""
        slot = self._slot_of(p)
        return slot is not None and isinstance(slot.expr, sp.sign)

    def sign_slot(self, expr: Expr) -> Element:
        """sign(p) for an irreducible p: locally constant, with square 1."""
        if expr not in self.sign_slots:
            slot = self.field.add_slot(sp.sign(expr), "root", degree=2, relation=self.field.ctx.constant(1))
            self.sign_slots[expr] = slot
        return self.field.of_slot(self.sign_slots[expr])

    def _root_of_integer(self, value: int, power: Fraction) -> Element:
        result = self.field.one
        if value < 0:
            result = self._root_of_factor(self.field.ctx.constant(-1), S.NegativeOne, power)
        for prime, e in fmpz(abs(value)).factor():
            result = result * self._root_of_factor(self.field.ctx.constant(prime), sp.Integer(int(prime)), power * int(e))
        return result

    def _root_of_factor(self, p: fmpz_mpoly, expr: Expr, power: Fraction) -> Element:
        field = self.field
        base = field.of_poly(p)
        if power.denominator == 1:
            return base ** int(power)
        slot = self._slot_of(p)
        if slot is not None and slot.kind == "kernel":
            argument = self._argument_of(slot)
            if argument is not None:
                return self.exponential(argument * power)
        below = self._base_of_root(slot) if slot is not None and slot.kind == "root" else None
        if below is not None:
            return self.root(below[0], power * below[1])
        if expr is S.NegativeOne and power.denominator % 2:
            return base ** int(power.numerator)
        chain = self.root_chains.get(expr)
        if chain is None:
            chain = self.root_chains[expr] = RootChain(field, base, expr, [])
            chain.refine(self.root_degrees.get(expr, 1))
        if self.recording:
            self.root_degrees[expr] = int(sp.ilcm(self.root_degrees.get(expr, 1), power.denominator))
        return chain.power(power)

    def _base_of_root(self, slot: Slot) -> tuple[Element, Fraction] | None:
        """(p, 1/s) for the slot p^(1/s) of a chain of roots; None for other slots."""
        for chain in (*self.root_chains.values(), *self.exp_chains.values()):
            degree = 1
            for step, rung in chain.rungs:
                degree *= step
                if rung is slot:
                    return chain.base, Fraction(1, degree)
        return None


RULES: dict[type, Rule] = {
    type(S.ImaginaryUnit): lambda self, e: self.root(self.field.constant(-1), Fraction(1, 2)),
}
