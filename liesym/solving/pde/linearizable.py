"""Scalar second-order equations with eight symmetries: the flat projective structure, solved instead of the algebra.

    y'' = K_0 + K_1 y' + K_2 y'^2 + K_3 y'^3

is the equation of the geodesics of a projective structure on the (x, y)-plane with Thomas symbols (trace-free, 1 = x, 2 = y)

    Π^1_11 = K_1/3, Π^2_11 = -K_0, Π^1_12 = K_2/3, Π^2_12 = -K_1/3, Π^1_22 = K_3, Π^2_22 = -K_2/3.

It can be linearised by a point transformation exactly if the system  σ_ij = Π^k_ij σ_k - P_ij σ,
P_ij = ∂_k Π^k_ij - Π^k_il Π^l_jk, has three independent solutions. With these, for every matrix M in sl(3) the equations
λ σ + ξ σ_x + η σ_y = M σ define a symmetry ξ ∂_x + η ∂_y, and by Cramer's rule, det(σ, σ_x, σ_y) being constant,

    ξ = σ_j det(σ, e_i, σ_y),   η = σ_j det(σ, σ_x, e_i)   for M = e_i e_jᵀ.

So a linear system of rank 3 is solved in place of one of rank 8.
Sources: Thomas 1925; Liouville 1889; Bryant, Dunajski and Eastwood 2009, section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sympy import Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, LinearForm, UnknownFunction
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import Vector
from liesym.solving.pde.general import GeneralSolution, solve_general


@dataclass(frozen=True)
class ProjectiveStructure:
    """Thomas symbols symbols[k][i][j] = Π^(k+1)_(i+1)(j+1) over (x, y)."""

    variables: tuple[Symbol, Symbol]
    symbols: tuple[tuple[tuple[Element, Element], tuple[Element, Element]], ...]


def projective_structure(system: ODESystem, field: Field) -> ProjectiveStructure | None:
    """The structure of a scalar second-order equation that is a cubic in y'; None for others."""
    if system.orders != (2,):
        return None
    velocity = system.jet_coordinates[0]
    derivatives = [field(system.rhs[0])]
    for _ in range(4):
        derivatives.append(derivatives[-1].diff(velocity))
    if not derivatives[4].is_zero:
        return None
    # Taylor coefficients at y' = 0 of a cubic: K_k = F^(k)(0)/k!, from the derivatives at y' by descent
    p = field(velocity)
    k3 = derivatives[3] / 6
    k2 = derivatives[2] / 2 - k3 * 3 * p
    k1 = derivatives[1] - k2 * 2 * p - k3 * 3 * p**2
    k0 = derivatives[0] - k1 * p - k2 * p**2 - k3 * p**3
    first = ((k1 / 3, k2 / 3), (k2 / 3, k3))
    second = ((-k0, -k1 / 3), (-k1 / 3, -k2 / 3))
    return ProjectiveStructure((system.independent, system.unknowns[0]), (first, second))


def flat_system(structure: ProjectiveStructure, field: Field) -> Determining:
    """The three equations for σ."""
    pi, variables = structure.symbols, structure.variables
    sigma = UnknownFunction("sigma", variables[1], variables)
    forms: list[LinearForm] = []
    for i, j in ((0, 0), (0, 1), (1, 1)):
        schouten = field.zero
        for k in range(2):
            schouten = schouten + pi[k][i][j].diff(variables[k])
            for l in range(2):
                schouten = schouten - pi[k][i][l] * pi[l][j][k]
        index = tuple((i == v) + (j == v) for v in range(2))
        form: LinearForm = {(0, index): field.one}
        for term, c in (((0, (1, 0)), -pi[0][i][j]), ((0, (0, 1)), -pi[1][i][j]), ((0, (0, 0)), schouten)):
            if not c.is_zero:
                form[term] = c
        forms.append(form)
    return Determining(field, variables, (sigma,), (), tuple(forms))


def symmetries_from_flat_structure(
    system: ODESystem,
    determining: Determining,
    *,
    budget: Budget = UNLIMITED,
    taken: frozenset[str] = frozenset(),
    progress: Callable[[str], None] | None = None,
) -> GeneralSolution | None:
    """The eight generators of a linearisable equation as a general solution, or None if it is not one (or not solved)."""
    field = determining.field
    structure = projective_structure(system, field)
    if structure is None:
        return None
    found = solve_general(flat_system(structure, field), budget=budget, taken=taken, progress=progress)
    if not found.complete or len(found.vectors) != 3:
        return None
    sigma = [v[0] for v in found.vectors]
    return replace(found, vectors=tuple(sl3_fields(sigma, structure.variables, field)))


def sl3_fields(sigma: Sequence[Element], variables: tuple[Symbol, Symbol], field: Field) -> list[Vector]:
    """(ξ, η) for the matrices e_i e_jᵀ without e_3 e_3ᵀ: the identity gives zero, so eight are a basis."""
    x, y = variables
    by_x, by_y = [s.diff(x) for s in sigma], [s.diff(y) for s in sigma]
    fields: list[Vector] = []
    volume = field.zero  # det(σ, σ_x, σ_y), constant; dividing by it can remove Wronskians of named functions
    for i in range(3):
        k, l = (i + 1) % 3, (i + 2) % 3
        along_x = sigma[l] * by_y[k] - sigma[k] * by_y[l]  # det(σ, e_i, σ_y)
        along_y = sigma[k] * by_x[l] - sigma[l] * by_x[k]  # det(σ, σ_x, e_i)
        fields += [(s * along_x, s * along_y) for s in sigma]
        volume = volume + sigma[i] * (by_x[k] * by_y[l] - by_x[l] * by_y[k])
    scaled = [min((f, tuple(c / volume for c in f)), key=_size) for f in fields]
    return scaled[:8]


def _size(vector: Vector) -> int:
    return sum(len(c.num) + len(c.den) for c in vector)
