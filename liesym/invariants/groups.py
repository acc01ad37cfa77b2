"""Symmetry groups of Lagrangians: infinitesimal generators together with discrete maps of the unknowns.

    group = rotations([("x1", "y1"), ("x2", "y2")]) + translations([("x1", "y1"), ("x2", "y2")])

Particles are tuples of the names of their coordinates; the unknowns are these names in their order unless
more of them are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from sympy import Expr, Integer, Matrix, Rational, S, Symbol

from liesym.algebra import LieAlgebra
from liesym.errors import AnsatzError
from liesym.symmetries.generator import Generator

Point = Sequence[str | Symbol]


@dataclass(frozen=True, slots=True)
class SymmetryGroup:
    """A group that acts on (t, q): what its generators generate, and the maps of the unknowns besides.

    Arguments:
        variables: (t, q_1, …, q_m).
        generators: over the variables.
        maps: images of (q_1, …, q_m) under each discrete symmetry, which leaves t alone.
        degree: polynomial invariants up to this degree generate all, where that is known; else 2.
    """

    variables: tuple[Symbol, ...]
    generators: tuple[Generator, ...] = ()
    maps: tuple[tuple[Expr, ...], ...] = ()
    degree: int = 2

    def __post_init__(self) -> None:
        strangers = [g for g in self.generators if g.variables != self.variables]
        if strangers or any(len(m) != len(self.variables) - 1 for m in self.maps):
            names = ", ".join(v.name for v in self.variables)
            raise AnsatzError(f"the generators and maps of a group must all be over its variables ({names})")

    def __add__(self, other: SymmetryGroup) -> SymmetryGroup:
        """The group that both generate; they must be over the same variables."""
        if self.variables != other.variables:
            both = [", ".join(v.name for v in g.variables) for g in (self, other)]
            raise AnsatzError(f"groups over different variables, ({both[0]}) and ({both[1]}): give both the same unknowns")
        return SymmetryGroup(
            self.variables,
            tuple(dict.fromkeys((*self.generators, *other.generators))),
            tuple(dict.fromkeys((*self.maps, *other.maps))),
            max(self.degree, other.degree),
        )


Symmetries = SymmetryGroup | LieAlgebra | Generator | Sequence[Any]


def as_group(symmetries: Symmetries) -> SymmetryGroup:
    """A group from what names one: a generator, an algebra of generators, a group, or a sequence of these.

    Raises:
        AnsatzError: no generators, or different variables.
    """
    if isinstance(symmetries, SymmetryGroup):
        return symmetries
    if isinstance(symmetries, Generator):
        return SymmetryGroup(symmetries.variables, (symmetries,))
    if isinstance(symmetries, LieAlgebra):
        symmetries = symmetries.generators
    parts = [as_group(part) for part in symmetries]
    if not parts:
        raise AnsatzError("a group of symmetries needs at least one generator; an algebra given by constants alone has none")
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def rotations(
    points: Sequence[Point],
    *,
    unknowns: Point | None = None,
    metric: Sequence[int] | None = None,
    reflections: bool = False,
    independent: str | Symbol = "t",
) -> SymmetryGroup:
    """Common rotations of all points about the origin: SO(D), or O(D) with `reflections`.

        X_ij = Σ_points g_j x_j ∂_i - g_i x_i ∂_j    keeps    Σ_i g_i x_i²

    Arguments:
        points: coordinates of each point, D names each.
        unknowns: all unknowns, if there are more.
        metric: g_i = 1 or -1; all 1 unless given. One -1 makes the Lorentz group.
        reflections: whether mirror images are symmetries too. If not, the determinants of D vectors
            (Levi-Civita contractions) are invariants beside the dot products.
        independent: the name of t.
    Source: Weyl 1946, chapter II, section 9 (invariants of O(D) and SO(D)).
    """
    variables, places = _space(points, unknowns, independent)
    size = len(places[0])
    signs = [Integer(g) for g in metric] if metric is not None else [S.One] * size
    if len(signs) != size or any(g not in (1, -1) for g in signs):
        raise AnsatzError(f"a metric in {size} dimensions is {size} signs 1 or -1, not {metric}")
    generators = []
    for i, j in combinations(range(size), 2):
        components: list[Expr] = [S.Zero] * len(variables)
        for place in places:
            components[place[i]] = -signs[j] * variables[place[j]]
            components[place[j]] = signs[i] * variables[place[i]]
        generators.append(Generator(variables, tuple(components)))
    vectors = 2 * len(places)  # positions and velocities
    degree = max(2, size) if vectors >= size and not reflections else 2
    mirror: list[Expr] = list(variables[1:])
    for place in places:
        mirror[place[0] - 1] = -variables[place[0]]
    return SymmetryGroup(variables, tuple(generators), (tuple(mirror),) if reflections else (), degree)


def translations(
    points: Sequence[Point], *, unknowns: Point | None = None, independent: str | Symbol = "t"
) -> SymmetryGroup:
    """Common translations of all points: X_i = Σ_points ∂_i."""
    variables, places = _space(points, unknowns, independent)
    generators = []
    for i in range(len(places[0])):
        moved = {place[i] for place in places}
        generators.append(Generator(variables, tuple(Integer(k in moved) for k in range(len(variables)))))
    return SymmetryGroup(variables, tuple(generators))


def permutations(
    points: Sequence[Point], *, unknowns: Point | None = None, independent: str | Symbol = "t"
) -> SymmetryGroup:
    """All exchanges of the points: of identical particles. Neighbours exchanged generate them.

    Source: Weyl 1946, chapter II, section 3 (invariants of degree n generate all for n points).
    """
    variables, places = _space(points, unknowns, independent)
    maps = []
    for one, other in pairwise(places):
        image = list(variables)
        for a, b in zip(one, other, strict=True):
            image[a], image[b] = variables[b], variables[a]
        maps.append(tuple(image[1:]))
    return SymmetryGroup(variables, (), tuple(maps), max(2, len(places)))


def stationarity(unknowns: Point, *, along: str | Symbol | None = None, independent: str | Symbol = "t") -> SymmetryGroup:
    """Translations of the independent variable, or of the unknown `along`, such as a time coordinate."""
    variables, _ = _space([unknowns], None, independent)
    target = str(independent if along is None else along)
    if target not in [v.name for v in variables]:
        raise AnsatzError(f"{target!r} is not among ({', '.join(v.name for v in variables)})")
    return SymmetryGroup(variables, (Generator(variables, tuple(Integer(v.name == target) for v in variables)),))


def transformed(group: SymmetryGroup, matrix: Sequence[Sequence[Any]]) -> SymmetryGroup:
    """The group seen in the coordinates M q: generators and maps carried along by a linear map.

    Arguments:
        group: generators whose components hold no velocities.
        matrix: M, of rational numbers, invertible.

    Raises:
        AnsatzError: the matrix is singular or of the wrong size.
    """
    unknowns = group.variables[1:]
    forward = Matrix(len(matrix), len(matrix), [Rational(e) for row in matrix for e in row])
    if forward.rows != len(unknowns) or forward.rank() < forward.rows:
        raise AnsatzError(f"the change of coordinates must be an invertible matrix of {len(unknowns)} rows")
    old = forward.inv() * Matrix(unknowns)
    back: Mapping[Any, Any] = dict(zip(unknowns, old, strict=True))

    def carried(entries: Sequence[Expr]) -> tuple[Expr, ...]:
        moved = Matrix([e.xreplace(back) for e in entries])
        return tuple(e.expand() for e in forward * moved)

    generators = tuple(
        Generator(group.variables, (S.Zero + g.xi.xreplace(back), *carried(g.components[1:]))) for g in group.generators
    )
    return SymmetryGroup(group.variables, generators, tuple(carried(m) for m in group.maps), group.degree)


def _space(
    points: Sequence[Point], unknowns: Point | None, independent: str | Symbol
) -> tuple[tuple[Symbol, ...], list[tuple[int, ...]]]:
    """(t, q_1 …) and for each point the indices of its coordinates among them."""
    names = [[str(name) for name in point] for point in points]
    if not names or not names[0] or len({len(p) for p in names}) != 1:
        raise AnsatzError(f"points are tuples of as many names each, such as [('x', 'y')]; got {list(points)}")
    wanted = [str(u) for u in unknowns] if unknowns is not None else [name for point in names for name in point]
    everything = [str(independent), *wanted]
    if len(set(everything)) != len(everything):
        raise AnsatzError(f"a name occurs twice among ({', '.join(everything)})")
    missing = [name for point in names for name in point if name not in wanted]
    if missing:
        raise AnsatzError(f"{', '.join(missing)} of the points is not among the unknowns ({', '.join(wanted)})")
    variables = tuple(Symbol(name, real=True) for name in everything)
    return variables, [tuple(everything.index(name) for name in point) for point in names]
