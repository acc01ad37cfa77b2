"""Equations from trajectories under known symmetries, and relations between their parameters that the data allow."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import S, Symbol

import liesym
from liesym import ODESystem, Trajectories, discover
from liesym.discovery.equivariant import equivariant, read_symmetries
from liesym.discovery.library import monomials
from liesym.learn.trajectories import simulate

x, y, t = (Symbol(name, real=True) for name in "xyt")
STATES = np.random.default_rng(0).uniform(-2, 2, (100, 2))
TURN = "x: -y; y: x"


def measured(text: str, noise: float, low: float, high: float, *, names: str = "", time: float = 10, count: int = 24):
    """Noisy trajectories of a first-order system, 100 samples each."""
    system = ODESystem.parse(text)
    rng = np.random.default_rng(7)
    field = liesym.lower(system, backend="numpy")
    starts = rng.uniform(low, high, (count, len(system.unknowns)))
    times = np.linspace(0, time, 100)
    together = lambda s, flat: np.asarray(field(s, flat.reshape(starts.shape), {})).ravel()  # noqa: E731
    states = simulate(together, starts.ravel(), times, rtol=1e-8, atol=1e-9)[0].reshape(100, *starts.shape).swapaxes(0, 1)
    noisy = states + noise * states.std((0, 1)) * rng.normal(size=states.shape)
    own = [s.name for s in system.unknowns]
    kept = [own.index(name) for name in (names or own)]
    return Trajectories(times, noisy[..., kept], tuple(own[k] for k in kept))


FIELDS = {
    TURN: [(-y, x), (x, y), (-(x**2) * y - y**3, x**3 + x * y**2), (x**3 + x * y**2, x**2 * y + y**3)],
    "x: 2*x; y: y": [(x, 0), (0, y), (y**2, 0)],
    "t: t; x: -x; y: -y": [(x**2, 0), (0, x**2), (x * y, 0), (0, x * y), (y**2, 0), (0, y**2)],
}


@pytest.mark.parametrize("text", FIELDS)
def test_the_fields_with_a_symmetry(text: str) -> None:
    generators = read_symmetries([text], (x, y), t)
    basis = equivariant([S.One, *monomials((x, y), 3)], (x, y), t, generators, STATES)
    assert basis is not None and set(basis.shown) == set(FIELDS[text]) and basis.begin == (0, 0)
    for field in basis.shown:
        assert generators[0].is_symmetry_of(ODESystem(t, (x, y), (1, 1), field))


def test_a_boost_asks_for_a_rate() -> None:
    """t ∂_x + ∂_y: x' = y + c."""
    basis = equivariant([S.One, x, y], (x, y), t, read_symmetries(["x: t; y: 1"], (x, y), t), STATES)
    assert basis is not None and basis.begin == (y, 0) and basis.shown == ((1, 0), (0, 1))


def test_symmetries_are_read_from_text_records_and_results() -> None:
    found = discover(ODESystem.parse("x' = y; y' = -x"), region=((-2, 2), (-2, 2)))
    scaling = next(law for law in found.generators if law.expression == (0, x, y))
    plain = Symbol("x"), Symbol("y")
    given = [scaling, scaling.generator, "x: x; y: y"]
    assert {one.components for one in read_symmetries(given, plain, Symbol("t"))} == {(0, *plain)}
    with pytest.raises(liesym.DataError, match="holds y"):
        read_symmetries([scaling.generator], (x, Symbol("z")), t)
    with pytest.raises(liesym.Unsupported, match="not linear"):
        read_symmetries(["t: x"], (x, y), t)
    with pytest.raises(liesym.DataError, match="is no generator"):
        read_symmetries([3], (x, y), t)
    with pytest.raises(liesym.DataError, match="identify=True"):
        discover(measured("x' = y; y' = -x", 0.1, -2, 2), symmetries=[TURN])
    with pytest.raises(liesym.DataError, match="of a function or a system they are found"):
        discover(lambda s, z: -z, names="xy", region=((-1, 1), (-1, 1)), symmetries=[TURN])


def test_a_spiral_in_loud_noise_has_the_symmetry_that_is_known() -> None:
    data = measured("x' = -x/10 - y; y' = x - y/10", 0.2, -2, 2)
    found = discover(data, identify=True, symmetries=[TURN])
    assert found.system is not None
    a, b = found.system.rhs
    turned = {x: y, y: -x}
    assert set(a.free_symbols) >= {x, y} and (a.xreplace(turned) - b).expand() == 0
    assert "have the symmetries x ∂y − y ∂x" in " ".join(found.notes)
    assert [law.grade for law in found.integrals if law.grade == "supported"] == []


def test_a_symmetry_that_the_data_do_not_have_gives_no_equations() -> None:
    found = discover(measured("x' = y; y' = x - x^3", 0.02, -1.8, 1.8), identify=True, symmetries=[TURN])
    assert found.system is None and "with the symmetries" in found.notes[0]


@pytest.mark.slow
def test_a_relation_that_brings_a_symmetry_is_asked_of_the_data() -> None:
    """x'' = -a x' - b x - c x³ has a second symmetry where b = 2a²/9."""
    text = "x' = v; v' = -0.63*v - {b}*x - 0.7123*x^3"
    near = discover(measured(text.format(b=2 * 0.63**2 / 9), 0.01, -3, 3, names="x", time=6), identify=True, budget=10)
    (told,) = near.hypotheses
    assert told.deviation < 3 and len(told.generators) == 1 and "2*a" in told.relation
    assert "[hypothesis]" in str(near) and near.to_json()["hypotheses"]
    far = discover(measured(text.format(b=0.21), 0.01, -3, 3, names="x", time=6), identify=True, budget=10)
    assert far.system is not None and far.system.parameters and far.hypotheses == ()
