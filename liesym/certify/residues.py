"""Arithmetic modulo a prime below 2^30: primes with the roots that are wanted, reproducible draws, linear
algebra.

Residues are int64 arrays in [0, p). A product stays below 2^60, so one product needs no care; sums of
products are reduced. Draws are a hash of what they are for, so that the same question always has the same
answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from liesym.errors import Unsupported

Residues = NDArray[np.int64]

BITS = 30
ROOT_ORDERS = 2 * 3 * 5 * 7 * 11 * 13
_BLOCK = 128
_ONE_THREAD = 2**18


def draw(prime: int, *keys: int | Residues) -> Residues:
    """Residues in [2, p) that look random and depend on nothing but the keys (splitmix64 rounds).

    Arguments:
        keys: integers, or arrays that broadcast against each other.
    """
    state = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for key in keys:
            state = state ^ np.asarray(key, dtype=np.int64).astype(np.uint64)
            state = state + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray((state >> np.uint64(2)) % np.uint64(prime - 2) + np.uint64(2), dtype=np.int64)


def cofactor_for(unity: int, integers: Sequence[int]) -> int:
    """The w of `draw_prime` for roots of unity of this order and square roots of these primes.

    2 is no square if p = 5 mod 8, and 3 is none if p = 1 mod 4 and p = 2 mod 3 (quadratic reciprocity):
    then 8 or 3 has to divide p - 1.
    """
    w = math.lcm(2, unity)
    if w % 4 == 0 and 2 in integers:
        w = math.lcm(w, 8)
    return math.lcm(w, 3) if w % 4 == 0 and 3 in integers else w


def draw_prime(seed: int, *, unity: int = 1, roots: int = 1, integers: Sequence[int] = ()) -> int:
    """A prime p just below 2^30 in whose field the roots of a system can be taken.

    p - 1 = w h with h free of the primes up to 13 and of those in `roots`, so that every element of the
    subgroup H of order h has exactly one r-th root in H, r any number composed of these primes.

    Arguments:
        unity: a primitive root of unity of this order has to exist.
        roots: a common multiple of the orders of roots that will be taken.
        integers: primes that have to lie in H, because roots of them occur.

    Raises:
        Unsupported: there is no such prime in the range.
    """
    step = cofactor_for(unity, integers)
    candidate = 2**BITS - 2**20 - int(draw(2**28, 77, seed)) // 4
    candidate -= candidate % step - 1
    while not has_roots(candidate, unity=unity, roots=roots, integers=integers):
        candidate -= step
        if candidate < 2 ** (BITS - 1):
            raise Unsupported(
                f"no prime was found modulo which roots of {', '.join(map(str, integers))} exist"
            )
    return candidate


def has_roots(candidate: int, *, unity: int, roots: int, integers: Sequence[int]) -> bool:
    """True for a prime as `draw_prime` describes it."""
    h, rest = divmod(candidate - 1, cofactor_for(unity, integers))
    return (
        rest == 0
        and math.gcd(h, ROOT_ORDERS * roots) == 1
        and fmpz(candidate).is_prime()
        and all(pow(q, h, candidate) == 1 for q in integers)
    )


def primitive_root_of_unity(prime: int, order: int) -> int:
    """An element of exact multiplicative order `order`, which divides p - 1."""
    factors = [int(q) for q, _ in fmpz(order).factor()] if order > 1 else []
    powers = (pow(base, (prime - 1) // order, prime) for base in count(2))
    return next(r for r in powers if all(pow(r, order // q, prime) != 1 for q in factors))


def power(base: Residues, exponent: int, prime: int) -> Residues:
    """base**exponent elementwise, exponent >= 0."""
    result = np.ones_like(base)
    square = base % prime
    while exponent:
        if exponent & 1:
            result = result * square % prime
        exponent >>= 1
        if exponent:
            square = square * square % prime
    return result


def inverse(base: Residues, prime: int) -> Residues:
    """1/base elementwise; 0 where base is 0."""
    return power(base, prime - 2, prime)


def matmul(a: Residues, b: Residues, prime: int) -> Residues:
    """The product of (stacks of) matrices, exact in float64 by splitting one factor into 15-bit halves."""
    depth = a.shape[-1]
    if depth > _BLOCK:
        first = matmul(a[..., :_BLOCK], b[..., :_BLOCK, :], prime)
        return (first + matmul(a[..., _BLOCK:], b[..., _BLOCK:, :], prime)) % prime
    right = b.astype(np.float64)
    low = _product((a & 0x7FFF).astype(np.float64), right).astype(np.int64)
    high = _product((a >> 15).astype(np.float64), right).astype(np.int64) % prime
    return (low + (high << 15)) % prime


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """a @ b in pieces so small that BLAS keeps to one thread: threads cost more than they bring at these
    sizes.
    """
    rows, columns = a.shape[-2], b.shape[-1]
    if rows * a.shape[-1] * columns <= _ONE_THREAD or max(rows, columns) == 1:
        return np.matmul(a, b)
    if rows >= columns:
        half = rows // 2
        return np.concatenate([_product(a[..., :half, :], b), _product(a[..., half:, :], b)], axis=-2)
    half = columns // 2
    return np.concatenate([_product(a, b[..., :half]), _product(a, b[..., half:])], axis=-1)


def row_reduce(matrix: Residues, prime: int) -> tuple[Residues, list[int]]:
    """Reduced row echelon form without its zero rows, and the pivot columns."""
    work = matrix % prime
    rows, columns = work.shape
    pivots: list[int] = []
    for column in range(columns):
        top = len(pivots)
        if top == rows:
            break
        candidates = np.flatnonzero(work[top:, column])
        if not len(candidates):
            continue
        chosen = top + int(candidates[0])
        if chosen != top:
            work[[top, chosen]] = work[[chosen, top]]
        work[top] = work[top] * pow(int(work[top, column]), -1, prime) % prime
        others = np.flatnonzero(work[:, column])
        others = others[others != top]
        if len(others):
            active = np.flatnonzero(work[top])
            block = np.ix_(others, active)
            work[block] = (work[block] - work[others, column][:, None] * work[top, active]) % prime
        pivots.append(column)
    return work[: len(pivots)], pivots


def independent_rows(matrix: Residues, prime: int) -> list[int]:
    """Positions of rows that form a basis of the row space, the first ones preferred."""
    return row_reduce(np.ascontiguousarray(matrix.T), prime)[1]


def invert(matrix: Residues, prime: int) -> Residues:
    """The inverse of a square matrix.

    Raises:
        ZeroDivisionError: it is singular.
    """
    n = len(matrix)
    reduced, pivots = row_reduce(np.hstack([matrix, np.eye(n, dtype=np.int64)]), prime)
    if pivots != list(range(n)):
        raise ZeroDivisionError("singular matrix")
    return reduced[:, n:]


def null_space(matrix: Residues, prime: int) -> Residues:
    """Columns that span {v : matrix v = 0}, with an identity block on the columns without pivot."""
    reduced, pivots = row_reduce(matrix, prime)
    n = matrix.shape[1]
    free = [j for j in range(n) if j not in set(pivots)]
    basis = np.zeros((n, len(free)), dtype=np.int64)
    for k, j in enumerate(free):
        basis[j, k] = 1
        basis[pivots, k] = -reduced[:, j] % prime
    return basis


def small_fraction(residue: int, prime: int, height: int = 1000) -> tuple[int, int] | None:
    """(a, b) with a/b = residue, |a| <= height and 0 < b <= height, or None if there is none."""
    a, b, u, v = prime, residue % prime, 0, 1
    while abs(b) > height:
        quotient = a // b
        a, b, u, v = b, a - quotient * b, v, u - quotient * v
    if not 0 < abs(v) <= height or math.gcd(b, v) != 1:
        return None
    return (b, v) if v > 0 else (-b, -v)
