"""Stretches of trajectories on which states that are positive stay above the noise, so that their logarithms can be taken.

What decays comes near 0, and noise takes it below. Its logarithm has, by log(x + e) ≈ log x - S/2x² on average, a bias that
the correction for curvature takes away where x is some standard deviations above 0, and only there. The stretch is chosen
by the smoothed state, whose noise is small, so that the choice hardly prefers noise of one sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from liesym.discovery.smoothing import Smooth
from liesym.discovery.tracks import Run

Floats = np.ndarray
ABOVE = 5.0
"""Standard deviations of a measured state from 0."""
BELOW = 5.0
"""A positive state is no more than so many standard deviations of a smoothed one below 0."""
MOSTLY = 0.25
"""The part of the samples that must be in the stretches for a state."""
SHORTEST = 20
FEWEST = 8


def positive_stretches(runs: Sequence[Run], smooth: Smooth) -> tuple[list[Run], Smooth, list[int]] | None:
    """The longest stretch of each trajectory, and which states are above the noise there; None where all or none are.

    Arguments:
        runs: as measured.
        smooth: the same, smoothed.
    """
    everything = np.concatenate(smooth.states)
    least, above = everything.min(0), (everything > ABOVE * smooth.noise).mean(0)
    positive = (least > -BELOW * smooth.noise * smooth.left**0.5) & (above > MOSTLY)
    columns = [int(k) for k in np.flatnonzero(positive & (least <= ABOVE * smooth.noise))]
    if not columns:
        return None
    margin = smooth.window // 2
    kept: list[tuple[int, slice]] = []
    for place, states in enumerate(smooth.states):
        first, last = _longest((states[:, columns] > ABOVE * smooth.noise[columns]).all(1))
        if last - first >= SHORTEST:
            kept.append((place, slice(first, last)))
    if len(kept) < FEWEST:
        return None
    cut = []
    for place, part in kept:
        run, own = runs[place], slice(part.start + margin, part.stop + margin)
        cut.append(Run(run.times[own], run.states[own], None if run.rates is None else run.rates[own]))
    states = tuple(smooth.states[place][part] for place, part in kept)
    rates = None if smooth.rates is None else tuple(smooth.rates[place][part] for place, part in kept)
    return cut, replace(smooth, states=states, rates=rates), columns


def _longest(good: Floats) -> tuple[int, int]:
    """Where the longest row of true values begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
    pairs = edges.reshape(-1, 2)
    return max(((int(a), int(b)) for a, b in pairs), key=lambda pair: pair[1] - pair[0], default=(0, 0))
