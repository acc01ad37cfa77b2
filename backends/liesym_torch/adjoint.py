"""`odeint_adjoint` with the conservation laws of the backward solve kept.

torchdiffeq's adjoint solves x, a and a_θ backward from each time asked for to the one before. For a symmetry
ξ ∂_t + η·∂_x of the field the number a·(η - ξ f) is constant on the way and known at its start, so that at its end, with
rows Q_i = η_i - ξ_i f and known values c_i, the smallest correction that restores all laws is

    a ← a + Q⁺ (c - Q a).

The states at both ends are those of the solve forward, which is why the law is kept to its error and no further: the
correction takes away what the solve backward did wrong along the Q_i, and nothing else of the error of the gradient
(`audit_gradient` measures the whole of it). Where no symmetry is known the same function restarts the solve backward at more
of the forward states, which keeps it from running away from them.

Source: Chen et al. 2018 for the adjoint equations; Noether's theorem for ∫ a·(x' - f) dt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from liesym.errors import AnsatzError, TrainingError
from liesym.learn.audit import charge_programs
from liesym.symmetries.generator import Generator
from liesym_torch.models import invariance_residual


def odeint_adjoint(
    func: nn.Module,
    y0: Tensor,
    t: Tensor,
    *,
    rtol: float = 1e-7,
    atol: float = 1e-9,
    method: str = "dopri5",
    adjoint_params: Sequence[Tensor] | None = None,
    generators: Sequence[Generator] = (),
    restarts: int = 1,
) -> Tensor:
    """States (K, …, m) like torchdiffeq's function of this name, with a gradient that keeps the laws of the generators.

    Arguments:
        func: the field, called as func(t, y) with one time.
        y0: shape (…, m).
        t: shape (K,), increasing or decreasing; it gets no gradient.
        rtol, atol, method: of both solves; an adaptive method of torchdiffeq.
        adjoint_params: what else gets a gradient; the parameters of func unless given.
        generators: symmetries of func over (t, x_1 … x_m). That they are is tested at the states in the solve backward.
        restarts: parts into which the solve backward cuts the way between two times, each from a state of the solve forward;
            so many times the states are stored.

    Raises:
        AnsatzError: a generator that is not over time and the states, or that is no symmetry of func.
        TrainingError: a solve that breaks down, or less than one part.
    Source: the head of this module.
    """
    if restarts < 1:
        raise TrainingError(f"restarts = {restarts}; expected 1 or more")
    params = tuple(func.parameters()) if adjoint_params is None else tuple(adjoint_params)
    trained = [p for p in params if p.requires_grad]
    laws = _Laws(func, generators, y0.shape[-1])
    parts = [torch.linspace(0, 1, restarts + 1, dtype=t.dtype, device=t.device)[:-1]] * (len(t) - 1)
    between = [t[i] + part * (t[i + 1] - t[i]) for i, part in enumerate(parts)]
    solve = _Solve(func, torch.cat([*between, t[-1:]]).detach(), laws, {"rtol": rtol, "atol": atol, "method": method})
    states: Any = _Adjoint.apply(solve, y0, *trained)
    return states[::restarts]


class _Solve:
    """What both solves need."""

    def __init__(self, func: nn.Module, times: Tensor, laws: _Laws, options: dict[str, Any]) -> None:
        self.func, self.times, self.laws, self.options = func, times, laws, options

    def run(self, field: Any, start: Any, times: Tensor) -> Any:
        """States at the times; steps end there."""
        from torchdiffeq import odeint

        try:
            return odeint(field, start, times, **self.options, options={"step_t": times[1:]})
        except AssertionError as error:
            raise TrainingError(f"the solve breaks down ({error}); lower rtol and atol, or take more restarts") from None


class _Adjoint(torch.autograd.Function):
    """The solve forward, and the one backward with its laws."""

    @staticmethod
    def forward(ctx: Any, solve: _Solve, y0: Tensor, *params: Tensor) -> Tensor:
        states = solve.run(solve.func, y0, solve.times)
        ctx.solve, ctx.params = solve, params
        ctx.save_for_backward(states)
        return states

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> Any:
        (states,), solve, params = ctx.saved_tensors, ctx.solve, ctx.params
        times, laws, func = solve.times, solve.laws, solve.func
        laws.check(times, states)

        def rates(t: Tensor, parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            with torch.enable_grad():
                x = parts[0].detach().requires_grad_(True)
                value = func(t, x)
                options: dict[str, Any] = {"allow_unused": True, "materialize_grads": True}
                slopes = torch.autograd.grad(value, (x, *params), -parts[1], **options)
            return value.detach(), *slopes

        adjoint, rest = pulls[0][-1], tuple(torch.zeros_like(p) for p in params)
        for i in range(len(times) - 1, 0, -1):
            known = laws.values(times[i], states[i], adjoint)
            ends = solve.run(rates, (states[i], adjoint, *rest), times[[i, i - 1]])
            adjoint, rest = laws.restored(times[i - 1], states[i - 1], ends[1][-1], known), [part[-1] for part in ends[2:]]
            adjoint = adjoint + pulls[0][i - 1]
        return None, adjoint, *rest


class _Laws:
    """The rows Q_i = η_i - ξ_i f of symmetries of a field."""

    def __init__(self, func: nn.Module, generators: Sequence[Generator], states: int) -> None:
        self.func, self.generators = func, tuple(generators)
        self.programs = charge_programs(self.generators, states, "torch")

    def rows(self, t: Tensor, x: Tensor) -> Tensor:
        """Shape (…, k, m)."""
        value = self.func(t, x)
        parts = [program(t, x, None) for program in self.programs]
        return torch.stack([part[..., 1:] - part[..., :1] * value for part in parts], -2)

    def values(self, t: Tensor, x: Tensor, adjoint: Tensor) -> Tensor | None:
        """Q a of shape (…, k)."""
        return (self.rows(t, x) @ adjoint[..., None])[..., 0] if self.programs else None

    def restored(self, t: Tensor, x: Tensor, adjoint: Tensor, known: Tensor | None) -> Tensor:
        """The nearest adjoint with the known values; dependent rows count once."""
        if known is None:
            return adjoint
        rows = self.rows(t, x)
        inverse = torch.linalg.pinv(rows, rtol=torch.finfo(x.dtype).eps ** 0.5)
        return adjoint + (inverse @ (known[..., None] - rows @ adjoint[..., None]))[..., 0]

    def check(self, times: Tensor, states: Tensor) -> None:
        """Refuse what is no symmetry at the states of the solve.

        Raises:
            AnsatzError: names the generator and how far it is from one.
        """
        tolerance = torch.finfo(states.dtype).eps ** 0.5
        clock = times.reshape(-1, *(1,) * (states.ndim - 2)).expand(states.shape[:-1])
        for generator in self.generators:
            residual = invariance_residual(_Batched(self.func), generator, relative=True)(clock, states)
            worst = float(residual.abs().max())
            if not worst < 100 * tolerance:
                raise AnsatzError(
                    f"{generator} is no symmetry of the field: off by {worst:.1e} of it at the states of the solve"
                )


class _Batched:
    """A field of one time as one of a time for each state."""

    def __init__(self, func: nn.Module) -> None:
        self.func = func

    def __call__(self, t: Tensor, x: Tensor) -> Tensor:
        batch = x.shape[:-1]
        if not batch:
            return self.func(t, x)
        flat = torch.func.vmap(self.func)(t.expand(batch).reshape(-1), x.reshape(-1, x.shape[-1]))
        return flat.reshape(x.shape)
