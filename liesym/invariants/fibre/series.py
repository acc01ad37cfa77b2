"""What a relation says of the parameters along one trajectory: its coefficients in time are polynomials that vanish.

Σ c_a(t) θ^a = 0 for all t, with c_a(t) known power series modulo a prime: one linear equation for the θ^a in each order.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import nmod_mpoly, nmod_poly

from liesym.base.budget import Budget
from liesym.coefficients.modular import echelon
from liesym.errors import TooLarge
from liesym.invariants.fibre.draw import Draw
from liesym.invariants.fibre.groebner import Exponents, Polynomial, weight
from liesym.invariants.fibre.jets import Jets

WORK = "power series of a relation"
SPARE = 4
"""Further orders than there are monomials."""
MOST_MONOMIALS = 1500


def conditions(relation: nmod_mpoly, jets: Jets, draw: Draw, budget: Budget) -> list[Polynomial]:
    """A reduced basis of the polynomials in the parameters that the coefficients in time are.

    Arguments:
        relation: without states.
        jets: its ring.
        draw: the trajectory; as many of its orders are used as are needed and there.

    Raises:
        OutOfBudget: there are too many monomials.
    """
    series = _Series(jets, draw)
    parameters = [jets.place[p] for p in jets.model.parameters]
    groups: dict[Exponents, list[tuple[Exponents, int]]] = {}
    first = jets.place[jets.model.independent]
    for exponents, c in relation.terms():
        own = tuple(int(exponents[i]) for i in parameters)
        groups.setdefault(own, []).append((tuple(map(int, exponents[first:])), int(c)))
    if len(groups) > MOST_MONOMIALS:
        raise TooLarge(WORK)
    series.length = min(series.length, len(groups) + SPARE)
    columns = sorted(groups, key=weight, reverse=True)
    rows: list[dict[int, int]] = [{} for _ in range(series.length)]
    for k, own in enumerate(columns):
        budget.check(WORK)
        total = nmod_poly([0], draw.prime)
        for powers, c in groups[own]:
            total += series.product(powers) * c
        for n, value in enumerate(total.coeffs()[: series.length]):
            if int(value):
                rows[n][k] = int(value)
        budget.spend(len(groups[own]) * series.length, WORK)
    form = echelon([r for r in rows if r], len(columns), draw.prime, budget)
    return [
        {columns[pivot]: 1, **{columns[j]: c for j, c in row.items()}}
        for pivot, row in zip(form.pivots, form.rows, strict=True)
    ]


class _Series:
    """Power series of products of the derivatives of observables and inputs, each made once."""

    def __init__(self, jets: Jets, draw: Draw) -> None:
        self.jets, self.draw = jets, draw
        self.length = len(draw.seen[0]) - jets.order
        self.made: dict[Exponents, nmod_poly] = {}
        self.single: dict[int, nmod_poly] = {}

    def product(self, powers: Sequence[int]) -> nmod_poly:
        """Of time and the derivatives to these powers."""
        key = tuple(powers)
        if key not in self.made:
            at = next((i for i in reversed(range(len(key))) if key[i]), None)
            if at is None:
                self.made[key] = nmod_poly([1], self.draw.prime)
            else:
                below = self.product((*key[:at], key[at] - 1, *key[at + 1 :]))
                self.made[key] = below.mul_low(self._one(at), self.length)
        return self.made[key]

    def _one(self, at: int) -> nmod_poly:
        """Time or one derivative."""
        if at not in self.single:
            model, prime = self.jets.model, self.draw.prime
            key = self.jets.keys[self.jets.place[model.independent] + at]
            if key == model.independent:
                self.single[at] = nmod_poly([self.draw.values[model.independent], 1], prime)
            else:
                kind, j, k = key  # type: ignore[misc]
                c = self.draw.seen[j] if kind == "y" else self.draw.inputs[model.inputs[j]]
                self.single[at] = nmod_poly([_rising(n, k) * c[n + k] % prime for n in range(self.length)], prime)
        return self.single[at]


def _rising(n: int, k: int) -> int:
    """(n + k)! / n!"""
    product = 1
    for i in range(n + 1, n + k + 1):
        product *= i
    return product
