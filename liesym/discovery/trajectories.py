"""Integrals from trajectories: the search among supports, and the tests that a law must pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from math import erfc, log, sqrt

import numpy as np
from sympy import Add, Expr, Float, Mul, Symbol, cos, sin
from sympy import log as logarithm

from liesym.base.budget import Budget
from liesym.discovery.bodies import rotation_invariants
from liesym.discovery.constancy import Candidate, Library, Scatter, candidates, scatter, supports, with_rates
from liesym.discovery.driven import Drives, drives
from liesym.discovery.library import differences, monomials, radii
from liesym.discovery.raw import Raw, bettered, drift, raw_products, raw_rates
from liesym.discovery.records import Evidence, Integral
from liesym.discovery.rivals import Judged, is_new, reconciled, samples_of
from liesym.discovery.rounding import length, rationals
from liesym.discovery.smoothing import Smooth
from liesym.discovery.stretches import positive_stretches
from liesym.discovery.tracks import Run
from liesym.lowering.lower import lower

Floats = np.ndarray
MOST_SUPPORTS = 250_000
LARGEST_SIZE, LARGEST_TURNING = 5, 3
"""Of sums, and of those of invariants of rotations."""
SIGNAL = 25.0
"""Variance between trajectories, in units of the noise of a mean, below which a law is not told from a constant."""
SHARP = 5.0
"""Variance of the terms along trajectories, in units of the noise of a sample, below which anything would look constant."""
SLACK = 5.0
BIAS = 0.2
"""λ may be above 1 by this and SLACK standard deviations, for what smoothing bends."""
SYSTEMATIC = 0.5
"""Relative error of a coefficient by curvature beside the noise's, in squares of the relative noise."""
DRIFT, DRIFT_APART = 5.0, 4.0
"""Standard deviations of `drift` from which on a law does not hold."""
TREND = 4.0
DRIVEN = 4.5
"""Standard deviations by which something drives the values of what is no law."""
BEYOND = 2
"""Laws more than there can be that are looked at, for one of too many is none."""
MOST_TIED, MOST_NEAR = 20, 200
MOST_REFUTED = 25
"""Sums of one size that are refuted before the size is given up: the noise does not tell them apart."""
MOST_TOLD = 3
"""Refuted sums that are told as approximate ones."""
SHUFFLES = 12
CHANCE = 1e-3


