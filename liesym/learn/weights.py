"""Weights of the terms of a loss: fixed, balanced during training, or searched.

Fixed weights are for when their size is known, searched ones for when there is held-out data on which to
judge. Balancing by gradient norms keeps a residual from drowning the data or being drowned, at the price
of one more backward pass per term at each update. The augmented Lagrangian is for a residual that must
vanish and that the network can make
vanish: its weight grows until it does; with noisy data or a law that holds only roughly it grows without end.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from liesym.errors import DataError, TrainingError


class WeightRule(Protocol):
    """Changes the weights every `every` steps, from the terms and the norms of their gradients."""

    every: int
    needs_norms: bool

    def update(
        self, weights: Mapping[str, float], terms: Mapping[str, float], norms: Mapping[str, float]
    ) -> dict[str, float]:
        """The new weights; `terms` and `norms` also hold the entry `data`."""
        ...


@dataclass(frozen=True, slots=True)
class GradientNorms:
    """w ← (1 - α) w + α share ‖∇ data‖ / ‖∇ term‖: each residual pulls with a given share of the data's
    strength.

    Source: Wang, Teng and Perdikaris 2021, algorithm 1, with norms in place of their maxima and means.
    """

    share: float = 0.1
    alpha: float = 0.1
    every: int = 50
    needs_norms: bool = True

    def update(
        self, weights: Mapping[str, float], terms: Mapping[str, float], norms: Mapping[str, float]
    ) -> dict[str, float]:
        """The weights moved towards equal strength; a term without gradient keeps its weight."""
        new = {}
        for name, weight in weights.items():
            goal = self.share * norms["data"] / norms[name] if norms[name] > 0 else weight
            new[name] = (1 - self.alpha) * weight + self.alpha * goal
        return new


@dataclass(frozen=True, slots=True)
class AugmentedLagrangian:
    """w ← min(w + μ term, ceiling): the multiplier of the constraint term = 0, raised while it is not met.

    Source: Nocedal and Wright 2006, algorithm 17.4, for constraints that are mean squares.
    """

    mu: float = 1.0
    tolerance: float = 1e-8
    ceiling: float = 1e4
    every: int = 50
    needs_norms: bool = False

    def update(
        self, weights: Mapping[str, float], terms: Mapping[str, float], norms: Mapping[str, float]
    ) -> dict[str, float]:
        """The weights raised for each term above the tolerance."""
        return {
            name: min(weight + self.mu * terms[name], self.ceiling) if terms[name] > self.tolerance else weight
            for name, weight in weights.items()
        }


@dataclass(frozen=True, slots=True)
class WeightSearch:
    """The best weights found, their value, and how many trials there are in the store."""

    weights: tuple[tuple[str, float], ...]
    value: float
    trials: int
    failed: int


def search_weights(
    objective: Callable[[dict[str, float]], float],
    ranges: Mapping[str, tuple[float, float]],
    *,
    trials: int = 20,
    seed: int = 0,
    storage: str | Path | None = None,
    study: str = "weights",
) -> WeightSearch:
    """Weights of residuals that make the objective small, by Optuna's TPE on a logarithmic scale.

    Trials are numbered and trial k is drawn with seed + k, so a search that is stopped and called again
    with the same storage goes on where it was. Several processes may share one storage, which then holds a few
    trials more. A trial whose training stops with a `TrainingError` counts as failed; one that was killed does not
    count.

    Arguments:
        objective: weights by name -> value to be made small, e.g. the error on held-out data.
        ranges: name -> (lowest, highest), both positive.
        trials: how many finished ones there are to be in the store at the end.
        seed: of the sampler.
        storage: journal file; None keeps the study in memory.
        study: name of the search; another problem needs another one, or another storage.

    Raises:
        DataError: an empty or improper range, no trials, or a storage that cannot be used.
        TrainingError: every trial failed.
    """
    for name, (low, high) in ranges.items():
        if not 0 < low < high:
            raise DataError(f"range of the weight {name} is ({low}, {high}); expected 0 < lowest < highest")
    if not ranges:
        raise DataError("no weights to search; name at least one with its range")
    if trials < 1:
        raise DataError(f"a search of {trials} trials finds nothing; expected at least 1")
    try:
        return _searched(objective, ranges, trials, seed, storage, study)
    except OSError as error:
        raise DataError(f"cannot write the search storage {storage}: {error.strerror or error}") from None


def _searched(
    objective: Callable[[dict[str, float]], float],
    ranges: Mapping[str, tuple[float, float]],
    trials: int,
    seed: int,
    storage: str | Path | None,
    name: str,
) -> WeightSearch:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=_journal(storage), study_name=name, load_if_exists=True)
    states = optuna.trial.TrialState
    while sum(t.state.is_finished() for t in study.get_trials(deepcopy=False)) < trials:
        number = len(study.get_trials(deepcopy=False))
        study.sampler = optuna.samplers.TPESampler(seed=seed + number, n_startup_trials=min(8, max(trials // 2, 1)))
        trial = study.ask()
        weights = {name: trial.suggest_float(name, low, high, log=True) for name, (low, high) in ranges.items()}
        try:
            value = objective(weights)
        except TrainingError:
            study.tell(trial, state=states.FAIL)
            continue
        failed = not math.isfinite(value)
        study.tell(trial, None if failed else value, state=states.FAIL if failed else None)
    finished = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
    done = [t for t in finished if t.state == states.COMPLETE]
    if not done:
        raise TrainingError(f"all {trials} trials of the weight search failed; narrow the ranges {dict(ranges)}")
    best = min(done, key=lambda t: t.values[0])
    return WeightSearch(tuple(best.params.items()), best.values[0], len(finished), len(finished) - len(done))


def _journal(storage: str | Path | None) -> Any:
    if storage is None:
        return None
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    path = Path(storage)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = JournalFileSymlinkLock(str(path))
    if path.exists() and lock.acquire():
        try:
            _mend(path)
        finally:
            lock.release()
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _mend(path: Path) -> None:
    """Remove a last line that was cut off by a kill, and refuse a file of something else."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        known = all("op_code" in json.loads(line) for line in whole.splitlines())
    except (ValueError, TypeError):
        known = False
    if not known:
        raise DataError(f"{path} is there and is no journal of a search; choose another name")
    if len(whole) < len(data):
        os.truncate(path, len(whole))
