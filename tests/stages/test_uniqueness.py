"""Whether other solutions pass through given values, and what a solution does at the ends of its interval.

Source: Hartman 1964, chapters II and III.
"""

from __future__ import annotations

import pytest
from sympy import Expr, Rational, S, Symbol, asin, cos, cosh, log, sqrt, tan, tanh

import liesym
from liesym.app.solutions import solution_lines, solution_record
from liesym.model.system import ODESystem
from liesym.reduction.conditions import read_conditions
from liesym.reduction.existence import Interval
from liesym.reduction.uniqueness import Start, follows_equation, start_of, unbounded_ends

X = Symbol("x", real=True)


@pytest.mark.parametrize(
    ("equation", "conditions", "expected"),
    [
        ("y' = sqrt(y)", "y(0) = 1", Start.UNIQUE),
        ("y' = sqrt(y)", "y(0) = 0", Start.MANY),
        ("y' = y^(1/3)", "y(0) = 0", Start.MANY),
        ("y' = y^(3/2)", "y(0) = 0", Start.UNIQUE),
        ("y' = abs(y)", "y(0) = 0", Start.UNIQUE),
        ("y' = sqrt(x)*y", "y(0) = 1", Start.UNIQUE),
        ("y' = y*sqrt(y-x)", "y(0) = 0", Start.MANY),
        ("y' = sqrt(y)", "y(0) = -1", Start.SINGULAR),
        ("y' = y/x", "y(0) = 0", Start.SINGULAR),
        ("y'' = y'^(1/3)", "y(0) = 1, y'(0) = 0", Start.MANY),
        ("y'' = y'^(1/3)", "y(0) = 0, y'(0) = 1", Start.UNIQUE),
        ("y' = a*y", "y(0) = b", Start.UNIQUE),
        ("y' = -k*y/m", "y(0) = 1", Start.UNIQUE),
        ("y' = sqrt(y)", "y(0) = b", None),
        ("y' = x/(1 + 1/y)", "y(0) = 0", Start.SINGULAR),
        ("y'' = -y", "y(0) = 1", None),
        ("y'' = -y", "y(0) = 1, y(1) = 0", None),
        ("y' = f(y)", "y(0) = 0", None),
    ],
)
def test_starts(equation: str, conditions: str, expected: Start | None) -> None:
    system = ODESystem.parse(equation, independent="x", parameters={"b": {}})
    wanted = read_conditions(
        conditions, system.variables, system.orders, (*system.parameter_symbols, Symbol("b", real=True))
    )
    assert start_of(system, wanted) is expected


def test_several_solutions_are_said() -> None:
    found = liesym.solve("y' = sqrt(y)", independent="x", conditions="y(0) = 0")
    assert {e.rhs for e in found.explicit} == {0, X**2 / 4}
    assert found.unique is False and not found.complete
    assert "more than one solution" in "\n".join(solution_lines(solution_record(found)))


def test_one_solution_is_all_of_them() -> None:
    found = liesym.solve("y' = y^2", independent="x", conditions="y(0) = 1")
    assert found.unique and found.complete and solution_record(found)["unique"] is True
    assert any("grows beyond all bounds toward x = 1" in note for note in found.notes)


def test_a_whole_family_through_a_singular_point() -> None:
    found = liesym.solve("x*y' = y", conditions="y(0) = 0")
    assert found.unique is False and len(found.constants) == 1


def test_the_separatrix_of_the_pendulum() -> None:
    """From the lowest point with just the speed that reaches the highest: y = 2 asin(tanh x), and nothing else is told."""
    found = liesym.solve("y'' = -sin(y)", independent="x", conditions="y(0) = 0, y'(0) = 2", budget=10)
    assert [e.rhs for e in found.explicit] == [2 * asin(tanh(X))] and found.others == () and found.constants == ()
    assert found.unique and found.complete


def test_nothing_that_misses_the_conditions_is_left() -> None:
    found = liesym.solve("y'' = -sin(y)", independent="x", conditions="y(0) = 0, y(1) = 2", budget=5)
    assert not found.found and found.others == ()


@pytest.mark.parametrize(
    ("value", "interval", "ends"),
    [
        (1 / (1 - X), Interval(None, Rational(1)), [1]),
        (tan(X), Interval(Rational(-1), Rational(1)), []),
        (-log(1 - X), Interval(None, Rational(1)), [1]),
        (sqrt(1 - X**2), Interval(Rational(-1), Rational(1)), []),
        (1 / sqrt(1 - X**2), Interval(Rational(-1), Rational(1)), [-1, 1]),
    ],
)
def test_ends(value: Expr, interval: Interval, ends: list[int]) -> None:
    assert list(unbounded_ends(value, X, interval)) == ends


def test_a_branch_that_the_equation_does_not_follow() -> None:
    """(x/2 - 2)² has the value 4 at 0 and solves y' = sqrt(y) beyond x = 4 alone."""
    system = ODESystem.parse("y' = sqrt(y)", independent="x")
    wanted = read_conditions("y(0) = 4", system.variables, system.orders, ())
    assert follows_equation(system, ((X / 2 + 2) ** 2,), wanted) and not follows_equation(
        system, ((X / 2 - 2) ** 2,), wanted
    )


def test_one_solution_for_each_side_of_a_parameter() -> None:
    """x(0) = 1, x'(0) = 0 has one solution for each k: cosh for k < 0, cos for k > 0."""
    found = liesym.solve("x'' = -k*x", conditions="x(0)=1, x'(0)=0", budget=20.0)
    k, t = (next(s for s in found.explicit[0].rhs.free_symbols if s.name == n) for n in ("k", "t"))
    assert sorted(found.on, key=str) == [(-k,), (k,)] and found.unique and not found.complete
    for value, (side,) in zip(found.explicit, found.on, strict=True):
        at = {k: S.One if side == k else S.NegativeOne, t: S(2)}
        assert value.rhs.subs(at).evalf() == pytest.approx(float((cos(2) if side == k else cosh(2)).evalf()))
