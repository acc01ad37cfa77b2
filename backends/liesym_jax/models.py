"""Vector fields that can be trained, and the Neural ODE that integrates them (JAX, equinox, diffrax).

A field is anything that is called as `field(t, x, args=None)` with t of shape (…), x of shape (…, m) and
returns x' of shape (…, m). The classes and functions have the same names in liesym_torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from liesym.errors import TrainingError
from liesym.learn.fitting import check_solver, dense_weights, parameter_values
from liesym.model.system import ODESystem

Field = Callable[..., Array]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "silu": jax.nn.silu,
    "relu": jax.nn.relu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "logsigmoid": jax.nn.log_sigmoid,
    "sin": jnp.sin,
}


class MLP(eqx.Module):
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k on the last axis.

    Arguments:
        sizes: widths of all layers, input and output among them.
        activation: a key of `ACTIVATIONS`.
        seed: of the initial weights, which are the same in every backend.
        dtype: of the weights.

    Raises:
        TrainingError: an unknown activation.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: str = eqx.field(static=True)

    def __init__(self, sizes: Sequence[int], *, activation: str = "tanh", seed: int = 0, dtype: Any = jnp.float32) -> None:
        if activation not in ACTIVATIONS:
            raise TrainingError(f"no activation {activation!r}; there are {', '.join(ACTIVATIONS)}")
        self.activation = activation
        layers = dense_weights(sizes, seed)
        self.weights = tuple(jnp.asarray(w, dtype) for w, _ in layers)
        self.biases = tuple(jnp.asarray(b, dtype) for _, b in layers)

    def __call__(self, x: Array) -> Array:
        sigma = ACTIVATIONS[self.activation]
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = sigma(x @ w.T + b)
        return x @ self.weights[-1].T + self.biases[-1]


class MLPField(eqx.Module):
    """f(t, x) = s · MLP(x / s), with the time as one more input if `time` is set.

    Arguments:
        states: m.
        outputs: number of components returned; m unless given.
        width, depth: of the hidden layers.
        activation: a key of `ACTIVATIONS`.
        time: whether the field depends on t.
        scale: typical size s of each state; the outputs are scaled by it when there are m of them.
        seed, dtype: of the weights.
    """

    network: MLP
    time: bool = eqx.field(static=True)
    scale: tuple[float, ...] | None = eqx.field(static=True)
    rescaled: bool = eqx.field(static=True)

    def __init__(
        self,
        states: int,
        *,
        outputs: int | None = None,
        width: int = 64,
        depth: int = 2,
        activation: str = "tanh",
        time: bool = False,
        scale: Sequence[float] | None = None,
        seed: int = 0,
        dtype: Any = jnp.float32,
    ) -> None:
        outputs = states if outputs is None else outputs
        sizes = (states + time, *(width,) * depth, outputs)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.time = time
        self.scale = None if scale is None else tuple(float(s) for s in scale)
        self.rescaled = scale is not None and outputs == states

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        scale = jnp.asarray(1.0 if self.scale is None else self.scale, x.dtype)
        inputs = x / scale
        if self.time:
            clock = jnp.broadcast_to(jnp.asarray(t, x.dtype), x.shape[:-1])
            inputs = jnp.concatenate([inputs, clock[..., None]], axis=-1)
        value = self.network(inputs)
        return value * scale if self.rescaled else value


class PositiveField(eqx.Module):
    """x_i' = x_i g_i(t, log x): a field for states that stay positive, with g the given field in the
    logarithms.
    """

    inner: Any

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        return x * self.inner(t, jnp.log(x), args)


class SecondOrderField(eqx.Module):
    """(q, v)' = (v, a(t, (q, v))) with the acceleration a given by a field of m/2 outputs."""

    acceleration: Any

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        velocity = x[..., x.shape[-1] // 2 :]
        return jnp.concatenate([velocity, self.acceleration(t, x, args)], axis=-1)


class SymbolicField(eqx.Module):
    """The right side of a system with its parameters to be fitted.

    A parameter declared positive is kept as its logarithm, so it stays positive.

    Arguments:
        system: any order; the states are those of `liesym.residuals.phase_state`: (q, q', …).
        values: initial numbers by name; a parameter without one starts at its own value, else at 1.
        fixed: names of parameters that are not fitted.

    Raises:
        TrainingError: a name that is no parameter, or a positive parameter with a value that is not.
    """

    theta: dict[str, Array]
    constants: tuple[tuple[str, float], ...] = eqx.field(static=True)
    positive: frozenset[str] = eqx.field(static=True)
    function: Any = eqx.field(static=True)

    def __init__(
        self,
        system: ODESystem,
        values: Mapping[str, float] | None = None,
        *,
        fixed: Sequence[str] = (),
        dtype: Any = jnp.float32,
    ) -> None:
        from liesym.lowering.lower import lower

        start = parameter_values(system, values or {}, fixed)
        self.positive = frozenset(p.name for p in system.parameters if "positive" in p.assumptions)
        self.function = lower(system, backend="jax")
        stored = {name: np.log(value) if name in self.positive else value for name, value in start.items()}
        self.theta = {name: jnp.asarray(value, dtype) for name, value in stored.items() if name not in fixed}
        self.constants = tuple((name, start[name]) for name in fixed)

    def parameters_by_name(self) -> dict[str, Any]:
        """The parameters as they enter the equations."""
        fitted = {n: jnp.exp(v) if n in self.positive else v for n, v in self.theta.items()}
        dtype = next(iter(fitted.values())).dtype if fitted else None
        return fitted | {name: jnp.asarray(value, dtype) for name, value in self.constants}

    def values(self) -> dict[str, float]:
        """The parameters as numbers."""
        return {name: float(value) for name, value in self.parameters_by_name().items()}

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        return self.function(t, x, self.parameters_by_name())


class NeuralODE(eqx.Module):
    """The flow of a field: states at the given times from the state at the first of them.

    Arguments:
        field: called as field(t, x, args); its arrays are trained.
        solver: "rk4" takes `substeps` classical Runge-Kutta steps between neighbouring times; "dopri5" and
            "dopri8" adapt their steps to `rtol`, `atol` for each sample (diffrax).
        gradient: "direct" differentiates the solver's steps; "adjoint" solves the adjoint equations backward
            (diffrax's BacksolveAdjoint), with the adaptive solvers only.
        substeps: of "rk4".
        rtol, atol: of the adaptive solvers, and of the adjoint solve.
        retract: a `LevelSets` on which "rk4" puts the state back after each step.
        max_steps: of the adaptive solvers.

    Raises:
        TrainingError: an unknown solver or gradient, or a pair that does not go together.
    """

    field: Any
    solver: str = eqx.field(static=True)
    gradient: str = eqx.field(static=True)
    substeps: int = eqx.field(static=True)
    rtol: float = eqx.field(static=True)
    atol: float = eqx.field(static=True)
    retract: Any
    max_steps: int = eqx.field(static=True)

    def __init__(
        self,
        field: Field,
        *,
        solver: str = "rk4",
        gradient: str = "direct",
        substeps: int = 1,
        rtol: float = 1e-6,
        atol: float = 1e-8,
        retract: Any = None,
        max_steps: int = 4096,
    ) -> None:
        check_solver(solver, gradient, retract)
        self.field, self.solver, self.gradient, self.substeps = field, solver, gradient, substeps
        self.rtol, self.atol, self.retract, self.max_steps = rtol, atol, retract, max_steps

    def __call__(self, x0: Array, times: Array, args: Any = None) -> Array:
        """States of shape (…, K, m) for x0 of shape (…, m) and times of shape (K,) or (…, K)."""
        prepare = getattr(self.field, "prepare", None)
        if prepare is not None:
            args = prepare(jnp.broadcast_to(times[..., 0], x0.shape[:-1]), x0, args)
        if self.solver == "rk4":
            return rk4_rollout(self.field, x0, times, args, substeps=self.substeps, retract=self.retract)
        return self._adaptive(x0, times, args)

    def _adaptive(self, x0: Array, times: Array, args: Any) -> Array:
        import diffrax

        solver = {"dopri5": diffrax.Dopri5, "dopri8": diffrax.Dopri8}[self.solver]()
        controller = diffrax.PIDController(rtol=self.rtol, atol=self.atol)
        backward: dict[str, Any] = {"stepsize_controller": controller, "max_steps": self.max_steps}
        adjoint = (
            diffrax.BacksolveAdjoint(solver=solver, **backward)
            if self.gradient == "adjoint"
            else diffrax.RecursiveCheckpointAdjoint()
        )

        def one(start: Array, clock: Array, extra: Any) -> Array:
            saveat = diffrax.SaveAt(ts=clock)
            solution = diffrax.diffeqsolve(
                diffrax.ODETerm(_Bound(self.field)), solver, clock[0], clock[-1], None, start, extra,
                saveat=saveat, adjoint=adjoint, **backward,
            )  # fmt: skip
            return solution.ys  # pyright: ignore[reportReturnType]

        batch = x0.shape[:-1]
        if not batch:
            return one(x0, times, args)
        flat, clocks = x0.reshape(-1, x0.shape[-1]), jnp.broadcast_to(times, (*batch, times.shape[-1]))
        extra = jax.tree.map(lambda a: a.reshape(-1, *a.shape[len(batch) :]), args)
        states = jax.vmap(one)(flat, clocks.reshape(-1, times.shape[-1]), extra)
        return states.reshape(*batch, *states.shape[1:])


class _Bound(eqx.Module):
    """A field as a pytree that diffrax can differentiate, its output typed like the state."""

    field: Any

    def __call__(self, t: Any, x: Array, args: Any) -> Array:
        return jnp.asarray(self.field(jnp.asarray(t, x.dtype), x, args), x.dtype)


def rk4_step(field: Field, t: Array, x: Array, step: Array, args: Any = None) -> Array:
    """One classical Runge-Kutta step; `t` and `step` have the shape of x without its last axis.

    Source: Hairer, Nørsett and Wanner 1993, table II.1.2.
    """
    half, h = 0.5 * step, step[..., None]
    k1 = field(t, x, args)
    k2 = field(t + half, x + 0.5 * h * k1, args)
    k3 = field(t + half, x + 0.5 * h * k2, args)
    k4 = field(t + step, x + h * k3, args)
    return x + h * (k1 + 2.0 * (k2 + k3) + k4) / 6.0


def rk4_rollout(field: Field, x0: Array, times: Array, args: Any = None, *, substeps: int = 1, retract: Any = None) -> Array:
    """States (…, K, m) by `substeps` Runge-Kutta steps of order 4 between neighbouring times.

    Arguments:
        x0: shape (…, m).
        times: shape (K,) or (…, K).
        retract: a `LevelSets`; after each step the state goes back to the level of x0.
    """
    batch = x0.shape[:-1]
    clocks = jnp.moveaxis(jnp.broadcast_to(times, (*batch, times.shape[-1])), -1, 0)
    levels = None if retract is None else retract.values(clocks[0], x0, args)

    def between(x: Array, pair: tuple[Array, Array]) -> tuple[Array, Array]:
        start, stop = pair
        step = (stop - start) / substeps

        def one(x: Array, j: Any) -> tuple[Array, None]:
            x = rk4_step(field, start + j * step, x, step, args)
            if retract is not None:
                x = retract.retract(start + (j + 1) * step, x, levels, args)
            return x, None

        if substeps == 1:
            x, _ = one(x, 0)
        else:
            x, _ = jax.lax.scan(one, x, jnp.arange(substeps))
        return x, x

    _, states = jax.lax.scan(between, x0, (clocks[:-1], clocks[1:]))
    return jnp.moveaxis(jnp.concatenate([x0[None], states]), 0, -2)


def as_tensor(values: Any, like: Any = None) -> Array:
    """Numbers as an array in the type of the model's weights."""
    arrays = [] if like is None else jax.tree.leaves(eqx.filter(like, eqx.is_inexact_array))
    return jnp.asarray(values, arrays[0].dtype) if arrays else jnp.asarray(values)


def evaluate(model: Any, x0: Any, times: Any) -> np.ndarray:
    """States of a `NeuralODE` as a NumPy array."""
    return np.asarray(eqx.filter_jit(model)(as_tensor(x0, model), as_tensor(times, model)))


def evaluate_field(field: Any, t: Any, x: Any, args: Any = None) -> np.ndarray:
    """Values of a field as a NumPy array."""
    return np.asarray(field(as_tensor(t, field), as_tensor(x, field), args))


def concatenate(parts: Sequence[Any]) -> Any:
    """Arrays joined along their last axis."""
    return jnp.concatenate(tuple(parts), axis=-1)


@contextmanager
def double_precision() -> Iterator[Any]:
    """A context in which float64 is available; gives the type to make models with."""
    with jax.enable_x64(True):
        yield jnp.float64
