"""What no measurement of some observables can tell: symmetries that move parameters and states but not what is seen.

A symmetry X = η·∂_x + τ·∂_θ of {x' = f, θ' = 0} that leaves the observables h(x, θ) alone takes each trajectory to
another one with other parameters and the same observations. The parameters and initial states that it moves are not
identifiable from them; only its invariants are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from liesym.coefficients import Element, Field
from liesym.determine import jet_field
from liesym.errors import Unsupported, VerificationError
from liesym.generators import Generator
from liesym.pipeline import find_symmetries
from liesym.results import Completeness
from liesym.solve.linear import nullspace
from liesym.solve.relations import split_columns
from liesym.solve.vectors import Vector, linear_combination, normalized
from liesym.system import ODESystem, Parameter


@dataclass(frozen=True, slots=True)
class Unidentifiable:
    """Directions in the space of initial states and parameters along which no observation changes.

    Arguments:
        system: with the parameters among its unknowns.
        observables: what is measured.
        directions: independent at a generic point; each is a symmetry of `system` that leaves time and the
            observables alone.
        completeness: of the symmetries that they were chosen from.
        ansatz: the form of those symmetries.
    """

    system: ODESystem
    observables: tuple[Expr, ...]
    directions: tuple[Generator, ...]
    completeness: Completeness
    ansatz: str

    @property
    def moved(self) -> tuple[Symbol, ...]:
        """The parameters and states that are not identifiable."""
        every = [g.eta for g in self.directions]
        return tuple(x for x in self.system.unknowns if any(eta[x] != 0 for eta in every))


def unidentifiable(
    system: ODESystem, observables: Sequence[Expr], *, ansatz: str = "affine", budget: float = 30.0
) -> Unidentifiable:
    """The symmetries of a form that hide behind observables, as independent directions.

    Arguments:
        system: of first order.
        observables: expressions in time, unknowns and parameters; symbols that the system does not have are
            parameters of the measurement.
        ansatz: the form in which symmetries with moving parameters are sought. Combinations of what is found
            may have coefficients in the parameters.
        budget: seconds for the search.

    Returns:
        Directions, none of which is a combination of the others at a generic point. An empty list within an
        ansatz does not prove that the model is identifiable.

    Raises:
        Unsupported: the system is not of first order, or nothing is observed.
    Source: Merkt et al. 2015; Massonis and Villaverde 2020.
    """
    if not system.is_first_order or not observables:
        raise Unsupported("identifiability needs a first-order system and at least one observable")
    wider = _with_measurement(system, observables).with_moving_parameters()
    result = find_symmetries(wider, ansatz, budget=budget)
    field = jet_field(wider, [*observables, *(c for g in result.generators for c in g.components)])
    vectors = [tuple(field(c) for c in g.components) for g in result.generators]
    found = [normalized(v, field) for v in _hidden(vectors, observables, wider, field)]
    kept = [found[i] for i in _independent(found)]
    directions = tuple(_oriented(Generator(wider.variables, tuple(field.to_expr(c) for c in v))) for v in kept)
    for direction in directions:
        seen = [field(direction.apply(h)) for h in observables]
        if direction.xi != 0 or not direction.is_symmetry_of(wider) or not all(e.is_zero for e in seen):
            raise VerificationError(f"{direction} does not leave the system and its observables alone")
    return Unidentifiable(wider, tuple(observables), directions, result.completeness, ansatz)


def _oriented(generator: Generator) -> Generator:
    """The generator or its opposite: what it moves first grows."""
    first = next(c for c in generator.components if c != 0)
    if not first.could_extract_minus_sign():
        return generator
    return replace(generator, components=tuple(-c for c in generator.components))


def _with_measurement(system: ODESystem, observables: Sequence[Expr]) -> ODESystem:
    """The system with the parameters that only the observables have."""
    known = {*system.variables, *system.parameter_symbols}
    new = {s for h in observables for s in h.free_symbols if isinstance(s, Symbol)} - known
    return replace(system, parameters=(*system.parameters, *(Parameter(s) for s in sorted(new, key=str))))


def _hidden(vectors: Sequence[Vector], observables: Sequence[Expr], system: ODESystem, field: Field) -> list[Vector]:
    """All Σ c_j X_j without a component along time and with Σ c_j X_j(h) = 0, c_j functions of what is constant."""
    moving = [system.independent, *(x for x, f in zip(system.unknowns, system.rhs, strict=True) if f != 0)]
    rows = split_columns({j: v[0] for j, v in enumerate(vectors)}, field, moving)
    for h in observables:
        slopes = [field(h).diff(v) for v in system.variables]
        rows += split_columns({j: _along(v, slopes, field) for j, v in enumerate(vectors)}, field, moving)
    # the sparse solutions first: they say more
    solutions = sorted(nullspace(rows, len(vectors), field).vectors, key=lambda c: (len(c), str(sorted(c))))
    return [linear_combination(vectors, c, field) for c in solutions]


def _along(vector: Vector, slopes: Sequence[Element], field: Field) -> Element:
    total = field.zero
    for component, slope in zip(vector, slopes, strict=True):
        if not component.is_zero and not slope.is_zero:
            total = total + component * slope
    return total


def _independent(vectors: Sequence[Vector]) -> list[int]:
    """Positions of vectors that are independent over all functions, by elimination in the field."""
    reduced: list[tuple[int, Vector]] = []
    kept = []
    for position, vector in enumerate(vectors):
        row = list(vector)
        for pivot, other in reduced:
            if not row[pivot].is_zero:
                factor = row[pivot] / other[pivot]
                row = [a if b.is_zero else a - factor * b for a, b in zip(row, other, strict=True)]
        pivot = next((i for i, e in enumerate(row) if not e.is_zero), None)
        if pivot is not None:
            reduced.append((pivot, tuple(row)))
            kept.append(position)
    return kept
