"""First integrals of well-known systems, found from the equations alone.

Each entry lists integrals from the literature; the ones that are found must have them among their functions:
together they have no higher rank. Sources: Goldstein 1980, chapter 3; Fradkin 1965; Henon and Heiles 1964;
Volterra 1931; Llibre and Valls 2005 (Lorenz); Leach and Miritzis 2006 (May-Leonard); Grammaticos et al. 1990 (ABC
system); Hietarinta 1987 and Fordy 1991 (integrable Henon-Heiles systems); Henon 1974 and Flaschka 1974
(Toda); Calogero 1971; Perelomov 1990 (Liouville metrics, the ellipsoid); Misner, Thorne and Wheeler 1973.
"""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import Expr

from liesym import ODESystem, first_integrals
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import is_first_integral
from liesym.text import read_expression
from liesym.variational import euler_lagrange

LATE = (
    "Kepler in space",
    "Lotka-Volterra in space, ABC = -1",
    "Toda lattice of three",
    "Toda lattice of three, open",
    "double pendulum of equal masses and lengths",
    "geodesics of the sphere",
)
R2, R3 = "(x^2+y^2)", "(x^2+y^2+z^2)"
KNOWN: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "Kepler in the plane": (
        f"x'' = -mu*x/{R2}^(3/2); y'' = -mu*y/{R2}^(3/2)",
        4,
        (
            "x*y_1 - y*x_1",
            f"(x_1^2+y_1^2)/2 - mu/sqrt{R2}",
            f"y_1*(x*y_1-y*x_1) - mu*x/sqrt{R2}",
            f"-x_1*(x*y_1-y*x_1) - mu*y/sqrt{R2}",
        ),
    ),
    "Kepler in space": (
        f"x'' = -x/{R3}^(3/2); y'' = -y/{R3}^(3/2); z'' = -z/{R3}^(3/2)",
        7,
        (
            "x*y_1-y*x_1",
            "y*z_1-z*y_1",
            "z*x_1-x*z_1",
            f"(x_1^2+y_1^2+z_1^2)/2 - 1/sqrt{R3}",
            f"y_1*(x*y_1-y*x_1) - z_1*(z*x_1-x*z_1) - x/sqrt{R3}",
        ),
    ),
    "isotropic oscillator in the plane: u(2)": (
        "x'' = -x; y'' = -y",
        4,
        ("x*y_1-y*x_1", "x^2+x_1^2", "y^2+y_1^2", "x*y+x_1*y_1"),
    ),
    "isotropic oscillator in space: u(3)": (
        "x'' = -x; y'' = -y; z'' = -z",
        9,
        ("x*y_1-y*x_1", "x*z_1-z*x_1", "y*z_1-z*y_1", "x^2+x_1^2", "x*y+x_1*y_1", "z^2+z_1^2"),
    ),
    "Henon-Heiles": (
        "x'' = -x-2*x*y; y'' = -y-x^2+y^2",
        1,
        ("(x_1^2+y_1^2+x^2+y^2)/2 + x^2*y - y^3/3",),
    ),
    "anisotropic oscillator 2:1": (
        "x'' = -4*x; y'' = -y",
        3,
        ("4*x^2+x_1^2", "y^2+y_1^2", "x*y_1^2 - x_1*y*y_1 - x*y^2", "2*x*cos(2*t) - x_1*sin(2*t)"),
    ),
    "Henon-Heiles, separable": (
        "x'' = -x-2*x*y; y'' = -y-x^2-y^2",
        2,
        ("(x_1^2+y_1^2+x^2+y^2)/2 + x^2*y + y^3/3", "x_1*y_1 + x*y + x*y^2 + x^3/3"),
    ),
    "Henon-Heiles, KdV of order five": (
        "x'' = -a*x-2*x*y; y'' = -b*y-x^2-6*y^2",
        2,
        (
            "(x_1^2+y_1^2+a*x^2+b*y^2)/2 + x^2*y + 2*y^3",
            "4*x_1*(x*y_1-y*x_1) + x^4 + 4*x^2*y^2 + 4*a*x^2*y + (4*a-b)*(x_1^2+a*x^2)",
        ),
    ),
    "Toda lattice of three, open": (
        "x'' = -exp(x-y); y'' = exp(x-y)-exp(y-z); z'' = exp(y-z)",
        2,
        ("x_1+y_1+z_1", "(x_1^2+y_1^2+z_1^2)/2 + exp(x-y)+exp(y-z)", "x+y+z-t*(x_1+y_1+z_1)"),
    ),
    "charge in a constant magnetic field in space": (
        "x'' = b*y'; y'' = -b*x'; z'' = 0",
        4,
        ("x_1 - b*y", "y_1 + b*x", "x_1^2+y_1^2", "z_1", "z - t*z_1"),
    ),
    "Ermakov": ("x'' = -w^2*x + 1/x^3", 1, ("x_1^2 + w^2*x^2 + 1/x^2",)),
    "pendulum": ("x'' = -g*sin(x)", 1, ("x_1^2/2 - g*cos(x)",)),
    "double pendulum of equal masses and lengths": (
        "p'' = (-3*sin(p)-sin(p-2*q)-2*sin(p-q)*(q'^2+p'^2*cos(p-q)))/(3-cos(2*p-2*q));"
        "q'' = 2*sin(p-q)*(2*p'^2+2*cos(p)+q'^2*cos(p-q))/(3-cos(2*p-2*q))",
        1,
        ("p_1^2 + q_1^2/2 + p_1*q_1*cos(p-q) - 2*cos(p) - cos(q)",),
    ),
    "charge in a constant magnetic field": (
        "x'' = b*y'; y'' = -b*x'",
        3,
        ("x_1 - b*y", "y_1 + b*x", "x_1^2+y_1^2"),
    ),
    "inverse cube force": (
        f"x'' = x/{R2}^2; y'' = y/{R2}^2",
        2,
        ("x*y_1-y*x_1", f"x_1^2+y_1^2+1/{R2}", f"t*(x_1^2+y_1^2+1/{R2}) - x*x_1 - y*y_1"),
    ),
    "geodesics of the sphere": (
        "p'' = sin(p)*cos(p)*q'^2; q'' = -2*cos(p)/sin(p)*p'*q'",
        3,
        ("q_1*sin(p)^2", "p_1*cos(q) - q_1*sin(p)*cos(p)*sin(q)", "p_1^2 + sin(p)^2*q_1^2"),
    ),
    "Toda lattice of three": (
        "x'' = exp(z-x)-exp(x-y); y'' = exp(x-y)-exp(y-z); z'' = exp(y-z)-exp(z-x)",
        2,
        ("x_1+y_1+z_1", "(x_1^2+y_1^2+z_1^2)/2 + exp(x-y)+exp(y-z)+exp(z-x)"),
    ),
    "Lotka-Volterra": (
        "x' = alpha*x-beta*x*y; y' = delta*x*y-gamma*y",
        1,
        ("delta*x - gamma*log(x) + beta*y - alpha*log(y)",),
    ),
    "epidemic": (
        "S' = -b*S*I; I' = b*S*I-g*I; R' = g*I",
        2,
        ("S+I+R", "I + S - g/b*log(S)"),
    ),
    "May-Leonard, alpha + beta = 2": (
        "x' = x*(1-x-a*y-(2-a)*z); y' = y*(1-(2-a)*x-y-a*z); z' = z*(1-a*x-(2-a)*y-z)",
        1,
        ("x*y*z/(x+y+z)^3", "(x+y+z-1)/(x+y+z)*exp(t)"),
    ),
    "Lotka-Volterra in space, ABC = -1": (
        "x' = x*(c*y+z+l); y' = y*(x+a*z+m); z' = z*(-x/(a*c)+y-(m-l*a)/(a*c))",
        2,
        ("a*log(x) - log(y) - a*c*log(z)", "a*x - a*c*y + a^2*c*z + (m-a*l)*log(y) + a*c*m*log(z)"),
    ),
    "Lorenz, b = 2 s": ("x' = s*(y-x); y' = r*x-y-x*z; z' = x*y-2*s*z", 0, ("(x^2-2*s*z)*exp(2*s*t)",)),
    "Lorenz, s = 1/3, b = 0": (
        "x' = (y-x)/3; y' = r*x-y-x*z; z' = x*y",
        0,
        ("(3/4*x^4 - x^2*z - y^2/3 - 2/3*x*y + r*x^2)*exp(4*t/3)",),
    ),
    "Lorenz, s = 1, b = 4": (
        "x' = y-x; y' = r*x-y-x*z; z' = x*y-4*z",
        0,
        ("(x^4 - 4*x^2*z - 4*y^2 + 8*x*y - 4*r*x^2 - 16*(1-r)*z)*exp(4*t)",),
    ),
    "Lorenz, s = 1/2, b = 1, r = 0": (
        "x' = (y-x)/2; y' = -y-x*z; z' = x*y-z",
        1,
        ("(y^2+z^2)/(x^2-z)^2", "(x^2-z)*exp(t)"),
    ),
    "quadratic centre with an invariant conic": (
        "x' = -y-b*x^2-(b+1)*y^2; y' = x*(1+(2*b+3)*y)",
        1,
        ("(2*b+3)*log((4*b+3)*(3*b*x^2+b*y^2)+4*b*y-2) + 2*b*log((2*b+3)*y+1)",),
    ),
    "spiral to a circle": (
        "x' = -y+x*(x^2+y^2-1); y' = x+y*(x^2+y^2-1)",
        1,
        ("log(x^2+y^2) - log(x^2+y^2-1) + 2*atan(y/x)",),
    ),
    "rigid body": ("x' = a*y*z; y' = b*z*x; z' = c*x*y", 2, ("b*x^2-a*y^2", "c*x^2-a*z^2")),
    "chemostat": ("x' = x*(s/(1+s)-d); s' = d*(1-s)-x*s/(1+s)", 0, ("(x+s-1)*exp(d*t)",)),
    "dipole field": ("x' = x^2-y^2; y' = 2*x*y", 1, ("(x^2+y^2)/y",)),
    "curves of constant curvature": (
        "y'' = a*(1+y'^2)^(3/2)",
        0,
        ("t - y_1/(a*sqrt(1+y_1^2))", "y + 1/(a*sqrt(1+y_1^2))"),
    ),
    "modified Emden equation": ("y'' = -3*y*y'-y^3", 0, ("t - y/(y_1+y^2)",)),
    "Lane-Emden of index 5": ("y'' = -2*y'/t-y^5", 0, ("t^3*y_1^2 + t^2*y*y_1 + t^3*y^6/3",)),
    "forward and backward pair of a scalar field": (
        "z' = cos(k*z); u' = u*k*sin(k*z)",
        1,
        ("u*cos(k*z)",),
    ),
}


