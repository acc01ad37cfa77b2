"""Truncated power series in several variables, and the series of every slot of a coefficient field.

A series is a vector of its coefficients over the monomials of total degree at most N, low degrees first. Coefficients are
int64 residues of a prime below 2^31, so that products of residues do not overflow, or balls: numbers with an error bound.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb, fmpz_mpoly
from numpy.typing import NDArray
from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element

TruncatedSeries = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Residues:
    """Integers modulo a prime below 2^31."""

    prime: int

    def constant(self, value: int, size: int) -> TruncatedSeries:
        series = np.zeros(size, dtype=np.int64)
        series[0] = value % self.prime
        return series

    def scalar(self, value: int) -> int:
        return value % self.prime

    def reduced(self, value: Any) -> Any:
        return value % self.prime

    def reciprocal(self, value: int) -> int:
        """1/value; ZeroDivisionError for 0."""
        if value % self.prime == 0:
            raise ZeroDivisionError("the expansion point is singular")
        return pow(int(value), -1, self.prime)

    def support(self, series: TruncatedSeries) -> list[tuple[int, int]]:
        """(position, coefficient) of what is not zero."""
        return [(int(i), int(series[i])) for i in np.flatnonzero(series)]


@dataclass(frozen=True, slots=True)
class Balls:
    """Real or complex numbers, each with a bound of its error, at the working precision of python-flint."""

    def constant(self, value: Any, size: int) -> TruncatedSeries:
        series = np.full(size, arb(0), dtype=object)
        series[0] = value
        return series

    def scalar(self, value: int) -> arb:
        return arb(value)

    def reduced(self, value: Any) -> Any:
        return value

    def reciprocal(self, value: Any) -> Any:
        """1/value; ZeroDivisionError if the ball holds 0."""
        if arb(abs(value)).contains(arb(0)):
            raise ZeroDivisionError("the expansion point may be singular")
        return 1 / value

    def support(self, series: TruncatedSeries) -> list[tuple[int, Any]]:
        """(position, coefficient) of what is not exactly zero."""
        return [(i, c) for i, c in enumerate(series) if not c.is_zero()]


Scalars = Residues | Balls


@dataclass(frozen=True)
class Monomials:
    """Exponents of total degree at most N in n variables, and the tables that multiplication needs.

    Arguments:
        exponents: by degree; `index` finds their positions.
        left, right, starts: positions of the factors of each product, grouped by product.
        multiples: multiples[i] lists (j, position of z^i z^j).
    """

    variables: int
    degree: int
    exponents: tuple[tuple[int, ...], ...]
    index: dict[tuple[int, ...], int]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    starts: NDArray[np.int64]
    multiples: tuple[tuple[tuple[int, int], ...], ...]

    @staticmethod
    @lru_cache(maxsize=64)
    def create(variables: int, degree: int) -> Monomials:
        exponents = tuple(
            sorted(
                (e for e in itertools.product(range(degree + 1), repeat=variables) if sum(e) <= degree),
                key=lambda e: (sum(e), e),
            )
        )
        index = {e: i for i, e in enumerate(exponents)}
        pairs: list[list[tuple[int, int]]] = [[] for _ in exponents]
        totals = [sum(e) for e in exponents]
        for i, e in enumerate(exponents):
            for j, f in enumerate(exponents):
                if totals[i] + totals[j] > degree:
                    break
                pairs[index[tuple(a + b for a, b in zip(e, f, strict=True))]].append((i, j))
        flat = np.array([pair for group in pairs for pair in group], dtype=np.int64)
        sizes = np.array([len(group) for group in pairs], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        multiples: list[list[tuple[int, int]]] = [[] for _ in exponents]
        for target, group in enumerate(pairs):
            for i, j in group:
                multiples[i].append((j, target))
        return Monomials(variables, degree, exponents, index, flat[:, 0], flat[:, 1], starts, tuple(map(tuple, multiples)))

    @property
    def size(self) -> int:
        return len(self.exponents)

    def multiply(self, a: TruncatedSeries, b: TruncatedSeries, ring: Scalars) -> TruncatedSeries:
        products = ring.reduced(a[self.left] * b[self.right])
        return ring.reduced(np.add.reduceat(products, self.starts))

    def inverse(self, a: TruncatedSeries, ring: Scalars) -> TruncatedSeries:
        """1/a by Newton's iteration; the constant term must not be 0."""
        result = ring.constant(ring.reciprocal(a[0]), self.size)
        reached = 1
        while reached <= self.degree:
            correction = ring.reduced(-self.multiply(a, result, ring))
            correction[0] = ring.reduced(correction[0] + 2)
            result = self.multiply(result, correction, ring)
            reached *= 2
        return result


