"""Systems of which the integrals are known, or known to be none, for `bench_discover.py`, with their settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Floats = np.ndarray
Start = Callable[[np.random.Generator], Floats]


@dataclass(frozen=True, slots=True)
class Symmetric:
    """A system with its point symmetries in the span of the library, without trivial ones and multiples by integrals.

    Arguments:
        name: as the page calls it.
        equations: of first order.
        region: (least, largest) of every state.
        generators: components by the names of their variables.
        laws: integrals, whose multiples are nothing new.
    """

    name: str
    equations: str
    region: tuple[tuple[float, float], ...]
    generators: tuple[str, ...]
    laws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A system with its integrals.

    Arguments:
        name: as the page calls it.
        equations: of first order, in the text grammar.
        laws: functionally independent integrals free of time, all of them where nothing else is said; none for none.
        region: (least, largest) of every state, for a field that is called.
        start: draws a state, for trajectories.
        time: how long a trajectory is.
    """

    name: str
    equations: str
    laws: tuple[str, ...]
    region: tuple[tuple[float, float], ...] = ()
    start: Start | None = None
    time: float = 8.0


def cube(*sides: tuple[float, float]) -> Start:
    """Starts in a box."""
    low, high = np.array(sides).T
    return lambda rng: rng.uniform(low, high)


def bound(rng: np.random.Generator) -> Floats:
    """A start of a bound orbit of Kepler's problem with the unit of mass."""
    angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.4)
    speed = rng.uniform(0.8, 1.1) / np.sqrt(radius)
    return np.array([radius * np.cos(angle), radius * np.sin(angle), -speed * np.sin(angle), speed * np.cos(angle)])


def concernet_orbit(rng: np.random.Generator) -> Floats:
    """A start as ConCerNet's: radius in (0.1, 1), perpendicular speed sqrt(U(1, 1.3) / r); not so near as 0.1 here."""
    angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.0)
    speed = np.sqrt(rng.uniform(1, 1.3) / radius)
    return np.array([radius * np.cos(angle), radius * np.sin(angle), -speed * np.sin(angle), speed * np.cos(angle)])


def on_a_rod(rng: np.random.Generator) -> Floats:
    """A pendulum in the plane with a rod of a length of its own, at rest or moving along the circle."""
    length, angle, speed = rng.uniform(0.7, 1.3), rng.uniform(-1.8, 1.8), rng.uniform(-1, 1)
    x, y = length * np.sin(angle), -length * np.cos(angle)
    return np.array([x, y, -speed * y, speed * x])


def two_bodies(rng: np.random.Generator) -> Floats:
    """Two equal bodies that orbit each other and drift."""
    x, y, u, v = bound(rng)
    a, b, c, d = rng.uniform(-0.3, 0.3, 4)
    return np.array([a + x / 2, b + y / 2, a - x / 2, b - y / 2, c + u / 2, d + v / 2, c - u / 2, d - v / 2])


def ring(low: float, high: float) -> Start:
    """Starts in a ring of the plane."""

    def draw(rng: np.random.Generator) -> Floats:
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(low, high)
        return np.array([radius * np.cos(angle), radius * np.sin(angle)])

    return draw


KEPLER = "x' = u; y' = v; u' = -x/(x^2 + y^2)^(3/2); v' = -y/(x^2 + y^2)^(3/2)"
LENZ = "v*(x*v - y*u) - x/sqrt(x^2 + y^2)"
ENERGY = "u^2 + v^2 - 2/sqrt(x^2 + y^2)"
SPIN = "x*v - y*u"
ORBITS = ((0.5, 2), (-2, -0.4), (-1, 1), (-1, 1))
SQUARE = ((-2.0, 2.0),) * 2
CUBE = ((-2.0, 2.0),) * 3
BOX = ((-1.5, 1.5),) * 4
BODIES = (((1.0, 2.0), (-0.3, 0.3)), ((-2.0, -1.0), (-0.3, 0.3)), ((-0.3, 0.3), (1.0, 2.0)))
THREE_BODIES = "; ".join(
    [f"{q}{k}' = {p}{k}" for k in "123" for q, p in ("xu", "yv")]
    + [
        f"{p}{k}' = " + " + ".join(f"({q}{j} - {q}{k})/((x{j} - x{k})^2 + (y{j} - y{k})^2)^(3/2)" for j in "123" if j != k)
        for k in "123"
        for q, p in ("xu", "yv")
    ]
)
ROD = "(u^2 + v^2 - y)/(x^2 + y^2)"
PAIR = "((x1 - x2)^2 + (y1 - y2)^2)"

