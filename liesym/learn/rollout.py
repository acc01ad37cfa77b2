"""Vector fields that can be trained, and the Neural ODE that integrates them: what is the same in every library.

A field is anything that is called as `field(t, x, args=None)` with t of shape (…), x of shape (…, m) and
returns x' of shape (…, m).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from liesym.errors import TrainingError
from liesym.learn.arrays import AbstractModule, Array, ArrayLibrary
from liesym.learn.calling import arguments, call, takes_args, with_args
from liesym.learn.fitting import check_solver, dense_weights, parameter_values
from liesym.learn.levels import closed, opened
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem

Field = Callable[..., Array]
Pair = tuple[Array, Array]


# -- derivatives of fields -------------------------------------------------------------------------


def pushforward(arrays: ArrayLibrary, field: Field, t: Any, x: Array, args: Any, dt: Array | None, dx: Array) -> Pair:
    """The field and its derivative along (dt, dx), each of shape (…, k), in one pass.

    A field whose class defines

        pushforward(t, x, args, dt, dx) -> (f, ∂_t f dt + ∂_x f dx)        dt is None where time stands still

    computes it itself; any other callable is differentiated in forward mode.

    Arguments:
        field: callable (t, x, args).
        t, x: of shape (…) and (…, m); dt, dx: of the same shapes, dt None for zero.
    """
    if has_own(field):
        return field.pushforward(t, x, args, dt, dx)  # type: ignore[attr-defined]
    if dt is None:
        return arrays.jvp(lambda z: field(t, z, args), (x,), (dx,))
    return arrays.jvp(lambda when, z: field(when, z, args), (t, x), (dt, dx))


def has_own(field: object) -> bool:
    """True if the class that says what the field is also says how it is pushed forward.

    A subclass that overrides `forward` alone does not inherit a pushforward that would no longer fit.
    """
    return "pushforward" in vars(_saying(field))


def leading_part(field: Any, order: int) -> Any:
    """The acceleration of a second-order field where that is all that is asked of it, else the field itself."""
    if order == 2 and isinstance(field, AbstractSecondOrderField) and _saying(field) is AbstractSecondOrderField:
        return with_args(field.acceleration)
    return with_args(field)


def _saying(field: object) -> type:
    """The class that says what the field is."""
    return next((c for c in type(field).__mro__ if {"pushforward", "forward", "__call__"} & set(vars(c))), object)


# -- fields ----------------------------------------------------------------------------------------


class AbstractMLP(AbstractModule):
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k on the last axis.

    Arguments:
        sizes: widths of all layers, input and output among them.
        activation: a key of `ACTIVATIONS`.
        seed: of the initial weights, which are the same in every backend.
        dtype: of the weights, single precision unless given.

    Raises:
        TrainingError: an unknown activation.
    """

    def __init__(self, sizes: Sequence[int], *, activation: str = "tanh", seed: int = 0, dtype: Any = None) -> None:
        super().__init__()
        layers = dense_weights(sizes, seed)
        weights, biases = ([self.arrays.weights(layer[i], dtype) for layer in layers] for i in (0, 1))
        self.build(activation, weights, biases)

    build: Callable[[str, list[Array], list[Array]], None]


def check_activation(activation: str, known: Sequence[str] | Mapping[str, Any]) -> None:
    """Refuse an activation that there is not.

    Raises:
        TrainingError: names those there are.
    """
    if activation not in known:
        raise TrainingError(f"no activation {activation!r}; there are {', '.join(known)}")


