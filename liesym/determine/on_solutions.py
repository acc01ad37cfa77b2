"""The total derivative on solutions, in the coefficient field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sympy import Abs, Expr, S, Symbol, acos, asin, atan, cos, pi, sign, sin, tan

from liesym.base.jets import jet_symbol
from liesym.base.typed import argument, replaced
from liesym.coefficients import Definition, Derivation, Element, Field, Space
from liesym.determine.forms import LinearForm, UnknownFunction, add_to
from liesym.model.system import ODESystem


def jet_field(system: ODESystem, extra: Sequence[Expr] = (), definitions: Sequence[Definition] = ()) -> Field:
    """A coefficient field over (t, x, free jet coordinates) that holds the right sides and `extra`."""
    variables = (*system.variables, *system.jet_coordinates)
    expressions = [*system.rhs, *extra]
    return Field.build(expressions, variables, system.parameter_symbols, definitions, system.jet_coordinates)


def on_side(system: ODESystem, side: Sequence[Expr]) -> ODESystem:
    """The equations with signs and absolute values as they are where all of `side` is positive."""
    if not side:
        return system
    system = replace(system, rhs=tuple(with_signs_of(f, side) for f in system.rhs))  # as they were read
    field = jet_field(system)
    return replace(system, rhs=tuple(with_signs_of(field.to_expr(field(f)), side) for f in system.rhs))


def with_signs_of(expression: Expr, side: Sequence[Expr]) -> Expr:
    """|u| and sign(u) as they are where all of `side` is positive."""
    signs = {**dict.fromkeys(side, S.One), **{-a: S.NegativeOne for a in side}}
    found = {n: signs[argument(n)] for n in expression.atoms(Abs, sign) if argument(n) in signs}
    rule = {n: s * argument(n) if isinstance(n, Abs) else s for n, s in found.items()}
    rule |= {n: u for n, u, inside in _own_inverses(expression) if set(inside) <= set(side)}
    return replaced(expression, rule)


def on_principal_ranges(expressions: Sequence[Expr]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """asin(sin(u)), acos(cos(u)) and atan(tan(u)) written as u, and what is positive where they are: π/2 - u and π/2 + u."""
    found = [one for e in expressions for one in _own_inverses(e)]
    inside = tuple(dict.fromkeys(a for _, _, both in found for a in both))
    return tuple(replaced(e, {n: u for n, u, _ in found}) for e in expressions), inside


def _own_inverses(expression: Expr) -> list[tuple[Expr, Expr, tuple[Expr, Expr]]]:
    """(the node, u, what is positive in its range)."""
    nodes = sorted(expression.atoms(*RANGES), key=str)
    made = [(n, argument(n), RANGES[n.func]) for n in nodes]
    return [(n, argument(w), (high - argument(w), argument(w) - low)) for n, w, (f, low, high) in made if isinstance(w, f)]


RANGES: Mapping[Any, tuple[Any, Expr, Expr]] = MappingProxyType(
    {asin: (sin, -pi / 2, pi / 2), acos: (cos, S.Zero, pi), atan: (tan, -pi / 2, pi / 2)}
)
"""Inverse function -> (the function, the ends of its range)."""


class OnSolutions:
    """D_t on solutions, for elements and for linear forms."""

    def __init__(self, system: ODESystem, field: Field) -> None:
        self.system, self.field = system, field
        self.rhs = [field(f) for f in system.rhs]
        self.space = Space.of(system.independent, system.unknowns, [n - 1 for n in system.orders])
        self.total = Derivation.total(field, self.space, self.rhs)
        self.velocities = [self.velocity(j, 1) for j in range(len(system.unknowns))]

    @property
    def rates(self) -> list[tuple[Symbol, Element]]:
        """(v, D_t v) for every variable v of the field."""
        return list(self.total.components.items())

    def velocity(self, j: int, k: int) -> Element:
        """x_j^(k) on solutions."""
        system = self.system
        if k < system.orders[j]:
            return self.field(jet_symbol(system.unknowns[j], k))
        value = self.rhs[j]
        for _ in range(k - system.orders[j]):
            value = self.rate(value)
        return value

    def rate(self, element: Element) -> Element:
        """D_t of an element."""
        return self.total.apply(element)

    def form_rate(self, form: LinearForm, unknowns: Sequence[UnknownFunction]) -> LinearForm:
        """D_t of Σ c u_α: Σ D_t(c) u_α + c (u_{α+t} + Σ x_j' u_{α+x_j})."""
        result: LinearForm = {}
        flows = [self.field.one, *self.velocities]
        variables = self.system.variables
        allowed = {a: set(unknowns[a].arguments) for a in {a for a, _ in form}}
        for (a, index), coefficient in form.items():
            add_to(result, (a, index), self.rate(coefficient))
            for place, velocity in enumerate(flows):
                if variables[place] in allowed[a]:
                    raised = tuple(k + (p == place) for p, k in enumerate(index))
                    add_to(result, (a, raised), coefficient * velocity)
        return result
