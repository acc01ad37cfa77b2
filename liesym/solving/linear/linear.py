"""Exact nullspaces over the constants Q(θ), guided by an image modulo a prime.

The image says which columns can take part in a solution and which rows are independent; the exact elimination then runs
on that small part alone, with pivots known not to vanish identically. Every pivot that holds a parameter is reported.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flint import fmpz, fmpz_mat, fmpz_mpoly, nmod_mat, nmod_poly

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, Slot

# Primes = 1 modulo this number have square roots of -1, 2, 3, 5, 7, 11 and 13 (quadratic reciprocity).
STRIDE = 8 * 3 * 5 * 7 * 11 * 13


def _prime(seed: int) -> int:
    """A prime of about 61 bits in the residue class 1 modulo STRIDE."""
    candidate = (random.Random(seed).randrange(2**60, 2**61) // STRIDE) * STRIDE + 1
    while not fmpz(candidate).is_prime():
        candidate += STRIDE
    return candidate


@dataclass(frozen=True)
class Nullspace:
    """Basis vectors (column index -> constant) and the pivots that were assumed nonzero."""

    vectors: tuple[dict[int, Element], ...]
    pivots: tuple[Element, ...]


class ModularPoint:
    """Random values modulo a prime for some slots, that respect the algebraic relations.

    Arguments:
        field: the coefficient field.
        slots: indices of the slots whose values are needed; those that their relations hold are added.
    """

    def __init__(self, field: Field, slots: Iterable[int], seed: int = 1) -> None:
        self.field = field
        self._random = random.Random(seed)
        needed = self._closed(set(slots))
        for attempt in range(4000):
            if attempt % 20 == 0:
                self.prime = _prime(seed + attempt // 20)
            self.values: dict[int, int] = {}
            if all(self._draw(field.slots[i]) for i in needed):
                return
        raise ArithmeticError("no point modulo the prime at which every root of the field exists")

    def _closed(self, slots: set[int]) -> list[int]:
        pending = list(slots)
        while pending:
            relation = self.field.slots[pending.pop()].relation
            inner = set() if relation is None else self.field.slots_of(self.field.of_poly(self.field.lift(relation)))
            pending += inner - slots
            slots |= inner
        return sorted(slots)

    def _draw(self, slot: Slot) -> bool:
        if slot.kind != "root" or slot.relation is None:
            self.values[slot.index] = self._random.randrange(2, self.prime)
            return True
        target = self.poly(slot.relation)
        equation = [0] * (slot.degree + 1)
        equation[0], equation[-1] = -target % self.prime, 1
        found = nmod_poly(equation, self.prime).roots()
        if not found or target == 0:
            return False
        self.values[slot.index] = int(self._random.choice(found)[0])
        return True

    def poly(self, poly: fmpz_mpoly) -> int:
        """The value of a polynomial in the slots."""
        total, n, p = 0, poly.context().nvars(), self.prime
        for monomial, coefficient in poly.terms():
            value = int(coefficient) % p
            for place, power in enumerate(monomial):
                if power:
                    value = value * pow(self.values[n - 1 - place], power, p) % p
            total += value
        return total % p


def nullspace(rows: Sequence[dict[int, fmpz_mpoly]], columns: int, field: Field) -> Nullspace:
    """All constant vectors c with Σ_j rows[i][j] c_j = 0.

    Arguments:
        rows: sparse rows, column -> nonzero polynomial in constant slots.
        columns: number of columns.

    Returns:
        A reduced basis: each vector has one free column with entry 1.
    """
    try:
        live, chosen = _modular_guide(rows, columns, field)
    except ArithmeticError:  # a root of the field has no image modulo the primes that were tried
        live, chosen = list(range(columns)), list(rows)
    if all(p.is_constant() for row in chosen for p in row.values()):
        return Nullspace(_rational_nullspace(chosen, live, field), ())
    return _parametric_nullspace(chosen, live, field)


def _modular_guide(
    rows: Sequence[dict[int, fmpz_mpoly]], columns: int, field: Field
) -> tuple[list[int], list[dict[int, fmpz_mpoly]]]:
    """(columns that occur in some solution, rows that span the restricted row space)."""
    point = ModularPoint(field, {i for row in rows for p in row.values() for i in field.slots_of_poly(p)})
    cache: dict[str, int] = {}

    def value(poly: fmpz_mpoly) -> int:
        if poly.is_constant():
            return int(poly.leading_coefficient()) % point.prime
        key = str(poly)
        if key not in cache:
            cache[key] = point.poly(poly)
        return cache[key]

    images = [{j: value(p) for j, p in row.items()} for row in rows]
    images = [{j: v for j, v in row.items() if v} for row in images]
    # Single-entry rows kill columns; repeat until none is left, which shrinks the dense step.
    dead: set[int] = set()
    while True:
        fresh = {next(iter(r)) for r in images if len(r) == 1}
        if not fresh:
            break
        dead |= fresh
        images = [{j: v for j, v in r.items() if j not in fresh} for r in images]
        images = [r for r in images if r]
    keep = [j for j in range(columns) if j not in dead]
    order = {j: k for k, j in enumerate(keep)}
    reduced, rank = _modular_rref(images, order, point.prime)
    pivots = _pivot_columns(reduced, rank, len(keep))
    free = [k for k in range(len(keep)) if k not in set(pivots)]
    touched = set(free)
    for i, pivot in enumerate(pivots):
        if any(reduced[i, k] != 0 for k in free):
            touched.add(pivot)
    live = [keep[k] for k in sorted(touched)]
    alive = set(live)
    candidates = [{j: p for j, p in row.items() if j in alive} for row in rows]
    candidates = [row for row in candidates if row]
    candidates.sort(key=lambda row: (len(row), sum(len(p) for p in row.values())))
    place = {j: k for k, j in enumerate(live)}
    image = [{j: value(p) for j, p in row.items()} for row in candidates]
    spanning = _independent_rows(image, place, point.prime)
    return live, [candidates[i] for i in spanning]


def _modular_rref(images: Sequence[dict[int, int]], order: dict[int, int], prime: int) -> tuple[nmod_mat, int]:
    if not order:
        return nmod_mat(0, 0, prime), 0
    flat = [0] * (len(images) * len(order))
    width = len(order)
    for i, row in enumerate(images):
        for j, v in row.items():
            flat[i * width + order[j]] = v
    if not images:
        return nmod_mat(1, width, prime), 0
    return nmod_mat(len(images), width, flat, prime).rref()


def _pivot_columns(reduced: nmod_mat, rank: int, width: int) -> list[int]:
    pivots, start = [], 0
    for i in range(rank):
        start = next(k for k in range(start, width) if reduced[i, k] != 0)
        pivots.append(start)
        start += 1
    return pivots


def _independent_rows(images: Sequence[dict[int, int]], place: dict[int, int], prime: int) -> list[int]:
    """Greedy sparse elimination: indices of independent rows."""
    basis: dict[int, dict[int, int]] = {}
    chosen: list[int] = []
    for i, image in enumerate(images):
        row = {place[j]: v % prime for j, v in image.items() if v % prime}
        while row:
            lead = min(row)
            if lead not in basis:
                inverse = pow(row[lead], -1, prime)
                basis[lead] = {k: v * inverse % prime for k, v in row.items()}
                chosen.append(i)
                break
            factor = row[lead]
            for k, v in basis[lead].items():
                new = (row.get(k, 0) - factor * v) % prime
                if new:
                    row[k] = new
                else:
                    row.pop(k, None)
        if len(chosen) == len(place):
            break
    return chosen


def _rational_nullspace(
    rows: Sequence[dict[int, fmpz_mpoly]], live: Sequence[int], field: Field
) -> tuple[dict[int, Element], ...]:
    width = len(live)
    place = {j: k for k, j in enumerate(live)}
    if not rows:
        return tuple({j: field.one} for j in live)
    # Columns reversed, so that pivots fall on late (complicated) columns and the free ones are the early, simple ones.
    matrix = fmpz_mat(len(rows), width)
    for i, row in enumerate(rows):
        for j, p in row.items():
            matrix[i, width - 1 - place[j]] = int(p.leading_coefficient())
    reduced, den, rank = matrix.rref()
    pivots, start = [], 0
    for i in range(rank):
        start = next(k for k in range(start, width) if reduced[i, k] != 0)
        pivots.append(start)
        start += 1
    vectors = []
    for free in (k for k in reversed(range(width)) if k not in set(pivots)):
        vector = {live[width - 1 - free]: field.one}
        for i, pivot in enumerate(pivots):
            if reduced[i, free] != 0:
                vector[live[width - 1 - pivot]] = field.constant(-int(reduced[i, free])) / field.constant(int(den))
        vectors.append(vector)
    return tuple(vectors)


def _parametric_nullspace(rows: Sequence[dict[int, fmpz_mpoly]], live: Sequence[int], field: Field) -> Nullspace:
    """Sparse Gauss-Jordan over Q(θ), the simplest pivot of each row first."""
    work = [{j: field.of_poly(field.lift(p)) for j, p in row.items()} for row in rows]
    solved: dict[int, dict[int, Element]] = {}
    pivots: list[Element] = []
    pending = list(work)
    position = {j: k for k, j in enumerate(live)}
    while pending:
        pending.sort(key=lambda r: (len(r), sum(len(c.num) + len(c.den) for c in r.values())))
        row = pending.pop(0)
        if not row:
            continue
        lead = min(row, key=lambda j: (not row[j].is_rational, len(row[j].num) + len(row[j].den), -position[j]))
        pivot = row[lead]
        if not pivot.is_rational:
            pivots.append(pivot)
        normal = {j: -(c / pivot) for j, c in row.items() if j != lead}
        for other in pending:
            _substitute(other, lead, normal)
        for other in solved.values():
            _substitute(other, lead, normal)
        solved[lead] = normal
    free = [j for j in live if j not in solved]
    vectors = []
    for f in free:
        vector = {f: field.one}
        for lead, normal in solved.items():
            if f in normal:
                vector[lead] = normal[f]
        vectors.append(vector)
    return Nullspace(tuple(vectors), tuple(pivots))


def _substitute(row: dict[int, Element], lead: int, normal: dict[int, Element]) -> None:
    factor = row.pop(lead, None)
    if factor is None:
        return
    for j, c in normal.items():
        total = row[j] + factor * c if j in row else factor * c
        if total.is_zero:
            row.pop(j, None)
        else:
            row[j] = total
