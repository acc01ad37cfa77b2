"""Vector fields that can be trained, and the Neural ODE that integrates them (PyTorch).

A field is anything that is called as `field(t, x, args=None)` with t of shape (…), x of shape (…, m) and
returns x' of shape (…, m). The classes and functions have the same names in liesym_jax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from liesym.errors import TrainingError
from liesym.learn.fitting import check_solver, dense_weights, parameter_values
from liesym.model.system import ODESystem
from liesym_torch.pushforward import SLOPES, pushforward

Field = Callable[..., Tensor]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "softplus": nn.functional.softplus,
    "silu": nn.functional.silu,
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "logsigmoid": nn.functional.logsigmoid,
    "sin": torch.sin,
}


class MLP(nn.Module):
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k on the last axis.

    Arguments:
        sizes: widths of all layers, input and output among them.
        activation: a key of `ACTIVATIONS`.
        seed: of the initial weights, which are the same in every backend.
        dtype: of the weights.

    Raises:
        TrainingError: an unknown activation.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "tanh",
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise TrainingError(f"no activation {activation!r}; there are {', '.join(ACTIVATIONS)}")
        self.activation = ACTIVATIONS[activation]
        self.slope = SLOPES.get(activation)
        layers = dense_weights(sizes, seed)
        self.weights = nn.ParameterList([torch.tensor(w, dtype=dtype) for w, _ in layers])
        self.biases = nn.ParameterList([torch.tensor(b, dtype=dtype) for _, b in layers])

    def forward(self, x: Tensor) -> Tensor:
        *hidden, (weight, bias) = zip(self.weights, self.biases, strict=True)
        for w, b in hidden:
            x = self.activation(nn.functional.linear(x, w, b))
        return nn.functional.linear(x, weight, bias)

    def along(self, x: Tensor, dx: Tensor) -> tuple[Tensor, Tensor]:
        """The values and their derivative along dx: dy = W_k σ'(u) … σ'(u_1) W_1 dx."""
        if self.slope is None or type(self).forward is not MLP.forward:
            return torch.func.jvp(self, (x,), (dx,))
        *hidden, (weight, bias) = zip(self.weights, self.biases, strict=True)
        for w, b in hidden:
            u = nn.functional.linear(x, w, b)
            x = self.activation(u)
            dx = self.slope(nn.functional.linear(dx, w), u, x)
        return nn.functional.linear(x, weight, bias), nn.functional.linear(dx, weight)


class MLPField(nn.Module):
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

    scale: Tensor

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
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        outputs = states if outputs is None else outputs
        sizes = (states + time, *(width,) * depth, outputs)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.time = time
        self.scaled = scale is not None
        self.rescaled = scale is not None and outputs == states
        self.register_buffer("scale", torch.tensor(np.ones(states) if scale is None else scale, dtype=dtype))

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        inputs = x / self.scale if self.scaled else x
        if self.time:
            inputs = torch.cat([inputs, t.expand(x.shape[:-1])[..., None]], dim=-1)
        value = self.network(inputs)
        return value * self.scale if self.rescaled else value

    def pushforward(self, t: Any, x: Tensor, args: Any, dt: Tensor | None, dx: Tensor) -> tuple[Tensor, Tensor]:
        """See `liesym_torch.pushforward`."""
        inputs, moved = (x / self.scale, dx / self.scale) if self.scaled else (x, dx)
        if self.time:
            batch = x.shape[:-1]
            step = x.new_zeros(()) if dt is None else dt
            inputs = torch.cat([inputs, t.expand(batch)[..., None]], dim=-1)
            moved = torch.cat([moved, step.expand(batch)[..., None]], dim=-1)
        along = self.network.along if isinstance(self.network, MLP) else partial(_along, self.network)
        value, rate = along(inputs, moved)
        return (value * self.scale, rate * self.scale) if self.rescaled else (value, rate)


def _along(function: Callable[[Tensor], Tensor], x: Tensor, dx: Tensor) -> tuple[Tensor, Tensor]:
    return torch.func.jvp(function, (x,), (dx,))


class PositiveField(nn.Module):
    """x_i' = x_i g_i(t, log x): a field for states that stay positive, with g the given field in the
    logarithms.
    """

    def __init__(self, inner: Field) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        return x * self.inner(t, torch.log(x), args)


class SecondOrderField(nn.Module):
    """(q, v)' = (v, a(t, (q, v))) with the acceleration a given by a field of m/2 outputs."""

    def __init__(self, acceleration: Field) -> None:
        super().__init__()
        self.acceleration = acceleration

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        velocity = x[..., x.shape[-1] // 2 :]
        return torch.cat([velocity, self.acceleration(t, x, args)], dim=-1)

    def pushforward(self, t: Any, x: Tensor, args: Any, dt: Tensor | None, dx: Tensor) -> tuple[Tensor, Tensor]:
        """See `liesym_torch.pushforward`."""
        half = x.shape[-1] // 2
        value, rate = pushforward(self.acceleration, t, x, args, dt, dx)
        return torch.cat([x[..., half:], value], dim=-1), torch.cat([dx[..., half:], rate], dim=-1)


class SymbolicField(nn.Module):
    """The right side of a system with its parameters to be fitted.

    A parameter declared positive is kept as its logarithm, so it stays positive.

    Arguments:
        system: any order; the states are those of `liesym.residuals.phase_state`: (q, q', …).
        values: initial numbers by name; a parameter without one starts at its own value, else at 1.
        fixed: names of parameters that are not fitted.

    Raises:
        TrainingError: a name that is no parameter, or a positive parameter with a value that is not.
    """

    def __init__(
        self,
        system: ODESystem,
        values: Mapping[str, float] | None = None,
        *,
        fixed: Sequence[str] = (),
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        from liesym.lowering.lower import lower

        start = parameter_values(system, values or {}, fixed)
        self.positive = {p.name for p in system.parameters if "positive" in p.assumptions}
        self.function = lower(system, backend="torch")
        stored = {name: np.log(value) if name in self.positive else value for name, value in start.items()}
        self.theta = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(value, dtype=dtype), name not in fixed) for name, value in stored.items()}
        )

    def parameters_by_name(self) -> dict[str, Tensor]:
        """The parameters as they enter the equations."""
        return {n: torch.exp(v) if n in self.positive else v for n, v in self.theta.items()}

    def values(self) -> dict[str, float]:
        """The parameters as numbers."""
        return {name: float(value.detach()) for name, value in self.parameters_by_name().items()}

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        return self.function(t, x, self.parameters_by_name())


