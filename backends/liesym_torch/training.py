"""Training in PyTorch, one step at a time; the loop is in `liesym.learn.loop`."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from liesym.learn.fitting import Settings, check_terms
from liesym.learn.loop import Run, Sample, Saved, Trainer
from liesym.learn.objectives import Batch
from liesym.learn.training import Report, run_problem
from liesym.learn.weights import WeightRule
from liesym_torch.models import SymmetryLoss


class TorchRun(Run):
    """See `liesym.learn.loop.Run`; the model is changed in place."""

    damaged = (RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError)

    def __init__(self, model: nn.Module, loss: SymmetryLoss, settings: Settings) -> None:
        self._model, self.loss, self.settings = model, loss, settings
        self.trained = _trained(model)
        self.optimizer = torch.optim.AdamW(self.trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)

    @property
    def model(self) -> nn.Module:
        return self._model

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(p.shape) for p in self.trained]

    def block(self, rule: WeightRule | None) -> int:
        return 1

    def advance(self, step: int, weights: Mapping[str, float], samples: Sequence[Sample]) -> dict[str, list[float]]:
        (sample,) = samples
        batch = to_batch(sample, self.model)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(step)
        self.optimizer.zero_grad(set_to_none=True)
        terms = self.loss.terms(self.model, batch)
        numbers = {name: float(value.detach()) for name, value in terms.items()}
        check_terms(numbers, step)
        self.loss.total(terms, weights).backward()
        found, clip = [p.grad for p in self.trained if p.grad is not None], self.settings.clip
        norm = float(nn.utils.clip_grad_norm_(self.trained, clip)) if clip else _norm(found)
        if not np.isfinite(norm):
            norms = gradient_norms(self.model, self.loss, batch)
            check_terms({f"gradient of {name}": value for name, value in norms.items()}, step)
            check_terms({"gradient": norm}, step)
        self.optimizer.step()
        return {name: [value] for name, value in (numbers | {"gradient": norm}).items()}

    def judged(self, sample: Sample, norms: bool) -> tuple[dict[str, float], dict[str, float]]:
        batch = to_batch(sample, self.model)
        found = gradient_norms(self.model, self.loss, batch) if norms else {}
        with torch.no_grad():
            return {name: float(value) for name, value in self.loss.terms(self.model, batch).items()}, found

    def written(self, saved: Saved) -> bytes:
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        history = {name: torch.tensor(values, dtype=torch.float64) for name, values in saved.history.items()}
        buffer = io.BytesIO()
        torch.save(asdict(saved) | {"history": history} | state, buffer)
        return buffer.getvalue()

    def read(self, data: bytes) -> tuple[Saved, Any]:
        record = torch.load(io.BytesIO(data), weights_only=True)
        history = {name: values.tolist() for name, values in record["history"].items()}
        return Saved(int(record["step"]), record["mark"], dict(record["weights"]), history), record

    def restore(self, state: Any) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


train = Trainer(TorchRun).train


def train_problem(problem: Any, data_path: str | Path, **choices: Any) -> Report:
    """`liesym.learn.training.run_problem` on this backend."""
    return run_problem(problem, data_path, backend="torch", **choices)


def gradient_norms(model: nn.Module, loss: SymmetryLoss, batch: Batch) -> dict[str, float]:
    """Euclidean norm of the gradient of each term, unweighted, with respect to all trained parameters."""
    norms = {}
    for name, term in loss.terms(model, batch).items():
        if not term.requires_grad:
            norms[name] = 0.0
            continue
        gradients = torch.autograd.grad(term, _trained(model), allow_unused=True, retain_graph=True)
        norms[name] = _norm([g for g in gradients if g is not None])
    return norms


def term_value(term: Callable[[Any, Any], Any], model: nn.Module, arrays: Any) -> float:
    """Mean square of a term on (times, states, draws), without gradients."""
    with torch.no_grad():
        return float(term(model, to_batch(arrays, model)).square().mean())


def to_batch(arrays: Sample, model: nn.Module) -> Batch:
    """NumPy arrays as a `Batch` in the type and on the device of the model's parameters."""
    first = next(model.parameters())
    return Batch(*(torch.as_tensor(a, dtype=first.dtype, device=first.device) for a in arrays))


def _trained(model: nn.Module) -> list[nn.Parameter]:
    return [p for p in model.parameters() if p.requires_grad]


def _norm(gradients: list[torch.Tensor]) -> float:
    return float(nn.utils.get_total_norm(gradients)) if gradients else 0.0
