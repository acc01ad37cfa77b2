"""Orders of a semisimple Lie algebra over Q: lattices that are closed under the bracket, made as large as may be.

A basis that was mixed at random spans a small lattice, in which the nilpotent elements are long. Its orders
grow as in Zassenhaus's second round for associative algebras: the radical I of the trace form modulo p is an
ideal of the order O, and {x : [x, I] ⊂ I} is an order that holds O. Where it is O itself, other ideals do, as for the
upper triangular matrices modulo p: submodules of O/pO, spun up from vectors that an element of few of them leaves.

Sources: Cohen 1993, section 6.1, for associative algebras; Norton's criterion: Holt 2005, section 7.4.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, fmpz_mod_ctx, fmpz_mod_mat

from liesym.algebra.core import StructureConstants, pay
from liesym.base.budget import Budget

TRIES = 6
"""Random elements of the acting algebra that are asked for submodules."""


@dataclass(frozen=True, slots=True)
class Order:
    """A lattice that is closed under the bracket.

    Arguments:
        rows: its basis, in coordinates of the algebra.
        tables: for each basis element b_i the integer matrix whose row j holds [b_i, b_j] in the basis.
    """

    rows: fmpq_mat
    tables: tuple[fmpz_mat, ...]

    def changed(self, change: fmpq_mat) -> Order:
        """The order whose basis is given by rows of coordinates in this one."""
        n, inverse, tables = len(self.tables), change.inv(), []
        for row in change.tolist():
            mixed = fmpq_mat(n, n)
            for factor, table in zip(row, self.tables, strict=True):
                if factor:
                    mixed = mixed + fmpq_mat(table) * factor
            tables.append(_integral(change * mixed * inverse))
        return Order(change * self.rows, tuple(tables))


def large_order(algebra: StructureConstants, budget: Budget) -> Order:
    """An order that the idealizers of its radicals do not enlarge, over the small primes of its discriminant."""
    order = _first(algebra)
    for p in _bad_primes(order):
        while True:
            pay(algebra, budget)
            larger = _enlarged(order, int(p))
            if larger is None:
                break
            order = larger
    return order


def _first(algebra: StructureConstants) -> Order:
    """The multiples of the given basis by the common denominator of the constants."""
    n = algebra.dimension
    lines: list[list[list[fmpq]]] = [[[fmpq(0)] * n for _ in range(n)] for _ in range(n)]
    common = 1
    for i, j, k, c in algebra.constants:
        numerator, denominator = (int(e) for e in c.as_numer_denom())
        common = math.lcm(common, denominator)
        lines[i][j][k], lines[j][i][k] = fmpq(numerator, denominator), fmpq(-numerator, denominator)
    rows = fmpq_mat(n, n, [fmpq(common if i == j else 0) for i in range(n) for j in range(n)])
    return Order(rows, tuple(_integral(fmpq_mat(table) * fmpq(common)) for table in lines))


def _integral(m: fmpq_mat) -> fmpz_mat:
    numerator, denominator = m.numer_denom()
    assert denominator == 1
    return numerator


def _traces(order: Order) -> list[fmpz]:
    """The entries of the Killing form."""
    return [_trace(a, b) for a in order.tables for b in order.tables]


def _bad_primes(order: Order) -> list[int]:
    """The primes of the common denominator and of the discriminant of the lattice before it was scaled by it."""
    n, scale = len(order.tables), int(order.rows[0, 0].p)
    discriminant = abs(int(fmpz_mat(n, n, _traces(order)).det()))
    unscaled = fmpq(discriminant, scale ** (2 * n))
    return sorted({int(p) for number in (fmpz(scale), unscaled.p) for p, _ in number.factor()})


def _form(order: Order) -> fmpz_mat:
    """The Killing form divided by the common factor of its entries."""
    n, entries = len(order.tables), _traces(order)
    content = math.gcd(*map(int, entries))
    return fmpz_mat(n, n, [e // content for e in entries])


def _trace(a: fmpz_mat, b: fmpz_mat) -> fmpz:
    product: Any = a * b
    return sum((product[i, i] for i in range(product.nrows())), start=fmpz(0))


def _enlarged(order: Order, p: int) -> Order | None:
    """The first idealizer of an ideal modulo p that is larger than the order, None if there is none."""
    for ideal in _ideals(order, p):
        larger = _idealizer(order, _lattice(ideal, len(order.tables), p))
        if larger is not None:
            return larger
    return None


def _idealizer(order: Order, ideal: fmpz_mat) -> Order | None:
    """{x : [x, I] ⊂ I}, None if it is the order itself."""
    n, back = len(order.tables), fmpq_mat(ideal).inv()
    actions = [_integral(fmpq_mat(ideal * table) * back) for table in order.tables]
    flat = fmpz_mat([[e for line in a.tolist() for e in line] for a in actions])
    # x F is integral exactly if H x is, where the rows of H span those of the transpose of F
    integral = fmpz_mat(flat.transpose().hnf().tolist()[:n])
    if abs(integral.det()) == 1:
        return None
    change = fmpq_mat(integral).inv().transpose()
    return order.changed(change)


Rows = list[list[int]]


def _ideals(order: Order, p: int) -> Iterator[Rows]:
    """Rows that span ideals of O/pO: the radical of the trace form, then submodules, proper ones only."""
    n, field, rng = len(order.tables), fmpz_mod_ctx(p), random.Random(p)
    yield _left_kernel(fmpz_mod_mat(_form(order), field))
    acting = [fmpz_mod_mat(table, field) for table in order.tables]
    dual = [m.transpose() for m in acting]
    for _ in range(TRIES):
        weights = [rng.randrange(p) for _ in range(n + 2)]
        generic: Any = sum((m * w for m, w in zip(acting, weights, strict=False)), start=acting[0] * 0)
        generic = generic * weights[n] + generic * acting[rng.randrange(n)] * weights[n + 1]
        for factor, _ in generic.charpoly().factor()[1]:
            value = _value(factor, generic)
            kernel = _left_kernel(value)
            span = _spun(kernel[rng.randrange(len(kernel))], acting)
            if len(span) < n:
                yield span
            other = _left_kernel(value.transpose())
            span_of_dual = _spun(other[rng.randrange(len(other))], dual)
            if len(span_of_dual) < n:
                yield _left_kernel(fmpz_mod_mat(fmpz_mat(span_of_dual), field).transpose())
            if len(kernel) == factor.degree() and len(span) == len(span_of_dual) == n:
                return  # Norton: there are no others


def _value(polynomial: Any, m: fmpz_mod_mat) -> fmpz_mod_mat:
    """The polynomial at a matrix, by Horner's rule."""
    n = m.nrows()
    one = fmpz_mod_mat(fmpz_mat(n, n, [int(i == j) for i in range(n) for j in range(n)]), fmpz_mod_ctx(int(m.modulus())))
    result: Any = one * 0
    for coefficient in reversed(polynomial.coeffs()):
        result = result * m + one * coefficient
    return result


