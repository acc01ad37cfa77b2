"""Lagrangians that cannot break a symmetry, and the conserved charges of learned Lagrangians (PyTorch).

The scalars are called as L(t, q, v, args) like those of `liesym_torch.mechanics`. The classes have the same
names in liesym_torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sympy import Expr
from torch import Tensor, nn

from liesym.errors import Unsupported
from liesym.invariants import InvariantBasis, invariant_basis
from liesym.invariants.groups import Symmetries
from liesym.learn.charges import Drift, charge_parts, drift_of, symbolic_charges
from liesym.lowering.lower import lower
from liesym.variational.lagrangian import Lagrangian
from liesym_torch.mechanics import LagrangianODE
from liesym_torch.models import MLP


class InvariantLayer(nn.Module):
    """(I_1, …, I_r)(t, q, v): joint invariants of a group, found by the engine and lowered.

        pr X(I_j) = 0 for each generator X,   I_j ∘ g = I_j for each discrete map g

    Whatever is computed from its outputs alone is invariant under the group.

    Arguments:
        symmetries: generators, a `LieAlgebra` that has them, a `SymmetryGroup` such as
            `liesym.invariants.rotations(…) + translations(…)`, or a sequence of these.
        degree: of polynomial invariants, see `liesym.invariants.invariant_basis`.
        scale: typical size of each invariant, by which it is divided.
        budget: seconds for invariants that are not polynomials.

    Raises:
        Unsupported: no invariants were found.
    Source: Müller 2023; Olver 1993, section 2.1.
    """

    def __init__(
        self,
        symmetries: Symmetries,
        *,
        degree: int | None = None,
        scale: Sequence[float] | None = None,
        budget: float = 20.0,
    ) -> None:
        super().__init__()
        self.basis: InvariantBasis = invariant_basis(symmetries, degree=degree, budget=budget)
        self.scale = self.basis.checked_scale(scale)
        self.function = lower(list(self.basis.functions), self.basis.state, t=self.basis.coordinates[0], backend="torch")

    @property
    def size(self) -> int:
        """r, the number of invariants."""
        return len(self.basis.functions)

    def forward(self, t: Any, q: Tensor, v: Tensor, args: Any = None) -> Tensor:
        """Shape (…, r) for q and v of shape (…, m)."""
        clock = torch.as_tensor(0.0 if t is None else t, dtype=q.dtype, device=q.device)
        values = self.function(clock, torch.cat([q, v], -1), args)
        return values if self.scale is None else values / values.new_tensor(self.scale)


class InvariantScalar(nn.Module):
    """L(t, q, v) = MLP(I_1, …, I_r): a Lagrangian that has every symmetry of its layer.

    By Noether's theorem the `LagrangianODE` of it conserves one charge for each generator, whatever the
    weights are.

    Arguments:
        layer: an `InvariantLayer`, or the symmetries to make one from.
        width, depth: of the hidden layers.
        activation: a key of `ACTIVATIONS`; its second derivative should not vanish.
        seed, dtype: of the weights.
    Source: Müller 2023.
    """

    def __init__(
        self,
        layer: InvariantLayer | Symmetries,
        *,
        width: int = 128,
        depth: int = 2,
        activation: str = "softplus",
        seed: int = 0,
        dtype: Any = torch.float32,
    ) -> None:
        super().__init__()
        self.layer = layer if isinstance(layer, InvariantLayer) else InvariantLayer(layer)
        self.network = MLP((self.layer.size, *(width,) * depth, 1), activation=activation, seed=seed, dtype=dtype)

    def forward(self, t: Any, q: Tensor, v: Tensor, args: Any = None) -> Tensor:
        return self.network(self.layer(t, q, v, args))[..., 0]


class NoetherMonitor:
    """The charges of a learned Lagrangian, one for each generator, and their drift along a solve.

        J = η·L_v + ξ (L - v·L_v) - B

    Along exact solutions of the Euler-Lagrange equations J is constant if the generator is a variational
    symmetry of L with gauge term B; what is left is the error of the solver.

    Arguments:
        lagrangian: a scalar L(t, q, v, args).
        symmetries: as for `InvariantLayer`; discrete maps have no charge.
        gauges: B(t, q) for each generator, 0 unless given.
        truth: the known Lagrangian, whose charges `true_charges` gives beside those of the learned one.

    Raises:
        Unsupported: no generator, or one that is no variational symmetry of the truth.
    Source: Noether 1918; Olver 1993, section 5.4; for networks Müller 2023.
    """

    def __init__(
        self,
        lagrangian: Callable[..., Tensor],
        symmetries: Symmetries,
        *,
        gauges: Sequence[Expr] | None = None,
        truth: Lagrangian | None = None,
    ) -> None:
        self.parts = charge_parts(symmetries, gauges)
        self.equations = LagrangianODE(lagrangian)
        clock = self.parts.variables[0]
        self._rows = lower(self.parts.flat, self.parts.state, t=clock, backend="torch")
        self._true = None
        if truth is not None:
            exact = list(symbolic_charges(truth, symmetries))
            defaults: dict[Any, Any] = {p.symbol: p.value for p in truth.parameters}
            self._true = lower(exact, self.parts.state, t=clock, parameters=defaults, backend="torch")

    def charges(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """J of shape (…, k) for x = (q, v) of shape (…, 2m)."""
        clock = torch.as_tensor(0.0 if t is None else t, dtype=x.dtype, device=x.device).expand(x.shape[:-1])
        rows = self._rows(clock, x, args)
        rows = rows.reshape(*rows.shape[:-1], len(self.parts.rows), -1)
        momentum = self.equations.momentum(clock, x, args)[..., None, :]
        energy = self.equations.energy(clock, x, args)
        return (rows[..., 1:-1] * momentum).sum(-1) - rows[..., 0] * energy - rows[..., -1]

    def true_charges(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """The charges of the known Lagrangian at the same points, shape (…, k)."""
        if self._true is None:
            raise Unsupported("the true charges need the true Lagrangian: NoetherMonitor(…, truth=…)")
        return self._true(torch.as_tensor(0.0 if t is None else t, dtype=x.dtype, device=x.device), x, args)

    def drift(self, times: Any, states: Any, args: Any = None) -> Drift:
        """The drift of the learned charges along states (…, K, 2m) at times (K,) or (…, K)."""
        return self._drift(self.charges, times, states, args)

    def true_drift(self, times: Any, states: Any, args: Any = None) -> Drift:
        """The drift of the true charges along the same states."""
        return self._drift(self.true_charges, times, states, args)

    def _drift(self, charges: Callable[..., Tensor], times: Any, states: Any, args: Any) -> Drift:
        points = torch.as_tensor(states)
        clock = torch.as_tensor(times, dtype=points.dtype, device=points.device)
        return drift_of(charges(clock, points, args).detach().cpu().numpy())
