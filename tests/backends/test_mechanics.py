"""Lagrangian and Hamiltonian fields: known scalars give known equations, and networks can be trained through them."""

from __future__ import annotations

import numpy as np
import pytest
from runs import dealt
from training_support import kit as kit
from training_support import value_and_gradient

import liesym
from liesym.errors import TrainingError
from liesym.learn.fitting import Sampler, Settings
from liesym.learn.trajectories import Trajectories
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.variational.lagrangian import Lagrangian, euler_lagrange

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

RANDOM = np.random.default_rng(3)
STATES, TIMES = RANDOM.standard_normal((4, 3, 4)), RANDOM.uniform(0.0, 2.0, (4, 3))
KNOWN = {
    "pendulum": ("x'^2/2 + cos(x)", ("x",)),
    "Kepler": ("(x'^2 + y'^2)/2 + 1/sqrt(x^2 + y^2)", ("x", "y")),
    "magnetic field": ("(x'^2 + y'^2)/2 + 3/2*(x*y' - y*x')*(1 + x^2)", ("x", "y")),
    "damped oscillator": ("exp(3/10*t)*(x'^2 - 2*x^2)/2", ("x",)),
    "indefinite, coupled": ("(x'^2 - y'^2)/2 + x'*y'*cos(x - y) + t*x*y'", ("x", "y")),
    "double pendulum": ("x'^2 + y'^2/2 + x'*y'*cos(x-y) + 98/5*cos(x) + 49/5*cos(y)", ("x", "y")),
}


def scalar(name):
    text, unknowns = KNOWN[name]
    return Lagrangian.parse(text, unknowns=unknowns)


def arrays(found, *values):
    return [found.as_tensor(np.asarray(v, dtype=np.float64)) for v in values]


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def values(found, function, *given):
    """The value of a function of arrays as a NumPy array; compiled in JAX, where single operations are slow."""
    if found.__name__.startswith("liesym_jax"):
        import equinox as eqx

        function = eqx.filter_jit(function)
    return numbers(function(*given))


def network(found, dtype, unknowns=2, **options):
    """A Lagrangian with a regular matrix: a network beside the kinetic energy of unit masses."""
    return found.ScalarNetwork(unknowns, width=6, depth=2, seed=4, kinetic=1.0, dtype=dtype, **options)


# -- known scalars ---------------------------------------------------------------------------------


CASES = [*((name, "solve") for name in KNOWN), ("indefinite, coupled", "pseudo")]


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize(("name", "inverse"), CASES)
def test_known_lagrangians_give_the_equations_of_the_engine(kit, name, inverse):
    """The same accelerations as the symbolic Euler-Lagrange system, to rounding; of another system's they are far."""
    found, _ = kit
    given = scalar(name)
    n = len(given.unknowns)
    t, x = arrays(found, TIMES, np.concatenate([STATES[..., :n], STATES[..., 2 : 2 + n]], -1))
    field = found.LagrangianODE(found.symbolic_scalar(given), inverse=inverse)
    exact = liesym.lower(euler_lagrange(given), backend="numpy")(numbers(t), numbers(x), None)
    size = np.maximum(np.abs(exact), 1.0)
    assert (np.abs(values(found, field, t, x) - exact) / size).max() < 1e-12
    other = found.LagrangianODE(lambda t, q, v: 0.5 * (v * v).sum(-1) - (q**4).sum(-1))
    assert np.abs(values(found, other, t, x) - exact).max() > 0.1


def test_momentum_and_energy_are_those_of_the_symbols(kit):
    found, _ = kit
    given = scalar("magnetic field")
    t, x = arrays(found, TIMES, STATES)
    field = found.LagrangianODE(found.symbolic_scalar(given))
    states = (*given.unknowns, *given.velocities)
    energy = sum(p * v for p, v in zip(given.momenta, given.velocities, strict=True)) - given.expression
    exact = liesym.lower([*given.momenta, energy], states, backend="numpy")(None, STATES, None)
    assert np.abs(values(found, field.momentum, t, x) - exact[..., :2]).max() < 1e-13
    assert np.abs(values(found, field.energy, t, x) - exact[..., 2:]).max() < 1e-13