def read(text: str, system: ODESystem) -> Expr:
    """Expressions above write x_1 for the velocity of x."""
    first = system.first_order()
    symbols = {s.name: s for s in (*first.variables, *first.parameter_symbols)}
    expression = read_expression(text, symbols=symbols)
    velocities = {
        symbols[f"{x.name}_1"]: jet_symbol(x, 1) for x, n in zip(system.unknowns, system.orders, strict=True) if n > 1
    }
    return replaced(expression, velocities)


def holds_all(system: ODESystem, found: tuple[Expr, ...], wanted: list[Expr]) -> None:
    """Everything is an integral, and the wanted ones are functions of those that were found."""
    assert found and all(is_first_integral(i, system) for i in (*found, *wanted))
    field = jet_field(system, [*found, *wanted])
    own = gradient_rank([field(i) for i in found], field)
    assert own == gradient_rank([field(i) for i in (*found, *wanted)], field)


@pytest.mark.parametrize("name", dealt(KNOWN, usual=2, late=LATE))
def test_known_integrals_are_found(name: str) -> None:
    text, free_of_time, expected = KNOWN[name]
    system = ODESystem.parse(text)
    found = first_integrals(system, budget=15)
    assert sum(not i.has(system.independent) for i in found) >= free_of_time
    holds_all(system, found, [read(e, system) for e in expected])


