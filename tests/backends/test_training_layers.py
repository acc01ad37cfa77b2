"""Hard forms, augmentation and the audit of adjoint gradients, in both backends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer, Matrix, Rational, Symbol, cbrt, cos, exp, expand
from training_support import kit as kit

from liesym.errors import AnsatzError, ParseError, TrainingError, Unsupported
from liesym.invariants.equivariance import equivariant_frame
from liesym.learn.audit import GradientWarning
from liesym.learn.fitting import toolkit as kit_of
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

T, X, Y, Z = (Symbol(name, real=True) for name in "txyz")
V, W = Symbol("x'", real=True), Symbol("y'", real=True)
ROTATION = Generator((T, X, Y), (Integer(0), -Y, X))
RANDOM = np.random.default_rng(0)
STATES = RANDOM.standard_normal((5, 4))
ENERGY = (V**2 + W**2) / 2 - 1 / (X**2 + Y**2)
MOMENTUM = X * W - Y * V


def arrays(found, *values):
    return [found.as_tensor(np.asarray(v, dtype=np.float64)) for v in values]


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def levels(found, integrals, state=(X, Y, V, W), **options):
    return found.LevelSets.from_expressions(integrals, state, **options)


def wild(t, x, args=None):
    """A field that knows no law."""
    return x[..., [1, 0, 3, 2]] + 0.3


# -- projection ------------------------------------------------------------------------------------


def test_the_projected_field_is_tangent_to_every_level_set(kit):
    found, _ = kit
    sets = levels(found, [ENERGY, MOMENTUM])
    t, x = arrays(found, np.zeros(5), STATES)
    slopes = numbers(sets.gradients(t, x, None))
    projected = numbers(found.TangentProjection(wild, sets)(t, x))
    assert np.abs((slopes * projected[:, None]).sum(-1)).max() < 1e-12
    assert np.abs((slopes * numbers(wild(t, x))[:, None]).sum(-1)).max() > 0.1  # the field itself is not
    dense = [f - g.T @ np.linalg.pinv(g.T) @ f for g, f in zip(slopes, numbers(wild(t, x)), strict=True)]
    assert np.abs(np.array(dense) - projected).max() < 1e-12


def test_each_sample_is_projected_by_itself(kit):
    found, _ = kit
    field = found.TangentProjection(wild, levels(found, [ENERGY, MOMENTUM]))
    t, x = arrays(found, np.zeros(5), STATES)
    alone = np.stack([numbers(field(t[i], x[i])) for i in range(5)])
    assert np.abs(alone - numbers(field(t, x))).max() < 1e-14


@pytest.mark.slow_with("jax")
def test_dependent_gradients_are_left_out_and_gradients_stay_finite(kit):
    found, _ = kit
    t, x = arrays(found, np.zeros(5), STATES)
    once = found.TangentProjection(wild, levels(found, [ENERGY]))
    twice = found.TangentProjection(wild, levels(found, [ENERGY, 3 * ENERGY, ENERGY**2]))
    assert np.abs(numbers(once(t, x)) - numbers(twice(t, x))).max() < 1e-9
    # on a circle in this potential the gradients of energy and momentum are parallel: nothing must blow up
    circular = np.array([[1.0, 0.0, 0.0, np.sqrt(2.0)]])
    t, x = arrays(found, np.zeros(1), circular)
    value = numbers(found.TangentProjection(wild, levels(found, [ENERGY, MOMENTUM]))(t, x))
    assert np.isfinite(value).all() and np.abs(value).max() < 10
    slope = gradient(found, lambda s: found.TangentProjection(wild, levels(found, [ENERGY, MOMENTUM]))(t, s), x)
    assert np.isfinite(slope).all()


def gradient(found, function, x):
    if found.__name__.startswith("liesym_torch"):
        x = x.clone().requires_grad_(True)
        function(x).sum().backward()
        return numbers(x.grad)
    import jax

    return np.asarray(jax.grad(lambda s: function(s).sum())(x))


def test_integrals_that_depend_on_time(kit):
    found, _ = kit
    integral = X - T * V  # of free motion
    t, x = arrays(found, np.linspace(0, 1, 5), STATES)
    sets = levels(found, [integral, MOMENTUM], t=T)
    f = numbers(found.TangentProjection(wild, sets)(t, x))
    rate = -STATES[:, 2] + f[:, 0] - np.linspace(0, 1, 5) * f[:, 2]
    assert np.abs(rate).max() < 1e-12


@pytest.mark.slow_with("jax")
def test_stabilization_pulls_back_and_retraction_puts_back(kit):
    found, dtype = kit
    sets = levels(found, [X**2 + V**2, MOMENTUM])
    t, x = arrays(found, np.zeros(5), STATES)
    goal = sets.values(t, x, None)
    moved = x + 0.01
    back = sets.retract(t, moved, goal, None, iterations=3)
    assert np.abs(numbers(sets.values(t, back, None) - goal)).max() < 1e-8
    far = x + 0.1
    defects = [
        np.abs(numbers(sets.values(t, sets.retract(t, far, goal, None, **n), None) - goal)).max()
        for n in ({}, {"iterations": 2})
    ]
    assert defects[0] < 1e-9 < defects[1], "in float64 two steps are too few, the default is enough"
    still = found.Stabilization(lambda t, x, args=None: 0 * x, sets, 2.0)
    pull = numbers(still(t, moved, {"levels": goal}))
    slopes, defect = numbers(sets.gradients(t, moved, None)), numbers(sets.values(t, moved, None) - goal)
    assert np.abs((slopes * pull[:, None]).sum(-1) + 2.0 * defect).max() < 1e-11
    model = found.NeuralODE(found.Stabilization(found.MLPField(4, width=8, dtype=dtype), sets, 8.0), substeps=4)
    loose = found.NeuralODE(found.MLPField(4, width=8, dtype=dtype), substeps=4)
    times, start = np.linspace(0, 2, 21), STATES[:1]
    drift = []
    for one in (model, loose):
        run = arrays(found, times, found.evaluate(one, start, times)[0])
        drift.append(np.ptp(numbers(sets.values(*run, None)), axis=0).max())
    assert drift[0] < 0.2 * drift[1]


@pytest.mark.slow_with("jax")
def test_the_return_is_damped_near_equilibria(kit):
    """Near the upper equilibrium of a pendulum the gradient is small: whole Newton steps lead rotations away."""
    found, _ = kit
    sets = levels(found, [V**2 / 2 - cos(X)], state=(X, V))
    t, x = arrays(found, np.zeros(3), [[np.pi - 0.02, 0.01], [np.pi - 0.1, 0.1], [0.4, 0.3]])
    (goal,) = arrays(found, [[-0.5], [-0.9], [-0.5]])
    back = sets.retract(t, x, goal)
    assert np.abs(numbers(sets.values(t, back, None) - goal)).max() < 1e-12
    assert np.abs(numbers(back - x)).max() < 4.0
    whole = x
    for _ in range(4):
        whole = whole - sets.correction(t, whole, sets.values(t, whole, None) - goal)
    assert np.abs(numbers(whole - x))[:2].max() > 10.0
    alone = sets.retract(t[2:], x[2:], goal[2:])
    assert np.array_equal(numbers(alone), numbers(back)[2:]), "a sample that has arrived stays while others go on"
    slope = gradient(found, lambda s: sets.retract(t, s, goal), x)
    assert np.isfinite(slope).all()


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("how", ["tangent", "retract"])
def test_rollouts_keep_the_integrals(kit, how):
    found, dtype = kit
    sets = levels(found, [X**2 + V**2, MOMENTUM])
    net = found.MLPField(4, width=8, dtype=dtype)
    field = found.TangentProjection(net, sets)
    model = found.NeuralODE(field, substeps=4, retract=sets if how == "retract" else None)
    times = np.linspace(0, 2, 21)
    states = found.evaluate(model, STATES, times)
    values = numbers(sets.values(*arrays(found, np.broadcast_to(times, (5, 21)), states), None))
    assert np.abs(values - values[:, :1]).max() < (1e-5 if how == "tangent" else 1e-12)


# -- invariant networks ----------------------------------------------------------------------------


def turned(states, angle):
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    return np.concatenate([states[..., :2] @ turn.T, states[..., 2:] @ turn.T], -1)


def test_an_equivariant_field_is_carried_into_itself(kit):
    found, dtype = kit
    field = found.SecondOrderField(found.EquivariantField.from_generators([ROTATION], order=2, width=8, dtype=dtype))
    t, x, y = arrays(found, np.zeros(5), STATES, turned(STATES, 0.7))
    assert np.abs(turned(numbers(field(t, x)), 0.7) - numbers(field(t, y))).max() < 1e-12
    plain = found.SecondOrderField(found.MLPField(4, outputs=2, width=8, dtype=dtype))
    assert np.abs(turned(numbers(plain(t, x)), 0.7) - numbers(plain(t, y))).max() > 1e-2


def test_frames_satisfy_their_conditions_exactly():
    turn = [
        Generator((T, X, Y, Z), c)
        for c in (
            (Integer(0), -Y, X, Integer(0)),
            (Integer(0), Integer(0), -Z, Y),
            (Integer(0), Z, Integer(0), -X),
        )
    ]
    found = equivariant_frame(turn, order=2)
    assert len(found.invariants) == 3 and len(found.frame) == 3
    for generator in turn:
        rows = generator.prolong(1)
        field = dict(zip(found.state, [rows[i][k] for k in range(2) for i in range(3)], strict=True))
        for invariant in found.invariants:
            assert expand(sum(c * invariant.diff(s) for s, c in field.items())) == 0
        for vector in found.frame:
            places = found.state[3:]
            for place, component in zip(places, vector, strict=True):
                along = sum(c * component.diff(s) for s, c in field.items())
                across = sum(v * field[place].diff(q) for q, v in zip(places, vector, strict=True))
                assert expand(along - across) == 0


def field_over(*components):
    return Generator((T, X, Y)[: len(components)], components)


# generators, order, the invariants that are expected, the base
GROUPS = {
    "weights": ([field_over(0, X, 2 * Y)], 1, [Y / X**2], ()),
    "exponential": ([field_over(0, 1, Y)], 1, [Y * exp(-X)], ()),
    "projective": ([field_over(0, X * Y, Y**2)], 1, [Y / X], ()),
    "scaling with time": ([field_over(T, X, Y)], 1, [X / T, Y / T], ()),
    "solutions that are added": ([field_over(0, exp(T), 0)], 1, [T, Y], (X, 0)),
    "of Kepler's problem": (
        [field_over(3 * T, 2 * X, 2 * Y)], 2, [X / cbrt(T) ** 2, Y / cbrt(T) ** 2, V * cbrt(T), W * cbrt(T)], (),
    ),
    "boost": ([field_over(0, T)], 2, [T, (T * V - X) / T], ()),
    "all directions and sizes": ([field_over(0, X, Y), field_over(0, -Y, X)], 1, [Integer(1)], ()),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_frames_of_rational_exponential_and_moving_groups(name):
    """The invariants are functions of the expected ones, as many, and the certificate holds with all coefficients open."""
    generators, order, expected, base = GROUPS[name]
    found = equivariant_frame(generators, order=order)
    assert len(found.invariants) == len(expected) and found.base == base
    variables = (T, *found.state)
    rows = [[e.diff(v) for v in variables] for e in (*expected, *found.invariants)]
    point = dict(zip(variables, (Rational(k, 7) for k in (9, 5, 11, 8, 6)), strict=False))
    assert Matrix([[e.subs(point).evalf(30) for e in row] for row in rows]).rank(iszerofunc=lambda e: abs(e) < 1e-20) == len(
        [e for e in expected if e.free_symbols]
    )
    certificate = found.certificate
    assert certificate.holds() and certificate.generators == tuple(generators)
    assert {f.func.__name__ for f in certificate.system.functions} == {f"c{k + 1}" for k in range(len(found.frame))}
    assert "hold for every c1" in str(certificate)
    primes, unknowns = "'" * order, generators[0].variables[1:]
    other = ODESystem.parse("; ".join(f"{x.name}{primes} = f({x.name}) + t^2" for x in unknowns))
    assert not replace(certificate, system=other).holds()


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("name", ["weights", "solutions that are added", "scaling with time", "all directions and sizes"])
def test_networks_in_these_frames_have_the_symmetry(kit, name):
    """Residual 0 for a random network, in double precision; the gradient reaches its weights."""
    found, dtype = kit
    field = found.EquivariantField.from_generators(GROUPS[name][0], width=4, depth=1, dtype=dtype)
    t, x = arrays(found, np.linspace(0.5, 1.0, 5), np.abs(STATES[:, :2]) + 0.5)
    for g in GROUPS[name][0]:
        assert np.abs(numbers(found.invariance_residual(field, g)(t, x, None))).max() < 1e-12
    assert np.abs(numbers(field(t, x))).max() > 1e-3 and field.certificate.holds()
    other = field_over(0, Y**2, X)
    assert np.abs(numbers(found.invariance_residual(field, other)(t, x, None))).max() > 1e-4


def test_groups_that_leave_nothing_open_are_refused():
    """Every x' = f has some of (∂_x, x ∂_x, x² ∂_x); none has all three but f = 0."""
    with pytest.raises(Unsupported):
        equivariant_frame([field_over(0, 1), field_over(0, X), field_over(0, X**2)])


