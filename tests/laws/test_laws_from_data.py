"""Laws from noisy trajectories: the true ones are found, none is claimed where there is none, bad data are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import Expr, Float, Matrix, Rational, Symbol, cos, log, sqrt

import liesym
from liesym import Trajectories, discover
from liesym.discovery import Evidence, Integral
from liesym.discovery.bodies import rotation_invariants
from liesym.discovery.driven import drives
from liesym.discovery.rivals import Judged, reconciled
from liesym.discovery.rounding import rational
from liesym.learn.trajectories import simulate

x, y, u, v = (Symbol(name, real=True) for name in "xyuv")
COUNT, SAMPLES = 40, 120
Field = Callable[[float, Sequence[float]], Sequence[float]]


def circular(rng: np.random.Generator) -> np.ndarray:
    """A start of a bound orbit of Kepler's problem."""
    angle, radius = rng.uniform(0, 6.28), rng.uniform(0.8, 1.4)
    speed = rng.uniform(0.8, 1.1) / np.sqrt(radius)
    return np.array([radius * np.cos(angle), radius * np.sin(angle), -speed * np.sin(angle), speed * np.cos(angle)])


def cube(size: int, low: float, high: float) -> Callable[[np.random.Generator], np.ndarray]:
    """Starts in a cube."""
    return lambda rng: rng.uniform(low, high, size)


KNOWN: dict[str, tuple[Field, str, Callable[[np.random.Generator], np.ndarray], list[Expr]]] = {
    "oscillator": (lambda t, z: [z[1], -2 * z[0]], "xy", cube(2, -2, 2), [2 * x**2 + y**2]),
    "Duffing": (lambda t, z: [z[1], z[0] - z[0] ** 3], "xy", cube(2, -1.8, 1.8), [2 * y**2 - 2 * x**2 + x**4]),
    "pendulum": (lambda t, z: [z[1], -np.sin(z[0])], "xy", cube(2, -1.8, 1.8), [y**2 - 2 * cos(x)]),
    "Lotka-Volterra": (
        lambda t, z: [z[0] * (1 - z[1]), 2 * z[1] * (z[0] - 1)],
        *("xy", cube(2, 0.4, 2)),
        [2 * x - 2 * log(x) + y - log(y)],
    ),
    "rigid body": (
        lambda t, z: [z[1] * z[2] / 2, -2 * z[0] * z[2] / 3, z[0] * z[1] / 5],
        *("xyu", cube(3, -2, 2)),
        [4 * x**2 + 3 * y**2, 2 * x**2 - 5 * u**2],
    ),
    "Kepler": (
        lambda t, z: [z[2], z[3], *(-np.asarray(z[:2]) / (z[0] ** 2 + z[1] ** 2) ** 1.5)],
        *("xyuv", circular),
        [x * v - y * u, u**2 + v**2 - 2 / sqrt(x**2 + y**2)],
    ),
}
NOTHING: dict[str, tuple[Field, str, Callable[[np.random.Generator], np.ndarray]]] = {
    "van der Pol": (lambda t, z: [z[1], (1 - z[0] ** 2) * z[1] - z[0]], "xy", cube(2, -2, 2)),
    "damped pendulum": (lambda t, z: [z[1], -np.sin(z[0]) - 0.1 * z[1]], "xy", cube(2, -1.8, 1.8)),
}


def measured(field: Field, names: str, start: Callable[..., np.ndarray], noise: float, seed: int = 0) -> Trajectories:
    """Trajectories with noise, as a part of the standard deviation."""
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 8, SAMPLES)
    starts = np.stack([start(rng) for _ in range(COUNT)])

    def together(t: float, flat: np.ndarray) -> np.ndarray:
        return np.stack([*field(t, flat.reshape(starts.shape[1], COUNT))]).ravel()

    flat = simulate(together, starts.T.ravel(), times, rtol=1e-8, atol=1e-9)[0]
    states = flat.reshape(SAMPLES, -1, COUNT).transpose(2, 0, 1)
    noisy = states + noise * states.std((0, 1)) * rng.normal(size=states.shape)
    return Trajectories(times, noisy, tuple(names))


def rank(expressions: Sequence[Expr], names: str) -> int:
    """How many of the expressions are functionally independent."""
    symbols = [Symbol(name, real=True) for name in names]
    at = dict(zip(symbols, (0.71, 0.43, 0.37, 0.59), strict=False))
    slopes: Any = Matrix([[e.diff(s).subs(at).evalf() for s in symbols] for e in expressions])
    return int(np.linalg.matrix_rank(np.array(slopes.tolist(), float), tol=1e-8))


@pytest.mark.parametrize("name", KNOWN)
def test_laws_are_found_in_noise(name: str) -> None:
    field, names, start, known = KNOWN[name]
    found = discover(measured(field, names, start, 0.02))
    assert {law.grade for law in found.integrals} == {"supported"}
    expressions = [law.expression for law in found.integrals]
    assert len(expressions) == len(known) == rank([*known, *expressions], names)


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_nothing_is_claimed_where_there_is_nothing(name: str, noise: float) -> None:
    found = discover(measured(*NOTHING[name], noise))
    assert all(law.grade == "approximate" for law in found.integrals)


