"""Fields, losses and all else that trains, in PyTorch: the halves of `liesym.learn` on the modules of this backend."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from liesym.errors import TrainingError
from liesym.learn import contrastive, hybrid, layers, levels, mechanics, noether, objectives, rollout, structure
from liesym.learn.calling import call
from liesym.learn.contrastive import train_invariant as train_invariant
from liesym.learn.fields import FieldResiduals
from liesym.learn.objectives import *  # noqa: F403
from liesym.learn.rollout import Field
from liesym.learn.rollout import rk4_step as rk4_step
from liesym_torch.arrays import ACTIVATIONS as ACTIVATIONS
from liesym_torch.arrays import ARRAYS, Module
from liesym_torch.arrays import MLP as MLP
from liesym_torch.tangent import projected

as_tensor = ARRAYS.as_array
_RESIDUALS, _TERMS = FieldResiduals(ARRAYS), objectives.Terms(ARRAYS)
invariance_residual, conservation_residual = _RESIDUALS.invariance_residual, _RESIDUALS.conservation_residual
backward_residual, backward_charge = _RESIDUALS.backward_residual, _RESIDUALS.backward_charge
group_residual, drift = _RESIDUALS.group_residual, _RESIDUALS.drift
misfit, invariance, conservation = _TERMS.misfit, _TERMS.invariance, _TERMS.conservation
speed_ratio, at_points, data_drift = _TERMS.speed_ratio, _TERMS.at_points, _TERMS.data_drift
symbolic_scalar = partial(mechanics.symbolic_scalar, ARRAYS)
rk4_rollout = rollout.RungeKutta(ARRAYS).rollout


class MLPField(rollout.AbstractMLPField, Module):
    """f(t, x) = s · MLP(x / s); see `liesym.learn.rollout.AbstractMLPField`."""

    scale: Tensor


class PositiveField(rollout.AbstractPositiveField, Module):
    """x_i' = x_i g_i(t, log x); see `liesym.learn.rollout.AbstractPositiveField`."""


class SecondOrderField(rollout.AbstractSecondOrderField, Module):
    """(q, v)' = (v, a(t, (q, v))); see `liesym.learn.rollout.AbstractSecondOrderField`."""


class Samplewise(rollout.AbstractSamplewise, Module):
    """A field of batches from a function of one sample; see `liesym.learn.rollout.AbstractSamplewise`."""

    vmap = staticmethod(torch.func.vmap)


class SymbolicField(rollout.AbstractSymbolicField, Module):
    """The right side of a system, to be fitted; see `liesym.learn.rollout.AbstractSymbolicField`."""

    def store(self, stored: dict[str, float], start: dict[str, float], fixed: Sequence[str], dtype: Any) -> None:
        """Keep all parameters, those that are fixed without a gradient."""
        weights = {name: ARRAYS.weights(value, dtype) for name, value in stored.items()}
        _check_names(stored, nn.ParameterDict())
        self.theta = nn.ParameterDict({name: nn.Parameter(w, name not in fixed) for name, w in weights.items()})

    def parameters_by_name(self) -> dict[str, Tensor]:
        """The parameters as they enter the equations."""
        return {n: torch.exp(v) if n in self.positive else v for n, v in self.theta.items()}


class NeuralODE(rollout.AbstractNeuralODE, Module):
    """The flow of a field, "dopri5" and "dopri8" by torchdiffeq; see `liesym.learn.rollout.AbstractNeuralODE`."""

    def adaptive(self, x0: Tensor, times: Tensor, args: Any) -> Tensor:
        """States of shape (…, K, m), all samples with the same steps."""
        from torchdiffeq import odeint, odeint_adjoint

        offset, common = times[..., 0], times - times[..., :1]
        while common.ndim > 1:
            if not torch.allclose(common, common[:1], rtol=0, atol=1e-12 + 1e-6 * float(common.abs().max())):
                raise TrainingError(f"{self.solver} needs samples with the same spacing of times; use rk4 where they differ")
            common = common[0]
        right_side = _Bound(self.field, self.bare, offset, args)
        # steps end at the times asked for: torchdiffeq's interpolation is of lower order than its steps
        options: dict[str, Any] = {"rtol": self.rtol, "atol": self.atol, "options": {"step_t": common[1:].detach()}}
        solve = odeint
        if self.gradient == "adjoint":
            solve = odeint_adjoint
            options["adjoint_params"] = (*right_side.parameters(), *_trained_in(args))
        try:
            states: Any = solve(right_side, x0, common, method=self.solver, **options)
        except AssertionError as error:
            raise TrainingError(f"{self.solver} cannot go on: {error}; the field may be stiff or diverge") from None
        return torch.movedim(states, 0, -2)


