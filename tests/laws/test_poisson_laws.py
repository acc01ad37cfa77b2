"""The Poisson algebras of the integrals of oscillators and of the Kepler problem, from the equations alone.

Sources: Fradkin 1965 (u(n) of the oscillator); Goldstein 1980, section 9-7 (the Runge-Lenz vector).
"""

from __future__ import annotations

import pytest
from sympy import Symbol, symbols

from liesym import ODESystem, first_integrals
from liesym.base.jets import jet_symbol
from liesym.errors import Unsupported
from liesym.variational import find_lagrangian, integral_algebra, legendre, poisson_bracket

x, y = symbols("x y", real=True)


def oscillator(n: int, frequency: str = "w") -> ODESystem:
    return ODESystem.parse("; ".join(f"q{i}'' = -{frequency}^2*q{i}" for i in range(1, n + 1)))


def hamiltonian_of(system: ODESystem):
    lagrangian = find_lagrangian(system)
    assert lagrangian is not None
    return legendre(lagrangian)


@pytest.mark.parametrize(("n", "name"), [(2, "so(3)"), (3, "su(3)")])
def test_the_integrals_of_the_isotropic_oscillator_are_u_n(n: int, name: str) -> None:
    """n² integrals: u(n) = su(n) + R, the energy in the centre. With w = 1 the squares of the frequency are rational."""
    system = oscillator(n, "1")
    integrals = [i for i in first_integrals(system, budget=15) if not i.has(system.independent)]
    assert len(integrals) == n * n
    algebra = integral_algebra(integrals, hamiltonian_of(system))
    assert algebra is not None and algebra.dimension == n * n
    assert len(algebra.center) == 1 and len(algebra.radical) == 1
    simple, center = algebra.levi_decomposition
    assert len(simple) == n * n - 1 and len(center) == 1
    compact = algebra.subalgebra(simple)
    assert compact.killing_signature == (0, n * n - 1, 0)
    assert compact.name == name


def test_a_free_frequency_stays_in_the_structure_constants() -> None:
    system = oscillator(2)
    integrals = [i for i in first_integrals(system, budget=15) if not i.has(system.independent)]
    algebra = integral_algebra(integrals, hamiltonian_of(system))
    assert algebra is not None and algebra.parameters == (Symbol("w", real=True),)


def test_kepler_closes_only_over_the_energy() -> None:
    """{A_x, A_y} = -2 H L is no linear combination of the integrals."""
    system = ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
    hamiltonian = hamiltonian_of(system)
    integrals = first_integrals(system, budget=15)
    assert integral_algebra(integrals, hamiltonian) is None
    momentum = x * jet_symbol(y, 1) - y * jet_symbol(x, 1)
    for integral in integrals:
        bracket = poisson_bracket(hamiltonian.expression, integral, hamiltonian)
        assert bracket == 0, integral
    assert poisson_bracket(momentum, x, hamiltonian) == y and poisson_bracket(momentum, y, hamiltonian) == -x


def test_dependent_integrals_are_refused() -> None:
    system = oscillator(2, "1")
    energy = x**2
    with pytest.raises(Unsupported, match="dependent"):
        integral_algebra([energy, 2 * energy], hamiltonian_of(system))
