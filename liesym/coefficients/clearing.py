"""Linear equations over the field, cleared of denominators and of their common content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpz_mpoly

from liesym.coefficients.ring import Element


def cleared(elements: Mapping[object, Element] | Sequence[Element]) -> list[fmpz_mpoly]:
    """Numerators over one common denominator, content removed: the same equation, polynomial.

    Arguments:
        elements: coefficients of one linear equation (values of a mapping, or a sequence).

    Raises:
        OutOfBudget: the field works within a budget, and it is over or a product is too large to be begun.
    """
    values = list(elements.values()) if isinstance(elements, Mapping) else list(elements)
    if not values:
        return []
    field = values[0].field
    common = field.ctx.constant(1)
    for den in [den for v in values if not (den := v.den).is_one()]:
        common = field.product(common, den / field.gcd(common, den))
    numerators = [v.num for v in values]
    if not common.is_one():
        numerators = [field.product(n, common / v.den) for n, v in zip(numerators, values, strict=True)]
    content = field.ctx.constant(0)
    for n in numerators:
        content = field.gcd(content, n)
        if content.is_one():
            break
    if not content.is_one() and not content.is_zero():
        numerators = [n / content for n in numerators]
    return numerators
