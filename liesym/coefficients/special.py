"""Special functions: transcendental kernels known by their derivatives, Bessel functions by pairs, and sign.

Sources: DLMF, sections 9.2, 10.5, 10.6, 10.28 and 10.29.
"""

from __future__ import annotations

import sympy as sp
from sympy import Expr, S

from liesym.coefficients.kernels import Kernels, Rule
from liesym.coefficients.ring import Element, Ring, Slot
from liesym.errors import Unsupported


class SpecialFunctions(Kernels):
    """Functions that SymPy knows the derivative of."""

    def __init__(self, field: Ring) -> None:
        super().__init__(field)
        self.bessel: list[tuple[str, Element, Element, Slot, Element]] = []

    def _known_by_derivative(self, expr: Expr) -> Element:
        """f(u) with f' = the derivative that SymPy states for f, itself in the field."""
        field = self.field
        arguments = [self(a) for a in expr.args]  # type: ignore[arg-type]
        if len(arguments) > 1:  # f(a/4 + 1/4, …) and f((a + 1)/4, …) are one kernel
            expr = expr.func(*map(field.to_expr, arguments))  # type: ignore[assignment]
        if expr not in self.other:

            def derivative(variable: sp.Symbol) -> Element:
                result = field.zero
                for i, a in enumerate(arguments):
                    inner = a.diff(variable)
                    if not inner.is_zero:
                        result = result + self(self._partial(expr, i + 1)) * inner
                return result

            self.other[expr] = field.add_slot(expr, "kernel", derivative=derivative, arguments=arguments)
        return field.of_slot(self.other[expr])

    @staticmethod
    def _partial(expr: Expr, index: int) -> Expr:
        try:
            partial = expr.fdiff(index)  # type: ignore[attr-defined]
        except sp.core.function.ArgumentIndexError as error:
            raise Unsupported(f"the derivative of {expr.func} is not known") from error
        if partial.has(sp.Derivative):
            raise Unsupported(f"the derivative of {expr.func} is not known")
        return partial

    def _airy_bi_prime(self, expr: Expr) -> Element:
        """Bi' from the Wronskian Ai Bi' - Ai' Bi = 1/π (DLMF 9.2.7)."""
        u = expr.args[0]
        ai, ai_prime, bi = self(sp.airyai(u)), self(sp.airyaiprime(u)), self(sp.airybi(u))
        return (self.field.one / self(S.Pi) + ai_prime * bi) / ai

    def _bessel(self, expr: Expr) -> Element:
        """J, Y, I, K through one pair of neighbouring orders and the recurrence (DLMF 10.6.1, 10.29.1)."""
        kind = expr.func.__name__[-1]
        order, argument = self(expr.args[0]), self(expr.args[1])  # type: ignore[arg-type]
        return self._bessel_pair(kind, order, argument)[0]

    def _bessel_pair(self, kind: str, order: Element, argument: Element) -> tuple[Element, Element]:
        """The functions of this order and of the next."""
        base = self._bessel_base(kind, order, argument)
        offset = int((order - base[1]).as_fraction())
        nu, low = base[1], self.field.of_slot(base[3])
        high = base[4]
        for _ in range(abs(offset)):
            if offset > 0:
                low, high, nu = high, _next_bessel(kind, nu + 1, argument, low, high), nu + 1
            else:
                low, high, nu = _previous_bessel(kind, nu, argument, low, high), low, nu - 1
        return low, high

    def _bessel_base(self, kind: str, order: Element, argument: Element) -> tuple[str, Element, Element, Slot, Element]:
        for entry in self.bessel:
            offset = order - entry[1]
            whole = offset.is_rational and offset.as_fraction().denominator == 1
            if whole and entry[0] == kind and entry[2] == argument:
                return entry
        field, function = self.field, {"j": sp.besselj, "y": sp.bessely, "i": sp.besseli, "k": sp.besselk}[kind]
        nu, u = field.to_expr(order), field.to_expr(argument)
        sign_low, sign_high = {"j": (-1, 1), "y": (-1, 1), "i": (1, 1), "k": (-1, -1)}[kind]

        def low_derivative(variable: sp.Symbol) -> Element:
            x, n = argument, order
            return (n / x * field.of_slot(low) + high() * sign_low) * x.diff(variable)

        def high_derivative(variable: sp.Symbol) -> Element:
            x, n = argument, order
            return (field.of_slot(low) * sign_high - (n + 1) / x * high()) * x.diff(variable)

        low = field.add_slot(function(nu, u), "kernel", derivative=low_derivative, arguments=(order, argument))
        partner = {"y": "j", "k": "i"}.get(kind)
        if partner is None:
            upper = field.add_slot(function(nu + 1, u), "kernel", derivative=high_derivative, arguments=(order, argument))

            def high() -> Element:
                return field.of_slot(upper)
        else:
            first = self._bessel_pair(partner, order, argument)

            def high() -> Element:
                return self._bessel_wronskian(kind, first, argument, field.of_slot(low))

        entry = (kind, order, argument, low, high())
        self.bessel.append(entry)
        return entry

    def _bessel_wronskian(
        self, kind: str, first: tuple[Element, Element], argument: Element, second_low: Element
    ) -> Element:
        """The upper neighbour of Y (of K) from the cross product with J (with I); DLMF 10.5.2 and 10.28.2."""
        low, high, x = first[0], first[1], argument
        if kind == "y":
            return (high * second_low - self.field.constant(2) / (self(S.Pi) * x)) / low
        return (self.field.one / x - high * second_low) / low


def _next_bessel(kind: str, nu: Element, x: Element, low: Element, high: Element) -> Element:
    """Order nu + 1 from orders nu - 1 (low) and nu (high)."""
    middle = nu * 2 / x * high
    return {"j": middle - low, "y": middle - low, "i": low - middle, "k": middle + low}[kind]


def _previous_bessel(kind: str, nu: Element, x: Element, low: Element, high: Element) -> Element:
    """Order nu - 1 from orders nu (low) and nu + 1 (high)."""
    middle = nu * 2 / x * low
    return {"j": middle - high, "y": middle - high, "i": middle + high, "k": high - middle}[kind]


def _number_symbol(self: Kernels, expr: Expr) -> Element:
    if expr not in self.other:
        self.other[expr] = self.field.add_slot(expr, "kernel")
    return self.field.of_slot(self.other[expr])


RULES: dict[type, Rule] = {
    sp.Abs: lambda self, e: self.sign_of(self(e.args[0])) * self(e.args[0]),
    sp.sign: lambda self, e: self.sign_of(self(e.args[0])),
    sp.airybiprime: lambda self, e: self._airy_bi_prime(e),
    sp.besselj: lambda self, e: self._bessel(e),
    sp.bessely: lambda self, e: self._bessel(e),
    sp.besseli: lambda self, e: self._bessel(e),
    sp.besselk: lambda self, e: self._bessel(e),
    type(S.Pi): _number_symbol,
    type(S.EulerGamma): _number_symbol,
}