def test_noise_alone_has_no_law() -> None:
    rng = np.random.default_rng(3)
    found = discover(Trajectories(np.linspace(0, 8, 60), rng.normal(size=(20, 60, 2)), ("x", "y")))
    assert found.integrals == () and "of the size of the signal" in found.notes[-1]


def test_ragged_irregular_and_missing() -> None:
    field, names, start, known = KNOWN["Duffing"]
    data = measured(field, names, start, 0.01)
    states = data.states.copy()
    states[::3, 10] = np.nan
    keep = np.sort(np.random.default_rng(1).permutation(SAMPLES)[:100])
    parts = [
        Trajectories(data.times[:20, keep], states[:20, keep], data.names),
        Trajectories(data.times[20:, :90], states[20:, :90], data.names),
    ]
    (law,) = discover(parts).integrals
    assert rank([law.expression, *known], names) == 1 and law.grade == "supported"


def test_the_evidence_speaks() -> None:
    (law,) = discover(measured(*KNOWN["oscillator"][:3], 0.02)).integrals
    assert 0.7 < float(law.evidence["misfit"]) < 1.4 and 0.7 < float(law.evidence["held out"]) < 1.5
    assert float(law.evidence["chance"]) < 1e-3 and float(law.evidence["signal"]) > 5


def test_rates_that_disagree_leave_a_law_approximate() -> None:
    data = measured(*KNOWN["oscillator"][:3], 0.02)
    clean = np.stack([data.states[..., 1], -2 * data.states[..., 0]], -1)
    agree = discover(Trajectories(data.times, data.states, data.names, clean))
    against = discover(Trajectories(data.times, data.states, data.names, clean[..., ::-1]))
    assert [law.grade for law in against.integrals] == ["approximate"]
    assert float(agree.integrals[0].evidence["rate misfit"]) < float(against.integrals[0].evidence["rate misfit"])


def with_rates(name: str, noise: float, seed: int) -> Trajectories:
    """The states and rates of a system, both with noise."""
    field, names, start = {**KNOWN, **NOTHING}[name][:3]  # type: ignore[dict-item]
    exact, data = (measured(field, names, start, part, seed) for part in (0.0, noise))
    rates = np.stack(field(0.0, np.moveaxis(exact.states, -1, 0)), -1)  # type: ignore[arg-type]
    rates = rates + noise * rates.std((0, 1)) * np.random.default_rng(seed + 1).normal(size=rates.shape)
    return Trajectories(data.times, data.states, data.names, rates)


@pytest.mark.parametrize("name", ["oscillator", "Duffing"])
def test_rates_lose_no_law_in_loud_noise(name: str) -> None:
    data, known = with_rates(name, 0.1, 0), KNOWN[name][3]
    (law,) = discover(data).integrals
    assert law.grade == "supported" and rank([law.expression, *known], KNOWN[name][1]) == 1
    assert float(law.evidence["rate misfit"]) < 1.5


def test_rates_make_no_law() -> None:
    assert all(law.grade == "approximate" for law in discover(with_rates("damped pendulum", 0.05, 0)).integrals)


def test_a_fraction_that_would_be_chance_stays_a_decimal() -> None:
    assert rational(0.501, 0.001) == liesym.ODESystem.parse("x' = x/2").rhs[0].coeff(x)
    assert rational(0.501, 0.2) is None and rational(0.5178, 1e-4) is None
    odd = measured(lambda t, z: [z[1], -1.2345 * z[0]], "xy", cube(2, -2, 2), 0.002)
    assert all(law.grade == "approximate" or not law.expression.has(Float) for law in discover(odd).integrals)


