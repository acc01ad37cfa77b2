"""`liesym.solve`: solutions first, every one of them checked.

In: equations as text, as SymPy equations or as a system. Out: `Solution`, whose branches were substituted exactly and
looked at with numbers before they are returned. The substitutions of the textbooks are tried first, then integrals and
symmetries (`solution`). Decimals are carried as names and put back at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sympy import Basic, Eq, Expr, S, Symbol

from liesym.base.budget import Budget, in_time
from liesym.base.doors import door
from liesym.base.typed import equation, expr, replaced
from liesym.model.implicit import ImplicitEquation
from liesym.model.reading import Given, read_given
from liesym.model.system import ODESystem
from liesym.reduction.conditions import Condition, decided, read_conditions
from liesym.reduction.covering import divisors, lost_at, values_of
from liesym.reduction.implicit import solutions_of_implicit
from liesym.reduction.quadrature import constants_for, with_limits
from liesym.reduction.record import Solution
from liesym.reduction.sides import solutions_on_sides
from liesym.reduction.system_solution import SystemSolution, system_solution
from liesym.reduction.systems import Found, solutions_of_system
from liesym.reduction.through_places import system_through_places, through_places
from liesym.text import write
from liesym.text.equations import read_residuals
from liesym.text.formats.recognized import form_of_text, is_path, read_model
from liesym.text.formats.written import equation_lines
from liesym.text.from_sympy import residuals_from_sympy
from liesym.text.solved import Residuals
from liesym.text.spelling import spelled, with_names_for_decimals

Answer = TypeVar("Answer")
FAMILY = 0.8
"""Of the budget, for the family whose constants conditions say."""


@dataclass(frozen=True, slots=True)
class _Question:
    """An equation or a system, what was taken for granted in reading it, and the numbers that its decimals stand for.

    `system` is a frame with the variables and the parameters where the equation is implicit.
    """

    system: ODESystem
    notes: tuple[str, ...] = ()
    decimals: tuple[tuple[Symbol, Expr], ...] = ()
    implicit: ImplicitEquation | None = None


@door("the search for solutions")
def solve(
    system: Given,
    *,
    independent: str | None = None,
    conditions: str | Sequence[str] | None = None,
    branch: int | None = None,
    budget: float = 60.0,
) -> Solution:
    """The solutions of an equation or a system, each of them checked.

    Arguments:
        system: text such as ``"y'' = 1 + y'^2"`` or ``"dy/dx = x*y"``, an `ODESystem`, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and `notes` says how.
        conditions: for example ``"y(0) = 1, y'(0) = 0"``; the constants are fitted to them.
        branch: which solution for the highest derivative to take, where an implicit equation has several.
        budget: seconds.

    Returns:
        Solution: empty where nothing was found, with `stopped` True if the budget ran out; of a system a `SystemSolution`.

    Raises:
        ParseError: the text or a condition is not in the grammar.
        NotSolvable: the equation cannot be solved for its highest derivative.

    Source: Ince 1956, chapter 2; Olver 1993, sections 2.5 and 4.3.
    """
    asked = _read(system, independent, branch)
    frame = asked.system
    known = frame.variables, frame.orders, frame.parameter_symbols
    wanted = read_conditions(conditions, *known) if conditions else ()
    limit = Budget.seconds(budget)
    if len(frame.unknowns) != 1:
        return _of_system(asked, wanted, limit)
    share = limit.share(FAMILY) if wanted else limit
    found = _with_decimals(_within(limit, lambda: _found(asked, share), _nothing(frame)), asked)
    if wanted:
        found = through_places(found, _in_numbers(frame, dict(asked.decimals)), wanted, limit, asked.implicit is None)
    divided = _divided(found, frame)
    return _shown(replace(found, notes=(*asked.notes, *asked.system.notes, *divided, *found.notes)))


def _divided(found: Solution, system: ODESystem) -> Iterator[str]:
    """What of the parameters an answer divides by and the equation does not."""
    if system.parameter_symbols:
        values = values_of((*found.explicit, *found.special))
        of_equation = set(divisors(system.rhs, system.parameter_symbols))
        factors = [f for f in divisors(values, system.parameter_symbols) if f not in of_equation]
        if factors:
            yield f"the answer holds where {_told(factors)} not 0"
        lost = [f for f in lost_at(found.constants, values, system) if f not in (*of_equation, *factors)]
        if found.complete and lost:
            yield f"the family holds all solutions where {_told(lost)} not 0"


def _told(factors: Sequence[Expr]) -> str:
    return f"{', '.join(map(write, factors))} {'is' if len(factors) == 1 else 'are'}"


def _within(budget: Budget, search: Callable[[], Answer], nothing: Answer) -> Answer:
    """What a search finds in its time, its zero tests and looks at points included."""
    with budget.extended().around():
        return in_time(search, nothing)


def _nothing(system: ODESystem) -> Solution:
    return Solution(None, (), None, None, (), (), system.variables, stopped=True)


def _of_system(asked: _Question, wanted: Sequence[Condition], budget: Budget) -> SystemSolution:
    nothing = Found((), (), (), constants_for(asked.system, sum(asked.system.orders)), False, (), True)
    found = system_solution(asked.system, _within(budget, lambda: solutions_of_system(asked.system, budget), nothing))
    values = dict(asked.decimals)
    found = found.over(lambda e: with_limits(replaced(e, values)))
    if wanted:
        found = system_through_places(found, _in_numbers(asked.system, values), wanted)
    return replace(found, notes=(*asked.notes, *asked.system.notes, *found.notes))


def _found(asked: _Question, budget: Budget) -> Solution:
    if asked.implicit is None:
        return solutions_on_sides(asked.system, budget)
    return solutions_of_implicit(asked.implicit, budget)


def _read(given: Given, independent: str | None, branch: int | None) -> _Question:
    if isinstance(given, str) and not is_path(given):
        return _read_text(given, independent, branch)
    equations = [given] if isinstance(given, Basic) else [] if isinstance(given, ODESystem | str | Path) else list(given)
    ours = [e for e in equations if isinstance(e, Basic)]
    if ours and branch is None and len(ours) == len(equations):
        variable = None if independent is None else Symbol(independent, real=True)
        implicit = _implicit(residuals_from_sympy(ours, independent=variable))
        if implicit is not None:
            return _Question(implicit.solved(), implicit=implicit)
    return _Question(*read_given(given, independent, branch))


def _read_text(given: str, independent: str | None, branch: int | None) -> _Question:
    """With a name for every decimal, which is put back at the end."""
    if form_of_text(given) != "text":
        model = read_model(given, independent=independent, branch=branch)
        given, independent = "\n".join(equation_lines(model)), model.form.independent.name
    text = spelled(given, independent)
    named = with_names_for_decimals(text)
    positive = {name: {"positive": True} for name, _ in named.decimals}
    read = read_residuals(named.text, independent=named.independent, parameters=positive)
    symbols = {p.name: p.symbol for p in read.parameters}
    values = tuple((symbols[name], value) for name, value in named.values.items() if name in symbols)
    implicit = None if branch is not None else _implicit(read)
    if implicit is not None:
        return _Question(implicit.solved(), (*text.notes, *read.notes), values, implicit)
    system = ODESystem.parse(named.text, independent=named.independent, parameters=positive, branch=branch)
    return _Question(system, text.notes, values)


def _implicit(read: Residuals) -> ImplicitEquation | None:
    """One equation of first order that y' enters in more than one way."""
    found = ImplicitEquation.from_residuals(read)
    return None if found is None or found.is_linear_in_slope else found


def _in_numbers(system: ODESystem, values: Mapping[Symbol, Expr]) -> ODESystem:
    """With the decimals in place of their names."""
    return replace(system, rhs=tuple(replaced(f, values) for f in system.rhs))


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
        others=tuple(_with_decimals(o, asked) for o in found.others),
        claims=tuple(step.over(values) for step in found.claims),
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
        others=tuple(_shown(o) for o in found.others),
        claims=tuple(step.written(with_limits) for step in found.claims),
    )
