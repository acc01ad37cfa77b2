"""Noether's theorem, Euler-Lagrange equations, the Legendre transform and the inverse problem."""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import Expr, Rational, S, Symbol, exp, symbols
from true_at_points import verdict

from liesym import Generator, ODESystem, noether
from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import is_first_integral
from liesym.errors import NotSolvable, Unsupported
from liesym.solving.linear.vectors import constant_relations
from liesym.text import write
from liesym.variational import Lagrangian, euler_lagrange, find_lagrangian, inverse_problem, legendre
from liesym.variational.noether import _of_the_equations
from liesym.variational.present import number_factor, with_positive_speeds

t, x, y = symbols("t x y", real=True)
v, w = jet_symbol(x, 1), jet_symbol(y, 1)
KEPLER = "(x'^2+y'^2+z'^2)/2 + mu/sqrt(x^2+y^2+z^2)"
SCHWARZSCHILD = "-(1-2*m/r)*t'^2/2 + r'^2/(1-2*m/r)/2 + r^2*p'^2/2 + r^2*sin(p)^2*q'^2/2"
KERR = (
    "-(1-2*m*r/(r^2+a^2*cos(p)^2))*t'^2/2 - 2*m*a*r*sin(p)^2/(r^2+a^2*cos(p)^2)*t'*q'"
    "+ (r^2+a^2*cos(p)^2)*(r'^2/(r^2-2*m*r+a^2)+p'^2)/2"
    "+ (r^2+a^2+2*m*r*a^2*sin(p)^2/(r^2+a^2*cos(p)^2))*sin(p)^2*q'^2/2"
)
DAMPED = "exp(g*t)*(x'^2 - w^2*x^2)/2"

# Lagrangian, independent variable, number of variational point symmetries with gauge, source of the number
CASES = {
    "free particle": ("x'^2/2", "t", 5),  # Olver 1993, example 4.30: five of the eight
    "free particle in the plane": ("(x'^2+y'^2)/2", "t", 8),  # Schrödinger algebra with the mass left out
    "oscillator": ("(x'^2 - w^2*x^2)/2", "t", 5),  # Lutzky 1978
    "Kepler in space": (KEPLER, "t", 4),  # energy and angular momentum; Runge-Lenz is no point symmetry
    "inverse square potential": ("(x'^2+y'^2)/2 - 1/(x^2+y^2)", "t", 4),
    "Lane-Emden of index 5": ("t^2*(y'^2/2 - y^6/6)", "t", 1),
    "Schwarzschild": (SCHWARZSCHILD, "s", 5),
    "charge in a constant magnetic field": ("(x'^2+y'^2)/2 + b*(x*y'-y*x')/2", "t", 8),  # Schrödinger again
    "charge in crossed gauges": ("(x'^2+y'^2+z'^2)/2 + b*x*y' + e*z", "t", 8),  # Landau gauge, E along B
    "Foucault pendulum": ("(x'^2+y'^2)/2 + o*(x*y'-y*x') - k*(x^2+y^2)/2", "t", 8),
    # rotations with a gauge term each, and sl(2,R): Jackiw 1980
    "magnetic monopole": ("(r'^2 + r^2*p'^2 + r^2*sin(p)^2*q'^2)/2 + g*cos(p)*q'", "t", 6),
    "Ermakov": ("(x'^2 - w^2*x^2 - 1/x^2)/2", "t", 3),  # sl(2,R): Ray and Reid 1979
    "Kerr": (KERR, "s", 3),  # energy, angular momentum, and the metric; Carter's integral is no point symmetry
    "Einstein-de Sitter for radiation": ("(-t'^2 + t*(x'^2+y'^2+z'^2))/2", "s", 8),  # e(3), s and its scaling
    "charge in a field, relativistic": ("-m*sqrt(1-x'^2-y'^2) + e*(x*y'-y*x')/2", "t", 4),
    "free relativistic particle in the plane": ("-sqrt(1 - x'^2 - y'^2)", "t", 6),  # Poincare group in 1 + 2
}


@pytest.mark.parametrize("name", dealt(CASES, usual=2))
def test_variational_symmetries_and_their_charges(name: str) -> None:
    text, independent, count = CASES[name]
    laws = noether(text, independent=independent, budget=60)
    system = euler_lagrange(text, independent=independent)
    everywhere = sum(not law.on for law in laws)
    on_a_side = [sum(law.on == side for law in laws) for side in {law.on for law in laws if law.on}]
    assert {everywhere + n for n in on_a_side or [0]} == {count}
    assert all(is_first_integral(law.integral, system) for law in laws)
    assert all(law.generator.is_symmetry_of(system) for law in laws)


