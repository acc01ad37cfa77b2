"""Toolkits by name: what trains a network in some array library, from entry points of the group ``liesym.toolkits``.

A toolkit is a module (or another object) with the names that this project's own have, `NAMES`; one that has fewer trains
what needs no more. None is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from liesym.errors import BackendError

GROUP = "liesym.toolkits"
OWN = {"torch": "liesym_torch.toolkit", "jax": "liesym_jax.toolkit"}
"""Shipped with this distribution; named here too, so that they are found in a source tree that is not installed."""

NAMES = (
    *("Autoencoder", "Batch", "ConservationProjection", "ContrastiveInvariant", "EquivariantField"),
    *("GroupAugmentation", "HamiltonianODE", "HybridODE", "InvariantLayer", "InvariantScalar", "LagrangianODE", "LevelSets"),
    *("MLP", "MLPField", "MetriplecticODE", "NeuralODE", "NoetherMonitor", "PoissonODE", "PortHamiltonianODE"),
    *("PositiveField", "Samplewise", "ScalarNetwork", "SecondOrderField"),
    *("Stabilization", "SymbolicField", "SymmetryLoss", "TangentProjection", "as_tensor", "at_points"),
    *("audit_gradient", "augmented", "backward_charge", "backward_residual", "concatenate", "conservation"),
    *("conservation_residual", "data_drift", "derivative_misfit", "double_precision", "drift", "evaluate"),
    *("evaluate_field", "field_of", "gradient_norms", "group_residual", "invariance", "invariance_residual"),
    *("misfit", "rk4_rollout", "rk4_step", "rollout_drift", "speed_ratio", "symbolic_scalar", "term_value", "train"),
    *("train_invariant", "train_problem"),
)
"""The public names of liesym_torch and of liesym_jax besides BACKEND."""


def available_toolkits() -> tuple[str, ...]:
    """Names of the toolkits that are registered; none is imported, and any of them may still fail to load."""
    return tuple(dict.fromkeys((*OWN, *(point.name for point in entry_points(group=GROUP)))))


def toolkit(backend: str) -> Any:
    """The names of a backend for training (NeuralODE, SymmetryLoss, train, …); the same set in each.

    Arguments:
        backend: "torch", "jax", or a name that an installed distribution registers.

    Raises:
        BackendError: no such toolkit, two distributions claim the name, or it is not installed.
    """
    points = [point for point in entry_points(group=GROUP) if point.name == backend]
    targets = {OWN[backend]} if backend in OWN else {point.value for point in points}
    if not targets:
        raise BackendError(f"no training backend {backend!r}; there are {', '.join(available_toolkits())}")
    if len(targets) > 1:
        raise BackendError(f"the toolkit {backend!r} is claimed by {' and '.join(sorted(targets))}; uninstall one of them")
    try:
        return EntryPoint(backend, targets.pop(), GROUP).load()
    except ModuleNotFoundError as error:
        hint = f"liesym-ode[{backend}]" if backend in OWN else "what its distribution asks for"
        raise BackendError(f"backend {backend} needs {error.name}; install {hint}") from None


def lazily(package: str, name: str) -> Any:
    """A public name of a backend's package, which imports its library at the first use.

    Raises:
        AttributeError: the package has no such name.
    """
    if name not in ("BACKEND", *NAMES):
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(import_module(f"{package}.{'lower' if name == 'BACKEND' else 'toolkit'}"), name)
