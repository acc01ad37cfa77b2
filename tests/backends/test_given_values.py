"""Values in args, times and starts of every kind: numbers and gradients are those of an unwrapped reference."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy as sp
from training_support import kit as kit

import liesym
from liesym.errors import Unsupported
from liesym.symmetries.generator import Generator
from liesym.variational.lagrangian import Lagrangian

T = sp.Symbol("t", real=True)
X, Y = sp.symbols("x y", real=True)
TIMES, STARTS = np.linspace(0.0, 1.0, 5), np.array([[0.6, 0.1], [0.4, -0.5]])


def decay(t, x, args):
    """x' = -k x, solved by e^(-k t)."""
    return -args["k"] * x


def turned(t, x, args):
    """A turn that grows: leaves x² + y² where it is without the growth."""
    k = args["k"]
    return x.flip(-1) * x.new_tensor([1.0, -1.0]) + 0.1 * k * x


@pytest.mark.parametrize("solver", ["rk4", "dopri5"])
def test_a_number_in_args_reaches_every_solver(kit, solver):
    found, _ = kit
    model = found.NeuralODE(decay, solver=solver, substeps=10, rtol=1e-9, atol=1e-10)
    for k in (0.7, np.array([0.7, 0.7])):
        value = k if isinstance(k, float) else found.as_tensor(k, None)
        scaled = {"k": value}
        field = model if np.ndim(k) == 0 else found.NeuralODE(each, solver=solver, substeps=10, rtol=1e-9, atol=1e-10)
        states = np.asarray(field(found.as_tensor(STARTS, None), found.as_tensor(TIMES, None), scaled))
        assert np.abs(states - STARTS[:, None] * np.exp(-0.7 * TIMES)[:, None]).max() < 1e-6


def each(t, x, args):
    """The same with a number for each sample."""
    return -args["k"][..., None] * x


@pytest.mark.parametrize("gradient", ["direct", "adjoint"])
def test_a_tensor_in_args_has_its_gradient(gradient):
    """d/dk Σ x(1) with x = x_0 e^(-k t), alone and beside a network that has weights of its own."""
    torch = pytest.importorskip("torch")
    from liesym_torch import MLPField, NeuralODE

    inner = MLPField(2, width=3, depth=1, dtype=torch.float64)
    x, t = torch.tensor(STARTS), torch.tensor(TIMES)

    class Field(torch.nn.Module):
        def __init__(self, beside):
            super().__init__()
            self.inner = inner if beside else None

        def forward(self, t, x, args=None):
            return decay(t, x, args) + (0.0 if self.inner is None else 0.0 * self.inner(t, x))

    for beside in (False, True):
        k = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        model = NeuralODE(Field(beside), solver="dopri5", gradient=gradient, rtol=1e-9, atol=1e-10)
        model(x, t, {"k": k})[:, -1].sum().backward()
        assert float(k.grad) == pytest.approx(-STARTS.sum() * np.exp(-0.7), rel=1e-6)


def test_stabilization_has_the_same_gradient_by_the_start_in_every_way():
    """The levels come from the start, so the adjoint solve gives them a gradient too."""
    torch = pytest.importorskip("torch")
    from liesym_torch import LevelSets, NeuralODE, Stabilization

    levels = LevelSets.from_expressions([X**2 + Y**2], (X, Y))
    found = []
    for solver, gradient in (("rk4", "direct"), ("dopri5", "direct"), ("dopri5", "adjoint")):
        x = torch.tensor(STARTS, requires_grad=True)
        field = Stabilization(turned, levels, gamma=4.0)
        model = NeuralODE(field, solver=solver, gradient=gradient, substeps=20, rtol=1e-9, atol=1e-10)
        (model(x, torch.tensor(TIMES), {"k": 1.0})[:, -1] ** 2).sum().backward()
        found.append(x.grad.numpy())
    assert np.abs(found[0]).max() > 0.1
    assert np.allclose(found[1], found[0], rtol=1e-5) and np.allclose(found[2], found[0], rtol=1e-5)


def test_times_in_double_precision_go_with_states_in_single(kit):
    found, _ = kit
    field = found.MLPField(2, width=3, depth=1)
    start = found.as_tensor(STARTS.astype(np.float32), None)
    wide = found.NeuralODE(field)(start, found.as_tensor(TIMES, None))
    narrow = found.NeuralODE(field)(start, found.as_tensor(TIMES.astype(np.float32), None))
    assert str(wide.dtype).endswith("float32") and bool((wide == narrow).all())


@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist], ids=["array", "list"])
def test_lowered_callables_take_arrays_and_lists(kit, make):
    backend = "torch" if kit[0].__name__.startswith("liesym_torch") else "jax"
    function = liesym.lower([X * Y], (X, Y), backend=backend)
    assert np.allclose(np.asarray(function(None, make(STARTS))), STARTS[:, :1] * STARTS[:, 1:])


def turning(t, x):
    """A field of two arguments."""
    return x[..., [1, 0]] * 1.0


