"""Exact linear algebra over polynomials in many variables: terms as tuples of powers, sparse integer rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import gcd, lcm
from operator import add
from typing import Any

from flint import fmpq, fmpz_mat
from sympy import Expr, Poly, Rational, S, Symbol

from liesym.errors import Unsupported

Powers = tuple[int, ...]
Polynomial = dict[Powers, fmpq]
PolynomialField = tuple[Polynomial, ...]
Row = dict[int, int]
PRIME = 2_147_483_629
ZERO = fmpq(0)


# -- linear algebra ----------------------------------------------------------------------------------


def rational_kernel(rows: Sequence[Row], columns: int) -> list[list[fmpq]]:
    """A basis of the vectors that all rows annihilate."""
    if not rows:
        return [[fmpq(int(i == j)) for j in range(columns)] for i in range(columns)]
    basis, nullity = fmpz_mat(dense(rows, columns)).nullspace()
    return [[fmpq(basis[i, k]) for i in range(columns)] for k in range(nullity)]


def dense(rows: Sequence[Row], columns: int) -> list[list[int]]:
    """Rows with their zeros."""
    return [[row.get(j, 0) for j in range(columns)] for row in rows]


def integral(row: Mapping[int, fmpq]) -> Row:
    """A multiple in coprime integers, the first of them positive."""
    common = lcm(*(int(e.q) for e in row.values()))
    numbers = {j: int(e.p) * (common // int(e.q)) for j, e in row.items()}
    factor = gcd(*numbers.values())
    if numbers and numbers[min(numbers)] < 0:
        factor = -factor
    return {j: n // factor for j, n in numbers.items()}


def weights(vectors: Sequence[PolynomialField], maps: Sequence[PolynomialField], size: int) -> list[list[int]]:
    """Gradings in which every field and every map is homogeneous: their conditions keep weights apart."""
    rows: list[list[int]] = []
    for vector in vectors:
        shifts = [[e - (k == z) for k, e in enumerate(term)] for z, part in enumerate(vector) for term in part]
        rows += [[a - b for a, b in zip(shift, shifts[0], strict=True)] for shift in shifts[1:]]
    for image in maps:
        rows += [[e - (k == z) for k, e in enumerate(term)] for z, part in enumerate(image) for term in part]
    differences = [{k: e for k, e in enumerate(row) if e} for row in dict.fromkeys(map(tuple, rows)) if any(row)]
    found = [integral({k: e for k, e in enumerate(vector) if e != 0}) for vector in rational_kernel(differences, size)]
    return dense(found, size)


# -- polynomials -------------------------------------------------------------------------------------


def powers_of_degree(size: int, degree: int) -> Iterator[Powers]:
    """The powers of all monomials of a degree."""
    for factors in combinations_with_replacement(range(size), degree):
        powers = [0] * size
        for k in factors:
            powers[k] += 1
        yield tuple(powers)


def summed(parts: Iterable[tuple[Polynomial, fmpq]]) -> Polynomial:
    """Σ factor * polynomial."""
    total: Polynomial = {}
    for polynomial, factor in parts:
        for term, number in polynomial.items():
            total[term] = total.get(term, ZERO) + factor * number
    return {term: number for term, number in total.items() if number != 0}


def times(a: Polynomial, b: Polynomial) -> Polynomial:
    """The product of two polynomials."""
    total: Polynomial = {}
    for s, x in a.items():
        for t, y in b.items():
            term = tuple(map(add, s, t))
            total[term] = total.get(term, ZERO) + x * y
    return {term: number for term, number in total.items() if number != 0}


def rate_of_monomial(vector: PolynomialField, powers: Powers) -> Polynomial:
    """X(m) = Σ_z X^z ∂m/∂z for a monomial m."""
    parts = []
    for z, e in enumerate(powers):
        if e and vector[z]:
            lowered = (*powers[:z], e - 1, *powers[z + 1 :])
            parts.append((times({lowered: fmpq(e)}, vector[z]), fmpq(1)))
    return summed(parts)


def monomial_composed(powers: Powers, image: PolynomialField) -> Polynomial:
    """m ∘ g for a monomial m."""
    product: Polynomial = {(0,) * len(powers): fmpq(1)}
    for z, e in enumerate(powers):
        for _ in range(e):
            product = times(product, image[z])
    return product


def read(expression: Expr, coordinates: Sequence[Symbol]) -> Polynomial:
    """A SymPy polynomial with rational coefficients.

    Raises:
        Unsupported: it is not one.
    """
    if not expression.is_polynomial(*coordinates):
        raise Unsupported(f"{expression} is no polynomial in {', '.join(c.name for c in coordinates)}")
    terms = Poly(expression, *coordinates).terms()
    if not all(number.is_Rational for _, number in terms):
        raise Unsupported(f"{expression} has coefficients that are no rational numbers")
    return {powers: fmpq(int(n.p), int(n.q)) for powers, n in terms if n != 0}


def written(polynomial: Polynomial, coordinates: Sequence[Symbol]) -> Expr:
    """The SymPy expression of a polynomial."""
    total: Any = S.Zero
    for powers, number in polynomial.items():
        term: Any = Rational(int(number.p), int(number.q))
        for c, e in zip(coordinates, powers, strict=True):
            term *= c**e
        total += term
    return total
