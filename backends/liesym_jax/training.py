"""The training loop: named terms, seeded batches, checkpoints that resume to the same weights (JAX, optax).

Steps run in compiled blocks. Blocks begin and end at multiples of one number, so a resumed run executes
the same compiled programs on the same numbers as one that was not stopped.
"""

from __future__ import annotations

import io
import json
import math
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from liesym.base.files import write_whole
from liesym.errors import DataError
from liesym.learn.experiment import Progress
from liesym.learn.fitting import Settings, Training, check_terms, fingerprint
from liesym.learn.training import Report, run_problem
from liesym.learn.weights import WeightRule
from liesym_jax.losses import Batch, SymmetryLoss

BatchSource = Callable[[int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def train(
    model: Any,
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
    """Minimize the loss by AdamW with a cosine schedule; the trained model is in the result.

    Batches depend on the step alone, so a run that is killed and called again with the same checkpoint
    ends with the weights of a run that was not.

    Arguments:
        model: passed to the terms of the loss; its inexact arrays are trained.
        loss: a `SymmetryLoss`.
        batches: step -> (times, states, draws), for example a `Sampler`.
        settings: see `Settings`.
        rule: changes the weights of the residuals during training.
        checkpoint: file that is written whole every `checkpoint_every` steps and read if it is there.
        stop_at: leave at the end of the block that holds this step, with a checkpoint.
        on_step: called with the number of steps done after each block.
        label: shown beside the bar of progress.
        identity: what else a checkpoint must agree in, such as the laws behind the residuals.

    Raises:
        TrainingError: a term of the loss or the gradient of one is not finite; names the term and the step.
        DataError: the checkpoint belongs to another run or cannot be written.
    """
    began = time.perf_counter()
    run = _Run(loss, settings, model)
    arrays, fixed = run.arrays, run.fixed
    state = (arrays, run.optimizer.init(arrays))
    history: dict[str, list[float]] = {name: [] for name in ("data", *loss.residuals, "gradient")}
    mark = fingerprint(settings, loss.weights, [a.shape for a in jax.tree.leaves(arrays)], rule, batches(0), identity)
    step, state, weights, history = _load(checkpoint, state, dict(loss.weights), history, mark)
    last = settings.steps if stop_at is None else min(stop_at, settings.steps)
    block = settings.checkpoint_every if rule is None else math.gcd(settings.checkpoint_every, rule.every)
    with Progress(label, settings.steps) as progress:
        while step < last:
            stop = min((step // block + 1) * block, settings.steps)
            samples = [batches(k) for k in range(step, stop)]
            if rule is not None and step % rule.every == 0:
                weights = _balanced(rule, eqx.combine(state[0], fixed), loss, samples[0], weights)
            following, noted = run.advance(state, weights, samples)
            if not all(np.isfinite(values).all() for values in noted.values()):
                run.blame(state, weights, samples, noted, step)
            state, step = following, stop
            for name, values in noted.items():
                history[name] += values.tolist()
            if checkpoint is not None and (step % settings.checkpoint_every == 0 or step >= last):
                _save(checkpoint, state, weights, history, step, mark)
            progress.update(step)
            if on_step is not None:
                on_step(step)
    trained = eqx.combine(state[0], fixed)
    arrays_of = {name: np.asarray(values) for name, values in history.items()}
    return Training(trained, arrays_of, weights, step, time.perf_counter() - began)


class _Run:
    """The compiled block of steps of one training."""

    def __init__(self, loss: SymmetryLoss, settings: Settings, model: Any) -> None:
        self.loss = loss
        self.arrays, self.fixed = eqx.partition(model, eqx.is_inexact_array)
        self.dtype = jax.tree.leaves(self.arrays)[0].dtype
        self.optimizer = optimizer_of(settings)
        self._block = jax.jit(lambda state, weights, batch: jax.lax.scan(self._step(weights), state, batch))

    def _step(self, weights: Any) -> Callable[[Any, Batch], tuple[Any, dict[str, Any]]]:
        def objective(arrays: Any, batch: Batch) -> tuple[Any, dict[str, Any]]:
            terms = self.loss.terms(eqx.combine(arrays, self.fixed), batch)
            return self.loss.total(terms, weights), terms

        def step(state: Any, batch: Batch) -> tuple[Any, dict[str, Any]]:
            arrays, memory = state
            gradient, terms = jax.grad(objective, has_aux=True)(arrays, batch)
            updates, memory = self.optimizer.update(gradient, memory, arrays)
            return (optax.apply_updates(arrays, updates), memory), terms | {"gradient": _norm(gradient)}

        return step

    def advance(self, state: Any, weights: Mapping[str, float], samples: list[Any]) -> tuple[Any, dict[str, Any]]:
        """All steps of the block; returns the state and the terms at each step."""
        stacked = Batch(*(jnp.asarray(np.stack(parts), self.dtype) for parts in zip(*samples, strict=True)))
        numbers = {name: jnp.asarray(weight, self.dtype) for name, weight in weights.items()}
        state, noted = self._block(state, numbers, stacked)
        return state, {name: np.asarray(values) for name, values in noted.items()}

    def blame(
        self,
        state: Any,
        weights: Mapping[str, float],
        samples: list[Any],
        noted: Mapping[str, Any],
        first: int,
    ) -> None:
        """Raise the error that names the first step of the block that went wrong, and the term."""
        bad = int(np.argmax(~np.all([np.isfinite(values) for values in noted.values()], axis=0)))
        check_terms({name: float(v[bad]) for name, v in noted.items() if name != "gradient"}, first + bad)
        if bad:
            state, _ = self.advance(state, weights, samples[:bad])
        norms = gradient_norms(eqx.combine(state[0], self.fixed), self.loss, to_batch(samples[bad], self.dtype))
        check_terms({f"gradient of {name}": value for name, value in norms.items()}, first + bad)
        check_terms({"gradient": float(noted["gradient"][bad])}, first + bad)


def optimizer_of(settings: Settings) -> optax.GradientTransformation:
    """AdamW with the half cosine of the settings."""

    def rate(count: Any) -> Any:
        fall = 0.5 * (1.0 + jnp.cos(jnp.pi * jnp.minimum(count, settings.steps) / max(settings.steps, 1)))
        return settings.final_rate + (settings.learning_rate - settings.final_rate) * fall

    # torch's AdamW with the same defaults, so that both backends take the same steps
    adam = optax.adamw(rate, weight_decay=settings.weight_decay)
    return optax.chain(optax.clip_by_global_norm(settings.clip), adam) if settings.clip else adam


def _norm(tree: Any) -> Any:
    return jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(tree)))


def gradient_norms(model: Any, loss: SymmetryLoss, batch: Batch) -> dict[str, float]:
    """Euclidean norm of the gradient of each term, unweighted, with respect to all trained arrays."""

    @eqx.filter_jit
    def norms(model: Any, batch: Batch) -> dict[str, Any]:
        def norm(name: str) -> Any:
            return _norm(eqx.filter_grad(lambda m: loss.terms(m, batch)[name])(model))

        return {name: norm(name) for name in ("data", *loss.residuals)}

    return {name: float(value) for name, value in norms(model, batch).items()}


def term_value(term: Callable[[Any, Any], Any], model: Any, arrays: Any) -> float:
    """Mean square of a term on (times, states, draws)."""
    batch = to_batch(arrays, jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))[0].dtype)
    return float(eqx.filter_jit(lambda m, b: jnp.mean(jnp.square(term(m, b))))(model, batch))


def _balanced(
    rule: WeightRule, model: Any, loss: SymmetryLoss, sample: Any, weights: Mapping[str, float]
) -> dict[str, float]:
    batch = to_batch(sample, jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))[0].dtype)
    norms = gradient_norms(model, loss, batch) if rule.needs_norms else {}
    terms = {name: float(value) for name, value in eqx.filter_jit(loss.terms)(model, batch).items()}
    return rule.update(weights, terms, norms)


