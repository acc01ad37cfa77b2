"""Hard forms: fields that cannot leave the level sets of integrals, and fields that commute with a group
(JAX).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_batching import custom_vmap

from liesym.invariants.equivariance import equivariant_frame
from liesym.learn.levels import RETURN_STEPS, AbstractLevelSets
from liesym.lowering.lower import lower
from liesym.symmetries.generator import Generator
from liesym_jax.models import MLP


@custom_vmap
def any_sample(truth: Array) -> Array:
    """True if any element is, under jax.vmap in any of the samples: `lax.cond` on it then stays a choice."""
    return truth.any()


@any_sample.def_vmap
def _any_of_the_batch(size: int, batched: Any, truth: Array) -> tuple[Array, bool]:
    return any_sample(truth), False


class LevelSets(AbstractLevelSets):
    """k functions I_j(t, x) and the linear algebra of their level sets, as in `liesym.learn.levels.AbstractLevelSets`."""

    backend = "jax"

    @staticmethod
    def where(condition: Array, yes: Any, no: Any) -> Array:
        """See `AbstractLevelSets.where`."""
        return jnp.where(condition, yes, no)

    @staticmethod
    def sqrt(x: Array) -> Array:
        """See `AbstractLevelSets.sqrt`."""
        return jnp.sqrt(x)

    @staticmethod
    def ones(x: Array) -> Array:
        """See `AbstractLevelSets.ones`."""
        return jnp.ones_like(x)

    @staticmethod
    def epsilon(x: Array) -> float:
        """See `AbstractLevelSets.epsilon`."""
        return float(jnp.finfo(x.dtype).eps)

    def retract(self, t: Array, x: Array, levels: Array, args: Any = None, *, iterations: int = RETURN_STEPS) -> Array:
        """Back to the level set, in a scan that can be differentiated; see `AbstractLevelSets.retract`."""
        state, attempt = self.returning(t, x, levels, args)

        def one(state: Any, _: Any) -> tuple[Any, None]:
            return jax.lax.cond(any_sample(state.again), attempt, lambda same: same, state), None

        return jax.lax.scan(one, state, length=iterations)[0].x


class TangentProjection(eqx.Module):
    """f - G⁺ (∂_t I + G f), G the matrix of gradients: integrals are constant along exact solutions.

    Exact for several integrals and for each sample by itself; where gradients are dependent only the
    independent ones are imposed.

    Arguments:
        field: the field to project.
        levels: the integrals.
    Source: Matsubara and Yaguchi 2023 (continuous-time projection); Hairer, Lubich and Wanner 2006,
        section IV.4.
    """

    inner: Any
    levels: LevelSets = eqx.field(static=True)

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        return self.levels.tangent(t, x, self.inner(t, x, args))


class Stabilization(eqx.Module):
    """f - γ G⁺ (I(t, x) - I(t_0, x_0)): drift from the level set decays at the rate γ.

    The levels of the initial state come in `args["levels"]`, where `NeuralODE` puts them; without them the
    field is left as it is.

    Arguments:
        field: the field to stabilize.
        levels: the integrals.
        gamma: the rate; an explicit solver with step h needs γ h below about 2.
    Source: White et al. 2023, equation (5).
    """

    inner: Any
    levels: LevelSets = eqx.field(static=True)
    gamma: float = eqx.field(static=True, default=8.0)

    def prepare(self, t: Array, x: Array, args: Any) -> dict[str, Any]:
        """The arguments of a solve that starts at (t, x)."""
        return dict(args or {}) | {"levels": self.levels.values(t, x, args)}

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        value = self.inner(t, x, args)
        if not args or "levels" not in args:
            return value
        defect = self.levels.values(t, x, args) - args["levels"]
        return value - self.gamma * self.levels.correction(t, x, defect, args)


class EquivariantField(eqx.Module):
    """f = Σ_j c_j(I_1 … I_r) V_j with V_j fields that commute with the group and I_i its joint invariants.

    Every such field is carried into itself by the group, whatever the network c is.

    Arguments:
        coefficients: network from r invariants to as many numbers as there are fields in the frame.
        invariants: (t, x, args) -> (…, r).
        frame: (t, x, args) -> (…, number of fields, components).
        transform: applied to the invariants before the network, e.g. a scaling or a logarithm.
    Source: Olver 1993, section 2.1 (invariants); Villar et al. 2021 (the orthogonal group).
    """

    coefficients: Any
    invariants: Callable[..., Array] = eqx.field(static=True)
    frame: Callable[..., Array] = eqx.field(static=True)
    transform: Callable[[Array], Array] | None = eqx.field(static=True, default=None)

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
        dtype: Any = jnp.float32,
        transform: Callable[[Array], Array] | None = None,
    ) -> EquivariantField:
        """From the group alone: invariants and frame by `equivariant_frame`, lowered, and a network for c.

        With `order` 2 the field is an acceleration, to be put into a `SecondOrderField`.
        """
        found = equivariant_frame(generators, order=order, degree=degree)
        count, width_out = len(found.frame), len(found.frame[0])
        sizes = (len(found.invariants), *(width,) * depth, count)
        invariants = lower(list(found.invariants), found.state, backend="jax")
        flat = lower([c for field in found.frame for c in field], found.state, backend="jax")

        def frame(t: Array, x: Array, args: Any = None) -> Array:
            return flat(t, x, args).reshape(*x.shape[:-1], count, width_out)

        network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        return EquivariantField(network, invariants, frame, transform=transform)

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        inputs = self.invariants(t, x, args)
        if self.transform is not None:
            inputs = self.transform(inputs)
        numbers = self.coefficients(inputs)
        return (numbers[..., None] * self.frame(t, x, args)).sum(-2)
