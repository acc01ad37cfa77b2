"""Joint invariants of an algebra on the space of (t, x, x', …, x^(k)).

I is a joint invariant if X^(k)(I) = 0 for each generator X. In a span of functions that is one exact linear
system; the span holds polynomials (rotations: dot products), logarithms of the variables (scalings: products
of powers), and the functions that occur. One-parameter groups with a closed flow have theirs by a moving
frame, of every order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, S, Symbol, log

from liesym.algebra import LieAlgebra
from liesym.algebra.core import to_exprs
from liesym.algebra.structure import derived
from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.coefficients.bounded import limited
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.conservation.first_integrals import first_integrals
from liesym.errors import AnsatzError, TimeIsUp, TooLarge, Unsupported
from liesym.flow import flow
from liesym.invariants.coordinates import candidates
from liesym.invariants.frame import frames, is_invariant
from liesym.invariants.ranks import generic_rank
from liesym.model.generators import components_on_jets
from liesym.model.system import ODESystem
from liesym.solving.linear.span import monomials, products
from liesym.solving.linear.vectors import constant_relations, linear_combination, normalized
from liesym.solving.pde.characteristics import first_integrals_of_field
from liesym.symmetries.generator import Generator

LARGEST_SPAN = 1200
LARGEST_INVARIANT = 250
ORBITS = 0.5
"""Share of what is left of the budget for the integrals of v' = X(v): canonical coordinates and spans come after."""


@dataclass(frozen=True, slots=True)
class Invariants:
    """Functionally independent joint invariants.

    Arguments:
        functions: I_1, I_2, … in (t, x, x', …), each verified.
        expected: how many there are near a generic point: the dimension of the space minus that of the orbits.
        coordinates: the symbols of the space.
        stopped: True if the budget, or a share of it that one method may take, ended the search.
    """

    functions: tuple[Expr, ...]
    expected: int
    coordinates: tuple[Symbol, ...]
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """True if every joint invariant is a function of these."""
        return len(self.functions) == self.expected


@door("the search for invariants")
def invariants(
    generators: Generator | Sequence[Generator],
    *,
    order: int = 0,
    degree: int = 2,
    budget: float = 20.0,
) -> Invariants:
    """Joint invariants of one generator or of several, on jet space of the given order.

    Arguments:
        generators: over the same (t, x_1, …, x_m).
        order: k, highest derivative that may occur; 0 for functions of (t, x).
        degree: highest degree of polynomial invariants that are looked for.
        budget: seconds.

    Raises:
        AnsatzError: no generator, or generators over different variables.
    Source: Olver 1993, section 2.1 (orbit dimension: Theorem 2.17); Olver 1995, chapter 5.
    """
    chosen = (generators,) if isinstance(generators, Generator) else tuple(generators)
    if not chosen or any(g.variables != chosen[0].variables for g in chosen):
        raise AnsatzError("joint invariants need generators over the same variables")
    return _searched(chosen, order, degree, Budget.seconds(budget))


def _searched(generators: tuple[Generator, ...], order: int, degree: int, budget: Budget) -> Invariants:
    """One method after the other; one that is cut does not end the rest."""
    search = _Search(generators, order, degree, budget)
    for method in search.methods():
        if search.complete:
            break
        try:
            budget.check("search for joint invariants")
            method()
        except TooLarge:
            continue
        except TimeIsUp:
            search.stopped = True
    return Invariants(tuple(search.found), search.expected, search.coordinates, search.stopped and not search.complete)


