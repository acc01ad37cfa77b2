"""The damped return to a level set under functional transforms, in both backends."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Symbol, cos
from training_support import kit as kit

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

X, V = Symbol("x", real=True), Symbol("x'", real=True)
STARTS = [[np.pi - 0.02, 0.01], [np.pi - 0.1, 0.1], [0.4, 0.3], [0.4, 0.0]]
GOALS = [[-0.5], [-0.9], [-0.5], [-np.cos(0.4)]]


def transforms(found):
    """(vmap, grad of a scalar function, hessian) of the library, jitted where that is its way."""
    if "torch" in found.__name__:
        func = pytest.importorskip("torch").func
        return func.vmap, func.grad, func.hessian
    jax = pytest.importorskip("jax")
    return (lambda f: jax.jit(jax.vmap(f))), jax.grad, jax.hessian


@pytest.fixture
def pendulum(kit):
    """(library, level sets of the energy, states, levels): some samples take damped steps, one is there already."""
    found, _ = kit
    sets = found.LevelSets.from_expressions([V**2 / 2 - cos(X)], (X, V))
    return found, sets, found.as_tensor(np.array(STARTS)), found.as_tensor(np.array(GOALS))


def plain(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


@pytest.mark.slow_with("jax")
def test_sample_by_sample_is_the_batch(pendulum):
    found, sets, x, goal = pendulum
    vmap, _, _ = transforms(found)
    whole = plain(sets.retract(0 * x[:, 0], x, goal))
    parts = plain(vmap(lambda y, level: sets.retract(0 * y[0], y, level))(x, goal))
    assert np.abs(parts - whole).max() < 1e-12
    assert np.abs(plain(sets.values(0 * x[:, 0], found.as_tensor(parts), None)) - GOALS).max() < 1e-12
    nested = plain(vmap(vmap(lambda y, level: sets.retract(0 * y[0], y, level)))(x[None], goal[None]))
    assert np.abs(nested[0] - whole).max() < 1e-12
    assert np.abs(whole[:3] - STARTS[:3]).max() > 1e-2, "the samples have a way to go"


@pytest.mark.slow_with("jax")
def test_gradients_are_those_of_differences(pendulum):
    found, sets, x, goal = pendulum
    vmap, grad, hessian = transforms(found)

    def reach(y, level):
        return (sets.retract(0 * y[0], y, level) ** 2).sum()

    slopes = plain(vmap(grad(reach))(x, goal))
    distance = vmap(reach)
    for j in range(2):
        step = np.zeros(2)
        step[j] = 1e-6
        above, below = (plain(distance(found.as_tensor(np.array(STARTS) + s), goal)) for s in (step, -step))
        rate = (above - below) / 2e-6
        assert abs(slopes[2, j] - rate[2]) < 1e-6
    if "torch" in found.__name__:  # many seconds of compilation in JAX
        curvature = plain(hessian(lambda y: reach(y, goal[2]))(x[2]))
        assert np.isfinite(curvature).all() and np.abs(curvature - curvature.T).max() < 1e-9


def test_the_loop_ends_when_all_samples_are_done(kit):
    """Under vmap as well the rest of the iterations is skipped: the values are looked at no more often."""
    found, _ = kit
    torch = pytest.importorskip("torch")
    if "torch" not in found.__name__:
        pytest.skip("JAX does not call a traced function again")
    sets = found.LevelSets.from_expressions([V**2 / 2 - cos(X)], (X, V))
    calls: list[int] = []
    values = sets.values
    sets.values = lambda *inputs: (calls.append(1), values(*inputs))[1]
    x, goal = torch.tensor([[0.4, 0.3]], dtype=torch.float64), torch.tensor([[-0.9]], dtype=torch.float64)
    counts = []
    for run in (sets.retract, torch.func.vmap(sets.retract)):
        calls.clear()
        run(0 * x[:, 0], x, goal)
        counts.append(len(calls))
    assert counts[0] == counts[1] < 10
