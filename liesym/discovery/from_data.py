"""Laws of trajectories: what the data themselves support and, where equations are identified, what is proven in these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr, Float

from liesym.base.budget import Budget, now
from liesym.discovery.equations import Equations, identified
from liesym.discovery.integrals import is_independent
from liesym.discovery.library import read_terms
from liesym.discovery.proven import laws_of, proven_integral
from liesym.discovery.records import Discovery, Evidence, Figure, Integral, state_symbols
from liesym.discovery.smoothing import Smooth, smoothed
from liesym.discovery.tracks import Run, gathered
from liesym.discovery.trajectories import track_integrals
from liesym.errors import DataError
from liesym.model.system import ODESystem

Floats = np.ndarray
LOUD = 0.4
"""Noise over the standard deviation of a state from which on little can be found."""
APART = 0.2
"""Sine of the angle of gradients up to which a law that is not exact counts as a function of others."""
SHARE = 0.5
"""Part of the time that equations and their laws may take."""


def from_data(
    source: Any,
    names: Sequence[str] | None,
    noise: float | Sequence[float] | None,
    terms: Sequence[Expr | str],
    budget: Budget,
    rng: np.random.Generator,
    *,
    identify: bool,
) -> Discovery:
    """Integrals of trajectories and, if asked for, their equations with the laws of these.

    Arguments: as those of `discover`.
    """
    begun = now()
    runs, own = gathered(source)
    given = tuple(names) if names is not None else own
    if len(given) != len(own):
        raise DataError(f"names={given!r} for {len(own)} columns of states")
    smooth = smoothed(runs, noise)
    symbols = state_symbols(given)
    tried = read_terms(terms, symbols)
    equations, proven, symmetries, stopped = Equations(None, None, ""), [], [], ""
    if identify:
        share = Budget.seconds(SHARE * budget.left)
        equations = identified(runs, symbols, smooth.noise, smooth.rate_noise, tried, share)
        if equations.system is not None:
            proven, symmetries, stopped = laws_of(equations.system, _region(runs), tried, share, rng)
    search = track_integrals(smooth, symbols, tried, budget, rng)
    states = np.concatenate([run.states for run in runs])
    integrals = _joined(search.integrals, proven, equations, states, budget)
    notes = _notes(smooth, runs, given, search.size, search.terms, equations, identify=identify)
    looked = ("integrals", "equations", *(["symmetries"] if equations.system is not None else []))
    return Discovery(
        *(given, tuple(integrals), tuple(symmetries), equations.system, tuple(notes)),
        *(search.stopped or stopped, now() - begun, looked if identify else ("integrals",), equations.evidence),
    )


def _region(runs: Sequence[Run]) -> list[tuple[float, float]]:
    """The box of the middle nine tenths of every state."""
    everything = np.concatenate([run.states for run in runs])
    lower, upper = np.quantile(everything, (0.05, 0.95), axis=0)
    return [(float(a), float(b)) for a, b in zip(lower, upper, strict=True)]


def _joined(
    measured: Sequence[Integral], proven: Sequence[Integral], equations: Equations, states: Floats, budget: Budget
) -> list[Integral]:
    """Laws of the data, those proven where the equations prove them, then further laws of the equations.

    A law of the data that the equations refute is approximate, and left out where it is a function of proven ones.
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
        refuted = law.grade == "supported"
        told = replace(law.evidence, method=f"{law.evidence.method}; not in the identified equations")
        found.append(replace(law, grade="approximate", evidence=told if refuted else law.evidence))
    return found


def _in_equations(law: Integral, figures: tuple[tuple[str, Figure], ...]) -> Integral:
    """The law with what it was proven in."""
    return replace(law, evidence=Evidence(f"{law.evidence.method}, in the identified equations", figures))


def _numbers(expression: Expr, system: ODESystem) -> Expr:
    """The expression with the values of the parameters."""
    return expression.xreplace({p.symbol: Float(p.value) for p in system.parameters if p.value is not None})


def _notes(
    smooth: Smooth, runs: Sequence[Run], names: Sequence[str], size: int, terms: int, equations: Equations, *, identify: bool
) -> list[str]:
    """What was looked for, and how loud the data are."""
    part = smooth.noise / np.concatenate([run.states for run in runs]).std(0)
    shown = ", ".join(f"{name} {p:.2g}" for name, p in zip(names, part, strict=True))
    notes = [
        f"sums of at most {size} of {terms} functions were tried for integrals",
        f"noise in parts of the standard deviation: {shown}; window of {smooth.window} samples",
    ]
    if not identify:
        notes.insert(0, "equations, and symmetries in these, are looked for when they are asked for (identify)")
    elif equations.system is None:
        notes.insert(0, equations.told)
    else:
        notes.insert(0, "proven means: in the identified equations, as they stand; what the noise hides is not in them")
    if (part > LOUD).any():
        notes.append("the noise is of the size of the signal: most laws cannot be told from it")
    return notes
