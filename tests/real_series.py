"""Expressions as truncated power series of real numbers: u(s) = u_0 + u_1 s + … + u_N s^N, with as many digits as asked.

Each operation is a recurrence for the coefficients. So derivatives are no differences, for which a steep function leaves no
step, and nothing is differentiated symbolically. Integrals begin where their end is at s = 0: their constants are free, and
nothing lies between.

Source: Griewank and Walther 2008, section 13.2, for the recurrences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

import mpmath
import numpy as np
from mpmath import mpf
from sympy import Add, Basic, Dummy, Integral, Mul, Piecewise, Pow, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanAtom, Not, Or

from liesym.testing import values as rules
from liesym.testing.values import NoValue

Series = list[Any]
LARGEST = mpf(10) ** 9
"""Arguments of exponentials and angles beyond which they are not computed."""


class Undecided(ArithmeticError):
    """It cannot be told whether there is a value: no rule, too large, or a point on a branch."""


class Evaluator:
    """Series of expressions near one point; what they share is evaluated once.

    Arguments:
        symbols: of each symbol its series, or its value if it is a constant.
        order: N.
    """

    def __init__(self, symbols: Mapping[Symbol, Any], order: int) -> None:
        self.order = order
        self.symbols = {s: self._padded(v) for s, v in symbols.items()}
        self.memo: dict[Basic, Series] = {}

    def __call__(self, expression: Basic) -> Series:
        """The series.

        Raises:
            NoValue: the expression is not real and finite there.
            Undecided: it cannot be told.
        """
        try:
            return self._of(expression)
        except (mpmath.libmp.NoConvergence, ValueError, OverflowError, MemoryError, RecursionError) as error:
            raise Undecided(f"{type(error).__name__}: {error}"[:120]) from None
        except ZeroDivisionError:
            raise NoValue("division by zero") from None

    def holds(self, condition: Basic) -> bool:
        """Whether a relation, or a combination of some, is true at the point."""
        if isinstance(condition, BooleanAtom):
            return bool(condition)
        if isinstance(condition, And | Or | Not):
            found = [self.holds(c) for c in condition.args]
            return all(found) if isinstance(condition, And) else any(found) if isinstance(condition, Or) else not found[0]
        if not isinstance(condition, Relational):
            raise Undecided(f"{condition} is no relation")
        low, high = (self(side)[0] for side in condition.args)
        if low == high:
            raise Undecided("a point on the boundary")
        return {"<": low < high, "<=": low < high, ">": low > high, ">=": low > high, "!=": True}.get(
            condition.rel_op, False
        )

    def _padded(self, value: Any) -> Series:
        row = list(value) if isinstance(value, list | tuple) else [mpf(value)]
        return (row + [mpf(0)] * (self.order + 1 - len(row)))[: self.order + 1]

    def _of(self, e: Basic) -> Series:
        found = self.memo.get(e)
        if found is None:
            found = self.memo[e] = self._computed(e)
        return found

    def _computed(self, e: Basic) -> Series:
        if isinstance(e, Symbol):
            if e not in self.symbols:
                raise Undecided(f"{e} has no value")
            return self.symbols[e]
        if e.is_Rational:
            return self._padded(mpf(int(e.p)) / int(e.q))  # type: ignore[attr-defined]
        if isinstance(e, Add):
            return [mpmath.fsum(c) for c in zip(*map(self._of, e.args), strict=True)]
        if isinstance(e, Mul):
            row, *rest = map(self._of, e.args)
            for other in rest:
                row = times(row, other)
            return row
        if isinstance(e, Pow):
            return self._power(e)
        if isinstance(e, Integral):
            return self._integral(e)
        if isinstance(e, Piecewise):
            return self._of(next((value for value, on in e.args if self.holds(on)), Dummy()))
        if not e.args:
            return self._padded(rules.value_at(e, {}))  # type: ignore[arg-type]
        return applied(e.func.__name__, [self._of(a) for a in e.args])

    def _power(self, e: Pow) -> Series:
        base, exponent = self._of(e.base), self._of(e.exp)
        if any(exponent[1:]):
            return exponential(times(exponent, logarithm(base)))
        whole = e.exp.is_integer and exponent[0] == int(exponent[0])
        if not whole and (base[0] < 0 or (base[0] == 0 and exponent[0] < 0)):
            raise NoValue("a power of a negative number")
        return power(base, int(exponent[0]) if whole else exponent[0])

    def _integral(self, e: Integral) -> Series:
        """The integral up to its end, from where that is at s = 0; its constant is any number."""
        if len(e.limits) != 1:
            raise Undecided("a multiple integral")
        inner, *limits = e.limits[0]
        total = self._up_to(e, limits[-1] if limits else inner)
        if len(limits) == 2 and any(self._of(limits[0])[1:]):
            below = self._up_to(e, limits[0])
            return [a - b for a, b in zip(total, below, strict=True)]
        return total

    def _up_to(self, whole: Integral, end: Basic) -> Series:
        function, (inner, *limits) = whole.function, whole.limits[0]
        upper = self._of(end)
        start, away = upper[0], [mpf(0), *upper[1:]]
        place = Dummy("s")
        told = f"{function.xreplace({inner: place})} {limits[:-1]} {mpmath.nstr(start, 20)}"
        total = self._padded(1 + mpf(crc32(told.encode())) / 2**32)
        for node, weight in gauss(self.order // 2 + 1, mpmath.mp.prec):  # the coefficient of s^N has degree N in the node
            place = Dummy("s")
            self.symbols[place] = [start, *(node * c for c in away[1:])]
            rate = self._of(function.xreplace({inner: place}))
            total = [a + weight * b for a, b in zip(total, times(rate, away), strict=True)]
        return total


@lru_cache(64)
def gauss(count: int, precision: int) -> list[tuple[Any, Any]]:
    """Nodes and weights of the Gauss rule on [0, 1] with as many points: exact up to degree 2 count - 1.

    Arguments:
        precision: of mpmath, in bits.
    """
    found = []
    for x in map(mpf, np.polynomial.legendre.leggauss(count)[0]):
        for _ in range(precision.bit_length()):
            x -= mpmath.legendre(count, x) / _legendre_slope(count, x)
        found.append(((1 + x) / 2, 1 / ((1 - x**2) * _legendre_slope(count, x) ** 2)))
    return found


def _legendre_slope(count: int, x: Any) -> Any:
    return count * (x * mpmath.legendre(count, x) - mpmath.legendre(count - 1, x)) / (x**2 - 1)


# -- arithmetic ---------------------------------------------------------------------------------------


def times(u: Series, v: Series) -> Series:
    """The product."""
    return [mpmath.fsum(u[k] * v[n - k] for k in range(n + 1)) for n in range(len(u))]


def over(u: Series, v: Series) -> Series:
    """The quotient."""
    if v[0] == 0:
        raise NoValue("division by zero")
    row: Series = []
    for n in range(len(u)):
        row.append((u[n] - mpmath.fsum(row[k] * v[n - k] for k in range(n))) / v[0])
    return row


def slope(u: Series) -> Series:
    """The derivative, of one order less."""
    return [n * u[n] for n in range(1, len(u))]


def risen(start: Any, rate: Series) -> Series:
    """The series with this first coefficient and this derivative."""
    return [start, *(rate[n] / (n + 1) for n in range(len(rate)))]


def chained(value: Any, outer: Callable[[Series], Series], u: Series) -> Series:
    """f(u) from its value and the rule f' = outer, which takes u with one coefficient less."""
    return [value] if len(u) == 1 else risen(value, times(outer(u[:-1]), slope(u)))


