"""What the methods for linear equations share: the field, the names they gave, and what they assumed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import sympy as sp
from sympy import Symbol

from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.solving.ode.exponents import Exponent
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.operators import Coefficients, depends_only_on


@dataclass
class Workspace:
    """The field, and what is collected while equations over it are solved.

    Arguments:
        field: the coefficient field, whose budget is kept.
        allow_names: introduce named solutions psi_k where no closed form is found.
        taken: names that are in use.
        names_early: names are preferred to the closed form of an intricate equation.
        definitions: of the named solutions.
        named: equation and its named solutions.
        pivots: elements that are assumed not to vanish.
    """

    field: Field
    allow_names: bool = False
    taken: frozenset[str] = frozenset()
    names_early: bool = False
    definitions: list[Definition] = dataclass_field(default_factory=list)
    named: list[tuple[Coefficients, list[Element]]] = dataclass_field(default_factory=list)
    pivots: list[Element] = dataclass_field(default_factory=list)

    def check_budget(self) -> None:
        """Go on only within the budget of the field.

        Raises:
            TimeIsUp: it ran out.
            TooLarge: the step has done all the operations that it may.
        """
        what = "solution of an ordinary differential equation of the determining system"
        self.field.budget.check(what)
        self.field.budget.spend(0, what)

    def assume_distinct(self, exponents: Sequence[Exponent]) -> None:
        """Solutions that belong to different exponents are independent only while these differ."""
        for i, one in enumerate(exponents):
            if one.imaginary is not None:
                self.pivots.append(one.imaginary)
            for other in exponents[:i]:
                if one.imaginary is None and other.imaginary is None:
                    self.pivots.append(one.real - other.real)

    def integral(self, w: Element, v: Symbol) -> Element | None:
        """∫ w dv in closed form, else by name."""
        found = integrate(w, v, self.field)
        return self.named_integral(w, v) if found is None else found

    def named_integral(self, w: Element, v: Symbol) -> Element | None:
        """∫ w dv as a kernel, where w holds no other variable."""
        if not self.allow_names or not depends_only_on(w, v, self.field):
            return None
        return self.field(sp.Integral(self.field.to_expr(w), v))

    def name_solutions(self, a: Coefficients, v: Symbol) -> list[Element]:
        """A fundamental set psi_1 … psi_n of just this equation, whose coefficients hold no variable other than v."""
        for coefficients, known in self.named:
            if len(coefficients) == len(a) and all((p - q).is_zero for p, q in zip(coefficients, a, strict=True)):
                return known
        result = [self._new_name(a, v) for _ in a]
        self.named.append((a, result))
        return result

    def _new_name(self, a: Coefficients, v: Symbol) -> Element:
        field = self.field
        function = sp.Function(self._fresh_name())(v)
        terms = []
        for k, c in enumerate(a):
            derivative = sp.Derivative(function, (v, k)) if k else function
            terms.append(-field.to_expr(c) * derivative)
        definition = Definition(function, len(a), sp.Add(*terms))
        self.definitions.append(definition)
        field.converter.definitions[definition.name] = definition
        return field(function)

    def _fresh_name(self) -> str:
        used = self.taken | {d.name for d in self.definitions} | set(self.field.converter.definitions)
        return next(f"psi{k}" for k in itertools.count(1) if f"psi{k}" not in used)
