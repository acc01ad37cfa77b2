"""Soft residuals that do not ask for the zero field, collapse, states that were not measured, and the shape of times."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sympy as sp
from training_support import kit as kit

import liesym
from liesym.errors import BackendError
from liesym.learn.fitting import Sampler, Settings
from liesym.learn.objectives import CollapseWarning
from liesym.learn.trajectories import Trajectories
from liesym.symmetries.generator import Generator

T, X, Y = sp.symbols("t x y", real=True)
ROTATION, SHIFT = Generator((T, X, Y), (0, -Y, X)), Generator((T, X, Y), (0, 1, 0))
POINTS = np.random.default_rng(0).standard_normal((6, 2))


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def stacked(found, a, b):
    return found.ARRAYS.xp.stack([a, b], -1)


def makers(found, **options):
    """The three residuals of a field."""
    return [
        lambda f: found.invariance_residual(f, ROTATION, **options),
        lambda f: found.conservation_residual(f, X**2 + Y, state=(X, Y), **options),
        lambda f: found.group_residual(f, ROTATION, epsilon=0.3, **options),
        lambda f: found.conservation_residual(f, lambda t, x, args: (x**2).sum(-1)[..., None], **options),
    ]


@pytest.mark.slow_with("jax")
def test_a_relative_residual_is_the_same_for_the_double_field_and_not_small_for_none(kit):
    """Plain ones vanish with f. Relative: R[2 f] = R[f], R[f] = R_plain/|f|, R[0] = 1, and 0 where the law holds."""
    found, _ = kit
    x = found.as_tensor(POINTS, None)
    field = lambda t, x: stacked(found, x[..., 0] * x[..., 1] + 1.0, x[..., 1] ** 2)  # noqa: E731
    size = np.sqrt((numbers(field(None, x)) ** 2).mean())
    for plain, relative in zip(makers(found), makers(found, relative=True), strict=True):
        one, two, none = (numbers(relative(lambda t, x, c=c: c * field(t, x))(0.0, x, None)) for c in (1.0, 2.0, 0.0))
        assert np.abs(one).max() > 0.1 and np.allclose(one, two, rtol=1e-12)
        assert np.allclose(one, numbers(plain(field)(0.0, x, None)) / size, rtol=1e-12)
        assert np.all(none == 1.0) and not numbers(plain(lambda t, x: 0.0 * x)(0.0, x, None)).any()
    turn = lambda t, x: stacked(found, -x[..., 1], x[..., 0])  # noqa: E731
    for relative in (makers(found, relative=True)[0], makers(found, relative=True)[3]):
        assert np.abs(numbers(relative(turn)(0.0, x, None))).max() < 1e-14
    still = found.invariance_residual(lambda t, x: 0.0 * x + 1.0, SHIFT, relative=True)
    assert not numbers(still(0.0, x, None)).any(), "a law whose terms are all zero is fulfilled"


def test_the_gradient_of_a_relative_residual_is_finite_at_the_zero_field(kit):
    found, _ = kit
    x = found.as_tensor(POINTS, None)

    def loss(c):
        return (
            found.invariance_residual(lambda t, x: c * stacked(found, x[..., 0], 0 * x[..., 0]), ROTATION, relative=True)(
                0.0, x, None
            )
            ** 2
        ).mean()

    if found.__name__.startswith("liesym_torch"):
        import torch

        c = torch.zeros((), dtype=torch.float64, requires_grad=True)
        loss(c).backward()
        slope = float(c.grad)
    else:
        import jax

        slope = float(jax.grad(loss)(0.0))
    assert np.isfinite(slope)


def windows():
    """x' = -y, y' = x from three starts, five times."""
    times = np.tile(np.linspace(0.0, 0.4, 5), (3, 1))
    angle = times + np.array([[0.0], [1.0], [2.0]])
    return Trajectories(times, np.stack([np.cos(angle), np.sin(angle)], -1), ("x", "y"))


@pytest.mark.slow_with("jax")
def test_a_collapse_is_named(kit):
    """The zero field keeps x² and y² apart, which no turning field does; with a weight of 1e4 training goes there."""
    found, dtype = kit
    data = windows()
    settings = Settings(steps=40, learning_rate=0.05, checkpoint_every=40)
    runs = []
    for relative in (False, True):
        law = found.at_points(found.conservation([X**2, Y**2], (X, Y), relative=relative))
        loss = found.SymmetryLoss(found.misfit(), {"law": law}, 1e4 if not relative else 0.0)
        model = found.NeuralODE(found.MLPField(2, width=4, depth=1, dtype=dtype))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", CollapseWarning)
            field = found.train(model, loss, Sampler(data, settings), settings).model.field
        ratio = found.speed_ratio(field, data.times, data.states)
        runs.append((ratio, [w for w in said if issubclass(w.category, CollapseWarning)]))
    (low, named), (high, silent) = runs
    assert low < 0.03 and "% of the speed" in str(named[0].message)
    assert high > 0.1 and not silent
    turn = lambda t, x: stacked(found, -x[..., 1], x[..., 0])  # noqa: E731
    missing = data.states.copy()
    missing[0, 2, 0] = np.nan
    assert found.speed_ratio(turn, data.times, missing) == pytest.approx(1.0, abs=0.1)


def test_what_was_not_measured_does_not_count(kit):
    """The misfit with holes is that of the numbers that are there, and their gradient is finite."""
    found, _ = kit
    data = windows()
    holes = data.states.copy()
    holes[0, 2, 0] = holes[1, 3:, :] = np.nan
    model = found.NeuralODE(lambda t, x, args: 0.5 * stacked(found, -x[..., 1], x[..., 0]), substeps=2)

    def batch(states):
        return found.Batch(*(found.as_tensor(a, None) for a in (data.times, states, np.zeros((3, 0)))))

    predicted = numbers(model(*(found.as_tensor(a, None) for a in (data.states[:, 0], data.times))))
    difference = ((predicted - holes) / [1.0, 2.0])[:, 1:]
    wanted = np.nanmean(difference**2)
    assert float(found.misfit(scale=(1.0, 2.0))(model, batch(holes))) == pytest.approx(wanted, rel=1e-12)
    whole = float(found.misfit()(model, batch(data.states)))
    assert whole == np.mean(((predicted - data.states)[:, 1:]) ** 2) or whole == pytest.approx(
        np.mean(((predicted - data.states)[:, 1:]) ** 2), rel=1e-13
    )
    unseen = holes.copy()
    unseen[..., 1] = np.nan
    start = found.as_tensor(data.states[:, 0], None)
    value = float(found.misfit(start=lambda model, batch: start)(model, batch(unseen)))
    assert value == pytest.approx(np.nanmean((predicted - unseen) ** 2), rel=1e-12)


def test_times_broadcast_as_in_numpy_and_never_by_guess(kit):
    """(T, B, m) with t of shape (T, 1) or (B,); one of shape (T,) does not fit, and for T = B is (B,)."""
    found, _ = kit
    field = lambda t, x: x * t[..., None]  # noqa: E731
    residual = found.conservation_residual(field, X + Y, state=(X, Y))
    with_value = found.conservation_residual(lambda t, x, k=2.0: k * x, X, state=(X, Y))
    assert numbers(with_value(None, found.as_tensor(POINTS, None), None))[:, 0] == pytest.approx(2 * POINTS[:, 0])
    x = np.random.default_rng(1).standard_normal((4, 3, 2))
    for t in (np.arange(4.0)[:, None], np.arange(3.0), np.arange(12.0).reshape(4, 3), np.array(2.0)):
        got = numbers(residual(found.as_tensor(t, None), found.as_tensor(x, None), None))
        assert np.allclose(got[..., 0], x.sum(-1) * t)
    with pytest.raises(BackendError, match=r"t has shape \(4,\) and x has shape \(4, 3, 2\).*write t\[:, None\]"):
        residual(found.as_tensor(np.arange(4.0), None), found.as_tensor(x, None), None)


@pytest.mark.slow_with("jax")
def test_a_network_on_standardized_data_has_the_standardized_laws(kit):
    """A field for z = (x - μ)/σ of the rotation about (1, -2) with scales 2 and 0.5: residuals 0, and kept by projection."""
    found, _ = kit
    mean, std = np.array([1.0, -2.0]), np.array([2.0, 0.5])
    centred = Generator((T, X, Y), (0, -Y, X))
    field = lambda t, z: stacked(found, *turned(z, mean, std))  # noqa: E731
    z = found.as_tensor(POINTS, None)
    residual = found.invariance_residual(field, centred.standardized(mean, std))
    assert np.abs(numbers(residual(0.0, z, None))).max() < 1e-13
    assert np.abs(numbers(found.invariance_residual(field, centred)(0.0, z, None))).max() > 0.1
    law = liesym.residuals.standardized(X**2 + Y**2, (X, Y), mean, std)
    rate = found.conservation_residual(field, law, state=(X, Y))
    assert np.abs(numbers(rate(0.0, z, None))).max() < 1e-13
    kept = found.TangentProjection(lambda t, z: z * 0 + 1.0, found.LevelSets.from_expressions([law], (X, Y)))
    x = POINTS * std + mean
    assert np.abs((numbers(kept(None, z)) * std * x).sum(-1)).max() < 1e-13


def turned(z, mean, std):
    """(x' , y')/σ of x' = -y, y' = x."""
    x, y = (z[..., i] * std[i] + mean[i] for i in (0, 1))
    return -y / std[0], x / std[1]
