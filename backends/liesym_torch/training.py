"""The training loop: named terms, seeded batches, checkpoints that resume to the same weights (PyTorch)."""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from liesym.base.files import write_whole
from liesym.errors import DataError
from liesym.learn.experiment import Progress
from liesym.learn.fitting import Settings, Training, check_terms, fingerprint
from liesym.learn.training import Report, run_problem
from liesym.learn.weights import WeightRule
from liesym_torch.losses import Batch, SymmetryLoss

BatchSource = Callable[[int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def train(
    model: nn.Module,
    loss: SymmetryLoss,
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
    """Minimize the loss by AdamW with a cosine schedule, in place.

    Batches depend on the step alone, so a run that is killed and called again with the same checkpoint
    ends with the weights of a run that was not.

    Arguments:
        model: passed to the terms of the loss; its parameters are trained.
        loss: a `SymmetryLoss`.
        batches: step -> (times, states, draws), for example a `Sampler`.
        settings: see `Settings`.
        rule: changes the weights of the residuals during training.
        checkpoint: file that is written whole every `checkpoint_every` steps and read if it is there.
        stop_at: leave after this step, with a checkpoint.
        on_step: called with each step that is done.
        label: shown beside the bar of progress.
        identity: what else a checkpoint must agree in, such as the laws behind the residuals.

    Raises:
        TrainingError: a term of the loss or the gradient of one is not finite; names the term and the step.
        DataError: the checkpoint belongs to another run or cannot be written.
    """
    began = time.perf_counter()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    state = _State(model, optimizer, dict(loss.weights), {n: [] for n in ("data", *loss.residuals, "gradient")})
    mark = fingerprint(settings, loss.weights, [tuple(p.shape) for p in trained], rule, batches(0), identity)
    step = _load(checkpoint, state, mark)
    last = settings.steps if stop_at is None else min(stop_at, settings.steps)
    with Progress(label, settings.steps) as progress:
        while step < last:
            batch = to_batch(batches(step), model)
            if rule is not None and step % rule.every == 0:
                state.weights = _balanced(rule, model, loss, batch, state.weights)
            _advance(step, state, loss, batch, settings, trained)
            step += 1
            if checkpoint is not None and (step % settings.checkpoint_every == 0 or step == last):
                _save(checkpoint, state, step, mark)
            progress.update(step)
            if on_step is not None:
                on_step(step)
    history = {name: np.asarray(values) for name, values in state.history.items()}
    return Training(model, history, state.weights, step, time.perf_counter() - began)


@dataclass(slots=True)
class _State:
    model: nn.Module
    optimizer: torch.optim.Optimizer
    weights: dict[str, float]
    history: dict[str, list[float]]


def _advance(
    step: int,
    state: _State,
    loss: SymmetryLoss,
    batch: Batch,
    settings: Settings,
    trained: list[nn.Parameter],
) -> None:
    """One optimizer step, with the terms and the norm of the gradient noted."""
    for group in state.optimizer.param_groups:
        group["lr"] = settings.rate(step)
    state.optimizer.zero_grad(set_to_none=True)
    terms = loss.terms(state.model, batch)
    numbers = {name: float(value.detach()) for name, value in terms.items()}
    check_terms(numbers, step)
    loss.total(terms, state.weights).backward()
    found = [p.grad for p in trained if p.grad is not None]
    norm = float(nn.utils.clip_grad_norm_(trained, settings.clip)) if settings.clip else _norm(found)
    if not np.isfinite(norm):
        check_terms({f"gradient of {n}": v for n, v in gradient_norms(state.model, loss, batch).items()}, step)
        check_terms({"gradient": norm}, step)
    state.optimizer.step()
    for name, value in (numbers | {"gradient": norm}).items():
        state.history[name].append(value)


def _norm(gradients: list[torch.Tensor]) -> float:
    return float(nn.utils.get_total_norm(gradients)) if gradients else 0.0


def gradient_norms(model: nn.Module, loss: SymmetryLoss, batch: Batch) -> dict[str, float]:
    """Euclidean norm of the gradient of each term, unweighted, with respect to all trained parameters."""
    trained = [p for p in model.parameters() if p.requires_grad]
    norms = {}
    for name, term in loss.terms(model, batch).items():
        if not term.requires_grad:
            norms[name] = 0.0
            continue
        gradients = torch.autograd.grad(term, trained, allow_unused=True, retain_graph=True)
        norms[name] = _norm([g for g in gradients if g is not None])
    return norms


def term_value(term: Callable[[Any, Any], Any], model: nn.Module, arrays: Any) -> float:
    """Mean square of a term on (times, states, draws), without gradients."""
    with torch.no_grad():
        return float(term(model, to_batch(arrays, model)).square().mean())


def _balanced(
    rule: WeightRule, model: nn.Module, loss: SymmetryLoss, batch: Batch, weights: Mapping[str, float]
) -> dict[str, float]:
    norms = gradient_norms(model, loss, batch) if rule.needs_norms else {}
    with torch.no_grad():
        terms = {name: float(value) for name, value in loss.terms(model, batch).items()}
    return rule.update(weights, terms, norms)


def to_batch(arrays: tuple[np.ndarray, np.ndarray, np.ndarray], model: nn.Module) -> Batch:
    """NumPy arrays as a `Batch` in the type and on the device of the model's parameters."""
    first = next(model.parameters())
    return Batch(*(torch.as_tensor(a, dtype=first.dtype, device=first.device) for a in arrays))


def train_problem(problem: Any, data_path: str | Path, **choices: Any) -> Report:
    """Train on this backend with the laws of a problem in the loss and without; see `liesym.learn.training`.

    Arguments:
        problem: a `Problem`, an `ODESystem`, or the path of a problem file.
        data_path: .npz or .csv file of trajectories.
        choices: fields of `liesym.learn.training.Choices`, and `show`.

    Raises:
        DataError: an unknown choice, or data that cannot be used.
    """
    return run_problem(problem, data_path, backend="torch", **choices)


# -- checkpoints -----------------------------------------------------------------------------------


def _save(path: str | Path, state: _State, step: int, mark: str) -> None:
    record = {
        "model": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "weights": state.weights,
        "history": {n: torch.tensor(v, dtype=torch.float64) for n, v in state.history.items()},
        "step": step,
        "mark": mark,
    }
    buffer = io.BytesIO()
    torch.save(record, buffer)
    write_whole(path, buffer.getvalue(), folder=True)


def _load(path: str | Path | None, state: _State, mark: str) -> int:
    """Put the checkpoint, if there is one, into the state; returns its step, else 0."""
    if path is None or not Path(path).exists():
        return 0
    try:
        record = torch.load(Path(path), weights_only=True)
        found = record["mark"]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError):
        raise DataError(f"{path} is not a checkpoint that can be read; remove it or name another file") from None
    if found != mark:
        raise DataError(f"{path} is the checkpoint of another run; remove it or name another file")
    try:
        state.model.load_state_dict(record["model"])
        state.optimizer.load_state_dict(record["optimizer"])
    except (RuntimeError, ValueError):  # the same shapes under other names
        raise DataError(f"{path} is the checkpoint of another model; remove it or name another file") from None
    state.weights = dict(record["weights"])
    state.history = {name: values.tolist() for name, values in record["history"].items()}
    return int(record["step"])
