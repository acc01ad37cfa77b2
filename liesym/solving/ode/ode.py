"""Linear homogeneous ODEs in one variable of the coefficient field, all other variables being parameters.

An equation is given by (a_0, …, a_{n-1}) with u^(n) + Σ a_k u^(k) = 0. A method returns linearly independent solutions
over the constants (functions free of the variable); `fundamental_solutions` wants all n. Methods, in order: first order;
constant coefficients; Euler; solutions in a span of the functions that occur; local exponents with polynomial solutions;
reduction of order; Airy and Bessel; symmetric squares and cubes; names for solutions without closed form.
Sources: Ince 1956, chapters 6, 7 and 16; van der Put and Singer 2003, chapter 4; Kamke 1977, C.2.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from fractions import Fraction

import sympy as sp
from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, cleared
from liesym.errors import OutOfBudget
from liesym.solving.linear.relations import relations
from liesym.solving.ode.exponents import HALF, Exponent, is_negative, roots, solution_of
from liesym.solving.ode.integrate import (
    _is_exponential,
    _slots_along,
    function_name,
    integrate,
    possible_slots,
    quadratic,
)
from liesym.solving.ode.operators import (
    Coefficients,
    apply_operator,
    depends_only_on,
    determinant,
    evaluate,
    exponential_parts,
    independent,
    indicial,
    shifted_operator,
    singular_factors,
    split_terms,
    square_root,
    without_slots,
)

Method = Callable[[Coefficients, Symbol], list[Element] | None]
LARGEST_SPAN = 150
LARGEST_SOURCE = 12


@dataclass
class OdeSolver:
    """Solves linear ODEs in one field, and keeps the names it gave.

    Arguments:
        field: the coefficient field.
        allow_names: introduce named solutions psi_k where no closed form is found.
        taken: names that are in use.
        deadline: `time.monotonic()` value after which OutOfBudget is raised.
        names_early: names are preferred to the closed form of an intricate equation.
    """

    field: Field
    allow_names: bool = False
    taken: frozenset[str] = frozenset()
    deadline: float | None = None
    names_early: bool = False
    definitions: list[Definition] = dataclass_field(default_factory=list)
    named: list[tuple[Coefficients, list[Element]]] = dataclass_field(default_factory=list)
    pivots: list[Element] = dataclass_field(default_factory=list)

    def fundamental_solutions(self, coefficients: Coefficients, variable: Symbol) -> list[Element] | None:
        """n independent solutions, or None."""
        n = len(coefficients)
        if n == 0:
            return []
        for method in (self._first_order, self._constant, self._euler):
            found = method(coefficients, variable)
            if found is not None:
                return found
        partial: list[Element] = []
        for search in (self._in_span, self._with_known_exponentials, self._with_named, self._by_local_exponents):
            more = self._attempt(search, coefficients, variable) or []
            partial = independent([*partial, *more], self.field, variable)
            if len(partial) == n:
                return partial
            if partial:
                found = self._reduced(coefficients, variable, partial[0])
                if found is not None:
                    return found
        for method in (
            self._constant_after_rescaling,
            self._factored,
            self._derivatives,
            self._special_second_order,
            self._symmetric_power,
        ):
            found = self._attempt(method, coefficients, variable)
            if found is not None:
                return found
        if self.allow_names:
            return self._named(coefficients, variable)
        return None

    def _attempt(self, method: Method, a: Coefficients, v: Symbol) -> list[Element] | None:
        """What a method finds; None where its coefficients outgrow the size limit, which says nothing of the next method."""
        self._check_time()
        try:
            return method(a, v)
        except OutOfBudget:
            self._check_time()
            return None

    def _check_time(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfBudget("solution of an ordinary differential equation of the determining system")

    # -- elementary cases ------------------------------------------------------------------------

    def _first_order(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        if len(a) != 1:
            return None
        exponent = integrate(-a[0], v, self.field)
        if exponent is None:
            exponent = self._named_integral(-a[0], v)
        return None if exponent is None else [self.field.converter.exponential(exponent)]

    def _constant(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        if any(c.depends_on(v) for c in a):
            return None
        exponents = roots([*a, self.field.one], self.field)
        if exponents is None:
            return None
        self._assume_distinct(exponents)
        return [s for e in exponents for s in solution_of(e, self.field(v), self.field)]

    def _assume_distinct(self, exponents: Sequence[Exponent]) -> None:
        """Solutions that belong to different exponents are independent only while these differ."""
        for i, one in enumerate(exponents):
            if one.imaginary is not None:
                self.pivots.append(one.imaginary)
            for other in exponents[:i]:
                if one.imaginary is None and other.imaginary is None:
                    self.pivots.append(one.real - other.real)

    def _euler(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """(v - s)^(n-k) a_k constant for all k."""
        n, field = len(a), self.field
        for p in singular_factors(a, v, field):
            base = field.of_poly(p)
            slope = base.diff(v)
            if slope.depends_on(v):
                continue
            scaled = [c * base ** (n - k) for k, c in enumerate(a)]
            if any(c.depends_on(v) for c in scaled):
                continue
            exponents = roots(indicial([*scaled, field.one], slope, field), field)
            if exponents is None:
                return None
            self._assume_distinct(exponents)
            logarithm = field.converter.logarithm(base)
            return [s for e in exponents for s in solution_of(e, logarithm, field)]
        return None

    def _constant_after_rescaling(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """Order 2 with constant coefficients in z = ∫ sqrt(±a_0) dv: (a_0'/(2 a_0) + a_1)/z' constant (Kamke 1977, C.2)."""
        if len(a) != 2 or not a[0].depends_on(v):
            return None
        field, sign = self.field, -1 if is_negative(a[0], self.field) else 1
        speed = field.converter.root(a[0] * sign, HALF)
        middle = (a[0].diff(v) / (a[0] * 2) + a[1]) / speed
        z = None if middle.depends_on(v) else integrate(speed, v, field)
        exponents = None if z is None else roots([field.constant(sign), middle, field.one], field)
        if z is None or exponents is None:
            return None
        self._assume_distinct(exponents)
        return [s for e in exponents for s in solution_of(e, z, field)]

    # -- solutions in a span -----------------------------------------------------------------------

    def _in_span(self, a: Coefficients, v: Symbol) -> list[Element]:
        """Solutions w/D with w a polynomial in the slots that occur and D a product of singular factors."""
        field, n = self.field, len(a)
        factors = [field.of_poly(p) for p in singular_factors(a, v, field)]
        product = field.one
        for p in factors:
            product = product * p
        found: list[Element] = []
        for power in (0, 1, n) if factors else (0,):
            self._check_time()
            if power == 1 == n:
                continue
            denominator = product**power
            gauged = shifted_operator(a, -(denominator.diff(v) / denominator), v) if power else a
            inner = self._span_solutions(gauged, v, list(self._span(a, v, denominator)))
            found = independent([*found, *(w / denominator for w in inner)], field, v)
            if len(found) == n:
                break
        return found

    def _with_known_exponentials(self, a: Coefficients, v: Symbol) -> list[Element]:
        """Solutions E^k w, with w in a span and E an exponential that an earlier step made."""
        field = self.field
        mine = {i for c in a for i in field.slots_of(c)}
        found: list[Element] = []
        for slot in list(field.slots):
            known = field.of_slot(slot)
            if slot.index in mine or slot.kind != "kernel" or not field.depends_on(slot, v):
                continue
            if not _is_exponential(slot, v, field) or not depends_only_on(known, v, field):
                continue
            rate = known.diff(v) / known
            for power in (1, -1, 2, -2):
                gauged = shifted_operator(a, rate * power, v)
                inner = self._span_solutions(gauged, v, list(self._span(gauged, v, field.one))[:40])
                found = independent([*found, *(known**power * w for w in inner)], field, v)
                if len(found) == len(a):
                    return found
        return found

    def _with_named(self, a: Coefficients, v: Symbol) -> list[Element]:
        """Solutions that are linear or quadratic in functions named earlier and their derivatives."""
        field = self.field
        names = {d.name for d in self.definitions if d.variable == v}
        known = [field.of_slot(s) for s in field.slots if function_name(s) in names]
        products = [one * other for i, one in enumerate(known) for other in known[i:]]
        span = [*known, *products][:LARGEST_SPAN]
        return self._span_solutions(a, v, span) if span else []

    def particular_solution(
        self, a: Coefficients, solutions: Sequence[Element], source: Element, v: Symbol
    ) -> Element | None:
        """P with P^(n) + Σ a_k P^(k) = source: in a span, else by variation of parameters (n at most 3)."""
        field, n = self.field, len(a)
        if source.is_zero:
            return field.zero
        if n == 0:
            return source
        span = [*self._undetermined(source, n, v), *self._span((*a, source), v, field.one)]
        columns = [-source, *(apply_operator(a, phi, v) for phi in span)]
        for relation in relations(columns, field, [v]):
            if 0 in relation:
                total = field.zero
                for j, c in relation.items():
                    if j:
                        total = total + span[j - 1] * c / relation[0]
                return total
        return self._varied(solutions, source, v) if n <= 3 else None

    def _undetermined(self, source: Element, n: int, v: Symbol) -> list[Element]:
        """The terms of the source times 1, v, … v^n: undetermined coefficients, whatever powers the source holds."""
        field = self.field
        below = field.of_poly(source.den)
        parts = split_terms(source.num, v, field)[:LARGEST_SOURCE]
        return [part / below * field(v) ** k for k in range(n + 1) for part in parts]

    def _varied(self, solutions: Sequence[Element], source: Element, v: Symbol) -> Element | None:
        """Σ φ_i ∫ (W_i/W) source, W_i the Wronskian with column i replaced by (0, …, 0, 1)."""
        field, n = self.field, len(solutions)
        rows = [list(solutions)]
        for _ in range(n - 1):
            rows.append([u.diff(v) for u in rows[-1]])
        wronskian = determinant(rows, field)
        total = field.zero
        for i in range(n):
            minor = [[c for j, c in enumerate(row) if j != i] for row in rows[:-1]]
            cofactor = determinant(minor, field) * (-1) ** (n - 1 + i)
            integrand = cofactor / wronskian * source
            part = integrate(integrand, v, field) or self._named_integral(integrand, v)
            if part is None:
                return None
            total = total + solutions[i] * part
        return total

    def _span_solutions(self, a: Coefficients, v: Symbol, span: Sequence[Element]) -> list[Element]:
        """All combinations of the span that solve the equation, its denominators cleared first."""
        field = self.field
        polynomial_form = [field.of_poly(p) for p in cleared([*a, field.one])]
        images = []
        for phi in span:
            total, derivative = field.zero, phi
            for k, c in enumerate(polynomial_form):
                total = total + c * derivative
                if k + 1 < len(polynomial_form):
                    derivative = derivative.diff(v)
            images.append(total)
        found = []
        for vector in relations(images, field, [v]):
            total = field.zero
            for j, c in vector.items():
                total = total + span[j] * c
            found.append(total)
        return independent(found, field, v)

    def _span(self, a: Coefficients, v: Symbol, denominator: Element) -> Iterator[Element]:
        """Monomials in the slots that occur along v, small ones first."""
        field, n = self.field, len(a)
        x = field.by_symbol[v]
        slots = {s.index: s for s in possible_slots(a, n, v, field)}
        slots.setdefault(x.index, x)
        ranges: list[Iterable[int]] = []
        poles = [field.degree_in(denominator.num, slot) for slot in slots.values()]
        for slot, extra in zip(slots.values(), poles, strict=True):
            if slot.kind == "root":
                ranges.append(range(slot.degree))
            elif slot is x:
                ranges.append(range(extra + n + 2))
            elif _is_exponential(slot, v, field):
                ranges.append(range(-2, 3))
            else:
                ranges.append(range(extra + n + 1))
        for powers in itertools.islice(_by_size(ranges), LARGEST_SPAN):
            product = field.one
            for slot, power in zip(slots.values(), powers, strict=True):
                if power:
                    product = product * field.of_slot(slot) ** power
            yield product

    # -- local exponents ---------------------------------------------------------------------------

    def _by_local_exponents(self, a: Coefficients, v: Symbol) -> list[Element]:
        """Π p^e exp(polynomial) times a polynomial, for rational coefficients (van der Put and Singer 2003, section 4.1)."""
        field = self.field
        if any(s.kind != "variable" for c in a for s in _slots_along(c, v, field)):
            return []
        choices = [self._local_rates(a, v, p) for p in singular_factors(a, v, field)]
        parts = [field.zero, *(p.diff(v) for p in exponential_parts(a, v, field))]
        found: list[Element] = []
        for combination in itertools.islice(itertools.product(*choices), 24):
            for part in parts[:4]:
                self._check_time()
                rate = part
                for local in combination:
                    rate = rate + local
                if rate.is_zero:
                    continue
                gauged = shifted_operator(a, rate, v)
                inner = self._span_solutions(gauged, v, list(self._span(gauged, v, field.one)))
                exponent = integrate(rate, v, field) if inner else None
                if exponent is None:
                    continue
                factor = field.converter.exponential(exponent)
                found = independent([*found, *(factor * w for w in inner)], field, v)
                if len(found) >= len(a):
                    return found
        return found

    def _local_rates(self, a: Coefficients, v: Symbol, p: fmpz_mpoly) -> list[Element]:
        """u'/u for the local behaviours (v - v_0)^e at the roots of p, e modulo the integers; always with 0.

        For a quadratic p = αv² + βv + γ with conjugate roots and exponents r ± i s the behaviour is
        p^r exp(2 s arctan …), with u'/u = (2αrv + rβ ∓ s√(-D))/p, D = β² - 4αγ.
        """
        field, n = self.field, len(a)
        base = field.of_poly(p)
        slope = base.diff(v)
        parts = None
        if slope.depends_on(v):
            parts = quadratic(p, v, field)
            if parts is None:
                return [field.zero]
            root = field.converter.root(parts[1] * parts[1] - parts[0] * parts[2] * 4, HALF)
            point, slope = (root - parts[1]) / (parts[0] * 2), root
        else:
            point = field(v) - base / slope
        values = [evaluate(c * base ** (n - k), v, point, field) for k, c in enumerate(a)]
        if any(value is None for value in values):
            return [field.zero]
        exponents = roots(indicial([*(c for c in values if c is not None), field.one], slope, field), field)
        rates = [field.zero]
        seen = [field.zero]
        for e in exponents or ():
            if e.imaginary is None and not any(_integer_difference(e.real, r) for r in seen):
                seen.append(e.real)
                rates.append(e.real * base.diff(v) / base)
            elif e.imaginary is not None and parts is not None:
                alpha, beta, _ = parts
                width = field.converter.root(parts[0] * parts[2] * 4 - beta * beta, HALF)
                middle = e.real * (alpha * field(v) * 2 + beta)
                rates += [(middle - e.imaginary * width) / base, (middle + e.imaginary * width) / base]
        return rates

    # -- reduction of order ------------------------------------------------------------------------

    def _reduced(self, a: Coefficients, v: Symbol, known: Element) -> list[Element] | None:
        """u = known ∫ w: w solves an equation of order n - 1 (d'Alembert)."""
        shifted = shifted_operator(a, known.diff(v) / known, v)
        inner = self.fundamental_solutions(shifted[1:], v)
        if inner is None:
            return None
        result = [known]
        for w in inner:
            integral = integrate(w, v, self.field)
            if integral is None:
                integral = self._named_integral(w, v)
            if integral is None:
                return None
            result.append(known * integral)
        return result

    def _named_integral(self, w: Element, v: Symbol) -> Element | None:
        """∫ w dv as a kernel, where w holds no other variable."""
        if not self.allow_names or not depends_only_on(w, v, self.field):
            return None
        return self.field(sp.Integral(self.field.to_expr(w), v))

    # -- two factors of order one -----------------------------------------------------------------

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
                exponent = integrate(rate - a[1] / 2, v, field) or self._named_integral(rate - a[1] / 2, v)
                return None if exponent is None else self._reduced(a, v, field.converter.exponential(exponent))
        return None

    def _derivatives(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """u = w' with w'' = r w solves u'' = (r'/r) u' + r u."""
        if len(a) != 2 or not a[0].depends_on(v) or not (a[1] + a[0].diff(v) / a[0]).is_zero:
            return None
        inner = self.fundamental_solutions((a[0], self.field.zero), v)
        return None if inner is None else [w.diff(v) for w in inner]

    # -- special functions -------------------------------------------------------------------------

    def _special_second_order(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """Airy and Bessel, after removal of the first derivative: u = exp(-∫a_1/2) w, w'' = r w."""
        if len(a) != 2:
            return None
        field = self.field
        damping = integrate(-a[1] / 2, v, field)
        if damping is None:
            return None
        r = a[1] * a[1] / 4 + a[1].diff(v) / 2 - a[0]
        found = self._airy(r, v) or self._bessel(r, v)
        if found is None:
            return None
        factor = field.converter.exponential(damping)
        return [factor * w for w in found]

    def _airy(self, r: Element, v: Symbol) -> list[Element] | None:
        """w'' = (α v + β) w: Ai and Bi of (α v + β)/α^(2/3) (DLMF 9.2)."""
        field = self.field
        alpha = r.diff(v)
        if alpha.is_zero or alpha.depends_on(v):
            return None
        argument = field.to_expr(r / field.converter.root(alpha, Fraction(2, 3)))
        return [field(sp.airyai(argument)), field(sp.airybi(argument))]

    def _bessel(self, r: Element, v: Symbol) -> list[Element] | None:
        """w'' = (c s^m + μ/s²) w, s = v - v0: √s times Bessel functions of order ν of 2√(∓c)/(m+2) s^((m+2)/2).

        ν = 2 √(μ + 1/4)/(m + 2). Source: DLMF 10.13.5, 10.36.
        """
        field = self.field
        for s in self._shifts(r, v):
            for mu, rest in self._inverse_square_part(r, s, v):
                m = rest.diff(v) * s / rest
                if m.depends_on(v) or (m + 2).is_zero:
                    continue
                half = (m + 2) / 2
                power = field.converter.exponential(half * field.converter.logarithm(s))
                c = rest * s * s / (power * power)
                if c.depends_on(v):
                    continue
                square = mu + Fraction(1, 4)
                if is_negative(square, field):
                    return None  # an imaginary order: complex functions where two real ones can be named
                nu = field.converter.root(square, HALF) / half
                if nu.is_rational and nu.as_fraction() < 0:
                    nu = -nu  # Z_ν and Z_{-ν} solve the same equation
                return self._bessel_pair(c, nu, half, power, s)
        return None

    def _bessel_pair(self, c: Element, nu: Element, half: Element, power: Element, s: Element) -> list[Element]:
        field = self.field
        grows = is_negative(-c, field)
        scale = field.converter.root(c if grows else -c, HALF) / half
        if is_negative(half, field):
            scale = -scale  # Z_ν(-u) solves the same equation, and is complex
        if (nu - HALF).is_zero:
            return self._bessel_of_order_half(scale * power, half, s, grows)
        order, argument = field.to_expr(nu), field.to_expr(scale * power)
        pair = (sp.besseli, sp.besselk) if grows else (sp.besselj, sp.bessely)
        root_s = field.converter.root(s, HALF)
        return [root_s * field(f(order, argument)) for f in pair]

    def _bessel_of_order_half(self, argument: Element, half: Element, s: Element, grows: bool) -> list[Element]:
        """√s Z_{1/2}(κ s^h) is s^((1-h)/2) times sine and cosine, or exponentials (DLMF 10.16.1, 10.39.1)."""
        converter = self.field.converter
        front = converter.exponential((1 - half) / 2 * converter.logarithm(s))
        if grows:
            return [front * converter.exponential(argument), front * converter.exponential(-argument)]
        return [front * z for z in converter.cos_sin(argument)]

    def _shifts(self, r: Element, v: Symbol) -> list[Element]:
        field = self.field
        candidates = [field(v)]
        for p in singular_factors((r,), v, field):
            base = field.of_poly(p)
            slope = base.diff(v)
            if not slope.depends_on(v):
                candidates.append(base / slope)
        return candidates

    def _inverse_square_part(self, r: Element, s: Element, v: Symbol) -> Iterator[tuple[Element, Element]]:
        """Ways to write r = μ/s² + rest with rest ≠ 0."""
        field = self.field
        scaled = r * s * s
        yield field.zero, r
        # μ is what is left of s² r when the power of s in it is taken out: (s d/dv - k)(s² r) = -k μ for some k
        rate = scaled.diff(v) * s
        if rate.is_zero:
            return
        k = rate.diff(v) * s / rate
        if not k.depends_on(v) and not k.is_zero:
            mu = scaled - rate / k
            if not mu.depends_on(v) and not mu.is_zero:
                yield mu, r - mu / (s * s)

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

    # -- names -------------------------------------------------------------------------------------

    def _named(self, a: Coefficients, v: Symbol) -> list[Element] | None:
        """A fundamental set psi_1 … psi_n, where the coefficients hold no other variable.

        Of order 2 it is named in normal form w'' = r w, so that an equation, its adjoint and its gauge transforms share
        the same two names and no relation between them is lost.
        """
        field = self.field
        if not all(depends_only_on(c, v, field) for c in a):
            return None
        if len(a) == 2 and not a[1].is_zero:
            damping = integrate(-a[1] / 2, v, field) or self._named_integral(-a[1] / 2, v)
            if damping is None:
                return None
            r = a[1] * a[1] / 4 + a[1].diff(v) / 2 - a[0]
            named = self.fundamental_solutions((-r, field.zero), v)
            factor = field.converter.exponential(damping)
            return None if named is None else [factor * w for w in named]
        return self.name_solutions(a, v)

    def name_solutions(self, a: Coefficients, v: Symbol) -> list[Element]:
        """A fundamental set psi_1 … psi_n of just this equation, whose coefficients hold no variable other than v."""
        for coefficients, known in self.named:
            if len(coefficients) == len(a) and all((p - q).is_zero for p, q in zip(coefficients, a, strict=True)):
                return known
        result = [self._new_name(a, v) for _ in a]
        self.named.append((a, result))
        return result

    def _new_name(self, a: Coefficients, v: Symbol) -> Element:
        field = self.field
        function = sp.Function(self._fresh_name())(v)
        terms = []
        for k, c in enumerate(a):
            derivative = sp.Derivative(function, (v, k)) if k else function
            terms.append(-field.to_expr(c) * derivative)
        definition = Definition(function, len(a), sp.Add(*terms))
        self.definitions.append(definition)
        field.converter.definitions[definition.name] = definition
        return field(function)

    def _fresh_name(self) -> str:
        used = self.taken | {d.name for d in self.definitions} | set(self.field.converter.definitions)
        return next(f"psi{k}" for k in itertools.count(1) if f"psi{k}" not in used)


# -- operators -----------------------------------------------------------------------------------


def _integer_difference(a: Element, b: Element) -> bool:
    difference = a - b
    return difference.is_rational and difference.as_fraction().denominator == 1


def _by_size(ranges: Sequence[Iterable[int]]) -> Iterator[tuple[int, ...]]:
    """The product of the ranges, small total powers first; never held in memory, it can be astronomically large."""
    choices = [sorted(r, key=abs) for r in ranges]

    def of_total(place: int, total: int) -> Iterator[tuple[int, ...]]:
        if place == len(choices):
            if total == 0:
                yield ()
            return
        for power in choices[place]:
            if abs(power) > total:
                break
            for rest in of_total(place + 1, total - abs(power)):
                yield (power, *rest)

    for total in range(sum(max(map(abs, c), default=0) for c in choices) + 1):
        yield from of_total(0, total)
