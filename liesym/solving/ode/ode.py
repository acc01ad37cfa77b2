"""Linear homogeneous ODEs in one variable of the coefficient field, all other variables being parameters.

An equation is given by (a_0, …, a_{n-1}) with u^(n) + Σ a_k u^(k) = 0. A method returns linearly independent solutions
over the constants (functions free of the variable); `fundamental_solutions` wants all n. Methods, in order: first order;
constant coefficients; Euler; solutions in a span of the functions that occur; local exponents with polynomial solutions;
reduction of order; Airy and Bessel; symmetric squares and cubes; names for solutions without closed form.
Sources: Ince 1956, chapters 6, 7 and 16; van der Put and Singer 2003, chapter 4; Kamke 1977, C.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from sympy import Symbol

from liesym.coefficients.ring import Element
from liesym.errors import TooLarge
from liesym.solving.ode import particular
from liesym.solving.ode.bessel import special_second_order
from liesym.solving.ode.elementary import constant, constant_after_rescaling, euler, first_order
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.local_exponents import by_local_exponents
from liesym.solving.ode.operators import (
    Coefficients,
    depends_only_on,
    independent,
    shifted_operator,
    square_root,
    without_slots,
)
from liesym.solving.ode.spans import solutions_in_span, with_known_exponentials, with_named
from liesym.solving.ode.workspace import Workspace

Method = Callable[[Workspace, Coefficients, Symbol], list[Element] | None]
"""Solutions of an equation: some, all, or None where the method does not apply."""

COMPLETE: tuple[Method, ...] = (first_order, constant, euler)
"""Methods that find all solutions or none, and are tried first."""

PARTIAL: tuple[Method, ...] = (solutions_in_span, with_known_exponentials, with_named, by_local_exponents)
"""Methods that may find some; one solution lowers the order."""


class OdeSolver(Workspace):
    """Solves linear ODEs in one field, and keeps the names it gave."""

    def fundamental_solutions(self, coefficients: Coefficients, variable: Symbol) -> list[Element] | None:
        """n independent solutions, or None."""
        n = len(coefficients)
        if n == 0:
            return []
        for method in COMPLETE:
            found = method(self, coefficients, variable)
            if found is not None:
                return found
        partial: list[Element] = []
        for method in PARTIAL:
            more = self._attempt(method, coefficients, variable) or []
            partial = independent([*partial, *more], self.field, variable)
            if len(partial) == n:
                return partial
            if partial:
                found = self._reduced(coefficients, variable, partial[0])
                if found is not None:
                    return found
        for method in self._LAST:
            found = self._attempt(method, coefficients, variable)
            if found is not None:
                return found
        if self.allow_names:
            return self._named(coefficients, variable)
        return None

    def _attempt(self, method: Method, a: Coefficients, v: Symbol) -> list[Element] | None:
        """What a method finds; None where its coefficients outgrow the size limit, which says nothing of the next method."""
        self.check_budget()
        try:
            return method(self, a, v)
        except TooLarge:
            self.check_budget()
            return None

    def particular_solution(
        self, a: Coefficients, solutions: Sequence[Element], source: Element, v: Symbol
    ) -> Element | None:
        """P with P^(n) + Σ a_k P^(k) = source: in a span, else by variation of parameters (n at most 3)."""
        return particular.particular_solution(self, a, solutions, source, v)

    def _reduced(self, a: Coefficients, v: Symbol, known: Element) -> list[Element] | None:
        """u = known ∫ w: w solves an equation of order n - 1 (d'Alembert)."""
        shifted = shifted_operator(a, known.diff(v) / known, v)
        inner = self.fundamental_solutions(shifted[1:], v)
        if inner is None:
            return None
        result = [known]
        for w in inner:
            integral = self.integral(w, v)
            if integral is None:
                return None
            result.append(known * integral)
        return result

    def _factored(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """Order 2 with arbitrary functions: u = exp(-∫a_1/2) w, w'' = (s² + s') w, so exp(∫s) is one w.

        Where s is a polynomial in arbitrary functions, the part of s² + s' without their derivatives is s².
        """
        field = self.field
        if len(a) != 2:
            return None
        r = a[1] * a[1] / 4 + a[1].diff(v) / 2 - a[0]
        derivatives = {i for i in field.slots_of(r) if isinstance(field.slots[i].expr, sp.Derivative | sp.Subs)}
        square = without_slots(r, derivatives, field)
        if not derivatives or square is None or square.is_zero:
            return None
        s = square_root(square, field)
        for rate in () if s is None else (s, -s):
            if (rate * rate + rate.diff(v) - r).is_zero:
                exponent = self.integral(rate - a[1] / 2, v)
                return None if exponent is None else self._reduced(a, v, field.converter.exponential(exponent))
        return None

    def _derivatives(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """u = w' with w'' = r w solves u'' = (r'/r) u' + r u."""
        if len(a) != 2 or not a[0].depends_on(v) or not (a[1] + a[0].diff(v) / a[0]).is_zero:
            return None
        inner = self.fundamental_solutions((a[0], self.field.zero), v)
        return None if inner is None else [w.diff(v) for w in inner]

    def _symmetric_power(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """Products of solutions of w'' = r w: order 3 where B = A'/2, order 4 where B = A' and C = (9A² + 30A'')/100."""
        n, field = len(a), self.field
        if n not in (3, 4):
            return None
        damping = integrate(-a[n - 1] / n, v, field)
        if damping is None:
            return None
        reduced = shifted_operator(a, -a[n - 1] / n, v)
        if n == 3:
            big_a, big_b = reduced[1], reduced[0]
            if not (big_b - big_a.diff(v) / 2).is_zero:
                return None
            r = -big_a / 4
        else:
            big_a = reduced[2]
            if not (reduced[1] - big_a.diff(v)).is_zero:
                return None
            r = -big_a / 10
            if not (reduced[0] - (r * r * 9 - r.diff(v).diff(v) * 3)).is_zero:
                return None
        inner = self.fundamental_solutions((-r, field.zero), v)
        if inner is None or len(inner) != 2:
            return None
        factor = field.converter.exponential(damping)
        u, w = inner
        return [factor * u ** (n - 1 - k) * w**k for k in range(n)]

    def _named(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """A fundamental set psi_1 … psi_n, where the coefficients hold no other variable.

        Of order 2 it is named in normal form w'' = r w, so that an equation, its adjoint and its gauge transforms share
        the same two names and no relation between them is lost.
        """
        field = self.field
        if not all(depends_only_on(c, v, field) for c in a):
            return None
        if len(a) == 2 and not a[1].is_zero:
            damping = self.integral(-a[1] / 2, v)
            if damping is None:
                return None
            r = a[1] * a[1] / 4 + a[1].diff(v) / 2 - a[0]
            named = self.fundamental_solutions((-r, field.zero), v)
            factor = field.converter.exponential(damping)
            return None if named is None else [factor * w for w in named]
        return self.name_solutions(a, v)

    _LAST: tuple[Callable[..., list[Element] | None], ...] = (
        constant_after_rescaling,
        _factored,
        _derivatives,
        special_second_order,
        _symmetric_power,
    )
