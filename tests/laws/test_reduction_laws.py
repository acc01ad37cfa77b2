"""Reduction of order, general solutions and linearization, on the textbooks' equations.

Sources: Olver 1993, sections 2.5 and 4.3; Bluman and Anco 2002, chapter 3; Stephani 1989, chapters 4 to 7;
Ibragimov and Magri 2004.
"""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportReturnType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sympy import Eq, Integral, Symbol, symbols, sympify

from liesym import Generator, ODESystem
from liesym.coefficients.field import Field
from liesym.errors import Unsupported
from liesym.jets import jet_symbol
from liesym.reduction import general_solution, linearization, reduce_order
from liesym.reduction.quadrature import constants_for
from liesym.reduction.solution import _solves as solves
from liesym.reduction.solving import solve_for
from liesym.verify import is_first_integral

t, y = symbols("t y", real=True)
v = jet_symbol(y, 1)


def field(xi: object, eta: object) -> Generator:
    return Generator((t, y), (sympify(xi), sympify(eta)))


# -- lower order -----------------------------------------------------------------------------------------


def follows(reduction) -> bool:
    """The reduced equation holds for w(t, y, y') as a function of r(t, y) on solutions of the original."""
    system = reduction.original
    r, w = reduction.invariants
    name, order = reduction.reduced.unknowns[0], reduction.reduced.order
    images = [w]
    rate = system.total_derivative(r)
    for _ in range(order):
        images.append(system.total_derivative(images[-1]) / rate)
    moved = {reduction.reduced.independent: r}
    moved |= {jet_symbol(name, k): images[k] for k in range(order)}
    defect = images[order] - reduction.reduced.rhs[0].xreplace(moved)
    return Field.build([defect], (*system.variables, *system.jet_coordinates))(defect).is_zero


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        ("y''' = -y*y''/2", field(1, 0)),
        ("y''' = -y*y''/2", field(t, -y)),
        ("y'' = -2*y'/t - y^3", field(t, -y)),  # Emden-Fowler, index 3: scaling
        ("y'' = 1/y^3", field(1, 0)),
        ("y'' = 1/y^3", field(2 * t, y)),
        ("y'' = 1/y^3", field(t**2, t * y)),
        ("y'' = y'^2/y", field(0, y)),
        ("y'' = -3*y*y' - y^3", field(t, -y)),
        ("y'' = -3*y*y' - y^3", field(1, 0)),
    ],
)
def test_the_order_falls_by_one(text: str, generator: Generator) -> None:
    system = ODESystem.parse(text)
    found = reduce_order(system, generator)
    assert found.reduced.order == system.order - 1
    assert found.invariants is not None and follows(found)


def test_the_check_of_reductions_can_fail() -> None:
    from dataclasses import replace

    found = reduce_order(ODESystem.parse("y'' = 1/y^3"), field(1, 0))
    wrong = replace(found.reduced, rhs=(found.reduced.rhs[0] + 1,))
    assert not follows(replace(found, reduced=wrong))


def test_blasius_comes_down_to_first_order() -> None:
    """u = y'/y², v = y''/y³ of the textbooks.

    Two steps, with the symmetry that is left (Bluman and Anco 2002).
    """
    blasius = ODESystem.parse("y''' = -y*y''/2")
    translation, scaling = field(1, 0), field(t, -y)
    first = reduce_order(blasius, translation)
    induced = first.induced(scaling)
    assert induced.is_symmetry_of(first.reduced)
    second = reduce_order(first.reduced, induced, names=("u", "s", "v"))
    assert second.reduced.order == 1 and second.reduced.is_first_order
    assert second.invariants is not None
    w, r = first.reduced.unknowns[0], first.reduced.independent
    assert (second.invariants[0] - w / r**2).simplify() == 0


def test_generators_that_do_not_project_are_refused() -> None:
    """[X, Y] is no multiple of X."""
    found = reduce_order(ODESystem.parse("y'' = 1/y^3"), field(2 * t, y))
    with pytest.raises(Unsupported, match="project"):
        found.induced(field(1, 0))


def test_a_field_that_is_no_symmetry_is_refused() -> None:
    with pytest.raises(Unsupported, match="no symmetry"):
        reduce_order(ODESystem.parse("y'' = 1/y^3"), field(0, y))
    with pytest.raises(Unsupported, match="order 2 or more"):
        reduce_order(ODESystem.parse("y' = y"), field(0, y))


