"""An ordinary torchdiffeq training loop, and the five lines (marked +) that build a symmetry into its field.

The data are short trajectories that start in one narrow sector of the plane. The loop learns them; asked for starts
elsewhere it has nothing to go by. A field that turns with the plane is right everywhere, whatever its weights are.

    python examples/hard_loop_torch.py
"""

from __future__ import annotations

import math

import torch
from liesym_torch import EquivariantField  # +
from sympy.abc import t, x, y  # +
from torch import Tensor, nn
from torchdiffeq import odeint

from liesym import Generator  # +

TIMES = torch.linspace(0.0, 1.0, 11)


class Field(nn.Module):
    """x' = network(x), in the form torchdiffeq asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, time: Tensor, state: Tensor) -> Tensor:
        return self.network(state)


def truth(time: Tensor, state: Tensor) -> Tensor:
    """An oscillator that settles on the unit circle."""
    pull = 1.0 - state.square().sum(-1, keepdim=True)
    return pull * state + torch.stack([-state[..., 1], state[..., 0]], dim=-1)


def starts(seed: int, width: float) -> Tensor:
    """Points at radii of 0.2 to 1.8 in a sector of the given half-width around the x axis."""
    random = torch.Generator().manual_seed(seed)
    radius = 0.2 + 1.6 * torch.rand(32, generator=random)
    angle = width * (2 * torch.rand(32, generator=random) - 1)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)


def train(lawful: bool, steps: int, seed: int) -> nn.Module:
    """Fit the field to the trajectories of the sector."""
    torch.manual_seed(seed)
    field: nn.Module = Field()
    start = starts(seed, 0.3)
    if lawful:  # +
        field = EquivariantField.from_generators([Generator((t, x, y), (0 * t, -y, x))], width=32, seed=seed)  # +
    measured = odeint(truth, start, TIMES, method="rk4")
    optimizer = torch.optim.Adam(field.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (odeint(field, start, TIMES, method="rk4") - measured).square().mean()  # pyright: ignore[reportOperatorIssue]
        loss.backward()
        optimizer.step()
    return field


def error(field: nn.Module, width: float) -> float:
    """Root mean square of the error of new trajectories that start in a sector of the given half-width."""
    start = starts(99, width)
    with torch.no_grad():
        difference = odeint(field, start, TIMES, method="rk4") - odeint(truth, start, TIMES, method="rk4")  # pyright: ignore[reportOperatorIssue]
        return float(difference.square().mean().sqrt())


def main(steps: int = 400, seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, list[tuple[float, float]]]:
    """Errors in the sector of the data and all around it, for each seed, without the symmetry and with it."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, lawful in (("without symmetry", False), ("with symmetry", True)):
        fields = [train(lawful, steps, seed) for seed in seeds]
        found[name] = [(error(field, 0.3), error(field, math.pi)) for field in fields]
        for seed, (here, around) in zip(seeds, found[name], strict=True):
            print(f"{name}, seed {seed}: error {here:.3f} in the sector of the data, {around:.3f} all around")
    return found


if __name__ == "__main__":
    main()
