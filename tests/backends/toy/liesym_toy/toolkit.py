"""A toolkit as small as one can be: NumPy, derivatives by difference quotients, training by SciPy's L-BFGS.

Everything that is learned is in `liesym.learn`; here are the array library, a base class of modules, and the fit. It has no
adaptive solver, no adjoint, and no invariants learned by contrast, and so leaves these names out.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import array_api_compat.numpy as xp
import numpy as np
from scipy.optimize import minimize

from liesym.learn import layers, levels, mechanics, rollout
from liesym.learn.fields import FieldResiduals
from liesym.learn.fitting import check_terms
from liesym.learn.loop import Run, Sample, Saved, Trainer
from liesym.learn.objectives import AbstractSymmetryLoss, Batch, Terms
from liesym.learn.objectives import at_points as at_points

STEP = 1e-5
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "sin": np.sin,
    "softplus": lambda x: np.logaddexp(x, 0.0),
}


class ToyArrays:
    """The members of `liesym.learn.arrays.ArrayLibrary` that are used here."""

    name = "toy"
    xp: Any = xp
    fixed = to_numpy = staticmethod(np.asarray)
    spread = staticmethod(np.broadcast_to)

    def as_array(self, values: Any, like: Any = None) -> np.ndarray:
        return np.asarray(values, like.dtype if isinstance(like, np.ndarray) else np.float64)

    def weights(self, values: Any, dtype: Any = None) -> np.ndarray:
        return np.array(values, dtype or np.float64)

    def eye(self, size: int, like: np.ndarray) -> np.ndarray:
        return np.eye(size, dtype=like.dtype)

    def network(self, sizes: Sequence[int], **options: Any) -> MLP:
        return MLP(sizes, **options)

    def is_known(self, x: Any) -> bool:
        return True

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def jvp(self, function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        pairs = list(zip(primals, tangents, strict=True))
        after, before = (function(*(p + sign * STEP * d for p, d in pairs)) for sign in (1, -1))
        return function(*primals), (after - before) / (2 * STEP)

    def solve(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.linalg.solve(matrix, right[..., None])[..., 0]

    def repeat(self, step: Callable[[Any, Any], Any], state: Any, count: int, going: Any = None) -> Any:
        for k in range(count):
            if going is not None and not going(state).any():
                break
            state = step(state, k)
        return state

    def scan(self, step: Callable[[Any, Any], Any], start: np.ndarray, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        states = [start]
        for given in zip(*inputs, strict=True):
            states.append(step(states[-1], given))
        return np.stack(states, -2)


ARRAYS: Any = ToyArrays()


class Module:
    """An object that is called; its weights are the arrays that it names itself."""

    arrays: ClassVar[Any] = ARRAYS
    forward: Callable[..., Any]

    def __call__(self, *given: Any) -> Any:
        return self.forward(*given)

    def hold(self, name: str, values: Any, dtype: Any) -> None:
        setattr(self, name, np.asarray(values, dtype or np.float64))

    def own_weights(self) -> list[np.ndarray]:
        return []


def weights_of(module: Module) -> Iterator[np.ndarray]:
    """The weights of a module and of those inside it; they are changed in place."""
    yield from module.own_weights()
    for part in vars(module).values():
        if isinstance(part, Module):
            yield from weights_of(part)


class MLP(rollout.AbstractMLP, Module):
    """See `liesym.learn.rollout.AbstractMLP`."""

    def build(self, activation: str, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        rollout.check_activation(activation, ACTIVATIONS)
        self.sigma, self.weights, self.biases = ACTIVATIONS[activation], weights, biases

    def forward(self, x: np.ndarray) -> np.ndarray:
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = self.sigma(x @ w.T + b)
        return x @ self.weights[-1].T + self.biases[-1]

    def own_weights(self) -> list[np.ndarray]:
        return [*self.weights, *self.biases]


class MLPField(rollout.AbstractMLPField, Module):
    """See `liesym.learn.rollout.AbstractMLPField`."""


class PositiveField(rollout.AbstractPositiveField, Module):
    """See `liesym.learn.rollout.AbstractPositiveField`."""


class SecondOrderField(rollout.AbstractSecondOrderField, Module):
    """See `liesym.learn.rollout.AbstractSecondOrderField`."""


class NeuralODE(rollout.AbstractNeuralODE, Module):
    """See `liesym.learn.rollout.AbstractNeuralODE`; "rk4" alone."""


class SymbolicField(rollout.AbstractSymbolicField, Module):
    """See `liesym.learn.rollout.AbstractSymbolicField`."""

    def store(self, stored: Mapping[str, float], start: Mapping[str, float], fixed: Sequence[str], dtype: Any) -> None:
        self.theta, self.open = (
            {n: ARRAYS.weights(v, dtype) for n, v in stored.items()},
            [n for n in stored if n not in fixed],
        )

    def parameters_by_name(self) -> dict[str, np.ndarray]:
        return {n: np.exp(v) if n in self.positive else v for n, v in self.theta.items()}

    def own_weights(self) -> list[np.ndarray]:
        return [self.theta[name] for name in self.open]


class LevelSets(levels.AbstractLevelSets):
    """See `liesym.learn.levels.AbstractLevelSets`."""

    arrays = ARRAYS


class TangentProjection(layers.AbstractTangentProjection, Module):
    """See `liesym.learn.layers.AbstractTangentProjection`."""


class ScalarNetwork(mechanics.AbstractScalarNetwork, Module):
    """See `liesym.learn.mechanics.AbstractScalarNetwork`."""


class SymmetryLoss(AbstractSymmetryLoss):
    """See `liesym.learn.objectives.AbstractSymmetryLoss`."""

    arrays = ARRAYS


class ToyRun(Run):
    """All steps in one block: so many iterations of L-BFGS on the first batch, gradients by difference quotients."""

    damaged = (pickle.UnpicklingError, EOFError, KeyError, ValueError)

    def __init__(self, model: Module, loss: AbstractSymmetryLoss, settings: Any) -> None:
        self._model, self.loss, self.settings, self.trained = model, loss, settings, list(weights_of(model))

    @property
    def model(self) -> Module:
        return self._model

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [w.shape for w in self.trained]

    def block(self, rule: Any) -> int:
        return max(self.settings.steps, 1)

    def restore(self, state: np.ndarray) -> None:
        places = np.cumsum([w.size for w in self.trained])[:-1]
        for weight, part in zip(self.trained, np.split(np.asarray(state), places), strict=True):
            weight[...] = part.reshape(weight.shape)

    def _flat(self) -> np.ndarray:
        return np.concatenate([w.ravel() for w in self.trained])

    def advance(self, step: int, weights: Mapping[str, float], samples: Sequence[Sample]) -> dict[str, list[float]]:
        batch, noted = Batch(*samples[0]), {name: [] for name in ("data", *self.loss.residuals, "gradient")}

        def total(flat: np.ndarray) -> float:
            self.restore(flat)
            return float(self.loss.total(self.loss.terms(self.model, batch), weights))

        def note(intermediate_result: Any) -> None:
            self.restore(intermediate_result.x)
            for name, value in self.loss.terms(self.model, batch).items():
                noted[name].append(float(value))
            noted["gradient"].append(0.0)  # L-BFGS keeps it to itself

        check_terms({name: float(value) for name, value in self.loss.terms(self.model, batch).items()}, step)
        found = minimize(total, self._flat(), method="L-BFGS-B", callback=note, options={"maxiter": len(samples)})
        self.restore(found.x)
        return noted

    def judged(self, sample: Sample, norms: bool) -> tuple[dict[str, float], dict[str, float]]:
        return {name: float(value) for name, value in self.loss.terms(self.model, Batch(*sample)).items()}, {}

    def written(self, saved: Saved) -> bytes:
        return pickle.dumps((saved.step, saved.mark, saved.weights, saved.history, self._flat()))

    def read(self, data: bytes) -> tuple[Saved, Any]:
        *said, flat = pickle.loads(data)
        return Saved(*said), flat


_TERMS, _RESIDUALS = Terms(ARRAYS), FieldResiduals(ARRAYS)
misfit, invariance, conservation = _TERMS.misfit, _TERMS.invariance, _TERMS.conservation
invariance_residual, drift = _RESIDUALS.invariance_residual, _RESIDUALS.drift
rk4_rollout = rollout.RungeKutta(ARRAYS).rollout
as_tensor = ARRAYS.as_array
train = Trainer(ToyRun).train


def concatenate(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays joined along their last axis."""
    return np.concatenate(list(parts), -1)


def evaluate(model: Any, x0: Any, times: Any) -> np.ndarray:
    """States of a `NeuralODE`."""
    return model(np.asarray(x0), np.asarray(times))


def term_value(term: Callable[[Any, Any], Any], model: Any, arrays: Any) -> float:
    """Mean square of a term on (times, states, draws)."""
    return float((term(model, Batch(*arrays)) ** 2).mean())
