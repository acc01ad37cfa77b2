"""Orders of a semisimple Lie algebra over Q: lattices that are closed under the bracket, made as large as may be.

A basis that was mixed at random spans a small lattice, in which the nilpotent elements are long. Its orders
grow as in Zassenhaus's second round for associative algebras: the radical I of the trace form modulo p is an
ideal of the order O, and {x : [x, I] ⊂ I} is an order that holds O.

Source: Cohen 1993, section 6.1, for associative algebras.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, nmod_mat
from sympy import factorint

from liesym.algebra.core import LieAlgebra


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


def large_order(algebra: LieAlgebra) -> Order:
    """An order that the idealizers of its radicals do not enlarge, over the small primes of its discriminant."""
    order = _first(algebra)
    for p in _bad_primes(order):
        while True:
            larger = _enlarged(order, int(p))
            if larger is None:
                break
            order = larger
    return order


def _first(algebra: LieAlgebra) -> Order:
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
    return sorted({*factorint(scale), *factorint(int(unscaled.p))})


def _form(order: Order) -> fmpz_mat:
    """The Killing form divided by the common factor of its entries."""
    n, entries = len(order.tables), _traces(order)
    content = math.gcd(*map(int, entries))
    return fmpz_mat(n, n, [e // content for e in entries])


def _trace(a: fmpz_mat, b: fmpz_mat) -> fmpz:
    product: Any = a * b
    return sum((product[i, i] for i in range(product.nrows())), start=fmpz(0))


def _enlarged(order: Order, p: int) -> Order | None:
    """The idealizer of the radical modulo p, None if it is the order itself."""
    n = len(order.tables)
    radical = _lattice(_left_kernel(_form(order), p), n, p)
    back = fmpq_mat(radical).inv()
    actions = [_integral(fmpq_mat(radical * table) * back) for table in order.tables]
    flat = fmpz_mat([[e for line in a.tolist() for e in line] for a in actions])
    # x F is integral exactly if H x is, where the rows of H span those of the transpose of F
    integral = fmpz_mat(flat.transpose().hnf().tolist()[:n])
    if abs(integral.det()) == 1:
        return None
    change = fmpq_mat(integral).inv().transpose()
    return order.changed(change)


def _left_kernel(m: fmpz_mat, p: int) -> list[list[int]]:
    """Rows v with v m = 0 modulo p."""
    null, rank = nmod_mat(m.transpose(), p).nullspace()
    columns = null.transpose().tolist()[: int(rank)]
    return [[int(e) for e in column] for column in columns]


def _lattice(rows: list[list[int]], n: int, p: int) -> fmpz_mat:
    """The lattice of the rows and p Z^n, by a basis."""
    stacked = [*rows, *([p if i == j else 0 for j in range(n)] for i in range(n))]
    reduced = fmpz_mat(stacked).hnf().tolist()[:n]
    return fmpz_mat(reduced)
