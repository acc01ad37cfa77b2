"""The measures of a learned field, always together: errors of states, drift of invariants, divergence, sensitivity.

A conserved quantity can be kept while the state is wrong, and the reverse; a table that shows one alone misleads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from liesym.errors import DataError

Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(initial states (n, m), times (K,)) -> states (n, K, m)."""
Drifts = tuple[tuple[str, float], ...]
DISTANCE = 1e-3
"""How far away the run for the sensitivity begins."""
LOST = 1e3
"""Relative error beyond which a trajectory counts as diverged (White et al. 2023)."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measures over n test trajectories; medians unless said otherwise, infinite where a state is not finite.

    Arguments:
        horizons: the times at which errors are taken.
        errors: relative state error ‖x̂ - x‖ / ‖x‖ at each horizon.
        rmse: root of the mean of (x̂ - x)² over times and states up to the last horizon.
        lasting: time until the relative error exceeds the threshold, the whole time if it never does.
        true_drift: max_t |I(x̂(t)) - I(x̂(0))| / I_0 of each invariant of the true system, with I_0 as in `relative_drift`.
        worst_drift: the same for the worst trajectory.
        model_drift: as `true_drift`, for the invariants of the model itself; empty if it has none.
        sensitivity: distance at the last horizon of a run that begins 0.001 away, over 0.001.
        true_sensitivity: the same for the true system.
        diverged: number of trajectories whose relative error passes 1000 or is not finite.
        count: n.
        seconds: for predicting all of them, compilation included.
    """

    horizons: tuple[float, ...]
    errors: tuple[float, ...]
    rmse: float
    lasting: float
    true_drift: Drifts
    worst_drift: Drifts
    model_drift: Drifts
    sensitivity: float
    true_sensitivity: float
    diverged: int
    count: int
    seconds: float

    def to_mapping(self) -> dict[str, Any]:
        """For a record of results: drifts by name."""
        record = asdict(self)
        return record | {name: dict(record[name]) for name in ("true_drift", "worst_drift", "model_drift")}


def measure(
    predict: Predict,
    truth: Predict,
    initial: np.ndarray,
    times: np.ndarray,
    *,
    horizons: Sequence[float],
    invariants: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    model_invariants: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    states: np.ndarray | None = None,
) -> Metrics:
    """All measures of a model on test trajectories.

    Arguments:
        predict: the model.
        truth: the true system.
        initial: initial states, shape (n, m).
        times: shape (K,), from the initial time on.
        horizons: times at which errors are reported, within `times`; the nearest known one is taken.
        invariants: name -> function of states (…, m), of the true system.
        model_invariants: the same of the model itself, where it has any.
        threshold: of the relative error, for `lasting`.
        seed: of the perturbation for the sensitivity.
        states: the true states, if they are known already.

    Raises:
        DataError: a horizon outside the times, or predictions of another shape than the true states.
    """
    outside = [h for h in horizons if not times[0] < h <= times[-1] + 1e-9]
    if outside or not horizons:
        raise DataError(f"horizons {outside} lie outside the times, which go from {times[0]:g} to {times[-1]:g}")
    states = truth(initial, times) if states is None else states
    began = time.perf_counter()
    with np.errstate(all="ignore"):
        found = np.asarray(predict(initial, times), dtype=np.float64)
        seconds = time.perf_counter() - began
        if found.shape != states.shape:
            raise DataError(f"predictions of shape {found.shape} for true states of shape {states.shape}")
        error = relative_error(found, states)
        places = [int(np.abs(times - h).argmin()) for h in horizons]
        last = places[-1] + 1
        drifts = {name: relative_drift(invariant, found) for name, invariant in invariants.items()}
        own = {name: relative_drift(invariant, found) for name, invariant in (model_invariants or {}).items()}
        moved = initial + _apart(initial.shape, seed)
        return Metrics(
            horizons=tuple(float(h) for h in horizons),
            errors=tuple(_median(error[:, k]) for k in places),
            rmse=_median(np.sqrt(np.mean((found[:, :last] - states[:, :last]) ** 2, axis=(1, 2)))),
            lasting=_median(lasting(error, times, threshold)),
            true_drift=tuple((name, _median(values)) for name, values in drifts.items()),
            worst_drift=tuple((name, float(values.max())) for name, values in drifts.items()),
            model_drift=tuple((name, _median(values)) for name, values in own.items()),
            sensitivity=_growth(predict, moved, found[:, last - 1], times[:last]),
            true_sensitivity=_growth(truth, moved, states[:, last - 1], times[:last]),
            diverged=int((error > LOST).any(axis=1).sum()),
            count=len(initial),
            seconds=seconds,
        )


def relative_error(found: np.ndarray, states: np.ndarray) -> np.ndarray:
    """‖x̂ - x‖ / ‖x‖ for each trajectory and time; infinite where the prediction is not finite."""
    error = np.linalg.norm(found - states, axis=-1) / np.linalg.norm(states, axis=-1)
    return np.where(np.isfinite(error), error, np.inf)


def lasting(error: np.ndarray, times: np.ndarray, threshold: float) -> np.ndarray:
    """Time since the start until the error first exceeds the threshold, for each trajectory."""
    over = error > threshold
    first = np.where(over.any(axis=1), over.argmax(axis=1), len(times) - 1)
    return times[first] - times[0]


def relative_drift(invariant: Callable[[np.ndarray], np.ndarray], found: np.ndarray) -> np.ndarray:
    """max_t |I(t) - I(0)| / I_0 for each trajectory; infinite where it is not finite.

    I_0 is |I(0)|, or the median of |I(0)| over the trajectories where that is larger: an energy is zero by the
    choice of its origin, and a start near such a level would make any drift large.
    """
    values = np.asarray(invariant(found))
    start = np.abs(values[:, 0])
    change = np.abs(values - values[:, :1]).max(axis=1) / np.maximum(start, max(float(np.median(start)), 1e-12))
    return np.where(np.isfinite(change), change, np.inf)


def _apart(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Steps of one length in random directions."""
    step = np.random.default_rng(seed).standard_normal(shape)
    return DISTANCE * step / np.linalg.norm(step, axis=1, keepdims=True)


def _growth(predict: Predict, moved: np.ndarray, ends: np.ndarray, times: np.ndarray) -> float:
    other = np.asarray(predict(moved, times))[:, -1]
    return _median(np.linalg.norm(other - ends, axis=-1) / DISTANCE)


def _median(values: np.ndarray) -> float:
    return float(np.median(np.where(np.isnan(values), np.inf, values)))
