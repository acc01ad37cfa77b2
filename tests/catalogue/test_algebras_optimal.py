"""Optimal systems of one-dimensional subalgebras: every line meets the list, and no two members are
equivalent.

Both are searched for by digits: over products of exponentials of ads, twice through the basis. The claim
itself is Patera and Winternitz 1977.
"""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportReturnType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import least_squares
from sympy import Expr, Matrix, Rational, S, lambdify

from liesym.algebra import LieAlgebra, tables
from liesym.algebra.optimal import ANGLE, NONNEGATIVE, NONZERO, POSITIVE, Subalgebra
from liesym.errors import Unsupported

HALF = Rational(1, 2)
CASES: list[tuple[str, int, tuple]] = [
    ("2A1", 2, ()), ("A2", 2, ()), ("A2+A1", 3, ()), ("A2+2A1", 4, ()), ("2A2", 4, ()), ("A3,1", 3, ()),
    ("A3,1+A1", 4, ()), ("A3,2", 3, ()), ("A3,2+A1", 4, ()), ("A3,3", 3, ()), ("A3,3+A1", 4, ()), ("A3,4", 3, ()),
    ("A3,4+A1", 4, ()), ("A3,5", 3, (("a", HALF),)), ("A3,5+A1", 4, (("a", -HALF),)), ("A3,6", 3, ()),
    ("A3,6+A1", 4, ()), ("A3,7", 3, (("a", HALF),)), ("A3,7+A1", 4, (("a", HALF),)), ("A3,8", 3, ()),
    ("A3,8+A1", 4, ()), ("A3,9", 3, ()), ("A3,9+A1", 4, ()), ("A4,1", 4, ()), ("A4,2", 4, (("a", S(2)),)),
    ("A4,2", 4, (("a", S(1)),)), ("A4,3", 4, ()), ("A4,4", 4, ()), ("A4,5", 4, (("a", -HALF), ("b", HALF))),
    ("A4,5", 4, (("a", S(1)), ("b", S(1)))), ("A4,6", 4, (("a", S(1)), ("b", HALF))),
    ("A4,6", 4, (("a", S(1)), ("b", S(1)))), ("A4,7", 4, ()), ("A4,8", 4, ()), ("A4,9", 4, (("b", HALF),)),
    ("A4,9", 4, (("b", S(0)),)), ("A4,9", 4, (("b", S(1)),)), ("A4,10", 4, ()), ("A4,11", 4, (("a", HALF),)),
    ("A4,12", 4, ()),
]  # fmt: skip


class Orbits:
    """Distances between lines under the inner automorphisms, by minimisation."""

    def __init__(self, family: str, dimension: int, parameters: tuple) -> None:
        self.algebra = LieAlgebra.from_constants(dimension, tables.brackets_of(family, parameters))
        self.ads = [np.array(Matrix(self.algebra.adjoint(i)).tolist(), dtype=float) for i in range(dimension)]
        self.members = self.algebra.optimal_system()

    def moved(self, times: np.ndarray, vector: np.ndarray) -> np.ndarray:
        for t, ad in zip(times, itertools.cycle(self.ads), strict=False):
            vector = expm(t * ad) @ vector
        return vector

    def distance(
        self, vector: np.ndarray, member: Subalgebra, rng: np.random.Generator, starts: int
    ) -> float:
        """Least distance of the moved line from the lines of a family, over the group and the parameters."""
        symbols = [s for s, _ in member.ranges]
        kinds = [k for _, k in member.ranges]
        build = lambdify(symbols, list(member.row))
        steps = 2 * len(self.ads)

        def defect(z: np.ndarray) -> np.ndarray:
            moved = self.moved(z[:steps], vector)
            target = np.array(build(*z[steps:]), dtype=float)
            moved, target = moved / np.linalg.norm(moved), target / np.linalg.norm(target)
            sign = 1.0 if moved @ target >= 0 else -1.0
            return moved - sign * target

        best = 1.0
        for _ in range(starts):
            start = np.concatenate([rng.normal(size=steps), rng.normal(size=len(symbols))])
            found = least_squares(defect, start, xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=300)
            allowed = all(_allowed(v, k) for v, k in zip(found.x[steps:], kinds, strict=True))
            bounded = np.max(np.abs(found.x)) < 30  # an orbit may come near a line without meeting it
            if allowed and bounded:
                best = min(best, float(np.linalg.norm(found.fun)))
            if best < 1e-8:
                break
        return best


def _allowed(value: float, kind: str) -> bool:
    if kind == NONNEGATIVE:
        return value >= -1e-9
    if kind == POSITIVE:
        return value > 1e-6
    return abs(value) > 1e-6 if kind == NONZERO else True


@pytest.mark.parametrize(("family", "dimension", "parameters"), CASES)
def test_every_line_is_equivalent_to_a_member(family: str, dimension: int, parameters: tuple) -> None:
    orbits, rng = Orbits(family, dimension, parameters), np.random.default_rng(1)
    for trial in range(3):
        vector = rng.normal(size=dimension)
        if trial:  # lines in coordinate subspaces
            vector[rng.permutation(dimension)[: dimension - 1 - trial % 2]] = 0.0
        assert any(orbits.distance(vector, m, rng, 6) < 1e-7 for m in orbits.members)


@pytest.mark.parametrize(("family", "dimension", "parameters"), CASES)
def test_members_are_not_equivalent(family: str, dimension: int, parameters: tuple) -> None:
    orbits, rng = Orbits(family, dimension, parameters), np.random.default_rng(2)
    for one, other in itertools.permutations(orbits.members, 2):
        values = {s: _sample(kind) for s, kind in one.ranges}
        vector = np.array([float(e.subs(values)) for e in one.row])
        if np.linalg.norm(vector) and _is_generic(one, other):
            assert orbits.distance(vector, other, rng, 2) > 1e-4


def _sample(kind: str) -> Expr:
    return Rational(7, 5) if kind == ANGLE else Rational(13, 10)


def _is_generic(one: Subalgebra, other: Subalgebra) -> bool:
    """Leave out pairs where a parameter value of one family may lie in the closure of the other."""
    return len(one.ranges) <= len(other.ranges) or not other.ranges


def test_the_given_basis_is_used() -> None:
    algebra = LieAlgebra.from_constants(3, tables.brackets_of("A3,8")).transformed(
        [[1, 2, 0], [0, 1, 1], [1, 0, 1]]
    )
    rows = [m.row for m in algebra.optimal_system()]
    form = Matrix(algebra.killing_form)
    signs = sorted((Matrix([row]) * form * Matrix([row]).T)[0] for row in rows)
    assert signs[0] < 0 and signs[1] == 0 and signs[2] > 0


def test_larger_algebras_are_refused() -> None:
    five = LieAlgebra.from_constants(5, {(1, 2): {0: 1}, (3, 4): {0: 1}})
    with pytest.raises(Unsupported, match="at most 4"):
        five.optimal_system()
