"""Equations of order 2 with a two-dimensional algebra: Lie's four canonical forms and their quadratures.

    type  algebra          rank  X_1, X_2              equation        quadratures (w = s')
    I     [X_1, X_2] = 0    2     ∂_r, ∂_s              s'' = F(s')     r = ∫ dw/F + C_1,  s = ∫ w dw/F + C_2
    II    [X_1, X_2] = 0    1     ∂_s, r ∂_s            s'' = F(r)      s = ∫∫ F dr dr + C_1 r + C_2
    III   [X_1, X_2] = X_1  2     ∂_s, r ∂_r + s ∂_s    r s'' = F(s')   r = C_1 exp ∫ dw/F,  s = ∫ w dr + C_2
    IV    [X_1, X_2] = X_1  1     ∂_s, s ∂_s            s'' = F(r) s'   s = C_1 ∫ exp(∫ F dr) dr + C_2

For rank 2 the forms ω_i dual to X_1, X_2 give r and s by quadrature: dr = ω_1, ds = ω_2 for type I; for type III
d log r = ω_2 and d(s/r) = ω_1/r. For rank 1, X_2 = u X_1, and u is r (type II) or s (type IV).
Sources: Lie 1883; Stephani 1989, chapter 7; Bluman and Anco 2002, section 3.3.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sympy import Expr, Integral, Symbol, exp

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced, substituted
from liesym.coefficients import Derivation, Element, Field, Space
from liesym.coefficients.bounded import limited
from liesym.coefficients.field import FAILURES
from liesym.errors import Unsupported
from liesym.invariants.coordinates import Coordinates, canonical_coordinates, rewritten, with_ratio
from liesym.model.names import free_symbol, taken_names
from liesym.model.system import ODESystem
from liesym.reduction.quadrature import antiderivative, follows_curve
from liesym.solving.algebraic import solve_for
from liesym.solving.linear.vectors import constant_relations, linear_combination
from liesym.solving.ode.integrate import integrate
from liesym.symmetries.generator import Generator
from liesym.testing.second_maps import place_change


class LieType(Enum):
    """Lie's types of two-dimensional algebras in the plane: [X_1, X_2] and the rank of X_1, X_2."""

    I = "commuting, of rank 2"
    II = "commuting, of rank 1"
    III = "[X1, X2] = X1, of rank 2"
    IV = "[X1, X2] = X1, of rank 1"


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """An equation of order 2 in the coordinates of two of its symmetries.

    Arguments:
        original: the equation for y(t).
        kind: Lie's type.
        generators: X_1 and X_2, over (t, y).
        coordinates: (r, s) as functions of (t, y) and back; `backward` is empty where it was not solved for.
        equation: the equation for s(r), one of the four above.
        force: F, in w for the types I and III, in r for II and IV.
        argument: the symbol w or r.
        on: what is positive where the equation holds, in (t, y, y'); empty where that is wherever the original is real.
    """

    original: ODESystem
    kind: LieType
    generators: tuple[Generator, Generator]
    coordinates: Coordinates
    equation: ODESystem
    force: Expr
    argument: Symbol
    on: tuple[Expr, ...] = ()

    def curve(self, constants: tuple[Symbol, Symbol]) -> tuple[Expr, Expr]:
        """(r, s) of the general solution as functions of `argument` and two constants, by quadratures."""
        one, two = constants
        p, f = self.argument, self.force
        if self.kind is LieType.II:
            inner = antiderivative(f, p, constants)
            return p, antiderivative(inner, p, constants) + one * p + two
        if self.kind is LieType.IV:
            factor = exp(antiderivative(f, p, constants))
            return p, one * antiderivative(factor, p, constants) + two
        if f == 0:  # s' is constant
            return p, one * p + two
        if self.kind is LieType.I:
            return antiderivative(1 / f, p, constants) + one, antiderivative(p / f, p, constants) + two
        growth = exp(antiderivative(1 / f, p, constants))
        return one * growth, one * antiderivative(p * growth / f, p, constants) + two

    def parametric(self, constants: tuple[Symbol, Symbol]) -> tuple[Expr, Expr] | None:
        """(t, y) as functions of `argument`, checked by substitution; None without a way back to (t, y)."""
        if not self.coordinates.backward:
            return None
        moved = dict(zip(self.coordinates.new, self.curve(constants), strict=True))
        time, height = (substituted(e, moved, at_once=True) for e in self.coordinates.backward)
        return (time, height) if follows_curve(self.original, time, height, self.argument, constants) else None


