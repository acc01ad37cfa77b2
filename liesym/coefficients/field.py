"""Exact arithmetic in the differential field of coefficients.

Elements are fractions of integer polynomials in *slots*: variables (t, x, jet coordinates), parameters, and kernels.
A kernel is transcendental (exp, log, an arbitrary function, Airy, an integral, …: known by its derivatives) or
algebraic (a root R with R^s = p, the sine of a cosine with s^2 = 1 - c^2). Numerators are reduced modulo the
algebraic relations, denominators hold no algebraic slot, and the fraction is cancelled. So an element is zero exactly
if its numerator is the zero polynomial, provided that the slots have no relation that was not written down; a
relation that escaped can only make a zero look nonzero, never the reverse.

Sources: Bronstein 2005, chapters 3 and 9; Geddes, Czapor and Labahn 1992, section 7.4.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import Ordering, fmpz, fmpz_mpoly, fmpz_mpoly_ctx
from sympy import Add, Expr, Integer, Mul, Pow, S, Symbol, cos, exp, sin

from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import OutOfBudget, Unsupported

if TYPE_CHECKING:
    from liesym.coefficients.convert import Converter, Definition

SPARE = 24


@dataclass(slots=True)
class Slot:
    """One generator of the polynomial ring.

    kind: variable, parameter, kernel (transcendental) or root (algebraic, of degree `degree`, slot^degree = relation).
    derivative: v -> the derivative of this slot with respect to variable v, for kernels and roots.
    moving: the variables that it depends on, known without differentiating (an arbitrary function has no last derivative).
    """

    index: int
    expr: Expr
    kind: str
    degree: int = 0
    relation: fmpz_mpoly | None = None
    derivative: Callable[[Symbol], Element] | None = None
    moving: frozenset[Symbol] = frozenset()


class Field:
    """Q(parameters, variables, kernels) with one derivation for each variable.

    Arguments:
        variables: symbols with derivations (t, x_i and the jet coordinates).
        parameters: symbols whose derivative is zero.
        capacity: number of slots to make room for; grows when needed.
    """

    def __init__(self, variables: Sequence[Symbol], parameters: Sequence[Symbol] = (), capacity: int = 0) -> None:
        self.slots: list[Slot] = []
        self.roots: list[Slot] = []
        self.capacity = capacity or len(variables) + len(parameters) + SPARE
        self.ctx = self._context(self.capacity)
        self.variables = tuple(variables)
        self.parameters = tuple(parameters)
        self.by_symbol: dict[Symbol, Slot] = {}
        for symbol in self.variables:
            self.by_symbol[symbol] = self.add_slot(symbol, "variable", moving=(symbol,))
        for symbol in self.parameters:
            self.by_symbol[symbol] = self.add_slot(symbol, "parameter")
        self._derivatives: dict[tuple[int, Symbol], Element | None] = {}
        # largest number of terms before an operation is refused: a greatest common divisor cannot be interrupted
        self.size_limit: int | None = None
        # time.monotonic() value after which arithmetic raises OutOfBudget, looked at now and then
        self.deadline: float | None = None
        self._operations = 0
        self.zero, self.one = self.constant(0), self.constant(1)
        from liesym.coefficients.convert import Converter

        self.converter: Converter = Converter(self)

    @staticmethod
    def build(
        expressions: Iterable[Expr],
        variables: Sequence[Symbol],
        parameters: Sequence[Symbol] = (),
        definitions: Iterable[Definition] = (),
    ) -> Field:
        """A field that holds the given expressions, its kernels chosen so that all of them are integral over it.

        Symbols that are neither variables nor parameters are added to the parameters. Functions named in `definitions`
        are solutions of their defining linear equations, all other undefined functions are arbitrary.

        Raises:
            Unsupported: an expression holds a function that the field has no rule for; the message names it.
        """
        expressions = list(expressions)
        known = set(variables) | set(parameters)
        extra = sorted(
            {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol)} - known, key=lambda s: s.name
        )
        field = Field(variables, (*parameters, *extra))
        field.converter.definitions = {d.name: d for d in definitions}
        field.converter.seed(expressions)
        for expression in expressions:
            field(expression)
        return field

    def extended(self, expressions: Iterable[Expr]) -> tuple[Field, Callable[[Element], Element]]:
        """A new field that also holds `expressions`, and the map that carries elements of this one into it."""
        kernels = [slot.expr for slot in self.slots if slot.kind in ("kernel", "root")]
        definitions = self.converter.definitions.values()
        new = Field.build([*kernels, *expressions], self.variables, self.parameters, definitions)
        return new, lambda element: new(self.to_expr(element))

    # -- slots -----------------------------------------------------------------------------------

    @staticmethod
    def _context(capacity: int) -> fmpz_mpoly_ctx:
        # Newer slots come first in the lexicographic order, so that the relation R^s - p has the leading monomial R^s.
        return fmpz_mpoly_ctx.get([f"g{i}" for i in reversed(range(capacity))], Ordering.lex)

    def add_slot(
        self,
        expr: Expr,
        kind: str,
        *,
        degree: int = 0,
        relation: fmpz_mpoly | None = None,
        derivative: Callable[[Symbol], Element] | None = None,
        arguments: Iterable[Element] = (),
        moving: Iterable[Symbol] = (),
    ) -> Slot:
        """A new generator; it depends on what its arguments, its relation and `moving` depend on."""
        index = len(self.slots)
        if index >= self.capacity:
            self._grow()
        inner = list(arguments) if relation is None else [*arguments, self.of_poly(self.lift(relation))]
        depends = frozenset(moving).union(*(self.slots[i].moving for e in inner for i in self.slots_of(e)))
        slot = Slot(index, expr, kind, degree, relation, derivative, depends)
        self.slots.append(slot)
        if kind == "root":
            self.roots.append(slot)
        return slot

    def _grow(self) -> None:
        self.capacity *= 2
        self.ctx = self._context(self.capacity)
        for slot in self.roots:
            if slot.relation is not None:
                slot.relation = slot.relation.project_to_context(self.ctx)

    def poly(self, slot: Slot) -> fmpz_mpoly:
        return self.ctx.gen(self.capacity - 1 - slot.index)

    def lift(self, poly: fmpz_mpoly) -> fmpz_mpoly:
        return poly if poly.context() is self.ctx else poly.project_to_context(self.ctx)

    # -- making elements -------------------------------------------------------------------------

    def constant(self, value: int | Fraction) -> Element:
        value = Fraction(value)
        return Element(self, self.ctx.constant(value.numerator), self.ctx.constant(value.denominator))

    def of_slot(self, slot: Slot) -> Element:
        return Element(self, self.poly(slot), self.ctx.constant(1))

    def of_poly(self, poly: fmpz_mpoly) -> Element:
        return self.fraction(poly, self.ctx.constant(1))

    def __call__(self, expression: Expr | int) -> Element:
        """The element of a SymPy expression.

        Raises:
            Unsupported: a function without a rule, named.
            NeedsRefinement: half or other fractions of an angle beyond repeated halving; use `build` or `extended`.
        """
        return self.converter(expression if isinstance(expression, Expr) else Integer(expression))

    def fraction(self, num: fmpz_mpoly, den: fmpz_mpoly) -> Element:
        """num/den in normal form: relations applied, denominator free of algebraic slots, cancelled.

        Raises:
            OutOfBudget: more terms than `size_limit`, or `deadline` passed, where these are set.
        """
        self._operations += 1
        if self.deadline is not None and self._operations % 64 == 0 and time.monotonic() > self.deadline:
            raise OutOfBudget("arithmetic with coefficients")
        if self.size_limit is not None and len(num) + len(den) > self.size_limit:
            raise OutOfBudget(f"arithmetic with coefficients of more than {self.size_limit} terms")
        if self.roots:
            num = self.reduce(num)
            den = self.reduce(den)
            if den.is_zero():
                raise ZeroDivisionError("division by zero in the coefficient field")
            num, den = self._rationalize(num, den)
        elif den.is_zero():
            raise ZeroDivisionError("division by zero in the coefficient field")
        if num.is_zero():
            return Element(self, num, self.ctx.constant(1))
        if not den.is_one():
            common = num.gcd(den)
            if not common.is_one():
                num, den = num / common, den / common
            if den.leading_coefficient() < 0:
                num, den = -num, -den
        return Element(self, num, den)

    def reduce(self, poly: fmpz_mpoly) -> fmpz_mpoly:
        """The remainder modulo the algebraic relations, newest slot first."""
        if not self.roots or poly.is_zero() or poly.is_constant():
            return poly
        degrees = poly.degrees()
        for slot in reversed(self.roots):
            if degrees[self.capacity - 1 - slot.index] >= slot.degree:
                generator = self.poly(slot)
                _, poly = divmod(poly, generator**slot.degree - slot.relation)
                degrees = poly.degrees()
        return poly

    def _rationalize(self, num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """Multiply by conjugates until no algebraic slot is left in the denominator."""
        for slot in reversed(self.roots):
            if den.degrees()[self.capacity - 1 - slot.index] == 0:
                continue
            cofactor = self._conjugate(den, slot)
            num, den = self.reduce(num * cofactor), self.reduce(den * cofactor)
            if den.is_zero():
                raise ZeroDivisionError("division by a zero divisor: an algebraic relation of the field is reducible")
            common = num.gcd(den)
            if not common.is_one():
                num, den = num / common, den / common
        return num, den

    def _conjugate(self, den: fmpz_mpoly, slot: Slot) -> fmpz_mpoly:
        """c with c*den free of the slot, modulo its relation: the adjugate of multiplication by den."""
        coefficients = self.coefficients_in(den, slot)
        s = slot.degree
        if s == 2:
            return coefficients.get(0, self.ctx.constant(0)) - coefficients.get(1, self.ctx.constant(0)) * self.poly(slot)
        # Column j of the matrix holds the coordinates of den * R^j in the basis 1, R, …, R^(s-1).
        columns = []
        for j in range(s):
            product = self.reduce(den * self.poly(slot) ** j)
            parts = self.coefficients_in(product, slot)
            columns.append([parts.get(i, self.ctx.constant(0)) for i in range(s)])
        total = self.ctx.constant(0)
        for j in range(s):
            minor = [[columns[c][r] for c in range(s) if c != j] for r in range(1, s)]
            total += (-1) ** j * self._determinant(minor) * self.poly(slot) ** j
        return self.reduce(total)

    def _determinant(self, rows: list[list[fmpz_mpoly]]) -> fmpz_mpoly:
        if len(rows) == 1:
            return rows[0][0]
        total = self.ctx.constant(0)
        for j, entry in enumerate(rows[0]):
            if not entry.is_zero():
                total += (-1) ** j * entry * self._determinant([[*r[:j], *r[j + 1 :]] for r in rows[1:]])
        return self.reduce(total)

    def coefficients_in(self, poly: fmpz_mpoly, slot: Slot) -> dict[int, fmpz_mpoly]:
        """Power -> coefficient of the polynomial in one slot."""
        place = self.capacity - 1 - slot.index
        parts: dict[int, dict[tuple[int, ...], fmpz]] = {}
        for monomial, coefficient in poly.terms():
            power = monomial[place]
            rest = (*monomial[:place], 0, *monomial[place + 1 :])
            parts.setdefault(power, {})[rest] = coefficient
        return {power: self.ctx.from_dict(part) for power, part in parts.items()}

    # -- differentiation -------------------------------------------------------------------------

    def slot_derivative(self, slot: Slot, variable: Symbol) -> Element | None:
        """The derivative of one slot, None if zero."""
        if slot.kind == "variable":
            return self.one if slot.expr == variable else None
        if slot.derivative is None or variable not in slot.moving:
            return None
        key = (slot.index, variable)
        if key not in self._derivatives:
            value = slot.derivative(variable)
            self._derivatives[key] = None if value.is_zero else value
        return self._derivatives[key]

    def _poly_derivative(self, poly: fmpz_mpoly, variable: Symbol) -> Element:
        result = self.zero
        plain = self.ctx.constant(0)
        degrees = poly.degrees()
        for slot in list(self.slots):
            place = self.capacity - 1 - slot.index
            if place >= len(degrees) or degrees[place] <= 0:
                continue
            inner = self.slot_derivative(slot, variable)
            if inner is None:
                continue
            poly = self.lift(poly)  # a derivative may have made new slots
            partial = poly.derivative(self.capacity - 1 - slot.index)
            if inner is self.one:
                plain = self.lift(plain) + partial
            else:
                result = result + self.of_poly(partial) * inner
        plain = self.lift(plain)
        return result if plain.is_zero() else result + self.of_poly(plain)

    # -- questions -------------------------------------------------------------------------------

    def slots_of(self, element: Element) -> set[int]:
        """Indices of the slots that occur in the element."""
        found: set[int] = set()
        for poly in (element.num, element.den):
            for place, degree in enumerate(poly.degrees()):
                if degree > 0:
                    found.add(poly.context().nvars() - 1 - place)
        return found

    def depends_on(self, slot: Slot, variable: Symbol) -> bool:
        """True if the variable occurs in the slot."""
        return variable in slot.moving

    # -- back to expressions ---------------------------------------------------------------------

    def poly_to_expr(self, poly: fmpz_mpoly, shift: Mapping[int, int] | None = None) -> Expr:
        """The polynomial; `shift` lowers the power of a slot in every term."""
        n = poly.context().nvars()
        places = [(place, n - 1 - place) for place, degree in enumerate(poly.degrees()) if degree > 0]
        places += [(n - 1 - i, i) for i in shift or () if all(i != index for _, index in places)]
        terms: list[Expr] = []
        for monomial, coefficient in poly.terms():
            factors: list[Expr] = [Integer(int(coefficient))]
            for place, index in places:
                power = int(monomial[place]) - (shift.get(index, 0) if shift else 0)
                if power:
                    factors.append(Pow(self.slots[index].expr, Integer(power)))
            terms.append(Mul(*factors))
        return Add(*terms)

    def to_expr(self, element: Element, *, factor: bool = False) -> Expr:
        """The element as a SymPy expression; with `factor`, numerator and denominator are factored.

        Exponentials and powers in the denominator are moved into the terms of the numerator, and (c - 1)(c + 1) with
        c = cos u is written -sin(u)^2, so that the expression reads as a person would write it.
        """
        if element.den.is_one() and not factor:
            return self.poly_to_expr(element.num)
        if factor:
            return self._factored(element.num) / self._factored(element.den)
        constant, factors = element.den.factor()
        shift: dict[int, int] = {}
        rest: list[tuple[Expr, int]] = []
        for p, e in factors:
            index = self._single_slot(p)
            if index is not None and self.slots[index].kind == "kernel" and isinstance(self.slots[index].expr, exp | Pow):
                shift[index] = int(e)
            else:
                rest.append((self.poly_to_expr(p), int(e)))
        bottom = Mul(Integer(int(constant)), *(Pow(p, e) for p, e in _with_sines(rest)))
        return self.poly_to_expr(element.num, shift) / bottom

    def _single_slot(self, poly: fmpz_mpoly) -> int | None:
        """The index of the slot that the polynomial consists of, if it does."""
        if len(poly) != 1 or poly.total_degree() != 1:
            return None
        place = next(i for i, d in enumerate(poly.degrees()) if d)
        return poly.context().nvars() - 1 - place

    def _factored(self, poly: fmpz_mpoly) -> Expr:
        if poly.is_zero():
            return S.Zero
        constant, factors = poly.factor()
        return Mul(Integer(int(constant)), *(Pow(self.poly_to_expr(f), Integer(e)) for f, e in factors))


class Element:
    """An element of a Field, in normal form. Immutable."""

    __slots__ = ("den", "field", "num")

    def __init__(self, field: Field, num: fmpz_mpoly, den: fmpz_mpoly) -> None:
        self.field, self.num, self.den = field, num, den

    def _current(self) -> Element:
        ctx = self.field.ctx
        if self.num.context() is ctx and self.den.context() is ctx:
            return self
        return Element(self.field, self.field.lift(self.num), self.field.lift(self.den))

    def _coerce(self, other: Element | int | Fraction) -> Element:
        if isinstance(other, Element):
            if other.field is not self.field:
                raise TypeError("elements of different fields; carry one over with Field.extended")
            return other._current()
        return self.field.constant(other)

    def __add__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        if a.den == b.den:
            if a.den.is_one():
                return Element(self.field, a.num + b.num, a.den)
            return self.field.fraction(a.num + b.num, a.den)
        return self.field.fraction(a.num * b.den + b.num * a.den, a.den * b.den)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.field, -self.num, self.den)

    def __sub__(self, other: Element | int | Fraction) -> Element:
        return self + (-self._coerce(other))

    def __rsub__(self, other: Element | int | Fraction) -> Element:
        return (-self) + other

    def __mul__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        return self.field.fraction(a.num * b.num, a.den * b.den)

    __rmul__ = __mul__

    def __truediv__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        return self.field.fraction(a.num * b.den, a.den * b.num)

    def __rtruediv__(self, other: Element | int | Fraction) -> Element:
        return self._coerce(other) / self

    def __pow__(self, exponent: int) -> Element:
        a = self._current()
        if exponent < 0:
            return self.field.fraction(a.den ** (-exponent), a.num ** (-exponent))
        return self.field.fraction(a.num**exponent, a.den**exponent)

    def diff(self, variable: Symbol) -> Element:
        """The derivation ∂/∂variable, by the quotient rule over the slots."""
        field = self.field
        top = field._poly_derivative(field.lift(self.num), variable)
        if self.den.is_one():
            return top
        bottom = field._poly_derivative(field.lift(self.den), variable)
        current = self._current()
        den = Element(field, current.den, field.ctx.constant(1))
        if bottom.is_zero:
            return top / den
        return (top * den - bottom * Element(field, current.num, field.ctx.constant(1))) / (den * den)

    @property
    def is_zero(self) -> bool:
        return self.num.is_zero()

    @property
    def is_one(self) -> bool:
        return self.num.is_one() and self.den.is_one()

    def depends_on(self, variable: Symbol) -> bool:
        """True if the derivative with respect to the variable is not zero."""
        field = self.field
        return any(field.depends_on(field.slots[i], variable) for i in field.slots_of(self)) and not self.diff(
            variable
        ).is_zero

    @property
    def is_constant(self) -> bool:
        """True if every derivation kills the element (it may hold parameters)."""
        field = self.field
        return not any(
            field.depends_on(field.slots[i], v) for i in field.slots_of(self) for v in field.variables
        )

    @property
    def is_rational(self) -> bool:
        """True for a rational number."""
        return self.num.is_constant() and self.den.is_constant()

    def as_fraction(self) -> Fraction:
        """The value of a rational constant."""
        if not self.is_rational:
            raise Unsupported("not a rational number")
        return Fraction(int(self.num.leading_coefficient() if not self.num.is_zero() else 0), int(self.den.leading_coefficient()))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | Fraction):
            other = self.field.constant(other)
        if not isinstance(other, Element) or other.field is not self.field:
            return NotImplemented
        a, b = self._current(), other._current()
        return a.num == b.num and a.den == b.den

    def __hash__(self) -> int:
        return hash((len(self.num), len(self.den), self.num.total_degree()))

    def __repr__(self) -> str:
        return str(self.field.to_expr(self))


def _with_sines(factors: list[tuple[Expr, int]]) -> list[tuple[Expr, int]]:
    """(c - 1)^i (c + 1)^i becomes (-sin^2)^i where c is a cosine."""
    powers = dict(factors)
    for p in list(powers):
        angle = next((a.args[0] for a in p.args if isinstance(a, cos)), None) if p.is_Add else None
        if angle is None or p != cos(angle) - 1:
            continue
        partner = cos(angle) + 1
        shared = min(powers[p], powers.get(partner, 0))
        if shared:
            powers[p] -= shared
            powers[partner] -= shared
            powers[-(sin(angle) ** 2)] = shared
    return [(p, e) for p, e in powers.items() if e]


def cleared(elements: Mapping[object, Element] | Sequence[Element]) -> list[fmpz_mpoly]:
    """Numerators over one common denominator, content removed: the same equation, polynomial.

    Arguments:
        elements: coefficients of one linear equation (values of a mapping, or a sequence).
    """
    values = list(elements.values()) if isinstance(elements, Mapping) else list(elements)
    values = [v._current() for v in values]
    if not values:
        return []
    field = values[0].field
    common = field.ctx.constant(1)
    for v in values:
        if not v.den.is_one():
            common = common * (v.den / common.gcd(v.den))
    numerators = [v.num * (common / v.den) for v in values]
    content = field.ctx.constant(0)
    for n in numerators:
        content = content.gcd(n)
        if content.is_one():
            break
    if not content.is_one() and not content.is_zero():
        numerators = [n / content for n in numerators]
    return numerators


__all__ = ["Element", "Field", "NeedsRefinement", "Slot", "cleared"]
