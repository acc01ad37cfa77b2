"""Solutions held against numbers: y = f(t), curves t = f(p), y = g(p), and relations between t and y for order 1.

Derivatives are differences of values, and nothing symbolic is differentiated. A curve moves with
y^(k+1) = (dy^(k)/dp)/(dt/dp). A relation F(t, y, C) = 0 is solved for C at a point by bisection; it holds if
F_t + y' F_y = 0 there, y' from the equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
from mpmath import mpf
from sympy import Expr, Integral, Symbol
from true_at_points import points

from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.reduction.record import Solution
from liesym.testing.values import NoValue, value_at

DIGITS, STEP, TOLERANCE = 60, "1e-15", 1e-9
COUNT, ENOUGH = 60, 8
Along = Callable[[Any], Any]


def faults_of_solution(found: Solution, system: ODESystem, seed: int = 0) -> list[str]:
    """What is false at a real point, or real nowhere; one line each. What holds an integral is not looked at."""
    t = system.independent
    wrong = []
    for part in (found, *found.others):
        for e, on in zip(part.explicit, part.on, strict=True):
            wrong += _faults_along((t, e.rhs), t, on, system, seed, str(e))
        if part.parametric is not None and part.parameter is not None:
            wrong += _faults_along(part.parametric, part.parameter, (), system, seed, str(part.parametric))
        if part.equation is not None and system.order == 1:
            wrong += _faults_of_relation(part.equation.lhs, part.constants, part.relation_on, system, seed)
    for e in found.special:
        wrong += _faults_along((t, e.rhs), t, (), system, seed, str(e))
    return wrong


def _slope(f: Along, over: Along | None = None) -> Along:
    """df/dp, or (df/dp)/(dt/dp)."""

    def slope(p: Any) -> Any:
        h = mpf(STEP)
        rise = f(p + h) - f(p - h)
        run = 2 * h if over is None else over(p + h) - over(p - h)
        if run == 0:
            raise NoValue("the curve stands still")
        return rise / run

    return slope


def _faults_along(
    curve: Sequence[Expr], parameter: Symbol, on: Sequence[Expr], system: ODESystem, seed: int, told: str
) -> list[str]:
    """Where a curve does not solve the equation."""
    if any(e.has(Integral) for e in (*curve, *on)):
        return []
    time, height = curve
    symbols = {s for e in (*curve, *on) for s in e.free_symbols} | {parameter, *system.parameter_symbols}
    wrong, seen, real = [], 0, 0
    for p in points(symbols, COUNT, seed):
        with mpmath.workdps(DIGITS):

            def along(e: Expr, p: dict[Symbol, Any] = p) -> Along:
                return lambda w: value_at(e, {**p, parameter: w})

            try:
                if not all(value_at(c, p) > 0 for c in on):
                    continue
                clock, rows = along(time), [along(height)]
                for _ in range(system.order):
                    rows.append(_slope(rows[-1], clock))
                values = [row(p[parameter]) for row in rows]
                real += 1
                jets = {jet_symbol(system.unknowns[0], k): v for k, v in enumerate(values[:-1])}
                rate = value_at(system.rhs[0], {**p, system.independent: clock(p[parameter]), **jets})
            except NoValue:
                continue
            seen += 1
            if abs(values[-1] - rate) > TOLERANCE * (1 + abs(rate) + abs(values[-1])):
                wrong.append(f"{told} on {on}: {values[-1]} is not {rate} at {p}")
        if seen == ENOUGH:
            break
    return wrong


def _faults_of_relation(
    relation: Expr, constants: Sequence[Symbol], on: Sequence[Expr], system: ODESystem, seed: int
) -> list[str]:
    """Where the curve of F = 0 through a point has another slope than the equation."""
    if any(e.has(Integral) for e in (relation, *on)) or len(constants) != 1:
        return []
    t, y = system.variables
    (constant,) = constants
    symbols = {s for e in (relation, *on) for s in e.free_symbols} | {t, y, *system.parameter_symbols}
    wrong, seen = [], 0
    for p in points(symbols, COUNT, seed):
        with mpmath.workdps(DIGITS):
            try:
                if not all(value_at(c, p) > 0 for c in on):
                    continue
                rate = value_at(system.rhs[0], p)
                level = _root(lambda c, p=p: value_at(relation, {**p, constant: c}))
                if level is None:
                    continue
                at = {**p, constant: level}
                by = [
                    _slope(lambda w, s=s, at=at: value_at(relation, {**at, s: w}))(at[s])  # F_t and F_y
                    for s in (t, y)
                ]
            except NoValue:
                continue
            seen += 1
            if abs(by[0] + rate * by[1]) > TOLERANCE * (abs(by[0]) + abs(rate * by[1]) + mpf("1e-6")):
                wrong.append(f"{relation} = 0 on {on}: {by[0] + rate * by[1]} is not 0 at {at}")
        if seen == ENOUGH:
            break
    return wrong


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
