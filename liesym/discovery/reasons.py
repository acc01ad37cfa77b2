"""What about the data may hide a law: said with every answer, so that nothing found is told from nothing there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from liesym.discovery.smoothing import NARROWEST, Smooth, smoothed
from liesym.discovery.tracks import Run

Floats = np.ndarray
LOUD = 0.4
"""Noise over the standard deviation of a state from which on little can be found."""
HELD_OUT = 4
"""Trajectories of which one is held out."""
GAP = 8.0
"""Ratio of sizes, with none between them, from which on the trajectories of a column are in two groups."""
OTHERS = 3.0
"""Largest ratio of the sizes of these groups in another column, where the first alone is another unit's."""
WRONG = 3.0
"""Ratio of the noise that is given to that of the residuals from which on one of them is wrong."""
ALIKE = 3.0
"""Variance between trajectories, in units of the noise of a mean, up to which they are one."""


def reasons(runs: Sequence[Run], smooth: Smooth, names: Sequence[str], *, given: bool, found: bool) -> list[str]:
    """Sentences about what may hide a law, or what makes one less sure.

    Arguments:
        runs: the trajectories as measured.
        smooth: with their noise.
        names: of the states.
        given: whether the noise was given.
        found: whether there is a law, which is then not hidden.
    """
    told = [*_few(runs), *_units(runs, smooth.noise, names)]
    part = smooth.noise / np.concatenate([run.states for run in runs]).std(0)
    loud = [name for name, p in zip(names, part, strict=True) if p > LOUD]
    if given:
        told += _noise(runs, smooth.noise, names)
    if loud:
        told.append(f"the noise of {', '.join(loud)} is of the size of the signal: most laws cannot be told from it")
    elif not found and _one(runs, smooth.noise):
        told.append("the trajectories differ by no more than the noise: no law can be told from a constant; give others")
    return told


def _few(runs: Sequence[Run]) -> list[str]:
    """Fewer trajectories than a law can be tested on."""
    if len(runs) >= HELD_OUT:
        return []
    return [f"of {len(runs)} trajectories none can be held out, so no law is more than approximate; give {HELD_OUT} or more"]


def _units(runs: Sequence[Run], noise: Floats, names: Sequence[str]) -> list[str]:
    """Columns whose trajectories are in two groups by how much they change, which no other column tells apart."""
    sizes = np.log(np.stack([np.sqrt(run.states.var(0) + noise**2) for run in runs]) + 1e-300)
    told = []
    for k, name in enumerate(names):
        order = np.argsort(sizes[:, k])
        steps = np.diff(sizes[order, k])
        place = int(steps.argmax()) + 1
        less, more = order[:place], order[place:]
        others = np.delete(sizes, k, axis=1)
        apart = np.abs(np.median(others[less], axis=0) - np.median(others[more], axis=0))
        spread = max(np.ptp(sizes[less, k]), np.ptp(sizes[more, k]))
        if len(names) > 1 and steps[place - 1] > max(np.log(GAP), spread) and (apart < np.log(OTHERS)).all():
            small, large = (float(np.exp(np.median(sizes[own, k]))) for own in (less, more))
            told.append(
                f"the standard deviation of {name} is {small:.2g} along {len(less)} of the trajectories and {large:.2g} "
                f"along {len(more)}, and no other state tells these apart: perhaps two units are mixed"
            )
    return told


def _noise(runs: Sequence[Run], noise: Floats, names: Sequence[str]) -> list[str]:
    """States whose residuals about local cubics are much smaller or larger than the noise that was given."""
    if max(len(run.times) for run in runs) <= NARROWEST:
        return []
    seen = smoothed(runs, None).noise
    told = []
    for name, own, other in zip(names, noise, seen, strict=True):
        if not own / WRONG < other < own * WRONG:
            told.append(f"the noise of {name} was given as {own:.2g}, and its residuals about local cubics are {other:.2g}")
    return told


def _one(runs: Sequence[Run], noise: Floats) -> bool:
    """Whether the means of x and x² differ between trajectories by no more than the noise makes them differ."""
    middle = np.concatenate([run.states for run in runs]).mean(0)
    means = np.stack([np.hstack([run.states.mean(0) - middle, ((run.states - middle) ** 2).mean(0)]) for run in runs])
    squares = means.mean(0)[len(middle) :]
    made = np.hstack([noise**2, 4 * squares * noise**2 + 2 * noise**4]) * np.mean([1 / len(run.times) for run in runs])
    rounding = (1e-9 * np.abs(means).max(0)) ** 2 + 1e-300
    return bool((means.var(0, ddof=1) <= ALIKE * made + rounding).all())
