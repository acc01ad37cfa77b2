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

SMALL = 12
"""Fractions with a smaller denominator, such as 0.5, are numbers like any other."""


def with_parameters_for_decimals(system: ODESystem) -> tuple[ODESystem, dict[Expr, Rational]]:
    """The system with a positive parameter for the size of each decimal, equal ones sharing it, and their values."""
    taken = {s.name for s in (*system.variables, *system.parameter_symbols)}
    names: dict[Rational, Dummy] = {}

    def named(number: Expr) -> Expr:
        size = abs(number)
        if size not in names:
            name = free_name(f"number{len(names) + 1}", taken)
            taken.add(name)
            names[size] = Dummy(name, positive=True)  # type: ignore[index]
        return names[size] if number.is_positive else -names[size]  # type: ignore[index]

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