@pytest.mark.parametrize("name", dealt(CASES, usual=2))
def test_the_defining_condition_holds(name: str) -> None:
    """X^(1) L + L D_t ξ = D_t B."""
    text, independent, _ = CASES[name]
    for law in noether(text, independent=independent):
        lagrangian = Lagrangian.parse(text, unknowns=[u.name for u in law.generator.variables[1:]], independent=independent)
        jets = lagrangian.jets
        left = law.generator.prolonged(lagrangian.expression)
        left += lagrangian.expression * jets.total_derivative(law.generator.xi)
        field = lagrangian.field([left, jets.total_derivative(law.gauge)])
        assert (field(left) - field(jets.total_derivative(law.gauge))).is_zero


def test_schwarzschild_gives_energy_and_angular_momentum() -> None:
    laws = noether(SCHWARZSCHILD, independent="s")
    found = {tuple(write(c) for c in law.generator.components): write(law.integral) for law in laws}
    by_direction = {key: value for key, value in found.items() if key.count("0") == 4}
    assert len(by_direction) == 3  # translations of s, t and q
    assert any("t'" in i and "q'" not in i and "r'" not in i for i in by_direction.values())
    assert any("q'" in i and "t'" not in i and "r'" not in i for i in by_direction.values())


def test_what_is_called_energy_is_the_energy() -> None:
    """Noether's formula gives L - q' ∂L/∂q' for ∂_t; the sign is free, and people write E, and p for ∂_x."""
    laws = {law.generator.components: law for law in noether("m*(x'^2 + y'^2)/2 - m*g*y")}
    m, g = Symbol("m", real=True), Symbol("g", real=True)
    energy, momentum = laws[S.One, S.Zero, S.Zero], laws[S.Zero, S.One, S.Zero]
    assert (
        (energy.constant - m * (v**2 + w**2) / 2 - m * g * y).expand() == 0 == (energy.constant + energy.integral).expand()
    )
    assert (momentum.constant - m * v).expand() == 0
    assert with_positive_speeds(x * w - y * v, (v, w)) == x * w - y * v


def test_fields_of_noether_have_no_number_as_a_factor() -> None:
    """t² ∂_t + t x ∂_x, and not a multiple of it; the gauge term and the charge belong to the field as it stands."""
    components = {law.generator.components for law in noether("x'^2/2")}
    assert (t**2, t * x) in components and (S.Zero, t) in components
    assert number_factor([4 * t, S.Zero, 6 * x / 5]) == Rational(2, 5) and number_factor([-t, x]) == 1


def test_the_damped_oscillator_has_its_gauge_symmetry() -> None:
    """∂_t - (γ/2) x ∂_x leaves e^(γt) (…) dt invariant; the charge is constant though the energy decays."""
    g, frequency = Symbol("g", real=True), Symbol("w", real=True)
    translation = Generator((t, x), (S.One, -g * x / 2))
    (law,) = noether(DAMPED, generators=[translation])
    expected = exp(g * t) * (v**2 / 2 + frequency**2 * x**2 / 2 + g * x * v / 2)
    assert (law.integral + expected).expand() == 0 or (law.integral + 2 * expected).expand() == 0
    assert noether(DAMPED, generators=[Generator((t, x), (S.One, S.Zero))]) == ()


def test_all_variational_symmetries_of_the_damped_oscillator() -> None:
    """Five of the eight, as without damping (Cerveró and Villarroel 1984), for weak damping and for strong."""
    laws = noether(DAMPED, budget=60)
    g, omega = Symbol("g", real=True), Symbol("w", real=True)
    weak, strong = ([law for law in laws if all(a.subs({g: v, omega: 1}) > 0 for a in law.on)] for v in (1, 3))
    assert len(weak) == len(strong) == 5
    gauge_symmetry = Generator((t, x), (S.One, -Symbol("g", real=True) * x / 2))
    spanned = [law.generator for law in laws]
    field = Lagrangian.parse(DAMPED, unknowns=["x"]).field([c for g in spanned for c in g.components])
    columns = [tuple(field(c) for c in g.components) for g in (gauge_symmetry, *spanned)]
    assert any(0 in relation for relation in constant_relations(columns, field))


