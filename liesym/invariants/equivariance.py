"""Joint invariants and equivariant frames of a group on phase space, for networks that cannot break a symmetry.

    f = Σ_j c_j(I_1, …, I_r) V_j    with    X(I_i) = 0,   [X, V_j] = 0    for every generator X

is carried into itself by the group whatever the functions c_j are. Invariants and frame fields are found
among polynomials by exact linear algebra and are verified by construction: they solve the conditions identically.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from random import Random
from typing import Any

from sympy import Expr, Integer, Matrix, Poly, Rational, S, Symbol
from sympy.polys.matrices import DomainMatrix

from liesym.base.jets import jet_symbol
from liesym.errors import Unsupported
from liesym.symmetries.generator import Generator


@dataclass(frozen=True, slots=True)
class EquivariantFrame:
    """Joint invariants and the fields that commute with the group.

    Arguments:
        state: the symbols of phase space, (q, q', …).
        invariants: functionally independent polynomials I_i.
        frame: fields V_j by their components: m for an acceleration (`order` 2), else one per state.
    """

    state: tuple[Symbol, ...]
    invariants: tuple[Expr, ...]
    frame: tuple[tuple[Expr, ...], ...]


def equivariant_frame(
    generators: Sequence[Generator], *, order: int = 1, degree: int = 2, frame_degree: int = 2
) -> EquivariantFrame:
    """Polynomial joint invariants and frame fields of generators that do not involve or move time.

    Arguments:
        generators: over (t, x_1, …, x_m), with ξ = 0 or constant, and polynomial η.
        order: 1 for x' = f(x); 2 for x'' = a(x, x'), with the prolonged group and a frame of
            accelerations.
        degree: of the invariants, at most.
        frame_degree: of the frame fields, at most; no more than is needed is used.

    Returns:
        As many functionally independent invariants as there are up to the degree, low degrees first, and
        frame fields that are linearly independent at a generic point, one for each unknown or state.

    Raises:
        Unsupported: a generator that involves time, is not polynomial, or has no invariant or frame of
            these degrees.
    Source: Olver 1993, sections 2.1 and 2.3.
    """
    if not generators:
        raise Unsupported("an invariant network needs at least one generator")
    unknowns = generators[0].variables[1:]
    state = tuple(jet_symbol(x, k) for k in range(order) for x in unknowns)
    fields = [_on_phase_space(g, state, order) for g in generators]
    invariants = _independent(_invariants(fields, state, degree), state)
    frame: tuple[tuple[Expr, ...], ...] = ()
    for highest in range(1, frame_degree + 1):
        if len(frame) < len(unknowns):
            frame = _generic(_frame(fields, state, order, highest), state)
    if not invariants or len(frame) < len(unknowns):
        raise Unsupported(
            f"{len(invariants)} invariants up to degree {degree}, {len(frame)} independent frame fields "
            f"up to degree {frame_degree} for {len(unknowns)} unknowns; raise the degrees"
        )
    return EquivariantFrame(state, invariants, frame)


def _on_phase_space(generator: Generator, state: tuple[Symbol, ...], order: int) -> dict[Symbol, Expr]:
    """State symbol -> component of the prolonged generator; time translations drop out."""
    time = generator.variables[0]
    if not generator.xi.is_number or any(c.has(time) for c in generator.components):
        raise Unsupported(f"{generator.components}: an invariant network needs generators that leave time alone")
    rows = generator.prolong(order - 1)
    components = [rows[i][k].expand() for k in range(order) for i in range(len(rows))]
    for component in components:
        if not component.is_polynomial(*state):
            raise Unsupported(f"{component}: only polynomial generators have polynomial invariants to look for")
    return dict(zip(state, components, strict=True))


def _monomials(state: Sequence[Symbol], low: int, high: int) -> list[Expr]:
    products = []
    for degree in range(low, high + 1):
        for factors in combinations_with_replacement(state, degree):
            product: Expr = S.One
            for factor in factors:
                product *= factor
            products.append(product)
    return products


def _invariants(fields: Sequence[dict[Symbol, Expr]], state: tuple[Symbol, ...], degree: int) -> list[Expr]:
    """A basis of the polynomials I without constant term with X(I) = 0 for all fields."""
    basis = _monomials(state, 1, degree)
    images = [[_apply(field, monomial) for field in fields] for monomial in basis]
    return [_combined(basis, vector) for vector in _kernel(images, state)]


def _frame(
    fields: Sequence[dict[Symbol, Expr]], state: tuple[Symbol, ...], order: int, degree: int
) -> list[tuple[Expr, ...]]:
    """A basis of the fields V on the last components of phase space with [X, V] = 0 for all X."""
    places = state[len(state) - len(state) // order :]
    basis = [(monomial, place) for monomial in _monomials(state, 0, degree) for place in places]
    images = []
    for monomial, place in basis:
        image = []
        for field in fields:
            slopes = [monomial * field[target].diff(place) for target in places]
            along = _apply(field, monomial)
            image += [(along if target == place else S.Zero) - slope for target, slope in zip(places, slopes, strict=True)]
        images.append(image)
    found = []
    for vector in _kernel(images, state):
        parts: dict[Symbol, Any] = dict.fromkeys(places, S.Zero)
        for (monomial, place), number in zip(basis, vector, strict=True):
            parts[place] += number * monomial
        found.append(tuple(parts[place] for place in places))
    return found


def _apply(field: dict[Symbol, Expr], expression: Expr) -> Expr:
    return sum((c * expression.diff(s) for s, c in field.items() if c != 0), start=S.Zero)


def _combined(basis: Sequence[Expr], vector: Sequence[Expr]) -> Expr:
    return sum((number * monomial for monomial, number in zip(basis, vector, strict=True)), start=S.Zero)


def _kernel(images: Sequence[Sequence[Expr]], state: tuple[Symbol, ...]) -> list[list[Expr]]:
    """Vectors c with Σ_j c_j images[j] = 0 identically, scaled to be free of denominators where possible."""
    rows: dict[tuple[int, tuple[int, ...]], dict[int, Expr]] = {}
    for j, image in enumerate(images):
        for place, expression in enumerate(image):
            for powers, number in Poly(expression, *state).terms():
                if number != 0:
                    rows.setdefault((place, powers), {})[j] = number
    if not rows:
        return [[Integer(i == j) for j in range(len(images))] for i in range(len(images))]
    matrix = Matrix([[row.get(j, S.Zero) for j in range(len(images))] for row in rows.values()])
    domain = DomainMatrix.from_Matrix(matrix)
    kernel = domain.to_field().nullspace().to_Matrix()
    return [[_tidy(kernel.row(i))[j] for j in range(len(images))] for i in range(kernel.rows)]


def _tidy(row: Matrix) -> list[Expr]:
    """The row divided by its first entry that is not zero."""
    entries = row.flat()
    lead = next(e for e in entries if e != 0)
    return [(e / lead).cancel() for e in entries]


def _independent(functions: Sequence[Expr], state: tuple[Symbol, ...]) -> tuple[Expr, ...]:
    """Those that raise the rank of the Jacobian at a random point, in their order."""
    point = _random_point(state, functions)
    chosen: list[Expr] = []
    rows: list[list[Expr]] = []
    for function in functions:
        row = [function.diff(s).subs(point) for s in state]
        if Matrix([*rows, row]).rank() > len(rows):
            chosen.append(function)
            rows.append(row)
    return tuple(chosen)


def _generic(fields: Sequence[tuple[Expr, ...]], state: tuple[Symbol, ...]) -> tuple[tuple[Expr, ...], ...]:
    """Those that are linearly independent at a random point, in their order."""
    point = _random_point(state, [e for field in fields for e in field])
    chosen: list[tuple[Expr, ...]] = []
    rows: list[list[Expr]] = []
    for field in fields:
        row = [component.subs(point) for component in field]
        if Matrix([*rows, row]).rank() > len(rows):
            chosen.append(field)
            rows.append(row)
    return tuple(chosen)


def _random_point(state: Sequence[Symbol], expressions: Sequence[Expr]) -> dict[Any, Any]:
    """Distinct random fractions for all symbols; a fixed seed makes the choice repeatable."""
    random = Random(7)
    others = sorted({s for e in expressions for s in e.free_symbols} - set(state), key=str)
    return {s: Rational(random.randint(2, 999), random.randint(2, 999)) for s in [*state, *others]}
