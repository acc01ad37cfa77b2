"""Invariants learned by contrast: losses, statistics, the guard, projection, the autoencoder; in both backends alike."""

from __future__ import annotations

import importlib
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from training_support import kit as kit

from liesym.errors import DataError, TrainingError
from liesym.learn.contrastive import CONTRASTS, InvariantWarning, invariant_trust, ratio_contrast, trajectory_batches
from liesym.learn.fitting import Settings, toolkit
from liesym.learn.identify_invariant import identify_invariants
from liesym.model.system import ODESystem

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
RANDOM = np.random.default_rng(5)
SETTINGS = Settings(steps=120, batch=8, learning_rate=1e-2, final_rate=1e-4)
LONGER = Settings(steps=800, batch=8, learning_rate=1e-2, final_rate=1e-4)


def circles(count=16, length=12, seed=1):
    """Trajectories of a spring: points of circles."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 6.3, (count, 1)) + np.linspace(0, 5, length)
    radius = random.uniform(0.3, 1.2, (count, 1))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def wild(t, x, args=None):
    """A field that keeps nothing."""
    return x[..., ::1] * 0.5 + 0.3


def trained(found, dtype, x=None, settings=SETTINGS, **options):
    start = found.ContrastiveInvariant(2, width=16, seed=2, dtype=dtype, **options)
    return found.train_invariant(start, circles() if x is None else x, settings)


# -- losses ----------------------------------------------------------------------------------------


def by_pairs(h, kind):
    """Both losses as they are written, pair by pair."""
    count, length, m = h.shape
    flat, label = h.reshape(-1, m), np.repeat(np.arange(count), length)
    total = []
    for i, here in enumerate(flat):
        square = ((flat - here) ** 2).sum(-1)
        if kind == "ratio":
            total.append(square[label == label[i]].sum() / square.sum())
            continue
        others = np.arange(len(flat)) != i
        weights = np.exp(-square) * others
        total.append(-np.log(weights[label == label[i]].sum() / weights.sum()))
    return np.mean(total)


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("kind", ["softmax", "ratio"])
def test_the_losses_are_those_of_the_sum_over_pairs(kit, kind):
    found, _ = kit
    h = RANDOM.standard_normal((4, 5, 2)) + np.arange(4)[:, None, None]
    loss = partial(CONTRASTS[kind], found.MLP.arrays)
    assert float(loss(found.as_tensor(h))) == pytest.approx(by_pairs(h, kind), rel=1e-6)
    mixed = RANDOM.permutation(h.reshape(20, 2)).reshape(4, 5, 2)
    assert float(loss(found.as_tensor(h))) < float(loss(found.as_tensor(mixed))), "mixed trajectories are worse"


@pytest.mark.parametrize("normalization", ["batch", "whiten", "none"])
def test_normalization_fixes_mean_and_spread(kit, normalization):
    found, dtype = kit
    x = found.as_tensor(circles())
    start = found.ContrastiveInvariant(2, components=2, width=8, seed=1, normalization=normalization, dtype=dtype)
    values = numbers(start.frozen(x)(x)).reshape(-1, 2)
    spread = np.cov(values.T, bias=True)
    if normalization == "none":
        assert np.abs(numbers(start(x)) - numbers(start.frozen(x)(x))).max() < 1e-15 and spread[0, 0] < 0.9
        return
    assert np.abs(values.mean(0)).max() < 1e-9 and np.abs(np.diag(spread) - 1).max() < 1e-5
    assert (abs(spread[0, 1]) < 1e-6) == (normalization == "whiten")


@pytest.mark.slow_with("jax")
def test_frozen_statistics_do_not_depend_on_the_batch(kit):
    found, dtype = kit
    x = found.as_tensor(circles())
    fixed = found.ContrastiveInvariant(2, width=8, seed=1, dtype=dtype).frozen(x)
    assert np.abs(numbers(fixed(x))[:3] - numbers(fixed(x[:3]))).max() < 1e-14
    assert float(fixed.loss(x)) != pytest.approx(float(fixed.loss(x[:3])), rel=1e-3)


def test_a_constant_has_no_advantage(kit):
    """Without normalization a network may shrink to nothing; the ratio of such a network is that of noise."""
    found, _ = kit
    loss = partial(ratio_contrast, found.MLP.arrays)
    noise = RANDOM.standard_normal((6, 8, 1))
    assert float(loss(found.as_tensor(1e-3 * noise))) == pytest.approx(float(loss(found.as_tensor(noise))), rel=1e-6)


# -- training --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["softmax", pytest.param("ratio", marks=pytest.mark.slow)])
def test_circles_are_learned_and_backends_agree(kind):
    import jax

    ends = []
    for name in ("torch", "jax"):
        found = toolkit(name)
        with jax.enable_x64(True):
            import torch

            dtype = torch.float64 if name == "torch" else np.dtype("float64")
            start = found.ContrastiveInvariant(2, width=16, seed=2, dtype=dtype)
            invariant, losses = found.train_invariant(start, circles(), SETTINGS, kind=kind)
            assert losses[-10:].mean() < losses[:10].mean() - 0.1 and len(losses) == SETTINGS.steps
            ends.append(invariant.trust(circles(seed=9)).ratios[0])
            assert start.trust(circles(seed=9)).ratios[0] > 0.3 > 0.02 > ends[-1]
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)


@pytest.mark.slow_with("jax")
def test_the_linear_part_learns_a_linear_invariant_that_holds_beyond_the_data(kit):
    found, dtype = kit
    x = RANDOM.uniform(0, 1, (12, 1, 2)) + np.linspace(0, 1, 9)[:, None] * np.array([1.0, -1.0])
    settings = Settings(steps=300, batch=6, learning_rate=2e-2, final_rate=1e-4, weight_decay=1.0)
    start = found.ContrastiveInvariant(2, width=8, seed=2, linear=True, activation="silu", dtype=dtype)
    invariant, _ = found.train_invariant(start, x, settings)
    far = numbers(invariant.gradients(found.as_tensor(10 * x)))[..., 0, :]
    assert np.abs(far[..., 0] / far[..., 1] - 1).max() < 0.05


def test_choices_and_shapes_that_cannot_be_are_refused(kit):
    found, dtype = kit
    with pytest.raises(TrainingError, match="none, batch, whiten"):
        found.ContrastiveInvariant(2, normalization="layer")
    start = found.ContrastiveInvariant(2, width=4, dtype=dtype)
    with pytest.raises(TrainingError, match="softmax, ratio"):
        found.train_invariant(start, circles(), SETTINGS, kind="triplet")
    with pytest.raises(DataError, match="expected \\(trajectories, times, 2\\)"):
        found.train_invariant(start, circles()[0], SETTINGS)


def test_batches_are_those_of_the_seed():
    one, two = (trajectory_batches(9, Settings(steps=5, batch=4, seed=s)) for s in (0, 1))
    assert one.shape == (5, 4) and all(len(set(row)) == 4 for row in one) and (one != two).any()
    assert (one == trajectory_batches(9, Settings(steps=5, batch=4, seed=0))).all()
    assert trajectory_batches(3, Settings(steps=0)).shape == (0, 3)


# -- the guard -------------------------------------------------------------------------------------


def test_an_untrained_function_is_not_imposed(kit):
    found, dtype = kit
    start = found.ContrastiveInvariant(2, width=16, seed=2, dtype=dtype)
    with pytest.raises(TrainingError, match="component 1 varies within trajectories"):
        found.ConservationProjection(wild, start, held_out=circles(seed=9))
    with pytest.warns(InvariantWarning, match="not to be trusted"):
        found.ConservationProjection(wild, start, held_out=circles(seed=9), on_doubt="warn")
    with pytest.raises(TrainingError, match="refuse, warn, ignore"):
        found.ConservationProjection(wild, start, held_out=circles(seed=9), on_doubt="shrug")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found.ConservationProjection(wild, start, held_out=None).trust is None
        good, _ = trained(found, dtype, settings=LONGER)
        assert found.ConservationProjection(wild, good, held_out=circles(seed=9)).trust.ok


def test_two_components_that_are_one_are_noticed():
    values = np.repeat((circles() ** 2).sum(-1)[..., None], 2, -1)
    slopes = np.repeat(2 * circles()[..., None, :], 2, -2)
    found = invariant_trust(values, slopes)
    assert max(found.ratios) < 1e-12 and found.rank_share == 0 and "independent at 0%" in found.doubts[0]
    assert invariant_trust(values[..., :1], slopes[..., :1, :]).ok


def test_noise_and_constants_are_noticed():
    noise = RANDOM.standard_normal((6, 30, 1))
    slopes = np.ones((6, 30, 1, 2))
    assert 0.8 < invariant_trust(noise, slopes).ratios[0] <= 1 and not invariant_trust(noise, slopes).ok
    assert invariant_trust(np.ones((6, 30, 1)), slopes).ratios == (1.0,)
    assert not invariant_trust(np.full((6, 30, 1), np.nan), slopes * np.nan).ok
    with pytest.raises(DataError, match="two trajectories"):
        invariant_trust(noise[:1], slopes[:1])


def test_a_function_that_is_wrong_on_one_trajectory_only_is_noticed():
    x = circles(count=40)
    values, slopes = (x**2).sum(-1)[..., None], 2 * x[..., None, :]
    assert invariant_trust(values, slopes).ok and invariant_trust(values, slopes).worst[0] < 1e-12
    wrong = values.copy()
    wrong[7, :, 0] += 0.2 * values.std() * np.sin(np.linspace(0, 5, x.shape[1]))
    found = invariant_trust(wrong, slopes)
    assert found.ratios[0] < 1e-3 < 0.01 < found.worst[0] < 0.05, "right on average"
    assert not found.ok and "component 1 varies along one trajectory by" in found.doubts[0]
    with pytest.raises(TrainingError, match="along one trajectory"):
        found.enforce("refuse")
    assert invariant_trust(wrong, slopes, largest_worst=0.05).ok


# -- projection ------------------------------------------------------------------------------------


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("single", [False, True])
def test_the_projected_field_keeps_each_component_at_each_sample(kit, single):
    found, dtype = kit
    single_type = {"liesym_torch.toolkit": "float32", "liesym_jax.toolkit": "float32"}[found.__name__]
    kind = getattr(__import__("torch"), single_type) if "torch" in found.__name__ else np.dtype(single_type)
    start = found.ContrastiveInvariant(4, components=2, width=16, seed=3, dtype=kind if single else dtype)
    x = found.as_tensor(RANDOM.standard_normal((6, 20, 4)), start)
    invariant = start.frozen(x)
    field = found.ConservationProjection(wild, invariant, held_out=None)
    t = found.as_tensor(np.zeros((6, 20)), start)
    f, plain, slopes = (numbers(v).astype(float) for v in (field(t, x), wild(t, x), invariant.gradients(x)))
    lengths = np.linalg.norm(slopes, axis=-1)

    def along(v):
        return np.abs((slopes * v[..., None, :]).sum(-1)) / (lengths * np.linalg.norm(plain, axis=-1)[..., None])

    assert along(f).max() < (1e-6 if single else 1e-13) and along(plain).max() > 0.1
    alone = np.stack([numbers(field(t[i, j], x[i, j])) for i, j in ((0, 0), (3, 7))])
    assert np.abs(alone - np.stack([f[0, 0], f[3, 7]])).max() < (1e-5 if single else 1e-12)


@pytest.mark.slow_with("jax")
def test_the_invariant_stays_as_it_is_when_the_field_is_trained(kit):
    found, dtype = kit
    invariant, _ = trained(found, dtype, settings=LONGER)
    before = numbers(invariant(found.as_tensor(circles())))
    data = __import__("liesym.learn.trajectories", fromlist=["Trajectories"]).Trajectories(
        np.tile(np.linspace(0, 2.5, 12), (16, 1)), circles(), ("q", "p")
    )
    from liesym.learn.fitting import Sampler

    field = found.ConservationProjection(
        found.MLPField(2, width=8, seed=1, dtype=dtype), invariant, held_out=circles(seed=9)
    )  # fmt: skip
    settings = Settings(steps=10, batch=8, weight_decay=0.1)
    windows = Sampler(data.windows(3), settings)
    result = found.train(found.NeuralODE(field), found.SymmetryLoss(found.misfit()), windows, settings)
    end = found.evaluate(result.model, circles()[:, 0], np.linspace(0, 5, 101))
    values = numbers(invariant(found.as_tensor(end)))
    assert np.abs(values - values[:, :1]).max() < 1e-5, "conserved by the trained field"
    assert np.abs(numbers(invariant(found.as_tensor(circles()))) - before).max() == 0
    assert np.abs(end[:, -1] - circles()[:, 0]).max() > 1e-3


def test_what_was_learned_is_identified(kit):
    found, dtype = kit
    invariant, _ = trained(found, dtype)
    system = ODESystem.parse("q' = 2*p; p' = -2*q")
    x = circles(seed=4)
    result = identify_invariants(system, x, numbers(invariant.gradients(found.as_tensor(x))))
    assert result.identified and str(result.found[0].expression) == "p**2 + q**2" and result.found[0].misfit > 1e-9
    untrained = found.ContrastiveInvariant(2, width=16, seed=2, dtype=dtype)
    assert not identify_invariants(system, x, numbers(untrained.gradients(found.as_tensor(x)))).found


# -- the autoencoder -------------------------------------------------------------------------------


def test_rates_go_to_the_latent_space_by_the_chain_rule(kit):
    found, dtype = kit
    coder = found.Autoencoder((6, 5, 2), seed=1, scale=2.0, dtype=dtype)
    x, rate = (found.as_tensor(RANDOM.standard_normal((7, 6))) for _ in range(2))
    z, dz = coder.push(x, rate)
    h = 1e-6
    slope = (numbers(coder.encode(x + h * rate)) - numbers(coder.encode(x - h * rate))) / (2 * h)
    assert np.abs(numbers(dz) - slope).max() < 1e-8 and np.abs(numbers(z) - numbers(coder.encode(x))).max() < 1e-14
    assert numbers(coder.decode(z)).shape == (7, 6)
    rest = (numbers(coder.decode(z)) - numbers(x)) / 2.0
    assert float(numbers(coder.loss(x))) == pytest.approx((rest**2).mean(), rel=1e-9)


# -- examples --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_examples_run(backend, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples"))
    bad, projected = importlib.import_module("learned_invariant").main(backend)
    assert projected < 0.25 < 2.0 < bad
    assert importlib.import_module("identify_learned").main(backend) == ["x1 + x2"]
    printed = capsys.readouterr().out
    assert "untrained: the learned invariant is not to be trusted" in printed
    assert "with a loss: 0 of 1 invariants identified" in printed
