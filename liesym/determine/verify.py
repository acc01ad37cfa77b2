"""Exact verification by substitution: the last word on every generator and every first integral.

The prolongation is written out here a second time, on purpose: what `Derivation.prolong` and the determining system get
wrong must not pass this check by being wrong in the same way. Only D_t on solutions is shared.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, S

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.jets import jet_symbol
from liesym.coefficients import Element, Field
from liesym.coefficients.bounded import limited
from liesym.coefficients.parts import by_roots
from liesym.determine.on_solutions import OnSolutions, jet_field, on_side, with_signs_of
from liesym.model.generators import VectorField
from liesym.model.reading import in_names_of
from liesym.model.system import ODESystem


def remainder(generator: VectorField, system: ODESystem) -> tuple[Expr, ...]:
    """η_i^(n_i) - X F_i on solutions, all 0 exactly if X is a symmetry where its `on` is positive.

    Raises:
        AnsatzError: the generator is over other variables than the system.
        Unsupported: a function that the coefficient field has no rule for.
    """
    generator = generator.over(system.variables, system.parameter_symbols)
    system = on_side(system, generator.on)
    components = [with_signs_of(c, generator.on) for c in generator.components]
    field = jet_field(system, components, generator.definitions)
    elements = [field(c) for c in components]
    return tuple(S.Zero if r.is_zero else field.to_expr(r) for r in remainder_elements(elements, system, field))


def remainder_elements(components: Sequence[Element], system: ODESystem, field: Field) -> list[Element]:
    """The same in the field: components are (ξ, η_1, …, η_m)."""
    on = OnSolutions(system, field)
    xi = components[0]
    stretch = on.rate(xi)
    prolonged: list[list[Element]] = []
    for i, n in enumerate(system.orders):
        row = [components[i + 1]]
        for k in range(1, n + 1):
            row.append(on.rate(row[-1]) - on.velocity(i, k) * stretch)
        prolonged.append(row)
    result = []
    for i, n in enumerate(system.orders):
        value = prolonged[i][n]
        if not xi.is_zero:
            value = value - xi * on.rhs[i].diff(system.independent)
        for j, (x, order) in enumerate(zip(system.unknowns, system.orders, strict=True)):
            for k in range(order):
                if not prolonged[j][k].is_zero:
                    value = value - on.rhs[i].diff(jet_symbol(x, k)) * prolonged[j][k]
        result.append(value)
    return result


def is_trivial(generator: VectorField, system: ODESystem) -> bool:
    """True for ρ (∂_t + f·∂_x) of a first-order system x' = f: η = ξ f, seen from how it is written or computed."""
    generator = generator.over(system.variables, system.parameter_symbols)
    if all(eta == generator.xi * f for eta, f in zip(generator.components[1:], system.rhs, strict=True)):
        return True
    parts = [*generator.components, *system.rhs]
    field = Field.build(parts, system.variables, system.parameter_symbols, generator.definitions)
    xi = field(generator.xi)
    return all((field(eta) - xi * field(f)).is_zero for eta, f in zip(generator.components[1:], system.rhs, strict=True))


def is_first_integral(integral: Expr, system: ODESystem, budget: Budget = UNLIMITED, *, on: Sequence[Expr] = ()) -> bool:
    """True if D_t I = 0 on solutions where all of `on` is positive, decided exactly.

    Raises:
        OutOfBudget: not decided within the budget.
    """
    return total_rate(with_signs_of(in_names_of(system, integral), on), on_side(system, on), budget) == 0


def total_rate(integral: Expr, system: ODESystem, budget: Budget = UNLIMITED) -> Expr:
    """D_t I on solutions; 0 exactly for a first integral I(t, x, x', …).

    Raises:
        OutOfBudget: not found within the budget.
    """
    integral = in_names_of(system, integral)
    field = limited(jet_field(system, (integral,)), budget)
    on = OnSolutions(system, field)
    terms = [field(term) for term in Add.make_args(integral)]
    if sum(s.kind == "root" for s in field.slots) > 1 and _vanishes_by_roots(terms, on):
        return S.Zero
    value = on.rate(sum(terms, start=field.zero))
    return S.Zero if value.is_zero else field.to_expr(value)


def _vanishes_by_roots(terms: Sequence[Element], on: OnSolutions) -> bool:
    """True if D_t Σ terms has no part along any monomial of roots: each sum is over a small denominator of its own."""
    field, sums = on.field, {}
    rates = [(v, list(by_roots(following, field).values())) for v, following in on.rates]
    for term in terms:
        for variable, parts in rates:
            partial = term.diff(variable)
            for part in parts if not partial.is_zero else ():
                for key, summand in by_roots(partial * part, field).items():
                    sums[key] = sums.get(key, field.zero) + summand
    return all(total.is_zero for total in sums.values())