FIELDS = (
    Known("oscillator", "x' = p; p' = -x", ("x^2 + p^2",), SQUARE),
    Known("anharmonic oscillator", "x' = p; p' = -x - x^3", ("2*p^2 + 2*x^2 + x^4",), SQUARE),
    Known("isotropic oscillator", "x' = u; y' = v; u' = -x; v' = -y", ("x^2 + u^2", "y^2 + v^2", SPIN), BOX),
    Known(
        *("oscillators 1 : 2", "x' = u; y' = v; u' = -x; v' = -4*y"),
        *(("x^2 + u^2", "4*y^2 + v^2", "y*(x^2 - u^2) + x*u*v"), BOX),
    ),
    Known("incommensurable oscillators", "x' = u; y' = v; u' = -x; v' = -2*y", ("x^2 + u^2", "2*y^2 + v^2"), BOX),
    Known(
        *("anharmonic, central", "x' = u; y' = v; u' = -x*(1 + x^2 + y^2); v' = -y*(1 + x^2 + y^2)"),
        *(("2*u^2 + 2*v^2 + 2*x^2 + 2*y^2 + (x^2 + y^2)^2", SPIN), BOX),
    ),
    Known("pendulum", "x' = p; p' = -3*sin(x)/2", ("p^2 - 3*cos(x)",), SQUARE),
    Known("Kepler, plane", KEPLER, (ENERGY, SPIN, LENZ), ORBITS),
    Known("Lotka-Volterra", "x' = x*(2/3 - 4*y/3); y' = y*(x - 1)", ("x - log(x) + 4*y/3 - 2*log(y)/3",), ((0.3, 3),) * 2),
    Known(
        *("three bodies, plane", THREE_BODIES),
        (
            *("u1 + u2 + u3", "v1 + v2 + v3", "x1*v1 - y1*u1 + x2*v2 - y2*u2 + x3*v3 - y3*u3"),
            "(x1 + x2 + x3)*(v1 + v2 + v3) - (y1 + y2 + y3)*(u1 + u2 + u3)",
            "u1^2 + u2^2 + u3^2 + v1^2 + v2^2 + v3^2 - 2/sqrt((x1 - x2)^2 + (y1 - y2)^2)"
            " - 2/sqrt((x1 - x3)^2 + (y1 - y3)^2) - 2/sqrt((x2 - x3)^2 + (y2 - y3)^2)",
        ),
        (*(side for body in BODIES for side in body), *((-0.5, 0.5),) * 6),
    ),
    Known(
        *("rigid body", "x' = y*u/2; y' = -2*x*u/3; u' = x*y/5"),
        *(("4*x^2 + 3*y^2", "2*x^2 - 5*u^2"), CUBE),
    ),
    Known(
        *("Hénon-Heiles", "x' = u; y' = v; u' = -x - 2*x*y; v' = -y - x^2 + y^2"),
        *(("3*u^2 + 3*v^2 + 3*x^2 + 3*y^2 + 6*x^2*y - 2*y^3",), BOX),
    ),
    Known(
        *(
            "Toda, three particles",
            "x' = u; y' = v; z' = w; "
            "u' = exp(z - x) - exp(x - y); v' = exp(x - y) - exp(y - z); w' = exp(y - z) - exp(z - x)",
        ),
        (
            "u + v + w",
            "u^2 + v^2 + w^2 + 2*exp(x - y) + 2*exp(y - z) + 2*exp(z - x)",
            "u^3 + v^3 + w^3 + 3*(u + v)*exp(x - y) + 3*(v + w)*exp(y - z) + 3*(u + w)*exp(z - x)",
        ),
        ((-1.0, 1.0),) * 6,
    ),
    Known(
        *("Calogero, two particles", "x' = u; y' = v; u' = 1/(x - y)^3; v' = -1/(x - y)^3"),
        ("u + v", "u^2 + v^2 + 1/(x - y)^2", "u*v*(x + y) - x*v^2 - y*u^2 - (x + y)/(x - y)^2"),
        ((0.5, 2), (-2, -0.5), (-1, 1), (-1, 1)),
    ),
    Known(
        *("Lotka-Volterra, three", "x' = x*(y - z); y' = y*(z - x); z' = z*(x - y)"),
        *(("x + y + z", "log(x) + log(y) + log(z)"), ((0.3, 2),) * 3),
    ),
    Known("SIR", "S' = -S*I/2; I' = S*I/2 - I/4; R' = I/4", ("S + I + R", "S + I - log(S)/2"), ((0.1, 1),) * 3),
    Known(
        *("enzyme", "A' = -2*A*B + C; B' = -2*A*B + 3*C/2; C' = 2*A*B - 3*C/2; P' = C/2"),
        *(("B + C", "A + C + P"), ((0.2, 2),) * 4),
    ),
    Known(
        *(
            "double pendulum",
            "x' = u; y' = v; u' = (-sin(x - y)*(v^2 + u^2*cos(x - y)) - 2*sin(x) + sin(y)*cos(x - y))/(2 - cos(x - y)^2); "
            "v' = (sin(x - y)*(2*u^2 + v^2*cos(x - y)) + 2*sin(x)*cos(x - y) - 2*sin(y))/(2 - cos(x - y)^2)",
        ),
        *(("2*u^2 + v^2 + 2*u*v*cos(x - y) - 4*cos(x) - 2*cos(y)",), ((-3.0, 3.0),) * 2 + ((-2.0, 2.0),) * 2),
    ),
    Known(
        *("charge in a magnetic field", "x' = u; y' = v; u' = 2*v; v' = -2*u"),
        *(("u - 2*y", "v + 2*x", "u^2 + v^2"), BOX),
    ),
    Known("Duffing", "x' = p; p' = x - x^3", ("2*p^2 - 2*x^2 + x^4",), SQUARE),
)
"""The table of AI Poincaré 2.0 by kinds, and those that are in every book."""

