"""SymPy expressions into a Field: which kernels are made, with which relations and derivatives.

Rules (logarithms and powers are taken on the common real domain of their factors):
exp of a sum is a product over a lattice basis of arguments; log of a product is a sum over irreducible factors;
u^a is exp(a log u), with rational multiples of a log split off as roots R^s = p; sine and cosine share s^2 = 1 - c^2 and
the addition theorem; hyperbolic functions and their inverses are exponentials and logarithms; any other function is a
transcendental kernel known by its derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from flint import Ordering, fmpq_mpoly_ctx, fmpz, fmpz_mpoly
from sympy import Expr, S
from sympy.core.function import AppliedUndef

from liesym.coefficients.definite import definite_integral
from liesym.coefficients.definitions import Definition, derivative_expression, function_and_orders
from liesym.coefficients.factors import factored
from liesym.coefficients.lattice import NeedsRefinement, coordinates, lattice_basis
from liesym.coefficients.ring import Element, Ring, Slot
from liesym.errors import Unsupported

KernelVector = dict[Expr, Fraction]


LARGEST_MULTIPLE = 64


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
        below = field.poly(self.rungs[-1][1]) if self.rungs else field.lift(base.num)

        def derivative(variable: sp.Symbol) -> Element:
            current = base._current()
            return field.of_slot(slot) * current.diff(variable) / (current * full)

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
        result = self.base._current() ** whole
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


class Converter:
    """Memoised conversion of expressions into one field, and the book of its kernels."""

    def __init__(self, field: Ring) -> None:
        self.field = field
        self.memo: dict[Expr, Element] = {}
        self.exp_basis: list[KernelVector] = []
        self.exp_slots: list[Slot | None] = []
        self.trig_basis: list[KernelVector] = []
        self.trig_slots: list[tuple[Slot, Slot] | None] = []
        self.root_degrees: dict[Expr, int] = {}
        self.root_chains: dict[Expr, RootChain] = {}
        self.exp_chains: dict[int, RootChain] = {}
        self.log_slots: dict[Expr, Slot] = {}
        self.other: dict[Expr, Slot] = {}
        self.bessel: list[tuple[str, Element, Element, Slot, Element]] = []
        self.definitions: dict[str, Definition] = {}
        self.recording = False
        self.seen_exp: list[KernelVector] = []
        self.seen_trig: list[KernelVector] = []

    # -- choosing the kernels --------------------------------------------------------------------

    def seed(self, expressions: Iterable[Expr]) -> None:
        """Fix lattice bases and root degrees so that every expression is integral over the kernels.

        A scratch ring converts once and records every argument; its verdict is copied here.
        """
        expressions = [e for e in expressions if e.has(sp.Pow, sp.Function)]
        if not expressions:
            return
        book = Converter(Ring(self.field.variables, self.field.parameters))
        book.recording = True
        book.definitions = self.definitions
        for expression in expressions:
            book(expression)
        self.exp_basis = [dict(v) for v in lattice_basis(book.seen_exp, self._level)]
        self.trig_basis = [dict(v) for v in lattice_basis(book.seen_trig, self._level)]
        self.exp_slots = [None] * len(self.exp_basis)
        self.trig_slots = [None] * len(self.trig_basis)
        self.root_degrees = dict(book.root_degrees)

    def _level(self, key: Expr) -> int:
        """0 for constants, 2 for what depends on a variable that is split away, 1 for the rest."""
        symbols = key.free_symbols
        return 2 if symbols & self.field.upper else 1 if symbols & set(self.field.variables) else 0

    # -- dispatch --------------------------------------------------------------------------------

    def __call__(self, expr: Expr) -> Element:
        found = self.memo.get(expr)
        if found is None:
            found = self.memo[expr] = self._convert(expr)
        return found._current()

    def _convert(self, expr: Expr) -> Element:
        field = self.field
        if expr.is_Symbol:
            slot = field.by_symbol.get(expr)  # type: ignore[call-overload]
            if slot is None:
                raise Unsupported(f"{expr} is neither a variable nor a parameter of this field")
            return field.of_slot(slot)
        if expr.is_Rational:
            return field.constant(Fraction(int(expr.p), int(expr.q)))  # type: ignore[attr-defined]
        if expr.is_Float:
            return self(sp.Rational(str(expr)))
        if expr.is_Add:
            return self._sum([self(a) for a in expr.args])  # type: ignore[arg-type]
        if expr.is_Mul:
            result = field.one
            for a in expr.args:
                result = result * self(a)  # type: ignore[arg-type]
            return result
        if expr.is_Pow:
            return self._power(expr.args[0], expr.args[1])  # type: ignore[arg-type]
        rule = RULES.get(expr.func)
        if rule is not None:
            return rule(self, expr)
        if isinstance(expr, AppliedUndef | sp.Derivative | sp.Subs):
            return self._arbitrary(expr)
        if isinstance(expr, sp.Function):
            return self._known_by_derivative(expr)
        raise Unsupported(f"{expr} ({type(expr).__name__}) has no rule in the coefficient field")

    def _sum(self, elements: Sequence[Element]) -> Element:
        """Pairwise, so that intermediate denominators stay small."""
        elements = list(elements)
        while len(elements) > 1:
            elements = [
                elements[i] + elements[i + 1] if i + 1 < len(elements) else elements[i] for i in range(0, len(elements), 2)
            ]
        return elements[0]

    def _power(self, base: Expr, exponent: Expr) -> Element:
        if exponent.is_Integer:
            return self(base) ** int(exponent)
        if exponent.is_Rational:
            return self.root(self(base), Fraction(int(exponent.p), int(exponent.q)))  # type: ignore[attr-defined]
        if base is S.Exp1:
            return self.exponential(self(exponent))
        return self.exponential(self(exponent) * self.logarithm(self(base)))

    # -- factors of a polynomial, with the sign put where it does no harm --------------------------

    def _factors(self, poly: fmpz_mpoly, known: Iterable[Expr]) -> tuple[int, list[tuple[fmpz_mpoly, Expr, int]]]:
        """(content, [(p, expression of p, multiplicity)]) with poly = content * Π p^e; content < 0 only if unavoidable.

        Each p is oriented like a kernel that exists already, else so that the content is positive.
        """
        field = self.field
        known = set(known)
        content, raw = factored(poly)
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
            constant, rest = factored(field.reduce(field.lift(p) * conjugate))
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

    def _slot_of(self, poly: fmpz_mpoly) -> Slot | None:
        """The slot whose generator this polynomial is, if it is one."""
        if len(poly) != 1 or poly.total_degree() != 1 or poly.leading_coefficient() != 1:
            return None
        place = next(i for i, d in enumerate(poly.degrees()) if d)
        return self.field.slots[poly.context().nvars() - 1 - place]

    # -- roots -----------------------------------------------------------------------------------

    def root(self, base: Element, exponent: Fraction) -> Element:
        """base^exponent for a rational exponent."""
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
            for p, expr, e in factors:
                result = result * self._root_of_factor(field.lift(p), expr, power * e)
        return result

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
                    return chain.base._current(), Fraction(1, degree)
        return None

    # -- exponentials and logarithms ---------------------------------------------------------------

    def _terms(self, element: Element) -> KernelVector:
        """The element as a rational combination of term expressions (monomial, or monomial / primitive denominator).

        The numerator is divided by the denominator first, so that x/(x + 1) = 1 - 1/(x + 1) and 1/(x + 1) share a term.
        """
        field = self.field
        content = element.den.content()
        den = field.poly_to_expr(element.den / content)
        n = element.num.context().nvars()
        vector: KernelVector = {}

        def add(monomial: Sequence[int], c: Fraction, below: Expr) -> None:
            key = sp.Mul(*(field.slots[n - 1 - i].expr ** e for i, e in enumerate(monomial) if e)) / below
            vector[key] = vector.get(key, Fraction(0)) + c

        if element.den.is_constant():
            for monomial, c in element.num.terms():
                add(monomial, Fraction(int(c), int(content)), S.One)
        else:
            rational = fmpq_mpoly_ctx.get(element.num.context().names(), Ordering.lex)
            top, bottom = (rational.from_dict(dict(p.terms())) for p in (element.num, element.den))
            quotient, rest = divmod(top, bottom)
            for part, below in ((quotient, S.One), (rest / int(content), den)):
                for monomial, c in part.terms():
                    add(monomial, Fraction(int(c.p), int(c.q)), below)
        return {k: c for k, c in vector.items() if c}

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
                result = result * self.root(self(logs[term]), c)
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

    def _lattice_coordinates(
        self, vector: KernelVector, basis: list[KernelVector], slots: list, seen: list[KernelVector]
    ) -> list[tuple[int, Fraction]]:
        """(index of a basis vector, multiple) of the vector; a new basis vector is made for an independent one."""
        if self.recording:
            seen.append(vector)
        coords = coordinates(basis, vector)
        if coords is None:
            basis.append(vector)
            slots.append(None)
            return [(len(basis) - 1, Fraction(1))]
        found = [(i, c) for i, c in enumerate(coords) if c]
        if any(abs(k) > LARGEST_MULTIPLE for _, k in found):
            raise Unsupported(f"arguments of exponentials or sines in the ratio {max(abs(k) for _, k in found)}:1")
        return found

    def _combination(self, vector: KernelVector) -> Element:
        return self._sum([self(term) * c for term, c in vector.items()])

    def _new_exponential(self, vector: KernelVector) -> Slot:
        argument = self._combination(vector)
        exponent = sp.Add(*(sp.Rational(c.numerator, c.denominator) * term for term, c in vector.items()))
        expr = self._as_power(vector) or sp.exp(exponent)

        def derivative(variable: sp.Symbol) -> Element:
            return self.field.of_slot(slot) * argument._current().diff(variable)

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

    def _argument_of(self, slot: Slot) -> Element | None:
        """The u of a slot exp(u); None for other slots."""
        for vector, made in zip(self.exp_basis, self.exp_slots, strict=True):
            if made is slot:
                return self._combination(vector)
        return None

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
        for p, expr, e in factors:
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
                result = result + self._log_slot(expr, field.of_poly(field.lift(p))) * e
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
                current = inner._current()
                return current.diff(variable) / current

            self.log_slots[expr] = field.add_slot(shown or sp.log(expr), "kernel", derivative=derivative, arguments=(inner,))
        return field.of_slot(self.log_slots[expr])

    # -- trigonometric functions -------------------------------------------------------------------

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
                    return root * double._current().diff(variable) / (double._current() * 2)

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
            return -field.of_slot(sine) * argument._current().diff(variable)

        def sin_derivative(variable: sp.Symbol) -> Element:
            return field.of_slot(cosine) * argument._current().diff(variable)

        cosine = field.add_slot(sp.cos(angle), "kernel", derivative=cos_derivative, arguments=(argument,))
        c = field.poly(cosine)
        sine = field.add_slot(sp.sin(angle), "root", degree=2, relation=1 - c**2, derivative=sin_derivative)
        return cosine, sine

    # -- functions known by their derivatives ------------------------------------------------------

    def _known_by_derivative(self, expr: Expr) -> Element:
        """f(u) with f' = the derivative that SymPy states for f, itself in the field."""
        field = self.field
        arguments = [self(a) for a in expr.args]  # type: ignore[arg-type]
        if expr not in self.other:

            def derivative(variable: sp.Symbol) -> Element:
                result = field.zero
                for i, a in enumerate(arguments):
                    inner = a._current().diff(variable)
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
                    inner = element._current().diff(variable)
                    if not inner.is_zero:
                        higher = tuple(k + (j == i) for j, k in enumerate(orders))
                        result = result + self._arbitrary_parts(name, elements, higher) * inner
                return result

            self.other[canonical] = self.field.add_slot(canonical, "kernel", derivative=derivative, arguments=elements)
        return self.field.of_slot(self.other[canonical])

    def _arbitrary_parts(self, name: type, elements: Sequence[Element], orders: tuple[int, ...]) -> Element:
        return self._arbitrary(derivative_expression(name, [self.field.to_expr(e._current()) for e in elements], orders))

    def _integral(self, expr: Expr) -> Element:
        """∫ f dv, known by its derivative f along v; along other variables the derivative goes under the integral."""
        limits = expr.args[1:]
        if len(limits) > 1 and len(set(limits)) == len(limits[0].args) == 1:
            return self._repeated_integral(expr.args[0], limits[0].args[0], len(limits))  # type: ignore[arg-type]
        if len(expr.args) == 2 and len(expr.args[1].args) == 3:  # type: ignore[arg-type]
            return definite_integral(expr, self)
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
                    return inside._current()
                partial = inside._current().diff(v)
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
            constant, factors = factored(field.lift(poly))
            part = field.constant(int(constant))
            for factor, power in factors:
                element = field.of_poly(factor)
                if not any(field.depends_on(field.slots[i], variable) for i in field.slots_of(element)):
                    part = part * element ** int(power)
            parts.append(part)
        return parts[0] / parts[1]

    # -- Bessel and Airy ---------------------------------------------------------------------------

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
        nu, low = base[1]._current(), self.field.of_slot(base[3])
        high = base[4]._current()
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
            x, n = argument._current(), order._current()
            return (n / x * field.of_slot(low) + high() * sign_low) * x.diff(variable)

        def high_derivative(variable: sp.Symbol) -> Element:
            x, n = argument._current(), order._current()
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
        low, high, x = first[0]._current(), first[1], argument._current()
        if kind == "y":
            return (high._current() * second_low - self.field.constant(2) / (self(S.Pi) * x)) / low
        return (self.field.one / x - high._current() * second_low) / low

    def _sign(self, expr: Expr) -> Element:
        """sign(u): locally constant, with square 1."""
        inner = self(expr.args[0])  # type: ignore[arg-type]
        key = sp.sign(self.field.to_expr(inner))
        if not isinstance(key, sp.sign):
            return self(key)
        if key not in self.other:
            slot = self.field.add_slot(key, "root", degree=2, relation=self.field.ctx.constant(1))
            self.other[key] = slot
        return self.field.of_slot(self.other[key])


