"""Reduction of order, general solutions and linearization, on the textbooks' equations.

Sources: Olver 1993, sections 2.5 and 4.3; Bluman and Anco 2002, chapter 3; Stephani 1989, chapters 4 to 7;
Ibragimov and Magri 2004.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import dealt
from sympy import Eq, Symbol, symbols, sympify

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced, substituted
from liesym.coefficients.field import Field
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported
from liesym.reduction import general_solution, linearization, reduce_order
from liesym.reduction.quadrature import constants_for, follows_curve
from liesym.reduction.solution import solves
from liesym.solving.algebraic import solve_for

t, y = symbols("t y", real=True)
v = jet_symbol(y, 1)


def field(xi: object, eta: object) -> Generator:
    return Generator((t, y), (expr(sympify(xi)), expr(sympify(eta))))


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


x, z = symbols("x z", real=True)
PLANE = (t, x, y)
SYSTEMS = [
    ("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)", (0, -y, x)),
    ("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)", (1, 0, 0)),
    ("x'' = x/(x^2+y^2)^2; y'' = y/(x^2+y^2)^2", (2 * t, x, y)),
    ("x'' = y'; y'' = -x'", (0, 1, 0)),
    ("x''' = y; y''' = x'", (0, x, y)),
    ("x' = x*(1-y); y' = y*(x-1)", (1, 0, 0)),
    ("x' = x^2+y^2; y' = 2*x*y", (t, -x, -y)),
    ("x' = y*f(y/x); y' = x", (0, x, y)),
]


@pytest.mark.parametrize(("text", "components"), SYSTEMS)
def test_a_system_loses_one_order(text: str, components: tuple) -> None:
    system = ODESystem.parse(text)
    found = reduce_order(system, Generator(PLANE, tuple(sympify(c) for c in components)))
    assert sum(found.reduced.orders) == sum(system.orders) - 1
    assert found.invariants is not None and system_follows(found)


def system_follows(reduction) -> bool:
    """Every equation of the reduced system, for the invariants as functions of (t, x, …) on solutions."""
    system, reduced = reduction.original, reduction.reduced
    place, *images = reduction.invariants
    rate = system.total_derivative(place)
    moved = {reduced.independent: place}
    tops = []
    for unknown, order, image in zip(reduced.unknowns, reduced.orders, images, strict=True):
        for k in range(order):
            moved[jet_symbol(unknown, k)] = image
            image = system.total_derivative(image) / rate
        tops.append(image)
    defects = [top - f.xreplace(moved) for top, f in zip(tops, reduced.rhs, strict=True)]
    held = Field.build(defects, (*system.variables, *system.jet_coordinates))
    return all(held(d).is_zero for d in defects)


def test_the_check_of_reduced_systems_can_fail() -> None:
    from dataclasses import replace

    system = ODESystem.parse("x'' = y'; y'' = -x'")
    found = reduce_order(system, Generator(PLANE, (sympify(0), sympify(1), sympify(0))))
    wrong = replace(found.reduced, rhs=(*found.reduced.rhs[:-1], found.reduced.rhs[-1] + 1))
    assert system_follows(found) and not system_follows(replace(found, reduced=wrong))
    with pytest.raises(Unsupported, match="one unknown"):
        found.induced(Generator(PLANE, (sympify(1), sympify(0), sympify(0))))


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
        assert solves(system, expr(branch.rhs), found.constants)
        assert set(found.constants) <= branch.rhs.free_symbols


def test_the_check_of_solutions_can_fail() -> None:
    system = ODESystem.parse("y'' = -y")
    constants = constants_for(system, 2)
    assert not solves(system, constants[0] * t, constants)


QUADRATURES = {
    "y'' = -2*y'/t - y^5": "Lane and Emden, index 5: Bluman and Anco 2002, chapter 3",
    "y'' = y^2/t^5": "Emden and Fowler: Stephani 1989, chapter 7",
    "y'' = t^(-15/7)*y^2": "Emden and Fowler, the second integrable power: Stephani 1989, chapter 7",
    "y'' = -a*y - b*y^3": "Duffing, elliptic functions",
    "y'' = -3*y' - 2*y - b*y^3": "damped Duffing with its second symmetry",
    "y'' = 6*y^2": "Weierstrass",
    "y'' = -sin(y)": "pendulum",
    "y'' = -k*y*y' - y^3": "modified Emden, any k: Stephani 1989, chapter 7",
    "y'' = y^n": "two symmetries for any n: Ibragimov 1999, chapter 12",
    "y'' = y'/y^2 - 1/(t*y)": "Ibragimov 1999, chapter 12",
    "t^2*y'' = t*y'^2 - y*y'": "Olver 1993, section 2.5",
    "y'' = a*(1+y'^2)^(3/2)": "circles",
    "y'' = -1/y^2": "radial fall",
    "y''' = y'^3": "order 3, twice reduced",
    "y''' = y''^2/y'": "order 3, twice reduced",
    "y''' = 3*y''^2*y'/(1+y'^2)": "circles: Olver 1993, section 2.5",
}


LONG = "y''' = 3*y''^2*y'/(1+y'^2)"


@pytest.mark.parametrize("text", dealt(QUADRATURES, usual=2, late=(LONG,)))
def test_solutions_by_quadrature(text: str) -> None:
    """Solved, or left as integrals that SymPy is handed back unevaluated; checked by substitution."""
    system = ODESystem.parse(text)
    found = general_solution(system, budget=30)
    assert found is not None
    assert len(found.constants) == system.order
    for branch in found.explicit:
        assert solves(system, expr(branch.rhs), found.constants)
    if not found.explicit:
        assert found.parametric is not None and found.parameter is not None
        assert follows_curve(system, *found.parametric, found.parameter, found.constants)
        shown = {s for e in found.parametric for s in e.free_symbols}
        assert set(found.constants) <= shown


@pytest.mark.parametrize("text", ["y''' = -y*y''/2", "y'' = (1-y^2)*y' - y", "y'' = t^a*y^n", "y'' = 6*y^2 + t"])
def test_no_solution_is_made_up(text: str) -> None:
    """Blasius (two symmetries for order 3), van der Pol, generic Emden-Fowler, the first Painleve equation."""
    assert general_solution(ODESystem.parse(text), budget=15) is None


@pytest.mark.parametrize(
    "text",
    dealt(("y'=-y^2+x*y+1", "y'=y^2-x^2*y+2*x", "y'=sqrt(x)-y*tan(x)", "y'=(y-a-b*x+sqrt((a+b*x-y)^2+4*b*x*y))/(2*x)"), 3),
)
def test_a_branch_is_seen_beside_integrals_that_have_no_value(text: str) -> None:
    """Solutions that hold an indefinite integral, and places at which a candidate divides by zero."""
    assert general_solution(ODESystem.parse(text, independent="x"), budget=30) is not None


def test_ermakov_by_pinney() -> None:
    """y² = a u² + 2 b u v + c v² with ac - b² = 1/W²: y² is a combination of 1, cos 2wt, sin 2wt (Pinney 1950)."""
    system = ODESystem.parse("y'' = -w^2*y + 1/y^3")
    found = general_solution(system, budget=30)
    assert found is not None and len(found.explicit) == 4 and found.equation is not None
    for branch in found.explicit:
        assert solves(system, expr(branch.rhs), found.constants)


@pytest.mark.parametrize(
    ("equation", "count"),
    [
        ("a*y + b", 1),
        ("y^4 - a", 4),
        ("log(y) - a", 1),
        ("y*exp(y) - a", 0),
        ("a*y^2 + b*y + 1", 2),
        ("y^3*a - b*y^3", 0),
        ("a*sqrt(y^2+1) - y", 1),
        ("sqrt(y^2+1) + 2", 0),
    ],
)
def test_solving_for_a_name(equation: str, count: int) -> None:
    expression = replaced(expr(sympify(equation)), {Symbol(s.name): s for s in (y, *symbols("a b", positive=True))})
    values = solve_for(expression, y, squaring=True)
    assert len(values) == (2 if equation == "y^4 - a" else count)
    for value in values:
        numbers = {Symbol("a", positive=True): 0.7, Symbol("b", positive=True): 1.9}
        assert abs(complex(substituted(expr(expression.subs(y, value)), numbers))) < 1e-12


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
        # no flow in closed form: the coordinates by quadrature
        pytest.param("y'' = -2*(2*t*y'^2 - 2*y*y' + y'^3 - 1)/(4*t*y - 1)", marks=pytest.mark.slow),
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


@pytest.mark.parametrize("text", ["y'' = y'^2*tan(y)", "y'' = -2*y'^2/(y^3-y)", "y'' = y'^3*(t*exp(y^2) + 1)"])
def test_an_equation_that_is_linear_for_the_inverse_function(text: str) -> None:
    system = ODESystem.parse(text)
    found = linearization(system, generators=[])
    assert found.linearizable and found.linear is not None and found.coordinates is not None
    v = found.linear.unknowns[0]
    rhs = found.linear.rhs[0]
    assert all(rhs.diff(a, b) == 0 for a in (v, jet_symbol(v, 1)) for b in (v, jet_symbol(v, 1)))
    assert found.coordinates.forward == (system.unknowns[0], system.independent)


def test_a_dependence_that_is_not_cubic_fails() -> None:
    found = linearization(ODESystem.parse("y'' = sqrt(y')"))
    assert not found.linearizable and found.conditions == ()
    with pytest.raises(Unsupported, match="order 2"):
        linearization(ODESystem.parse("y''' = 0"))
