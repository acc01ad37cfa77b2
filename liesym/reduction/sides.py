"""Solutions side by side, where what solves the equation formally is not real on each.

In: y^(n) = F with signs and absolute values. Out: a `Solution` with a branch for each side, with what is positive there.
y'' = |t| y is solved by Ai(t sign(t)^(1/3)) in formal roots, not real for t < 0; there it is Ai(-t). y'' = |y| is y'' = -y
where C1 cos t + C2 sin t is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import mpmath
import numpy as np
from sympy import Expr, S, Symbol

from liesym.base.budget import Budget, in_time
from liesym.base.jets import partial_derivative
from liesym.base.typed import equation, expr, replaced
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_value
from liesym.reduction.explicit import solutions_of
from liesym.reduction.quadrature import constants_for
from liesym.reduction.record import Solution
from liesym.solving.algebraic import solve_for
from liesym.testing.realpoints import DRAWS, drawn_points, readable
from liesym.testing.sampled import Sampled
from liesym.testing.second_look import on_sides
from liesym.testing.values import DIGITS, NoValue, value_at
from liesym.text.writer import write

JUMPS = 6
"""Draws of the constants for a look at a place where a sign changes."""
NEAR, SAME = 1e-9, 1e-5
"""How far to both sides of it, and what counts as no jump."""
WHOLE = 0.5
"""Of the budget, for a solution that holds on all sides."""
OWN_CONSTANTS = (
    "on each side the constants are its own; a solution that crosses has those that keep it and its slope continuous"
)


def solutions_on_sides(system: ODESystem, budget: Budget) -> Solution:
    """One solution for all sides where there is one that is real on each, else one for each side."""
    sides = on_sides(system, of_time=True)
    if len(sides) < 2:
        others = on_sides(system, of_time=False)
        return _on_sides_of_unknown(system, others, budget) if len(others) > 1 else solutions_of(system, budget)
    found = solutions_of(system, budget.share(WHOLE))
    if found.found and in_time(lambda: _is_whole(system, found, [on for _, on in sides]), False):
        return found
    parts, without = [], []
    for place, (fixed, on) in enumerate(sides):
        part = solutions_of(fixed, budget.share(1 / (len(sides) - place)))
        if part.explicit:
            parts.append((part, on))
        else:
            without.append(f"where {', '.join(f'{write(a)} > 0' for a in on)} no family was found")
    if not parts:
        return replace(found, complete=False, notes=(*found.notes, OWN_CONSTANTS)) if found.found else found
    whole = _together(found, parts)
    return replace(whole, notes=(*whole.notes, *without))


def _on_sides_of_unknown(system: ODESystem, sides: Sequence[tuple[ODESystem, tuple[Expr, ...]]], budget: Budget) -> Solution:
    """What is found of the equation, with branches for the sides that it leaves out."""
    found = solutions_of(system, budget.share(WHOLE))
    if (found.found and not found.explicit) or () in found.on:
        return found
    y, constants = system.unknowns[0], constants_for(system, system.order)
    branches = {expr(e.rhs): on for e, on in zip(found.explicit, found.on, strict=True)}
    parts = [solutions_of(fixed, budget.share(1 / (len(sides) - k))) for k, (fixed, _) in enumerate(sides)]
    for part in parts:
        for value in (expr(e.rhs) for e in part.explicit):
            known = any(_is_renamed(value, b, constants) for b in branches)
            passed = None if known else in_time(lambda v=value: checked_value(system, v, constants), None)
            if passed is not None and passed.on:
                branches[passed.expression] = passed.on
    if len(branches) == len(found.explicit):
        return found
    base = found if found.explicit else max(parts, key=lambda part: len(part.explicit))
    return replace(
        base,
        explicit=tuple(equation(y, v) for v in branches),
        on=tuple(branches.values()),
        special=found.special,
        complete=False,
        notes=tuple(dict.fromkeys((*found.notes, OWN_CONSTANTS))),
        stopped=found.stopped or any(part.stopped for part in parts),
        claims=tuple(dict.fromkeys(step for part in (found, *parts) for step in part.claims)),
    )


def _is_renamed(value: Expr, other: Expr, constants: Sequence[Symbol]) -> bool:
    """True if the two differ in the names of the constants alone."""
    names = [dict(zip(constants, p, strict=True)) for p in permutations(constants)]
    return any((replaced(value, of) - other).expand() == 0 for of in names)


def _is_whole(system: ODESystem, found: Solution, sides: Sequence[Sequence[Expr]]) -> bool:
    """True if it is real on every side and passes from one to the next."""
    return all(_is_real_on(system, found, on) for on in sides) and _crosses(system, found, sides[0])


def _crosses(system: ODESystem, found: Solution, cuts: Sequence[Expr]) -> bool:
    """True if what is found stays continuous, with its derivatives below the order, where one of the cuts is zero.

    A value that jumps there, as exp(t sign(t - 1)) does, solves the equation on each side with constants of its own.
    """
    t = system.independent
    values = [expr(e.rhs) for e in found.explicit]
    if not values and found.equation is not None:
        values = [expr(found.equation.lhs - found.equation.rhs)]
    zeros = [[*solve_for(cut, t), *([S.Zero] if cut.subs(t, 0) == 0 else [])] for cut in cuts]
    places = [zero for of_cut in zeros for zero in of_cut]
    if not all(zeros) or not all(zero.is_real for zero in places):
        return False
    for value in values:
        for _ in range(system.order if found.explicit else 1):
            if any(_jumps(value, t, place) for place in places):
                return False
            value = partial_derivative(value, t)
    return True


def _jumps(value: Expr, t: Symbol, place: Expr) -> bool:
    """True if the limits from the left and from the right differ for drawn constants; False where there is none."""
    others = sorted((s for s in value.free_symbols if isinstance(s, Symbol) and s != t), key=str)
    for point in drawn_points(others, JUMPS, 0, ()):
        at = [{**point, t: mpmath.mpf(str(place.evalf(DIGITS))) + step} for step in (-NEAR, NEAR)]
        try:
            left, right = (value_at(value, p) for p in at)
        except NoValue:
            continue
        if abs(left - right) > SAME * (1 + abs(left) + abs(right)):
            return True
    return False


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
