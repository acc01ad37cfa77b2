"""Definite integrals with limits that move, as kernels.

d/dv ∫_a^b g(s) ds = g(b) ∂_v b - g(a) ∂_v a
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Integral, Symbol

from liesym.errors import Unsupported

if TYPE_CHECKING:
    from liesym.coefficients.convert import Converter
    from liesym.coefficients.ring import Element


def definite_integral(expr: Expr, converter: Converter) -> Element:
    """∫_a^b g(s) ds with g free of the variables of the field but for s, which is bound.

    Raises:
        Unsupported: the integrand holds a variable beside s.
    """
    field = converter.field
    integrand, (bound, lower, upper) = expr.args[0], expr.args[1].args  # type: ignore[misc]
    if any(integrand.has(v) for v in field.variables if v != bound):
        raise Unsupported(f"{expr}: the integrand may depend on {bound} and on parameters only")
    limits = converter(lower), converter(upper)  # type: ignore[arg-type]
    shown: Expr = Integral(integrand, (bound, *(field.to_expr(e) for e in limits)))
    if shown not in converter.other:

        def derivative(v: Symbol) -> Element:
            total = field.zero
            for sign, limit in zip((-1, 1), limits, strict=True):
                slope = limit._current().diff(v)
                if not slope.is_zero:
                    total = total + converter(integrand.subs(bound, field.to_expr(limit._current()))) * slope * sign
            return total

        converter.other[shown] = field.add_slot(shown, "kernel", derivative=derivative, arguments=limits)
    return field.of_slot(converter.other[shown])
