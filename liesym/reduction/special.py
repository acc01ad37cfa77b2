"""Solutions beside a family: those that it holds for no value of its constants.

    y = c      c a zero of F(x, y, 0, …) in y; y = C1 where F(x, y, 0, …) = 0 for every y
    y = v      what the steps divided by

A value is in y = f(x, C) if some constants give f the value and the derivatives of v at one place and then at every place.
Source: Ince 1956, sections 2.13 and 3.6.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sympy import Eq, Expr, I, Integral, Rational, S, Symbol

from liesym.base.budget import Budget
from liesym.base.typed import equation, expr, replaced
from liesym.errors import OutOfBudget
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_value
from liesym.reduction.conditions import Condition, fits
from liesym.reduction.elementary import vanishes
from liesym.reduction.limits import limits_of
from liesym.reduction.quadrature import constants_for
from liesym.reduction.record import Solution
from liesym.reduction.superposition import is_linear
from liesym.solving.algebraic import solve_for
from liesym.testing.values import NoValue, value_at

DRAWS, CLOSE = 24, 1e-9
"""Random places at which values are compared, and how close they are where they are the same."""
LIMITS = 0.2
"""Of what is left of the budget, for the limits of one branch."""
PLACES = (Rational(2, 3), Rational(7, 4))
"""At which a family is compared with a value, the first at which both have one."""
DRAWN = Rational(3, 7), Rational(-8, 5), Rational(11, 4), Rational(-5, 9)
"""Values of the constants of a limit, of which a family holds either every one or none."""
LARGEST = 60
"""Operations of a branch that is compared."""


def with_special(system: ODESystem, found: Solution, budget: Budget) -> Solution:
    """Without special solutions that a family holds, with those that it reaches in a limit, and with y = C1.

    Arguments:
        system: one equation.
        found: what is known of it.
        budget: of the limits.
    """
    values = [expr(e.rhs) for e in found.explicit]
    # y = 0 under a condition that is false is Boolean, and no solution
    kept = [expr(e.rhs) for e in found.special if isinstance(e, Eq) and not _is_held(system, expr(e.rhs), found)]
    more = _constants(system, values, found)
    moving = [v for v in kept if v.has(system.independent)]
    limits = [] if is_linear(system) else _limits(system, values, found, budget)
    wide = [v for v in limits if v.has(*found.constants)]
    listed = [*(moving if more else kept), *(v for v in limits if v not in wide)]
    plain = [v for v in dict.fromkeys(listed) if not any(_is_member(system, v, w, found.constants) for w in wide)]
    y = system.unknowns[0]
    return replace(found, special=(*more, *(equation(y, v) for v in (*plain, *wide))))


def _limits(system: ODESystem, values: Sequence[Expr], found: Solution, budget: Budget) -> list[Expr]:
    """Solutions to which constants bring a branch only in a limit."""
    kept: list[Expr] = []
    seen: set[Expr] = set()
    plain = [expr(e.rhs) for e in found.special if isinstance(e, Eq)]
    with suppress(OutOfBudget):
        for value in values:
            for limit in limits_of(system, value, found.constants, budget.share(LIMITS)):
                budget.check("limits of a family")
                if limit in seen or is_among(limit, (*plain, *kept)):
                    continue
                seen.add(limit)
                passed = checked_value(system, limit, tuple(c for c in found.constants if limit.has(c)))
                if passed is None or passed.on:
                    continue
                # with numbers for its constants it is compared without a search for identities
                apart = replaced(passed.expression, dict(zip(found.constants, DRAWN, strict=False)))
                wide = [k for k in kept if k.has(*found.constants)]
                known = any(_is_member(system, apart, k, found.constants) for k in wide)
                if not known and not _is_held(system, apart, found):
                    kept.append(passed.expression)
    return kept


def is_among(value: Expr, known: Sequence[Expr]) -> bool:
    """True if at random places it has the value of one of the known: on each side of a root of another one perhaps."""
    rng, seen = random.Random(5), 0
    symbols = sorted({s for e in (value, *known) for s in e.free_symbols}, key=str)
    for _ in range(DRAWS):
        place = {s: rng.choice((1, -1)) * rng.uniform(0.2, 3) for s in symbols}
        here = _number(value, place)
        if here is None:
            continue
        seen += 1
        if not any(n is not None and abs(here - n) < CLOSE * (1 + abs(here)) for n in (_number(k, place) for k in known)):
            return False
    return seen > 0


def _number(value: Expr, place: Mapping[Symbol, float]) -> Any:
    try:
        return value_at(value, place)  # type: ignore[arg-type]
    except NoValue:
        return None


def _constants(system: ODESystem, values: list[Expr], found: Solution) -> tuple[Eq, ...]:
    """(y = C1,) if all constants solve an equation of order 2 or above and no branch becomes constant with one left."""
    x, y = system.variables
    at_rest = system.rhs[0].subs({s: 0 for s in system.jet_coordinates if s not in (x, y)})
    if system.order < 2 or at_rest != 0 or not found.found or any(_rests(v, x, found.constants) for v in values):
        return ()
    return (equation(y, constants_for(system, 1)[0]),)


def _rests(value: Expr, x: Symbol, constants: tuple[Symbol, ...]) -> bool:
    """True if some constants make y = value free of x, with another constant left in it."""
    slope = value.diff(x)
    for c in constants:
        for root in (S.Zero, *(solve_for(slope, c) if slope.count_ops() <= LARGEST else ())):
            if not root.has(x, I):
                there = expr(value.subs(c, root))
                if there.has(S.NaN, S.ComplexInfinity) or not there.has(*constants):
                    continue
                if not there.has(x) or _rests(there, x, tuple(d for d in constants if d != c)):
                    return True
    return False


def _is_held(system: ODESystem, value: Expr, found: Solution) -> bool:
    return any(_is_member(system, value, expr(e.rhs), found.constants) for e in found.explicit)


def _is_member(system: ODESystem, value: Expr, family: Expr, constants: tuple[Symbol, ...]) -> bool:
    """True if some constants make the family this value; False also where that is not decided."""
    x, y = system.variables
    if family.count_ops() > LARGEST or not family.has(*constants) or family.has(Integral):
        return False  # SymPy's way to the value of an integral at a place keeps no clock
    for place in PLACES:
        wanted = [Condition(y, k, place, expr(value.diff(x, k).subs(x, place))) for k in range(system.order)]
        if any(c.value.has(S.NaN, S.ComplexInfinity) for c in wanted):
            continue
        rules = fits({y: family}, x, wanted, constants)
        return any(vanishes(expr(family.subs(rule)) - value, system) for rule in rules)
    return False
