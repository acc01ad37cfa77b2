"""Integrals of forces that hold arbitrary functions, of many bodies, and in turning axes; how they are written.

Sources: Goldstein 1980, chapter 3 and section 3.12 (three bodies); Szebehely 1967 (Jacobi's integral); Calogero 1971.
"""

from __future__ import annotations

import pytest
from sympy import Expr, Integral

from liesym import ODESystem, first_integrals
from liesym.base.jets import jet_symbol
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import is_first_integral
from liesym.text import read_expression, write

RADIAL = {
    "x''=f(sqrt(x^2+y^2))*x; y''=f(sqrt(x^2+y^2))*y": "2*integral(s*f(s), s, 0, sqrt(x^2 + y^2))",
    "x''=f(x^2+y^2)*x; y''=f(x^2+y^2)*y": "integral(f(s), s, 0, x^2 + y^2)",
    "x''=f(x*y)*y+x; y''=f(x*y)*x": "2*integral(f(s), s, 0, x*y) + x^2",
    "x''=f(sqrt(x^2+y^2))^2*x; y''=f(sqrt(x^2+y^2))^2*y": "2*integral(s*f(s)^2, s, 0, sqrt(x^2 + y^2))",
    "x''=a*f(a*x+b*y); y''=b*f(a*x+b*y)": "2*integral(f(s), s, 0, a*x + b*y)",
}


def energies(system: ODESystem, found: tuple[Expr, ...]) -> list[Expr]:
    """Those of degree 2 in the velocities."""
    speeds = [jet_symbol(x, 1) for x in system.unknowns]
    return [i for i in found if any(i.diff(v, v) != 0 for v in speeds)]


@pytest.mark.parametrize("text", RADIAL)
def test_the_energy_of_an_arbitrary_force(text: str) -> None:
    system = ODESystem.parse(text)
    (energy,) = energies(system, first_integrals(system, budget=20))
    symbols = {str(s): s for s in (*system.variables, *system.parameter_symbols)}
    kinetic = sum((jet_symbol(x, 1) ** 2 for x in system.unknowns), start=energy * 0)
    expected = kinetic - read_expression(RADIAL[text], symbols=symbols)
    assert is_first_integral(energy, system) and is_first_integral(expected, system)
    field = jet_field(system, [energy, expected])
    assert gradient_rank([field(energy), field(expected)], field) == 1
    assert "integral(" in write(energy)


def test_a_wrong_integrand_is_no_integral() -> None:
    system = ODESystem.parse("x''=f(x^2+y^2)*x; y''=f(x^2+y^2)*y")
    x, y = system.unknowns
    function = next(e.func for e in system.rhs[0].args if e.is_Function)
    wrong = jet_symbol(x, 1) ** 2 + jet_symbol(y, 1) ** 2 - 2 * Integral(function(x), (x, 0, x**2 + y**2))
    assert not is_first_integral(wrong, system)


def test_a_force_that_is_no_gradient_keeps_no_energy() -> None:
    system = ODESystem.parse("x''=f(x^2+y^2)*x; y''=f(x^2+2*y^2)*y")
    assert energies(system, first_integrals(system, budget=3)) == []


BODIES = "; ".join(
    f"{u}{i}'' = " + " + ".join(f"m{j}*({u}{j}-{u}{i})/((x{i}-x{j})^2+(y{i}-y{j})^2)^(3/2)" for j in (1, 2, 3) if j != i)
    for i in (1, 2, 3)
    for u in "xy"
)


@pytest.mark.slow
def test_three_bodies_in_the_plane() -> None:
    """Momentum, angular momentum and energy, well within the budget; those that follow from them are not repeated."""
    system = ODESystem.parse(BODIES)
    found = first_integrals(system, budget=16)
    field = jet_field(system, found)
    assert gradient_rank([field(i) for i in found], field) >= 4
    assert len(energies(system, found)) == 1
    assert all(len(str(i)) < 500 for i in found)


def test_jacobis_integral() -> None:
    """The restricted problem of three bodies, in axes that turn with the two large ones."""
    one, two = "((x+m)^2+y^2)", "((x-1+m)^2+y^2)"
    text = f"x''=2*y'+x-(1-m)*(x+m)/{one}^(3/2)-m*(x-1+m)/{two}^(3/2); y''=-2*x'+y-(1-m)*y/{one}^(3/2)-m*y/{two}^(3/2)"
    system = ODESystem.parse(text)
    (jacobi,) = first_integrals(system, budget=2)
    assert is_first_integral(jacobi, system)
    broken = ODESystem.parse(text.replace("-2*x'", "-3*x'"))
    assert first_integrals(broken, budget=1) == ()


def test_linear_integrals_in_a_field_that_turns_velocities() -> None:
    """A magnetic field B(y): x' + cos y and the speed."""
    system = ODESystem.parse("x''=sin(y)*y'; y''=-sin(y)*x'")
    found = first_integrals(system, budget=8)
    assert len(found) == 2 and len(energies(system, found)) == 1
    crossed = ODESystem.parse("x''=sin(y)*y'; y''=-sin(y+x)*x'")
    assert energies(crossed, first_integrals(crossed, budget=3)) == []


def test_fractions_are_written_apart() -> None:
    """Two fixed centres: not over the common denominator of both roots; Calogero: not over all differences."""
    centres = (
        "x''=-m*(x-1)/((x-1)^2+y^2)^(3/2)-n*(x+1)/((x+1)^2+y^2)^(3/2);y''=-m*y/((x-1)^2+y^2)^(3/2)-n*y/((x+1)^2+y^2)^(3/2)"
    )
    found = first_integrals(ODESystem.parse(centres), budget=15)
    assert len(found) == 2 and all(len(str(i)) < 200 for i in found)


def test_classes_of_roots_add_up() -> None:
    from liesym.coefficients.parts import in_classes

    system = ODESystem.parse(BODIES)
    on = OnSolutions(system, jet_field(system))
    classes = in_classes(on.rhs, system.unknowns, on.field)
    assert len(classes) == 3
    for total, *parts in zip(on.rhs, *classes, strict=True):
        assert (sum(parts, start=on.field.zero) - total).is_zero
    nested = ODESystem.parse("x''=x/sqrt(x^2+y^2)*exp(-sqrt(x^2+y^2)); y''=y")
    on = OnSolutions(nested, jet_field(nested))
    assert len(in_classes(on.rhs, nested.unknowns, on.field)) == 1
