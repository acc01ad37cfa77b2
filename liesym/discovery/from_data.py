"""Laws of trajectories: what the data themselves support and, where equations are identified, what is proven in these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Expr

from liesym.base.budget import Budget, now
from liesym.discovery.equations import Equations, identified
from liesym.discovery.equivariant import read_symmetries
from liesym.discovery.hypotheses import hypotheses
from liesym.discovery.library import read_terms
from liesym.discovery.proven import joined, laws_of
from liesym.discovery.reasons import reasons
from liesym.discovery.records import Discovery, state_symbols, time_symbol
from liesym.discovery.smoothing import Smooth, condensed, smoothed
from liesym.discovery.symmetric_equations import symmetric_equations
from liesym.discovery.tracks import Run, checked_names, gathered
from liesym.discovery.trajectories import track_integrals
from liesym.errors import DataError

Floats = np.ndarray
MOST_STATES = 20
"""More of them have more sums of few functions than can be looked through."""
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
    symmetries: Sequence[Any] = (),
) -> Discovery:
    """Integrals of trajectories and, if asked for, their equations with the laws of these.

    Arguments: as those of `discover`.
    """
    begun = now()
    runs, own = gathered(source)
    given = tuple(names) if names is not None else own
    if len(given) != len(own):
        raise DataError(f"names={given!r} for {len(own)} columns of states")
    given = checked_names(given)
    if len(given) > MOST_STATES:
        raise DataError(
            f"{len(given)} columns of states; discover takes at most {MOST_STATES}: choose some, as with --names"
        )
    runs, sigma, block = condensed(runs, _noise(noise, given))
    smooth = smoothed(runs, sigma)
    symbols = state_symbols(given)
    tried = read_terms(terms, symbols)
    known = read_symmetries(symmetries, symbols, time_symbol(symbols))
    if known and not identify:
        raise DataError("symmetries= are those of equations, which are looked for with identify=True")
    equations, proven, found, stopped, relations = Equations(None, None, ""), [], [], "", ()
    if identify:
        share = Budget.seconds(SHARE * budget.left)
        told = runs, symbols, smooth.noise, smooth.rate_noise, tried
        equations = symmetric_equations(*told, known, share, rng) if known else identified(*told, share)
        if equations.system is None and share.over:
            stopped = equations.told
        if equations.system is not None:
            proven, found, stopped = laws_of(equations.system, _region(runs), tried, share, rng)
            relations = hypotheses(equations, Budget.seconds(SHARE * budget.left))
    search = track_integrals(runs, smooth, symbols, tried, budget, rng)
    states = np.concatenate([run.states for run in runs])
    integrals = joined(search.integrals, proven, equations, states, budget)
    notes = _notes(smooth, runs, given, search.size, search.terms, equations, identify=identify)
    notes += [f"beside these: {', '.join(search.beside)}"] if search.beside else []
    notes += [f"each {block} samples were made one by a local cubic"] if block > 1 else []
    notes += reasons(runs, smooth, given, given=noise is not None, found=bool(integrals))
    looked = ("integrals", "equations", *(["symmetries"] if equations.system is not None else []))
    return Discovery(
        *(given, tuple(integrals), tuple(found), equations.system, tuple(notes)),
        *(search.stopped or stopped, now() - begun, looked if identify else ("integrals",), equations.evidence, relations),
    )


def _noise(noise: float | Sequence[float] | None, names: Sequence[str]) -> Sequence[float] | None:
    """One standard deviation for every state.

    Raises:
        DataError: not positive numbers, or not as many as there are states.
    """
    if noise is None:
        return None
    try:
        given = [float(one) for one in np.atleast_1d(np.asarray(noise, np.float64))]
    except (TypeError, ValueError):
        given = []
    if len(given) not in (1, len(names)) or not all(0 < one < np.inf for one in given):
        raise DataError(f"noise={noise!r} is not a positive standard deviation, or one for each of {', '.join(names)}")
    return given * len(names) if len(given) == 1 else given


def _region(runs: Sequence[Run]) -> list[tuple[float, float]]:
    """The box of the middle nine tenths of every state."""
    everything = np.concatenate([run.states for run in runs])
    lower, upper = np.quantile(everything, (0.05, 0.95), axis=0)
    return [(float(a), float(b)) for a, b in zip(lower, upper, strict=True)]


def _notes(
    smooth: Smooth, runs: Sequence[Run], names: Sequence[str], size: int, terms: int, equations: Equations, *, identify: bool
) -> list[str]:
    """What was looked for, and how loud the data are."""
    part = smooth.noise / np.concatenate([run.states for run in runs]).std(0)
    shown = ", ".join(f"{name} {p:.2g}" for name, p in zip(names, part, strict=True))
    alone = "one state alone has no integral free of time"
    notes = [
        alone if len(names) == 1 else f"sums of at most {size} of {terms} functions were tried for integrals",
        f"noise in parts of the standard deviation: {shown}; window of {smooth.window} samples",
    ]
    if not identify:
        notes.insert(0, "equations, and symmetries in these, are looked for when they are asked for (identify)")
    elif equations.system is None:
        notes.insert(0, equations.told)
    else:
        notes.insert(0, "proven means: in the identified equations, as they stand; what the noise hides is not in them")
        notes += [equations.told] if equations.told else []
    return notes
