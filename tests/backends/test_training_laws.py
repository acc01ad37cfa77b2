"""Laws of the training half: solvers, gradients, losses, checkpoints; both backends against each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from training_support import (
    BACKENDS,
    energy_rate,
    precise,
    sample_loss,
    short_run,
    value_and_gradient,
    weights_of,
    whole_run,
)
from training_support import data as data
from training_support import kit as kit

from liesym.errors import DataError, TrainingError
from liesym.learn.fitting import Sampler, Settings, settings_from
from liesym.learn.weights import AugmentedLagrangian, GradientNorms, search_weights

# -- solvers ---------------------------------------------------------------------------------------


def test_rk4_has_order_four(kit):
    found, _ = kit
    field = found.SecondOrderField(lambda t, x, args: -x[..., :1])
    errors = []
    for substeps in (4, 8, 16):
        model = found.NeuralODE(field, substeps=substeps)
        end = found.evaluate(model, np.array([1.0, 0.0]), np.array([0.0, 1.0, 2.0]))[-1]
        errors.append(np.abs(end - [np.cos(2.0), -np.sin(2.0)]).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 4) < 0.2), orders


def test_each_window_may_have_its_own_times(kit):
    found, dtype = kit
    model = found.NeuralODE(found.MLPField(2, time=True, width=8, seed=3, dtype=dtype))
    x0 = np.array([[0.3, 0.1], [0.2, -0.4]])
    times = np.array([[0.0, 0.1, 0.3], [1.0, 1.2, 1.3]])
    together = found.evaluate(model, x0, times)
    apart = np.stack([found.evaluate(model, x, t) for x, t in zip(x0, times, strict=True)])
    assert np.allclose(together, apart, rtol=0, atol=1e-14)


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("solver", ["dopri5", "dopri8"])
def test_adaptive_solvers_reach_the_exact_solution(kit, solver):
    found, dtype = kit
    model = found.NeuralODE(found.MLPField(2, width=8, seed=3, dtype=dtype), solver=solver, rtol=1e-9, atol=1e-11)
    fine = found.NeuralODE(model.field, substeps=64)
    x0, times = np.array([[0.3, 0.1], [0.2, -0.4]]), np.array([0.0, 0.5, 2.0])
    assert np.abs(found.evaluate(model, x0, times) - found.evaluate(fine, x0, times)).max() < 1e-8


@pytest.mark.slow_with("jax")
def test_adjoint_gradient_equals_direct_gradient(kit):
    found, dtype = kit
    field = found.MLPField(2, width=8, seed=5, dtype=dtype)
    x0, times = np.array([[0.3, 0.1], [0.9, -0.4]]), np.array([0.0, 0.5, 1.5])
    results = {}
    for gradient in ("direct", "adjoint"):
        model = found.NeuralODE(field, solver="dopri5", gradient=gradient, rtol=1e-10, atol=1e-12)
        results[gradient] = value_and_gradient(found, model, x0, times)
    steps = value_and_gradient(found, found.NeuralODE(field, substeps=200), x0, times)
    scale = np.abs(steps[1]).max()
    assert np.abs(results["direct"][1] - steps[1]).max() < 1e-7 * scale
    assert np.abs(results["adjoint"][1] - results["direct"][1]).max() < 1e-7 * scale


@pytest.mark.slow_with("jax")
def test_a_coarse_adjoint_is_told_apart(kit):
    """Negative control of the comparison above."""
    found, dtype = kit
    field = found.MLPField(2, width=8, seed=5, dtype=dtype)
    x0, times = np.array([[0.3, 0.1], [0.9, -0.4]]), np.array([0.0, 0.5, 1.5])
    coarse = found.NeuralODE(field, solver="dopri5", gradient="adjoint", rtol=1e-2, atol=1e-2)
    exact = found.NeuralODE(field, substeps=200)
    wrong, right = (value_and_gradient(found, model, x0, times)[1] for model in (coarse, exact))
    assert np.abs(wrong - right).max() > 1e-7 * np.abs(right).max()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"solver": "euler"}, "rk4, dopri5, dopri8"),
        ({"gradient": "magic"}, "direct, adjoint"),
        ({"gradient": "adjoint"}, "adaptive"),
        ({"solver": "dopri5", "retract": object()}, "rk4"),
    ],
)
def test_unknown_solvers_are_refused(kit, options, text):
    found, _ = kit
    with pytest.raises(TrainingError, match=text):
        found.NeuralODE(found.MLPField(2), **options)


def test_unknown_activation_is_refused(kit):
    with pytest.raises(TrainingError, match="softplus"):
        kit[0].MLPField(2, activation="sqrt")


def test_positive_field_keeps_states_positive(kit):
    found, dtype = kit
    field = found.PositiveField(found.MLPField(2, width=8, seed=2, dtype=dtype))
    states = found.evaluate(found.NeuralODE(field, substeps=20), np.array([1e-3, 5.0]), np.linspace(0, 5, 6))
    assert (states > 0).all()


# -- losses ----------------------------------------------------------------------------------------


def test_terms_are_named_and_weighted(kit, data):
    found, dtype = kit
    model = found.NeuralODE(found.MLPField(2, width=8, dtype=dtype))
    batch = found.Batch(*(found.as_tensor(a, model) for a in (data.times, data.states, np.zeros((4, 0)))))
    loss = found.SymmetryLoss(found.misfit(), {"energy": energy_rate, "twice": energy_rate}, {"energy": 0.25})
    terms = {name: value.item() for name, value in loss.terms(model, batch).items()}
    assert set(terms) == {"data", "energy", "twice"}
    assert loss(model, batch).item() == pytest.approx(terms["data"] + 0.25 * terms["energy"] + terms["twice"], rel=1e-12)


def test_weights_for_unknown_residuals_are_refused(kit):
    found, _ = kit
    with pytest.raises(TrainingError, match=r"enrgy.*energy"):
        found.SymmetryLoss(found.misfit(), {"energy": energy_rate}, {"enrgy": 1.0})
    with pytest.raises(TrainingError, match="data"):
        found.SymmetryLoss(found.misfit(), {"data": energy_rate})


@pytest.mark.slow_with("jax")
def test_a_term_that_is_not_finite_is_named_with_its_step(kit, data):
    found, dtype = kit

    def broken(model, batch):
        # sqrt of a negative number as soon as the third batch comes, with draws that grow with the step
        return (0.5 - batch.draws[..., 0]) ** 0.5

    class Growing(Sampler):
        def __call__(self, step):
            times, states, draws = Sampler.__call__(self, step)
            return times, states, 0 * draws + 0.25 * step

    settings = Settings(steps=6, draws=1, checkpoint_every=6)
    model = found.NeuralODE(found.MLPField(2, width=8, dtype=dtype))
    loss = found.SymmetryLoss(found.misfit(), {"energy": energy_rate, "entropy": broken})
    with pytest.raises(TrainingError, match=r"at step 3 .*entropy = nan"):
        found.train(model, loss, Growing(data.windows(3), settings), settings)


@pytest.mark.slow_with("jax")
def test_a_gradient_that_is_not_finite_is_named(kit, data):
    found, dtype = kit

    def kink(model, batch):
        f = model.field(batch.times, batch.states, None)
        return ((f - f) ** 2) ** 0.25  # value 0, slope infinite times 0

    settings = Settings(steps=3)
    model = found.NeuralODE(found.MLPField(2, width=8, dtype=dtype))
    loss = found.SymmetryLoss(found.misfit(), {"kink": kink})
    with pytest.raises(TrainingError, match=r"at step 0 .*gradient of kink"):
        found.train(model, loss, Sampler(data.windows(3), settings), settings)


def test_drift_of_a_constant_vanishes_and_of_a_state_does_not(kit, data):
    found, dtype = kit
    model = found.NeuralODE(found.MLPField(2, width=8, seed=1, dtype=dtype))
    batch = found.Batch(*(found.as_tensor(a, model) for a in (data.times, data.states, np.zeros((4, 0)))))
    assert abs(found.rollout_drift(lambda t, x, args: 0 * x[..., :1] + 3.0)(model, batch)).max().item() == 0
    assert abs(found.rollout_drift(lambda t, x, args: x[..., :1])(model, batch)).max().item() > 1e-3


# -- training --------------------------------------------------------------------------------------


def test_training_lowers_the_loss(kit, data):
    found, dtype = kit
    history = whole_run(found, dtype, data).history
    assert set(history) == {"data", "energy", "gradient"} and len(history["data"]) == 28
    assert history["data"][-5:].mean() < 0.9 * history["data"][:5].mean()


def test_both_backends_take_the_same_steps(data):
    ends = []
    for backend in BACKENDS:
        found, dtype, context = precise(backend)
        with context:
            ends.append(weights_of(found, whole_run(found, dtype, data).model))
    assert np.abs(ends[0] - ends[1]).max() < 1e-10


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize(
    "rule", [None, GradientNorms(every=5), AugmentedLagrangian(every=5)], ids=lambda r: type(r).__name__
)
def test_a_resumed_run_ends_with_the_same_weights(kit, data, tmp_path, rule):
    found, dtype = kit
    whole = short_run(found, dtype, data, rule=rule) if rule else whole_run(found, dtype, data)
    file = tmp_path / "run.ckpt"
    part = short_run(found, dtype, data, rule=rule, checkpoint=file, stop_at=11)
    assert part.step < 28
    rest = short_run(found, dtype, data, rule=rule, checkpoint=file)
    assert np.array_equal(weights_of(found, rest.model), weights_of(found, whole.model))
    assert np.array_equal(rest.history["data"], whole.history["data"]) and rest.weights == whole.weights
    assert not np.array_equal(weights_of(found, part.model), weights_of(found, whole.model)) or found.__name__.startswith(
        "liesym_torch"
    )


KILLED = """
import os, signal, sys
import numpy as np
backend, folder = sys.argv[1:]
if backend == "jax":
    import jax
    jax.config.update("jax_enable_x64", True)
