"""Libraries of functions among which laws are looked for, in stages that grow, each of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np
from sympy import Expr, Mul, S, Symbol, cos, exp, log, sin, sqrt

from liesym.base.jets import as_expression
from liesym.errors import DataError
from liesym.lowering.lower import lower
from liesym.text.reader import read_expression

Floats = np.ndarray
MOST_TERMS = 260


def monomials(symbols: Sequence[Symbol], degree: int) -> list[Expr]:
    """Products of 1 to `degree` of the symbols, low degrees first."""
    chosen = (c for d in range(1, degree + 1) for c in combinations_with_replacement(symbols, d))
    return [Mul(*c) for c in chosen]


def differences(symbols: Sequence[Symbol]) -> list[Expr]:
    """x_i - x_j for i < j."""
    return [a - b for a, b in combinations(symbols, 2)]


def radii(symbols: Sequence[Symbol]) -> list[Expr]:
    """Distances: of the first half of the states from 0, and of its equal blocks from each other."""
    half = symbols[: len(symbols) // 2] if len(symbols) % 2 == 0 else symbols
    found = [sqrt(sum(x**2 for x in half))] if len(half) > 1 else []
    for size in (2, 3):
        if len(half) > size and len(half) % size == 0:
            blocks = [half[k : k + size] for k in range(0, len(half), size)]
            found += [sqrt(sum((a - b) ** 2 for a, b in zip(*pair, strict=True))) for pair in combinations(blocks, 2)]
    return found


def stages(
    symbols: Sequence[Symbol], positive: Sequence[Symbol], given: Sequence[Expr] = ()
) -> Iterator[tuple[str, list[Expr]]]:
    """(name, terms) of one library after the other; what a user gives is in every one of them.

    Arguments:
        symbols: the states; where positions and momenta are meant, positions first.
        positive: those that are positive in the region, which may stand in logarithms and denominators.
        given: further functions.
    """
    half = symbols[: len(symbols) // 2] if len(symbols) % 2 == 0 else symbols
    rest = symbols[len(half) :]
    low = [*given, *monomials(symbols, 2)]
    logarithms = [log(x) for x in positive]
    gaps = differences(half)
    waves = [f(a) for a in (*symbols, *gaps) for f in (cos, sin)]
    growth = [exp(s * a) for a in (*symbols, *gaps) for s in (1, -1)]
    distances = radii(symbols)
    central = [1 / r for r in distances] + [1 / a**2 for a in (*half, *gaps)]
    yield "monomials of degree 2 and logarithms", [*low, *logarithms]
    yield "trigonometric terms", [*low, *waves]
    yield "central terms", [*low, *central]
    yield "exponentials", [*low, *growth]
    yield "monomials of degree 4", [*given, *monomials(symbols, _degree(len(symbols), 4)), *logarithms]
    yield (
        "directions and monomials of degree 3",
        [*given, *monomials(symbols, _degree(len(symbols), 3)), *(x / r for r in distances for x in half)],
    )
    pairs = [a * b for a, b in combinations_with_replacement(rest, 2)]
    moments = [*low, *central, *(x * f for x in half for f in (*pairs, *central))]
    if len(moments) <= MOST_TERMS:
        yield "first degree in the positions", moments
    yield "products with trigonometric terms", [*low, *waves, *(p * f(a) for p in pairs for a in gaps for f in (cos, sin))]
    bound = [*central, *(exp(s * a) for a in gaps for s in (1, -1))]
    cubic = [*given, *monomials(rest, 3), *bound, *(p * b for p in rest for b in bound)]
    if len(cubic) <= MOST_TERMS:
        yield "third degree in the momenta", cubic
    ratios = [m / x**k for x in positive for k in (1, 2) for m in (S.One, *monomials([y for y in symbols if y != x], 2))]
    yield "ratios", [*low, *logarithms, *ratios, *(x * f for x in symbols for f in logarithms)]
    yield "monomials of degree 6", [*given, *monomials(symbols, _degree(len(symbols), 6))]


def _degree(count: int, wanted: int) -> int:
    """The largest degree up to the wanted one with a library of bounded size."""
    return max(d for d in range(2, wanted + 1) if d == 2 or comb(count + d, d) <= MOST_TERMS)


def gradients(terms: Sequence[Expr], symbols: Sequence[Symbol], x: Floats) -> Floats:
    """∂θ_k/∂x_j at the states, shape (S, K, m), in double precision."""
    with np.errstate(all="ignore"):
        found = lower(list(terms), tuple(symbols), backend="numpy", jacobian=True)(0.0, x, {})
    return np.asarray(found.jacobian, np.float64)


def read_terms(given: Sequence[Expr | str], symbols: Sequence[Symbol]) -> list[Expr]:
    """The terms in the symbols of the states, which are matched by name, whatever their assumptions are.

    Raises:
        DataError: a term holds something else, or is no expression.
    """
    by_name = {s.name: s for s in symbols}
    read: list[Expr] = []
    for term in [given] if isinstance(given, str) else given:
        value = read_expression(term, symbols=by_name) if isinstance(term, str) else as_expression(term)
        if not isinstance(value, Expr):
            raise DataError(f"{term!r} among the terms is no expression of {', '.join(by_name)}")
        moved = value.xreplace({s: by_name[s.name] for s in value.free_symbols if s.name in by_name})  # type: ignore[attr-defined]
        foreign = sorted(str(s) for s in moved.free_symbols - set(symbols))
        if foreign:
            raise DataError(f"the term {term} holds {', '.join(foreign)}; the states are {', '.join(by_name)}")
        read.append(moved)
    return read
