"""Hypergeometric functions of one variable with their derivatives, as functions that SymPy differentiates.

Each comes with its derivative as a second function, the one in terms of the other by the equation that they solve, so that
the coefficient field of both is closed:

    M, U      z f'' = (z - b) f' + a f            Kummer's
    F         z (1 - z) f'' = ((a + b + 1) z - c) f' + a b f       Gauss's

Source: DLMF 13.2.1 and 15.10.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import mpmath
from sympy import Expr, Function, S, exp
from sympy.core.function import ArgumentIndexError


class OfLast(Function):
    """A function that has a derivative by its last argument alone; each class brings it, and the value at numbers."""

    _slope: ClassVar[Callable[..., Expr]]
    _number: ClassVar[Callable[..., Any]]

    def fdiff(self, argindex: int = 1) -> Expr:
        if argindex != len(self.args):
            raise ArgumentIndexError(self, argindex)
        return self._slope(*self.args)

    def _eval_evalf(self, prec: int) -> Any:
        if not all(a.is_number for a in self.args):
            return None
        with mpmath.workprec(prec + 5):
            try:
                value = self._number(*(a._to_mpmath(prec + 5) for a in self.args))  # type: ignore[attr-defined]
            except (ValueError, ZeroDivisionError, mpmath.libmp.NoConvergence):
                return None
        return Expr._from_mpmath(value, prec)  # type: ignore[attr-defined]


class kummermprime(OfLast):
    """∂M/∂z of M(a, b, z)."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        a, b, z = arguments
        return S.Zero if a == 0 else exp(z) if a == b else None

    def _slope(self, a: Any, b: Any, z: Any) -> Expr:
        return ((z - b) * kummermprime(a, b, z) + a * kummerm(a, b, z)) / z

    def _number(self, *arguments: Any) -> Any:
        a, b, z = arguments
        return a / b * mpmath.hyp1f1(a + 1, b + 1, z)


class kummerm(OfLast):
    """M(a, b, z), regular at z = 0."""

    nargs = 3

    @classmethod
    def eval(cls, *arguments: Any) -> Expr | None:
        a, b, z = arguments
        return S.One if a == 0 else exp(z) if a == b else None

    def _slope(self, a: Any, b: Any, z: Any) -> Expr:
        return kummermprime(a, b, z)

    def _number(self, *arguments: Any) -> Any:
        return mpmath.hyp1f1(*arguments)


class kummeruprime(OfLast):
    """∂U/∂z of U(a, b, z)."""

    nargs = 3

    def _slope(self, a: Any, b: Any, z: Any) -> Expr:
        return ((z - b) * kummeruprime(a, b, z) + a * kummeru(a, b, z)) / z

    def _number(self, *arguments: Any) -> Any:
        a, b, z = arguments
        return -a * mpmath.hyperu(a + 1, b + 1, z)


class kummeru(OfLast):
    """U(a, b, z), a power of z for large z."""

    nargs = 3

    def _slope(self, a: Any, b: Any, z: Any) -> Expr:
        return kummeruprime(a, b, z)

    def _number(self, *arguments: Any) -> Any:
        return mpmath.hyperu(*arguments)


class hypergeometricprime(OfLast):
    """∂F/∂z of F(a, b; c; z)."""

    nargs = 4

    def _slope(self, a: Any, b: Any, c: Any, z: Any) -> Expr:
        slope = ((a + b + 1) * z - c) * hypergeometricprime(a, b, c, z)
        return (slope + a * b * hypergeometric(a, b, c, z)) / (z * (1 - z))

    def _number(self, *arguments: Any) -> Any:
        a, b, c, z = arguments
        return a * b / c * mpmath.hyp2f1(a + 1, b + 1, c + 1, z)


class hypergeometric(OfLast):
    """F(a, b; c; z) of Gauss, real for z < 1."""

    nargs = 4

    def _slope(self, a: Any, b: Any, c: Any, z: Any) -> Expr:
        return hypergeometricprime(a, b, c, z)

    def _number(self, *arguments: Any) -> Any:
        return mpmath.hyp2f1(*arguments)


HYPERGEOMETRIC = (kummerm, kummeru, hypergeometric)
"""Those that are written and read."""
