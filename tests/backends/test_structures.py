"""Fields with a bracket, with friction that keeps the energy, and with ports: their laws hold for any network in them."""

from __future__ import annotations

import numpy as np
import pytest
from training_support import kit as kit

from liesym.errors import TrainingError

TOP = [["0", "-z", "y"], ["z", "0", "-x"], ["-y", "x", "0"]]
PREY = [["0", "x*y", "-x*z"], ["-x*y", "0", "y*z"], ["x*z", "-y*z", "0"]]
SPHERE, PRODUCT = "x^2 + y^2 + z^2", "x*y*z"
STATES = np.random.default_rng(0).uniform(0.4, 1.5, (6, 3))
CASES = {"rigid body": (TOP, SPHERE, lambda x: 2 * x), "three species": (PREY, PRODUCT, lambda x: x.prod(1)[:, None] / x)}


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def network(found, dtype, inputs, seed=0):
    return found.MLP((inputs, 8, 1), activation="tanh", seed=seed, dtype=dtype)


def slopes(found, scalar, x, step=1e-6):
    """By differences."""
    rows = []
    for unit in np.eye(x.shape[1]) * step:
        ends = [numbers(scalar(found.as_tensor(x + s * unit)))[..., 0] for s in (1, -1)]
        rows.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(rows, 1)


@pytest.mark.parametrize("name", CASES)
def test_a_bracket_keeps_the_hamiltonian_and_its_casimir(kit, name):
    found, dtype = kit
    bracket, casimir, gradient = CASES[name]
    scalar = network(found, dtype, 3)
    field = found.PoissonODE(scalar, bracket, "xyz", [casimir])
    value = numbers(field(None, found.as_tensor(STATES)))
    slope = slopes(found, scalar, STATES)
    assert np.abs(value).max() > 1e-2 and value.shape == STATES.shape
    assert np.abs((gradient(STATES) * value).sum(1)).max() < 1e-12 and np.abs((slope * value).sum(1)).max() < 1e-8
    assert np.abs((STATES[:, ::-1] * value).sum(1)).max() > 1e-3, "nothing else is kept"
    assert len(field.certificate.laws) == 2 and [str(x) for x in field.certificate.system.unknowns] == ["x", "y", "z"]


@pytest.mark.slow_with("jax")
def test_friction_keeps_the_energy_and_the_entropy_grows(kit):
    found, dtype = kit
    energy, entropy = network(found, dtype, 3), network(found, dtype, 1, seed=1)
    field = found.MetriplecticODE(energy, entropy, TOP, ["x", "y", "z"], [SPHERE])
    x = found.as_tensor(STATES)
    value = numbers(field(None, x))
    along = slopes(found, energy, STATES)
    across = slopes(found, lambda x: field.growing(None, x), STATES)
    assert np.abs((along * value).sum(1)).max() < 1e-8
    squares = (along**2).sum(1) * (across**2).sum(1) - (along * across).sum(1) ** 2
    assert (across * value).sum(1) == pytest.approx(squares, rel=1e-5, abs=1e-9) and squares.min() > 0
    assert np.allclose(numbers(field.energy(None, x)), numbers(energy(x)))


@pytest.mark.slow_with("jax")
def test_the_hamiltonian_with_ports_has_its_balance(kit):
    found, dtype = kit
    scalar = network(found, dtype, 2)
    u = np.array([0.3, -0.7, 1.1])
    x, t = STATES[:3, :2], found.as_tensor(u)
    field = found.PortHamiltonianODE(
        scalar,
        [[0, 1], [-1, 0]],
        ["q", "p"],
        damping=[["0"], ["1 + q^2"]],
        ports=[["0"], ["q"]],
        inputs=lambda t: t[..., None],
    )
    value, slope = numbers(field(t, found.as_tensor(x))), slopes(found, scalar, x)
    supplied, lost = x[:, 0] * slope[:, 1] * u, ((1 + x[:, 0] ** 2) * slope[:, 1]) ** 2
    assert (slope * value).sum(1) == pytest.approx(supplied - lost, rel=1e-5, abs=1e-9)
    free = found.PortHamiltonianODE(scalar, [["0", "1"], ["-1", "0"]], ["q", "p"])
    rate = (slope * numbers(free(None, found.as_tensor(x)))).sum(1)
    assert np.abs(rate).max() < 1e-8 < np.abs(supplied - lost).max()


@pytest.mark.slow_with("jax")
def test_what_does_not_hold_for_every_network_is_refused(kit):
    found, dtype = kit
    scalar = network(found, dtype, 3)
    with pytest.raises(TrainingError, match="the Casimir is not kept for every network: x"):
        found.PoissonODE(scalar, TOP, "xyz", ["x"])
    with pytest.raises(TrainingError, match="the Hamiltonian is not kept"):
        found.PoissonODE(scalar, [["0", "1", "0"], ["1", "0", "0"], ["0", "0", "0"]], "xyz")
    with pytest.raises(TrainingError, match="the entropy less what is gained"):
        found.MetriplecticODE(scalar, scalar, TOP, "xyz", ["x*y"])
    with pytest.raises(TrainingError, match="no Casimir"):
        found.MetriplecticODE(scalar, scalar, TOP, "xyz", [])
    with pytest.raises(TrainingError, match="expected 3 rows"):
        found.PoissonODE(scalar, TOP[:2], "xyz")


@pytest.mark.slow_with("jax")
def test_names_are_never_taken_for_the_networks(kit):
    """States called H, t and gained, a parameter called E."""
    found, dtype = kit
    names = ["H", "t", "gained"]
    bracket = [[entry.replace("x", "H").replace("y", "t").replace("z", "gained") for entry in row] for row in TOP]
    field = found.MetriplecticODE(
        network(found, dtype, 3), network(found, dtype, 1), bracket, names, ["H^2 + t^2 + gained^2"]
    )
    plain = found.MetriplecticODE(network(found, dtype, 3), network(found, dtype, 1), TOP, "xyz", [SPHERE])
    x = found.as_tensor(STATES)
    assert np.allclose(numbers(field(None, x)), numbers(plain(None, x)))
    scaled = found.PoissonODE(network(found, dtype, 2), [["0", "H"], ["-H", "0"]], ["q", "p"])
    once, twice = (numbers(scaled(None, x[:, :2], {"H": found.as_tensor(np.array(h))})) for h in (1.0, 2.0))
    assert np.allclose(2 * once, twice) and np.abs(once).max() > 1e-3
