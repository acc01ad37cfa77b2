"""The array library of JAX for `liesym.learn`, the base of its modules, and the dense network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax
from jax.core import Tracer
from jax.custom_batching import custom_vmap

from liesym.errors import TrainingError
from liesym.learn.arrays import ArrayLibrary
from liesym.learn.rollout import AbstractMLP, check_activation

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "silu": jax.nn.silu,
    "relu": jax.nn.relu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "logsigmoid": jax.nn.log_sigmoid,
    "sin": jnp.sin,
}


def static(**options: Any) -> Any:
    """A declared attribute that is no array and is not traced."""
    return eqx.field(static=True, **options)


def as_dtype(given: Any) -> Any:
    """A real dtype by itself or by its name; single precision unless given.

    Raises:
        TrainingError: it is none.
    """
    try:
        found = jnp.dtype(jnp.float32 if given is None else given)
    except TypeError:
        found = None
    if found is None or not jnp.issubdtype(found, jnp.floating):
        raise TrainingError(f"dtype = {given!r}; expected a real dtype such as jax.numpy.float64 or 'float64'")
    return found


@custom_vmap
def any_sample(truth: Array) -> Array:
    """True if any element is, under jax.vmap in any of the samples: `lax.cond` on it then stays a choice."""
    return truth.any()


@any_sample.def_vmap
def _any_of_the_batch(size: int, batched: Any, truth: Array) -> tuple[Array, bool]:
    return any_sample(truth), False


def optimizer_of(settings: Any) -> optax.GradientTransformation:
    """AdamW with the half cosine of the settings."""

    def rate(count: Any) -> Any:
        fall = 0.5 * (1.0 + jnp.cos(jnp.pi * jnp.minimum(count, settings.steps) / max(settings.steps, 1)))
        return settings.final_rate + (settings.learning_rate - settings.final_rate) * fall

    # torch's AdamW with the same defaults, so that both backends take the same steps
    adam = optax.adamw(rate, weight_decay=settings.weight_decay)
    return optax.chain(optax.clip_by_global_norm(settings.clip), adam) if settings.clip else adam


class JaxArrays:
    """The members of `liesym.learn.arrays.ArrayLibrary`."""

    name = "jax"
    xp: Any = jnp

    fixed = staticmethod(lax.stop_gradient)
    to_numpy = staticmethod(np.asarray)
    compiled = staticmethod(jax.jit)
    jvp = staticmethod(jax.jvp)
    spread = staticmethod(jnp.broadcast_to)

    def as_array(self, values: Any, like: Any = None) -> Array:
        if like is None or hasattr(like, "dtype"):
            return jnp.asarray(values, getattr(like, "dtype", None))
        found = jax.tree.leaves(eqx.filter(like, eqx.is_inexact_array))
        return jnp.asarray(values, found[0].dtype if found else None)

    def weights(self, values: Any, dtype: Any = None) -> Array:
        return jnp.asarray(values, as_dtype(dtype))

    def eye(self, size: int, like: Array) -> Array:
        return jnp.eye(size, dtype=like.dtype)

    def network(self, sizes: Sequence[int], *, activation: str, seed: int, dtype: Any) -> MLP:
        return MLP(sizes, activation=activation, seed=seed, dtype=dtype)

    def is_known(self, x: Array) -> bool:
        return not isinstance(x, Tracer)

    def directions(self, function: Callable[..., Any], point: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        values, push = jax.linearize(function, *point)
        return values, jax.vmap(push)(*tangents)

    def gradient(self, function: Callable[..., Array], *point: Array) -> Any:
        return jax.grad(function, argnums=tuple(range(len(point))))(*point)

    def jacobian(self, function: Callable[[Array], Array], x: Array) -> Array:
        return jax.vmap(jax.jacrev(function))(x)

    def solve(self, matrix: Array, right: Array) -> Array:
        found = _solved(matrix, right)
        if self.is_known(found) and not jnp.isfinite(found).all() and jnp.isfinite(matrix).all():
            raise np.linalg.LinAlgError("singular matrix")
        return found

    def repeat(self, step: Callable[[Any, Any], Any], state: Any, count: int, going: Any = None) -> Any:
        if going is None and count == 1:
            return step(state, 0)

        def one(state: Any, k: Any) -> tuple[Any, None]:
            if going is None:
                return step(state, k), None
            return lax.cond(any_sample(going(state)), lambda s: step(s, k), lambda same: same, state), None

        return lax.scan(one, state, jnp.arange(count))[0]

    def scan(self, step: Callable[[Array, Any], Array], start: Array, inputs: tuple[Array, ...]) -> Array:
        def one(x: Array, given: Any) -> tuple[Array, Array]:
            x = step(x, given)
            return x, x

        states = lax.scan(one, start, inputs)[1]
        return jnp.moveaxis(jnp.concatenate([start[None], states]), 0, -2)

    def replaced(self, module: Any, **values: Array) -> Any:
        return eqx.tree_at(lambda m: tuple(getattr(m, name) for name in values), module, tuple(values.values()))

    def minimized(
        self, model: Any, objective: Callable[[Any, Any], Array], samples: np.ndarray, settings: Any
    ) -> tuple[Any, np.ndarray]:
        arrays, fixed = eqx.partition(model, eqx.is_inexact_array)
        optimizer = optimizer_of(settings)

        def step(state: Any, sample: Array) -> tuple[Any, Array]:
            arrays, memory = state
            value, gradient = jax.value_and_grad(lambda a: objective(eqx.combine(a, fixed), sample))(arrays)
            updates, memory = optimizer.update(gradient, memory, arrays)
            return (optax.apply_updates(arrays, updates), memory), value

        run = jax.jit(lambda state, rows: lax.scan(step, state, rows))
        (arrays, _), losses = run((arrays, optimizer.init(arrays)), jnp.asarray(samples))
        return eqx.combine(arrays, fixed), np.asarray(losses)


ARRAYS: ArrayLibrary = JaxArrays()


Pytree: Any = eqx.Module
"""Without its type, which would have the constructors take the attributes as arguments."""


class Module(Pytree):
    """The base of the modules here: pytrees, numbers that are not trained in tuples that are not traced."""

    arrays: ClassVar[ArrayLibrary] = ARRAYS

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.forward(*given, **named)  # type: ignore[attr-defined]

    def hold(self, name: str, values: Any, dtype: Any) -> None:
        """See `liesym.learn.arrays.AbstractModule`."""
        setattr(self, name, tuple(float(value) for value in values))


class MLP(AbstractMLP, Module):
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k; see `liesym.learn.rollout.AbstractMLP`."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: str = static()

    def build(self, activation: str, weights: list[Array], biases: list[Array]) -> None:
        """Keep the layers and the name of the activation."""
        check_activation(activation, ACTIVATIONS)
        self.activation, self.weights, self.biases = activation, tuple(weights), tuple(biases)

    def forward(self, x: Array) -> Array:
        """The outputs of the last layer."""
        sigma = ACTIVATIONS[self.activation]
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = sigma(x @ w.T + b)
        return x @ self.weights[-1].T + self.biases[-1]


def _solved(matrix: Array, right: Array) -> Array:
    """The solution for each sample; of one or two unknowns by Cramer's rule.

    A library call for each small matrix takes longer than the network in a compiled loop.
    """
    n = right.shape[-1]
    if n > 2:
        return jnp.linalg.solve(matrix, right[..., None])[..., 0]
    if n == 1:
        return right / matrix[..., 0]
    a, b, c, d = (matrix[..., i, j] for i in range(2) for j in range(2))
    determinant = a * d - b * c
    f, g = right[..., 0] / determinant, right[..., 1] / determinant
    return jnp.stack([d * f - b * g, a * g - c * f], -1)
