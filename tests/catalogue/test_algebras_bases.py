"""Standard bases after a change of basis with large numbers, names that depend on parameters, and the clock of names.

Sources: Patera, Sharp, Winternitz and Zassenhaus 1976, table I; Helgason 1978, chapter X.
"""

from __future__ import annotations

import random

import pytest
from algebra_examples import affine, direct_sum, matrix_algebra, sl, so
from sympy import Matrix, Rational, symbols

from liesym.algebra import LieAlgebra
from liesym.algebra.forms import standard_form
from liesym.algebra.signs import possible
from liesym.app.clock import clock
from liesym.errors import OutOfBudget

k = symbols("k", real=True)
p = symbols("p", positive=True)


def rational_basis(n: int, seed: int) -> list[list[Rational]]:
    rng = random.Random(seed)
    while True:
        rows = [[Rational(rng.randint(-5, 5), rng.choice((1, 1, 2, 3, 7))) for _ in range(n)] for _ in range(n)]
        if Matrix(rows).det() != 0:
            return rows


STANDARD = {
    "sl(3,R)": lambda: matrix_algebra(sl(3)),
    "e(4)": lambda: affine(so(4, 0), 4),
    "e(3,1)": lambda: affine(so(3, 1), 4),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "e(3,1)" else n for n in STANDARD])
def test_the_returned_basis_shows_the_standard_form(name: str) -> None:
    algebra = STANDARD[name]()
    changed = algebra.transformed(rational_basis(algebra.dimension, 1))
    found, form = changed.identification, standard_form(name)
    assert form is not None and found.name == name and found.basis is not None
    assert changed.transformed(found.basis).constants == form.constants
    swapped = (found.basis[1], found.basis[0], *found.basis[2:])
    assert changed.transformed(swapped).constants != form.constants


def test_numbers_beyond_a_machine_word() -> None:
    both = direct_sum(matrix_algebra(sl(2)), matrix_algebra(sl(3)))
    assert both.transformed(rational_basis(11, 1)).name == "sl(2,R)+sl(3,R)"


def family(value: object) -> LieAlgebra:
    return LieAlgebra.from_constants(3, {(0, 1): {2: value}, (1, 2): {0: 1}, (2, 0): {1: 1}})


def test_the_name_by_the_signs_of_a_parameter_does_not_depend_on_the_basis() -> None:
    for algebra in (family(k), family(k).transformed(rational_basis(3, 1))):
        assert algebra.name == "so(3) if k > 0; sl(2,R) if k < 0"


def test_roots_of_parameters_in_the_basis() -> None:
    changed = family(p).transformed(rational_basis(3, 1))
    found = changed.identification
    assert found.name == "so(3)" and found.basis is not None
    assert changed.transformed(found.basis).constants == family(1).constants


def test_cases_that_no_value_has_are_left_out() -> None:
    assert not possible({k - 1: 1, k: -1}) and not possible({k**2 - 2: -1, k - 2: 1}) and not possible({p + 1: -1})
    assert possible({k - 1: -1, k: 1}) and possible({k**2 - 2: -1, k - 1: 1})
    algebra = LieAlgebra.from_constants(3, {(0, 1): {2: k - 1}, (1, 2): {0: k}, (2, 0): {1: 1}})
    assert "k - 1 > 0 and k < 0" not in (algebra.name or "") and "so(3) if k - 1 > 0 and k > 0" in (algebra.name or "")


def test_a_name_takes_a_budget_and_says_that_it_is_open() -> None:
    large = matrix_algebra(sl(5)).transformed(rational_basis(24, 1))
    found = large.identified(budget=1.0)
    assert found.open and found.name is None
    assert not matrix_algebra(sl(2)).identified(budget=1.0).open


def test_a_clock_within_a_clock_leaves_the_outer_one_running() -> None:
    with pytest.raises(OutOfBudget), clock(0.5) as outer, outer.limit(1.0):
        with clock(0.1):
            pass
        while True:
            pass
