"""Arbitrary functions, functions known as solutions of linear equations, and integrals, as kernels.

Each partial derivative of an arbitrary function is a kernel of its own; an integral is known by its derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Expr

from liesym.coefficients.definite import definite_integral
from liesym.coefficients.definitions import derivative_expression, function_and_orders
from liesym.coefficients.kernels import Kernels, Rule
from liesym.coefficients.ring import Element
from liesym.errors import Unsupported


class ArbitraryFunctions(Kernels):
    """Functions given by a name, and integrals."""

    def _arbitrary(self, expr: Expr) -> Element:
        """An arbitrary function f(u, …) or a partial derivative of one: a kernel of its own for each derivative."""
        name, arguments, orders = function_and_orders(expr)
        elements = [self(a) for a in arguments]
        definition = self.definitions.get(name.__name__)
        if definition is not None and sum(orders) >= definition.order:
            if arguments[0] != definition.variable:
                return self(definition.at(arguments[0], sum(orders)))
            value = self(definition.rhs)
            for _ in range(sum(orders) - definition.order):
                value = value.diff(definition.variable)
            return value
        canonical = derivative_expression(name, [self.field.to_expr(e) for e in elements], orders)
        if canonical not in self.other:

            def derivative(variable: sp.Symbol) -> Element:
                result = self.field.zero
                for i, element in enumerate(elements):
                    inner = element.diff(variable)
                    if not inner.is_zero:
                        higher = tuple(k + (j == i) for j, k in enumerate(orders))
                        result = result + self._arbitrary_parts(name, elements, higher) * inner
                return result

            self.other[canonical] = self.field.add_slot(canonical, "kernel", derivative=derivative, arguments=elements)
        return self.field.of_slot(self.other[canonical])

    def _arbitrary_parts(self, name: type, elements: Sequence[Element], orders: tuple[int, ...]) -> Element:
        return self._arbitrary(derivative_expression(name, [self.field.to_expr(e) for e in elements], orders))

    def _integral(self, expr: Expr) -> Element:
        """∫ f dv, known by its derivative f along v; along other variables the derivative goes under the integral."""
        limits = expr.args[1:]
        if len(limits) > 1 and len(set(limits)) == len(limits[0].args) == 1:
            return self._repeated_integral(expr.args[0], limits[0].args[0], len(limits))  # type: ignore[arg-type]
        if len(expr.args) == 2 and len(expr.args[1].args) == 3:  # type: ignore[arg-type]
            return definite_integral(expr, self.field, self.other, self)
        if len(expr.args) != 2 or len(expr.args[1].args) != 1:  # type: ignore[arg-type]
            raise Unsupported(f"{expr}: only integrals over one variable, with no limit or two, are kernels")
        integrand, variable = expr.args[0], expr.args[1].args[0]
        whole = self(integrand)  # type: ignore[arg-type]
        outer = self._free_factor(whole, variable)  # type: ignore[arg-type]
        inside = whole / outer
        kernel = sp.Integral(self.field.to_expr(inside), variable)
        if kernel not in self.other:

            def derivative(v: sp.Symbol) -> Element:
                if v == variable:
                    return inside
                partial = inside.diff(v)
                if partial.is_zero:
                    return self.field.zero
                return self(sp.Integral(self.field.to_expr(partial), variable))

            self.other[kernel] = self.field.add_slot(
                kernel, "kernel", derivative=derivative, arguments=(inside,), moving=(variable,)
            )
        return outer * self.field.of_slot(self.other[kernel])

    def _repeated_integral(self, integrand: Expr, variable: sp.Symbol, times: int) -> Element:
        """I^k f = (v I^(k-1) f - I^(k-1) (v f))/(k - 1), Cauchy's formula for I = ∫ dv: no kernel is an integral of one."""
        fewer = [variable] * (times - 1)
        outer, inner = sp.Integral(integrand, *fewer), sp.Integral(variable * integrand, *fewer)
        return (self(variable) * self(outer) - self(inner)) / (times - 1)

    def _free_factor(self, integrand: Element, variable: sp.Symbol) -> Element:
        """What stands before the integral sign, so that the integrals of f and of a f are one kernel; 1 for zero."""
        field = self.field
        if integrand.is_zero:
            return field.one
        parts = []
        for poly in (integrand.num, integrand.den):
            constant, factors = field.factored(field.lift(poly))
            part = field.constant(int(constant))
            for factor, power in factors:
                element = field.of_poly(factor)
                if not any(field.depends_on(field.slots[i], variable) for i in field.slots_of(element)):
                    part = part * element ** int(power)
            parts.append(part)
        return parts[0] / parts[1]


RULES: dict[type, Rule] = {sp.Integral: lambda self, e: self._integral(e)}
