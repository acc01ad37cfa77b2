"""Splitting: a linear form that vanishes for all jet coordinates falls apart into forms that hold none.

Over one common denominator the coefficients are polynomials in the slots of the field. Slots that depend on a jet
coordinate (the coordinates themselves, and kernels such as sqrt(1 + x'^2) or exp(x'), the former reduced modulo their
relations) are algebraically independent over the functions of (t, x), so the coefficient of each of their monomials
vanishes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Symbol

from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import LinearForm

PER_EXPONENT = 2
"""Operations for one exponent of one term that is taken apart and put together again, as measured."""
Monomial = tuple[int, ...]
"""Exponents of the slots, by their places in the polynomial ring."""
WORK = "split of the determining equations"


def split(forms: Iterable[LinearForm], field: Field, away: Sequence[Symbol]) -> tuple[LinearForm, ...]:
    """The forms in (t, x) alone that are equivalent to `forms` holding for all values of the variables `away`.

    Arguments:
        forms: linear forms whose unknown functions do not depend on `away`.
        away: the free jet coordinates.

    Returns:
        Nonzero forms, duplicates removed, short ones first.
    """
    result: list[LinearForm] = []
    seen: set[tuple] = set()
    for form in forms:
        for part in split_form(form, field, away):
            field.budget.check(WORK)
            key = tuple(sorted((term, str(c.num), str(c.den)) for term, c in part.items()))
            if key not in seen:
                seen.add(key)
                result.append(part)
    return tuple(sorted(result, key=lambda f: (len(f), sum(len(c.num) for c in f.values()))))


def split_form(form: LinearForm, field: Field, away: Sequence[Symbol]) -> list[LinearForm]:
    """Split one form by monomials in the slots that depend on `away`."""
    return [part for _, part in parts_by_monomial(form, field, away)]


def parts_by_monomial(form: LinearForm, field: Field, away: Sequence[Symbol]) -> list[tuple[Monomial, LinearForm]]:
    """The same, each part with its monomial."""
    if not form:
        return []
    terms = list(form)
    numerators = cleared([form[t] for t in terms])
    n = field.capacity
    gone = [n - 1 - slot.index for slot in field.slots if any(field.depends_on(slot, v) for v in away)]
    kept = [place for place in range(n) if place not in gone]
    parts: dict[Monomial, dict[int, dict[Monomial, object]]] = {}
    for place, numerator in enumerate(numerators):
        field.budget.room(PER_EXPONENT * n * sum(map(len, numerators[place:])), WORK)
        for monomial, coefficient in field.lift(numerator).terms():
            rest, key = list(monomial), list(monomial)
            for i in gone:
                rest[i] = 0
            for i in kept:
                key[i] = 0
            parts.setdefault(tuple(key), {}).setdefault(place, {})[tuple(rest)] = coefficient
    return [
        (
            key,
            {
                terms[place]: Element(field, field.ctx.from_dict(polynomial), field.ctx.constant(1))
                for place, polynomial in part.items()
            },
        )
        for key, part in parts.items()
    ]