# -- augmentation ----------------------------------------------------------------------------------


def test_windows_move_by_the_prolonged_flow(kit):
    found, _ = kit
    scaling = Generator((T, X, Y), (3 * T, 2 * X, 2 * Y))  # of Kepler's problem: v scales with -1
    group = found.GroupAugmentation([ROTATION, scaling], spread=[np.pi, 0.5], levels=2)
    assert group.draws == 2
    times = np.tile(np.linspace(0, 1, 3), (5, 1))
    states = np.repeat(STATES[:, None], 3, axis=1)
    draws = RANDOM.uniform(-1, 1, (5, 2))
    moved = group(found.Batch(*arrays(found, times, states, draws)))
    for k in range(5):
        factor = np.exp(0.5 * draws[k, 1])
        expected = turned(states[k], np.pi * draws[k, 0]) * np.array([factor**2, factor**2, factor**-1, factor**-1])
        assert np.abs(numbers(moved.states)[k] - expected).max() < 1e-12
        assert np.abs(numbers(moved.times)[k] - times[k] * factor**3).max() < 1e-12


def test_augmentation_without_random_numbers_is_refused(kit):
    found, _ = kit
    group = found.GroupAugmentation(ROTATION, levels=2)
    batch = found.Batch(*arrays(found, np.zeros((5, 1)), STATES[:, None], np.zeros((5, 0))))
    with pytest.raises(AnsatzError, match="0 random numbers, 1 are needed"):
        group(batch)
    with pytest.raises(AnsatzError, match="as many"):
        found.GroupAugmentation([ROTATION], spread=[1.0, 2.0])


