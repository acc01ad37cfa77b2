"""Equations from noisy trajectories: the true ones, or none; what is proven in them is proven by substitution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Matrix, Symbol

import liesym
from liesym import ODESystem, Trajectories, discover
from liesym.determine.verify import is_first_integral
from liesym.discovery.coefficients import Decimal, with_parameters
from liesym.discovery.tracks import Run
from liesym.discovery.weak import Stretch, WeakForm, total, windows
from liesym.learn.trajectories import simulate

COUNT, SAMPLES = 32, 100


def measured(text: str, low: float, high: float, noise: float, shown: str = "", seed: int = 0) -> Trajectories:
    """Trajectories of a first-order system with noise, as a part of the standard deviation; some columns of them."""
    system = ODESystem.parse(text)
    rng = np.random.default_rng(seed)
    field = liesym.lower(system, backend="numpy")
    starts = rng.uniform(low, high, (COUNT, len(system.unknowns)))

    def together(t: float, flat: np.ndarray) -> np.ndarray:
        return np.asarray(field(t, flat.reshape(COUNT, -1), {})).ravel()

    times = np.linspace(0, 7, SAMPLES)
    flat = simulate(together, starts.ravel(), times, rtol=1e-8, atol=1e-9)[0]
    states = flat.reshape(SAMPLES, COUNT, -1).transpose(1, 0, 2)
    noisy = states + noise * states.std((0, 1)) * rng.normal(size=states.shape)
    names = [s.name for s in system.unknowns]
    kept = [names.index(name) for name in (shown or names)]
    return Trajectories(times, noisy[..., kept], tuple(names[k] for k in kept))


EXACT = {
    "x' = y; y' = x - x^3": (-1.8, 1.8, 0.05),
    "x' = y; y' = -sin(x) - y/10": (-2, 2, 0.02),
    "x' = y; y' = (1 - x^2)*y - x": (-2, 2, 0.05),
    "x' = x - x*y; y' = 2*x*y - 2*y": (0.4, 2, 0.02),
}


@pytest.mark.parametrize("text", EXACT)
def test_the_equations_are_those_of_the_data(text: str) -> None:
    found = discover(measured(text, *EXACT[text]), identify=True)
    system = ODESystem.parse(text)
    assert found.system is not None and found.fit is not None
    assert [(a - b).expand() for a, b in zip(found.system.rhs, system.rhs, strict=True)] == [0] * len(system.rhs)
    assert 0.7 < float(found.fit["misfit"]) < 1.5
    assert all(law.grade != "supported" and is_first_integral(law.expression, system) for law in found.integrals)
    assert all(law.generator.is_symmetry_of(system) for law in found.generators)


def test_decimals_become_parameters_that_equations_share() -> None:
    found = discover(measured("x' = 0.7123*y - 0.2345*x*y; y' = -0.7123*x + 0.2345*x^2", -2, 2, 0.01), identify=True)
    system = found.system
    assert system is not None
    assert sorted(p.value or 0 for p in system.parameters) == pytest.approx([0.2345, 0.7123], rel=0.01)
    (law,) = found.integrals
    assert law.grade == "proven" and is_first_integral(law.expression, system)
    told = found.to_json()
    assert told["equations"] == ["x' = a1*y - a2*x*y", "y' = a2*x^2 - a1*x"]
    assert list(told["parameters"]) == ["a1", "a2"]  # pyright: ignore[reportArgumentType, reportCallIssue]


@pytest.mark.parametrize(
    ("text", "equation", "integrals"),
    [("x' = v; v' = x^3/4 - x", "x'' = x^3/4 - x", 1), ("x' = v; v' = (1 - x^2)*v - x", "x'' = (1 - x^2)*x' - x", 0)],
)
def test_positions_alone_give_equations_of_order_two(text: str, equation: str, integrals: int) -> None:
    found = discover(measured(text, -0.9, 0.9, 0.01, "x"), identify=True)
    assert found.system is not None
    assert [e.expand() for e in found.system.rhs] == [e.expand() for e in ODESystem.parse(equation).rhs]
    assert [law.grade for law in found.integrals] == ["proven"] * integrals
    assert [law.expression for law in found.generators] == [(1, 0)]


NONE: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "noise": lambda rng: rng.normal(size=(20, 60, 2)),
    "walks": lambda rng: rng.normal(size=(20, 60, 2)).cumsum(1),
}


@pytest.mark.parametrize("name", NONE)
def test_no_equations_where_there_are_none(name: str) -> None:
    states = NONE[name](np.random.default_rng(3))
    found = discover(Trajectories(np.linspace(0, 8, 60), states, ("x", "y")), identify=True)
    assert found.system is None and "no equation" in found.notes[0] and "equations" in found.looked
    assert found.to_json()["equations"] is None and not found.generators


def test_a_law_that_the_equations_refute_is_not_supported() -> None:
    """x² + y² falls slower than the noise of 24 short runs shows, and the rates that are given see it."""
    rng = np.random.default_rng(1)
    data = measured("x' = y; y' = -x - y/40", -2, 2, 0.02)
    rates = np.stack([data.states[..., 1], -data.states[..., 0] - data.states[..., 1] / 40], -1)
    rates = rates + 0.002 * rng.normal(size=rates.shape)
    found = discover(Trajectories(data.times, data.states, data.names, rates), identify=True)
    assert all(law.grade == "approximate" for law in found.integrals)


def test_the_misfit_of_true_equations_is_one() -> None:
    """x' = y, y' = -x: the mean square of whitened rows, and the coefficients freed of the noise in the columns."""
    rng = np.random.default_rng(0)
    times, sigma = np.linspace(0, 12, 241), np.array([0.2, 0.1])
    stretches = []
    for _ in range(60):
        phase, size = rng.uniform(0, 6), rng.uniform(1, 2)
        exact = size * np.stack([np.sin(times + phase), np.cos(times + phase)], -1)
        run = Run(times, exact + sigma * rng.normal(size=exact.shape), None)
        rows = windows(times, 1.5)
        assert rows is not None
        stretches.append(Stretch(rows, run.states, None, run.states, np.broadcast_to(np.eye(2), (len(times), 2, 2))))
    form = WeakForm(tuple(stretches), np.zeros(2, bool), 1, sigma, None)
    normal = total(form.normals(1, np.array([-1.0, 0.0])))
    assert normal.misfit((0,), np.array([-1.0])) == pytest.approx(1, abs=5 * np.sqrt(2 / normal.rows))
    assert normal.misfit((0,), np.array([-0.95])) > 1.4
    clean = Matrix(normal.gram - normal.gram_noise).LUsolve(Matrix(normal.moment - normal.moment_noise))
    assert [float(c) for c in clean] == pytest.approx([-1, 0], abs=0.005)


@pytest.mark.parametrize("uneven", [False, True])
def test_weights_are_integrals_with_a_test_function(uneven: bool) -> None:
    """∫φ·t² dt, -∫φ'·t² dt = ∫φ·2t dt and ∫φ''·t² dt = ∫φ·2 dt."""
    times = np.linspace(0, 2, 41)
    if uneven:
        times = np.sort(np.random.default_rng(0).permutation(times)[:30])
    rows = windows(times, 0.4)
    assert rows is not None
    assert rows.first @ times**2 == pytest.approx(rows.plain @ (2 * times), rel=1e-3)
    assert rows.second @ times**2 == pytest.approx(rows.plain @ np.full(len(times), 2.0), rel=2e-2)


