"""First-order equations F(x, y, p) = 0, p = y', as they stand.

    F of y - x p and p alone     y = C x + f(C), Clairaut's
    p = f_k(x, y)                each branch by the methods for solved equations
    y = g(x, p)                  dx/dp = g_p/(p - g_x), linear in x for d'Alembert's and Lagrange's g = x φ(p) + ψ(p)
    x = h(y, p)                  dy/dp = p h_p/(1 - p h_y)

The last two give curves; p is eliminated where that is elementary. Singular solutions are looked for where F = F_p = 0,
and straight ones where p = g_x; the envelope of Clairaut's lines is x = -f'(p), y = f(p) - p f'(p). All that is returned was
inserted in F itself.
Source: Ince 1956, sections 2.4 to 2.5 and 3.5; Kamke 1977, A.4.16 to A.4.18.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Expr, Mul, Poly, Pow, S, Symbol, pi, resultant, sqrt
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget, in_time
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol
from liesym.base.names import free_name
from liesym.base.typed import equation as equals
from liesym.base.typed import expr, over_one_denominator, powers_in, replaced
from liesym.errors import OutOfBudget
from liesym.model.implicit import ImplicitEquation
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.reduction.checked import Checked
from liesym.reduction.elementary import constant_values, families
from liesym.reduction.explicit import solutions_of
from liesym.reduction.quadrature import constants_for
from liesym.reduction.record import Solution
from liesym.reduction.special import is_among
from liesym.reduction.steps import Step
from liesym.reduction.surface import CheckedCurve, curve_on_surface, is_zero_on, value_on_surface
from liesym.solving.algebraic import solve_for

LARGEST = 400
"""Operations up to which a residual is factored, and a resultant is taken."""
LONGER = 3
"""Times that an explicit form may be longer than the curve that it replaces."""
BRANCH = 0.5
"""Of what is left of the budget, for one equation of the branches or of the parameter."""


@dataclass(frozen=True, slots=True)
class _Work:
    """The equation as it was given, which every answer is inserted in, a factor of it, and the names."""

    given: ImplicitEquation
    factor: Expr
    constant: Symbol
    parameter: Symbol
    budget: Budget

    @property
    def x(self) -> Symbol:
        return self.given.independent

    @property
    def y(self) -> Symbol:
        return self.given.unknown

    @property
    def p(self) -> Symbol:
        return self.given.slope

    def checked(self, value: Expr) -> Checked | None:
        return value_on_surface(self.given, value, (self.constant,) if value.has(self.constant) else ())

    def empty(self) -> Solution:
        return Solution(None, (), None, None, (self.constant,), (), (self.x, self.y))

    def of_values(self, kept: Sequence[Checked]) -> Solution:
        explicit = tuple(equals(self.y, c.expression) for c in kept)
        return replace(self.empty(), explicit=explicit, on=tuple(c.on for c in kept))


def solutions_of_implicit(given: ImplicitEquation, budget: Budget) -> Solution:
    """The families of every factor and branch, and the singular solutions.

    Arguments:
        given: F(x, y, y') = 0.
        budget: of all branches together.
    """
    frame = given.solved()
    (constant,) = constants_for(frame, 1)
    parameter = Symbol(free_name("p", {*taken_names(frame), constant.name}), real=True)
    parts: list[Solution] = []
    singular: list[Expr] = []
    envelopes: list[Solution] = []
    stopped = False
    try:
        for factor in _factors(given):
            work = _Work(given, factor, constant, parameter, budget)
            parts += _of_factor(work)
            singular += _singular(work)
            envelopes += _envelopes(work)
    except OutOfBudget:
        stopped = True
    whole = _Work(given, given.residual, constant, parameter, budget)
    joined = _joined(whole, parts)
    candidates = [*(expr(e.rhs) for e in joined.special), *singular]
    special = tuple(equals(given.unknown, v) for v in in_time(lambda: _special(whole, candidates, joined), []))
    curved = () if any(e.rhs.has(given.independent) for e in special) else tuple(envelopes)
    return replace(joined, special=special, others=(*joined.others, *curved), stopped=joined.stopped or stopped)


def _factors(given: ImplicitEquation) -> list[Expr]:
    """Factors of the numerator that hold y or y', without multiplicities."""
    top = over_one_denominator(given.residual)[0]
    if top.count_ops() > LARGEST:
        return [top]
    bases = [f.base if isinstance(f, Pow) and f.exp.is_Integer else f for f in Mul.make_args(factored(top))]
    return [f for f in dict.fromkeys(bases) if f.has(given.unknown, given.slope)]


def _of_factor(work: _Work) -> list[Solution]:
    """The first method that leaves no branch unsolved, else what was found of each."""
    if not work.factor.has(work.p):
        return []
    # with both signs of a root |u| and u are the same two branches
    rates = [_without_sides(r) for r in solve_for(work.factor, work.p, squaring=True) if not r.has(S.ImaginaryUnit)]
    if not work.factor.diff(work.p).expand().has(work.p):
        return [solutions_of(work.given.solved(r), work.budget) for r in rates]
    clairaut = _clairaut(work)
    if clairaut is not None:
        return [clairaut]
    quick = [_by_families(work, rate) for rate in rates]
    if quick and None not in quick:
        return [q for q in quick if q is not None]
    curves = list(_curves(work))
    if curves:
        return curves
    done = [q for q in quick if q is not None]
    for rate, known in zip(rates, quick, strict=True):
        if known is None and not work.budget.over:
            done.append(_on_surface(work, solutions_of(work.given.solved(rate), work.budget.share(BRANCH))))
    return done


def _without_sides(rate: Expr) -> Expr:
    """Roots with their squares taken out, and u for |u|."""
    roots = {n: sqrt(factored(n.base)) for n in powers_in(rate) if n.exp == S.Half and n.count_ops() < LARGEST}
    plain = replaced(rate, roots)
    return replaced(plain, {a: a.args[0] for a in plain.atoms(Abs)})


def _by_families(work: _Work, rate: Expr) -> Solution | None:
    """The branch y' = rate by a textbook's family whose values solve the equation itself."""
    for family in families(work.given.solved(rate)):
        kept = [c for v in family.values if (c := work.checked(v.expression)) is not None]
        if kept:
            return replace(work.of_values(kept), claims=family.steps)
    return None


def _on_surface(work: _Work, found: Solution) -> Solution:
    """What solves a branch, freed of conditions that only chose the branch."""
    kept = []
    for branch, on in zip(found.explicit, found.on, strict=True):
        value = expr(branch.rhs)
        kept.append((work.checked(value) if on else None) or Checked(value, on))
    explicit = tuple(equals(work.y, c.expression) for c in kept)
    return replace(found, explicit=explicit, on=tuple(c.on for c in kept), complete=False)


# -- Clairaut's ----------------------------------------------------------------------------------------


def _heights(work: _Work, slope: Symbol) -> list[Expr] | None:
    """u with H(u, p) = 0 for F = H(y - x p, p), p written as `slope`; None if F is not of that form."""
    shifted = replaced(work.factor, {work.y: work.y + work.x * work.p})
    if not is_zero_on(work.given, shifted.diff(work.x), (work.x, work.y, work.p)):
        return None
    line = replaced(replaced(shifted.expand(), {work.x: S.Zero}), {work.p: slope})
    return solve_for(line, work.y, squaring=True)


def _envelopes(work: _Work) -> Iterator[Solution]:
    """Of the lines y = C x + f(C): x = -f'(p), y = f(p) - p f'(p), where p is not to be eliminated."""
    p = work.parameter
    for height in (_heights(work, p) if work.factor.has(work.p) else None) or ():
        turn = height.diff(p)
        if turn.has(p):
            passed = curve_on_surface(work.given, (-turn, height - p * turn), p, ())
            if passed is not None:
                curve = passed.time, passed.height
                yield replace(work.empty(), parametric=curve, parameter=p, constants=(), relation_on=passed.on)


def _clairaut(work: _Work) -> Solution | None:
    """F = H(y - x p, p): y = C x + u with H(u, C) = 0."""
    heights = _heights(work, work.constant)
    if heights is None:
        return None
    values = [work.constant * work.x + v for v in heights]
    kept = [c for v in values if (c := work.checked(v)) is not None]
    frame = work.given.solved()
    lines = [replaced(v, {work.constant: work.p}) for v in values]
    steps = tuple(Step("Clairaut's equation", frame, work.y, line, surface=work.given) for line in lines)
    return replace(work.of_values(kept), claims=steps) if kept else None


# -- curves --------------------------------------------------------------------------------------------


def _curves(work: _Work) -> Iterator[Solution]:
    """t = t(p), y = y(p) of every value of y, else of x, that the factor gives."""
    first, second = (work.y, work.x) if _degree(work.factor, work.y) <= _degree(work.factor, work.x) else (work.x, work.y)
    for solved_for in (first, second):
        values = solve_for(work.factor, solved_for) if work.factor.has(solved_for) else []
        found = [_along(work, v, solved_for) for v in values if not v.has(S.ImaginaryUnit)]
        if found and None not in found:
            yield from (f for f in found if f is not None)
            return


def _degree(factor: Expr, symbol: Symbol) -> int:
    try:
        return Poly(factor, symbol).degree()
    except PolynomialError:
        return 99


def _along(work: _Work, value: Expr, solved_for: Symbol) -> Solution | None:
    """The family of y = g(x, p) or of x = h(y, p), with the other variable as a function of p."""
    p, x, y = work.parameter, work.x, work.y
    g = replaced(value, {work.p: p})
    if solved_for == y:
        other, bottom, top = x, p - g.diff(x), g.diff(p)
    else:
        other, bottom, top = y, 1 - p * g.diff(y), p * g.diff(p)
    bottom = factored(bottom) if bottom.count_ops() < LARGEST else bottom
    if bottom == 0 or top == 0:
        return None
    system = ODESystem(p, (other,), (1,), (expr((top / bottom).cancel()),), work.given.parameters)
    inner = solutions_of(system, work.budget.share(BRANCH))
    solved = replace(work.given, residual=solved_for - value)
    steps = (
        Step("solved for it", work.given.solved(), solved_for, value, surface=work.given),
        Step("along the parameter p", system, jet_symbol(other, 1), system.rhs[0], surface=solved),
        *inner.claims,
    )
    name = constants_for(system, 1)[0]
    for branch in inner.explicit:
        place = replaced(expr(branch.rhs), {name: work.constant})
        time, height = (place, replaced(g, {x: place})) if solved_for == y else (replaced(g, {y: place}), place)
        passed = curve_on_surface(work.given, (time, height), p, (work.constant,))
        if passed is not None:
            return replace(_without_parameter(work, passed), claims=steps)
    return None


def _without_parameter(work: _Work, curve: CheckedCurve) -> Solution:
    """The curve, or y = … or a relation in its place where that is not much longer."""
    p, time, height = work.parameter, curve.time, curve.height
    size = LONGER * (time.count_ops() + height.count_ops())
    values = [replaced(height, {p: r}) for r in solve_for(time - work.x, p, squaring=True)]
    kept = [c for v in values if v.count_ops() <= size and (c := work.checked(v)) is not None]
    if kept and len(kept) == len(values):
        return work.of_values(kept)
    relation = None if curve.on else _eliminated(work, time, height, size)
    if relation is not None:
        return replace(work.empty(), equation=equals(relation))
    return replace(work.empty(), parametric=(time, height), parameter=p, relation_on=curve.on)


def _eliminated(work: _Work, time: Expr, height: Expr, size: float) -> Expr | None:
    """R(x, y, C) = 0 for a rational curve: the irreducible factor of the resultant that vanishes on it."""
    p = work.parameter
    tops = [over_one_denominator(e)[0].expand() for e in (time - work.x, height - work.y)]
    if not all(t.is_polynomial(p) and t.count_ops() < LARGEST for t in tops):
        return None
    eliminated = expr(resultant(Poly(tops[0], p), Poly(tops[1], p)).as_expr())
    if eliminated == 0 or eliminated.count_ops() > LARGEST:
        return None
    for factor in Mul.make_args(factored(eliminated)):
        base = factor.base if isinstance(factor, Pow) else factor
        on_curve = replaced(base, {work.x: time, work.y: height})
        if base.has(work.y) and base.count_ops() <= size and is_zero_on(work.given, on_curve, (p, work.constant)):
            return expr(base)
    return None


# -- singular solutions --------------------------------------------------------------------------------


def _singular(work: _Work) -> Iterator[Expr]:
    """Candidates: F = F_p = 0, straight lines of constant slope, constants, and factors without y'."""
    if not work.factor.has(work.p):
        yield from solve_for(work.factor, work.y)
        return
    yield from (v for v in constant_values(_constant_frame(work)) if not v.has(S.ImaginaryUnit))
    steep = work.factor.diff(work.p)
    if not steep.expand().has(work.p):
        return
    if _degree(work.factor, work.p) < 99 and work.factor.count_ops() < LARGEST:
        discriminant = resultant(Poly(work.factor, work.p), Poly(steep, work.p)).as_expr()
        yield from _zero_or_roots(discriminant, work.y)
    for g in solve_for(work.factor, work.y):
        for slope in solve_for(g.diff(work.p), work.p):
            yield replaced(g, {work.p: slope})
        yield from (replaced(g, {work.p: s}) for s in _zero_or_roots(work.p - g.diff(work.x), work.p) if not s.has(work.x))


def _zero_or_roots(value: Expr, unknown: Symbol) -> list[Expr]:
    at_zero = value.subs(unknown, 0)
    zero = [S.Zero] if not at_zero.has(S.NaN, S.ComplexInfinity) and at_zero.expand() == 0 else []
    return [*zero, *solve_for(value, unknown)] if value != 0 else []


def _constant_frame(work: _Work) -> ODESystem:
    """An equation whose right side vanishes where y = c solves the given one."""
    return work.given.solved(replaced(work.factor, {work.p: S.Zero}))


def _special(work: _Work, candidates: Sequence[Expr], found: Solution) -> list[Expr]:
    """Those that solve the equation and are in no family that was found."""
    known = [expr(e.rhs) for e in found.explicit]
    kept: list[Expr] = []
    for value in dict.fromkeys(candidates):
        if value.has(S.ImaginaryUnit, S.NaN, S.ComplexInfinity) or value.has(work.p):
            continue
        if any(_is_member(work, value, family) for family in known):
            continue
        passed = work.checked(value)
        if passed is not None and not passed.on and not is_among(passed.expression, kept):
            kept.append(passed.expression)
    return kept


def _is_member(work: _Work, value: Expr, family: Expr) -> bool:
    """True if some constant makes the family this value."""
    if not family.has(work.constant):
        return is_zero_on(work.given, family - value, (work.x,))
    constants = [S.Zero, *solve_for(family - value, work.constant)]
    free = [c for c in constants if not c.has(work.x, S.NaN, S.ComplexInfinity)]
    inserted = [family.subs(work.constant, c) - value for c in free]
    return any(not d.has(S.NaN, S.ComplexInfinity) and is_zero_on(work.given, d, (work.x,)) for d in inserted)


# -- all branches --------------------------------------------------------------------------------------


def _joined(work: _Work, parts: Sequence[Solution]) -> Solution:
    """The explicit branches of all, each family once; relations and curves as `others` after the first."""
    explicit: list[Checked] = []
    rest: list[Solution] = []
    for part in parts:
        values = [Checked(expr(b.rhs), on) for b, on in zip(part.explicit, part.on, strict=True)]
        explicit += [v for v in values if not any(_is_same(work, v.expression, e.expression) for e in explicit)]
        if not values and part.found:
            rest.append(replace(part, variables=(work.x, work.y)))
    first = rest[0] if rest else work.empty()
    listed = work.of_values(explicit)
    special = dict.fromkeys(e for part in parts for e in part.special)
    return replace(
        first,
        explicit=listed.explicit,
        on=listed.on,
        others=tuple(rest[1:]),
        special=tuple(special),
        claims=tuple(dict.fromkeys(step for part in parts for step in part.claims)),
        complete=False,
        looked=("Clairaut's equation", "branches by the substitutions of the textbooks", "curves along y'", "envelopes"),
        stopped=any(part.stopped for part in parts) or (not parts and work.budget.over),
    )


def _is_same(work: _Work, one: Expr, two: Expr) -> bool:
    """True if the two are one family, with -C, 1/C, -1/C or C + π for C; False where there is no time to tell."""
    c = work.constant
    forms = [one.subs(c, other) for other in (c, -c, 1 / c, -1 / c, c + pi)]
    return in_time(lambda: any(is_zero_on(work.given, form - two, (work.x, c)) for form in forms), False)