class _Search:
    def __init__(self, generators: tuple[Generator, ...], order: int, degree: int, budget: Budget) -> None:
        self.generators, self.order, self.degree, self.budget = generators, order, degree, budget
        self.stopped = False
        variables = generators[0].variables
        jets = [jet_symbol(x, k) for k in range(1, order + 1) for x in variables[1:]]
        self.coordinates = (*variables, *jets)
        self.fields = [components_on_jets(g, order) for g in generators]
        self.expected = len(self.coordinates) - generic_rank(
            [[f[v] for v in self.coordinates] for f in self.fields], self.coordinates
        )
        self.found: list[Expr] = []

    @property
    def complete(self) -> bool:
        """As many as there are."""
        return len(self.found) >= self.expected

    @property
    def done(self) -> bool:
        """Nothing is left to find, or no time to find it in."""
        if not self.complete:
            self.budget.check("search for joint invariants")
        return self.complete

    def field(self, expressions: Iterable[Expr]) -> Field:
        """A field under the budget that holds the expressions."""
        return limited(Field.build(expressions, self.coordinates), self.budget)

    def offer(self, candidates: Iterable[Expr]) -> None:
        """Keep verified candidates that raise the rank; short ones first."""
        for candidate in sorted(set(candidates), key=lambda e: (e.count_ops(), str(e))):
            if self.done or candidate.count_ops() > LARGEST_INVARIANT:
                return
            if not candidate.free_symbols & set(self.coordinates):
                continue
            if not all(is_invariant(candidate, f) for f in self.fields):
                continue
            gradients = [[e.diff(v) for v in self.coordinates] for e in (*self.found, candidate)]
            if generic_rank(gradients, self.coordinates) > len(self.found):
                self.found.append(candidate)

    # -- methods ---------------------------------------------------------------------------------

    def methods(self) -> tuple[Callable[[], None], ...]:
        if len(self.generators) == 1:
            return (
                self.by_frame,
                self.by_characteristics,
                self.by_first_integrals,
                self.by_canonical,
                self.by_span,
            )
        return self.by_span, self.by_derived_algebra

    def by_frame(self) -> None:
        """Coordinates of the moved jet at the slice; for one generator with a closed flow."""
        exact = flow(self.generators[0], budget=self.budget)
        if not exact.exact:
            return
        rows = exact.prolonged(self.order)
        moved = [exact.components[0], *(row[k] for k in range(self.order + 1) for row in rows)]
        for frame in itertools.islice(frames(exact), 4):
            images = [_simple(frame.normalized(m), self.coordinates) for m in moved]
            self.offer(i for i in images if i is not None)
            if self.done:
                return

    def by_first_integrals(self) -> None:
        """Integrals of v' = X(v), free of the parameter along the orbits."""
        names = {v: Dummy(f"c{i}", real=True) for i, v in enumerate(self.coordinates)}
        time_, states = Dummy("tau", real=True), tuple(names.values())
        rhs = tuple(replaced(c, names) for c in self.fields[0].values())
        system = ODESystem(time_, states, (1,) * len(states), rhs)
        found = first_integrals(system, budget=ORBITS * self.budget.left, generators=())
        self.stopped |= found.stopped
        back = {c: v for v, c in names.items()}
        self.offer(replaced(i, back) for i in found if not i.has(time_))

    def by_canonical(self) -> None:
        """r_i with X(r_i) = 0 and s with X(s) = 1; then D r_i/D r_1, D s/D r_1, and so on."""
        generator = self.generators[0]
        new = tuple(Dummy(f"new{i}", real=True) for i in range(len(generator.variables)))
        for coordinates in itertools.islice(candidates(generator, new, self.budget), 3):
            assert coordinates.forward is not None
            *invariant, height = coordinates.forward
            if self.done or sum(e.count_ops() for e in coordinates.forward) > LARGEST_INVARIANT:
                return
            self.offer(_simple(i, self.coordinates) or i for i in invariant)
            self._offer_rates(generator, invariant[0], [*invariant[1:], height])
            if self.done:
                return

    def _offer_rates(self, generator: Generator, base: Expr, functions: list[Expr]) -> None:
        jets = generator.jets
        speed = jets.total_derivative(base)
        for _ in range(self.order):
            if self.done or max(f.count_ops() for f in functions) > LARGEST_INVARIANT:
                return
            functions = [jets.total_derivative(f) / speed for f in functions]
            simple = [_simple(f, self.coordinates) for f in functions]
            functions = [f if e is None else e for f, e in zip(functions, simple, strict=True)]
            self.offer(functions)

    def by_characteristics(self) -> None:
        field = self.field(self.fields[0].values())
        vector = Derivation(field, {v: field(c) for v, c in self.fields[0].items()})
        try:
            found = first_integrals_of_field(field, vector, self.expected)
        except (Unsupported, NeedsRefinement):
            return
        self.offer([_as_powers(field.to_expr(e)) for e in found or ()])

    def by_span(self) -> None:
        """Σ c_j X(φ_j) = 0 for all generators at once."""
        field = self.field(c for f in self.fields for c in f.values())
        vectors = [Derivation(field, {v: field(c) for v, c in f.items()}) for f in self.fields]
        for span in _spans(field, self.coordinates, self.degree):
            if self.done:
                return
            self._offer_combinations(span, vectors, field)

    def _offer_combinations(self, span: Sequence[Element], vectors: Sequence[Derivation], field: Field) -> None:
        """Constant combinations of the span that all generators annihilate."""
        images = [tuple(vector.apply(e) for vector in vectors) for e in span]
        found = []
        for relation in constant_relations(images, field):
            (total,) = linear_combination([(e,) for e in span], relation, field)
            if not total.is_constant:
                found.append(_as_powers(field.to_expr(normalized((total,), field)[0])))
        self.offer(found)

    def by_derived_algebra(self) -> None:
        """Combinations of the invariants J of the derived algebra, of their products and logarithms."""
        ideal = _derived(self.generators)
        if not ideal or len(ideal) == len(self.generators):
            return
        inner = _searched(ideal, self.order, self.degree, self.budget)
        self.stopped |= inner.stopped
        components = [c for f in self.fields for c in f.values()]
        field = self.field([*components, *inner.functions])
        vectors = [Derivation(field, {v: field(c) for v, c in f.items()}) for f in self.fields]
        found = [field(j) for j in inner.functions]
        span = [*found, *(field.converter.logarithm(j) for j in found)]
        span += [a * b for a, b in itertools.combinations_with_replacement(found, 2)]
        self._offer_combinations(span, vectors, field)