def to_batch(arrays: tuple[np.ndarray, np.ndarray, np.ndarray], dtype: Any) -> Batch:
    """NumPy arrays as a `Batch` of the given type."""
    return Batch(*(jnp.asarray(a, dtype) for a in arrays))


def train_problem(problem: Any, data_path: str | Path, **choices: Any) -> Report:
    """Train on this backend with the laws of a problem in the loss and without; see `liesym.learn.training`.

    Arguments:
        problem: a `Problem`, an `ODESystem`, or the path of a problem file.
        data_path: .npz or .csv file of trajectories.
        choices: fields of `liesym.learn.training.Choices`, and `show`.

    Raises:
        DataError: an unknown choice, or data that cannot be used.
    """
    return run_problem(problem, data_path, backend="jax", **choices)


# -- checkpoints -----------------------------------------------------------------------------------


def _save(
    path: str | Path,
    state: Any,
    weights: Mapping[str, float],
    history: Mapping[str, Any],
    step: int,
    mark: str,
) -> None:
    arrays = {f"leaf{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    arrays |= {f"history.{name}": np.asarray(values, np.float64) for name, values in history.items()}
    head = json.dumps({"weights": dict(weights), "step": step, "mark": mark})
    buffer = io.BytesIO()
    np.savez(buffer, head=np.frombuffer(head.encode(), np.uint8), **arrays)  # pyright: ignore[reportArgumentType]
    write_whole(path, buffer.getvalue(), folder=True)


def _load(
    path: str | Path | None, state: Any, weights: dict[str, float], history: dict[str, list[float]], mark: str
) -> tuple[int, Any, dict[str, float], dict[str, list[float]]]:
    """The checkpoint if there is one, else what was given, at step 0."""
    if path is None or not Path(path).exists():
        return 0, state, weights, history
    leaves, structure = jax.tree.flatten(state)
    try:
        with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as archive:
            head = json.loads(archive["head"].tobytes())
            stored = [archive[f"leaf{i}"] for i in range(len(leaves))] if head["mark"] == mark else []
            history = {name: archive[f"history.{name}"].tolist() for name in history} if stored else history
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise DataError(f"{path} is not a checkpoint that can be read; remove it or name another file") from None
    if head["mark"] != mark:
        raise DataError(f"{path} is the checkpoint of another run; remove it or name another file")
    restored = [jnp.asarray(new, old.dtype) for new, old in zip(stored, leaves, strict=True)]
    return int(head["step"]), jax.tree.unflatten(structure, restored), dict(head["weights"]), history
