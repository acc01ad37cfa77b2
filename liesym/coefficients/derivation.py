"""Vector fields on the coefficient field: one way to apply, to bracket and to prolong them.

    X = Σ b_v ∂_v,   X(f) = Σ b_v ∂f/∂v,   [X, Y]^v = X(Y^v) - Y(X^v)

What they are prolonged along is a value, `Space`: point symmetries start from components on (t, x), contact symmetries
from components on (t, x, x'), and both go on with

    η^(k) = D_t η^(k-1) - x^(k) D_t ξ.

Sources: Olver 1993, section 1.3, Theorem 2.36 and equation (2.44); section 5.2 for contact transformations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from itertools import pairwise
from types import MappingProxyType

from sympy import Symbol

from liesym.base.jets import jet_symbol
from liesym.coefficients.ring import Element, Ring


@dataclass(frozen=True, slots=True)
class Space:
    """Coordinates of curves t -> x(t) with their derivatives.

    Arguments:
        independent: t.
        chains: for each unknown (x, x', x'', …), as far as the space reaches.
    """

    independent: Symbol
    chains: tuple[tuple[Symbol, ...], ...]

    @staticmethod
    def of(independent: Symbol, unknowns: Sequence[Symbol], orders: Sequence[int]) -> Space:
        """The space that holds each unknown's derivatives up to its order."""
        pairs = zip(unknowns, orders, strict=True)
        return Space(independent, tuple(tuple(jet_symbol(x, k) for k in range(n + 1)) for x, n in pairs))

    @property
    def coordinates(self) -> tuple[Symbol, ...]:
        """t, then the chains one after the other."""
        return (self.independent, *(v for chain in self.chains for v in chain))


@dataclass(frozen=True, slots=True)
class Derivation:
    """A vector field Σ b_v ∂_v on a coefficient field.

    Arguments:
        field: of the components and of the functions that it is applied to.
        components: coordinate -> b_v; one that is missing is not moved, and a prolongation may fill it.
    """

    field: Ring
    components: Mapping[Symbol, Element]
    moved: tuple[tuple[Symbol, Element], ...] = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        components = dict(self.components)
        object.__setattr__(self, "components", MappingProxyType(components))
        object.__setattr__(self, "moved", tuple((v, b) for v, b in components.items() if not b.is_zero))

    def __hash__(self) -> int:
        return hash((id(self.field), frozenset(self.components.items())))

    @staticmethod
    def total(field: Ring, space: Space, following: Sequence[Element] | None = None) -> Derivation:
        """D_t = ∂_t + Σ x^(k+1) ∂_(x^(k)) on the space.

        Arguments:
            following: for each unknown the derivative after the last one of its chain, the right side of its equation
                on solutions; without it D_t acts on functions that are free of the last ones.
        """
        components = {space.independent: field.one}
        for place, chain in enumerate(space.chains):
            components |= {lower: field.of_slot(field.by_symbol[upper]) for lower, upper in pairwise(chain)}
            if following is not None:
                components[chain[-1]] = following[place]
        return Derivation(field, components)

    def __getitem__(self, coordinate: Symbol) -> Element:
        return self.components[coordinate]

    def apply(self, element: Element) -> Element:
        """X(f) = Σ b_v ∂f/∂v."""
        total = self.field.zero
        present = self.field.moving(element)
        for v, b in self.moved:
            if v in present:
                partial = element.diff(v)
                total = total + (partial if b.is_one else partial * b)
        return total

    def bracket(self, other: Derivation) -> Derivation:
        """[X, Y], its components X(Y^v) - Y(X^v)."""
        zero = self.field.zero
        coordinates = dict.fromkeys((*self.components, *other.components))
        return Derivation(
            self.field,
            {v: self.apply(other.components.get(v, zero)) - other.apply(self.components.get(v, zero)) for v in coordinates},
        )

    def prolong(self, total: Derivation, space: Space) -> Derivation:
        """The field on all of the space: η^(k) = D_t η^(k-1) - x^(k) D_t ξ where no component is there yet.

        Arguments:
            total: D_t, on solutions or free.
            space: coordinates to fill; the first of each chain has a component already.
        """
        drift = total.apply(self.components[space.independent])
        found = dict(self.components)
        for chain in space.chains:
            for lower, upper in pairwise(chain):
                if upper not in found:
                    found[upper] = total.apply(found[lower]) - total[lower] * drift
        return Derivation(self.field, {v: found[v] for v in (*space.coordinates, *found)})