# -- solutions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "y'' = y'^2/y",
        "y'' = -3*y*y' - y^3",
        "y'' = 1/y^3",
        "y'' = -y",
        "y'' = -3*y' - 2*y",
        "y''' = 3*y''^2/(2*y')",
        "y' = y^2",
    ],
)
def test_general_solutions_in_closed_form(text: str) -> None:
    system = ODESystem.parse(text)
    found = general_solution(system, budget=30)
    assert found is not None and found.explicit
    assert all(is_first_integral(i, system) for i in found.integrals)
    for branch in found.explicit:
        assert isinstance(branch, Eq) and branch.lhs == y
        assert solves(system, branch.rhs, found.constants)
        assert set(found.constants) <= branch.rhs.free_symbols


def test_the_check_of_solutions_can_fail() -> None:
    system = ODESystem.parse("y'' = -y")
    constants = constants_for(system, 2)
    assert not solves(system, constants[0] * t, constants)


@pytest.mark.parametrize("text", ["y'' = -2*y'/t - y^5", "y'' = -y^3", "y'' = 6*y^2"])
def test_solutions_by_quadrature(text: str) -> None:
    """Emden-Fowler and the elliptic cases: an integral that SymPy is handed back unevaluated."""
    system = ODESystem.parse(text)
    found = general_solution(system, budget=30)
    assert found is not None and found.parametric is not None
    time, height = found.parametric
    assert time.has(Integral) and found.parameter is not None
    # along the parametric curve the first integral equals C1
    r = found.parameter
    velocity = height.diff(r) / time.diff(r)
    inserted = found.integrals[0].subs({v: velocity, t: time, y: height}, simultaneous=True)
    inserted = inserted.replace(lambda e: isinstance(e, Integral), lambda e: Symbol("quadrature", real=True))
    point = {r: sympify("3/5"), found.constants[0]: sympify("-1/3"), found.constants[1]: sympify("1/7")}
    value = (inserted - found.constants[0]).subs(point).subs(Symbol("quadrature", real=True), sympify("2/9"))
    assert abs(complex(value.evalf(20))) < 1e-10


@pytest.mark.parametrize(
    ("equation", "count"),
    [
        ("a*y + b", 1),
        ("y^4 - a", 4),
        ("log(y) - a", 1),
        ("y*exp(y) - a", 0),
        ("a*y^2 + b*y + 1", 2),
        ("y^3*a - b*y^3", 0),
    ],
)
def test_solving_for_a_name(equation: str, count: int) -> None:
    expression = sympify(equation, locals={"a": Symbol("a", positive=True), "b": Symbol("b", positive=True), "y": y})
    values = solve_for(expression, y)
    assert len(values) == (2 if equation == "y^4 - a" else count)
    for value in values:
        assert (
            abs(complex(expression.subs(y, value).subs({Symbol("a", positive=True): 0.7, Symbol("b", positive=True): 1.9})))
            < 1e-12
        )


# -- linearization
# ---------------------------------------------------------------------------------------------

CORPUS = json.loads((Path(__file__).parents[1] / "catalogue" / "corpus.json").read_text(encoding="utf-8"))
SCALAR = [e for e in CORPUS if len(e["unknowns"]) == 1 and e["order"] == 2]


@pytest.mark.parametrize("entry", SCALAR, ids=lambda e: e["id"])
def test_lies_test_agrees_with_the_dimension(entry: dict) -> None:
    """A scalar equation of order 2 is linearizable exactly if its algebra has dimension 8."""
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"])
    assert linearization(system, generators=[]).linearizable == (entry["dimension"] == 8)


@pytest.mark.parametrize(
    "text",
    [
        "y'' = y'^2/y",
        "y'' = -3*y*y' - y^3",
        "y'' = -3*y' - 2*y",
        "y'' = t*y",
        "y'' = (a-y'^2)/y",
        "y'' = y'^2/y + y*log(y)",
        "y'' = y'^3",
        "y'' = (1+y')*(1+y'^2)/(t-y)",
        "y'' = -w^2*y",
    ],
)
def test_linearizing_maps(text: str) -> None:
    found = linearization(ODESystem.parse(text), budget=30)
    assert found.linearizable and found.linear is not None
    u, unknown = found.linear.independent, found.linear.unknowns[0]
    slope = jet_symbol(unknown, 1)
    rhs = found.linear.rhs[0]
    assert not rhs.has(unknown) and rhs.diff(slope, 2) == 0
    assert found.coordinates is not None and found.coordinates.new == (u, unknown)


def test_a_dependence_that_is_not_cubic_fails() -> None:
    found = linearization(ODESystem.parse("y'' = sqrt(y')"))
    assert not found.linearizable and found.conditions == ()
    with pytest.raises(Unsupported, match="order 2"):
        linearization(ODESystem.parse("y''' = 0"))
