"""Completion of linear PDE systems: the free Taylor coefficients are as many as the solutions."""

from __future__ import annotations

import pytest
from sympy import Expr, Function, exp, sin, symbols

from liesym import ODESystem
from liesym.base.budget import Budget
from liesym.coefficients import Field
from liesym.determine.forms import LinearForm, apply_form
from liesym.determine.invariance import determine
from liesym.errors import TimeIsUp
from liesym.solving.pde.involutive import Basis, dependence

x, y, a = symbols("x y a", real=True)
g = Function("g")
Equation = dict[tuple[int, tuple[int, int]], object]  # {(unknown, orders along x and y): coefficient}


def completed(equations: list[Equation], unknowns: int = 1, arguments=None) -> tuple[Basis, Field]:
    expressions = [c + 0 * x for form in equations for c in form.values()]
    field = Field.build(expressions, (x, y), (a,))
    basis = Basis(field, dependence((x, y), arguments or [(x, y)] * unknowns))
    basis.add([{t: field(c + 0 * x) for t, c in form.items()} for form in equations])
    basis.complete()
    return basis, field


def dimension(equations: list[Equation], unknowns: int = 1, arguments=None) -> int | None:
    free = completed(equations, unknowns, arguments)[0].parametric()
    return None if free is None else len(free)


U, UX, UY, UXX, UXY, UYY = ((0, i) for i in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)))


@pytest.mark.parametrize(
    ("equations", "expected"),
    [
        ([{UX: 1}, {UY: 1}], 1),
        ([{UXX: 1}, {UYY: 1}], 4),
        ([{UXX: 1}, {UXY: 1}, {UYY: 1}], 3),
        ([{UXX: 1, U: -1}, {UY: 1}], 2),
        ([{UX: 1, UY: 1}], None),  # an arbitrary function
        ([{UX: 1, U: -y}, {UY: 1, U: -x}], 1),  # u = exp(x y)
        ([{UX: 1, U: -y}, {UY: 1, U: x}], 0),  # u_xy ≠ u_yx unless u = 0
        (
            [{UXX: 1, UY: -y}, {UYY: 1}],
            4,
        ),  # Seiler 2010: hidden conditions, found only by cross differentiation
        ([{UXX: 1, U: -sin(x)}, {UY: 1}], 2),
        ([{UXX: 1, UX: g(x), U: exp(x)}, {UY: 1, UX: -1}], 0),
        ([{UXX: 1, U: a}, {UYY: 1, U: -(a**2)}], 4),
    ],
)
def test_dimension_of_the_solution_space(equations: list[Equation], expected: int | None) -> None:
    assert dimension(equations) == expected


def test_the_dimension_does_not_depend_on_how_the_system_is_written() -> None:
    """Equations repeated, combined with functions, and differentiated change nothing."""
    one = [{UXX: 1, UY: -y}, {UYY: 1}]
    two = [{UXX: 1, UY: -y, UYY: exp(x)}, {UYY: x}, {UXX: x + 1, UY: -y * (x + 1)}, {(0, (0, 3)): 1}]
    assert dimension(one) == dimension(two) == 4
    assert dimension(one) != dimension(two[:1])


def test_what_an_unknown_does_not_depend_on_is_an_equation() -> None:
    """u(x) and v(x, y) with v_y = u_x, v_x = y u: then v_xy = u_xx = (y u)_y = u."""
    system: list[Equation] = [{(1, (0, 1)): 1, (0, (1, 0)): -1}, {(1, (1, 0)): 1, (0, (0, 0)): -y}]
    assert dimension(system, 2, [(x,), (x, y)]) == 3
    other: list[Equation] = [{(1, (0, 1)): 1}, {(1, (1, 0)): 1, (0, (0, 0)): -y}]  # v_y = 0, v_x = y u(y)
    assert dimension(other, 2, [(y,), (x, y)]) == 2
    assert dimension(other, 2, [(x, y), (x, y)]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y'' = 0", 8), ("y'' = -y", 8), ("y'' = 1/y^3", 3), ("y'' = exp(y)", 2), ("y'' = 6*y^2 + t", 0),
        ("y''' = 0", 7), ("y'' = q(t)*y", 8), ("y'' = f(y)", 1), ("x'' = 0; y'' = 0", 15),
        ("y'' = a*(1+y'^2)^(3/2)", 3), ("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)", 3),
    ],
)  # fmt: skip
def test_completion_counts_the_symmetries(text: str, expected: int) -> None:
    """A second route to the dimension, independent of power series: Schwarz 2008, chapter 2."""
    determining = determine(ODESystem.parse(text))
    basis = Basis(determining.field, dependence(determining.variables, [u.arguments for u in determining.unknowns]))
    basis.add([dict(form) for form in determining.equations])
    basis.complete()
    free = basis.parametric()
    assert free is not None and len(free) == expected


def test_normal_forms_of_the_equations_are_zero_and_of_others_are_not() -> None:
    equations: list[Equation] = [{UXX: 1, UY: -y}, {UYY: 1}]
    basis, field = completed(equations)
    as_forms: list[LinearForm] = [{t: field(c + 0 * x) for t, c in form.items()} for form in equations]
    assert all(not basis.normal_form(form) for form in as_forms)
    assert not basis.normal_form({(0, (2, 2)): field.one})  # u_xxyy
    assert basis.normal_form({UX: field.one}) and basis.normal_form({UXY: field.one})


def test_solutions_satisfy_the_completed_system() -> None:
    """Completion adds consequences, nothing else: exp(x y) solves all of it, x + y does not."""
    basis, _ = completed([{UX: 1, U: -y}, {UXY: 1, UX: -x, U: -1}, {UY: x, U: -(x**2)}])
    field = Field.build([exp(x * y)], (x, y), (a,))

    def all_vanish(u: Expr) -> bool:
        forms = [{t: field(basis.field.to_expr(c)) for t, c in form.items()} for form in basis.forms()]
        return all(apply_form(form, [field(u)], (x, y), field).is_zero for form in forms)

    assert all_vanish(exp(x * y)) and not all_vanish(x + y)


def test_pivots_are_reported_and_the_deadline_is_kept() -> None:
    field = Field.build([a * x], (x, y), (a,))
    pivots = []
    basis = Basis(field, dependence((x, y), [(x, y)]), pivot=pivots.append)
    basis.add([{UX: field(a - 1), U: field(x)}])
    basis.complete()
    assert field(a - 1) in pivots
    late = Basis(field, dependence((x, y), [(x, y)]))
    late.add([{UX: field.one}])
    with pytest.raises(TimeIsUp), field.within(Budget.seconds(-1)):
        late.complete()
