"""Generators and integrals checked in numbers: a route that the symbolic verification does not use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Expr

from liesym.errors import VerificationError
from liesym.lowering.lower import lower
from liesym.model.generators import VectorField
from liesym.model.system import ODESystem
from liesym.residuals import Residual, conservation, field_of, invariance, phase_state


def check_generator(
    generator: VectorField,
    system: ODESystem,
    *,
    parameters: Mapping[str, float] | None = None,
    points: int = 40,
    tolerance: float = 1e-8,
    seed: int = 0,
) -> None:
    """Evaluate the invariance condition at random jets on the equations.

    Arguments:
        parameters: values of the system's parameters; random positive ones unless given.
        points: how many random jets.
        tolerance: of the residual, relative to the size of its terms.

    Raises:
        VerificationError: the residual is not zero, or it could not be evaluated anywhere.
    """
    _check(invariance(generator, system), system, parameters, points, tolerance, seed)


def check_integral(
    integral: Expr,
    system: ODESystem,
    *,
    parameters: Mapping[str, float] | None = None,
    points: int = 40,
    tolerance: float = 1e-8,
    seed: int = 0,
) -> None:
    """Evaluate the rate of change of an integral at random jets on the equations.

    Arguments as `check_generator`.
    """
    _check(conservation(integral, system), system, parameters, points, tolerance, seed)


def _check(
    residual: Residual,
    system: ODESystem,
    parameters: Mapping[str, float] | None,
    points: int,
    tolerance: float,
    seed: int,
) -> None:
    draw = np.random.default_rng(seed)
    drawn = {p.name: p.value if p.value is not None else draw.uniform(0.5, 1.5) for p in system.parameters}
    values = {**drawn, **(parameters or {})}
    phase = draw.uniform(0.3, 1.4, (points, len(phase_state(system))))
    time = draw.uniform(0.3, 1.4, points)
    leading = _leading(system, time, phase, values)
    jets = np.concatenate([phase, leading], axis=1)
    found = lower(residual, backend="numpy")(time, jets, values)
    shifted = lower(residual, backend="numpy")(time, jets + 0.1 * draw.normal(size=jets.shape), values)
    usable = np.isfinite(found) & np.isfinite(shifted)
    if usable.sum() < found.size / 4:
        raise VerificationError(f"{residual.kind}: {usable.sum()} of {found.size} values are finite; too few to judge")
    scale = 1.0 + np.abs(shifted[usable]).max(initial=0.0)
    worst = float(np.abs(found[usable]).max(initial=0.0) / scale)
    if worst > tolerance:
        raise VerificationError(f"{residual.kind}: residual {worst:.1e} on the equations, above {tolerance:.0e}")


def _leading(system: ODESystem, time: np.ndarray, phase: np.ndarray, values: Mapping[str, float]) -> np.ndarray:
    """The derivatives that the equations determine."""
    velocity = lower(field_of(system), backend="numpy")(time, phase, values)
    names = [s.name for s in phase_state(system)]
    columns = []
    for x, n in zip(system.unknowns, system.orders, strict=True):
        highest = system.jets.coordinate(x, n - 1).name
        columns.append(velocity[:, names.index(highest)])
    return np.stack(columns, axis=1)
