"""Laws of first integrals and of backward conservation laws."""

from __future__ import annotations

import pytest
from sympy import Expr, I, Integral, Matrix, S, Symbol, atan, cos, exp, eye, log, sin, sqrt, symbols

from liesym import Generator, ODESystem, backward_conservation_laws, first_integrals
from liesym.base.jets import jet_symbol
from liesym.conservation.modes import eigenvalues_of, linear_integrals
from liesym.conservation.multipliers import integrals_from_symmetries
from liesym.conservation.rates import angles, real_darboux_polynomials
from liesym.conservation.select import Selection, gradient_rank
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported

t, x, y, z = symbols("t x y z", real=True)
v = jet_symbol(x, 1)


def rank(integrals: tuple[Expr, ...], system: ODESystem) -> int:
    field = jet_field(system, integrals)
    return gradient_rank([field(i) for i in integrals], field)


def test_the_check_of_integrals_rejects_what_is_none() -> None:
    system = ODESystem.parse("x'' = -x")
    assert is_first_integral(x**2 + v**2, system)
    assert not is_first_integral(x**2 - v**2, system)


def test_the_rank_counts_functions_not_expressions() -> None:
    system = ODESystem.parse("x'' = -x; y'' = -y")
    w = jet_symbol(y, 1)
    energies = (x**2 + v**2, y**2 + w**2)
    assert rank(energies, system) == 2
    assert rank((*energies, energies[0] * energies[1]), system) == 2


def test_products_of_kept_integrals_are_not_kept() -> None:
    system = ODESystem.parse("x'' = 0; y'' = 0")
    w = jet_symbol(y, 1)
    selection = Selection(system)
    selection.offer([v, w, v**2 + w**2, v * w + 3])
    assert selection.kept == [v, w] and selection.rank == 2
    selection.offer([x * w - y * v])
    assert len(selection.kept) == 3


def test_functions_of_kept_integrals_are_not_kept() -> None:
    system = ODESystem.parse("x' = x*(y-z); y' = y*(z-x); z' = z*(x-y)")
    selection = Selection(system)
    selection.offer([x * y * z, x + y + z, log(x) + log(y) + log(z)], functional=True)
    assert len(selection.kept) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x'' = -w^2*x", 2),
        ("x'' = 0; y'' = 0", 4),
        ("y'' = -3*y*y'-y^3", 2),
        ("y'' = t*y", 2),
        ("x' = 2*x+y; y' = x-3*y", 2),
        ("x' = y*z; y' = -2*x*z; z' = x*y", 2),
        ("y''' = 3*y''^2/(2*y')", 3),
        ("x'' = 2*y'; y'' = -2*x'", 4),
        ("x'' = 1/x^3", 2),
        ("x' = x*(a*x+b*y+c*z); y' = y*(a*x+b*y+c*z); z' = z*(a*x+b*y+c*z)", 3),
    ],
)
def test_integrals_are_verified_and_independent(text: str, count: int) -> None:
    system = ODESystem.parse(text)
    found = first_integrals(system, budget=20)
    assert len(found) == rank(found, system) == count
    assert all(is_first_integral(i, system) for i in found)


@pytest.mark.parametrize(
    "force",
    ["mu*{0}*(x^2 + y^2)^n", "-{0}*f(x^2 + y^2)"],
    ids=["symbolic power", "arbitrary function"],
)
def test_a_force_without_a_value_at_the_origin_keeps_its_angular_momentum(force: str) -> None:
    system = ODESystem.parse(f"x'' = {force.format('x')}; y'' = {force.format('y')}")
    found = first_integrals(system, budget=20.0)
    w = jet_symbol(y, 1)
    assert any((i - (x * w - y * v)).expand() == 0 or (i + (x * w - y * v)).expand() == 0 for i in found)


def test_parameters_called_like_library_names() -> None:
    system = ODESystem.parse("S' = -beta*S*I; I' = beta*S*I - gamma*I")
    (found,) = first_integrals(system, budget=20)
    assert is_first_integral(found, system) and {"beta", "gamma"} <= {str(s) for s in found.free_symbols}


