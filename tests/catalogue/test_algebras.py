"""Known Lie algebras are recognised after a random change of basis over Q, and the standard basis is one.

Sources: Patera, Sharp, Winternitz and Zassenhaus 1976, table I; Bianchi 1898; Helgason 1978, chapter X.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from algebra_examples import (
    affine,
    dilation,
    direct_sum,
    heisenberg,
    matrix_algebra,
    random_basis,
    sl,
    so,
    sp,
    unit,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import dealt
from sympy import BlockMatrix, Matrix, Rational, S, simplify, zeros

from liesym.algebra import LieAlgebra, small, tables
from liesym.algebra.forms import shows, standard_form
from liesym.algebra.signs import Signs

HALF = Rational(1, 2)
PARAMETERS: dict[str, list[tuple]] = {
    "A3,5": [(("a", HALF),), (("a", -HALF),)],
    "A3,7": [(("a", HALF),)],
    "A4,2": [(("a", S(3)),), (("a", S(-2)),), (("a", S(1)),)],
    "A4,5": [
        (("a", -HALF), ("b", HALF)),
        (("a", S(-1)), ("b", S(1))),
        (("a", S(1)), ("b", S(1))),
        (("a", S(-1)), ("b", HALF)),
    ],
    "A4,6": [(("a", S(2)), ("b", S(1))), (("a", S(1)), ("b", S(0))), (("a", S(-1)), ("b", HALF))],
    "A4,9": [(("b", HALF),), (("b", S(0)),), (("b", S(1)),), (("b", -HALF),)],
    "A4,11": [(("a", HALF),)],
}


def dimension(family: str) -> int:
    head, _, tail = family.partition("+")
    count = {"": 0, "A1": 1, "2A1": 2}[tail]
    own = {"A1": 1, "2A1": 2, "3A1": 3, "4A1": 4, "A2": 2, "2A2": 4}.get(head)
    return (own if own is not None else int(head[1])) + count


CASES = [(family, parameters) for family in tables.TABLE for parameters in PARAMETERS.get(family.partition("+")[0], [()])]


def has_constants(algebra: LieAlgebra, expected: LieAlgebra) -> bool:
    given_, wanted = ({c[:3]: c[3] for c in a.constants} for a in (algebra, expected))
    return all(simplify(given_.get(k, S.Zero) - wanted.get(k, S.Zero)) == 0 for k in {*given_, *wanted})


@pytest.mark.parametrize(("family", "parameters"), CASES)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_real_algebras_of_dimension_at_most_4(family: str, parameters: tuple, seed: int) -> None:
    n = dimension(family)
    standard = LieAlgebra.from_constants(n, tables.brackets_of(family, parameters))
    changed = standard.transformed(random_basis(n, seed, 3))
    found = small.classify(changed, Signs())
    assert (found.family, found.parameters) == (family, parameters)
    assert has_constants(changed.transformed(found.rows), standard)
    assert changed.name == standard.name


def test_the_check_of_standard_bases_can_fail() -> None:
    one = LieAlgebra.from_constants(3, tables.brackets_of("A3,8"))
    other = LieAlgebra.from_constants(3, tables.brackets_of("A3,9"))
    assert not has_constants(one, other)


BIANCHI = {
    "I": ("3A1", ()),
    "II": ("A3,1", ()),
    "III": ("A2+A1", ()),
    "IV": ("A3,2", ()),
    "V": ("A3,3", ()),
    "VI_0": ("A3,4", ()),
    "VI_h": ("A3,5", (("a", HALF),)),
    "VII_0": ("A3,6", ()),
    "VII_h": ("A3,7", (("a", HALF),)),
    "VIII": ("A3,8", ()),
    "IX": ("A3,9", ()),
}


@pytest.mark.parametrize("kind", BIANCHI)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_bianchi_types(kind: str, seed: int) -> None:
    family, parameters = BIANCHI[kind]
    algebra = LieAlgebra.from_constants(3, tables.brackets_of(family, parameters)).transformed(random_basis(3, seed, 4))
    found = algebra.identification
    assert f"Bianchi {kind}" in (found.name, *found.aliases)


A2 = LieAlgebra.from_constants(2, {(0, 1): {1: 1}})
LARGER = {
    "sl(3,R)": lambda: matrix_algebra(sl(3)),
    "sl(4,R)": lambda: matrix_algebra(sl(4)),
    "sl(5,R)": lambda: matrix_algebra(sl(5)),
    "so(3)+so(3)": lambda: matrix_algebra(so(4, 0)),
    "so(3,1)": lambda: matrix_algebra(so(3, 1)),
    "sl(2,R)+sl(2,R)": lambda: matrix_algebra(so(2, 2)),
    "so(5)": lambda: matrix_algebra(so(5, 0)),
    "so(4,1)": lambda: matrix_algebra(so(4, 1)),
    "so(3,2)": lambda: matrix_algebra(sp(2)),
    "so(4,2)": lambda: matrix_algebra(so(4, 2)),
    "so(5,1)": lambda: matrix_algebra(so(5, 1)),
    "so(6)": lambda: matrix_algebra(so(6, 0)),
    "so(4,3)": lambda: matrix_algebra(so(4, 3)),
    "sp(6,R)": lambda: matrix_algebra(sp(3)),
    "gl(3,R)": lambda: matrix_algebra([*sl(3), dilation(3)]),
    "e(3)": lambda: affine(so(3, 0), 3),
    "e(2,1)": lambda: affine(so(2, 1), 3),
    "e(3,1)": lambda: affine(so(3, 1), 4),
    "sim(3)": lambda: affine([*so(3, 0), dilation(3)], 3),
    "sl(3,R)⋉3A1": lambda: affine(sl(3), 3),
    "gl(3,R)⋉3A1": lambda: affine([*sl(3), dilation(3)], 3),
    "heisenberg(2)": lambda: heisenberg(2),
    "heisenberg(3)": lambda: heisenberg(3),
    "so(3)+A2": lambda: direct_sum(matrix_algebra(so(3, 0)), A2),
    "sl(2,R)+so(3)": lambda: direct_sum(matrix_algebra(so(3, 0)), matrix_algebra(sl(2))),
    "sl(2,R)+2A2": lambda: direct_sum(A2, matrix_algebra(sl(2)), A2),
}


@pytest.mark.parametrize("name", dealt(LARGER, usual=2, late=("sl(4,R)", "sl(5,R)", "so(4,3)", "sp(6,R)")))
def test_larger_algebras(name: str) -> None:
    algebra = LARGER[name]()
    for seed in (1, 2) if algebra.dimension < 12 else (1,):
        assert algebra.transformed(random_basis(algebra.dimension, seed)).name == name


@pytest.mark.parametrize("name", ["heisenberg(2)", "heisenberg(3)"])
def test_standard_basis_of_heisenberg(name: str) -> None:
    algebra = LARGER[name]()
    changed = algebra.transformed(random_basis(algebra.dimension, 7))
    assert changed.standard_basis is not None
    assert has_constants(changed.transformed(changed.standard_basis), algebra)


def test_standard_basis_of_the_motions_of_space() -> None:
    changed = LARGER["e(3)"]().transformed(random_basis(6, 5))
    assert changed.standard_basis is not None
    p1, p2, p3, r12, r13, _ = changed.standard_basis
    assert not any(changed.bracket(p1, p2))
    assert _same(changed.bracket(r12, p1), p2) and not any(map(simplify, changed.bracket(r12, p3)))
    assert _same(changed.bracket(r13, p3), [-e for e in p1])


def _same(u, v) -> bool:
    return all(simplify(a - b) == 0 for a, b in zip(u, v, strict=True))


def test_irrational_eigenvalues() -> None:
    """[e_i, e3] = M e_i with the characteristic polynomial x^2 - x - 1: eigenvalues of golden ratio."""
    algebra = LieAlgebra.from_constants(3, {(0, 2): {1: 1}, (1, 2): {0: 1, 1: 1}})
    found = small.classify(algebra, Signs())
    assert found.family == "A3,5" and simplify(found.parameters[0][1] - (5**HALF - 3) / 2) == 0
    expected = LieAlgebra.from_constants(3, tables.brackets_of("A3,5", found.parameters))
    assert has_constants(algebra.transformed(found.rows), expected)


def test_eigenvalues_of_a_cubic() -> None:
    """Three real irrational eigenvalues: checked with digits, for the basis holds numbered roots."""
    algebra = LieAlgebra.from_constants(4, {(0, 3): {1: 1}, (1, 3): {2: 1}, (2, 3): {0: 1, 1: 3}})
    found = small.classify(algebra, Signs())
    assert found.family == "A4,5" and found.rows is not None
    x = found.rows[3]
    for row, weight in zip(found.rows[:3], (S(1), *(v for _, v in found.parameters)), strict=True):
        image = algebra.bracket(row, x)
        assert all(abs((a - weight * b).evalf(30)) < 1e-25 for a, b in zip(image, row, strict=True))


STANDARD = [
    "sl(3,R)", "gl(3,R)", "e(3)", "e(2,1)", "sim(3)", "sl(2,R)⋉2A1", "gl(2,R)⋉2A1", "sl(3,R)⋉3A1", "heisenberg(2)",
    "gal(2)", "gal(3)", "bargmann(2)", "bargmann(3)", "sch(1)", "sch(2)", "sch(3)",
]  # fmt: skip


@pytest.mark.parametrize("name", dealt(STANDARD, usual=2, late=("bargmann(3)", "sch(3)")))
@settings(max_examples=1, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_standard_basis_is_returned_with_the_name(name: str, seed: int) -> None:
    form = standard_form(name)
    assert form is not None
    changed = LieAlgebra.of(form).transformed(random_basis(form.dimension, seed, 3))
    found = changed.identification
    assert found.name == name and found.basis is not None
    # the check by squares and signs, and digits beside it
    assert shows(changed, found.basis, form)
    assert not shows(changed, (found.basis[1], found.basis[0], *found.basis[2:]), form)
    assert _digits_agree(changed, found.basis, form)


def digits(value: object) -> Any:
    return mpmath.mpf(str(S(value).evalf(60)))


def _digits_agree(algebra: LieAlgebra, rows, form: LieAlgebra) -> bool:
    """With 60 digits: the frames of a random basis are far from orthogonal, and doubles lose all of theirs."""
    with mpmath.workdps(60):
        table = np.full((form.dimension,) * 3, mpmath.mpf(0))
        wanted = np.full_like(table, mpmath.mpf(0))
        for target, source in ((table, algebra), (wanted, form)):
            for i, j, k, c in source.constants:
                target[i, j, k], target[j, i, k] = digits(c), -digits(c)
        frame = np.array([[digits(e) for e in row] for row in rows])
        inverse = np.array(mpmath.inverse(mpmath.matrix(frame.tolist())).tolist())
        brackets = np.tensordot(frame, np.tensordot(frame, table, (1, 1)), (1, 1))
        return bool(np.max(np.abs(np.tensordot(brackets, inverse, (2, 0)) - wanted)) < 1e-20)


NEAR_MISSES = {
    "su(2,1) is not sl(3,R)": (lambda: matrix_algebra(su(2, 1)), "su(2,1)"),
    "su(3) is not sl(3,R)": (lambda: matrix_algebra(su(3, 0)), "su(3)"),
    "e(2,1) is not e(3)": (lambda: affine(so(2, 1), 3), "e(2,1)"),
    "a free mass": (lambda: direct_sum(form_of("gal(3)"), LieAlgebra(1, ())), "gal(3)+A1"),
    "sl(2) beside heisenberg": (lambda: direct_sum(matrix_algebra(sl(2)), heisenberg(1)), "sl(2,R)+heisenberg(1)"),
    "a smaller heisenberg": (lambda: direct_sum(heisenberg(1), LieAlgebra(2, ())), "heisenberg(1)+2A1"),
    "sl(2) on three dimensions": (lambda: affine(spin_one(), 3), "e(2,1)"),
    "sl(2) and a trivial direction": (lambda: direct_sum(affine(sl(2), 2), LieAlgebra(1, ())), "sl(2,R)⋉2A1+A1"),
}


def form_of(name: str) -> LieAlgebra:
    form = standard_form(name)
    assert form is not None
    return form


def spin_one() -> list[Matrix]:
    """sl(2) on quadratic forms, which is so(2,1)."""
    return [
        Matrix([[0, 2, 0], [0, 0, 1], [0, 0, 0]]),
        Matrix([[0, 0, 0], [1, 0, 0], [0, 2, 0]]),
        Matrix([[2, 0, 0], [0, 0, 0], [0, 0, -2]]),
    ]


def su(p: int, q: int) -> list[Matrix]:
    """Complex matrices as real ones of twice the size: X G + G X* = 0, trace 0."""
    n, sign = p + q, [1] * p + [-1] * q
    found = []
    for i in range(n):
        for j in range(i + 1, n):
            real, imaginary = unit(n, i, j), unit(n, j, i)
            found.append((real - sign[i] * sign[j] * imaginary, zeros(n, n)))
            found.append((zeros(n, n), real + sign[i] * sign[j] * imaginary))
    found += [(zeros(n, n), unit(n, i, i) - unit(n, i + 1, i + 1)) for i in range(n - 1)]
    return [Matrix(BlockMatrix([[a, -b], [b, a]]).as_explicit()) for a, b in found]


@pytest.mark.parametrize("case", NEAR_MISSES)
def test_near_misses_are_named_for_what_they_are(case: str) -> None:
    make, name = NEAR_MISSES[case]
    algebra = make()
    assert algebra.transformed(random_basis(algebra.dimension, 3)).name == name


@pytest.mark.parametrize(
    ("family", "near"), [("A3,5", Rational(99, 100)), ("A3,5", Rational(-99, 100)), ("A3,7", Rational(1, 100))]
)
def test_near_parameters_are_told_apart(family: str, near) -> None:
    algebra = LieAlgebra.from_constants(3, tables.brackets_of(family, (("a", near),)))
    found = algebra.transformed(random_basis(3, 5)).identification
    assert found.parameters == (("a", near),)
    assert not {"A3,3", "A3,4", "A3,6"} & {found.name, *found.aliases}


def test_an_algebra_without_a_name_is_described() -> None:
    """The filiform algebra [e1, e_i] = e_(i+1), and it beside a Levi factor."""
    filiform = LieAlgebra.from_constants(5, {(0, 1): {2: 1}, (0, 2): {3: 1}, (0, 3): {4: 1}})
    assert filiform.name is None and filiform.standard_basis is None
    assert "nilpotent, lower central series 5 > 3 > 2 > 1 > 0" in filiform.description
    both = direct_sum(filiform, matrix_algebra(so(3, 0)))
    assert both.name is None and "Levi factor so(3)" in both.description
    assert matrix_algebra(sl(3)).description == "sl(3,R)"
