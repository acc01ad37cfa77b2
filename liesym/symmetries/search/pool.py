"""Symmetries of a first-order system as they are found: verified, independent, and without the multiples of known ones.

Two symmetries count as one if they differ by a trivial one, ρ (∂_t + f·∂_x), that is if their characteristics
Q_i = η_i - ξ f_i agree. A quotient of two proportional characteristics is a first integral I, and then so is I² X, …: such
multiples of listed symmetries are left out, since the family h(I) X stands for them all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from sympy import Expr, I

from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.verify import remainder_elements
from liesym.errors import TooLarge, Unsupported
from liesym.model.system import ODESystem
from liesym.solving.found import Found
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import split_columns
from liesym.solving.linear.vectors import Vector, normalized
from liesym.solving.pde.characteristics import functionally_independent
from liesym.symmetries.search.shares import SUBSTITUTION
from liesym.symmetries.state import Known

LARGEST_EXPRESSION = 4000
LARGEST_FAMILY = 160
HIGHEST_POWER = 3
LENGTHY = 30
MOST_OF_ONE = 6


@dataclass
class Pool:
    """The symmetries of one system that are listed so far.

    Arguments:
        system: of first order in every unknown.
        field: the field that the vectors are kept in.
    """

    system: ODESystem
    field: Field
    vectors: list[Vector] = dataclass_field(default_factory=list)
    integrals: list[Element] = dataclass_field(default_factory=list)
    dropped: int = 0
    # True once the substitution of one vector took many operations
    laborious: bool = False

    def __post_init__(self) -> None:
        self.rates = [self.field(f) for f in self.system.rhs]

    @classmethod
    def of(cls, known: Known, field: Field) -> Pool:
        """What is known, to be added to."""
        return cls(known.system, field, list(known.vectors), list(known.integrals), known.dropped, known.laborious)

    def known(self, before: Known) -> Known:
        """The record of what is listed now."""
        found = tuple(self.vectors), tuple(self.integrals)
        return replace(before, vectors=found[0], integrals=found[1], dropped=self.dropped, laborious=self.laborious)

    def characteristic(self, vector: Vector) -> Vector:
        """Q_i = η_i - ξ f_i."""
        return tuple(eta - vector[0] * f for eta, f in zip(vector[1:], self.rates, strict=True))

    def add(self, candidates: Sequence[Sequence[Expr]], *, multiples: bool) -> int:
        """Take in what is new; returns how many were.

        Arguments:
            multiples: also list symmetries that are listed ones times known first integrals.
        """
        fresh: list[Vector] = []
        for components in sorted(candidates, key=lambda v: sum(c.count_ops() for c in v)):
            if self._is_lengthy_multiple(components):
                continue
            step = self.field.budget.step()
            with self.field.within(step):
                vector = self._element_form(components)
            self.laborious |= step.spent > SUBSTITUTION
            if vector is not None and not all(q.is_zero for q in self.characteristic(vector)):
                fresh.append(vector)
        before = len(self.vectors)
        known = [self.characteristic(v) for v in self.vectors]
        if not multiples:
            known = [*known, *self._multiples(known)]
        for vector in self._independent(fresh, known):
            self.vectors.append(vector)
            self._note_quotients()
        return len(self.vectors) - before

    def _is_lengthy_multiple(self, components: Sequence[Expr]) -> bool:
        """For one equation every symmetry is a multiple, by a first integral, of the one that is known."""
        if len(self.rates) > 1 or not self.vectors:
            return False
        return self.laborious or len(self.vectors) >= MOST_OF_ONE or sum(c.count_ops() for c in components) > LENGTHY

    def _element_form(self, components: Sequence[Expr]) -> Vector | None:
        """The vector in this field if it passes substitution; None (and counted) otherwise."""
        try:
            if sum(c.count_ops() for c in components) > LARGEST_EXPRESSION:
                raise TooLarge("expression of a symmetry")
            vector = _real(normalized(tuple(self.field(c) for c in components), self.field))
            if vector is not None and all(r.is_zero for r in remainder_elements(vector, self.system, self.field)):
                return vector
        except (NeedsRefinement, Unsupported, ArithmeticError, TooLarge):
            pass
        self.dropped += 1
        return None

    def _independent(self, fresh: Sequence[Vector], known: Sequence[Vector]) -> list[Vector]:
        """The fresh vectors whose characteristics do not depend on known ones and on earlier fresh ones."""
        if not fresh:
            return []
        columns = [*known, *(self.characteristic(v) for v in fresh)]
        field = self.field
        rows = []
        for i in range(len(self.rates)):
            rows += split_columns({j: c[i] for j, c in enumerate(columns)}, field, field.variables)
        relations = nullspace(rows, len(columns), field).vectors
        dependent = last_columns(relations, len(known))
        return [v for j, v in enumerate(fresh) if len(known) + j not in dependent]

    def add_named(self, found: Found) -> int:
        """Take in symmetries that hold named functions, known by their defining equations."""
        self.field.converter.definitions.update({d.name: d for d in found.definitions})
        return self.add(found.vectors, multiples=False)

    def constant(self, expression: Expr) -> Element | None:
        """A parameter expression in this field; None if it has no place there."""
        try:
            return self.field(expression)
        except (NeedsRefinement, Unsupported):
            return None

    # -- first integrals -----------------------------------------------------------------------------

    def leading(self) -> list[Vector]:
        """The listed vectors that are not multiples, by first integrals, of earlier ones."""
        if len(self.rates) == 1:  # two characteristics of one equation are always proportional
            return self.vectors[:1]
        chosen: list[Vector] = []
        for vector in self.vectors:
            known = [self.characteristic(v) for v in chosen]
            if self._independent([vector], [*known, *self._multiples(known)]):
                chosen.append(vector)
        return chosen

    def _note_quotients(self) -> None:
        """The quotient of the newest characteristic by an earlier one, where they are proportional."""
        newest = self.characteristic(self.vectors[-1])
        for vector in self.vectors[:-1]:
            other = self.characteristic(vector)
            place = next(i for i, q in enumerate(other) if not q.is_zero)
            ratio = newest[place] / other[place]
            if not ratio.is_constant and all((a - ratio * b).is_zero for a, b in zip(newest, other, strict=True)):
                self.note_integral(ratio)
                return

    def exhibit(self, integrals: Sequence[Expr]) -> None:
        """Take in first integrals I, each with I X for the first symmetry X that is listed."""
        for expression in sorted(integrals, key=lambda e: e.count_ops()):
            known = len(self.integrals)
            try:
                self.note_integral(self.field(expression))
            except (NeedsRefinement, Unsupported):
                self.dropped += 1
                continue
            if len(self.integrals) > known and self.vectors:
                first = [self.field.to_expr(c) for c in self.vectors[0]]
                self.add([[c * expression for c in first]], multiples=True)

    def note_integral(self, integral: Element) -> None:
        """Remember a first integral, unless it is a function of known ones; it is checked by substitution."""
        if len(self.integrals) == len(self.rates):
            return  # there are no more independent ones
        real = _real((integral,))
        if real is None:
            self.dropped += 1
            return
        (integral,) = real
        drift = integral.diff(self.system.independent)
        for x, rate in zip(self.system.unknowns, self.rates, strict=True):
            drift = drift + integral.diff(x) * rate
        if not drift.is_zero:
            self.dropped += 1
            return
        if not self.integrals or functionally_independent(self.field, [*self.integrals, integral], self.system.variables):
            self.integrals.append(integral)

    def _multiples(self, known: Sequence[Vector]) -> list[Vector]:
        """The known characteristics times monomials in the integrals (negative powers for a single one)."""
        if not self.integrals:
            return []
        highest = HIGHEST_POWER if len(self.integrals) <= 4 else 1
        factors = []
        for total in range(1, highest + 1):
            for chosen in itertools.combinations_with_replacement(self.integrals, total):
                product = self.field.one
                for integral in chosen:
                    product = product * integral
                factors.append(product)
        if len(self.integrals) == 1:
            factors += [self.field.one / f for f in factors]
        pairs = itertools.islice(itertools.product(factors, known), LARGEST_FAMILY)
        return [tuple(q * factor for q in vector) for factor, vector in pairs]


def _real(vector: Vector) -> Vector | None:
    """The vector without a factor i; None where i remains: the equations are real, and so are results."""
    field = vector[0].field
    complex_ones = {slot.index for slot in field.slots if slot.expr.has(I)}
    if not complex_ones:
        return vector
    for candidate in (vector, tuple(e * field(I) for e in vector)):
        if not any(complex_ones & field.slots_of(e) for e in candidate):
            return candidate
    return None


def last_columns(relations: Sequence[dict[int, Element]], first: int) -> set[int]:
    """Columns from `first` on that the relations express through earlier columns: their last columns in echelon form."""
    pending = [dict(r) for r in relations]
    last: set[int] = set()
    while pending:
        row = pending.pop()
        lead = max(row, default=-1)
        if lead < first:
            continue
        last.add(lead)
        for other in pending:
            factor = other.pop(lead, None)
            if factor is None:
                continue
            factor = factor / row[lead]
            for j, c in row.items():
                if j == lead:
                    continue
                value = other[j] - factor * c if j in other else -(factor * c)
                if value.is_zero:
                    other.pop(j, None)
                else:
                    other[j] = value
    return last
