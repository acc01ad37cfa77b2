"""Irreducible factors of polynomials over the integers, whatever the size of their coefficients."""

from __future__ import annotations

from math import gcd, lcm

from flint import fmpq_mpoly_ctx, fmpz, fmpz_mpoly


def factored(poly: fmpz_mpoly) -> tuple[fmpz, list[tuple[fmpz_mpoly, int]]]:
    """(c, [(p, e)]) with poly = c Π p^e, each p irreducible and primitive.

    python-flint puts the factors over Z in order by a comparison that fails on coefficients of more than one machine word,
    as equations with many decimals have them; over Q it does not.
    """
    try:
        constant, factors = poly.factor()
    except OverflowError:
        return _over_rationals(poly)
    return constant, [(p, int(e)) for p, e in factors]


def _over_rationals(poly: fmpz_mpoly) -> tuple[fmpz, list[tuple[fmpz_mpoly, int]]]:
    context = poly.context()
    rational = fmpq_mpoly_ctx.get(context.names(), context.ordering())
    constant, factors = rational.from_dict({k: int(v) for k, v in poly.to_dict().items()}).factor()
    found = []
    for p, e in factors:
        scale = lcm(1, *(int(c.q) for c in p.coeffs()))
        whole = {k: int((c * scale).p) for k, c in p.to_dict().items()}
        content = gcd(*whole.values())
        found.append((context.from_dict({k: v // content for k, v in whole.items()}), int(e)))
        constant *= (fmpz(content) / fmpz(scale)) ** int(e)
    return fmpz(constant.p), found
