"""The systems of the experiment on exact laws: their Lagrangians and groups, their true solutions, and samples of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from harness import Config

from liesym.invariants import SymmetryGroup, rotations, stationarity, translations
from liesym.lowering.lower import lower
from liesym.variational import Lagrangian, euler_lagrange

XYZ = ("x", "y", "z")
SPACETIME = ("T", *XYZ)
PAIR = (("a1", "a2", "a3", "a4"), ("b1", "b2", "b3", "b4"))


@dataclass(frozen=True, slots=True, eq=False)
class Physics:
    """A system: its Lagrangian, groups by the name of a variant, the start, and which charges are watched.

    `places` are the positions whose error is measured; `noted` names the groups of the table of true charges.
    """

    key: str
    lagrangian: Lagrangian
    groups: dict[str, SymmetryGroup]
    start: np.ndarray
    places: tuple[int, ...]
    watched: dict[str, SymmetryGroup]


def kepler(config: Config) -> Physics:
    """An orbit of angular momentum 1, mass and attraction 1, from the perihelion on the x axis."""
    e = config["kepler"]["eccentricity"]
    known = Lagrangian.parse("(x'^2 + y'^2 + z'^2)/2 + 1/sqrt(x^2 + y^2 + z^2)", unknowns=XYZ)
    still, turns = stationarity(XYZ), rotations([XYZ], reflections=True)
    start = np.array([1 / (1 + e), 0, 0, 0, 1 + e, 0.0])
    return Physics("kepler", known, {"free": still, "rotations": still + turns}, start, (0, 1, 2), {"L": turns})


def schwarzschild(config: Config) -> Physics:
    """A geodesic of the Schwarzschild metric in isotropically written Cartesian coordinates, along proper time."""
    rs = config["schwarzschild"]["radius"]
    r2, size = "(x^2 + y^2 + z^2)", f"({round(1000 * rs)}/1000)"
    known = Lagrangian.parse(
        f"-(1 - {size}/sqrt{r2})*T'^2/2 + (x'^2 + y'^2 + z'^2)/2"
        f" + (x*x' + y*y' + z*z')^2*{size}/(2*{r2}*(sqrt{r2} - {size}))",
        unknowns=SPACETIME,
        independent="s",
    )
    names: dict[str, Any] = {"unknowns": SPACETIME, "independent": "s"}
    still = stationarity(SPACETIME, independent="s") + stationarity(SPACETIME, along="T", independent="s")
    turns = rotations([XYZ], reflections=True, **names)
    r0 = 10 * rs
    speed = 1.26 * np.sqrt(0.5 * rs / r0) / np.sqrt(1 - rs / r0)
    clock = np.sqrt((1 + speed**2) / (1 - rs / r0))
    start = np.array([0, r0, 0, 0, clock, 0, speed, 0.0])
    return Physics("schwarzschild", known, {"free": still, "rotations": still + turns}, start, (1, 2, 3), {"L": turns})


def particles(config: Config) -> Physics:
    """Two particles in four dimensions with the potential -r²/2 + r⁴/4 and total momentum 0."""
    (m1, m2), names = config["particles"]["masses"], sum(PAIR, ())
    r2 = "(" + " + ".join(f"({a}-{b})^2" for a, b in zip(*PAIR, strict=True)) + ")"
    squares = [" + ".join(f"{q}'^2" for q in point) for point in PAIR]
    text = f"{m1}*({squares[0]})/2 + {m2}*({squares[1]})/2 + {r2}/2 - {r2}^2/4"
    known = Lagrangian.parse(text, unknowns=names)
    still, turns, moves = stationarity(names), rotations(PAIR, reflections=True), translations(PAIR)
    random = np.random.default_rng(config["particles"]["start_seed"])
    q, momentum = random.standard_normal(8), random.standard_normal(4)
    groups = {
        "free": still,
        "translations": still + moves,
        "rotations": still + turns,
        "rotations and translations": still + turns + moves,
    }
    start = np.concatenate([q, momentum / m1, -momentum / m2])
    return Physics("particles", known, groups, start, tuple(range(8)), {"L": turns, "M": moves})


SYSTEMS: dict[str, Callable[[Config], Physics]] = {
    "Kepler": kepler,
    "Schwarzschild": schwarzschild,
    "two particles": particles,
}


# -- data ------------------------------------------------------------------------------------------


@lru_cache
def true_field(lagrangian: Lagrangian) -> Any:
    """(q, v) -> (v, q'') of the known Lagrangian, from its Euler-Lagrange equations."""
    return lower(euler_lagrange(lagrangian), backend="jax")


def true_states(physics: Physics, start: np.ndarray, times: np.ndarray, substeps: int) -> np.ndarray:
    """The true states in float64, by small Runge-Kutta steps."""
    import jax
    import jax.numpy as jnp
    from liesym_jax.toolkit import rk4_rollout

    field = true_field(physics.lagrangian)
    with jax.enable_x64(True):
        solve = jax.jit(lambda x, t: rk4_rollout(field, x, t, substeps=substeps))
        return np.asarray(solve(jnp.asarray(start), jnp.asarray(times)))


def samples(config: Config, physics: Physics) -> np.ndarray:
    """Exact (q, v, q'') of shape (N, 3, m) on one orbit."""
    import jax
    import jax.numpy as jnp

    own = config[physics.key]
    if physics.key == "kepler":  # equally likely angles, from the closed form
        e = own["eccentricity"]
        phi = np.random.default_rng(0).uniform(-np.pi, np.pi, own["samples"])
        r, zero = 1 / (1 + e * np.cos(phi)), 0 * phi
        states = np.stack([r * np.cos(phi), r * np.sin(phi), zero, -np.sin(phi), e + np.cos(phi), zero], axis=1)
    else:
        times = np.arange(0.0, own["span"] + 1e-9, config["save"])
        states = true_states(physics, physics.start, times, round(config["save"] / config["step"]))
    m = states.shape[1] // 2
    with jax.enable_x64(True):
        rates = np.asarray(jax.jit(true_field(physics.lagrangian))(jnp.zeros(len(states)), jnp.asarray(states), None))
    return np.stack([states[:, :m], states[:, m:], rates[:, m:]], axis=1)
