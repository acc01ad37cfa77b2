"""Real values of expressions at a point, by an evaluator of its own: real functions, in floating point or with many digits.

In: an expression without arbitrary functions, and a number for each symbol. Out: its value, or `NoValue` where it is not
real and finite: a root of a negative number, like the logarithm of one, has none. Nothing here shares code with the exact
zero test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
from sympy import Add, Basic, Expr, Mul, Pow, Symbol

from liesym.base.budget import surrounding
from liesym.coefficients.waves import coulomb_other, coulomb_other_slope, coulomb_slope, coulomb_value, mathieu_value

DIGITS = 30
LOOKING = "look at real points"
"""The work, as the end of the budget around it names it."""
NEAR = 1e-10
"""Values of floating point that count as zero."""

Point = Mapping[Symbol, float]


class NoValue(ArithmeticError):
    """The expression has no real value at the point."""


def value_at(expression: Expr, values: Point, context: Any = mpmath.mp) -> Any:
    """The real value of an expression in a context of mpmath: `mp` at its precision, or `fp` for floating point.

    Arguments:
        expression: without arbitrary functions and integrals.
        values: of every symbol in it.

    Raises:
        NoValue: the expression is not real and finite there, or holds a function without a rule.
        TimeIsUp: the budget around it is over.
    """
    return evaluator(values, context)(expression)


def evaluator(values: Point, context: Any) -> Callable[[Basic], Any]:
    """The values of expressions at one point; what they share is evaluated once."""
    memo: dict[Basic, Any] = {}

    def value(e: Basic) -> Any:
        found = memo.get(e)
        if found is None:
            found = memo[e] = _value(e, value, values, context)
        return found

    def at_point(expression: Basic) -> Any:
        surrounding().check(LOOKING)
        try:
            return value(expression)
        except (ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.NoConvergence) as error:
            raise NoValue(str(error)) from None

    return at_point


def _value(e: Basic, value: Callable[[Basic], Any], values: Point, context: Any) -> Any:
    if isinstance(e, Symbol):
        if e not in values:
            raise NoValue(f"{e} has no value")
        return context.mpf(values[e])
    if e.is_Rational:
        return context.mpf(int(e.p)) / int(e.q)  # type: ignore[attr-defined]
    if isinstance(e, Add):
        return context.fsum([value(a) for a in e.args])
    if isinstance(e, Mul):
        return context.fprod([value(a) for a in e.args])
    if isinstance(e, Pow):
        return _power(e, value, context)
    if not e.args:
        return _real(context.mpf(str(e.evalf(max(DIGITS, context.dps) + 5))), context)  # type: ignore[attr-defined]
    return applied(e.func.__name__, [value(a) for a in e.args], context)


def applied(name: str, arguments: Sequence[Any], context: Any) -> Any:
    """The real value of a function, by SymPy's name, of real numbers.

    Raises:
        NoValue: it has none, or there is no rule for the function.
        TimeIsUp: the budget around it is over.
    """
    surrounding().check(LOOKING)  # a value may take long, as an integral does
    if name == "log" and arguments[0] <= 0:
        raise NoValue("a logarithm")
    if name in RULES:
        return _real(RULES[name](context, *arguments), context)
    if name not in FUNCTIONS:
        raise NoValue(f"{name} has no rule")
    function = None if name in DIGITS_ONLY and context is mpmath.fp else getattr(context, FUNCTIONS[name], None)
    if function is None:  # floating point has fewer of them
        return _real(context.mpf(_real(getattr(mpmath.mp, FUNCTIONS[name])(*arguments), context)), context)
    return _real(function(*arguments), context)


def _power(e: Pow, value: Callable[[Basic], Any], context: Any) -> Any:
    base, exponent = value(e.base), e.exp
    if exponent.is_Integer:
        if base == 0 and exponent.is_negative:
            raise NoValue("division by zero")
        return base ** int(exponent)  # type: ignore[arg-type]
    if base < 0 or (base == 0 and not exponent.is_positive):
        raise NoValue("a power of a negative number")
    return _real(context.power(base, value(exponent)), context)


def _real(found: Any, context: Any) -> Any:
    if isinstance(found, complex | mpmath.mpc):
        if abs(found.imag) > NEAR * (1 + abs(found.real)):
            raise NoValue("not real")
        found = found.real
    if not mpmath.isfinite(found):
        raise NoValue("not finite")
    return found


SAME_NAME = (
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh", "coth", "sech",
    "csch", "asinh", "acosh", "atanh", "acoth", "asec", "acsc", "asech", "acsch", "sign", "atan2", "erf", "erfc", "erfi",
    "gamma", "loggamma", "li", "expint", "besselj", "bessely", "besseli", "besselk", "airyai", "airybi", "polylog",
    "legendre", "hermite", "zeta", "fresnels", "fresnelc", "digamma",
)  # fmt: skip
FUNCTIONS: dict[str, str] = {
    **dict(zip(SAME_NAME, SAME_NAME, strict=True)),
    "Ei": "ei", "Si": "si", "Ci": "ci", "Shi": "shi", "Chi": "chi", "elliptic_k": "ellipk", "elliptic_e": "ellipe",
    "elliptic_f": "ellipf", "uppergamma": "gammainc",
}  # fmt: skip
"""Names of mpmath by SymPy's names."""

DIGITS_ONLY = frozenset({"acoth", "asech", "acsch", "elliptic_e", "elliptic_f", "bessely", "besselk"})
"""Functions that mpmath offers in floating point and computes there from functions that it lacks, or by differences that
lose every digit: Y_n and K_n of integer order."""

RULES: dict[str, Callable[..., Any]] = {
    "Abs": lambda c, u: abs(u),
    "acot": lambda c, u: c.atan(1 / u),
    "lowergamma": lambda c, s, x: c.gammainc(s, 0, x),
    "airyaiprime": lambda c, u: c.airyai(u, derivative=1),
    "airybiprime": lambda c, u: c.airybi(u, derivative=1),
    "polygamma": lambda c, n, u: c.psi(int(n), u),
    "kummerm": lambda c, a, b, z: c.hyp1f1(a, b, z),
    "kummermprime": lambda c, a, b, z: a / b * c.hyp1f1(a + 1, b + 1, z),
    "kummeru": lambda c, a, b, z: mpmath.hyperu(a, b, z),  # by differences too, for an integer b
    "kummeruprime": lambda c, a, b, z: -a * mpmath.hyperu(a + 1, b + 1, z),
    "hypergeometric": lambda c, a, b, d, z: c.hyp2f1(a, b, d, z),
    "hypergeometricprime": lambda c, a, b, d, z: a * b / d * c.hyp2f1(a + 1, b + 1, d + 1, z),
    "coulombf": lambda c, l, eta, z: coulomb_value(l, eta, z),
    "coulombfprime": lambda c, l, eta, z: coulomb_slope(l, eta, z),
    "coulombg": lambda c, l, eta, z: coulomb_other(l, eta, z),
    "coulombgprime": lambda c, l, eta, z: coulomb_other_slope(l, eta, z),
    "mathieuone": lambda c, a, q, z: mathieu_value(a, q, z, 0, 0),
    "mathieuoneprime": lambda c, a, q, z: mathieu_value(a, q, z, 1, 0),
    "mathieutwo": lambda c, a, q, z: mathieu_value(a, q, z, 0, 1),
    "mathieutwoprime": lambda c, a, q, z: mathieu_value(a, q, z, 1, 1),
    "LambertW": lambda c, u, k=0: c.lambertw(u, int(k)),
}
"""Functions with a convention of their own; acot is atan(1/u) as in the grammar."""
