"""A basis of the same span in which translations, scalings, rotations and Galilean fields stand by themselves.

The vectors are rows over the monomials that occur. One echelon form tells which of

    ∂_v,   v ∂_v,   v ∂_w,   v ∂_w - w ∂_v,   Σ a_v v ∂_v

lie in the span over the rationals; the others follow, each without what earlier ones can take out of it. The new vectors
are a rational invertible matrix times the old ones, so that the span is the same for all values of the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flint import fmpq, fmpq_mat
from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.solving.linear.relations import split_columns
from liesym.solving.linear.vectors import Vector, linear_combination, normalized

MOST_VECTORS, MOST_COLUMNS, MOST_TERMS = 40, 1500, 1500

Row = list[fmpq]


def tidied(vectors: Sequence[Vector], variables: Sequence[Symbol], field: Field) -> list[Vector]:
    """A basis of the span of independent vectors, of fewer terms; the vectors themselves if none is found.

    Arguments:
        vectors: components (ξ, η_1, …), independent over the constants.
        variables: (t, x_1, …).
    """
    matrix = tidy_matrix(vectors, variables, field)
    return list(vectors) if matrix is None else [normalized(_combined(row, vectors, field), field) for row in matrix]


def tidy_matrix(vectors: Sequence[Vector], variables: Sequence[Symbol], field: Field) -> list[Row] | None:
    """The invertible matrix that takes the vectors to a basis of fewer terms, None if there is none."""
    old = list(vectors)
    if not 1 < len(old) <= MOST_VECTORS or sum(map(terms, old)) > MOST_TERMS:
        return None
    standard = [tuple(field.zero if c is None else c for c in v) for v in _standard(variables, field)]
    columns = _columns([*old, *standard], field)
    if not columns or len(columns) > MOST_COLUMNS:
        return None
    rows = [[column.get(i, fmpq(0)) for column in columns] for i in range(len(old))]
    matrix = _completed(_special(columns, len(old), len(standard), len(variables)), rows)
    if fmpq_mat(matrix).det() == 0 or all(_size(row) == 1 for row in matrix):
        return None
    new = [_combined(row, old, field) for row in matrix]
    return matrix if sum(map(terms, new)) < sum(map(terms, old)) else None


def terms(vector: Vector) -> int:
    """Terms of the numerators and denominators."""
    return sum(len(e.num) + len(e.den) for e in vector if not e.is_zero)


def _combined(row: Row, old: Sequence[Vector], field: Field) -> Vector:
    factors = {j: field.constant(int(c.p)) / int(c.q) for j, c in enumerate(row) if c != 0}
    return linear_combination(old, factors, field)


def _standard(variables: Sequence[Symbol], field: Field) -> Iterator[list]:
    """v ∂_v first: their combinations are looked for too; then translations, v ∂_w, and rotations."""
    n = len(variables)
    for i, v in enumerate(variables):
        yield [field(v) if k == i else None for k in range(n)]
    for i in range(n):
        yield [field.one if k == i else None for k in range(n)]
    for i, v in enumerate(variables):
        yield from ([field(v) if k == j else None for k in range(n)] for j in range(n) if j != i)
    for i in range(1, n):
        for j in range(i + 1, n):
            v, w = field(variables[i]), field(variables[j])
            yield [w if k == i else -v if k == j else None for k in range(n)]


def _columns(vectors: Sequence[Vector], field: Field) -> list[dict[int, fmpq]]:
    """For each monomial of each component its coefficients in the vectors, in an order that is always the same."""
    found: dict[tuple, dict[int, fmpq]] = {}
    for place in range(len(vectors[0])):
        parts = split_columns({j: v[place] for j, v in enumerate(vectors)}, field, field.variables)
        for number, part in enumerate(parts):
            for j, polynomial in part.items():
                for monomial, c in field.lift(polynomial).terms():
                    found.setdefault((place, number, tuple(map(int, monomial))), {})[j] = fmpq(int(c))
    return [found[key] for key in sorted(found)]


def _special(columns: Sequence[dict[int, fmpq]], count: int, candidates: int, dimension: int) -> list[Row]:
    """Coordinates of the standard fields that lie in the span, independent ones in their order of preference."""
    wide = fmpq_mat([[c.get(j, fmpq(0)) for j in range(count + candidates)] for c in columns])
    echelon, rank = wide.rref()
    if any(echelon[i, i] != 1 for i in range(min(count, rank))) or rank < count:
        return []
    beyond = [[echelon[i, count + j] for j in range(candidates)] for i in range(count, rank)]
    coordinates = [[echelon[i, count + j] for i in range(count)] for j in range(candidates)]
    inside = [j for j in range(candidates) if all(row[j] == 0 for row in beyond)]
    single = [j for j in inside if dimension <= j < 2 * dimension] + [j for j in inside if j < dimension]
    chosen: list[Row] = []
    for j in single:
        _add(chosen, coordinates[j])
    for weights in _kernel([row[:dimension] for row in beyond], dimension):
        mixed = [sum((w * coordinates[j][i] for j, w in enumerate(weights)), start=fmpq(0)) for i in range(count)]
        _add(chosen, mixed)
    for j in inside:
        if j >= 2 * dimension:
            _add(chosen, coordinates[j])
    return chosen


def _kernel(rows: list[Row], width: int) -> list[Row]:
    """A basis of the vectors that all rows annihilate."""
    if not rows:
        return [[fmpq(int(i == j)) for j in range(width)] for i in range(width)]
    echelon, rank = fmpq_mat(rows).rref()
    pivots = [next(j for j in range(width) if echelon[i, j] != 0) for i in range(rank)]
    found = []
    for free in (j for j in range(width) if j not in pivots):
        vector = [fmpq(int(j == free)) for j in range(width)]
        for i, j in enumerate(pivots):
            vector[j] = -echelon[i, free]
        found.append(vector)
    return found


def _add(chosen: list[Row], row: Row) -> bool:
    """Append the row if it is independent of the others."""
    if all(c == 0 for c in row) or fmpq_mat([*chosen, row]).rank() == len(chosen):
        return False
    chosen.append(row)
    return True


def _completed(chosen: list[Row], rows: Sequence[Row]) -> list[Row]:
    """The chosen rows and the units that complete them, each without what the others can take out of it."""
    count = len(rows)
    fixed, basis = len(chosen), list(chosen)
    images = [_image(row, rows) for row in basis]
    for i in sorted(range(count), key=lambda i: (_size(rows[i]), i)):
        unit = [fmpq(int(i == j)) for j in range(count)]
        if len(basis) < count and _add(basis, unit):
            images.append(list(rows[i]))
    for _ in range(count):
        changed = False
        for k in range(fixed, len(basis)):
            for m in range(len(basis)):
                if m != k and (factor := _factor(images[k], images[m])) != 0:
                    basis[k] = [a - factor * b for a, b in zip(basis[k], basis[m], strict=True)]
                    images[k] = [a - factor * b for a, b in zip(images[k], images[m], strict=True)]
                    changed = True
        if not changed:
            break
    return basis


def _image(row: Row, rows: Sequence[Row]) -> Row:
    width = len(rows[0])
    return [sum((c * rows[i][j] for i, c in enumerate(row) if c != 0), start=fmpq(0)) for j in range(width)]


def _size(row: Row) -> int:
    return sum(c != 0 for c in row)


def _factor(row: Row, other: Row) -> fmpq:
    """c for which row - c other has the fewest entries, 0 if none has fewer than the row."""
    best, size = fmpq(0), _size(row)
    ratios = {a / b for a, b in zip(row, other, strict=True) if a != 0 and b != 0}
    for c in sorted(ratios, key=lambda c: (abs(c), c)):
        if (length := sum(a != c * b for a, b in zip(row, other, strict=True))) < size:
            best, size = c, length
    return best
