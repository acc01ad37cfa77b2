"""Every wrapper, solver, gradient, way of giving a parameter, start and dtype: values and gradients are the exact ones.

Each field here is k A x once it is wrapped, with one k that is trained. Its solution exp(k t A) x_0 and its derivatives by k
and x_0 are written down without the wrapper: a wrapper that loses an argument, a gradient or digits is found by its name.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp
from scipy.linalg import expm
from training_support import kit as kit
from training_support import precise

import liesym
from liesym.symmetries.generator import Generator

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

T, X, Y = sp.symbols("t x y", real=True)
K, TIMES = 0.7, np.array([0.0, 0.2, 0.5])
TURN, GROW, SWING = np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2), np.array([[0.0, 1.0], [0.0, 1.0]])
POINTS = np.random.default_rng(0).uniform(0.4, 1.2, (2, 3, 2))
STARTS = {"one": POINTS[0, 0], "batch": POINTS[0], "grid": POINTS}
SOLVERS = (("rk4", "direct"), ("dopri5", "direct"), ("dopri5", "adjoint"), ("dopri8", "direct"), ("dopri8", "adjoint"))
WAYS = ("module", "number", "tensor", "each")  # k as a weight, a number in args, an array in args, one for each sample
KINDS = ("array", "numpy", "list")
TYPES = (("float64", "float64"), ("float32", "float32"), ("float32", "float64"))  # of states and of times


def is_torch(found):
    return found.__name__.startswith("liesym_torch")


def array(found, values, dtype="float64"):
    return found.as_tensor(np.asarray(values, dtype), None)


def rule(found, apply, dtype):
    """apply(k, x) as a module that holds k."""
    weight = found.ARRAYS.weights(K, dtype)
    if is_torch(found):
        import torch

        class Rule(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.k = torch.nn.Parameter(weight)

            def forward(self, t, x, args=None):
                return apply(self.k, x)

        return Rule()
    import equinox
    import jax

    class Ruled(equinox.Module):
        k: jax.Array

        def __call__(self, t, x, args=None):
            return apply(self.k, x)

    return Ruled(weight)


def spread(k):
    """A number for all samples, or one for each."""
    return k[..., None] if getattr(k, "ndim", 0) else k


def field_of(found, apply, way, dtype):
    if way == "module":
        return rule(found, apply, dtype)
    return lambda t, x, args: apply(args["k"], x)


def turning(k, x):
    return spread(k) * found_stack(x[..., 1], -x[..., 0])


def found_stack(a, b):
    """(a, b) on a new last axis, in the library of a."""
    if type(a).__module__.startswith("torch"):
        import torch

        return torch.stack([a, b], -1)
    import jax.numpy as jnp

    return jnp.stack([a, b], -1)


# -- the wrappers: (kit, way, dtype) -> the wrapped field ------------------------------------------------------


def bare(found, way, dtype):
    return field_of(found, turning, way, dtype)


def projection(found, way, dtype):
    """What leaves the circles is taken away."""
    levels = found.LevelSets.from_expressions([X**2 + Y**2], (X, Y))
    return found.TangentProjection(field_of(found, lambda k, x: turning(k, x) + 0.3 * spread(k) * x, way, dtype), levels)


def scaled_projection(found, way, dtype):
    """k in the law too: the level sets of k (x² + y²) + t."""
    k = sp.Symbol("k", real=True)
    levels = found.LevelSets.from_expressions([k * (X**2 + Y**2)], (X, Y), parameters=(k,))
    return found.TangentProjection(field_of(found, lambda k, x: turning(k, x) + 0.3 * spread(k) * x, way, dtype), levels)


def stabilization(found, way, dtype):
    levels = found.LevelSets.from_expressions([X**2 + Y**2], (X, Y))
    return found.Stabilization(field_of(found, turning, way, dtype), levels, gamma=2.0)


def nested(found, way, dtype):
    levels = found.LevelSets.from_expressions([X**2 + Y**2], (X, Y))
    return found.Stabilization(projection(found, way, dtype), levels, gamma=1.0)


def second_order(found, way, dtype):
    """x'' = k x' has k (0 1/k; 0 1): with v in units of k, (x, v)' = k (v, v)."""
    return found.SecondOrderField(field_of(found, lambda k, x: spread(k) * x[..., 1:], way, dtype))


def positive(found, way, dtype):
    return found.PositiveField(field_of(found, lambda k, x: spread(k) * (0 * x + 1), way, dtype))


def hybrid(found, way, dtype):
    system = liesym.ODESystem.parse("x' = k*f(y); y' = -k*f(x)")
    trained = {"k": K} if way == "module" else None
    return found.HybridODE(system, {"f": lambda s: s}, trained, dtype=dtype)


def symbolic(found, way, dtype):
    return found.SymbolicField(liesym.ODESystem.parse("x' = k*y; y' = -k*x"), {"k": K}, dtype=dtype)


def equivariant(found, way, dtype):
    """c = (0, k) or so beside the frame of the rotation: the coefficients of the field that turns."""
    made = found.EquivariantField.from_generators([Generator((T, X, Y), (sp.S.Zero, -Y, X))], dtype=dtype)
    frame = np.asarray(made.frame(None, array(found, [1.0, 0.5])))
    c = np.linalg.solve(frame.T, TURN @ [1.0, 0.5])
    network = rule(found, lambda k, x: k * array(found, c, dtype_name(dtype)) + 0 * x, dtype)
    return found.EquivariantField(as_network(found, network), made.invariants, made.frame)


def as_network(found, module):
    """Called with the inputs alone."""
    if is_torch(found):
        import torch

        class Network(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.of = module

            def forward(self, x):
                return self.of(None, x)

        return Network()
    import equinox

    class Networked(equinox.Module):
        of: object

        def __call__(self, x):
            return self.of(None, x)

    return Networked(module)


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def hamiltonian(found, way, dtype):
    """H = k (q² + p²)/2."""
    if way == "module":
        return found.HamiltonianODE(as_scalar(found, dtype))
    return found.HamiltonianODE(lambda t, q, p, args: args["k"] * (q**2 + p**2).sum(-1) / 2)


def as_scalar(found, dtype):
    module = rule(found, lambda k, x: k * (x**2).sum(-1) / 2, dtype)
    concat = found.concatenate
    if is_torch(found):
        import torch

        class Scalar(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.of = module

            def forward(self, t, q, p, args=None):
                return self.of(t, concat([q, p]))

        return Scalar()
    import equinox

    class Scaled(equinox.Module):
        of: object

        def __call__(self, t, q, p, args=None):
            return self.of(t, concat([q, p]))

    return Scaled(module)


# name -> (maker, A, ways)
WRAPPERS = {
    "bare": (bare, TURN, WAYS),
    "projection": (projection, TURN, WAYS),
    "projection with k in the law": (scaled_projection, TURN, WAYS[1:]),
    "stabilization": (stabilization, TURN, WAYS),
    "stabilized projection": (nested, TURN, WAYS),
    "second order": (second_order, SWING, WAYS),
    "positive": (positive, GROW, WAYS),
    "hybrid": (hybrid, TURN, WAYS),
    "symbolic": (symbolic, TURN, WAYS[:1]),
    "equivariant": (equivariant, TURN, WAYS[:1]),
    "Hamiltonian": (hamiltonian, TURN, WAYS),
}


def exact(matrix, start, order):
    """The states at the times and their derivative by k, for k A x; of the second order (x, v)' = (v, k v)."""
    generator, slope = (lambda k: k * matrix), matrix
    if order:
        generator, slope = (lambda k: np.array([[0.0, 1.0], [0.0, k]])), np.array([[0.0, 0.0], [0.0, 1.0]])
    states, rates, flows = [], [], []
    for time in TIMES:
        block = np.block([[generator(K), slope], [np.zeros((2, 2)), generator(K)]]) * time
        whole = expm(block)
        flows.append(whole[:2, :2])
        states.append(start @ whole[:2, :2].T)
        rates.append(start @ whole[:2, 2:].T)
    return np.stack(states, -2), np.stack(rates, -2), flows


