"""Equations from trajectories: sparse regression in weak form, exact coefficients, and symbols for what stays a decimal.

A coefficient becomes a fraction where the interval that the noise leaves is so narrow that the fraction is no chance, and
the misfit does not rise by more than the noise may; the others become parameters, one for all coefficients that the data do
not tell apart up to sign. What is proven of such a system is proven for every value of its parameters.
Sources: those of `liesym.discovery.weak` and `liesym.discovery.selection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from sympy import Expr, S, Symbol

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.discovery.coefficients import Decimal, Named, with_parameters
from liesym.discovery.constancy import Library
from liesym.discovery.families import Family, families, second_order_families
from liesym.discovery.records import Evidence
from liesym.discovery.rounding import rational
from liesym.discovery.selection import Choice, chosen, covariance, spreads
from liesym.discovery.tracks import Run
from liesym.discovery.weak import Normal, Stretch, WeakForm, half_width, thinned, total, windows
from liesym.model.system import ODESystem

Floats = np.ndarray
FLOOR = 1e-5
"""Noise is taken to be at least this part of the standard deviation: numbers of a solver are no better."""
BIAS, SLACK = 0.3, 5.0
"""The misfit of equations may be above 1 by BIAS and SLACK of its standard deviations."""
TELLS = 2.0
"""How many times larger the misfit of `x' = 0` must be than that of the equation."""
GAIN = 8.0
"""By how much a later family must be better than an earlier one."""
LOOKS = 3
FEWEST_ROWS = 30
SYSTEMATIC = 0.5
"""Relative error of a coefficient by curvature, in squares of the relative noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Identified equations, None with the reason where there are none.

    Arguments:
        system: the equations; parameters carry their values.
        evidence: misfit, held-out misfit, and so on.
        told: why there are none, or what is to be said of them.
        covariance: of the parameters.
    """

    system: ODESystem | None
    evidence: Evidence | None
    told: str
    covariance: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class WeakData:
    """Trajectories in weak form with the functions of all families, and which of them are held out."""

    form: WeakForm
    functions: tuple[Expr, ...]
    families: tuple[Family, ...]
    held: tuple[bool, ...]
    symbols: tuple[Symbol, ...]
    order: int

    def places(self, family: Family) -> list[int]:
        """Where the functions of a family are; `functions` are those that are finite on the data."""
        wanted = [*((f, False) for f in family.plain), *((f, True) for f in family.derived)]
        known = {(f, bool(d)): k for k, (f, d) in enumerate(zip(self.functions, self.form.derived, strict=True))}
        return [known[one] for one in wanted if one in known]

    def shown(self, k: int) -> Expr:
        """The function as it stands in the equation."""
        function = self.functions[k]
        if not self.form.derived[k]:
            return function
        return sum((function.diff(s) * jet_symbol(s, 1) for s in self.symbols), start=S.Zero)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One equation: the functions and coefficients, the products of all trajectories, the misfits."""

    choice: Choice
    normal: Normal
    misfit: float
    held: float
    family: str
    told: str


def identified(
    runs: Sequence[Run],
    symbols: Sequence[Symbol],
    noise: Floats,
    rate_noise: Floats | None,
    given: Sequence[Expr],
    budget: Budget,
) -> Equations:
    """First-order equations of the states or, where there are none, second-order equations of them as positions.

    Arguments:
        runs: the trajectories as measured.
        symbols: of the states.
        noise, rate_noise: standard deviations.
        given: functions that right sides may hold beside those of the families.
        budget: looked at between components.
    """
    first = _of_order(1, runs, symbols, noise, rate_noise, given, budget)
    if first.system is not None or budget.over or len(symbols) > 4:
        return first
    second = _of_order(2, runs, symbols, noise, None, given, budget)
    if second.system is not None:
        return second
    return first


def _of_order(
    order: int,
    runs: Sequence[Run],
    symbols: Sequence[Symbol],
    noise: Floats,
    rate_noise: Floats | None,
    given: Sequence[Expr],
    budget: Budget,
) -> Equations:
    data = weak_data(order, runs, symbols, noise, rate_noise, given)
    if isinstance(data, str):
        return Equations(None, None, data)
    fits: list[_Fit] = []
    for component in range(len(symbols)):
        if budget.over:
            return Equations(None, None, "no equations: time ran out")
        fit = _fitted(data, component)
        if fit.told:
            return Equations(None, None, f"no equation for {jet_symbol(symbols[component], order).name}: {fit.told}")
        fits.append(fit)
    return _assembled(data, fits)