@pytest.mark.slow_with("jax")
def test_fields_of_two_arguments_are_solved_and_wrapped(kit):
    """f(t, x) gives what f(t, x, args) gives, in every solver and inside every wrapper."""
    found, _ = kit
    three = lambda t, x, args: turning(t, x)  # noqa: E731
    x, t = found.as_tensor(STARTS + 2.0, None), found.as_tensor(TIMES, None)
    for wrap in (lambda f: f, found.PositiveField):
        assert np.allclose(*(numbers(found.NeuralODE(wrap(f))(x, t)) for f in (turning, three)))
    adaptive = numbers(found.NeuralODE(turning, solver="dopri5", rtol=1e-8, atol=1e-9)(x, t))
    assert np.abs(adaptive - numbers(found.NeuralODE(turning, substeps=10)(x, t))).max() < 1e-5


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist], ids=["array", "list"])
def test_models_take_arrays_and_lists(kit, make):
    """The starts, the times and the states of every wrapper, also as whole numbers."""
    found, dtype = kit
    levels = found.LevelSets.from_expressions([X**2 + Y**2], (X, Y))
    turn = Generator((T, X, Y), (sp.S.Zero, -Y, X))
    fields = [
        turning,
        found.MLPField(2, width=3, dtype=dtype),
        found.TangentProjection(turning, levels),
        found.Stabilization(turning, levels),
        found.PositiveField(turning),
        found.SecondOrderField(lambda t, x: x[..., :1]),
        found.EquivariantField.from_generators([turn], width=3, dtype=dtype),
        found.HamiltonianODE(found.ScalarNetwork(1, width=3, dtype=dtype)),
    ]
    points = np.array([[1, 2], [2, 1]])
    x = found.as_tensor(points.astype(float), None)
    for field in fields:
        if field is not turning:
            assert np.allclose(numbers(field(0.0, make(points))), numbers(field(0.0, x)))
    model = found.NeuralODE(found.Stabilization(turning, levels))
    assert np.allclose(numbers(model(make(points), make(TIMES))), numbers(model(x, found.as_tensor(TIMES, None))))


@pytest.mark.slow_with("jax")
def test_positive_states_stay_positive_on_a_level_set(kit):
    """x + y is kept, though the nearest tangent field leads out of x > 0: changes are relative to each state."""
    found, dtype = kit
    levels = found.LevelSets.from_expressions([X + Y], (X, Y))
    field = found.TangentProjection(found.PositiveField(found.MLPField(2, width=4, dtype=dtype)), levels)
    start = found.as_tensor(np.array([[1.0, 1e-3], [1e-6, 2.0]]), None)
    states = numbers(found.NeuralODE(field)(start, found.as_tensor(np.linspace(0.0, 40.0, 81), None)))
    assert np.isfinite(states).all() and states.min() > 0
    assert np.abs(states.sum(-1) - states[:, :1].sum(-1)).max() < 1e-12
    assert np.abs(states[:, -1] - states[:, 0]).max() > 1e-3


@pytest.mark.slow_with("jax")
def test_a_law_without_a_gradient_at_a_point_leaves_the_others_and_all_derivatives(kit):
    """|x| has none at 0: there x' is not changed by it, still by x + y, and every derivative is a number."""
    found, _ = kit
    k = sp.Symbol("k", real=True)
    levels = found.LevelSets.from_expressions([k * sp.sqrt(X**2 + Y**2), X + Y], (X, Y), parameters=(k,))
    field = found.TangentProjection(lambda t, x: 1.0 + 2.0 * x, levels)
    points = np.array([[0.0, 0.0], [0.3, 0.4]])
    t, x = found.as_tensor(np.zeros(2), None), found.as_tensor(points, None)
    value = numbers(field(t, x, {"k": 2.0}))
    assert np.abs(value.sum(-1)).max() < 1e-14 and np.abs(value[1] @ points[1]) < 1e-14
    for gradient in derivatives(found, lambda x, k: (field(t, x, {"k": k}) ** 2).sum(), points, 2.0):
        assert np.isfinite(gradient).all()
    held = found.Stabilization(lambda t, x: 1.0 + 2.0 * x, levels)
    goal = {"k": 2.0, "levels": levels.values(t, found.as_tensor(points + 0.1, None), {"k": 2.0})}
    for gradient in derivatives(found, lambda x, k: (held(t, x, {**goal, "k": k}) ** 2).sum(), points, 2.0):
        assert np.isfinite(gradient).all()


def derivatives(found, function, x, k):
    """By the state and by the number."""
    if found.__name__.startswith("liesym_torch"):
        import torch

        given = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, k)]
        return [slope.numpy() for slope in torch.autograd.grad(function(*given), given)]
    import jax

    return [
        np.asarray(g) for g in jax.grad(function, argnums=(0, 1))(*(found.as_tensor(np.asarray(v), None) for v in (x, k)))
    ]