sys.path.insert(0, {here!r})
from training_support import precise, short_run
from liesym.learn.trajectories import Trajectories
found, dtype, _ = precise(backend)
archive = np.load(folder + "/data.npz")
data = Trajectories(archive["t"], archive["x"], ("q", "p"))
def step(done):
    if done >= 16:
        os.kill(os.getpid(), signal.SIGKILL)
short_run(found, dtype, data, checkpoint=folder + "/run.ckpt", on_step=step)
"""


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_killed_process_resumes_to_the_same_weights(backend, data, tmp_path):
    np.savez(tmp_path / "data.npz", t=data.times, x=data.states)
    script = KILLED.format(here=str(Path(__file__).parents[1]))
    run = [sys.executable, "-c", script, backend, str(tmp_path)]
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "backends")])}
    killed = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    found, dtype, context = precise(backend)
    steps: list[int] = []
    with context:
        rest = short_run(found, dtype, data, checkpoint=tmp_path / "run.ckpt", on_step=steps.append)
        whole = whole_run(found, dtype, data)
    assert steps[0] > 14, "it went on from the checkpoint"
    assert np.array_equal(weights_of(found, rest.model), weights_of(found, whole.model))


@pytest.mark.slow_with("jax")
def test_a_foreign_or_damaged_checkpoint_is_refused(kit, data, tmp_path):
    found, dtype = kit
    file = tmp_path / "run.ckpt"
    short_run(found, dtype, data, checkpoint=file, stop_at=7)
    with pytest.raises(DataError, match="another run"):
        short_run(found, dtype, data, checkpoint=file, clip=1.0)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(DataError, match="can be read"):
        short_run(found, dtype, data, checkpoint=file)


@pytest.mark.slow_with("jax")
def test_a_checkpoint_that_cannot_be_written_is_refused(kit, data, tmp_path):
    found, dtype = kit
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError, match="cannot be written"):
        short_run(found, dtype, data, checkpoint=tmp_path / "file" / "run.ckpt")


# -- weights ---------------------------------------------------------------------------------------


@pytest.mark.slow_with("jax")
def test_gradient_norms_move_towards_the_share(kit, data):
    found, dtype = kit
    rule = GradientNorms(share=0.1, alpha=1.0, every=1)
    settings = Settings(steps=1)
    model = found.NeuralODE(found.MLPField(2, width=8, seed=1, dtype=dtype))
    batch = found.Batch(*(found.as_tensor(a, model) for a in Sampler(data.windows(4), settings)(0)))
    norms = found.gradient_norms(model, sample_loss(found), batch)
    run = found.train(model, sample_loss(found), Sampler(data.windows(4), settings), settings, rule=rule)
    assert run.weights["energy"] * norms["energy"] == pytest.approx(0.1 * norms["data"], rel=1e-9)


def test_the_augmented_lagrangian_rises_only_while_the_constraint_is_broken():
    rule = AugmentedLagrangian(mu=2.0, tolerance=1e-3, ceiling=1.5)
    assert rule.update({"a": 1.0, "b": 1.0, "c": 1.0}, {"a": 0.1, "b": 1e-4, "c": 9.0}, {}) == {
        "a": pytest.approx(1.2),
        "b": 1.0,
        "c": 1.5,
    }


def quadratic(weights):
    return (np.log10(weights["a"]) + 2) ** 2


def test_a_resumed_weight_search_repeats_the_whole_one(tmp_path):
    ranges = {"a": (1e-6, 1e2)}
    whole = search_weights(quadratic, ranges, trials=14, seed=3)
    search_weights(quadratic, ranges, trials=6, seed=3, storage=tmp_path / "search.log")
    rest = search_weights(quadratic, ranges, trials=14, seed=3, storage=tmp_path / "search.log")
    assert rest == whole and whole.trials == 14 and whole.value < 0.1


def test_a_killed_trial_does_not_count_and_its_torn_line_is_mended(tmp_path):
    def killed(weights):
        raise KeyboardInterrupt

    ranges, storage = {"a": (1e-6, 1e2)}, tmp_path / "search.log"
    with pytest.raises(KeyboardInterrupt):
        search_weights(killed, ranges, trials=1, storage=storage)
    with storage.open("a") as stream:
        stream.write('{"op_code": 4, "tri')
    assert search_weights(quadratic, ranges, trials=2, storage=storage).trials == 2


def test_searches_of_two_problems_share_a_journal(tmp_path):
    ranges, storage = {"a": (1e-6, 1e2)}, tmp_path / "search.log"
    first = search_weights(quadratic, ranges, trials=3, storage=storage, study="one")
    other = search_weights(lambda w: -quadratic(w), ranges, trials=3, storage=storage, study="two")
    assert other.trials == 3 and other.value < 0 < first.value


@pytest.mark.parametrize("text", ["garbage\n", '{"a": 1}\n', "[1]\n3\n"])
def test_a_file_of_something_else_is_no_journal(tmp_path, text):
    (tmp_path / "search.log").write_text(text)
    with pytest.raises(DataError, match="no journal of a search"):
        search_weights(quadratic, {"a": (1e-6, 1e2)}, trials=1, storage=tmp_path / "search.log")
    assert (tmp_path / "search.log").read_text() == text
    with pytest.raises(DataError, match="cannot write the search storage"):
        search_weights(quadratic, {"a": (1e-6, 1e2)}, trials=1, storage=tmp_path)


def test_failed_trials_are_counted_and_a_search_of_failures_is_an_error():
    def half(weights):
        if weights["a"] > 1e-2:
            raise TrainingError("data = nan")
        return weights["a"]

    assert search_weights(half, {"a": (1e-6, 1e2)}, trials=10).failed > 0
    with pytest.raises(TrainingError, match="all 2 trials"):
        search_weights(lambda w: float("nan"), {"a": (0.1, 1.0)}, trials=2)
    with pytest.raises(DataError, match="range"):
        search_weights(half, {"a": (1.0, 0.1)})


# -- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"stpes": 3}, "unknown stpes"),
        ({"steps": "many"}, "steps = 'many'; expected a whole number"),
        ({"steps": -1}, "steps = -1"),
        ({"batch": 0}, "batch = 0"),
        ({"learning_rate": True}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate = inf"),
        ({"weight_decay": float("nan")}, "weight_decay = nan"),
    ],
)
def test_bad_settings_are_refused(mapping, text):
    with pytest.raises(DataError, match=text):
        settings_from(mapping, "[training]")


def test_batches_depend_on_the_step_alone(data):
    sampler = Sampler(data.windows(3), Settings(batch=5, draws=2, seed=4))
    first = sampler(7)
    sampler(8)
    assert all(np.array_equal(a, b) for a, b in zip(first, sampler(7), strict=True))
    assert not np.array_equal(first[1], sampler(8)[1])
    assert first[2].shape == (5, 2) and np.abs(first[2]).max() <= 1