def weak_data(
    order: int,
    runs: Sequence[Run],
    symbols: Sequence[Symbol],
    noise: Floats,
    rate_noise: Floats | None,
    given: Sequence[Expr],
) -> WeakData | str:
    """The weak form with all functions that are finite on the data, or why there is none."""
    runs = thinned(runs)
    everything = np.concatenate([run.states for run in runs])
    sigma = np.maximum(noise, FLOOR * everything.std(0))
    half = half_width(runs, sigma)
    if half is None:
        return "no equations: the trajectories have too few samples"
    least, most = everything.min(0), everything.max(0)
    positive = [s for s, low in zip(symbols, least, strict=True) if low > 0]
    apart = [s for s, low, high in zip(symbols, least, most, strict=True) if low > 0 or high < 0]
    known = (families if order == 1 else second_order_families)(symbols, positive, apart, given)
    pairs = [*((f, False) for one in known for f in one.plain), *((f, True) for one in known for f in one.derived)]
    pairs = list(dict.fromkeys(pairs))
    library = Library.of([f for f, _ in pairs], symbols)
    values, slopes = library.at(everything, sigma**2)
    good = np.isfinite(values).all(0) & np.isfinite(slopes).all((0, 2))
    pairs = [pair for pair, fine in zip(pairs, good, strict=True) if fine]
    values, slopes = values[:, good], slopes[:, good]
    ends = np.cumsum([0, *(len(run.times) for run in runs)])
    stretches = []
    for run, start, end in zip(runs, ends[:-1], ends[1:], strict=True):
        rows = windows(run.times, half)
        if rows is not None:
            stretches.append(Stretch(rows, run.states, run.rates, values[start:end], slopes[start:end]))
    count = sum(len(one.rows.plain) for one in stretches)
    if count < FEWEST_ROWS or len(stretches) < 2:
        return f"no equations: {count} windows in {len(stretches)} trajectories are too few"
    rate_sigma = (
        None
        if rate_noise is None
        else np.maximum(rate_noise, FLOOR * np.concatenate([r.rates for r in runs if r.rates is not None]).std(0))
    )
    form = WeakForm(tuple(stretches), np.array([d for _, d in pairs]), order, sigma, rate_sigma)
    held = tuple(k % 4 == 3 for k in range(len(stretches)))
    return WeakData(form, tuple(f for f, _ in pairs), tuple(known), held, tuple(symbols), order)


def _fitted(data: WeakData, component: int) -> _Fit:
    """The equation of one component; its noise depends on its coefficients, so that it is fitted several times."""
    coefficients = np.zeros(len(data.functions))
    found: tuple[Choice, Family] | None = None
    for _ in range(LOOKS):
        parts = data.form.normals(component, coefficients)
        fit = total([p for p, held in zip(parts, data.held, strict=True) if not held])
        found = _best(data, fit)
        if found is None:
            return _Fit(Choice((), np.zeros(0), 0.0, 1.0), fit, np.inf, np.inf, "", "the noise hides every function")
        before, coefficients = coefficients, np.zeros(len(data.functions))
        coefficients[list(found[0].support)] = found[0].c
        if np.allclose(before, coefficients, rtol=1e-2, atol=1e-9):
            break
    assert found is not None
    return _judged(data, component, coefficients, *found)


def _best(data: WeakData, fit: Normal) -> tuple[Choice, Family] | None:
    """The family whose best sum is cheapest, an earlier one where a later one gains little."""
    best: tuple[Choice, Family] | None = None
    for family in data.families:
        places = data.places(family)
        choice = chosen(fit, places, [int(data.functions[k].count_ops()) for k in places])
        if choice is None:
            continue
        choice = replace(choice, cost=choice.cost * choice.scale)  # squares of the noise's deviations, in all families
        if best is None or choice.cost < best[0].cost - GAIN * min(choice.scale, best[0].scale):
            best = choice, family
    return best


def _judged(data: WeakData, component: int, coefficients: Floats, choice: Choice, family: Family) -> _Fit:
    """The equation with what is held out, and why it is none."""
    parts = data.form.normals(component, coefficients)
    fit = total([p for p, held in zip(parts, data.held, strict=True) if not held])
    every = total(parts)
    out = [p for p, held in zip(parts, data.held, strict=True) if held]
    misfit = fit.misfit(choice.support, choice.c)
    held = total(out).misfit(choice.support, choice.c) if out else misfit
    nothing = every.misfit((), np.zeros(0))
    told = ""
    if misfit > 1 + BIAS + SLACK * sqrt(2 / fit.rows):
        told = f"the best sum of the functions that were tried misses by {sqrt(misfit):.2g} times the noise"
    elif out and held > 1 + 2 * BIAS + SLACK * sqrt(2 / total(out).rows):
        told = f"the best sum misses held-out trajectories by {sqrt(held):.2g} times the noise"
    elif (choice.support and nothing < TELLS * misfit) or (not choice.support and not _rests(data, component)):
        told = "the noise is as large as what changes"
    places = list(choice.support)
    if places and not told:
        clean = (every.gram - every.gram_noise)[np.ix_(places, places)]
        c = np.linalg.solve(clean, (every.moment - every.moment_noise)[places])
        choice = Choice(choice.support, c, choice.cost, max(1.0, every.misfit(places, c)))
    return _Fit(choice, every, misfit, held, family.name, told)


