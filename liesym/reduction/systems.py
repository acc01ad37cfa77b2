"""Systems: blocks one after the other, each linear with a constant matrix, one equation, or two that one elimination joins.

    x' = F(t, x)               a block that holds no later unknown is solved first, and its solution inserted
    x' = a(t) A x + b(t)       `linear_systems`
    x' = F(t, x, y), y' = G    y = φ(t, x, x'), x'' = D_t F, where F can be solved for y
    I_k(t, x) = C_k            as many functionally independent integrals as there are constants, else those that were found
    F(t, c) = 0                constant solutions

What is returned was substituted in every equation and looked at with numbers. Source: Ince 1956, chapter 6; Olver 1993,
section 2.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Dummy, Eq, Expr, Integral, Mul, Poly, S, Symbol, factor_terms, resultant, trigsimp

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.parameters import Parameter
from liesym.base.typed import equation, expr, over_one_denominator, replaced
from liesym.coefficients import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.conservation import first_integrals
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import jet_field
from liesym.errors import LiesymError, OutOfBudget, Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.explicit import solutions_of
from liesym.reduction.higher_steps import linear_system_steps
from liesym.reduction.linear_systems import linear_family
from liesym.reduction.quadrature import constants_for
from liesym.reduction.steps import Step, defects_of
from liesym.solving.algebraic import solve_for
from liesym.testing.realpoints import look
from liesym.text import write

BLOCK, INTEGRALS = 0.5, 0.6
"""Of what is left of the budget, for one block, and for first integrals."""
MOST_FAMILIES = 8
MOST_POINTS, MOST_DEGREE = 64, 4
"""Families of branches, constant solutions, and degrees of polynomials, that are followed at most."""
Values = Mapping[Symbol, Expr]


@dataclass(frozen=True, slots=True)
class _Part:
    """Values of the unknowns of some blocks, not yet checked.

    Arguments:
        values: of the unknowns, in t and constants.
        constants: invented symbols.
        on: what is positive where it holds.
        whole: True if it is proven that the parts beside it leave no other.
        notes: where that is so, in sentences.
        claims: the way to them.
    """

    values: tuple[tuple[Symbol, Expr], ...] = ()
    constants: tuple[Symbol, ...] = ()
    on: tuple[Expr, ...] = ()
    whole: bool = True
    notes: tuple[str, ...] = ()
    claims: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a system.

    Arguments:
        families: values of all unknowns in their order, with what is positive where they hold.
        points: values of the constant solutions, which may hold constants where there are curves of them.
        relations: I_k = C_k.
        constants: C1, C2, ….
        complete: True if it is proven that the families are all solutions.
        notes: where they are, in sentences.
        stopped: True if the budget ran out.
        claims: the way to the first family, not yet checked.
        looked: the methods that were tried.
    """

    families: tuple[tuple[tuple[Expr, ...], tuple[Expr, ...]], ...]
    points: tuple[tuple[Expr, ...], ...]
    relations: tuple[Eq, ...]
    constants: tuple[Symbol, ...]
    complete: bool
    notes: tuple[str, ...]
    stopped: bool
    claims: tuple[Step, ...] = ()
    looked: tuple[str, ...] = ()


