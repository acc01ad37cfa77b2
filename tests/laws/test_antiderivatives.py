"""Systems in antiderivatives of their functions: the same equations, with laws that need no quadrature."""

import pytest
import sympy as sp

import liesym
from liesym.conservation import with_antiderivatives
from liesym.determine.verify import is_first_integral
from liesym.text.writer import write

# system -> (what is written for f, the number of laws)
SYSTEMS = {
    "x'' = f(x)": ("F'(s)", 1),
    "x'' = -f(sqrt(x^2+y^2))*x; y'' = -f(sqrt(x^2+y^2))*y": ("F'(s)/s", 2),
    "x' = x*(a-f(y)); y' = y*(g(x)-b)": ("F'(s)*s + a", 1),
    "x'' = f'(x)*x' + f(x)*x'": ("F'(s)", 1),
    "x1'' = f((x1-x2)^2)*(x2-x1); x2'' = f((x1-x2)^2)*(x1-x2)": ("F'(s)", 3),
}


@pytest.mark.parametrize("text", SYSTEMS)
def test_the_laws_hold_without_an_integral_sign(text):
    old, count = SYSTEMS[text]
    found = with_antiderivatives(text, budget=10.0)
    assert len(found.integrals) == count and found.left_out == ()
    assert not any(e.has(sp.Integral) for e in found.integrals)
    assert all(is_first_integral(e, found.system) for e in found.integrals)
    assert found.statements[0].endswith(f"the network is F, and f(s) = {old}")


@pytest.mark.parametrize("text", SYSTEMS)
def test_the_equations_are_the_given_ones(text):
    """F and G written out as antiderivatives of s³ give the equations with f = g = s³."""
    s = sp.Symbol("s", real=True)
    system = liesym.ODESystem.parse(text)
    found = with_antiderivatives(system, budget=10.0)
    roles = {statement[0]: statement.split(" = ")[1].split(":")[0] for statement in found.statements}
    cubes = {sp.Function(n): sp.Lambda(s, s**3) for n in ("f", "g")}
    names = {p.name: p.symbol for p in system.parameters} | {"s": s}
    slopes = {F: sp.sympify(e, locals={**names, "f": sp.Lambda(s, s**3), "g": sp.Lambda(s, s**3)}) for F, e in roles.items()}
    whole = {sp.Function(F): sp.Lambda(s, sp.integrate(sp.expand(e), s)) for F, e in slopes.items()}
    for new, given in zip(found.system.rhs, system.rhs, strict=True):
        difference = new.subs(whole).doit() - given.subs(cubes).doit()
        assert sp.expand(difference) == 0, (write(new), write(given))


def test_a_name_that_is_taken_is_left_to_its_owner():
    found = with_antiderivatives("x'' = F*f(x)", budget=10.0)
    assert str(found.system) == "x'' = F·F_'(x)"


def test_what_has_no_such_form_is_told():
    """∫ exp(-∫ f) is no function of F alone."""
    found = with_antiderivatives("x'' = f(x)*x'^2", budget=10.0)
    assert [write(e) for e in found.integrals] == ["x'*exp(-F(x))"]
    assert len(found.left_out) == 1 and found.left_out[0].has(sp.Integral)


def test_a_system_without_such_laws_stays_as_it_is():
    system = liesym.ODESystem.parse("x'' = -V'(x)")
    found = with_antiderivatives(system, budget=10.0)
    assert found.system == system and found.statements == () and len(found.integrals) == 1
