"""Linear forms in unknown functions and their derivatives: what a determining system is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from flint import fmpz_mpoly
from sympy import Add, Derivative, Expr, Function, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients import Element, Field
from liesym.coefficients.clearing import cleared
from liesym.model.system import ODESystem

Index = tuple[int, ...]


Term = tuple[int, Index]


LinearForm = dict[Term, Element]


MOST_TOGETHER = 64
"""Terms of the product of an equation's denominators, beyond which it is written with them."""
MOST_WRITTEN = 6000  # terms of a determining system that are still written out
WRITING = "writing of the determining equations"


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """An infinitesimal that is looked for: its name, the variable it belongs to, and what it may depend on."""

    name: str
    variable: Symbol
    arguments: tuple[Symbol, ...]

    @property
    def applied(self) -> AppliedUndef:
        return Function(self.name)(*self.arguments)


@dataclass(frozen=True, slots=True)
class DeterminingSystem:
    """Linear homogeneous PDEs for the infinitesimals.

    Arguments:
        variables: (t, x_1, …, x_m), the independent variables of the PDEs.
        unknowns: one for ξ, one for each η_i.
        conditions: the invariance conditions before splitting, one an equation of the system; all must vanish for
            every value of the jet coordinates.
        equations: after splitting, free of jet coordinates.
    """

    variables: tuple[Symbol, ...]
    unknowns: tuple[UnknownFunction, ...]
    conditions: tuple[Expr, ...]
    equations: tuple[Expr, ...]


@dataclass(frozen=True)
class Determining:
    """The same in the coefficient field, as the solver uses it."""

    field: Field
    variables: tuple[Symbol, ...]
    unknowns: tuple[UnknownFunction, ...]
    conditions: tuple[LinearForm, ...]
    equations: tuple[LinearForm, ...]

    @cached_property
    def polynomial(self) -> tuple[LinearForm, ...]:
        """The equations with polynomial coefficients, free of a common factor.

        Raises:
            OutOfBudget: the field works within a budget, and it is over or a product is too large to be begun.
        """
        return tuple(dict(zip(f, map(self.field.of_poly, cleared(f)), strict=True)) for f in self.equations)

    @cached_property
    def slots(self) -> frozenset[int]:
        """Slots of the field that occur in the polynomial equations."""
        return frozenset(i for form in self.polynomial for c in form.values() for i in self.field.slots_of(c))

    @cached_property
    def slots_before(self) -> frozenset[int]:
        """Slots of the field that occur in the conditions."""
        return frozenset(i for form in self.conditions for c in form.values() for i in self.field.slots_of(c))

    def public(self, system: ODESystem | None = None, budget: Budget = UNLIMITED) -> DeterminingSystem:
        """As SymPy expressions.

        Arguments:
            system: of first order and with nothing split; equations that would take too long to write out are then
                left in terms of its right sides.
            budget: what writing them may take.

        Raises:
            OutOfBudget: there was no time to write them out.
        """
        terms = sum(len(c.num) + len(c.den) for form in self.equations for c in form.values())
        if system is not None and terms > MOST_WRITTEN:
            lines = []
            for i in range(len(system.rhs)):
                budget.check(WRITING)
                lines.append(condition_of_rates(system, self.unknowns, i))
            return DeterminingSystem(self.variables, self.unknowns, tuple(lines), tuple(lines))
        with self.field.within(budget):
            conditions = tuple(map(self.expression, self.conditions))
            ready = self.__dict__.get("polynomial") or (None,) * len(self.equations)  # the solver has them, mostly
            equations = tuple(map(self.expression, map(self.shown, self.equations, ready)))
        return DeterminingSystem(self.variables, self.unknowns, conditions, equations)

    def shown(self, form: LinearForm, ready: LinearForm | None = None) -> LinearForm:
        """The equation without denominators and common factors, unless the product of many is long."""
        denominators: list[fmpz_mpoly] = []
        for c in form.values():
            if c.den not in denominators:
                denominators.append(c.den)
        if prod(map(len, denominators)) > MOST_TOGETHER:
            return form
        return positive(ready or dict(zip(form, map(self.field.of_poly, cleared(form)), strict=True)))

    def expression(self, form: LinearForm) -> Expr:
        """Σ coefficient * derivative of the unknown function."""
        terms: list[Expr] = []
        for (a, index), coefficient in sorted(form.items(), key=lambda item: item[0]):
            function = self.unknowns[a].applied
            along = [(v, k) for v, k in zip(self.variables, index, strict=True) if k]
            derivative = Derivative(function, *along) if along else function
            terms.append(self.field.to_expr(coefficient) * derivative)
            self.field.budget.check(WRITING)
        return Add(*terms)


def condition_of_rates(system: ODESystem, unknowns: Sequence[UnknownFunction], i: int) -> Expr:
    """D η_i - f_i D ξ - Σ η_j ∂f_i/∂x_j - ξ ∂f_i/∂t with D = ∂_t + f·∂_x, for equation i of a first-order system."""
    xi, *etas = (u.applied for u in unknowns)
    f, t = system.rhs[i], system.independent

    def along(u: Expr) -> Expr:
        steps = zip(system.unknowns, system.rhs, strict=True)
        return Derivative(u, t) + Add(*(rate * Derivative(u, x) for x, rate in steps))

    moved = Add(*(eta * f.diff(x) for x, eta in zip(system.unknowns, etas, strict=True)))
    return along(etas[i]) - f * along(xi) - moved - xi * f.diff(t)


def positive(form: LinearForm) -> LinearForm:
    """The equation with the opposite sign where the numerators of all its coefficients begin with a negative number."""
    negative = all(c.num.leading_coefficient() < 0 for c in form.values() if not c.is_zero)
    return {term: -c for term, c in form.items()} if negative else form


def add_to(form: LinearForm, term: Term, value: Element) -> None:
    """form[term] += value, dropping zeros."""
    if value.is_zero:
        return
    total = form[term] + value if term in form else value
    if total.is_zero:
        del form[term]
    else:
        form[term] = total


def add_multiple(form: LinearForm, other: LinearForm, factor: Element) -> None:
    """form += factor * other."""
    if factor.is_zero:
        return
    for term, coefficient in other.items():
        add_to(form, term, coefficient * factor)


def apply_form(form: LinearForm, values: Sequence[Element], variables: Sequence[Symbol], field: Field) -> Element:
    """The linear form with the unknown functions replaced by elements: Σ c ∂^α value."""
    cache: dict[Term, Element] = {}

    def derivative(a: int, index: Index) -> Element:
        if (a, index) not in cache:
            place = next((p for p, k in enumerate(index) if k), None)
            if place is None:
                cache[a, index] = values[a]
            else:
                lower = tuple(k - (p == place) for p, k in enumerate(index))
                cache[a, index] = derivative(a, lower).diff(variables[place])
        return cache[a, index]

    total = field.zero
    for (a, index), coefficient in form.items():
        total = total + coefficient * derivative(a, index)
    return total
