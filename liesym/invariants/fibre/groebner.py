"""Gröbner bases modulo a prime, one degree after the other by linear algebra, in counted work; for small systems.

A polynomial is a dictionary from exponents to residues; the order is by degree, then reverse lexicographic.
Source: Faugère 1999; criteria for pairs as in Gebauer and Möller 1988.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from operator import add, neg

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.modular import echelon

Exponents = tuple[int, ...]
Polynomial = dict[Exponents, int]
WORK = "Gröbner basis"


def weight(m: Exponents) -> tuple[int, ...]:
    """Sorts monomials, small ones first."""
    return (sum(m), *map(neg, reversed(m)))


def lead(p: Polynomial) -> Exponents:
    """The largest monomial."""
    return max(p, key=weight)


def divides(a: Exponents, b: Exponents) -> bool:
    """True if the monomial a divides b."""
    return all(x <= y for x, y in zip(a, b, strict=True))


def _lcm(a: Exponents, b: Exponents) -> Exponents:
    return tuple(map(max, a, b))


def _shifted(p: Polynomial, by: Exponents) -> Polynomial:
    return {tuple(map(add, m, by)): c for m, c in p.items()}


def _last_first(m: Exponents) -> tuple[int, ...]:
    """Sorts monomials, large ones first."""
    return (-sum(m), *reversed(m))


@dataclass(frozen=True, slots=True)
class Basis:
    """A reduced Gröbner basis.

    Arguments:
        prime: the modulus.
        width: number of variables.
        elements: leading monomial -> monic polynomial.
        divisors: monomial -> the leading monomial that divides it, as far as it was asked for.
    """

    prime: int
    width: int
    elements: dict[Exponents, Polynomial]
    divisors: dict[Exponents, Exponents | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_empty_set(self) -> bool:
        """True if there is no common zero."""
        return (0,) * self.width in self.elements

    def normal_form(self, p: Polynomial, budget: Budget = UNLIMITED) -> Polynomial:
        """The remainder, which is zero exactly for members of the ideal."""
        left, rest = dict(p), {}
        queue = [_last_first(m) for m in left]
        heapify(queue)
        while queue:
            m = tuple(reversed(heappop(queue)[1:]))
            c = left.pop(m, 0)
            if not c:
                continue
            divisor = self._divisor(m)
            if divisor is None:
                rest[m] = c
                continue
            by = tuple(x - y for x, y in zip(m, divisor, strict=True))
            budget.spend(len(self.elements[divisor]), WORK)
            budget.check(WORK)
            for n, d in self.elements[divisor].items():
                at = tuple(map(add, n, by))
                if at == m:
                    continue
                if at not in left:
                    heappush(queue, _last_first(at))
                left[at] = (left.get(at, 0) - c * d) % self.prime
        return rest

    def _divisor(self, m: Exponents) -> Exponents | None:
        """The leading monomial that divides a monomial."""
        if m not in self.divisors:
            self.divisors[m] = next((g for g in self.elements if divides(g, m)), None)
        return self.divisors[m]

    def value(self, i: int) -> int | None:
        """The value of a variable that all common zeros have; None if they differ, or that is not known."""
        rest = self.normal_form({_unit(i, self.width): 1})
        if not rest:
            return 0
        return rest.get((0,) * self.width) if len(rest) == 1 and not any(lead(rest)) else None

    def minimal_polynomial(self, i: int, highest: int, budget: Budget = UNLIMITED) -> list[int] | None:
        """Coefficients, constant first, of the polynomial in one variable alone; None if there is none of the degree."""
        powers, rows = [{(0,) * self.width: 1}], {}
        for k in range(highest + 1):
            for m, c in powers[k].items():
                rows.setdefault(m, {})[k] = c
            kernel = echelon(list(rows.values()), k + 1, self.prime).kernel()
            if kernel:
                return [kernel[0].get(j, 0) for j in range(k + 1)]
            powers.append(self.normal_form(_shifted(powers[k], _unit(i, self.width)), budget))
        return None


def _unit(i: int, width: int) -> Exponents:
    return tuple(int(j == i) for j in range(width))


@dataclass(eq=False)
class _Work:
    """A basis that is being made: its polynomials by leading monomial, and the pairs to look at."""

    prime: int
    found: list[Polynomial] = field(default_factory=list)
    leads: list[Exponents] = field(default_factory=list)
    alive: list[bool] = field(default_factory=list)
    pairs: list[tuple[Exponents, int, int]] = field(default_factory=list)

    def take(self, p: Polynomial) -> None:
        """A new polynomial, with the pairs that are needed."""
        h, new = lead(p), len(self.found)
        self.pairs = [
            (m, i, j)
            for m, i, j in self.pairs
            if not divides(h, m) or _lcm(h, self.leads[i]) == m or _lcm(h, self.leads[j]) == m
        ]
        fresh = [(_lcm(h, g), i, new) for i, g in enumerate(self.leads) if self.alive[i]]
        smallest: list[tuple[Exponents, int, int]] = []
        for pair in sorted(fresh, key=lambda q: weight(q[0])):
            if not any(divides(other[0], pair[0]) for other in smallest):
                smallest.append(pair)
        self.pairs += [q for q in smallest if any(map(min, h, self.leads[q[1]]))]
        self.alive = [a and not divides(h, g) for a, g in zip(self.alive, self.leads, strict=True)]
        self.found.append(p)
        self.leads.append(h)
        self.alive.append(True)

    def reduced(self, rows: Iterable[Polynomial], budget: Budget) -> list[Polynomial]:
        """What the rows, and the multiples of known polynomials that they need, give that is new."""
        matrix = list(rows)
        seen: set[Exponents] = set()
        pending = {m for p in matrix for m in p}
        needed: dict[Exponents, Polynomial] = {}
        while pending:
            m = pending.pop()
            seen.add(m)
            divisor = next((i for i, g in enumerate(self.leads) if self.alive[i] and divides(g, m)), None)
            if divisor is None:
                continue
            by = tuple(x - y for x, y in zip(m, self.leads[divisor], strict=True))
            needed[m] = _shifted(self.found[divisor], by)
            pending |= needed[m].keys() - seen
            budget.spend(len(needed[m]), WORK)
        columns = sorted(seen, key=weight, reverse=True)
        place = {m: k for k, m in enumerate(columns)}
        matrix += needed.values()
        budget.check(WORK)
        budget.room(len(matrix) * len(columns) * min(len(matrix), len(columns)) / 100, WORK)
        budget.spend(len(matrix) * len(columns), WORK)
        form = echelon([{place[m]: c for m, c in p.items()} for p in matrix], len(columns), self.prime, budget)
        return [
            {columns[pivot]: 1, **{columns[k]: c for k, c in row.items()}}
            for pivot, row in zip(form.pivots, form.rows, strict=True)
            if columns[pivot] not in needed
        ]


def groebner(
    polynomials: Sequence[Polynomial],
    width: int,
    prime: int,
    budget: Budget,
    simpler: Callable[[Polynomial], Polynomial] = lambda p: p,
    start: Basis | None = None,
) -> Basis:
    """The reduced Gröbner basis.

    Arguments:
        polynomials: generators of the ideal.
        width: number of variables.
        prime: the modulus.
        budget: counts the entries of matrices.
        simpler: takes factors that vanish nowhere of interest off a polynomial.
        start: a basis of a smaller ideal, which is taken as it is.

    Raises:
        OutOfBudget: more work than it may do.
    """
    work = _Work(prime)
    if start is not None:
        work.found, work.leads = list(start.elements.values()), list(start.elements)
        work.alive = [True] * len(work.found)
    pending = [simpler(p) for p in polynomials if p]
    while pending or work.pairs:
        degree = min([*(max(map(sum, p)) for p in pending), *(sum(m) for m, _, _ in work.pairs)])
        rows = [p for p in pending if max(map(sum, p)) == degree]
        pending = [p for p in pending if max(map(sum, p)) > degree]
        halves: dict[tuple[int, Exponents], Polynomial] = {}
        for m, i, j in (q for q in work.pairs if sum(q[0]) == degree):
            for k in (i, j):
                halves[k, m] = _shifted(work.found[k], tuple(x - y for x, y in zip(m, work.leads[k], strict=True)))
        work.pairs = [q for q in work.pairs if sum(q[0]) > degree]
        for p in sorted(work.reduced([*rows, *halves.values()], budget), key=lambda p: weight(lead(p))):
            shorter = simpler(p)
            if not any(lead(shorter)):
                return Basis(prime, width, {(0,) * width: {(0,) * width: 1}})
            if shorter != p or any(a and divides(g, lead(p)) for a, g in zip(work.alive, work.leads, strict=True)):
                pending.append(shorter)
            else:
                work.take(p)
    return _tidy(work, width, budget)


def _tidy(work: _Work, width: int, budget: Budget) -> Basis:
    """Each element without multiples of the leading monomials of the others."""
    elements = {m: p for m, p, a in zip(work.leads, work.found, work.alive, strict=True) if a}
    whole = Basis(work.prime, width, elements)
    tidy = {}
    for m, p in elements.items():
        tail = whole.normal_form({n: c for n, c in p.items() if n != m}, budget)
        tidy[m] = {m: 1, **tail}
    return Basis(work.prime, width, tidy)
