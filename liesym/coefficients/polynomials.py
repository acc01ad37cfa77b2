"""Work on polynomials that cannot be interrupted: refused within a budget where it would not end by it.

A product, a greatest common divisor and a factorization are single calls of FLINT. What they take is estimated from the
terms beforehand: too many for any time is `TooLarge`, too many for the time that is left is `TimeIsUp`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flint import fmpz, fmpz_mpoly

from liesym.base.budget import UNLIMITED, Budget, surrounding
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

    @property
    def _time(self) -> Budget:
        """What ends work in the field: its own budget, or the one around it."""
        return self._budget if self._budget is not UNLIMITED else surrounding()

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

    def check_sizes(self, left: int, right: int) -> None:
        """Refuse to multiply so many terms where that would neither end in time nor fit in memory.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or they are too many.
        """
        size = left * right
        if self._budget.meter is not None:
            self._budget.meter.spend(size, ARITHMETIC)
        if size > LARGE:
            if size > LARGEST_PRODUCT and self._is_limited:
                raise TooLarge(f"product of coefficients of {left} and {right} terms")
            self._time.room(size, ARITHMETIC, size * (TERM + self.capacity))

    def product(self, a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
        """a b, refused within a budget where that is over or where the product would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or a and b are too large.
        """
        self.check_sizes(len(a), len(b))
        return a * b

    def gcd(self, a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
        """The greatest common divisor, refused within a budget where that would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or a and b are too large.
        """
        size = len(a) + len(b)
        if size > LARGE and min(len(a), len(b)) > 1:
            if size > LARGEST_GCD and self._is_limited:
                raise TooLarge(f"greatest common divisor of coefficients of {len(a)} and {len(b)} terms")
            self._time.room(GCD * size, ARITHMETIC)
        return a.gcd(b)

    def factored(self, poly: fmpz_mpoly) -> tuple[fmpz, list[tuple[fmpz_mpoly, int]]]:
        """(c, [(p, e)]) with poly = c Π p^e, each p irreducible; refused within a budget where it would not end by it.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or the polynomial is too large.
        """
        size = len(poly)
        if size > LARGE:
            if size > LARGEST_FACTORED and self._is_limited:
                raise TooLarge(f"factorization of a coefficient of {size} terms")
            self._time.room(FACTORS * size, ARITHMETIC)
        return factored(poly)
