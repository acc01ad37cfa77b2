"""General solutions of scalar equations from first integrals and symmetries.

A linear equation is solved by superposition of the functions that its symmetries add. N functionally
independent first integrals I_k = C_k solve an equation of order N: eliminating the derivatives leaves one relation
between t and y. With a symmetry X and one integral that X leaves alone, an equation of order 2 is solved by quadrature:
in canonical coordinates I(r, w) = C_1 gives w, and s = ∫ w dr + C_2. Two symmetries bring it to one of Lie's canonical
forms; one of higher order is reduced until that is done.
Source: Olver 1993, sections 2.5 and 4.3.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from sympy import Eq, Expr, Integral, Mul, Poly, Pow, S, Symbol, acos, asin, atan, cos, nan, resultant, sin, zoo

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.typed import coefficients_in, equation, expr, over_one_denominator, replaced, substituted
from liesym.coefficients.bounded import limited
from liesym.coefficients.field import FAILURES, Field
from liesym.coefficients.joined import with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.conservation import first_integrals
from liesym.conservation.modes import linear_integrals
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import is_first_integral
from liesym.errors import TooLarge, Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.canonical import CanonicalForm, canonical_forms
from liesym.reduction.higher_steps import canonical_steps, integral_steps, reduction_steps, superposition_steps
from liesym.reduction.order import Reduction, reduce_order
from liesym.reduction.quadrature import antiderivative, constants_for, follows_curve
from liesym.reduction.record import Solution
from liesym.reduction.shares import INTEGRALS, SYMMETRIES
from liesym.reduction.superposition import constants_in, is_linear, superposition
from liesym.solving.algebraic import holds_somewhere, solve_for
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries


def solved(system: ODESystem, generators: Sequence[Generator] | None, budget: Budget) -> Solution | None:
    """The general solution from first integrals, or from symmetries and quadratures; None if neither way goes through.

    It is right for formal roots and logarithms; on which side is for the second look to say.

    Raises:
        OutOfBudget: no solution was found in time; with more there may be one.
    """
    if generators is None:
        generators = find_symmetries(system, budget=SYMMETRIES * budget.left).nontrivial
    found = by_superposition(system, generators)
    if found is not None:
        return found
    integrals = first_integrals(system, budget=INTEGRALS * budget.left, generators=generators)
    for chosen in _independent_sets([_of_linear(system, budget), integrals], system):
        budget.check("elimination of derivatives")
        with suppress(TooLarge):  # of others there may be less to eliminate
            found = by_elimination(system, chosen, budget)
            if found is not None:
                return replace(found, claims=integral_steps(system, chosen, found.constants, generators))
    for found in _by_symmetries(system, generators, integrals, budget):
        return found
    return None


def _of_linear(system: ODESystem, budget: Budget) -> Sequence[Expr]:
    """The integrals of a linear system; none of one that is too large."""
    try:
        return linear_integrals(system, budget)
    except TooLarge:
        return ()


def _by_symmetries(
    system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr], budget: Budget
) -> Iterator[Solution]:
    """Parametric solutions, one method after the other."""
    if system.order == 2:
        attempts = itertools.chain(
            (by_quadrature(system, g, i, budget) for g, i in itertools.product(generators, integrals)),
            (by_canonical_form(form) for form in canonical_forms(system, generators, budget)),
        )
    else:
        attempts = (by_reduction(system, g, budget) for g in generators)
    for found in attempts:
        if found is not None:
            yield found
        budget.check("general solution")


def _independent_sets(groups: Sequence[Sequence[Expr]], system: ODESystem) -> Iterator[tuple[Expr, ...]]:
    """As many functionally independent integrals of one group as the order says."""
    for chosen in itertools.chain(*(itertools.combinations(group, system.order) for group in groups)):
        field = jet_field(system, chosen)
        if gradient_rank([field(i) for i in chosen], field) == system.order:
            yield chosen


def by_superposition(system: ODESystem, generators: Sequence[Generator]) -> Solution | None:
    """A linear equation: y = y_0 + Σ C_k φ_k."""
    parts = superposition(system, generators) if is_linear(system) else None
    if parts is None:
        return None
    (basis, start), constants = parts, constants_for(system, system.order)
    value = start + sum((c * e for c, e in zip(constants, basis, strict=True)), start=S.Zero)
    if not solves(system, value, constants):
        return None
    y, integrals = system.unknowns[0], constants_in(basis, start, system)
    steps = superposition_steps(system, basis, start)
    return Solution(equation(y - value), (equation(y, value),), None, None, constants, integrals, claims=steps)


# -- elimination -------------------------------------------------------------------------------------


def by_elimination(system: ODESystem, integrals: Sequence[Expr], budget: Budget = UNLIMITED) -> Solution | None:
    """I_k = C_k with the derivatives eliminated, the highest first, by resultants or substitution."""
    constants = constants_for(system, system.order)
    y = system.unknowns[0]
    relations = [i - c for i, c in zip(integrals, constants, strict=True)]
    for k in range(system.order - 1, 0, -1):
        budget.check("elimination of derivatives")
        eliminated = _without(relations, jet_symbol(y, k))
        if eliminated is None:
            return None
        relations = eliminated
    field = limited(Field.build(relations, (*system.variables, *constants), system.parameter_symbols), budget)
    shown = _without_powers(field.to_expr(field(relations[0])))
    inserted = dict(zip(constants, integrals, strict=True))
    factors = [f for f in Mul.make_args(shown) if _vanishes(replaced(f, inserted), system)]
    if not factors:
        return None
    shown = Mul(*factors)
    explicit = tuple(equation(y, value) for value in solve_for(shown, y, squaring=True) if solves(system, value, constants))
    return Solution(equation(with_joined_roots(shown)), explicit, None, None, constants, tuple(integrals))


def _vanishes(relation: Expr, system: ODESystem) -> bool:
    """A factor of the relation, with C_k = I_k: zero for every solution, unlike the factors that elimination adds."""
    try:
        field = jet_field(system, [relation])
        return field(relation).is_zero
    except FAILURES:
        return False


def _without(relations: Sequence[Expr], name: Symbol) -> list[Expr] | None:
    """n relations as n - 1 that do not hold the name."""
    free = [r for r in relations if not r.has(name)]
    held = [r for r in relations if r.has(name)]
    if not held:
        return None
    held.sort(key=lambda r: (_degree(r, name), r.count_ops()))
    first, *others = held
    for other in others:
        value = _eliminated(first, other, name)
        if value is None:
            return None
        free.append(value)
    return free


def _degree(relation: Expr, name: Symbol) -> int:
    """In the name, of the numerator; large if it is not polynomial."""
    top = over_one_denominator(relation)[0].expand()
    return len(coefficients_in(top, name)) - 1 if top.is_polynomial(name) else 99


def _without_powers(relation: Expr) -> Expr:
    """Multiplicities of factors removed, and factors that are single symbols."""
    result: Expr = S.One
    for factor in Mul.make_args(factored(relation)):
        base = factor.base if isinstance(factor, Pow) else factor
        if not base.is_Symbol and not base.is_number:
            result *= base
    return result


def _eliminated(one: Expr, two: Expr, name: Symbol) -> Expr | None:
    tops = [over_one_denominator(e)[0].expand() for e in (one, two)]
    if all(t.is_polynomial(name) for t in tops):
        value = resultant(Poly(tops[0], name), Poly(tops[1], name))
        return None if value == 0 else _without_powers(value.as_expr())
    for a, b in ((one, two), (two, one)):
        for value in solve_for(a, name):
            inserted = b.subs(name, value)
            if not inserted.has(nan, zoo):
                return inserted
    return None


def solves(system: ODESystem, value: Expr, constants: Sequence[Symbol]) -> bool:
    """y = value inserted in the equation."""
    t, y = system.variables
    derivatives, slope = {}, value
    for k in range(system.order):
        derivatives[jet_symbol(y, k)] = slope
        slope = partial_derivative(slope, t)
    defect = _opened(slope - system.rhs[0].xreplace(derivatives))
    try:
        vanishes = Field.build([defect], (t, *constants), system.parameter_symbols)(defect).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False
    # roots are algebraic in the field; their branch is seen at real places
    return vanishes and (not defect.has(Pow) or holds_somewhere(defect))


def _opened(value: Expr) -> Expr:
    """sin and cos of multiples of inverse functions as polynomials: sin(2 asin u) = 2 u sqrt(1 - u²)."""
    inverse = [n for n in value.atoms(sin, cos) if n.has(asin, acos, atan)]
    return replaced(value, {n: expr(n.expand(trig=True)) for n in inverse})


# -- quadrature --------------------------------------------------------------------------------------


def by_quadrature(system: ODESystem, generator: Generator, integral: Expr, budget: Budget) -> Solution | None:
    """Order 2: reduce by X, express the integral by (r, w), solve I(r, w) = C_1 for w, and integrate."""
    if not is_first_integral(integral, system):
        raise Unsupported(f"{integral} is no first integral")
    try:
        reduction = reduce_order(system, generator)
        inside = reduction.in_new(integral)
    except FAILURES:
        return None
    constants = constants_for(system, 2)
    r, s = reduction.coordinates.new
    w = reduction.reduced.unknowns[0]
    branches: list[Solution] = []
    for value in solve_for(inside - constants[0], w):
        slope = reduction.slope.subs(w, value)
        height = antiderivative(slope, r, constants, budget) + constants[1]
        first, second = (e.subs(s, height) for e in reduction.coordinates.backward)
        if follows_curve(system, first, second, r, constants):
            steps = reduction_steps(reduction, constants, inside, value)
            relation = _relation(reduction, height)
            branches.append(Solution(relation, (), (first, second), r, constants, (integral,), claims=steps))
    return replace(branches[0], others=tuple(branches[1:])) if branches else None


def by_canonical_form(form: CanonicalForm) -> Solution | None:
    """Order 2 with two symmetries: the quadratures of Lie's canonical form."""
    one, two = constants_for(form.original, 2)
    curve = form.parametric((one, two))
    if curve is None:
        return None
    return Solution(None, (), curve, form.argument, (one, two), (), claims=canonical_steps(form, (one, two)))