def solutions_of_system(system: ODESystem, budget: Budget) -> Found:
    """Families of all unknowns, constant solutions, or as many relations as were found.

    Arguments:
        system: two equations or more, of any orders.
        budget: of all blocks.
    """
    stopped = False
    try:
        parts = _of_blocks(system, budget)
    except OutOfBudget:
        parts, stopped = [], True
    count = sum(system.orders)
    constants = constants_for(system, count)
    families, whole, notes, claims = [], bool(parts), {}, ()
    for part in parts:
        names = dict(zip(part.constants, constants, strict=False))
        values = [replaced(dict(part.values)[u], names) for u in system.unknowns]
        on = tuple(replaced(e, names) for e in part.on)
        try:
            passed = _checked(system, values, constants, on)
        except OutOfBudget:
            passed, stopped = None, True
        whole = whole and part.whole and passed is not None and not passed[1]
        notes |= dict.fromkeys(part.notes)
        if passed is not None:
            families.append(passed)
            claims = claims or tuple(_named_constants(step, names) for step in part.claims)
    points: tuple[tuple[Expr, ...], ...] = ()
    if not (families and _is_linear(system)):
        try:
            points = tuple(p for p in _points(system, constants, budget) if not _is_in_a_family(p, families, constants))
        except OutOfBudget:
            stopped = True
    looked = ("blocks one after the other, linear ones by the exponential of their matrix", "constant solutions")
    relations: tuple[Eq, ...] = ()
    if not families:
        looked = (*looked, "first integrals")
        try:
            pairs = list(zip(_integrals(system, budget), constants, strict=False))
            relations = tuple(equation(i, c) for i, c in pairs)
            claims = tuple(Step("a first integral", system, i, c, constants=constants) for i, c in pairs)
        except OutOfBudget:
            stopped = True
    stopped = stopped or (not families and len(relations) < count and budget.over)
    return Found(
        tuple(families), points, relations, constants, whole, tuple(notes) if families else (), stopped, claims, looked
    )


def _named_constants(step: Step, names: Mapping[Symbol, Symbol]) -> Step:
    """With C1, C2, … for invented constants."""
    parameters = tuple(replace(p, symbol=names.get(p.symbol, p.symbol)) for p in step.system.parameters)
    moved = step.over(names)
    constants = tuple(names.get(c, c) for c in step.constants)
    return replace(moved, system=replace(moved.system, parameters=parameters), constants=constants)


# -- blocks ------------------------------------------------------------------------------------------


def _of_blocks(system: ODESystem, budget: Budget) -> list[_Part]:
    """One block after the other, every branch of each; empty if one is not solved."""
    whole = list(_of_linear(system, budget)) if _is_linear(system) else []
    if whole:
        return whole
    parts = [_Part()]
    for block in _blocks(system):
        following: list[_Part] = []
        for part in parts:
            budget.check("blocks of a system")
            found = list(_of_block(_inserted(system, block, part), budget.share(BLOCK)))
            if not found:
                return []
            following += [_joined(part, one) for one in found]
        parts = following
        if len(parts) > MOST_FAMILIES:
            return []
    return parts


def _blocks(system: ODESystem) -> list[list[int]]:
    """Numbers of the unknowns that depend on each other, those first that depend on no later one."""
    import networkx as nx

    names = {
        jet_symbol(u, k): i for i, (u, n) in enumerate(zip(system.unknowns, system.orders, strict=True)) for k in range(n)
    }
    links = nx.DiGraph()
    links.add_nodes_from(range(len(system.unknowns)))
    links.add_edges_from((names[s], i) for i, f in enumerate(system.rhs) for s in f.free_symbols if s in names)  # type: ignore[index]
    condensed = nx.condensation(links)
    order = nx.lexicographical_topological_sort(condensed, key=lambda c: min(condensed.nodes[c]["members"]))
    return [sorted(condensed.nodes[c]["members"]) for c in order]


def _inserted(system: ODESystem, block: Sequence[int], known: _Part) -> ODESystem:
    """The equations of a block, earlier unknowns as they are known and their constants as parameters."""
    rule: dict[Symbol, Expr] = {}
    for name, value in known.values:
        for k in range(system.order + 1):
            rule[jet_symbol(name, k)] = value
            value = partial_derivative(value, system.independent)
    unknowns, orders = (tuple(of[i] for i in block) for of in (system.unknowns, system.orders))
    rhs = tuple(replaced(system.rhs[i], rule) for i in block)
    parameters = (*system.parameters, *map(Parameter, known.constants))
    return ODESystem(system.independent, unknowns, orders, rhs, parameters)  # type: ignore[arg-type]


