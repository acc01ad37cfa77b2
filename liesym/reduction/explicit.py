"""Solutions of one equation in solved form, every one of them checked.

In: y^(n) = F. Out: a `Solution` from a textbook's family where one passes the checks, else from what integrals and
symmetries give; what does not pass a substitution and a look with numbers is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sympy import Abs, Add, Eq, Expr, S

from liesym.base.budget import Budget, in_time
from liesym.base.doors import door
from liesym.base.jets import jet_symbol
from liesym.base.typed import equation, expr, over_one_denominator, replaced
from liesym.coefficients.joined import with_joined_roots
from liesym.conservation import first_integrals
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.checked import (
    Checked,
    checked_integral,
    checked_value,
    curve_holds,
    curve_on_side,
    is_real_at_all_points,
    is_real_throughout,
    look_at_value,
    real_where_derived,
    seen_value,
    with_logarithms_of_both_signs,
)
from liesym.reduction.chini import chini_families
from liesym.reduction.covering import holds_every_solution, values_of
from liesym.reduction.disguised import disguised_families
from liesym.reduction.elementary import Curve, Family, Value, constant_values, families
from liesym.reduction.forms import without_signs, written
from liesym.reduction.higher_steps import renamed_constants, with_constants
from liesym.reduction.known_types import named_type
from liesym.reduction.linear import linear_families, riccati_families
from liesym.reduction.quadrature import constants_for, with_real_roots
from liesym.reduction.record import Solution
from liesym.reduction.reduced import reduced_families
from liesym.reduction.second import substituted_families
from liesym.reduction.shares import INTEGRALS, SYMMETRIES
from liesym.reduction.solution import solved, solves
from liesym.reduction.special import with_special
from liesym.reduction.steps import Step
from liesym.reduction.superposition import is_linear
from liesym.solving.algebraic import solve_for
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.testing.second_look import on_main_side

LINEAR = 0.5
"""Of the budget, for the solver of linear equations; symmetries come after."""
LONGER = 0.6
"""Of what is left of the budget, for the integrals and symmetries of an equation of order 1; disguises come after."""
COVERING = 0.3
"""Of what is left of the budget, for the proof that these are all solutions."""
SUBSTITUTIONS = 0.3
"""Of the budget, for a textbook's substitutions in a nonlinear equation of order 2 and above; symmetries come after."""


def solutions_of(system: ODESystem, budget: Budget) -> Solution:
    """A textbook's family where one passes the checks, else what integrals and symmetries give."""
    cut, curve, looked = False, None, ["the substitutions of the textbooks"]
    if system.order == 1:
        found, cut = _first(system, lambda limit: families(system, limit), budget)
        if found is None and not cut:
            looked.append("a linear equation of second order for a Riccati equation")
            found, cut = _first(system, lambda limit: riccati_families(system, limit), budget.share(LINEAR))
        if found is None and not cut:
            looked.append("Chini's equation")
            found, cut = _first(system, lambda limit: chini_families(system, limit), budget.share(LINEAR))
    elif len(system.unknowns) == 1 and is_linear(system):
        looked = ["superposition of elementary and special functions"]
        found, cut = _first(system, lambda limit: linear_families(system, limit), budget.share(LINEAR))
    else:
        found, curve, cut = _shortest(system, budget.share(SUBSTITUTIONS))
    if found is not None:
        return _with_special(system, replace(found, looked=tuple(looked)), budget)
    tried = (*looked, "first integrals", "symmetries", "constant solutions")
    first = system.order == 1
    whole, stopped = _without_end(lambda limit: looked_at(system, None, limit), budget.share(LONGER) if first else budget)
    if whole is None and first:
        tried = (*tried, "Riccati equations in disguise")
        whole, more = _first(system, lambda limit: disguised_families(system, limit), budget)
        stopped = stopped or more
    whole = curve if whole is None else whole
    if whole is not None:
        return _with_special(system, replace(whole, stopped=whole.stopped or cut, looked=tried), budget)
    empty = Solution(None, (), None, None, (), (), system.variables, special=_special(system, ()), looked=tried)
    return replace(empty, notes=in_time(lambda: _named(system, budget), ()), stopped=cut or stopped)


def _with_special(system: ODESystem, found: Solution, budget: Budget) -> Solution:
    """With what is beside the family, or as it is where there is no time for a look at that; whether these are all."""
    whole = in_time(lambda: with_special(system, found, budget), replace(found, stopped=True))
    if whole.complete or whole.stopped or not whole.explicit:
        return whole
    branches = list(zip(values_of(whole.explicit), whole.on or ((),) * len(whole.explicit), strict=True))
    proven = in_time(
        lambda: holds_every_solution(system, branches, values_of(whole.special), whole.constants, budget.share(COVERING)),
        False,
    )
    return replace(whole, complete=proven)


