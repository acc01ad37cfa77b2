"""A second look at a law, at the states as they were measured: its coefficients and whether its values drift.

Smoothing is good for the search and bends trajectories a little; what is constant needs none. With S the variances of the
states, of one sample the function φ_k = θ_k - ½ Σ_i S_i ∂_i²θ_k is θ_k of the true state on average, with a covariance of

    C = J S Jᵀ - ½ Σ_ij S_i S_j ∂_ijθ ∂_ijθᵀ

(both at measured states, to the second order in S). W c = λ C c as in the search gives coefficients without the bend, the
jackknife over trajectories their spread. The values of the law are then cut into blocks: means of blocks that differ by more
than the samples within them say that it changes along trajectories, far below the noise of one sample.
Sources: Fuller 1987, section 2.2 (errors in variables); Efron 1982 (jackknife); Fisher 1925 (blocks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log, sqrt

import numpy as np
from sympy import Add, Expr, Mul, Symbol

from liesym.discovery.tracks import Run
from liesym.lowering.lower import lower

Floats = np.ndarray
BLOCKS = (3, 6, 12, 24)
"""Blocks of a trajectory that are compared."""
SHORTEST = 3
"""Samples in a block at least; and FEWEST trajectories for spreads."""
FEWEST = 4
FEE = 14.0
"""A further term counts if it lowers the misfit by more than this and twice the logarithm of the choices, in squares of
standard deviations; and by more than WORTH of it, which curvature may make."""
WORTH = 0.005
LOOKED_AT = 5
REPEATED = 3.5
"""Standard deviations by which the larger sum must be better on trajectories to which it was not fitted."""
SAME = 0.5
"""cos² of the angle, as the noise measures it, from which on two sums are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Products of functions over trajectories as measured, one for each trajectory, in units of what is mean noise.

    Arguments:
        moved: W_r, shape (R, K, K): sums of squares.
        noise: C_r likewise.
        counts: independent rows of each trajectory, shape (R,).
    """

    moved: Floats
    noise: Floats
    counts: Floats

    @property
    def count(self) -> float:
        """Independent rows of all trajectories."""
        return float(self.counts.sum())

    def finite(self) -> Floats:
        """Which functions have finite values and noise at what was measured, shape (K,)."""
        parts = [np.isfinite(np.diagonal(one, axis1=1, axis2=2)).all(0) for one in (self.moved, self.noise)]
        return parts[0] & parts[1]

    def of(self, support: Sequence[int]) -> Raw:
        """Those of some of the functions."""
        places = list(support)
        return Raw(self.moved[:, places][:, :, places], self.noise[:, places][:, :, places], self.counts)

    def beside(self, rates: Raw, support: Sequence[int], c: Floats) -> Raw:
        """With the condition of rates, weighed such that for a sum a row of each has the same noise.

        As it is where a corrected variance is none: second derivatives do not tell the noise of a pole that is near.
        """
        own, other = (float(c @ one.of(support).noise.sum(0) @ c / max(one.count, 1)) for one in (self, rates))
        if min(own, other) <= 0:
            return self
        weight = own / other
        return Raw(self.moved + weight * rates.moved, self.noise + weight * rates.noise, self.counts + rates.counts)

    def misfit(self, c: Floats) -> float:
        """λ: 1 for a law with the true coefficients."""
        return float(c @ self.moved.sum(0) @ c / (c @ self.noise.sum(0) @ c))

    def fitted(self) -> tuple[Floats, Floats]:
        """Coefficients, and those without each of the trajectories, shape (R, K)."""
        moved, noise = self.moved.sum(0), self.noise.sum(0)
        c = _lowest(moved, noise)
        if len(self.counts) < FEWEST:
            return c, c[None]
        return c, np.stack([_lowest(moved - w, noise - n) for w, n in zip(self.moved, self.noise, strict=True)])

    def spreads(self, first: int) -> tuple[Floats, Floats]:
        """c / c_first, and its standard deviations: the larger of the jackknife's and those of the noise."""
        c, without = self.fitted()
        values, parts = c / c[first], without / without[:, first : first + 1]
        jackknife = np.sqrt((len(parts) - 1) * parts.var(0))
        free = [k for k in range(len(c)) if k != first]
        grid = np.ix_(free, free)
        noise = self.noise.sum(0) / self.count
        signal = np.linalg.pinv((self.moved.sum(0) / self.count - noise)[grid])
        own = (values @ noise @ values) * (signal + signal @ noise[grid] @ signal) / self.count
        told = np.zeros(len(c))
        told[free] = np.sqrt(np.maximum(np.diag(own), 0))
        return values, np.maximum(jackknife, told)