NOW = "t: 1"
SYMMETRIC = (
    Symmetric("oscillator", "x' = p; p' = -x", SQUARE, (NOW, "x: x; p: p"), ("x^2 + p^2",)),
    Symmetric(
        *("isotropic oscillator", "x' = u; y' = v; u' = -x; v' = -y", BOX),
        (NOW, *(f"{a}: {b}; {p}: {q}" for a, p in ("xu", "yv") for b, q in ("xu", "yv"))),
        ("x^2 + u^2", "y^2 + v^2", SPIN),
    ),
    Symmetric(
        *("oscillators 1 : 2", "x' = u; y' = v; u' = -x; v' = -4*y", BOX, (NOW, "x: x; u: u", "y: y; v: v", "x: u; u: -x")),
        ("x^2 + u^2", "4*y^2 + v^2", "y*(x^2 - u^2) + x*u*v"),
    ),
    Symmetric(
        *("Kepler, plane", KEPLER, ORBITS),
        (NOW, "x: -y; y: x; u: -v; v: u", "t: 3*t; x: 2*x; y: 2*y; u: -u; v: -v"),
        (ENERGY, SPIN, LENZ),
    ),
    Symmetric(
        *("rigid body", "x' = y*u/2; y' = -2*x*u/3; u' = x*y/5", CUBE, (NOW, "t: t; x: -x; y: -y; u: -u")),
        ("4*x^2 + 3*y^2", "2*x^2 - 5*u^2"),
    ),
    Symmetric(
        *("Ermakov", "x' = v; v' = 1/x^3", ((0.5, 2), (-1, 1))),
        (NOW, "t: 2*t; x: x; v: -v", "t: t^2; x: t*x; v: x - t*v"),
        ("v^2 + 1/x^2",),
    ),
    Symmetric(
        *("Ermakov with a spring", "x' = v; v' = 1/x^3 - x", ((0.5, 2), (-1, 1))),
        (
            *(NOW, "t: sin(2*t); x: x*cos(2*t); v: -v*cos(2*t) - 2*x*sin(2*t)"),
            "t: cos(2*t); x: -x*sin(2*t); v: v*sin(2*t) - 2*x*cos(2*t)",
        ),
        ("v^2 + 1/x^2 + x^2",),
    ),
    Symmetric(
        *("limit cycle", "x' = -y + x*(1 - x^2 - y^2); y' = x + y*(1 - x^2 - y^2)", SQUARE, (NOW, "x: -y; y: x")),
    ),
)
"""Systems whose symmetries of the forms that are tried are known."""

