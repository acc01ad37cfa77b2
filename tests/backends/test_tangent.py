"""In torch the projection of a field is one operation; its derivatives are those of the formula computed step by step."""

from __future__ import annotations

import copy
import pickle

import pytest
import sympy as sp

torch = pytest.importorskip("torch")
pytest.importorskip("liesym_torch")

import liesym_torch as kit  # noqa: E402

X, Y, U, V = STATES = sp.symbols("x y u v", real=True)
ENERGY, MOMENTUM = (U**2 + V**2) / 2 - 1 / sp.sqrt(X**2 + Y**2), X * V - Y * U
LAWS = {
    "one": (ENERGY,),
    "a polynomial": (MOMENTUM,),
    "two": (ENERGY, MOMENTUM),
    "one twice": (MOMENTUM, 2 * MOMENTUM),
    "dependent at rest": (X**2 + Y**2, X * U + Y * V, U**2 + V**2),
}


def points(seed=0):
    """States, the third at rest, vectors at them, and two cotangents."""
    generator = torch.Generator().manual_seed(seed)
    x, v, p, q = (torch.randn(6, 4, dtype=torch.float64, generator=generator) for _ in range(4))
    x[2, 2:] = 0
    return x.requires_grad_(), v.requires_grad_(), p, q


def derivatives(levels):
    """The projected vectors, the pullback of p, and that of q through it."""
    x, v, p, q = points()
    w = levels.tangent(None, x, v)
    once = torch.autograd.grad(levels.tangent(None, x, v), (x, v), p)
    first = torch.autograd.grad(w, (x, v), p, create_graph=True)
    second = torch.autograd.grad(sum((g * q).sum() for g in first), (x, v))
    return (w.detach(), *once, *(g.detach() for g in first), *second)


@pytest.mark.parametrize("laws", LAWS.values(), ids=LAWS)
def test_values_and_derivatives_are_those_of_the_formula(laws):
    levels, stepwise = (kit.LevelSets.from_expressions(laws, STATES) for _ in range(2))
    stepwise.bends = None
    for found, right in zip(derivatives(levels), derivatives(stepwise), strict=True):
        torch.testing.assert_close(found, right, rtol=1e-10, atol=1e-10)


def test_the_operation_is_taken_and_a_wrong_second_derivative_is_seen():
    """A planted fault: without it the table above could compare the formula with itself."""
    levels, x, v, p = kit.LevelSets.from_expressions((ENERGY,), STATES), *points()[:3]
    assert "_Tangent" in type(levels.tangent(None, x, v).grad_fn).__name__
    right = torch.autograd.grad(levels.tangent(None, x, v), x, p)[0]
    assert levels.bends is not None
    levels.bends.slopes = tuple(2 * e for e in levels.bends.slopes)
    levels.bends.lowered = None
    assert not torch.allclose(torch.autograd.grad(levels.tangent(None, x, v), x, p)[0], right)


def test_what_it_does_not_cover_is_computed_step_by_step():
    """Laws with time, points without a gradient, transforms of torch.func, forward mode, other shapes and dtypes."""
    t, k, radius = sp.Symbol("t"), sp.Symbol("k"), sp.sqrt(X**2 + Y**2)
    x, v, p, _ = points()
    for law, parameters in ((X - t * U, ()), (k * X, (k,))):
        assert kit.LevelSets.from_expressions((law,), STATES, parameters=parameters).bends is None
    levels = kit.LevelSets.from_expressions((radius,), STATES)
    origin = torch.zeros(2, 4, dtype=torch.float64, requires_grad=True)
    found = levels.tangent(None, origin, v[:2])
    assert torch.equal(found, v[:2]) and torch.isfinite(torch.autograd.grad(found.sum(), origin)[0]).all()
    levels = kit.LevelSets.from_expressions((ENERGY, MOMENTUM), STATES)
    right = torch.autograd.grad(levels.tangent(None, x, v), x, p)[0]
    pulled = torch.func.vjp(lambda y: levels.tangent(None, y, v), x)[1](p)[0]
    torch.testing.assert_close(pulled, right)
    along = torch.func.jvp(lambda y: levels.tangent(None, y, v.detach()), (x.detach(),), (p,))[1]
    torch.testing.assert_close((along * p).sum(), (right_along(levels, x, v, p) * p).sum())
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x.detach(), p)
        assert torch.autograd.forward_ad.unpack_dual(levels.tangent(None, dual, v.detach())).tangent is not None
    assert levels.tangent(None, x, v[0]).shape == x.shape


def right_along(levels, x, v, p):
    """The derivative along p by a difference."""
    step = 1e-6
    with torch.no_grad():
        return (levels.tangent(None, x + step * p, v) - levels.tangent(None, x - step * p, v)) / (2 * step)


def test_a_projected_network_is_one_graph_for_the_compiler():
    field = kit.TangentProjection(kit.MLPField(4, width=4), kit.LevelSets.from_expressions((ENERGY, MOMENTUM), STATES))
    x, t = torch.randn(3, 4), torch.zeros(3)
    whole = torch.compile(field, backend="eager", fullgraph=True)
    torch.testing.assert_close(whole(t, x), field(t, x))


def test_it_is_copied_and_pickled_after_use():
    field = kit.TangentProjection(kit.MLPField(4, width=4), kit.LevelSets.from_expressions((ENERGY,), STATES))
    x = torch.randn(3, 4, requires_grad=True)
    field(None, x).sum().backward()
    for other in (copy.deepcopy(field), pickle.loads(pickle.dumps(field))):
        torch.testing.assert_close(other(None, x), field(None, x))
