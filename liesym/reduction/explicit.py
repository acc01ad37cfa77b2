"""Solutions of one equation in solved form, every one of them checked.

In: y^(n) = F. Out: a `Solution` from a textbook's family where one passes the checks, else from what integrals and
symmetries give; what does not pass a substitution and a look with numbers is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sympy import Abs, Eq, Expr, S, Symbol, exp

from liesym.base.budget import Budget
from liesym.base.typed import equation, expr, over_one_denominator
from liesym.coefficients.joined import with_joined_roots
from liesym.errors import OutOfBudget, TimeIsUp
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_integral, checked_value, curve_holds, is_real_throughout, look_at_value
from liesym.reduction.elementary import Family, constant_values, families
from liesym.reduction.linear import linear_families, riccati_families
from liesym.reduction.quadrature import constants_for
from liesym.reduction.solution import Solution, solved, solves
from liesym.reduction.superposition import is_linear

LINEAR = 0.5
"""Of the budget, for the solver of linear equations; symmetries come after."""


def solutions_of(system: ODESystem, budget: Budget) -> Solution:
    """A textbook's family where one passes the checks, else what integrals and symmetries give."""
    cut = False
    if system.order == 1:
        found, cut = _first(system, lambda limit: families(system), budget)
        if found is None and not cut:
            found, cut = _first(system, lambda limit: riccati_families(system, limit), budget.share(LINEAR))
    elif len(system.unknowns) == 1 and is_linear(system):
        found, cut = _first(system, lambda limit: linear_families(system, limit), budget.share(LINEAR))
    else:
        found = None
    if found is not None:
        return found
    empty = Solution(None, (), None, None, (), (), system.variables, special=_special(system, ()), stopped=cut)
    try:
        whole = solved(system, None, budget)
    except OutOfBudget:
        return replace(empty, stopped=True)
    return empty if whole is None else _of_solution(system, whole)


def _first(
    system: ODESystem, found_in: Callable[[Budget], Iterable[Family]], budget: Budget
) -> tuple[Solution | None, bool]:
    """The first family that passes the checks; whether time cut the search for it."""
    try:
        for family in found_in(budget):
            found = _of_family(system, family)
            if found.found:
                return found, False
            if budget.over:
                return None, True
    except OutOfBudget as stop:
        return None, isinstance(stop, TimeIsUp)
    return None, False


def _of_family(system: ODESystem, family: Family) -> Solution:
    constants, y = constants_for(system, system.order), system.unknowns[0]
    kept = [c for v in family.values if (c := checked_value(system, v.expression, constants, v.on)) is not None]
    passed = None if family.integral is None else checked_integral(system, family.integral)
    relation = None if passed is None else _over_one(passed.expression - constants[0])
    whole = family.whole and len(kept) == len(family.values) and not any(c.on for c in kept)
    whole = whole and bool(kept) and (len(kept) > 1 or is_real_throughout(system, kept[0].expression))
    return Solution(
        relation,
        tuple(equation(y, c.expression) for c in kept),
        None,
        None,
        constants,
        (),
        system.variables,
        on=tuple(c.on for c in kept),
        relation_on=() if passed is None else passed.on,
        special=() if is_linear(system) else _special(system, family.lost),
        complete=whole,
    )


def _over_one(relation: Expr) -> Eq:
    """The numerator, if the relation is a quotient."""
    return equation(over_one_denominator(relation)[0] if not relation.has(Abs) else relation)


def _of_solution(system: ODESystem, found: Solution) -> Solution:
    """What integrals and symmetries gave, without what does not pass the second look."""
    y, constants = system.unknowns[0], found.constants
    values = dict.fromkeys(_absorbed(expr(e.rhs), constants) for e in found.explicit)
    kept = [c for v in values if (c := checked_value(system, v, constants)) is not None]
    passed = [checked_integral(system, i) for i in found.integrals]
    sides = tuple(dict.fromkeys(a for p in passed if p is not None for a in p.on))
    curve = _checked_curve(system, found)
    told = found.equation is not None and (None not in passed and (bool(passed) or curve is not None or bool(kept)))
    linear = is_linear(system)
    told = told and not (kept and (linear or values != dict.fromkeys(expr(e.rhs) for e in found.explicit)))
    return replace(
        found,
        equation=found.equation if told else None,
        relation_on=sides if told else (),
        explicit=tuple(equation(y, c.expression) for c in kept),
        on=tuple(c.on for c in kept),
        parametric=curve,
        parameter=None if curve is None else found.parameter,
        variables=system.variables,
        special=() if linear else _special(system, ()),
        complete=linear and len(kept) == 1 and not kept[0].on and is_real_throughout(system, kept[0].expression),
    )


def _checked_curve(system: ODESystem, found: Solution) -> tuple[Expr, Expr] | None:
    """The curve in a form that holds for every parameter at which it is real, that with one root for a product first."""
    if found.parametric is None or found.parameter is None:
        return None
    time, height = found.parametric
    for curve in dict.fromkeys(((with_joined_roots(time), with_joined_roots(height)), (time, height))):
        if curve_holds(system, *curve, found.parameter, found.constants):
            return curve
    return None


def _absorbed(value: Expr, constants: Sequence[Symbol]) -> Expr:
    """C for exp(C), where the constant occurs nowhere else."""
    for constant in constants:
        free = expr(value.replace(exp(constant), constant))
        if free != value and not expr(value.replace(exp(constant), S.One)).has(constant):
            value = free
    return value


def _special(system: ODESystem, lost: Sequence[Expr]) -> tuple[Eq, ...]:
    """Constant solutions, and those that a step divided by."""
    y = system.unknowns[0]
    candidates = dict.fromkeys(v.expand() for v in (*constant_values(system), *lost) if not v.has(S.ImaginaryUnit))
    passed = [v for v in candidates if solves(system, v, ())]
    return tuple(equation(y, v) for v in passed if not look_at_value(system, v, ()).false_on)
