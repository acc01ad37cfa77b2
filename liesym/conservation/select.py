"""Which integrals to keep, and how to write them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from sympy import Expr, S, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.bounded import limited
from liesym.coefficients.field import Field
from liesym.coefficients.images import ModularPoint
from liesym.coefficients.modular import rank
from liesym.coefficients.parts import by_roots
from liesym.coefficients.ring import Element
from liesym.determine.on_solutions import jet_field
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import constant_relations
from liesym.solving.pde.characteristics import functionally_independent

LARGEST_BASIS = 400


class Selection:
    """Integrals of one system, offered in groups and kept if they say something new.

    Arguments:
        system: the equations.
        budget: at its end OutOfBudget is raised; what is kept by then stays.
    """

    def __init__(self, system: ODESystem, budget: Budget = UNLIMITED) -> None:
        self.system, self.budget = system, budget
        self.kept: list[Expr] = []
        self.rank = 0

    @property
    def phase_dimension(self) -> int:
        """N, the number of initial values; also the number of functionally independent integrals."""
        return sum(self.system.orders)

    def keep_linear(self, integrals: Sequence[Expr]) -> None:
        """Keep verified integrals that are linearly independent linear functions of the unknowns, the first to be kept."""
        self.kept.extend(integrals)
        self.rank += len(integrals)

    def offer(self, candidates: Iterable[Expr], *, functional: bool = False) -> None:
        """Keep candidates that are no linear combination of the kept ones and their products; with
        `functional`, only those that are no function of the kept ones at all. Short ones are looked at first.
        """
        for candidate in sorted(set(candidates) - {S.Zero}, key=lambda e: (e.count_ops(), str(e))):
            field = limited(jet_field(self.system, [*self.kept, candidate]), self.budget)
            elements = [field(e) for e in (*self.kept, candidate)]
            if elements[-1].is_constant:
                continue
            rank = gradient_rank(elements, field)
            if rank == self.rank and (functional or self._is_polynomial_in_kept(elements, field)):
                continue
            if rank == self.rank and gradient_rank(elements[-1:], field) == 0:  # asin(sin(u)) - u, constant on each side
                continue
            self.kept.append(candidate)
            self.rank = rank

    def _is_polynomial_in_kept(self, elements: Sequence[Element], field: Field) -> bool:
        """Is the last element a linear combination of 1, the others, and their products of degree at most 2 or its own?"""
        jets = self.system.jet_coordinates
        *known, last = elements
        degrees = [velocity_degree(e, field, jets) for e in known]
        highest = velocity_degree(last, field, jets)
        basis = [field.one, *known]
        for factors in (2, 3):
            for chosen in itertools.combinations_with_replacement(range(len(known)), factors):
                total = sum(degrees[i] for i in chosen)
                if total <= max(highest, 2) and min(degrees[i] for i in chosen) > 0 and len(basis) < LARGEST_BASIS:
                    product = field.one
                    for i in chosen:
                        product = product * known[i]
                    basis.append(product)
        held = {key for e in basis for key in by_roots(e, field)}
        if not held.issuperset(by_roots(last, field)):
            return False
        found = constant_relations([(last,), *((e,) for e in basis)], field)
        return any(0 in relation for relation in found)


def velocity_degree(element: Element, field: Field, jets: Sequence[Symbol]) -> int:
    """Total degree of the numerator in the derivatives."""
    places = [field.capacity - 1 - field.by_symbol[v].index for v in jets]
    return max((sum(m[p] for p in places) for m, _ in field.lift(element.num).terms()), default=0)


def gradient_rank(elements: Sequence[Element], field: Field) -> int:
    """Rank of the Jacobian at a random point modulo a prime: at most the generic rank.

    And below it only by bad luck.
    """
    # a derivative is a sum, by the monomials of roots, of fractions that are smaller than their sum
    rows = [[[part.diff(v) for part in by_roots(e, field).values()] for v in field.variables] for e in elements]
    try:
        point = ModularPoint(field, {i for row in rows for parts in row for e in parts for i in field.slots_of(e)})
    except ArithmeticError:
        return _exact_rank(elements, field)
    try:
        table = [[sum(point.element(e) for e in parts) % point.prime for parts in row] for row in rows]
    except ZeroDivisionError:
        return _exact_rank(elements, field)
    return rank(table, len(field.variables), point.prime)


def _exact_rank(elements: Sequence[Element], field: Field) -> int:
    chosen: list[Element] = []
    for element in elements:
        if functionally_independent(field, [*chosen, element], field.variables):
            chosen.append(element)
    return len(chosen)
