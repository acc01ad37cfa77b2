"""Linear relations with constant coefficients between functions: all c with Σ c_j g_j = 0.

The functions are elements of a coefficient field. Over one denominator they are polynomials in the slots of
the field; slots that depend on a variable are algebraically independent over the constants once the
relations are applied, so comparing coefficients turns the question into one linear system over the constants
(rationals, parameters, and numbers such as sqrt(2) or pi). It is solved modulo a prime, which shows which
entries vanish, and then exactly on what is left. Every relation returned was checked exactly.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpz, nmod_mat, nmod_poly

from liesym.coefficients.field import Element, Field, cleared
from liesym.errors import OutOfBudget, VerificationError

Relation = dict[int, Element]
Monomial = tuple[int, ...]
Row = dict[int, dict[Monomial, int]]  # column -> polynomial in the constant slots

PRIMES = (
    2305843009213693951,
    2305843009213693921,
    2305843009213693907,
    2305843009213693723,
    2305843009213693693,
)
ATTEMPTS = 200


def relations(
    columns: Sequence[Sequence[Element]], field: Field, *, seed: int = 0, deadline: float | None = None
) -> list[Relation]:
    """A basis of the constants c with Σ_j c_j columns[j][e] = 0 for every entry e.

    Arguments:
        columns: candidates g_j, each a vector of field elements of one common length.
        field: the field of all of them.
        seed: of the random image modulo a prime.
        deadline: value of `time.monotonic()` after which to give up.

    Returns:
        Reduced row echelon basis, each relation as {column: constant}; the last column of a relation holds 1
        and occurs in no other relation.

    Raises:
        OutOfBudget: the deadline passed.
    """
    rows, kept = _presolved(_assemble(columns, field, deadline), len(columns))
    if not kept:
        return []
    for attempt in range(3):
        image = _Image(field, random.Random(seed + 1000 * attempt), PRIMES[attempt:] + PRIMES[:attempt])
        candidates = _null_modular(rows, kept, image, deadline)
        lifted = [_lift(vector, rows, field, image.prime) for vector in candidates]
        if all(v is not None for v in lifted):
            return [v for v in lifted if v is not None]
    raise VerificationError("linear relations found modulo a prime did not lift; three primes were tried")


# -- the linear system ---------------------------------------------------------------------------


def _assemble(columns: Sequence[Sequence[Element]], field: Field, deadline: float | None) -> list[Row]:
    """One row for each entry and each monomial in the slots that depend on a variable, duplicates removed."""
    constant = constant_places(field)
    found: dict[tuple, Row] = {}
    for entry in range(len(columns[0]) if columns else 0):
        if deadline is not None and time.monotonic() > deadline:
            raise OutOfBudget("the budget ran out while comparing coefficients")
        present = [j for j, column in enumerate(columns) if not column[entry].is_zero]
        numerators = cleared([columns[j][entry] for j in present])
        split: dict[Monomial, Row] = {}
        for j, numerator in zip(present, numerators, strict=True):
            for monomial, coefficient in field.lift(numerator).terms():
                key = tuple(0 if i in constant else e for i, e in enumerate(monomial))
                rest = tuple(e if i in constant else 0 for i, e in enumerate(monomial))
                split.setdefault(key, {}).setdefault(j, {})[rest] = int(coefficient)
        for row in split.values():
            found.setdefault(tuple((j, tuple(sorted(p.items()))) for j, p in sorted(row.items())), row)
    return list(found.values())


def constant_places(field: Field) -> set[int]:
    """Places, in a monomial, of the slots that no derivation moves."""
    done = 0
    fixed: list[int] = []
    while done < len(field.slots):  # asking for a derivative may make new slots
        slot = field.slots[done]
        if not any(field.depends_on(slot, v) for v in field.variables):
            fixed.append(slot.index)
        done += 1
    return {field.capacity - 1 - index for index in fixed}


def _presolved(rows: list[Row], width: int) -> tuple[list[Row], list[int]]:
    """Columns that stand alone in a row vanish; they are struck out until nothing changes."""
    kept = set(range(width))
    while True:
        alone = {next(iter(row)) for row in rows if len(row) == 1}
        if not alone:
            return rows, sorted(kept)
        kept -= alone
        rows = [row for row in ({j: p for j, p in r.items() if j not in alone} for r in rows) if row]


# -- modulo a prime ------------------------------------------------------------------------------


class _Image:
    """A homomorphism from the constants of the field to a prime field, its algebraic relations respected."""

    def __init__(self, field: Field, rng: random.Random, primes: Sequence[int]) -> None:
        self.field = field
        for attempt in range(ATTEMPTS):
            self.prime = primes[attempt % len(primes)] if attempt < len(primes) else _random_prime(rng)
            values = self._draw(rng)
            if values is not None:
                self.values = values
                return
        raise VerificationError("no prime was found modulo which the algebraic constants have an image")

    def _draw(self, rng: random.Random) -> dict[int, int] | None:
        """Place in a monomial -> value; None if a root has no image."""
        n = self.field.capacity
        self.values = {}
        for slot in self.field.slots:
            place = n - 1 - slot.index
            if slot.kind == "root" and slot.relation is not None:
                relation = self.field.lift(slot.relation)
                depends = any(self.field.depends_on(slot, v) for v in self.field.variables)
                value = 0 if depends else self.evaluate({m: int(c) for m, c in relation.terms()})
                root = _root(value, slot.degree, self.prime)
                if root is None:
                    return None
                self.values[place] = root
            else:
                self.values[place] = rng.randrange(2, self.prime)
        return self.values

    def evaluate(self, polynomial: dict[Monomial, int]) -> int:
        total = 0
        for monomial, coefficient in polynomial.items():
            term = coefficient % self.prime
            for place, power in enumerate(monomial):
                if power:
                    term = term * pow(self.values[place], power, self.prime) % self.prime
            total += term
        return total % self.prime


def _random_prime(rng: random.Random) -> int:
    while True:
        n = fmpz(rng.randrange(2**60, 2**61) | 1)
        if n.is_prime():
            return int(n)


def _root(value: int, degree: int, prime: int) -> int | None:
    """Some r with r^degree = value modulo the prime."""
    poly = nmod_poly([-value % prime, *([0] * (degree - 1)), 1], prime)
    for factor, _ in poly.factor()[1]:
        if factor.degree() == 1:
            return int(-factor[0] / factor[1])
    return None


def _null_modular(
    rows: list[Row], kept: list[int], image: _Image, deadline: float | None
) -> list[dict[int, int]]:
    """Reduced null space modulo the prime, as sparse vectors over the original columns."""
    place = {j: i for i, j in enumerate(kept)}
    p, width = image.prime, len(kept)
    found: dict[tuple, None] = {}
    for row in rows:
        values = [(place[j], image.evaluate(q)) for j, q in row.items()]
        values = sorted((j, v) for j, v in values if v)
        if values:
            inverse = pow(values[0][1], -1, p)
            found.setdefault(tuple((j, v * inverse % p) for j, v in values))
    if deadline is not None and time.monotonic() > deadline:
        raise OutOfBudget("the budget ran out before the linear system was solved")
    dense = []
    for row in found:
        line = [0] * width
        for j, v in row:
            line[j] = v
        dense.append(line)
    if not dense:
        return [{j: 1} for j in kept]
    reduced, rank = nmod_mat(dense, p).rref()
    pivots = []
    for i in range(rank):
        start = pivots[-1] + 1 if pivots else 0
        pivots.append(next(j for j in range(start, width) if int(reduced[i, j])))
    null = []
    for free in sorted(set(range(width)) - set(pivots)):
        vector = {kept[free]: 1}
        for i, j in enumerate(pivots):
            if j > free:
                break
            value = int(reduced[i, free])
            if value:
                vector[kept[j]] = -value % p
        null.append(vector)
    return null


# -- back to the constants -----------------------------------------------------------------------


def _lift(vector: dict[int, int], rows: list[Row], field: Field, prime: int) -> Relation | None:
    """The exact relation with the support of its image, or None if there is none."""
    touching = [{j: row[j] for j in vector if j in row} for row in rows if any(j in row for j in vector)]
    origin = (0,) * field.capacity
    rational = all(set(p) <= {origin} for row in touching for p in row.values())
    if not rational:
        return _solve_elements(vector, touching, field)
    values = {j: _reconstruct(v, prime) for j, v in vector.items()}
    if any(v is None for v in values.values()) or not _holds(values, touching, origin):
        values = _solve_rational(vector, touching, origin)
    return None if values is None else {j: field.constant(v) for j, v in values.items() if v}


def _reconstruct(value: int, prime: int) -> Fraction | None:
    """a/b = value modulo the prime with |a|, b below sqrt(prime/2) (Wang 1981)."""
    bound = int(fmpz(prime // 2).isqrt())
    r0, r1, s0, s1 = prime, value % prime, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, s0, s1 = r1, r0 - q * r1, s1, s0 - q * s1
    return Fraction(r1, s1) if s1 and abs(s1) <= bound else None


def _holds(values: dict[int, Fraction | None], rows: list[Row], origin: Monomial) -> bool:
    return all(sum((values[j] or 0) * p[origin] for j, p in row.items()) == 0 for row in rows)


def _solve_rational(vector: dict[int, int], rows: list[Row], origin: Monomial) -> dict[int, Fraction] | None:
    order = list(vector)
    free = max(order)
    unknown = [j for j in order if j != free]
    table = [[row.get(j, {}).get(origin, 0) for j in (*unknown, free)] for row in rows]
    reduced, rank = fmpq_mat([[fmpq(v) for v in line] for line in table]).rref()
    if rank != len(unknown) or any(reduced[i, i] != 1 for i in range(rank)):
        return None
    result = {j: -Fraction(int(reduced[i, rank].p), int(reduced[i, rank].q)) for i, j in enumerate(unknown)}
    return {**result, free: Fraction(1)}


def _solve_elements(vector: dict[int, int], rows: list[Row], field: Field) -> Relation | None:
    """Gauss elimination over the constants of the field, on the support only."""
    free = max(vector)
    table: list[Relation] = []
    for row in rows:
        line = {j: field.of_poly(field.ctx.from_dict(p)) for j, p in row.items()}
        table.append({j: e for j, e in line.items() if not e.is_zero})
    full, solved = [dict(line) for line in table], {}
    for column in sorted(set(vector) - {free}):
        pivot = min(
            (r for r in table if column in r), key=lambda r: (len(r), len(r[column].num)), default=None
        )
        if pivot is None:
            return None
        table = [r for r in table if r is not pivot]
        scaled = {j: e / pivot[column] for j, e in pivot.items()}
        for other in (*table, *solved.values()):
            if column in other:
                _subtract(other, scaled, other[column])
        solved[column] = scaled
    result = {j: -line[free] for j, line in solved.items() if free in line}
    result[free] = field.one
    for line in full:
        total = field.zero
        for j, e in line.items():
            if j in result:
                total = total + e * result[j]
        if not total.is_zero:
            return None
    return result


def _subtract(line: Relation, other: Relation, factor: Element) -> None:
    for j, e in other.items():
        value = (line[j] - e * factor) if j in line else -(e * factor)
        if value.is_zero:
            line.pop(j, None)
        else:
            line[j] = value