TODA = "x'' = exp(z-x)-exp(x-y); y'' = exp(x-y)-exp(y-z); z'' = exp(y-z)-exp(z-x)"
CALOGERO = "x'' = 2/(x-y)^3+2/(x-z)^3; y'' = 2/(y-x)^3+2/(y-z)^3; z'' = 2/(z-x)^3+2/(z-y)^3"
HIGHER: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "Henon-Heiles, Kaup and Kupershmidt": (
        "x'' = -a*x-2*x*y; y'' = -16*a*y-x^2-16*y^2",
        4,
        (
            "(x_1^2+y_1^2+a*x^2+16*a*y^2)/2 + x^2*y + 16*y^3/3",
            "3*x_1^4 + 6*(a+2*y)*x^2*x_1^2 - 4*x^3*x_1*y_1 - 4*x^4*(a*y+y^2) + 3*a^2*x^4 - 2*x^6/3",
        ),
    ),
    "Toda lattice of three": (
        TODA,
        3,
        (
            "x_1+y_1+z_1",
            "(x_1^2+y_1^2+z_1^2)/2 + exp(x-y)+exp(y-z)+exp(z-x)",
            "x_1*y_1*z_1 - x_1*exp(y-z) - y_1*exp(z-x) - z_1*exp(x-y)",
        ),
    ),
    "Calogero system of three": (
        CALOGERO,
        3,
        (
            "x_1+y_1+z_1",
            "(x_1^2+y_1^2+z_1^2)/2 + 1/(x-y)^2+1/(y-z)^2+1/(z-x)^2",
            "x_1*y_1*z_1 - x_1/(y-z)^2 - y_1/(z-x)^2 - z_1/(x-y)^2",
        ),
    ),
}


