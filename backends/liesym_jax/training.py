"""Training in JAX, in compiled blocks of steps (optax); the loop is in `liesym.learn.loop`."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from liesym.learn.fitting import Settings, check_terms
from liesym.learn.loop import Run, Sample, Saved, Trainer
from liesym.learn.objectives import Batch
from liesym.learn.training import Report, run_problem
from liesym.learn.weights import WeightRule
from liesym_jax.arrays import optimizer_of as optimizer_of
from liesym_jax.models import SymmetryLoss


class JaxRun(Run):
    """See `liesym.learn.loop.Run`; the state is a pytree of the trained arrays and the optimizer's memory."""

    damaged = (ValueError, KeyError, EOFError, zipfile.BadZipFile)

    def __init__(self, model: Any, loss: SymmetryLoss, settings: Settings) -> None:
        self.loss, self.settings = loss, settings
        arrays, self.fixed = eqx.partition(model, eqx.is_inexact_array)
        self.dtype = jax.tree.leaves(arrays)[0].dtype
        self.optimizer = optimizer_of(settings)
        self.state = arrays, self.optimizer.init(arrays)
        self._block = jax.jit(lambda state, weights, batch: jax.lax.scan(self._step(weights), state, batch))

    @property
    def model(self) -> Any:
        return eqx.combine(self.state[0], self.fixed)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [a.shape for a in jax.tree.leaves(self.state[0])]

    def block(self, rule: WeightRule | None) -> int:
        every = self.settings.checkpoint_every
        return every if rule is None else math.gcd(every, rule.every)

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

    def _taken(self, weights: Mapping[str, float], samples: Sequence[Sample]) -> tuple[Any, dict[str, np.ndarray]]:
        """The state after all steps of the block, and the terms at each step."""
        stacked = Batch(*(jnp.asarray(np.stack(parts), self.dtype) for parts in zip(*samples, strict=True)))
        numbers = {name: jnp.asarray(weight, self.dtype) for name, weight in weights.items()}
        state, noted = self._block(self.state, numbers, stacked)
        return state, {name: np.asarray(values) for name, values in noted.items()}

    def advance(self, step: int, weights: Mapping[str, float], samples: Sequence[Sample]) -> dict[str, list[float]]:
        state, noted = self._taken(weights, samples)
        if not all(np.isfinite(values).all() for values in noted.values()):
            self._blame(step, weights, samples, noted)
        self.state = state
        return {name: values.tolist() for name, values in noted.items()}

    def _blame(
        self, first: int, weights: Mapping[str, float], samples: Sequence[Sample], noted: Mapping[str, np.ndarray]
    ) -> None:
        """Raise the error that names the first step of the block that went wrong, and the term."""
        bad = int(np.argmax(~np.all([np.isfinite(values) for values in noted.values()], axis=0)))
        check_terms({name: float(v[bad]) for name, v in noted.items() if name != "gradient"}, first + bad)
        if bad:
            self.state, _ = self._taken(weights, samples[:bad])
        norms = gradient_norms(self.model, self.loss, to_batch(samples[bad], self.dtype))
        check_terms({f"gradient of {name}": value for name, value in norms.items()}, first + bad)
        check_terms({"gradient": float(noted["gradient"][bad])}, first + bad)

    def judged(self, sample: Sample, norms: bool) -> tuple[dict[str, float], dict[str, float]]:
        batch = to_batch(sample, self.dtype)
        terms = eqx.filter_jit(self.loss.terms)(self.model, batch)
        return {name: float(v) for name, v in terms.items()}, gradient_norms(self.model, self.loss, batch) if norms else {}

    def written(self, saved: Saved) -> bytes:
        arrays = {f"leaf{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(self.state))}
        arrays |= {f"history.{name}": np.asarray(values, np.float64) for name, values in saved.history.items()}
        head = json.dumps({"weights": saved.weights, "step": saved.step, "mark": saved.mark})
        buffer = io.BytesIO()
        np.savez(buffer, head=np.frombuffer(head.encode(), np.uint8), **arrays)  # pyright: ignore[reportArgumentType]
        return buffer.getvalue()

    def read(self, data: bytes) -> tuple[Saved, Any]:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            head, arrays = json.loads(archive["head"].tobytes()), dict(archive)
        history = {n.removeprefix("history."): v.tolist() for n, v in arrays.items() if n.startswith("history.")}
        return Saved(int(head["step"]), head["mark"], dict(head["weights"]), history), arrays

    def restore(self, state: Any) -> None:
        leaves, structure = jax.tree.flatten(self.state)
        found = [jnp.asarray(state[f"leaf{i}"], old.dtype) for i, old in enumerate(leaves)]
        self.state = jax.tree.unflatten(structure, found)


train = Trainer(JaxRun).train


def train_problem(problem: Any, data_path: str | Path, **choices: Any) -> Report:
    """`liesym.learn.training.run_problem` on this backend."""
    return run_problem(problem, data_path, backend="jax", **choices)


def _norm(tree: Any) -> Any:
    return jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(tree)))


@eqx.filter_jit
def _norms(model: Any, loss: SymmetryLoss, batch: Batch) -> dict[str, Any]:
    """Compiled once for a loss, however often a rule asks during training."""

    def norm(name: str) -> Any:
        return _norm(eqx.filter_grad(lambda m: loss.terms(m, batch)[name])(model))

    return {name: norm(name) for name in ("data", *loss.residuals)}


def gradient_norms(model: Any, loss: SymmetryLoss, batch: Batch) -> dict[str, float]:
    """Euclidean norm of the gradient of each term, unweighted, with respect to all trained arrays."""
    return {name: float(value) for name, value in _norms(model, loss, batch).items()}


def term_value(term: Callable[[Any, Any], Any], model: Any, arrays: Any) -> float:
    """Mean square of a term on (times, states, draws)."""
    batch = to_batch(arrays, jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))[0].dtype)
    return float(eqx.filter_jit(lambda m, b: jnp.mean(jnp.square(term(m, b))))(model, batch))


def to_batch(arrays: Sample, dtype: Any) -> Batch:
    """NumPy arrays as a `Batch` of the given type."""
    return Batch(*(jnp.asarray(a, dtype) for a in arrays))
