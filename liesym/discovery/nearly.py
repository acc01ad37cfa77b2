"""What a learned field nearly conserves: sums of few functions whose rate is a small part of what it could be.

    ρ² = min over c of mean (∇I·f)² / mean |∇I|²|f|²,    I = Σ c_k θ_k,    a generalized eigenproblem for every support

A network that was trained on a conservative system conserves nothing exactly; ρ says to which part, and where it is worst.
Of supports the smallest is taken that stays below the bound, and a larger one only where ρ is much smaller.
Source: Liu et al. 2024 (null space); the measure ρ is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from sympy import Add, Expr, Float, Mul, Symbol

from liesym.base.budget import Budget
from liesym.discovery.constancy import CHUNK
from liesym.discovery.field import BlackBox
from liesym.discovery.integrals import FRESH, is_independent
from liesym.discovery.library import gradients
from liesym.discovery.records import Evidence, Integral
from liesym.discovery.rounding import rationals
from liesym.discovery.trajectories import library_terms

Floats = np.ndarray
LARGEST_SIZE = 4
MOST_SUPPORTS = 60_000
MUCH = 3.0
"""A larger sum must have a ρ that is smaller by this."""
RAISED = 1.2
"""By how much fractions may raise ρ."""
APART = 0.2


class _Rates(NamedTuple):
    """Terms with R = mean g gᵀ for g_k = ∇θ_k·f, and G = mean ∇θ_k·∇θ_l |f|², of unit diagonal, and the sizes taken out."""

    terms: tuple[Expr, ...]
    moved: Floats
    could: Floats
    sizes: Floats

    def part(self, support: Sequence[int], c: Floats) -> float:
        """ρ of coefficients of the functions themselves."""
        grid = np.ix_(list(support), list(support))
        scaled = c * self.sizes[list(support)]
        return float(np.sqrt(max(scaled @ self.moved[grid] @ scaled, 0) / (scaled @ self.could[grid] @ scaled)))


def near_integrals(
    box: BlackBox, symbols: Sequence[Symbol], given: Sequence[Expr], within: float, budget: Budget, rng: np.random.Generator
) -> list[Integral]:
    """Independent laws with ρ below a bound at fresh states, all `approximate`.

    Arguments:
        box: the field.
        symbols: of the states.
        given: functions beside those of the library.
        within: the bound.
        budget: looked at between sums.
        rng: of the states.
    """
    rates = _rates(box, symbols, given, rng)
    fresh = box.samples(FRESH, rng)
    found: list[Integral] = []
    accepted: list[frozenset[int]] = []
    while len(found) < len(symbols) - 1 and not budget.over:
        best = _best(rates, accepted, within, [law.expression for law in found], symbols, fresh[1])
        if best is None:
            break
        support, c, part = best
        accepted.append(frozenset(support))
        expression = _rounded(rates, support, c, part)
        law = _judged(expression, symbols, fresh, within)
        if law is not None:
            found.append(law)
    return found


def _rates(box: BlackBox, symbols: Sequence[Symbol], given: Sequence[Expr], rng: np.random.Generator) -> _Rates:
    positive = [s for s, least in zip(symbols, box.lower, strict=True) if least > 0]
    terms = list(dict.fromkeys([*given, *library_terms(symbols, positive)]))
    _, x, f = box.samples(3 * len(terms) + 300, rng)
    slopes = gradients(terms, symbols, x)
    good = np.flatnonzero(np.isfinite(slopes).all((0, 2)) & (slopes != 0).any((0, 2)))
    slopes = slopes[:, good]
    moved = (slopes * f[:, None]).sum(2)
    scaled = slopes * np.linalg.norm(f, axis=1)[:, None, None]
    could = np.tensordot(scaled, scaled, axes=([0, 2], [0, 2])) / len(x)
    sizes = np.sqrt(np.diag(could))
    unit = np.outer(sizes, sizes)
    return _Rates(tuple(terms[k] for k in good), moved.T @ moved / len(x) / unit, could / unit, sizes)


Sum = tuple[tuple[int, ...], Floats, float]


def _best(
    rates: _Rates,
    accepted: Sequence[frozenset[int]],
    within: float,
    known: Sequence[Expr],
    symbols: Sequence[Symbol],
    x: Floats,
) -> Sum | None:
    """The smallest sum below the bound, or a larger one with a much smaller ρ, that is no function of the known."""
    best: Sum | None = None
    for size in range(1, LARGEST_SIZE + 1):
        if comb(len(rates.terms), size) > MOST_SUPPORTS:
            break
        for support, c, part in _lowest(rates, size, accepted):
            if part > within or (best is not None and part > best[2] / MUCH):
                break
            expression = Add(*(Mul(Float(float(v)), rates.terms[k]) for k, v in zip(support, c, strict=True)))
            if is_independent(expression, known, symbols, x, APART if known else 0.0):
                best = support, c, part
                break
    return best


def _lowest(rates: _Rates, size: int, accepted: Sequence[frozenset[int]], most: int = 40) -> list[Sum]:
    """The sums of a size with the smallest ρ."""
    found: list[Sum] = []
    every = np.array(list(combinations(range(len(rates.terms)), size)))
    for first in range(0, len(every), CHUNK):
        part = every[first : first + CHUNK]
        grid = part[:, :, None], part[:, None, :]
        inverse = np.linalg.inv(np.linalg.cholesky(rates.could[grid] + 1e-9 * np.eye(size)))
        white = inverse @ rates.moved[grid] @ inverse.transpose(0, 2, 1)
        lowest = np.linalg.eigvalsh(white)[:, 0]
        for place in np.argsort(lowest)[:most]:
            support = tuple(int(k) for k in part[place])
            if any(known <= set(support) for known in accepted):
                continue
            c = inverse[place].T @ np.linalg.eigh(white[place])[1][:, 0] / rates.sizes[list(support)]
            found.append((support, c, rates.part(support, c)))
    return sorted(found, key=lambda one: one[2])[:most]


def _rounded(rates: _Rates, support: Sequence[int], c: Floats, part: float) -> Expr:
    """The sum with fractions where they raise ρ little, else with three digits."""
    for first in np.argsort(-np.abs(c)):
        values = c / c[first]
        near = rationals(values, np.where(np.arange(len(c)) == first, 0, max(part, 1e-6) * np.abs(values)))
        if near is not None and rates.part(support, np.array([float(v) for v in near])) <= RAISED * part + 1e-9:
            return Add(*(Mul(v, rates.terms[k]) for k, v in zip(support, near, strict=True)))
    values = c / c[int(np.abs(c).argmax())]
    return Add(*(Mul(Float(float(v), 3), rates.terms[k]) for k, v in zip(support, values, strict=True)))


def _judged(
    expression: Expr, symbols: Sequence[Symbol], fresh: tuple[Floats, Floats, Floats], within: float
) -> Integral | None:
    """The law with ρ at fresh states and where its rate is largest; None where it is above the bound there."""
    _, x, f = fresh
    slope = gradients([expression], symbols, x)[:, 0]
    rate, could = np.abs((slope * f).sum(1)), np.linalg.norm(slope, axis=1) * np.linalg.norm(f, axis=1)
    part = float(np.sqrt((rate**2).mean() / (could**2).mean()))
    if not part <= within:
        return None
    worst = int(rate.argmax())
    place = ", ".join(f"{s.name} = {value:.3g}" for s, value in zip(symbols, x[worst], strict=True))
    largest = float(rate[worst] / np.sqrt((could**2).mean()))
    figures = ("rate, part of |grad I||f|", part), ("largest", largest), ("worst at", place), ("states", len(x))
    return Integral(expression, "approximate", Evidence("nearly conserved on the region", figures))
