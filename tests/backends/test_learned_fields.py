"""Residuals of a learned field against the symbolic residuals of the system whose right side the field computes.

A field made of a known right side is treated like any network: only calls and automatic differentiation. The
residual must then be the symbolic one with the equations put in, for symmetries (0) and for anything else.
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from training_support import BACKENDS, precise
from training_support import kit as kit

import liesym
from liesym.errors import BackendError, Unsupported
from liesym.learn.rollout import leading_part
from liesym.residuals import backward, conservation, field_of, group, invariance, jet_state, phase_state, whole_rate
from liesym.symmetries.generator import Generator

assert BACKENDS == ("torch", "jax")
T, X, Y, Z = sp.symbols("t x y z", real=True)
EPSILON = sp.Symbol("epsilon", real=True)
TOY = liesym.ODESystem.parse("z' = cos(a*z + b)")
VOLTERRA = liesym.ODESystem.parse("x' = x*(1 - y) + sin(t)/5; y' = y*(x - 1)")
KEPLER = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
ROTATION = Generator((T, X, Y), (sp.S.Zero, -Y, X))
SCALING = Generator((T, X, Y), (T, 2 * X / 3, 2 * Y / 3))
BENT = Generator((T, X, Y), (T * X, X * Y + T**2, sp.sin(X) - Y))
PARAMETERS = {"a": 1.3, "b": 0.2}
CASES = {
    "toy": (TOY, Generator((T, Z), (sp.S.One, sp.cos(TOY.parameter_symbols[0] * Z)))),
    "order 1": (VOLTERRA, BENT),
    "order 2, rotation": (KEPLER, ROTATION),
    "order 2, scaling": (KEPLER, SCALING),
    "order 2, no symmetry": (KEPLER, BENT),
}


def name_of(kit):
    return "torch" if kit.__name__.startswith("liesym_torch") else "jax"


def array(kit, values):
    if name_of(kit) == "torch":
        import torch

        return torch.as_tensor(values)
    import jax.numpy as jnp

    return jnp.asarray(values)


def states(system, batch=(3, 4), seed=0):
    """Random times and states of the phase space, away from the origin."""
    draw = np.random.default_rng(seed)
    return draw.uniform(0.2, 1.0, batch), draw.uniform(0.4, 1.5, (*batch, len(phase_state(system))))


def learned(kit, system):
    """The leading derivatives as a plain function of (t, x, args)."""
    names = phase_state(system)
    field = field_of(system)
    leading = [field.expressions[i] for i in range(len(names) - len(system.unknowns), len(names))]
    symbols = dict.fromkeys(system.parameter_symbols)
    return liesym.lower(leading, names, backend=name_of(kit), t=system.independent, parameters=symbols)


def symbolic(residual, system, t, x, args, **more):
    """A symbolic residual on the jet (x, f(t, x)), by NumPy."""
    f = liesym.lower(system, backend="numpy")(t, x, args)[..., -len(system.unknowns) :]
    return liesym.lower(residual, backend="numpy")(t, np.concatenate([x, f], -1), {**args, **more})


@pytest.mark.parametrize("case", CASES)
def test_invariance_is_the_symbolic_residual_on_the_equations(kit, case):
    found, _ = kit
    system, generator = CASES[case]
    t, x = states(system)
    residual = found.invariance_residual(learned(found, system), generator, order=system.order)
    got = np.asarray(residual(array(found, t), array(found, x), PARAMETERS))
    wanted = symbolic(invariance(generator, system), system, t, x, PARAMETERS)
    assert got.shape == wanted.shape == (3, 4, len(system.unknowns))
    assert np.abs(got - wanted).max() < 1e-12 * (1 + np.abs(wanted).max())
    is_symmetry = case in ("order 2, rotation", "order 2, scaling")
    assert (np.abs(got).max() < 1e-12) == is_symmetry


def test_a_parameter_may_move(kit):
    """z -> z + ε, b -> b - ε a leaves z' = cos(a z + b) as it is; z -> z + ε alone does not."""
    found, _ = kit
    (a, b), (t, x) = TOY.parameter_symbols, states(TOY)
    moving = Generator((T, Z, b), (sp.S.Zero, sp.S.One, -a))
    args = {k: array(found, np.array(v)) for k, v in PARAMETERS.items()}
    make = found.invariance_residual
    residual = make(learned(found, TOY), moving, moving=("b",))
    assert np.abs(np.asarray(residual(array(found, t), array(found, x), args))).max() < 1e-14
    alone = make(learned(found, TOY), Generator((T, Z), (sp.S.Zero, sp.S.One)))
    assert np.abs(np.asarray(alone(array(found, t), array(found, x), args))).min() > 1e-3
    with pytest.raises(BackendError, match="moves the parameter 'b'"):
        residual(array(found, t), array(found, x), {"a": 1.3})


