"""Integrals from noisy states: what is constant along each trajectory and differs between them.

For functions θ_k of the smoothed states W is their covariance within trajectories, C what the noise S of the states makes
of it, B their covariance between trajectories:

    W c = λ C c,    C = mean of J S Jᵀ,    J = ∂θ/∂x,    θ_k - ½ Σ_i S_i ∂_i²θ_k in place of θ_k

λ is the misfit in units of the noise: 1 for a law, large for what is none, with errors in the variables
accounted for in C. Measured rates add the condition ∇θ·x' c = 0 (`with_rates`). All supports of one size are tried before
larger ones. A law must have λ near 1 on its rounded coefficients, on trajectories that were held out, and no trend; its
terms must vary along trajectories and their sum between them.
Sources: Fuller 1987, section 2.2 (errors in variables). The test against shuffled trajectories is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, sqrt

import numpy as np
from sympy import Expr, Symbol

from liesym.lowering.lower import lower

Floats = np.ndarray
CHUNK = 20000
MOST_CANDIDATES = 3000
"""Of each chunk of supports."""


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """The covariances of a library over some trajectories.

    Arguments:
        within, noise, between: W, C and B, in units of the sizes.
        sizes: by which the functions were divided, shape (K,).
        count: independent samples.
        runs: trajectories.
    """

    within: Floats
    noise: Floats
    between: Floats
    sizes: Floats
    count: float
    runs: int

    @property
    def slack(self) -> float:
        """The standard deviation of λ for a law."""
        return sqrt(2 / self.count)

    def misfit(self, support: Sequence[int], c: Floats) -> float:
        """λ of coefficients of the functions themselves."""
        scaled = c * self.sizes[list(support)]
        grid = np.ix_(support, support)
        return float(scaled @ self.within[grid] @ scaled / (scaled @ self.noise[grid] @ scaled))

    def signal(self, support: Sequence[int], c: Floats) -> float:
        """The variance between trajectories in units of the noise of the mean of one."""
        scaled = c * self.sizes[list(support)]
        grid = np.ix_(support, support)
        return float(scaled @ self.between[grid] @ scaled / (scaled @ self.noise[grid] @ scaled)) * self.count / self.runs

    def sharpness(self, support: Sequence[int], c: Floats) -> float:
        """The variance of the terms along trajectories, were they free, in the same units."""
        scaled = c * self.sizes[list(support)]
        own = (scaled**2 * np.diag(self.within)[list(support)]).sum()
        return float(own / (scaled @ self.noise[np.ix_(support, support)] @ scaled))


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Functions with their first and second derivatives, lowered."""

    terms: tuple[Expr, ...]
    symbols: tuple[Symbol, ...]
    call: object

    @staticmethod
    def of(terms: Sequence[Expr], symbols: Sequence[Symbol]) -> Library:
        """Lower the functions and their pure second derivatives."""
        bends = [term.diff(s, 2) for term in terms for s in symbols]
        return Library(tuple(terms), tuple(symbols), lower([*terms, *bends], tuple(symbols), backend="numpy", jacobian=True))

    def at(self, x: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Corrected values (S, K) and gradients (S, K, m) at states whose coordinates have a variance."""
        with np.errstate(all="ignore"):
            found = self.call(0.0, x, {})  # pyright: ignore[reportCallIssue]
            values, slopes = np.asarray(found.values, np.float64), np.asarray(found.jacobian, np.float64)
            count = len(self.terms)
            bends = values[:, count:].reshape(len(x), count, len(self.symbols))
            return values[:, :count] - (bends * variance).sum(2) / 2, slopes[:, :count]


def scatter(library: Library, states: Sequence[Floats], variance: Floats, left: float) -> Scatter:
    """W, C and B over trajectories.

    Arguments:
        library: the functions.
        states: smoothed, one array for each trajectory.
        variance: of the measured states, shape (m,).
        left: the part of it that is left by smoothing.
    """
    k = len(library.terms)
    within, noise, freedom, total = np.zeros((k, k)), np.zeros((k, k)), 0.0, 0
    means = []
    for x in states:
        values, slopes = library.at(x, variance * left)
        off = values - values.mean(0)
        within += off.T @ off
        noise += np.einsum("ski,i,sli->kl", slopes, variance * left, slopes)
        freedom += max(len(x) - 1 / left, 0.3 * len(x))
        total += len(x)
        means.append(values.mean(0))
    between = np.atleast_2d(np.cov(np.stack(means).T)) if len(means) > 1 else np.zeros((k, k))
    within, noise = within / freedom, noise / total
    sizes = np.sqrt(np.diag(within) + np.diag(between) + 1e-300)
    unit = np.outer(sizes, sizes)
    noise = noise / unit + 1e-12 * np.eye(k)
    return Scatter(within / unit, noise, between / unit, sizes, total * left, len(states))


def with_rates(still: Scatter, library: Library, samples: Floats, variance: Floats) -> Scatter:
    """W + α M and C + α N for functions g_k = ∇θ_k·x' of states and measured rates, M their mean products, N those of noise.

    A law has λ = 1 in both pairs, so in the sum for any α; it is taken such that the noise of both is of one size.

    Arguments:
        still: W, C and B of the θ_k.
        library: the g_k, functions of the states and their rates.
        samples: (x, x') at all times, shape (S, 2m).
        variance: of what is left of the noise in them.
    """
    values, slopes = library.at(samples, variance)
    unit = np.outer(still.sizes, still.sizes)
    moved = values.T @ values / len(samples) / unit
    noise = np.einsum("ski,i,sli->kl", slopes, variance, slopes) / len(samples) / unit
    weight = float(np.trace(still.noise) / max(np.trace(noise), 1e-300))
    return replace(still, within=still.within + weight * moved, noise=still.noise + weight * noise)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A support, its best coefficients of the functions themselves, and λ."""

    support: tuple[int, ...]
    c: Floats
    misfit: float


def supports(count: int, size: int) -> int:
    """How many supports there are."""
    return comb(count, size)


def candidates(
    found: Scatter, size: int, accepted: Sequence[frozenset[int]], largest: float, terms: Sequence[int]
) -> list[Candidate]:
    """Supports of one size whose λ is small enough and that hold no accepted one, the smallest λ first."""
    good: list[Candidate] = []
    every = np.array(list(combinations(terms, size)))
    for first in range(0, len(every), CHUNK):
        part = every[first : first + CHUNK]
        inverse, white = _whitened(found, part)
        lowest = np.linalg.eigvalsh(white)[:, 0]
        small = np.flatnonzero(lowest <= largest)
        for place in small[np.argsort(lowest[small])][:MOST_CANDIDATES]:
            support = tuple(int(k) for k in part[place])
            if any(known <= set(support) for known in accepted):
                continue
            vector = inverse[place].T @ np.linalg.eigh(white[place])[1][:, 0]
            good.append(Candidate(support, vector / found.sizes[list(support)], float(lowest[place])))
    return sorted(good, key=lambda one: one.misfit)


def _whitened(found: Scatter, part: np.ndarray) -> tuple[Floats, Floats]:
    """For each support L⁻¹ with C = L Lᵀ, and L⁻¹ W L⁻ᵀ."""
    grid = part[:, :, None], part[:, None, :]
    inverse = np.linalg.inv(np.linalg.cholesky(found.noise[grid]))
    return inverse, inverse @ found.within[grid] @ inverse.transpose(0, 2, 1)
