"""Error bars of adjoint gradients: pairings with variations measure the error, and few random ones bound it by chance."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from training_support import kit as kit

from liesym.errors import TrainingError
from liesym.learn.audit import ErrorBar, GradientWarning, directions_of, error_bar
from liesym.model.system import ODESystem

TIMES = np.array([0.0, 1.5, 3.0])
VALUES = {"k": 1.2, "w": 0.7}


def decaying(found, dtype, tolerance):
    """x' = w - k x, which an adjoint solve follows backward up a growing exponential."""
    field = found.SymbolicField(ODESystem.parse("x' = w - k*x"), VALUES, dtype=dtype)
    model = found.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=tolerance, atol=tolerance)
    names = sorted(VALUES) if found.__name__.startswith("liesym_jax") else list(field.theta)
    return model, names


def exact(starts, names):
    """The gradient of Σ x(t_k)² by the starts and by the parameters, in closed form."""
    k, w = VALUES["k"], VALUES["w"]
    decay = np.exp(-k * TIMES)
    x = w / k + (starts[:, None] - w / k) * decay
    slopes = {
        "k": -w / k**2 * (1 - decay) - TIMES * (starts[:, None] - w / k) * decay,
        "w": np.broadcast_to((1 - decay) / k, x.shape),
    }
    return (2 * x * decay).sum(1), np.array([(2 * x * slopes[name]).sum() for name in names])


def squares(states):
    return (states**2).sum()


@pytest.mark.slow_with("jax")
def test_the_bar_is_the_error(kit):
    """Unit directions measure |g - ∇L|; three random ones estimate it."""
    found, dtype = kit
    starts = np.array([2.0, -1.0, 0.4, 3.0, 1.1])
    model, names = decaying(found, dtype, 1e-3)
    auditor = found.audit_gradient.__self__
    x0, times = found.as_tensor(starts[:, None]), found.as_tensor(TIMES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        audit = found.audit_gradient(model, x0, times, squares)
    *_, by_start, by_parameters = auditor.measure(model, x0, times, squares, {})
    wanted = exact(starts, names)
    errors = [np.linalg.norm(g.ravel() - e) for g, e in zip((by_start, by_parameters), wanted, strict=True)]
    first, second = audit.bars
    assert (first.part, second.part) == ("start", "parameters") and (first.spanned, second.spanned) == (False, True)
    assert errors[1] > 1e-5, "there is an error to be seen"
    assert second.size == pytest.approx(errors[1], rel=0.05) and 0.1 < errors[0] / first.size < 10
    assert audit.error == max(first.relative, second.relative)
    assert second.relative == pytest.approx(errors[1] / np.linalg.norm(wanted[1]), rel=0.05)
    assert found.audit_gradient(model, x0, times, squares, goal=1.0, directions=0).bars == ()
    said = found.audit_gradient(model, starts[:, None].tolist(), TIMES.tolist(), squares, goal=1.0)
    assert [bar.size for bar in said.bars] == pytest.approx([bar.size for bar in audit.bars], rel=1e-6), "lists of numbers"


@pytest.mark.slow_with("jax")
def test_an_error_that_no_law_sees_is_warned_about(kit):
    """Without generators nothing drifts; the pairing needs none."""
    found, dtype = kit
    model, _ = decaying(found, dtype, 1e-2)
    x0, times = found.as_tensor(np.array([[2.0]])), found.as_tensor(TIMES)
    with pytest.warns(GradientWarning, match="off by about .* though no law"):
        audit = found.audit_gradient(model, x0, times, squares, {}, goal=1e-6)
    assert audit.worst == 0.0 and audit.error > 1e-6 and audit.advised_rtol < 1e-2


def test_a_field_of_two_arguments_is_audited():
    torch = pytest.importorskip("torch")
    from liesym.learn.fitting import toolkit

    class Decay(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.k = torch.nn.Parameter(torch.tensor(1.2, dtype=torch.float64))

        def forward(self, t, x):
            y = x.detach().requires_grad_(True)  # a field that differentiates inside
            with torch.enable_grad():
                (slope,) = torch.autograd.grad(
                    (x * x).sum() if x.requires_grad else (y * y).sum(), x if x.requires_grad else y, create_graph=True
                )
            return -self.k * slope / 2

    found = toolkit("torch")
    model = found.NeuralODE(Decay(), solver="dopri5", gradient="adjoint", rtol=1e-6, atol=1e-6)
    audit = found.audit_gradient(model, torch.tensor([[1.0]], dtype=torch.float64), torch.tensor(TIMES), squares)
    assert audit.error < 1e-3 and {bar.part for bar in audit.bars} == {"start", "parameters"}


def test_few_random_directions_fail_as_often_as_is_said():
    random, n, k = np.random.default_rng(1), 40, 3
    error, factor = random.standard_normal(n) * np.geomspace(1.0, 1e-3, n), 2.0
    bars = []
    for _ in range(3000):
        rows = directions_of(random, n, k)
        bars.append(error_bar("parameters", error, rows, np.zeros(k)))
    share = np.mean([np.linalg.norm(error) > factor * bar.size for bar in bars])
    assert share == pytest.approx(bars[0].chance(factor), abs=0.02) and 0.1 < share < 0.2
    assert bars[0].chance(10.0) == pytest.approx(1.4e-3, rel=0.05)


def test_a_number_of_directions_is_no_negative_one(kit):
    found, dtype = kit
    model, _ = decaying(found, dtype, 1e-2)
    with pytest.raises(TrainingError, match="directions = -1"):
        found.audit_gradient(model, found.as_tensor(np.array([[2.0]])), found.as_tensor(TIMES), squares, directions=-1)


def test_unit_directions_leave_nothing_to_chance():
    gradient, wanted = np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 2.5])
    rows = directions_of(np.random.default_rng(0), 3, 3)
    bar = error_bar("start", gradient, rows, rows @ wanted)
    assert bar == ErrorBar("start", bar.size, 3.0, 3, True) and bar.size == pytest.approx(0.5)
    assert bar.relative == pytest.approx(1 / 6) and bar.chance(1.0) == 0.0
    huge = error_bar("start", 1e6 * gradient, rows, rows @ wanted)
    assert huge.norm == pytest.approx(np.linalg.norm(wanted)), "a gradient that is all error is no unit"