def test_the_invariance_term_vanishes_for_a_symmetric_field_only(kit):
    found, dtype = kit
    term = found.at_points(found.invariance(ROTATION, order=2))
    sample = (np.zeros((5, 1)), STATES[:, None], np.zeros((5, 0)))
    symmetric = found.SecondOrderField(found.EquivariantField.from_generators([ROTATION], order=2, dtype=dtype))
    plain = found.SecondOrderField(found.MLPField(4, outputs=2, dtype=dtype))
    values = [found.term_value(term, found.NeuralODE(f), sample) for f in (symmetric, plain)]
    assert values[0] < 1e-25 and values[1] > 1e-4


# -- the audit -------------------------------------------------------------------------------------


def audited(found, dtype, tolerance, generators=None, goal=1.0):
    toy = ODESystem.parse("z' = cos(theta1*z + theta2)", parameters={"theta1": {"positive": True}})
    field = found.SymbolicField(toy, {"theta1": 1.3, "theta2": 0.4}, dtype=dtype)
    model = found.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=tolerance, atol=tolerance * 1e-2)
    x0, times = arrays(found, [[1.0], [0.3]], [0.0, 1.0, 3.0])
    t, (z,), (a, b) = toy.independent, toy.unknowns, toy.parameter_symbols
    known = {
        "time": Generator((t, z), (Integer(1), Integer(0))),
        "shift": Generator((t, z, a, b), (Integer(0), Integer(1), Integer(0), -a)),
        "scaling": Generator((t, z, a, b), (t, z, -a, Integer(0))),
        "wrong": Generator((t, z, a, b), (Integer(0), Integer(1), Integer(0), a)),
    }
    return found.audit_gradient(
        model,
        x0,
        times,
        lambda states: (states**2).sum(),
        {n: known[n] for n in generators or known},
        goal=goal,
    )


