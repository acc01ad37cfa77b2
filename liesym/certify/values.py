"""Values of expressions at a point: numbers to 60 digits, straight from SymPy, nothing taken from the coefficient field.

An arbitrary function is replaced by a random sum of cosines, which has all its derivatives. An indefinite integral starts
at a fixed place near the point, the same for all integrals over one variable.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import mpmath
from flint import acb, arb
from sympy import Derivative, Dummy, Expr, Integral, S, Subs, Symbol, lambdify
from sympy.core.function import AppliedUndef, FunctionClass

from liesym.base.typed import argument, arguments_of
from liesym.coefficients.definitions import function_and_orders

DIGITS = 60
TRUSTED = 40  # digits that are left after the rounding errors of an evaluation
STEP = 0.0625  # the way from the start of an integral to the point
TERMS = 24  # of a function that stands for an arbitrary one: more than there are derivatives in a truncated series
MISSING = {
    "airyaiprime": lambda u: mpmath.airyai(u, derivative=1),
    "airybiprime": lambda u: mpmath.airybi(u, derivative=1),
}


class NoValue(Exception):
    """The expression has no finite value there, or no rule to compute it."""


class RandomFunctions:
    """f(u) = Σ a_k cos(λ_k·u + φ_k) for each name, and its derivatives."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._terms: dict[tuple[str, int], list[tuple[float, tuple[float, ...], float]]] = {}

    def value(self, name: str, arguments: Sequence[Any], orders: Sequence[int]) -> Any:
        """∂^orders f at the arguments."""
        key = name, len(arguments)
        if key not in self._terms:
            draw = random.Random(f"{self.seed} {name}")
            self._terms[key] = [
                (draw.uniform(-1, 1), tuple(draw.uniform(-2, 2) for _ in arguments), draw.uniform(0, 6))
                for _ in range(TERMS)
            ]
        total, turn = mpmath.mpf(0), sum(orders) * mpmath.pi / 2
        for a, slopes, phase in self._terms[key]:
            angle = mpmath.fsum([s * u for s, u in zip(slopes, arguments, strict=True)]) + phase + turn
            factor = mpmath.fprod([mpmath.mpf(s) ** k for s, k in zip(slopes, orders, strict=True)])
            total += a * factor * mpmath.cos(angle)
        return total


class Evaluator:
    """Values of expressions where the symbols have the given values.

    Arguments:
        point: symbol -> number.
        functions: what stands for the arbitrary functions.
        start: where indefinite integrals start; the point moved a little where it is not given.
    """

    def __init__(
        self, point: Mapping[Symbol, Any], functions: RandomFunctions, start: Mapping[Symbol, Any] | None = None
    ) -> None:
        self.point, self.functions = dict(point), functions
        self.start = dict(start) if start else {s: v + mpmath.mpf(STEP) for s, v in point.items()}
        self._known: dict[Expr, Any] = {}

    def moved(self, symbol: Symbol, step: Any) -> Evaluator:
        """The same at a point moved along one coordinate."""
        return Evaluator({**self.point, symbol: self.point[symbol] + step}, self.functions, self.start)

    def __call__(self, expression: Expr) -> Any:
        """The value, an mpmath number.

        Raises:
            NoValue: singular there, or no rule.
        """
        with mpmath.workdps(DIGITS):
            try:
                value = self._value(expression)
            except (ZeroDivisionError, ValueError, TypeError, NameError, ArithmeticError, NotImplementedError) as error:
                raise NoValue(f"{expression}: {error}") from error
        if not mpmath.isfinite(value):
            raise NoValue(f"{expression} is not finite")
        return value

    def _value(self, e: Expr) -> Any:
        if e not in self._known:
            self._known[e] = self._fresh(e)
        return self._known[e]

    def _fresh(self, e: Expr) -> Any:
        if isinstance(e, Symbol):
            if e not in self.point:
                raise NoValue(f"{e} has no value")
            return self.point[e]
        if e.is_Add:
            return mpmath.fsum([self._value(a) for a in arguments_of(e)])
        if e.is_Mul:
            return mpmath.fprod([self._value(a) for a in arguments_of(e)])
        if e.is_Pow:
            return mpmath.power(self._value(argument(e)), self._value(argument(e, 1)))
        if e is S.ImaginaryUnit:
            return mpmath.mpc(0, 1)
        if e.is_Atom:
            return e._to_mpmath(mpmath.mp.prec)  # type: ignore[attr-defined]
        if isinstance(e, AppliedUndef | Derivative | Subs):
            name, arguments, orders = function_and_orders(e)
            return self.functions.value(name.__name__, [self._value(a) for a in arguments], orders)
        if isinstance(e, Integral):
            return self._of_integral(e)
        return numerical(e.func, len(e.args))(*(self._value(a) for a in arguments_of(e)))

    def _of_integral(self, e: Integral) -> Any:
        variable, *ends = e.limits[0]
        if len(e.limits) != 1:
            raise NoValue(f"{e}: an integral over several variables")

        def inside(v: Any) -> Any:
            return Evaluator({**self.point, variable: v}, self.functions, self.start)._value(e.function)

        between = [self._value(a) for a in ends] if ends else [self.start[variable], self.point[variable]]
        return mpmath.quad(inside, between)


@cache
def numerical(function: FunctionClass, arity: int) -> Callable[..., Any]:
    """The function of mpmath that belongs to a function of SymPy."""
    arguments = [Dummy() for _ in range(arity)]
    return lambdify(arguments, function(*arguments), modules=[MISSING, "mpmath"])


def ball(value: Any) -> arb | acb:
    """A number of mpmath as a ball that holds what was rounded off."""
    error = mpmath.mpf(10) ** -TRUSTED * (1 + abs(value))
    if isinstance(value, mpmath.mpc) and abs(value.imag) > error:
        return acb(arb(value.real, error), arb(value.imag, error))
    return arb(mpmath.re(value), error)


def holds_zero(value: arb | acb) -> bool:
    """True unless the number is certainly not zero."""
    return arb(abs(value)).contains(arb(0))