def test_conservation_is_the_symbolic_residual_on_the_equations(kit):
    found, _ = kit
    velocity = phase_state(KEPLER)[2:]
    energy = (velocity[0] ** 2 + velocity[1] ** 2) / 2 - 1 / sp.sqrt(X**2 + Y**2)
    other = X**2 * velocity[1] + T * Y
    t, x = states(KEPLER)
    residual = found.conservation_residual(learned(found, KEPLER), [energy, other], state=(X, Y), order=2)
    got = np.asarray(residual(array(found, t), array(found, x), None))
    wanted = symbolic(conservation([energy, other], KEPLER), KEPLER, t, x, {})
    assert np.abs(got - wanted).max() < 1e-12 * (1 + np.abs(wanted).max())
    assert np.abs(got[..., 0]).max() < 1e-12 < np.abs(got[..., 1]).max()


def test_a_callable_integral_has_the_rate_of_its_expression(kit):
    found, _ = kit
    field = learned(found, VOLTERRA)
    integral = sp.log(X) - X * Y**2 + T
    t, x = (array(found, v) for v in states(VOLTERRA))
    by_call = found.conservation_residual(field, liesym.lower([integral], (X, Y), backend=name_of(found), t=T))
    by_expression = found.conservation_residual(field, integral, state=(X, Y))
    assert np.abs(np.asarray(by_call(t, x, None)) - np.asarray(by_expression(t, x, None))).max() < 1e-12


def test_a_whole_field_of_second_order_is_taken_at_its_word(kit):
    """q' = 0, v' = -sin q at (1, 2): d/dt (v² - 2 cos q) = -4 sin 1, though q'' = -sin q alone conserves it."""
    found, _ = kit
    q, v = sp.symbols("q q'", real=True)
    law, xp = v**2 - 2 * sp.cos(q), found.ARRAYS.xp
    system = liesym.ODESystem.parse("q'' = -sin(q)")
    x = array(found, np.array([[1.0, 2.0]]))
    for given in (law, conservation(law, system), liesym.lower([law], (q, v), backend=name_of(found))):
        options = {} if given is not law else {"state": (q,)}
        for first, rate in ((0.0, -4 * np.sin(1.0)), (1.0, 0.0)):
            whole = lambda t, x, args, first=first: xp.stack([first * x[..., 1], -xp.sin(x[..., 0])], -1)  # noqa: E731
            residual = found.conservation_residual(whole, given, order=2, **options)
            assert np.asarray(residual(None, x, None)) == pytest.approx(np.array([[rate]]), abs=1e-14)
    with pytest.raises(BackendError, match="returns 3 components for 2"):
        found.conservation_residual(lambda t, x, args: xp.stack([x[..., 0]] * 3, -1), law, state=(q,), order=2)(
            None, x, None
        )


def test_the_whole_rate_of_a_field_of_third_order():
    """I = x x'' + t x'^2 along (u_0, u_1, u_2): x'^2 + u_0 x'' + 2 t x' u_1 + x u_2."""
    x, v, a, jerk = (liesym.JetSpace(T, (X,)).coordinate(X, k) for k in range(4))
    whole = whole_rate(conservation(x * a + T * v**2, liesym.ODESystem.parse("D(x, 3) = 0")), 3)
    assert whole.state[:4] == (x, v, a, jerk)
    first, second = whole.state[4:]
    assert (whole.expressions[0] - (v**2 + first * a + 2 * T * v * second + x * jerk)).expand() == 0


