"""One check for the answers of every solver: inserted in the equation with numbers, at random places and constants.

In: a residual F(x, y, y', …) in jet coordinates and an answer, y = …, R(x, y, C) = 0 or a curve. Out: right, wrong, or
unchecked where no real place was found. It shares nothing with the checks that liesym makes itself.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import mpmath
from sympy import Add, Expr, Integral, Rational, Symbol, cos, nsolve
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol

PLACES, WANTED, CLOSE = 40, 3, 1e-8
SIGNS = (1, 1, 1, -1)
QUADRATURE, DEGREE = 15, 5
"""Digits and degree of quadratures."""
Names = Mapping[str, float]


def with_functions(value: Expr) -> Expr:
    """Open functions f(u, …) made cos(u + …) + 2 + k, another k for each name."""
    return value.replace(lambda e: isinstance(e, AppliedUndef), _function).doit(integrals=False)


def _function(applied: AppliedUndef) -> Expr:
    return cos(Add(*applied.args)) + 2 + Rational(crc32(str(applied.func).encode()) % 7, 5)


def of_value(residual: Expr, x: Symbol, y: Symbol, order: int, value: Expr, on: Sequence[Expr] = ()) -> str:
    """y = value, where what is in `on` is positive."""
    jets = {jet_symbol(y, k): value.diff(x, k) for k in range(order + 1)}
    return _verdict(residual, [jets], [value], {}, on)


def of_curve(
    residual: Expr, x: Symbol, y: Symbol, order: int, curve: tuple[Expr, Expr], p: Symbol, on: Sequence[Expr] = ()
) -> str:
    """x = curve[0], y = curve[1] along p, where what is in `on` is positive."""
    jets, value, speed = {x: curve[0]}, curve[1], curve[0].diff(p)
    for k in range(order + 1):
        jets[jet_symbol(y, k)] = value
        value = value.diff(p) / speed
    return _verdict(residual, [jets], list(curve), {}, [c.xreplace({x: curve[0], y: curve[1]}) for c in on])


def of_relation(residual: Expr, x: Symbol, y: Symbol, order: int, relation: Expr, constants: Sequence[Symbol]) -> str:
    """relation = 0, differentiated; one constant is solved for at random places."""
    slopes: list[Expr] = [y]
    across = relation.diff(y)
    rate = -relation.diff(x) / across
    for _ in range(order):
        slopes.append(rate)
        rate = rate.diff(x) + rate.diff(y) * slopes[1]
    jets = {jet_symbol(y, k): s for k, s in enumerate(slopes) if k}
    held = [c for c in constants if relation.has(c)]
    return _verdict(residual, [jets], [relation], {held[0]: relation} if held else {})


def _verdict(
    residual: Expr,
    jets: Sequence[Mapping[Symbol, Expr]],
    real: Sequence[Expr],
    solved: Mapping[Symbol, Expr],
    on: Sequence[Expr] = (),
) -> str:
    rng, right, wrong = random.Random(7), 0, 0
    inserted = [residual.xreplace(dict(j)) for j in jets]
    sizes = [[t.xreplace(dict(j)) for t in residual.as_ordered_terms()] for j in jets]
    symbols = sorted({s for e in (*inserted, *real, *on) for s in e.free_symbols}, key=str)
    for _ in range(PLACES):
        place: dict[Any, Any] = {s: mpmath.mpf(rng.choice(SIGNS) * rng.randint(1, 40)) / 17 for s in symbols}
        try:
            for name, equation in solved.items():
                free = equation.xreplace({s: v for s, v in place.items() if s != name})
                place[name] = nsolve(free, name, float(place[name]), prec=20)
            if any(_number(e, place) <= 0 for e in on):
                continue
            numbers = [_number(e, place) for e in real]
            found = [
                (_number(e, place), sum(abs(_number(t, place)) for t in terms))
                for e, terms in zip(inserted, sizes, strict=True)
            ]
        except (ValueError, TypeError, ZeroDivisionError, OverflowError, AttributeError, NotImplementedError):
            continue
        if any(abs(mpmath.im(v)) > CLOSE * (1 + abs(v)) for v in numbers):
            continue
        close = all(abs(v) <= CLOSE * (1 + size) for v, size in found)
        right, wrong = right + close, wrong + (not close)
        if right >= WANTED:
            return "right"
    return "right" if right > wrong else "wrong" if wrong >= WANTED else "unchecked"


def _number(value: Expr, place: Mapping[Any, Any]) -> Any:
    if value.has(Integral):
        value = value.xreplace({n: _integrated(n, place) for n in value.atoms(Integral) if not _is_inside(n, value)})
    found = value.subs(place).evalf(20)
    if not found.is_number or found.has(Integral):
        raise TypeError("it has no value there")
    number = mpmath.mpmathify(found)
    if not mpmath.isfinite(number):
        raise ZeroDivisionError
    return number


def _is_inside(integral: Integral, value: Expr) -> bool:
    """True if the integral stands in the integrand of another one."""
    return any(n != integral and n.has(integral) for n in value.atoms(Integral))


def _integrated(integral: Integral, place: Mapping[Any, Any]) -> Any:
    """The value of a definite integral, itself of one if the integrand holds one."""
    if any(len(limit) != 3 for n in integral.atoms(Integral) for limit in n.limits):
        raise ValueError("an integral without limits has no value")
    variable, *ends = integral.limits[0]
    held = {s: v for s, v in place.items() if s != variable}

    def integrand(at: Any) -> Any:
        return _number(integral.function, {**held, variable: at})

    lower, upper = (_number(end, held) for end in ends)
    with mpmath.workdps(QUADRATURE):
        return mpmath.quad(integrand, [lower, upper], maxdegree=DEGREE)
