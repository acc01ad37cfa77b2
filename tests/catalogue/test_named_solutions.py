"""Linear equations with arbitrary coefficients: all eight symmetries, through named solutions (Lie 1891, chapter 16)."""

from __future__ import annotations

import pytest
from sympy import Function, Integral, Symbol, exp

from liesym import ODESystem, find_symmetries
from liesym.coefficients import Field
from liesym.coefficients.joined import joined
from liesym.symmetries.results import Completeness

x = Symbol("x", real=True)
a = Symbol("a", real=True)


@pytest.mark.parametrize("force", ["q(x)*y", "p(x)*y' + q(x)*y", "p(x)*y' + q(x)*y + r(x)", "f(y)*y'^2"])
def test_all_eight_symmetries_of_an_equation_with_arbitrary_coefficients(force: str) -> None:
    system = ODESystem.parse(f"y'' = {force}", independent="x")
    result = find_symmetries(system, budget=100.0)
    assert (result.dimension, len(result.generators), result.completeness) == (8, 8, Completeness.PROVEN)
    assert not any(any(g.remainder(system)) for g in result.generators)


def test_constants_stand_before_the_integral_sign() -> None:
    p = Function("p")(x)
    one, other = Integral(a * p / 3, x), Integral(-p, x)
    field = Field.build([one, other], (x,), (a,))
    assert (field(one) * 3 + field(a) * field(other)).is_zero
    assert not (field(one) * 3 - field(a) * field(other)).is_zero


def test_exponentials_are_written_as_one() -> None:
    assert joined(2 * exp(x) * exp(a) * x + 1) == 2 * x * exp(x + a) + 1
    assert joined(exp(x) + exp(a)) == exp(x) + exp(a)
