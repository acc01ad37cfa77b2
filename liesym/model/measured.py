"""Measured numbers: decimals of several digits as parameters, whose values are put back at the end.

    A' = -0.123 A, B' = 0.123 A - 0.0456 B     is     A' = -p A, B' = p A - q B     at p = 123/1000, q = 456/10000

Exact fractions of such numbers come into exponents, where they make polynomials of a thousand degrees; what holds for all
values of the parameters holds for these. What holds for these values alone is not found in this way.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Dummy, Expr, Rational

from liesym.base.names import free_name
from liesym.base.parameters import Parameter
from liesym.model.system import ODESystem
from liesym.text.spelling import SMALL


def with_parameters_for_decimals(system: ODESystem) -> tuple[ODESystem, dict[Expr, Rational]]:
    """The system with a positive parameter for the size of each decimal, and their values.

    Decimals in a simple ratio share a parameter, since such systems have more integrals: 0.137 and 0.274 are p and 2 p.
    """
    taken = {s.name for s in (*system.variables, *system.parameter_symbols)}
    names: dict[Rational, Dummy] = {}

    def named(number: Expr) -> Expr:
        for known, symbol in names.items():
            ratio = Rational(number / known)
            if abs(ratio.p) <= SMALL and ratio.q <= SMALL:
                return ratio * symbol
        name = free_name(f"number{len(names) + 1}", taken)
        taken.add(name)
        names[abs(number)] = Dummy(name, positive=True)  # type: ignore[index]
        return named(number)

    rhs = tuple(f.replace(_is_measured, named) for f in system.rhs)
    parameters = tuple(Parameter(symbol, ("positive",)) for symbol in names.values())
    general = replace(system, rhs=rhs, parameters=(*system.parameters, *parameters))
    return general, {symbol: number for number, symbol in names.items()}


def _is_measured(number: Expr) -> bool:
    """A fraction whose denominator divides a power of ten."""
    if not isinstance(number, Rational) or number.q <= SMALL:
        return False
    left = int(number.q)
    for prime in (2, 5):
        while left % prime == 0:
            left //= prime
    return left == 1
