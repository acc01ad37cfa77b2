"""Lagrangians that cannot break a symmetry, and the conserved charges of learned Lagrangians.

The scalars are called as L(t, q, v, args) like those of `liesym.learn.mechanics`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from sympy import Expr

from liesym.errors import Unsupported
from liesym.invariants import InvariantBasis, invariant_basis
from liesym.invariants.groups import Symmetries
from liesym.learn.arrays import AbstractModule, Array, ArrayLibrary, together
from liesym.learn.charges import Drift, charge_parts, drift_of, symbolic_charges
from liesym.learn.mechanics import AbstractLagrangianODE
from liesym.lowering.lower import lower
from liesym.variational.lagrangian import Lagrangian


class AbstractInvariantLayer(AbstractModule):
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
        self.function = lower(
            list(self.basis.functions), self.basis.state, t=self.basis.coordinates[0], backend=self.arrays.name
        )

    @property
    def size(self) -> int:
        """r, the number of invariants."""
        return len(self.basis.functions)

    def forward(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """Shape (…, r) for q and v of shape (…, m)."""
        clock = self.arrays.as_array(0.0 if t is None else t, q)
        values = self.function(clock, self.arrays.xp.concat([q, v], axis=-1), args)
        return values if self.scale is None else values / self.arrays.as_array(self.scale, values)


class AbstractInvariantScalar(AbstractModule):
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

    layer_class: ClassVar[type[AbstractInvariantLayer]]

    def __init__(
        self,
        layer: AbstractInvariantLayer | Symmetries,
        *,
        width: int = 128,
        depth: int = 2,
        activation: str = "softplus",
        seed: int = 0,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.layer: Any = layer if isinstance(layer, AbstractInvariantLayer) else self.layer_class(layer)
        sizes = (self.layer.size, *(width,) * depth, 1)
        self.network = self.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)

    def forward(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """Shape (…) for q and v of shape (…, m)."""
        return self.network(self.layer(t, q, v, args))[..., 0]


class AbstractNoetherMonitor:
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

    arrays: ClassVar[ArrayLibrary]
    equations_class: ClassVar[type[AbstractLagrangianODE]]

    def __init__(
        self,
        lagrangian: Callable[..., Array],
        symmetries: Symmetries,
        *,
        gauges: Sequence[Expr] | None = None,
        truth: Lagrangian | None = None,
    ) -> None:
        self.parts = charge_parts(symmetries, gauges)
        self.equations = self.equations_class(lagrangian)
        clock = self.parts.variables[0]
        self._rows = lower(self.parts.flat, self.parts.state, t=clock, backend=self.arrays.name)
        self._true = None
        if truth is not None:
            exact = list(symbolic_charges(truth, symmetries))
            defaults: dict[Any, Any] = {p.symbol: p.value for p in truth.parameters}
            self._true = lower(exact, self.parts.state, t=clock, parameters=defaults, backend=self.arrays.name)

    def charges(self, t: Any, x: Array, args: Any = None) -> Array:
        """J of shape (…, k) for x = (q, v) of shape (…, 2m)."""
        clock, x = together(self.arrays, 0.0 if t is None else t, x)
        rows = self._rows(clock, x, args)
        rows = rows.reshape(*rows.shape[:-1], len(self.parts.rows), -1)
        momentum = self.equations.momentum(clock, x, args)[..., None, :]
        energy = self.equations.energy(clock, x, args)
        return (rows[..., 1:-1] * momentum).sum(-1) - rows[..., 0] * energy - rows[..., -1]

    def true_charges(self, t: Any, x: Array, args: Any = None) -> Array:
        """The charges of the known Lagrangian at the same points, shape (…, k)."""
        if self._true is None:
            raise Unsupported("the true charges need the true Lagrangian: NoetherMonitor(…, truth=…)")
        return self._true(self.arrays.as_array(0.0 if t is None else t, x), x, args)

    def drift(self, times: Any, states: Any, args: Any = None) -> Drift:
        """The drift of the learned charges along states (…, K, 2m) at times (K,) or (…, K)."""
        return self._drift(self.charges, times, states, args)

    def true_drift(self, times: Any, states: Any, args: Any = None) -> Drift:
        """The drift of the true charges along the same states."""
        return self._drift(self.true_charges, times, states, args)

    def _drift(self, charges: Callable[..., Array], times: Any, states: Any, args: Any) -> Drift:
        points = self.arrays.as_array(states)
        clock = self.arrays.as_array(times, points)
        return drift_of(self.arrays.to_numpy(self.arrays.compiled(charges)(clock, points, args)))
