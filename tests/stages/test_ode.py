"""Linear ODEs over the coefficient field: full sets of solutions, each verified by substitution."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sympy import (
    Expr,
    Function,
    I,
    Integral,
    Rational,
    S,
    Symbol,
    airyai,
    besseli,
    besselj,
    cos,
    exp,
    log,
    sin,
    symbols,
    sympify,
    tan,
)

from liesym.base.typed import expr
from liesym.certify.independence import independent_positions
from liesym.coefficients import Element, Field
from liesym.solving.ode.ode import OdeSolver

x, y, a, b = symbols("x y a b", real=True)
n = Symbol("n", real=True)
q = Function("q")


def solved(coefficients: Sequence[Expr | int], names: bool = False) -> tuple[list[Element] | None, Field, OdeSolver]:
    """Solutions of u^(n) + Σ a_k u^(k) = 0."""
    field = Field.build([expr(sympify(c)) for c in coefficients], (x, y), (a, b, n))
    solver = OdeSolver(field, allow_names=names)
    return solver.fundamental_solutions(tuple(field(expr(sympify(c))) for c in coefficients), x), field, solver


def is_solution(u: Element, coefficients: Sequence[Expr | int], field: Field) -> bool:
    total, derivative = field.zero, u
    for c in coefficients:
        total = total + field(expr(sympify(c))) * derivative
        derivative = derivative.diff(x)
    return (total + derivative).is_zero


def wronskian(functions: list[Element], field: Field) -> Element:
    rows = [functions]
    for _ in functions[1:]:
        rows.append([u.diff(x) for u in rows[-1]])

    def det(matrix: list[list[Element]]) -> Element:
        if not matrix:
            return field.one
        total = field.zero
        for j, c in enumerate(matrix[0]):
            total = total + c * det([[*r[:j], *r[j + 1 :]] for r in matrix[1:]]) * (-1) ** j
        return total

    return det(rows)


CLOSED = {
    "first order": [-1 / x],
    "first order, exponential": [-2 * x * y],
    "first order, arbitrary": [-q(x).diff(x)],
    "free": [0, 0],
    "oscillator": [1, 0],
    "hyperbolic": [-(a**2), 0],
    "damped, generic": [b, a],
    "damped, double root": [a**2, 2 * a],
    "third order": [-6, 11, -6],
    "u''' = u": [-1, 0, 0],
    "fourth order, squares": [1, 0, 2, 0],
    "coefficient of another variable": [-y, 0],
    "Euler": [-1 / x**2, 1 / x],
    "Euler, complex": [1 / x**2, 1 / x],
    "Euler, double": [1 / x**2, -1 / x],
    "Euler of order 3": [-6 / x**3, 6 / x**2, -3 / x],
    "Euler, shifted": [-2 / (2 * x + 1) ** 2, 0],
    "Euler, generic": [a / x**2, b / x],
    "reduction of order": [1 / (x**2), -1 / x],
    "Legendre of degree 1": [2 / (1 - x**2), -2 * x / (1 - x**2)],
    "Legendre of degree 2": [6 / (1 - x**2), -2 * x / (1 - x**2)],
    "Chebyshev": [4 / (1 - x**2), -x / (1 - x**2)],
    "trigonometric coefficients": [0, tan(x)],
    "exponential coefficients": [exp(2 * x), -1],
    "exponential coefficients, hyperbolic": [-(a**2) * exp(2 * x), -1],
    "sin(sin x)": [cos(x) ** 2, tan(x)],
    "Airy": [-x, 0],
    "Airy, scaled": [-(a * x + b), 0],
    "Airy with damping": [-x, 2],
    "Bessel": [1 - n**2 / x**2, 1 / x],
    "Bessel of order 0": [1, 1 / x],
    "modified Bessel": [-(1 + 1 / x**2), 1 / x],
    "Bessel of order one half": [1 - Rational(1, 4) / x**2, 1 / x],
    "power potential": [-(x**3), 0],
    "derivatives of Airy functions": [-x, -1 / x],
    "squares of Airy functions": [2, 4 * x, 0],
    "squares of sines": [0, 4, 0],
    "cubes of Airy functions": [9 * x**2, -10, -10 * x, 0],
}


@pytest.mark.parametrize("name", CLOSED)
def test_full_sets_of_solutions(name: str) -> None:
    coefficients = CLOSED[name]
    found, field, _ = solved(coefficients)
    assert found is not None and len(found) == len(coefficients)
    assert all(is_solution(u, coefficients, field) for u in found)
    assert not wronskian(found, field).is_zero
    assert len(independent_positions([(u,) for u in found], field.variables, field)) == len(found)


def test_the_checks_reject_what_is_no_solution_and_what_is_dependent() -> None:
    field = Field.build([sin(x), exp(x)], (x, y), ())
    assert not is_solution(field(exp(x)), [1, 0], field)
    assert is_solution(field(sin(x)), [1, 0], field)
    assert wronskian([field(sin(x)), field(3 * sin(x))], field).is_zero


def test_an_arbitrary_function_in_two_factors_needs_integrals_and_no_named_solution() -> None:
    coefficients = [-q(x).diff(x) - q(x) ** 2, S.Zero]
    found, field, solver = solved(coefficients, names=True)
    assert found is not None and not solver.definitions and all(is_solution(u, coefficients, field) for u in found)
    assert not wronskian(found, field).is_zero
    _, _, solver = solved([-q(x).diff(x) - 2 * q(x) ** 2, S.Zero], names=True)
    assert len(solver.definitions) == 2


def test_bessel_functions_are_real() -> None:
    """No order √(-3), no argument -2/(3 x^(3/2)): real solutions are named or have the positive argument."""
    found, _, solver = solved([1 + 3 / x**2, 1 / x], names=True)
    assert found is not None and len(solver.definitions) == 2
    found, field, _ = solved([1 / x**5, 0])
    assert found is not None and not any(field.to_expr(u).has(I) for u in found)
    assert all(is_solution(u, [1 / x**5, S.Zero], field) for u in found)


def test_special_functions_are_the_expected_ones() -> None:
    for coefficients, function in (([-x, 0], airyai), ([1, 1 / x], besselj), ([-1, 1 / x], besseli)):
        found, field, _ = solved(coefficients)
        assert found is not None and field.to_expr(found[0]).has(function)


def test_the_square_of_a_logarithm_appears_at_triple_exponents() -> None:
    found, field, _ = solved([-8 / x**3 * 0, 1 / x**2, 3 / x])
    assert found is not None and any(u == field(log(x) ** 2) * c for u in found for c in (1, field.one))


QUADRATURES = {
    "Hermite, polynomial": [4, -2 * x],
    "exponential times polynomial": [-(4 * x**2 + 2), 0],
}

NAMED = {
    "arbitrary potential": [-q(x), 0],
    "arbitrary potential and damping": [-q(x), q(x) ** 2],
    "third order": [-x, q(x), 0],
    "square of a named operator": [-2 * q(x).diff(x), -4 * q(x), 0],
}


@pytest.mark.parametrize("name", NAMED)
def test_solutions_without_closed_form_are_named(name: str) -> None:
    coefficients = NAMED[name]
    found, field, solver = solved(coefficients, names=True)
    assert found is not None and len(found) == len(coefficients)
    assert all(is_solution(u, coefficients, field) for u in found)
    assert solver.definitions and not wronskian(found, field).is_zero
    assert solved(coefficients, names=False)[0] is None


@pytest.mark.parametrize("name", QUADRATURES)
def test_a_second_solution_by_an_integral_without_closed_form(name: str) -> None:
    coefficients = QUADRATURES[name]
    found, field, solver = solved(coefficients, names=True)
    assert found is not None and all(is_solution(u, coefficients, field) for u in found)
    assert not solver.definitions and not wronskian(found, field).is_zero
    assert any(field.to_expr(u).has(Integral) for u in found)
    assert solved(coefficients)[0] is None


def test_one_equation_and_its_gauge_transform_share_their_names() -> None:
    field = Field.build([q(x)], (x, y), ())
    solver = OdeSolver(field, allow_names=True)
    k = field(q(x))
    solver.fundamental_solutions((-k, field.zero), x)
    solver.fundamental_solutions((-k + 1, field.constant(2)), x)  # u = exp(-x) w with the same w
    assert [d.name for d in solver.definitions] == ["psi1", "psi2"]


def test_names_that_are_taken_are_avoided() -> None:
    field = Field.build([q(x)], (x, y), ())
    solver = OdeSolver(field, allow_names=True, taken=frozenset({"psi1", "psi3"}))
    solver.fundamental_solutions((-field(q(x)), field.zero), x)
    assert [d.name for d in solver.definitions] == ["psi2", "psi4"]


@pytest.mark.parametrize(
    ("coefficients", "source"),
    [
        ([1, 0], x**2),
        ([1, 0], sin(x)),
        ([0, 0], exp(x) * x),
        ([-1 / x], x**3),
        ([-x, 0], S.One),
        ([1, 0], S.Zero),
    ],
)
def test_particular_solutions(coefficients: list[Expr], source: Expr) -> None:
    field = Field.build([source, *(expr(sympify(c)) for c in coefficients)], (x, y), (a, b))
    solver = OdeSolver(field, allow_names=True)
    elements = tuple(field(expr(sympify(c))) for c in coefficients)
    solutions = solver.fundamental_solutions(elements, x)
    assert solutions is not None
    found = solver.particular_solution(elements, solutions, field(source), x)
    assert found is not None
    total, derivative = field.zero, found
    for c in elements:
        total, derivative = total + c * derivative, derivative.diff(x)
    assert (total + derivative - field(source)).is_zero
