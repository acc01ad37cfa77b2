"""First integrals from symmetries: ratios of Jacobi's last multipliers, and quadratures with an integrating factor.

With the field D_t = (1, f) on the space of (t, x, …) of dimension N + 1 and N prolonged symmetries, Δ =
det(D_t, X_1, …, X_N) is the reciprocal of a last multiplier. The ratio of two is a first integral, and so is
Δ M with M of known rate D_t log M = -div f. For N = 1, (dx - f dt)/Δ is exact; in the plane, without t, M (f_1 dy - f_2 dx).
Sources: Jacobi 1844; Nucci and Leach 2008; Olver 1993, section 2.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Integral, Pow, S, Symbol, cos, sin

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.bounded import limited
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.conservation.rates import logarithms
from liesym.conservation.spans import coefficient_functions
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import constant_relations
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.operators import depends_only_on, determinant
from liesym.symmetries.generator import Generator

MOST_DETERMINANTS = 12
LARGEST_PHASE_SPACE = 4


def integrals_from_symmetries(
    system: ODESystem, generators: Sequence[Generator], budget: Budget = UNLIMITED
) -> tuple[list[Element], OnSolutions]:
    """Candidates for first integrals, and the field that they are in; each still to be verified.

    Raises:
        OutOfBudget: time or size ran out.
    """
    definitions = {d.name: d for g in generators for d in g.definitions}
    field = jet_field(system, [c for g in generators for c in g.components], tuple(definitions.values()))
    limited(field, budget)
    on = OnSolutions(system, field)
    size = sum(system.orders)
    if size > LARGEST_PHASE_SPACE:
        return [], on
    rows = [_prolonged(g, on) for g in generators if not g.trivial]
    flow = [field.one, *(rate for _, rate in on.rates[1:])]
    determinants: list[Element] = []
    for chosen in itertools.islice(itertools.combinations(rows, size), 4 * MOST_DETERMINANTS):
        value = determinant([flow, *chosen], field)
        if not value.is_zero:
            determinants.append(value)
        if len(determinants) == MOST_DETERMINANTS:
            break
    found = [d / determinants[0] for d in determinants[1:]]
    multiplier = known_multiplier(on, budget)
    if multiplier is not None:
        found += [multiplier * d for d in determinants]
    if size == 1:
        found += [i for d in determinants if (i := _by_quadrature(d, on)) is not None]
    if is_planar(system):
        factors = [field.one / d for d in determinants] + ([] if multiplier is None else [multiplier])
        found += [i for m in factors if (i := planar_integral(m, on)) is not None]
    return found, on


def _prolonged(generator: Generator, on: OnSolutions) -> list[Element]:
    """(ξ, η_i^(k)) in the order of the rates."""
    field = on.field
    components = {v: field(c) for v, c in zip(generator.variables, generator.components, strict=True)}
    prolonged = Derivation(field, components).prolong(on.total, on.space)
    return [prolonged[v] for v in on.space.coordinates]


def known_multiplier(on: OnSolutions, budget: Budget = UNLIMITED) -> Element | None:
    """M with D_t log M = -div f, where log M is a combination of t, logarithms and functions that occur."""
    field, system = on.field, on.system
    divergence = field.zero
    for variable, rate in on.rates[1:]:
        divergence = divergence + rate.diff(variable)
    if divergence.is_zero:
        return field.one
    span = [field(v) for v in field.variables] + logarithms(on, budget)
    span += [e for e in coefficient_functions(on, system.jet_coordinates) if not e.is_constant]
    columns = [(divergence,), *((on.rate(e),) for e in span)]
    for relation in constant_relations(columns, field):
        if 0 in relation:
            exponent = field.zero
            for j, c in relation.items():
                if j:
                    exponent = exponent + span[j - 1] * c / relation[0]
            return _without_half_angles(field.converter.exponential(exponent), field)
    return None


def _without_half_angles(element: Element, field: Field) -> Element:
    """(cos u - 1)^p (cos u + 1)^p = const (sin u)^(2p): a multiplier may be scaled."""
    expression = field.to_expr(element)
    for node in expression.atoms(cos):
        powers = {
            sign: next((f.exp for f in expression.atoms(Pow) if (f.base - sign) in (node, -node)), None) for sign in (1, -1)
        }
        if powers[1] is not None and powers[1] == powers[-1] and not powers[1].is_Integer:
            rest = expression.xreplace(
                {f: S.One for f in expression.atoms(Pow) if (f.base - 1) in (node, -node) or (f.base + 1) in (node, -node)}
            )
            expression = rest * sin(node.args[0]) ** (2 * powers[1])
    return field(expression)


def is_planar(system: ODESystem) -> bool:
    """Two equations of order 1 without t: a last multiplier free of t is an integrating factor."""
    return system.orders == (1, 1) and not any(f.has(system.independent) for f in system.rhs)


def planar_integral(multiplier: Element, on: OnSolutions) -> Element | None:
    """I(x, y) with dI = M (f_1 dy - f_2 dx), where ∂_x(M f_1) + ∂_y(M f_2) = 0 and M is free of t.

    A symmetry of the form η_1 ∂_x + η_2 ∂_y gives M = 1/(f_1 η_2 - f_2 η_1).
    """
    (t, _), (x, f1), (y, f2) = on.rates
    along_y, along_x = multiplier * f1, -(multiplier * f2)
    if multiplier.depends_on(t) or not (along_y.diff(x) - along_x.diff(y)).is_zero:
        return None
    for first, one, second, other in ((y, along_y, x, along_x), (x, along_x, y, along_y)):
        partial = _primitive(one, first, on.field)
        if partial is None:
            continue
        rest = other - partial.diff(second)
        remaining = None if rest.depends_on(first) else _primitive(rest, second, on.field)
        if remaining is not None:
            return partial + remaining
    return None


def _by_quadrature(delta: Element, on: OnSolutions) -> Element | None:
    """∫ (dx - f dt)/Δ for one equation of order 1."""
    field = on.field
    (t, _), (x, f) = on.rates
    along_x = field.one / delta
    first = _primitive(along_x, x, field)
    if first is None:
        return None
    rest = -(f / delta) - first.diff(t)
    if rest.depends_on(x):
        return None
    second = _primitive(rest, t, field)
    return None if second is None else first + second


def _primitive(element: Element, variable: Symbol, field: Field) -> Element | None:
    """∫ element d(variable), unevaluated where no closed form is found and no other variable occurs."""
    found = integrate(element, variable, field)
    if found is not None or not depends_only_on(element, variable, field):
        return found
    return field(Integral(field.to_expr(element), variable))
