"""Darboux polynomials: found from the equations, with their cofactors, none that is none."""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import Expr, Poly

from liesym import ODESystem
from liesym.conservation import DarbouxPair, darboux_polynomials
from liesym.conservation.darboux import polynomials_with_cofactor
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.text import read_expression

# system -> polynomials of degree at most 2 that are known, up to a factor
KNOWN = {
    "x' = x*(a-b*y); y' = y*(d*x-c)": ("x", "y"),
    "x' = -y+x*(x^2+y^2-1); y' = x+y*(x^2+y^2-1)": ("x^2+y^2", "x^2+y^2-1"),
    "x' = y+x^2; y' = x+x*y": ("y+1", "x+y", "x-y"),
    "x' = x*(1-x-a*y-(2-a)*z); y' = y*(1-(2-a)*x-y-a*z); z' = z*(1-a*x-(2-a)*y-z)": ("x", "y", "z", "x+y+z", "x+y+z-1"),
    "x' = x*(1-x-a*y-b*z); y' = y*(1-b*x-y-a*z); z' = z*(1-a*x-b*y-z)": ("x", "y", "z"),
    "x' = s*(y-x); y' = r*x-y-x*z; z' = x*y-2*s*z": ("x^2-2*s*z",),
    "x' = x*(2*x+3*y-1); y' = y*(x+4*y-2)": ("x", "y"),
}


def rate(e: Expr, system: ODESystem) -> Expr:
    return sum((e.diff(x) * f for x, f in zip(system.unknowns, system.rhs, strict=True)), 0 * e)


def holds(pair: DarbouxPair, system: ODESystem) -> bool:
    """D p = K p, expanded by SymPy."""
    return (rate(pair.polynomial, system) - pair.cofactor * pair.polynomial).expand() == 0


@pytest.mark.parametrize("text", dealt(KNOWN, usual=2))
def test_known_polynomials_are_found(text: str) -> None:
    system = ODESystem.parse(text)
    found = darboux_polynomials(system, budget=5)
    assert all(holds(pair, system) for pair in found)
    symbols = {s.name: s for s in (*system.unknowns, *system.parameter_symbols)}
    for wanted in KNOWN[text]:
        p = read_expression(wanted, symbols=symbols)
        assert any(not (pair.polynomial / p).cancel().free_symbols & set(system.unknowns) for pair in found)
    if len(system.unknowns) == 2:  # in the plane none of degree at most 2 is missing
        assert len(found) == len(KNOWN[text])


def test_the_check_rejects_a_wrong_cofactor() -> None:
    system = ODESystem.parse("x' = x*(a-b*y); y' = y*(d*x-c)")
    pair = darboux_polynomials(system)[0]
    assert holds(pair, system) and not holds(DarbouxPair(pair.polynomial, pair.cofactor + 1), system)
    on = OnSolutions(system, jet_field(system))
    x, y = (on.field(s) for s in system.unknowns)
    assert polynomials_with_cofactor(on, [x, y, x * y], on.rate(x) / x) == [x]
    assert polynomials_with_cofactor(on, [x, y, x * y], on.field.one) == []


def test_lines_move_with_the_system() -> None:
    """Under x -> x + y + 2 the invariant lines of a Lotka-Volterra system go along."""
    system = ODESystem.parse("x' = (x+y+2)*(1-y) - y*(x+y-1); y' = y*(x+y-1)")
    found = [d.polynomial for d in darboux_polynomials(system)]
    x, y = system.unknowns
    assert {Poly(e, x, y).monic().as_expr() for e in found} == {y, x + y + 2}


def test_what_is_no_polynomial_system_has_none() -> None:
    for text in ("x' = sin(x)", "x' = t*x; y' = y", "x'' = -x"):
        assert darboux_polynomials(ODESystem.parse(text)) == ()
