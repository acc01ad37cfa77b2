"""The noise of measured states, and the states with less of it: local cubics over a window of samples.

For a window with times t_j about t the value of the fitted cubic at t is Σ_j w_j y_j, of variance σ² Σ_j w_j². The residual
at t has the variance σ² (1 - w_0). A window is as wide as the data allow: its residuals are no larger than those of the
narrowest, so that the cubic bends as the trajectory does.
Source: Savitzky and Golay 1964, for irregular times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from liesym.discovery.tracks import Run
from liesym.errors import DataError

Floats = np.ndarray
WINDOWS = (13, 11, 9, 7)
NARROWEST = 5
WIDENED = 1.02
"""How much larger the noise may look through a wider window."""
BLOCKS = (5, 11, 21, 41, 81, 161)
"""Samples of dense runs that become one, where there are DENSE times as many; LOOKED_AT runs tell how many."""
DENSE = 60
LOOKED_AT = 20


@dataclass(frozen=True, slots=True, eq=False)
class Smooth:
    """Runs with less noise.

    Arguments:
        states: one array (K, m) for each run.
        rates: likewise where they were measured.
        noise: standard deviation of the measured states, shape (m,).
        rate_noise: of the measured rates; None without them.
        left: Σ w_j², the part of the variance that is left.
        window: samples of a window; 1 where nothing was smoothed.
    """

    states: tuple[Floats, ...]
    rates: tuple[Floats, ...] | None
    noise: Floats
    rate_noise: Floats | None
    left: float
    window: int


def smoothed(runs: Sequence[Run], noise: Sequence[float] | float | None) -> Smooth:
    """Runs with less noise, and how much noise there was.

    Arguments:
        runs: the trajectories.
        noise: standard deviation of every state, or one for each; estimated unless given.

    Raises:
        DataError: the noise is not given and the runs are too short to tell it.
    """
    measured = [np.hstack([run.states] + ([run.rates] if run.rates is not None else [])) for run in runs]
    m = runs[0].states.shape[1]
    long = [(run.times, values) for run, values in zip(runs, measured, strict=True) if len(values) > NARROWEST]
    if not long and noise is None:
        raise DataError(f"no trajectory has more than {NARROWEST} samples to tell the noise from; give noise=")
    spread = np.zeros(measured[0].shape[1])
    if long:
        spread = _spread(long, NARROWEST)
    if noise is not None:
        spread[:m] = np.broadcast_to(np.asarray(noise, np.float64), m)
    window, least = 1, min(len(values) for values in measured)
    floor = 1e-9 * np.concatenate([v for _, v in long]).std(0) if long else 0
    for width in WINDOWS if long else ():
        if least >= 2 * width and (_spread(long, width) <= WIDENED * spread + floor).all():
            window = width
            break
    if window == 1:
        states, left = measured, 1.0
    else:
        parts = [_local(run.times, values, window) for run, values in zip(runs, measured, strict=True)]
        states, left = [p[0] for p in parts], float(np.mean([p[1].mean() for p in parts]))
    has_rates = states[0].shape[1] > m
    return Smooth(
        tuple(s[:, :m] for s in states),
        tuple(s[:, m:] for s in states) if has_rates else None,
        spread[:m],
        spread[m:] if has_rates else None,
        left,
        window,
    )


def condensed(runs: Sequence[Run], noise: Sequence[float] | None) -> tuple[list[Run], Sequence[float] | None, int]:
    """Densely sampled runs with one row for each block of samples, its value by a local cubic; and the noise of these.

    Noise that is white stays white, for no sample is in two blocks, and is smaller by 1.5 / √width. A block is as long as
    the residuals allow, as in `smoothed`; runs with fewer than `DENSE` blocks of the shortest kind stay as they are.

    Returns:
        The runs, the given noise of these, and the samples in a block; 1 where nothing was done.
    """
    measured = [np.hstack([run.states] + ([run.rates] if run.rates is not None else [])) for run in runs]
    fewest = min(len(run.times) for run in runs)
    width = 1
    if fewest >= DENSE * BLOCKS[0]:
        some = [(run.times, values) for run, values in zip(runs, measured, strict=True)][:LOOKED_AT]
        floor = 1e-9 * np.concatenate([values for _, values in some]).std(0)
        bound = WIDENED * _spread(some, NARROWEST) + floor
        for wider in BLOCKS:
            if fewest < DENSE * wider or not (_spread(some, wider) <= bound).all():
                break
            width = wider
    if width == 1:
        return list(runs), noise, 1
    m, found, left = runs[0].states.shape[1], [], 1.0
    for run, values in zip(runs, measured, strict=True):
        half = width // 2
        smooth, weights, _ = _local(run.times, values, width)
        kept = smooth[::width]
        times = run.times[half : len(run.times) - half][::width]
        found.append(Run(times, kept[:, :m], kept[:, m:] if run.rates is not None else None))
        left = float(weights.mean())
    return found, None if noise is None else [one * left**0.5 for one in noise], width


def _spread(runs: Sequence[tuple[Floats, Floats]], width: int) -> Floats:
    """The noise of each column, from the residuals of local cubics."""
    half = width // 2
    total, count = 0.0, 0
    for times, values in runs:
        if len(values) < width:
            continue
        smooth, _, centre = _local(times, values, width)
        total = total + ((values[half : len(values) - half] - smooth) ** 2 / (1 - centre)[:, None]).sum(0)
        count += len(smooth)
    return np.sqrt(total / max(count, 1)) if count else np.full(runs[0][1].shape[1], np.inf)


def _local(times: Floats, values: Floats, width: int) -> tuple[Floats, Floats, Floats]:
    """Values of the local cubics at the inner samples, Σ w_j² and w_0 there."""
    half = width // 2
    steps = np.diff(times)
    if np.ptp(steps) <= 1e-6 * steps.mean():
        powers = (np.arange(-half, half + 1)[:, None] / max(half, 1)) ** np.arange(4)
        same = np.linalg.pinv(powers)[0]
        inner = sliding_window_view(values, width, axis=0) @ same
        return inner, np.full(len(inner), (same**2).sum()), np.full(len(inner), same[half])
    index = np.arange(len(times) - 2 * half)[:, None] + np.arange(width)
    offset = times[index] - times[half : len(times) - half, None]
    offset = offset / np.abs(offset).max(1, keepdims=True)
    weights = np.linalg.pinv(offset[..., None] ** np.arange(4))[:, 0]
    return np.einsum("kw,kwm->km", weights, values[index]), (weights**2).sum(1), weights[:, half]
