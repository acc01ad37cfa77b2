"""Infinitesimals of a stated shape: combinations, with given coefficients, of unknown functions of fewer variables.

The shape [F(x), P(x) y + Q(x)], the Riccati shape [0, A(x) y² + B(x) y + C(x)] or an affine field with coefficients that
depend on time turn the determining system into one for F, P, Q, … that splits by the variables they do not depend on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from liesym.base.budget import Budget
from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, Index, LinearForm, UnknownFunction, add_multiple
from liesym.solving.pde.general import solve_general
from liesym.solving.pde.involutive import Dependence, differentiate


@dataclass(frozen=True)
class Pattern:
    """Infinitesimal a is Σ_j components[a][j] w_j with unknown functions w_j of arguments[j].

    Arguments:
        name: as it is reported, e.g. ``[F(x), P(x)*y + Q(x)]``.
        arguments: of each unknown function.
        components: for each infinitesimal, unknown function -> coefficient.
    """

    name: str
    arguments: tuple[tuple[Symbol, ...], ...]
    components: tuple[Mapping[int, Element], ...]


@dataclass(frozen=True)
class PatternSolution:
    """Infinitesimals of the shape, as expressions so that they do not depend on the field they were found in."""

    vectors: tuple[tuple[Expr, ...], ...]
    complete: bool
    reason: str
    pivots: tuple[Element, ...]
    definitions: tuple[Definition, ...]
    families: tuple[tuple[tuple[Expr, ...], tuple[tuple[Expr, tuple[Expr, ...]], ...]], ...] = ()
    stopped: bool = False


def restricted_to(determining: Determining, pattern: Pattern) -> Determining:
    """The determining system for the unknown functions of the pattern."""
    variables = determining.variables
    places = {v: i for i, v in enumerate(variables)}
    where = Dependence(variables, tuple(frozenset(places[v] for v in a) for a in pattern.arguments))
    origin = (0,) * len(variables)
    known: dict[tuple[int, Index], LinearForm] = {
        (a, origin): {(j, origin): e for j, e in part.items() if not e.is_zero} for a, part in enumerate(pattern.components)
    }

    def derivative(a: int, index: Index) -> LinearForm:
        if (a, index) not in known:
            place = max(i for i, k in enumerate(index) if k)
            lower = tuple(k - (i == place) for i, k in enumerate(index))
            known[a, index] = differentiate(derivative(a, lower), place, where)
        return known[a, index]

    equations = []
    for form in determining.equations:
        total: LinearForm = {}
        for (a, index), c in form.items():
            add_multiple(total, derivative(a, index), c)
        if total:
            equations.append(total)
    unknowns = tuple(
        UnknownFunction(f"w{j}", variables[0], tuple(v for v in variables if v in a))
        for j, a in enumerate(pattern.arguments)
    )
    return replace(determining, unknowns=unknowns, equations=tuple(equations), conditions=())


def solve_pattern(
    determining: Determining,
    pattern: Pattern,
    *,
    budget: Budget,
    taken: frozenset[str] = frozenset(),
) -> PatternSolution:
    """All infinitesimals of the pattern, as far as its functions can be integrated within the budget."""
    field = determining.field
    found = solve_general(restricted_to(determining, pattern), budget=budget, taken=taken)
    vectors = [tuple(field.to_expr(c) for c in in_shape(pattern, values, field)) for values in found.vectors]
    families = tuple(
        (tuple(_combined(part, values, determining) for part in pattern.components), arbitrary)
        for values, arbitrary in found.families
    )
    definitions, stopped = found.definitions, found.stopped
    return PatternSolution(tuple(vectors), found.complete, found.reason, found.pivots, definitions, families, stopped)


def in_shape(pattern: Pattern, values: Sequence[Element], field: Field) -> tuple[Element, ...]:
    """The infinitesimals with these unknown functions."""
    components = []
    for part in pattern.components:
        total = field.zero
        for j, e in part.items():
            total = total + e * values[j]
        components.append(total)
    return tuple(components)


def _combined(part: Mapping[int, Element], values: Sequence[Expr], determining: Determining) -> Expr:
    total: Expr = values[0] * 0
    for j, e in part.items():
        if values[j] != 0:
            total += determining.field.to_expr(e) * values[j]
    return total
