"""Ten systems with an unknown term, the truth behind each, and the group that moves its states.

Each is what is known (text in which functions are open), the true functions, where trajectories begin, and elements of the
symmetry group drawn at random. Training starts lie in one part of what the group reaches, such as orbits of one orientation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import UndefinedFunction

import liesym
from liesym.residuals import phase_state

Random = np.random.Generator
States = np.ndarray


@dataclass(frozen=True)
class Problem:
    """A system with open functions.

    Arguments:
        text: the equations.
        truth: name of each function -> expression of its arguments.
        starts: (random, n) -> states (n, m).
        moved: (states (n, m), random) -> the same moved by an element of the group for each.
        last, step: time to which trajectories are measured, and between measurements.
        shown: name of a function, order of the derivative that the equations determine, and the argument's range.
        arguments: what the function's first argument is.
    """

    text: str
    truth: Mapping[str, Callable[..., Any]]
    starts: Callable[[Random, int], States]
    moved: Callable[[States, Random], States]
    last: float
    step: float
    shown: tuple[str, int, tuple[float, float]]
    arguments: str

    @cached_property
    def system(self) -> liesym.ODESystem:
        """The equations with open functions."""
        return liesym.ODESystem.parse(self.text)

    @cached_property
    def field(self) -> Callable[[States], States]:
        """The true field, states (n, m) -> (n, m): each open function is replaced by its truth."""
        state = phase_state(self.system)
        sides: list[Any] = list(self.system.rhs)
        for name, true in self.truth.items():
            sides = [e.replace(UndefinedFunction(name), true).doit() for e in sides]
        rates = (*state[len(self.system.unknowns) :], *sides)
        lowered = liesym.lower(list(rates), state, backend="numpy", t=self.system.independent)
        return lambda x: lowered(0.0, x, None)

    def curve(self, places: np.ndarray) -> np.ndarray:
        """The true values of what is shown; further arguments are 0."""
        name, order, _ = self.shown
        s, rest = sp.Symbol("s"), [0] * (self.arities[name] - 1)
        return sp.lambdify(s, sp.diff(self.truth[name](s, *rest), s, order), "numpy")(places) + 0 * places

    def argument(self, states: States) -> np.ndarray:
        """The first argument of the function that is shown, wherever it occurs, over states (…, m)."""
        name, state = self.shown[0], phase_state(self.system)
        points: dict[Any, Any] = {}
        for sub in set[Any]().union(*(e.atoms(sp.Subs) for e in self.system.rhs)):
            points |= dict(zip(sub.args[1], sub.args[2], strict=True))
        found = {f.args[0].subs(points) for f in self.system.functions if f.func.__name__ == name}
        return np.stack(sp.lambdify(state, sorted(found, key=str), "numpy")(*np.moveaxis(states, -1, 0)))

    @cached_property
    def arities(self) -> dict[str, int]:
        """Number of arguments of each function."""
        return {f.func.__name__: len(f.args) for f in self.system.functions}


# -- groups ----------------------------------------------------------------------------------------


def turned(*pairs: tuple[int, int]) -> Callable[[States, Random], States]:
    """Rotations by any angle, the same for each pair of components."""

    def move(x: States, random: Random) -> States:
        angle, y = random.uniform(0, 2 * np.pi, len(x)), x.copy()
        for i, j in pairs:
            y[:, i], y[:, j] = (
                np.cos(angle) * x[:, i] - np.sin(angle) * x[:, j],
                np.sin(angle) * x[:, i] + np.cos(angle) * x[:, j],
            )
        return y

    return move


def turned_in_space(x: States, random: Random) -> States:
    """Rotations in space of position and velocity."""
    frames = np.linalg.qr(random.standard_normal((len(x), 3, 3)))[0]
    frames *= np.sign(np.linalg.det(frames))[:, None, None]
    return np.concatenate([np.einsum("nij,nj->ni", frames, x[:, part]) for part in (slice(3), slice(3, 6))], axis=1)


def shifted(sizes: tuple[float, ...], groups: tuple[tuple[int, ...], ...]) -> Callable[[States, Random], States]:
    """Components of a group get one number more, drawn from ± the size."""

    def move(x: States, random: Random) -> States:
        y = x.copy()
        for size, group in zip(sizes, groups, strict=True):
            y[:, list(group)] += random.uniform(-size, size, (len(x), 1))
        return y

    return move


def scaled(x: States, random: Random) -> States:
    """All components times one number from 3 to 30."""
    return x * np.exp(random.uniform(np.log(3), np.log(30), (len(x), 1)))


# -- starts ----------------------------------------------------------------------------------------


def box(*ranges: tuple[float, float]) -> Callable[[Random, int], States]:
    """Each component from its range."""
    return lambda random, n: np.stack([random.uniform(a, b, n) for a, b in ranges], axis=1)


def epidemics(random: Random, n: int) -> States:
    """Susceptible, infected and the rest of a population of 1."""
    infected, removed = random.uniform(0.02, 0.15, n), random.uniform(0.0, 0.2, n)
    return np.stack([1 - infected - removed, infected, removed], axis=1)


# -- the ten ---------------------------------------------------------------------------------------

PAIR = "2*V'((x1-x2)^2+(y1-y2)^2)"
DOWN = "at(D(V(s, z), s), s, x^2+y^2)"
LINE, NARROW = (-0.1, 0.1), (-0.2, 0.2)
PROBLEMS: dict[str, Problem] = {
    "central force in the plane": Problem(
        "x'' = -2*V'(x^2+y^2)*x; y'' = -2*V'(x^2+y^2)*y", {"V": lambda s: -1 / sp.sqrt(s)},
        box((0.8, 1.0), LINE, LINE, (1.0, 1.2)), turned((0, 1), (2, 3)), 2.0, 0.05, ("V", 1, (0.6, 3.0)), "r²",
    ),
    "central force in space": Problem(
        "x'' = -2*V'(x^2+y^2+z^2)*x; y'' = -2*V'(x^2+y^2+z^2)*y; z'' = -2*V'(x^2+y^2+z^2)*z", {"V": lambda s: sp.log(s) / 2},
        box((0.9, 1.2), LINE, LINE, LINE, (0.8, 1.2), NARROW), turned_in_space, 2.0, 0.05, ("V", 1, (0.6, 2.5)), "r²",
    ),
    "two bodies": Problem(
        f"x1'' = {PAIR}*(x2-x1); y1'' = {PAIR}*(y2-y1); x2'' = {PAIR}*(x1-x2); y2'' = {PAIR}*(y1-y2)",
        {"V": lambda s: s / 4 + 1 / (4 * s)},
        box((0.5, 0.8), LINE, (-0.8, -0.5), LINE, LINE, (0.2, 0.4), LINE, (-0.4, -0.2)),
        shifted((5.0, 5.0, 1.0, 1.0), ((0, 2), (1, 3), (4, 6), (5, 7))), 2.0, 0.05, ("V", 1, (0.8, 2.5)), "distance²",
    ),
    "three bodies on a line": Problem(
        "x1'' = f(x2-x1) + f(x3-x1); x2'' = -f(x2-x1) + f(x3-x2); x3'' = -f(x3-x1) - f(x3-x2)",
        {"f": lambda d: 1 - sp.exp(1 - d)}, box((-1.0, -0.6), NARROW, (0.6, 1.0), NARROW, NARROW, NARROW),
        shifted((5.0, 1.0), ((0, 1, 2), (3, 4, 5))), 2.0, 0.05, ("f", 0, (0.5, 2.0)), "distance",
    ),
    "charge in an axisymmetric field": Problem(
        "x'' = b(x^2+y^2)*y'; y'' = -b(x^2+y^2)*x'", {"b": lambda s: 1 + s / 2},
        box((0.9, 1.2), LINE, NARROW, (0.6, 0.9)), turned((0, 1), (2, 3)), 2.0, 0.05, ("b", 0, (0.8, 5.0)), "r²",
    ),
    "geodesics of a surface": Problem(
        "u'' = exp(2*w(u))*w'(u)*p'^2; p'' = -2*w'(u)*u'*p'", {"w": lambda u: sp.log(2 + sp.cos(u))},
        box((-0.6, 0.6), (0.0, 0.5), (-0.4, 0.4), (0.4, 0.6)), shifted((20.0,), ((1,),)), 2.0, 0.05,
        ("w", 1, (-0.8, 0.8)), "u",
    ),
    "axisymmetric potential": Problem(
        f"x'' = -2*x*{DOWN}; y'' = -2*y*{DOWN}; z'' = -D(V(x^2+y^2, z), z)",
        {"V": lambda s, z: sp.log(1 + s + 2 * z**2)},
        box((0.9, 1.2), LINE, (0.2, 0.5), LINE, (0.4, 0.7), LINE), turned((0, 1), (3, 4)), 2.0, 0.05,
        ("V", 1, (0.3, 1.4)), "r² at z = 0",
    ),
    "spiral to a cycle": Problem(
        "x' = x*f(x^2+y^2) - y*g(x^2+y^2); y' = y*f(x^2+y^2) + x*g(x^2+y^2)",
        {"f": lambda s: (1 - s) / 4, "g": lambda s: 1 + s / 2},
        box((0.3, 1.6), NARROW), turned((0, 1)), 2.0, 0.05, ("g", 0, (0.1, 2.5)), "r²",
    ),
    "fall with drag": Problem(
        "x'' = -f(x'^2+y'^2)*x'; y'' = -f(x'^2+y'^2)*y' - 1", {"f": lambda s: sp.sqrt(1 + s) / 2},
        box((-0.5, 0.5), (-0.5, 0.5), (0.0, 1.5), (-0.5, 1.5)), shifted((10.0, 10.0), ((0,), (1,))), 2.0, 0.05,
        ("f", 0, (0.1, 2.0)), "speed²",
    ),
    "epidemic": Problem(
        "s' = -s*f(i/(s+i+r)); i' = s*f(i/(s+i+r)) - 2/5*i; r' = 2/5*i", {"f": lambda u: 6 * u / (5 + 10 * u)},
        epidemics, scaled, 2.0, 0.05, ("f", 0, (0.01, 0.25)), "share of infected",
    ),
}  # fmt: skip
