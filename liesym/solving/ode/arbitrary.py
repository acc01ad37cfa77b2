"""Antiderivatives of expressions in arbitrary functions of one argument.

    ∫ c f(u) u^k ∂_x u dx = c ∫_a^u f(s) s^k ds,    c free of x

k = u ∂_x h / (h ∂_x u) is the same rational number everywhere exactly if h = c u^k.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Integral, Pow, Rational, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.names import free_symbols_named
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, Slot


def primitives(element: Element, slots: Sequence[Slot], variable: Symbol, field: Field) -> Iterator[Element]:
    """∫_a^u f(s) s^k ds for each f(u) of which the element is a polynomial, with a = 0 or, for a pole there, 1.

    For f(x) of the variable itself it is the indefinite ∫ f(x) x^k dx.
    """
    for slot in slots:
        if not isinstance(slot.expr, AppliedUndef) or len(slot.expr.args) != 1:
            continue
        if slot.index in field.slots_of(field.of_poly(field.lift(element.den))):
            continue
        inside = field(slot.expr.args[0])  # type: ignore[arg-type]
        slope = inside.diff(variable)
        parts = field.coefficients_in(field.lift(element.num), slot)
        for power, part in parts.items():
            weight = field.of_poly(part) / field.of_poly(field.lift(element.den)) / slope
            exponent = _exponent(weight, inside, slope, variable) if power else None
            if exponent is not None:
                yield field(_integral(slot, power, exponent, field))


def _exponent(weight: Element, inside: Element, slope: Element, variable: Symbol) -> Rational | None:
    """k with weight = c inside^k, c free of the variable."""
    found = inside * weight.diff(variable) / (weight * slope)
    if not found.is_rational:
        return None
    value = found.as_fraction()
    return Rational(value.numerator, value.denominator)


def _integral(slot: Slot, power: int, exponent: Rational, field: Field) -> Integral:
    (inside,) = slot.expr.args
    if isinstance(inside, Symbol):
        return Integral(slot.expr**power * Pow(inside, exponent), inside)
    (bound,) = free_symbols_named(("s",), (symbol.name for symbol in field.by_symbol))
    integrand = slot.expr.func(bound) ** power * Pow(bound, exponent)  # type: ignore[operator]
    return Integral(integrand, (bound, 0 if exponent >= 0 else 1, inside))  # type: ignore[operator]