def library_terms(symbols: Sequence[Symbol], positive: Sequence[Symbol]) -> list[Expr]:
    """The functions that are tried: monomials, logarithms, trigonometric and central terms."""
    m = len(symbols)
    half = symbols[: m // 2] if m % 2 == 0 else symbols
    degree = 4 if m <= 3 else 3 if m == 4 else 2
    gaps = differences(half) if m % 2 == 0 else []
    waves = [f(a) for a in (*half, *gaps) for f in (cos, sin)]
    found = [*monomials(symbols, degree), *(logarithm(x) for x in positive), *waves, *(1 / r for r in radii(symbols))]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the search works with: the library, its scatters over the fitting and the held-out trajectories, the runs.

    `fit` and `held` may hold rates; `still` is that of the fitting trajectories without them. `raw` and
    `raw_rates` are the second look at all trajectories as they were measured, `sizes` the lengths of the functions,
    `drives` what may drive a law.
    """

    library: Library
    fit: Scatter
    held: Scatter | None
    still: Scatter
    states: tuple[Floats, ...]
    runs: tuple[Run, ...]
    smooth: Smooth
    usable: tuple[int, ...]
    apart: tuple[tuple[int, ...], tuple[int, ...]]
    raw: Raw
    raw_rates: Raw | None
    sizes: tuple[int, ...]
    drives: Drives

    @property
    def largest(self) -> float:
        """The largest λ of a law."""
        return 1 + BIAS + SLACK * self.fit.slack

    @property
    def systematic(self) -> float:
        """The relative error of a coefficient that curvature leaves."""
        part = self.smooth.noise / np.concatenate([run.states for run in self.runs]).std(0)
        return SYSTEMATIC * float(part.max()) ** 2

    def look(self, one: Candidate) -> Raw:
        """The second look, with rates where the search has them, weighed for a candidate."""
        return self.raw if self.raw_rates is None else self.raw.beside(self.raw_rates, one.support, one.c)


@dataclass(frozen=True, slots=True)
class Search:
    """Laws, how many terms a support had at most, why it stopped, and where else it looked."""

    integrals: tuple[Integral, ...]
    size: int
    terms: int
    stopped: str
    beside: tuple[str, ...] = ()


def track_integrals(
    runs: Sequence[Run],
    smooth: Smooth,
    symbols: Sequence[Symbol],
    given: Sequence[Expr],
    budget: Budget,
    rng: np.random.Generator,
) -> Search:
    """Functionally independent laws, those with fewest terms first.

    Arguments:
        runs: the trajectories as measured.
        smooth: the smoothed trajectories.
        symbols: of the states.
        given: functions beside those of `library_terms`.
        budget: looked at between sizes of supports.
        rng: chooses the held-out trajectories and shuffles.
    """
    most = len(symbols) - 1
    everything = np.concatenate(smooth.states)
    positive = [s for s, least in zip(symbols, everything.min(0), strict=True) if least > 0]
    terms = [*given, *library_terms(symbols, positive)]
    plain = _measured(runs, smooth, symbols, terms, rng)
    passes = [plain] if smooth.rates is None else [_rated(plain), plain]
    found = _Found([], [], [], 0)
    size, stopped = 0, ""
    for measured in passes:
        own = _Found([], [], [], found.tried)
        size, stopped = _searched(measured, own, (), most, budget, rng)
        found = _Found([*found.laws, *own.laws], [*found.refuted, *own.refuted], [], own.tried)
    sample, beside = samples_of(smooth.states), []
    for told, largest, seen in _further(runs, smooth, symbols, terms):
        known = [one.law for one in reconciled(found.laws, most, symbols, sample) if one.law.grade == "supported"]
        if stopped or len(known) >= most:
            break
        measured = _measured(*seen, rng)
        own = _Found([], [], [], found.tried)
        measured = measured if seen[1].rates is None else _rated(measured)
        _, stopped = _searched(measured, own, [law.expression for law in known], most - len(known), budget, rng, largest)
        laws = [replace(one, further=True) for one in own.laws]
        found = _Found([*found.laws, *laws], found.refuted, [], own.tried)
        beside.append(told)
    laws = reconciled([*found.laws, *found.refuted[:MOST_TOLD]], most, symbols, sample)
    return Search(tuple(one.law for one in laws), size, len(plain.usable), stopped, tuple(beside))


Seen = tuple[Sequence[Run], Smooth, Sequence[Symbol], Sequence[Expr]]


def _further(
    runs: Sequence[Run], smooth: Smooth, symbols: Sequence[Symbol], terms: Sequence[Expr]
) -> Iterator[tuple[str, int, Seen]]:
    """Data and functions that are looked at where laws are missing: logarithms on stretches, and invariants of rotations."""
    above = positive_stretches(runs, smooth)
    if above is not None:
        cut, cut_smooth, columns = above
        names = ", ".join(symbols[k].name for k in columns)
        logarithms = [logarithm(symbols[k]) for k in columns]
        yield f"logarithms of {names} where well above 0", LARGEST_SIZE, (cut, cut_smooth, symbols, [*terms, *logarithms])
    turning = rotation_invariants(symbols)
    if turning:
        yield "invariants of rotations", LARGEST_TURNING, (runs, smooth, symbols, turning)


@dataclass(slots=True)
class _Found:
    """Laws so far, sums that the data refute after all, supports that larger ones need not hold, and how many were tried."""

    laws: list[Judged]
    refuted: list[Judged]
    settled: list[frozenset[int]]
    tried: int


def _searched(
    measured: Measured,
    found: _Found,
    before: Sequence[Expr],
    most: int,
    budget: Budget,
    rng: np.random.Generator,
    largest: int = LARGEST_SIZE,
) -> tuple[int, str]:
    """Add laws, those with fewest terms first; the largest size that was tried, and why it stopped before the last.

    Of the size at which there are as many as there can be, some more are looked at: more than that cannot all hold.
    """
    size = 0
    for size in range(1, largest + 1):
        if len(found.laws) >= most or supports(len(measured.usable), size) > MOST_SUPPORTS:
            return size - 1, ""
        found.tried += supports(len(measured.usable), size)
        waiting = _told_apart(
            candidates(measured.fit, size, found.settled, measured.largest, measured.usable), measured, found
        )
        refuted = 0
        while waiting and len(found.laws) < most + BEYOND and refuted < MOST_REFUTED:
            if budget.over:
                return size - 1, f"time ran out before sums of {size} terms"
            one = _simplest(waiting, measured)
            waiting.remove(one)
            known = [*before, *(other.law.expression for other in found.laws)]
            law, holds = _law(one, measured, found.tried, known, rng)
            if law is not None and not holds:
                found.refuted.append(law)
                refuted += 1
                continue
            found.laws += [] if law is None else [law]
            own = frozenset(one.support)
            found.settled.append(own)
            waiting = [other for other in waiting if not own <= set(other.support)]
    return size, ""


def _told_apart(waiting: Sequence[Candidate], measured: Measured, found: _Found) -> list[Candidate]:
    """Those that differ between trajectories by more than the noise of a mean, and whose terms change along them.

    A sum of such terms that has one value on all trajectories is an identity of these; larger sums with it say nothing new.
    """
    still, told, identities = measured.still, [], []
    for one in waiting:
        varies = still.sharpness(one.support, one.c) >= SHARP
        if still.signal(one.support, one.c) < SIGNAL:
            identities += [frozenset(one.support)] if varies else []
        elif varies or len(one.support) == 1:
            told.append(one)
    found.settled += identities
    return [one for one in told if not any(known <= set(one.support) for known in identities)]


def _rated(plain: Measured) -> Measured:
    """The same with the condition that measured rates make of every function."""
    smooth, symbols = plain.smooth, plain.library.symbols
    if smooth.rates is None or smooth.rate_noise is None:
        return plain
    rates = tuple(Symbol(f"rate{k}", real=True) for k in range(len(symbols)))
    moved = [Add(*(Mul(term.diff(s), r) for s, r in zip(symbols, rates, strict=True))) for term in plain.library.terms]
    library = Library.of(moved, (*symbols, *rates))
    variance = np.concatenate([smooth.noise, smooth.rate_noise]) ** 2 * smooth.left

    def rated(still: Scatter, places: Sequence[int]) -> Scatter:
        samples = np.concatenate([np.hstack([smooth.states[k], smooth.rates[k]]) for k in places])  # type: ignore[index]
        return with_rates(still, library, samples, variance)

    held = None if plain.held is None else rated(plain.held, plain.apart[1])
    look = raw_rates(plain.library.terms, symbols, plain.runs, smooth.noise, smooth.rate_noise)
    usable = tuple(k for k in plain.usable if look.finite()[k])
    return replace(plain, fit=rated(plain.fit, plain.apart[0]), held=held, raw_rates=look, usable=usable)


def _measured(
    runs: Sequence[Run], smooth: Smooth, symbols: Sequence[Symbol], tried: Sequence[Expr], rng: np.random.Generator
) -> Measured:
    """Terms that are finite and vary on the data, and the scatters."""
    everything = np.concatenate(smooth.states)
    terms = list(dict.fromkeys(tried))
    library = Library.of(terms, symbols)
    variance = smooth.noise**2 + (1e-9 * everything.std(0)) ** 2
    values, slopes = library.at(everything, variance * smooth.left)
    good = np.isfinite(values).all(0) & np.isfinite(slopes).all((0, 2))
    library = library if good.all() else Library.of([t for t, g in zip(terms, good, strict=True) if g], symbols)
    order = rng.permutation(len(smooth.states))
    apart = len(order) // 4
    fit = scatter(library, [smooth.states[k] for k in order[apart:]], variance, smooth.left)
    held = scatter(library, [smooth.states[k] for k in order[:apart]], variance, smooth.left) if apart else None
    usable = tuple(k for k in range(len(library.terms)) if fit.within[k, k] + fit.between[k, k] > 4 * fit.noise[k, k])
    places = tuple(int(k) for k in order[apart:]), tuple(int(k) for k in order[:apart])
    raw = raw_products(library.terms, symbols, runs, smooth.noise)
    usable = tuple(k for k in usable if raw.finite()[k])
    sizes = tuple(int(term.count_ops()) for term in library.terms)
    driven = drives(library.terms, symbols, runs, smooth.noise)
    return Measured(library, fit, held, fit, smooth.states, tuple(runs), smooth, usable, places, raw, None, sizes, driven)


def _simplest(waiting: Sequence[Candidate], measured: Measured) -> Candidate:
    """Of the candidates that the noise does not tell apart from the best, one with fractions, of the simplest functions."""
    bound = waiting[0].misfit + 3 * measured.fit.slack
    near = list(takewhile(lambda one: one.misfit <= bound, islice(waiting, MOST_NEAR)))
    tied = sorted(near, key=lambda one: (sum(measured.sizes[k] for k in one.support), one.misfit))
    return next((one for one in tied[:MOST_TIED] if _rounded(one, measured)[1]), tied[0])


def _law(
    one: Candidate, measured: Measured, tried: int, known: Sequence[Expr], rng: np.random.Generator
) -> tuple[Judged | None, bool]:
    """The candidate with its grade, None where it is no news; and whether it holds as far as the data tell."""
    fit, still, support = measured.fit, measured.still, one.support
    coefficients, exact = _rounded(one, measured)
    terms = [measured.library.terms[k] for k in support]
    expression = Add(*(Mul(c, t) for c, t in zip(coefficients, terms, strict=True)))
    if not is_new(expression, known, measured.library.symbols, samples_of(measured.states)):
        return None, False
    numbers = np.array([float(c) for c in coefficients])
    held = measured.held.misfit(support, numbers) if measured.held is not None else float("nan")
    trend = _trend(measured, support, numbers)
    together, apart = drift(expression, measured.library.symbols, measured.runs, measured.smooth.noise)
    driven = measured.drives.against(expression, measured.library.symbols)
    figures: list[tuple[str, float | int | str]] = [
        ("misfit", fit.misfit(support, numbers)),
        *([("held out", held)] if measured.held is not None else []),
        ("signal", sqrt(still.signal(support, numbers))),
        *(("trajectories", len(measured.states)), ("trend", trend), ("drift", max(together, apart)), ("driven", driven)),
    ]
    holds = abs(trend) <= TREND and together <= DRIFT and apart <= DRIFT_APART and driven <= DRIVEN
    more = bettered(measured.look(one), support, numbers, measured.usable) if holds else 0.0
    holds = holds and not more
    chance = _chance(one, measured, tried, rng) if holds else 1.0
    if holds:
        figures.append(("chance", "not asked: one coordinate alone" if chance is None else chance))
    if more:
        figures.append(("a further term lowers the sum of squares by", more))
    if not exact:
        figures.append(("coefficients", _spread_text(one, measured, coefficients)))
    bound = 1 + BIAS + SLACK * measured.held.slack if measured.held is not None else 0.0
    unlikely = len(support) == 1 if chance is None else chance <= CHANCE
    supported = exact and holds and held <= bound and unlikely
    rates = _rate_misfit(expression, measured)
    if rates is not None:
        figures.append(("rate misfit", rates))
        supported = supported and rates <= 1.5 + SLACK * fit.slack
    evidence = Evidence("constant along trajectories within the noise, different between them", tuple(figures))
    return Judged(Integral(expression, "supported" if supported else "approximate", evidence), driven), holds


def _rounded(one: Candidate, measured: Measured) -> tuple[list[Expr], bool]:
    """Fractions for the coefficients, if they raise λ by no more than the noise does; else decimals, largest one 1."""
    look = measured.look(one).of(one.support)
    own, best = look.fitted()[0], None
    for first in range(len(one.support)):
        values, spreads = look.spreads(first)
        spreads = np.hypot(spreads, measured.systematic * np.abs(values))
        spreads[first] = 0
        found = rationals(values, spreads)
        if found is None or (best is not None and length(found) >= best[0]):
            continue
        raised = look.misfit(np.array([float(f) for f in found])) - look.misfit(own)
        if raised * look.count <= (9 + 6 * len(found)) * max(1.0, look.misfit(own)):
            best = length(found), found
    if best is not None:
        return best[1], True
    first = int(np.abs(own).argmax())
    values, spreads = look.spreads(first)
    return [_decimal(v, s) for v, s in zip(values, spreads, strict=True)], False


def _decimal(value: float, spread: float) -> Float:
    """The number with one digit more than its standard deviation leaves."""
    digits = 2 + max(0, int(log(abs(value) / max(spread, 1e-9 * abs(value))) / log(10))) if value else 2
    return Float(float(value), min(max(digits, 2), 9))


def _spread_text(one: Candidate, measured: Measured, coefficients: Sequence[Expr]) -> str:
    """The measured coefficients with their standard deviations."""
    spreads = measured.look(one).of(one.support).spreads(int(np.abs([float(c) for c in coefficients]).argmax()))[1]
    return ", ".join(f"{c} +- {s:.1g}" for c, s in zip(coefficients, spreads, strict=True) if s > 0)


def _trend(measured: Measured, support: Sequence[int], c: Floats) -> float:
    """The mean change from the first to the last third of a trajectory, in its standard errors."""
    changes = []
    for x in measured.states:
        third = len(x) // 3
        if third:
            value = measured.library.at(x, measured.smooth.noise**2 * measured.smooth.left)[0][:, list(support)] @ c
            changes.append(value[-third:].mean() - value[:third].mean())
    if len(changes) < 3:
        return 0.0
    return float(np.mean(changes) / (np.std(changes, ddof=1) / sqrt(len(changes)) + 1e-300))


def _chance(one: Candidate, measured: Measured, tried: int, rng: np.random.Generator) -> float | None:
    """How often some support of as many as were tried would have so small a λ, were the coordinates unrelated.

    The coordinates are taken from different trajectories, the noise C as it is on the data; log λ of the support is
    taken for normal over such shuffles. None for terms of one coordinate, which has no others to be unrelated to: there
    only a coordinate that rests is a law, and a sum of several terms is never more than approximate.
    """
    chosen = Library.of([measured.library.terms[k] for k in one.support], measured.library.symbols)
    if len(set().union(*(term.free_symbols for term in chosen.terms))) < 2:
        return None
    support = list(one.support)
    unit = np.outer(measured.still.sizes[support], measured.still.sizes[support])
    inverse = np.linalg.inv(np.linalg.cholesky(measured.still.noise[np.ix_(support, support)]))
    misfit = max(measured.still.misfit(support, one.c), 1e-12)
    logs = []
    for _ in range(SHUFFLES):
        orders = [rng.permutation(len(measured.states)) for _ in chosen.symbols]
        mixed = []
        for places in zip(*orders, strict=True):
            least = min(len(measured.states[p]) for p in places)
            mixed.append(np.stack([measured.states[p][:least, i] for i, p in enumerate(places)], axis=1))
        found = scatter(chosen, mixed, measured.smooth.noise**2 + 1e-300, measured.smooth.left)
        within = found.within * np.outer(found.sizes, found.sizes) / unit
        if np.isfinite(within).all():
            logs.append(log(max(np.linalg.eigvalsh(inverse @ within @ inverse.T)[0], 1e-12)))
    if len(logs) < 3:
        return 1.0
    z = (np.mean(logs) - log(misfit)) / max(float(np.std(logs, ddof=1)), 0.3)
    return min(1.0, tried * erfc(z / sqrt(2)) / 2)


def _rate_misfit(expression: Expr, measured: Measured) -> float | None:
    """Mean of (∇I·ẋ)² in units of what the noise of states and rates makes of it; None without rates."""
    smooth, symbols = measured.smooth, measured.library.symbols
    if smooth.rates is None or smooth.rate_noise is None:
        return None
    rates = [Symbol(f"rate{k}", real=True) for k in range(len(symbols))]
    rate = Add(*(Mul(expression.diff(s), r) for s, r in zip(symbols, rates, strict=True)))
    z = np.hstack([np.concatenate(smooth.states), np.concatenate(smooth.rates)])
    found = lower([rate], (*symbols, *rates), backend="numpy", jacobian=True)(0.0, z, {})
    variance = np.concatenate([smooth.noise, smooth.rate_noise]) ** 2 * smooth.left
    made = (np.asarray(found.jacobian)[:, 0] ** 2 * variance).sum(1).mean()
    return float((np.asarray(found.values)[:, 0] ** 2).mean() / (made + 1e-300))
