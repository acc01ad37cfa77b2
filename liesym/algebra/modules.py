"""Elements found by how they act on a subspace that they map into itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, sqrt
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.action import Vector, combine
from liesym.algebra.core import StructureConstants, ad
from liesym.algebra.signs import Signs, diagonalize

Matrix = list[list[Any]]


def action(algebra: StructureConstants, element: Sequence[Any], frame: DomainMatrix) -> DomainMatrix:
    """The matrix of v -> [element, v] on rows: row j holds the coordinates of [element, frame_j] in the frame."""
    images = (frame * ad(algebra, element).transpose()).to_dense()
    space = linear.span(frame)
    return (linear.coordinates(images, space) * linear.coordinates(frame, space).inv()).to_dense()


def acting_as(
    algebra: StructureConstants, acting: DomainMatrix, frame: DomainMatrix, targets: Sequence[Matrix]
) -> list[list[Any]] | None:
    """Combinations of the rows of `acting` whose actions on the frame are the targets; None if one has none."""
    flat = [[e for line in action(algebra, row, frame).to_list() for e in line] for row in acting.to_list()]
    columns = linear.matrix(flat, frame.shape[0] ** 2, algebra.domain).transpose()
    found = []
    for target in targets:
        weights = linear.solve(columns, [e for line in target for e in line])
        if weights is None:
            return None
        found.append((linear.matrix([weights], len(weights), algebra.domain) * acting).to_list()[0])
    return found


def exprs(algebra: StructureConstants, row: Sequence[Any]) -> Vector:
    """A row of domain elements as expressions."""
    return tuple(algebra.domain.to_sympy(e) for e in row)


def invariant_form(actions: Sequence[DomainMatrix], m: int) -> DomainMatrix | None:
    """The symmetric form with A B + B Aᵀ = 0 for every action A on rows.

    If there is exactly one and it is regular.
    """
    domain = actions[0].domain
    places = [(i, j) for i in range(m) for j in range(i, m)]
    columns = []
    for i, j in places:
        unit = [[domain.zero] * m for _ in range(m)]
        unit[i][j] = unit[j][i] = domain.one
        b = linear.matrix(unit, m, domain)
        images = [a * b + (a * b).transpose() for a in actions]
        columns.append([e for image in images for row in image.to_list() for e in row])
    null = linear.kernel(linear.matrix(columns, len(columns[0]), domain).transpose())
    if null.shape[0] != 1:
        return None
    lines = [[domain.zero] * m for _ in range(m)]
    for (i, j), value in zip(places, null.to_list()[0], strict=True):
        lines[i][j] = lines[j][i] = value
    form = linear.matrix(lines, m, domain)
    return form if form.rank() == m else None


class OrthogonalFrame:
    """Orthogonal rows n_i of a form with values v_i, and the unit rows P_i = n_i sqrt(|v_1/v_i|); larger sign first."""

    def __init__(self, algebra: StructureConstants, rows: DomainMatrix, form: DomainMatrix, signs: Signs) -> None:
        domain = algebra.domain
        diagonal = [(v, row, signs.sign(domain.to_sympy(v))) for v, row in diagonalize(form)]
        kinds = [kind for _, _, kind in diagonal]
        leading = 1 if kinds.count(1) >= kinds.count(-1) else -1
        diagonal.sort(key=lambda entry: entry[2] != leading)
        self.algebra = algebra
        self.values = [v for v, _, _ in diagonal]
        self.signature = kinds.count(leading), kinds.count(-leading)
        self.rows = (linear.matrix([row for _, row, _ in diagonal], rows.shape[0], domain) * rows).to_dense()

    def _scale(self, i: int, j: int) -> Expr:
        """sqrt(|v_i/v_j|)."""
        domain = self.algebra.domain
        same = (i < self.signature[0]) == (j < self.signature[0])
        ratio = domain.to_sympy(self.values[i] / self.values[j])
        return sqrt(ratio if same else -ratio)

    def units(self, rows: DomainMatrix | None = None) -> list[Vector]:
        """P_i; or other rows, scaled like n_i."""
        chosen = (self.rows if rows is None else rows).to_list()
        return [combine((self._scale(0, i), exprs(self.algebra, row))) for i, row in enumerate(chosen)]

    def turns(self, acting: DomainMatrix) -> list[Vector] | None:
        """R_ij for i < j: P_i -> P_j, P_j -> -ε_i ε_j P_i, which is n_i -> n_j, n_j -> -v_j/v_i n_i up to a factor."""
        m, zero, one = len(self.values), self.algebra.domain.zero, self.algebra.domain.one
        pairs = [(i, j) for i in range(m) for j in range(i + 1, m)]
        targets = []
        for i, j in pairs:
            target = [[zero] * m for _ in range(m)]
            target[i][j], target[j][i] = one, -self.values[j] / self.values[i]
            targets.append(target)
        found = acting_as(self.algebra, acting, self.rows, targets)
        if found is None:
            return None
        scaled = zip(pairs, found, strict=True)
        return [combine((self._scale(i, j), exprs(self.algebra, row))) for (i, j), row in scaled]
