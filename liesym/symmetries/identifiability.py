"""What no measurement of some observables can tell: symmetries that move parameters and states but not what is seen.

A symmetry X = η·∂_x + τ·∂_θ of {x' = f, θ' = 0} that leaves the observables h(x, θ) alone takes each trajectory to
another one with other parameters and the same observations. The parameters and initial states that it moves are not
identifiable from them; only its invariants are.

With η polynomial in time and states, and any functions of the parameters as coefficients, the conditions on X are a
linear system over the functions of θ: parameters are constant along solutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.coefficients import Element, Field
from liesym.coefficients.clearing import cleared
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import remainder_elements
from liesym.errors import Unsupported, VerificationError
from liesym.model.reading import Given, one_by_one, read_given, read_observable, with_measurement
from liesym.model.system import ODESystem
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import split_columns
from liesym.solving.linear.span import monomials
from liesym.solving.linear.vectors import Vector
from liesym.symmetries.generator import Generator


@dataclass(frozen=True, slots=True)
class Unidentifiable:
    """Directions in the space of initial states and parameters along which no observation changes.

    Arguments:
        system: with the parameters among its unknowns.
        observables: what is measured.
        directions: independent at a generic point; each is a symmetry of `system` that leaves time and the
            observables alone. Every other one of the form is a combination of them with functions as coefficients.
        degree: their form, the degree of η in time and states; coefficients are any functions of the parameters.
        notes: how the question was read, where that may be another way than it was meant.
    """

    system: ODESystem
    observables: tuple[Expr, ...]
    directions: tuple[Generator, ...]
    degree: int
    notes: tuple[str, ...] = ()

    @property
    def moved(self) -> tuple[Symbol, ...]:
        """The parameters and states that are not identifiable."""
        every = [g.eta for g in self.directions]
        return tuple(x for x in self.system.unknowns if any(eta[x] != 0 for eta in every))

    @property
    def within(self) -> str:
        """In words, what was looked through."""
        return (
            f"looked among directions whose components are polynomials of degree at most {self.degree} in time and states, "
            "with any functions of the parameters as coefficients; all of that form found"
        )


@door("the search for what cannot be identified")
def unidentifiable(
    system: Given,
    observables: Sequence[Expr | str] | Expr | str,
    *,
    independent: str | None = None,
    degree: int = 1,
    budget: float = 60.0,
) -> Unidentifiable:
    """All directions of a form that hide behind observables, for generic parameters.

    Arguments:
        system: of first order: a system, its equations as text, or SymPy equations.
        observables: one or several expressions in time, unknowns and parameters, in SymPy or as text such as
            "y1 = x1 + x2"; names that the system does not have are parameters of the measurement.
        independent: name of the independent variable; read off the text if None, and the notes say how.
        degree: of η in time and states; 1 is affine, scalings and translations among them.
        budget: seconds.

    Returns:
        Directions, none of which is a combination of the others at a generic point. An empty list does not prove
        that the model is identifiable: directions of other forms may exist.

    Raises:
        Unsupported: the system is not of first order, or nothing is observed.
        TimeIsUp: the budget was too short.
    Source: Merkt et al. 2015; Massonis and Villaverde 2020.
    """
    system, notes = read_given(system, independent)
    observables = one_by_one(observables)
    if not system.is_first_order or not observables:
        raise Unsupported("identifiability needs a first-order system and at least one observable")
    seen = tuple(read_observable(h, system) for h in observables)
    wider = with_measurement(system, seen).with_moving_parameters()
    field = jet_field(wider, seen)
    with field.within(Budget.seconds(budget)):
        found = _hidden(wider, seen, field, degree)
    kept = [found[i] for i in _independent(found)]
    directions = tuple(_oriented(Generator(wider.variables, tuple(field.to_expr(c) for c in v))) for v in kept)
    for direction in directions:
        if not direction.is_symmetry_of(wider) or any(not field(direction.apply(h)).is_zero for h in seen):
            raise VerificationError(f"{direction} does not leave the system and its observables alone")
    return Unidentifiable(wider, seen, directions, degree, (*notes, *system.notes))


def _oriented(generator: Generator) -> Generator:
    """The generator or its opposite: what it moves first grows."""
    first = next(c for c in generator.components if c != 0)
    if not first.could_extract_minus_sign():
        return generator
    return replace(generator, components=tuple(-c for c in generator.components))


def _hidden(system: ODESystem, observables: Sequence[Expr], field: Field, degree: int) -> list[Vector]:
    """A basis, over the functions of the parameters, of the fields of the form that meet all conditions."""
    moving = [system.independent, *(x for x, f in zip(system.unknowns, system.rhs, strict=True) if f != 0)]
    slopes = [[field(h).diff(v) for v in system.variables] for h in observables]
    basis: list[Vector] = []
    for i, v in enumerate(system.variables[1:], start=1):
        for monomial in monomials(field, moving, degree) if v in moving else [field.one]:
            basis.append(tuple(monomial if j == i else field.zero for j in range(len(system.variables))))
    conditions: list[dict[int, Element]] = [{} for _ in range(len(system.unknowns) + len(observables))]
    for column, vector in enumerate(basis):
        field.budget.check("search for directions behind the observables")
        left = [*remainder_elements(vector, system, field), *(_along(vector, s, field) for s in slopes)]
        for condition, value in zip(conditions, left, strict=True):
            if not value.is_zero:
                condition[column] = value
    rows = [row for condition in conditions for row in split_columns(condition, field, moving)]
    solutions = nullspace(rows, len(basis), field).vectors
    # the sparse ones first: they say more
    return [_combined(basis, c, field) for c in sorted(solutions, key=lambda c: (len(c), sorted(c)))]


def _combined(basis: Sequence[Vector], coefficients: dict[int, Element], field: Field) -> Vector:
    """The combination, times a function of the parameters that leaves no denominator in the coefficients."""
    total = [field.zero] * len(basis[0])
    for column, p in zip(coefficients, cleared(coefficients), strict=True):
        c = field.of_poly(p)
        total = [a if b.is_zero else a + c * b for a, b in zip(total, basis[column], strict=True)]
    return tuple(total)


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
