"""Arbitrary functions and their derivatives, lowered: what is computed is the derivative of the callable that is given."""

import contextlib
import pickle

import numpy as np
import pytest
import sympy as sp

import liesym
from liesym.errors import BackendError, Unsupported

X, Y = sp.symbols("x y", real=True)
V, F = sp.Function("V"), sp.Function("F")
SQUARE = X**2 + Y**2
POINTS = np.array([[0.3, -0.7], [1.1, 0.4], [-0.6, 0.9]])

ONE = {
    "V'(x)": V(X).diff(X),
    "value and slope": V(X) * V(X).diff(X),
    "V'' and V at one place": V(X).diff(X, 2) - 3 * V(X),
    "at an expression": X * V(SQUARE).diff(X) / SQUARE,
    "two places": V(X).diff(X) * V(Y).diff(Y, 3) + V(SQUARE),
    "chain rule, not yet taken": sp.Derivative(V(X**2), X),
    "at a number": X * sp.Subs(V(Y).diff(Y), Y, 2),
    "of itself": V(V(X)).diff(X),
}
TWO = {
    "gradient": F(X, Y).diff(X) * Y - F(X, Y).diff(Y) * X,
    "second order": F(X, Y).diff(X, 2) + F(X, Y).diff(X, Y) * F(X, Y) - F(X, Y).diff(Y, 2),
    "at expressions": F(X * Y, SQUARE).diff(X),
    "by the second alone": F(X, Y).diff(Y),
}


def toolkit(backend):
    """(make arrays in double precision, sine, cosine, a context that allows it)."""
    if backend == "torch":
        torch = pytest.importorskip("torch")
        return torch.as_tensor, torch.sin, torch.cos, contextlib.nullcontext()
    jax = pytest.importorskip("jax")
    return jax.numpy.asarray, jax.numpy.sin, jax.numpy.cos, jax.enable_x64(True)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_derivatives_of_the_callable_are_those_of_its_formula(backend):
    """Value and Jacobian with V = sin(2s), F = sin(a) cos(b) given as callables and written into the expression."""
    make, sin, cos, precision = toolkit(backend)
    expressions = [*ONE.values(), *TWO.values()]
    given = {"V": lambda s: sin(2 * s), "F": lambda a, b: sin(a) * cos(b)}
    a, b = sp.symbols("a b")
    written = [
        e.subs({V: sp.Lambda(a, sp.sin(2 * a)), F: sp.Lambda((a, b), sp.sin(a) * sp.cos(b))}).doit() for e in expressions
    ]
    with precision:
        found = liesym.lower(expressions, (X, Y), backend=backend, functions=given, jacobian=True)(None, make(POINTS))
    wanted = liesym.lower(written, (X, Y), backend="numpy", jacobian=True)(None, POINTS)
    assert np.allclose(np.asarray(found.values), wanted.values, rtol=1e-12, atol=1e-13)
    assert np.allclose(np.asarray(found.jacobian), wanted.jacobian, rtol=1e-12, atol=1e-13)


def test_numbers_inside_a_network_get_their_gradient_through_its_derivatives():
    """V = w s³: x'' = -V'(x) has the derivative -3 x² by w."""
    torch = pytest.importorskip("torch")

    class Cubic(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))

        def forward(self, s):
            return self.w * s**3

    module = Cubic()
    field = liesym.lower(liesym.ODESystem.parse("x'' = -V'(x)"), backend="torch", functions={"V": module})
    x = torch.tensor([[0.5, 0.1], [2.0, 0.3]], dtype=torch.float64, requires_grad=True)
    rate = field(None, x)[:, 1]
    by_weight, by_state = torch.autograd.grad(rate.sum(), (module.w, x))
    assert torch.allclose(rate, -6 * x[:, 0] ** 2)
    assert torch.allclose(by_weight, -3 * (x[:, 0] ** 2).sum())
    assert torch.allclose(by_state[:, 0], -12 * x[:, 0])