def _joined(one: _Part, two: _Part) -> _Part:
    return _Part(
        (*one.values, *two.values),
        (*one.constants, *two.constants),
        (*one.on, *two.on),
        one.whole and two.whole,
        tuple(dict.fromkeys((*one.notes, *two.notes))),
        (*one.claims, *two.claims),
    )


def _of_block(system: ODESystem, budget: Budget) -> Iterator[_Part]:
    """The branches of one block; the first method that gives any."""
    if len(system.unknowns) == 1:
        yield from _of_one(system, budget)
        return
    found = list(_of_linear(system, budget))
    yield from found or _of_two(system, budget)


def _fresh(constants: Sequence[Symbol]) -> dict[Symbol, Symbol]:
    return {c: Dummy(f"c{k}", real=True) for k, c in enumerate(constants)}


def _of_one(system: ODESystem, budget: Budget) -> list[_Part]:
    """The branches of one equation, and its special solutions."""
    found = solutions_of(system, budget)
    (y,) = system.unknowns
    names = _fresh(found.constants)
    parts, claims = [], tuple(_named_constants(step, names) for step in found.claims)
    for branch, on in zip(found.explicit, found.on or ((),) * len(found.explicit), strict=True):
        value = replaced(expr(branch.rhs), names)
        constants = tuple(c for c in names.values() if value.has(c))
        sides = tuple(replaced(a, names) for a in on)
        parts.append(_Part(((y, value),), constants, sides, found.complete, claims=claims))
    if not parts:
        return []
    for special in found.special:
        value = replaced(expr(special.rhs), names)
        constants = tuple(c for c in names.values() if value.has(c))
        parts.append(_Part(((y, value),), constants, (), found.complete))
    return parts


def _of_linear(system: ODESystem, budget: Budget) -> Iterator[_Part]:
    """A linear block by the exponential of its matrix."""
    first = system.first_order()
    forms = list(linear_family(first, budget))
    for form in forms:
        constants = tuple(Dummy(f"c{k}", real=True) for k in range(len(form.basis)))
        basis = [_with_sign(v) for v in form.basis]
        values = []
        for i, name in enumerate(first.unknowns):
            if name in system.unknowns:
                value = sum((c * v[i] for c, v in zip(constants, basis, strict=True)), start=_shorter(form.start[i]))
                values.append((name, value))
        nonzero = expr(factored(Mul(*over_one_denominator(form.nonzero))).as_content_primitive()[1])
        free = nonzero.free_symbols
        notes = (f"the family holds all solutions where {write(nonzero)} is not 0",) if free else ()
        claims = linear_system_steps(first, form.matrix, basis, form.start)
        single = len(forms) == 1
        yield _Part(tuple(values), constants, form.on, not free and single, notes if single else (), claims)


def _with_sign(vector: Sequence[Expr]) -> tuple[Expr, ...]:
    """Tidied, the first entry without a minus."""
    shown = [expr(factor_terms(e)) for e in vector]
    first = next(e for e in shown if e != 0)
    return tuple(expr(-e) if first.could_extract_minus_sign() else e for e in shown)


def _shorter(value: Expr) -> Expr:
    return value if value.has(Integral) else min((value, expr(trigsimp(value.expand()))), key=lambda e: e.count_ops())


def _of_two(system: ODESystem, budget: Budget) -> list[_Part]:
    """x' = F(t, x, y), y' = G: y from the first, one equation of order 2 for x; or the other way round."""
    if system.orders != (1, 1):
        return []
    ways = []
    for one, two in ((0, 1), (1, 0)):
        x, y = system.unknowns[one], system.unknowns[two]
        slope = jet_symbol(x, 1)
        roots = solve_for(slope - system.rhs[one], y)
        if len(roots) == 1 and not roots[0].has(S.ImaginaryUnit):
            ways.append((roots[0], one, x, y, slope))
    for root, one, x, y, slope in sorted(ways, key=lambda way: way[0].count_ops()):
        rate = replaced(system.total_derivative(system.rhs[one]), {y: root})
        try:
            scalar = ODESystem(system.independent, (x,), (2,), (_cancelled(rate),), system.parameters)
            found = _of_one(scalar, budget.share(BLOCK))
        except LiesymError:
            continue
        if found and all(len(part.constants) == 2 for part in found[:1]):
            return [_with_other(part, x, y, root, slope, system.independent) for part in found if part.constants]
    return []