def _lowest(moved: Floats, noise: Floats) -> Floats:
    """The vector with the smallest λ; noise without an inverse is mended by a little of its diagonal."""
    sizes = np.sqrt(np.maximum(np.diag(moved), 1e-300))
    unit = np.outer(sizes, sizes)
    values, turn = np.linalg.eigh(noise / unit)
    root = turn / np.sqrt(np.maximum(values, 1e-12 * values[-1] + 1e-300))
    return root @ np.linalg.eigh(root.T @ (moved / unit) @ root)[1][:, 0] / sizes


def raw_products(library: Sequence[Expr], symbols: Sequence[Symbol], runs: Sequence[Run], noise: Floats) -> Raw:
    """The products of the values of all functions, about their mean over each trajectory.

    Arguments:
        library: the functions.
        symbols: of the states.
        runs: as measured.
        noise: standard deviations.
    """
    return _products(library, symbols, [run.states for run in runs], noise**2, centred=True)


def raw_rates(
    library: Sequence[Expr], symbols: Sequence[Symbol], runs: Sequence[Run], noise: Floats, rate_noise: Floats
) -> Raw:
    """Those of ∇θ·x' with measured rates, which are 0 for a law; `noise` and `rate_noise` are standard deviations."""
    rates = [Symbol(f"rate{k}", real=True) for k in range(len(symbols))]
    moved = [Add(*(Mul(term.diff(s), r) for s, r in zip(symbols, rates, strict=True))) for term in library]
    samples = [np.hstack([run.states, run.rates]) for run in runs if run.rates is not None]
    return _products(moved, (*symbols, *rates), samples, np.concatenate([noise, rate_noise]) ** 2, centred=False)