def _derived(generators: Sequence[Generator]) -> tuple[Generator, ...]:
    """Generators of [L, L]; none where the given ones do not close."""
    try:
        rows = to_exprs(derived(LieAlgebra.from_generators(generators)))
    except Unsupported:
        return ()
    variables = generators[0].variables
    result = []
    for row in rows:
        components = [
            sum((c * g.components[i] for c, g in zip(row, generators, strict=True)), start=S.Zero)
            for i in range(len(variables))
        ]
        result.append(Generator(variables, tuple(components)))
    return tuple(result)


def _spans(field: Field, coordinates: Sequence[Symbol], degree: int) -> Iterator[list[Element]]:
    """Logarithms; polynomials; polynomials with kernels and logarithms."""
    logarithms = [field.converter.logarithm(field(v)) for v in coordinates]
    yield logarithms
    for highest in range(1, degree + 1):
        yield monomials(field, coordinates, highest)[1:]
    kernels = [
        field.of_slot(s)
        for s in list(field.slots)
        if s.kind in ("kernel", "root") and any(field.depends_on(s, v) for v in coordinates)
    ]
    base = monomials(field, coordinates, 2)
    mixed = products(field, base, [field.one, *kernels])
    inverse = products(field, mixed, [field.one / field(v) for v in coordinates])
    for span in ([*mixed, *logarithms], [*mixed, *inverse, *logarithms]):
        if len(span) <= LARGEST_SPAN:
            yield [e for e in _distinct(span, field) if not e.is_rational]


def _distinct(span: Sequence[Element], field: Field) -> list[Element]:
    return products(field, span, [field.one])


def _as_powers(expression: Expr) -> Expr:
    """A rational combination of logarithms as a product of powers."""
    terms = [t.as_coeff_Mul() for t in expression.expand().as_ordered_terms()]
    if not all(isinstance(rest, log) for _, rest in terms):
        return expression
    result: Expr = S.One
    for coefficient, rest in terms:
        result *= rest.args[0] ** coefficient
    return result


def _simple(expression: Expr, coordinates: Sequence[Symbol]) -> Expr | None:
    """Normal form of the expression, None if the field cannot hold it or it is too long."""
    if expression.count_ops() > LARGEST_INVARIANT:
        return None
    try:
        field = Field.build([expression], tuple(coordinates))
        return field.to_expr(field(expression), factor=True)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
