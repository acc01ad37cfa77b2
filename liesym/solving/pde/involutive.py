"""Completion of linear PDE systems to a differential Gröbner (Janet) basis.

The ranking is orderly: by total order, then by unknown, then lexicographically. A leader ∂^α u divides ∂^β u if
β ≥ α; two equations for one unknown meet in an integrability condition at the least common derivative of their leaders;
and where u does not depend on a variable v, every equation for u meets ∂_v u = 0. When all conditions reduce to zero,
derivatives that no leader divides are free Taylor coefficients, and their number is the dimension of the solutions.
Sources: Schwarz 2008, chapter 2; Reid 1991; Boulier et al. 1995 (linear case: Buchberger's algorithm).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Index, LinearForm, Term, add_multiple, add_to


@dataclass(frozen=True)
class Dependence:
    """For each unknown, which variables it depends on (positions in `variables`)."""

    variables: tuple[Symbol, ...]
    arguments: tuple[frozenset[int], ...]


@dataclass
class Rule:
    """leader = -Σ rest, with the leader's coefficient 1; prolongations are kept."""

    leader: Term
    rest: LinearForm
    prolonged: dict[Index, LinearForm] = dataclass_field(default_factory=dict)


def rank(term: Term) -> tuple:
    """Orderly ranking: larger is more leading."""
    a, index = term
    return (sum(index), -a, index)


def differentiate(form: LinearForm, place: int, where: Dependence) -> LinearForm:
    """∂_v of a linear form."""
    result: LinearForm = {}
    variable = where.variables[place]
    for (a, index), coefficient in form.items():
        inner = coefficient.diff(variable)
        if not inner.is_zero:
            add_to(result, (a, index), inner)
        if place in where.arguments[a]:
            add_to(result, (a, _raised(index, place)), coefficient)
    return result


def _raised(index: Index, place: int) -> Index:
    return (*index[:place], index[place] + 1, *index[place + 1 :])


def _divides(low: Index, high: Index) -> bool:
    return all(i <= j for i, j in zip(low, high, strict=True))