def by_reduction(system: ODESystem, generator: Generator, budget: Budget) -> Solution | None:
    """Order 3 and above: the equation of lower order is solved for w(r), and s = ∫ ds/dr dr."""
    budget.check("reduction of the order")
    try:
        reduction = reduce_order(system, generator)
    except FAILURES:
        return None
    inner = solved(reduction.reduced, None, budget)
    if inner is None:
        return None
    w, (r, s) = reduction.reduced.unknowns[0], reduction.coordinates.new
    constants = (*inner.constants, constants_for(system, system.order)[-1])
    for place, value, parameter in _curves(inner, r):
        slope = reduction.slope.subs(w, value) * place.diff(parameter)
        height = antiderivative(slope, parameter, constants, budget) + constants[-1]
        first, second = (substituted(e, {r: place, s: height}, at_once=True) for e in reduction.coordinates.backward)
        if follows_curve(system, first, second, parameter, constants):
            steps = (*reduction_steps(reduction, constants, None, None), *inner.claims)
            return Solution(None, (), (first, second), parameter, constants, (), claims=steps)
    return None


def _curves(solution: Solution, r: Symbol) -> Iterator[tuple[Expr, Expr, Symbol]]:
    """(independent variable, unknown, parameter) of the branches of a solution."""
    for branch in solution.explicit:
        yield r, expr(branch.rhs), r
    if solution.parametric is not None and solution.parameter is not None:
        yield *solution.parametric, solution.parameter


def _relation(reduction: Reduction, height: Expr) -> Eq | None:
    """s(t, y) = height(r(t, y)), for a height without an unevaluated integral."""
    forward = reduction.coordinates.forward
    if forward is None or height.has(Integral):
        return None
    r = reduction.coordinates.new[0]
    return equation(forward[1] - height.subs(r, forward[0]))
