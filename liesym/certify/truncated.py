"""Power series modulo a prime, truncated by total degree, for many samples at once, with first partial
derivatives.

A series in v variables is an array (coefficients, samples), monomials in order of degree, so that a
truncation is a prefix. Either axis has length 1 where nothing depends on it, which keeps factors that hold
only (t, x) or only jet coordinates cheap. A `Jet` is a series with its partial derivatives in directions
that are not expanded in.

With the Euler operator θ = Σ z_i ∂_i, which multiplies degree d by d: h = g^r solves g θh = r h θg, h =
exp(u) solves θh = h θu, and K with dK = D du solves θK = D θu. Each is one sweep over the degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from liesym.certify.residues import Residues, inverse


@dataclass(frozen=True, eq=False)
class Monomials:
    """Monomials in `variables` unknowns up to `degree`, in order of degree.

    Arguments:
        exponents: (number, variables).
        first: first[d] is the number of monomials of degree below d.
        product: product[k] holds the positions of z^k z^j for all j with deg k + deg j <= degree.
        raised: raised[j, i] is the position of z_i z^j, for j below the top degree.
    """

    variables: int
    degree: int
    exponents: Residues
    first: tuple[int, ...]
    product: tuple[Residues, ...]
    raised: Residues

    @property
    def size(self) -> int:
        return self.first[-1]

    def below(self, degree: int) -> int:
        """Number of monomials of degree at most `degree`."""
        return self.first[degree + 1] if degree >= 0 else 0


@lru_cache(maxsize=64)
def monomials(variables: int, degree: int) -> Monomials:
    """The table for so many variables and this degree."""
    exponents: list[tuple[int, ...]] = []
    for d in range(degree + 1):
        for chosen in combinations_with_replacement(range(variables), d):
            exponents.append(tuple(chosen.count(i) for i in range(variables)))
    first = tuple(comb(d - 1 + variables, variables) if d else 0 for d in range(degree + 2))
    place = {e: i for i, e in enumerate(exponents)}
    table = np.array(exponents, dtype=np.int64).reshape(len(exponents), variables)
    below = first[degree]
    raised = np.zeros((below, variables), dtype=np.int64)
    for j, e in enumerate(exponents[:below]):
        for i in range(variables):
            raised[j, i] = place[(*e[:i], e[i] + 1, *e[i + 1 :])]
    product = [np.arange(len(exponents))]
    for e in exponents[1:]:  # z^k = z_i z^(k - e_i): raise the positions of the smaller monomial
        i = next(n for n, power in enumerate(e) if power)
        smaller = place[(*e[:i], e[i] - 1, *e[i + 1 :])]
        count = first[degree - sum(e) + 1]
        product.append(raised[product[smaller][:count], i])
    return Monomials(variables, degree, table, first, tuple(product), raised)


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """A truncated series with partial derivatives in other directions.

    Arguments:
        value: (coefficients or 1, samples or 1).
        partials: direction -> derivative, of the same kind; a missing one is zero.
    """

    value: Residues
    partials: Mapping[int, Residues]

    @property
    def constant(self) -> Residues:
        """The values at the expansion point, one for each sample or one for all."""
        return self.value[0]


class Ring:
    """Operations on truncated series modulo a prime.

    `invalid` collects the samples at which a division by zero or a missing root occurred; nothing computed
    for these samples means anything.
    """

    def __init__(self, prime: int, variables: int, degree: int, samples: int) -> None:
        self.prime, self.table, self.samples = prime, monomials(variables, degree), samples
        self.invalid = np.zeros(samples, dtype=bool)
        sizes = np.diff(self.table.first)
        self.degrees = np.repeat(np.arange(degree + 1), sizes)[:, None]
        self.reciprocals = inverse(np.maximum(self.degrees, 1), prime)

    # -- plain series ----------------------------------------------------------------------------

    def mul(self, a: Residues, b: Residues) -> Residues:
        """The truncated product."""
        p = self.prime
        if len(a) == 1 or len(b) == 1:
            return a * b % p
        filled_a, filled_b = a.any(axis=1), b.any(axis=1)
        if filled_a.sum() > filled_b.sum():
            a, b, filled_a = b, a, filled_b
        total = np.zeros((self.table.size, max(a.shape[1], b.shape[1])), dtype=np.int64)
        for k in np.flatnonzero(filled_a):
            places = self.table.product[k]
            total[places] += a[k] * b[: len(places)] % p
        return total % p

    def _sweep(
        self, driver: Residues, start: Residues, weights: tuple[int, int], scale: Residues
    ) -> Residues:
        """h with h_0 = start, d h_d = scale Σ_(e>0) (weights[0] e + weights[1] (d - e)) driver_e h_(d-e)."""
        p, table = self.prime, self.table
        total = np.zeros((table.size, max(driver.shape[1], len(start))), dtype=np.int64)
        total[0] = start
        active = [int(k) for k in np.flatnonzero(driver.any(axis=1)) if k]
        for d in range(table.degree):
            begin, end = table.first[d], table.first[d + 1]
            if d:
                total[begin:end] = total[begin:end] % p * scale % p * self.reciprocals[begin:end] % p
            block = total[begin:end]
            for k in active:
                e = int(self.degrees[k, 0])
                if e + d > table.degree:
                    break
                factor = (weights[0] * e + weights[1] * d) % p
                total[table.product[k][begin:end]] += driver[k] * factor % p * block % p
        begin = table.first[table.degree] if table.degree else 1
        total[begin:] = total[begin:] % p * scale % p * self.reciprocals[begin:] % p
        return total

    def power(self, base: Residues, start: Residues, ratio: tuple[int, int]) -> Residues:
        """base^(a/b) for ratio = (a, b), with the given constant term."""
        p = self.prime
        if len(base) == 1:
            return start[None, :]
        r = ratio[0] * pow(ratio[1], -1, p) % p
        return self._sweep(base, start, (r, p - 1), inverse(base[0], p))

    def exp(self, u: Residues, start: Residues) -> Residues:
        """exp(u) with the given constant term."""
        return start[None, :] if len(u) == 1 else self._sweep(u, start, (1, 0), np.ones(1, dtype=np.int64))

    def integral(self, rate: Residues, u: Residues, start: Residues) -> Residues:
        """K with dK = rate du and the given constant term."""
        if len(u) == 1:
            return start[None, :]
        total = self.mul(rate, u * self.degrees % self.prime)
        total = total * self.reciprocals % self.prime
        total = np.repeat(total, len(start), axis=1) if total.shape[1] < len(start) else total
        total[0] = start
        return total

    def derivative(self, a: Residues, variable: int) -> Residues:
        """∂a/∂z_i; the result is exact one degree lower, the top degree is set to zero."""
        result = np.zeros_like(a)
        if len(a) == 1:
            return result
        places = self.table.raised[:, variable]
        factors = (self.table.exponents[: len(places), variable] + 1)[:, None]
        result[: len(places)] = a[places] * factors % self.prime
        return result

    # -- jets ------------------------------------------------------------------------------------

    def number(self, residue: int) -> Jet:
        return Jet(np.array([[residue % self.prime]], dtype=np.int64), {})

    def variable(self, index: int, at: int) -> Jet:
        """The coordinate z_i expanded about the value `at`."""
        value = np.zeros((self.table.size, 1), dtype=np.int64)
        value[0] = at
        if self.table.degree:
            value[1 + index] = 1  # degree 1 lists the variables in order
        return Jet(value, {})

    def sampled(self, values: Residues, direction: int | None) -> Jet:
        """A coordinate with a value for each sample; `direction` is the one of its own derivative."""
        one = np.ones((1, 1), dtype=np.int64)
        return Jet(values[None, :], {} if direction is None else {direction: one})

    def add(self, a: Jet, b: Jet) -> Jet:
        partials = dict(a.partials)
        for direction, partial in b.partials.items():
            partials[direction] = (
                self.plus(partials[direction], partial) if direction in partials else partial
            )
        return Jet(self.plus(a.value, b.value), partials)

    def plus(self, a: Residues, b: Residues) -> Residues:
        if len(a) == len(b):
            return (a + b) % self.prime
        if len(a) < len(b):
            a, b = b, a
        result = np.repeat(a, b.shape[1], axis=1) if a.shape[1] < b.shape[1] else a.copy()
        result[0] = (result[0] + b[0]) % self.prime
        return result

    def multiply(self, a: Jet, b: Jet) -> Jet:
        partials = {d: self.mul(a.value, v) for d, v in b.partials.items()}
        for direction, partial in a.partials.items():
            term = self.mul(b.value, partial)
            partials[direction] = self.plus(partials[direction], term) if direction in partials else term
        return Jet(self.mul(a.value, b.value), partials)

    def chain(self, value: Residues, rate: Residues | None, inner: Jet) -> Jet:
        """A function of `inner` with this value and derivative; `rate` may be None if inner has no
        partials.
        """
        partials = {} if rate is None else {d: self.mul(rate, v) for d, v in inner.partials.items()}
        return Jet(value, partials)

    def reciprocal(self, a: Jet) -> Jet:
        value = self.power(a.value, self.inverse_constant(a), (-1, 1))
        rate = (-self.mul(value, value)) % self.prime if a.partials else None
        return self.chain(value, rate, a)

    def inverse_constant(self, a: Jet) -> Residues:
        """1/a at the expansion point; marks the samples where a vanishes."""
        self.mark(a.constant == 0)
        return inverse(a.constant, self.prime)

    def whole_power(self, a: Jet, exponent: int) -> Jet:
        """a^n for an integer n."""
        if exponent < 0:
            return self.whole_power(self.reciprocal(a), -exponent)
        result, square = None, a
        while exponent:
            if exponent & 1:
                result = square if result is None else self.multiply(result, square)
            exponent >>= 1
            if exponent:
                square = self.multiply(square, square)
        return self.number(1) if result is None else result

    def compose(self, derivatives: list[Residues], inner: Residues) -> Residues:
        """Σ_k derivatives[k] h^k / k! with h = inner less its constant term (Horner); the derivatives are
        series.
        """
        h = inner.copy()
        h[0] = 0
        total = derivatives[self.table.degree]
        for k in range(self.table.degree, 0, -1):
            total = self.mul(total, h) * pow(k, -1, self.prime) % self.prime
            total = self.plus(total, derivatives[k - 1])
        return total

    def mark(self, bad: Residues) -> None:
        """Record samples that cannot be used; one flag for all of them marks all."""
        self.invalid |= bad
