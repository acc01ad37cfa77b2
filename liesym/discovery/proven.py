"""Laws of equations that are given or identified, each proven by substitution.

    no parameters, order 1     the null spaces of a black box, on the region of the data; then the engine for integrals
    parameters or order 2      the engine: first integrals free of time, point symmetries

What holds with parameters holds for every value of them. In order 1 there are infinitely many symmetries: those linear in
the states are looked for, and trivial ones and multiples by integrals left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sympy import Expr, Float, Symbol

from liesym.base.budget import Budget
from liesym.conservation.first_integrals import first_integrals
from liesym.determine.verify import is_first_integral
from liesym.discovery.equations import Equations
from liesym.discovery.field import black_box
from liesym.discovery.integrals import field_integrals, is_independent
from liesym.discovery.records import Evidence, Figure, Integral, Symmetry
from liesym.discovery.symmetries import field_symmetries, is_new
from liesym.errors import LiesymError, OutOfBudget
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.residuals import phase_state
from liesym.symmetries.pipeline import find_symmetries

Floats = np.ndarray
BY_SUBSTITUTION = "D_t I = 0 on solutions by substitution"
ENGINE_SECONDS = 10.0
APART = 0.2
"""Sine of the angle of gradients up to which a law that is not exact counts as a function of others."""


def proven_integral(law: Integral, system: ODESystem, budget: Budget) -> Integral:
    """The law, proven if substitution says so, approximate if it says no."""
    if law.grade == "approximate":
        return law
    try:
        holds = is_first_integral(law.expression, system, budget)
    except OutOfBudget:
        return law
    told = Evidence(BY_SUBSTITUTION if holds else law.evidence.method, law.evidence.figures)
    return replace(law, grade="proven" if holds else "approximate", evidence=told)


def proven_symmetry(law: Symmetry, system: ODESystem, budget: Budget) -> Symmetry:
    """The symmetry, proven if the invariance condition holds, approximate if not."""
    if law.grade == "approximate" or budget.over:
        return law
    holds = law.generator.is_symmetry_of(system)
    told = Evidence("invariance condition by substitution" if holds else law.evidence.method, law.evidence.figures)
    return replace(law, grade="proven" if holds else "approximate", evidence=told)


def laws_of(
    system: ODESystem, region: Sequence[Sequence[float]], given: Sequence[Expr], budget: Budget, rng: np.random.Generator
) -> tuple[list[Integral], list[Symmetry], str]:
    """Integrals free of time, symmetries that are neither trivial nor multiples of others, and why the search ended early.

    Arguments:
        system: of order 1 or 2.
        region: (least, largest) of each state, in which numbers are drawn.
        given: functions of the states to be tried for integrals.
        budget: seconds for all.
        rng: of the states.
    """
    if not system.parameters and system.order == 1:
        box = black_box(lower(system, backend="numpy"), region, "numpy", rng)
        search = field_integrals(box, system.unknowns, given, budget, rng)
        integrals = [proven_integral(law, system, budget) for law in search.integrals]
        integrals = [law for law in integrals if law.grade == "proven"]
        integrals += _of_engine(system, integrals, region, budget, rng)
        if budget.over:
            return integrals, [], search.stopped or "time ran out before the symmetries"
        known = [law.expression for law in integrals]
        found = field_symmetries(box, system.unknowns, system.independent, known, rng)
        proven = [proven_symmetry(law, system, budget) for law in found]
        return integrals, [law for law in proven if law.grade == "proven"], search.stopped
    integrals = _of_engine(system, [], region, budget, rng)
    if budget.over:
        return integrals, [], "time ran out before the symmetries"
    return integrals, _engine_symmetries(system, integrals, region, budget, rng), ""


def _of_engine(
    system: ODESystem, known: Sequence[Integral], region: Sequence[Sequence[float]], budget: Budget, rng: np.random.Generator
) -> list[Integral]:
    """Further integrals free of time, independent of the known ones on the region."""
    state = phase_state(system)
    if budget.over or len(known) >= len(state) - 1:
        return []
    try:
        found = first_integrals(system, budget=min(ENGINE_SECONDS, budget.left / 2))
    except LiesymError:
        return []
    values = {p.symbol: Float(p.value) for p in system.parameters if p.value is not None}
    x = _states(system, region, rng)
    new: list[Integral] = []
    for expression in found:
        before = [law.expression.xreplace(values) for law in (*known, *new)]
        if system.independent in expression.free_symbols or not is_independent(
            expression.xreplace(values), before, state, x
        ):
            continue
        new.append(Integral(expression, "proven", Evidence(BY_SUBSTITUTION)))
    return new


def _states(system: ODESystem, region: Sequence[Sequence[float]], rng: np.random.Generator) -> Floats:
    """States in the region; velocities, of which it says nothing, of the size of the positions."""
    lower_corner, upper = np.asarray(region, np.float64).T
    repeat = len(phase_state(system)) // len(lower_corner)
    positions = rng.uniform(lower_corner, upper, (200, len(lower_corner)))
    wide = np.abs(np.stack([lower_corner, upper])).max(0)
    return np.hstack([positions, *(rng.uniform(-wide, wide, positions.shape) for _ in range(repeat - 1))])


def _engine_symmetries(
    system: ODESystem,
    integrals: Sequence[Integral],
    region: Sequence[Sequence[float]],
    budget: Budget,
    rng: np.random.Generator,
) -> list[Symmetry]:
    """Point symmetries by the engine, verified there; for order 1 those of degree 1."""
    first = system.order == 1
    result = find_symmetries(system, "polynomial: 1" if first else None, budget=budget.left)
    x = _states(system, region, rng)
    t = rng.uniform(0, 1, len(x))
    values = {p.symbol: Float(p.value) for p in system.parameters if p.value is not None}
    kept: list[Symmetry] = []
    chosen: list[Floats] = []
    constants = _values([law.expression for law in integrals], system, values, t, x)
    constants = np.hstack([np.ones((len(x), 1)), constants])
    field = _values(list(system.rhs), system, values, t, x)
    for generator in result.generators:
        if first:
            parts = _values(list(generator.components), system, values, t, x)
            q = parts[:, 1:] - parts[:, :1] * field
            known = generator.trivial and chosen
            if known or not np.isfinite(q).all() or not is_new(q, chosen, constants, pointwise=False):
                continue
            chosen.append(q)
        kept.append(Symmetry(generator, "proven", Evidence("invariance condition by substitution")))
    return kept


def _values(expressions: Sequence[Expr], system: ODESystem, values: dict[Symbol, Float], t: Floats, x: Floats) -> Floats:
    """Expressions at states, shape (S, k)."""
    if not expressions:
        return np.zeros((len(x), 0))
    plain = [e.xreplace(values) for e in expressions]
    found = lower(plain, phase_state(system), backend="numpy", t=system.independent)(t, x, {})
    return np.broadcast_to(np.asarray(found, np.float64), (len(x), len(plain)))


def joined(
    measured: Sequence[Integral], proven: Sequence[Integral], equations: Equations, states: Floats, budget: Budget
) -> list[Integral]:
    """Laws of the source, those proven where the equations prove them, then further laws of the equations.

    A law of the source that exact equations refute is approximate, and left out where it is a function of proven ones;
    equations with parameters, whose values are not exact, refute none.

    Arguments:
        measured: what the source itself supports.
        proven: in the equations.
        states: at which dependence is looked at.
        budget: for substitution.
    """
    system = equations.system
    if system is None or equations.evidence is None:
        return list(measured)
    figures = equations.evidence.figures
    found: list[Integral] = []
    if not system.parameters and system.order == 1:
        checked = [proven_integral(law, system, budget) for law in measured]
        found = [_in_equations(law, law.evidence.figures) for law in checked if law.grade == "proven"]
    known = [law.expression for law in found]
    for law in proven:
        if system.order > 1 or is_independent(_numbers(law.expression, system), known, system.unknowns, states):
            found.append(_in_equations(law, figures))
            known.append(_numbers(law.expression, system))
    for law in measured:
        if any(law.expression == one.expression for one in found):
            continue
        if system.order == 1 and not is_independent(law.expression, known, system.unknowns, states, APART):
            continue
        told = replace(law.evidence, method=f"{law.evidence.method}; not proven in the identified equations")
        refuted = law.grade == "supported" and not system.parameters
        found.append(replace(law, grade="approximate" if refuted else law.grade, evidence=told))
    return found


def _in_equations(law: Integral, figures: tuple[tuple[str, Figure], ...]) -> Integral:
    """The law with what it was proven in."""
    return replace(law, evidence=Evidence(f"{law.evidence.method}, in the identified equations", figures))


def _numbers(expression: Expr, system: ODESystem) -> Expr:
    """The expression with the values of the parameters."""
    return expression.xreplace({p.symbol: Float(p.value) for p in system.parameters if p.value is not None})
