"""Polynomials in slots and their fractions as SymPy expressions, as a person would write them.

`shown` tells the expression of each slot; polynomials hold newer slots first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import fmpz_mpoly
from sympy import Add, Expr, Integer, Mul, Pow, S, cos, sin

from liesym.coefficients.factors import factored

Shown = Callable[[int], Expr]


def polynomial(poly: fmpz_mpoly, shown: Shown, shift: Mapping[int, int] | None = None) -> Expr:
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
                factors.append(Pow(shown(index), Integer(power)))
        terms.append(Mul(*factors))
    return Add(*terms)


def product(poly: fmpz_mpoly, shown: Shown) -> Expr:
    """The polynomial, factored."""
    if poly.is_zero():
        return S.Zero
    constant, factors = factored(poly)
    return Mul(Integer(int(constant)), *(Pow(polynomial(f, shown), Integer(e)) for f, e in factors))


def quotient(num: fmpz_mpoly, den: fmpz_mpoly, shown: Shown, movable: Callable[[int], bool]) -> Expr:
    """num/den.

    Movable slots (exponentials and powers) in the denominator go into the terms of the numerator, and (c - 1)(c + 1) with
    c = cos u is written -sin(u)^2.
    """
    if den.is_one():
        return polynomial(num, shown)
    constant, factors = factored(den)
    shift: dict[int, int] = {}
    rest: list[tuple[Expr, int]] = []
    for p, e in factors:
        index = _single_slot(p)
        if index is not None and movable(index):
            shift[index] = int(e)
        else:
            rest.append((polynomial(p, shown), int(e)))
    bottom = Mul(Integer(int(constant)), *(Pow(p, e) for p, e in _with_sines(rest)))
    return polynomial(num, shown, shift) / bottom


def _single_slot(poly: fmpz_mpoly) -> int | None:
    """The index of the slot that the polynomial consists of, if it does."""
    if len(poly) != 1 or poly.total_degree() != 1:
        return None
    place = next(i for i, d in enumerate(poly.degrees()) if d)
    return poly.context().nvars() - 1 - place


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