def _with_other(part: _Part, x: Symbol, y: Symbol, root: Expr, slope: Symbol, t: Symbol) -> _Part:
    value = dict(part.values)[x]
    other = replaced(root, {slope: partial_derivative(value, t), x: value})
    return replace(part, values=((x, value), (y, _cancelled(other))), whole=False)


def _cancelled(value: Expr) -> Expr:
    if value.has(Integral):
        return value
    return min((value, value.expand(), expr(value.cancel())), key=lambda e: e.count_ops())


# -- checks ------------------------------------------------------------------------------------------


def _checked(
    system: ODESystem, values: Sequence[Expr], constants: Sequence[Symbol], on: tuple[Expr, ...]
) -> tuple[tuple[Expr, ...], tuple[Expr, ...]] | None:
    """The values where every equation holds, exactly and at real points, with what is positive there."""
    defects, rates = defects_of(system, values)
    try:
        field = Field.build(defects, (system.independent, *constants), system.parameter_symbols)
        if not all(field(d).is_zero for d in defects):
            return None
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    positive = [p.symbol for p in system.parameters if p.symbol.is_positive]
    seen = look(lambda fix: defects_of(system, [fix(v) for v in values])[0], [*values, *rates], positive=positive)
    if not seen.readable or seen.holds:
        return None if seen.nowhere_real else (tuple(values), on)
    return (tuple(values), (*on, *seen.separating())) if seen.separating() else None


def _is_linear(system: ODESystem) -> bool:
    jets = [*system.unknowns, *system.jet_coordinates]
    return all(f.is_polynomial(*jets) and all(not f.diff(a).has(*jets) for a in jets) for f in system.rhs)


# -- integrals ---------------------------------------------------------------------------------------


def _integrals(system: ODESystem, budget: Budget) -> Sequence[Expr]:
    """The largest set of functionally independent integrals among those that are found."""
    found = first_integrals(system, budget=INTEGRALS * budget.left)
    chosen: list[Expr] = []
    for integral in found:
        field = jet_field(system, [*chosen, integral])
        if gradient_rank([field(i) for i in (*chosen, integral)], field) == len(chosen) + 1:
            chosen.append(integral)
    return chosen


# -- constant solutions ------------------------------------------------------------------------------


def _points(system: ODESystem, constants: Sequence[Symbol], budget: Budget) -> Iterator[tuple[Expr, ...]]:
    """Values of the unknowns at which every rate vanishes, each once."""
    rest = dict.fromkeys(system.jet_coordinates, S.Zero)
    rates = [replaced(f, rest) for f in system.rhs]
    if any(r.has(S.NaN, S.ComplexInfinity) for r in rates):
        return
    seen: list[tuple[Expr, ...]] = []
    for values in itertools.islice(_roots(rates, {}, system, budget), MOST_POINTS):
        free = [u for u in system.unknowns if any(v.has(u) for v in values.values()) or u not in values]
        names = dict(zip(free, constants, strict=False))
        point = tuple(replaced(values.get(u, u), names) for u in system.unknowns)
        if any(v.has(S.ImaginaryUnit, system.independent) for v in point):
            continue
        if _checked(system, point, constants, ()) is not None:
            seen.append(point)
    distinct = list(dict.fromkeys(seen))
    yield from (p for p in distinct if not any(_is_among(p, q, constants) for q in distinct if q != p))


def _is_in_a_family(
    point: Sequence[Expr], families: Sequence[tuple[Sequence[Expr], tuple[Expr, ...]]], constants: Sequence[Symbol]
) -> bool:
    """True if a family of constant solutions that is there already holds it."""
    return any(not on and (tuple(point) == tuple(f) or _is_among(point, f, constants)) for f, on in families)


