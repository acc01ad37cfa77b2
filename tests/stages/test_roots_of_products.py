"""Roots of products: sqrt(x^2 - 1) is real at x < -1 too, where sqrt(x - 1) sqrt(x + 1) is its negative."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import liesym
from liesym.coefficients.joined import joined, with_joined_roots

x, y = sp.symbols("x y", real=True)


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        (sp.sqrt(x - 1) * sp.sqrt(x + 1), sp.sqrt(x**2 - 1)),
        (y * sp.sqrt(x - 1) / sp.sqrt(x + 1), y * sp.sqrt(x**2 - 1) / (x + 1)),
        (sp.sin(sp.sqrt(x) * sp.sqrt(y)), sp.sin(sp.sqrt(x * y))),
        (sp.sqrt(x - 1) + sp.sqrt(x + 1), sp.sqrt(x - 1) + sp.sqrt(x + 1)),
    ],
)
def test_roots_with_one_product_are_one_root(apart: sp.Expr, together: sp.Expr) -> None:
    assert with_joined_roots(apart) == together


def test_exponentials_and_roots_are_joined_in_one_go() -> None:
    assert joined(sp.sqrt(x) * sp.sqrt(y) * sp.exp(x, evaluate=False) * sp.exp(y)) == sp.sqrt(x * y) * sp.exp(x + y)


@pytest.mark.parametrize("place", [-1.7, -4.2, 2.3])
def test_a_generator_holds_on_both_sides_of_the_singular_points(place: float) -> None:
    """η_x + η_y f - η f_y = 0 in figures, with f = y/sqrt(x^2 - 1) + 1 at x < -1 and x > 1."""
    system = liesym.ODESystem.parse("y' = y/sqrt(x^2 - 1) + 1", independent="x")
    x, y = system.independent, system.variables[1]
    (f,) = system.rhs
    found = [g for g in liesym.find_symmetries(system).generators if not g.trivial]
    assert found
    for generator in found:
        xi, eta = generator.components
        total = (
            sp.diff(eta, x)
            + f * sp.diff(eta, y)
            - f * (sp.diff(xi, x) + f * sp.diff(xi, y))
            - xi * sp.diff(f, x)
            - eta * sp.diff(f, y)
        )
        value = sp.lambdify((x, y), [total, eta], "numpy")(np.float64(place), np.float64(0.6))
        assert abs(value[0]) < 1e-9 * max(1, abs(value[1]))


@pytest.mark.parametrize("place", [-1.7, 2.3])
def test_an_integral_holds_on_both_sides_of_the_singular_points(place: float) -> None:
    system = liesym.ODESystem.parse("y' = y/sqrt(x^2 - 1) + 1", independent="x")
    x, y = system.independent, system.variables[1]
    (f,) = system.rhs
    integrals = liesym.first_integrals(system)
    assert integrals
    for integral in integrals:
        # log(x + sqrt(x^2 - 1)) has an imaginary constant at x < -1; its derivative is real
        rate = sp.lambdify((x, y), sp.diff(integral, x) + f * sp.diff(integral, y), "numpy")(
            np.float64(place), np.float64(0.6)
        )
        assert abs(rate) < 1e-9