def test_a_lowered_field_is_pickled_with_its_network():
    torch = pytest.importorskip("torch")
    system = liesym.ODESystem.parse("x'' = -V'(x)")
    field = liesym.lower(system, backend="torch", functions={"V": torch.nn.Tanh()})
    x = torch.tensor([[0.5, 0.1], [2.0, 0.3]])
    assert torch.equal(pickle.loads(pickle.dumps(field))(None, x), field(None, x))


@pytest.mark.parametrize("expression", [V(X) + V(X).diff(X), V(X).diff(X) - V(X) ** 2], ids=str)
def test_value_and_derivative_take_one_pass(expression):
    torch = pytest.importorskip("torch")
    taken = []

    def counted(s):
        taken.append(s)
        return torch.sin(s)

    liesym.lower(expression, (X,), backend="torch", functions={"V": counted})(None, torch.ones(4, 1))
    assert len(taken) == 1


def test_a_parameter_and_a_batch_are_arguments_of_one_function():
    """F(x, a) = x² a with one a for all points: ∂F/∂x = 2 x a, ∂F/∂a = x² at each point, not summed."""
    torch = pytest.importorskip("torch")
    a = sp.Symbol("a", real=True)
    rates = [F(X, a).diff(X), F(X, a).diff(a)]
    function = liesym.lower(rates, (X,), backend="torch", functions={"F": lambda s, k: s**2 * k})
    x = torch.tensor([[1.0], [2.0], [3.0]])
    assert torch.allclose(function(None, x, {"a": 5.0}), torch.cat([10 * x, x**2], -1))


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_constant_function_has_the_derivative_0(backend):
    make, *_, precision = toolkit(backend)
    with precision:
        found = liesym.lower(V(X) + V(X).diff(X), (X,), backend=backend, functions={"V": lambda s: 2.0})(
            None, make(POINTS[:, :1])
        )
        assert np.asarray(found).ravel().tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_function_that_keeps_an_axis_too_many_is_refused(backend):
    make, *_, precision = toolkit(backend)
    function = liesym.lower(V(X).diff(X), (X,), backend=backend, functions={"V": lambda s: s[..., None]})
    with precision, pytest.raises(BackendError, match="one value a point"):
        function(None, make(POINTS[:, :1]))


def test_numpy_takes_the_derivatives_that_a_function_brings():
    class Wave:
        """sin(k s), which knows its derivatives."""

        def __init__(self, order=0):
            self.order = order

        def __call__(self, s):
            return 2.0**self.order * np.sin(2 * s + self.order * np.pi / 2)

        def derivative(self, n):
            return Wave(self.order + n)

    found = liesym.lower([*ONE.values()], (X, Y), backend="numpy", functions={"V": Wave()})(None, POINTS)
    a = sp.Symbol("a")
    written = [e.subs(V, sp.Lambda(a, sp.sin(2 * a))).doit() for e in ONE.values()]
    assert np.allclose(found, liesym.lower(written, (X, Y), backend="numpy")(None, POINTS), rtol=1e-12)
    with pytest.raises(BackendError, match="derivative of the function V is needed"):
        liesym.lower(V(X).diff(X), (X,), backend="numpy", functions={"V": np.sin})


def test_what_is_no_derivative_by_an_argument_is_refused_by_name():
    n = sp.Symbol("n", integer=True, positive=True)
    with pytest.raises(Unsupported, match="order that is no number"):
        liesym.lower(sp.Derivative(V(X), (X, n)), (X,), backend="torch", functions={"V": abs})
    with pytest.raises(Unsupported):
        liesym.lower(V(X).diff(X), (X,), backend="torch")


@pytest.mark.parametrize("guard", ["mask", "clamp"])
def test_guards_and_functions_together(guard):
    """V'(x)/x with V = s³ is 3 x away from 0; at 0 it is masked or finite."""
    torch = pytest.importorskip("torch")
    function = liesym.lower(V(X).diff(X) / X, (X,), backend="torch", functions={"V": lambda s: s**3}, guard=guard)
    found = function(None, torch.tensor([[0.0], [2.0]]))
    values = found.values if guard == "mask" else found
    assert torch.isfinite(values).all() and values[1] == 6.0
