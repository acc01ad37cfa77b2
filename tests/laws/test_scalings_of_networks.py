"""Time translation and scalings of large networks: the number of them by a second count, and each a symmetry."""

from __future__ import annotations

import pytest
from sympy import Matrix, Poly

from liesym.model.system import ODESystem
from liesym.symmetries.pipeline import find_symmetries

N = 17


def chain(rate: str, feed: str = "") -> ODESystem:
    """x1 -> x2 -> …, with `rate` for the step that begins at {x}."""
    steps = [rate.format(x=f"x{i}", k=f"k{i}") for i in range(N)]
    first = f"x0' = -{steps[0]}{feed}"
    return ODESystem.parse("; ".join([first, *(f"x{i}' = {steps[i - 1]} - {steps[i]}" for i in range(1, N))]))


def scalings_counted(system: ODESystem) -> int:
    """Weights (b, a_1, …) with a·m = a_i - b for all monomials m of right side i, all right sides polynomials."""
    rows = []
    for i, f in enumerate(system.rhs):
        for monomial in Poly(f, *system.unknowns).monoms():
            row = [1, *monomial]
            row[1 + i] -= 1
            rows.append(row)
    return 1 + len(system.unknowns) - Matrix(rows).rank()


@pytest.mark.parametrize(
    ("rate", "feed"), [("{k}*{x}^2", ""), ("{k}*{x}", ""), ("{k}*{x}", " + k"), ("{k}*{x}^2 + a*{x}", "")]
)
def test_all_scalings_are_there(rate: str, feed: str) -> None:
    system = chain(rate, feed)
    found = find_symmetries(system, budget=0.4).generators
    scaling = [g for g in found if all((c / v).is_number for v, c in zip(g.variables, g.components, strict=True))]
    assert len(scaling) == scalings_counted(system)
    assert [g.xi for g in found if not any(g.components[1:])] == [1]
    assert all(g.is_symmetry_of(system) for g in scaling)


def test_denominators_have_weights_too() -> None:
    system = ODESystem.parse("; ".join(f"x{i}' = -v*x{i}/(x{i} + x{(i + 1) % N})" for i in range(N)))
    found = find_symmetries(system, budget=0.4).generators
    t, *states = system.variables
    assert any(g.xi == t and list(g.components[1:]) == states for g in found)