def _trained_in(args: Any) -> list[Tensor]:
    """The tensors among arguments that the adjoint equations are to give a gradient."""
    leaves = torch.utils._pytree.tree_leaves(args)  # pyright: ignore[reportPrivateImportUsage]
    return [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.requires_grad]


class _Bound(nn.Module):
    """A field in the form that torchdiffeq calls: time since the first one, and the state."""

    def __init__(self, field: Field, bare: bool, offset: Tensor, args: Any) -> None:
        super().__init__()
        self.field, self.bare, self.offset, self.args = field, bare, offset, args

    def forward(self, since: Tensor, x: Tensor) -> Tensor:
        return call(self.field, self.bare, (self.offset + since).expand(x.shape[:-1]), x, self.args)


class LevelSets(levels.AbstractLevelSets):
    """k functions I_j(t, x) and the linear algebra of their level sets; see `liesym.learn.levels.AbstractLevelSets`."""

    arrays = ARRAYS

    def tangent(self, t: Any, x: Tensor, vector: Tensor, args: Any = None, *, scale: Tensor | None = None) -> Tensor:
        """See `liesym.learn.levels.AbstractLevelSets`; in one operation of torch where that can be."""
        fast = projected(self, t, x, vector, args) if scale is None else None
        return super().tangent(t, x, vector, args, scale=scale) if fast is None else fast


def _check_names(names: Iterable[str], container: nn.Module) -> None:
    for name in names:
        if hasattr(container, name):
            raise TrainingError(
                f"{name}: containers of torch have a method of that name; give it another name in the equations"
            )