def _next_bessel(kind: str, nu: Element, x: Element, low: Element, high: Element) -> Element:
    """Order nu + 1 from orders nu - 1 (low) and nu (high)."""
    middle = nu * 2 / x * high
    return {"j": middle - low, "y": middle - low, "i": low - middle, "k": middle + low}[kind]


def _previous_bessel(kind: str, nu: Element, x: Element, low: Element, high: Element) -> Element:
    """Order nu - 1 from orders nu (low) and nu + 1 (high)."""
    middle = nu * 2 / x * low
    return {"j": middle - high, "y": middle - high, "i": middle + high, "k": high - middle}[kind]


def _hyperbolic(combine: Callable[[Element, Element], Element]) -> Callable[[Converter, Expr], Element]:
    def rule(self: Converter, expr: Expr) -> Element:
        e = self.exponential(self(expr.args[0]))  # type: ignore[arg-type]
        return combine(e, self.field.one / e)

    return rule


def _trigonometric(combine: Callable[[Element, Element], Element]) -> Callable[[Converter, Expr], Element]:
    def rule(self: Converter, expr: Expr) -> Element:
        return combine(*self.cos_sin(self(expr.args[0])))  # type: ignore[arg-type]

    return rule


def _rewritten(rewrite: Callable[[Expr], Expr]) -> Callable[[Converter, Expr], Element]:
    def rule(self: Converter, expr: Expr) -> Element:
        return self(rewrite(expr.args[0]))  # type: ignore[arg-type]

    return rule


