"""Case splits: where an expression in the parameters that was divided by vanishes, the dimension may jump.

Each condition `p != 0` of a result is followed to its branch p = 0, solved for one parameter where a factor is linear,
quadratic or a power in it, and analysed again; further values at which a count shows another dimension are branches too
(`liesym.symmetries.special_values`). Arbitrary functions of one variable are probed with forms of few parameters
(linear, power, exponential, logarithm): a form is a case if its dimension exceeds the generic one; what is not probed is
said. Sources: Reid 1991, section 4; Lisle and Reid 2006; Ovsiannikov 1982, section 14.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flint import fmpq, fmpq_poly
from sympy import Dummy, Eq, Expr, Poly, Rational, S, Symbol, exp, log, sqrt
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.listing import Listing
from liesym.base.names import free_symbols_named
from liesym.base.parameters import Parameter
from liesym.base.typed import argument, numbers_of
from liesym.coefficients import Element
from liesym.determine.invariance import determine
from liesym.errors import LiesymError, NotSolvable, OutOfBudget
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.pde.conditions import conditions_of
from liesym.solving.pde.involutive import Basis, dependence
from liesym.symmetries.engine import Analysis, analyze
from liesym.symmetries.results import Case, Result
from liesym.symmetries.search import shares
from liesym.symmetries.special_values import special_values
from liesym.symmetries.state import Report
from liesym.text.writer import write

LOOKED = "looked at the zeros of the expressions that the generic analysis divided by"
SPECIAL = "special values of parameters: "


def classify_cases(
    result: Result, budget: Budget, *, depth: int = 2, report: Report = lambda line: None
) -> tuple[Listing[Case], tuple[str, ...]]:
    """The branches of a result, each analysed; deeper branches below the ones whose dimension differs.

    Arguments:
        result: of the generic system.
        budget: where it ends branching stops; branches not reached are left out, and said.
        depth: how many conditions may be imposed together.

    Returns:
        Cases in the order of the conditions, which say within what they were looked for, and one sentence for each thing
        that was not decided. A branch on which the system is not defined is left out.
    """
    cases: list[Case] = []
    undecided = list(_unprobed(result.system))
    conditions, stops = completion_conditions(result.system, budget)
    undecided += stops
    special, within, stopped = _special_branches(result, conditions, budget)
    undecided += within
    seen: set[ODESystem] = {result.system}
    branches = [*_parameter_branches(result, conditions), *special, *_function_branches(result.system)]
    for place, (assumptions, system) in enumerate(branches):
        if system is None or system in seen:
            continue
        named = ", ".join(map(_equation, assumptions))
        if budget.over:
            undecided.append(f"the case {named} was not reached in the time given")
            continue
        seen.add(system)
        report("case " + named)
        try:
            share = budget.share(1 / (len(branches) - place))
            found, _ = analyze(Analysis(system, result.ansatz, share, lambda line: None))
            stopped = stopped or found.stopped
        except LiesymError as error:
            stopped = stopped or (isinstance(error, OutOfBudget) and error.ends)
            undecided.append(f"the case {named} was not decided: {error}")
            continue
        if _is_probe(assumptions) and not _richer(found, result):
            continue
        children: tuple[Case, ...] = ()
        if depth > 1:
            below, open_below = classify_cases(found, budget, depth=depth - 1, report=report)
            children, stopped = tuple(below), stopped or below.stopped
            undecided += [f"within {named}: {sentence}" for sentence in open_below]
        if _is_probe(assumptions):
            children = tuple(c for c in children if _richer(c.result, found))
        values = tuple((a.lhs, a.rhs) for a in assumptions if isinstance(a, Eq) and isinstance(a.lhs, Symbol))
        cases.append(Case(assumptions, values, found, children))
    return Listing(cases, "; ".join((LOOKED, *undecided)), stopped=stopped or budget.over), tuple(undecided)


def _equation(assumption: Expr) -> str:
    return f"{write(assumption.lhs)} = {write(assumption.rhs)}" if isinstance(assumption, Eq) else str(assumption)


def _unprobed(system: ODESystem) -> Iterator[str]:
    """What the probes of arbitrary functions leave open."""
    for function in system.functions:
        if len(function.args) == 1:
            forms = ", ".join(write(form) for form, _ in _forms(function, system))
            yield (
                f"of {write(function)} these forms were tried, with the argument as it stands and not shifted by a "
                f"constant: {forms}; other special forms are not decided"
            )
        else:
            yield f"special forms of {write(function)}, a function of {len(function.args)} arguments, are not decided"


def _richer(case: Result, generic: Result) -> bool:
    return (case.dimension or 0) > (generic.dimension or 0)


def _is_probe(assumptions: Sequence[Expr]) -> bool:
    return any(isinstance(a, Eq) and isinstance(a.lhs, AppliedUndef) for a in assumptions)


# -- parameters --------------------------------------------------------------------------------------


def _parameter_branches(result: Result, completed: tuple[Expr, ...]) -> Iterator[tuple[tuple[Expr, ...], ODESystem | None]]:
    conditions = dict.fromkeys((*result.conditions, *completed))
    for condition in conditions:
        for symbol, value in solutions_of(argument(condition), result.system.parameter_symbols):
            yield (Eq(symbol, value, evaluate=False),), _substituted(result.system, {symbol: value})


def _special_branches(
    result: Result, completed: tuple[Expr, ...], budget: Budget
) -> tuple[list[tuple[tuple[Expr, ...], ODESystem | None]], tuple[str, ...], bool]:
    """Values at which a count shows another dimension, the sentence that says among which, and whether time cut the look."""
    system = result.system
    if result.dimension is None or not system.parameters or not system.is_finite_type or result.ansatz is not None:
        return [], (), False
    factors = [argument(c) for c in dict.fromkeys((*result.conditions, *completed))]
    found = special_values(system, result.dimension, factors, budget.share(shares.SPECIAL_VALUES))
    branches = [((Eq(v.symbol, v.value, evaluate=False),), _substituted(system, {v.symbol: v.value})) for v in found.values]
    return branches, (f"{SPECIAL}{found.within}",), found.stopped


def completion_factors(system: ODESystem, budget: Budget) -> list[Expr]:
    """The factors in the parameters that completing the determining system divides by."""
    return [argument(c) for c in completion_conditions(system, budget)[0]]


def completion_conditions(system: ODESystem, budget: Budget) -> tuple[tuple[Expr, ...], tuple[str, ...]]:
    """What completing the determining system divides by: where one of these vanishes, the dimension may jump.

    The generators themselves may have been found without completion; the count of the dimension is generic all the same.

    Returns:
        The conditions, and a sentence where the budget ran out or the completion grew too large before they were all known.
    """
    if not system.parameters:
        return (), ()
    determining = determine(system)
    pivots: list[Element] = []
    where = dependence(determining.variables, [u.arguments for u in determining.unknowns])
    basis, stops = Basis(determining.field, where, pivot=pivots.append), ()
    basis.add(determining.equations)
    try:
        with determining.field.within(budget.step(shares.CONDITIONS, shares.CONDITION_TERMS)):
            basis.complete()
    except OutOfBudget as stop:  # the pivots so far are conditions already
        stops = (f"not all conditions on the parameters are known: {stop.note}",)
    return conditions_of(pivots, determining.field, system), stops


def solutions_of(expression: Expr, parameters: Sequence[Symbol]) -> list[tuple[Symbol, Expr]]:
    """Values of one parameter that make the expression vanish: roots of degree 1 and 2, and rational roots.

    The parameter that occurs with the lowest degree is solved for.
    """
    candidates = []
    for symbol in parameters:
        if not expression.has(symbol):
            continue
        try:
            poly = Poly(expression, symbol)
        except PolynomialError:
            continue
        if not any(c.has(symbol) for c in poly.all_coeffs()):
            candidates.append((poly.degree(), symbol.name, symbol, poly))
    if not candidates:
        return []
    degree, _, symbol, poly = min(candidates, key=lambda c: c[:2])
    coefficients = poly.all_coeffs()
    if degree == 1:
        return [(symbol, -coefficients[1] / coefficients[0])]
    if degree == 2:
        a, b, c = coefficients
        root = sqrt(factored(b * b - 4 * a * c))
        if root.is_real is False:
            return []
        return [(symbol, ((-b + s * root) / (2 * a)).expand()) for s in (1, -1)]
    if all(c.is_Rational for c in coefficients):
        return [(symbol, r) for r in _rational_roots(coefficients)]
    return []


def _rational_roots(coefficients: Sequence[Expr]) -> list[Expr]:
    poly = fmpq_poly([_fraction(c) for c in reversed(coefficients)])
    linear = [f for f, _ in poly.factor()[1] if f.degree() == 1]
    return [-Rational(int(f[0].p), int(f[0].q)) / Rational(int(f[1].p), int(f[1].q)) for f in linear]


def _fraction(value: Expr):
    return fmpq(*numbers_of(value))


def _substituted(system: ODESystem, values: Mapping[Symbol, Expr]) -> ODESystem | None:
    try:
        new = system.subs(values)
    except NotSolvable:
        return None
    return None if any(f.has(S.NaN, S.ComplexInfinity, S.Infinity) for f in new.rhs) else new


# -- arbitrary functions -----------------------------------------------------------------------------


def _function_branches(system: ODESystem) -> Iterator[tuple[tuple[Expr, ...], ODESystem | None]]:
    """Probes for each arbitrary function of one argument."""
    functions = [f for f in system.functions if len(f.args) == 1]
    for function in functions:
        for form, names in _forms(function, system):
            rhs = tuple(_replaced(f, function, form) for f in system.rhs)
            parameters = system.parameters + tuple(Parameter(s) for s in names)
            probe = ODESystem(system.independent, system.unknowns, system.orders, rhs, parameters, system.title)
            yield (Eq(function, form, evaluate=False),), probe


def _forms(function: AppliedUndef, system: ODESystem) -> Iterator[tuple[Expr, tuple[Symbol, ...]]]:
    """Linear, power, exponential and logarithmic forms with fresh parameters."""
    a, b, n, k = free_symbols_named(("a", "b", "n", "k"), taken_names(system))
    u: Expr = argument(function)
    yield a * u + b, (a, b)
    yield a * u**n, (a, n)
    yield a * u**-3, (a,)
    yield a * exp(k * u), (a, k)
    yield a * exp(k * u) + b, (a, b, k)
    yield a * log(u), (a,)
    yield a * u * log(u), (a,)


def _replaced(expression: Expr, function: AppliedUndef, form: Expr) -> Expr:
    """The function replaced everywhere, its derivatives carried out."""
    variable = Dummy("s", real=True)
    body = form.subs(function.args[0], variable)
    return expression.replace(function.func, lambda u: body.subs(variable, u)).doit()
