"""Point symmetries of a black box x' = f(t, x), linear in (ξ, η).

    (∂_t + f·∇) η - f (∂_t + f·∇) ξ - ξ ∂_t f - (η·∇) f = 0

at sampled states, with the field's Jacobian by differences; ξ in the span of 1, t and η in a span of monomials. The
characteristic Q = η - ξ f decides what is new: a vector whose Q is a combination of those before is theirs and a trivial
symmetry; one of higher degree whose Q lies in their span at every state is their multiple by integrals. Both are left out.
Source: Olver 1993, Theorem 2.36 and section 5.1 (characteristics).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sympy import Expr, Mul, S, Symbol

from liesym.discovery.field import BlackBox
from liesym.discovery.integrals import DEPENDENT, FRESH
from liesym.discovery.library import monomials
from liesym.discovery.nullspace import exact_vector, null_vectors
from liesym.discovery.records import Evidence, Symmetry
from liesym.lowering.lower import lower
from liesym.symmetries.generator import Generator

Floats = np.ndarray
DEGREES = (1, 2, 3)
MOST_UNKNOWNS = 240


class _Known(NamedTuple):
    """The field and its derivatives at states."""

    t: Floats
    x: Floats
    f: Floats
    rate: Floats
    jacobian: Floats


def field_symmetries(
    box: BlackBox, symbols: Sequence[Symbol], independent: Symbol, integrals: Sequence[Expr], rng: np.random.Generator
) -> list[Symmetry]:
    """Symmetries with ξ in the span of 1, t and η of bounded degree in the states, the lowest degree first."""
    found: list[Symmetry] = []
    fresh = _known(box, FRESH // 2, rng)
    constants = np.asarray(lower([S.One, *integrals], tuple(symbols), backend="numpy")(0.0, fresh.x, {}), np.float64)
    chosen: list[Floats] = []
    for degree in DEGREES:
        basis = [S.One, *monomials(symbols, degree)]
        unknowns = 2 + len(symbols) * len(basis)
        if unknowns > MOST_UNKNOWNS and degree > 1:
            break
        vectors, scale, tolerance = _candidates(box, symbols, independent, basis, rng)
        for vector in vectors:
            coefficients, exact = exact_vector(vector / scale, 10 * tolerance)
            components = _components(coefficients, basis, symbols, independent)
            q, residual = _tested(components, symbols, independent, fresh)
            if residual > 10 * tolerance or not is_new(q, chosen, constants, pointwise=degree > 1):
                continue
            chosen.append(q)
            figures = ("residual", residual), ("states", len(fresh.t)), ("degree", degree)
            evidence = Evidence("null space of the symmetry condition, tested at fresh states", figures)
            generator = Generator((independent, *symbols), components)
            found.append(Symmetry(generator, "supported" if exact else "approximate", evidence))
    return found


def _known(box: BlackBox, count: int, rng: np.random.Generator) -> _Known:
    """Samples at which the field and its derivatives are finite."""
    t, x, f = box.samples(count, rng)
    rate, jacobian = box.derivatives(t, x)
    good = np.isfinite(jacobian).all((1, 2)) & np.isfinite(rate).all(1)
    size = np.abs(jacobian).max((1, 2)) + np.abs(f).max(1)
    good &= size <= 30 * np.median(size[good]) if good.any() else good
    return _Known(t[good], x[good], f[good], rate[good], jacobian[good])


def _candidates(
    box: BlackBox, symbols: Sequence[Symbol], independent: Symbol, basis: Sequence[Expr], rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Null vectors of the condition in the order ξ: 1, t; then η_i by degree, their scales, and the tolerance."""
    m = len(symbols)
    known = _known(box, 2 * (2 + m * len(basis)) // m + 60, rng)
    values, slopes = _evaluated(basis, symbols, independent, known)
    weight = 1 / (1e-300 + np.linalg.norm(known.f, axis=1) + np.linalg.norm(known.jacobian, axis=(1, 2)))
    columns = [-known.rate, -known.f - known.t[:, None] * known.rate]
    places = [(k, i) for k in range(len(basis)) for i in range(m)]
    for k, i in places:
        along = (slopes[:, k] * known.f).sum(1)
        columns.append(np.eye(m)[i] * along[:, None] - values[:, k, None] * known.jacobian[:, :, i])
    matrix = np.stack([(c * weight[:, None]).ravel() for c in columns], axis=1)
    sizes = np.concatenate([np.ones(2), [np.abs(values[:, k]).max() + 1e-300 for k, _ in places]])
    tolerance = max(30 * box.precision**0.8, 1e-9)
    vectors = null_vectors(matrix / sizes, tolerance)
    return vectors, sizes, tolerance


def _evaluated(basis: Sequence[Expr], symbols: Sequence[Symbol], t: Symbol, known: _Known) -> tuple[Floats, Floats]:
    """Values (S, K) and derivatives by the states (S, K, m) of functions."""
    found = lower(list(basis), tuple(symbols), backend="numpy", t=t, jacobian=True)(known.t, known.x, {})
    return np.asarray(found.values, np.float64), np.asarray(found.jacobian, np.float64)


def _components(
    coefficients: Sequence[Expr], basis: Sequence[Expr], symbols: Sequence[Symbol], t: Symbol
) -> tuple[Expr, ...]:
    """(ξ, η_1, …, η_m) of a vector of coefficients."""
    xi = coefficients[0] + coefficients[1] * t
    parts: list[Expr] = [S.Zero] * len(symbols)
    for place, c in enumerate(coefficients[2:]):
        k, i = divmod(place, len(symbols))
        parts[i] += Mul(c, basis[k])
    return (xi, *parts)


def _tested(components: tuple[Expr, ...], symbols: Sequence[Symbol], t: Symbol, fresh: _Known) -> tuple[Floats, float]:
    """Q at fresh states, and the condition's remainder there relative to its terms."""
    values, slopes = _evaluated(components, symbols, t, fresh)
    xi, eta = values[:, 0], values[:, 1:]
    slope = float(components[0].diff(t))
    moved = np.einsum("sij,sj->si", slopes[:, 1:], fresh.f)
    turned = np.einsum("sij,sj->si", fresh.jacobian, eta)
    left = moved - fresh.f * slope - xi[:, None] * fresh.rate - turned
    norm = np.linalg.norm
    size = norm(slopes[:, 1:], axis=(1, 2)) * norm(fresh.f, axis=1) + norm(fresh.jacobian, axis=(1, 2)) * norm(eta, axis=1)
    size += norm(fresh.f, axis=1) * abs(slope) + norm(xi[:, None] * fresh.rate, axis=1)
    relative = norm(left, axis=1) / np.where(size > 0, size, 1)
    return eta - xi[:, None] * fresh.f, float(relative.max())


def is_new(q: Floats, chosen: Sequence[Floats], constants: Floats, *, pointwise: bool) -> bool:
    """Whether Q is no combination of the chosen ones, with integrals (S, r) or with any functions of the state."""
    if np.abs(q).max() < DEPENDENT:
        return False
    if not chosen:
        return True
    spanning = [constants[:, k, None] * one for one in chosen for k in range(constants.shape[1])]
    span = np.stack([one.ravel() / np.linalg.norm(one) for one in spanning], axis=1)
    unit = q.ravel() / np.linalg.norm(q)
    left = unit - span @ np.linalg.lstsq(span, unit, rcond=1e-10)[0]
    if np.linalg.norm(left) < DEPENDENT:
        return False
    if not pointwise:
        return True
    rows = np.stack([*chosen, q], axis=1)
    before, after = (np.linalg.matrix_rank(r, rtol=DEPENDENT) for r in (rows[:, :-1], rows))
    return float((after > before).mean()) > 0.5