@pytest.mark.slow_with("jax")
def test_backward_laws_hold_along_the_adjoint_solve(kit):
    found, dtype = kit
    audit = audited(found, dtype, 1e-8, goal=10.0)
    drifts = dict(audit.drifts)
    assert max(drifts[name] for name in ("time", "shift", "scaling")) < 1e-5
    assert drifts["wrong"] > 0.1  # a field that is no symmetry has no law
    assert audit.steps > 5


@pytest.mark.slow_with("jax")
def test_a_coarse_solve_is_warned_about_with_a_tolerance_that_cures_it(kit):
    found, dtype = kit
    with pytest.warns(GradientWarning, match="conservation law of time"):
        coarse = audited(found, dtype, 1e-2, ["time"], goal=1e-3)
    assert coarse.worst > 1e-3
    assert audited(found, dtype, coarse.advised_rtol, ["time"], goal=1e-2).worst < 1e-2


def test_the_audit_refuses_what_it_cannot_judge(kit):
    found, dtype = kit
    model = found.NeuralODE(found.MLPField(1, dtype=dtype))
    x0, times = arrays(found, [[1.0]], [0.0, 1.0])
    with pytest.raises(TrainingError, match="no adjoint solve"):
        found.audit_gradient(model, x0, times, lambda s: s.sum())
    model = found.NeuralODE(found.MLPField(1, dtype=dtype), solver="dopri5")
    moving = Generator((T, X, Symbol("theta", real=True)), (Integer(0), X, Integer(1)))
    with pytest.raises(AnsatzError, match="theta"):
        found.audit_gradient(model, x0, times, lambda s: s.sum(), [moving])