def solved(found, name, row):
    """(states, gradient by k or None, gradient by the start or None) of Σ w·x for the row of the table."""
    (solver, gradient), way, start, kind, (of_states, of_times) = row
    dtype = of_states if not is_torch(found) else getattr(pytest.importorskip("torch"), of_states)
    rtol = 1e-8 if of_states == "float64" else 1e-4
    field = WRAPPERS[name][0](found, way, dtype)
    model = found.NeuralODE(field, solver=solver, gradient=gradient, substeps=6, rtol=rtol, atol=rtol / 10)
    x = STARTS[start].astype(of_states)
    times, weight = array(found, TIMES, of_times), array(found, weights(x), of_states)
    given = K if way != "each" else np.full(x.shape[:-1], K)
    return (solved_torch if is_torch(found) else solved_jax)(found, model, x, given, way, kind, times, weight, of_states)


def weights(x):
    return np.random.default_rng(1).standard_normal((*x.shape[:-1], len(TIMES), 2))


def solved_torch(found, model, x, given, way, kind, times, weight, dtype):
    start = {"array": lambda: array(found, x, dtype).requires_grad_(), "numpy": lambda: x, "list": lambda: x.tolist()}[
        kind
    ]()
    k = given if way in ("module", "number") else array(found, given, dtype).requires_grad_()
    states = model(start, times, None if way == "module" else {"k": k})
    total = (weight.to(states) * states).sum()
    if total.requires_grad:
        total.backward()
    trained = [p.grad for p in model.parameters()] if way == "module" else [] if way == "number" else [k.grad]
    by_k = sum(float(g.sum()) for g in trained) if trained else None
    return states.detach().numpy(), by_k, start.grad.numpy() if kind == "array" else None


