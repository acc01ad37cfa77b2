"""Real values of expressions at many points at once, in floating point: where an expression is real, and its sign there.

In: expressions and an array of points. Out: an array of values for each, NaN where `NoValue` would be raised at the point.
What expressions share is evaluated once; functions that NumPy lacks are evaluated point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Add, Basic, Mul, Pow, Symbol

from liesym.testing.values import DIGITS, NoValue, applied

Array = NDArray[np.float64]

FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign")},
    "Abs": np.abs, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "atan2": np.arctan2, "cot": lambda u: 1 / np.tan(u), "sec": lambda u: 1 / np.cos(u),
    "csc": lambda u: 1 / np.sin(u), "coth": lambda u: 1 / np.tanh(u), "sech": lambda u: 1 / np.cosh(u),
    "csch": lambda u: 1 / np.sinh(u), "acot": lambda u: np.arctan(1 / u),
}  # fmt: skip
"""Functions of arrays by SymPy's names; outside its real domain each is NaN or infinite."""


class Sampled:
    """Values at the same points, for one expression after the other.

    Arguments:
        points: (K, S) values of S symbols at K points.
        symbols: their names, in the order of the columns.
    """

    def __init__(self, points: Array, symbols: Sequence[Symbol]) -> None:
        self.size = len(points)
        self.memo: dict[Basic, Array] = {s: points[:, k] for k, s in enumerate(symbols)}

    def __call__(self, expression: Basic) -> Array:
        """(K,), NaN where the expression has no real value."""
        with np.errstate(all="ignore"):
            return self._value(expression)

    def real(self, expressions: Sequence[Basic]) -> NDArray[np.bool_]:
        """(K,), True where all of them have a value."""
        there = np.ones(self.size, dtype=bool)
        for e in expressions:
            there &= ~np.isnan(self(e))
        return there

    def _value(self, e: Basic) -> Array:
        found = self.memo.get(e)
        if found is None:
            found = self._evaluated(e)
            self.memo[e] = found = np.where(np.isfinite(found), found, np.nan)
        return found

    def _evaluated(self, e: Basic) -> Array:
        if not e.args:
            return np.full(self.size, _constant(e))
        if isinstance(e, Pow):
            return self._power(e)
        values = [self._value(a) for a in e.args]
        if isinstance(e, Add):
            return np.sum(values, axis=0)
        if isinstance(e, Mul):
            return np.prod(values, axis=0)
        function = FUNCTIONS.get(e.func.__name__)
        return function(*values) if function else _point_by_point(e.func.__name__, values)

    def _power(self, e: Pow) -> Array:
        base, exponent = self._value(e.base), e.exp  # type: ignore[arg-type]
        if exponent.is_Integer:
            return base ** _constant(exponent)
        real = (base > 0) | ((base == 0) & bool(exponent.is_positive))
        return np.where(real, base, np.nan) ** self._value(exponent)  # type: ignore[arg-type]


def _constant(e: Basic) -> float:
    """A number; NaN for a symbol without a value and for what is not a finite real number."""
    try:
        return float(e.evalf(DIGITS))  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _point_by_point(name: str, values: Sequence[Array]) -> Array:
    found = np.full(len(values[0]), np.nan)
    for k, arguments in enumerate(zip(*values, strict=True)):
        if not any(map(np.isnan, arguments)):
            try:
                found[k] = applied(name, [mpmath.fp.mpf(a) for a in arguments], mpmath.fp)
            except (NoValue, ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.NoConvergence):
                continue
    return found
