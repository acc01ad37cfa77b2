"""Exact nullspaces over the constants Q(θ), guided by an image modulo a prime.

The image says which columns can take part in a solution and which rows are independent; the exact elimination then runs
on that small part alone, with pivots known not to vanish identically. Every pivot that holds a parameter is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from flint import fmpz_mat, fmpz_mpoly

from liesym.coefficients.field import Field
from liesym.coefficients.images import ModularPoint
from liesym.coefficients.modular import independent_rows, leading_columns, sparse_echelon
from liesym.coefficients.ring import Element


@dataclass(frozen=True)
class Nullspace:
    """Basis vectors (column index -> constant) and the pivots that were assumed nonzero."""

    vectors: tuple[dict[int, Element], ...]
    pivots: tuple[Element, ...]


def nullspace(rows: Sequence[dict[int, fmpz_mpoly]], columns: int, field: Field) -> Nullspace:
    """All constant vectors c with Σ_j rows[i][j] c_j = 0.

    Arguments:
        rows: sparse rows, column -> nonzero polynomial in constant slots.
        columns: number of columns.

    Returns:
        A reduced basis: each vector has one free column with entry 1.

    Raises:
        OutOfBudget: the budget of the field ran out, or the system has too many entries for it.
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

    field.budget.spend(sum(map(len, rows)) + len(rows) * columns, "linear system")
    images = []
    for row in rows:
        field.budget.check("linear system")
        images.append({j: value(p) for j, p in row.items()})
    reduced = sparse_echelon([{j: v for j, v in r.items() if v} for r in images], columns, point.prime, field.budget)
    touched = {pivot for pivot, row in zip(reduced.pivots, reduced.rows, strict=True) if row}
    live = sorted(touched.union(reduced.free))
    place = {j: k for k, j in enumerate(live)}
    candidates = [{j: p for j, p in row.items() if j in place} for row in rows]
    candidates = [row for row in candidates if row]
    candidates.sort(key=lambda row: (len(row), sum(len(p) for p in row.values())))
    spanning = independent_rows(
        [{place[j]: value(p) for j, p in r.items()} for r in candidates], len(live), point.prime, field.budget
    )
    return live, [candidates[i] for i in spanning]


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
    field.budget.check("linear system")
    reduced, den, rank = matrix.rref()
    pivots = leading_columns(reduced, rank, width)
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
    pending = [(_size(row), row) for row in work]
    position = {j: k for k, j in enumerate(live)}
    while pending:
        pending.sort(key=itemgetter(0))
        field.budget.check("linear system")
        _, row = pending.pop(0)
        if not row:
            continue
        lead = min(row, key=lambda j: (not row[j].is_rational, row[j].terms, -position[j]))
        pivot = row[lead]
        if not pivot.is_rational:
            pivots.append(pivot)
        normal = {j: -(c / pivot) for j, c in row.items() if j != lead}
        for k, (_, other) in enumerate(pending):
            if lead in other:
                _substitute(other, lead, normal)
                pending[k] = _size(other), other
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


def _size(row: dict[int, Element]) -> tuple[int, int]:
    return len(row), sum(c.terms for c in row.values())


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
