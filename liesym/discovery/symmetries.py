"""Point symmetries of a black box x' = f(t, x), linear in (ξ, η).

    (∂_t + f·∇) η - f (∂_t + f·∇) ξ - ξ ∂_t f - (η·∇) f = 0

at sampled states, with the field's Jacobian by differences; ξ in the span of 1, t, t² and η in that of monomials, the linear
ones with t and t² too. The characteristic Q = η - ξ f decides what is new: a vector whose Q is a combination of those
before, or of their multiples by known integrals, is left out as theirs or trivial; one of higher degree also where its Q
lies in their span at every state, which makes it a multiple by some integrals.
Source: Olver 1993, Theorem 2.36 and section 5.1 (characteristics).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sympy import Add, Expr, Mul, S, Symbol, cos, exp, sin

from liesym.discovery.field import BlackBox
from liesym.discovery.integrals import DEPENDENT, FRESH
from liesym.discovery.library import monomials
from liesym.discovery.nullspace import exact_vector, named, null_vectors
from liesym.discovery.records import Evidence, Symmetry
from liesym.lowering.lower import lower
from liesym.symmetries.generator import Generator

Floats = np.ndarray
MOST_UNKNOWNS = 240
EIGEN = 1e-6
"""To which the rates of modes are told."""


class _Known(NamedTuple):
    """The field and its derivatives at states."""

    t: Floats
    x: Floats
    f: Floats
    rate: Floats
    jacobian: Floats


@dataclass(frozen=True, slots=True)
class Span:
    """A form of symmetries: ξ = Σ a_k ρ_k(t), η_i = Σ b_ik φ_k(t, x), the simplest functions first.

    Arguments:
        rho, phi: the functions.
        pointwise: what lies in the span of those before at every state is left out.
    """

    rho: tuple[Expr, ...]
    phi: tuple[Expr, ...]
    pointwise: bool

    def unknowns(self, m: int) -> int:
        """How many coefficients there are."""
        return len(self.rho) + m * len(self.phi)


def spans(symbols: Sequence[Symbol], t: Symbol) -> Iterator[Span]:
    """The forms that are tried."""
    linear = (S.One, *symbols)
    yield Span((S.One, t), linear, pointwise=False)
    yield Span((S.One, t, t**2), tuple(p * x for p in (S.One, t, t**2) for x in linear), pointwise=False)
    for degree in (2, 3):
        yield Span((S.One, t), (S.One, *monomials(symbols, degree)), pointwise=True)


def field_symmetries(
    box: BlackBox, symbols: Sequence[Symbol], independent: Symbol, integrals: Sequence[Expr], rng: np.random.Generator
) -> list[Symmetry]:
    """Symmetries of the forms of `spans`, one form after the other."""
    found: list[Symmetry] = []
    fresh = _known(box, FRESH // 2, rng)
    chosen: list[Floats] = []
    later = modes(box, symbols, independent, rng) if box.autonomous else ()
    for number, span in enumerate((*spans(symbols, independent), *later)):
        if span.unknowns(len(symbols)) > MOST_UNKNOWNS and number > 1:
            continue
        vectors, scale, tolerance = _candidates(box, symbols, independent, span, rng)
        constants = _constants(span, symbols, independent, integrals, fresh, tolerance)
        for vector in vectors:
            coefficients, exact = exact_vector(vector / scale, 10 * tolerance)
            components = _components(coefficients, span, symbols)
            q, residual = _tested(components, symbols, independent, fresh)
            if residual > 10 * tolerance or not is_new(q, chosen, constants, pointwise=span.pointwise):
                continue
            chosen.append(q)
            figures = ("residual", residual), ("states", len(fresh.t)), ("unknowns", len(vector))
            evidence = Evidence("null space of the symmetry condition, tested at fresh states", figures)
            generator = Generator((independent, *symbols), components)
            found.append(Symmetry(generator, "supported" if exact else "approximate", evidence))
    return found


def modes(box: BlackBox, symbols: Sequence[Symbol], t: Symbol, rng: np.random.Generator) -> list[Span]:
    """Forms e^{λt} times linear functions for the λ that can be; none for a linear field, which has them for all its modes.

    With the terms of the condition as (A + λ B) z and B z = Q the trivial z are taken out, and λ is an eigenvalue of -B⁺A.
    Only pairs λ, -λ count, as in sl(2): a single one, as friction makes it, comes from an integral that holds t.
    """
    m = len(symbols)
    phi = (S.One, *symbols)
    known = _known(box, 2 * (1 + m * len(phi)) // m + 60, rng)
    if np.ptp(known.jacobian, axis=0).max() <= 1e-6 * np.abs(known.jacobian).max():
        return []
    values, _, slopes = _evaluated(phi, symbols, t, known)
    weight = 1 / (1e-300 + np.linalg.norm(known.f, axis=1) + np.linalg.norm(known.jacobian, axis=(1, 2)))
    plain, grown = [np.zeros_like(known.f)], [-known.f]
    for k in range(len(phi)):
        for i in range(m):
            along = (slopes[:, k] * known.f).sum(1)
            plain.append(np.eye(m)[i] * along[:, None] - values[:, k, None] * known.jacobian[:, :, i])
            grown.append(np.eye(m)[i] * values[:, k, None])
    first, second = (np.stack([(c * weight[:, None]).ravel() for c in part], axis=1) for part in (plain, grown))
    size, right = np.linalg.svd(second, full_matrices=False)[1:]
    first, second = (part @ right[size > 1e-6 * size[0]].T for part in (first, second))
    scale = np.linalg.norm(second, 2)
    every = -np.linalg.eigvals(np.linalg.pinv(second) @ first)
    true = [r for r in every if np.linalg.svd(first + r * second, compute_uv=False)[-1] <= EIGEN * scale]
    pairs = [r for r in true if abs(r) > EIGEN and min(abs(r + other) for other in true) <= EIGEN * abs(r)]
    found: list[Span] = []
    for rate in sorted(pairs, key=lambda r: (abs(r), -r.real)):
        parts = [S.Zero if abs(part) < EIGEN else named(float(part), EIGEN) for part in (rate.real, rate.imag)]
        growth, turn = parts
        if growth is None or turn is None or rate.imag < -EIGEN:
            continue
        wave = (S.One,) if turn == 0 else (cos(turn * t), sin(turn * t))
        rho = tuple(exp(growth * t) * one for one in wave)
        found.append(Span(rho, tuple(p * x for p in rho for x in phi), pointwise=False))
    return list(dict.fromkeys(found))


def _constants(
    span: Span, symbols: Sequence[Symbol], t: Symbol, integrals: Sequence[Expr], fresh: _Known, tolerance: float
) -> Floats:
    """Values (S, r) of 1, the integrals, and those that hold t and are sums of functions of the span."""
    values, rates, slopes = _evaluated([S.One, *integrals], symbols, t, fresh)
    if all(t not in phi.free_symbols for phi in span.phi):
        return values
    phi, rates, slopes = _evaluated(span.phi, symbols, t, fresh)
    size = np.abs(phi).max(0) + 1e-300
    moved = (rates + np.einsum("skj,sj->sk", slopes, fresh.f)) / size
    vectors = null_vectors(moved / (1e-300 + np.linalg.norm(fresh.f, axis=1)[:, None]), tolerance)
    return np.hstack([values, *(((phi / size) @ v)[:, None] for v in vectors)])


def _known(box: BlackBox, count: int, rng: np.random.Generator) -> _Known:
    """Samples at which the field and its derivatives are finite."""
    t, x, f = box.samples(count, rng)
    rate, jacobian = box.derivatives(t, x)
    good = np.isfinite(jacobian).all((1, 2)) & np.isfinite(rate).all(1)
    size = np.abs(jacobian).max((1, 2)) + np.abs(f).max(1)
    good &= size <= 30 * np.median(size[good]) if good.any() else good
    return _Known(t[good], x[good], f[good], rate[good], jacobian[good])


def _candidates(
    box: BlackBox, symbols: Sequence[Symbol], independent: Symbol, span: Span, rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Null vectors of the condition, first the a_k, then the b_ik by k; their scales, and the tolerance."""
    m = len(symbols)
    known = _known(box, 2 * span.unknowns(m) // m + 60, rng)
    rho, slope, _ = _evaluated(span.rho, symbols, independent, known)
    phi, rates, slopes = _evaluated(span.phi, symbols, independent, known)
    weight = 1 / (1e-300 + np.linalg.norm(known.f, axis=1) + np.linalg.norm(known.jacobian, axis=(1, 2)))
    columns = [-rho[:, k, None] * known.rate - slope[:, k, None] * known.f for k in range(len(span.rho))]
    places = [(k, i) for k in range(len(span.phi)) for i in range(m)]
    for k, i in places:
        along = rates[:, k] + (slopes[:, k] * known.f).sum(1)
        columns.append(np.eye(m)[i] * along[:, None] - phi[:, k, None] * known.jacobian[:, :, i])
    matrix = np.stack([(c * weight[:, None]).ravel() for c in columns], axis=1)
    sizes = np.concatenate([np.ones(len(span.rho)), [np.abs(phi[:, k]).max() + 1e-300 for k, _ in places]])
    tolerance = max(30 * box.precision**0.8, 1e-9)
    vectors = null_vectors(matrix / sizes, tolerance)
    return vectors, sizes, tolerance


def _evaluated(
    functions: Sequence[Expr], symbols: Sequence[Symbol], t: Symbol, known: _Known
) -> tuple[Floats, Floats, Floats]:
    """Values (S, K), and derivatives by time (S, K) and by the states (S, K, m)."""
    both = [*functions, *(function.diff(t) for function in functions)]
    found = lower(both, tuple(symbols), backend="numpy", t=t, jacobian=True)(known.t, known.x, {})
    values, count = np.asarray(found.values, np.float64), len(functions)
    return values[:, :count], values[:, count:], np.asarray(found.jacobian, np.float64)[:, :count]


def _components(coefficients: Sequence[Expr], span: Span, symbols: Sequence[Symbol]) -> tuple[Expr, ...]:
    """(ξ, η_1, …, η_m) of a vector of coefficients."""
    xi = Add(*(Mul(c, rho) for c, rho in zip(coefficients, span.rho, strict=False)))
    parts: list[Expr] = [S.Zero] * len(symbols)
    for place, c in enumerate(coefficients[len(span.rho) :]):
        k, i = divmod(place, len(symbols))
        parts[i] += Mul(c, span.phi[k])
    return (xi, *parts)


def _tested(components: tuple[Expr, ...], symbols: Sequence[Symbol], t: Symbol, fresh: _Known) -> tuple[Floats, float]:
    """Q at fresh states, and the condition's remainder there relative to its terms."""
    values, rates, slopes = _evaluated(components, symbols, t, fresh)
    xi, eta, slope = values[:, 0], values[:, 1:], rates[:, :1]
    moved = rates[:, 1:] + np.einsum("sij,sj->si", slopes[:, 1:], fresh.f)
    turned = np.einsum("sij,sj->si", fresh.jacobian, eta)
    left = moved - fresh.f * slope - xi[:, None] * fresh.rate - turned
    norm = np.linalg.norm
    size = norm(slopes[:, 1:], axis=(1, 2)) * norm(fresh.f, axis=1) + norm(fresh.jacobian, axis=(1, 2)) * norm(eta, axis=1)
    size += norm(fresh.f * slope, axis=1) + norm(xi[:, None] * fresh.rate, axis=1) + norm(rates[:, 1:], axis=1)
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
