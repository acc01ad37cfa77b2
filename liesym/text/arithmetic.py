"""Powers, products and calls of text, built in SymPy within limits: no literal can exhaust the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Abs, Add, Expr, I, Integer, Mul, Pow, Rational, S, exp, log, sqrt
from sympy.functions.elementary.exponential import ExpBase
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

MAX_DIGITS = 1_000
MAX_EXPONENT = 250
_MAX_BITS = 10_000
_MAX_LOGARITHM = 10_000
_MAX_SPECIAL = 100


class NumberTooLarge(Exception):
    """A number beyond the limits; the reader turns it into a ParseError with its place."""


class NotReal(Exception):
    """A value that is infinite, undefined or not real; the reader makes it a ParseError with its place."""


def number(text: str) -> Expr:
    """An integer or a decimal, exactly: 0.1 is 1/10 and 1e-3 is 1/1000."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa)
    if digits > MAX_DIGITS or len(exponent) > 6 or abs(int(exponent or "0")) > MAX_DIGITS:
        raise NumberTooLarge(f"numbers have at most {MAX_DIGITS} digits")
    if text.isdigit():
        return Integer(int(text))
    return Rational(text)


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent, refused where the result would be a number of absurd size."""
    if exponent.is_Rational and abs(exponent) > MAX_EXPONENT * (1 if not base.is_Rational else 10):
        raise NumberTooLarge(f"the exponent {_short(exponent)} is beyond the limit of {MAX_EXPONENT}")
    coefficient = base.as_coeff_Mul()[0]
    if exponent.is_Rational and coefficient.is_Rational and _bits(coefficient) * abs(exponent) > _MAX_BITS:
        raise NumberTooLarge("the power is a number of more than thousands of digits")
    if base.is_number and exponent.is_number and not exponent.is_Rational:
        _check_magnitude(exponent * log(base) if base.is_nonzero else S.Zero)
    return checked(Pow(base, exponent))


def product(factors: Sequence[Expr]) -> Expr:
    """The product, formed in one step so that a coefficient is not spread over a sum too early."""
    bits = sum(_bits(f.as_coeff_Mul()[0]) for f in factors)
    if bits > 4 * _MAX_BITS:
        raise NumberTooLarge("the product is a number of more than thousands of digits")
    return checked(Mul(*factors))


def total(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms."""
    return checked(Add(*terms))


def call(function: object, arguments: Sequence[Expr]) -> Expr:
    """A known function of its arguments; exponentials and special functions of large numbers are refused."""
    elementary = isinstance(function, type) and issubclass(
        function, (ExpBase, log, TrigonometricFunction, InverseTrigonometricFunction, HyperbolicFunction, Abs)
    )
    for argument in arguments:
        if argument.is_number:
            _check_magnitude(argument, _MAX_LOGARITHM if elementary or function is sqrt else _MAX_SPECIAL)
    if function is exp:
        for term in Add.make_args(arguments[0]):
            factor, rest = term.as_coeff_Mul()
            if rest.func is log and abs(factor) > MAX_EXPONENT:
                raise NumberTooLarge(f"the exponent {_short(factor)} is beyond the limit of {MAX_EXPONENT}")
    try:
        value = checked(function(*arguments))  # type: ignore[operator]
    except ValueError as error:  # SymPy's way to say that an argument is outside the function's domain
        raise NotReal(f"the function has no real value here: {error}".splitlines()[0]) from None
    if value.is_number and value.is_extended_real is False:  # such as asin(2), which SymPy keeps as it is
        raise NotReal("the function has no real value here")
    return value


def checked(value: Expr) -> Expr:
    """The value itself, unless it is a constant that is no real number, or beyond the limits."""
    if value in (S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
        raise NotReal("the value is infinite or undefined (a division by zero?)")
    if value.is_number and not value.is_Rational and value.has(I):
        raise NotReal("the value is not real")
    for factor in Mul.make_args(value):
        if _bits(factor) > _MAX_BITS:
            raise NumberTooLarge("the value is a number of more than thousands of digits")
        exponent = factor.as_base_exp()[1]
        if exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
            raise NumberTooLarge(f"the exponent {_short(exponent)} is beyond the limit of {MAX_EXPONENT}")
    return value


def _check_magnitude(argument: Any, limit: int = _MAX_LOGARITHM) -> None:
    size = abs(argument.evalf(15))
    if (size.is_Float or size.is_Rational) and size > limit:
        raise NumberTooLarge(f"numbers beyond {limit} are not taken as arguments of functions or exponents")


def _bits(value: Expr) -> int:
    if not value.is_Rational:
        return 0
    return max(abs(int(value.p)).bit_length(), int(value.q).bit_length())  # type: ignore[attr-defined]


def _short(value: Expr) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:10]}…{text[-6:]}"
