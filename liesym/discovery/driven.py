"""Whether something drives a law: the values of the sum, asked for what grows as an integral of a function of the states.

A sum I that is no law changes as I' = g, with g = ∇I·f a function of the states. For each function θ_k of a library

    z_k = Σ v h_k / √(Σ v² h_k²),    v = I less its mean,    h_k = ∫θ_k dt less its mean over the trajectory,

over all samples as they were measured. For a law v is noise, whatever the h_k are, and z_k a standard normal number, also
where the noise of I is not the same everywhere. Where g has a part along θ_k, z_k grows with the root of the
number of samples: one degree of freedom sees what blocks of samples (`drift`), which have hundreds, do not.
Sources: White 1980 (variance); Messenger and Bortz 2021 (integrals in place of derivatives).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Expr, Symbol

from liesym.discovery.constancy import Library
from liesym.discovery.tracks import Run
from liesym.lowering.lower import lower

Floats = np.ndarray
MOST_TERMS = 150
SHORTEST = 3
"""Samples of a trajectory that says anything."""


@dataclass(frozen=True, slots=True, eq=False)
class Drives:
    """The integrals of a library along every trajectory, about their means.

    Arguments:
        runs: as measured.
        variance: of the noise of a state, shape (m,).
        parts: h of shape (S, K) for each run.
    """

    runs: tuple[Run, ...]
    variance: Floats
    parts: tuple[Floats, ...]

    def against(self, law: Expr, symbols: Sequence[Symbol]) -> float:
        """The largest |z_k|: how many standard deviations something drives the values of the law."""
        call = Library.of([law], symbols)
        score: Floats = np.zeros(self.parts[0].shape[1])
        power: Floats = np.zeros_like(score)
        for run, part in zip(self.runs, self.parts, strict=True):
            values = call.at(run.states, self.variance)[0][:, 0]
            finite = np.isfinite(values)
            if finite.sum() < SHORTEST:
                continue
            off, own = values[finite] - values[finite].mean(), part[finite] - part[finite].mean(0)
            score += off @ own
            power += off**2 @ own**2
        z = np.abs(score) / np.sqrt(np.where(power > 0, power, np.inf))
        return float(z.max(initial=0.0))


def drives(library: Sequence[Expr], symbols: Sequence[Symbol], runs: Sequence[Run], noise: Floats) -> Drives:
    """The integrals of 1 and of those functions of a library that are finite at all measured states.

    Arguments:
        library: the functions, the first `MOST_TERMS` of which are taken.
        symbols: of the states.
        runs: as measured.
        noise: standard deviations of the states.
    """
    call = lower(list(library[:MOST_TERMS]), tuple(symbols), backend="numpy")
    with np.errstate(all="ignore"):
        values = [np.asarray(call(0.0, run.states, {}), np.float64) for run in runs]
    good = np.all([np.isfinite(own).all(0) for own in values], axis=0)
    parts = [_integrals(run.times, own[:, good]) for run, own in zip(runs, values, strict=True)]
    return Drives(tuple(runs), noise**2, tuple(parts))


def _integrals(times: Floats, values: Floats) -> Floats:
    """∫1 dt and the ∫θ_k dt by the trapezoid rule, from the first time on, about their means."""
    every = np.hstack([np.ones((len(times), 1)), values])
    steps = np.diff(times)[:, None] * (every[1:] + every[:-1]) / 2
    found = np.vstack([np.zeros((1, every.shape[1])), np.cumsum(steps, axis=0)])
    return found - found.mean(0)
