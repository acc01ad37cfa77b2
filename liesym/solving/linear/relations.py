"""Linear relations between field elements over the constants of some derivations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flint import fmpz_mat, fmpz_mpoly
from sympy import Pow, Symbol, cos, exp

from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, Slot
from liesym.solving.linear.linear import nullspace

Key = tuple[int, ...]
PER_EXPONENT = 10
"""Operations for one exponent of one term that is taken apart, as measured."""
AGAIN = 2
"""The same as a safeguard of time: taken apart, and put together again."""


def dependent_places(field: Field, variables: Sequence[Symbol]) -> list[bool]:
    """For each exponent place of the polynomial ring: does its slot depend on one of the variables?"""
    n = field.capacity
    flags = [False] * n
    for slot in list(field.slots):
        depends = any(field.depends_on(slot, v) for v in variables)
        if field.capacity != n:  # a derivative made new slots and the ring grew
            return dependent_places(field, variables)
        if depends:
            flags[n - 1 - slot.index] = True
    return flags


def split_columns(columns: Mapping[int, Element], field: Field, variables: Sequence[Symbol]) -> list[dict[int, fmpz_mpoly]]:
    """Rows r with: Σ_j c_j columns[j] = 0 for constants c_j (free of `variables`) exactly if Σ_j c_j r[j] = 0 for each r.

    Over one denominator, the numerators are split by monomials in the slots that depend on `variables`. Where these
    slots are dependent over the constants (exp(x + y) and exp(x + z) along x), the rows are derivatives instead.
    """
    nonzero = {j: e for j, e in columns.items() if not e.is_zero}
    if not nonzero:
        return []
    flags = dependent_places(field, variables)
    numerators = dict(zip(nonzero, map(field.lift, cleared(nonzero)), strict=True))
    if _are_linked(numerators.values(), flags, field, variables):
        return _rows_of_derivatives({j: field.of_poly(p) for j, p in numerators.items()}, field, variables)
    if len(flags) != field.capacity:  # a derivative made new slots and the ring grew
        return split_columns(columns, field, variables)
    parts: dict[Key, dict[int, dict[Key, object]]] = {}
    rest_of_terms = sum(map(len, numerators.values()))
    for j, numerator in numerators.items():
        field.budget.spend(PER_EXPONENT * field.capacity * len(numerator), "split of coefficients")
        field.budget.room(AGAIN * field.capacity * rest_of_terms, "split of coefficients")
        rest_of_terms -= len(numerator)
        for monomial, coefficient in numerator.terms():
            key = tuple(e if flag else 0 for e, flag in zip(monomial, flags, strict=True))
            rest = tuple(0 if flag else e for e, flag in zip(monomial, flags, strict=True))
            parts.setdefault(key, {}).setdefault(j, {})[rest] = coefficient
    return [{j: field.ctx.from_dict(p) for j, p in part.items()} for part in parts.values()]


def _are_linked(numerators: Iterable[fmpz_mpoly], flags: Sequence[bool], field: Field, variables: Sequence[Symbol]) -> bool:
    """Is a combination of the arguments of their exponentials, or of their sines, free of `variables`?

    All arguments together are independent over the rationals; it is their derivatives along `variables` that matter.
    """
    used = {field.capacity - 1 - place for p in numerators for place, degree in enumerate(p.degrees()) if degree > 0}
    bases = {base for i in used if flags[field.capacity - 1 - i] for base in _bases(field, i)}
    moving = [field.slots[i] for i in sorted(bases) if field.slots[i].kind == "kernel"]
    angles = [[field(s.expr.args[0]).diff(v) for v in variables] for s in moving if isinstance(s.expr, cos)]
    exponents = [
        [_slope(field, s, v) / field.of_slot(s) for v in variables] for s in moving if isinstance(s.expr, exp | Pow)
    ]
    return _are_dependent(angles) or _are_dependent(exponents)


def _slope(field: Field, slot: Slot, variable: Symbol) -> Element:
    return field.slot_derivative(slot, variable) or field.zero


def _are_dependent(vectors: Sequence[Sequence[Element]]) -> bool:
    """Linear dependence over the rationals."""
    if len(vectors) < 2:
        return False
    rows: dict[tuple[int, Key], list[int]] = {}
    for place in range(len(vectors[0])):
        for j, poly in enumerate(cleared([vector[place] for vector in vectors])):
            for monomial, coefficient in poly.terms():
                rows.setdefault((place, tuple(monomial)), [0] * len(vectors))[j] = int(coefficient)
    matrix = fmpz_mat(len(rows), len(vectors), [c for row in rows.values() for c in row])
    return matrix.rank() < len(vectors)


def _bases(field: Field, index: int) -> set[int]:
    """The kernels that a slot is made of: itself, or those in the relation of a root; none for a variable."""
    slot = field.slots[index]
    if slot.kind not in ("kernel", "root"):
        return set()
    inner = set() if slot.relation is None else field.slots_of(field.of_poly(field.lift(slot.relation)))
    return {base for i in inner for base in _bases(field, i)} or {index}


def _rows_of_derivatives(
    columns: Mapping[int, Element], field: Field, variables: Sequence[Symbol]
) -> list[dict[int, fmpz_mpoly]]:
    """The reduced echelon form of the columns and all their derivatives along `variables`.

    Constants c with Σ c_j e_j = 0 annihilate the derivatives too. The rows and their derivatives span the same space, so
    the reduced rows, which are unique, are free of `variables`, and what they annihilate is spanned by constants.
    """
    rows: dict[int, dict[int, Element]] = {}
    pending = [dict(columns)]
    while pending:
        row = pending.pop()
        for pivot, known in rows.items():
            _subtract(row, known, row.get(pivot))
        if not row:
            continue
        pivot = min(row)
        row = {j: e / row[pivot] for j, e in row.items()}
        for known in rows.values():
            _subtract(known, row, known.get(pivot))
        rows[pivot] = row
        pending += [row_ for v in variables for row_ in [_derivative(row, v)] if row_]
        if len(rows) == len(columns):
            break
    return [dict(zip(row, cleared(row), strict=True)) for row in rows.values()]  # type: ignore[arg-type]


def _subtract(row: dict[int, Element], other: Mapping[int, Element], factor: Element | None) -> None:
    """row -= factor * other, in place; None stands for 0."""
    if factor is None:
        return
    for j, e in other.items():
        value = row[j] - factor * e if j in row else -(factor * e)
        if value.is_zero:
            del row[j]
        else:
            row[j] = value


def _derivative(row: Mapping[int, Element], variable: Symbol) -> dict[int, Element]:
    found = {j: e.diff(variable) for j, e in row.items()}
    return {j: e for j, e in found.items() if not e.is_zero}


def relations(elements: Sequence[Element], field: Field, variables: Sequence[Symbol]) -> tuple[dict[int, Element], ...]:
    """A basis of the vectors c, free of `variables`, with Σ_j c_j elements[j] = 0."""
    rows = split_columns(dict(enumerate(elements)), field, variables)
    return nullspace(rows, len(elements), field).vectors
