"""First numbers for the parameters of a system, from data without a solver: collocation by the trapezoidal
rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from liesym.learn.trajectories import Trajectories
from liesym.lowering.lower import lower
from liesym.lowering.target import field_of
from liesym.model.system import ODESystem
from liesym.residuals import phase_state


def match_parameters(
    system: ODESystem,
    data: Trajectories,
    *,
    start: Mapping[str, float] | None = None,
    known: Mapping[str, float] | None = None,
    logarithmic: bool = False,
    iterations: int = 100,
) -> dict[str, float]:
    """Parameters that minimize Σ (x_(k+1) - x_k - h/2 (f_k + f_(k+1)))², by least squares.

    The error is that of the trapezoidal rule and of the noise, so the values are a start for a fit of
    trajectories, not the end of it. Linear parameters are found in one step.

    Arguments:
        system: its states are those of `phase_state`.
        data: trajectories of all these states; steps at whose ends one was not measured are left out.
        start: where to begin, 1 unless given.
        known: parameters that stay as they are.
        logarithmic: compare logarithms of the states, and of the rates x'/x.
        iterations: at most.

    Returns:
        Name -> value for all parameters; positive ones stay positive.
    Source: Varah 1982 (collocation); Branch, Coleman and Li 1999 (SciPy's trust region).
    """
    fixed = dict(known or {})
    begin = {p.name: 1.0 if p.value is None else float(p.value) for p in system.parameters} | dict(start or {})
    free = [p for p in system.parameters if p.name not in fixed]
    positive = np.array(["positive" in p.assumptions for p in free], dtype=bool)

    def unpack(u: np.ndarray) -> dict[str, float]:
        with np.errstate(over="ignore"):
            numbers = np.where(positive, np.exp(u), u)
        return fixed | {p.name: float(v) for p, v in zip(free, numbers, strict=True)}

    u = np.array([np.log(begin[p.name]) if "positive" in p.assumptions else begin[p.name] for p in free])
    if not len(free):
        return fixed
    return unpack(_least_squares(_defects(system, data, free, unpack, positive, logarithmic), u, iterations))


def _defects(
    system: ODESystem,
    data: Trajectories,
    free: list,
    unpack: Callable[[np.ndarray], dict[str, float]],
    positive: np.ndarray,
    logarithmic: bool,
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """u -> (defects, their Jacobian) of the trapezoidal rule on the data."""
    states, field = phase_state(system), field_of(system).expressions
    slopes = [f.diff(p.symbol) for f in field for p in free]
    options = {"backend": "numpy", "t": system.independent, "parameters": system.parameter_symbols}
    value, slope = lower(list(field), states, **options), lower(slopes, states, **options)
    x, h = data.states, np.diff(data.times, axis=1)[..., None]
    size = np.sqrt(np.nanmean(x**2, axis=(0, 1))) + 1e-300
    units = x if logarithmic else np.broadcast_to(size, x.shape)
    change = np.diff(np.log(x) if logarithmic else x / size, axis=1)
    whole = data.complete
    known = (whole[:, 1:] & whole[:, :-1])[..., None]

    def mean(values: np.ndarray) -> np.ndarray:
        return 0.5 * (values[:, 1:] + values[:, :-1])

    def defects(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        numbers = unpack(u)
        with np.errstate(all="ignore"):
            rate = value(data.times, x, numbers) / units
            jacobian = slope(data.times, x, numbers).reshape(*x.shape, len(free)) / units[..., None]
            chain = np.array([numbers[p.name] if yes else 1.0 for p, yes in zip(free, positive, strict=True)])
            defect, slope_of = change - h * mean(rate), -h[..., None] * mean(jacobian) * chain
            return np.where(known, defect, 0.0).ravel(), np.where(known[..., None], slope_of, 0.0).reshape(-1, len(free))

    return defects


def _least_squares(
    defects: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], u: np.ndarray, iterations: int
) -> np.ndarray:
    """The minimum near u, u itself where the defects there are no numbers."""
    from scipy.optimize import least_squares

    if not all(np.isfinite(part).all() for part in defects(u)):
        return u
    slopes: Any = lambda v: defects(v)[1]  # noqa: E731 the stub knows of names of differences alone
    found = least_squares(
        lambda v: defects(v)[0], u, slopes,
        x_scale="jac", xtol=1e-10, ftol=1e-15, gtol=1e-15, max_nfev=iterations,
    )  # fmt: skip
    return found.x
