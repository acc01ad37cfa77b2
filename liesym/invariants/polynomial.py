"""Polynomial joint invariants of a group on the space of (t, q, q'), as a generating set.

A polynomial is invariant if every prolonged generator annihilates it and every discrete map leaves it as it
is: linear conditions on its coefficients, solved exactly. Degree by degree, what is no polynomial in the
invariants found before joins them. The conditions keep certain weights of monomials (the degrees in each
vector that rotates, say), so they fall apart into small systems, one for each weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat
from sympy import Expr, S, Symbol, sympify

from liesym.base.jets import jet_symbol
from liesym.coefficients.field import Field
from liesym.coefficients.modular import independent_rows
from liesym.errors import Unsupported, VerificationError
from liesym.invariants.groups import Symmetries, SymmetryGroup, as_group
from liesym.invariants.joint import invariants
from liesym.invariants.ranks import generic_rank
from liesym.invariants.terms import (
    PRIME,
    Polynomial,
    PolynomialField,
    Powers,
    Row,
    dense,
    integral,
    monomial_composed,
    powers_of_degree,
    rate_of_monomial,
    rational_kernel,
    read,
    summed,
    times,
    weights,
    written,
)  # fmt: skip
from liesym.model.generators import components_on_jets


@dataclass(frozen=True, slots=True)
class InvariantBasis:
    """Joint invariants of a group on the space of (t, q, q').

    Arguments:
        functions: I_1, I_2, …, each annihilated by every prolonged generator and unchanged by every map.
        coordinates: (t, q_1, …, q_1', …).
        expected: how many functionally independent invariants the generators leave.
        rank: how many of the functions are functionally independent.
        polynomial: whether the functions generate all polynomial invariants up to `degree`; if not, they are
            some functionally independent joint invariants.
        degree: up to which polynomials were searched.
    """

    functions: tuple[Expr, ...]
    coordinates: tuple[Symbol, ...]
    expected: int
    rank: int
    polynomial: bool
    degree: int

    @property
    def complete(self) -> bool:
        """True if every joint invariant is near a generic point a function of these."""
        return self.rank == self.expected

    @property
    def state(self) -> tuple[Symbol, ...]:
        """(q_1, …, q_1', …)."""
        return self.coordinates[1:]

    def checked_scale(self, scale: Sequence[float] | None) -> tuple[float, ...] | None:
        """One positive size for each function.

        Raises:
            Unsupported: another number of them, or one that is not positive.
        """
        if scale is None:
            return None
        if len(scale) != len(self.functions) or any(not s > 0 for s in scale):
            names = ", ".join(map(str, self.functions))
            raise Unsupported(f"scale={tuple(scale)}: expected a positive number for each invariant of ({names})")
        return tuple(float(s) for s in scale)


def invariant_basis(symmetries: Symmetries, *, degree: int | None = None, budget: float = 20.0) -> InvariantBasis:
    """Joint invariants of (t, q, q') under a group, polynomials where the generators are polynomials.

        pr X(I) = 0 for each generator,   I ∘ g = I for each map

    Arguments:
        symmetries: generators, a `LieAlgebra` that has them, a `SymmetryGroup`, or a sequence of these.
        degree: of the polynomials, at most; that of the group unless given, raised while invariants are
            missing (up to 4).
        budget: seconds for invariants that are not polynomials.

    Returns:
        A generating set of the polynomial invariants up to the degree. Where the generators have coefficients
        that are no rational numbers, or polynomials do not suffice: functionally independent joint invariants
        of any form, unless those are fewer.

    Raises:
        Unsupported: no invariant was found.
        VerificationError: a function does not pass exact substitution.
    Source: Olver 1993, section 2.1; Sturmfels 2008 (invariants from linear algebra); Müller 2023 (their use as
        inputs of a Lagrangian).
    """
    group = as_group(symmetries)
    fields = [components_on_jets(g, 1) for g in group.generators]
    coordinates = (*group.variables, *(jet_symbol(q, 1) for q in group.variables[1:]))
    expected = len(coordinates) - generic_rank([[f[c] for c in coordinates] for f in fields], coordinates)
    best = _polynomial_basis(group, fields, coordinates, expected, degree)
    if (best is None or not best.complete) and not group.maps and group.generators:
        general = invariants(group.generators, order=1, degree=max(2, degree or 2), budget=budget)
        if best is None or len(general.functions) > best.rank:
            count = len(general.functions)
            best = InvariantBasis(general.functions, coordinates, expected, count, False, general.expected)
    if best is None or (not best.functions and expected):
        raise Unsupported(f"no joint invariants of (t, q, q') were found; there are {expected} near a generic point")
    _verify(best.functions, group)
    return best


def _polynomial_basis(
    group: SymmetryGroup,
    fields: Sequence[dict[Symbol, Expr]],
    coordinates: tuple[Symbol, ...],
    expected: int,
    degree: int | None,
) -> InvariantBasis | None:
    """The polynomial invariants; None if the group is not one of polynomials with rational coefficients."""
    try:
        vectors = [tuple(read(f[c], coordinates) for c in coordinates) for f in fields]
        maps = [tuple(read(e, coordinates) for e in _prolonged_map(m, coordinates)) for m in group.maps]
    except Unsupported:
        return None
    search = _Search(vectors, maps, len(coordinates))
    wanted = degree or group.degree
    functions: tuple[Expr, ...] = ()
    rank = 0
    for highest in range(1, max(wanted, 4) + 1):
        if highest > wanted and (degree is not None or rank == expected):
            break
        search.extend(highest)
        wanted = max(wanted, highest)
        functions = tuple(written(p, coordinates) for p in search.found)
        rank = generic_rank([[f.diff(c) for c in coordinates] for f in functions], coordinates)
    return InvariantBasis(functions, coordinates, expected, rank, True, wanted)


class _Search:
    """Generators of the ring of invariants, found degree by degree."""

    def __init__(self, vectors: Sequence[PolynomialField], maps: Sequence[PolynomialField], size: int) -> None:
        self.vectors, self.maps, self.size = vectors, maps, size
        self.found: list[Polynomial] = []
        self.gradings = weights(vectors, maps, size)

    def weight(self, powers: Powers) -> tuple[int, ...]:
        return tuple(sum(w * e for w, e in zip(row, powers, strict=True)) for row in self.gradings)

    def extend(self, degree: int) -> None:
        """Add the invariants of this degree that are no polynomials in those there are."""
        classes: dict[tuple[int, ...], list[Powers]] = {}
        for low in range(1, degree + 1):
            for powers in powers_of_degree(self.size, low):
                classes.setdefault(self.weight(powers), []).append(powers)
        products: dict[tuple[int, ...], list[Polynomial]] = {}
        for product in self._products(degree):
            products.setdefault(self.weight(next(iter(product))), []).append(product)
        for weight, terms in classes.items():
            if any(sum(powers) == degree for powers in terms):
                self.found += self._new(terms, products.get(weight, []))

    def _products(self, degree: int) -> Iterator[Polynomial]:
        """Products of the invariants there are, up to a degree."""
        heights = [max(map(sum, p)) for p in self.found]

        def grown(first: int, left: int, product: Polynomial) -> Iterator[Polynomial]:
            for k in range(first, len(self.found)):
                if heights[k] <= left:
                    larger = times(product, self.found[k])
                    yield larger
                    yield from grown(k, left - heights[k], larger)

        return grown(0, degree, {(0,) * self.size: fmpq(1)})

    def _new(self, terms: list[Powers], known: list[Polynomial]) -> list[Polynomial]:
        """A complement of the known invariants in the span of the terms."""
        rows, columns = self._conditions(terms), len(terms)
        place = {powers: j for j, powers in enumerate(terms)}
        table = [integral({place[powers]: number for powers, number in p.items()}) for p in known]
        chosen = independent_rows(rows, columns, PRIME)
        # Modulo a prime the kernel can only be larger and the known span only smaller: equality proves that
        # there is nothing new.
        if columns - len(chosen) == len(independent_rows(table, columns, PRIME)):
            return []
        reduced, rank = fmpq_mat(dense(table, columns)).rref() if table else (fmpq_mat(0, columns), 0)
        lead = [next(j for j in range(columns) if reduced[i, j] != 0) for i in range(rank)]
        rest = []
        for vector in rational_kernel([rows[i] for i in chosen], columns):
            for i, pivot in enumerate(lead):
                if vector[pivot] != 0:
                    factor = vector[pivot]
                    vector = [a - factor * reduced[i, j] for j, a in enumerate(vector)]
            rest.append(vector)
        fresh, count = fmpq_mat(rest).rref()
        vectors = [integral({j: fresh[i, j] for j in range(columns) if fresh[i, j] != 0}) for i in range(count)]
        return [{terms[j]: fmpq(n) for j, n in sorted(vector.items())} for vector in vectors]

    def _conditions(self, terms: Sequence[Powers]) -> list[Row]:
        """Rows whose common kernel are the invariants in the span of the terms."""
        rows: dict[tuple[int, Powers], dict[int, fmpq]] = {}
        for j, powers in enumerate(terms):
            single = {powers: fmpq(1)}
            images = [rate_of_monomial(vector, powers) for vector in self.vectors]
            images += [summed([(single, fmpq(-1)), (monomial_composed(powers, image), fmpq(1))]) for image in self.maps]
            for k, image in enumerate(images):
                for term, number in image.items():
                    rows.setdefault((k, term), {})[j] = number
        distinct = {tuple(sorted(integral(row).items())) for row in rows.values()}
        return [dict(row) for row in sorted(distinct)]


# -- prolongation and checks -------------------------------------------------------------------------


def _prolonged_map(image: Sequence[Expr], coordinates: Sequence[Symbol]) -> list[Expr]:
    """(t, g(q), D_t g(q))."""
    time, count = coordinates[0], len(image)
    unknowns, speeds = coordinates[1 : count + 1], coordinates[count + 1 :]
    rates = [g.diff(time) + sum((g.diff(q) * v for q, v in zip(unknowns, speeds, strict=True)), start=S.Zero) for g in image]
    return [time, *(sympify(g) for g in image), *rates]


def _verify(functions: Sequence[Expr], group: SymmetryGroup) -> None:
    """Exact substitution of each function in each condition."""
    coordinates = (*group.variables, *(jet_symbol(q, 1) for q in group.variables[1:]))
    for function in functions:
        for generator in group.generators:
            if not _vanishes(generator.prolonged(function)):
                raise VerificationError(f"{function} is not invariant under {generator}")
        for image in group.maps:
            moved: Any = dict(zip(coordinates, _prolonged_map(image, coordinates), strict=True))
            if not _vanishes(function.subs(moved, simultaneous=True) - function):
                raise VerificationError(f"{function} changes under the map {image}")


def _vanishes(expression: Expr) -> bool:
    """Whether an expression is zero, decided exactly."""
    if expression.expand() == 0:
        return True
    symbols = sorted(expression.free_symbols, key=str)
    return Field.build([expression], tuple(symbols))(expression).is_zero  # type: ignore[arg-type]
