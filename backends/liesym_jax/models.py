"""Fields, losses and all else that trains, in JAX: the halves of `liesym.learn` on the modules of this backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from liesym.learn import contrastive, hybrid, layers, levels, mechanics, noether, objectives, rollout, structure
from liesym.learn.calling import call
from liesym.learn.contrastive import train_invariant as train_invariant
from liesym.learn.fields import FieldResiduals
from liesym.learn.objectives import *  # noqa: F403
from liesym.learn.rollout import Field
from liesym.learn.rollout import rk4_step as rk4_step
from liesym_jax.arrays import ACTIVATIONS as ACTIVATIONS
from liesym_jax.arrays import ARRAYS, Module, static
from liesym_jax.arrays import MLP as MLP

as_tensor = ARRAYS.as_array
_RESIDUALS, _TERMS = FieldResiduals(ARRAYS), objectives.Terms(ARRAYS)
invariance_residual, conservation_residual = _RESIDUALS.invariance_residual, _RESIDUALS.conservation_residual
backward_residual, backward_charge = _RESIDUALS.backward_residual, _RESIDUALS.backward_charge
group_residual, drift = _RESIDUALS.group_residual, _RESIDUALS.drift
misfit, invariance, conservation = _TERMS.misfit, _TERMS.invariance, _TERMS.conservation
at_points, data_drift = _TERMS.at_points, _TERMS.data_drift
speed_ratio: Any = _TERMS.speed_ratio
symbolic_scalar = partial(mechanics.symbolic_scalar, ARRAYS)
rk4_rollout = rollout.RungeKutta(ARRAYS).rollout


class MLPField(rollout.AbstractMLPField, Module):
    """f(t, x) = s · MLP(x / s); see `liesym.learn.rollout.AbstractMLPField`."""

    network: MLP
    time: bool = static()
    scale: tuple[float, ...] = static()
    scaled: bool = static()
    rescaled: bool = static()


class PositiveField(rollout.AbstractPositiveField, Module):
    """x_i' = x_i g_i(t, log x); see `liesym.learn.rollout.AbstractPositiveField`."""

    inner: Any
    bare: bool = static()


class SecondOrderField(rollout.AbstractSecondOrderField, Module):
    """(q, v)' = (v, a(t, (q, v))); see `liesym.learn.rollout.AbstractSecondOrderField`."""

    acceleration: Any
    bare: bool = static()


class Samplewise(rollout.AbstractSamplewise, Module):
    """A field of batches from a function of one sample; see `liesym.learn.rollout.AbstractSamplewise`."""

    vmap: ClassVar[Any] = staticmethod(jax.vmap)
    function: Any
    count: int = static()


class SymbolicField(rollout.AbstractSymbolicField, Module):
    """The right side of a system, to be fitted; see `liesym.learn.rollout.AbstractSymbolicField`."""

    theta: dict[str, Array]
    constants: tuple[tuple[str, float], ...] = static()
    positive: frozenset[str] = static()
    function: Any = static()

    def store(self, stored: dict[str, float], start: dict[str, float], fixed: Sequence[str], dtype: Any) -> None:
        """Keep what is fitted as arrays, and what is fixed as numbers."""
        self.theta = {name: ARRAYS.weights(value, dtype) for name, value in stored.items() if name not in fixed}
        self.constants = tuple((name, start[name]) for name in fixed)

    def parameters_by_name(self) -> dict[str, Any]:
        """The parameters as they enter the equations."""
        fitted = {n: jnp.exp(v) if n in self.positive else v for n, v in self.theta.items()}
        dtype = next(iter(fitted.values())).dtype if fitted else None
        return fitted | {name: jnp.asarray(value, dtype) for name, value in self.constants}


class NeuralODE(rollout.AbstractNeuralODE, Module):
    """The flow of a field, "dopri5" and "dopri8" by diffrax; see `liesym.learn.rollout.AbstractNeuralODE`.

    Arguments:
        max_steps: of the adaptive solvers.
        options: those of `AbstractNeuralODE`.
    """

    field: Any
    bare: bool = static()
    solver: str = static()
    gradient: str = static()
    substeps: int = static()
    rtol: float = static()
    atol: float = static()
    retract: Any
    held: Any
    max_steps: int = static()

    def __init__(self, field: Field, *, max_steps: int = 4096, **options: Any) -> None:
        super().__init__(field, **options)
        self.max_steps = max_steps

    def adaptive(self, x0: Array, times: Array, args: Any) -> Array:
        """States of shape (…, K, m), each sample with its own steps."""
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
                diffrax.ODETerm(_Bound(self.field, self.bare)), solver, clock[0], clock[-1], None, start, extra,
                saveat=saveat, adjoint=adjoint, **backward,
            )  # fmt: skip
            return solution.ys  # pyright: ignore[reportReturnType]

        batch = x0.shape[:-1]
        if not batch:
            return one(x0, times, args)
        flat, clocks = x0.reshape(-1, x0.shape[-1]), jnp.broadcast_to(times, (*batch, times.shape[-1]))
        extra = jax.tree.map(lambda a: _flat(jnp.asarray(a, x0.dtype), batch), args)
        states = jax.vmap(one)(flat, clocks.reshape(-1, times.shape[-1]), extra)
        return states.reshape(*batch, *states.shape[1:])


