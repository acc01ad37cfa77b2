"""What the observations of one experiment tell globally: one value, several, or open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flint import nmod_mpoly
from flint.utils.flint_exceptions import DomainError
from sympy import Basic, Symbol

from liesym.base.budget import Budget, now
from liesym.errors import OutOfBudget, Unsupported
from liesym.invariants.fibre.draw import Draw, Model, drawn
from liesym.invariants.fibre.elimination import Elimination
from liesym.invariants.fibre.groebner import Basis, Polynomial, groebner
from liesym.invariants.fibre.jets import Fraction, Jets
from liesym.invariants.fibre.points import other_points
from liesym.invariants.fibre.series import conditions
from liesym.symmetries.taylor import NoPoint

ORDERS = 120
"""Taylor coefficients beside the derivatives that relations hold."""
OPERATIONS = 6e7
"""Products of terms of one elimination."""
BASIS = 3e7
"""Entries of matrices of one Gröbner basis."""
DRAWS = 5
QUICK = 2.0
"""Seconds of a draw after which no further one is made for the sake of other points alone."""


@dataclass(frozen=True, slots=True)
class Globally:
    """Verdicts on those that are locally identifiable.

    Arguments:
        one: the same at every point with the same observations, in all draws that were finished, two if there was time.
        several: unlike at another point with the same observations, which its trajectory shows.
        reason: why the rest is open, in words; empty if nothing is.
    """

    one: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    reason: str = ""


def global_verdicts(model: Model, asked: Sequence[Symbol], primes: Sequence[int], seed: int, budget: Budget) -> Globally:
    """The verdicts on parameters and states.

    Arguments:
        model: with parameters that are not identifiable among the fixed ones, as many as make the rest finite.
        asked: parameters and states that are locally identifiable.
        primes: for the draws, in turn.
        seed: of the first draw.
        budget: for all of it.
    """
    names = {s.name for s in asked}
    one, several, reason = names, set[str](), ""
    for number in range(DRAWS):
        begun = now()
        try:
            fibre = _Fibre.of(model, primes[number % len(primes)], seed + 100 * number, budget)
            told = fibre.unique() & names
            if number < 2:
                one = one & told
            several |= fibre.elsewhere(names - told - several) & names
            reason = fibre.reason or reason
        except (Unsupported, NoPoint) as stop:
            return Globally(reason=str(stop) or "no regular point was found")
        except OutOfBudget as stop:
            reason = stop.note
            one = one if number else set()
        if number and (names <= one | several or now() - begun > QUICK or budget.over):
            break
    one = one - several
    left = "" if names <= one | several else reason or "no other point was found in the field of the draw"
    return Globally(frozenset(one), frozenset(several), left)


@dataclass(eq=False)
class _Fibre:
    """All points with the observations of one draw."""

    work: Elimination
    basis: Basis
    budget: Budget
    reason: str = ""

    @classmethod
    def of(cls, model: Model, prime: int, seed: int, budget: Budget) -> _Fibre:
        """Relations, conditions and their basis, as far as they can be made."""
        order = len(model.states) + 2
        draw = drawn(model, prime, seed, ORDERS + order)
        step = budget.step(OPERATIONS)
        work = Elimination(Jets(model, draw, order, step))
        fibre = cls(work, Basis(prime, len(model.parameters), {}), budget)
        try:
            for relation in work.run():
                fibre.take(relation, draw)
            fibre.add(fibre.known_states())
        except OutOfBudget as stop:
            fibre.reason = stop.note
        return fibre

    def take(self, relation: nmod_mpoly, draw: Draw) -> None:
        """A relation: its conditions join the basis, and parameters that are told become numbers."""
        try:
            self.add(conditions(relation, self.work.jets, draw, self.work.jets.budget))
        except OutOfBudget as stop:
            self.reason = stop.note
            self.budget.check("conditions on the parameters")

    def add(self, polynomials: Sequence[Polynomial]) -> None:
        """Further conditions; where the basis of all of them is too much, of the short ones."""
        jets = self.work.jets
        model = jets.model
        known = [i for i in range(self.basis.width) if self.basis.value(i) is not None]
        for part in (polynomials, [p for p in polynomials if len(p) < 4]):
            try:
                self.basis = groebner(
                    part,
                    self.basis.width,
                    self.basis.prime,
                    self.budget.step(BASIS).at_most(self.budget.left / 3),
                    self._simpler,
                    self.basis,
                )
                break
            except OutOfBudget as stop:
                self.reason = stop.note
        for i, p in enumerate(model.parameters):
            value = self.basis.value(i)
            if i not in known and value is not None:
                if value != jets.draw.values[p]:
                    raise Unsupported(f"the conditions on {p} contradict the draw that they were made from")
                self.work.set_value(jets.place[p], value)

    def _simpler(self, p: Polynomial) -> Polynomial:
        """Without factors that vanish at no point with the same observations: parameters, and units of the elimination."""
        low = [min(m[i] for m in p) for i in range(self.basis.width)]
        if any(low):
            p = {tuple(e - k for e, k in zip(m, low, strict=True)): c for m, c in p.items()}
        units = self._units() if len(p) > 1 else []
        if not units:
            return p
        whole = self._wide(p)
        before = len(whole), whole.total_degree()
        for unit in units:
            while len(whole) > 1 and unit.total_degree() <= whole.total_degree():
                try:
                    whole = whole / unit
                except DomainError:
                    break
        return p if (len(whole), whole.total_degree()) == before else _monic(self._narrow(whole), self.basis.prime)

    def _units(self) -> list[nmod_mpoly]:
        jets = self.work.jets
        bare = self._at_start([u for u in jets.units if not any(u.degrees()[: len(jets.model.states)])], {})
        return [u for u in bare if len(u) > 1 and jets.at_point(u)]

    def _wide(self, p: Polynomial) -> nmod_mpoly:
        jets = self.work.jets
        first, width = jets.place[jets.model.parameters[0]], len(jets.keys)
        after = width - first - self.basis.width
        return jets.ctx.from_dict({(*(0,) * first, *m, *(0,) * after): c for m, c in p.items()})

    def _narrow(self, p: nmod_mpoly) -> Polynomial:
        first = self.work.jets.place[self.work.jets.model.parameters[0]] if self.basis.width else 0
        return {tuple(map(int, m[first : first + self.basis.width])): int(c) for m, c in p.terms()}

    def _at_start(self, polynomials: Sequence[nmod_mpoly], states: Mapping[int, int]) -> list[nmod_mpoly]:
        """With the observations, and some states, as they are at the start."""
        jets = self.work.jets
        first = jets.place[jets.model.independent]
        values = {jets.names[i]: jets.point[i] for i in range(first, len(jets.keys))}
        values |= {jets.names[i]: v for i, v in states.items()}
        return [p.subs(values) for p in polynomials]

    def known_states(self) -> list[Polynomial]:
        """What it says of the parameters that some states are known, or given, at the start."""
        jets = self.work.jets
        model = jets.model
        known = [self._state_condition(jets.place[x], {}) for x in model.known]
        return [p for p in (*known, *self._given_states()) if p]

    def _given_states(self) -> list[Polynomial]:
        jets, found = self.work.jets, []
        starts = {jets.place[x]: e for x, e in (self.work.jets.model.starts or {}).items() if x in jets.place}
        if not starts:
            return found
        told: dict[int, Fraction] = {}
        for i, fraction in reversed(self.work.solved):
            for k, by in told.items():
                fraction = jets.put_in_fraction(fraction, k, by)
            top, bottom = self._at_start(fraction, {})
            if jets.at_point(bottom) and not _holds_states(top, bottom, jets):
                told[i] = (top, bottom)
        for i in starts.keys() & told.keys():
            given = jets.read(starts[i])
            for k, by in told.items():
                given = jets.put_in_fraction(given, k, by)
            if not _holds_states(*given, jets):
                found.append(self._narrow(told[i][0] * given[1] - told[i][1] * given[0]))
        return found

    def _state_condition(self, i: int, states: Mapping[int, int]) -> Polynomial | None:
        """Zero exactly where a state has its value; None where it is not told by parameters and known states."""
        jets = self.work.jets
        for place, (top, bottom) in self.work.solved:
            if place == i:
                top, bottom = self._at_start([top, bottom], states)
                if jets.at_point(bottom) and not _holds_states(top, bottom, jets):
                    return self._narrow(top - bottom * jets.point[i])
        return None

    def unique(self) -> set[str]:
        """Parameters and states that are the same at all points with the same observations."""
        jets = self.work.jets
        model = jets.model
        found = {p.name for i, p in enumerate(model.parameters) if self.basis.value(i) is not None}
        states: dict[int, int] = {}
        for i, _ in reversed(self.work.solved):
            condition = self._state_condition(i, states)
            if condition is not None and not self.basis.normal_form(condition, self.budget):
                states[i] = jets.point[i]
        return found | {model.states[i].name for i in states} | self._told_starts(states)

    def _told_starts(self, states: Mapping[int, int]) -> set[str]:
        """Given initial states that have one value, though what they are made of may have several: k1 k2."""
        found = set()
        for x, (top, bottom) in self._starts().items():
            value = self._start_at(x, {})
            above, below = self._at_start([top, bottom], states)
            if value is None or not self.work.jets.at_point(below) or _holds_states(above, below, self.work.jets):
                continue
            if not self.basis.normal_form(self._narrow(above - below * value), self.budget):
                found.add(x.name)
        return found

    def _starts(self) -> dict[Symbol, Fraction]:
        """Given initial states as fractions, where they are rational."""
        read = {}
        for x, e in (self.work.jets.model.starts or {}).items():
            with suppress(Unsupported):
                read[x] = self.work.jets.read(e)
        return read

    def _start_at(self, x: Symbol, point: Mapping[Basic, int]) -> int | None:
        """The value of a given initial state at a point, that of the draw unless said otherwise; None where it has none."""
        jets = self.work.jets
        values = list(jets.point)
        for s, v in point.items():
            values[jets.place[s]] = v
        top, bottom = (int(p(*values)) for p in self._starts()[x])
        return top * pow(bottom, -1, jets.draw.prime) % jets.draw.prime if bottom else None

    def elsewhere(self, wanted: set[str]) -> set[str]:
        """Those that are unlike at another point."""
        found: set[str] = set()
        if wanted:
            draw = self.work.jets.draw
            for point in other_points(self.work, self.basis, self.budget.step(BASIS)):
                given = self._starts()
                found |= {s.name for s, v in point.items() if s not in given and draw.values[s] != v}  # type: ignore[attr-defined]
                found |= {x.name for x in given if self._start_at(x, point) not in (None, self._start_at(x, {}))}
                if wanted <= found:
                    break
        return found


def _holds_states(top: nmod_mpoly, bottom: nmod_mpoly, jets: Jets) -> bool:
    count = len(jets.model.states)
    return any([*top.degrees()[:count], *bottom.degrees()[:count]])


def _monic(p: Polynomial, prime: int) -> Polynomial:
    return {m: c % prime for m, c in p.items() if c % prime}
