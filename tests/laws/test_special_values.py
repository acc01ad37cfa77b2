"""Special values of parameters: the list against the dimension counted at values that nothing suggested."""

from __future__ import annotations

import random

import pytest
from runs import dealt
from sympy import Expr, Rational, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.certify import bound_at_parameters, certify
from liesym.model.system import ODESystem
from liesym.symmetries.classify import completion_factors
from liesym.symmetries.special_values import roots_in, special_values

K = Symbol("k", real=True)

FAMILIES: dict[str, dict[Expr, int]] = {
    "y''=(k-1)*(k-2)*y^2+y*t": {Rational(1): 8, Rational(2): 8},
    "y''=k*(k-2)*(k+3)*y^2+y*t": {Rational(0): 8, Rational(2): 8, Rational(-3): 8},
    "y''=(1+y'^2)^k": {Rational(0): 8, Rational(3, 2): 3, Rational(1): 8},
    "y''=(1+y'^3)^k": {Rational(0): 8, Rational(1): 8},
    "y''=(t*y'-y)^k/t^3": {Rational(n): 8 for n in range(4)},
    "y''=(y+t*y')^k": {Rational(0): 8, Rational(1): 8},
    "y''=(y'^2+1)*(k*y+y'*t)": {Rational(0): 1, Rational(1): 8, Rational(-1): 1},
    "x''=y'^k; y''=0": {Rational(0): 15, Rational(1): 15, Rational(2): 15, Rational(3): 9, Rational(-1): 9},
    "y''=(2^k-8)*y^2+y^3": {Rational(3): 2},
    "y''=-k*y*y'-y^3": {Rational(3): 8, Rational(-3): 8},
}
"""Equation -> the values of k at which the dimension is another, and that dimension."""


def found_in(equation: str) -> tuple[int, dict[Expr, int], str]:
    system = ODESystem.parse(equation)
    generic = certify(system, structure=False).bound
    assert generic is not None
    seen = special_values(system, generic, completion_factors(system, UNLIMITED), UNLIMITED)
    return generic, {v.value: v.dimension for v in seen.values}, seen.within


@pytest.mark.parametrize("equation", dealt(FAMILIES, usual=2))
def test_special_values_of_families(equation: str) -> None:
    _, values, within = found_in(equation)
    assert values == FAMILIES[equation]
    assert within.startswith("looked at")


@pytest.mark.nightly
@pytest.mark.parametrize("equation", FAMILIES)
def test_no_other_rational_value_is_special(equation: str) -> None:
    system = ODESystem.parse(equation)
    generic, values, _ = found_in(equation)
    for value in {Rational(p, q) for q in range(1, 5) for p in range(-8, 9)} - set(values):
        count = bound_at_parameters(system, {system.parameter_symbols[0]: value})
        assert not count.exact or count.bound == generic, value


def drawn(number: int) -> str:
    """An equation with a parameter k: in coefficients, in exponents, or in both."""
    source = random.Random(f"special {number}")
    a, b, c = (source.choice((-3, -2, -1, 1, 2, 3)) for _ in range(3))
    factor = source.choice((f"(k+{a})*(k-{b})", "(k^2-4)", f"({a}*k+{b})", f"k*(k-{a})", "(k-1/2)", "(2*k-3)"))
    term = source.choice(("y^2", "y^3", "y'^2", "t*y", "y*y'", "1/y", "y'^3", "exp(y)"))
    rest = source.choice(("y", "t*y", "y'", "0", "y^3", "t^2*y", "1/y^3"))
    right = source.choice(
        (
            f"{factor}*{term}+{rest}",
            f"y^k+{c}*{rest}",
            f"{term}+y'^k",
            f"(y+{c}*y')^(k-{a})",
            f"y^(2*k+{a})*y'^{abs(b)}",
            f"k*y*y'+{factor}*y^3",
            f"k*y'/t+{term}",
            f"t^k*y^{abs(a) + 1}",
        )
    )
    return f"y''={right}"


def missing_of(equation: str, count: int) -> list[str]:
    """Values of k, drawn without a hint, at which the dimension is another and the list does not say so."""
    system = ODESystem.parse(equation)
    if not system.parameter_symbols:
        return []
    generic, values, within = found_in(equation)
    source = random.Random(equation)
    tried = {Rational(source.randint(-12, 12), source.choice((1, 1, 2, 3, 4, 5))) for _ in range(count)} - set(values)
    if within.startswith("list may be short"):
        return []
    counts = {v: bound_at_parameters(system, {K: v}) for v in tried}
    return [f"{equation}: {c.bound} at k = {v}, not {generic}" for v, c in counts.items() if c.exact and c.bound != generic]


@pytest.mark.parametrize("number", range(2))
def test_the_list_against_values_that_nothing_suggested(number: int) -> None:
    assert missing_of(drawn(number), 8) == []


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(2, 202))
def test_the_list_against_sixty_values(number: int) -> None:
    assert missing_of(drawn(number), 60) == []


def test_a_missing_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a list that lost its values is caught."""
    monkeypatch.setattr(f"{__name__}.found_in", lambda equation: (1, {}, "looked at nothing"))
    assert missing_of("y''=t^k*y^3", 24)


def test_a_budget_that_is_over_is_said() -> None:
    system = ODESystem.parse("y''=(k-1)*(k-2)*y^2+y*t")
    seen = special_values(system, 0, (), Budget(until=0.0))
    assert seen.values == ()
    assert seen.within.startswith("list may be short")


def test_roots_of_factors() -> None:
    a = Symbol("a", real=True)
    assert set(roots_in(K**2 - 3 * K + 2, K)) == {1, 2}
    assert roots_in(a * K - 3, K) == [3 / a]
    assert roots_in(2**K - 8, K) == [3]
    assert roots_in(4 ** (K + 1) - 2, K) == [Rational(-1, 2)]
    assert roots_in(2**K + 8, K) == []
    assert roots_in(K**2 + 1, K) == []