def _rests(data: WeakData, component: int) -> bool:
    """Whether a state that shows no rate differs between trajectories by far more than its noise."""
    means = np.array([one.states[:, component].mean() for one in data.form.stretches])
    return float(means.std()) > 5 * float(data.form.noise[component])


def _assembled(data: WeakData, fits: Sequence[_Fit]) -> Equations:
    """The system with exact coefficients, or parameters in their place."""
    named = _named(data, fits)
    unknowns = data.symbols
    independent = Symbol("t" if "t" not in {s.name for s in unknowns} else "time", real=True)
    rhs = []
    for fit, numbers in zip(fits, named.coefficients, strict=True):
        terms = (c * data.shown(k) for k, c in zip(fit.choice.support, numbers, strict=True))
        rhs.append(sum(terms, start=S.Zero))
    system = ODESystem(independent, unknowns, (data.order,) * len(unknowns), tuple(rhs), named.parameters)
    figures: list[tuple[str, float | int | str]] = [
        ("misfit", max(fit.misfit for fit in fits)),
        ("held out", max(fit.held for fit in fits)),
        ("trajectories", len(data.form.stretches)),
        ("rows", fits[0].normal.rows),
        ("functions", ", ".join(dict.fromkeys(fit.family for fit in fits))),
    ]
    figures += [(f"{p.name} +-", spread) for p, spread in zip(named.parameters, named.spreads, strict=True)]
    return Equations(system, Evidence("sparse regression in weak form", tuple(figures)), "", named.covariance)


def _named(data: WeakData, fits: Sequence[_Fit]) -> Named:
    """Fractions where the data allow them, parameters for the rest."""
    part = data.form.noise / np.concatenate([one.states for one in data.form.stretches]).std(0)
    systematic = SYSTEMATIC * float(part.max()) ** 2
    exact: list[list[Expr | None]] = []
    places: list[Decimal] = []
    blocks: list[Floats] = []
    for number, fit in enumerate(fits):
        wide = np.hypot(spreads(fit.normal, fit.choice), systematic * np.abs(fit.choice.c))
        row = _fractions(fit, wide)
        exact.append(row)
        c, free = _refitted(fit, row)
        places += [Decimal(number, k, float(c[k]), float(wide[k])) for k in free]
        own = covariance(fit.normal, [fit.choice.support[k] for k in free], fit.choice.scale)
        blocks.append(own + np.diag((systematic * c[free]) ** 2))
    return with_parameters(exact, places, {s.name for s in data.symbols} | {"t"}, _blocks(blocks))


def _blocks(parts: Sequence[Floats]) -> Floats:
    """The matrix with these along its diagonal."""
    ends = np.cumsum([0, *(len(part) for part in parts)])
    joint = np.zeros((ends[-1], ends[-1]))
    for part, start, end in zip(parts, ends[:-1], ends[1:], strict=True):
        joint[start:end, start:end] = part
    return joint


def _fractions(fit: _Fit, wide: Floats) -> list[Expr | None]:
    """Fractions for the coefficients that have one; where the misfit rises too much, the furthest off is given up."""
    row: list[Expr | None] = [rational(float(v), float(s)) for v, s in zip(fit.choice.c, wide, strict=True)]
    while any(value is not None for value in row):
        c, free = _refitted(fit, row)
        raised = fit.normal.excess(fit.choice.support, c) - fit.normal.excess(fit.choice.support, fit.choice.c)
        if raised <= (9 + 6 * (len(row) - len(free))) * fit.choice.scale:
            break
        off = [0.0 if v is None else abs(float(v) - own) / s for v, own, s in zip(row, fit.choice.c, wide, strict=True)]
        row[int(np.argmax(off))] = None
    return row


def _refitted(fit: _Fit, row: Sequence[Expr | None]) -> tuple[Floats, list[int]]:
    """All coefficients, those without a fraction fitted beside the fractions; and which these are."""
    free = [k for k, value in enumerate(row) if value is None]
    fixed = [k for k, value in enumerate(row) if value is not None]
    c = np.array([fit.choice.c[k] if value is None else float(value) for k, value in enumerate(row)])
    if free and fixed:
        places = list(fit.choice.support)
        clean = (fit.normal.gram - fit.normal.gram_noise)[np.ix_(places, places)]
        moment = (fit.normal.moment - fit.normal.moment_noise)[places]
        c[free] = np.linalg.solve(clean[np.ix_(free, free)], moment[free] - clean[np.ix_(free, fixed)] @ c[fixed])
    return c, free
