"""Exact sparse vectors in the null space of a matrix of numbers.

The columns are scaled by sizes that are not small by cancellation. Row echelon form with the most complicated columns as
pivots leaves every vector with a leading term of its own and no leading term of the others: the simplest vector has the
simplest terms only. A vector is then made rational: divided by the coefficient that leaves the smallest fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from sympy import Expr, Float, Rational, S, sqrt

Floats = np.ndarray
LARGEST_DENOMINATOR = 1000
DECIMALS = 12


def null_vectors(matrix: Floats, tolerance: float) -> Floats:
    """A basis (d, K) of the vectors with |M c| ≤ tolerance √S |c|, in echelon form.

    Arguments:
        matrix: shape (S, K), columns of size about 1, the simplest first.
        tolerance: relative precision of the entries.
    """
    _, values, right = np.linalg.svd(matrix, full_matrices=True)
    full = np.zeros(matrix.shape[1])
    full[: len(values)] = values / np.sqrt(len(matrix))
    return echelon(right[full <= tolerance])


def echelon(rows: Floats, tolerance: float = 1e-6) -> Floats:
    """Reduced row echelon form with pivots in the last columns first; the row with the earliest pivot comes first."""
    rows = rows.copy()
    done = 0
    for column in range(rows.shape[1] - 1, -1, -1):
        if done == len(rows):
            break
        place = done + int(np.abs(rows[done:, column]).argmax())
        if abs(rows[place, column]) < tolerance:
            rows[done:, column] = 0
            continue
        rows[[done, place]] = rows[[place, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    return rows[:done][::-1]


def exact_vector(numbers: Floats, precision: float) -> tuple[list[Expr], bool]:
    """Coefficients as rationals or roots of rationals, and whether all are; decimals where not.

    Arguments:
        numbers: shape (K,), entries below the precision (relative to the largest) count as 0.
        precision: to which a fraction must agree.
    """
    small = np.abs(numbers) <= precision * np.abs(numbers).max()
    places = np.flatnonzero(~small)
    best: tuple[int, int, list[Expr]] | None = None
    for first in places:
        scaled = numbers / numbers[first]
        found = [named(value, precision) if not small[k] else S.Zero for k, value in enumerate(scaled)]
        exact: list[Expr] = [value for value in found if value is not None]
        if len(exact) == len(found):
            rank = _size(exact), int(first), exact
            best = rank if best is None or rank[:2] < best[:2] else best
    if best is not None:
        return best[2], True
    scaled = numbers / numbers[places[0]]
    return [S.Zero if small[k] else Float(float(value), DECIMALS) for k, value in enumerate(scaled)], False


def named(value: float, precision: float) -> Expr | None:
    """The fraction, or the square root of a fraction, that a number is."""
    plain = _fraction(value, precision, LARGEST_DENOMINATOR)
    if plain is not None:
        return Rational(plain.numerator, plain.denominator)
    square = _fraction(value * value, 2 * precision, 24)
    if square is not None:
        return (S.One if value > 0 else S.NegativeOne) * sqrt(Rational(square.numerator, square.denominator))
    return None


def _fraction(value: float, precision: float, largest: int) -> Fraction | None:
    """The simplest fraction within the precision; None where the denominator would be large enough to be chance."""
    for denominator in (1, 2, 3, 4, 5, 6, 8, 10, 12, 24, 100, largest):
        near = Fraction(value).limit_denominator(denominator)
        by_chance = 2 * precision * max(abs(value), 1e-9) * near.denominator**2
        if abs(float(near) - value) <= precision * max(abs(value), 1e-9) and by_chance < 0.05:
            return near
    return None


def _size(vector: Sequence[Expr]) -> int:
    """How long the coefficients are, as fractions."""
    total = 0
    for value in vector:
        square = value if value.is_Rational else value**2
        if isinstance(square, Rational):
            total += (abs(int(square.p)) + int(square.q)) * (1 if value.is_Rational else 20)
    return total
