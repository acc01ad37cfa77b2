"""Solutions of a linear PDE system inside a finite span of functions: one sparse linear system over Q(θ)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, Index, LinearForm
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import PER_EXPONENT
from liesym.solving.linear.sampled import SYSTEM, solve_sampled

Vector = tuple[Element, ...]
# number of columns from which the linear system is sampled modulo a prime first
SAMPLED_FROM = 150


@dataclass(frozen=True)
class SpanSolution:
    """A basis of the solutions in the span, and the parameter expressions assumed nonzero."""

    vectors: tuple[Vector, ...]
    pivots: tuple[Element, ...]


def monomials(field: Field, variables: Sequence[Symbol], degree: int) -> list[Element]:
    """All monomials of total degree at most `degree`, low degrees first."""
    result = []
    generators = [field(v) for v in variables]
    for total in range(degree + 1):
        for chosen in itertools.combinations_with_replacement(range(len(generators)), total):
            product = field.one
            for i in chosen:
                product = product * generators[i]
            result.append(product)
    return result


def solve_in_span(determining: Determining, spans: Sequence[Sequence[Element]]) -> SpanSolution:
    """All solutions u_a = Σ_j c_aj spans[a][j] with constants c_aj.

    Arguments:
        determining: the linear forms that must vanish; the budget of its field is kept.
        spans: for each unknown function, elements of the field that are linearly independent over the constants.

    Returns:
        A basis; complete within the span because the linear system is solved exactly.
    """
    field = determining.field
    derivatives = _Derivatives(determining.variables)
    labels = [(a, j) for a, span in enumerate(spans) for j in range(len(span))]
    if len(labels) > SAMPLED_FROM:
        sampled = solve_sampled(determining, spans, labels, derivatives)
        return SpanSolution(tuple(_vector(v, labels, spans, field) for v in sampled.vectors), sampled.pivots)
    rows: list[dict[int, fmpz_mpoly]] = []
    constant = [_is_constant_slot(field, i) for i in range(len(field.slots))]
    for form in determining.polynomial:
        rows.extend(_rows_of(form, spans, labels, derivatives, field, constant))
    solution = nullspace(rows, len(labels), field)
    return SpanSolution(tuple(_vector(v, labels, spans, field) for v in solution.vectors), solution.pivots)


def _vector(
    coefficients: dict[int, Element],
    labels: Sequence[tuple[int, int]],
    spans: Sequence[Sequence[Element]],
    field: Field,
) -> Vector:
    components = [field.zero] * len(spans)
    for column, c in _without_denominators(coefficients, field).items():
        a, j = labels[column]
        components[a] = components[a] + c * spans[a][j]
    return tuple(components)


class _Derivatives:
    """Memoised partial derivatives of span elements."""

    def __init__(self, variables: Sequence[Symbol]) -> None:
        self.variables = variables
        self.known: dict[tuple[int, int, Index], Element] = {}

    def __call__(self, spans: Sequence[Sequence[Element]], a: int, j: int, index: Index) -> Element:
        key = (a, j, index)
        if key not in self.known:
            place = next((p for p, k in enumerate(index) if k), None)
            if place is None:
                self.known[key] = spans[a][j]
            else:
                lower = tuple(k - (p == place) for p, k in enumerate(index))
                self.known[key] = self(spans, a, j, lower).diff(self.variables[place])
        return self.known[key]


def _rows_of(
    form: LinearForm,
    spans: Sequence[Sequence[Element]],
    labels: Sequence[tuple[int, int]],
    derivatives: _Derivatives,
    field: Field,
    constant: list[bool],
) -> list[dict[int, fmpz_mpoly]]:
    """The equation Σ c_j e_j = 0 in the field, split by monomials in the slots that are not constant."""
    by_unknown: dict[int, list[tuple[Index, Element]]] = {}
    for (a, index), coefficient in form.items():
        by_unknown.setdefault(a, []).append((index, coefficient))
    columns: dict[int, Element] = {}
    budget = field.budget
    for column, (a, j) in enumerate(labels):
        budget.check(SYSTEM)
        total = field.zero
        for index, coefficient in by_unknown.get(a, ()):
            derivative = derivatives(spans, a, j, index)
            if not derivative.is_zero:
                total = total + coefficient * derivative
        if not total.is_zero:
            columns[column] = total
    if not columns:
        return []
    while len(constant) < len(field.slots):
        constant.append(_is_constant_slot(field, len(constant)))
    numerators = dict(zip(columns, cleared(columns), strict=True))
    n = field.capacity
    fixed = [place for place in range(n) if n - 1 - place < len(constant) and constant[n - 1 - place]]
    moving = [place for place in range(n) if place not in set(fixed)]
    parts: dict[tuple[int, ...], dict[int, dict[tuple[int, ...], object]]] = {}
    for column, numerator in numerators.items():
        budget.check(SYSTEM)
        budget.spend(PER_EXPONENT * n * len(numerator), SYSTEM)
        for monomial, coefficient in field.lift(numerator).terms():
            key = tuple([monomial[i] for i in moving])
            rest = [0] * n
            for i in fixed:
                rest[i] = monomial[i]
            parts.setdefault(key, {}).setdefault(column, {})[tuple(rest)] = coefficient
    return [{column: field.ctx.from_dict(p) for column, p in part.items()} for part in parts.values()]


def _is_constant_slot(field: Field, index: int) -> bool:
    slot = field.slots[index]
    return not any(field.depends_on(slot, v) for v in field.variables)


def _without_denominators(vector: dict[int, Element], field: Field) -> dict[int, Element]:
    return dict(zip(vector, (field.of_poly(p) for p in cleared(vector)), strict=True))


def polynomial_spans(determining: Determining, degree: int) -> list[list[Element]]:
    """For each unknown, the monomials of total degree at most `degree` in its arguments."""
    return [monomials(determining.field, u.arguments, degree) for u in determining.unknowns]


def products(field: Field, left: Iterable[Element], right: Iterable[Element]) -> list[Element]:
    """Distinct products of the elements of two lists."""
    seen: set[tuple[str, str]] = set()
    result = []
    right = list(right)
    for a in left:
        for b in right:
            c = a * b
            key = (str(c.num), str(c.den))
            if key not in seen:
                seen.add(key)
                result.append(c)
    return result
