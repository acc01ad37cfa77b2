"""Roots of characteristic and indicial polynomials, and the real solutions that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from flint import fmpz_mpoly
from sympy import Dummy

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, Slot

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Exponent:
    """A root λ = real ± i·imaginary of multiplicity `multiplicity`; imaginary is None for a single real root."""

    real: Element
    imaginary: Element | None
    multiplicity: int


def solution_of(exponent: Exponent, logarithm: Element, field: Field) -> list[Element]:
    """exp(λ ℓ) ℓ^j for j below the multiplicity, in real form; ℓ = t for constant, log t for Euler coefficients."""
    base = field.converter.exponential(exponent.real * logarithm)
    family = [base]
    if exponent.imaginary is not None:
        c, s = field.converter.cos_sin(exponent.imaginary * logarithm)
        family = [base * c, base * s]
    return [f * logarithm**j for j in range(exponent.multiplicity) for f in family]


def unknown_slot(field: Field) -> Slot:
    """A slot for the polynomial variable λ, one for each field."""
    for slot in field.slots:
        if slot.expr.is_Symbol and slot.expr.name == "_lambda" and slot.kind == "parameter":  # type: ignore[attr-defined]
            return slot
    symbol = Dummy("_lambda")
    slot = field.add_slot(symbol, "parameter")
    field.by_symbol[symbol] = slot
    return slot


def polynomial(coefficients: Sequence[Element], field: Field) -> fmpz_mpoly:
    """Numerator of Σ coefficients[k] λ^k, with λ the unknown slot."""
    slot = unknown_slot(field)
    total = field.zero
    for k, c in enumerate(coefficients):
        total = total + c * field.of_slot(slot) ** k
    return total.num


def roots(coefficients: Sequence[Element], field: Field) -> list[Exponent] | None:
    """All roots of Σ coefficients[k] λ^k in closed form (factors up to degree 2 and biquadratic); None if one is missing."""
    slot = unknown_slot(field)
    found: list[Exponent] = []
    for factor, multiplicity in field.factored(polynomial(coefficients, field))[1]:
        parts = {k: field.of_poly(p) for k, p in field.coefficients_in(field.lift(factor), slot).items()}
        degree = max(parts)
        if degree == 0:
            continue
        listed = [parts.get(k, field.zero) for k in range(degree + 1)]
        solved = _solve_factor(listed, field)
        if solved is None:
            return None
        found += [Exponent(r, i, int(multiplicity)) for r, i in solved]
    return found


def _solve_factor(c: list[Element], field: Field) -> list[tuple[Element, Element | None]] | None:
    degree = len(c) - 1
    if degree == 1:
        return [(-c[0] / c[1], None)]
    if degree == 2:
        return _quadratic(c[2], c[1], c[0], field)
    if degree == 4 and c[1].is_zero and c[3].is_zero:
        return _biquadratic(c[4], c[2], c[0], field)
    if degree == 3 and c[1].is_zero and c[2].is_zero:
        return _pure_cubic(c[3], c[0], field)
    return None


def _quadratic(a: Element, b: Element, c: Element, field: Field) -> list[tuple[Element, Element | None]]:
    discriminant = b * b - a * c * 4
    middle = -b / (a * 2)
    if is_negative(discriminant, field):
        return [(middle, field.converter.any_root(-discriminant, HALF) / (a * 2))]
    half_width = field.converter.any_root(discriminant, HALF) / (a * 2)
    return [(middle + half_width, None), (middle - half_width, None)]


def _biquadratic(a: Element, b: Element, c: Element, field: Field) -> list[tuple[Element, Element | None]]:
    """a λ⁴ + b λ² + c: by a root of c if there is one, by λ² where its roots are real, else by real quadratic factors."""
    root = exact_root(c / a, field)
    if root is not None:
        return _half_sums(root * 2 - b / a, -(root * 2) - b / a, field)
    discriminant = b * b - a * c * 4
    if is_negative(discriminant, field):
        # λ⁴ + B λ² + C = (λ² + √C)² - (2√C - B) λ², with C > 0
        root_c = field.converter.any_root(c / a, HALF)
        step = field.converter.any_root(root_c * 2 - b / a, HALF)
        return _quadratic(field.one, step, root_c, field) + _quadratic(field.one, -step, root_c, field)
    result: list[tuple[Element, Element | None]] = []
    for square, _ in _quadratic(a, b, c, field):
        result += _quadratic(field.one, field.zero, -square, field)
    return result


def _half_sums(first: Element, second: Element, field: Field) -> list[tuple[Element, Element | None]]:
    """λ⁴ + B λ² + q²: λ = ½(±√(2q - B) ± √(-2q - B)), for 4λ² = -2B ± 2√(B² - 4q²)."""
    parts = [(is_negative(e, field), e) for e in (first, second)]
    (one_turns, one), (two_turns, two) = [
        (turns, field.converter.any_root(-e if turns else e, HALF) / 2) for turns, e in parts
    ]
    if one_turns and two_turns:
        return [(field.zero, one + two), (field.zero, one - two)]
    if one_turns or two_turns:
        real, imaginary = (two, one) if one_turns else (one, two)
        return [(real, imaginary), (-real, imaginary)]
    return [(s * one + t * two, None) for s in (1, -1) for t in (1, -1)]


def exact_root(element: Element, field: Field) -> Element | None:
    """q with q² = element, in the field without a new root; None if there is none."""
    halves = []
    for poly in (element.num, element.den):
        constant, factors = field.factored(poly)
        if constant < 0 or isqrt(int(constant)) ** 2 != constant or any(int(e) % 2 for _, e in factors):
            return None
        half = field.constant(isqrt(int(constant)))
        for factor, e in factors:
            half = half * field.of_poly(field.lift(factor)) ** (int(e) // 2)
        halves.append(half)
    return halves[0] / halves[1]


def _pure_cubic(a: Element, d: Element, field: Field) -> list[tuple[Element, Element | None]]:
    """a λ³ + d: the real cube root r, and r (-1 ± i √3)/2."""
    r = field.converter.any_root(-d / a, Fraction(1, 3))
    root_three = field.converter.any_root(field.constant(3), HALF)
    return [(r, None), (-r / 2, r * root_three / 2)]


def is_negative(element: Element, field: Field) -> bool:
    """True if the element is visibly negative: -element is a sum of even monomials with positive coefficients.

    Slots that stand for real numbers are assumed; positive roots and exponentials may have odd powers.
    """
    if element.is_zero:
        return False
    if element.is_rational:
        return element.as_fraction() < 0
    sign = _sign(element.num, field) * _sign(element.den, field)
    return sign < 0


def _sign(poly: fmpz_mpoly, field: Field) -> int:
    """1 or -1 where all terms have that sign, else 0; a factored look catches -(k - 1)²."""
    total = 1
    constant, factors = field.factored(poly)
    total = -1 if constant < 0 else 1
    for factor, multiplicity in factors:
        if int(multiplicity) % 2 == 0:
            continue
        signs = {_term_sign(monomial, int(c), factor, field) for monomial, c in factor.terms()}
        if len(signs) != 1 or 0 in signs:
            return 0
        total *= signs.pop()
    return total


def _term_sign(monomial: Sequence[int], coefficient: int, poly: fmpz_mpoly, field: Field) -> int:
    n = poly.context().nvars()
    for place, power in enumerate(monomial):
        slot = field.slots[n - 1 - place] if power else None
        if slot is not None and power % 2 and not (slot.kind == "root" or slot.expr.is_positive):
            return 0
    return 1 if coefficient > 0 else -1
