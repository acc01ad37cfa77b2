"""Linear ordinary differential operators over the field."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.solving.linear.relations import dependent_places, relations
from liesym.solving.ode.exponents import roots
from liesym.solving.ode.integrate import _depends

Coefficients = tuple[Element, ...]


def apply_operator(a: Coefficients, u: Element, v: Symbol) -> Element:
    """u^(n) + Σ a_k u^(k)."""
    total, derivative = u.field.zero, u
    for c in a:
        total = total + c * derivative
        derivative = derivative.diff(v)
    return total + derivative


def determinant(rows: Sequence[Sequence[Element]], field: Field) -> Element:
    """Expansion along the first row; 1 for the empty matrix."""
    if not rows:
        return field.one
    total = field.zero
    for j, entry in enumerate(rows[0]):
        if not entry.is_zero:
            total = total + (-1) ** j * entry * determinant([[*r[:j], *r[j + 1 :]] for r in rows[1:]], field)
    return total


def shifted_operator(a: Coefficients, rate: Element, v: Symbol) -> Coefficients:
    """The equation for w where u = exp(∫rate) w: D is replaced by D + rate."""
    field, n = rate.field, len(a)
    # power[k] holds the coefficients of (D + rate)^k in powers of D
    power: list[list[Element]] = [[field.one]]
    for _ in range(n):
        last = power[-1]
        following = [field.zero] * (len(last) + 1)
        for j, c in enumerate(last):
            following[j] = following[j] + c.diff(v) + rate * c
            following[j + 1] = following[j + 1] + c
        power.append(following)
    total = list(power[n])
    for k, c in enumerate(a):
        for j, p in enumerate(power[k]):
            total[j] = total[j] + c * p
    return tuple(total[:n])


def independent(elements: Sequence[Element], field: Field, v: Symbol) -> list[Element]:
    """A maximal subset that is linearly independent over the functions free of v."""
    chosen: list[Element] = []
    for e in elements:
        if not e.is_zero and not any(len(chosen) in r for r in relations([*chosen, e], field, [v])):
            chosen.append(e)
    return chosen


def singular_factors(a: Iterable[Element], v: Symbol, field: Field) -> list[fmpz_mpoly]:
    """Irreducible factors of the denominators that depend on v."""
    found: dict[str, fmpz_mpoly] = {}
    for c in a:
        for p, _ in field.factored(c.den)[1]:
            if _depends(p, v, field):
                found[str(p)] = field.lift(p)
    return list(found.values())


def indicial(values: Sequence[Element], slope: Element, field: Field) -> list[Element]:
    """Coefficients in λ of Σ_k values[k] slope^k λ(λ-1)…(λ-k+1)."""
    result = [field.zero] * len(values)
    falling: list[Fraction] = [Fraction(1)]
    for k, value in enumerate(values):
        for j, c in enumerate(falling):
            result[j] = result[j] + value * slope**k * c
        falling = [
            (falling[j - 1] if j else Fraction(0)) - k * (falling[j] if j < len(falling) else Fraction(0))
            for j in range(len(falling) + 1)
        ]
    return result


def value_at(element: Element, v: Symbol, point: Element, field: Field) -> Element | None:
    """The element at v = point; None at a pole. Only the slot of v may depend on v."""
    slot = field.by_symbol[v]

    def at(poly: fmpz_mpoly) -> Element:
        parts = field.coefficients_in(field.lift(poly), slot)
        total = field.zero
        for k in range(max(parts, default=0), -1, -1):
            total = total * point + (field.of_poly(parts[k]) if k in parts else field.zero)
        return total

    bottom = at(element.den)
    return None if bottom.is_zero else at(element.num) / bottom


def exponential_parts(a: Coefficients, v: Symbol, field: Field) -> list[Element]:
    """Polynomials P such that exp(P) is the exponential part of a formal solution at infinity (integer slopes)."""
    return [p for p in _exponential_parts(a, v, field, None) if not p.is_zero]


def _exponential_parts(a: Coefficients, v: Symbol, field: Field, below: int | None) -> list[Element]:
    n, x = len(a), field.by_symbol[v]
    leading: list[tuple[int, Element] | None] = [_leading_at_infinity(c, x, field) for c in a]
    slopes = [Fraction(int(lead[0]), n - k) for k, lead in enumerate(leading) if lead is not None]
    q = max(slopes, default=Fraction(-1))  # growth of u'/u
    if q.denominator != 1 or q < 0 or (below is not None and q >= below):
        return [field.zero]
    coefficients = [lead[1] if lead is not None and lead[0] == q * (n - k) else field.zero for k, lead in enumerate(leading)]
    result: list[Element] = []
    for exponent in roots([*coefficients, field.one], field) or ():
        if exponent.imaginary is not None:
            continue
        step = exponent.real * field(v) ** (int(q) + 1) / (int(q) + 1)
        if step.is_zero:
            result.append(step)
            continue
        rest = shifted_operator(a, step.diff(v), v)
        result += [step + p for p in _exponential_parts(rest, v, field, int(q))]
    return result


def _leading_at_infinity(c: Element, x, field: Field) -> tuple[int, Element] | None:
    if c.is_zero:
        return None
    top = field.coefficients_in(field.lift(c.num), x)
    bottom = field.coefficients_in(field.lift(c.den), x)
    i, j = int(max(top)), int(max(bottom))
    return i - j, field.of_poly(top[i]) / field.of_poly(bottom[j])


def without_slots(element: Element, slots: Collection[int], field: Field) -> Element | None:
    """The element where these slots are 0; None at a pole."""
    parts = []
    for poly in map(field.lift, (element.num, element.den)):
        for i in slots:
            poly = field.coefficients_in(poly, field.slots[i]).get(0, field.ctx.constant(0))
        parts.append(field.of_poly(poly))
    return None if parts[1].is_zero else parts[0] / parts[1]


def square_root(element: Element, field: Field) -> Element | None:
    """The s with s² = element where it is a rational expression in the slots; else None."""
    root = field.one
    for poly, sign in ((element.num, 1), (element.den, -1)):
        constant, factors = field.factored(poly)
        if any(e % 2 for _, e in factors):
            return None
        for p, e in factors:
            root = root * field.of_poly(field.lift(p)) ** (sign * e // 2)
        size = int(constant)
        if size < 0 or math.isqrt(size) ** 2 != size:
            return None
        root = root * Fraction(math.isqrt(size)) ** sign
    return root


def depends_only_on(element: Element, v: Symbol, field: Field) -> bool:
    """True if no variable other than v occurs."""
    return not any(element.depends_on(w) for w in field.variables if w != v)


def split_terms(poly: fmpz_mpoly, v: Symbol, field: Field) -> list[Element]:
    """The monomials of a polynomial in the slots that depend on v, without their coefficients."""
    poly = field.lift(poly)
    moving = dependent_places(field, [v])
    found = {tuple(int(e) if m else 0 for e, m in zip(monomial, moving, strict=True)) for monomial, _ in poly.terms()}
    return [field.of_poly(field.ctx.from_dict({monomial: 1})) for monomial in sorted(found)]
