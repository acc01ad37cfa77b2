"""Images of the coefficient field modulo a prime: random values of its slots that respect the algebraic relations."""

from __future__ import annotations

import random
from collections.abc import Iterable

from flint import fmpz, fmpz_mpoly, nmod_poly

from liesym.coefficients.ring import Element, Ring, Slot

# Primes = 1 modulo this number have square roots of -1, 2, 3, 5, 7, 11 and 13 (quadratic reciprocity).
STRIDE = 8 * 3 * 5 * 7 * 11 * 13


def _prime(seed: int) -> int:
    """A prime of about 61 bits in the residue class 1 modulo STRIDE."""
    candidate = (random.Random(seed).randrange(2**60, 2**61) // STRIDE) * STRIDE + 1
    while not fmpz(candidate).is_prime():
        candidate += STRIDE
    return candidate


class ModularPoint:
    """Random values modulo a prime for some slots, that respect the algebraic relations.

    Arguments:
        field: the coefficient field.
        slots: indices of the slots whose values are needed; those that their relations hold are added.
    """

    def __init__(self, field: Ring, slots: Iterable[int], seed: int = 1) -> None:
        self.field = field
        self._random = random.Random(seed)
        needed = self._closed(set(slots))
        for attempt in range(4000):
            if attempt % 20 == 0:
                self.prime = _prime(seed + attempt // 20)
            self.values: dict[int, int] = {}
            if all(self._draw(field.slots[i]) for i in needed):
                return
        raise ArithmeticError("no point modulo the prime at which every root of the field exists")

    def _closed(self, slots: set[int]) -> list[int]:
        pending = list(slots)
        while pending:
            relation = self.field.slots[pending.pop()].relation
            inner = set() if relation is None else self.field.slots_of(self.field.of_poly(self.field.lift(relation)))
            pending += inner - slots
            slots |= inner
        return sorted(slots)

    def _draw(self, slot: Slot) -> bool:
        if slot.kind != "root" or slot.relation is None:
            self.values[slot.index] = self._random.randrange(2, self.prime)
            return True
        target = self.poly(slot.relation)
        equation = [0] * (slot.degree + 1)
        equation[0], equation[-1] = -target % self.prime, 1
        found = nmod_poly(equation, self.prime).roots()
        if not found or target == 0:
            return False
        self.values[slot.index] = int(self._random.choice(found)[0])
        return True

    def poly(self, poly: fmpz_mpoly) -> int:
        """The value of a polynomial in the slots."""
        total, n, p = 0, poly.context().nvars(), self.prime
        for monomial, coefficient in poly.terms():
            value = int(coefficient) % p
            for place, power in enumerate(monomial):
                if power:
                    value = value * pow(self.values[n - 1 - place], power, p) % p
            total += value
        return total % p

    def element(self, element: Element) -> int:
        """The value of an element.

        Raises:
            ZeroDivisionError: the point is a pole.
        """
        bottom = self.poly(element.den)
        if not bottom:
            raise ZeroDivisionError("the point is a pole")
        return self.poly(element.num) * pow(bottom, -1, self.prime) % self.prime