def _named(system: ODESystem, budget: Budget) -> tuple[str, ...]:
    """What an equation without a solution is called, or what it reduces to."""
    generators = (
        () if system.order != 2 or budget.over else find_symmetries(system, budget=SYMMETRIES * budget.left).nontrivial
    )
    name = named_type(system, generators)
    return () if name is None else (name,)


def _without_end(search: Callable[[Budget], Solution | None], budget: Budget) -> tuple[Solution | None, bool]:
    """What a search finds; whether its budget ended it."""
    try:
        return search(budget), False
    except OutOfBudget:
        return None, True


@door("the search for the general solution", ends=True)
def general_solution(
    system: ODESystem, generators: Sequence[Generator] | None = None, *, budget: float = 60.0
) -> Solution | None:
    """The general solution of one equation, from its first integrals, or from symmetries and quadratures.

    Arguments:
        system: one equation of any order.
        generators: symmetries; looked for if None.
        budget: seconds.

    Returns:
        None if neither way goes through.

    Raises:
        Unsupported: more than one unknown.
    """
    if len(system.unknowns) != 1:
        raise Unsupported("general solutions are made for one equation at a time")
    try:
        return looked_at(system, generators, Budget.seconds(budget))
    except OutOfBudget:
        return None


def looked_at(system: ODESystem, generators: Sequence[Generator] | None, budget: Budget) -> Solution | None:
    """The same within a budget whose end is told.

    Raises:
        OutOfBudget: no solution was found in time; with more there may be one.
    """
    if generators is None:
        generators = find_symmetries(system, budget=SYMMETRIES * budget.left).nontrivial
    found = solved(system, generators, budget)
    if found is not None:
        found = _of_solution(system, found)
    if found is None or not found.found:
        found = _by_integral(system, budget)
    if (found is None or not found.found) and system.order == 2:
        found, _ = _first(system, lambda limit: reduced_families(system, generators, limit), budget)
    if found is None or not found.found:
        found = _on_main_side(system, budget)
    return found if found is not None and found.found else None


def _by_integral(system: ODESystem, budget: Budget) -> Solution | None:
    """Order 2 with one integral: I(x, y, y') = C1 solved for y', an equation of order 1 with C1 as a parameter."""
    if system.order != 2:
        return None
    (x, y), (one, two) = system.variables, constants_for(system, 2)
    slope = jet_symbol(y, 1)
    for integral in first_integrals(system, budget=INTEGRALS * budget.left):
        kept: list[Checked] = []
        steps: list[Step] = [Step("a first integral", system, integral, one, constants=(one, two))]
        for rate in solve_for(integral - one, slope, squaring=True):
            inner = with_constants(ODESystem(x, (y,), (2,), (rate,), system.parameters), rate, (one,))
            found = solutions_of(inner, budget.share(LINEAR))
            names = dict(zip(found.constants, (two,), strict=False))
            values = [written(replaced(expr(e.rhs), names), (one, two), x) for e in found.explicit]
            kept += [c for v in values if (c := checked_value(system, v, (one, two))) is not None]
            steps += [Step("so", system, slope, rate, constants=(one,)), *renamed_constants(found.claims, names)]
        if kept and any(c.expression.has(one) and c.expression.has(two) for c in kept):
            found = Solution(None, tuple(equation(y, c.expression) for c in kept), None, None, (one, two), (integral,))
            return replace(
                found,
                variables=system.variables,
                on=tuple(c.on for c in kept),
                special=_special(system, ()),
                claims=tuple(steps),
            )
    return None


def _on_main_side(system: ODESystem, budget: Budget) -> Solution | None:
    """Solutions of the equation as it is on one side of its absolute values, with the side."""
    side = on_main_side(system)
    if side is None:
        return None
    inside = solutions_of(side[0], budget)
    return _of_solution(system, inside) if inside.found else None


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
        return None, stop.ends
    return None, False


def _shortest(system: ODESystem, budget: Budget) -> tuple[Solution | None, Solution | None, bool]:
    """Of the substitutions that pass the checks, the one whose answer is written with the fewest operations; a curve."""
    passed: list[Solution] = []
    curves: list[Solution] = []
    cut = False
    try:
        for lowered in substituted_families(system, budget):
            found, cut = _first(system, lambda limit, them=lowered: them, budget)
            if found is not None and any(e.rhs.free_symbols.issuperset(found.constants) for e in found.explicit):
                passed.append(found)
            elif found is not None and found.parametric is not None:
                curves.append(found)
            if cut:
                break
    except OutOfBudget as stop:
        cut = stop.ends
    curve = curves[0] if curves else None
    return (replace(min(passed, key=_operations), stopped=cut), curve, False) if passed else (None, curve, cut)


def _operations(found: Solution) -> int:
    return sum(expr(e.rhs).count_ops() for e in found.explicit)