def test_a_solve_that_breaks_down_says_so():
    """x' = x² from 3 is infinite at t = 1/3; torchdiffeq then fails an assertion of its own."""
    torch = pytest.importorskip("torch")
    found = kit_of("torch")
    field = torch.nn.Linear(1, 1)
    field.forward = lambda t, x, args=None: x**2
    model = found.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=1e-3, atol=1e-3)
    with pytest.raises(TrainingError, match="breaks down"):
        found.audit_gradient(model, torch.tensor([3.0]), torch.tensor([0.0, 1.0]), lambda s: s.square().sum())


def test_a_group_as_text(kit) -> None:
    """The plane turns: by text in any form, alone or by from_generators, the field turns with it."""
    found, _ = kit
    made = found.EquivariantField("y d/dx - x d/dy")
    again = found.EquivariantField.from_generators(["x: y; y: -x"], names="x, y")
    turn, states = (found.as_tensor(np.asarray(v, np.float32)) for v in ([[0.6, -0.8], [0.8, 0.6]], STATES[:, :2]))
    for field in (made, again):
        there, here = numbers(field(0.0, states @ turn)), numbers(field(0.0, states)) @ numbers(turn)
        assert np.allclose(there, here, atol=1e-5) and np.abs(here).max() > 1e-3
        assert field.certificate is not None
    for wrong in ("", "x: q*y; y: -x", "exp(t) (∂x + ∂y)", "x", ["x: y; y: -x", ROTATION]):
        with pytest.raises((ParseError, TrainingError)):
            found.EquivariantField.from_generators(wrong, names=("x", "y"))
    with pytest.raises(TrainingError, match="expected generators alone"):
        found.EquivariantField(lambda x: x)
