"""Numerical flows: the ODE dv/dε = X(v) by an embedded Runge-Kutta pair, many points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sympy import lambdify

from liesym.errors import AnsatzError, Unsupported
from liesym.model.generators import VectorField

# Dormand and Prince 1980; the nodes are not needed, for the field does not depend on ε.
STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
FIFTH = np.array([35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0])
FOURTH = np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])
MOST_STEPS = 100_000

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
    Source: Dormand and Prince 1980; Hairer, Norsett and Wanner 1993, section II.4.
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
    """Adaptive steps, one step size for all points."""
    done, step = 0.0, length / 16
    for _ in range(MOST_STEPS):
        if done == length:
            return v
        last = abs(done + step) >= abs(length)
        if last:
            step = length - done
        fifth, error = _step(field, v, step)
        scale = tolerance * (1 + np.maximum(np.abs(v), np.abs(fifth)))
        ratio = float(np.max(np.abs(error) / scale, initial=0.0))
        if ratio <= 1:
            v, done = fifth, length if last else done + step
        if not np.isfinite(ratio):
            step /= 10
        else:
            step *= min(5.0, max(0.2, 0.9 * ratio**-0.2)) if ratio else 5.0
        if abs(step) < 1e-14 * abs(length):
            break
    raise Unsupported(f"the flow cannot be continued beyond epsilon = {done:.6g}: it leaves its domain there")


def _step(field: Velocity, v: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    slopes: list[np.ndarray] = []
    for row in STAGES:
        increment = np.zeros_like(v)
        for a, k in zip(row, slopes, strict=True):
            increment = increment + a * k
        slopes.append(field(v + step * increment))
    stacked = np.stack(slopes)
    fifth = v + step * np.tensordot(FIFTH, stacked, axes=1)
    return fifth, step * np.tensordot(FIFTH - FOURTH, stacked, axes=1)