class NeuralODE(nn.Module):
    """The flow of a field: states at the given times from the state at the first of them.

    Arguments:
        field: called as field(t, x, args).
        solver: "rk4" takes `substeps` classical Runge-Kutta steps between neighbouring times and may have
            times of their own for each sample; "dopri5" and "dopri8" adapt their steps to `rtol`, `atol`
            (torchdiffeq).
        gradient: "direct" differentiates the solver's steps; "adjoint" solves the adjoint equations backward
            (Chen et al. 2018), with the adaptive solvers only.
        substeps: of "rk4".
        rtol, atol: of the adaptive solvers, and of the adjoint solve.
        retract: a `LevelSets` on which "rk4" puts the state back after each step.

    Raises:
        TrainingError: an unknown solver or gradient, or a pair that does not go together.
    """

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
        self.rtol, self.atol, self.retract = rtol, atol, retract

    def forward(self, x0: Tensor, times: Tensor, args: Any = None) -> Tensor:
        """States of shape (…, K, m) for x0 of shape (…, m) and times of shape (K,) or (…, K)."""
        prepare = getattr(self.field, "prepare", None)
        if prepare is not None:
            args = prepare(times[..., 0].expand(x0.shape[:-1]), x0, args)
        if self.solver == "rk4":
            return rk4_rollout(self.field, x0, times, args, substeps=self.substeps, retract=self.retract)
        return self._adaptive(x0, times, args)

    def _adaptive(self, x0: Tensor, times: Tensor, args: Any) -> Tensor:
        from torchdiffeq import odeint, odeint_adjoint

        offset, common = times[..., 0], times - times[..., :1]
        while common.ndim > 1:
            if not torch.allclose(common, common[:1], rtol=0, atol=1e-12 + 1e-6 * float(common.abs().max())):
                raise TrainingError(f"{self.solver} needs samples with the same spacing of times; use rk4 where they differ")
            common = common[0]
        right_side = _Bound(self.field, offset, args)
        solve = odeint_adjoint if self.gradient == "adjoint" else odeint
        # steps end at the times asked for: torchdiffeq's interpolation is of lower order than its steps
        options = {"step_t": common[1:].detach()}
        try:
            states: Any = solve(right_side, x0, common, rtol=self.rtol, atol=self.atol, method=self.solver, options=options)
        except AssertionError as error:
            raise TrainingError(f"{self.solver} cannot go on: {error}; the field may be stiff or diverge") from None
        return torch.movedim(states, 0, -2)