class HybridODE(hybrid.AbstractHybridODE, Module):
    """The field of a system whose functions are networks; see `liesym.learn.hybrid.AbstractHybridODE`."""

    levels_class = LevelSets

    def keep(self, functions: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Keep modules as parts, other callables and inputs as they are."""
        modules = {n: f for n, f in functions.items() if isinstance(f, nn.Module)}
        _check_names(modules, nn.ModuleDict())
        self.functions = nn.ModuleDict(modules)
        self.given = {n: f for n, f in functions.items() if not isinstance(f, nn.Module)} | inputs

    def store(self, stored: dict[str, float], dtype: Any) -> None:
        """Keep the trained parameters."""
        _check_names(stored, nn.ParameterDict())
        self.theta = nn.ParameterDict({name: nn.Parameter(ARRAYS.weights(v, dtype)) for name, v in stored.items()})

    def parameters_by_name(self) -> dict[str, Tensor]:
        """The parameters as they enter the equations."""
        return {n: torch.exp(v) if n in self.positive else v for n, v in self.theta.items()}

    def callables(self) -> dict[str, Callable[..., Tensor]]:
        """The functions by name, point by point."""
        return self.given | {name: self._called(name, module) for name, module in self.functions.items()}

    def _called(self, name: str, module: nn.Module) -> Callable[..., Tensor]:
        """The function of a module, with its own derivative where that is less work than a reverse pass."""
        if isinstance(module, MLP) and name not in self.separate and module.slope is not None:
            return _Network(name, module, False)
        return _Function(name, module, name in self.separate)


class _Function:
    """A module as a function of n arguments, point by point.

    Arguments:
        name: of the function that it stands for.
        module: takes the arguments on a last axis, or each by itself.
        separate: which of the two.
    """

    def __init__(self, name: str, module: nn.Module, separate: bool) -> None:
        self.name, self.module, self.separate = name, module, separate

    def __call__(self, *point: Any) -> Tensor:
        arrays = (as_tensor(a, self.module) if not isinstance(a, Tensor) else a for a in point)
        arguments = torch.broadcast_tensors(*arrays)
        inputs = tuple(arguments) if self.separate else (torch.stack(arguments, -1),)
        values = self.tried(self.module, inputs, inputs)
        return values[..., 0] if mechanics.check_scalar(self.name, values.shape, arguments[0].shape) else values

    def tried(self, work: Callable[..., Any], given: tuple[Tensor, ...], inputs: tuple[Tensor, ...]) -> Any:
        """work(*given), or what is wrong with the inputs of the module."""
        if torch.compiler.is_compiling():
            return work(*given)
        try:
            return work(*given)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            weights = next((p.dtype for p in self.module.parameters() if p.is_floating_point()), None)
            raise hybrid.refused(self.name, inputs, error, weights) from error


class _Network(_Function):
    """A dense network, which brings its own first derivatives."""

    module: MLP

    def along(self, at: Sequence[Tensor], directions: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The values and their derivatives along the directions."""
        inputs = torch.stack(tuple(at), -1)
        values, rates = self.tried(self.module.along, (inputs, torch.stack(tuple(directions), -1)), (inputs,))
        mechanics.check_scalar(self.name, values.shape, at[0].shape)
        return values[..., 0], rates[..., 0]


class TangentProjection(layers.AbstractTangentProjection, Module):
    """f - G⁺ (∂_t I + G f); see `liesym.learn.layers.AbstractTangentProjection`."""


class Stabilization(layers.AbstractStabilization, Module):
    """f - γ G⁺ (I(t, x) - I(t_0, x_0)); see `liesym.learn.layers.AbstractStabilization`."""


class EquivariantField(layers.AbstractEquivariantField, Module):
    """f = Σ_j c_j(I) V_j; see `liesym.learn.layers.AbstractEquivariantField`."""


class ScalarNetwork(mechanics.AbstractScalarNetwork, Module):
    """A network with one output; see `liesym.learn.mechanics.AbstractScalarNetwork`."""

    scale: Tensor


class LagrangianODE(mechanics.AbstractLagrangianODE, Module):
    """The Euler-Lagrange equations of a scalar; see `liesym.learn.mechanics.AbstractLagrangianODE`."""


class HamiltonianODE(mechanics.AbstractHamiltonianODE, Module):
    """Hamilton's equations of a scalar; see `liesym.learn.mechanics.AbstractHamiltonianODE`."""


class PoissonODE(structure.AbstractPoissonODE, Module):
    """x' = J ∇H; see `liesym.learn.structure.AbstractPoissonODE`."""


class MetriplecticODE(structure.AbstractMetriplecticODE, Module):
    """x' = J ∇E + |∇E|² ∇S - (∇E·∇S) ∇E; see `liesym.learn.structure.AbstractMetriplecticODE`."""


class PortHamiltonianODE(structure.AbstractPortHamiltonianODE, Module):
    """x' = (J - L Lᵀ) ∇H + G u(t); see `liesym.learn.structure.AbstractPortHamiltonianODE`."""


class InvariantLayer(noether.AbstractInvariantLayer, Module):
    """(I_1, …, I_r)(t, q, v); see `liesym.learn.noether.AbstractInvariantLayer`."""


class InvariantScalar(noether.AbstractInvariantScalar, Module):
    """L = MLP(I_1, …, I_r); see `liesym.learn.noether.AbstractInvariantScalar`."""

    layer_class = InvariantLayer


class NoetherMonitor(noether.AbstractNoetherMonitor):
    """The charges of a learned Lagrangian; see `liesym.learn.noether.AbstractNoetherMonitor`."""

    arrays, equations_class = ARRAYS, LagrangianODE


class ContrastiveInvariant(contrastive.AbstractContrastiveInvariant, Module):
    """H̄(x) = M (H(x / s) - μ); see `liesym.learn.contrastive.AbstractContrastiveInvariant`."""

    mean: Tensor
    mixing: Tensor
    levels_class = LevelSets

    def begin(self, states: int, components: int, linear: bool, dtype: Any) -> None:
        """Statistics that change nothing, and no linear part yet."""
        self.slope = nn.Parameter(ARRAYS.weights([[0.0] * states] * components, dtype)) if linear else None
        self.hold("mean", [0.0] * components, dtype)
        self.hold("mixing", torch.eye(components).tolist(), dtype)


class ConservationProjection(contrastive.AbstractConservationProjection, Module):
    """f - G⁺ G f; see `liesym.learn.contrastive.AbstractConservationProjection`."""

    def impose(self, invariant: ContrastiveInvariant) -> None:
        """Keep a copy that is not trained."""
        self.invariant = copy.deepcopy(invariant).requires_grad_(False)

    @property
    def levels(self) -> LevelSets:
        """The level sets that the field keeps."""
        return self.invariant.level_sets()


class Autoencoder(contrastive.AbstractAutoencoder, Module):
    """z = E(x / s), x ≈ s D(z); see `liesym.learn.contrastive.AbstractAutoencoder`."""


class SymmetryLoss(objectives.AbstractSymmetryLoss):
    """L = data + Σ_i w_i mean(r_i²); see `liesym.learn.objectives.AbstractSymmetryLoss`."""

    arrays = ARRAYS


class GroupAugmentation(objectives.AbstractGroupAugmentation):
    """Windows moved along a group; see `liesym.learn.objectives.AbstractGroupAugmentation`."""

    arrays = ARRAYS


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
