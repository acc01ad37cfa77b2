"""Truncated power series in several variables modulo a prime, and the series of every slot of a coefficient field.

A series is a vector of its coefficients over the monomials of total degree at most N, low degrees first, as int64 residues
of a prime below 2^31, so that products of residues do not overflow.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpz_mpoly
from numpy.typing import NDArray
from sympy import Symbol

from liesym.coefficients.field import Element, Field

Residues = NDArray[np.int64]


@dataclass(frozen=True)
class Monomials:
    """Exponents of total degree at most N in n variables, and the tables that multiplication needs."""

    variables: int
    degree: int
    prime: int
    exponents: tuple[tuple[int, ...], ...]
    index: dict[tuple[int, ...], int]
    left: Residues
    right: Residues
    starts: Residues

    @staticmethod
    def create(variables: int, degree: int, prime: int) -> Monomials:
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
        return Monomials(variables, degree, prime, exponents, index, flat[:, 0], flat[:, 1], starts)

    @property
    def size(self) -> int:
        return len(self.exponents)

    def constant(self, value: int) -> Residues:
        series = np.zeros(self.size, dtype=np.int64)
        series[0] = value % self.prime
        return series

    def multiply(self, a: Residues, b: Residues) -> Residues:
        products = a[self.left] * b[self.right] % self.prime
        return np.add.reduceat(products, self.starts) % self.prime

    def inverse(self, a: Residues) -> Residues:
        """1/a by Newton's iteration; the constant term must not be 0."""
        if a[0] % self.prime == 0:
            raise ZeroDivisionError("the expansion point is singular")
        result = self.constant(pow(int(a[0]), -1, self.prime))
        reached = 1
        while reached <= self.degree:
            correction = -self.multiply(a, result) % self.prime
            correction[0] = (correction[0] + 2) % self.prime
            result = self.multiply(result, correction)
            reached *= 2
        return result


class SlotSeries:
    """Series of the slots of a field about a point, degree by degree from their derivatives.

    The coefficient of z^β in slot s, with β_v > 0, is [z^(β - e_v)] (∂_v s)/β_v. So every kernel expands by the same rule,
    and the values at the point are all that is drawn: they satisfy the algebraic relations of the field.
    """

    def __init__(
        self, field: Field, variables: Sequence[Symbol], values: Sequence[int], needed: Sequence[int], table: Monomials
    ) -> None:
        self.field, self.variables, self.table = field, tuple(variables), table
        self.values = values
        self.series: dict[int, Residues] = {i: table.constant(values[i]) for i in needed}
        self.slopes: dict[int, list[Element | None]] = {
            i: [field.slot_derivative(field.slots[i], v) for v in self.variables] for i in needed
        }
        self.series = {i: table.constant(values[i]) for i in self.slopes}
        for degree in range(table.degree):
            self._extend(degree)

    def _extend(self, degree: int) -> None:
        """From all coefficients up to `degree` to those of degree + 1."""
        table, p = self.table, self.table.prime
        fresh: dict[int, Residues] = {}
        for i, slopes in self.slopes.items():
            rates = [None if s is None else self._try(s) for s in slopes]
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
                    series[place] = int(rate[table.index[lower]]) * pow(exponent[v], -1, p) % p
            fresh[i] = series
        self.series.update(fresh)

    def _try(self, element: Element) -> Residues | None:
        """The series, or None where a slot is beyond the degree that is needed of it."""
        if not self.field.slots_of(element) <= self.series.keys():
            return None
        return self.element(element)

    def element(self, element: Element) -> Residues:
        """The series of an element of the field."""
        current = element._current()
        top = self.poly(current.num)
        return top if current.den.is_one() else self.table.multiply(top, self.table.inverse(self.poly(current.den)))

    def poly(self, poly: fmpz_mpoly) -> Residues:
        """The series of a polynomial in the slots."""
        table, n = self.table, poly.context().nvars()
        total = np.zeros(table.size, dtype=np.int64)
        powers: dict[tuple[int, int], Residues] = {}
        for monomial, coefficient in poly.terms():
            product: Residues | None = None
            for place, power in enumerate(monomial):
                if power:
                    factor = self._power(n - 1 - place, int(power), powers)
                    product = factor if product is None else table.multiply(product, factor)
            scale = int(coefficient) % table.prime
            term = table.constant(scale) if product is None else product * scale % table.prime
            total = (total + term) % table.prime
        return total

    def _power(self, slot: int, power: int, known: dict[tuple[int, int], Residues]) -> Residues:
        if power == 1:
            return self.series[slot]
        key = (slot, power)
        if key not in known:
            half = self._power(slot, power // 2, known)
            square = self.table.multiply(half, half)
            known[key] = self.table.multiply(square, self.series[slot]) if power % 2 else square
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