def test_hamilton_and_lagrange_agree(kit):
    """For the oscillator in a magnetic field, with p = v + A(q): the same velocity and the same acceleration."""
    found, _ = kit
    t, x = arrays(found, TIMES, STATES)

    def lagrangian(t, q, v):
        return 0.5 * (v * v).sum(-1) + q[..., 0] * v[..., 1] * q[..., 0] - 0.5 * (q * q).sum(-1)

    def hamiltonian(t, q, p):
        along, across = p[..., 0], p[..., 1] - q[..., 0] * q[..., 0]
        return 0.5 * (along * along + across * across) + 0.5 * (q * q).sum(-1)

    one, two = found.LagrangianODE(lagrangian), found.HamiltonianODE(hamiltonian)
    q, v = x[..., :2], x[..., 2:]
    (phase,) = arrays(found, np.concatenate([q, values(found, one.momentum, t, x)], -1))
    rates, a = values(found, two, t, phase), values(found, one, t, x)[..., 2:]
    assert np.abs(rates[..., :2] - numbers(v)).max() < 1e-13
    shift = 2 * STATES[..., 0] * STATES[..., 2]  # dp_y/dt = a_y + d(x²)/dt
    assert np.abs(rates[..., 2] - a[..., 0]).max() < 1e-12
    assert np.abs(rates[..., 3] - a[..., 1] - shift).max() < 1e-12 < np.abs(shift).max()
    assert np.abs(values(found, two.energy, t, phase) - values(found, one.energy, t, x)).max() < 1e-13


def test_parameters_come_through_args_and_batches_may_differ(kit):
    found, _ = kit
    given = Lagrangian.parse("m*x'^2/2 - k*x^2/2", unknowns=("x",))
    field = found.LagrangianODE(found.symbolic_scalar(given))
    m, k, x = arrays(found, RANDOM.uniform(1, 2, 5), 3.0, STATES[0, 0, :2] + np.zeros((5, 1)))
    rates = values(found, lambda m, k, x: field(0.0, x, {"m": m, "k": k}), m, k, x)
    assert np.abs(rates[:, 1] + 3.0 * numbers(x)[:, 0] / numbers(m)).max() < 1e-14
    single = values(found, lambda m, k, x: field(None, x, {"m": m, "k": k}), m[0], k, x[0])
    assert single.shape == (2,) and np.abs(single - rates[0]).max() < 1e-14


# -- singular matrices -----------------------------------------------------------------------------


@pytest.mark.slow_with("jax")
def test_a_singular_matrix_is_refused_or_solved_by_least_squares(kit):
    """L = x'²/2 - x²/2 + y x' does not determine y''; the shortest solution has y'' = 0 and x'' = -x - y'."""
    found, _ = kit
    (x,) = arrays(found, STATES[0])

    def lagrangian(t, q, v):
        return 0.5 * v[..., 0] ** 2 - 0.5 * q[..., 0] ** 2 + q[..., 1] * v[..., 0]

    with pytest.raises(TrainingError, match="singular"):
        found.LagrangianODE(lagrangian)(0.0, x)
    rates = values(found, lambda x: found.LagrangianODE(lagrangian, inverse="pseudo")(0.0, x), x)
    expected = np.stack([-STATES[0][:, 0] - STATES[0][:, 3], np.zeros(3)], -1)
    assert np.abs(rates[:, 2:] - expected).max() < 1e-14


def test_the_pseudo_inverse_can_be_differentiated_where_singular_values_coincide(kit):
    """L = c |q'|²/2 - |q|²/2 at c = 1 has q'' = -q/c, with the derivative q by c."""
    found, _ = kit
    x, c = arrays(found, STATES[0], 1.0)

    def total(c):
        field = found.LagrangianODE(lambda t, q, v: 0.5 * c * (v * v).sum(-1) - 0.5 * (q * q).sum(-1), inverse="pseudo")
        return field(0.0, x)[..., 2].sum()

    if found.__name__.startswith("liesym_torch"):
        slope = __import__("torch").func.grad(total)(c)
    else:
        jax = __import__("jax")
        slope = jax.jit(jax.grad(total))(c)
    assert float(slope) == pytest.approx(STATES[0][:, 0].sum(), rel=1e-13)


