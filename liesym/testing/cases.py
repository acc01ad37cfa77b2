"""Expressions that every backend must compute.

One of each function, constant and shape that a program can hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Rational, Symbol

X, Y, T, A = (Symbol(name, real=True) for name in ("x", "y", "t", "a"))
#: The state symbols, time and the one parameter of the cases.
STATE: tuple[Symbol, ...] = (X, Y)

PARAMETER = 1.75
"""The value of the parameter a in the cases."""


@dataclass(frozen=True, slots=True)
class Example:
    """An expression in x, y, t and a, to be evaluated for x and y in [low, high].

    Arguments:
        smooth: False where the derivative jumps or is not defined; then it is not compared.
        calls: user functions that occur.
        accuracy: what the derivative must reach.
    """

    name: str
    expression: Expr
    low: float = 0.2
    high: float = 0.9
    smooth: bool = True
    calls: tuple[str, ...] = ()
    accuracy: float = 1e-10


def _case(expression: Expr, low: float = 0.2, high: float = 0.9, **options: object) -> Example:
    return Example(str(expression), expression, low, high, **options)  # type: ignore[arg-type]


F = sp.Function("F")

#: Arithmetic, constants and powers.
ARITHMETIC: tuple[Example, ...] = (
    _case(X + Y - 3), _case(2 * X * Y - X / Y), _case(X / 3 + Rational(2, 7)), _case(sp.sqrt(2) * X),
    _case(sp.pi * X + sp.E * Y), _case(10**30 * X), _case(X**2), _case(X**7), _case(X**-3),
    _case(1 / (X * Y)), _case(sp.sqrt(X)), _case(X ** Rational(3, 2)), _case(X ** Rational(-1, 2)),
    _case((X**2 + Y**2) ** Rational(-3, 2)), _case(sp.sqrt(X**2 + Y**2)),
    _case(sp.sqrt(X**2 + Y**2) + (X**2 + Y**2) ** Rational(-5, 2)), _case(X ** Rational(1, 3)),
    _case(X ** Rational(3, 4)), _case(X ** Rational(-2, 5)), _case(X**A), _case(2**X), _case(X**Y),
    _case((1 + X) ** 80), _case(sp.Integer(3)), _case(sp.sqrt(2) * sp.pi), _case(sp.S.Zero), _case(T),
    _case(A), _case(A * sp.sin(T)), _case(sp.EulerGamma * X + sp.GoldenRatio + sp.Catalan),
    _case(A * X**3 + A * X**2 + A * X + 1), _case(X**2 + Y - T * A, -2.0, 2.0), _case(-X - Y, -2.0, 2.0),
    _case((X - Y) ** 3, -2.0, 2.0),
)  # fmt: skip

#: Elementary functions.
ELEMENTARY: tuple[Example, ...] = (
    _case(sp.exp(X)), _case(sp.exp(-(X**2))), _case(sp.exp(X) - 1, -1e-3, 1e-3),
    _case(3 * sp.exp(X) + Y - 3), _case(sp.log(X)), _case(sp.log(X, 2)), _case(sp.log(1 + X), -1e-3, 1e-3),
    _case(sp.log(X) ** 2 / X), _case(sp.sin(X)), _case(sp.cos(X) * sp.sin(X) + sp.tan(X)), _case(sp.tan(X)),
    _case(sp.sec(X)), _case(sp.csc(X)), _case(sp.cot(X)), _case(sp.asin(X)), _case(sp.acos(X)),
    _case(sp.atan(X)), _case(sp.acot(X)), _case(sp.asec(1 + X)), _case(sp.acsc(1 + X)),
    _case(sp.atan2(Y, X)), _case(sp.atan2(Y, 1)), _case(sp.atan2(1, X)), _case(sp.sinh(X)),
    _case(sp.cosh(X)), _case(sp.tanh(X)), _case(sp.sech(X)), _case(sp.csch(X)), _case(sp.coth(X)),
    _case(sp.asinh(X)), _case(sp.acosh(1 + X)), _case(sp.atanh(X)), _case(sp.acoth(1 + X)),
    _case(sp.asech(X)), _case(sp.acsch(X)), _case(sp.atanh(sp.sin(X)), 1.0, 1.5),
    _case(sp.atanh(sp.cos(X)), 0.05, 1.0),
)  # fmt: skip

#: Choices, and functions with jumps or kinks.
CHOICES: tuple[Example, ...] = (
    _case(sp.Abs(X - Y), -1.0, 1.0, smooth=False), _case(sp.sign(X), -1.0, 1.0, smooth=False),
    _case(sp.Max(X, Rational(1, 2)), smooth=False), _case(sp.Min(X, Y, Rational(1, 2)), smooth=False),
    _case(sp.Heaviside(X), -1.0, 1.0, smooth=False), _case(sp.Heaviside(X - Y, 0), -1.0, 1.0, smooth=False),
    _case(sp.floor(3 * X), -1.0, 1.0, smooth=False), _case(sp.ceiling(3 * X), -1.0, 1.0, smooth=False),
    _case(sp.frac(3 * X), -1.0, 1.0, smooth=False),
    _case(sp.Mod(X, Rational(1, 3)), -1.0, 1.0, smooth=False), _case(sp.Mod(X, Y), smooth=False),
    _case(sp.sinc(X), -2.0, 2.0), _case(sp.Piecewise((sp.sqrt(Y), Y > 0), (0, True)), -1.0, 1.0),
    _case(sp.Piecewise((sp.log(X), X > 1), (X - 1, True)), -1.0, 3.0),
    _case(sp.Piecewise((1 / X, (X > 0) & (Y > 0)), (Y**2, X + Rational(1, 2) < 0), (3, True)), -1.0, 1.0),
    _case(sp.Piecewise((X, sp.Or(X > Y, sp.Not(Y < 0))), (X**2, True)), -1.0, 1.0),
)  # fmt: skip

#: Special functions, and functions that the user supplies.
SPECIAL: tuple[Example, ...] = (
    _case(sp.erf(X)), _case(sp.erfc(X)), _case(sp.erfi(X)), _case(sp.gamma(1 + X)),
    _case(sp.gamma(X), -2.8, -2.2), _case(sp.loggamma(1 + X)), _case(sp.digamma(X), 1.0, 1.1, accuracy=1e-8),
    _case(sp.polygamma(2, X)), _case(sp.factorial(X)), _case(sp.besselj(0, X), -12.0, 12.0),
    _case(sp.besselj(1, X), -12.0, 12.0), _case(sp.besselj(Rational(1, 3), X), 0.2, 12.0),
    _case(sp.bessely(0, X), 0.2, 12.0), _case(sp.bessely(2, X), 0.5, 12.0),
    _case(sp.besseli(1, X), -7.0, 7.0), _case(sp.besselk(0, X), 0.2, 5.0), _case(sp.airyai(X), -8.0, 4.0),
    _case(sp.airybi(X), -8.0, 3.0), _case(sp.airyaiprime(X), -8.0, 4.0),
    _case(sp.airybiprime(X), -8.0, 3.0), _case(sp.fresnels(X), -3.0, 3.0), _case(sp.fresnelc(X), -3.0, 3.0),
    _case(sp.Si(X), -6.0, 6.0), _case(sp.Ci(X), 0.2, 6.0), _case(sp.Ei(X), 0.5, 3.0),
    _case(sp.li(X), 1.7, 4.0), _case(sp.LambertW(X), -0.3, 3.0), _case(F(X) * Y, calls=("F",)),
)  # fmt: skip

CASES: tuple[Example, ...] = ARITHMETIC + ELEMENTARY + CHOICES + SPECIAL

#: Expressions that have no numerical counterpart, and the word by which each must be refused.
REFUSED: tuple[tuple[Expr, str], ...] = (
    (sp.I * X, "I"), (sp.DiracDelta(X), "DiracDelta"), (sp.zeta(X), "zeta"), (sp.Function("G")(X), "G"),
    (sp.besselj(A, X), "besselj"), (sp.Integral(sp.exp(X**2), X), "Integral"), (sp.polygamma(A, X), "polygamma"),
    (sp.Derivative(F(X), (X, sp.Symbol("n", integer=True, positive=True))), "Derivative"),
    (sp.Integer(10) ** 400 * X, "401 digits"),
    (sp.LambertW(X, -1), "LambertW"),
)  # fmt: skip