class _Bound(nn.Module):
    """A field in the form that torchdiffeq calls: time since the first one, and the state."""

    def __init__(self, field: Field, offset: Tensor, args: Any) -> None:
        super().__init__()
        self.field, self.offset, self.args = field, offset, args

    def forward(self, since: Tensor, x: Tensor) -> Tensor:
        return self.field((self.offset + since).expand(x.shape[:-1]), x, self.args)


def rk4_step(field: Field, t: Tensor, x: Tensor, step: Tensor, args: Any = None) -> Tensor:
    """One classical Runge-Kutta step; `t` and `step` have the shape of x without its last axis.

    Source: Hairer, Nørsett and Wanner 1993, table II.1.2.
    """
    half, h = 0.5 * step, step[..., None]
    k1 = field(t, x, args)
    k2 = field(t + half, x + 0.5 * h * k1, args)
    k3 = field(t + half, x + 0.5 * h * k2, args)
    k4 = field(t + step, x + h * k3, args)
    return x + h * (k1 + 2.0 * (k2 + k3) + k4) / 6.0


def rk4_rollout(
    field: Field, x0: Tensor, times: Tensor, args: Any = None, *, substeps: int = 1, retract: Any = None
) -> Tensor:
    """States (…, K, m) by `substeps` Runge-Kutta steps of order 4 between neighbouring times.

    Arguments:
        x0: shape (…, m).
        times: shape (K,) or (…, K).
        retract: a `LevelSets`; after each step the state goes back to the level of x0.
    """
    batch = x0.shape[:-1]
    levels = None if retract is None else retract.values(times[..., 0].expand(batch), x0, args)
    states, x = [x0], x0
    for k in range(times.shape[-1] - 1):
        start = times[..., k].expand(batch)
        step = (times[..., k + 1] - times[..., k]).expand(batch) / substeps
        for j in range(substeps):
            x = rk4_step(field, start + j * step, x, step, args)
            if retract is not None:
                x = retract.retract(start + (j + 1) * step, x, levels, args)
        states.append(x)
    return torch.stack(states, dim=-2)


def as_tensor(values: Any, like: nn.Module | None = None) -> Tensor:
    """Numbers as a tensor in the type and on the device of the model's weights."""
    first = None if like is None else next(like.parameters(), None)
    if first is None:
        return torch.as_tensor(np.array(values))
    return torch.as_tensor(np.array(values), dtype=first.dtype, device=first.device)


def evaluate(model: nn.Module, x0: Any, times: Any) -> np.ndarray:
    """States of a `NeuralODE` as a NumPy array, without gradients."""
    with torch.no_grad():
        return model(as_tensor(x0, model), as_tensor(times, model)).cpu().numpy()


def evaluate_field(field: Field, t: Any, x: Any, args: Any = None) -> np.ndarray:
    """Values of a field as a NumPy array, without gradients."""
    like = field if isinstance(field, nn.Module) else None
    with torch.no_grad():
        return field(as_tensor(t, like), as_tensor(x, like), args).cpu().numpy()


def concatenate(parts: Sequence[Any]) -> Any:
    """Arrays joined along their last axis."""
    return torch.cat(tuple(parts), dim=-1)


@contextmanager
def double_precision() -> Iterator[torch.dtype]:
    """A context in which float64 is available; gives the type to make models with."""
    yield torch.float64