def test_a_column_that_differs_between_trajectories_alone_rests() -> None:
    """x'' = -w² x with w of each run in a column without noise."""
    data = measured("x' = y; y' = -w^2*x; w' = 0", 0.7, 2, 0.01)
    found = discover(data, identify=True)
    assert found.to_json()["equations"] == ["x' = y", "y' = -w^2*x", "w' = 0"]
    assert {law.grade for law in found.integrals} == {"proven"} and len(found.integrals) == 2


def test_one_state_and_two_units() -> None:
    decay = discover(measured("x' = -x/2", 0.5, 2, 0.01), identify=True)
    assert decay.to_json()["equations"] == ["x' = -x/2"] and "one state alone" in decay.notes[1]
    data = measured("x' = y; y' = -x", -2, 2, 0.01)
    found = discover(Trajectories(data.times, data.states * [1e6, 1e-4], data.names), identify=True)
    assert found.system is not None and [law.grade for law in found.integrals] == ["proven"]
    assert [p.value for p in found.system.parameters] == pytest.approx([1e10, 1e-10], rel=0.02)


def test_parameters_have_names_that_no_state_has() -> None:
    decimals = [Decimal(0, 0, 1.23, 0.001), Decimal(0, 1, -1.2305, 0.001), Decimal(1, 0, 4.5, 0.001)]
    named = with_parameters([[None, None], [None]], decimals, {"a1", "x"})
    a2, a3 = Symbol("a2", real=True), Symbol("a3", real=True)
    assert named.coefficients == ((a2, -a2), (a3,))
    assert [p.value for p in named.parameters] == pytest.approx([1.23, 4.5], rel=1e-3)


def test_time_that_runs_out_is_told() -> None:
    found = discover(measured("x' = y; y' = -x", -2, 2, 0.01), identify=True, budget=0.001)
    assert found.stopped and found.system is None and "time ran out" in found.notes[0]


def test_given_functions_enter_right_sides() -> None:
    x = Symbol("x", real=True)
    data = measured("x' = y; y' = -x/(1 + x^2)", -2, 2, 0.01)
    found = discover(data, identify=True, terms=("x/(1 + x^2)",))
    assert found.system is not None and found.system.rhs[1].expand() == (-x / (1 + x**2)).expand()
    assert "log(x^2 + 1)" in str(found) or found.integrals == ()
