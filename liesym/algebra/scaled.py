"""Bases whose rows are rational vectors r_i times square roots s_i, as bases of standard forms often are.

    c(s r)_ij^k = c(r)_ij^k s_i s_j / s_k

No arithmetic in a field of all the roots is needed: the square of s_i s_j / s_k is rational, or a rational function of
parameters, and its sign is that of the roots.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sympy import Expr, S, cancel, factor_list, fraction, radsimp, sqrt, together

from liesym.algebra.signs import Signs, sample_values
from liesym.errors import Unsupported

Scaled = tuple[list[Expr], list[list[Expr]]]
SAMPLES = 5


def scaled_rows(rows: Sequence[Sequence[Expr]]) -> Scaled | None:
    """(scales s_i, plain rows r_i), None if the rows hold other than square roots or hold none."""
    if not any(e.has(S.Half, -S.Half) for row in rows for e in row):
        return None
    scales, plain = [], []
    for row in rows:
        lead = next((e for e in row if e != 0), S.One)
        if not all(_is_plain(e) for e in row):
            row = [_quotient(e, lead) for e in row]
            if not (_is_plain(_square(lead)) and all(_is_plain(e) for e in row)):
                return None
        else:
            lead = S.One
        scales.append(lead)
        plain.append(list(row))
    return scales, plain


def rescaled(c: Expr, si: Expr, sj: Expr, sk: Expr) -> Expr | None:
    """c s_i s_j / s_k, None where a sign is not the same for all values of the parameters."""
    square = _square(si) * _square(sj) / _square(sk)
    if not square.free_symbols:
        sign = S.One
        for s in (si, sj, sk):
            sign = sign if s > 0 else -sign
        return c * sign * sqrt(square)
    root = _root(cancel(square))
    sign = _common_sign(si * sj / sk, root)
    return None if sign is None else cancel(c * root) * sign if not root.has(S.Half) else c * root * sign


def _is_plain(value: Expr) -> bool:
    return value.is_Rational or (bool(value.free_symbols) and value.is_rational_function())


def _square(value: Expr) -> Expr:
    return value**2 if value.is_number else cancel((value**2).expand())


def _quotient(value: Expr, lead: Expr) -> Expr:
    quotient = value / lead
    return radsimp(quotient) if quotient.is_number else cancel(radsimp(quotient))


def _root(square: Expr) -> Expr:
    """A square root of a rational function, without roots if it is a square."""
    whole: Any = together(square)
    result = S.One
    for part, sign in zip(fraction(whole), (1, -1), strict=True):
        found: Any = factor_list(part)
        constant, factors = found
        rest = constant
        for factor, power in factors:
            result *= factor ** (sign * (power // 2))
            rest *= factor ** (power % 2)
        result *= sqrt(rest) ** sign
    return result


def _common_sign(value: Expr, root: Expr) -> int | None:
    """±1 with value = ± root, for all of some values of the parameters where both are real."""
    rng, found = random.Random(5), set()
    symbols = sorted(value.free_symbols | root.free_symbols, key=str)
    for _ in range(SAMPLES):
        try:
            numbers = sample_values(symbols, Signs(), rng)
        except Unsupported:
            return None
        ratio = (value.subs(numbers) / root.subs(numbers)).evalf(30)
        if ratio.is_real:
            found.add(1 if ratio > 0 else -1)
    return found.pop() if len(found) == 1 else None
