"""Exponentials, logarithms and hyperbolic functions: exp of a sum is a product, log of a product is a sum.

exp(a + b) = exp(a) exp(b) over a lattice basis of arguments; log of a product over its irreducible factors; hyperbolic
functions are exponentials, their inverses are logarithms. log(p^2) = 2 log|p|, and log|p| has the derivative p'/p on both
sides; log(a b) is written log a + log b, which is right where both are positive.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from flint import fmpz, fmpz_mpoly
from sympy import Expr, S

from liesym.coefficients.kernels import Kernels, KernelVector, Rule
from liesym.coefficients.ring import Element, Slot
from liesym.coefficients.roots import RootChain, Roots
from liesym.errors import Unsupported


class Exponentials(Roots):
    """exp and log of elements."""

    def exponential(self, argument: Element) -> Element:
        """exp of an element.

        A constant in the argument has a kernel of its own: exp(u + c)/exp(u) is a constant, and splitting would take the
        two for independent over the constants.
        """
        result = self.field.one
        moving: KernelVector = {}
        constant: KernelVector = {}
        logs = {slot.expr: key for key, slot in self.log_slots.items()}
        for term, c in self._terms(argument).items():
            if term in logs:
                absolute = isinstance(term.args[0], sp.Abs)
                result = result * self.root(self(sp.Abs(logs[term]) if absolute else logs[term]), c)
            else:
                (moving if self._level(term) else constant)[term] = c
        for vector in (constant, moving):
            if vector:
                result = result * self._exponential_of(vector)
        return result

    def _exponential_of(self, vector: KernelVector) -> Element:
        field, result = self.field, self.field.one
        for index, multiple in self._lattice_coordinates(vector, self.exp_basis, self.exp_slots, self.seen_exp):
            if self.exp_slots[index] is None:
                self.exp_slots[index] = self._new_exponential(self.exp_basis[index])
            slot = self.exp_slots[index]
            assert slot is not None
            if multiple.denominator == 1:
                result = result * field.of_slot(slot) ** int(multiple)
                continue
            if index not in self.exp_chains:
                self.exp_chains[index] = RootChain(field, field.of_slot(slot), slot.expr, [])
            result = result * self.exp_chains[index].power(multiple)
        return result

    def _new_exponential(self, vector: KernelVector) -> Slot:
        argument = self._combination(vector)
        exponent = sp.Add(*(sp.Rational(c.numerator, c.denominator) * term for term, c in vector.items()))
        expr = self._as_power(vector) or sp.exp(exponent)

        def derivative(variable: sp.Symbol) -> Element:
            return self.field.of_slot(slot) * argument.diff(variable)

        slot = self.field.add_slot(expr, "kernel", derivative=derivative, arguments=(argument,))
        return slot

    def _as_power(self, vector: KernelVector) -> Expr | None:
        """Π p^w if every term is w * log(p); the way people write x^a."""
        factors: list[Expr] = []
        for term, c in vector.items():
            logs = [a for a in sp.Mul.make_args(term) if isinstance(a, sp.log)]
            if len(logs) != 1:
                return None
            factors.append(sp.Pow(logs[0].args[0], sp.Rational(c.numerator, c.denominator) * term / logs[0]))
        return sp.Mul(*factors)

    def logarithm(self, element: Element) -> Element:
        """log of an element, split over irreducible factors."""
        if element.is_zero:
            raise Unsupported("log(0)")
        return self._log_of_poly(element.num) - self._log_of_poly(element.den)

    def _log_of_poly(self, poly: fmpz_mpoly) -> Element:
        field = self.field
        content, factors = self._factors(poly, self.log_slots)
        result = field.zero
        if content < 0:
            result = self._log_slot(S.NegativeOne, field.constant(-1))
        for prime, e in fmpz(abs(content)).factor():
            result = result + self._log_slot(sp.Integer(int(prime)), field.constant(int(prime))) * int(e)
        signed = any(e % 2 and self._is_sign(p) for p, _, e in factors)
        for p, expr, e in factors:
            if self._is_sign(p):
                continue  # log|sign(p)| = 0: of the other factors the absolute values are taken
            trigonometric = self._log_of_one_plus(field.lift(p))
            if trigonometric is not None:
                result = result + trigonometric * e
                continue
            slot = self._slot_of(p)
            argument = self._argument_of(slot) if slot is not None else None
            if argument is not None:
                result = result + argument * e
                continue
            below = self._base_of_root(slot) if slot is not None and slot.kind == "root" else None
            if below is not None:
                result = result + self.logarithm(below[0]) * (below[1] * e)
            else:
                absolute = (signed or e % 2 == 0) and not self._is_positive(p, expr)
                shown = sp.log(sp.Abs(expr)) if absolute else None
                result = result + self._log_slot(expr, field.of_poly(field.lift(p)), shown) * e
        return result

    def _log_of_one_plus(self, p: fmpz_mpoly) -> Element | None:
        """log(1 ± sin u) = log cos u ± atanh(sin u), log(1 ± cos u) = log sin u ± atanh(cos u); None for other factors.

        So the four logarithms of an angle keep no relation, and what is real for real u is written in real kernels.
        """
        field, one = self.field, self.field.ctx.constant(1)
        for pair in self.trig_slots:
            if pair is None:
                continue
            for mine, other in (pair, pair[::-1]):
                slot = field.poly(mine)
                for negative, q in ((False, p), (True, -p)):
                    sign = 1 if q == one + slot else -1 if q == one - slot else 0
                    if sign:
                        inner = field.of_slot(mine)
                        ratio = (inner + 1) / field.of_slot(other)
                        angle = self._log_slot((1 + mine.expr) / other.expr, ratio, sp.atanh(mine.expr))
                        result = self._log_slot(other.expr, field.of_slot(other)) + angle * sign
                        return result + self._log_slot(S.NegativeOne, field.constant(-1)) if negative else result
        return None

    def _log_slot(self, expr: Expr, inner: Element, shown: Expr | None = None) -> Element:
        """The kernel log(expr), written as `shown` where that is given."""
        field = self.field
        if expr not in self.log_slots:

            def derivative(variable: sp.Symbol) -> Element:
                return inner.diff(variable) / inner

            self.log_slots[expr] = field.add_slot(shown or sp.log(expr), "kernel", derivative=derivative, arguments=(inner,))
        return field.of_slot(self.log_slots[expr])


def _hyperbolic(combine: Callable[[Element, Element], Element]) -> Rule:
    def rule(self: Kernels, expr: Expr) -> Element:
        e = self.exponential(self(expr.args[0]))  # type: ignore[arg-type]
        return combine(e, self.field.one / e)

    return rule


def rewritten(rewrite: Callable[[Expr], Expr]) -> Rule:
    """The rule for a function that is an expression in others."""

    def rule(self: Kernels, expr: Expr) -> Element:
        return self(rewrite(expr.args[0]))  # type: ignore[arg-type]

    return rule


RULES: dict[type, Rule] = {
    sp.exp: lambda self, e: self.exponential(self(e.args[0])),
    sp.log: lambda self, e: self.logarithm(self(e.args[0])),
    type(S.Exp1): lambda self, e: self.exponential(self.field.one),
    sp.sinh: _hyperbolic(lambda e, f: (e - f) / 2),
    sp.cosh: _hyperbolic(lambda e, f: (e + f) / 2),
    sp.tanh: _hyperbolic(lambda e, f: (e - f) / (e + f)),
    sp.coth: _hyperbolic(lambda e, f: (e + f) / (e - f)),
    sp.sech: _hyperbolic(lambda e, f: 2 / (e + f)),
    sp.csch: _hyperbolic(lambda e, f: 2 / (e - f)),
    sp.asinh: rewritten(lambda u: sp.log(u + sp.sqrt(u**2 + 1))),
    sp.acosh: rewritten(lambda u: sp.log(u + sp.sqrt(u**2 - 1))),
    sp.atanh: rewritten(lambda u: (sp.log(1 + u) - sp.log(1 - u)) / 2),
    sp.acoth: rewritten(lambda u: (sp.log(sp.Abs(u + 1)) - sp.log(sp.Abs(u - 1))) / 2),
}
