"""Equations with many decimals: coefficients exceed a machine word, integrals may hold powers beyond any memory."""

from __future__ import annotations

import pytest
from flint import Ordering, fmpz_mpoly_ctx
from sympy import S, Symbol, log

import liesym
from liesym.coefficients import Field
from liesym.coefficients.factors import factored
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported

BIG = 123456789012345678901234567


@pytest.mark.parametrize("big", [1, 7, BIG])
def test_factors_multiply_to_the_polynomial_whatever_the_size(big: int) -> None:
    x, y = fmpz_mpoly_ctx.get(["x", "y"], Ordering.lex).gens()
    parts = [(big * x + y, 1), (x - 2 * big * y + 1, 3)]
    constant, found = factored(-6 * parts[0][0] * parts[1][0] ** 3)
    assert abs(constant) == 6
    assert {(str(p if p.leading_coefficient() > 0 else -p), e) for p, e in found} == {(str(p), e) for p, e in parts}
    product = x * 0 + constant
    for p, e in found:
        product *= p**e
    assert product == -6 * parts[0][0] * parts[1][0] ** 3


def test_lotka_volterra_with_fifteen_decimals_keeps_its_integral() -> None:
    system = liesym.ODESystem.parse(
        "x' = 0.123456789012345*x - 0.987654321098765*x*y; y' = 0.314159265358979*x*y - 0.271828182845904*y"
    )
    (found,) = liesym.first_integrals(system)
    assert is_first_integral(found, system)
    x, y = system.unknowns
    assert found.has(log(x)) and found.has(log(y))
    assert not is_first_integral(found + x, system)


def test_a_linear_reaction_with_fifteen_decimals() -> None:
    system = liesym.ODESystem.parse(
        "x' = -0.631234567891234*x + 0.274123456789012*y; y' = 0.631234567891234*x - 0.274123456789012*y"
    )
    assert sum(system.unknowns) in liesym.first_integrals(system)


def test_powers_beyond_memory_are_refused_and_bare_ones_kept() -> None:
    x, y = Symbol("x", real=True), Symbol("y", real=True)
    field = Field((x, y))
    with pytest.raises(Unsupported, match="too large"):
        field(x + y) ** (10**15)
    with pytest.raises(Unsupported, match="too large"):
        field(2 * x) ** (-(10**15))
    assert (field(x) ** (10**15) / field(x) ** (10**15 - 1) - field(x)).is_zero
    assert field.to_expr(field(S(2) * x) ** 3) == 8 * x**3