@pytest.mark.parametrize("kind", [{}, {"positive": True}, {"integer": True}], ids=str)
def test_symbols_are_matched_by_name(kit, kind):
    """The rate, the level sets and the invariance of a field are those that real symbols give."""
    found, _ = kit
    t, x, y, v = (sp.Symbol(name, **kind) for name in ("t", "x", "y", "x'"))
    point = [array(found, np.array(values)) for values in (0.5, [0.3, 0.7])]
    field = liesym.lower([Y, -X * Y], (X, Y), backend=name_of(found))
    rate = found.conservation_residual(field, x**2 + t * y, state=(X, Y))(*point, None)
    assert np.asarray(rate) == pytest.approx([2 * 0.3 * 0.7 + 0.7 - 0.5 * 0.21])
    second = found.conservation_residual(lambda t, x, args: -x[..., :1], v**2 + x**2, state=(X,), order=2)
    assert np.abs(np.asarray(second(*point, None))).max() < 1e-15
    for states in ((X, Y), (x, y)):
        levels = found.LevelSets.from_expressions([X**2 + t * y + T], states)
        assert np.asarray(levels.values(*point)) == pytest.approx([0.09 + 0.35 + 0.5])
        assert np.asarray(levels.gradients(*point)) == pytest.approx(np.array([[0.6, 0.5]]))
    turned = [found.invariance_residual(field, Generator(over, (0, y, -x)))(*point, None) for over in ((T, X, Y), (t, x, y))]
    assert np.asarray(turned[0]) == pytest.approx(np.asarray(turned[1])) and np.abs(np.asarray(turned[0])).max() > 0.1


def test_fields_of_two_arguments_are_called_with_two(kit):
    """f(t, x) has the residuals and the projection of f(t, x, args); what takes neither is refused."""
    found, _ = kit
    t, x = array(found, np.array([0.5])), array(found, np.array([[0.3, 0.7]]))
    three = lambda t, x, args: x[..., [1, 0]] * x  # noqa: E731
    two = lambda t, x: three(t, x, None)  # noqa: E731
    levels = found.LevelSets.from_expressions([X**2 + Y], (X, Y))
    makers = [
        lambda f: found.invariance_residual(f, ROTATION),
        lambda f: found.conservation_residual(f, X**2 + Y, state=(X, Y)),
        lambda f: found.group_residual(f, ROTATION, epsilon=0.1),
        lambda f: found.TangentProjection(f, levels),
        lambda f: found.Stabilization(f, levels),
    ]
    for make in makers:
        assert np.asarray(make(two)(t, x, None)) == pytest.approx(np.asarray(make(three)(t, x, None)))
        for wrong in (lambda x: x, lambda t, x, args, more: x):
            with pytest.raises(BackendError, match=r"f\(t, x\) or f\(t, x, args\)"):
                make(wrong)


def test_drift_is_the_change_of_the_integral_along_a_solve(kit):
    found, _ = kit
    x = np.random.default_rng(0).uniform(0.5, 1.0, (5, 3, 2))
    t = np.linspace(0.0, 1.0, 5)
    got = found.drift([X * Y**2 + T, X], state=(X, Y))(array(found, t), array(found, x), None)
    values = np.stack([x[..., 0] * x[..., 1] ** 2 + t[:, None], x[..., 0]], -1)
    assert np.abs(np.asarray(got) - (values - values[:1])).max() < 1e-14
    along_second = found.drift([X], state=(X, Y), time_axis=1)(None, array(found, x), None)
    assert np.abs(np.asarray(along_second) - (x[..., :1] - x[:, :1, :1])).max() < 1e-14


@pytest.mark.parametrize("generator", [ROTATION, SCALING], ids=["rotation", "scaling"])
def test_group_residual_is_zero_for_the_exact_flow_of_a_symmetry(kit, generator):
    found, _ = kit
    t, x = states(KEPLER)
    residual = found.group_residual(learned(found, KEPLER), generator, epsilon=0.3, order=2)
    assert np.abs(np.asarray(residual(array(found, t), array(found, x), None))).max() < 1e-12


def test_group_residual_is_the_symbolic_one_and_measures_the_truncation(kit):
    found, _ = kit
    field, (t, x) = learned(found, KEPLER), states(KEPLER)
    sizes = []
    for epsilon in (0.02, 0.01):
        got = np.asarray(
            found.group_residual(field, ROTATION, truncation=1, order=2)(
                array(found, t), array(found, x), {"epsilon": epsilon}
            )
        )
        wanted = symbolic(group(ROTATION, KEPLER, order=1), KEPLER, t, x, {}, epsilon=epsilon)
        assert np.abs(got - wanted).max() < 1e-12
        sizes.append(np.abs(got).max())
    assert sizes[1] > 1e-9
    assert sizes[0] / sizes[1] == pytest.approx(4, rel=0.05)


