"""The weak form of equations on measured trajectories: no derivative of data is taken, and the noise of every row is known.

For a test function φ that vanishes at the ends of a window, x' = Σ_k c_k θ_k(x) gives

    -∫φ' x_i dt = Σ_k c_k ∫φ θ_k(x) dt,

and x'' = Σ c_k θ_k + Σ d_k D_t G_k, where velocities occur only through total derivatives, gives

    ∫φ'' x_i dt = Σ_k c_k ∫φ θ_k dt - Σ_k d_k ∫φ' G_k dt.

With noise e of the samples a row is off by a linear map B e
to first order, so that the covariance of the rows of a trajectory is V = B S Bᵀ; rows are divided by its Cholesky factor.
The products of columns are freed of what the noise adds to them on average, and θ_k of its curvature, ½ Σ S_l ∂_l²θ_k.
Sources: Messenger and Bortz 2021 (weak form); Bortz, Messenger and Dukic 2023 (covariance of the rows); Fuller 1987,
section 2.2 (errors in variables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from liesym.discovery.tracks import Run

Floats = np.ndarray
POWER = 6
"""φ = (1 - s²)^POWER on a window."""
SHIFT = 3.0
"""Windows begin every half-width / SHIFT."""
HALVES = (4, 5, 7, 9, 12, 16, 22, 30, 40, 56, 80, 110, 160, 220)
"""Half-widths that are tried, in steps of time."""
NARROWER = 0.7
"""A window is narrower by this than the one that shows most: what is faster than the average must be seen too."""
LONGEST_SPLINE = 600
JITTER = 1e-6
MOST_SAMPLES = 30_000


class Rows(NamedTuple):
    """Weights (R, K) of the samples in ∫φ·, -∫φ'· and ∫φ''·, for R windows."""

    plain: Floats
    first: Floats
    second: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """One trajectory in weak form.

    Arguments:
        rows: the weights.
        states: shape (K, m), as measured.
        rates: likewise, or None.
        values: θ_k at the samples, freed of curvature, shape (K, n).
        slopes: ∂θ_k/∂x_l there, shape (K, n, m).
    """

    rows: Rows
    states: Floats
    rates: Floats | None
    values: Floats
    slopes: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """Products of whitened rows, and what the noise adds to each on average; sums over trajectories.

    Arguments:
        gram, gram_noise: GᵀG, shape (n, n).
        moment, moment_noise: Gᵀb.
        power, power_noise: bᵀb.
        rows: how many rows there were.
    """

    gram: Floats
    gram_noise: Floats
    moment: Floats
    moment_noise: Floats
    power: float
    power_noise: float
    rows: int

    def __add__(self, other: Normal) -> Normal:
        return Normal(
            *(self.gram + other.gram, self.gram_noise + other.gram_noise),
            *(self.moment + other.moment, self.moment_noise + other.moment_noise),
            *(self.power + other.power, self.power_noise + other.power_noise, self.rows + other.rows),
        )

    def misfit(self, support: Sequence[int], c: Floats) -> float:
        """Mean square of whitened rows: 1 for true coefficients."""
        places = list(support)
        moment, gram = self.moment[places], self.gram[np.ix_(places, places)]
        return float(self.power - 2 * c @ moment + c @ gram @ c) / max(self.rows, 1)

    def excess(self, support: Sequence[int], c: Floats) -> float:
        """The sum of squares less its mean for true coefficients."""
        places = list(support)
        moment = (self.moment - self.moment_noise)[places]
        gram = (self.gram - self.gram_noise)[np.ix_(places, places)]
        return float(self.power - self.power_noise - 2 * c @ moment + c @ gram @ c)


def windows(times: Floats, half: float) -> Rows | None:
    """The weights for all windows of a half-width in time; None where not one fits."""
    room = times[-1] - times[0] - 2 * half
    if room < -1e-9 * half or len(times) < 5:
        return None
    count = 1 + int(max(room, 0.0) * SHIFT / half)
    centres = np.linspace(times[0] + half, times[-1] - half, count) if count > 1 else np.array([times[[0, -1]].mean()])
    nodes, weights, back = _quadrature(times)
    s = np.clip((nodes - centres[:, None]) / half, -1, 1)
    u = 1 - s**2
    first = -POWER * 2 * s * u ** (POWER - 1) / half
    second = (4 * POWER * (POWER - 1) * s**2 * u ** (POWER - 2) - 2 * POWER * u ** (POWER - 1)) / half**2
    parts = [u**POWER * weights, -first * weights, second * weights]
    plain, first, second = parts if back is None else [part @ back for part in parts]
    first = _blind(first, plain, times - centres[:, None], 0)
    second = _blind(_blind(second, plain, times - centres[:, None], 1), plain, times - centres[:, None], 0)
    return Rows(plain, first, second)


def _blind(rows: Floats, plain: Floats, offset: Floats, power: int) -> Floats:
    """The rows without what the quadrature makes of offset^power, whose integral is 0."""
    shape = plain * offset**power
    wrong, size = ((part * offset**power).sum(1, keepdims=True) for part in (rows, shape))
    return rows - wrong / size * shape


