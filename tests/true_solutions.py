"""Solutions held against numbers: y = f(t), curves t = f(p), y = g(p), and relations between t and y for order 1.

Curves are power series (`real_series`), and nothing symbolic is differentiated: y^(k+1) = (dy^(k)/dp)/(dt/dp). A relation
F(t, y, C) = 0 is solved for C at a point by bisection; it holds if F_t + y' F_y = 0 there, y' from the equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mpmath
from mpmath import mpf
from real_series import Evaluator, Series, Undecided, over, slope
from sympy import Expr, Function, Integral, Symbol
from true_at_points import Verdict, points, readable

from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.reduction.record import Solution
from liesym.testing.values import NoValue

DIGITS, TOLERANCE = 60, 1e-12
COUNT, ENOUGH, ENOUGH_OF_SLOW = 60, 8, 3
SLOW = "hypergeometric", "kummer"
"""Functions of which a value takes a tenth of a second and more: a limit of series with many digits where z is near 1."""
Along = Callable[[Any], Any]


def faults_of_solution(found: Solution, system: ODESystem, seed: int = 0) -> list[str]:
    """What is false at a real point; one line each."""
    return [f"{told}: {line}" for told, look in looks_at_solution(found, system, seed) for line in look().wrong]


def looks_at_solution(found: Solution, system: ODESystem, seed: int = 0) -> list[tuple[str, Callable[[], Verdict]]]:
    """(what is stated, a call that says what points say of it), for each branch, curve and relation."""
    t, looks = system.independent, []

    def curve(told: str, along: Sequence[Expr], parameter: Symbol, on: Sequence[Expr] = ()) -> None:
        looks.append((told, partial(_verdict_along, along, parameter, on, system, seed)))

    for part in (found, *found.others):
        for e, on in zip(part.explicit, part.on, strict=True):
            curve(f"{e} on {on}", (t, e.rhs), t, on)
        if part.parametric is not None and part.parameter is not None:
            on = () if part.equation is not None else part.relation_on
            curve(f"{part.parametric} on {on}", part.parametric, part.parameter, on)
        if part.equation is not None and system.order == 1:
            relation, on = part.equation.lhs, part.relation_on
            looks.append(
                (f"{relation} = 0 on {on}", partial(_verdict_of_relation, relation, part.constants, on, system, seed))
            )
    for e in found.special:
        curve(f"special {e}", (t, e.rhs), t)
    return looks


def _verdict_along(curve: Sequence[Expr], parameter: Symbol, on: Sequence[Expr], system: ODESystem, seed: int) -> Verdict:
    """Where a curve does not solve the equation."""
    plain = [readable(e) for e in (*curve, *on, *system.rhs)]
    if None in plain:
        return Verdict(undecided=("derivatives of arbitrary functions",))
    (time, height), (*where, rhs) = plain[:2], plain[2:]
    symbols = {s for e in plain for s in e.free_symbols} | {parameter}
    right, wrong, undecided, order = 0, [], [], system.order
    slow = any(f.func.__name__.startswith(SLOW) for e in plain for f in e.atoms(Function))
    enough = ENOUGH_OF_SLOW if slow else ENOUGH
    for p in points(symbols, COUNT, seed):
        with mpmath.workdps(DIGITS):
            try:
                at = Evaluator({**p, parameter: [p[parameter], mpf(1)]}, order + 1)
                if not all(at(c)[0] > 0 for c in where):
                    continue
                clock, values = at(time), _derivatives(at(time), at(height), order)
                jets = {jet_symbol(system.unknowns[0], k): v for k, v in enumerate(values[:-1])}
                rate = Evaluator({**p, system.independent: clock[0], **jets}, 0)(rhs)[0]
            except NoValue:
                continue
            except Undecided as error:
                undecided.append(str(error))
                continue
            if abs(values[-1] - rate) > TOLERANCE * (1 + abs(rate) + abs(values[-1])):
                wrong.append(f"{values[-1]} is not {rate} at {p}")
            else:
                right += 1
        if right + len(wrong) == enough:
            break
    return Verdict(right, tuple(wrong), tuple(undecided or ("no real point",)))


def _derivatives(clock: Series, height: Series, order: int) -> list[Any]:
    """y, dy/dt, … up to the order, of the curve (t, y)."""
    found = [height[0]]
    for _ in range(order):
        height = slope(height)
        height = over(height, slope(clock)[: len(height)])
        found.append(height[0])
    return found


def _verdict_of_relation(
    relation: Expr, constants: Sequence[Symbol], on: Sequence[Expr], system: ODESystem, seed: int
) -> Verdict:
    """Where the curve of F = 0 through a point has another slope than the equation."""
    plain = [readable(e) for e in (relation, *on, *system.rhs)]
    if None in plain or relation.has(Integral) or len(constants) != 1:
        return Verdict(undecided=("a relation with integrals or several constants",))
    (relation, *where, rhs), (t, y), (constant,) = plain, system.variables, constants
    symbols = {s for e in plain for s in e.free_symbols} | {t, y}
    right, wrong, undecided = 0, [], []
    for p in points(symbols, COUNT, seed):
        with mpmath.workdps(DIGITS):
            try:
                at = Evaluator(p, 0)
                if not all(at(c)[0] > 0 for c in where):
                    continue
                rate = at(rhs)[0]
                level = _root(lambda c, p=p: Evaluator({**p, constant: c}, 0)(relation)[0])
                if level is None:
                    continue
                there = {**p, constant: level}
                by = [Evaluator({**there, s: [p[s], mpf(1)]}, 1)(relation)[1] for s in (t, y)]  # F_t and F_y
            except NoValue:
                continue
            except Undecided as error:
                undecided.append(str(error))
                continue
            if abs(by[0] + rate * by[1]) > TOLERANCE * (abs(by[0]) + abs(rate * by[1]) + mpf("1e-6")):
                wrong.append(f"{by[0] + rate * by[1]} is not 0 at {there}")
            else:
                right += 1
        if right + len(wrong) == ENOUGH:
            break
    return Verdict(right, tuple(wrong), tuple(undecided or ("no real point",)))


def _root(f: Along) -> Any:
    """A zero of f, which is linear or monotone; None if none lies in reach."""
    ends = [(mpf(e), f(mpf(e))) for e in (-1, 1)]
    (a, fa), (b, fb) = ends
    if fa != fb:
        guess = a - fa * (b - a) / (fb - fa)
        if abs(f(guess)) <= mpf(10) ** (-DIGITS + 12) * (1 + abs(fa) + abs(fb)):
            return guess
    low, high = mpf("1e-6"), mpf("1e6")
    for sign in (1, -1):
        one, other = sign * low, sign * high
        if f(one) * f(other) >= 0:
            continue
        below = f(one)
        for _ in range(260):
            middle = (one + other) / 2
            one, other = (middle, other) if f(middle) * below > 0 else (one, middle)
        return one
    return None