def test_group_residual_takes_a_flow_in_closed_form(kit):
    """A shift of x by ε is no symmetry of x' = x (1 - y) + …: the residual is ε (1 - y) to first order."""
    found, _ = kit
    t, x = states(VOLTERRA)
    shift = (T, (X + EPSILON, Y))
    make = found.group_residual
    residual = make(learned(found, VOLTERRA), flow=shift, variables=(T, X, Y), parameter=EPSILON, epsilon=1e-3)
    got = np.asarray(residual(array(found, t), array(found, x), None))
    assert np.abs(got - -1e-3 * np.stack([1 - x[..., 1], x[..., 1]], -1)).max() < 1e-12


@pytest.mark.parametrize("generator", [Generator((T, Z), (sp.S.One, sp.S.Zero)), CASES["toy"][1]], ids=["time", "bent"])
def test_backward_residual_is_the_rate_of_the_charge_along_the_adjoint(kit, generator):
    found, _ = kit
    field = learned(found, TOY)
    t, z = states(TOY)
    a = np.random.default_rng(1).normal(size=z.shape)
    both = array(found, np.concatenate([z, a], -1))
    got = np.asarray(found.backward_residual(field, generator)(array(found, t), both, PARAMETERS))
    angle = PARAMETERS["a"] * z + PARAMETERS["b"]
    slope = -PARAMETERS["a"] * np.sin(angle)
    law = symbolic_rate(generator, t, z, a, np.cos(angle), -slope * a)
    assert np.abs(got - law).max() < 1e-12
    assert (np.abs(got).max() < 1e-12) == (generator.components[1] == 0)
    charge = np.asarray(found.backward_charge(field, generator)(array(found, t), both, PARAMETERS))
    xi, eta = (sp.lambdify((T, Z, *TOY.parameter_symbols), c, "numpy") for c in generator.components)
    values = list(PARAMETERS.values())
    assert np.allclose(charge, a * (eta(t[..., None], z, *values) - xi(t, z, *values) * np.cos(angle)), atol=1e-13)


def symbolic_rate(generator, t, z, a, dz, da):
    """The symbolic backward residual on the jets of the forward-backward pair; a_θ plays no part."""
    residual = backward(generator, TOY)
    columns = {"z": z, "z'": dz, "a_z": a, "a_z'": da}
    x = np.concatenate([columns.get(s.name, 0 * z) for s in residual.state], -1)
    return liesym.lower(residual, backend="numpy")(t, x, PARAMETERS)


def test_fields_of_any_kind_give_the_same(kit):
    """The acceleration alone, the whole derivative, a module and a function; time as a number or an array."""
    found, dtype = kit
    make = found.invariance_residual
    network = found.MLPField(4, outputs=2, width=8, time=True, scale=(1.0, 2.0, 1.0, 3.0), seed=2, dtype=dtype)
    whole = found.SecondOrderField(network)
    x = array(found, states(KEPLER)[1])
    results = [
        np.asarray(read(make(field, SCALING, order=2)(when, x, None)))
        for field in (network, whole, lambda t, x, args: network(t, x, args))
        for when in (0.5, array(found, np.full((3, 4), 0.5)))
    ]
    assert np.abs(results[0]).max() > 1e-3
    assert max(np.abs(r - results[0]).max() for r in results) < 1e-13


def read(values):
    return values.detach() if hasattr(values, "detach") else values


def test_time_is_asked_for_where_the_generator_moves_it(kit):
    found, _ = kit
    residual = found.invariance_residual(lambda t, x, args: x[..., 2:], SCALING, order=2)
    with pytest.raises(BackendError, match="t is needed"):
        residual(None, array(found, np.ones((2, 4))), None)
    with pytest.raises(Unsupported, match="need their symbols"):
        found.conservation_residual(lambda t, x, args: x, X)


def test_residuals_batch_one_row_at_a_time():
    """vmap over single states is the batched residual, in both backends; under jit in JAX."""
    x = states(KEPLER, (6,))[1]
    for backend in BACKENDS:
        found, _, context = precise(backend)
        with context:
            network = found.MLPField(4, outputs=2, width=8, dtype=precise(backend)[1])
            residual = found.invariance_residual(network, SCALING, order=2)
            together = np.asarray(read(residual(0.3, array(found, x), None)))
            if backend == "torch":
                import torch

                rows = torch.func.vmap(lambda z, r=residual: r(0.3, z, None))(array(found, x))
            else:
                import jax

                rows = jax.jit(jax.vmap(lambda z, r=residual: r(0.3, z, None)))(array(found, x))
            assert np.abs(np.asarray(read(rows)) - together).max() < 1e-13