def test_symmetries_give_ratios_of_multipliers() -> None:
    system = ODESystem.parse("x'' = 0")
    fields = [(S.One, S.Zero), (S.Zero, S.One), (t, S.Zero), (S.Zero, x), (x, S.Zero), (S.Zero, t)]
    elements, on = integrals_from_symmetries(system, [Generator((t, x), f) for f in fields])
    found = [on.field.to_expr(e) for e in elements]
    assert found and all(is_first_integral(i, system) for i in found)
    assert rank(tuple(i for i in found if i.free_symbols), system) == 2


def test_an_integrating_factor_from_a_symmetry() -> None:
    """y' = y + t² e^t has y -> y + c e^t; I = ∫ (dy - f dt)/e^t."""
    system = ODESystem.parse("y' = y + t^2*exp(t)")
    found = first_integrals(system, generators=[Generator((t, y), (S.Zero, exp(t)))], budget=20)
    assert rank(found, system) == 1


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("x' = y; y' = -k*x - c*y", 25),
        ("x' = -(k10+k12)*x + k21*y; y' = k12*x - k21*y", 60),
        ("x' = w*y - x/T1; y' = -w*x - y/T1; z' = (1-z)/T2", 12),
        ("x' = w*y; y' = -w*x + c*z; z' = -c*y", 40),
        ("x' = a*x + y; y' = a*y; z' = b", 12),
        ("x'' = -a*x + b*y; y'' = b*x - a*y", 25),
        ("x' = y + t; y' = -x + a*t", 25),
        ("x' = 2*y; y' = 3*x + t^2; z' = z + x", 40),
        ("y'' = -w^2*y + cos(v*t)", 30),
    ],
)
def test_a_linear_system_has_one_short_integral_for_each_initial_value(text: str, longest: int) -> None:
    system = ODESystem.parse(text)
    found = linear_integrals(system)
    assert len(found) == sum(system.orders) == rank(tuple(found), system)
    assert all(is_first_integral(i, system) for i in found)
    assert not is_first_integral(found[0] + system.unknowns[0], system)
    assert max(i.count_ops() for i in found) <= longest


def test_no_linear_integrals_of_what_is_not_linear_with_constant_coefficients() -> None:
    for text in ("x' = x*y; y' = x", "y' = t*y", "x' = a*y; y' = b*z; z' = c*x"):
        assert not linear_integrals(ODESystem.parse(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x' = f(y); y' = -g(x)", 1),
        ("x' = x*(a - f(y)); y' = -y*(c - g(x))", 1),
        ("x' = log(1+exp(y)); y' = -x", 1),
        ("x'' = -f(x)", 1),
        ("x'' = -f(x)*x'^2", 2),
        ("y' = f(t)*y + g(t)", 1),
        ("x' = f(x,y); y' = g(x)", 0),
    ],
)
def test_quadratures_without_a_closed_form_stand_as_integrals(text: str, count: int) -> None:
    system = ODESystem.parse(text)
    found = first_integrals(system, budget=20)
    assert len(found) == rank(found, system) == count
    assert all(is_first_integral(i, system) and i.has(Integral) for i in found)


@pytest.mark.parametrize(
    "text",
    [
        "x' = -y*(x^2+y^2); y' = x*(x^2+y^2); z' = z*(x^2+y^2)",
        "x' = a*x-w*y-x*z; y' = w*x+a*y-y*z; z' = -k*z",
        "x' = -y*z; y' = x*z; z' = -z",
        "x' = -y+x*z; y' = x+y*z; z' = 1-z^2",
    ],
)
def test_angles_complete_the_integrals_of_what_turns(text: str) -> None:
    system = ODESystem.parse(text)
    found = first_integrals(system, budget=20)
    assert len(found) == rank(found, system) == 3
    assert all(is_first_integral(i, system) and not i.has(I) for i in found)
    assert any(i.has(atan) for i in found)


def test_an_angle_needs_a_rate_without_a_pole_on_the_axis() -> None:
    for text, count in (("x' = -y; y' = x", 1), ("x' = y; y' = x", 0), ("x' = x; y' = y", 0)):
        system = ODESystem.parse(text)
        assert len(angles(OnSolutions(system, jet_field(system)))) == count


