"""Definite integrals with limits that move, as kernels.

d/dv ∫_a^b g(s) ds = g(b) ∂_v b - g(a) ∂_v a
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integral, Symbol

from liesym.coefficients.ring import Element, Ring, Slot
from liesym.errors import Unsupported


def definite_integral(expr: Expr, field: Ring, known: dict[Expr, Slot], convert: Callable[[Expr], Element]) -> Element:
    """∫_a^b g(s) ds with g free of the variables of the field but for s, which is bound.

    Arguments:
        expr: the integral.
        field: where its kernel is made.
        known: kernels by the expressions that they show; a new one joins them.
        convert: an expression as an element of the field.

    Raises:
        Unsupported: the integrand holds a variable beside s.
    """
    integrand, (bound, lower, upper) = expr.args[0], expr.args[1].args  # type: ignore[misc]
    if any(integrand.has(v) for v in field.variables if v != bound):
        raise Unsupported(f"{expr}: the integrand may depend on {bound} and on parameters only")
    limits = convert(lower), convert(upper)  # type: ignore[arg-type]
    shown: Expr = Integral(integrand, (bound, *(field.to_expr(e) for e in limits)))
    if shown not in known:

        def derivative(v: Symbol) -> Element:
            total = field.zero
            for sign, limit in zip((-1, 1), limits, strict=True):
                slope = limit.diff(v)
                if not slope.is_zero:
                    total = total + convert(integrand.subs(bound, field.to_expr(limit))) * slope * sign
            return total

        known[shown] = field.add_slot(shown, "kernel", derivative=derivative, arguments=limits)
    return field.of_slot(known[shown])