def _is_among(point: Sequence[Expr], curve: Sequence[Expr], constants: Sequence[Symbol]) -> bool:
    """True if the curve is the point for some values of the constants that stand alone in it."""
    rule = {c: p for p, c in zip(point, curve, strict=True) if c in constants}
    return bool(rule) and all(replaced(c, rule) == p for p, c in zip(point, curve, strict=True))


def _roots(
    rates: Sequence[Expr], values: dict[Symbol, Expr], system: ODESystem, budget: Budget
) -> Iterator[dict[Symbol, Expr]]:
    """One unknown after the other, by the shortest of the equations that elementary steps solve."""
    left = [f for f in (over_one_denominator(r)[0].expand() for r in rates) if f != 0]
    if any(not f.has(*system.unknowns) for f in left) or budget.over:
        return
    if not left:
        yield values
        return
    ordered = sorted(left, key=lambda e: min(_effort(e, u) for u in system.unknowns if e.has(u)))
    linear = (_zeros_of_factors(f, system.unknowns, 1) for f in ordered)
    others = (_zeros_of_factors(f, system.unknowns, MOST_DEGREE) for f in ordered)
    for u, root in next(filter(None, itertools.chain(linear, [_eliminated(left, system)], others)), ()):
        inserted = [r.subs(u, root) for r in rates]
        if not any(e.has(S.NaN, S.ComplexInfinity) for e in inserted):
            kept = {k: expr(v.subs(u, root)) for k, v in values.items()}
            yield from _roots(inserted, {**kept, u: root}, system, budget)


def _eliminated(left: Sequence[Expr], system: ODESystem) -> list[tuple[Symbol, Expr]]:
    """(unknown, value) from a resultant of two polynomials in two unknowns, of the factors that elementary steps solve."""
    if len(left) != 2 or len(system.unknowns) != 2 or not all(f.is_polynomial(*system.unknowns) for f in left):
        return []
    v, u = system.unknowns
    if any(Poly(f, v, u).total_degree() > MOST_DEGREE for f in left):
        return []
    eliminated = expr(resultant(Poly(left[0], u), Poly(left[1], u)).as_expr())
    if not eliminated.has(v):
        return []
    factors = [f.as_base_exp()[0] for f in Mul.make_args(factored(eliminated))]
    return [(v, root) for f in dict.fromkeys(factors) if f.has(v) for root in _zeros(f, v)]


def _zeros_of_factors(f: Expr, unknowns: Sequence[Symbol], most: int) -> list[tuple[Symbol, Expr]]:
    """(unknown, value) for every factor, each solved for an unknown of at most that degree; none if one is not solved."""
    found: list[tuple[Symbol, Expr]] = []
    for factor in Mul.make_args(factored(f)):
        base = factor.as_base_exp()[0]
        if not base.has(*unknowns):
            continue
        held = [u for u in unknowns if base.has(u) and _effort(base, u)[0] <= most]
        solved = next(((u, z) for u in sorted(held, key=lambda u: _effort(base, u)) if (z := _zeros(base, u))), None)
        if solved is None:
            return []
        found += [(solved[0], root) for root in solved[1]]
    return found


def _effort(f: Expr, u: Symbol) -> tuple[int, Any]:
    polynomial = f.as_poly(u)
    degree = MOST_DEGREE if polynomial is None else int(polynomial.degree())
    return degree or 99, f.count_ops()


def _zeros(f: Expr, u: Symbol) -> list[Expr]:
    """Zeros in u, 0 among them."""
    at_zero = f.subs(u, 0)
    zero = [S.Zero] if not at_zero.has(S.NaN, S.ComplexInfinity) and at_zero.expand() == 0 else []
    return [*zero, *(r for r in solve_for(f, u) if not r.has(S.ImaginaryUnit, u))]
