"""Laws of single operations: the inverse of the Gudermannian, and sums that take a product in with them."""

import contextlib

import mpmath
import numpy as np
import pytest
import sympy as sp

import liesym
from liesym.lowering.lower import build_program, for_backend
from liesym.lowering.reference import source_of
from liesym.lowering.registry import get_backend

X, Y = sp.symbols("x y", real=True)
HALF = np.pi / 2
ANGLES = np.array([HALF, np.nextafter(HALF, 2), -HALF, HALF - 1e-9, 1.2, 3.0, 4 * HALF + 0.3, -2.5, 1e-12, -1e-3])
"""The last number before a pole among them, where atanh(sin a) computed as it stands is infinite."""


def exact(function, angles=ANGLES):
    with mpmath.workdps(60):
        return np.array([float(function(mpmath.mpf(float(a)))) for a in angles])


VALUES = exact(lambda a: mpmath.atanh(mpmath.sin(a)))
SLOPES = exact(mpmath.sec)
BENDS = exact(lambda a: mpmath.sec(a) * mpmath.tan(a))


def close(found, wanted):
    return bool(np.allclose(np.asarray(found), wanted, rtol=2e-14, atol=0))


def lowered(backend):
    function = liesym.lower([sp.atanh(sp.sin(X))], (X,), backend=backend)
    return lambda a: function(None, a[..., None], None)[..., 0]


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
@pytest.mark.parametrize("copies", [1, 1000])
def test_the_inverse_of_the_gudermannian_is_accurate_at_its_poles(backend, copies):
    """For few points and for many, which torch computes in different ways."""
    angles = np.tile(ANGLES, copies)
    with pytest.importorskip("jax").enable_x64(True) if backend == "jax" else contextlib.nullcontext():
        make = {
            "torch": lambda: pytest.importorskip("torch").as_tensor,
            "jax": lambda: pytest.importorskip("jax").numpy.asarray,
        }
        found = lowered(backend)(make.get(backend, lambda: np.asarray)()(angles))
    assert close(found, np.tile(VALUES, copies))
    with np.errstate(divide="ignore"):
        assert not close(np.arctanh(np.sin(angles)), np.tile(VALUES, copies))


@pytest.mark.parametrize("copies", [1, 1000])
def test_its_derivatives_in_torch(copies):
    torch = pytest.importorskip("torch")
    angles = torch.as_tensor(np.tile(ANGLES, copies)).requires_grad_()
    function = lowered("torch")
    slope = torch.autograd.grad(function(angles).sum(), angles, create_graph=True)[0]
    bend = torch.autograd.grad(slope.sum(), angles)[0]
    assert close(slope.detach(), np.tile(SLOPES, copies))
    # second derivatives of the elementary form cancel at the pole itself
    assert np.allclose(bend.numpy()[4:10], BENDS[4:], rtol=1e-9)
    forward = torch.func.jvp(function, (angles.detach(),), (torch.ones_like(angles),))[1]
    assert close(forward, np.tile(SLOPES, copies))


def test_its_derivatives_in_jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        angles, function = jax.numpy.asarray(ANGLES), lowered("jax")
        slope = jax.vmap(jax.grad(function))
        assert close(slope(angles), SLOPES)
        assert close(jax.jvp(function, (angles,), (jax.numpy.ones_like(angles),))[1], SLOPES)
        assert np.allclose(jax.vmap(jax.grad(jax.grad(function)))(angles), BENDS, rtol=1e-9)


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_its_jacobian_is_computed_in_the_same_pass(backend):
    with pytest.importorskip("jax").enable_x64(True) if backend == "jax" else contextlib.nullcontext():
        function = liesym.lower([sp.atanh(sp.cos(X))], (X,), backend=backend, jacobian=True)
        arrays = get_backend(backend).arrays()
        points = np.array([[1e-9], [0.7], [-2.0], [3.0]])
        found = arrays.read(function(None, arrays.make(points), None).jacobian)[:, 0, 0]
    assert close(found, exact(lambda a: -mpmath.csc(a), points[:, 0]))


# -- sums ----------------------------------------------------------------------------------------------------

SUMS = [
    X * Y + sp.sin(X),
    sp.sin(Y) - X**2,
    sp.cos(X) + 3 * sp.exp(Y),
    sp.exp(X) - 7 * sp.cos(Y),
    sp.sqrt(Y) + sp.sin(X) * Y,
]


def test_sums_take_products_in():
    torch = pytest.importorskip("torch")
    backend = get_backend("torch")
    source = source_of(for_backend(build_program(SUMS, (X, Y)), backend), backend.dialect)
    assert source.count("addcmul") == 3 and source.count("alpha=") == 2
    x = torch.rand(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = liesym.lower(SUMS, (X, Y), backend="torch")(None, x, None)
    wanted = np.stack(sp.lambdify((X, Y), SUMS, "numpy")(*x.detach().numpy().T), -1)
    assert np.allclose(found.detach(), wanted, rtol=1e-14, atol=1e-15)
    slope = torch.autograd.grad(found.sum(), x)[0]
    rates = [sp.lambdify((X, Y), sp.diff(sum(SUMS), s), "numpy")(*x.detach().numpy().T) for s in (X, Y)]
    assert np.allclose(slope, np.stack(rates, -1), rtol=1e-13)


def test_a_product_that_is_needed_elsewhere_is_computed_once():
    backend = get_backend("torch")
    source = source_of(for_backend(build_program([X * Y + sp.sin(X), X * Y], (X, Y)), backend), backend.dialect)
    assert "addcmul" not in source and source.count(" * ") == 1


def test_what_a_users_function_returns_may_be_a_number():
    torch = pytest.importorskip("torch")
    function = sp.Function("F")
    lowered = liesym.lower(
        [function(X) + X * Y, X + Y * function(X)], (X, Y), backend="torch", functions={"F": lambda x: 2.0}
    )
    found = lowered(None, torch.tensor([[3.0, 5.0]]), None)
    assert found.tolist() == [[17.0, 13.0]]