@pytest.mark.slow
def test_an_oscillator_of_any_frequency_in_time_has_its_invariants() -> None:
    """Five symmetries through solutions of u'' = -k(t) u, as Lewis 1968; the definitions travel with the generators."""
    laws = noether("(x'^2 - k(t)*x^2)/2", budget=60)
    assert len(laws) == 5
    system = ODESystem.parse("x'' = -k(t)*x")
    for law in laws:
        definitions = law.generator.definitions
        assert definitions and law.generator.is_symmetry_of(system)
        lagrangian = Lagrangian.parse("(x'^2 - k(t)*x^2)/2", unknowns=["x"])
        jets = lagrangian.jets
        left = law.generator.prolonged(lagrangian.expression)
        left += lagrangian.expression * jets.total_derivative(law.generator.xi)
        field = lagrangian.field([left, jets.total_derivative(law.gauge)], definitions=definitions)
        assert (field(left) - field(jets.total_derivative(law.gauge))).is_zero


def test_a_gauge_term_is_found_for_boosts() -> None:
    (law,) = noether("x'^2/2", generators=[Generator((t, x), (S.Zero, t))])
    assert law.gauge == x and (law.integral - (t * v - x)).expand() == 0


def test_only_combinations_may_be_variational() -> None:
    """Neither t ∂_t nor x ∂_x leaves the action of the free particle alone, 2t ∂_t + x ∂_x does."""
    fields = [Generator((t, x), (t, S.Zero)), Generator((t, x), (S.Zero, x))]
    assert noether("x'^2/2", generators=fields[:1]) == noether("x'^2/2", generators=fields[1:]) == ()
    (law,) = noether("x'^2/2", generators=fields)
    assert (law.generator.components[0] * x - 2 * t * law.generator.components[1]).expand() == 0


def test_expressions_and_records_are_accepted() -> None:
    expression: Expr = v**2 / 2 - x**2 / 2
    record = Lagrangian(expression, t, (x,))
    assert len(noether(expression)) == len(noether(record)) == len(noether("x'^2/2 - x^2/2")) == 5


def test_higher_derivatives_are_refused() -> None:
    with pytest.raises(Unsupported, match="first order"):
        Lagrangian.parse("x''^2", unknowns=["x"])


def test_degenerate_lagrangians_are_refused() -> None:
    with pytest.raises(NotSolvable, match="degenerate"):
        euler_lagrange("x*y' - y*x' - x^2")


# -- Hamilton ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [KEPLER, DAMPED, "(x'^2+y'^2)/2 + b*(x*y'-y*x')/2", "x'^2*(1+y^2)/2 + x'*y' + y'^2"])
def test_hamilton_and_lagrange_agree(text: str) -> None:
    """q'' from Hamilton's equations, with p = ∂L/∂q' inserted, is the acceleration of Euler and Lagrange."""
    system, hamiltonian = euler_lagrange(text), legendre(text)
    canonical = hamiltonian.equations()
    lagrangian = Lagrangian.parse(text, unknowns=[q.name for q in system.unknowns])
    inserted = dict(zip(hamiltonian.momenta, lagrangian.momenta, strict=True))
    for q, velocity, acceleration in zip(system.unknowns, hamiltonian.velocities, system.rhs, strict=True):
        along = replaced(canonical.total_derivative(velocity), inserted)
        field = jet_field(system, [along])
        assert (field(along) - field(acceleration)).is_zero
        assert (velocity.xreplace(inserted) - jet_symbol(q, 1)).simplify() == 0


def test_legendre_needs_a_quadratic_lagrangian() -> None:
    with pytest.raises(Unsupported, match="quadratic"):
        legendre("-sqrt(1-x'^2)")
    with pytest.raises(Unsupported, match="names"):
        legendre("x'^2", names=["x"])


# -- the inverse problem ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x'' = -g*x' - w^2*x",
        "y'' = -2*y'/t - y^5",
        "y'' = y'^2/y",
        "x'' = -mu*x/(x^2+y^2)^(3/2); y'' = -mu*y/(x^2+y^2)^(3/2)",
        "x'' = b*y'; y'' = -b*x'",
        "p'' = sin(p)*cos(p)*q'^2; q'' = -2*cos(p)/sin(p)*p'*q'",
        "x'' = -x-2*x*y; y'' = -y-x^2+y^2",
        "x'' = y; y'' = -x",
        "x'' = 2*y'-x; y'' = -2*x'-y; z'' = -z",
    ],
)
def test_lagrangians_are_found(text: str) -> None:
    system = ODESystem.parse(text)
    found = find_lagrangian(system)
    assert found is not None
    own = euler_lagrange(found)
    field = jet_field(system, own.rhs)
    assert all((field(a) - field(b)).is_zero for a, b in zip(own.rhs, system.rhs, strict=True))


