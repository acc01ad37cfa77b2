"""Splitting is checked against the conditions that were split, by values at random points modulo a prime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpz_mpoly
from numpy.typing import NDArray

from liesym.base.budget import UNLIMITED, Budget
from liesym.certify.expansion import Draw
from liesym.coefficients import modular
from liesym.coefficients.clearing import cleared
from liesym.determine.forms import Determining, LinearForm

Term = tuple[int, tuple[int, ...]]


def splitting_is_confirmed(
    determining: Determining, prime: int, seed: int, rounds: int = 2, *, budget: Budget = UNLIMITED
) -> bool:
    """Do the split equations span, at random points, exactly what the unsplit conditions span over all jets?

    At one point (t, x) every jet sample of a condition is a row over the derivatives of the infinitesimals; so is every
    split equation. Equal spans mean that splitting neither lost nor invented an equation there.

    Raises:
        NoPoint: no regular point; TimeIsUp: out of time.
    """
    field = determining.field
    jets = [v for v in field.variables if v not in determining.variables]
    moving = {s.index for s in field.slots if any(field.depends_on(s, v) for v in jets)}
    terms = sorted({t for form in (*determining.conditions, *determining.equations) for t in form})
    draw = Draw(field, prime, seed)
    conditions = [Row.of(form, terms, prime) for form in determining.conditions]
    equations = [Row.of(form, terms, prime) for form in determining.equations]
    for _ in range(rounds):
        base = draw.values()
        fixed = [-1 if i in moving else value for i, value in enumerate(base)]
        split_rows = [row.at(base) for row in equations]
        rows: list[list[int]] = []
        rank = stable = 0
        while stable < 3 and len(rows) < 40 * (len(terms) + 2):
            for _ in range(max(4, len(terms) // (4 * max(1, len(conditions))))):
                budget.check("check of the split determining system")
                values = draw.values(fixed=fixed) if moving else base
                rows += [row.at(values) for row in conditions]
            now = modular.rank(rows, len(terms), prime)
            stable = stable + 1 if now == rank else 0
            rank = now
        spans = (modular.rank(part, len(terms), prime) for part in (split_rows, rows + split_rows))
        if any(span != rank for span in spans):
            return False
    return True


def split_rank(determining: Determining, prime: int, seed: int) -> int:
    """The number of independent split equations at a random point."""
    values = Draw(determining.field, prime, seed).values()
    terms = sorted({t for form in determining.equations for t in form})
    rows = [Row.of(form, terms, prime).at(values) for form in determining.equations]
    return modular.rank(rows, len(terms), prime)


@dataclass(frozen=True)
class Row:
    """The coefficients of a linear form, denominators cleared, as one table of monomials: made once, read at many points.

    Arguments:
        prime: below 2^31, so that products of residues fit in 64 bits.
        width: number of columns.
        slots: the slots that occur.
        powers: power of each of these slots (rows) in each monomial (columns).
        factors: coefficient of each monomial, modulo the prime.
        columns: the column that each monomial belongs to.
    """

    prime: int
    width: int
    slots: tuple[int, ...]
    powers: NDArray[np.int64]
    factors: NDArray[np.int64]
    columns: NDArray[np.int64]

    @staticmethod
    def of(form: LinearForm, terms: Sequence[Term], prime: int) -> Row:
        place = {t: i for i, t in enumerate(terms)}
        polys: list[tuple[int, fmpz_mpoly]] = [(place[t], p) for t, p in zip(form, cleared(form), strict=True)]
        powers = np.array([m for _, p in polys for m in p.monoms()], dtype=np.int64)
        factors = np.array([int(c) % prime for _, p in polys for c in p.coeffs()], dtype=np.int64)
        columns = np.array([i for i, p in polys for _ in range(len(p))], dtype=np.int64)
        occurring = np.flatnonzero(powers.any(axis=0))
        slots = tuple(powers.shape[1] - 1 - int(i) for i in occurring)
        return Row(prime, len(terms), slots, np.ascontiguousarray(powers[:, occurring].T), factors, columns)

    def at(self, values: Sequence[int]) -> list[int]:
        """The row at values of the slots."""
        total = self.factors
        for slot, power in zip(self.slots, self.powers, strict=True):
            # only the exponents that occur: one of a decimal with 15 digits is as large as that
            exponents, which = np.unique(power, return_inverse=True)
            table = np.array([pow(values[slot], int(k), self.prime) for k in exponents], dtype=np.int64)
            total = total * table[which] % self.prime
        row = np.zeros(self.width, dtype=np.int64)
        np.add.at(row, self.columns, total)
        return [int(c) for c in row % self.prime]
