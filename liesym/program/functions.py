"""Which SymPy functions and constants a program can hold, and how."""

from __future__ import annotations

from collections.abc import Callable
from math import log10
from typing import Any

from sympy import (
    Add,
    Basic,
    Expr,
    Float,
    Integer,
    Mul,
    Product,
    Rational,
    S,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    digamma,
    gamma,
    sin,
    sinh,
    tan,
    tanh,
    zoo,
)  # fmt: skip
from sympy.concrete.expr_with_intlimits import ExprWithIntLimits
from sympy.logic.boolalg import Boolean, to_nnf

from liesym.errors import Unsupported
from liesym.program.domains import NO_POLE
from liesym.program.scopes import Scopes
from liesym.program.special import COEFFICIENTS, NAMES

#: SymPy class name -> operation, for functions of one argument.
UNARY: dict[str, str] = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos",
    "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh", "acosh": "acosh",
    "atanh": "atanh", "Abs": "abs", "sign": "sign", "floor": "floor", "ceiling": "ceil", "erf": "erf",
    "erfc": "erfc", "loggamma": "lgamma", "digamma": "digamma",
}  # fmt: skip

ODD = frozenset({"sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "sign", "erf"})
EVEN = frozenset({"cos", "cosh", "abs"})

#: SymPy class name -> operation, applied from left to right over all arguments.
CHAIN: dict[str, str] = {"Max": "maximum", "Min": "minimum", "Mod": "mod", "atan2": "atan2"}

#: SymPy class name of a relation -> (operation, operands swapped, result negated).
RELATIONS: dict[str, tuple[str, bool, bool]] = {
    "StrictLessThan": ("lt", False, False), "LessThan": ("le", False, False),
    "StrictGreaterThan": ("lt", True, False), "GreaterThan": ("le", True, False),
    "Equality": ("eq", False, False), "Unequality": ("eq", False, True),
}  # fmt: skip


def real(expr: Basic) -> tuple[float, bool]:
    """The number in double precision, correctly rounded for rationals, and whether it is a real number at all."""
    if isinstance(expr, (Integer, Rational)):
        try:
            return int(expr.p) / int(expr.q), True
        except OverflowError:
            raise Unsupported(
                f"a number of {_digits(int(expr.p))} digits does not fit in double precision; rescale the expression"
            ) from None
    if expr in (S.Infinity, S.NegativeInfinity, S.NaN):
        return float(expr), True  # type: ignore[arg-type]
    value = expr if isinstance(expr, Float) else expr.evalf(30)  # type: ignore[attr-defined]
    if value is S.NaN:
        return float("nan"), True
    if not value.is_number or not getattr(value, "is_comparable", False):
        imaginary = value.as_real_imag()[1] if value.is_number and value is not zoo else S.NaN
        if not (isinstance(imaginary, (Float, Integer)) and imaginary == 0):
            return float("nan"), False
        value = value.as_real_imag()[0]
    return float(value), True


def _digits(constant_value: int) -> int:
    """The number of decimal digits, which Python does not print where they are many."""
    return int(log10(abs(constant_value))) + 1


def constant_value(expr: Basic) -> float:
    """The value of a constant expression.

    Raises:
        Unsupported: it is not a real number.
    """
    value, is_real = real(expr)
    if not is_real:
        raise Unsupported(f"the constant {expr} is not a real number; a program computes with real numbers only")
    return value


# -- functions put together from operations -------------------------------------------------------------

Composer = Callable[..., int]
"""(scopes, expression, scope, one node an operand) -> node."""


def _sinc(scopes: Scopes, expr: Basic, scope: int, u: int) -> int:
    """sin(u)/u, and 1 at 0 with derivative 0."""
    b = scopes.builder
    zero = b.node("eq", u, b.constant(0.0))
    safe = b.node("where", zero, b.constant(1.0), u)
    return b.where(zero, b.constant(1.0), b.div(b.node("sin", safe), safe))


def _heaviside(scopes: Scopes, expr: Any, scope: int, u: int, middle: int) -> int:
    b = scopes.builder
    zero = b.constant(0.0)
    upper = b.where(b.node("lt", zero, u), b.constant(1.0), middle)
    return b.where(b.node("lt", u, zero), zero, upper)


def _gamma(scopes: Scopes, expr: Any, scope: int, u: int) -> int:
    """Γ(u) = ± exp(log|Γ(u)|), negative where floor(u) is a negative odd number."""
    b = scopes.builder
    u = scopes.still(scopes.inside(u, NO_POLE, expr.args[0], scope), 1.0, scope)
    size = b.node("exp", b.node("lgamma", u))
    if b.is_positive(u):
        return size
    odd = b.node("eq", b.node("mod", b.node("floor", u), b.constant(2.0)), b.constant(1.0))
    negative = b.node("and", odd, b.node("lt", u, b.constant(0.0)))
    return b.where(negative, b.neg(size), size)


def _frac(scopes: Scopes, expr: Any, scope: int, u: int) -> int:
    return scopes.builder.sub(u, scopes.builder.node("floor", u))


def _same(scopes: Scopes, expr: Any, scope: int, u: int) -> int:
    return u


def _nothing(scopes: Scopes, expr: Any, scope: int, u: int) -> int:
    return scopes.builder.constant(0.0)


def _polygamma(scopes: Scopes, expr: Any, scope: int, u: int) -> int:
    order = expr.args[0]
    if not (order.is_Integer and order >= 0):
        raise Unsupported(f"polygamma of order {order}: only the orders 0, 1, 2, ... can be computed")
    u = scopes.inside(u, NO_POLE, expr.args[1], scope)
    return scopes.builder.node("digamma", u) if order == 0 else scopes.builder.node("polygamma", u, value=int(order))


def _series(scopes: Scopes, expr: Any, scope: int, s: int) -> int:
    """Σ c_k T_k(s) by Clenshaw's recurrence b_k = 2 s b_(k+1) - b_(k+2) + c_k."""
    b = scopes.builder
    coefficients = COEFFICIENTS[int(expr.args[1])]
    if len(coefficients) == 1:
        return b.constant(coefficients[0])
    s = scopes.still(s, 1.0, scope)
    twice = b.mul(b.constant(2.0), s)
    after, now = b.constant(0.0), b.constant(coefficients[-1])
    for c in reversed(coefficients[1:-1]):
        after, now = now, b.add(b.sub(b.mul(twice, now), after), b.constant(c))
    return b.add(b.sub(b.mul(s, now), after), b.constant(coefficients[0]))


def _halley(scopes: Scopes, expr: Any, scope: int, w: int, z: int) -> int:
    """w - 2 (w + 1) f/(2 e^w (w + 1)² - (w + 2) f) with f = w e^w - z."""
    b = scopes.builder
    power = b.node("exp", w)
    error = b.sub(b.mul(w, power), z)
    above = b.add(w, b.constant(1.0))
    slope = b.mul(b.mul(b.constant(2.0), power), b.mul(above, above))
    bottom = b.sub(slope, b.mul(b.add(w, b.constant(2.0)), error))
    safe = b.node("where", b.node("eq", bottom, b.constant(0.0)), b.constant(1.0), bottom)
    return b.sub(w, b.div(b.mul(b.mul(b.constant(2.0), above), error), safe))


#: SymPy class name -> the function that makes its nodes; operands as `operands` gives them.
COMPOSED: dict[str, Composer] = {
    "sinc": _sinc, "Heaviside": _heaviside, "gamma": _gamma, "frac": _frac, "polygamma": _polygamma,
    "Series": _series, "Halley": _halley, "re": _same, "conjugate": _same, "im": _nothing,
}  # fmt: skip


def operands(expr: Any) -> tuple[Basic, ...]:
    """The arguments that a composed function computes with."""
    name = type(expr).__name__
    if name == "polygamma":
        return (expr.args[1],)
    if name == "Series":
        return (expr.args[0],)
    return expr.args


# -- functions rewritten in others ----------------------------------------------------------------------

MOST_TERMS = 1000
"""Longest sum or product that is written out."""

_REWRITES: dict[str, Callable[..., Expr]] = {
    "sec": lambda u: 1 / cos(u), "csc": lambda u: 1 / sin(u), "cot": lambda u: 1 / tan(u),
    "sech": lambda u: 1 / cosh(u), "csch": lambda u: 1 / sinh(u), "coth": lambda u: 1 / tanh(u),
    "asec": lambda u: acos(1 / u), "acsc": lambda u: asin(1 / u), "acot": lambda u: atan(1 / u),
    "asech": lambda u: acosh(1 / u), "acsch": lambda u: asinh(1 / u), "acoth": lambda u: atanh(1 / u),
    "factorial": lambda u: gamma(u + 1),
    "beta": lambda u, v: gamma(u) * gamma(v) / gamma(u + v),
    "binomial": lambda n, k: gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1)),
    "harmonic": lambda u: S.EulerGamma + digamma(u + 1),
}  # fmt: skip