def _number_symbol(self: Converter, expr: Expr) -> Element:
    if expr not in self.other:
        self.other[expr] = self.field.add_slot(expr, "kernel")
    return self.field.of_slot(self.other[expr])


RULES: dict[type, Callable[[Converter, Expr], Element]] = {
    sp.exp: lambda self, e: self.exponential(self(e.args[0])),  # type: ignore[arg-type]
    sp.log: lambda self, e: self.logarithm(self(e.args[0])),  # type: ignore[arg-type]
    sp.cos: _trigonometric(lambda c, s: c),
    sp.sin: _trigonometric(lambda c, s: s),
    sp.tan: _trigonometric(lambda c, s: s / c),
    sp.cot: _trigonometric(lambda c, s: c / s),
    sp.sec: _trigonometric(lambda c, s: 1 / c),
    sp.csc: _trigonometric(lambda c, s: 1 / s),
    sp.sinh: _hyperbolic(lambda e, f: (e - f) / 2),
    sp.cosh: _hyperbolic(lambda e, f: (e + f) / 2),
    sp.tanh: _hyperbolic(lambda e, f: (e - f) / (e + f)),
    sp.coth: _hyperbolic(lambda e, f: (e + f) / (e - f)),
    sp.sech: _hyperbolic(lambda e, f: 2 / (e + f)),
    sp.csch: _hyperbolic(lambda e, f: 2 / (e - f)),
    sp.acos: _rewritten(lambda u: S.Pi / 2 - sp.asin(u)),
    sp.acot: _rewritten(lambda u: S.Pi / 2 - sp.atan(u)),
    sp.asinh: _rewritten(lambda u: sp.log(u + sp.sqrt(u**2 + 1))),
    sp.acosh: _rewritten(lambda u: sp.log(u + sp.sqrt(u**2 - 1))),
    sp.atanh: _rewritten(lambda u: (sp.log(1 + u) - sp.log(1 - u)) / 2),
    sp.acoth: _rewritten(lambda u: (sp.log(u + 1) - sp.log(u - 1)) / 2),
    sp.Abs: lambda self, e: self._sign(e) * self(e.args[0]),  # type: ignore[arg-type]
    sp.sign: lambda self, e: self._sign(e),
    sp.airybiprime: lambda self, e: self._airy_bi_prime(e),
    sp.besselj: lambda self, e: self._bessel(e),
    sp.bessely: lambda self, e: self._bessel(e),
    sp.besseli: lambda self, e: self._bessel(e),
    sp.besselk: lambda self, e: self._bessel(e),
    sp.Integral: lambda self, e: self._integral(e),
    type(S.Pi): _number_symbol,
    type(S.Exp1): lambda self, e: self.exponential(self.field.one),
    type(S.EulerGamma): _number_symbol,
    type(S.ImaginaryUnit): lambda self, e: self.root(self.field.constant(-1), Fraction(1, 2)),
}
