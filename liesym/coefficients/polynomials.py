"""Work on polynomials that cannot be interrupted: refused within a budget where it would not end by it.

A product, a greatest common divisor and a factorization are single calls of FLINT. What they take is estimated from the
terms beforehand: too many for any time is `TooLarge`, too many for the time that is left is `TimeIsUp`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flint import fmpz, fmpz_mpoly

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.factors import factored
from liesym.errors import TooLarge

LARGE = 400
"""Terms from which on the clock is looked at in every operation."""
GCD = 30
"""Operations for each term of a greatest common divisor of polynomials that are no monomials, as measured."""
FACTORS = 100
"""The same of a factorization."""
DIVISION = 20
"""The same of a division by a relation of the field."""
WRITING = 100
"""The same of an expression that is written."""
TERM = 16
"""Bytes of a term beside one for each exponent."""
LARGEST_PRODUCT = 10**7
"""Terms to multiply from which on a product is not begun within a budget."""
LARGEST_GCD = 10**5
"""Terms of both polynomials together from which on a greatest common divisor is not begun within a budget."""
LARGEST_FACTORED = 2 * 10**4
"""Terms of a polynomial from which on it is not factored within a budget."""
ARITHMETIC = "arithmetic with coefficients"


class Polynomials:
    """Products, greatest common divisors and factors of polynomials, within a budget."""

    capacity: int

    def __init__(self) -> None:
        self._budget = UNLIMITED

    @property
    def budget(self) -> Budget:
        """What work in the field may take: see `within`."""
        return self._budget

    @property
    def _is_limited(self) -> bool:
        return self._budget is not UNLIMITED

    @contextmanager
    def within(self, budget: Budget) -> Iterator[None]:
        """Arithmetic in the field, and what works in it, keeps the budget in the body; the former one is restored after it.

        Its time is looked at now and then, its operations are counted, and no coefficient may have more than its terms: a
        greatest common divisor cannot be interrupted.
        """
        before, self._budget = self._budget, budget
        try:
            yield
        finally:
            self._budget = before

    def keep(self, budget: Budget) -> None:
        """Work in the field keeps the budget from now on, outside of every `within`."""
        self._budget = budget

    def _check_terms(self, left: int, right: int) -> None:
        if left * right > LARGEST_PRODUCT:
            raise TooLarge(f"product of coefficients of {left} and {right} terms")
        if self._budget.meter is not None:
            self._budget.meter.spend(left * right, ARITHMETIC)
        if left * right > LARGE:
            self._budget.room(left * right, ARITHMETIC, left * right * (TERM + self.capacity))

    def product(self, a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
        """a b, refused within a budget where that is over or where the product would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or a and b are too large.
        """
        if self._budget is not UNLIMITED:
            self._check_terms(len(a), len(b))
        return a * b

    def gcd(self, a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
        """The greatest common divisor, refused within a budget where that would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or a and b are too large.
        """
        if min(len(a), len(b)) > 1 and self._is_limited:
            size = len(a) + len(b)
            if size > LARGEST_GCD:
                raise TooLarge(f"greatest common divisor of coefficients of {len(a)} and {len(b)} terms")
            if size > LARGE:
                self._budget.room(GCD * size, ARITHMETIC)
        return a.gcd(b)

    def factored(self, poly: fmpz_mpoly) -> tuple[fmpz, list[tuple[fmpz_mpoly, int]]]:
        """(c, [(p, e)]) with poly = c Π p^e, each p irreducible; refused within a budget where it would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or the polynomial is too large.
        """
        size = len(poly)
        if size > LARGE and self._is_limited:
            if size > LARGEST_FACTORED:
                raise TooLarge(f"factorization of a coefficient of {size} terms")
            self._budget.room(FACTORS * size, ARITHMETIC)
        return factored(poly)