def canonical_forms(
    system: ODESystem, generators: Sequence[Generator], budget: Budget = UNLIMITED
) -> Iterator[CanonicalForm]:
    """The canonical forms for pairs of symmetries that span an algebra.

    Arguments:
        system: one equation of order 2.
        generators: symmetries over (t, y); each pair that closes is tried.
        budget: ends the search.

    Raises:
        Unsupported: no scalar equation of order 2.
        OutOfBudget: the time is over.
    """
    if len(system.unknowns) != 1 or system.order != 2:
        raise Unsupported("Lie's canonical forms are for one equation of order 2")
    for one, two in itertools.combinations(generators, 2):
        pair = _normal_pair(one, two)
        if pair is None:
            continue
        try:
            found = _in_form(system, *pair, budget)
        except FAILURES:
            continue
        placed = None if found is None else _placed(found)
        if placed is not None:
            yield placed


def _placed(form: CanonicalForm) -> CanonicalForm | None:
    """With the side on which the second look finds the equation true; None if it finds none."""
    if form.coordinates.forward is None:
        return form
    placed = place_change(form.original, form.coordinates.forward, form.equation)
    return replace(form, on=placed.on) if placed.true else None


def _normal_pair(one: Generator, two: Generator) -> tuple[Generator, Generator, bool] | None:
    """X_1, X_2 with [X_1, X_2] = 0, or = X_1 (True); None if the bracket is no combination of the two."""
    definitions = tuple(dict.fromkeys((*one.definitions, *two.definitions)))
    if definitions:
        return None
    field = Field.build([*one.components, *two.components], one.variables)
    a, b = (tuple(field(c) for c in g.components) for g in (one, two))
    first, second = (Derivation(field, dict(zip(one.variables, v, strict=True))) for v in (a, b))
    crossed = tuple(first.bracket(second).components.values())
    if all(c.is_zero for c in crossed):
        return one, two, False
    relation = next((r for r in constant_relations([crossed, a, b], field) if 0 in r), None)
    if relation is None:
        return None
    first, second = (-relation.get(k, field.zero) / relation[0] for k in (1, 2))
    # [X, Y] = f X + g Y =: Z; [Z, Y] = f Z and [Z, X] = -g Z
    ideal = linear_combination([a, b], {k: c for k, c in ((0, first), (1, second)) if not c.is_zero}, field)
    other = tuple(e / first for e in b) if not first.is_zero else tuple(-(e / second) for e in a)
    names = one.variables
    made = [Generator(names, tuple(field.to_expr(e) for e in v)) for v in (ideal, other)]
    return made[0], made[1], True


def _in_form(system: ODESystem, one: Generator, two: Generator, scaled: bool, budget: Budget) -> CanonicalForm | None:
    variables, parameters = system.variables, system.parameter_symbols
    field = limited(Field.build([*one.components, *two.components], variables, parameters), budget)
    (a, b), (c, d) = ((field(e) for e in g.components) for g in (one, two))
    determinant = a * d - b * c
    if determinant.is_zero:
        ratio = c / a if not a.is_zero else d / b
        return _of_rank_one(system, one, two, field.to_expr(ratio), scaled)
    # rows of the inverse: ω_1 = (d, -c)/Δ, ω_2 = (-b, a)/Δ
    first, second = (d / determinant, -c / determinant), (-b / determinant, a / determinant)
    if scaled:
        r = field.converter.exponential(_potential(second, variables, field))
        s = r * _potential((first[0] / r, first[1] / r), variables, field)
    else:
        r, s = _potential(first, variables, field), _potential(second, variables, field)
    return _of_rank_two(system, (one, two), (r, s), field, scaled, budget)


def _potential(form: Sequence[Element], variables: Sequence[Symbol], field: Field) -> Element:
    """φ with dφ = the closed form."""
    total, rest = field.zero, list(form)
    for place, v in enumerate(variables):
        step = integrate(rest[place], v, field)
        if step is None:
            raise Unsupported("a canonical coordinate was not integrated")
        total = total + step
        rest = [e - step.diff(x) for e, x in zip(rest, variables, strict=True)]
    return total