NOISY = (
    Known("ConCerNet: spring", "q' = 2*p; p' = -2*q", ("q^2 + p^2",), start=ring(0.3, 1.2), time=3),
    Known(
        *("ConCerNet: chemical", "A' = -0.631*A + 0.274*B; B' = 0.631*A - 0.274*B", ("A + B",)),
        start=lambda rng: rng.uniform(0.1, 100.1) * np.array([np.cos(a := rng.uniform(0, np.pi / 2)), np.sin(a)]),
        time=3,
    ),
    Known("ConCerNet: Kepler", KEPLER, (ENERGY, SPIN), start=concernet_orbit, time=10),
    Known("COMET: spring", "x' = p; p' = -x", ("x^2 + p^2",), start=cube((-1.5, 1.5), (-1.5, 1.5))),
    Known(
        "COMET: pendulum on a rod",
        f"x' = u; y' = v; u' = -x*{ROD}; v' = -1 - y*{ROD}",
        *(("x^2 + y^2", "u^2 + v^2 + 2*y"),),
        start=on_a_rod,
    ),
    Known(
        "COMET: damped pendulum on a rod",
        f"x' = u; y' = v; u' = -x*{ROD} - u/5; v' = -1 - y*{ROD} - v/5",
        ("x^2 + y^2",),
        start=on_a_rod,
    ),
    Known(
        "COMET: two bodies",
        "x1' = u1; y1' = v1; x2' = u2; y2' = v2; "
        + "; ".join(f"{p}{k}' = ({q}{j} - {q}{k})/{PAIR}^(3/2)/2" for k, j in ("12", "21") for q, p in ("xu", "yv")),
        (
            *("u1 + u2", "v1 + v2", "x1*v1 - y1*u1 + x2*v2 - y2*u2", "(x1 + x2)*(v1 + v2) - (y1 + y2)*(u1 + u2)"),
            f"u1^2 + u2^2 + v1^2 + v2^2 - 1/sqrt{PAIR}",
        ),
        start=two_bodies,
    ),
    Known(
        "COMET: nonlinear spring",
        "x' = u; y' = v; u' = -x*(x^2 + y^2); v' = -y*(x^2 + y^2)",
        ("2*u^2 + 2*v^2 + (x^2 + y^2)^2", SPIN),
        start=cube(*BOX),
    ),
    Known(
        *("COMET: Lotka-Volterra", "x' = x*(1 - y); y' = y*(x - 1)", ("x - log(x) + y - log(y)",)),
        start=cube((0.4, 2), (0.4, 2)),
    ),
    Known(
        *("null space: oscillator with a frequency of its own", "x' = p; p' = -w^2*x; w' = 0", ("w", "p^2 + w^2*x^2")),
        start=cube((-2, 2), (-2, 2), (0.7, 1.5)),
    ),
    Known("null space: pendulum", "x' = p; p' = -sin(x)", ("p^2 - 2*cos(x)",), start=cube((-1.8, 1.8), (-1.8, 1.8))),
    Known(
        "null space: Lotka-Volterra",
        "x' = x*(2/3 - 4*y/3); y' = y*(x - 1)",
        ("x - log(x) + 4*y/3 - 2*log(y)/3",),
        start=cube((0.4, 2), (0.3, 1.2)),
        time=12,
    ),
    Known("null space: Kepler", KEPLER, (ENERGY, SPIN), start=bound),
    Known("Duffing", "x' = p; p' = x - x^3", ("2*p^2 - 2*x^2 + x^4",), start=cube((-1.8, 1.8), (-1.8, 1.8))),
    Known("SIR", "S' = -S*I/2; I' = S*I/2 - I/4; R' = I/4", ("S + I + R", "S + I - log(S)/2"), start=cube(*((0.2, 3),) * 3)),
    Known(
        "rigid body",
        "x' = y*u/2; y' = -2*x*u/3; u' = x*y/5",
        ("4*x^2 + 3*y^2", "2*x^2 - 5*u^2"),
        start=cube(*((-2, 2),) * 3),
    ),
)
"""ConCerNet's but heat, COMET's, those with laws of the null space work, and three of the trials."""


