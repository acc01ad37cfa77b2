"""Motions of a flat space: so(p,q) or sl(m) on R^m, with or without the dilation, and the groups of Galilei."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import S
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from liesym.algebra import forms, linear, small, structure
from liesym.algebra.action import Vector, combine
from liesym.algebra.core import Identification, StructureConstants, ad, bracket_span
from liesym.algebra.modules import OrthogonalFrame, acting_as, action, exprs, invariant_form
from liesym.algebra.signs import Signs
from liesym.algebra.sums import summands


def linear_motions(
    algebra: StructureConstants, levi: DomainMatrix, flat: DomainMatrix, nil: DomainMatrix, signs: Signs
) -> Identification | None:
    """e(p,q) = so(p,q)⋉R^m and sl(m,R)⋉R^m, and these with the dilation; None for other actions.

    so(p,q) is recognised by the one invariant symmetric form, of which a faithful algebra of dimension m(m-1)/2 is all.
    """
    m, s = nil.shape[0], levi.shape[0]
    nil = linear.span(nil)
    actions = [action(algebra, row, nil) for row in levi.to_list()]
    flattened = linear.matrix([[e for row in a.to_list() for e in row] for a in actions], m * m, algebra.domain)
    if flattened.rank() < s or flat.shape[0] > 1:
        return None
    dilates = flat.shape[0] == 1 and _is_scalar(action(algebra, flat.to_list()[0], nil))
    if flat.shape[0] == 1 and not dilates:
        return None
    if s == m * m - 1:
        return _affine(algebra, linear.join(levi, linear.span(flat)), nil, dilates)
    form = invariant_form(actions, m) if 2 * s == m * (m - 1) else None
    return None if form is None else _euclidean(algebra, levi, flat, OrthogonalFrame(algebra, nil, form, signs))


def _is_scalar(m: DomainMatrix) -> bool:
    lines = m.to_list()
    return all(
        lines[i][j] == (lines[0][0] if i == j else m.domain.zero) for i in range(len(lines)) for j in range(len(lines))
    )


def _affine(algebra: StructureConstants, acting: DomainMatrix, nil: DomainMatrix, dilates: bool) -> Identification:
    """sl(m,R) or gl(m,R) on R^m: any basis of R^m will do."""
    m, domain = nil.shape[0], algebra.domain
    wanted = forms.all_units(m) if dilates else forms.special_units(m)
    # actions are written on rows, so the targets are transposed
    targets = [[[domain.convert(int(e)) for e in row] for row in unit.T.tolist()] for unit in wanted]
    rows = acting_as(algebra, acting, nil, targets)
    basis = None if rows is None else tuple(exprs(algebra, row) for row in (*nil.to_list(), *rows))
    if dilates:
        return Identification(f"gl({m},R)⋉{m}A1", (f"aff({m},R)",), basis=basis)
    return Identification(f"sl({m},R)⋉{m}A1", (f"saff({m},R)",), basis=basis)


def _euclidean(
    algebra: StructureConstants, levi: DomainMatrix, flat: DomainMatrix, frame: OrthogonalFrame
) -> Identification:
    p, q = frame.signature
    m = p + q
    label = f"so({p})⋉{m}A1" if q == 0 else f"so({p},{q})⋉{m}A1"
    turns = frame.turns(levi)
    rows = None if turns is None else [*frame.units(), *turns]
    if flat.shape[0]:
        (line,) = flat.to_list()
        factor = action(algebra, line, frame.rows).to_list()[0][0]
        if rows is not None:
            rows.append(exprs(algebra, [e / factor for e in line]))
        others = (label.replace("⋉", "+A1⋉"), *(("gl(2,R)⋉3A1",) if (p, q) == (2, 1) else ()))
        name = f"sim({p})" if q == 0 else f"sim({p},{q})"
    else:
        others = (label,) + (("poincare(3,1)",) if (p, q) == (3, 1) else ())
        name = f"e({m})" if q == 0 else f"e({p},{q})"
    return Identification(name, others, basis=None if rows is None else tuple(rows))


# -- Galilei, Bargmann, Schrödinger -----------------------------------------------------------------------


def galilean_motions(
    algebra: StructureConstants, levi: DomainMatrix, flat: DomainMatrix, nil: DomainMatrix, signs: Signs
) -> Identification | None:
    """gal(n), bargmann(n) for n = 2, 3, and sch(n) for n = 1, 2, 3; None if the basis cannot be built.

    Arguments:
        algebra: the whole.
        levi: a Levi subalgebra.
        flat: an abelian complement of the nilradical in the radical that commutes with it.
        nil: the nilradical.
        signs: assumptions on parameters.
    """
    n, rest = divmod(nil.shape[0] - 1, 2)
    heavy = rest == 1
    if levi.shape[0] + flat.shape[0] == n * (n - 1) // 2 and n in (2, 3) and flat.shape[0] == (n == 2):
        found = _galilei(algebra, linear.join(levi, linear.span(flat)), nil, n, heavy, signs)
        return None if found is None else Identification(f"bargmann({n})" if heavy else f"gal({n})", basis=found)
    if levi.shape[0] + flat.shape[0] == 3 + n * (n - 1) // 2 and n in (1, 2, 3) and flat.shape[0] == (n == 2):
        found = None if heavy else _schrodinger(algebra, levi, flat, nil, n, signs)
        others = (f"{('sl(2,R)', 'gl(2,R)', '(sl(2,R)+so(3))')[n - 1]}⋉heisenberg({n})",)
        return None if found is None else Identification(f"sch({n})", others, basis=found)
    return None


def _bracket(algebra: StructureConstants, u: Sequence[Any], v: Sequence[Any]) -> list[Any]:
    row = linear.matrix([v], algebra.dimension, algebra.domain)
    return (row * ad(algebra, u).transpose()).to_list()[0]


def _images(algebra: StructureConstants, u: Sequence[Any], rows: DomainMatrix) -> DomainMatrix:
    return linear.matrix([_bracket(algebra, u, v) for v in rows.to_list()], algebra.dimension, algebra.domain)


def _galilei(
    algebra: StructureConstants, turning: DomainMatrix, nil: DomainMatrix, n: int, heavy: bool, signs: Signs
) -> tuple[Vector, ...] | None:
    """H commutes with the rotations; K is a copy of R^n outside P = [K, H]."""
    still = linear.meet(nil, structure.centralizer(algebra, turning))
    center = structure.center(algebra)
    moved = bracket_span(algebra, turning, nil)
    if still.shape[0] != (2 if heavy else 1) or moved.shape[0] != 2 * n or center.shape[0] != int(heavy):
        return None
    h = linear.complement(linear.meet(still, center), still).to_list()[0]
    momenta = linear.span(_images(algebra, h, moved))
    first = turning.to_list()[0]
    lines = linear.meet(moved, linear.kernel(ad(algebra, first))) if n == 3 else moved
    outside = linear.complement(linear.meet(lines, momenta), lines).to_list()
    if momenta.shape[0] != n or not outside:
        return None
    k = linear.matrix([outside[0]], algebra.dimension, algebra.domain)
    if n == 2:
        turning = _without_shear(algebra, turning, h, k)
    boosts = linear.join(linear.span(k), bracket_span(algebra, turning, k))
    if boosts.shape[0] != n:
        return None
    form = invariant_form([action(algebra, row, boosts) for row in turning.to_list()], n)
    if form is None:
        return None
    frame = OrthogonalFrame(algebra, boosts, form, signs)
    turns = frame.turns(turning) if frame.signature[1] == 0 else None
    if turns is None:
        return None
    hamiltonian = exprs(algebra, h)
    ks = frame.units()
    ps = [algebra.bracket(v, hamiltonian) for v in ks]
    if not heavy:
        return (hamiltonian, *ps, *ks, *turns)
    mass = algebra.bracket(ks[0], ps[0])
    if n == 2:
        ks = _commuting_boosts(algebra, ks, ps, mass)
    return (hamiltonian, *ps, *ks, *turns, mass)


def _without_shear(algebra: StructureConstants, turning: DomainMatrix, h: list[Any], k: DomainMatrix) -> DomainMatrix:
    """J - αH that turns the boosts: J = ωR + αH has (J² + ω²) k = 2α J[H, k], and J² = -ω² on P."""
    (j,) = turning.to_list()

    def twice(v: list[Any]) -> list[Any]:
        return _bracket(algebra, j, _bracket(algebra, j, v))

    start = k.to_list()[0]
    p = _bracket(algebra, h, start)
    place = next(i for i, e in enumerate(p) if e)
    square = -twice(p)[place] / p[place]
    defect = [a + square * b for a, b in zip(twice(start), start, strict=True)]
    sheared = _bracket(algebra, j, p)
    at = next((i for i, e in enumerate(sheared) if e), None)
    if at is None:
        return turning
    shear = defect[at] / (algebra.domain.convert(2) * sheared[at])
    row = [a - shear * b for a, b in zip(j, h, strict=True)]
    return linear.matrix([row], algebra.dimension, algebra.domain)


def _commuting_boosts(algebra: StructureConstants, ks: list[Vector], ps: list[Vector], mass: Vector) -> list[Vector]:
    """With [K_1, K_2] = c M and [K_i, P_i] = M: K_1 + c/2 P_2 and K_2 - c/2 P_1 commute."""
    image = algebra.bracket(ks[0], ks[1])
    place = next((i for i, e in enumerate(mass) if e != 0), None)
    if place is None:
        return ks
    half = image[place] / mass[place] / 2
    return [combine((S.One, ks[0]), (half, ps[1])), combine((S.One, ks[1]), (-half, ps[0]))]


def _schrodinger(
    algebra: StructureConstants, levi: DomainMatrix, flat: DomainMatrix, nil: DomainMatrix, n: int, signs: Signs
) -> tuple[Vector, ...] | None:
    """sl(2,R) = <H, D, C> moves P and K = [C, P]; the form [[C, p], p'] on P is invariant under the rotations."""
    inner = structure.restricted(algebra, levi)
    parts = [(part * levi).to_dense() for part in summands(inner)]
    split = [p for p in parts if p.shape[0] == 3 and _is_split(structure.restricted(algebra, p), signs)]
    if len(split) != 1:
        return None
    found = _sl2(algebra, split[0], signs)
    if found is None:
        return None
    h, d, c = found
    others = [row for p in parts if p is not split[0] for row in p.to_list()]
    turning = linear.matrix([*others, *flat.to_list()], algebra.dimension, algebra.domain)
    moved = bracket_span(algebra, split[0], nil)
    lower = ad(algebra, d) + linear.whole_space(algebra.dimension, algebra.domain)
    momenta = linear.meet(moved, linear.kernel(lower.to_dense()))
    boosts = _images(algebra, c, momenta)
    mass = structure.center(algebra)
    if momenta.shape[0] != n or mass.shape[0] != 1:
        return None
    place = linear.pivots(mass)[0]
    pairing = [[_bracket(algebra, k, p)[place] for p in momenta.to_list()] for k in boosts.to_list()]
    frame = OrthogonalFrame(algebra, momenta, linear.matrix(pairing, n, algebra.domain), signs)
    if frame.signature[1]:
        return None
    turns = frame.turns(turning) if n > 1 else []
    if turns is None:
        return None
    ps, ks = frame.units(), frame.units(_images(algebra, c, frame.rows))
    time, scale, conformal = (exprs(algebra, row) for row in (h, d, c))
    return (time, scale, conformal, *ps, *ks, *turns, algebra.bracket(ks[0], ps[0]))


def _is_split(part: StructureConstants, signs: Signs) -> bool:
    return small.classify(part, signs).family == "A3,8"


def _sl2(algebra: StructureConstants, part: DomainMatrix, signs: Signs) -> list[list[Any]] | None:
    """H, D, C with [D, H] = -2 H, [D, C] = 2 C, [C, H] = -D, if they lie in the field of the constants."""
    rows = small.classify(structure.restricted(algebra, part), signs).rows
    domain = algebra.domain
    if rows is None:
        return None
    try:
        h, half, c = ([domain.from_sympy(e) for e in row] for row in rows)
    except CoercionFailed:
        return None
    exact = (linear.matrix([h, [domain.convert(2) * e for e in half], c], 3, domain) * part).to_list()
    return [list(row) for row in exact]