# -- the pushforward of torch ------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "softplus", "silu", "relu", "gelu", "logsigmoid", "sin"])
@pytest.mark.parametrize("time", [False, True])
def test_a_network_pushes_forward_as_forward_mode_does(activation, time):
    torch = pytest.importorskip("torch")
    from liesym_torch import models, pushforward

    field = models.MLPField(3, width=5, activation=activation, time=time, scale=(1.0, 2.0, 0.5), dtype=torch.float64)
    draw = torch.Generator().manual_seed(0)
    x, dx = (torch.randn(7, 3, dtype=torch.float64, generator=draw) for _ in range(2))
    t, dt = (torch.randn(7, dtype=torch.float64, generator=draw) for _ in range(2))
    for step in (None, dt):
        got = pushforward.pushforward(field, t, x, None, step, dx)
        wanted = torch.func.jvp(lambda s, z: field(s, z), (t, x), (torch.zeros_like(t) if step is None else step, dx))
        assert all(torch.allclose(g, w, atol=1e-13) for g, w in zip(got, wanted, strict=True))


def test_a_subclass_with_a_forward_of_its_own_is_differentiated_anew():
    """An inherited pushforward would be that of another function."""
    torch = pytest.importorskip("torch")
    from liesym_torch import models, pushforward

    class Squared(models.MLPField):
        def forward(self, t, x, args=None):
            return super().forward(t, x, args) ** 2

    field = Squared(2, width=5, dtype=torch.float64)
    x, dx = torch.ones(3, 2, dtype=torch.float64), torch.ones(3, 2, dtype=torch.float64)
    assert not pushforward.has_own(field)
    got = pushforward.pushforward(field, torch.zeros(3), x, None, None, dx)[1]
    assert torch.allclose(got, torch.func.jvp(lambda z: field(None, z), (x,), (dx,))[1])
    assert not torch.allclose(got, models.MLPField.pushforward(field, torch.zeros(3), x, None, None, dx)[1])


def test_a_second_order_field_is_asked_for_its_acceleration_alone():
    """Unless a subclass says otherwise, or the generator is one of the first-order system."""
    torch = pytest.importorskip("torch")
    from liesym_torch import models

    class Damped(models.SecondOrderField):
        def forward(self, t, x, args=None):
            return super().forward(t, x, args) - 0.1 * x

    network = models.MLPField(4, outputs=2, width=5, dtype=torch.float64)
    plain, damped = models.SecondOrderField(network), Damped(network)
    assert leading_part(plain, 2) is network
    assert leading_part(plain, 1) is plain and leading_part(damped, 2) is damped
    x = torch.rand(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for field in (plain, damped):
        got = models.invariance_residual(field, BENT, order=2)(0.3, x)
        wanted = models.invariance_residual(lambda t, z, args, f=field: f(t, z, args), BENT, order=2)(0.3, x)
        assert got.shape == (6, 2) and torch.allclose(got, wanted, atol=1e-13)


def test_jets_of_the_cases_are_ordered_by_derivative():
    assert [s.name for s in jet_state(KEPLER)] == ["x", "y", "x'", "y'", "x''", "y''"]


def test_stabilization_helps_below_its_bound_and_harms_above():
    """RK4 with h = 0.1 on a pendulum that conserves: γ h = 0.05 leaves the drift, 0.8 makes it larger, 3 is unstable."""
    found, _, context = precise("torch")
    with context:
        levels = found.LevelSets.from_expressions([Y**2 / 2 - sp.cos(X)], (X, Y))
        field = liesym.lower([Y, -sp.sin(X)], (X, Y), backend="torch")
        start, step = array(found, np.array([[1.0, 0.0]])), array(found, np.array([0.1]))
        drifts = []
        for pull in (0.0, 0.05, 0.8, 3.0):
            held, x = found.Stabilization(field, levels, gamma=pull / 0.1), start
            args = held.prepare(0 * step, start, None)
            for _ in range(100):
                x = found.rk4_step(held, 0 * step, x, step, args)
            drifts.append(float(abs(levels.values(None, x) - levels.values(None, start))[0, 0]))
        assert drifts[1] < 1e-5 and drifts[2] > 10 * drifts[0] and not drifts[3] < 1e-2
