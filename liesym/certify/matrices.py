"""Matrices of truncated power series modulo a prime, as arrays (monomials, rows, columns)."""

from __future__ import annotations

import numpy as np

from liesym.certify.residues import Residues, invert, matmul
from liesym.certify.truncated import Monomials


def multiply(a: Residues, b: Residues, table: Monomials, degree: int, prime: int) -> Residues:
    """The product up to `degree`."""
    size = table.below(degree)
    result = np.zeros((size, a.shape[1], b.shape[2]), dtype=np.int64)
    if not result.size or not a.shape[2]:
        return result
    for k in np.flatnonzero(a[:size].any(axis=(1, 2))):
        count = table.below(degree - int(table.exponents[k].sum()))
        result[table.product[k][:count]] += matmul(a[k], b[:count], prime)
    return result % prime


def derivative(a: Residues, variable: int, table: Monomials, degree: int, prime: int) -> Residues:
    """∂a/∂z_i up to `degree`, which is one less than the degree that a is known to."""
    size = table.below(degree)
    factors = table.exponents[:size, variable] + 1
    return a[table.raised[:size, variable]] * factors[:, None, None] % prime


def solve(a: Residues, b: Residues, table: Monomials, degree: int, prime: int) -> Residues:
    """X with a X = b up to `degree`; the constant term of the square matrix a is invertible."""
    size = table.below(degree)
    start = invert(a[0], prime)
    result = matmul(start, b[:size], prime)
    varying = np.flatnonzero(
        a[1:size].any(axis=(0, 1))
    )  # often none: highest derivatives have constant coefficients
    if not len(varying):
        return result
    a = matmul(start, np.ascontiguousarray(a[:size, :, varying]), prime)
    active = [int(k) for k in np.flatnonzero(a.any(axis=(1, 2))) if k]
    for d in range(degree):
        begin, end = table.first[d], table.first[d + 1]
        result[begin:end] %= prime
        block = result[begin:end][:, varying]
        for k in active:
            if int(table.exponents[k].sum()) + d > degree:
                break
            result[table.product[k][begin:end]] -= matmul(a[k], block, prime)
    return result % prime