class AbstractMLPField(AbstractModule):
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

    scale: Any

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
        dtype: Any = None,
    ) -> None:
        super().__init__()
        outputs = states if outputs is None else outputs
        sizes = (states + time, *(width,) * depth, outputs)
        self.network = self.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)
        self.time = time
        self.scaled = scale is not None
        self.rescaled = scale is not None and outputs == states
        self.hold("scale", (1.0,) * states if scale is None else scale, dtype)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, outputs)."""
        x = self.received(x)
        inputs = x / self.arrays.as_array(self.scale, x) if self.scaled else x
        value = self.network(self._with_time(inputs, t))
        return value * self.arrays.as_array(self.scale, x) if self.rescaled else value

    def pushforward(self, t: Any, x: Array, args: Any, dt: Array | None, dx: Array) -> Pair:
        """See `pushforward`."""
        scale = self.arrays.as_array(self.scale, x)
        inputs, moved = (x / scale, dx / scale) if self.scaled else (x, dx)
        step = 0.0 if dt is None else dt
        value, rate = self.arrays.jvp(self.network, (self._with_time(inputs, t),), (self._with_time(moved, step),))
        return (value * scale, rate * scale) if self.rescaled else (value, rate)

    def _with_time(self, inputs: Array, t: Any) -> Array:
        if not self.time:
            return inputs
        xp = self.arrays.xp
        clock = xp.broadcast_to(self.arrays.as_array(t, inputs), inputs.shape[:-1])
        return xp.concat([inputs, clock[..., None]], axis=-1)


class AbstractPositiveField(AbstractModule):
    """x_i' = x_i g_i(t, log x): a field for states that stay positive, with g the given field in the
    logarithms.
    """

    keeps_signs: ClassVar[bool] = True

    def __init__(self, inner: Field) -> None:
        super().__init__()
        self.inner, self.bare = inner, not takes_args(inner)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        x = self.received(x)
        return x * call(self.inner, self.bare, t, self.arrays.xp.log(x), args)


class AbstractSecondOrderField(AbstractModule):
    """(q, v)' = (v, a(t, (q, v))) with the acceleration a given by a field of m/2 outputs."""

    def __init__(self, acceleration: Field) -> None:
        super().__init__()
        self.acceleration, self.bare = acceleration, not takes_args(acceleration)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        x = self.received(x)
        rate = call(self.acceleration, self.bare, t, x, args)
        return self.arrays.xp.concat([x[..., x.shape[-1] // 2 :], rate], axis=-1)

    def pushforward(self, t: Any, x: Array, args: Any, dt: Array | None, dx: Array) -> Pair:
        """See `pushforward`."""
        half, concat = x.shape[-1] // 2, self.arrays.xp.concat
        value, rate = pushforward(self.arrays, with_args(self.acceleration), t, x, args, dt, dx)
        return concat([x[..., half:], value], axis=-1), concat([dx[..., half:], rate], axis=-1)


class AbstractSamplewise(AbstractModule):
    """A field of batches from a function of one sample: x of shape (m,), t a number.

    Arguments:
        function: f(t, x, args), f(t, x) or f(x), such as a module of equinox or what is written for vmap.

    In calls, a number in args is the same for all samples; an array there has the axes of the batch first and is taken apart
    with it, like a time that has axes.
    """

    vmap: ClassVar[Callable[..., Any]]

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function, self.count = function, arguments(function)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        x = self.received(x)
        batch = x.shape[:-1]
        if not batch:
            return self._one(t, x, args)
        given = {name: v for name, v in args.items() if getattr(v, "ndim", 0)} if isinstance(args, Mapping) else {}
        clock = [t] if getattr(t, "ndim", 0) else []
        spread, rests = self.arrays.spread, [v.shape[len(batch) :] for v in (*given.values(), *clock)]
        parts = [
            spread(v, (*batch, *rest)).reshape(-1, *rest) for v, rest in zip((*given.values(), *clock), rests, strict=True)
        ]

        def one(x: Array, *values: Array) -> Array:
            own = args if not given else {**args, **dict(zip(given, values, strict=False))}
            return self._one(values[-1] if clock else t, x, own)

        found = type(self).vmap(one)(x.reshape(-1, x.shape[-1]), *parts)
        return found.reshape(*batch, *found.shape[1:])

    def _one(self, t: Any, x: Array, args: Any) -> Array:
        return self.function(x) if self.count == 1 else call(self.function, self.count == 2, t, x, args)


class AbstractSymbolicField(AbstractModule):
    """The right side of a system with its parameters to be fitted.

    A parameter declared positive is kept as its logarithm, so it stays positive.

    Arguments:
        system: any order; the states are those of `liesym.residuals.phase_state`: (q, q', …).
        values: initial numbers by name; a parameter without one starts at its own value, else at 1.
        fixed: names of parameters that are not fitted.

    Raises:
        TrainingError: a name that is no parameter, or a positive parameter with a value that is not.
    """

    store: Callable[[dict[str, float], dict[str, float], Sequence[str], Any], None]
    parameters_by_name: Callable[[], dict[str, Any]]

    def __init__(
        self,
        system: ODESystem,
        values: Mapping[str, float] | None = None,
        *,
        fixed: Sequence[str] = (),
        dtype: Any = None,
    ) -> None:
        super().__init__()
        start = parameter_values(system, values or {}, fixed)
        self.positive = frozenset(p.name for p in system.parameters if "positive" in p.assumptions)
        self.function = lower(system, backend=self.arrays.name)
        self.store({n: float(np.log(v)) if n in self.positive else v for n, v in start.items()}, start, fixed, dtype)

    def values(self) -> dict[str, float]:
        """The parameters as numbers."""
        return {name: float(self.arrays.to_numpy(value)) for name, value in self.parameters_by_name().items()}

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        return self.function(t, x, self.parameters_by_name())


# -- solutions -------------------------------------------------------------------------------------


class AbstractNeuralODE(AbstractModule):
    """The flow of a field: states at the given times from the state at the first of them.

    Arguments:
        field: called as field(t, x, args), or as field(t, x) where it takes two arguments; its weights are trained.
        solver: "rk4" takes `substeps` classical Runge-Kutta steps between neighbouring times and may have
            times of their own for each sample; "dopri5" and "dopri8" adapt their steps to `rtol`, `atol`, by a
            library that the toolkit names.
        gradient: "direct" differentiates the solver's steps; "adjoint" solves the adjoint equations backward
            (Chen et al. 2018), with the adaptive solvers only.
        substeps: of "rk4".
        rtol, atol: of the adaptive solvers, and of the adjoint solve.
        retract: a `LevelSets` on which "rk4" puts the state back after each step.

    Raises:
        TrainingError: an unknown solver or gradient, or a pair that does not go together.
    """

    adaptive: Callable[[Array, Array, Any], Array]

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
    ) -> None:
        super().__init__()
        check_solver(solver, gradient, retract)
        self.field, self.solver, self.gradient, self.substeps = field, solver, gradient, substeps
        self.bare = not takes_args(field)
        self.rtol, self.atol = rtol, atol
        self.retract, self.held = opened(retract, field)

    def forward(self, x0: Any, times: Any, args: Any = None) -> Array:
        """States of shape (…, K, m) for x0 of shape (…, m) and times of shape (K,) or (…, K), of the type of x0."""
        x0 = self.received(x0)
        times = self.arrays.as_array(times, x0)
        prepare = getattr(self.field, "prepare", None)
        if prepare is not None:
            args = prepare(self.arrays.xp.broadcast_to(times[..., 0], x0.shape[:-1]), x0, args)
        if self.solver != "rk4":
            return self.adaptive(x0, times, args)
        retract = closed(self.retract, self.held, self.field)
        field = with_args(self.field) if self.bare else self.field
        return RungeKutta(self.arrays).rollout(field, x0, times, args, substeps=self.substeps, retract=retract)


def rk4_step(field: Field, t: Array, x: Array, step: Array, args: Any = None) -> Array:
    """One classical Runge-Kutta step; `t` and `step` have the shape of x without its last axis.

    Source: Hairer, Nørsett and Wanner 1993, table II.1.2.
    """
    half, h = 0.5 * step, step[..., None]
    middle, half_h = t + half, half[..., None]
    k1 = field(t, x, args)
    k2 = field(middle, x + half_h * k1, args)
    k3 = field(middle, x + half_h * k2, args)
    k4 = field(t + step, x + h * k3, args)
    return x + h * (k1 + 2.0 * (k2 + k3) + k4) / 6.0


class RungeKutta:
    """Rollouts by steps of a fixed number, in one array library."""

    def __init__(self, arrays: ArrayLibrary) -> None:
        self.arrays = arrays

    def rollout(
        self, field: Field, x0: Array, times: Array, args: Any = None, *, substeps: int = 1, retract: Any = None
    ) -> Array:
        """States (…, K, m) by `substeps` Runge-Kutta steps of order 4 between neighbouring times.

        Arguments:
            x0: shape (…, m).
            times: shape (K,) or (…, K).
            retract: a `LevelSets`; after each step the state goes back to the level of x0.
        """
        xp, batch = self.arrays.xp, x0.shape[:-1]
        times = self.arrays.as_array(times, x0)
        clocks = xp.moveaxis(xp.broadcast_to(times, (*batch, times.shape[-1])), -1, 0)
        levels = None if retract is None else retract.values(clocks[0], x0, args)

        def between(x: Array, ends: Pair) -> Array:
            start, stop = ends
            step = (stop - start) / substeps

            def one(x: Array, j: Any) -> Array:
                x = rk4_step(field, start + j * step, x, step, args)
                return x if retract is None else retract.retract(start + (j + 1) * step, x, levels, args)

            return self.arrays.repeat(one, x, substeps)

        return self.arrays.scan(between, x0, (clocks[:-1], clocks[1:]))
