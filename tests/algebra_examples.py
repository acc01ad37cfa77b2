"""Matrix Lie algebras and random bases for the tests."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sympy import QQ, Matrix, eye, zeros
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import LieAlgebra


def unit(n: int, i: int, j: int) -> Matrix:
    m = zeros(n, n)
    m[i, j] = 1
    return m


def sl(n: int) -> list[Matrix]:
    off = [unit(n, i, j) for i in range(n) for j in range(n) if i != j]
    return off + [unit(n, i, i) - unit(n, i + 1, i + 1) for i in range(n - 1)]


def so(p: int, q: int) -> list[Matrix]:
    n, sign = p + q, [1] * p + [-1] * q
    return [unit(n, i, j) * sign[j] - unit(n, j, i) * sign[i] for i in range(n) for j in range(i + 1, n)]


def sp(n: int) -> list[Matrix]:
    found = [unit(2 * n, i, j) - unit(2 * n, n + j, n + i) for i in range(n) for j in range(n)]
    for i in range(n):
        for j in range(i, n):
            for a, b in ((0, n), (n, 0)):
                m = unit(2 * n, a + i, b + j)
                m[a + j, b + i] = 1
                found.append(m)
    return found


def matrix_algebra(matrices: Sequence[Matrix]) -> LieAlgebra:
    """The algebra spanned by independent matrices, closed under the commutator."""
    rows = DomainMatrix.from_Matrix(Matrix([m.flat() for m in matrices])).convert_to(QQ)
    back = rows.transpose() * (rows * rows.transpose()).inv()
    brackets = {}
    for i, a in enumerate(matrices):
        for j in range(i + 1, len(matrices)):
            c = DomainMatrix.from_Matrix(Matrix([(a * matrices[j] - matrices[j] * a).flat()])).convert_to(QQ)
            solution = (c * back).to_Matrix().flat()
            brackets[i, j] = {k: v for k, v in enumerate(solution) if v != 0}
    return LieAlgebra.from_constants(len(matrices), brackets)


def affine(matrices: Sequence[Matrix], n: int) -> LieAlgebra:
    """The matrices and the translations of R^n."""
    bordered = []
    for m in matrices:
        larger = zeros(n + 1, n + 1)
        larger[:n, :n] = m
        bordered.append(larger)
    return matrix_algebra([*bordered, *(unit(n + 1, i, n) for i in range(n))])


def dilation(n: int) -> Matrix:
    return eye(n)


def heisenberg(n: int) -> LieAlgebra:
    return LieAlgebra.from_constants(2 * n + 1, {(1 + 2 * i, 2 + 2 * i): {0: 1} for i in range(n)})


def direct_sum(*parts: LieAlgebra) -> LieAlgebra:
    brackets: dict[tuple[int, int], dict[int, object]] = {}
    start = 0
    for part in parts:
        for i, j, k, c in part.constants:
            brackets.setdefault((i + start, j + start), {})[k + start] = c
        start += part.dimension
    return LieAlgebra.from_constants(start, brackets)


def random_basis(n: int, seed: int, size: int = 2) -> list[list[int]]:
    rng = random.Random(seed)
    while True:
        rows = [[rng.randint(-size, size) for _ in range(n)] for _ in range(n)]
        if Matrix(rows).det() != 0:
            return rows
