"""Numerical flows: the ODE dv/dε = X(v) by an embedded Runge-Kutta method, many points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sympy import lambdify

from liesym.errors import AnsatzError, Unsupported
from liesym.model.generators import VectorField

MOST_STEPS = 100_000
FINEST = 1e-13
"""Tolerances below this are those of rounding."""

Velocity = Callable[[np.ndarray], np.ndarray]


def numeric_flow(
    generator: VectorField,
    points: np.ndarray,
    epsilon: float,
    *,
    parameters: Mapping[str, float] | None = None,
    tolerance: float = 1e-10,
) -> np.ndarray:
    """exp(εX) of points, by numerical integration; for every generator that can be evaluated.

    Arguments:
        generator: X over (t, x_1, …, x_m).
        points: array of shape (..., m + 1), in the order of the variables.
        epsilon: the group parameter.
        parameters: name -> value, one for each parameter in X.
        tolerance: relative and absolute error allowed a step.

    Returns:
        Array of the same shape.

    Raises:
        AnsatzError: wrong shape, or a parameter without a value.
        Unsupported: the flow leaves its domain before ε is reached.
    Source: Dormand and Prince 1980; Hairer, Norsett and Wanner 1993, section II.10 (DOP853).
    """
    start = np.asarray(points, dtype=np.float64)
    if start.shape[-1:] != (len(generator.variables),):
        raise AnsatzError(
            f"points need {len(generator.variables)} coordinates in the last axis; this array has the shape {start.shape}"
        )
    field = _callable(generator, parameters or {})
    flat = start.reshape(-1, start.shape[-1])
    with np.errstate(all="ignore"):
        return _integrate(field, flat, float(epsilon), tolerance).reshape(start.shape)


def _callable(generator: VectorField, parameters: Mapping[str, float]) -> Velocity:
    given = {str(k): v for k, v in parameters.items()}
    found = {s for c in generator.components for s in c.free_symbols} - set(generator.variables)
    missing = sorted(str(s) for s in found if str(s) not in given)
    if missing:
        raise AnsatzError(f"no value is given for {', '.join(missing)}")
    ordered = sorted(found, key=str)
    compiled = lambdify((*generator.variables, *ordered), list(generator.components))
    constants = [float(given[str(s)]) for s in ordered]

    def field(v: np.ndarray) -> np.ndarray:
        values = compiled(*v.T, *constants)
        columns = [np.broadcast_to(np.asarray(c, dtype=np.float64), v.shape[:1]) for c in values]
        return np.stack(columns, axis=-1)

    return field


def _integrate(field: Velocity, v: np.ndarray, length: float, tolerance: float) -> np.ndarray:
    """Adaptive steps, one step size for all points.

    SciPy measures an error by its mean square over all numbers; divided by the root of their count, the tolerance holds
    for each of them.
    """
    from scipy.integrate import DOP853

    if not length or not v.size:
        return v
    allowed = max(tolerance / np.sqrt(v.size), FINEST)
    run = DOP853(
        lambda _, flat: field(flat.reshape(v.shape)).ravel(), 0.0, v.ravel(), length,
        rtol=allowed, atol=allowed, first_step=abs(length) / 16,
    )  # fmt: skip
    for _ in range(MOST_STEPS):
        if run.status != "running" or not np.isfinite(run.f).all():
            break
        run.step()
    if run.status != "finished":
        raise Unsupported(f"the flow cannot be continued beyond epsilon = {run.t:.6g}: it leaves its domain there")
    return run.y.reshape(v.shape)