# -- networks --------------------------------------------------------------------------------------


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("inverse", ["solve", "pseudo"])
def test_the_derivative_by_weights_is_right(kit, inverse):
    """Against a difference quotient in float64, through the second derivatives and the linear solve."""
    found, dtype = kit
    field = found.LagrangianODE(network(found, dtype, angles=(0,), scale=(1.0, 2.0, 3.0, 4.0), time=True), inverse=inverse)
    t, x = arrays(found, TIMES[0], STATES[0])
    if found.__name__.startswith("liesym_torch"):
        import torch

        weight = field.lagrangian.network.weights[1]
        (slope,) = torch.autograd.grad((field(t, x) ** 2).sum(), weight)

        def moved(step):
            with torch.no_grad():
                weight[0, 1] += step
                moment = float((field(t, x) ** 2).sum())
                weight[0, 1] -= step
            return moment
    else:
        import equinox as eqx

        def place(f):
            return f.lagrangian.network.weights[1]

        slope = place(eqx.filter_jit(eqx.filter_grad(lambda f: (f(t, x) ** 2).sum()))(field))

        def moved(step):
            nearby = eqx.tree_at(place, field, place(field).at[0, 1].add(step))
            return float((values(found, nearby, t, x) ** 2).sum())

    quotient = (moved(1e-5) - moved(-1e-5)) / 2e-5
    assert float(slope[0, 1]) == pytest.approx(quotient, rel=1e-6) and abs(quotient) > 1e-3


def test_backends_agree_in_both_precisions():
    """The same network has the same accelerations in torch and in JAX."""
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    from liesym.learn.fitting import toolkit

    one, two = toolkit("torch"), toolkit("jax")
    for name, tolerance in (("float32", 1e-4), ("float64", 1e-12)):
        with jax.enable_x64(name == "float64"):
            dtype = getattr(torch, name)
            a = one.LagrangianODE(network(one, dtype))(0.0, torch.tensor(STATES[0], dtype=dtype))
            field = two.LagrangianODE(network(two, np.dtype(name)))
            b = jax.jit(lambda x, field=field: field(0.0, x))(jax.numpy.asarray(STATES[0], name))
            assert str(a.dtype) == f"torch.{name}" and b.dtype == np.dtype(name)
            assert np.abs(numbers(a) - numbers(b)).max() < tolerance


@pytest.mark.parametrize(
    "kind", dealt(("LagrangianODE", "HamiltonianODE"), slow=2, late=("LagrangianODE", "HamiltonianODE"))
)
def test_gradients_of_the_adjoint_and_of_the_steps_agree(kit, kind):
    """The adjoint of the adaptive solver, its own steps and fixed Runge-Kutta steps; few steps differ."""
    found, dtype = kit
    field = getattr(found, kind)(network(found, dtype))
    choices = {
        "steps": {"solver": "dopri5", "rtol": 1e-8, "atol": 1e-9},
        "adjoint": {"solver": "dopri5", "gradient": "adjoint", "rtol": 1e-8, "atol": 1e-9},
        "rk4": {"substeps": 16},
        "few": {"substeps": 1},
    }
    slopes = {}
    for name, options in choices.items():
        model = found.NeuralODE(field, **options)
        slopes[name] = value_and_gradient(found, model, 2 * STATES[0, 0], np.array([0.0, 1.0]))[1]
    error = {name: np.abs(slope - slopes["steps"]).max() / np.abs(slope).max() for name, slope in slopes.items()}
    assert error["adjoint"] < 1e-6 and error["rk4"] < 1e-6 and error["few"] > 1e-5


