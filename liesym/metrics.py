"""The measures of a learned field, always together: errors of states, drift of invariants, divergence,
sensitivity.

A conserved quantity can be kept while the state is wrong, and the reverse; a table that shows one alone
misleads.
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


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measures over n test trajectories; medians unless said otherwise.

    Arguments:
        horizons: the times at which errors are taken.
        errors: relative state error ‖x̂ - x‖ / ‖x‖ at each horizon.
        rmse: root mean square over trajectories, times and states up to the last horizon.
        lasting: time until the relative error exceeds the threshold, the last time if it never does.
        true_drift: largest |I(x̂(t)) - I(x̂(0))|, relative to |I|, of each invariant of the true system.
        worst_drift: the same for the worst trajectory.
        model_drift: the same for the invariants of the model itself; None if it has none.
        sensitivity: distance at the last horizon of a run that begins 1e-3 away, over 1e-3.
        true_sensitivity: the same for the true system.
        diverged: number of trajectories whose relative error passes 1000 or is not finite.
        seconds: for predicting all of them.
    """

    horizons: tuple[float, ...]
    errors: tuple[float, ...]
    rmse: float
    lasting: float
    true_drift: tuple[tuple[str, float], ...]
    worst_drift: tuple[tuple[str, float], ...]
    model_drift: tuple[tuple[str, float], ...] | None
    sensitivity: float
    true_sensitivity: float
    diverged: int
    count: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For a record of results: drifts by name, numbers in lists."""
        record = asdict(self)
        for name in ("true_drift", "worst_drift", "model_drift"):
            record[name] = None if record[name] is None else dict(record[name])
        return record


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
        horizons: times at which errors are reported, within `times`.
        invariants: name -> function of states (…, m), of the true system.
        model_invariants: the same of the model itself, where it has any.
        threshold: of the relative error, for `lasting`.
        seed: of the perturbation for the sensitivity.
        states: the true states, if they are known already.

    Raises:
        DataError: a horizon outside the times.
    """
    outside = [h for h in horizons if not times[0] < h <= times[-1]]
    if outside:
        raise DataError(f"horizons {outside} lie outside the times, which end at {times[-1]}")
    states = truth(initial, times) if states is None else states
    began = time.perf_counter()
    with np.errstate(all="ignore"):
        found = np.asarray(predict(initial, times), dtype=np.float64)
        seconds = time.perf_counter() - began
        error = relative_error(found, states)
        last = int(np.searchsorted(times, horizons[-1] - 1e-9))
        apart = np.random.default_rng(seed).standard_normal(initial.shape)
        moved = initial + 1e-3 * apart / np.linalg.norm(apart, axis=1, keepdims=True)
        return Metrics(
            horizons=tuple(float(h) for h in horizons),
            errors=tuple(_median(error[:, int(np.searchsorted(times, h - 1e-9))]) for h in horizons),
            rmse=float(np.sqrt(np.mean((found[:, : last + 1] - states[:, : last + 1]) ** 2))),
            lasting=_median(lasting(error, times, threshold)),
            true_drift=tuple((name, _median(drift(i, found))) for name, i in invariants.items()),
            worst_drift=tuple((name, _worst(drift(i, found))) for name, i in invariants.items()),
            model_drift=None
            if model_invariants is None
            else tuple((name, _median(drift(i, found))) for name, i in model_invariants.items()),
            sensitivity=_growth(predict, moved, found[:, last], times[: last + 1]),
            true_sensitivity=_growth(truth, moved, states[:, last], times[: last + 1]),
            diverged=int((~(np.nan_to_num(error, nan=np.inf) < 1e3)).any(axis=1).sum()),
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


def drift(invariant: Callable[[np.ndarray], np.ndarray], found: np.ndarray) -> np.ndarray:
    """max_t |I(t) - I(0)| / |I(0)| for each trajectory; infinite where it is not finite."""
    values = np.asarray(invariant(found))
    change = np.abs(values - values[:, :1]).max(axis=1) / np.maximum(np.abs(values[:, 0]), 1e-12)
    return np.where(np.isfinite(change), change, np.inf)


def _growth(predict: Predict, moved: np.ndarray, ends: np.ndarray, times: np.ndarray) -> float:
    other = np.asarray(predict(moved, times))[:, -1]
    return _median(np.linalg.norm(other - ends, axis=-1) / 1e-3)


def _median(values: np.ndarray) -> float:
    return float(np.median(np.where(np.isnan(values), np.inf, values)))


def _worst(values: np.ndarray) -> float:
    return float(np.max(np.where(np.isnan(values), np.inf, values)))