def _flat(values: Array, batch: tuple[int, ...]) -> Array:
    """An argument with the samples on its first axis: one that has no axes of the batch is the same for each."""
    rest = values.shape[len(batch) :]
    return jnp.broadcast_to(values, (*batch, *rest)).reshape(-1, *rest)


class _Bound(eqx.Module):
    """A field as a pytree that diffrax can differentiate, its output typed like the state."""

    field: Any
    bare: bool = static()

    def __call__(self, t: Any, x: Array, args: Any) -> Array:
        return jnp.asarray(call(self.field, self.bare, jnp.asarray(t, x.dtype), x, args), x.dtype)


class LevelSets(levels.AbstractLevelSets):
    """k functions I_j(t, x) and the linear algebra of their level sets; see `liesym.learn.levels.AbstractLevelSets`."""

    arrays = ARRAYS


class HybridODE(hybrid.AbstractHybridODE, Module):
    """The field of a system whose functions are networks; see `liesym.learn.hybrid.AbstractHybridODE`."""

    levels_class = LevelSets
    system: Any = static()
    function: Any = static()
    positive: frozenset[str] = static()
    separate: frozenset[str] = static()
    functions: dict[str, Any]
    given: Any = static()
    theta: dict[str, Array]

    def keep(self, functions: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Keep modules as parts of the tree, other callables and inputs apart from it."""
        self.functions = {n: f for n, f in functions.items() if isinstance(f, eqx.Module)}
        self.given = _Given({n: f for n, f in functions.items() if n not in self.functions} | inputs)

    def store(self, stored: dict[str, float], dtype: Any) -> None:
        """Keep the trained parameters."""
        self.theta = {name: ARRAYS.weights(value, dtype) for name, value in stored.items()}

    def parameters_by_name(self) -> dict[str, Any]:
        """The parameters as they enter the equations."""
        return {n: jnp.exp(v) if n in self.positive else v for n, v in self.theta.items()}

    def callables(self) -> dict[str, Callable[..., Array]]:
        """The functions by name, point by point."""
        return self.given.by_name | {name: partial(self._at, name, module) for name, module in self.functions.items()}

    def holding(self, function: Any, t: Any, x: Array, args: Any) -> Array:
        """See `liesym.learn.hybrid.AbstractHybridODE`; compiled, for any numbers in t and args."""
        given = self.checked(t, x, args)
        x = jnp.asarray(x)
        clock = None if t is None else jnp.asarray(t, x.dtype)
        return _compiled(self, function, clock, x, given)

    def _at(self, name: str, module: Any, *point: Any) -> Array:
        arguments = jnp.broadcast_arrays(*point)
        apart = name in self.separate or getattr(module, "in_size", None) == "scalar"
        points = [a.reshape(-1) for a in arguments]
        try:
            values = jax.vmap(module if apart else lambda *one: module(jnp.stack(one)))(*points)
        except (TypeError, ValueError, RuntimeError, IndexError) as error:
            one = [p[0] for p in points] if apart else [jnp.stack([p[0] for p in points])]
            raise hybrid.refused(name, one, error) from error
        mechanics.check_scalar(name, values.shape, (arguments[0].size,))
        return values.reshape(arguments[0].shape)


@partial(eqx.filter_jit, inline=True)
def _compiled(field: HybridODE, function: Any, t: Any, x: Array, args: dict[str, Array]) -> Array:
    return hybrid.AbstractHybridODE.holding(field, function, t, x, args)


class _Given:
    """Callables that are no part of the tree; hybrids that hold the same ones have the same structure."""

    def __init__(self, by_name: dict[str, Callable[..., Any]]) -> None:
        self.by_name = by_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self._marks() == other._marks()

    def __hash__(self) -> int:
        return hash(frozenset(self._marks().items()))

    def _marks(self) -> dict[str, int]:
        return {name: id(function) for name, function in self.by_name.items()}


class TangentProjection(layers.AbstractTangentProjection, Module):
    """f - G⁺ (∂_t I + G f); see `liesym.learn.layers.AbstractTangentProjection`."""

    inner: Any
    bare: bool = static()
    relative: bool = static()
    levels: Any = static()
    held: Any


class Stabilization(layers.AbstractStabilization, Module):
    """f - γ G⁺ (I(t, x) - I(t_0, x_0)); see `liesym.learn.layers.AbstractStabilization`."""

    inner: Any
    bare: bool = static()
    relative: bool = static()
    levels: Any = static()
    held: Any
    gamma: float = static()


class EquivariantField(layers.AbstractEquivariantField, Module):
    """f = Σ_j c_j(I) V_j; see `liesym.learn.layers.AbstractEquivariantField`."""

    coefficients: Any
    invariants: Any = static()
    frame: Any = static()
    transform: Any = static()
    base: Any = static()
    certificate: Any = static()


class ScalarNetwork(mechanics.AbstractScalarNetwork, Module):
    """A network with one output; see `liesym.learn.mechanics.AbstractScalarNetwork`."""

    network: MLP
    angles: tuple[int, ...] = static()
    lines: tuple[int, ...] = static()
    scale: tuple[float, ...] = static()
    time: bool = static()
    kinetic: float = static()


class LagrangianODE(mechanics.AbstractLagrangianODE, Module):
    """The Euler-Lagrange equations of a scalar; see `liesym.learn.mechanics.AbstractLagrangianODE`."""

    lagrangian: Any
    inverse: str = static()
    tolerance: float | None = static()


class HamiltonianODE(mechanics.AbstractHamiltonianODE, Module):
    """Hamilton's equations of a scalar; see `liesym.learn.mechanics.AbstractHamiltonianODE`."""

    hamiltonian: Any


class PoissonODE(structure.AbstractPoissonODE, Module):
    """x' = J ∇H; see `liesym.learn.structure.AbstractPoissonODE`."""

    hamiltonian: Any
    certificate: Any = static()
    entries: Any = static()


class MetriplecticODE(structure.AbstractMetriplecticODE, Module):
    """x' = J ∇E + |∇E|² ∇S - (∇E·∇S) ∇E; see `liesym.learn.structure.AbstractMetriplecticODE`."""

    potential: Any
    entropy: Any
    certificate: Any = static()
    entries: Any = static()
    casimirs: Any = static()


class PortHamiltonianODE(structure.AbstractPortHamiltonianODE, Module):
    """x' = (J - L Lᵀ) ∇H + G u(t); see `liesym.learn.structure.AbstractPortHamiltonianODE`."""

    hamiltonian: Any
    inputs: Any = static()
    certificate: Any = static()
    entries: Any = static()
    damping: Any = static()
    ports: Any = static()


class InvariantLayer(noether.AbstractInvariantLayer, Module):
    """(I_1, …, I_r)(t, q, v); see `liesym.learn.noether.AbstractInvariantLayer`."""

    basis: Any = static()
    scale: tuple[float, ...] | None = static()
    function: Any = static()


class InvariantScalar(noether.AbstractInvariantScalar, Module):
    """L = MLP(I_1, …, I_r); see `liesym.learn.noether.AbstractInvariantScalar`."""

    layer_class = InvariantLayer
    layer: InvariantLayer
    network: MLP


class NoetherMonitor(noether.AbstractNoetherMonitor):
    """The charges of a learned Lagrangian; see `liesym.learn.noether.AbstractNoetherMonitor`."""

    arrays, equations_class = ARRAYS, LagrangianODE


class ContrastiveInvariant(contrastive.AbstractContrastiveInvariant, Module):
    """H̄(x) = M (H(x / s) - μ); see `liesym.learn.contrastive.AbstractContrastiveInvariant`."""

    levels_class = LevelSets
    network: MLP
    slope: Array | None
    mean: Array
    mixing: Array
    scale: tuple[float, ...] = static()
    normalization: str = static()

    def begin(self, states: int, components: int, linear: bool, dtype: Any) -> None:
        """Statistics that change nothing, and no linear part yet."""
        self.slope = ARRAYS.weights(jnp.zeros((components, states)), dtype) if linear else None
        self.mean, self.mixing = (ARRAYS.weights(a, dtype) for a in (jnp.zeros(components), jnp.eye(components)))


class ConservationProjection(contrastive.AbstractConservationProjection, Module):
    """f - G⁺ G f; see `liesym.learn.contrastive.AbstractConservationProjection`."""

    inner: Any
    levels: LevelSets = static()
    trust: Any = static()

    def impose(self, invariant: ContrastiveInvariant) -> None:
        """Keep its level sets, whose arrays are constants then."""
        self.levels = invariant.level_sets()


class Autoencoder(contrastive.AbstractAutoencoder, Module):
    """z = E(x / s), x ≈ s D(z); see `liesym.learn.contrastive.AbstractAutoencoder`."""

    encoder: MLP
    decoder: MLP
    scale: float = static()


class SymmetryLoss(objectives.AbstractSymmetryLoss):
    """L = data + Σ_i w_i mean(r_i²); see `liesym.learn.objectives.AbstractSymmetryLoss`."""

    arrays = ARRAYS


class GroupAugmentation(objectives.AbstractGroupAugmentation):
    """Windows moved along a group; see `liesym.learn.objectives.AbstractGroupAugmentation`."""

    arrays = ARRAYS


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
