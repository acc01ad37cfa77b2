"""What the second look at measured states says: unbiased coefficients, their spreads, drifts and terms that are lacking."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr, Rational, Symbol, log

from liesym.discovery.raw import Raw, bettered, drift, raw_products, raw_rates
from liesym.discovery.rounding import rational
from liesym.discovery.smoothing import condensed
from liesym.discovery.tracks import Run

x, y = Symbol("x", real=True), Symbol("y", real=True)
LIBRARY: list[Expr] = [x, y, x**2, x * y, y**2, x**4]
SIGMA = np.array([0.15, 0.1])


def circles(seed: int, growth: float = 0.0, count: int = 40, rate: float = 0.0) -> list[Run]:
    """Noisy x = r e^{gt} cos, y = -r e^{gt} sin, of x'' = -x where g = 0."""
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 9, 150)
    found = []
    for _ in range(count):
        size, phase = rng.uniform(0.5, 2), rng.uniform(0, 6.3)
        exact = size * np.exp(growth * times)[:, None] * np.stack([np.cos(times + phase), -np.sin(times + phase)], -1)
        rates = exact @ np.array([[0, -1], [1, 0]]) + rate * rng.normal(size=exact.shape)
        found.append(Run(times, exact + SIGMA * rng.normal(size=exact.shape), rates))
    return found


def energy(raw: Raw) -> Raw:
    return raw.of([2, 4])


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_have_no_bias_and_a_spread(seed: int) -> None:
    raw = energy(raw_products(LIBRARY, (x, y), circles(seed), SIGMA))
    values, spreads = raw.spreads(0)
    assert spreads[0] == 0 and 0.001 < spreads[1] < 0.02 and abs(values[1] - 1) < 4 * spreads[1]
    assert raw.misfit(np.ones(2)) == pytest.approx(1, abs=5 * np.sqrt(2 / raw.count))
    assert raw.misfit(np.array([1, 1.3])) > 1.1


def test_rates_make_spreads_smaller() -> None:
    runs = circles(0, rate=0.1)
    still, c = raw_products(LIBRARY, (x, y), runs, SIGMA), np.ones(2)
    both = still.beside(raw_rates(LIBRARY, (x, y), runs, SIGMA, np.full(2, 0.1)), (2, 4), c)
    assert energy(both).misfit(c) == pytest.approx(1, abs=0.1)
    assert energy(both).spreads(0)[1][1] < 1.05 * energy(still).spreads(0)[1][1]


def test_what_drifts_far_below_the_noise_is_seen() -> None:
    law = x**2 + y**2
    kept, lost = (max(drift(law, (x, y), circles(1, growth), SIGMA)) for growth in (0.0, -0.01))
    assert kept < 4 < 6 < lost
    assert max(drift(law + x**2 / 4, (x, y), circles(1), SIGMA)) > 5


def test_a_sum_that_lacks_a_term_is_bettered_and_a_law_is_not() -> None:
    raw = raw_products(LIBRARY, (x, y), circles(2), SIGMA)
    assert bettered(raw, (2, 4), np.ones(2), range(6)) == 0
    assert bettered(raw, (2, 3, 4), np.array([1.0, 0.0, 1.0]), range(6)) == 0
    assert bettered(raw, (2, 3), np.array([1.0, 0.1]), range(6)) > 20


def test_a_fraction_must_be_likelier_than_a_number_without_one() -> None:
    assert rational(1.1234, 0.0005) is None and rational(1.1247, 0.0005) == Rational(9, 8)
    assert rational(2.02, 0.02) == 2 and rational(1.34, 0.004) == Rational(4, 3)
    assert rational(2.07, 0.02) is None and rational(0.0, 0.01) is None
    drawn = np.random.default_rng(0).uniform(0, 5, 400)
    for spread in (0.1, 0.03, 0.01, 0.003, 0.001):
        assert sum(rational(float(v), spread) is not None for v in drawn) < 0.3 * len(drawn)


def test_dense_samples_become_few_with_less_noise() -> None:
    rng = np.random.default_rng(0)
    times = np.linspace(0, 9, 4000)
    exact = np.stack([np.cos(times), -np.sin(times)], -1)
    runs, noise, block = condensed([Run(times, exact + 0.5 * rng.normal(size=exact.shape), None)] * 2, [0.5, 0.5])
    inner = np.stack([np.cos(runs[0].times), -np.sin(runs[0].times)], -1)
    assert block > 20 and len(runs[0].times) * block > 3800 and noise is not None
    off = (runs[0].states - inner).std()
    assert off == pytest.approx(noise[0], rel=0.25) and noise[0] == pytest.approx(0.75 / np.sqrt(block), rel=0.05)
    few = [Run(times[:200], exact[:200], None)]
    assert condensed(few, None) == (few, None, 1)


def test_a_sample_at_which_a_function_is_not_defined_is_left_out() -> None:
    runs = [Run(run.times, run.states + np.array([2, 0]), None) for run in circles(0, count=6)]
    whole = sum(len(run.times) for run in runs)
    bad = sum(int((run.states[:, 0] <= 0).sum()) for run in runs)
    raw = raw_products([x, log(x)], (x, y), runs, SIGMA)
    assert 0 < bad < whole / 2 and raw.count == whole - bad - len(runs) and np.isfinite(raw.noise).all()
