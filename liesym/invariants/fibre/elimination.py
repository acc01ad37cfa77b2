"""From the equations to relations between parameters and derivatives of the observables, without states.

Each observable gives a relation h - y = 0, each relation with a state in it another one, its derivative. A state that stands
linearly in a relation is solved for, and put into everything; where none does, remainders of a relation by its derivative
lower the degree. A relation without states is handed on as soon as it is there: parameters that it tells are numbers from
then on. Factors that do not vanish at a generic point are divided out.
Source: Ljung and Glad 1994; Kolchin 1973.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flint import nmod_mpoly

from liesym.errors import TooLarge
from liesym.invariants.fibre.jets import WORK, Fraction, Jets

HIGHEST_DEGREE = 6


@dataclass(eq=False)
class Elimination:
    """The relations that are left, and what was solved.

    Arguments:
        jets: the ring.
        rates: place of each state that is left -> its rate.
        relations: observable -> its relation of the highest order so far.
        solved: (place of a state, what it equals), in the order in which they were solved; each may hold later ones.
        algebraic: place of a state -> a relation of higher degree that is all that is known of it.
    """

    jets: Jets
    rates: dict[int, Fraction] = field(default_factory=dict)
    relations: dict[int, nmod_mpoly] = field(default_factory=dict)
    solved: list[tuple[int, Fraction]] = field(default_factory=list)
    algebraic: dict[int, nmod_mpoly] = field(default_factory=dict)

    def __post_init__(self) -> None:
        jets, model = self.jets, self.jets.model
        for x, f in zip(model.states, model.rates, strict=True):
            self.rates[jets.place[x]] = jets.read(f)
        for j, h in enumerate(model.observables):
            top, bottom = jets.read(h)
            self.relations[j] = jets.primitive(top - jets.times(bottom, jets.gens[jets.place["y", j, 0]]))
        self._note_denominators()

    @property
    def left(self) -> list[int]:
        """Places of the states that are neither solved nor known up to finitely many values."""
        gone = {i for i, _ in self.solved} | self.algebraic.keys()
        return [i for i in range(len(self.jets.model.states)) if i not in gone]

    def run(self) -> Iterator[nmod_mpoly]:
        """Relations without states, each as soon as it is known.

        Raises:
            OutOfBudget: they become too large.
        """
        while self.relations:
            left = self.left
            bare = [j for j, r in self.relations.items() if not any(r.degrees()[i] for i in left)]
            for j in bare:
                relation = self.relations.pop(j)
                if not relation.is_zero() and not any(relation.degrees()[i] for i in self.algebraic):
                    yield relation
            if bare:
                continue
            choice = self._linear()
            if choice is None:
                self._lower()
            else:
                j, i = choice
                self._solve(self.relations[j], i, self.derivative(self.relations[j], j), j)

    def set_value(self, place: int, value: int) -> None:
        """A parameter is a number from now on."""
        name = {self.jets.names[place]: value}

        def put(p: nmod_mpoly) -> nmod_mpoly:
            return p.subs(name) if p.degrees()[place] else p

        self.rates = {i: self.jets.cancelled(put(n), put(d)) for i, (n, d) in self.rates.items()}
        self.relations = {j: put(r) for j, r in self.relations.items()}
        self.solved = [(i, (put(n), put(d))) for i, (n, d) in self.solved]
        self.algebraic = {i: put(r) for i, r in self.algebraic.items()}
        units, self.jets.units = [put(u) for u in self.jets.units], []
        self.jets.note_units(units)
        self.relations = {j: self.jets.primitive(r) for j, r in self.relations.items()}

    # -- steps ---------------------------------------------------------------------------------------

    def derivative(self, relation: nmod_mpoly, j: int) -> nmod_mpoly:
        """The time derivative, over the denominators of the rates."""
        jets, model = self.jets, self.jets.model
        degrees = relation.degrees()
        moved = [(relation.derivative(i), rate) for i, rate in self.rates.items() if degrees[i]]
        common = jets.one
        for _, (_, bottom) in moved:
            if not bottom.is_one():
                common = jets.times(common, bottom / common.gcd(bottom))
        total = jets.ctx.constant(0)
        for slope, (top, bottom) in moved:
            total = total + jets.times(jets.times(slope, top), common / bottom)
        known = jets.ctx.constant(0)
        at = jets.place[model.independent]
        if degrees[at]:
            known = known + relation.derivative(at)
        for i in range(at + 1, len(jets.keys)):
            if degrees[i]:
                kind, number, k = jets.keys[i]  # type: ignore[misc]
                if k == jets.order:
                    raise TooLarge(WORK)
                known = known + jets.times(relation.derivative(i), jets.gens[jets.place[kind, number, k + 1]])
        return jets.primitive(total + jets.times(common, known))

    def _linear(self) -> tuple[int, int] | None:
        """(observable, state): the cheapest relation that is linear in a state, by the sizes of what would be put in."""
        best = None
        for j, relation in self.relations.items():
            degrees = relation.degrees()
            for i in (i for i in self.left if degrees[i] == 1):
                factor = relation.derivative(i)
                holding = sum(r.degrees()[i] for r in self.relations.values())
                moving = any(factor.degrees()[k] for k in self.left)
                cost = (len(relation) * (1 + len(factor) * (1 + holding)) * (4 if moving else 1), j, i)
                best = cost if best is None or cost < best else best
        return None if best is None else (best[1], best[2])

    def _solve(self, relation: nmod_mpoly, i: int, following: nmod_mpoly, j: int) -> None:
        """Solve a relation for a state and put it into everything; `following` takes its place."""
        jets = self.jets
        bottom = relation.derivative(i)
        top = bottom * jets.gens[i] - relation
        jets.note_units([bottom])
        by = jets.cancelled(top, bottom)
        self.relations[j] = following
        self.relations = {k: jets.primitive(self._put(r, i, by)) for k, r in self.relations.items()}
        del self.rates[i]
        self.rates = {k: jets.put_in_fraction(f, i, by) if _holds(f, i) else f for k, f in self.rates.items()}
        self.algebraic = {k: jets.primitive(self._put(r, i, by)) for k, r in self.algebraic.items()}
        self.solved.append((i, by))
        self._note_denominators()

    def _put(self, p: nmod_mpoly, i: int, by: Fraction) -> nmod_mpoly:
        return self.jets.put(p, i, by)[0] if p.degrees()[i] else p

    def _lower(self) -> None:
        """No relation is linear in a state: remainders of the shortest one by its derivative."""
        j, relation = min(self.relations.items(), key=lambda item: (item[1].total_degree(), len(item[1])))
        i = min((i for i in self.left if relation.degrees()[i]), key=lambda i: (relation.degrees()[i], i))
        if relation.degrees()[i] > HIGHEST_DEGREE:
            raise TooLarge(WORK)
        high, low = relation, self.derivative(relation, j)
        while True:
            if high.degrees()[i] < low.degrees()[i]:
                high, low = low, high
            if low.degrees()[i] < 2:
                break
            high, low = low, self._remainder(high, low, i)
        if low.degrees()[i] == 1:
            self._solve(low, i, relation, j)
            return
        # the state is known up to finitely many values, and what is left of the remainders does not hold it
        self.algebraic[i] = relation
        self.relations[j] = low

    def _remainder(self, high: nmod_mpoly, low: nmod_mpoly, i: int) -> nmod_mpoly:
        """The pseudo-remainder, primitive."""
        jets = self.jets
        first = jets.powers(low, i)[-1]
        degree = low.degrees()[i]
        while not high.is_zero() and high.degrees()[i] >= degree:
            top = jets.powers(high, i)[-1]
            shift = jets.gens[i] ** (high.degrees()[i] - degree)
            high = jets.times(first, high) - jets.times(jets.times(top, shift), low)
        return jets.primitive(high)

    def _note_denominators(self) -> None:
        self.jets.note_units([d for _, d in self.rates.values()])


def _holds(fraction: Fraction, i: int) -> bool:
    return bool(fraction[0].degrees()[i] or fraction[1].degrees()[i])
