"""Large span ansätze: the linear system is sampled at points modulo a prime before anything exact is done.

Σ_j c_j e_j = 0 with elements e_j of the field holds identically exactly if it holds at sufficiently many points. At points
modulo a prime (kernels drawn like variables, roots so that they satisfy their relations, constants the same at all
points) this is a dense numerical matrix, however large the common denominator of the e_j is. Its nullspace contains the
image of every solution; rational solutions are read off it, others are solved for exactly in the few columns that live.
Each vector is then substituted, so that nothing is claimed that was only sampled, and nothing is missing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpz, fmpz_mpoly, nmod_poly
from numpy.typing import NDArray
from sympy import Symbol

from liesym.base.budget import Budget
from liesym.certify.series import closure
from liesym.coefficients.field import Field
from liesym.coefficients.images import STRIDE
from liesym.coefficients.modular import echelon, independent_rows
from liesym.coefficients.ring import Element, Slot
from liesym.determine.forms import Determining, Index, LinearForm, apply_form
from liesym.errors import TooLarge
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import split_columns

Values = NDArray[np.int64]
Labels = Sequence[tuple[int, int]]
MARGIN = 24
SYSTEM = "linear system of a span"


def small_prime(seed: int) -> int:
    """A prime below 2^31 in the residue class 1 modulo STRIDE: products of two residues fit in 64 bits."""
    candidate = (random.Random(seed).randrange(2**30, 2**31) // STRIDE) * STRIDE + 1
    while not fmpz(candidate).is_prime():
        candidate -= STRIDE
    return candidate


@dataclass
class Sample:
    """Values of the slots of a field at points modulo a prime.

    Arguments:
        field: its slots that are constant have one value, all others one for each point.
        count: number of points.
        seed: of the draw.
        needed: slots that have values.
    """

    field: Field
    count: int
    seed: int
    needed: Sequence[int]
    prime: int = 0
    values: dict[int, Values] = dataclass_field(default_factory=dict)
    known: dict[str, Values] = dataclass_field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        slots = [self.field.slots[i] for i in self.needed]
        constant = [s for s in slots if is_constant(s, self.field)]
        for attempt in range(40):
            self.prime = small_prime(self.seed + attempt)
            self.values.clear()
            if all(self._draw(s, shared=True) for s in constant):
                break
        else:
            raise TooLarge("search for a prime modulo which the constants of the field exist")
        chosen = {s.index for s in constant}
        for slot in slots:
            if slot.index not in chosen and not self._draw(slot, shared=False):
                raise TooLarge("search for points at which every root of the field exists")

    def _draw(self, slot: Slot, *, shared: bool) -> bool:
        size = 1 if shared else self.count
        if slot.kind != "root" or slot.relation is None:
            drawn = [self._random.randrange(2, self.prime) for _ in range(size)]
        else:
            target = self.poly(slot.relation)
            drawn = [self._root(int(target[i]), slot.degree) for i in range(size)]
            if None in drawn and shared:
                return False
            # a point at which the root does not exist is replaced by the next that has one
            good = [i for i, r in enumerate(drawn) if r is not None]
            if not good:
                return False
            if len(good) < size:
                self._keep(good)
                drawn = [drawn[i] for i in good]
        value = np.array(drawn, dtype=np.int64)
        self.values[slot.index] = np.broadcast_to(value, (self.count,)) if shared else value
        return True

    def _root(self, target: int, degree: int) -> int | None:
        equation = [0] * (degree + 1)
        equation[0], equation[-1] = -target % self.prime, 1
        found = nmod_poly(equation, self.prime).roots() if target else []
        return int(self._random.choice(found)[0]) if found else None

    def _keep(self, points: Sequence[int]) -> None:
        self.count = len(points)
        self.values = {i: v[list(points)] for i, v in self.values.items()}
        self.known.clear()

    def poly(self, poly: fmpz_mpoly) -> Values:
        """The values of a polynomial in the slots."""
        key = str(poly)
        if key in self.known:
            return self.known[key]
        n, p = poly.context().nvars(), self.prime
        total = np.zeros(self.count, dtype=np.int64)
        powers: dict[tuple[int, int], Values] = {}
        for monomial, coefficient in poly.terms():
            value = np.full(self.count, int(coefficient) % p, dtype=np.int64)
            for place, power in enumerate(monomial):
                if power:
                    if (place, power) not in powers:
                        powers[place, power] = self._power(self.values[n - 1 - place], int(power))
                    value = value * powers[place, power] % p
            total = total + value
        self.known[key] = total % p
        return self.known[key]

    def _power(self, base: Values, exponent: int) -> Values:
        result, square = np.ones_like(base), base
        while exponent:
            if exponent & 1:
                result = result * square % self.prime
            square, exponent = square * square % self.prime, exponent >> 1
        return result

    def element(self, element: Element) -> Values:
        """The values of an element.

        Raises:
            AtPole: a denominator vanishes at one of the points.
        """
        top = self.poly(element.num)
        if element.den.is_one():
            return top
        bottom = self.poly(element.den)
        if not bottom.all():
            raise AtPole
        return top * self._power(bottom, self.prime - 2) % self.prime


class AtPole(ArithmeticError):
    """An unlucky draw: another seed is tried."""


def slots_needed(elements: Iterable[Element], field: Field, variables: Sequence[Symbol], depth: int) -> list[int]:
    """The slots that occur in the elements and in their derivatives up to an order, with those of algebraic relations."""
    pending = closure(field, {i for e in elements for i in field.slots_of(e)}, variables, depth)
    found = set(pending)
    while pending:
        relation = field.slots[pending.pop()].relation
        if relation is not None:
            inner = field.slots_of(field.of_poly(field.lift(relation))) - found
            found |= inner
            pending += inner
    return sorted(found)


def is_constant(slot: Slot, field: Field) -> bool:
    """True if no variable moves the slot."""
    return not any(field.depends_on(slot, v) for v in field.variables)


@dataclass(frozen=True)
class SampledSolution:
    """Vectors as column -> constant, and the parameter expressions that were divided by."""

    vectors: tuple[dict[int, Element], ...]
    pivots: tuple[Element, ...]


def solve_sampled(
    determining: Determining,
    spans: Sequence[Sequence[Element]],
    labels: Labels,
    derivative: Derivative,
) -> SampledSolution:
    """All constants c with Σ_column c spans[a][j] a solution, (a, j) = labels[column].

    Arguments:
        determining: the linear forms that must vanish.
        derivative: (spans, a, j, index) -> partial derivative of a span element.

    Raises:
        OutOfBudget: the budget of the field is over, or no sample settled the question.
    """
    task = _Task(determining, spans, labels, derivative)
    field = determining.field
    moving = not any(is_constant(field.slots[i], field) for i in task.needed)
    live, factor, before = list(range(len(labels))), 1, len(labels) + 1
    for attempt in range(8):
        try:
            live, basis, prime = task.sample(live, seed=17 + attempt, factor=factor)
        except AtPole:
            continue
        solution = task.rational(basis, prime)
        if solution is not None:
            return solution
        if moving and len(basis) < before:  # without constants solutions are rational: there were too few points
            factor, before = 2 * factor, len(basis)
            continue
        return task.parametric(live)
    raise TooLarge("search for a sample that settles the span ansatz")


Derivative = Callable[[Sequence[Sequence[Element]], int, int, Index], Element]


@dataclass
class _Task:
    determining: Determining
    spans: Sequence[Sequence[Element]]
    labels: Labels
    derivative: Derivative

    @cached_property
    def needed(self) -> list[int]:
        """The slots of coefficients, of span elements and of their derivatives."""
        d = self.determining
        elements = [*(c for form in d.equations for c in form.values()), *(e for span in self.spans for e in span)]
        order = max((sum(index) for form in d.equations for _, index in form), default=0)
        return slots_needed(elements, d.field, d.variables, order)

    def check_budget(self) -> None:
        self.determining.field.budget.check(SYSTEM)

    def sample(self, columns: Sequence[int], seed: int, factor: int) -> tuple[list[int], list[dict[int, int]], int]:
        """(columns that live, basis of the nullspace, prime) at random points, for solutions in some columns."""
        equations = self.determining.equations
        # one equation alone must be able to settle the largest span that it differentiates
        largest = max(len(s) for s in self.spans)
        count = factor * max(len(columns) // max(len(equations), 1), 2 * largest) + MARGIN
        sample = Sample(self.determining.field, count, seed, self.needed)
        blocks = []
        for form in equations:
            self.check_budget()
            block = self._block(form, columns, sample)
            blocks.append(block[block.any(axis=1)])
        matrix = np.concatenate(blocks, axis=0)
        self.determining.field.budget.spend(matrix.size, SYSTEM)
        live, basis = _modular_nullspace(matrix, sample.prime, self.determining.field.budget)
        return [columns[k] for k in live], [{columns[k]: v for k, v in b.items()} for b in basis], sample.prime

    def _block(self, form: LinearForm, columns: Sequence[int], sample: Sample) -> Values:
        block = np.zeros((sample.count, len(columns)), dtype=np.int64)
        coefficients = {term: sample.element(c) for term, c in form.items()}
        by_unknown: dict[int, list[Index]] = {}
        for a, index in form:
            by_unknown.setdefault(a, []).append(index)
        for place, column in enumerate(columns):
            self.check_budget()
            a, j = self.labels[column]
            for index in by_unknown.get(a, ()):
                element = self.derivative(self.spans, a, j, index)
                if not element.is_zero:
                    self.determining.field.budget.spend(sample.count, SYSTEM)
                    block[:, place] += coefficients[a, index] * sample.element(element) % sample.prime
        return block % sample.prime

    def rational(self, basis: Sequence[dict[int, int]], prime: int) -> SampledSolution | None:
        """The solutions if all of them are rational: read off modulo the prime, then substituted."""
        field = self.determining.field
        vectors = []
        for residues in basis:
            self.check_budget()
            vector: dict[int, Element] = {}
            for column, residue in residues.items():
                value = _rational(residue, prime)
                if value is None:
                    return None
                vector[column] = field.constant(value)
            if not self._solves(vector):
                return None
            vectors.append(vector)
        return SampledSolution(tuple(vectors), ())

    def parametric(self, live: Sequence[int]) -> SampledSolution:
        """The solutions over the constants of the field, exactly, in the columns that live."""
        field = self.determining.field
        rows: list[dict[int, fmpz_mpoly]] = []
        for form in self.determining.equations:
            self.check_budget()
            columns = self._columns(form, live)
            if columns:
                rows += split_columns(columns, field, field.variables)
        found = nullspace(rows, len(live), field)
        vectors = tuple({live[k]: c for k, c in v.items()} for v in found.vectors)
        return SampledSolution(vectors, found.pivots)

    def _columns(self, form: LinearForm, live: Sequence[int]) -> dict[int, Element]:
        by_unknown: dict[int, list[tuple[Index, Element]]] = {}
        for (a, index), c in form.items():
            by_unknown.setdefault(a, []).append((index, c))
        columns: dict[int, Element] = {}
        for place, column in enumerate(live):
            a, j = self.labels[column]
            total = self.determining.field.zero
            for index, c in by_unknown.get(a, ()):
                element = self.derivative(self.spans, a, j, index)
                if not element.is_zero:
                    total = total + c * element
            if not total.is_zero:
                columns[place] = total
        return columns

    def _solves(self, vector: dict[int, Element]) -> bool:
        """Exact substitution."""
        field = self.determining.field
        values = [field.zero] * len(self.spans)
        for column, c in vector.items():
            a, j = self.labels[column]
            values[a] = values[a] + c * self.spans[a][j]
        return all(
            apply_form(form, values, self.determining.variables, field).is_zero for form in self.determining.equations
        )


def independent_functions(span: Sequence[Element], field: Field) -> list[Element]:
    """The elements that do not depend, over the constants, on earlier ones: by their values at points modulo a prime.

    Independent values prove independent functions; an unlucky draw can only leave a function out.
    """
    needed = slots_needed(span, field, (), 0)
    field.budget.spend(len(span) * (len(span) + MARGIN), SYSTEM)
    for seed in range(6):
        sample = Sample(field, len(span) + MARGIN, seed, needed)
        try:
            rows = [sample.element(e).tolist() for e in span]
        except AtPole:
            continue
        return [span[j] for j in independent_rows(rows, sample.count, sample.prime, field.budget)]
    raise TooLarge("search for points at which the functions of a span are regular")


def _modular_nullspace(matrix: Values, prime: int, budget: Budget) -> tuple[list[int], list[dict[int, int]]]:
    """(columns that occur in a solution, reduced basis)."""
    basis = echelon(matrix.tolist(), matrix.shape[1], prime, budget).kernel()
    return sorted({j for v in basis for j in v}), basis


def _rational(residue: int, prime: int) -> Fraction | None:
    """The fraction with numerator and denominator below sqrt(prime/2) that the residue is the image of."""
    bound = int((prime / 2) ** 0.5)
    r0, r1, s0, s1 = prime, residue % prime, 0, 1
    while r1 > bound:
        quotient = r0 // r1
        r0, r1 = r1, r0 - quotient * r1
        s0, s1 = s1, s0 - quotient * s1
    if s1 == 0 or abs(s1) > bound:
        return None
    return Fraction(r1, s1)