def _products(
    terms: Sequence[Expr], symbols: Sequence[Symbol], samples: Sequence[Floats], variance: Floats, *, centred: bool
) -> Raw:
    variance = variance + (1e-9 * np.concatenate(samples).std(0)) ** 2
    call = Corrected.of(terms, symbols)
    moved, added, counts = [], [], []
    for x in samples:
        values, noise = call.at(x, variance)
        off = values - values.mean(0) if centred and len(values) else values
        free = max(len(values) - centred, 0)
        moved.append(off.T @ off)
        added.append(noise * free)
        counts.append(free)
    return Raw(np.stack(moved), np.stack(added), np.array(counts, float))


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Functions with their gradients and those second derivatives that are not 0, lowered.

    Arguments:
        call: gives θ, then the second derivatives.
        count: of the functions.
        places: (k, i, j) of every second derivative ∂_ijθ_k, i ≤ j.
    """

    call: object
    count: int
    places: tuple[tuple[int, int, int], ...]

    @staticmethod
    def of(terms: Sequence[Expr], symbols: Sequence[Symbol]) -> Corrected:
        """Lower them."""
        bends: dict[tuple[int, int, int], Expr] = {}
        for k, term in enumerate(terms):
            for i, s in enumerate(symbols):
                slope = term.diff(s)
                own = {(k, i, j): slope.diff(other) for j, other in enumerate(symbols) if j >= i and slope.has(other)}
                bends |= {place: bend for place, bend in own.items() if bend != 0}
        call = lower([*terms, *bends.values()], tuple(symbols), backend="numpy", jacobian=True)
        return Corrected(call, len(terms), tuple(bends))

    def at(self, x: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """φ_k of shape (S, K) at those measured states at which all are finite, and the mean of C there, shape (K, K)."""
        with np.errstate(all="ignore"):
            found = self.call(0.0, x, {})  # pyright: ignore[reportCallIssue]
            every = np.broadcast_to(np.asarray(found.values, np.float64), (len(x), self.count + len(self.places)))
            slopes = np.asarray(found.jacobian, np.float64)[:, : self.count] * np.sqrt(variance)
            finite = np.isfinite(every).all(1) & np.isfinite(slopes).all((1, 2))
            every, slopes = every[finite], slopes[finite]
            values = every[:, : self.count].copy()
            bent: dict[tuple[int, int], Floats] = {}
            for place, (k, i, j) in enumerate(self.places):
                own = every[:, self.count + place]
                if i == j:
                    values[:, k] -= variance[i] / 2 * own
                both = bent.setdefault((i, j), np.zeros((len(every), self.count)))
                both[:, k] = own * np.sqrt(variance[i] * variance[j] * (0.5 if i == j else 1.0))
            noise = np.tensordot(slopes, slopes, axes=([0, 2], [0, 2]))
            for both in bent.values():
                noise -= both.T @ both
        return values, noise / max(len(every), 1)


def bettered(raw: Raw, support: Sequence[int], c: Floats, terms: Sequence[int]) -> float:
    """By how much one or two further terms lower the sum of squares over its noise, beyond what noise does; else 0.

    A sum that is nearly constant is bettered by terms that it lacks, a law is not. That the better sum is another law does
    not count: it must be the same one within the noise, as the cosine of their angle there tells.

    Arguments:
        raw: of the whole library.
        support, c: the sum.
        terms: those that may be added.
    """
    moved, noise, count = raw.moved.sum(0), raw.noise.sum(0), raw.count
    sizes = np.sqrt(np.maximum(np.diag(moved), 1e-300))
    unit = np.outer(sizes, sizes)
    moved, noise = moved / unit, noise / unit + 1e-12 * np.eye(len(sizes))
    scaled = c * sizes[list(support)]
    grid = np.ix_(support, support)
    own = scaled @ noise[grid] @ scaled
    misfit = scaled @ moved[grid] @ scaled / own
    others = [k for k in terms if k not in support]
    largest = 0.0
    for size in (1, 2):
        every = np.array([(*support, *more) for more in combinations(others, size)], int).reshape(-1, len(support) + size)
        fee = FEE + 2 * size * log(len(others) + 1)
        with np.errstate(all="ignore"):
            block = noise[every[:, :, None], every[:, None, :]]
            sound = np.linalg.eigvalsh(block)[:, 0] > 1e-9
        every = every[sound]
        if not len(every):
            continue
        inverse = np.linalg.inv(np.linalg.cholesky(noise[every[:, :, None], every[:, None, :]]))
        white = inverse @ moved[every[:, :, None], every[:, None, :]] @ inverse.transpose(0, 2, 1)
        gain = (misfit - np.linalg.eigvalsh(white)[:, 0]) * count / max(misfit, 1.0)
        for place in np.argsort(-gain)[:LOOKED_AT]:
            if gain[place] <= max(fee, WORTH * count, largest):
                break
            vector = inverse[place].T @ np.linalg.eigh(white[place])[1][:, 0]
            same = (vector @ noise[np.ix_(every[place], support)] @ scaled) ** 2 > own * SAME
            if same and _repeated(raw, support, c, every[place]) > REPEATED:
                largest = float(gain[place])
    return largest


def _repeated(raw: Raw, support: Sequence[int], c: Floats, larger: Sequence[int]) -> float:
    """How many standard deviations a larger sum that is fitted to half of the trajectories is better on the other half.

    The noise of a law need not be the same everywhere: its differences from one trajectory to the other tell how loud it is.
    """
    old, new = raw.of(support), raw.of(larger)
    noise = c @ old.noise.sum(0) @ c / raw.count
    before = np.einsum("i,rij,j->r", c, old.moved, c) / noise
    after = np.zeros(len(raw.counts))
    for half in (0, 1):
        fit = np.arange(len(raw.counts)) % 2 == half
        if not fit.any() or fit.all():
            return 0.0
        better = _lowest(new.moved[fit].sum(0), new.noise[fit].sum(0))
        size = better @ new.noise.sum(0) @ better / raw.count
        after[~fit] = (np.einsum("i,rij,j->r", better, new.moved, better) / size)[~fit]
    gain = before - after
    return float(gain.mean() / (gain.std(ddof=1) / sqrt(len(gain)) + 1e-300))


def drift(law: Expr, symbols: Sequence[Symbol], runs: Sequence[Run], noise: Floats) -> tuple[float, float]:
    """How many standard deviations the means of blocks of a trajectory differ by more than samples within blocks make them.

    Returns:
        By the variances of all trajectories together, and by their differences of one trajectory from the other; each the
        largest over the numbers of blocks.
    """
    call = Corrected.of([law], symbols)
    values = [call.at(run.states, noise**2)[0][:, 0] for run in runs]
    rounding = (1e-9 * float(np.concatenate(values).std())) ** 2 + 1e-300
    together, apart = 0.0, 0.0
    for blocks in BLOCKS:
        between, within, inside = [], [], 0
        for own in values:
            length = len(own) // blocks
            if length < SHORTEST:
                continue
            cut = own[: length * blocks].reshape(blocks, length)
            between.append(length * cut.mean(1).var(ddof=1))
            within.append(cut.var(1, ddof=1).mean())
            inside += blocks * (length - 1)
        if len(between) < FEWEST:
            continue
        more, less = np.array(between), np.array(within)
        spread = sqrt(2 / (len(more) * (blocks - 1)) + 2 / inside)
        together = max(together, log((more.mean() + rounding) / (less.mean() + rounding)) / spread)
        apart = max(apart, float((more - less).mean() / ((more - less).std(ddof=1) / sqrt(len(more)) + rounding)))
    return together, apart
