"""The training loop: named terms, seeded batches, checkpoints that resume to the same weights.

Steps run in blocks. Blocks begin and end at multiples of one number, so a resumed run executes the same blocks on the same
numbers as one that was not stopped; a library that compiles takes long ones.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from liesym.base.files import write_whole
from liesym.errors import DataError
from liesym.learn.experiment import Progress
from liesym.learn.fitting import Settings, Training, fingerprint
from liesym.learn.objectives import AbstractSymmetryLoss, Terms
from liesym.learn.rollout import AbstractNeuralODE
from liesym.learn.weights import WeightRule

Sample = tuple[np.ndarray, np.ndarray, np.ndarray]
BatchSource = Callable[[int], Sample]


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What a checkpoint holds besides the state of the optimizer: the step, its mark, the weights, the history."""

    step: int
    mark: str
    weights: dict[str, float]
    history: dict[str, list[float]]


class Run(ABC):
    """One training in one library: the model, the memory of the optimizer, and how a block of steps is taken.

    Arguments:
        model: passed to the terms of the loss.
        loss: a `SymmetryLoss`.
        settings: see `Settings`.
    """

    damaged: tuple[type[Exception], ...]
    """What `read` raises for bytes that are no checkpoint."""

    @abstractmethod
    def __init__(self, model: Any, loss: AbstractSymmetryLoss, settings: Settings) -> None: ...

    @property
    @abstractmethod
    def model(self) -> Any:
        """The model as trained so far."""

    @property
    @abstractmethod
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the arrays that are trained."""

    @abstractmethod
    def block(self, rule: WeightRule | None) -> int:
        """How many steps are taken between two looks at the losses, at most."""

    @abstractmethod
    def advance(self, step: int, weights: Mapping[str, float], samples: Sequence[Sample]) -> dict[str, list[float]]:
        """One optimizer step for each sample; the terms and the norm of the gradient at each.

        Raises:
            TrainingError: one of these is not finite; names the term and the step.
        """

    @abstractmethod
    def judged(self, sample: Sample, norms: bool) -> tuple[dict[str, float], dict[str, float]]:
        """The terms, and where asked for the norms of their gradients."""

    @abstractmethod
    def written(self, saved: Saved) -> bytes:
        """A checkpoint."""

    @abstractmethod
    def read(self, data: bytes) -> tuple[Saved, Any]:
        """What a checkpoint says, and the state that `restore` takes. Raises one of `damaged`."""

    @abstractmethod
    def restore(self, state: Any) -> None:
        """Go on from this state. Raises one of `damaged` if it is that of another model."""


class Trainer:
    """The loop around one kind of `Run`; a toolkit offers `train` as a function."""

    def __init__(self, run: type[Run]) -> None:
        self.run = run

    def train(
        self,
        model: Any,
        loss: AbstractSymmetryLoss,
        batches: BatchSource,
        settings: Settings,
        *,
        rule: WeightRule | None = None,
        checkpoint: str | Path | None = None,
        stop_at: int | None = None,
        on_step: Callable[[int], None] | None = None,
        label: str = "training",
        identity: str = "",
    ) -> Training:
        """Minimize the loss by AdamW with a cosine schedule; the trained model is in the result (and in torch in place).

        Batches depend on the step alone, so a run that is killed and called again with the same checkpoint
        ends with the weights of a run that was not.

        Arguments:
            model: passed to the terms of the loss; its weights are trained.
            loss: a `SymmetryLoss`.
            batches: step -> (times, states, draws), for example a `Sampler`.
            settings: see `Settings`.
            rule: changes the weights of the residuals during training.
            checkpoint: file that is written whole every `checkpoint_every` steps and read if it is there.
            stop_at: leave after this step (in JAX at the end of the block that holds it), with a checkpoint.
            on_step: called with the number of steps done after each block, which is one step in torch.
            label: shown beside the bar of progress.
            identity: what else a checkpoint must agree in, such as the laws behind the residuals.

        Raises:
            TrainingError: a term of the loss or the gradient of one is not finite; names the term and the step.
            DataError: the checkpoint belongs to another run or cannot be written.
        """
        began = time.perf_counter()
        run = self.run(model, loss, settings)
        mark = fingerprint(settings, loss.weights, run.shapes, rule, batches(0), identity)
        names = ("data", *loss.residuals, "gradient")
        start = _resumed(run, checkpoint, mark) or Saved(0, mark, dict(loss.weights), {name: [] for name in names})
        step, weights, history = start.step, start.weights, start.history
        last = settings.steps if stop_at is None else min(stop_at, settings.steps)
        block = run.block(rule)
        with Progress(label, settings.steps) as progress:
            while step < last:
                stop = min((step // block + 1) * block, settings.steps)
                samples = [batches(k) for k in range(step, stop)]
                if rule is not None and step % rule.every == 0:
                    weights = rule.update(weights, *run.judged(samples[0], rule.needs_norms))
                for name, values in run.advance(step, weights, samples).items():
                    history[name] += values
                step = stop
                if checkpoint is not None and (step % settings.checkpoint_every == 0 or step >= last):
                    write_whole(checkpoint, run.written(Saved(step, mark, weights, history)), folder=True)
                progress.update(step)
                if on_step is not None:
                    on_step(step)
        if loss.residuals and isinstance(run.model, AbstractNeuralODE):
            Terms(loss.arrays).warn_of_collapse(run.model.field, *batches(0)[:2])
        noted = {name: np.asarray(values) for name, values in history.items()}
        return Training(run.model, noted, weights, step, time.perf_counter() - began)


def _resumed(run: Run, path: str | Path | None, mark: str) -> Saved | None:
    """What the checkpoint says, if there is one, its state put into the run."""
    if path is None or not Path(path).exists():
        return None
    try:
        saved, state = run.read(Path(path).read_bytes())
    except (OSError, *run.damaged):
        raise DataError(f"{path} is not a checkpoint that can be read; remove it or name another file") from None
    if saved.mark != mark:
        raise DataError(f"{path} is the checkpoint of another run; remove it or name another file")
    try:
        run.restore(state)
    except run.damaged:  # the same shapes under other names
        raise DataError(f"{path} is the checkpoint of another model; remove it or name another file") from None
    return saved