FURTHER: dict[str, tuple[Field, str, Callable[[np.random.Generator], np.ndarray], list[Expr]]] = {
    "nonlinear spring": (
        lambda t, z: [z[2], z[3], *(-np.asarray(z[:2]) * (z[0] ** 2 + z[1] ** 2))],
        *("xyuv", cube(4, -1.5, 1.5)),
        [x * v - y * u, 2 * u**2 + 2 * v**2 + (x**2 + y**2) ** 2],
    ),
    "epidemic": (
        lambda t, z: [-z[0] * z[1] / 2, z[0] * z[1] / 2 - z[1] / 4, z[1] / 4],
        *("xyu", cube(3, 0.2, 3)),
        [x + y + u, x + y - log(x) / 2],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FURTHER)
def test_laws_beyond_the_library_are_found(name: str) -> None:
    field, names, start, known = FURTHER[name]
    found = discover(measured(field, names, start, 0.05, seed=3))
    expressions = [law.expression for law in found.integrals if law.grade == "supported"]
    assert len(expressions) == len(known) == rank([*known, *expressions], names)


NEAR = 4 * x**2 + 3 * y**2, 2 * x**2 - 5 * u**2, x**2 + y**2 + u**2
"""The laws of the rigid body, and what changes by a thirtieth of what it could."""


def test_what_drives_a_sum_refutes_it() -> None:
    data = measured(*KNOWN["rigid body"][:3], 0.05)
    runs = list(data.runs())
    library = [x, y, u, x * y, x * u, y * u, x * y * u]
    along = drives(library, (x, y, u), runs, 0.05 * data.states.std((0, 1)))
    first, second, near = (along.against(law, (x, y, u)) for law in NEAR)
    assert max(first, second) < 4.5 < near


def test_of_rivals_the_better_one_stays_or_none_is_sure() -> None:
    sample = np.random.default_rng(0).normal(size=(200, 3))

    def left(*against: float, further: bool = False) -> list[tuple[Expr, str]]:
        judged = [Judged(Integral(law, "supported", Evidence("")), z) for law, z in zip(NEAR, against, strict=True)]
        judged[-1] = replace(judged[-1], further=further)
        return [(one.law.expression, one.law.grade) for one in reconciled(judged, 2, (x, y, u), sample)]

    assert left(1, 2, 4) == [(NEAR[0], "supported"), (NEAR[1], "supported")]
    assert left(1, 4, 2) == [(NEAR[0], "supported"), (NEAR[2], "supported")]
    assert left(1, 2, 2) == [(NEAR[0], "approximate"), (NEAR[1], "approximate")]
    assert left(1, 2, 2, further=True) == [(NEAR[0], "supported"), (NEAR[1], "supported")]
    assert left(1, 4, 2, further=True) == [(NEAR[0], "supported"), (NEAR[2], "supported")]


def test_invariants_of_rotations_do_not_turn() -> None:
    c, s, symbols = Rational(3, 5), Rational(4, 5), [Symbol(name, real=True) for name in ("a", "b", "c", "d", *"uvwz")]
    turned = {p: c * p - s * q for p, q in zip(symbols[::2], symbols[1::2], strict=True)}
    turned |= {q: s * p + c * q for p, q in zip(symbols[::2], symbols[1::2], strict=True)}
    at = dict(zip(symbols, (0.3, 1.2, -0.7, 0.4, 0.9, -0.2, 0.5, 1.1), strict=True))
    found = rotation_invariants(symbols)
    assert len(found) > 20 and rotation_invariants(symbols[:3]) == []
    for one in found:
        assert abs(float(one.xreplace(turned).evalf(subs=at)) - float(one.evalf(subs=at))) < 1e-12


def test_bad_data_are_told() -> None:
    times, states = np.linspace(0, 1, 20), np.random.default_rng(0).normal(size=(3, 20, 2))
    with pytest.raises(liesym.DataError, match="one cannot tell"):
        discover(Trajectories(times, states[0], ("x", "y")))
    with pytest.raises(liesym.DataError, match="y never changes"):
        discover(Trajectories(times, states * [1, 0], ("x", "y")))
    with pytest.raises(liesym.DataError, match="occurs twice"):
        Trajectories(np.round(times, 1), states, ("x", "y"))
    with pytest.raises(liesym.DataError, match="infinite"):
        Trajectories(times, np.where(states > 2, np.inf, states), ("x", "y"))
    with pytest.raises(liesym.DataError, match="give noise="):
        discover(Trajectories(times[:4], states[:, :4], ("x", "y")))
    with pytest.raises(liesym.DataError, match="101 columns of states; discover takes at most 20"):
        discover(Trajectories(times, np.tile(states, 51)[..., :101], tuple(f"x{k}" for k in range(101))))


def test_bad_names_rates_and_noise_are_told() -> None:
    times, states = np.linspace(0, 1, 20), np.random.default_rng(0).normal(size=(3, 20, 2))
    with pytest.raises(liesym.DataError, match=r"'x \(m\)' is not a name"):
        discover(Trajectories(times, states, ("x (m)", "y")))
    with pytest.raises(liesym.DataError, match="a name of its own"):
        discover(Trajectories(times, states, ("x", "x")))
    with pytest.raises(liesym.DataError, match="the rate of y holds no number"):
        discover(Trajectories(times, states, ("x", "y"), np.where(np.arange(2) == 1, np.nan, states)))
    with pytest.raises(liesym.DataError, match="x holds no number"):
        discover(Trajectories(times, np.where(np.arange(2) == 0, np.nan, states), ("x", "y")))
    with pytest.raises(liesym.DataError, match="infinite number among the states, rates"):
        Trajectories(times, states, ("x", "y"), np.full_like(states, np.inf))
    for noise in (-1.0, float("nan"), (0.1, 0.2, 0.3), "loud"):
        with pytest.raises(liesym.DataError, match="is not a positive standard deviation"):
            discover(Trajectories(times, states, ("x", "y")), noise=noise)  # type: ignore[arg-type]
