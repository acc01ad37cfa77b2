"""`liesym.solve`: solutions first, every one of them checked.

In: an equation as text, as SymPy equations or as a system. Out: `Solution`, whose branches were substituted exactly and
looked at with numbers before they are returned. The substitutions of the textbooks are tried first, then integrals and
symmetries (`solution`). Decimals are carried as names and put back at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Basic, Eq, Expr, S, Symbol, exp

from liesym.base.budget import Budget
from liesym.base.typed import equation, expr, over_one_denominator, replaced
from liesym.errors import OutOfBudget, ParseError, Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_integral, checked_value, curve_holds, look_at_value, with_limits
from liesym.reduction.conditions import decided, fitted, read_conditions
from liesym.reduction.elementary import Family, constant_values, families
from liesym.reduction.quadrature import constants_for
from liesym.reduction.solution import Solution, solved, solves
from liesym.reduction.superposition import is_linear
from liesym.text.spelling import spelled, with_names_for_decimals

Given = str | ODESystem | Eq | Sequence[Basic]


@dataclass(frozen=True, slots=True)
class _Question:
    """One equation, what was taken for granted in reading it, and the numbers that its decimals stand for."""

    system: ODESystem
    notes: tuple[str, ...] = ()
    decimals: tuple[tuple[Symbol, Expr], ...] = ()


def solve(
    system: Given,
    *,
    independent: str | None = None,
    conditions: str | Sequence[str] | None = None,
    branch: int | None = None,
    budget: float = 60.0,
) -> Solution:
    """The solutions of one equation, each of them checked.

    Arguments:
        system: text such as ``"y'' = 1 + y'^2"`` or ``"dy/dx = x*y"``, an `ODESystem`, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and `notes` says how.
        conditions: for example ``"y(0) = 1, y'(0) = 0"``; the constants are fitted to them.
        branch: which solution for the highest derivative to take, where an implicit equation has several.
        budget: seconds.

    Returns:
        Solution: empty where nothing was found, with `stopped` True if the budget ran out.

    Raises:
        ParseError: the text or a condition is not in the grammar.
        NotSolvable: the equation cannot be solved for its highest derivative.
        Unsupported: more than one unknown.

    Source: Ince 1956, chapter 2; Olver 1993, sections 2.5 and 4.3.
    """
    asked = _read(system, independent, branch)
    if len(asked.system.unknowns) != 1:
        raise Unsupported("solutions are found for one equation with one unknown at a time")
    wanted = read_conditions(conditions, asked.system) if conditions else ()
    found = _with_decimals(_solutions(asked.system, Budget.seconds(budget)), asked)
    if wanted:
        found = fitted(found, wanted)
    return _shown(replace(found, notes=(*asked.notes, *asked.system.notes, *found.notes)))


def _read(given: Given, independent: str | None, branch: int | None) -> _Question:
    if isinstance(given, ODESystem):
        if independent not in (None, given.independent.name):
            raise ParseError(f"the system has the independent variable {given.independent.name}; {independent} differs")
        return _Question(given)
    if isinstance(given, str):
        text = spelled(given, independent)
        system = ODESystem.parse(text.text, independent=text.independent, branch=branch)
        named = with_names_for_decimals(text)
        if not named.decimals:
            return _Question(system, text.notes)
        positive = {name: {"positive": True} for name, _ in named.decimals}
        named_system = ODESystem.parse(named.text, independent=named.independent, parameters=positive, branch=branch)
        symbols = {s.name: s for s in named_system.parameter_symbols}
        values = tuple((symbols[name], value) for name, value in named.values.items() if name in symbols)
        return _Question(named_system, text.notes, values)
    equations = [given] if isinstance(given, Basic) else list(given)
    variable = None if independent is None else Symbol(independent, real=True)
    return _Question(ODESystem.from_sympy(equations, independent=variable, branch=branch))


# -- methods -----------------------------------------------------------------------------------------


def _solutions(system: ODESystem, budget: Budget) -> Solution:
    """A textbook's family where one passes the checks, else what integrals and symmetries give."""
    if system.order == 1:
        for family in families(system):
            found = _of_family(system, family)
            if found.found:
                return found
            if budget.over:
                break
    empty = Solution(None, (), None, None, (), (), system.variables, special=_special(system, ()))
    try:
        found = solved(system, None, budget)
    except OutOfBudget:
        return replace(empty, stopped=True)
    return empty if found is None else _of_solution(system, found)


def _of_family(system: ODESystem, family: Family) -> Solution:
    constants, y = constants_for(system, 1), system.unknowns[0]
    kept = [c for v in family.values if (c := checked_value(system, v.expression, constants, v.on)) is not None]
    passed = None if family.integral is None else checked_integral(system, family.integral)
    relation = None if passed is None else _over_one(passed.expression - constants[0])
    whole = family.whole and len(kept) == len(family.values) and not any(c.on for c in kept)
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
    curve = found.parametric
    if curve is not None and found.parameter is not None and not curve_holds(system, *curve, found.parameter, constants):
        curve = None
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
        complete=linear and len(kept) == 1 and not kept[0].on,
    )


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


# -- decimals and form -------------------------------------------------------------------------------


def _with_decimals(found: Solution, asked: _Question) -> Solution:
    """The decimals put back, and with them what is then known of the sides."""
    if not asked.decimals:
        return found
    values = dict(asked.decimals)
    branches = [(replaced(e.rhs, values), tuple(replaced(a, values) for a in on)) for e, on in _branches(found)]
    kept = [(v, sides) for v, on in branches if (sides := decided(on)) is not None and not v.has(S.ImaginaryUnit)]
    y = found.variables[1]
    special = dict.fromkeys(replaced(e.rhs, values) for e in found.special)
    return replace(
        found,
        explicit=tuple(equation(y, v) for v, _ in kept),
        on=tuple(sides for _, sides in kept),
        equation=None if found.equation is None else equation(replaced(found.equation.lhs, values)),
        relation_on=tuple(replaced(a, values) for a in found.relation_on),
        parametric=None if found.parametric is None else tuple(replaced(e, values) for e in found.parametric),
        integrals=tuple(replaced(i, values) for i in found.integrals),
        special=tuple(equation(y, v) for v in special if not v.has(S.ImaginaryUnit)),
    )


def _branches(found: Solution) -> list[tuple[Eq, tuple[Expr, ...]]]:
    return list(zip(found.explicit, found.on, strict=True))


def _shown(found: Solution) -> Solution:
    """Integrals with limits, so that they can be written and evaluated."""
    y = found.variables[1] if found.variables else None
    if y is None:
        return found
    return replace(
        found,
        explicit=tuple(equation(y, with_limits(expr(e.rhs))) for e in found.explicit),
        equation=None if found.equation is None else equation(with_limits(expr(found.equation.lhs))),
        parametric=None if found.parametric is None else tuple(with_limits(e) for e in found.parametric),
    )
