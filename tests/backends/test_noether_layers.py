"""Lagrangians of invariants and the charges of learned Lagrangians, in both backends."""

from __future__ import annotations

import numpy as np
import pytest
from runs import dealt
from sympy import Integer, symbols
from training_support import kit as kit

from liesym.errors import Unsupported
from liesym.invariants import permutations, rotations, stationarity, transformed, translations
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.variational import Lagrangian

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

T, X, Y = symbols("t x y", real=True)
XYZ = ("x", "y", "z")
PAIR = [("a", "b", "c"), ("d", "e", "f")]
SIX = ("a", "b", "c", "d", "e", "f")
RANDOM = np.random.default_rng(0)
SKEWED = [[1, 2, 0], [0, 1, 3], [1, 0, 1]]

GROUPS = {
    "rotations": rotations([XYZ]),
    "a conjugated rotation": transformed(rotations([XYZ]), SKEWED),
    "Lorentz transformations": rotations([XYZ], metric=(-1, 1, 1)),
    "rotations in the plane": rotations([("x", "y")], unknowns=XYZ),
    "translations of two": translations(PAIR),
    "rotations and translations of two": rotations(PAIR) + translations(PAIR),
}


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def halves(found, group, count=5):
    m = len(group.variables) - 1
    return [found.as_tensor(RANDOM.standard_normal((count, m))) for _ in range(2)]


def moved(group, q, v, size=0.7):
    """Each state moved along the first generator, by its exact flow."""
    from liesym.lowering.lower import lower

    exact = group.generators[0].flow()
    rows = exact.prolonged(1)
    unknowns = group.variables[1:]
    state = (*unknowns, *(symbols(f"{u.name}'", real=True) for u in unknowns))
    images = [row[k] for k in (0, 1) for row in rows]
    shift = lower(images, state, t=group.variables[0], parameters=[exact.epsilon], backend="numpy")
    x = shift(0.0, np.concatenate([numbers(q), numbers(v)], -1), {exact.epsilon.name: size})
    return x[:, : len(unknowns)], x[:, len(unknowns) :]


@pytest.mark.parametrize("name", GROUPS)
def test_outputs_are_constant_along_the_group_and_along_no_other(kit, name):
    found, dtype = kit
    group = GROUPS[name]
    scalar = found.InvariantScalar(group, width=8, seed=1, dtype=dtype)
    q, v = halves(found, group)
    base = numbers(scalar(0.0, q, v))
    assert base.shape == (5,)
    same = scalar(0.0, *map(found.as_tensor, moved(group, q, v)))
    assert np.abs(numbers(same) - base).max() < 1e-12
    other = Generator(group.variables, tuple(Integer(k == 1) * group.variables[1] for k in range(len(group.variables))))
    scaled = scalar(0.0, *map(found.as_tensor, moved(type(group)(group.variables, (other,)), q, v)))
    assert np.abs(numbers(scaled) - base).max() > 1e-3, "a scaling is no symmetry"


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("name", dealt(("rotations", "a conjugated rotation", "Lorentz transformations"), usual=2))
def test_untrained_lagrangians_conserve_their_charges(kit, name):
    """Whatever the weights are: the charges of the group stay, those of another group do not."""
    found, dtype = kit
    group = GROUPS[name] + stationarity(XYZ)
    network = found.InvariantScalar(group, width=8, seed=3, dtype=dtype)

    def scalar(t, q, v, args=None):
        """The last invariant is quadratic in the velocities: with it the equations are far from singular."""
        return network(t, q, v) + 0.5 * network.layer(t, q, v)[..., -1]

    x0 = found.as_tensor(np.array([[0.4, 0.3, -0.2, 0.5, -0.1, 0.3]]))
    times = np.linspace(0.0, 0.5, 6)
    model = found.NeuralODE(found.LagrangianODE(scalar), substeps=8)
    states = model(x0, found.as_tensor(times))
    assert found.NoetherMonitor(scalar, group).drift(times, numbers(states)).largest.max() < 1e-9
    wrong = next(other for key, other in GROUPS.items() if key != name and other.variables == group.variables)
    assert found.NoetherMonitor(scalar, wrong).drift(times, numbers(states)).largest.max() > 1e-3


def test_charges_of_a_known_lagrangian_agree_with_the_exact_ones(kit):
    """Gauge terms included: a boost of a free particle, the rotation, and minus the energy."""
    found, _ = kit
    free = Lagrangian.parse("(x'^2 + y'^2)/2", unknowns=("x", "y"))
    boost = Generator((T, X, Y), (Integer(0), T, Integer(0)))
    group = [rotations([("x", "y")]), stationarity(("x", "y")), boost]
    scalar = lambda t, q, v, args=None: 0.5 * (v * v).sum(-1)  # noqa: E731
    monitor = found.NoetherMonitor(scalar, group, gauges=[Integer(0), Integer(0), X], truth=free)
    t, x = found.as_tensor(RANDOM.standard_normal(4)), found.as_tensor(RANDOM.standard_normal((4, 4)))
    ours, exact = numbers(monitor.charges(t, x)), numbers(monitor.true_charges(t, x))
    assert ours.shape == (4, 3) and np.abs(ours - exact).max() < 1e-12
    bare = found.NoetherMonitor(scalar, group)
    assert np.abs(numbers(bare.charges(t, x))[:, 2] - exact[:, 2]).max() > 0.1, "without its gauge term it is no charge"
    with pytest.raises(Unsupported, match="truth="):
        bare.true_charges(t, x)
    with pytest.raises(Unsupported, match="no variational symmetry"):
        found.NoetherMonitor(scalar, Generator((T, X, Y), (Integer(0), X, Integer(0))), truth=free)


def test_generators_that_were_found_make_a_layer(kit):
    """The rotation of the plane Kepler problem, out of its symmetries, as an algebra and as it is."""
    found, _ = kit
    system = ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
    turns = [g for g in find_symmetries(system).generators if g.xi == 0]
    layer = found.InvariantLayer(turns)
    assert layer.size == 5 and layer.basis.functions[0] == system.independent, "t, 3 products, the determinant"
    scaled = found.InvariantLayer(turns, scale=[1, 2, 2, 2, 4])
    q, v = (found.as_tensor(RANDOM.standard_normal((3, 2))) for _ in range(2))
    values = numbers(layer(0.5, q, v))
    assert np.abs(values / numbers(scaled(0.5, q, v)) - [1, 2, 2, 2, 4]).max() < 1e-12 and (values[:, 0] == 0.5).all()
    with pytest.raises(Unsupported, match="positive number for each invariant"):
        found.InvariantLayer(turns, scale=[1, 2])


@pytest.mark.slow_with("jax")
def test_exchanged_particles_are_the_same_to_the_layer(kit):
    found, dtype = kit
    group = permutations(PAIR) + translations(PAIR) + stationarity(SIX)
    scalar = found.InvariantScalar(group, width=8, dtype=dtype)
    q, v = halves(found, group)
    swap = [3, 4, 5, 0, 1, 2]
    assert np.abs(numbers(scalar(0.0, q[:, swap], v[:, swap])) - numbers(scalar(0.0, q, v))).max() < 1e-12
    assert np.abs(numbers(scalar(0.0, q[:, swap], v)) - numbers(scalar(0.0, q, v))).max() > 1e-3