@pytest.mark.slow_with("jax")
def test_energy_is_conserved_along_the_flow_of_any_network(kit):
    """By the equations themselves, whatever the weights; with time in the network it is not."""
    found, dtype = kit
    for time, low, high in ((False, 0.0, 1e-6), (True, 1e-4, 10.0)):
        field = found.LagrangianODE(network(found, dtype, time=time))
        times, start = np.linspace(0.0, 1.5, 8), STATES[0]
        states = found.evaluate(found.NeuralODE(field, substeps=4), start, times)
        energies = values(found, field.energy, *arrays(found, times, states))
        assert low <= np.abs(energies - energies[:, :1]).max() < high


def test_invariance_of_a_learned_lagrangian_field_can_be_measured(kit):
    """A scalar of r² and v² has an invariant field; one of x alone has not. Forward mode goes over the second order."""
    found, dtype = kit
    residual = found.invariance_residual
    t, x, y = ODESystem.parse("x'' = 0; y'' = 0").variables
    rotation = Generator((t, x, y), (0 * t, -y, x))
    inner = network(found, dtype, unknowns=1)

    def lagrangian(t, q, v):
        return inner(t, (q * q).sum(-1)[..., None], (v * v).sum(-1)[..., None])

    when, states = arrays(found, TIMES[0], STATES[0])
    kept = residual(found.LagrangianODE(lagrangian), rotation, order=2)
    broken = residual(found.LagrangianODE(network(found, dtype)), rotation, order=2)
    sizes = [np.abs(values(found, condition, when, states)).max() for condition in (kept, broken)]
    assert sizes[0] < 1e-11 < 1e-3 < sizes[1]


@pytest.mark.slow_with("jax")
def test_training_goes_through_the_existing_loop(kit):
    found, dtype = kit
    times = np.linspace(0.0, 2.0, 21)
    states = np.stack([np.stack([r * np.cos(2 * times), -2 * r * np.sin(2 * times)], -1) for r in (0.5, 1.0, 1.5)])
    data = Trajectories(np.tile(times, (3, 1)), states, ("q", "v"))
    settings = Settings(steps=40, learning_rate=5e-2, checkpoint_every=20)
    for kind in ("LagrangianODE", "HamiltonianODE"):
        model = found.NeuralODE(getattr(found, kind)(network(found, dtype, unknowns=1)))
        sampler = Sampler(data.windows(2), settings)
        history = found.train(model, found.SymmetryLoss(found.misfit()), sampler, settings).history["data"]
        assert history[-1] < 0.3 * history[0]


# -- what cannot be --------------------------------------------------------------------------------


def test_shapes_that_do_not_fit_are_refused(kit):
    found, dtype = kit
    field = found.LagrangianODE(network(found, dtype))
    (x,) = arrays(found, STATES[0])
    with pytest.raises(TrainingError, match="3 components"):
        field(0.0, x[..., :3])
    with pytest.raises(TrainingError, match=r"\(3, 2\) with velocities of shape \(3, 1\)"):
        field.acceleration(0.0, x[..., :2], x[..., :1])
    for kind, name in ((found.LagrangianODE, "Lagrangian"), (found.HamiltonianODE, "Hamiltonian")):
        with pytest.raises(TrainingError, match=rf"the {name} has values of shape \(3, 2\)"):
            kind(lambda t, q, v: q + v)(0.0, x)
        assert numbers(kind(lambda t, q, v: (v * v + q * q).sum(-1)[..., None])(0.0, x)).shape == (3, 4)


def test_choices_that_cannot_be_are_refused(kit):
    found, dtype = kit
    with pytest.raises(TrainingError, match="solve, pseudo"):
        found.LagrangianODE(network(found, dtype), inverse="cramer")
    with pytest.raises(TrainingError, match="tolerance"):
        found.LagrangianODE(network(found, dtype), tolerance=1e-3)
    with pytest.raises(TrainingError, match="from 0 to 1"):
        found.ScalarNetwork(2, angles=(2,))