@pytest.mark.parametrize("name", dealt(HIGHER, late=("Calogero system of three", "Toda lattice of three")))
def test_integrals_of_higher_degree(name: str) -> None:
    text, degree, expected = HIGHER[name]
    system = ODESystem.parse(text)
    holds_all(system, first_integrals(system, budget=60, degree=degree), [read(e, system) for e in expected])


def test_the_quartic_integral_needs_its_potential() -> None:
    """1:15 in place of 1:16 leaves the energy alone."""
    system = ODESystem.parse("x'' = -x-2*x*y; y'' = -15*y-x^2-16*y^2")
    assert len(first_integrals(system, budget=30, degree=4)) == 1


SCHWARZSCHILD = "-(1-2*m/r)*t'^2/2 + r'^2/(1-2*m/r)/2 + r^2*p'^2/2 + r^2*sin(p)^2*q'^2/2"
GEODESICS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Liouville metric": (
        "(x^3+exp(y))*(x'^2+y'^2)/2",
        "t",
        ("(x^3+exp(y))*(x_1^2+y_1^2)", "(x^3+exp(y))*(exp(y)*x_1^2-x^3*y_1^2)"),
    ),
    "Poincare half plane": (
        "(x'^2+y'^2)/(2*y^2)",
        "t",
        ("x_1/y^2", "(x*x_1+y*y_1)/y^2", "(x_1*(x^2-y^2)+2*x*y*y_1)/y^2"),
    ),
    "ellipsoid of revolution": (
        "((a^2*cos(p)^2+sin(p)^2)*p'^2 + sin(p)^2*q'^2)/2",
        "t",
        ("sin(p)^2*q_1", "(a^2*cos(p)^2+sin(p)^2)*p_1^2 + sin(p)^2*q_1^2"),
    ),
    "triaxial ellipsoid": (
        "(u-v)*(u*u'^2/((u-1)*(u-2)*(u-3)) - v*v'^2/((v-1)*(v-2)*(v-3)))/2",
        "t",
        (
            "(u-v)*(u*u_1^2/((u-1)*(u-2)*(u-3)) - v*v_1^2/((v-1)*(v-2)*(v-3)))",
            "(u-v)*u*v*(u_1^2/((u-1)*(u-2)*(u-3)) - v_1^2/((v-1)*(v-2)*(v-3)))",
        ),
    ),
    "Schwarzschild, in the equator": (
        "-(1-2*m/r)*t'^2/2 + r'^2/(1-2*m/r)/2 + r^2*q'^2/2",
        "s",
        ("(1-2*m/r)*t_1", "r^2*q_1", "(1-2*m/r)*t_1^2 - r_1^2/(1-2*m/r) - r^2*q_1^2"),
    ),
    "Schwarzschild": (
        SCHWARZSCHILD,
        "s",
        (
            "(1-2*m/r)*t_1",
            "r^2*sin(p)^2*q_1",
            "r^4*(p_1^2 + sin(p)^2*q_1^2)",
            "(1-2*m/r)*t_1^2 - r_1^2/(1-2*m/r) - r^2*(p_1^2 + sin(p)^2*q_1^2)",
        ),
    ),
}


@pytest.mark.parametrize(
    "name",
    dealt(GEODESICS, late=("Liouville metric", "Schwarzschild", "triaxial ellipsoid")),
)
def test_integrals_of_geodesics(name: str) -> None:
    """Linear and quadratic Killing tensors, from the geodesic equations without the metric."""
    text, independent, expected = GEODESICS[name]
    system = euler_lagrange(text, independent=independent)
    holds_all(system, first_integrals(system, budget=40), [read(e, system) for e in expected])


@pytest.mark.slow
def test_a_perturbed_liouville_metric_keeps_its_energy_only() -> None:
    system = euler_lagrange("(x^3+exp(y)+x*y)*(x'^2+y'^2)/2")
    assert len(first_integrals(system, budget=10)) == 1


def test_a_system_without_integrals_gives_none() -> None:
    """Lorenz, generic parameters: no rational or Darboux integral (Llibre and Valls 2005)."""
    system = ODESystem.parse("x' = s*(y-x); y' = x*(r-z)-y; z' = x*y-b*z")
    assert first_integrals(system, budget=10) == ()
