"""Counting solutions of the determining system by Taylor coefficients modulo a prime."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd, perm, prod
from operator import add
from typing import Any

from flint import fmpz, nmod_poly

from liesym.base.budget import UNLIMITED, Budget
from liesym.certify.series import Monomials, Residues, SlotSeries, closure
from liesym.coefficients.field import Field
from liesym.coefficients.modular import Echelon, sparse_echelon
from liesym.coefficients.ring import Slot
from liesym.determine.forms import Determining, LinearForm
from liesym.errors import TooLarge

LARGEST_SYSTEM = 20000
LARGEST_MATRIX = 40_000_000
DENSE = 64
"""Degree of a root up to which its equation is written out."""


class NoPoint(Exception):
    """No regular point with all roots was found modulo the prime."""


def draw_prime(seed: int) -> int:
    """A prime below 2^31."""
    candidate = random.Random(seed).randrange(2**30, 2**31 - 2**20) | 1
    while not fmpz(candidate).is_prime():
        candidate += 2
    return candidate


def prime_for(field: Field, seed: int, attempts: int = 100) -> int:
    """A prime below 2^31 modulo which the constant roots of the field exist: sqrt(2) and I do for one prime in four.

    Raises:
        NoPoint: none of the primes that were tried is of that kind.
    """
    roots = [s.index for s in field.roots if not any(field.depends_on(s, v) for v in field.variables)]
    for attempt in range(attempts):
        prime = draw_prime(seed + 1000 * attempt)
        try:
            Draw(field, prime, seed).values(roots, attempts=40)
        except NoPoint:
            continue
        return prime
    raise NoPoint


class Draw:
    """Random values modulo the prime for the slots of a field, with every algebraic relation kept."""

    def __init__(self, field: Field, prime: int, seed: int) -> None:
        self.field, self.prime = field, prime
        self._random = random.Random(seed)

    def values(self, needed: Iterable[int] | None = None, fixed: Sequence[int] = (), attempts: int = 3000) -> list[int]:
        """Values for all slots; those that are not needed are left at 0.

        Arguments:
            needed: slots whose values matter (their relations are followed); None for all.
            fixed: values of a former draw to keep, -1 where a new one is wanted.

        Raises:
            NoPoint: a root does not exist modulo the prime, however the rest is drawn.
        """
        chosen = self._closed(needed)
        for _ in range(attempts):
            values = [0] * len(self.field.slots)
            for index in chosen:
                slot = self.field.slots[index]
                if index < len(fixed) and fixed[index] >= 0:
                    values[index] = fixed[index]
                elif slot.kind != "root" or slot.relation is None:
                    values[index] = self._random.randrange(2, self.prime - 1)
                else:
                    root = self._root(slot, values)
                    if root is None:
                        break
                    values[index] = root
            else:
                return values
        raise NoPoint

    def _closed(self, needed: Iterable[int] | None) -> list[int]:
        if needed is None:
            return list(range(len(self.field.slots)))
        found, pending = set(needed), list(needed)
        while pending:
            relation = self.field.slots[pending.pop()].relation
            if relation is not None:
                inner = self.field.slots_of(self.field.of_poly(self.field.lift(relation)))
                pending += inner - found
                found |= inner
        return sorted(found)

    def _root(self, slot: Slot, values: list[int]) -> int | None:
        assert slot.relation is not None
        target = value_modulo(slot.relation, values, self.prime)
        if not target:
            return None
        # x^d = a for a large d: with g = u d + v (p - 1) the greatest common divisor, x = z^u for a root z of z^g = a
        degree = slot.degree if slot.degree <= DENSE else gcd(slot.degree, self.prime - 1)
        found = nmod_poly([-target % self.prime, *([0] * (degree - 1)), 1], self.prime).roots() if degree <= DENSE else []
        if not found:
            return None
        root = int(self._random.choice(found)[0])
        if degree == slot.degree:
            return root
        order = (self.prime - 1) // degree
        return pow(root, pow(slot.degree // degree, -1, order), self.prime)


def value_modulo(poly, values: Sequence[int], prime: int) -> int:
    """A polynomial in the slots at values modulo the prime."""
    total, n = 0, poly.context().nvars()
    places = [(place, values[n - 1 - place]) for place, degree in enumerate(poly.degrees()) if degree > 0]
    for monomial, coefficient in poly.terms():
        term = int(coefficient) % prime
        for place, value in places:
            if monomial[place]:
                term = term * pow(value, int(monomial[place]), prime) % prime
        total += term
    return total % prime


@dataclass(frozen=True)
class Expansion:
    """Truncated solutions: columns are Taylor coefficients (unknown, exponent), high degrees first.

    Arguments:
        degree: N, the truncation.
        columns: (unknown, exponent) in elimination order.
        reduced: the reduced system, for reading off solutions.
        counts: counts[d] = r(d, N), the dimension of the projection on coefficients of degree at most d.
    """

    degree: int
    prime: int
    columns: tuple[tuple[int, tuple[int, ...]], ...]
    reduced: Echelon
    counts: tuple[int, ...]

    def rank_above(self, degree: int) -> int:
        """The rank of the columns of degree above `degree`; of all columns for -1."""
        return sum(1 for j in self.reduced.pivots if sum(self.columns[j][1]) > degree)


def expansion_of(determining: Determining, degree: int, prime: int, seed: int, *, budget: Budget = UNLIMITED) -> Expansion:
    """Impose the split system on series truncated at degree N = `degree` and count.

    Every equation of order k holds up to degree N - k of its expansion; coefficients beyond N are not used.

    Raises:
        NoPoint: no regular point; TooLarge or TimeIsUp: what they say.
    """
    ring, size = Residues(prime), Monomials.create(len(determining.variables), degree).size * len(determining.unknowns)
    if size > LARGEST_SYSTEM:
        raise TooLarge(f"expansion with {size} coefficients")
    cut = Truncation.of(determining, degree)
    values = Draw(determining.field, prime, seed).values(cut.needed)
    rows = cut.rows(SlotSeries(determining.field, determining.variables, values, cut.needed, degree, ring), budget)
    return _count([row for _, row in rows], cut.columns, ring.prime, degree, budget)


@dataclass(frozen=True)
class Truncation:
    """The split system on series truncated at degree N: which coefficients, which slots, and its rows.

    Arguments:
        forms: the equations, polynomial.
        needed: slots that take part.
        degree: N.
        columns: (unknown, exponent), high degrees first.
    """

    forms: tuple[LinearForm, ...]
    needed: tuple[int, ...]
    degree: int
    columns: tuple[tuple[int, tuple[int, ...]], ...]

    @staticmethod
    def of(determining: Determining, degree: int) -> Truncation:
        field, variables = determining.field, determining.variables
        table = Monomials.create(len(variables), degree)
        columns = tuple((a, e) for e in reversed(table.exponents) for a in range(len(determining.unknowns)))
        needed = tuple(closure(field, determining.slots, variables, degree))
        return Truncation(determining.polynomial, needed, degree, columns)

    def rows(self, series: SlotSeries, budget: Budget) -> list[tuple[int, dict[int, Any]]]:
        """(degree of the coefficients that it reaches, row) for each monomial of each equation of order k, up to N - k."""
        place = {c: i for i, c in enumerate(self.columns)}
        found: list[tuple[int, dict[int, Any]]] = []
        for form in self.forms:
            found += _rows(form, series, self.degree, place, budget)
        return found


def _rows(
    form: LinearForm, series: SlotSeries, degree: int, place: dict, budget: Budget
) -> list[tuple[int, dict[int, Any]]]:
    """(reach, row) for each monomial of the expanded equation, up to degree N - order."""
    order = max(sum(index) for _, index in form)
    ring, highest = series.ring, degree - order
    table = Monomials.create(len(series.variables), highest)
    rows: list[dict[int, Any]] = [{} for _ in table.exponents]
    for (a, index), coefficient in form.items():
        budget.check("expansion of the determining system")
        # [z^rest] ∂^index u = u_(rest+index) (rest+index)!/rest!
        raised = [(place[a, tuple(map(add, rest, index))], rising(rest, index)) for rest in table.exponents]
        for i, c in ring.support(series.element(coefficient, highest)):
            for rest, target in table.multiples[i]:
                column, factor = raised[rest]
                row = rows[target]
                row[column] = row[column] + c * factor if column in row else c * factor
    reaches = (sum(target) + order for target in table.exponents)
    return [(reach, {j: ring.reduced(c) for j, c in row.items()}) for reach, row in zip(reaches, rows, strict=True)]


def rising(start: Sequence[int], steps: Sequence[int]) -> int:
    """Π (r + k)!/r!."""
    return prod(perm(r + k, k) for r, k in zip(start, steps, strict=True))


def _count(rows: Sequence[dict[int, int]], columns: Sequence, prime: int, degree: int, budget: Budget) -> Expansion:
    present = [{j: c for j, c in row.items() if c} for row in rows]
    reduced = sparse_echelon(present, len(columns), prime, budget, largest=LARGEST_MATRIX)
    pivots = set(reduced.pivots)
    degrees = [sum(e) for _, e in columns]
    counts = tuple(sum(1 for j, d in enumerate(degrees) if d <= top and j not in pivots) for top in range(degree + 1))
    return Expansion(degree, prime, tuple(columns), reduced, counts)
