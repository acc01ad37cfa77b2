"""First integrals from the equations alone, and what they are together: Kepler's problem and the isotropic oscillator.

python examples/integrals.py
"""

from __future__ import annotations

import liesym
from liesym.algebra import LieAlgebra
from liesym.determine.verify import is_first_integral
from liesym.text import write
from liesym.variational import find_lagrangian, integral_algebra, legendre

RADIUS = "(x^2+y^2+z^2)^(3/2)"
KEPLER = f"x'' = -x/{RADIUS}; y'' = -y/{RADIUS}; z'' = -z/{RADIUS}"
OSCILLATOR = "x'' = -x; y'' = -y; z'' = -z"


def integrals_of(text: str) -> tuple[liesym.ODESystem, list]:
    """The system, and its integrals that do not hold t, each checked once more."""
    system = liesym.ODESystem.parse(text)
    found = [i for i in liesym.first_integrals(system, budget=30) if not i.has(system.independent)]
    assert all(is_first_integral(i, system) for i in found)
    return system, found


def algebra_of(system: liesym.ODESystem, integrals: list) -> LieAlgebra | None:
    """The Poisson algebra of the integrals; None if it does not close over the constants."""
    lagrangian = find_lagrangian(system)
    assert lagrangian is not None
    return integral_algebra(integrals, legendre(lagrangian))


def main() -> None:
    system, integrals = integrals_of(KEPLER)
    print("Kepler: angular momentum, energy and the Runge-Lenz vector")
    for integral in integrals:
        print("  ", write(integral))
    assert len(integrals) == 7 and algebra_of(system, integrals) is None  # it closes only with the energy as coefficient

    system, integrals = integrals_of(OSCILLATOR)
    algebra = algebra_of(system, integrals)
    assert algebra is not None
    simple, center = algebra.levi_decomposition
    name = algebra.subalgebra(simple).name
    print(f"isotropic oscillator: {len(integrals)} integrals span {name} + R^{len(center)} with the Poisson bracket")
    assert name == "su(3)" and len(center) == 1


if __name__ == "__main__":
    main()