# -- rank 2 -------------------------------------------------------------------------------------------


def _of_rank_two(
    system: ODESystem,
    pair: tuple[Generator, Generator],
    made: tuple[Element, Element],
    field: Field,
    scaled: bool,
    budget: Budget,
) -> CanonicalForm | None:
    """F from w = D_t s/D_t r and its rate along r, with y' expressed by w."""
    t, y = system.variables
    shown = [field.to_expr(e) for e in made]
    new = (free_symbol("r", system), free_symbol("s", system))
    w = free_symbol("w", system)
    v = jet_symbol(y, 1)
    wide = limited(Field.build([*shown, *system.rhs], (t, y, v, w), system.parameter_symbols), budget)
    r, s = (wide(e) for e in shown)
    slope = (s.diff(t) - wide(w) * r.diff(t)) / (wide(w) * r.diff(y) - s.diff(y))
    rate = Derivation.total(wide, Space.of(t, (y,), (1,)), [wide(system.rhs[0])]).apply
    curvature = rate(rate(s) / rate(r)) / rate(r)
    force = replaced(wide.to_expr(curvature * r if scaled else curvature), {v: wide.to_expr(slope)})
    budget.check("canonical forms")
    inside = Field.build([force], (t, y, w), system.parameter_symbols)
    element = inside(force)
    if element.depends_on(t) or element.depends_on(y):
        return None
    f = inside.to_expr(element)
    rhs = replaced(f, {w: jet_symbol(new[1], 1)})
    equation = ODESystem(new[0], (new[1],), (2,), (rhs / new[0] if scaled else rhs,), system.parameters)
    coordinates = Coordinates((t, y), new, _way_back(shown, (t, y), new), (shown[0], shown[1]))
    argument = new[0] if f == 0 else w
    return CanonicalForm(system, LieType.III if scaled else LieType.I, pair, coordinates, equation, f, argument)


def _way_back(forward: Sequence[Expr], old: tuple[Symbol, Symbol], new: tuple[Symbol, Symbol]) -> tuple[Expr, ...]:
    """(t, y) with forward = new, one name after the other; empty if these steps do not suffice."""
    for (first, second), (i, j) in itertools.product(itertools.permutations((0, 1)), itertools.permutations((0, 1))):
        for value in solve_for(forward[i] - new[i], old[first]):
            for other in solve_for((forward[j] - new[j]).subs(old[first], value), old[second]):
                found = {old[second]: other, old[first]: value.subs(old[second], other)}
                if not any(e.has(*old) for e in found.values()):
                    return tuple(found[v] for v in old)
    return ()


# -- rank 1 -------------------------------------------------------------------------------------------


def _of_rank_one(system: ODESystem, one: Generator, two: Generator, ratio: Expr, scaled: bool) -> CanonicalForm | None:
    base = canonical_coordinates(one, taken=taken_names(system))
    coordinates = _with_unknown(base, ratio, system) if scaled else with_ratio(base, ratio)
    if coordinates is None:
        return None
    equation = rewritten(system, coordinates)
    r, s = coordinates.new
    slope = jet_symbol(s, 1)
    field = Field.build([equation.rhs[0]], (r, s, slope), system.parameter_symbols)
    rhs = field(equation.rhs[0])
    force = rhs / field(slope) if scaled else rhs
    if force.depends_on(s) or force.depends_on(slope):
        return None
    kind = LieType.IV if scaled else LieType.II
    return CanonicalForm(system, kind, (one, two), coordinates, equation, field.to_expr(force), r)


def _with_unknown(base: Coordinates, ratio: Expr, system: ODESystem) -> Coordinates | None:
    """s replaced by u = s + g(r)."""
    r, s = base.new
    if ratio.has(Integral):
        return None
    inside = replaced(ratio, dict(zip(base.old, base.backward, strict=True)))
    field = Field.build([inside], (r, s), system.parameter_symbols)
    shift = field(inside) - field(s)
    if shift.depends_on(s):
        return None
    back = tuple(e.subs(s, s - field.to_expr(shift)) for e in base.backward)
    forward = None if base.forward is None else (base.forward[0], ratio)
    return Coordinates(base.old, base.new, back, forward, base.on)
