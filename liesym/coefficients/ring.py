"""The ring below the field: slots, polynomials in them, fractions, reduction modulo their relations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import Ordering, fmpz, fmpz_mpoly, fmpz_mpoly_ctx
from sympy import Expr, Pow, Symbol, exp

from liesym.base.budget import Meter
from liesym.coefficients.polynomials import ARITHMETIC, DIVISION, GCD, LARGE, WRITING, Polynomials
from liesym.coefficients.written import polynomial, product, quotient
from liesym.coefficients.zero_divisors import ZeroDivisor
from liesym.errors import TooLarge, Unsupported

SPARE = 24
# operations that arithmetic with the shortest elements costs, in products of terms: the work around them
OVERHEAD = 100
# minors that are expanded where a sum with a root of high degree is made rational: there may be as many as its factorial
MOST_MINORS = 50_000
# beyond it the coefficients of a power of a sum or a number alone would fill the memory
LARGEST_POWER = 10_000


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


class Element:
    """An element num/den of a ring or field of coefficients, in normal form. Immutable.

    A ring that has grown has a new context of polynomials; an element carries itself over where it is looked at.
    """

    __slots__ = ("_den", "_num", "field")

    def __init__(self, field: Ring, num: fmpz_mpoly, den: fmpz_mpoly) -> None:
        self.field, self._num, self._den = field, num, den

    @property
    def num(self) -> fmpz_mpoly:
        """The numerator, in the present context of the ring."""
        num = self._num
        return num if num.context() is self.field.ctx else self._current()._num

    @property
    def den(self) -> fmpz_mpoly:
        """The denominator, in the present context of the ring."""
        den = self._den
        return den if den.context() is self.field.ctx else self._current()._den

    @property
    def terms(self) -> int:
        """Terms of numerator and denominator together."""
        return len(self._num) + len(self._den)

    def _current(self) -> Element:
        ctx = self.field.ctx
        if self._num.context() is not ctx or self._den.context() is not ctx:
            # the same value in the context that has grown: kept, so that an element is carried over once
            self._num, self._den = self.field.lift(self._num), self.field.lift(self._den)
        return self

    def _coerce(self, other: Element | int | Fraction) -> Element:
        if isinstance(other, Element):
            if other.field is not self.field:
                raise TypeError("elements of different fields; carry one over with Field.extended")
            return other._current()
        return self.field.constant(other)

    def __add__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        if a._den == b._den:
            if a._den.is_one():
                return Element(self.field, a._num + b._num, a._den)
            return self.field.fraction(a._num + b._num, a._den)
        self.field.check_product(a, b)
        return self.field.fraction(a._num * b._den + b._num * a._den, a._den * b._den)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.field, -self._num, self._den)

    def __sub__(self, other: Element | int | Fraction) -> Element:
        return self + (-self._coerce(other))

    def __rsub__(self, other: Element | int | Fraction) -> Element:
        return (-self) + other

    def __mul__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        self.field.check_product(a, b)
        return self.field.fraction(a._num * b._num, a._den * b._den)

    __rmul__ = __mul__

    def __truediv__(self, other: Element | int | Fraction) -> Element:
        a, b = self._current(), self._coerce(other)
        self.field.check_product(a, b)
        return self.field.fraction(a._num * b._den, a._den * b._num)

    def __rtruediv__(self, other: Element | int | Fraction) -> Element:
        return self._coerce(other) / self

    def __pow__(self, exponent: int) -> Element:
        a = self._current()
        if abs(exponent) > LARGEST_POWER and not all(len(p) == 1 and abs(p.coefficient(0)) == 1 for p in (a._num, a._den)):
            raise Unsupported(f"the power {exponent} of a sum or a number is too large; at most {LARGEST_POWER} is expanded")
        if exponent < 0:
            return self.field.fraction(a._den ** (-exponent), a._num ** (-exponent))
        return self.field.fraction(a._num**exponent, a._den**exponent)

    def diff(self, variable: Symbol) -> Element:
        """The derivation ∂/∂variable, by the quotient rule over the slots."""
        field = self.field
        top = field._poly_derivative(self.num, variable)
        if self._den.is_one():
            return top
        bottom = field._poly_derivative(self.den, variable)
        den = Element(field, self.den, field.ctx.constant(1))
        if bottom.is_zero:
            return top / den
        return (top * den - bottom * Element(field, self.num, field.ctx.constant(1))) / (den * den)

    @property
    def is_zero(self) -> bool:
        return self._num.is_zero()

    @property
    def is_one(self) -> bool:
        return self._num.is_one() and self._den.is_one()

    def depends_on(self, variable: Symbol) -> bool:
        """True if the derivative with respect to the variable is not zero."""
        field = self.field
        return (
            any(field.depends_on(field.slots[i], variable) for i in field.slots_of(self)) and not self.diff(variable).is_zero
        )

    @property
    def is_constant(self) -> bool:
        """True if every derivation kills the element (it may hold parameters)."""
        field = self.field
        return not any(field.depends_on(field.slots[i], v) for i in field.slots_of(self) for v in field.variables)

    @property
    def is_rational(self) -> bool:
        """True for a rational number."""
        return self._num.is_constant() and self._den.is_constant()

    def as_fraction(self) -> Fraction:
        """The value of a rational constant."""
        if not self.is_rational:
            raise Unsupported("not a rational number")
        return Fraction(
            int(self._num.leading_coefficient() if not self._num.is_zero() else 0), int(self._den.leading_coefficient())
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | Fraction):
            other = self.field.constant(other)
        if not isinstance(other, Element) or other.field is not self.field:
            return NotImplemented
        a, b = self._current(), other._current()
        return a._num == b._num and a._den == b._den

    def __hash__(self) -> int:
        return hash((len(self._num), len(self._den), self._num.total_degree()))

    def __repr__(self) -> str:
        return str(self.field.to_expr(self))


class Ring(Polynomials):
    """Q(parameters, variables, kernels) with one derivation for each variable, its kernels given as slots.

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
        self.upper: frozenset[Symbol] = frozenset()
        self.by_symbol: dict[Symbol, Slot] = {}
        for symbol in self.variables:
            self.by_symbol[symbol] = self.add_slot(symbol, "variable", moving=(symbol,))
        for symbol in self.parameters:
            self.by_symbol[symbol] = self.add_slot(symbol, "parameter")
        self._derivatives: dict[tuple[int, Symbol], Element | None] = {}
        super().__init__()
        self._operations = 0
        self.zero, self.one = self.constant(0), self.constant(1)

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
        if relation is not None:  # it may come from before the field grew
            relation = self.lift(relation)
        inner = list(arguments) if relation is None else [*arguments, self.of_poly(relation)]
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
        if isinstance(value, int):
            return Element(self, self.ctx.constant(value), self.ctx.constant(1))
        value = Fraction(value)
        return Element(self, self.ctx.constant(value.numerator), self.ctx.constant(value.denominator))

    def of_slot(self, slot: Slot) -> Element:
        return Element(self, self.poly(slot), self.ctx.constant(1))

    def of_poly(self, poly: fmpz_mpoly) -> Element:
        return self.fraction(self.lift(poly), self.ctx.constant(1))

    def fraction(self, num: fmpz_mpoly, den: fmpz_mpoly) -> Element:
        """num/den in normal form: relations applied, denominator free of algebraic slots, cancelled.

        Raises:
            TimeIsUp: the budget that the field works within is over.
            TooLarge: more terms than it may hold, or more operations than the step may do.
        """
        size = len(num) + len(den)
        self._operations += 1
        if self._operations % 64 == 0 or size > LARGE:
            self._time.check(ARITHMETIC)
        if size > self._budget.terms:
            raise TooLarge(f"coefficient of more than {self._budget.terms} terms")
        if self._budget.meter is not None:
            self._budget.meter.spend(OVERHEAD + size, ARITHMETIC)
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
            self._budget.spend(GCD * (len(num) + len(den)) if len(den) > 1 else 0, ARITHMETIC)
            common = self.gcd(num, den)
            if not common.is_one():
                num, den = num / common, den / common
            if den.leading_coefficient() < 0:
                num, den = -num, -den
        return Element(self, num, den)

    def check_product(self, a: Element, b: Element) -> None:
        """Refuse work on two elements that would neither end in time nor fit in memory.

        Raises:
            TooLarge: the field works within a budget, and the elements are too large.
        """
        self.check_sizes(a.terms, b.terms)

    def reduce(self, poly: fmpz_mpoly) -> fmpz_mpoly:
        """The remainder modulo the algebraic relations, newest slot first."""
        if not self.roots or poly.is_zero() or poly.is_constant():
            return poly
        degrees = poly.degrees()
        for slot in reversed(self.roots):
            if degrees[self.capacity - 1 - slot.index] >= slot.degree:
                if len(poly) > LARGE:
                    self._time.room(DIVISION * len(poly) * len(slot.relation), ARITHMETIC)
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
            self._time.check(ARITHMETIC)
            if len(num) * len(cofactor) > self._budget.terms * LARGE:
                raise TooLarge("root in the denominator of a coefficient")
            num, den = self.reduce(self.product(num, cofactor)), self.reduce(self.product(den, cofactor))
            if den.is_zero():
                raise ZeroDivisor("division by a zero divisor: an algebraic relation of the field is reducible")
            common = self.gcd(num, den)
            if not common.is_one():
                num, den = num / common, den / common
        return num, den

    def _conjugate(self, den: fmpz_mpoly, slot: Slot) -> fmpz_mpoly:
        """c with c*den free of the slot, modulo its relation: the adjugate of multiplication by den."""
        coefficients = self.coefficients_in(den, slot)
        s = slot.degree
        if len(coefficients) == 1:
            return self.poly(slot) ** (s - next(iter(coefficients)))
        if s == 2:
            return coefficients.get(0, self.ctx.constant(0)) - coefficients.get(1, self.ctx.constant(0)) * self.poly(slot)
        # Column j of the matrix holds the coordinates of den * R^j in the basis 1, R, …, R^(s-1).
        columns = []
        for j in range(s):
            product = self.reduce(den * self.poly(slot) ** j)
            parts = self.coefficients_in(product, slot)
            columns.append([parts.get(i, self.ctx.constant(0)) for i in range(s)])
        total, minors = self.ctx.constant(0), Meter(MOST_MINORS)
        for j in range(s):
            minor = [[columns[c][r] for c in range(s) if c != j] for r in range(1, s)]
            total += (-1) ** j * self._determinant(minor, minors) * self.poly(slot) ** j
        return self.reduce(total)

    def _determinant(self, rows: list[list[fmpz_mpoly]], minors: Meter) -> fmpz_mpoly:
        self._time.check(ARITHMETIC)
        minors.spend(1, "norm of a sum with a root of high degree")
        if len(rows) == 1:
            return rows[0][0]
        total = self.ctx.constant(0)
        for j, entry in enumerate(rows[0]):
            if not entry.is_zero():
                total += (-1) ** j * entry * self._determinant([[*r[:j], *r[j + 1 :]] for r in rows[1:]], minors)
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
        for slot in [self.slots[i] for i in sorted(self.slots_of_poly(poly))]:  # before a derivative makes new slots
            inner = self.slot_derivative(slot, variable)
            if inner is None:
                continue
            poly = self.lift(poly)
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
        found = self.slots_of_poly(element.num)
        return found if element.den.is_one() else found | self.slots_of_poly(element.den)

    def slots_of_poly(self, poly: fmpz_mpoly) -> set[int]:
        """Indices of the slots that occur in the polynomial."""
        last = poly.context().nvars() - 1
        return {last - place for place, degree in enumerate(poly.degrees()) if degree > 0}

    def moving(self, element: Element) -> frozenset[Symbol]:
        """The variables that occur in the slots of the element."""
        return frozenset().union(*(self.slots[i].moving for i in self.slots_of(element)))

    def degree_in(self, poly: fmpz_mpoly, slot: Slot) -> int:
        """The degree of the polynomial in one slot."""
        return int(max(0, self.lift(poly).degrees()[self.capacity - 1 - slot.index]))

    def depends_on(self, slot: Slot, variable: Symbol) -> bool:
        """True if the variable occurs in the slot."""
        return variable in slot.moving

    # -- back to expressions ---------------------------------------------------------------------

    def _shown(self, index: int) -> Expr:
        return self.slots[index].expr

    def _movable(self, index: int) -> bool:
        """True for an exponential or a power, which is written with a negative exponent rather than in a denominator."""
        return self.slots[index].kind == "kernel" and isinstance(self.slots[index].expr, exp | Pow)

    def poly_to_expr(self, poly: fmpz_mpoly) -> Expr:
        """The polynomial in the slots as an expression."""
        return polynomial(poly, self._shown)

    def to_expr(self, element: Element, *, factor: bool = False) -> Expr:
        """The element as a SymPy expression; with `factor`, numerator and denominator are factored."""
        if element.terms > LARGE:
            self._time.room(WRITING * element.terms, ARITHMETIC)
        if factor:
            return product(element.num, self._shown) / product(element.den, self._shown)
        return quotient(element.num, element.den, self._shown, self._movable)