def power(u: Series, r: Any) -> Series:
    """u^r, r constant."""
    if r == 0:
        return [mpf(1), *([mpf(0)] * (len(u) - 1))]
    if u[0] == 0:
        if r > 0 and not any(u):
            return u
        if not isinstance(r, int) or r < 0:
            raise NoValue("division by zero") if r < 0 else Undecided("a point on a branch")
        row = [mpf(1), *([mpf(0)] * (len(u) - 1))]
        for _ in range(min(r, len(u))):
            row = times(row, u)
        return row if r <= len(u) else [mpf(0)] * len(u)
    if abs(r * mpmath.log(abs(u[0]))) > LARGEST:
        raise Undecided("too large")
    row = [u[0] ** r if isinstance(r, int) else real(mpmath.power(u[0], r))]
    for n in range(1, len(u)):
        row.append(mpmath.fsum((k * r - (n - k)) * u[k] * row[n - k] for k in range(1, n + 1)) / (n * u[0]))
    return row


def exponential(u: Series) -> Series:
    """exp(u)."""
    bounded(u[0])
    row, rate = [mpmath.exp(u[0])], slope(u)
    for n in range(1, len(u)):
        row.append(mpmath.fsum(rate[k] * row[n - 1 - k] for k in range(n)) / n)
    return row


