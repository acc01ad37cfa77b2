"""One step in the solution of determining equations by hand: an equation that gives one of the unknown functions.

    ∂_v^n u = 0                u = Σ v^k h_k,  k < n, h_k free of v
    ∂_v^n u = Σ c_j w_j        u = Σ (∫ … ∫ c_j) w_j + Σ v^k h_k,  w_j free of v
    ∂_v^n u + Σ a_k ∂_v^k u = Σ c_j w_j                            a linear ordinary equation in v
    ∂_v^n u = ∂_v^n w          u = w + Σ v^k h_k
    ∂_v ∂_w u = 0              u = f + g,  f free of v, g free of w
    u + w = 0                  u = -w

Each takes one equation alone and gives all its solutions. Source: Hydon 2000, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from liesym.determine.forms import Index, LinearForm, Term
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.pde.general import Annihilator, State, integrated


class Rule(StrEnum):
    """What a step does."""

    ZERO = "zero"
    POLYNOMIAL = "polynomial"
    INTEGRAL = "integral"
    SOLVED = "solved"
    LINEAR = "linear equation"
    DERIVATIVES = "derivatives"
    SUM = "sum"
    COMBINED = "combined"
    CONSEQUENCE = "consequence"
    ENGINE = "engine"


SPACE = {Rule.ZERO: 0, Rule.POLYNOMIAL: 1, Rule.INTEGRAL: 2, Rule.SOLVED: 3, Rule.LINEAR: 4, Rule.DERIVATIVES: 5}
"""In which order the rules are tried along the unknowns of the system."""
TIME = {
    Rule.ZERO: 0,
    Rule.SOLVED: 3,
    Rule.POLYNOMIAL: 6,
    Rule.INTEGRAL: 7,
    Rule.DERIVATIVES: 8,
    Rule.LINEAR: 9,
    Rule.SUM: 10,
}
"""Along the independent variable: later, as the functions of it come out of what is solved along the unknowns."""


@dataclass(frozen=True)
class Move:
    """A step: an unknown, its value as a linear form in others, and the equation that gives it.

    Arguments:
        place: position of the variable that was integrated along, None where none was.
        equation: Σ c t = 0, a consequence of the equations that are left.
        coefficients: of the ordinary equation that was solved, if it was one.
    """

    rule: Rule
    unknown: int
    value: LinearForm
    equation: LinearForm
    place: int | None = None
    coefficients: tuple = ()


Attempt = Callable[[], Move | None]


def attempts(state: State, solver: OdeSolver) -> list[Attempt]:
    """Steps that one of the equations may give, those that a textbook takes first in front; each may turn out to be none."""
    found = [entry for form in state.forms for entry in _of_form(state, form, solver)]
    return [attempt for _, attempt in sorted(found, key=lambda entry: entry[0])]


def _of_form(state: State, form: LinearForm, solver: OdeSolver) -> Iterator[tuple[tuple, Attempt]]:
    indices: dict[int, list[Index]] = {}
    for a, index in form:
        indices.setdefault(a, []).append(index)
    for a, own in sorted(indices.items()):
        own_arguments = state.arguments[a]
        others = [t for t in form if t[0] != a]
        if any(not state.arguments[b] <= own_arguments for b, _ in others):
            continue
        size = sum(map(sum, own)), len(form), -a
        if own == [state.origin]:
            rule = Rule.SOLVED if others else Rule.ZERO
            yield (SPACE[rule], *size), partial(solved_for, form, a)
            continue
        for v in sorted(own_arguments):
            if any(sum(index) != index[v] for index in own):
                continue
            if any(v in state.arguments[b] for b, _ in others):
                if len(own) == 1:
                    yield (_order(Rule.DERIVATIVES, v), *size), partial(_undone, state, form, (a, own[0]), v)
                continue
            plain = len(own) == 1
            rule = Rule.LINEAR if not plain else Rule.INTEGRAL if others else Rule.POLYNOMIAL
            yield (_order(rule, v), *size), partial(along, state, form, a, v, solver, rule)
        if len(form) == 1 and sum(k > 0 for k in own[0]) > 1:
            yield (TIME[Rule.SUM], *size), partial(_summed, state, form, a)


def _order(rule: Rule, place: int) -> int:
    return SPACE[rule] if place else TIME[rule]


def solved_for(form: LinearForm, a: int) -> Move:
    """u itself, which occurs once and without derivatives."""
    (own,) = [t for t in form if t[0] == a]
    inverse = -(form[own].field.constant(1) / form[own])
    value = {t: c * inverse for t, c in form.items() if t != own}
    return Move(Rule.SOLVED if value else Rule.ZERO, a, value, form)


def along(state: State, form: LinearForm, a: int, place: int, solver: OdeSolver, rule: Rule) -> Move | None:
    """The ordinary equation that the form is for u along one variable."""
    order = max(index[place] for b, index in form if b == a)
    lead = form[a, tuple(order if i == place else 0 for i in range(len(state.variables)))]
    coefficients = [state.field.zero] * order
    for (b, index), c in form.items():
        if b == a and index[place] < order:
            coefficients[index[place]] = c / lead
    sources = tuple((t, -c / lead) for t, c in form.items() if t[0] != a)
    found = integrated(state, Annihilator(a, place, tuple(coefficients), sources), solver)
    if found is None or found[1]:
        return None
    return Move(rule, a, found[0], form, place, tuple(coefficients))


def _undone(state: State, form: LinearForm, own: Term, place: int) -> Move | None:
    """∂_v^n u = Σ c ∂_v^m w, m at least n, c free of v: the same without the n derivatives."""
    (a, index), variable = own, state.variables[place]
    order, value = index[place], {}
    for (b, other), c in form.items():
        factor = -c / form[own]
        if (b, other) == own:
            continue
        if other[place] < order or factor.depends_on(variable):
            return None
        value[b, tuple(k - order * (i == place) for i, k in enumerate(other))] = factor
    for k in range(order):
        value[state.new_unknown(state.arguments[a] - {place}), state.origin] = state.field(variable) ** k
    return Move(Rule.DERIVATIVES, a, value, form, place)


def _summed(state: State, form: LinearForm, a: int) -> Move:
    """∂^α u = 0 with several variables: a sum of functions, each a polynomial in one of them."""
    ((_, index),) = form
    value: LinearForm = {}
    for place, order in enumerate(index):
        for k in range(order):
            value[state.new_unknown(state.arguments[a] - {place}), state.origin] = state.field(state.variables[place]) ** k
    return Move(Rule.SUM, a, value, form)
