"""The four systems of the experiment with learned invariants: equations, initial states, invariants.

Source: Zhang et al. 2023, section 4 and appendix A; ranges of the initial states as in its published code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.integrate import solve_ivp

NODES, SPACING = 101, 0.1
RATES = tuple(10 * math.exp(-energy * 1000 / (8.31 * 250)) for energy in (5.74, 7.47))


@dataclass(frozen=True, slots=True)
class Task:
    """One system.

    Arguments:
        field: x' for states (n, m).
        starts: (random generator, count, for tests) -> initial states (count, m).
        invariants: name -> function of states (…, m).
        last, count: the training trajectories end at time `last` and have `count` states.
        horizon: of the tests.
        equations: as text, empty where there are too many.
    """

    field: Callable[[np.ndarray], np.ndarray]
    starts: Callable[[np.random.Generator, int, bool], np.ndarray]
    invariants: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...]
    last: float
    count: int
    horizon: float
    equations: str = ""


def directions(random: np.random.Generator, count: int, low: float) -> np.ndarray:
    """Unit vectors of uniform points in [low, 1]²."""
    found = random.uniform(low, 1.0, (count, 2))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def spring_starts(random: np.random.Generator, count: int, test: bool) -> np.ndarray:
    """Radius 0.3 to 1.2, any direction."""
    return directions(random, count, -1.0) * random.uniform(0.3, 1.2, (count, 1))


def chemical_starts(random: np.random.Generator, count: int, test: bool) -> np.ndarray:
    """Positive amounts of norm up to 100; up to 200 in tests."""
    radius = random.uniform(0.0, 200.0, (count, 1)) if test else random.uniform(0.1, 100.1, (count, 1))
    return directions(random, count, 0.0) * radius


def kepler_starts(random: np.random.Generator, count: int, test: bool) -> np.ndarray:
    """Nearest points of clockwise orbits, distance 0.1 to 1, speed squared 1 to 1.3 times that of the circle."""
    q, radius = directions(random, count, -1.0), random.uniform(0.1, 1.0, (count, 1))
    speed = np.sqrt(random.uniform(1.0, 1.3, (count, 1)) / radius)
    return np.concatenate([q * radius, np.stack([q[:, 1], -q[:, 0]], 1) * speed], axis=1)


def heat_starts(random: np.random.Generator, count: int, test: bool) -> np.ndarray:
    """exp(-(y - c)²/w), c in [-1, 1], w in [0.125, 0.5]."""
    y = SPACING * (np.arange(NODES) - NODES // 2)
    centre, width = random.uniform(-1, 1, (count, 1)), random.uniform(0.125, 0.5, (count, 1))
    return np.exp(-((y - centre) ** 2) / width)


def chemical(x: np.ndarray) -> np.ndarray:
    """A to B and back at constant rates."""
    flux = RATES[1] * x[..., 1] - RATES[0] * x[..., 0]
    return np.stack([flux, -flux], -1)


def kepler(x: np.ndarray) -> np.ndarray:
    """x'' = -x/r³ in the plane."""
    radius = np.linalg.norm(x[..., :2], axis=-1, keepdims=True)
    return np.concatenate([x[..., 2:], -x[..., :2] / radius**3], -1)


def heat(x: np.ndarray) -> np.ndarray:
    """Second differences with insulated ends."""
    padded = np.concatenate([x[..., :1], x, x[..., -1:]], -1)
    return (padded[..., 2:] - 2 * x + padded[..., :-2]) / SPACING**2


def energy(x: np.ndarray) -> np.ndarray:
    """v²/2 - 1/r."""
    return 0.5 * (x[..., 2:] ** 2).sum(-1) - 1.0 / np.linalg.norm(x[..., :2], axis=-1)


def momentum(x: np.ndarray) -> np.ndarray:
    """x y' - y x'."""
    return x[..., 0] * x[..., 3] - x[..., 1] * x[..., 2]


TASKS = {
    "spring": Task(
        lambda x: 2 * np.stack([x[..., 1], -x[..., 0]], -1), spring_starts,
        (("q² + p²", lambda x: (x**2).sum(-1)),), 3.0, 30, 50.0,
        "q' = 2*p; p' = -2*q",
    ),
    "chemical": Task(
        chemical, chemical_starts, (("x1 + x2", lambda x: x.sum(-1)),), 3.0, 30, 10.0,
        "x1' = k2*x2 - k1*x1; x2' = k1*x1 - k2*x2",
    ),
    "Kepler": Task(
        kepler, kepler_starts, (("energy", energy), ("momentum", momentum)), 10.0, 100, 5.0,
        "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)",
    ),
    "heat": Task(heat, heat_starts, (("sum", lambda x: x.sum(-1)),), 10.0, 100, 1.0),
}  # fmt: skip


@lru_cache
def _modes() -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of the discrete Laplacian."""
    return np.linalg.eigh(heat(np.eye(NODES)))


def truth(task: Task, starts: np.ndarray, times: np.ndarray) -> np.ndarray:
    """True states (n, K, m): by its modes for the heat equation, else by DOP853."""
    if task.field is heat:
        values, vectors = _modes()
        return np.einsum("nk,tk,mk->ntm", starts @ vectors, np.exp(np.outer(times, values)), vectors)
    shape = starts.shape
    found = solve_ivp(
        lambda t, y: task.field(y.reshape(shape)).ravel(), (times[0], times[-1]), starts.ravel(), "DOP853",
        t_eval=times, rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    return np.moveaxis(found.y.reshape(*shape, len(times)), -1, 1)


def trajectories(task: Task, count: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """States and rates (count, times, m) of training trajectories, both with independent normal noise."""
    random = np.random.default_rng((seed, 1))
    states = truth(task, task.starts(random, count, False), np.linspace(0.0, task.last, task.count))
    rates = task.field(states)
    return tuple(a + noise * random.standard_normal(a.shape) for a in (states, rates))  # pyright: ignore[reportReturnType]
