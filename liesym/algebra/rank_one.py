"""Standard bases of sl(2,R) and so(3)."""

from __future__ import annotations

from typing import Any

from sympy import QQ, Expr, S, sqrt, sympify
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear, structure
from liesym.algebra.action import Vector, combine, tidy
from liesym.algebra.core import StructureConstants, to_exprs
from liesym.algebra.signs import Signs, Undecided, by_region, diagonalize


def simple_part(algebra: StructureConstants, signs: Signs) -> tuple[str, tuple[Vector, ...] | None]:
    """sl(2,R) or so(3), with a centre in dimension 4."""
    levi = structure.levi(algebra)
    simple = structure.restricted(algebra, levi)
    form = structure.killing(simple)
    domain = form.domain
    diagonal = [(domain.to_sympy(value), tuple(domain.to_sympy(e) for e in row)) for value, row in diagonalize(form)]
    try:
        positive = [(value, row) for value, row in diagonal if signs.sign(value) > 0]
    except Undecided:
        # squares of one basis have factors that say nothing of the form; those of the determinant do
        family = "A3,9" if by_region(form, signs)[0] == 0 else "A3,8"
        return (family if algebra.dimension == 3 else f"{family}+A1"), None
    if positive:
        family, rows = "A3,8", _split_basis(simple, form, positive[0])
    else:
        family, rows = "A3,9", _rotation_basis(simple, diagonal)
    full = [combine(*zip(row, to_exprs(levi), strict=True)) for row in rows]
    if algebra.dimension == 3:
        return family, tuple(full)
    return f"{family}+A1", (*full, *to_exprs(structure.radical(algebra)))


def _split_basis(simple: StructureConstants, form: DomainMatrix, positive: tuple[Expr, Vector]) -> list[Vector]:
    """[e1, e2] = e1, [e1, e3] = 2 e2, [e2, e3] = e3 from an h with K(h, h) = 2.

    Rational if a small one is found.
    """
    value, h = _square_element(form) or positive
    h = combine((1 / sqrt(value / 2), h))
    parts: dict[int, Vector] = {}
    for start in to_exprs(linear.whole_space(3, QQ)):
        # ad h has the eigenvalues -1, 0, 1
        once = simple.bracket(h, start)
        twice = simple.bracket(h, once)
        for sign in (1, -1):
            part = combine((S.One, twice), (S(sign), once))
            if any(part):
                parts.setdefault(sign, part)
    product = simple.bracket(parts[-1], parts[1])
    place = next(i for i, e in enumerate(h) if e != 0)
    return [combine((tidy(2 * h[place] / product[place]), parts[-1])), h, parts[1]]


def _square_element(form: DomainMatrix) -> tuple[Expr, Vector] | None:
    """A small integer combination v with K(v, v)/2 the square of a rational."""
    lines: Any = form.to_Matrix()
    if lines.free_symbols:
        return None
    small = sorted(
        ((i, j, k) for i in range(-3, 4) for j in range(-3, 4) for k in range(-3, 4)),
        key=lambda v: sum(e * e for e in v),
    )
    for v in small:
        value = sum(v[i] * lines[i, j] * v[j] for i in range(3) for j in range(3))
        if value > 0 and sqrt(value / 2).is_Rational:
            return sympify(value), tuple(sympify(e) for e in v)
    return None


def _rotation_basis(simple: StructureConstants, diagonal: list[tuple[Expr, Vector]]) -> list[Vector]:
    """Orthogonal for the Killing form, each with K = -2; then [e1, e2] = ± e3."""
    e1, e2, e3 = (combine((sqrt(-2 / value), row)) for value, row in diagonal)
    product = simple.bracket(e1, e2)
    place = next(i for i, e in enumerate(e3) if e != 0)
    if tidy(product[place] - e3[place]) != 0:
        e3 = combine((S.NegativeOne, e3))
    return [e1, e2, e3]