@pytest.mark.slow_with("jax")
def test_a_law_that_holds_an_antiderivative_is_imposed_and_says_what_it_cannot(kit):
    """y²/2 + ∫ e^(-x²) dx has a gradient; its value is asked for by a stabilization alone."""
    found, _ = kit
    law = Y**2 / 2 + sp.Integral(sp.exp(-(X**2)), X)
    levels = found.LevelSets.from_expressions([law], (X, Y))
    x = found.as_tensor(STARTS, None)
    f = numbers(found.TangentProjection(turning, levels)(None, x))
    assert np.abs(f[:, 1] * STARTS[:, 1] + f[:, 0] * np.exp(-(STARTS[:, 0] ** 2))).max() < 1e-14
    with pytest.raises(Unsupported, match="antiderivative has no numerical value"):
        levels.values(None, x)
    hybrid = found.HybridODE("x'' = -f(x)", {"f": lambda s: s**3})
    kept = found.TangentProjection(turning, hybrid.levels("x'^2/2 + integral(f(x), x)"))
    f = numbers(kept(None, x))
    assert np.abs(f[:, 1] * STARTS[:, 1] + f[:, 0] * STARTS[:, 0] ** 3).max() < 1e-14


def test_in_torch_wrappers_are_pickled():
    torch = pytest.importorskip("torch")
    found = pytest.importorskip("liesym_torch")
    levels = found.LevelSets.from_expressions([sp.sqrt(X**2 + Y**2)], (X, Y))
    turn = Generator((T, X, Y), (sp.S.Zero, -Y, X))
    x, t = torch.tensor(STARTS, dtype=torch.float32), torch.tensor(0.0)
    lagrangian = Lagrangian.parse("x'^2/2 - x^2/2", unknowns=("x",))
    for field in (
        found.TangentProjection(found.MLPField(2), levels),
        found.NeuralODE(found.Stabilization(found.MLPField(2), levels), retract=levels).field,
        found.EquivariantField.from_generators([turn]),
        found.HamiltonianODE(found.ScalarNetwork(1)),
        found.LagrangianODE(found.symbolic_scalar(lagrangian)),
    ):
        assert torch.equal(pickle.loads(pickle.dumps(field))(t, x), field(t, x))
    assert torch.equal(pickle.loads(pickle.dumps(levels)).values(t, x), levels.values(t, x))


@pytest.mark.slow_with("jax")
def test_a_function_of_one_sample_is_a_field_of_batches(kit):
    """f(x), f(t, x) and f(t, x, args) for x of shape (m,), in residuals and solvers; args and times sample by sample."""
    found, _ = kit
    xp = found.ARRAYS.xp
    x = found.as_tensor(np.random.default_rng(0).standard_normal((3, 4, 2)), None)

    def alone(x):
        return xp.stack([x[1], -x[0] * x[1]])

    wanted = xp.stack([x[..., 1], -x[..., 0] * x[..., 1]], -1)
    for function in (alone, lambda t, x: alone(x), lambda t, x, args: alone(x)):
        field = found.Samplewise(function)
        for when in (None, 0.5, x[..., 0]):
            assert np.allclose(numbers(field(when, x)), numbers(wanted))
        assert np.allclose(numbers(field(None, x[0, 0])), numbers(wanted[0, 0]))
    scaled = found.Samplewise(lambda t, x, args: args["a"] * args["b"] * t * x)
    b, t = x[..., 0], x[..., 1]
    assert np.allclose(numbers(scaled(t, x, {"a": 2.0, "b": b})), numbers(2.0 * (b * t)[..., None] * x))
    rate = found.conservation_residual(found.Samplewise(alone), X**2 + Y, state=(X, Y))(None, x, None)
    assert np.allclose(numbers(rate)[..., 0], numbers(2 * x[..., 0] * x[..., 1] - x[..., 0] * x[..., 1]))
    states = found.NeuralODE(found.Samplewise(alone))(x, found.as_tensor(TIMES, None))
    assert np.allclose(numbers(states[1, 2]), numbers(found.NeuralODE(lambda t, x: alone(x))(x[1, 2], TIMES)))


def test_fields_that_call_autograd_are_differentiated_by_reverse_mode():
    """(H_y, -H_x) by torch.autograd.grad, which forward mode refuses, for H = x³ y: the rotation has the residual of the
    formula, with a gradient by the weights."""
    torch = pytest.importorskip("torch")
    found = pytest.importorskip("liesym_torch")
    k = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)

    def field(t, x):
        x = x if x.requires_grad else x.clone().requires_grad_()
        (slope,) = torch.autograd.grad((k * x[..., 0] ** 3 * x[..., 1]).sum(), x, create_graph=True)
        return torch.stack([slope[..., 1], -slope[..., 0]], -1)

    residual = found.invariance_residual(field, Generator((T, X, Y), (0, -Y, X)))
    value = residual(None, torch.tensor(STARTS), None)
    x, y = STARTS.T
    wanted = np.stack([3 * x**2 * y, x**3], -1) - np.stack([-3 * x**2 * y, 6 * x * y**2 - 3 * x**3], -1)
    assert np.allclose(numbers(value), wanted)
    (value**2).sum().backward()
    assert float(k.grad) == pytest.approx(2 * (wanted**2).sum())
    with pytest.raises(RuntimeError, match="shape"):
        found.invariance_residual(lambda t, x: x @ torch.ones(3, 3, dtype=torch.float64), Generator((T, X, Y), (0, -Y, X)))(
            None, torch.tensor(STARTS), None
        )
