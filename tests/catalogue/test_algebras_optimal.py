"""Optimal systems of one-dimensional subalgebras: every line is equivalent to exactly one member.

The inner automorphism that carries a line to a member is searched for by digits among products of exp(t ad e_i),
twice through the basis. A match is one to 3e-9 with all |t| at most 8: where an orbit only comes near a line, the
gap there is far larger. The lists themselves are those of Patera and Winternitz 1977.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from runs import dealt
from scipy.linalg import expm
from scipy.optimize import least_squares
from sympy import Matrix, Rational, S, lambdify

from liesym.algebra import LieAlgebra, Subalgebra, tables
from liesym.algebra.optimal import NONNEGATIVE, NONZERO, POSITIVE
from liesym.base.typed import substituted
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
QUICK = ("A2", "A3,1", "A3,4", "A3,6", "A3,8", "A3,9", "A3,7")
EACH = dealt(CASES, slow=2, late=[c for c in CASES if c[0] not in QUICK])
LARGEST_TIME, LARGEST_VALUE, EQUAL = 8.0, 1e3, 3e-9
"""For sl(2,R) and so(3), twice through the basis, |t| is at most 3.2: more than half a turn."""


def exponential(ad: np.ndarray):
    """t -> exp(t ad), by the eigenvectors where there are enough, by powers where ad is nilpotent."""
    values, vectors = np.linalg.eig(ad)
    if np.linalg.cond(vectors) < 1e6:
        inverse = np.linalg.inv(vectors)
        return lambda t: ((vectors * np.exp(t * values)) @ inverse).real
    if np.allclose(np.linalg.matrix_power(ad, len(ad)), 0):
        powers = [np.eye(len(ad)), ad, ad @ ad / 2, ad @ ad @ ad / 6]
        return lambda t: powers[0] + t * powers[1] + t**2 * powers[2] + t**3 * powers[3]
    return lambda t: expm(t * ad)


class Orbits:
    """Which members of a list a line is equivalent to."""

    def __init__(self, algebra: LieAlgebra) -> None:
        self.dimension = algebra.dimension
        ads = [np.array(Matrix(algebra.adjoint(i)).tolist(), dtype=float) for i in range(algebra.dimension)]
        passes = 1 if algebra.is_solvable else 2
        self.exponentials = [exponential(ad) for ad in ads if ad.any()] * passes
        self.longest = LARGEST_TIME if passes == 1 else 3.2

    def moved(self, times: Sequence[float], vector: np.ndarray) -> np.ndarray:
        for t, exp in zip(times, self.exponentials, strict=True):
            vector = exp(t) @ vector
        return vector

    def meets(self, vector: np.ndarray, member: Subalgebra, rng: np.random.Generator, starts: int = 5) -> bool:
        """True if an inner automorphism is found that carries the line of the vector to one of the family."""
        symbols, steps = [s for s, _ in member.ranges], len(self.exponentials)
        build = lambdify(symbols, list(member.row))

        def defect(z: np.ndarray) -> np.ndarray:
            z = np.clip(z, -1e6, 1e6)
            moved = self.moved(list(np.clip(z[:steps], -40, 40)), vector)
            target = np.array(build(*z[steps:]), dtype=float)
            moved, target = moved / np.linalg.norm(moved), target / np.linalg.norm(target)
            # the sine of the angle, with the sign left open
            return moved - (moved @ target) * target

        drifted = None
        for _ in range(starts):
            # a direction of the stabilizer is free: after it ran away it is drawn back, and the search goes on
            fresh = np.concatenate([rng.normal(size=steps), 1.5 * rng.normal(size=len(symbols))])
            start, drifted = fresh if drifted is None else drifted, None
            if not start.size:
                return bool(np.linalg.norm(defect(start)) < EQUAL)
            found = least_squares(defect, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=120)
            inside = np.all(np.abs(found.x[:steps]) < self.longest) and np.all(np.abs(found.x[steps:]) < LARGEST_VALUE)
            allowed = all(_allowed(v, k) for v, (_, k) in zip(found.x[steps:], member.ranges, strict=True))
            if inside and allowed and np.linalg.norm(found.fun) < EQUAL:
                return True
            if allowed and np.linalg.norm(found.fun) < EQUAL:
                drifted = np.where(np.abs(found.x) < self.longest, found.x, rng.normal(size=found.x.size))
        return False


def _allowed(value: float, kind: str) -> bool:
    if kind == NONNEGATIVE:
        return value >= -1e-9
    if kind == POSITIVE:
        return value > 1e-5
    return abs(value) > 1e-5 if kind == NONZERO else True


def algebra_of(family: str, dimension: int, parameters: tuple) -> LieAlgebra:
    return LieAlgebra.from_constants(dimension, tables.brackets_of(family, parameters))


def lines(dimension: int, members: Sequence[Subalgebra], rng: np.random.Generator) -> list[np.ndarray]:
    """A generic line, lines in coordinate subspaces, and the members themselves."""
    found = [rng.normal(size=dimension)]
    for size in range(1, dimension):
        vector = np.zeros(dimension)
        places = rng.permutation(dimension)[:size]
        vector[places] = rng.choice([-1, 1], size=size) * rng.uniform(0.5, 2, size=size)
        found.append(vector)
    for member in members:
        values = {s: Rational(13, 10) for s, _ in member.ranges}
        found.append(np.array([float(substituted(e, values)) for e in member.row]))
    return found


@pytest.mark.parametrize(("family", "dimension", "parameters"), EACH, ids=[f"{family}{p}" for family, _, p in CASES])
def test_every_line_is_equivalent_to_exactly_one_member(family: str, dimension: int, parameters: tuple) -> None:
    algebra = algebra_of(family, dimension, parameters)
    orbits, rng, members = Orbits(algebra), np.random.default_rng(1), algebra.optimal_system()
    for vector in lines(dimension, members, rng):
        assert met(orbits, vector, members, rng) == 1, vector


def met(orbits: Orbits, vector: np.ndarray, members: Sequence[Subalgebra], rng: np.random.Generator) -> int:
    """How many members the line is equivalent to; a search that found none is made longer."""
    count = [orbits.meets(vector, m, rng) for m in members].count(True)
    return count or [orbits.meets(vector, m, rng, 40) for m in members].count(True)


def test_a_missing_and_a_doubled_member_are_seen() -> None:
    algebra = algebra_of("A3,4", 3, ())
    orbits, rng, members = Orbits(algebra), np.random.default_rng(1), algebra.optimal_system()
    vectors = lines(3, members, rng)
    assert any(met(orbits, v, members[:-1], rng) == 0 for v in reversed(vectors))
    assert any(met(orbits, v, (*members, members[0]), rng) == 2 for v in vectors)


def test_the_given_basis_is_used() -> None:
    algebra = algebra_of("A3,8", 3, ()).transformed([[1, 2, 0], [0, 1, 1], [1, 0, 1]])
    rows = [m.row for m in algebra.optimal_system()]
    form = Matrix(algebra.killing_form)
    signs = sorted((Matrix([row]) * form * Matrix([row]).T)[0] for row in rows)
    assert signs[0] < 0 and signs[1] == 0 and signs[2] > 0


def test_larger_algebras_are_refused() -> None:
    five = LieAlgebra.from_constants(5, {(1, 2): {0: 1}, (3, 4): {0: 1}})
    with pytest.raises(Unsupported, match="at most 4"):
        five.optimal_system()