def _quadrature(times: Floats) -> tuple[Floats, Floats, Floats | None]:
    """Nodes, weights, and the matrix that takes samples to values at the nodes: the trapezoid rule where times are even.

    It is exact for what vanishes smoothly at the ends, as test functions do. Between uneven times a cubic spline is laid.
    """
    steps = np.diff(times)
    if np.ptp(steps) <= 1e-6 * steps.mean() or len(times) > LONGEST_SPLINE:
        ends = np.concatenate([[0], steps, [0]])
        return times, (ends[1:] + ends[:-1]) / 2, None
    from scipy.interpolate import CubicSpline

    place, weight = np.polynomial.legendre.leggauss(5)
    nodes = (times[:-1, None] + steps[:, None] * (place + 1) / 2).ravel()
    weights = (steps[:, None] * weight / 2).ravel()
    return nodes, weights, CubicSpline(times, np.eye(len(times)))(nodes)


def half_width(runs: Sequence[Run], noise: Floats) -> float | None:
    """The half-width of windows that shows the states' rates best over the noise; None where the runs are too short."""
    step = float(np.median(np.concatenate([np.diff(run.times) for run in runs])))
    longest = float(np.quantile([run.times[-1] - run.times[0] for run in runs], 0.25)) / 2
    choices = [step * h for h in HALVES if step * h <= longest * (1 + 1e-9)]
    best: tuple[float, float] | None = None
    for half in choices:
        total, count = np.zeros(len(noise)), 0
        for run in runs[:12]:
            rows = windows(run.times, half)
            if rows is not None:
                size = (rows.first**2).sum(1, keepdims=True) * noise**2
                total, count = total + ((rows.first @ run.states) ** 2 / size).sum(0), count + 1
        if count:
            score = float(np.log(total / count + 1e-300).mean())
            best = max(best, (score, half)) if best else (score, half)
    return None if best is None else max(choices[0], NARROWER * best[1])


def thinned(runs: Sequence[Run]) -> list[Run]:
    """As many whole runs as a fit needs."""
    total = np.cumsum([len(run.times) for run in runs])
    return [run for run, size in zip(runs, total, strict=True) if size <= MOST_SAMPLES] or list(runs[:1])


@dataclass(frozen=True, slots=True, eq=False)
class WeakForm:
    """Trajectories in weak form.

    Arguments:
        stretches: the trajectories.
        derived: for each function whether it enters by its total derivative, shape (n,).
        order: 1 or 2.
        noise, rate_noise: standard deviations, shape (m,); rate_noise None where rates are not used.
    """

    stretches: tuple[Stretch, ...]
    derived: Floats
    order: int
    noise: Floats
    rate_noise: Floats | None

    def normal(self, stretch: Stretch, component: int, coefficients: Floats) -> Normal:
        """The products for x_i' or x_i'', whitened with the noise that the coefficients of all functions make."""
        rows, derived = stretch.rows, self.derived
        lead = rows.first if self.order == 1 else rows.second
        plain, first = rows.plain, rows.first
        target = lead @ stretch.states[:, component]
        rated = None
        if self.rate_noise is not None and stretch.rates is not None:
            empty = np.zeros_like(lead)
            rated = np.vstack([empty, plain])
            target = np.concatenate([target, plain @ stretch.rates[:, component]])
            lead, plain, first = np.vstack([lead, empty]), np.vstack([plain, plain]), np.vstack([first, first])
        bend = [np.einsum("ksl,s->kl", stretch.slopes[:, part], coefficients[part]) for part in (~derived, derived)]
        covariance = np.zeros((len(lead),) * 2)
        for place, sigma in enumerate(self.noise):
            off = lead * float(place == component) - plain * bend[0][:, place] - first * bend[1][:, place]
            covariance += sigma**2 * off @ off.T
        if rated is not None and self.rate_noise is not None:
            covariance += self.rate_noise[component] ** 2 * rated @ rated.T
        covariance[np.diag_indices_from(covariance)] *= 1 + JITTER
        whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        lead, plain, first, target = (whiten @ part for part in (lead, plain, first, target))
        columns = np.empty((len(target), len(derived)))
        columns[:, ~derived] = plain @ stretch.values[:, ~derived]
        columns[:, derived] = first @ stretch.values[:, derived]
        mixed = {(a, b): (u * v).sum(0) for a, u in enumerate((plain, first)) for b, v in enumerate((plain, first))}
        kind = derived.astype(int)
        added = np.zeros((len(derived),) * 2)
        scaled = stretch.slopes * self.noise
        for a in (0, 1):
            for b in (0, 1):
                left, right = scaled[:, kind == a], scaled[:, kind == b]
                weighted = left * mixed[a, b][:, None, None]
                part = np.tensordot(weighted, right, axes=([0, 2], [0, 2]))
                added[np.ix_(kind == a, kind == b)] = part
        own = stretch.slopes[:, :, component] * self.noise[component] ** 2
        crossed = np.stack([(lead * plain).sum(0), (lead * first).sum(0)])[kind]
        power = float((lead**2).sum() * self.noise[component] ** 2)
        if rated is not None and self.rate_noise is not None:
            power += float(((whiten @ rated) ** 2).sum() * self.rate_noise[component] ** 2)
        return Normal(
            *(columns.T @ columns, added, columns.T @ target, (own * crossed.T).sum(0)),
            *(float(target @ target), power, len(target)),
        )

    def normals(self, component: int, coefficients: Floats) -> list[Normal]:
        """Those of all trajectories."""
        return [self.normal(stretch, component, coefficients) for stretch in self.stretches]


def total(parts: Sequence[Normal]) -> Normal:
    """Their sum."""
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    return found