def _spun(start: list[int], matrices: list[fmpz_mod_mat]) -> Rows:
    """A basis of the least space of rows that holds the start and is mapped into itself."""
    field = int(matrices[0].modulus())
    echelon: dict[int, list[int]] = {}
    waiting = [start]
    while waiting:
        row = waiting.pop()
        for place, known in echelon.items():
            if row[place]:
                factor = row[place]
                row = [(a - factor * b) % field for a, b in zip(row, known, strict=True)]
        place = next((i for i, e in enumerate(row) if e), None)
        if place is None:
            continue
        inverse = pow(row[place], -1, field)
        echelon[place] = [e * inverse % field for e in row]
        line = fmpz_mod_mat(fmpz_mat([echelon[place]]), fmpz_mod_ctx(field))
        waiting += [[int(e) for e in (line * m).tolist()[0]] for m in matrices]
    return list(echelon.values())


def _left_kernel(m: fmpz_mod_mat) -> Rows:
    """Rows v with v m = 0."""
    reduced, rank = m.transpose().rref()
    lines = [[int(e) for e in line] for line in reduced.tolist()[:rank]]
    pivots = [next(i for i, e in enumerate(line) if e) for line in lines]
    p, width = int(m.modulus()), m.nrows()
    rows = []
    for free in sorted({*range(width)} - {*pivots}):
        row = [int(i == free) for i in range(width)]
        for place, line in zip(pivots, lines, strict=True):
            row[place] = -line[free] % p
        rows.append(row)
    return rows


def _lattice(rows: list[list[int]], n: int, p: int) -> fmpz_mat:
    """The lattice of the rows and p Z^n, by a basis."""
    stacked = [*rows, *([p if i == j else 0 for j in range(n)] for i in range(n))]
    reduced = fmpz_mat(stacked).hnf().tolist()[:n]
    return fmpz_mat(reduced)
