"""General solutions of scalar equations from first integrals and symmetries.

N functionally independent first integrals I_k = C_k solve an equation of order N: eliminating the
derivatives leaves one relation between t and y. With a symmetry X and one integral that X leaves alone, an
equation of order 2 is solved by quadrature: in canonical coordinates I(r, w) = C_1 gives w, and s = ∫ w dr +
C_2. Source: Olver 1993, sections 2.5 and 4.3.
"""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportReturnType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Eq, Expr, Integral, Mul, Poly, S, Symbol, resultant

from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.conservation import first_integrals
from liesym.conservation.rates import linear_integrals
from liesym.conservation.select import gradient_rank
from liesym.determine import jet_field
from liesym.errors import Unsupported
from liesym.generators import Generator
from liesym.jets import jet_symbol
from liesym.reduction.order import Reduction, reduce_order
from liesym.reduction.solving import solve_for
from liesym.solve.integrate import integrate
from liesym.system import ODESystem
from liesym.verify import is_first_integral


@dataclass(frozen=True, slots=True)
class Solution:
    """The general solution of a scalar equation.

    Arguments:
        equation: the relation between t, y and the constants, or None for a parametric solution.
        explicit: branches y = …, where the relation was solved; each was checked by substitution.
        parametric: (t, y) as functions of the parameter r and the constants, or None.
        parameter: r.
        constants: C1, C2, ….
        integrals: I_k with I_k = C_k on solutions.
    """

    equation: Eq | None
    explicit: tuple[Eq, ...]
    parametric: tuple[Expr, Expr] | None
    parameter: Symbol | None
    constants: tuple[Symbol, ...]
    integrals: tuple[Expr, ...]


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
    deadline = time.monotonic() + budget
    if generators is None:
        from liesym.pipeline import find_symmetries

        generators = find_symmetries(system, budget=budget / 2).nontrivial
    left = max(deadline - time.monotonic(), 1.0)
    integrals = first_integrals(system, budget=left / 2, generators=generators)
    for chosen in (
        *_independent_sets(linear_integrals(system), system),
        *_independent_sets(integrals, system),
    ):
        found = by_elimination(system, chosen)
        if found is not None:
            return found
    if system.order != 2:
        return None
    for generator, integral in itertools.product(generators, integrals):
        found = by_quadrature(system, generator, integral)
        if found is not None:
            return found
    return None


def constants_for(system: ODESystem, count: int) -> tuple[Symbol, ...]:
    """C1, C2, …, with underscores if a name is in use."""
    taken = {s.name for s in (*system.variables, *system.parameter_symbols)}
    names = []
    for k in range(1, count + 1):
        name = f"C{k}"
        while name in taken:
            name += "_"
        names.append(Symbol(name, real=True))
    return tuple(names)


def _independent_sets(integrals: Sequence[Expr], system: ODESystem) -> Iterator[tuple[Expr, ...]]:
    for chosen in itertools.combinations(integrals, system.order):
        field = jet_field(system, chosen)
        if gradient_rank([field(i) for i in chosen], field) == system.order:
            yield chosen


# -- elimination -------------------------------------------------------------------------------------


def by_elimination(system: ODESystem, integrals: Sequence[Expr]) -> Solution | None:
    """I_k = C_k with the derivatives eliminated, the highest first, by resultants or substitution."""
    constants = constants_for(system, system.order)
    y = system.unknowns[0]
    relations = [i - c for i, c in zip(integrals, constants, strict=True)]
    for k in range(system.order - 1, 0, -1):
        eliminated = _without(relations, jet_symbol(y, k))
        if eliminated is None:
            return None
        relations = eliminated
    relation = relations[0]
    field = Field.build([relation], (*system.variables, *constants), system.parameter_symbols)
    shown = _without_powers(field.to_expr(field(relation)))
    explicit = tuple(Eq(y, value) for value in solve_for(shown, y) if _solves(system, value, constants))
    return Solution(Eq(shown, 0), explicit, None, None, constants, tuple(integrals))


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
    top = relation.together().as_numer_denom()[0].expand()
    return int(top.as_poly(name).degree()) if top.is_polynomial(name) else 99


def _without_powers(relation: Expr) -> Expr:
    """Multiplicities of factors removed, and factors that are single symbols."""
    result: Expr = S.One
    for factor in Mul.make_args(relation.factor()):
        base = factor.base if factor.is_Pow else factor
        if not base.is_Symbol and not base.is_number:
            result *= base
    return result


def _eliminated(one: Expr, two: Expr, name: Symbol) -> Expr | None:
    tops = [e.together().as_numer_denom()[0].expand() for e in (one, two)]
    if all(t.is_polynomial(name) for t in tops):
        value = resultant(Poly(tops[0], name), Poly(tops[1], name))
        return None if value == 0 else _without_powers(value.as_expr())
    for a, b in ((one, two), (two, one)):
        for value in solve_for(a, name):
            return b.subs(name, value)
    return None


def _solves(system: ODESystem, value: Expr, constants: Sequence[Symbol]) -> bool:
    """y = value inserted in the equation."""
    t, y = system.variables
    derivatives = {y: value}
    for k in range(1, system.order):
        derivatives[jet_symbol(y, k)] = value.diff(t, k)
    defect = value.diff(t, system.order) - system.rhs[0].xreplace(derivatives)
    try:
        return Field.build([defect], (t, *constants), system.parameter_symbols)(defect).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False


# -- quadrature --------------------------------------------------------------------------------------


def by_quadrature(system: ODESystem, generator: Generator, integral: Expr) -> Solution | None:
    """Order 2: reduce by X, express the integral by (r, w), solve I(r, w) = C_1 for w, and integrate."""
    if not is_first_integral(integral, system):
        raise Unsupported(f"{integral} is no first integral")
    try:
        reduction = reduce_order(system, generator)
        inside = reduction.in_new(integral)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    constants = constants_for(system, 2)
    r, s = reduction.coordinates.new
    w = reduction.reduced.unknowns[0]
    for value in solve_for(inside - constants[0], w):
        slope = reduction.slope.subs(w, value)
        height = _antiderivative(slope, r, constants) + constants[1]
        parametric = tuple(e.subs(s, height) for e in reduction.coordinates.backward)
        return Solution(_relation(reduction, height), (), (parametric[0], parametric[1]), r, constants, (integral,))
    return None


def _antiderivative(slope: Expr, r: Symbol, constants: Sequence[Symbol]) -> Expr:
    """∫ slope dr, unevaluated if it is not found."""
    try:
        field = Field.build([slope], (r, *constants))
        found = integrate(field(slope), r, field)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return Integral(slope, r)
    return Integral(slope, r) if found is None else field.to_expr(found)


def _relation(reduction: Reduction, height: Expr) -> Eq | None:
    """s(t, y) = height(r(t, y)), for a height without an unevaluated integral."""
    forward = reduction.coordinates.forward
    if forward is None or height.has(Integral):
        return None
    r = reduction.coordinates.new[0]
    return Eq(forward[1] - height.subs(r, forward[0]), S.Zero)
