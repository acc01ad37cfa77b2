"""Values in args, times and starts of every kind: numbers and gradients are those of an unwrapped reference."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from training_support import kit as kit

import liesym

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
