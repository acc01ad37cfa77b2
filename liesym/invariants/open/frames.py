"""Unknown functions that a vector field turns into each other: a·∇u_i = Σ B_ij u_j has u = Σ h_k(I) V_k, I its invariants.

    x u_y - y u_x = -v,  x v_y - y v_x = u       u = x h - y k,  v = y h + x k,   h and k of x² + y²

The V_k are polynomials, found by exact linear algebra, and independent: that many are all that are needed.
Source: Olver 1995, chapter 8.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Add, Expr, Matrix, Mul, Poly, S, Symbol
from sympy.polys.polyerrors import PolynomialError

from liesym.base.jets import partial_derivative

DEGREE = 2
MOST = 60
"""Coefficients of a polynomial ansatz."""


def frame(
    slopes: dict[Symbol, Expr], turned: Sequence[Sequence[Expr]], arguments: Sequence[Symbol]
) -> list[tuple[Expr, ...]] | None:
    """Polynomial solutions V of a·∇V = B V, as many as V has components and independent; None where there are none.

    Arguments:
        slopes: the components of a that are not zero.
        turned: the rows of B.
        arguments: what V may depend on.
    """
    moved = [v for v in arguments if v in slopes]
    count = len(turned)
    for degree in range(DEGREE + 1):
        powers = [Mul(*c) for c in itertools.combinations_with_replacement([S.One, *moved], degree)] if degree else [S.One]
        if count * len(powers) > MOST:
            return None
        found = _solutions(slopes, turned, powers, moved)
        if found is None:
            return None
        for chosen in itertools.combinations(found, count) if len(found) <= 3 * count else ():
            if Matrix([list(v) for v in chosen]).det().expand() != 0:
                return list(chosen)
    return None


def _solutions(
    slopes: dict[Symbol, Expr], turned: Sequence[Sequence[Expr]], powers: Sequence[Expr], moved: Sequence[Symbol]
) -> list[tuple[Expr, ...]] | None:
    count = len(turned)
    columns, keys = [], set()
    for place, power in itertools.product(range(count), powers):
        column: dict[tuple[int, tuple[int, ...]], Expr] = {}
        for row in range(count):
            rate = Add(*(a * partial_derivative(power, v) for v, a in slopes.items())) if row == place else S.Zero
            try:
                terms = Poly((rate - turned[row][place] * power).expand(), *moved).terms()
            except PolynomialError:
                return None
            column |= {(row, exponents): c for exponents, c in terms if c != 0}
        columns.append(column)
        keys |= set(column)
    ordered = sorted(keys)
    matrix = Matrix(len(ordered), len(columns), lambda i, j: columns[j].get(ordered[i], S.Zero))
    found = []
    for vector in matrix.nullspace() if ordered else Matrix.eye(len(columns)).columnspace():
        parts = [Add(*(vector[p * len(powers) + k] * m for k, m in enumerate(powers))) for p in range(count)]
        found.append(tuple(parts))
    return found
