"""First integrals of a black box: I = Σ c_k θ_k with ∇I·f = 0 at sampled states.

    M_sk = ∇θ_k(x_s)·f(x_s) / a_k,    a_k the mean size of Σ_i |∂_iθ_k f_i|,    M c = 0

A vector of the null space is rounded to an exact expression and tested at fresh states; it is left out where its gradient
lies in the span of those before it, because it is a function of them there.
Source: Liu et al. 2024, section II; Olver 1993, Theorem 2.16, for functional independence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Expr, S, Symbol

from liesym.base.budget import Budget
from liesym.discovery.field import BlackBox
from liesym.discovery.library import gradients, stages
from liesym.discovery.nullspace import exact_vector, null_vectors
from liesym.discovery.records import Evidence, Integral

Floats = np.ndarray
FRESH = 400
"""States at which a law is tested that was found at others."""
SLACK = 50.0
"""How many times the precision of the field a rate may be that counts as 0."""
DEPENDENT = 1e-6
"""Singular value of unit gradients below which one lies in the span of the others."""


@dataclass(frozen=True, slots=True)
class Search:
    """Integrals in the order in which they were found, the stages done, and why it stopped before the last."""

    integrals: tuple[Integral, ...]
    done: tuple[str, ...]
    stopped: str


def field_integrals(
    box: BlackBox, symbols: Sequence[Symbol], given: Sequence[Expr], budget: Budget, rng: np.random.Generator
) -> Search:
    """Functionally independent integrals, exact where their coefficients can be named.

    Arguments:
        box: the field.
        symbols: of the states.
        given: functions beside those of `stages`.
        budget: looked at between stages.
        rng: of the states.
    """
    positive = [s for s, least in zip(symbols, box.lower, strict=True) if least > 0]
    found: list[Integral] = []
    done: list[str] = []
    fresh = box.samples(FRESH, rng)
    for name, terms in stages(symbols, positive, given):
        if len(found) >= len(symbols) - 1:
            break
        if budget.over:
            return Search(tuple(found), tuple(done), f"time ran out after {', '.join(done) or 'nothing'}")
        found += _among(box, symbols, name, terms, found, fresh, rng)
        done.append(name)
    return Search(tuple(found), tuple(done), "")


Samples = tuple[Floats, Floats, Floats]


def _among(
    box: BlackBox,
    symbols: Sequence[Symbol],
    name: str,
    terms: Sequence[Expr],
    before: Sequence[Integral],
    fresh: Samples,
    rng: np.random.Generator,
) -> list[Integral]:
    """New integrals in the span of one library."""
    terms = list(dict.fromkeys(terms))
    samples = box.samples(3 * len(terms) + 60, rng)
    matrix, kept, sizes = _rates(terms, symbols, samples)
    if not kept:
        return []
    tolerance = max(2e-13, SLACK * box.precision)
    vectors = null_vectors(matrix, tolerance)
    new: list[Integral] = []
    for vector in vectors:
        numbers = vector / sizes
        coefficients, exact = exact_vector(numbers, max(1e-8, 20 * tolerance))
        expression = sum((c * terms[k] for k, c in zip(kept, coefficients, strict=True)), start=S.Zero)
        residual = relative_rate(expression, symbols, fresh)
        known = [law.expression for law in (*before, *new)]
        if residual > 10 * tolerance or not is_independent(expression, known, symbols, fresh[1]):
            continue
        figures = ("residual", residual), ("states", len(fresh[0])), ("library", name)
        evidence = Evidence("null space of the rates of a library, tested at fresh states", figures)
        new.append(Integral(expression, "supported" if exact else "approximate", evidence))
    return new


def _rates(terms: Sequence[Expr], symbols: Sequence[Symbol], samples: Samples) -> tuple[Floats, list[int], Floats]:
    """The scaled matrix M, the terms that are defined and change, and a_k."""
    _, x, f = samples
    slopes = gradients(terms, symbols, x)
    parts = slopes * f[:, None, :]
    size = np.sqrt((np.abs(parts).sum(2) ** 2).mean(0))
    largest = np.sqrt((slopes**2).sum(2).mean(0))
    usable = np.isfinite(slopes).all((0, 2)) & (largest > 0)
    kept = [int(k) for k in np.flatnonzero(usable)]
    scale = float(np.median(np.abs(f)))
    sizes = np.maximum(size[kept], largest[kept] * scale * 1e-12)
    matrix = parts.sum(2)[:, kept] / np.where(sizes > 0, sizes, 1)
    return matrix, kept, np.where(sizes > 0, sizes, 1)


def relative_rate(expression: Expr, symbols: Sequence[Symbol], samples: Samples) -> float:
    """The largest |∇I·f| / Σ_k |c_k ∇θ_k||f| at the states; infinite where I is a constant."""
    _, x, f = samples
    terms = [term for term in expression.as_ordered_terms() if term.free_symbols]
    if not terms:
        return float("inf")
    slopes = gradients(terms, symbols, x)
    scale = (np.linalg.norm(slopes, axis=2) * np.linalg.norm(f, axis=1)[:, None]).sum(1)
    value = np.abs((slopes.sum(1) * f).sum(1)) / np.where(scale > 0, scale, 1)
    return float(value.max()) if np.isfinite(value).all() else float("inf")


def is_independent(
    expression: Expr, known: Sequence[Expr], symbols: Sequence[Symbol], x: Floats, apart: float = DEPENDENT
) -> bool:
    """Whether ∇I leaves the span of the known gradients at most of the states."""
    if len(known) >= len(symbols):
        return False
    rows = gradients([*known, expression], symbols, x)
    norms = np.linalg.norm(rows, axis=2, keepdims=True)
    good = np.isfinite(rows).all((1, 2)) & (norms > 1e-9 * np.median(norms)).all((1, 2))
    if not good.any():
        return False
    smallest = np.linalg.svd(rows[good] / norms[good], compute_uv=False)[:, -1]
    return float((smallest > apart).mean()) > 0.5
