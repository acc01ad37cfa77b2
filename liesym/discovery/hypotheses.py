"""Relations between the parameters of identified equations under which there would be more symmetries, asked of the data.

The case tree of the equations says at which relations p = r(other parameters) the symmetries are more. With estimates p̂ of
covariance Σ and d = p - r the data say

    |d(p̂)| ≤ 3 s    within the noise,    s² = ∇dᵀ Σ ∇d,    and nothing where s is of the size of p itself.

What the relation would bring is proven in the equations with the relation put in; that it holds, no data can prove.
Source: Lisle and Reid 2006 (case trees); the question to the data is our own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sympy import Eq, Expr, Symbol

from liesym.base.budget import Budget
from liesym.discovery.equations import Equations
from liesym.discovery.records import Hypothesis
from liesym.errors import LiesymError
from liesym.model.system import ODESystem
from liesym.symmetries.classify import classify_cases
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.results import Case, Result

WITHIN = 3.0
"""Standard deviations up to which a relation holds within the noise."""
TELLS = 0.1
"""Above this part of the parameter the standard deviation of a relation says nothing about it."""
PARALLEL = 1 - 1e-6
"""Cosine of the gradients from which on two relations that hold are one, solved for another parameter."""
GENERIC = 0.4


def hypotheses(equations: Equations, budget: Budget) -> tuple[Hypothesis, ...]:
    """The relations that the data allow, the nearest first.

    Arguments:
        equations: identified ones, with the covariance of their parameters.
        budget: seconds.
    """
    system = equations.system
    asked = None if system is None else of_second_order(system)
    if asked is None or not asked.parameters or budget.over:
        return ()
    try:
        result = find_symmetries(asked, budget=GENERIC * budget.left)
        cases, _ = classify_cases(result, budget, depth=1)
    except LiesymError:
        return ()
    told = [_told(case, result, asked, equations.covariance) for case in cases]
    kept: list[tuple[Hypothesis, np.ndarray]] = []
    for one in sorted((one for one in told if one is not None), key=lambda one: one[0].value.count_ops()):
        if not any(abs(one[1] @ other) > PARALLEL for _, other in kept):
            kept.append(one)
    return tuple(sorted((one for one, _ in kept), key=lambda one: one.deviation))


def of_second_order(system: ODESystem) -> ODESystem | None:
    """The system as x'' = F(x, x') where it is one: of order 2, or of order 1 with states x, v and x' = v."""
    if system.order == 2:
        return system
    half, odd = divmod(len(system.unknowns), 2)
    positions, speeds = system.unknowns[:half], system.unknowns[half:]
    if odd or set(system.orders) != {1} or tuple(system.rhs[:half]) != tuple(speeds):
        return None
    rates = {v: Symbol(f"{x.name}'", real=True) for x, v in zip(positions, speeds, strict=True)}
    rhs = tuple(f.xreplace(rates) for f in system.rhs[half:])
    return ODESystem(system.independent, positions, (2,) * half, rhs, system.parameters)


def _told(
    case: Case, generic: Result, system: ODESystem, covariance: Sequence[Sequence[float]]
) -> tuple[Hypothesis, np.ndarray] | None:
    """The case with its unit gradient; None where it brings nothing, or the data refuse it or do not tell."""
    if case.result.dimension is not None and case.result.dimension <= (generic.dimension or 0):
        return None
    relations = [a for a in case.assumptions if isinstance(a, Eq)]
    if len(relations) != 1 or not isinstance(relations[0].lhs, Symbol):
        return None
    symbol, right = relations[0].lhs, relations[0].rhs
    values = {p.symbol: float(p.value) for p in system.parameters if p.value is not None}
    difference: Expr = symbol - right
    if not difference.free_symbols <= set(values):
        return None
    slope = np.array([float(difference.diff(p.symbol).subs(values)) for p in system.parameters])
    off, spread = float(difference.subs(values)), float(np.sqrt(max(slope @ np.asarray(covariance) @ slope, 0.0)))
    if not (0 < spread <= TELLS * abs(values[symbol]) and abs(off) <= WITHIN * spread):
        return None
    known = {g.components for g in generic.generators}
    more = tuple(g for g in case.result.generators if g.components not in known)
    return Hypothesis(symbol, right, abs(off) / spread, spread, more), slope / np.linalg.norm(slope)
