"""The measures of a learned field against values known in closed form, and on models that fail."""

from __future__ import annotations

import numpy as np
import pytest

from liesym.errors import DataError
from liesym.learn.experiment import read_results, write_results
from liesym.learn.metrics import lasting, measure, relative_drift, relative_error

TIMES = np.arange(0.0, 100.05, 0.1)
STARTS = np.array([[1.0, 0.0], [0.0, 2.0], [0.6, 0.8]])
HORIZONS = (1.0, 10.0, 100.0)
ENERGY = {"energy": lambda x: x[..., 0] ** 2 + x[..., 1] ** 2}


def oscillator(rate):
    """q' = rate p, p' = -rate q: a turn by the angle rate·t."""

    def states(initial, times):
        c, s = np.cos(rate * times), np.sin(rate * times)
        q, p = initial[:, :1], initial[:, 1:]
        return np.stack([c * q + s * p, c * p - s * q], axis=-1)

    return states


def growing(initial, times):
    return initial[:, None, :] * np.exp(times)[None, :, None]


def found(predict, **options):
    return measure(predict, oscillator(1.0), STARTS, TIMES, horizons=HORIZONS, invariants=ENERGY, **options)


def test_the_true_system_has_no_error():
    metrics = found(oscillator(1.0))
    assert metrics.errors == (0.0, 0.0, 0.0) and metrics.rmse == 0.0
    assert metrics.lasting == pytest.approx(100.0) and metrics.diverged == 0 and metrics.count == 3
    assert dict(metrics.true_drift)["energy"] < 1e-14 and metrics.model_drift == ()
    assert metrics.sensitivity == metrics.true_sensitivity == pytest.approx(1.0)


def test_a_model_can_keep_the_invariant_and_lose_the_state():
    """The angle is wrong by 0.01 t, so the relative error is 2 sin(0.005 t); the energy is kept all the same."""
    metrics = found(oscillator(1.01), model_invariants=ENERGY)
    assert metrics.errors == pytest.approx([2 * np.sin(0.005 * h) for h in HORIZONS], rel=1e-9)
    assert metrics.lasting == pytest.approx(np.arcsin(0.25) / 0.005, abs=0.1)
    assert dict(metrics.true_drift)["energy"] < 1e-14 and dict(metrics.model_drift)["energy"] < 1e-14


def test_a_model_with_an_invariant_of_its_own():
    """An ellipse: the model keeps q² + 4p², and the energy of the true system drifts by 3/4 or 3 of itself."""

    def ellipse(initial, times):
        flat = oscillator(1.0)(initial * [1.0, 2.0], times)
        return flat * [1.0, 0.5]

    own = {"own": lambda x: x[..., 0] ** 2 + 4 * x[..., 1] ** 2}
    metrics = found(ellipse, model_invariants=own)
    assert dict(metrics.model_drift)["own"] < 1e-14
    assert dict(metrics.worst_drift)["energy"] == pytest.approx(3.0, rel=1e-2)
    assert relative_drift(ENERGY["energy"], ellipse(STARTS[:1], TIMES))[0] == pytest.approx(0.75, rel=1e-2)


def test_a_start_near_the_zero_of_an_invariant_does_not_make_its_drift_large():
    values = np.array([[1e-9, 0.1], [2.0, 2.1], [4.0, 4.1]])
    assert relative_drift(lambda x: x, values) == pytest.approx([0.05, 0.05, 0.025])
    assert relative_drift(lambda x: x, values[:1]) == pytest.approx([1e8]), "alone it is its own scale"


def test_a_model_that_fails_is_counted_and_not_averaged_away():
    def breaks(initial, times):
        states = oscillator(1.0)(initial, times)
        states[0, times > 50.0] = np.nan
        return states

    metrics = found(breaks)
    assert metrics.diverged == 1 and metrics.errors == (0.0, 0.0, 0.0)
    assert dict(metrics.worst_drift)["energy"] == np.inf
    error = relative_error(breaks(STARTS, TIMES), oscillator(1.0)(STARTS, TIMES))
    assert lasting(error, TIMES, 0.5) == pytest.approx([50.1, 100.0, 100.0])

    def all_break(initial, times):
        return np.full((len(initial), len(times), 2), np.nan)

    metrics = found(all_break)
    assert metrics.diverged == 3 and metrics.errors == (np.inf,) * 3 and metrics.lasting == 0.0


def test_growth_of_a_small_distance():
    times = TIMES[:51]
    metrics = measure(growing, growing, STARTS, times, horizons=(5.0,), invariants={})
    assert metrics.sensitivity == pytest.approx(np.exp(5.0), rel=1e-6) == metrics.true_sensitivity
    still = measure(lambda x, t: np.repeat(x[:, None], len(t), 1), growing, STARTS, times, horizons=(5.0,), invariants={})
    assert still.sensitivity == pytest.approx(1.0) and still.errors[0] == pytest.approx(1 - np.exp(-5.0))


def test_a_record_of_measures_is_plain(tmp_path):
    record = found(oscillator(1.01)).to_mapping()
    path = write_results(tmp_path / "r.json", {"metrics": record})
    assert read_results(path)["metrics"]["true_drift"]["energy"] == record["true_drift"]["energy"]
    assert isinstance(hash(found(oscillator(1.01))), int)


@pytest.mark.parametrize("horizons", [(0.0,), (1.0, 101.0), (-1.0,), ()])
def test_horizons_outside_the_times_are_refused(horizons):
    with pytest.raises(DataError, match="outside the times"):
        measure(oscillator(1.0), oscillator(1.0), STARTS, TIMES, horizons=horizons, invariants=ENERGY)


def test_predictions_of_another_shape_are_refused():
    with pytest.raises(DataError, match="shape"):
        found(lambda initial, times: oscillator(1.0)(initial, times)[:, :-1])
