"""Gröbner bases modulo a prime against SymPy's, and what is read off them."""

from __future__ import annotations

import pytest
from sympy import GF, Poly, symbols
from sympy import groebner as reference

from liesym.base.budget import UNLIMITED, Budget
from liesym.errors import TooLarge
from liesym.invariants.fibre.groebner import Basis, Polynomial, groebner

P = 10007
x, y, z = symbols("x y z")


def polynomial(e: object) -> Polynomial:
    return {m: int(c) % P for m, c in Poly(e, x, y, z, modulus=P).terms()}


def basis(*generators: object) -> Basis:
    return groebner([polynomial(g) for g in generators], 3, P, UNLIMITED)


SYSTEMS = [
    (x + y + z - 6, x * y + y * z + z * x - 11, x * y * z - 6),
    (x**2 - y, x * y - z, z**2 - x),
    (x**2 + y**2 + z**2 - 3, x * y * z - 1),
    (x * y - 1, x**2 * y - z),
    (x + 1, x + 2),
    (x**3 - 2 * x * y, x**2 * y - 2 * y**2 + x, z - x),
]


@pytest.mark.parametrize("generators", SYSTEMS, ids=str)
def test_agrees_with_another_implementation(generators: tuple) -> None:
    expected = reference(generators, x, y, z, order="grevlex", domain=GF(P))
    assert sorted(map(sorted, (e.items() for e in basis(*generators).elements.values()))) == sorted(
        sorted(polynomial(e).items()) for e in expected.exprs
    )


def test_the_same_from_a_basis_of_a_part() -> None:
    first, *rest = SYSTEMS[0]
    start = basis(first, rest[0])
    assert groebner([polynomial(rest[1])], 3, P, UNLIMITED, start=start).elements == basis(*SYSTEMS[0]).elements


def test_values_and_minimal_polynomials() -> None:
    found = basis(x - 5, y**2 - 4, z * y - 1)
    assert found.value(0) == 5 and found.value(1) is None
    minimal = found.minimal_polynomial(1, 4)
    assert minimal is not None and len(minimal) == 3 and (4 * minimal[2] + 2 * minimal[1] + minimal[0]) % P == 0
    assert basis(x * y).minimal_polynomial(0, 4) is None
    assert basis(x + 1, x + 2).is_empty_set


def test_work_is_counted() -> None:
    with pytest.raises(TooLarge):
        groebner([polynomial(g) for g in SYSTEMS[2]], 3, P, Budget().step(20))
