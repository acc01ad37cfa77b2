"""Standard forms of named Lie algebras above dimension 4: what a standard basis is checked against.

sl(n,R)         E_ij (i != j, row by row), then E_ii - E_i+1,i+1;   gl(n,R): then the identity
e(p,q)          P_1, …, P_m, then R_ij (i < j): P_i -> P_j, P_j -> -ε_i ε_j P_i;   sim(p,q): then D with [D, P] = P
sl(n,R)⋉nA1     P_1, …, P_n, then the rows of sl(n,R);   gl(n,R)⋉nA1: then all E_ij, row by row
heisenberg(n)   Z, then P_i, Q_i with [P_i, Q_i] = Z
gal(n)          H, P_i, K_i, J_ij: [K_i, H] = P_i;   bargmann(n): then M with [K_i, P_i] = M
sch(n)          H, D, C, P_i, K_i, J_ij, M: [D, H] = -2 H, [D, C] = 2 C, [C, H] = -D, [C, P_i] = K_i
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sympy import QQ, Expr, Integer, Matrix, eye, zeros
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import tables
from liesym.algebra.core import StructureConstants


def _unit(size: int, i: int, j: int) -> Matrix:
    m = zeros(size, size)
    m[i, j] = Integer(1)
    return m


def _special(n: int) -> list[Matrix]:
    off = [_unit(n, i, j) for i in range(n) for j in range(n) if i != j]
    return off + [_unit(n, i, i) - _unit(n, i + 1, i + 1) for i in range(n - 1)]


def all_units(n: int) -> list[Matrix]:
    """E_ij, row by row."""
    return [_unit(n, i, j) for i in range(n) for j in range(n)]


def special_units(n: int) -> list[Matrix]:
    """The basis of sl(n) of the standard form."""
    return _special(n)


def turns(signs: tuple[int, ...]) -> list[Matrix]:
    """R_ij for i < j on columns: P_i -> P_j, P_j -> -ε_i ε_j P_i."""
    m = len(signs)
    pairs = [(i, j) for i in range(m) for j in range(i + 1, m)]
    return [_unit(m, j, i) - signs[i] * signs[j] * _unit(m, i, j) for i, j in pairs]


def _moved(matrices: list[Matrix], n: int) -> list[Matrix]:
    """The translations of R^n, then the matrices."""
    bordered = []
    for m in matrices:
        larger = zeros(n + 1, n + 1)
        larger[:n, :n] = m
        bordered.append(larger)
    return [*(_unit(n + 1, i, n) for i in range(n)), *bordered]


def _spanned(matrices: list[Matrix]) -> StructureConstants:
    """The algebra of independent matrices that are closed under the commutator."""
    rows = DomainMatrix.from_Matrix(Matrix([m.flat() for m in matrices])).convert_to(QQ)
    back = rows.transpose() * (rows * rows.transpose()).inv()
    brackets = {}
    for i, a in enumerate(matrices):
        for j in range(i + 1, len(matrices)):
            flat = DomainMatrix.from_Matrix(Matrix([(a * matrices[j] - matrices[j] * a).flat()])).convert_to(QQ)
            brackets[i, j] = {k: v for k, v in enumerate((flat * back).to_Matrix().flat()) if v != 0}
    return StructureConstants.from_constants(len(matrices), brackets)


def _heisenberg(n: int) -> StructureConstants:
    return StructureConstants.from_constants(2 * n + 1, {(1 + 2 * i, 2 + 2 * i): {0: 1} for i in range(n)})


def _galilean(n: int, *, mass: bool, conformal: bool) -> StructureConstants:
    """gal(n), bargmann(n) or sch(n), by brackets."""
    head = 3 if conformal else 1
    p = [head + i for i in range(n)]
    k = [head + n + i for i in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    turn = {pair: head + 2 * n + place for place, pair in enumerate(pairs)}
    m = head + 2 * n + len(pairs)
    brackets: dict[tuple[int, int], dict[int, int]] = {}
    for i in range(n):
        brackets[k[i], 0] = {p[i]: 1}
        if mass:
            brackets[k[i], p[i]] = {m: 1}
        if conformal:
            brackets |= {(1, p[i]): {p[i]: -1}, (1, k[i]): {k[i]: 1}, (2, p[i]): {k[i]: 1}}
    if conformal:
        brackets |= {(1, 0): {0: -2}, (1, 2): {2: 2}, (2, 0): {1: -1}}
    for (i, j), r in turn.items():
        for v in (p, k):
            brackets |= {(r, v[i]): {v[j]: 1}, (r, v[j]): {v[i]: -1}}
    rotations = _spanned(turns((1,) * n)) if n > 1 else StructureConstants(0, ())
    for a, b, row in rotations.commutators:
        brackets[head + 2 * n + a, head + 2 * n + b] = {head + 2 * n + c: int(v) for c, v in row.items()}
    return StructureConstants.from_constants(m + (1 if mass else 0), brackets)


def _metric(p: str, q: str | None) -> tuple[int, ...]:
    return (1,) * int(p) + (-1,) * int(q or 0)


FORMS: tuple[tuple[str, Callable[..., StructureConstants]], ...] = (
    (r"sl\((\d+),R\)", lambda n: _spanned(_special(int(n)))),
    (r"gl\((\d+),R\)", lambda n: _spanned([*_special(int(n)), eye(int(n))])),
    (r"e\((\d+)(?:,(\d+))?\)", lambda p, q: _spanned(_moved(turns(_metric(p, q)), len(_metric(p, q))))),
    (
        r"sim\((\d+)(?:,(\d+))?\)",
        lambda p, q: _spanned(_moved([*turns(_metric(p, q)), eye(len(_metric(p, q)))], len(_metric(p, q)))),
    ),
    (r"sl\((\d+),R\)⋉\1A1", lambda n: _spanned(_moved(_special(int(n)), int(n)))),
    (r"gl\((\d+),R\)⋉\1A1", lambda n: _spanned(_moved(all_units(int(n)), int(n)))),
    (r"heisenberg\((\d+)\)", lambda n: _heisenberg(int(n))),
    (r"gal\((\d+)\)", lambda n: _galilean(int(n), mass=False, conformal=False)),
    (r"bargmann\((\d+)\)", lambda n: _galilean(int(n), mass=True, conformal=False)),
    (r"sch\((\d+)\)", lambda n: _galilean(int(n), mass=True, conformal=True)),
)


@lru_cache(maxsize=64)
def standard_form(name: str) -> StructureConstants | None:
    """The algebra of a name in its standard basis, None if none is fixed for the name.

    Arguments:
        name: such as "sl(3,R)", "e(3,1)", "heisenberg(2)"; the forms of dimension at most 4 are those of `tables`.
    """
    family = next((family for family, usual in tables.USUAL.items() if usual == name), None)
    if family is not None:
        return StructureConstants.from_constants(4 if "+" in family else 3, tables.brackets_of(family))
    for pattern, make in FORMS:
        match = re.fullmatch(pattern, name)
        if match:
            return make(*match.groups())
    return None


def shows(algebra: StructureConstants, rows: tuple[tuple[Expr, ...], ...], form: StructureConstants) -> bool:
    """True if the algebra has the constants of the form in the basis of these rows."""
    return algebra.transformed(rows).constants == form.constants
