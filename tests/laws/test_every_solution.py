"""That a family holds every solution is proven by its members through all values, and never where one is missing."""

from __future__ import annotations

import pytest
from sympy import Expr, Symbol

from liesym import ODESystem, solve
from liesym.base.budget import Budget
from liesym.reduction.covering import holds_every_solution, values_of
from liesym.text import read_expression

WHOLE = [
    "y' = y^2",
    "y' = y*(1 - y)",
    "y' = exp(t - y)",
    "y' = (y - t)^2",
    "y' = t/y",
    "2*y*y' = 1 + y^2",
    "y' = y*log(y)",
    "y' + y = y^3",
    "y'' = 1 + y'^2",
    "y'' = y'*(1 - y')",
    "y'' = -y'^2/y",
    "y'' = 2*y'^2/y",
    "y*y'' = y'^2",
    "y'' + 3*y*y' + y^3 = 0",
    "t^2*y'' = y'^2",
    "t*y'' + y' = y'^2",
]
"""With a proof that there are no others."""
SEVERAL = ["y' = y^2", "y' = (y - t)^2", "y' = t/y", "y' + y = y^3", "y'' = -y'^2/y", "y'' = 2*y'^2/y", "t^2*y'' = y'^2"]
"""Of these, with several families each."""
PARTLY = ["y' = sqrt(y)", "y' = sin(y)", "y'' = 1/y^3"]
"""Of which some solutions are not listed, or the constants are not solved for."""


def claims(equation: str, drop: int | None = None) -> bool:
    """Whether the families that are listed, but one of them perhaps, are claimed to be all."""
    system = ODESystem.parse(equation)
    found = solve(system)
    parts: list[tuple[Expr, tuple[Expr, ...]]] = [
        *zip(values_of(found.explicit), found.on, strict=True),
        *((v, ()) for v in values_of(found.special)),
    ]
    kept = [p for k, p in enumerate(parts) if k != drop]
    names: tuple[Symbol, ...] = found.constants
    return holds_every_solution(system, kept, (), names, Budget.seconds(60))


@pytest.mark.parametrize("equation", WHOLE)
def test_the_listed_families_are_all(equation: str) -> None:
    assert solve(equation).complete
    assert claims(equation)


@pytest.mark.parametrize("equation", PARTLY)
def test_no_claim_where_some_are_missing(equation: str) -> None:
    assert not solve(equation).complete


@pytest.mark.parametrize("equation", SEVERAL)
def test_what_is_left_out_is_missed(equation: str) -> None:
    """A planted fault: without one of several families there is no claim."""
    system = ODESystem.parse(equation)
    found = solve(system)
    count = len(found.explicit) + len(found.special)
    assert count > 1
    assert not any(claims(equation, drop) for drop in range(count))


@pytest.mark.parametrize(
    ("equation", "family", "whole"),
    [
        ("y' = y", "C1*exp(t)", True),
        ("y' = y", "exp(t + C1)", False),  # y > 0 alone
        ("y' = y", "C1^2*exp(t)", False),
        ("y'' = 0", "C1*t + C2", True),
        ("y'' = 0", "C1*t + C1*C2", False),  # not y = 1
        ("y'' = 0", "C1*t + exp(C2)", False),
        ("y'' = y'/t", "C1*t^2 + C2", True),
        ("y'' = y'/t", "C1*t^2 + C1", False),
        ("y'' = y", "C1*cosh(t + C2)", False),
        ("y' = -2*t*y", "sqrt(C1)*exp(-t^2)", False),
        ("y' = (y - 1)/t", "1 + C1*t", True),
    ],
)
def test_families_that_hold_some_of_the_solutions(equation: str, family: str, whole: bool) -> None:
    constants = Symbol("C1", real=True), Symbol("C2", real=True)
    t = ODESystem.parse(equation).independent
    value = read_expression(family, symbols={"t": t, **{c.name: c for c in constants}})
    system = ODESystem.parse(equation)
    assert holds_every_solution(system, [(value, ())], (), constants, Budget.seconds(60)) is whole


@pytest.mark.parametrize(
    ("equation", "said"),
    [
        ("y' = a*y + b", "the answer holds where a is not 0"),
        ("y'' = a*y'^2/y", "the answer holds where a - 1 is not 0"),
        ("y'' + w^2*y = 0", "the family holds all solutions where w is not 0"),
        ("y'' - (a+b)*y' + a*b*y = 0", "the family holds all solutions where a - b is not 0"),
        ("y' = y/a", None),
        ("y' = -y^2/m", None),
        ("y'' = y", None),
    ],
)
def test_for_which_parameters_is_said(equation: str, said: str | None) -> None:
    """Where the formula divides by what the equation does not, or its functions come to depend on each other."""
    told = [n for n in solve(equation).notes if "not 0" in n]
    assert told == ([] if said is None else [said])
