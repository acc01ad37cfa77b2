"""The book of a field's kernels: what has been made, and what every family of conversion rules asks of it.

A family of rules is a class that derives from `Kernels` and a table from SymPy classes to rules; `Converter` joins them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import Ordering, fmpq_mpoly_ctx, fmpz_mpoly
from sympy import Expr, S

from liesym.coefficients.definitions import Definition
from liesym.coefficients.lattice import lattice_coordinates
from liesym.coefficients.ring import Element, Ring, Slot
from liesym.errors import Unsupported

KernelVector = dict[Expr, Fraction]
Rule = Callable[[Any, Expr], Element]
"""(converter, expression) -> the element."""

LARGEST_MULTIPLE = 64


class Kernels(ABC):
    """Kernels by what they are made from, and the conversions that the families share."""

    def __init__(self, field: Ring) -> None:
        self.field = field
        self.exp_basis: list[KernelVector] = []
        self.exp_slots: list[Slot | None] = []
        self.trig_basis: list[KernelVector] = []
        self.trig_slots: list[tuple[Slot, Slot] | None] = []
        self.root_degrees: dict[Expr, int] = {}
        self.log_slots: dict[Expr, Slot] = {}
        self.other: dict[Expr, Slot] = {}
        self.definitions: dict[str, Definition] = {}
        self.recording = False
        self.seen_exp: list[KernelVector] = []
        self.seen_trig: list[KernelVector] = []

    @abstractmethod
    def __call__(self, expr: Expr) -> Element:
        """The element of an expression."""

    @abstractmethod
    def root(self, base: Element, exponent: Fraction) -> Element:
        """base^exponent for a rational exponent."""

    @abstractmethod
    def exponential(self, argument: Element) -> Element:
        """exp of an element."""

    @abstractmethod
    def logarithm(self, element: Element) -> Element:
        """log of an element."""

    @abstractmethod
    def cos_sin(self, argument: Element) -> tuple[Element, Element]:
        """(cos u, sin u)."""

    def _level(self, key: Expr) -> int:
        """0 for constants, 2 for what depends on a variable that is split away, 1 for the rest."""
        symbols = key.free_symbols
        return 2 if symbols & self.field.upper else 1 if symbols & set(self.field.variables) else 0

    def _sum(self, elements: Sequence[Element]) -> Element:
        """Pairwise, so that intermediate denominators stay small."""
        elements = list(elements)
        while len(elements) > 1:
            elements = [
                elements[i] + elements[i + 1] if i + 1 < len(elements) else elements[i] for i in range(0, len(elements), 2)
            ]
        return elements[0]

    def _slot_of(self, poly: fmpz_mpoly) -> Slot | None:
        """The slot whose generator this polynomial is, if it is one."""
        if len(poly) != 1 or poly.total_degree() != 1 or poly.leading_coefficient() != 1:
            return None
        place = next(i for i, d in enumerate(poly.degrees()) if d)
        return self.field.slots[poly.context().nvars() - 1 - place]

    def _terms(self, element: Element) -> KernelVector:
        """The element as a rational combination of term expressions (monomial, or monomial / primitive denominator).

        The numerator is divided by the denominator first, so that x/(x + 1) = 1 - 1/(x + 1) and 1/(x + 1) share a term.
        """
        field = self.field
        content = element.den.content()
        den = field.poly_to_expr(element.den / content)
        n = element.num.context().nvars()
        vector: KernelVector = {}

        def add(monomial: Sequence[int], c: Fraction, below: Expr) -> None:
            key = sp.Mul(*(field.slots[n - 1 - i].expr ** e for i, e in enumerate(monomial) if e)) / below
            vector[key] = vector.get(key, Fraction(0)) + c

        if element.den.is_constant():
            for monomial, c in element.num.terms():
                add(monomial, Fraction(int(c), int(content)), S.One)
        else:
            rational = fmpq_mpoly_ctx.get(element.num.context().names(), Ordering.lex)
            top, bottom = (rational.from_dict(dict(p.terms())) for p in (element.num, element.den))
            quotient, rest = divmod(top, bottom)
            for part, below in ((quotient, S.One), (rest / int(content), den)):
                for monomial, c in part.terms():
                    add(monomial, Fraction(int(c.p), int(c.q)), below)
        return {k: c for k, c in vector.items() if c}

    def _lattice_coordinates(
        self, vector: KernelVector, basis: list[KernelVector], slots: list, seen: list[KernelVector]
    ) -> list[tuple[int, Fraction]]:
        """(index of a basis vector, multiple) of the vector; a new basis vector is made for an independent one."""
        if self.recording:
            seen.append(vector)
        coords = lattice_coordinates(basis, vector)
        if coords is None:
            basis.append(vector)
            slots.append(None)
            return [(len(basis) - 1, Fraction(1))]
        found = [(i, c) for i, c in enumerate(coords) if c]
        if any(abs(k) > LARGEST_MULTIPLE for _, k in found):
            raise Unsupported(f"arguments of exponentials or sines in the ratio {max(abs(k) for _, k in found)}:1")
        return found

    def _combination(self, vector: KernelVector) -> Element:
        return self._sum([self(term) * c for term, c in vector.items()])

    def _argument_of(self, slot: Slot) -> Element | None:
        """The u of a slot exp(u); None for other slots."""
        for vector, made in zip(self.exp_basis, self.exp_slots, strict=True):
            if made is slot:
                return self._combination(vector)
        return None
