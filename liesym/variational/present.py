"""Expressions in velocities or momenta, written the way people do: as polynomials in them, fractions apart.

Source: Goldstein 1980, chapter 8, for the form of Hamiltonians and integrals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, Mul, Rational, S, Symbol, apart, gcd_list
from sympy.polys.polyerrors import PolynomialError

from liesym.coefficients.field import Field
from liesym.coefficients.parts import by_roots
from liesym.coefficients.ring import Element
from liesym.text.display import LONGEST_TO_TIDY
from liesym.text.writer import is_negative

LARGEST_TO_PART = 150
"""Terms in the numerator of a fraction that is taken apart."""
HIGHEST_TO_PART = 24
"""Degree of its denominator: SymPy solves as many linear equations, and nothing interrupts it."""


def number_factor(components: Sequence[Expr]) -> Rational:
    """The positive rational number that all components of a field have as a factor: 2 of 2·t ∂t + 4·x ∂x."""
    factors = [e.as_content_primitive()[0] for e in components if e != 0]
    common = gcd_list(factors) if factors else S.One
    return common if isinstance(common, Rational) and common.is_positive else S.One


def with_positive_speeds(integral: Expr, velocities: Sequence[Symbol]) -> Expr:
    """I or -I, whichever has no minus sign at its highest powers of the velocities; I where they have both signs.

    Both are constant: for ∂_t Noether's formula gives L - q' ∂L/∂q' = -E, and E is what is meant by energy.
    """
    if integral.count_ops() > LONGEST_TO_TIDY:
        return integral
    moving = set(velocities)

    def degree(term: Expr) -> Expr:
        return Add(*(k for base, k in term.as_powers_dict().items() if base in moving))

    terms = Add.make_args(integral.expand())
    degrees = [degree(term) for term in terms]
    if not all(k.is_Number for k in degrees):
        return integral
    top = max(degrees)
    if not all(is_negative(term) for term, k in zip(terms, degrees, strict=True) if k == top):
        return integral
    factors = list(Mul.make_args(integral))
    place = next((i for i, f in enumerate(factors) if isinstance(f, Add)), None)
    if place is None:
        return -integral
    factors[place] = Add(*(-term for term in factors[place].args))
    return Mul(*factors)


def presented(element: Element, field: Field, jets: Sequence[Symbol]) -> Expr:
    """The element as an expression, collected by the derivatives where it is polynomial in them."""
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    moving = {s.index for s in field.slots if any(field.depends_on(s, v) for v in jets)}
    own = {field.by_symbol[v].index for v in jets}
    if field.slots_of(field.of_poly(element.den)) & moving or field.slots_of(element) & (moving - own):
        return field.to_expr(element, factor=True) if not jets else field.to_expr(element)
    parts: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for monomial, c in field.lift(element.num).terms():
        key = tuple(monomial[p] for p in places)
        rest = tuple(0 if i in places else e for i, e in enumerate(monomial))
        parts.setdefault(key, {})[rest] = c
    terms = []
    for key in sorted(parts, key=lambda k: (-sum(k), k)):
        coefficient = field.fraction(field.ctx.from_dict(parts[key]), field.lift(element.den))
        monomial = S.One
        for v, power in zip(jets, key, strict=True):
            monomial *= v**power
        terms.append(_written(coefficient, field) * monomial)
    return Add(*terms)


def _written(value: Element, field: Field) -> Expr:
    """The shortest of: one fraction, the same factored, the sum of the fractions that its roots multiply, each apart."""
    plain = field.to_expr(value)
    if value.den.is_constant():
        return plain
    parted = Add(*(_apart(part, field) for part in by_roots(value, field).values()))
    return min((plain, field.to_expr(value, factor=True), parted), key=_length)


def _apart(value: Element, field: Field) -> Expr:
    """One fraction, or the sum of its partial fractions in one variable after the other, if that is shorter."""
    plain = field.to_expr(value, factor=True)
    used = [field.slots[i] for i in sorted(field.slots_of(field.of_poly(value.den)))]
    rational = all(s.kind in ("variable", "parameter") for s in used)
    if not rational or len(value.num) > LARGEST_TO_PART or max(value.den.degrees()) > HIGHEST_TO_PART:
        return plain
    terms = [field.to_expr(value)]
    try:
        for s in used:
            terms = [part for term in terms for part in Add.make_args(apart(term, s.expr) if term.has(s.expr) else term)]
    except (PolynomialError, NotImplementedError):
        return plain
    return min((plain, Add(*terms)), key=_length)


def _length(value: Expr) -> int:
    return int(value.count_ops())
