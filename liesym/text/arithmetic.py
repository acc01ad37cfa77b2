"""Powers, products and calls of text, built in SymPy within limits: no literal can exhaust the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, I, Integer, Mul, Pow, Rational, S, exp, gamma, log

MAX_DIGITS = 1_000
MAX_EXPONENT = 1_000
_MAX_BITS = 20_000
_MAX_LOGARITHM = 10_000


class TooLarge(Exception):
    """A number beyond the limits; the reader turns it into a ParseError with its place."""


class NotReal(Exception):
    """A value that is infinite, undefined or not real; the reader makes it a ParseError with its place."""


def number(text: str) -> Expr:
    """An integer or a decimal, exactly: 0.1 is 1/10 and 1e-3 is 1/1000."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa)
    if digits > MAX_DIGITS or len(exponent) > 6 or abs(int(exponent or "0")) > MAX_DIGITS:
        raise TooLarge(f"numbers have at most {MAX_DIGITS} digits")
    if text.isdigit():
        return Integer(int(text))
    return Rational(text)


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent, refused where the result would be a number of absurd size."""
    if exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
        raise TooLarge(f"the exponent {_short(exponent)} is beyond the limit of {MAX_EXPONENT}")
    coefficient = base.as_coeff_Mul()[0]
    if exponent.is_Rational and coefficient.is_Rational and _bits(coefficient) * abs(exponent) > _MAX_BITS:
        raise TooLarge("the power is a number of more than thousands of digits")
    if base.is_number and exponent.is_number and not exponent.is_Rational:
        _check_magnitude(exponent * log(base) if base.is_nonzero else S.Zero)
    return checked(Pow(base, exponent))


def product(factors: Sequence[Expr]) -> Expr:
    """The product, formed in one step so that a coefficient is not spread over a sum too early."""
    bits = sum(_bits(f.as_coeff_Mul()[0]) for f in factors)
    if bits > _MAX_BITS:
        raise TooLarge("the product is a number of more than thousands of digits")
    return checked(Mul(*factors))


def total(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms."""
    return checked(Add(*terms))


def call(function: object, arguments: Sequence[Expr]) -> Expr:
    """A known function of its arguments; exponentials of large numbers and large factorials are refused."""
    (first, *_) = arguments
    if first.is_number:
        _check_magnitude(first)
    if function is exp:
        for term in Add.make_args(first):
            factor, rest = term.as_coeff_Mul()
            if rest.func is log and abs(factor) > MAX_EXPONENT:
                raise TooLarge(f"the exponent {_short(factor)} is beyond the limit of {MAX_EXPONENT}")
    if function is gamma and first.is_number and abs(first) > MAX_EXPONENT:
        raise TooLarge(f"gammafunction of numbers beyond {MAX_EXPONENT} is not evaluated")
    return checked(function(*arguments))  # type: ignore[operator]


def checked(value: Expr) -> Expr:
    """The value itself, unless it is a constant that is no real number."""
    if value in (S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
        raise NotReal("the value is infinite or undefined (a division by zero?)")
    if value.is_number and not value.is_Rational and value.has(I):
        raise NotReal("the value is not real")
    return value


def _check_magnitude(argument: Any) -> None:
    size = abs(argument.evalf(15))
    if size.is_Float is not True and size.is_Rational is not True:
        return
    if size > _MAX_LOGARITHM:
        raise TooLarge(
            f"numbers beyond {_MAX_LOGARITHM} are not taken as arguments of functions or exponents"
        )


def _bits(value: Expr) -> int:
    if not value.is_Rational:
        return 0
    return max(abs(int(value.p)).bit_length(), int(value.q).bit_length())  # type: ignore[attr-defined]


def _short(value: Expr) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:10]}…{text[-6:]}"