class Basis:
    """A growing set of rules, reduced against each other, with the integrability conditions still open.

    Arguments:
        field: the coefficient field; its derivations are the variables, and its budget is kept.
        where: variables and the arguments of each unknown.
        pivot: called with every coefficient that is divided by (to record assumptions on parameters).
    """

    def __init__(
        self,
        field: Field,
        where: Dependence,
        *,
        pivot: Callable[[Element], None] | None = None,
    ) -> None:
        self.field, self.where = field, where
        self.rules: dict[Term, Rule] = {}
        self.by_unknown: dict[int, list[Rule]] = {}
        self._pivot = pivot
        self._queue: list[tuple[tuple, int, Callable[[], LinearForm | None]]] = []
        self._count = itertools.count()

    # -- reduction -------------------------------------------------------------------------------

    def normal_form(self, form: LinearForm) -> LinearForm:
        """The form with every derivative that a leader divides replaced."""
        work = dict(form)
        done: LinearForm = {}
        heap = [(_negated(rank(t)), t) for t in work]
        heapq.heapify(heap)
        while heap:
            _, term = heapq.heappop(heap)
            coefficient = work.pop(term, None)
            if coefficient is None:
                continue
            rule = self._reducer(term)
            if rule is None:
                done[term] = coefficient
                continue
            self.field.budget.check("completion of the determining system")
            for other, c in self._prolonged(rule, term).items():
                if other not in work:
                    heapq.heappush(heap, (_negated(rank(other)), other))
                add_to(work, other, coefficient * c)
        return done

    def _reducer(self, term: Term) -> Rule | None:
        a, index = term
        for rule in self.by_unknown.get(a, ()):
            if _divides(rule.leader[1], index):
                return rule
        return None

    def _prolonged(self, rule: Rule, term: Term) -> LinearForm:
        """The right side for ∂^γ leader, γ = term - leader: a form in lower derivatives."""
        gamma = tuple(j - i for i, j in zip(rule.leader[1], term[1], strict=True))
        return self._prolongation(rule, gamma)

    def _prolongation(self, rule: Rule, gamma: Index) -> LinearForm:
        if not any(gamma):
            return rule.rest
        if gamma not in rule.prolonged:
            place = max(i for i, k in enumerate(gamma) if k)
            lower = tuple(k - (i == place) for i, k in enumerate(gamma))
            rule.prolonged[gamma] = differentiate(self._prolongation(rule, lower), place, self.where)
        return rule.prolonged[gamma]

    # -- completion ------------------------------------------------------------------------------

    def add(self, forms: Iterable[LinearForm]) -> None:
        """Add equations; they are reduced and completed by `complete`."""
        for form in forms:
            if form:
                weight = (max(rank(t) for t in form), len(form), sum(len(c.num) for c in form.values()))
                self._push((0, *weight), lambda form=form: form)

    def complete(self) -> None:
        """Reduce everything and all integrability conditions until nothing new appears.

        Raises:
            OutOfBudget: the budget of the field is over; the rules so far are consequences of the system, but not all.
        """
        while self._queue:
            self.field.budget.check("completion of the determining system")
            _, _, make = heapq.heappop(self._queue)
            form = make()
            if form is None:
                continue
            form = self.normal_form(form)
            if form:
                self._insert(form)
        self._autoreduce()

    def _push(self, weight: tuple, make: Callable[[], LinearForm | None]) -> None:
        heapq.heappush(self._queue, (weight, next(self._count), make))

    def _insert(self, form: LinearForm) -> None:
        leader = max(form, key=rank)
        pivot = form[leader]
        if self._pivot is not None:
            self._pivot(pivot)
        inverse = -(self.field.one / pivot)
        rest = {t: c * inverse for t, c in form.items() if t != leader}
        rule = Rule(leader, rest)
        a = leader[0]
        for old in [r for r in self.by_unknown.get(a, ()) if _divides(leader[1], r.leader[1])]:
            self._remove(old)
            self._push((0, rank(old.leader), len(old.rest), 0), lambda old=old: self._as_form(old))
        for other in self.by_unknown.get(a, ()):
            self._push_pair(rule, other)
        for place in range(len(self.where.variables)):
            if place not in self.where.arguments[a]:
                # ∂_v leader = 0, so ∂_v of the right side must vanish by itself
                weight = (1, rank((a, _raised(leader[1], place))), len(rest), 0)
                self._push(weight, lambda rule=rule, place=place: self._vertical(rule, place))
        self.rules[leader] = rule
        self.by_unknown.setdefault(a, []).append(rule)
        self.by_unknown[a].sort(key=lambda r: (len(r.rest), sum(r.leader[1])))

    def _remove(self, rule: Rule) -> None:
        del self.rules[rule.leader]
        self.by_unknown[rule.leader[0]].remove(rule)

    def _as_form(self, rule: Rule) -> LinearForm:
        form = {t: -c for t, c in rule.rest.items()}
        form[rule.leader] = self.field.one
        return form

    def _push_pair(self, one: Rule, two: Rule) -> None:
        top = tuple(max(i, j) for i, j in zip(one.leader[1], two.leader[1], strict=True))
        a = one.leader[0]
        if any(k and i not in self.where.arguments[a] for i, k in enumerate(top)):
            return
        weight = (1, rank((a, top)), len(one.rest) + len(two.rest), 0)
        self._push(weight, lambda: self._integrability(one, two, (a, top)))

    def _integrability(self, one: Rule, two: Rule, top: Term) -> LinearForm | None:
        if self.rules.get(one.leader) is not one or self.rules.get(two.leader) is not two:
            return None
        difference = dict(self._prolonged(one, top))
        add_multiple(difference, self._prolonged(two, top), self.field.constant(-1))
        return difference

    def _vertical(self, rule: Rule, place: int) -> LinearForm | None:
        if self.rules.get(rule.leader) is not rule:
            return None
        return differentiate(rule.rest, place, self.where)

    def _autoreduce(self) -> None:
        for leader in sorted(self.rules, key=rank):
            rule = self.rules[leader]
            rest = self.normal_form(rule.rest)
            if rest != rule.rest:
                self.rules[leader] = new = Rule(leader, rest)
                rules = self.by_unknown[leader[0]]
                rules[rules.index(rule)] = new

    # -- what the basis says -----------------------------------------------------------------------

    def forms(self) -> list[LinearForm]:
        """The equations of the basis."""
        return [self._as_form(rule) for _, rule in sorted(self.rules.items(), key=lambda item: rank(item[0]))]

    def parametric(self, limit: int = 200) -> list[Term] | None:
        """Derivatives that no leader divides; None if there are infinitely many (or more than `limit`)."""
        found: list[Term] = []
        for a in range(len(self.where.arguments)):
            places = sorted(self.where.arguments[a])
            leaders = [rule.leader[1] for rule in self.by_unknown.get(a, ())]
            for place in places:
                if not any(all(k == 0 for i, k in enumerate(lead) if i != place) for lead in leaders):
                    return None
            frontier = [(0,) * len(self.where.variables)]
            seen = set(frontier)
            while frontier:
                index = frontier.pop()
                if any(_divides(lead, index) for lead in leaders):
                    continue
                found.append((a, index))
                if len(found) > limit:
                    return None
                for place in places:
                    raised = _raised(index, place)
                    if raised not in seen:
                        seen.add(raised)
                        frontier.append(raised)
        return sorted(found, key=rank)


def _negated(key: tuple) -> tuple:
    order, minus_a, index = key
    return (-order, -minus_a, tuple(-k for k in index))


def dependence(variables: Sequence[Symbol], arguments: Iterable[Iterable[Symbol]]) -> Dependence:
    """Positions of the arguments of each unknown among the variables."""
    variables = tuple(variables)
    return Dependence(variables, tuple(frozenset(variables.index(v) for v in given) for given in arguments))
