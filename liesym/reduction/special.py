"""Solutions beside a family: those that it holds for no value of its constants.

    y = c      c a zero of F(x, y, 0, …) in y; y = C1 where F(x, y, 0, …) = 0 for every y
    y = v      what the steps divided by

A value is in y = f(x, C) if some constants give f the value and the derivatives of v at one place and then at every place.
Source: Ince 1956, sections 2.13 and 3.6.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Eq, Expr, I, Rational, S, Symbol

from liesym.base.typed import equation, expr
from liesym.model.system import ODESystem
from liesym.reduction.conditions import Condition, fits
from liesym.reduction.elementary import vanishes
from liesym.reduction.quadrature import constants_for
from liesym.reduction.record import Solution
from liesym.solving.algebraic import solve_for

PLACES = (Rational(2, 3), Rational(7, 4))
"""At which a family is compared with a value, the first at which both have one."""
LARGEST = 60
"""Operations of a branch that is compared."""


def with_special(system: ODESystem, found: Solution) -> Solution:
    """Without special solutions that a family holds, and with y = C1 where every constant is a solution that none holds."""
    values = [expr(e.rhs) for e in found.explicit]
    # y = 0 under a condition that is false is Boolean, and no solution
    kept = [e for e in found.special if isinstance(e, Eq) and not _is_held(system, expr(e.rhs), found)]
    more = _constants(system, values, found)
    moving = [e for e in kept if e.rhs.has(system.independent)]
    return replace(found, special=(*more, *moving) if more else tuple(kept))


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
    if family.count_ops() > LARGEST or not family.has(*constants):
        return False
    for place in PLACES:
        wanted = [Condition(y, k, place, expr(value.diff(x, k).subs(x, place))) for k in range(system.order)]
        if any(c.value.has(S.NaN, S.ComplexInfinity) for c in wanted):
            continue
        rules = fits({y: family}, x, wanted, constants)
        return any(vanishes(expr(family.subs(rule)) - value, system) for rule in rules)
    return False