def solved_jax(found, model, x, given, way, kind, times, weight, dtype):
    import equinox as eqx
    import jax

    trained, rest = eqx.partition(model, eqx.is_inexact_array)
    k = given if way in ("module", "number") else array(found, given, dtype)

    def total(parts, start):
        weights, k = parts
        states = eqx.combine(weights, rest)(start, times, None if way == "module" else {"k": k})
        return (weight * states).sum(), states

    if kind == "list":
        start = x.tolist()
        (_, states), by = jax.value_and_grad(lambda parts: total(parts, start), has_aux=True)((trained, k))
        slope = None
    else:
        start = array(found, x, dtype) if kind == "array" else x
        (_, states), (by, slope) = jax.value_and_grad(total, argnums=(0, 1), has_aux=True)((trained, k), start)
    leaves = jax.tree.leaves(by[0]) if way == "module" else [by[1]]
    return np.asarray(states), sum(float(g.sum()) for g in leaves), slope


def check(found, name, row):
    matrix, x, of_states = WRAPPERS[name][1], STARTS[row[2]], row[4][0]
    states, by_k, by_start = solved(found, name, row)
    wanted, rates, flows = exact(matrix, x, name == "second order")
    close = 1e-6 if of_states == "float64" else 1e-3
    w = weights(x)
    assert np.abs(states - wanted).max() < close, (name, row)
    if row[3] != "list":
        assert str(states.dtype) == of_states, (name, row)
    if by_k is not None:
        assert abs(by_k - (w * rates).sum()) < 10 * close, (name, row, by_k, (w * rates).sum())
    if by_start is not None:
        expected = sum(w[..., j, :] @ flow for j, flow in enumerate(flows))
        assert np.abs(np.asarray(by_start) - expected).max() < 10 * close, (name, row)


def table(name):
    return list(product(SOLVERS, WRAPPERS[name][2], STARTS, KINDS, TYPES))


def share(name, count, offset=0):
    """Rows that go through every column at once."""
    columns = (SOLVERS, WRAPPERS[name][2], tuple(STARTS), KINDS, TYPES)
    return [tuple(c[(offset + k * (1 + i)) % len(c)] for i, c in enumerate(columns)) for k in range(count)]


def in_kit(backend, name, rows):
    pytest.importorskip(backend)
    found, _, context = precise(backend)
    with context:
        for row in rows:
            check(found, name, row)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_share_of_the_table(name):
    in_kit("torch", name, share(name, 3, offset=list(WRAPPERS).index(name)))


def test_a_row_in_jax():
    in_kit("jax", "stabilization", [(("rk4", "direct"), "each", "batch", "array", TYPES[2])])


@pytest.mark.slow
@pytest.mark.parametrize("name", WRAPPERS)
def test_the_table_in_torch(name):
    in_kit("torch", name, table(name)[::7])


@pytest.mark.slow
@pytest.mark.parametrize("name", WRAPPERS)
def test_fixed_steps_in_jax(name):
    in_kit("jax", name, [(SOLVERS[0], *row[1:]) for row in share(name, 3, offset=list(WRAPPERS).index(name))])


@pytest.mark.nightly  # a compilation of a solver takes JAX many seconds
@pytest.mark.parametrize("name", WRAPPERS)
def test_every_solver_in_jax(name):
    in_kit("jax", name, share(name, 5, offset=list(WRAPPERS).index(name)))


@pytest.mark.parametrize("way", [True, False], ids=["number", "for each sample"])
def test_a_window_is_moved_with_its_gradients(kit, way):
    """exp(ε X) x_0 of the rotation is exp(ε A) x_0 with A the quarter turn."""
    found, _ = kit
    x = STARTS["batch"]
    move = found.GroupAugmentation(Generator((T, X, Y), (sp.S.Zero, Y, -X)))
    w = np.random.default_rng(2).standard_normal(x.shape)
    given, flow = (K if way else np.full(len(x), K)), expm(K * TURN)
    t = array(found, np.zeros(len(x)))
    if is_torch(found):
        import torch

        start, epsilon = torch.tensor(x, requires_grad=True), torch.tensor(given, requires_grad=True, dtype=torch.float64)
        moved = move.move(t, start, [epsilon])[1]
        by_start, by_number = torch.autograd.grad((torch.tensor(w) * moved).sum(), (start, epsilon))
        slopes = by_start.numpy(), by_number.numpy()
    else:
        import jax

        def total(start, epsilon):
            return (w * move.move(t, start, [epsilon])[1]).sum()

        slopes = jax.grad(total, argnums=(0, 1))(array(found, x), array(found, given))
    assert np.abs(np.asarray(slopes[0]) - w @ flow).max() < 1e-12
    assert np.abs(np.asarray(slopes[1]).sum() - (w * (x @ (TURN @ flow).T)).sum()) < 1e-12