def _of_family(system: ODESystem, family: Family) -> Solution:
    constants, y = constants_for(system, system.order), system.unknowns[0]
    values = _written(system, family)
    check = seen_value if family.proven else checked_value
    kept = [c for v in values if (c := check(system, v.expression, constants, v.on)) is not None]
    passed = None if family.integral is None else checked_integral(system, family.integral)
    relation = None if passed is None else _over_one(passed.expression - constants[0])
    whole = family.whole and len(kept) == len(values) and not any(c.on for c in kept)
    whole = whole and all(real_where_derived(system, c.expression) for c in kept)
    whole = whole and bool(kept) and (len(kept) > 1 or _is_real(system, kept[0].expression))
    curves = [] if kept or relation is not None else [_of_curve(system, c, family) for c in family.curves]
    told = [c for c in curves if c is not None]
    if told:
        return replace(told[0], others=tuple(told[1:]), special=_special(system, family.lost))
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
        special=() if is_linear(system) else _special(system, family.lost, family.proven),
        complete=whole,
        claims=family.steps,
    )


def _of_curve(system: ODESystem, curve: Curve, family: Family) -> Solution | None:
    """The curve as it is true, None if it is not."""
    constants = constants_for(system, system.order)
    found = Solution(None, (), (curve.time, curve.height), curve.parameter, constants, (), system.variables)
    passed = _checked_curve(system, found)
    if passed is not None:
        return replace(found, parametric=passed, claims=family.steps)
    sides = curve_on_side(system, curve.time, curve.height, curve.parameter, constants)
    return replace(found, relation_on=sides, claims=family.steps) if sides else None


def _written(system: ODESystem, family: Family) -> Sequence[Value]:
    """The values as they are printed; as they are where a relation beside them has the same constants."""
    if family.integral is not None or is_linear(system):
        return family.values
    constants, x = constants_for(system, system.order), system.independent
    return [Value(written(v.expression, constants, x), v.on) for v in family.values]


def _over_one(relation: Expr) -> Eq:
    """The numerator, if the relation is a quotient."""
    return equation(over_one_denominator(relation)[0] if not relation.has(Abs) else relation)


def _of_solution(system: ODESystem, found: Solution) -> Solution | None:
    """What integrals and symmetries gave, without what does not pass the second look; None if that is nothing."""
    parts = [_of_branch(system, part) for part in (found, *found.others)]
    kept = [part for part in parts if part.found]
    special = () if is_linear(system) else _special(system, ())
    return replace(kept[0], others=tuple(kept[1:]), special=special) if kept else None


def _of_branch(system: ODESystem, found: Solution) -> Solution:
    y, constants = system.unknowns[0], found.constants
    values = dict.fromkeys(written(expr(e.rhs), constants, system.independent) for e in found.explicit)
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
        others=(),
        complete=linear and len(kept) == 1 and not kept[0].on and _is_real(system, kept[0].expression),
    )


def _checked_curve(system: ODESystem, found: Solution) -> tuple[Expr, Expr] | None:
    """The curve in a form that holds for every parameter at which it is real, that which is real at most of them first."""
    if found.parametric is None or found.parameter is None:
        return None
    time, height = found.parametric
    joined = with_joined_roots(time), with_joined_roots(height)
    sided = with_logarithms_of_both_signs(joined[0]), with_logarithms_of_both_signs(joined[1])
    real = _one_sign(time), _one_sign(height)
    for curve in dict.fromkeys((sided, joined, (time, height), real)):
        if curve_holds(system, *curve, found.parameter, found.constants):
            return curve
    return None


def _one_sign(value: Expr) -> Expr:
    """Roots whose product is real as one, and one sign for sign(u) before a root; the curve is checked as it then stands."""
    plain = Add(*(without_signs(expr(term)) for term in Add.make_args(value)))
    return with_real_roots(plain)


def _special(system: ODESystem, lost: Sequence[Expr], proven: bool = False) -> tuple[Eq, ...]:
    """Constant solutions, and those that a step divided by; none where there is no time to check them.

    Arguments:
        system: one equation.
        lost: what was divided by.
        proven: True if that was substituted in another way.
    """
    return in_time(lambda: _special_of(system, lost, proven), ())


def _special_of(system: ODESystem, lost: Sequence[Expr], proven: bool) -> tuple[Eq, ...]:
    y = system.unknowns[0]
    candidates = dict.fromkeys(v.expand() for v in (*constant_values(system), *lost) if not v.has(S.ImaginaryUnit))
    known = [v.expand() for v in lost] if proven else []
    passed = [v for v in candidates if v in known or solves(system, v, ())]
    return tuple(equation(y, v) for v in passed if not look_at_value(system, v, ()).false_on)


def _is_real(system: ODESystem, value: Expr) -> bool:
    """True if a value says something of every side on which the equation is real."""
    return is_real_throughout(system, value) and is_real_at_all_points(system, value)
