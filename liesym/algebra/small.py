"""Real Lie algebras of dimension at most 4: the class, its parameters, and a basis in standard form.

Classes are those of Mubarakzyanov in the numbering of Patera, Sharp, Winternitz and Zassenhaus 1976, table
I, and the types of Bianchi in dimension 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Matrix, S
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear, structure
from liesym.algebra.action import Block, Vector, combine, jordan_blocks, tidy
from liesym.algebra.core import StructureConstants, ad
from liesym.algebra.rank_one import simple_part
from liesym.algebra.signs import Signs, Undecided
from liesym.algebra.tables import brackets_of


@dataclass(frozen=True, slots=True)
class Standard:
    """A class of the table, its parameters, and the rows of the standard basis, None if signs decide it."""

    family: str
    parameters: tuple[tuple[str, Expr], ...]
    rows: tuple[Vector, ...] | None


def classify(algebra: StructureConstants, signs: Signs) -> Standard:
    """The class of a real Lie algebra of dimension at most 4, with a standard basis.

    Raises:
        Undecided: the class depends on the sign of an expression in parameters.
        Unsupported: eigenvalues of a cubic with parameters.
    """
    n = algebra.dimension
    if algebra.is_abelian:
        return Standard(f"{n}A1" if n > 1 else "A1", (), _identity(n))
    if n == 2:
        return _affine(algebra)
    if not structure.is_solvable(algebra):
        family, rows = simple_part(algebra, signs)
        return Standard(family, (), rows)
    nil = structure.nilradical(algebra)
    if nil.shape[0] == n:
        return _nilpotent(algebra)
    inner = structure.restricted(algebra, nil)
    if nil.shape[0] == n - 1 and inner.is_abelian:
        return _extended_abelian(algebra, nil, signs)
    if nil.shape[0] == 3:
        return _extended_heisenberg(algebra, nil, signs)
    return _two_derivations(algebra, nil, signs)


def _identity(n: int) -> tuple[Vector, ...]:
    return tuple(tuple(S.One if i == j else S.Zero for j in range(n)) for i in range(n))


def _rows(space: DomainMatrix) -> list[Vector]:
    return [tuple(space.domain.to_sympy(e) for e in row) for row in space.to_list()]


def _outside(space: DomainMatrix) -> list[Vector]:
    return _rows(linear.complement(space))


def _action(algebra: StructureConstants, space: DomainMatrix, element: Sequence) -> DomainMatrix:
    """The matrix M, on columns of coordinates in the rows of `space`, of v -> [v, element]."""
    images = space * ad(algebra, element).transpose()
    return (-linear.coordinates(images, space).transpose()).to_dense()


def _in(space: DomainMatrix, vector: Sequence[Expr]) -> Vector:
    """A vector of coordinates in the rows of a space, back in the given basis."""
    return combine(*zip(vector, _rows(space), strict=True))


def _affine(algebra: StructureConstants) -> Standard:
    """[e1, e2] = e2."""
    (d,) = _rows(structure.derived(algebra))
    (x,) = _outside(structure.derived(algebra))
    return Standard("A2", (), (_normalised(algebra, x, d), d))


def _normalised(algebra: StructureConstants, x: Vector, d: Vector) -> Vector:
    """x scaled so that [x, d] = d."""
    image = algebra.bracket(x, d)
    place = next(i for i, e in enumerate(d) if e != 0)
    return combine((d[place] / image[place], x))


def _nilpotent(algebra: StructureConstants) -> Standard:
    """A3,1, A3,1+A1 or A4,1."""
    series = structure.lower_central_series(algebra)
    center = structure.center(algebra)
    if len(series) == 4:
        # A4,1: [e2, e4] = e1, [e3, e4] = e2; e3 in the centralizer of the second term, e4 outside
        abelian = structure.centralizer(algebra, series[1])
        e4 = _outside(abelian)[0]
        e3 = _rows(linear.complement(series[1], abelian))[0]
        e2 = algebra.bracket(e3, e4)
        return Standard("A4,1", (), (algebra.bracket(e2, e4), e2, e3, e4))
    e2, e3 = _outside(center)[:2]
    e1 = algebra.bracket(e2, e3)
    if algebra.dimension == 3:
        return Standard("A3,1", (), (e1, e2, e3))
    extra = _rows(linear.complement(series[1], center))[0]
    return Standard("A3,1+A1", (), (e1, e2, e3, extra))


# -- one element acting on an abelian ideal --------------------------------------------------------


def _extended_abelian(algebra: StructureConstants, nil: DomainMatrix, signs: Signs) -> Standard:
    """L = <x> + N with N abelian: the real Jordan form of the action, up to a factor, is the class."""
    outer = linear.complement(nil)
    x = _rows(outer)[0]
    blocks = jordan_blocks(_action(algebra, nil, outer.to_list()[0]), signs)
    dead = [c for c in blocks if c.size == 1 and c.real == 0 and c.imaginary == 0]
    live = [c for c in blocks if c not in dead]
    family, parameters, factor, live = _normal_action(live, signs)
    vectors = [_in(nil, v) for c in live for v in c.vectors]
    last = combine((factor, x))
    rows = (last, *vectors) if family == "A2" else (*vectors, last)
    suffix = {0: "", 1: "+A1", 2: "+2A1"}[len(dead)]
    return Standard(family + suffix, parameters, (*rows, *(_in(nil, c.vectors[0]) for c in dead)))


Normal = tuple[str, tuple[tuple[str, Expr], ...], Expr, list[Block]]


def _normal_action(blocks: list[Block], signs: Signs) -> Normal:
    """(family, parameters, factor of x, blocks in the order of the standard form)."""
    pair = [c for c in blocks if c.imaginary != 0]
    if pair:
        return _rotating(pair[0], [c for c in blocks if c.imaginary == 0], signs)
    if all(c.size == 1 for c in blocks):
        return _diagonal(blocks, signs)
    return _with_chain(blocks)


def _scaled(blocks: list[Block], factor: Expr) -> list[Block]:
    return [c.scaled(factor) for c in blocks]


def _diagonal(blocks: list[Block], signs: Signs) -> Normal:
    """Real eigenvalues: divide by one of largest absolute value.

    Of all ways to do so take the greatest remaining ones.
    """
    if len(blocks) == 1:
        # [x, v] = v is wanted here, and the action is v -> [v, x]
        factor = -1 / blocks[0].real
        return "A2", (), factor, blocks
    best: tuple[list[Block], Expr] | None = None
    for first in blocks:
        if not _is_largest(first, blocks, signs):
            continue
        factor = tidy(1 / first.real)
        rest = _ordered(_scaled([c for c in blocks if c is not first], factor), signs)
        if best is None or _greater(rest, best[0][1:], signs):
            best = ([first.scaled(factor), *rest], factor)
    assert best is not None
    chosen, factor = best
    if len(chosen) == 2:
        ratio = chosen[1].real
        family = {1: "A3,3", -1: "A3,4"}.get(ratio, "A3,5")  # type: ignore[call-overload]
        return family, (("a", ratio),) if family == "A3,5" else (), factor, chosen
    return "A4,5", (("a", chosen[1].real), ("b", chosen[2].real)), factor, chosen


def _is_largest(first: Block, blocks: list[Block], signs: Signs) -> bool:
    try:
        return all(signs.sign((first.real**2 - c.real**2).expand()) >= 0 for c in blocks)
    except Undecided:
        return first is blocks[0]  # the order is a convention; with parameters the given one is kept


def _ordered(blocks: list[Block], signs: Signs) -> list[Block]:
    if len(blocks) == 2 and _exceeds(blocks[0].real, blocks[1].real, signs):
        return [blocks[1], blocks[0]]
    return blocks


def _exceeds(u: Expr, v: Expr, signs: Signs) -> bool:
    try:
        return signs.sign((u - v).expand()) > 0
    except Undecided:
        return False


def _greater(rest: list[Block], other: list[Block], signs: Signs) -> bool:
    """Compare (b, a), then keep the first."""
    for u, v in zip(reversed(rest), reversed(other), strict=True):
        if _exceeds(u.real, v.real, signs):
            return True
        if _exceeds(v.real, u.real, signs):
            return False
    return False


def _with_chain(blocks: list[Block]) -> Normal:
    chain = blocks[0]
    if chain.size == 3:
        factor = 1 / chain.real  # a nilpotent chain would belong to a nilpotent algebra
        return "A4,4", (), factor, _scaled(blocks, factor)
    if chain.real == 0:
        factor = 1 / blocks[1].real
        scaled = _scaled(blocks, factor)
        return "A4,3", (), factor, [scaled[1], scaled[0]]
    factor = 1 / chain.real
    scaled = _scaled(blocks, factor)
    if len(blocks) == 1:
        return "A3,2", (), factor, scaled
    return "A4,2", (("a", scaled[1].real),), factor, [scaled[1], scaled[0]]


def _rotating(pair: Block, rest: list[Block], signs: Signs) -> Normal:
    """p ± iq, scaled to q = 1 with p >= 0 (and the real eigenvalue positive where p = 0)."""
    factor = tidy(1 / pair.imaginary)
    decisive = pair.real if pair.real != 0 else (rest[0].real if rest else S.Zero)
    flipped = decisive != 0 and signs.sign(decisive) < 0
    if flipped:
        factor = -factor
    pair = pair.scaled(factor)
    if flipped:
        pair = pair.conjugated()
    rest = _scaled(rest, factor)
    if rest:
        return "A4,6", (("a", rest[0].real), ("b", pair.real)), factor, [*rest, pair]
    if pair.real == 0:
        return "A3,6", (), factor, [pair]
    return "A3,7", (("a", pair.real),), factor, [pair]


# -- dimension 4 with another nilradical ------------------------------------------------------------


def _extended_heisenberg(algebra: StructureConstants, nil: DomainMatrix, signs: Signs) -> Standard:
    """L = <x> + heisenberg: the action on the quotient by the centre is the class."""
    inner = structure.restricted(algebra, nil)
    center = linear.span(structure.derived(inner) * nil)
    plane = linear.complement(center, nil)
    outer = linear.complement(nil)
    x = _rows(outer)[0]
    full = linear.span(nil)
    images = linear.coordinates(plane * ad(algebra, outer.to_list()[0]).transpose(), full)
    basis = linear.coordinates(plane.vstack(center), full)
    mixed: Any = (images * basis.inv())[:, :2]
    m = (-mixed.transpose()).to_dense()
    blocks = jordan_blocks(m, signs)
    family, parameters, factor, vectors = _heisenberg_class(blocks, signs)
    p, q = (_in(plane, v) for v in vectors)
    z = algebra.bracket(p, q)
    place = next(i for i, e in enumerate(z) if e != 0)
    x = combine((factor, x))
    table = brackets_of(family, parameters)
    # [p, x] and [q, x] may hold multiples of z; x -> x + γ q + δ p removes them
    off = []
    for i, v in ((1, p), (2, q)):
        expected = combine(*((c, (z, p, q)[k]) for k, c in table.get((i, 3), {}).items()), (S.Zero, z))
        off.append(tidy((algebra.bracket(v, x)[place] - expected[place]) / z[place]))
    x = combine((S.One, x), (-off[0], q), (off[1], p))
    return Standard(family, parameters, (z, p, q, x))


def _heisenberg_class(blocks: list[Block], signs: Signs) -> tuple[str, tuple[tuple[str, Expr], ...], Expr, tuple]:
    if blocks[0].imaginary != 0:
        family, parameters, factor, chosen = _rotating(blocks[0], [], signs)
        return {"A3,6": "A4,10", "A3,7": "A4,11"}[family], parameters, factor, chosen[0].vectors
    if blocks[0].size == 2:
        factor = 1 / blocks[0].real
        return "A4,7", (), factor, blocks[0].scaled(factor).vectors
    live = sorted(blocks, key=lambda c: c.real == 0)
    if live[1].real == 0:
        factor = 1 / live[0].real
        return "A4,9", (("b", S.Zero),), factor, (live[0].vectors[0], live[1].vectors[0])
    family, parameters, factor, chosen = _diagonal(live, signs)
    vectors = tuple(c.vectors[0] for c in chosen)
    if family == "A3,4":
        return "A4,8", (), factor, vectors
    return "A4,9", (("b", chosen[1].real),), factor, vectors


def _two_derivations(algebra: StructureConstants, nil: DomainMatrix, signs: Signs) -> Standard:
    """Nilradical of dimension 2: two commuting derivations of the plane, one of which is the identity."""
    domain = algebra.domain
    outer = linear.complement(nil)
    first, second = (_action(algebra, nil, row) for row in outer.to_list())
    flat = linear.matrix([[e for row in m.to_list() for e in row] for m in (first, second)], 4, domain)
    mix = linear.solve(flat.transpose(), [domain.one, domain.zero, domain.zero, domain.one])
    assert mix is not None  # commuting, independent and not nilpotent: their span holds the identity
    use_second = bool(mix[0])
    unit = _rows(linear.matrix([mix], 2, domain) * outer)[0]
    other = _rows(outer)[1 if use_second else 0]
    blocks = jordan_blocks(second if use_second else first, signs)
    if blocks[0].imaginary != 0:
        return _complex_plane(algebra, nil, unit, other, blocks[0])
    λ, μ = blocks[0].real, blocks[1].real
    e, f = (_in(nil, c.vectors[0]) for c in blocks)
    # [e, x] = -e and [f, x] = 0, so that [x, e] = e
    gap = tidy(1 / (λ - μ))
    x = combine((-gap, other), (gap * μ, unit))
    y = combine((gap, other), (-gap * λ, unit))
    defect = algebra.bracket(x, y)
    x, y = _commuting(x, y, defect, e, f)
    return Standard("2A2", (), (x, e, y, f))


def _commuting(x: Vector, y: Vector, defect: Vector, e: Vector, f: Vector) -> tuple[Vector, Vector]:
    """With [x, e] = e, [y, f] = f and [x, y] = α e + β f: y - α e and x + β f commute."""
    α, β = Matrix([e, f]).T.gauss_jordan_solve(Matrix(defect))[0]
    return combine((S.One, x), (β, f)), combine((S.One, y), (-α, e))


def _complex_plane(algebra: StructureConstants, nil: DomainMatrix, unit: Vector, other: Vector, pair: Block) -> Standard:
    """A4,12: e3 acts as the identity, e4 as the complex unit."""
    q = pair.imaginary
    e1, e2 = (_in(nil, v) for v in pair.vectors)
    e4 = combine((1 / q, other), (-pair.real / q, unit))
    defect = algebra.bracket(unit, e4)
    # [e3, v] = -v on the plane
    e4 = combine((S.One, e4), (S.One, defect))
    return Standard("A4,12", (), (e1, e2, unit, e4))
