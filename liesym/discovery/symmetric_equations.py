"""First-order equations from trajectories that have the symmetries they are known to have: `Basis` of `equivariant`, fitted.

As in `liesym.discovery.equations`, with one sparse sum for all components: of each family the fields V_j that have the
symmetries, of these the sum whose misfit and fee are least; its z_j become fractions or parameters. That the equations have
the symmetries is verified by substitution.
Sources: those of `liesym.discovery.equations` and `liesym.discovery.equivariant`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from sympy import Add, Expr, Mul, Symbol

from liesym.base.budget import Budget
from liesym.discovery.coefficients import Decimal, Named, with_parameters
from liesym.discovery.equations import BIAS, GAIN, LOOKS, SLACK, SYSTEMATIC, TELLS, Equations, WeakData, weak_data
from liesym.discovery.equivariant import Basis, equivariant
from liesym.discovery.records import Evidence, time_symbol
from liesym.discovery.rounding import rational
from liesym.discovery.selection import Choice, chosen, covariance
from liesym.discovery.tracks import Run
from liesym.discovery.weak import Normal, total
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

Floats = np.ndarray
Sums = tuple[Choice, Basis, list[int], str]


def symmetric_equations(
    runs: Sequence[Run],
    symbols: Sequence[Symbol],
    noise: Floats,
    rate_noise: Floats | None,
    given: Sequence[Expr],
    symmetries: Sequence[Generator],
    budget: Budget,
    rng: np.random.Generator,
) -> Equations:
    """First-order equations with the symmetries, or the reason why there are none.

    Arguments:
        runs: the trajectories as measured.
        symbols: of the states.
        noise, rate_noise: standard deviations.
        given: functions that right sides may hold beside those of the families.
        symmetries: at least one.
        budget: looked at between fits.
        rng: of the states at which the symmetry condition is asked.
    """
    data = weak_data(1, runs, symbols, noise, rate_noise, given)
    if isinstance(data, str):
        return Equations(None, None, data)
    independent = time_symbol(symbols)
    bases = _bases(data, independent, symmetries, runs, rng)
    named = ", ".join(map(str, symmetries))
    if not bases:
        return Equations(None, None, f"no equations: no sum of the functions that were tried has the symmetries {named}")
    m = len(symbols)
    coefficients = np.zeros((m, len(data.functions)))
    found: Sums | None = None
    for _ in range(LOOKS):
        if budget.over:
            return Equations(None, None, "no equations: time ran out")
        parts = [data.form.normals(i, coefficients[i]) for i in range(m)]
        found = _best(_summed(parts, data, held=False), bases)
        if found is None:
            return Equations(None, None, "no equations: the noise hides every function")
        before, coefficients = coefficients, _all_coefficients(found, data)
        if np.allclose(before, coefficients, rtol=1e-2, atol=1e-9):
            break
    assert found is not None
    parts = [data.form.normals(i, coefficients[i]) for i in range(m)]
    equations = _judged(data, parts, found, symmetries, independent)
    return replace(equations, told=f"the equations have the symmetries {named}") if equations.system else equations


def _bases(
    data: WeakData, t: Symbol, symmetries: Sequence[Generator], runs: Sequence[Run], rng: np.random.Generator
) -> list[tuple[Basis, list[int], str]]:
    """The equivariant fields of every family, the place of its functions and its name."""
    everything = np.concatenate([run.states for run in runs])
    found = []
    for family in data.families:
        places = data.places(family)
        terms = [data.functions[k] for k in places]
        x = everything[rng.integers(len(everything), size=4 * len(terms) + 60)]
        basis = equivariant(terms, data.symbols, t, symmetries, x)
        if basis is not None:
            found.append((basis, places, family.name))
    return found


def _summed(parts: Sequence[Sequence[Normal]], data: WeakData, *, held: bool | None) -> list[Normal]:
    """The products of every component over the trajectories that are held out, or are not, or all."""
    return [total([p for p, out in zip(own, data.held, strict=True) if held is None or out == held]) for own in parts]


def _best(normals: Sequence[Normal], bases: Sequence[tuple[Basis, list[int], str]]) -> Sums | None:
    """The family with the cheapest sum, an earlier one where a later one gains little."""
    best: Sums | None = None
    for basis, places, name in bases:
        lengths = [sum(int(part.count_ops()) for part in field) for field in basis.shown]
        choice = chosen(basis.restricted(normals, places), range(len(lengths)), lengths)
        if choice is None:
            continue
        choice = replace(choice, cost=choice.cost * choice.scale)
        if best is None or choice.cost < best[0].cost - GAIN * min(choice.scale, best[0].scale):
            best = choice, basis, places, name
    return best


def _all_coefficients(found: Sums, data: WeakData) -> Floats:
    """c_ik over all functions, shape (m, n)."""
    choice, basis, places, _ = found
    z = np.zeros(len(basis.shown))
    z[list(choice.support)] = choice.c
    coefficients = np.zeros((len(data.symbols), len(data.functions)))
    coefficients[:, places] = basis.coefficients(z)
    return coefficients


def _judged(
    data: WeakData,
    parts: Sequence[Sequence[Normal]],
    found: Sums,
    symmetries: Sequence[Generator],
    t: Symbol,
) -> Equations:
    """The system with its evidence, or why there is none."""
    choice, basis, places, name = found
    fit, every = (basis.restricted(_summed(parts, data, held=held), places) for held in (False, None))
    misfit = fit.misfit(choice.support, choice.c)
    held = misfit
    if any(data.held):
        out = basis.restricted(_summed(parts, data, held=True), places)
        held = out.misfit(choice.support, choice.c)
        if held > 1 + 2 * BIAS + SLACK * sqrt(2 / out.rows):
            return Equations(None, None, f"no equations with the symmetries: held-out trajectories miss by {sqrt(held):.2g}")
    if misfit > 1 + BIAS + SLACK * sqrt(2 / fit.rows):
        told = f"no equations: the best sum with the symmetries misses by {sqrt(misfit):.2g} times the noise"
        return Equations(None, None, told)
    if choice.support and every.misfit((), np.zeros(0)) < TELLS * misfit:
        return Equations(None, None, "no equations: the noise is as large as what changes")
    support = list(choice.support)
    clean = (every.gram - every.gram_noise)[np.ix_(support, support)]
    c = np.linalg.solve(clean, (every.moment - every.moment_noise)[support]) if support else choice.c
    choice = Choice(choice.support, c, choice.cost, max(1.0, every.misfit(support, c)))
    system, named = _system(data, choice, basis, every, t)
    uncertain = [(f"{p.name} +-", spread) for p, spread in zip(named.parameters, named.spreads, strict=True)]
    if not all(one.is_symmetry_of(system) for one in symmetries):
        return Equations(None, None, "no equations: the sum that was found does not have the symmetries exactly")
    figures: list[tuple[str, float | int | str]] = [
        *(("misfit", misfit), ("held out", held), ("trajectories", len(data.form.stretches)), ("rows", every.rows)),
        *(("functions", name), ("fields with the symmetries", len(basis.shown))),
    ]
    evidence = Evidence("sparse regression in weak form among equations with the symmetries", (*figures, *uncertain))
    return Equations(system, evidence, "", named.covariance)


def _system(data: WeakData, choice: Choice, basis: Basis, every: Normal, t: Symbol) -> tuple[ODESystem, Named]:
    """The equations, with a parameter where a coefficient has no fraction, and what is known of these."""
    part = data.form.noise / np.concatenate([one.states for one in data.form.stretches]).std(0)
    systematic = np.diag((SYSTEMATIC * float(part.max()) ** 2 * choice.c) ** 2)
    joint = covariance(every, choice.support, choice.scale) + systematic
    wide = np.sqrt(np.diag(joint))
    row: list[Expr | None] = [rational(float(v), float(s)) for v, s in zip(choice.c, wide, strict=True)]
    fixed = np.array([own if value is None else float(value) for own, value in zip(choice.c, row, strict=True)])
    raised = every.excess(choice.support, fixed) - every.excess(choice.support, choice.c)
    if raised > (9 + 6 * len(row)) * choice.scale:
        row = [None] * len(row)
    free = [k for k, value in enumerate(row) if value is None]
    decimals = [Decimal(0, k, float(choice.c[k]), float(wide[k])) for k in free]
    named = with_parameters([row], decimals, {s.name for s in data.symbols} | {t.name}, joint[np.ix_(free, free)])
    fields = [basis.shown[k] for k in choice.support]
    rhs = tuple(
        Add(basis.begin[i], *(Mul(z, field[i]) for z, field in zip(named.coefficients[0], fields, strict=True)))
        for i in range(len(data.symbols))
    )
    return ODESystem(t, data.symbols, (1,) * len(data.symbols), rhs, named.parameters), named
