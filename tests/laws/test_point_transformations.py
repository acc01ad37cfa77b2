"""A change of variables changes the equation, not its algebra: equal dimension, isomorphic structure.

T = A(t, x), X = B(t, x) takes X'' = G(T, X, X') to an equation for x(t), through dX/dT = D_t B / D_t A.
"""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportOptionalMemberAccess=false

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Expr, S, Symbol, exp, solve, symbols, together

from liesym import Generator, ODESystem, find_symmetries
from liesym.certify.structure import StructureModPrime
from liesym.jets import JetSpace, jet_symbol
from liesym.results import Completeness, Result

t, x = symbols("t x", real=True)
Force = Callable[[Expr, Expr, Expr], Expr]
EQUATIONS: dict[str, tuple[Force, int]] = {
    "X'' = 0": (lambda T, X, V: S.Zero, 8),
    "X'' = 1/X^3": (lambda T, X, V: X**-3, 3),
    "X'' = exp(X)": (lambda T, X, V: exp(X), 2),
    "X'' = X^2": (lambda T, X, V: X**2, 2),
}


def transformed(force: Force, time: Expr, state: Expr) -> ODESystem:
    """The equation for x(t) where X(T) solves X'' = force."""
    jets, second = JetSpace(t, (x,)), jet_symbol(x, 2)
    velocity = jets.total_derivative(state) / jets.total_derivative(time)
    condition = jets.total_derivative(velocity) / jets.total_derivative(time) - force(time, state, velocity)
    slope = condition.diff(second)
    rhs = together(-condition.subs(second, 0) / slope)
    return ODESystem(t, (x,), (2,), (rhs,))


@cache
def plain(name: str) -> Result:
    return find_symmetries(transformed(EQUATIONS[name][0], t, x))


def invariants(result: Result) -> tuple:
    """What does not depend on the basis: derived and lower central series, rank of the Killing form, centre."""
    structure = result.certificate.structure if result.certificate else None
    assert isinstance(structure, StructureModPrime)
    return structure.derived, structure.lower, structure.killing_rank, structure.centre


def exact_invariants(result: Result) -> tuple:
    algebra = result.algebra
    assert algebra is not None
    killing = algebra.killing_form
    return killing.rank(), algebra.is_solvable, algebra.is_nilpotent


SMALL = st.sampled_from([-2, -1, 1, 2])
SHAPES = st.sampled_from([S.Zero, t, t**2, exp(t), t**3])
STATES = st.sampled_from([S.Zero, x, x**2])


@st.composite
def changes(draw: st.DrawFn) -> tuple[Expr, Expr]:
    """(A, B), invertible: triangular with polynomial or exponential entries, possibly with t and x exchanged."""
    a, b = draw(SMALL), draw(SMALL)
    kind = draw(st.sampled_from(["fibre", "base", "exponential", "exchange"]))
    if kind == "fibre":
        return S(a) * t, b * x + draw(SHAPES)
    if kind == "base":
        return S(a) * t + draw(STATES), S(b) * x
    if kind == "exponential":
        return S(a) * t, b * exp(x)
    return S(a) * x, b * t + draw(STATES)


FEW = settings(max_examples=4, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", EQUATIONS)
@FEW
@given(changes())
def test_dimension_and_structure_are_invariant(name: str, change: tuple[Expr, Expr]) -> None:
    force, dimension = EQUATIONS[name]
    result = find_symmetries(transformed(force, *change))
    assert result.dimension == dimension and result.completeness is Completeness.PROVEN
    assert invariants(result) == invariants(plain(name))


def carried(generator: Generator, time: Expr, state: Expr) -> Generator:
    """X in (T, X) expressed in (t, x): the components solve ξ A_t + η A_x = Ξ, ξ B_t + η B_x = H."""
    xi, eta = Symbol("xi"), Symbol("eta")
    moved = [c.subs({t: time, x: state}, simultaneous=True) for c in generator.components]
    equations = [xi * f.diff(t) + eta * f.diff(x) - m for f, m in zip((time, state), moved, strict=True)]
    found = solve(equations, [xi, eta], dict=True)[0]
    return Generator((t, x), (found[xi], found[eta]))


@pytest.mark.parametrize("name", EQUATIONS)
@pytest.mark.parametrize("change", [(t, x + t**3), (t + x**2, x), (2 * t, exp(x)), (x, t)], ids=str)
def test_the_generators_are_carried_along(name: str, change: tuple[Expr, Expr]) -> None:
    system = transformed(EQUATIONS[name][0], *change)
    assert all(carried(g, *change).is_symmetry_of(system) for g in plain(name).generators)


def test_generators_that_are_not_carried_along_fail() -> None:
    system = transformed(EQUATIONS["X'' = 1/X^3"][0], t, x + t**3)
    assert not all(g.is_symmetry_of(system) for g in plain("X'' = 1/X^3").generators)


def test_the_exact_algebra_has_the_same_invariants() -> None:
    for name in ("X'' = 1/X^3", "X'' = exp(X)"):
        moved = find_symmetries(transformed(EQUATIONS[name][0], t, x + t**2))
        assert exact_invariants(moved) == exact_invariants(plain(name))


def test_the_invariants_tell_different_algebras_apart() -> None:
    found = {name: invariants(plain(name)) for name in EQUATIONS}
    assert len({found["X'' = 0"], found["X'' = 1/X^3"], found["X'' = X^2"]}) == 3
    curvature = find_symmetries(ODESystem.parse("x'' = (1+x'^2)^(3/2)"))
    assert curvature.dimension == 3 and invariants(curvature) != found["X'' = 1/X^3"]