class SlotSeries:
    """Series of the slots of a field about a point, degree by degree from their derivatives.

    The coefficient of z^β in slot s, with β_v > 0, is [z^(β - e_v)] (∂_v s)/β_v. So every kernel expands by the same rule,
    and the values at the point are all that is drawn: they satisfy the algebraic relations of the field.
    """

    def __init__(
        self,
        field: Field,
        variables: Sequence[Symbol],
        values: Mapping[int, Any] | Sequence[Any],
        needed: Sequence[int],
        degree: int,
        ring: Scalars,
    ) -> None:
        self.field, self.variables, self.ring = field, tuple(variables), ring
        self.table = Monomials.create(len(self.variables), degree)
        self.slopes: dict[int, list[Element | None]] = {
            i: [field.slot_derivative(field.slots[i], v) for v in self.variables] for i in needed
        }
        self.series: dict[int, TruncatedSeries] = {i: ring.constant(values[i], self.table.size) for i in needed}
        for reached in range(degree):
            self._extend(reached)

    def _extend(self, degree: int) -> None:
        """From all coefficients up to `degree` to those of degree + 1."""
        table, ring = self.table, self.ring
        fresh: dict[int, TruncatedSeries] = {}
        for i, slopes in self.slopes.items():
            rates = [None if s is None else self._try(s, degree) for s in slopes]
            if all(r is None for r in rates):
                continue
            series = self.series[i].copy()
            for place, exponent in enumerate(table.exponents):
                if sum(exponent) != degree + 1:
                    continue
                v = next(k for k, e in enumerate(exponent) if e)
                rate = rates[v]
                if rate is not None:
                    lower = tuple(e - (k == v) for k, e in enumerate(exponent))
                    scale = ring.reciprocal(ring.scalar(exponent[v]))
                    series[place] = ring.reduced(rate[table.index[lower]] * scale)
            fresh[i] = series
        self.series.update(fresh)

    def _try(self, element: Element, degree: int) -> TruncatedSeries | None:
        """The series, or None where a slot is beyond the degree that is needed of it."""
        if not self.field.slots_of(element) <= self.series.keys():
            return None
        return self.element(element, degree)

    def element(self, element: Element, degree: int) -> TruncatedSeries:
        """The series of an element of the field up to the given degree."""
        table = Monomials.create(len(self.variables), degree)
        top = self._poly(element.num, table)
        if element.den.is_one():
            return top
        return table.multiply(top, table.inverse(self._poly(element.den, table), self.ring), self.ring)

    def _poly(self, poly: fmpz_mpoly, table: Monomials) -> TruncatedSeries:
        """The series of a polynomial in the slots."""
        ring, n = self.ring, poly.context().nvars()
        total = ring.constant(ring.scalar(0), table.size)
        powers: dict[tuple[int, int], TruncatedSeries] = {}
        for monomial, coefficient in poly.terms():
            product: TruncatedSeries | None = None
            for place, power in enumerate(monomial):
                if power:
                    factor = self._power(n - 1 - place, int(power), powers, table)
                    product = factor if product is None else table.multiply(product, factor, ring)
            scale = ring.scalar(int(coefficient))
            term = ring.constant(scale, table.size) if product is None else ring.reduced(product * scale)
            total = ring.reduced(total + term)
        return total

    def _power(
        self, slot: int, power: int, known: dict[tuple[int, int], TruncatedSeries], table: Monomials
    ) -> TruncatedSeries:
        if power == 1:
            return self.series[slot][: table.size]
        key = (slot, power)
        if key not in known:
            half = self._power(slot, power // 2, known, table)
            square = table.multiply(half, half, self.ring)
            odd = self.series[slot][: table.size]
            known[key] = table.multiply(square, odd, self.ring) if power % 2 else square
        return known[key]


def closure(field: Field, slots: set[int], variables: Sequence[Symbol], depth: int) -> list[int]:
    """Slots that occur in derivatives of the given ones, up to `depth` derivatives (arbitrary functions never close)."""
    found, frontier = set(slots), set(slots)
    for _ in range(depth):
        following: set[int] = set()
        for i in frontier:
            for v in variables:
                slope = field.slot_derivative(field.slots[i], v)
                if slope is not None:
                    following |= field.slots_of(slope)
        frontier = following - found
        if not frontier:
            break
        found |= frontier
    return sorted(found)
