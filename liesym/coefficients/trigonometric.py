"""Trigonometric functions: one pair of cosine and sine, s^2 = 1 - c^2, for each vector of a lattice basis of arguments.

Sums and multiples of angles by the addition theorem, halves of a basis angle by square roots of 2 + 2 cos u.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Expr, S

from liesym.coefficients.exponentials import rewritten
from liesym.coefficients.kernels import Kernels, KernelVector, Rule
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element, Slot


class Trigonometric(Kernels):
    """Cosines and sines of elements."""

    def cos_sin(self, argument: Element) -> tuple[Element, Element]:
        """(cos u, sin u) by the addition theorem over the lattice basis."""
        field = self.field
        c, s = field.one, field.zero
        vector = self._terms(argument)
        if not vector:
            return c, s
        for index, multiple in self._lattice_coordinates(vector, self.trig_basis, self.trig_slots, self.seen_trig):
            if self.trig_slots[index] is None:
                self.trig_slots[index] = self._new_trig(self.trig_basis[index])
            pair = self.trig_slots[index]
            assert pair is not None
            cosine, sine = field.of_slot(pair[0]), field.of_slot(pair[1])
            if multiple.denominator != 1 and not self.recording:
                cosine, sine = self._half_angles(index, multiple.denominator)
            ck, sk = self._multiple_angle(cosine, sine, abs(multiple.numerator))
            sk = sk if multiple > 0 else -sk
            c, s = c * ck - s * sk, s * ck + c * sk
        return c, s

    def _multiple_angle(self, c: Element, s: Element, n: int) -> tuple[Element, Element]:
        cn, sn = self.field.one, self.field.zero
        for _ in range(n):
            cn, sn = cn * c - sn * s, sn * c + cn * s
        return cn, sn

    def _half_angles(self, index: int, denominator: int) -> tuple[Element, Element]:
        """(cos, sin) of a basis angle over a power of two: 2 cos(u/2) is a square root of 2 + 2 cos u."""
        field = self.field
        if denominator & (denominator - 1):
            raise NeedsRefinement(self.trig_basis[index])
        pair = self.trig_slots[index]
        assert pair is not None
        cosine, sine = field.of_slot(pair[0]), field.of_slot(pair[1])
        angle = pair[0].expr.args[0]
        while denominator > 1:
            denominator //= 2
            angle = angle / 2
            key = sp.cos(angle)
            if key not in self.other:
                relation = ((cosine + 1) * 2).num
                double, halved = field.of_poly(relation), angle

                def derivative(variable: sp.Symbol, double: Element = double, key: Expr = key) -> Element:
                    root = field.of_slot(self.other[key])
                    return root * double.diff(variable) / (double * 2)

                self.other[key] = field.add_slot(
                    2 * sp.cos(halved), "root", degree=2, relation=field.lift(relation), derivative=derivative
                )
            root = field.of_slot(self.other[key])
            cosine, sine = root / 2, sine / root
        return cosine, sine

    def _new_trig(self, vector: KernelVector) -> tuple[Slot, Slot]:
        field = self.field
        argument = self._combination(vector)
        angle = sp.Add(*(sp.Rational(c.numerator, c.denominator) * term for term, c in vector.items()))

        def cos_derivative(variable: sp.Symbol) -> Element:
            return -field.of_slot(sine) * argument.diff(variable)

        def sin_derivative(variable: sp.Symbol) -> Element:
            return field.of_slot(cosine) * argument.diff(variable)

        cosine = field.add_slot(sp.cos(angle), "kernel", derivative=cos_derivative, arguments=(argument,))
        c = field.poly(cosine)
        sine = field.add_slot(sp.sin(angle), "root", degree=2, relation=1 - c**2, derivative=sin_derivative)
        return cosine, sine


def _trigonometric(combine: Callable[[Element, Element], Element]) -> Rule:
    def rule(self: Kernels, expr: Expr) -> Element:
        return combine(*self.cos_sin(self(expr.args[0])))  # type: ignore[arg-type]

    return rule


RULES: dict[type, Rule] = {
    sp.cos: _trigonometric(lambda c, s: c),
    sp.sin: _trigonometric(lambda c, s: s),
    sp.tan: _trigonometric(lambda c, s: s / c),
    sp.cot: _trigonometric(lambda c, s: c / s),
    sp.sec: _trigonometric(lambda c, s: 1 / c),
    sp.csc: _trigonometric(lambda c, s: 1 / s),
    sp.acos: rewritten(lambda u: S.Pi / 2 - sp.asin(u)),
    sp.acot: rewritten(lambda u: S.Pi / 2 * sp.sign(u) - sp.atan(u)),
}