def in_supported_terms(expr: Basic) -> Basic:
    """The same function in terms of others that a program can hold.

    Raises:
        Unsupported: there is no such form; the message names the function.
    """
    name = type(expr).__name__
    rule = _REWRITES.get(name)
    if rule is not None:
        return rule(*expr.args)
    if isinstance(expr, ExprWithIntLimits):
        return _unrolled(expr)
    raise Unsupported(
        f"{name} has no numerical counterpart here: {expr} cannot be lowered. "
        f"Supported functions: {', '.join(sorted(supported()))}"
    )


def _unrolled(expr: ExprWithIntLimits) -> Expr:
    """A finite sum or product, term by term.

    Raises:
        Unsupported: a limit is not an integer, or there are more terms than `MOST_TERMS`.
    """
    terms: list[Expr] = [expr.function]
    for index, low, high in expr.limits:
        if not (low.is_Integer and high.is_Integer) or len(terms) * (high - low + 1) > MOST_TERMS:
            raise Unsupported(f"{expr} cannot be lowered: its limits must be integers with at most {MOST_TERMS} terms")
        terms = [t.xreplace({index: Integer(k)}) for t in terms for k in range(int(low), int(high) + 1)]
    return Mul(*terms) if isinstance(expr, Product) else Add(*terms)


def supported() -> frozenset[str]:
    """Names of the SymPy functions that can be lowered."""
    own = {"Series", "Halley", "re", "im", "conjugate"}
    return frozenset({*UNARY, *CHAIN, *COMPOSED, *_REWRITES, *NAMES, "Piecewise", "Sum", "Product"}) - own


def rewritten_logic(expr: Basic) -> Basic:
    """A truth function in terms of And, Or and Not."""
    if isinstance(expr, Boolean) and expr.args:
        plain = to_nnf(expr, simplify=False)
        if plain != expr:
            return plain
    raise Unsupported(f"the condition {expr} cannot be lowered; comparisons joined by And, Or and Not can")