def logarithm(u: Series) -> Series:
    """log(u)."""
    if u[0] <= 0:
        raise NoValue("a logarithm")
    return chained(mpmath.log(u[0]), lambda v: power(v, -1), u)


def _waves(u: Series, sign: int) -> tuple[Series, Series]:
    """(sin, cos), sign -1, or (sinh, cosh), sign 1."""
    bounded(u[0])
    odd, even = ([mpmath.sin(u[0])], [mpmath.cos(u[0])]) if sign < 0 else ([mpmath.sinh(u[0])], [mpmath.cosh(u[0])])
    rate = slope(u)
    for n in range(1, len(u)):
        one = mpmath.fsum(rate[k] * even[n - 1 - k] for k in range(n)) / n
        other = sign * mpmath.fsum(rate[k] * odd[n - 1 - k] for k in range(n)) / n
        odd.append(one)
        even.append(other)
    return odd, even


def bounded(value: Any) -> None:
    """Raises:
    Undecided: an exponential or an angle of this size is not computed.
    """
    if abs(value) > LARGEST:
        raise Undecided("too large")


def real(value: Any) -> Any:
    """Raises:
    NoValue: it is not real and finite.
    """
    if isinstance(value, mpmath.mpc):
        if abs(value.imag) > mpf(10) ** (-mpmath.mp.dps // 2) * (1 + abs(value.real)):
            raise NoValue("not real")
        value = value.real
    if not mpmath.isfinite(value):
        raise NoValue("not finite")
    return value


# -- functions ----------------------------------------------------------------------------------------


def _shifted(u: Series, by: int) -> Series:
    return [u[0] + by, *u[1:]]


def _one_plus_square(u: Series, sign: int = 1) -> Series:
    return _shifted([sign * c for c in times(u, u)], 1)


def _negative(u: Series) -> Series:
    return [-c for c in u]


def _bell(u: Series, sign: int) -> Series:
    factor = 2 / mpmath.sqrt(mpmath.pi)
    return [factor * c for c in exponential([sign * c for c in times(u, u)])]


def _fresnel(u: Series, which: int) -> Series:
    return _waves([mpmath.pi / 2 * c for c in times(u, u)], -1)[which]


SLOPES: dict[str, Callable[[Series], Series]] = {
    "asin": lambda u: power(_one_plus_square(u, -1), mpf(-1) / 2),
    "acos": lambda u: _negative(power(_one_plus_square(u, -1), mpf(-1) / 2)),
    "atan": lambda u: power(_one_plus_square(u), -1),
    "acot": lambda u: _negative(power(_one_plus_square(u), -1)),
    "asinh": lambda u: power(_one_plus_square(u), mpf(-1) / 2),
    "acosh": lambda u: power(_shifted(times(u, u), -1), mpf(-1) / 2),
    "atanh": lambda u: power(_one_plus_square(u, -1), -1),
    "erf": lambda u: _bell(u, -1),
    "erfc": lambda u: _negative(_bell(u, -1)),
    "erfi": lambda u: _bell(u, 1),
    "Si": lambda u: over(_waves(u, -1)[0], u),
    "Ci": lambda u: over(_waves(u, -1)[1], u),
    "Shi": lambda u: over(_waves(u, 1)[0], u),
    "Chi": lambda u: over(_waves(u, 1)[1], u),
    "Ei": lambda u: over(exponential(u), u),
    "li": lambda u: power(logarithm(u), -1),
    "fresnels": lambda u: _fresnel(u, 0),
    "fresnelc": lambda u: _fresnel(u, 1),
}
"""Derivatives of functions of one argument."""

MADE: dict[str, Callable[[Series], Series]] = {
    "exp": exponential,
    "log": logarithm,
    "sin": lambda u: _waves(u, -1)[0],
    "cos": lambda u: _waves(u, -1)[1],
    "tan": lambda u: over(*_waves(u, -1)),
    "cot": lambda u: over(*reversed(_waves(u, -1))),
    "sec": lambda u: power(_waves(u, -1)[1], -1),
    "csc": lambda u: power(_waves(u, -1)[0], -1),
    "sinh": lambda u: _waves(u, 1)[0],
    "cosh": lambda u: _waves(u, 1)[1],
    "tanh": lambda u: over(*_waves(u, 1)),
    "coth": lambda u: over(*reversed(_waves(u, 1))),
    "sech": lambda u: power(_waves(u, 1)[1], -1),
    "csch": lambda u: power(_waves(u, 1)[0], -1),
}
"""Functions that are made of others or have recurrences of their own."""

OF_RECIPROCAL = {"asec": "acos", "acsc": "asin", "acoth": "atanh", "asech": "acosh", "acsch": "asinh"}


def applied(name: str, arguments: Sequence[Series]) -> Series:
    """The series of a function of series, by SymPy's name.

    Raises:
        NoValue: it is not real and finite there.
        Undecided: there is no rule, or the point lies on a branch.
    """
    first, places = arguments[0], [a[0] for a in arguments]
    if name in OF_RECIPROCAL:
        return applied(OF_RECIPROCAL[name], [power(first, -1)])
    if name in MADE and len(arguments) == 1:
        return MADE[name](first)
    if name in ("Abs", "sign", "Heaviside"):
        if first[0] == 0:
            if name == "Abs" and not any(first):  # 0 has a value, and no derivative unless it stays 0
                return first
            raise Undecided("a point on a branch")
        if name == "Abs":
            return [mpmath.sign(first[0]) * c for c in first]
        step = mpmath.sign(first[0]) if name == "sign" else mpf(int(first[0] > 0))
        return [step, *([mpf(0)] * (len(first) - 1))]
    if name == "atan2":
        return _angle(*arguments)
    if name not in rules.RULES and name not in rules.FUNCTIONS:
        raise Undecided(f"{name} has no rule")
    value = rules.applied(name, places, mpmath.mp)
    if name in SLOPES:
        return chained(value, SLOPES[name], first)
    return _expanded(name, arguments, value)


def _angle(y: Series, x: Series) -> Series:
    """atan2(y, x), whose derivative is (x y' - y x')/(x^2 + y^2)."""
    value = mpmath.atan2(y[0], x[0])
    if len(x) == 1:
        return [value]
    turned = [a - b for a, b in zip(times(x[:-1], slope(y)), times(y[:-1], slope(x)), strict=True)]
    square = [a + b for a, b in zip(times(x, x), times(y, y), strict=True)]
    return risen(value, over(turned, square[:-1]))


def _expanded(name: str, arguments: Sequence[Series], value: Any) -> Series:
    """A special function of one argument that moves, from its derivatives as mpmath computes them."""
    moving = [k for k, a in enumerate(arguments) if any(a[1:])]
    row = [value, *([mpf(0)] * (len(arguments[0]) - 1))]
    if not moving:
        return row
    if len(moving) > 1:
        raise Undecided(f"{name} of several arguments that move")
    (k,), places = moving, [a[0] for a in arguments]
    if any(abs(p) > 1000 for p in places):
        raise Undecided("too large")

    def alone(w: Any) -> Any:
        return rules.applied(name, [*places[:k], w, *places[k + 1 :]], mpmath.mp)

    away = [mpf(0), *arguments[k][1:]]
    factors, raised = mpmath.taylor(alone, places[k], len(row) - 1), away
    for factor in factors[1:]:
        row = [a + factor * b for a, b in zip(row, raised, strict=True)]
        raised = times(raised, away)
    return row