def _random_field(seed: int) -> str:
    """A quadratic field of three states with linear and cubic friction, coefficients in sixteenths."""
    rng = np.random.default_rng(seed)
    names = "xyz"
    pairs = [a + "*" + b for i, a in enumerate(names) for b in names[i:]]
    lines = []
    for s in names:
        parts = " ".join(f"{c:+d}/16*{p}" for c, p in zip(rng.integers(-12, 13, len(pairs)), pairs, strict=True))
        linear = " ".join(f"{c:+d}/16*{p}" for c, p in zip(rng.integers(-16, 17, 3), names, strict=True))
        lines.append(f"{s}' = {parts} {linear} - {s}^3/2")
    return "; ".join(lines)


def _nothing(name: str, equations: str, start: Start, time: float = 8.0) -> Known:
    return Known(name, equations, (), start=start, time=time)


NOTHING = (
    _nothing("Lorenz", "x' = 10*(y - x); y' = x*(28 - z) - y; z' = x*y - 8*z/3", cube((-9, 9), (-9, 9), (15, 35)), 3),
    _nothing("Rössler", "x' = -y - z; y' = x + y/5; z' = 1/5 + z*(x - 57/10)", cube((-6, 6), (-6, 6), (0, 1)), 12),
    _nothing("van der Pol", "x' = y; y' = (1 - x^2)*y - x", cube(*SQUARE)),
    _nothing("damped Duffing", "x' = y; y' = x - x^3 - y/5", cube(*SQUARE)),
    _nothing("damped pendulum", "x' = y; y' = -sin(x) - y/10", cube((-1.8, 1.8), (-1.8, 1.8))),
    _nothing("damped oscillator", "x' = y; y' = -x - y/10", cube(*SQUARE)),
    _nothing("FitzHugh-Nagumo", "x' = x - x^3/3 - y + 1/2; y' = 2*(x + 7/10 - 4*y/5)/25", cube(*SQUARE), 30),
    _nothing("Brusselator", "x' = 1 + x^2*y - 4*x; y' = 3*x - x^2*y", cube((0.3, 3), (0.3, 3))),
    _nothing("Sel'kov", "x' = 3/4 - x/10 - x*y^2; y' = -y + x/10 + x*y^2", cube((0.3, 2), (0.3, 2)), 15),
    _nothing("competing species", "x' = x*(3 - x - 2*y); y' = y*(2 - x - y)", cube((0.2, 3), (0.2, 3)), 5),
    _nothing("hunters that tire", "x' = x*(1 - x/4) - x*y/(1 + x); y' = y*(x/(1 + x) - 1/2)", cube((0.3, 3), (0.3, 2)), 15),
    _nothing("Hopf", "x' = -y + x*(1 - x^2 - y^2); y' = x + y*(1 - x^2 - y^2)", cube(*SQUARE), 5),
    _nothing("Thomas", "x' = sin(y) - x/5; y' = sin(z) - y/5; z' = sin(x) - z/5", cube(*CUBE)),
    _nothing("Lorenz 1984", "x' = -y^2 - z^2 - x/4 + 2; y' = x*y - 4*x*z - y + 1; z' = 4*x*y + x*z - z", cube(*CUBE), 5),
    _nothing("Chen", "x' = 35*(y - x); y' = -7*x - x*z + 28*y; z' = x*y - 3*z", cube((-9, 9), (-9, 9), (12, 30)), 1.5),
    _nothing("Rayleigh", "x' = y; y' = y - y^3 - x", cube(*SQUARE)),
    _nothing(
        "Halvorsen",
        "x' = -7*x/5 - 4*y - 4*z - y^2; y' = -7*y/5 - 4*z - 4*x - z^2; z' = -7*z/5 - 4*x - 4*y - x^2",
        cube(*CUBE),
        1.5,
    ),
    _nothing("random field, 11", _random_field(11), cube(*CUBE), 5),
    _nothing("random field, 12", _random_field(12), cube(*CUBE), 5),
    _nothing("random field, 13", _random_field(13), cube(*CUBE), 5),
)
"""No integral is known of any of them, and of friction and limit cycles none can be that is smooth."""
