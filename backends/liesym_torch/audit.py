"""The audit of an adjoint gradient: conservation laws along torchdiffeq's own backward solve, and variations forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from liesym.errors import TrainingError
from liesym.learn.audit import AdjointCharge, Auditor, Variations
from liesym.learn.calling import call
from liesym.symmetries.generator import Generator
from liesym_torch.arrays import ARRAYS
from liesym_torch.models import NeuralODE


def _measured(
    model: NeuralODE, x0: Tensor, times: Tensor, loss: Callable[[Tensor], Tensor], generators: Mapping[str, Generator]
) -> tuple[dict[str, float], int, np.ndarray, np.ndarray]:
    """Drifts, accepted steps, and the gradient; see `liesym.learn.audit.Auditor`."""
    charges = {name: _Charge(model.field, generator, x0.shape[-1]) for name, generator in generators.items()}
    stretches, by_start, by_parameters = _backward(model, x0.detach(), times, loss)
    drifts = dict.fromkeys(charges, 0.0)
    for stretch in stretches:
        for name, charge in charges.items():
            values, sizes = zip(*(charge(*point) for point in stretch), strict=True)
            change = (torch.stack(values) - values[0]).abs().max() / (torch.stack(sizes).max() + 1e-300)
            drifts[name] = max(drifts[name], float(change))
    steps = sum(len(stretch) - 1 for stretch in stretches)
    return drifts, steps, ARRAYS.to_numpy(by_start), ARRAYS.to_numpy(by_parameters)


def _slopes(model: NeuralODE, x0: Tensor, times: Tensor, loss: Callable[[Tensor], Tensor], v: Variations) -> np.ndarray:
    """The derivative of the loss along each direction; see `liesym.learn.audit.Auditor`."""
    from torchdiffeq import odeint

    watched, x0 = _Watched(model), x0.detach()
    named = {name: p.detach() for name, p in watched.named_parameters() if p.requires_grad}
    moved, turned = ARRAYS.as_array(v.starts, x0), ARRAYS.as_array(v.weights, x0)
    sizes = [p.numel() for p in named.values()]
    tangents = [part.reshape(-1, *p.shape) for part, p in zip(turned.split(sizes, 1), named.values(), strict=True)]

    def rates(t: Tensor, states: Tensor) -> Tensor:
        def field(x: Tensor, *values: Tensor) -> Tensor:
            return torch.func.functional_call(watched, dict(zip(named, values, strict=True)), (t, x))

        def along(*directions: Tensor) -> Any:
            return torch.func.jvp(field, (states[0], *named.values()), directions)

        try:
            value, change = torch.func.vmap(along)(states[1:], *tangents)
        except RuntimeError:  # a field that differentiates inside by torch.autograd
            pairs = [
                ARRAYS.jvp(field, (states[0], *named.values()), [states[k + 1], *(part[k] for part in tangents)])
                for k in range(len(moved))
            ]
            value, change = (torch.stack(part) for part in zip(*pairs, strict=True))
        return torch.cat([value[:1], change]).detach()

    try:
        options = {"step_t": times[1:].detach()}
        begin = torch.cat([x0[None], moved])
        with torch.no_grad():
            states: Any = odeint(rates, begin, times, method="dopri8", rtol=v.rtol, atol=v.atol, options=options)
    except AssertionError as error:
        raise TrainingError(f"the variations break down ({error}); put observations closer together") from None
    known = states[:, 0].requires_grad_(True)
    pulls = torch.autograd.grad(loss(torch.movedim(known, 0, -2)), known)[0]
    return ARRAYS.to_numpy((states[:, 1:] * pulls[:, None]).flatten(2).sum((0, 2)))


audit_gradient = Auditor(_measured, _slopes).audit_gradient
Point = tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]


def _backward(
    model: NeuralODE, x0: Tensor, times: Tensor, loss: Callable[[Tensor], Tensor]
) -> tuple[list[list[Point]], Tensor, Tensor]:
    """(t, x, a, a_θ) at the accepted steps of each stretch between observations, the last one first; and the gradient."""
    from torchdiffeq import odeint_adjoint

    watched = _Watched(model)
    start = x0.clone().requires_grad_(True)
    parameters = [p for p in watched.parameters() if p.requires_grad]
    options = {"step_t": times[1:].detach()}
    tolerances = {"rtol": model.rtol, "atol": model.atol}
    try:
        states: Any = odeint_adjoint(watched, start, times, method=model.solver, options=options, **tolerances)
        known = states.detach().requires_grad_(True)
        pulls = torch.autograd.grad(loss(torch.movedim(known, 0, -2)), known)[0]
        ends = torch.autograd.grad(states, [start, *parameters], pulls, allow_unused=True)
    except AssertionError as error:  # how torchdiffeq reports a step size or a state that is out of range
        raise TrainingError(
            f"the solve or its adjoint breaks down ({error}); lower rtol and atol, put observations closer together, "
            "or take the direct gradient"
        ) from None
    flat = [torch.zeros_like(p) if e is None else e for p, e in zip([start, *parameters], ends, strict=True)]
    by_parameters = torch.cat([part.detach().flatten() for part in flat[1:]] or [x0.new_zeros(0)])
    return watched.stretches(times, states.detach(), pulls, list(ends)), flat[0].detach(), by_parameters


class _Watched(nn.Module):
    """A field in torchdiffeq's form that notes every accepted step of the backward solve."""

    def __init__(self, model: NeuralODE) -> None:
        super().__init__()
        self.field, self.bare = model.field, model.bare
        self.seen: list[tuple[Tensor, tuple[Tensor, ...]]] = []

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return call(self.field, self.bare, t.expand(x.shape[:-1]), x, None)

    def callback_accept_step_adjoint(self, t0: Tensor, y0: Any, dt: Tensor) -> None:
        self.seen.append((t0.clone(), tuple(part.clone() for part in y0)))

    def stretches(self, times: Tensor, states: Tensor, pulls: Tensor, ends: Sequence[Tensor | None]) -> list[list[Point]]:
        """The notes, cut at the observations; each stretch ends with the adjoint before its jump there."""
        names = [name for name, p in self.named_parameters() if p.requires_grad]
        points = [(t, y[1], y[2], dict(zip(names, y[3:], strict=True))) for t, y in self.seen]
        last = {n: e if e is not None else torch.zeros(()) for n, e in zip(names, ends[1:], strict=True)}
        found = []
        for i in range(len(times) - 1, 0, -1):
            inside = [point for point in points if times[i - 1] < point[0] <= times[i]]
            following = [point for point in points if point[0] <= times[i - 1]]
            adjoint, by_parameters = (following[0][2], following[0][3]) if following else (ends[0], last)
            before = adjoint - pulls[i - 1] if adjoint is not None else torch.zeros_like(states[0])
            found.append([*inside, (times[i - 1], states[i - 1], before, by_parameters)])
        return found


class _Charge(AdjointCharge):
    """I = a·(η - ξ f) + a_θ·τ of one generator, with the size that its drift is measured by."""

    def __init__(self, field: Any, generator: Generator, states: int) -> None:
        self.by_name = getattr(field, "parameters_by_name", dict)
        super().__init__(field, generator, states, self.by_name(), "torch")

    def __call__(self, t: Tensor, x: Tensor, a: Tensor, a_theta: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            theta = self.by_name()
            value = self.program(t, x, theta)
            rest = value[..., 1 : 1 + self.states] - value[..., :1] * self.called(t.expand(x.shape[:-1]), x, None)
            charge, size = (a * rest).sum(-1), a.norm(dim=-1) * rest.norm(dim=-1)
            if not self.moved:
                return charge, size.max()
            total, scale = charge.sum(), size.sum()
            for j, name in enumerate(self.moved):
                tau = value[..., 1 + self.states + j].flatten()[0]
                pull = a_theta[f"field.theta.{name}"] / (theta[name] if name in self.field.positive else 1.0)
                total, scale = total + tau * pull, scale + (tau * pull).abs()
            return total, scale
