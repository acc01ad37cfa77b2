"""Which functions an equation holds: the sum whose misfit, less a fee for every term, is smallest.

All supports of few functions are tried; larger ones by leaving out, one after the other, the function whose loss raises the
misfit least. This takes the place of a threshold for coefficients in sequential thresholded least squares, which would have
to be chosen: a term stays if the rows, whose noise is known, say so. What the noise hides stays hidden.
Source: Brunton, Proctor and Kutz 2016 (sparse regression); Schwarz 1978 (fee for terms).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, log, sqrt

import numpy as np

from liesym.discovery.weak import Normal

Floats = np.ndarray
MOST_SUPPORTS = 30_000
FEE = 10.0
"""A term costs this, and twice the logarithm of the number of functions, in squares of standard deviations."""
TIED = 2.0
CORRECTED = 3.0
"""Along no combination of functions may the noise be more than one part in so many of the square."""
IMPOSSIBLE = 5.0
"""An excess so many standard deviations below its mean is one of the correction, if what is left is no less than noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A support, its coefficients, and what it costs; `scale` is the misfit of all functions together, at least 1."""

    support: tuple[int, ...]
    c: Floats
    cost: float
    scale: float


def chosen(normal: Normal, places: Sequence[int], lengths: Sequence[int]) -> Choice | None:
    """The best support among some of the functions; None where the noise hides them all.

    Arguments:
        normal: the products.
        places: of the functions among all.
        lengths: of the functions as they are written, by which ties are decided.
    """
    system = _System(normal, places)
    kept = system.told_apart()
    scale = max(1.0, system.misfit(kept)) if kept else 1.0
    fee = FEE + 2 * log(len(places) + 1)
    ranked: list[tuple[float, tuple[int, ...]]] = [(system.excess(()) / scale, ())]
    for size in (1, 2, 3, 4):
        if comb(len(kept), size) > MOST_SUPPORTS:
            break
        excess, support = system.best(kept, size, TIED * scale, lengths)
        if support is not None:
            ranked.append((excess / scale + fee * size, support))
    for support in system.backward(kept):
        ranked.append((system.excess(support) / scale + fee * len(support), support))
    ranked = [one for one in ranked if np.isfinite(one[0]) and not system.corrected_away(one[1], scale)]
    if not ranked:
        return None
    cost, support = min(ranked)
    return Choice(tuple(places[k] for k in support), system.solved(support), cost, scale)


class _System:
    """Corrected normal equations of some functions, scaled to a unit diagonal."""

    def __init__(self, normal: Normal, places: Sequence[int]) -> None:
        grid = np.ix_(list(places), list(places))
        self.sizes = np.sqrt(np.maximum(np.diag(normal.gram)[list(places)], 1e-300))
        unit = np.outer(self.sizes, self.sizes)
        self.gram, self.noise = normal.gram[grid] / unit, normal.gram_noise[grid] / unit
        self.noise = self.noise + 1e-12 * np.eye(len(places))
        self.clean = self.gram - self.noise
        self.moment = ((normal.moment - normal.moment_noise)[list(places)]) / self.sizes
        self.raw = normal.moment[list(places)] / self.sizes
        self.power, self.power_raw, self.rows = normal.power - normal.power_noise, normal.power, normal.rows

    def told_apart(self) -> list[int]:
        """The functions of which no combination is noise: those that make one are left out, the last ones first."""
        kept = [k for k in range(len(self.sizes)) if self.noise[k, k] < self.gram[k, k] / 3]
        while kept:
            grid = np.ix_(kept, kept)
            values, vectors = np.linalg.eigh(self.gram[grid] - CORRECTED * self.noise[grid])
            if values[0] > 1e-13:
                break
            weights = np.abs(vectors[:, 0]) * (1 + np.arange(len(kept)) / len(kept))
            del kept[int(weights.argmax())]
        return kept

    def solved(self, support: Sequence[int]) -> Floats:
        """Coefficients of the functions themselves."""
        places = list(support)
        return np.linalg.solve(self.clean[np.ix_(places, places)], self.moment[places]) / self.sizes[places]

    def excess(self, support: Sequence[int]) -> float:
        places = list(support)
        if not places:
            return self.power
        return float(
            self.power - self.moment[places] @ np.linalg.solve(self.clean[np.ix_(places, places)], self.moment[places])
        )

    def misfit(self, support: Sequence[int]) -> float:
        places = list(support)
        c = self.solved(support) * self.sizes[places]
        return float(self.power_raw - 2 * c @ self.raw[places] + c @ self.gram[np.ix_(places, places)] @ c) / self.rows

    def corrected_away(self, support: Sequence[int], scale: float) -> bool:
        """Whether the excess is small by the correction alone."""
        if not len(support) or self.excess(support) >= -IMPOSSIBLE * sqrt(2 * self.rows) * scale:
            return False
        return self.misfit(support) > 1

    def best(
        self, kept: Sequence[int], size: int, tie: float, lengths: Sequence[int]
    ) -> tuple[float, tuple[int, ...] | None]:
        """The support of a size with the least excess, and of those that are as good the shortest."""
        every = np.array(list(combinations(kept, size)))
        if not len(every):
            return np.inf, None
        grid = every[:, :, None], every[:, None, :]
        sound = np.linalg.eigvalsh(self.gram[grid] - CORRECTED * self.noise[grid])[:, 0] > 1e-13
        every = every[sound]
        if not len(every):
            return np.inf, None
        moments = self.moment[every]
        matrices = self.clean[every[:, :, None], every[:, None, :]]
        excess = self.power - (moments * np.linalg.solve(matrices, moments[..., None])[..., 0]).sum(1)
        order = np.argsort(excess)
        wrong = next((k for k, p in enumerate(order) if not self.corrected_away(every[p], tie / TIED)), len(order))
        excess[order[:wrong]] = np.inf
        near = np.flatnonzero(excess <= excess.min() + tie)
        place = min(near, key=lambda p: (sum(lengths[k] for k in every[p]), excess[p]))
        return float(excess[place]), tuple(int(k) for k in every[place])

    def backward(self, kept: Sequence[int]) -> list[tuple[int, ...]]:
        """Supports from all functions down to one."""
        support, found = list(kept), []
        while support:
            found.append(tuple(support))
            inverse = np.linalg.inv(self.clean[np.ix_(support, support)])
            c = inverse @ self.moment[support]
            loss = c**2 / np.maximum(np.diag(inverse), 1e-300)
            del support[int(loss.argmin())]
        return found


def covariance(normal: Normal, support: Sequence[int], scale: float) -> Floats:
    """That of the coefficients of some functions that are fitted together."""
    grid = np.ix_(support, support)
    if not len(support):
        return np.zeros((0, 0))
    inverse = np.linalg.inv((normal.gram - normal.gram_noise)[grid])
    return inverse @ normal.gram[grid] @ inverse * scale


def spreads(normal: Normal, choice: Choice) -> Floats:
    """Standard deviations of the coefficients."""
    return np.sqrt(np.maximum(np.diag(covariance(normal, choice.support, choice.scale)), 0))
