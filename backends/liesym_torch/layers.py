"""Hard forms: fields that cannot leave the level sets of integrals, and fields that commute with a group
(PyTorch).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sympy import Expr, Symbol
from torch import Tensor, nn

from liesym.equivariance import equivariant_frame
from liesym.fitting import gradients_of
from liesym.generators import Generator
from liesym.lower import lower
from liesym_torch.models import MLP
from liesym_torch.operations import any_sample

RANK_TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}
RETURN_STEPS = 20
"""Newton steps of a return to the level set at most; four are the rule, more are for damped ones."""


class LevelSets:
    """k functions I_j(t, x) with their gradients, and the linear algebra of their level sets, sample by
    sample.

    Gradients are orthonormalized one after the other for each sample. One that is, up to `tolerance` times
    its length, a combination of those before it is left out there: at such a point the level set has lower
    codimension, and dividing by a length near zero would make the field arbitrary.

    Arguments:
        values: (t, x, args) -> (…, k).
        gradients: (t, x, args) -> (…, k, m), the derivatives by the states.
        rates: (t, x, args) -> (…, k), the partial derivatives by t; None if t does not occur.
        tolerance: of the rank guard; by default it depends on the type.
    """

    def __init__(
        self,
        values: Callable[..., Tensor],
        gradients: Callable[..., Tensor],
        rates: Callable[..., Tensor] | None = None,
        *,
        tolerance: float | None = None,
    ) -> None:
        self.values, self.gradients, self.rates, self.tolerance = values, gradients, rates, tolerance

    @staticmethod
    def from_expressions(
        integrals: Sequence[Expr],
        states: Sequence[Symbol],
        *,
        t: Symbol | None = None,
        parameters: Sequence[Symbol] = (),
        tolerance: float | None = None,
    ) -> LevelSets:
        """From exact expressions; values and gradients are lowered."""
        k, m = len(integrals), len(states)
        slopes, rates = gradients_of(integrals, states, t)
        options: dict[str, Any] = {"backend": "torch", "t": t, "parameters": tuple(parameters)}
        values, flat = lower(list(integrals), states, **options), lower(slopes, states, **options)
        return LevelSets(
            values,
            lambda time, x, args=None: flat(time, x, args).reshape(*x.shape[:-1], k, m),
            lower(rates, states, **options) if rates else None,
            tolerance=tolerance,
        )

    def basis(self, t: Tensor, x: Tensor, args: Any = None) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Orthonormal u_j, zero where the rank guard drops them, and the coefficients that express each
        gradient.

        g_j = Σ_{i<j} r_ji u_i + r_jj u_j, with r_jj replaced by 1 where u_j = 0.
        """
        slopes = self.gradients(t, x, args)
        tolerance = self.tolerance or RANK_TOLERANCE.get(x.dtype, 1e-4)
        units: list[Tensor] = []
        rows: list[list[Tensor]] = []
        for j in range(slopes.shape[-2]):
            rest = gradient = slopes[..., j, :]
            row = []
            for _ in range(2):  # a second pass restores what rounding took from orthogonality
                for i, unit in enumerate(units):
                    part = (unit * rest).sum(-1, keepdim=True)
                    rest = rest - part * unit
                    row = [*row[:i], row[i] + part, *row[i + 1 :]] if i < len(row) else [*row, part]
            size, whole = rest.square().sum(-1, keepdim=True), gradient.square().sum(-1, keepdim=True)
            good = size > tolerance**2 * whole
            length = torch.where(good, size, 1.0).sqrt()
            units.append(torch.where(good, rest / length, 0.0))
            rows.append([*row, length])
        return units, rows

    def along(self, t: Tensor, x: Tensor, vector: Tensor, goal: Tensor | None, args: Any = None) -> Tensor:
        """The vector changed least such that g_j · vector = goal_j (0 if goal is None) for all j of full
        rank.
        """
        units, rows = self.basis(t, x, args)
        wanted: list[Tensor] = []
        for j, (unit, row) in enumerate(zip(units, rows, strict=True)):
            part = (unit * vector).sum(-1, keepdim=True)
            if goal is None:
                vector = vector - part * unit
                continue
            target = goal[..., j : j + 1]
            for i in range(j):
                target = target - row[i] * wanted[i]
            wanted.append(target / row[j])
            vector = vector + (wanted[j] - part) * unit
        return vector

    def tangent(self, t: Tensor, x: Tensor, vector: Tensor, args: Any = None) -> Tensor:
        """The field changed least such that ∂_t I_j + ∇I_j · f = 0."""
        goal = None if self.rates is None else -self.rates(t, x, args)
        return self.along(t, x, vector, goal, args)

    def correction(self, t: Tensor, x: Tensor, defect: Tensor, args: Any = None) -> Tensor:
        """G⁺ d: the shortest vector with ∇I_j · vector = d_j."""
        return self.along(t, x, torch.zeros_like(x), defect, args)

    def retract(self, t: Tensor, x: Tensor, levels: Tensor, args: Any = None, *, iterations: int = RETURN_STEPS) -> Tensor:
        """Newton steps x ← x - s G⁺ (I(t, x) - levels) back to the level set, sample by sample, until rounding.

        s is 1 as long as each step brings I nearer to its level (the defects divided by the lengths of the
        gradients, so in units of the state), is halved where one would not, and grows again afterwards: near
        equilibria, where gradients vanish, a whole step leads anywhere. Such a step is not taken. A sample is done
        when a step of the size of rounding does not help; when all are, the rest of the `iterations` is skipped.

        Source: Hairer, Lubich and Wanner 2006, algorithm IV.4.2; Nocedal and Wright 2006, section 11.2 (damping).
        """
        flat = self.gradients(t, x, args).square().sum(-1)
        lengths = torch.where(flat > 0, flat, 1.0).sqrt()

        fine = (torch.finfo(x.dtype).eps / 16) ** 2

        def look(y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            """The step, its square in units of 1/16 of rounding, and the square of the distance left."""
            defect = self.values(t, y, args) - levels
            step = self.correction(t, y, defect, args)
            size = step.square().sum(-1, keepdim=True) / (fine * y.square().sum(-1, keepdim=True))
            return step, size, (defect / lengths).square().sum(-1, keepdim=True)

        step, size, left = look(x)
        part, again = torch.ones_like(left), size > 1.0
        for _ in range(iterations):
            if not any_sample(again):
                break
            trial = x - part * step
            found = look(trial)
            nearer = again & (found[2] < left)
            pairs = zip((trial, *found), (x, step, size, left), strict=True)
            x, step, size, left = (torch.where(nearer, new, old) for new, old in pairs)
            part = torch.where(nearer, (2 * part).clamp(max=1.0), part / 2)
            again = size > torch.where(nearer, 1.0, 128.0**2)
        return x


class TangentProjection(nn.Module):
    """f - G⁺ (∂_t I + G f), G the matrix of gradients: integrals are constant along exact solutions.

    Exact for several integrals and for each sample by itself; where gradients are dependent only the
    independent ones are imposed.

    Arguments:
        field: the field to project.
        levels: the integrals.
    Source: Matsubara and Yaguchi 2023 (continuous-time projection); Hairer, Lubich and Wanner 2006,
        section IV.4.
    """

    def __init__(self, field: Any, levels: LevelSets) -> None:
        super().__init__()
        self.inner, self.levels = field, levels

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        return self.levels.tangent(t, x, self.inner(t, x, args))


class Stabilization(nn.Module):
    """f - γ G⁺ (I(t, x) - I(t_0, x_0)): drift from the level set decays at the rate γ.

    The levels of the initial state come in `args["levels"]`, where `NeuralODE` puts them; without them the
    field is left as it is.

    Arguments:
        field: the field to stabilize.
        levels: the integrals.
        gamma: the rate; an explicit solver with step h needs γ h below about 2.
    Source: White et al. 2023, equation (5).
    """

    def __init__(self, field: Any, levels: LevelSets, gamma: float = 8.0) -> None:
        super().__init__()
        self.inner, self.levels, self.gamma = field, levels, gamma

    def prepare(self, t: Tensor, x: Tensor, args: Any) -> dict[str, Any]:
        """The arguments of a solve that starts at (t, x)."""
        return dict(args or {}) | {"levels": self.levels.values(t, x, args)}

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        value = self.inner(t, x, args)
        if not args or "levels" not in args:
            return value
        defect = self.levels.values(t, x, args) - args["levels"]
        return value - self.gamma * self.levels.correction(t, x, defect, args)


class EquivariantField(nn.Module):
    """f = Σ_j c_j(I_1 … I_r) V_j with V_j fields that commute with the group and I_i its joint invariants.

    Every such field is carried into itself by the group, whatever the network c is.

    Arguments:
        coefficients: network from r invariants to as many numbers as there are fields in the frame.
        invariants: (t, x, args) -> (…, r).
        frame: (t, x, args) -> (…, number of fields, components).
        transform: applied to the invariants before the network, e.g. a scaling or a logarithm.
    Source: Olver 1993, section 2.1 (invariants); Villar et al. 2021 (the orthogonal group).
    """

    def __init__(
        self,
        coefficients: nn.Module,
        invariants: Callable[..., Tensor],
        frame: Callable[..., Tensor],
        *,
        transform: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.coefficients, self.invariants, self.frame, self.transform = (
            coefficients,
            invariants,
            frame,
            transform,
        )

    @staticmethod
    def from_generators(
        generators: Sequence[Generator],
        *,
        order: int = 1,
        degree: int = 2,
        width: int = 64,
        depth: int = 2,
        activation: str = "tanh",
        seed: int = 0,
        dtype: Any = torch.float32,
        transform: Callable[[Tensor], Tensor] | None = None,
    ) -> EquivariantField:
        """From the group alone: invariants and frame by `equivariant_frame`, lowered, and a network for c.

        With `order` 2 the field is an acceleration, to be put into a `SecondOrderField`.
        """
        found = equivariant_frame(generators, order=order, degree=degree)
        count, width_out = len(found.frame), len(found.frame[0])
        sizes = (len(found.invariants), *(width,) * depth, count)
        invariants = lower(list(found.invariants), found.state, backend="torch")
        flat = lower([c for field in found.frame for c in field], found.state, backend="torch")

        def frame(t: Tensor, x: Tensor, args: Any = None) -> Tensor:
            return flat(t, x, args).reshape(*x.shape[:-1], count, width_out)

        network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        return EquivariantField(network, invariants, frame, transform=transform)

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        inputs = self.invariants(t, x, args)
        if self.transform is not None:
            inputs = self.transform(inputs)
        numbers = self.coefficients(inputs)
        return (numbers[..., None] * self.frame(t, x, args)).sum(-2)
