"""Generating sets of joint invariants of (t, q, q'): they follow the group, whatever it is."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from sympy import Integer, Matrix, Poly, Symbol, symbols

from liesym.algebra import LieAlgebra
from liesym.base.jets import jet_symbol
from liesym.errors import AnsatzError, Unsupported, VerificationError
from liesym.invariants import (
    SymmetryGroup,
    as_group,
    invariant_basis,
    permutations,
    rotations,
    stationarity,
    transformed,
    translations,
)
from liesym.invariants.polynomial import _verify
from liesym.symmetries.generator import Generator

T, X, Y, Z, W = symbols("t x y z w", real=True)
XYZ = ("x", "y", "z")


def speeds(*unknowns):
    return [jet_symbol(u, 1) for u in unknowns]


def same_span(found, wanted, coordinates):
    """Whether two lists of polynomials span the same space."""
    terms = sorted({m for e in (*found, *wanted) for m in Poly(e, *coordinates).monoms()})
    rows = [[Poly(e, *coordinates).as_dict().get(m, 0) for m in terms] for e in (*found, *wanted)]
    ranks = [Matrix(part).rank() for part in (rows[: len(found)], rows[len(found) :], rows)]
    return ranks[0] == ranks[1] == ranks[2]


def gram(metric, *vectors):
    return [sum(g * a * b for g, a, b in zip(metric, u, v, strict=True)) for i, u in enumerate(vectors) for v in vectors[i:]]


@pytest.mark.parametrize(
    ("signs", "names"), [((1, 1), "xy"), ((1, 1, 1), "xyz"), ((-1, 1, 1, 1), "wxyz"), ((1, 1, -1, -1), "wxyz")]
)
def test_rotations_have_the_dot_products_of_their_metric(signs, names):
    q = symbols(" ".join(names), real=True)
    group = rotations([tuple(names)], metric=signs, reflections=True) + stationarity(tuple(names))
    basis = invariant_basis(group)
    assert same_span(basis.functions, gram(signs, q, speeds(*q)), basis.coordinates)
    assert basis.polynomial and basis.complete
    other = gram([-s for s in signs[:1]] + list(signs[1:]), q, speeds(*q))
    assert not same_span(basis.functions, other, basis.coordinates), "another metric has other invariants"


def test_without_reflections_there_are_determinants():
    """In the plane the positions and velocities have one: the angular momentum itself is invariant."""
    basis = invariant_basis(rotations([("x", "y")]) + stationarity(("x", "y")))
    v, w = speeds(X, Y)
    assert X * w - Y * v in [f.expand() for f in basis.functions] and len(basis.functions) == 4 > basis.rank == 3
    mirrored = invariant_basis(rotations([("x", "y")], reflections=True) + stationarity(("x", "y")))
    assert len(mirrored.functions) == mirrored.rank == 3
    pair = [("a", "b", "c"), ("d", "e", "f")]
    basis = invariant_basis(rotations(pair) + stationarity(("a", "b", "c", "d", "e", "f")))
    heights = [Poly(f, *basis.coordinates).total_degree() for f in basis.functions]
    assert heights == [2] * 10 + [3] * 4, "10 dot products of 4 vectors, 4 determinants of 3 of them"
    a, b, c, d, e, f = basis.coordinates[1:7]
    vectors = [(a, b, c), (d, e, f), speeds(a, b, c), speeds(d, e, f)]
    wanted = [Matrix([vectors[i] for i in range(4) if i != k]).det() for k in range(4)]
    assert same_span(basis.functions[10:], wanted, basis.coordinates)


def test_invariants_follow_a_random_change_of_coordinates():
    """A conjugated rotation keeps the quadratic form that the map carries along, and not the dot product."""
    draw = random.Random(3)
    matrix = Matrix(3, 3, lambda i, j: draw.randint(-4, 4)) + 7 * Matrix.eye(3)
    group = transformed(rotations([XYZ]), matrix.tolist()) + stationarity(XYZ)
    basis = invariant_basis(group)
    back = matrix.inv()
    q, v = back * Matrix([X, Y, Z]), back * Matrix(speeds(X, Y, Z))
    assert same_span(basis.functions, gram((1, 1, 1), list(q), list(v)), basis.coordinates)
    assert not same_span(basis.functions, gram((1, 1, 1), (X, Y, Z), speeds(X, Y, Z)), basis.coordinates)


def test_several_particles():
    points = [("x", "y"), ("z", "w")]
    names = ("x", "y", "z", "w")
    still = stationarity(names)
    moved = invariant_basis(translations(points) + still)
    assert same_span(moved.functions, [X - Z, Y - W, *speeds(X, Y, Z, W)], moved.coordinates)
    both = invariant_basis(translations(points) + rotations(points, reflections=True) + still)
    vx, vy, vz, vw = speeds(X, Y, Z, W)
    assert same_span(both.functions, gram((1, 1), (X - Z, Y - W), (vx, vy), (vz, vw)), both.coordinates)
    assert both.complete and both.rank == 5


def test_permutations_have_symmetric_polynomials():
    names = ("x", "y", "z")
    basis = invariant_basis(permutations([(n,) for n in names]) + stationarity(names))
    heights = [Poly(f, *basis.coordinates).total_degree() for f in basis.functions]
    assert heights == [1] * 2 + [2] * 3 + [3] * 4, "polarized power sums of 3 points in the plane (Weyl)"
    swap = {X: Y, Y: X, jet_symbol(X, 1): jet_symbol(Y, 1), jet_symbol(Y, 1): jet_symbol(X, 1)}
    assert all((f.subs(swap, simultaneous=True) - f).expand() == 0 for f in basis.functions)
    with pytest.raises(VerificationError, match="changes under the map"):
        _verify([X - Y], permutations([("x",), ("y",)]))


def test_time_takes_part():
    """Scalings that move time: the prolongation is that of the velocity, and t occurs."""
    basis = invariant_basis(Generator((T, X, Y), (2 * T, X, Y)), degree=3)
    v, w = speeds(X, Y)
    assert {X * v, T * v**2, T * v * w} <= set(basis.functions) and basis.complete
    assert T in invariant_basis(rotations([XYZ])).functions
    assert T not in invariant_basis(rotations([XYZ]) + stationarity(XYZ)).functions
    spacetime = ("w", *XYZ)
    steady = rotations([XYZ], unknowns=spacetime) + stationarity(spacetime, along="w") + stationarity(spacetime)
    assert invariant_basis(steady).functions[0] == jet_symbol(W, 1), "the coordinate time is gone, its rate stays"


def test_what_has_no_polynomials_has_other_invariants():
    """A boost that mixes t with x, and a rotation by irrational numbers."""
    boost = invariant_basis(Generator((T, X), (X, T)))
    assert boost.complete and not boost.polynomial and boost.rank == 2
    root = Symbol("k", positive=True)
    basis = invariant_basis(
        [Generator((T, X, Y), (Integer(0), -root * Y, X)), Generator((T, X, Y), (Integer(1), 0 * X, 0 * X))]
    )
    assert basis.rank == basis.expected == 3
    with pytest.raises(Unsupported, match="no joint invariants"):
        invariant_basis([Generator((T, X), (X**2 * T + 1, X**3 + T**2))], degree=1, budget=0.0)


def test_every_invariant_is_substituted():
    basis = invariant_basis(LieAlgebra.from_generators(rotations([XYZ]).generators))
    for generator in rotations([XYZ]).generators:
        assert all(generator.prolonged(f).expand() == 0 for f in basis.functions)
    with pytest.raises(VerificationError, match="not invariant"):
        _verify([X**2 + 2 * Y**2], rotations([("x", "y")]))


def test_groups_are_checked():
    with pytest.raises(AnsatzError, match="different variables"):
        _ = rotations([("x", "y")]) + rotations([XYZ])
    with pytest.raises(AnsatzError, match="as many names"):
        rotations([("x", "y"), ("z",)])
    with pytest.raises(AnsatzError, match="occurs twice"):
        translations([("x", "y"), ("x", "z")])
    with pytest.raises(AnsatzError, match="signs"):
        rotations([XYZ], metric=(1, 2, 1))
    with pytest.raises(AnsatzError, match="invertible"):
        transformed(rotations([XYZ]), [[1, 0, 0], [0, 1, 0], [1, 1, 0]])
    with pytest.raises(AnsatzError, match="at least one generator"):
        as_group(LieAlgebra.from_constants(2, {}))
    with pytest.raises(AnsatzError, match="not among"):
        stationarity(XYZ, along="s")
    with pytest.raises(AnsatzError, match="among the unknowns"):
        rotations([("x", "q")], unknowns=("x", "y"))


def test_permutations_need_their_degree():
    """Up to degree 2 the symmetric functions of three numbers are not all found: the group says 3."""
    group = permutations([("x",), ("y",), ("z",)])
    basis = invariant_basis(group)
    assert group.degree == 3 and len(invariant_basis(group, degree=2).functions) < len(basis.functions)
    heights = [Poly(f, *basis.coordinates).total_degree() for f in basis.functions]
    assert all(a <= b for a, b in pairwise(heights))
    assert isinstance(group, SymmetryGroup) and hash(group) == hash(permutations([("x",), ("y",), ("z",)]))
