"""Solutions side by side, where what solves the equation formally is not real on each.

In: y^(n) = F with signs and absolute values of functions of t. Out: a `Solution` with a branch for each side, with what is
positive there. y'' = |t| y is solved by Ai(t sign(t)^(1/3)) in formal roots, not real for t < 0; there it is Ai(-t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sympy import Expr, Symbol

from liesym.base.budget import Budget
from liesym.base.typed import expr, replaced
from liesym.model.system import ODESystem
from liesym.reduction.explicit import solutions_of
from liesym.reduction.record import Solution
from liesym.testing.realpoints import DRAWS, drawn_points, readable
from liesym.testing.sampled import Sampled
from liesym.testing.second_look import on_sides_of_time

WHOLE = 0.5
"""Of the budget, for a solution that holds on all sides."""
OWN_CONSTANTS = (
    "on each side the constants are its own; a solution that crosses has those that keep it and its slope continuous"
)


def solutions_on_sides(system: ODESystem, budget: Budget) -> Solution:
    """One solution for all sides where there is one that is real on each, else one for each side."""
    sides = on_sides_of_time(system)
    if len(sides) < 2:
        return solutions_of(system, budget)
    found = solutions_of(system, budget.share(WHOLE))
    if found.found and all(_is_real_on(system, found, on) for _, on in sides):
        return found
    parts = []
    for place, (fixed, on) in enumerate(sides):
        part = solutions_of(fixed, budget.share(1 / (len(sides) - place)))
        if part.explicit:
            parts.append((part, on))
    return _together(found, parts) if parts else found


def _together(whole: Solution, parts: Sequence[tuple[Solution, tuple[Expr, ...]]]) -> Solution:
    """The branches of all sides."""
    branches = [(e, (*side, *on)) for part, side in parts for e, on in zip(part.explicit, part.on, strict=True)]
    longest = max((part for part, _ in parts), key=lambda part: len(part.constants))
    return replace(
        longest,
        equation=None,
        relation_on=(),
        parametric=None,
        parameter=None,
        integrals=(),
        others=(),
        explicit=tuple(e for e, _ in branches),
        on=tuple(on for _, on in branches),
        special=whole.special,
        complete=False,
        notes=tuple(dict.fromkeys((*(n for part, _ in parts for n in part.notes), OWN_CONSTANTS))),
        stopped=any(part.stopped for part, _ in parts),
        claims=tuple(step for part, _ in parts for step in part.claims),
    )


def _is_real_on(system: ODESystem, found: Solution, side: Sequence[Expr]) -> bool:
    """False if no branch, or the curve, has a real value at a point of the side; a relation is taken as it is."""
    values, where = [expr(e.rhs) for e in found.explicit], list(side)
    if not values and found.parametric is not None:
        time, height = found.parametric
        values, where = [height], [replaced(a, {system.independent: time}) for a in side]
    plain = [e for e in map(readable, values) if e is not None]
    if len(plain) < len(values) or not values:
        return True
    symbols = sorted({s for e in (*plain, *where) for s in e.free_symbols if isinstance(s, Symbol)}, key=str)
    positive = [p.symbol for p in system.parameters if p.symbol.is_positive]
    drawn = [[p[s] for s in symbols] for p in drawn_points(symbols, DRAWS, 0, positive)]
    sampled = Sampled(np.array(drawn).reshape(len(drawn), len(symbols)), symbols)
    inside = np.all([sampled(a) > 0 for a in where], axis=0)
    return any(bool((inside & sampled.real([v])).any()) for v in plain)