def test_a_polynomial_in_a_root_is_no_darboux_polynomial_because_its_conjugate_is_not() -> None:
    """1/p = conjugate/norm: p is still in the denominator of D p/p where its norm is."""
    flow = ODESystem.parse("x' = A*sin(z)+C*cos(y); y' = B*sin(x)+A*cos(z); z' = C*sin(y)+B*cos(x)")
    assert not real_darboux_polynomials(OnSolutions(flow, jet_field(flow)))
    system = ODESystem.parse("x' = sin(x); y' = y*cos(x)")
    on = OnSolutions(system, jet_field(system))
    found = {on.field.to_expr(d.polynomial): on.field.to_expr(d.cofactor) for d in real_darboux_polynomials(on)}
    assert found[sin(x)] == found[y] == cos(x)


def test_a_budget_that_is_spent_returns_what_was_verified() -> None:
    forces = "x'' = g/(x-y)^3+g/(x-z)^3; y'' = -g/(x-y)^3+g/(y-z)^3; z'' = -g/(x-z)^3-g/(y-z)^3"
    system = ODESystem.parse(forces)
    found = first_integrals(system, budget=0.5)
    assert all(is_first_integral(i, system) for i in found)


# -- backpropagation ----------------------------------------------------------------------------------


def toy() -> ODESystem:
    return ODESystem.parse("z' = cos(theta1*z + theta2)")


def test_backward_laws_of_the_toy() -> None:
    """u cos(θ1 z + θ2), u - θ1 w and u (z - t cos(·)) - θ1 v span all that affine symmetries give."""
    names = {"z": "u", "theta1": "v", "theta2": "w"}
    laws = backward_conservation_laws(toy(), names=names)
    adjoint = laws[0].adjoint
    expected = ("u*cos(theta1*z + theta2)", "u - theta1*w", "u*(z - t*cos(theta1*z + theta2)) - theta1*v")
    symbols_ = {s.name: s for s in (*adjoint.variables, *adjoint.parameter_symbols)}
    from liesym.text import read_expression

    wanted = tuple(read_expression(e, symbols=symbols_) for e in expected)
    assert all(is_first_integral(law.expression, adjoint) for law in laws)
    assert all(is_first_integral(e, adjoint) for e in wanted)
    found = tuple(law.expression for law in laws)
    assert rank(found, adjoint) == rank((*found, *wanted), adjoint) == 3


def test_a_law_jumps_with_the_adjoint() -> None:
    system = toy()
    z_, theta1, theta2 = (Symbol(n, real=True) for n in ("z", "theta1", "theta2"))
    translation = Generator((t, z_, theta1, theta2), (S.One, S.Zero, S.Zero, S.Zero))
    (law,) = backward_conservation_laws(system, [translation])
    gradient = Symbol("g", real=True)
    adjoint = Symbol("a_z", real=True)
    assert (law.jump({adjoint: gradient}) + gradient * cos(theta1 * z_ + theta2)).expand() == 0


def test_backward_laws_need_a_first_order_system() -> None:
    with pytest.raises(Unsupported, match="first_order"):
        backward_conservation_laws(ODESystem.parse("x'' = -x"))


def test_the_rates_of_a_linear_part_are_the_roots_of_its_characteristic_polynomial() -> None:
    """Also where its entries hold roots of parameters, which SymPy does not sort."""
    a, b = symbols("a b", real=True)
    for matrix in (Matrix([[0, a], [b, a * b]]), Matrix([[b / (2 * sqrt(a)), 0, 0], [0, -sqrt(a), 0], [0, 0, b**2]])):
        found = eigenvalues_of(matrix)
        assert len(found) == matrix.rows
        x = Symbol("x")
        characteristic = (x * eye(matrix.rows) - matrix).det()
        assert all(characteristic.subs(x, rate).expand().simplify() == 0 for rate in found)
        assert characteristic.subs(x, found[0] + 1).expand().simplify() != 0