@pytest.mark.parametrize(
    ("text", "multipliers"),
    [
        ("x'' = y; y'' = x + 2*x*y", 0),
        ("x'' = y'; y'' = x'*y'", 0),
        ("x'' = x^2+y^2; y'' = x", 0),
        ("x'' = x^2+y^2; y'' = 0", 1),  # only y'^2, which is degenerate: Douglas 1941
        ("x'' = -a*x'+y; y'' = -b*y'-x", 0),
        ("x'' = x'^3", 0),  # one, but not quadratic in the velocity
    ],
)
def test_systems_proven_to_have_no_lagrangian_of_the_class(text: str, multipliers: int) -> None:
    found = inverse_problem(ODESystem.parse(text))
    assert (found.lagrangian, found.multipliers, found.absent) == (None, multipliers, True)
    assert find_lagrangian(ODESystem.parse(text)) is None


@pytest.mark.parametrize(
    ("text", "multipliers"),
    [
        ("x'' = -g*x'-x; y'' = -g*y'-y", 3),
        ("x'' = -x; y'' = -4*y", 2),
        ("x'' = 0", 1),
        ("x'' = -x-2*x*y; y'' = -y-x^2+y^2", 1),
    ],
)
def test_the_number_of_multipliers(text: str, multipliers: int) -> None:
    found = inverse_problem(ODESystem.parse(text))
    assert found.multipliers == multipliers and found.lagrangian is not None and not found.absent


def test_equal_damping_brings_the_lagrangian_back() -> None:
    """a = b in the system above: e^(at) (x'² - y'² + 2xy)/2 (Bateman's construction is another)."""
    found = inverse_problem(ODESystem.parse("x'' = -a*x'+y; y'' = -a*y'-x"))
    assert found.lagrangian is not None and not found.absent


def test_the_inverse_problem_is_for_order_2() -> None:
    with pytest.raises(Unsupported, match="order 2"):
        find_lagrangian(ODESystem.parse("x' = -x"))


def test_energy_and_charges_have_the_rank_of_all_integrals() -> None:
    system = euler_lagrange("(x'^2 - x^2)/2")
    charges = [law.integral for law in noether("(x'^2 - x^2)/2")]
    field = jet_field(system, charges)
    assert gradient_rank([field(c) for c in charges], field) == 2


def test_the_energy_of_the_double_pendulum() -> None:
    """Its determining system is not integrated in closed form; its equations have ∂_t alone."""
    kinetic, potential = "q'^2 + p'^2/2 + q'*p'*cos(q-p)", "2*g*cos(q) + g*cos(p)"
    (law,) = noether(f"{kinetic} + {potential}", unknowns=("q", "p"))
    system = euler_lagrange(f"{kinetic} + {potential}", unknowns=("q", "p"))
    assert law.generator.components[1:] == (0, 0)
    assert is_first_integral(law.integral, system)


def test_a_lagrangian_linear_in_the_velocities_has_no_equations_to_fall_back_on() -> None:
    degenerate, regular = (Lagrangian.parse(text, unknowns=("x", "y")) for text in ("x'*sin(y*exp(x))", "x'^2+y'^2-x^4"))
    budget = Budget.seconds(20.0)
    assert _of_the_equations(degenerate, budget) == ()
    assert _of_the_equations(regular, budget)


@pytest.mark.parametrize(
    ("text", "under", "values"),
    [
        ("exp(b*t)*(x'^2/2-w^2*x^2/2)", "b^2-4*w^2", ({"b": 3, "w": 1}, {"b": -3, "w": 1}, {"b": 1, "w": 2})),
        ("x'^2/2-k*x^2/2", "-k", ({"k": -2}, {"k": 3})),
    ],
)
def test_either_sign_under_a_root_of_parameters_has_its_laws(
    text: str, under: str, values: tuple[dict[str, int], ...]
) -> None:
    """Five laws at values of either sign, and each is true where it says that it holds."""
    laws = noether(text, budget=6)
    system = euler_lagrange(text)
    for law in laws:
        said = verdict([law.integral], law.on, system)
        assert said.right and not said.wrong, law
    for place in values:
        numbers = {s: place[s.name] for s in system.parameter_symbols}
        assert sum(all(a.subs(numbers) > 0 for a in law.on) for law in laws) == 5
    assert any(law.on for law in laws) and "either sign" in laws.within
