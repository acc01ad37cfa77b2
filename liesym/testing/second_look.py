"""Symmetries and integrals looked at a second time, at real points on every side of their branches.

In: what was proven by exact substitution, with its system. Out: a `Look`: the sides of the branches on which it is true.
Exact substitution treats roots and logarithms as formal symbols of a field; what is true there is true on one side of every
branch. The formulas here (mathematics as in Olver 1993, section 2.3) are written again on purpose and share no code with
`determine.verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import (
    Abs,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Mul,
    Pow,
    Subs,
    Symbol,
    floor,
    log,
    sign,
    sqrt,
)
from sympy.core.function import AppliedUndef

from liesym.base.budget import surrounding
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.determine.on_solutions import jet_field, on_principal_ranges, with_signs_of
from liesym.determine.verify import is_first_integral, remainder
from liesym.errors import Unsupported
from liesym.model.generators import VectorField
from liesym.model.system import ODESystem
from liesym.testing.calculus import calculus_for
from liesym.testing.jumps import cuts_of, jumps
from liesym.testing.realpoints import UNREADABLE, Look, Side, branches, look, real_points, verdicts, with_signs
from liesym.testing.values import LOOKING

Fix = Callable[[Expr], Expr]


def has_branches(expressions: Sequence[Expr]) -> bool:
    """False where everything is analytic between its poles, so that exact substitution says all."""
    return bool(branches(expressions))


def look_at_generator(components: Sequence[Expr], system: ODESystem, *, seed: int = 0) -> Look:
    """Where X = ξ ∂_t + Σ η_i ∂_{x_i} is a symmetry: η_i^(n_i) - X F_i = 0 on solutions, at real points.

    Arguments:
        components: (ξ, η_1, …, η_m), free of functions that equations define.
        system: x_i^(n_i) = F_i.
    """
    return _look_together([components], system, seed)[0]


def _look_together(
    generators: Sequence[Sequence[Expr]], system: ODESystem, seed: int = 0, *, everywhere: bool = False
) -> list[Look]:
    """The same for several, at the same points: what is fixed and differentiated of the equations is so once.

    Arguments:
        everywhere: where one is absent on a side, no claim is looked at.
    """
    stated = [c for components in generators for c in components]
    found = real_points(system.rhs, [stated] if everywhere else generators, seed=seed, positive=_positive(system))
    if not found:
        return [UNREADABLE] * len(generators)
    if everywhere and found[0].without:
        return [Look(0, (), (), found[0].without)] * len(generators)

    def claims(fix: Fix) -> list[list[Expr]]:
        fixed = [fix(e) for e in (*system.rhs, *stated)]
        calculus = calculus_for(fixed, max(system.orders))
        lifted = [calculus.lift(e) for e in fixed]
        count = len(system.rhs)
        rhs = lifted[:count]
        fields = [lifted[k : k + count + 1] for k in range(count, len(lifted), count + 1)]
        total = _total_derivative(system, rhs, calculus.lift)
        jets = _jets(system)
        places = [calculus.lift(s) for s in (system.independent, *(jet_symbol(x, k) for x, k, _ in jets))]
        slopes = [[f.diff(place) for place in places] for f in rhs]
        remainders = []
        for xi, *eta in fields:
            rows = _prolonged(xi, eta, system, rhs, total, calculus.lift)
            moved = [xi, *(rows[i][k] for _, k, i in jets)]
            of_one = [
                row[n] - sum(v * d for v, d in zip(moved, slope, strict=True) if d != 0)
                for row, slope, n in zip(rows, slopes, system.orders, strict=True)
            ]
            remainders.append([calculus.lower(r) for r in of_one])
        return remainders

    return verdicts(claims, found * len(generators) if everywhere else found)


def _prolonged(
    xi: Any, eta: Sequence[Any], system: ODESystem, rhs: Sequence[Any], total: Fix, lift: Callable[[Expr], Any]
) -> list[list[Any]]:
    """η_i, η_i^(1), …, η_i^(n_i) with η^(k) = D_t η^(k-1) - x^(k) D_t ξ, on solutions."""
    slope = total(xi)
    rows = []
    for i, (start, n) in enumerate(zip(eta, system.orders, strict=True)):
        row = [start]
        for k in range(1, n + 1):
            row.append(total(row[-1]) - _velocity(system, rhs, i, k, lift) * slope)
        rows.append(row)
    return rows


def _jets(system: ODESystem) -> list[tuple[Symbol, int, int]]:
    """(x_i, k, i) for every x_i^(k) that is free on solutions."""
    numbered = enumerate(zip(system.unknowns, system.orders, strict=True))
    return [(x, k, i) for i, (x, n) in numbered for k in range(n)]


def look_at_integral(integral: Expr, system: ODESystem, *, seed: int = 0) -> Look:
    """Where I is conserved: D_t I = 0 on solutions, at real points."""

    def claim(fix: Fix) -> list[Expr]:
        return [_total_derivative(system, [fix(f) for f in system.rhs])(fix(integral))]

    return look(claim, system.rhs, [integral], seed=seed, positive=_positive(system))


def _total_derivative(
    system: ODESystem, rhs: Sequence[Any], lift: Callable[[Expr], Any] = lambda e: e
) -> Callable[[Any], Any]:
    """D_t = ∂_t + Σ x_i^(k+1) ∂_{x_i^(k)} with F_i for x_i^(n_i)."""
    time = lift(system.independent)
    places = [(lift(jet_symbol(x, k)), _velocity(system, rhs, i, k + 1, lift)) for x, k, i in _jets(system)]

    def total(expression: Any) -> Any:
        surrounding().check(LOOKING)
        result = expression.diff(time)
        for place, velocity in places:
            partial = expression.diff(place)
            if partial != 0:
                result += partial * velocity
        return result

    return total


def _velocity(system: ODESystem, rhs: Sequence[Any], i: int, k: int, lift: Callable[[Expr], Any]) -> Any:
    return rhs[i] if k == system.orders[i] else lift(jet_symbol(system.unknowns[i], k))


def _positive(system: ODESystem) -> list[Symbol]:
    return [p.symbol for p in system.parameters if p.symbol.is_positive]


@dataclass(frozen=True, slots=True)
class Placed:
    """Expressions in the form in which they are true where they are real, with the part of the domain that they speak of.

    Arguments:
        components: the expressions.
        on: expressions that are positive where the statement holds; empty where it holds wherever the equations are real.
        true: False if it was found false at real points and no part of the domain could be told on which it holds.
        nowhere_real: True if no real point was found at which everything has a value.
    """

    components: tuple[Expr, ...]
    on: tuple[Expr, ...] = ()
    true: bool = True
    nowhere_real: bool = False


def hold_everywhere(generators: Sequence[Sequence[Expr]], system: ODESystem) -> bool:
    """True if all generators, looked at together, hold as they are on every side where the equations are real."""
    if not has_branches(system.rhs):
        generators = [components for components in generators if has_branches(components)]
    if not generators:
        return True
    looks = _look_together(generators, system, everywhere=True)
    return all(seen.readable and seen.holds and not seen.nowhere_real for seen in looks)


def place_generators(generators: Sequence[Sequence[Expr]], system: ODESystem) -> list[Placed]:
    """As `place_generator` does for each; those with the same branches are looked at together."""
    groups: dict[frozenset[Expr], list[int]] = {}
    for i, components in enumerate(generators):
        cut = frozenset(branches(components))
        groups.setdefault(cut, []).append(i)
    placed: dict[int, Placed] = {}
    for cut, members in groups.items():
        several = [generators[i] for i in members]
        looked = cut or has_branches(system.rhs)
        looks = _look_together(several, system) if looked else [None] * len(members)
        for i, seen in zip(members, looks, strict=True):
            placed[i] = place_generator(generators[i], system, seen=seen)
    return [placed[i] for i in range(len(generators))]


def place_generator(
    components: Sequence[Expr], system: ODESystem, *, rewritten: bool = True, seen: Look | None = None
) -> Placed:
    """The infinitesimals of a symmetry as they hold on every side, or with the side on which they do.

    Arguments:
        rewritten: they may be written in another form, that holds on more sides.
        seen: what was seen of them, if they were looked at already.
    """
    is_exact = (lambda c: _is_symmetry(c, system)) if rewritten else None
    return _placed(components, system, lambda c: look_at_generator(c, system), is_exact, seen)


def place_named(components: Sequence[Expr], system: ODESystem) -> Placed:
    """Infinitesimals that hold named solutions of equations, with the side on which they are real where the equations are.

    The named functions have no values here: any number stands for one, since what is asked is the domain of the rest.
    """
    given = tuple(components)
    kinds = AppliedUndef, Derivative, Subs
    named = {n: Dummy(real=True) for n in sorted({n for c in given for n in c.atoms(*kinds)}, key=str)}
    shown = [replaced(c, named) for c in given]
    if not has_branches(shown):
        return Placed(given)
    seen = look(lambda fix: (), system.rhs, shown, positive=_positive(system))
    if not seen.readable or seen.holds or not seen.true_on:
        return Placed(given)
    return partly(given, seen)


def place_integral(integral: Expr, system: ODESystem) -> Placed:
    """A first integral as it holds on every side, or with the side on which it does, also where it jumps between them."""

    def is_exact(components: Sequence[Expr]) -> bool:
        return is_first_integral(components[0], system)

    return _on_one_piece(_placed((integral,), system, lambda c: look_at_integral(c[0], system), is_exact), system)


def place_charge(integral: Expr, system: ODESystem) -> Placed:
    """The same of a charge, which is not written otherwise, since it belongs to its symmetry."""
    return _on_one_piece(_placed((integral,), system, lambda c: look_at_integral(c[0], system), None), system)


def _on_one_piece(placed: Placed, system: ODESystem) -> Placed:
    """With the side of each branch at which the integral jumps on the way of a solution."""
    return replace(placed, on=(*placed.on, *jumps_of(placed.components[0], system, placed.on))) if placed.true else placed


def jumps_of(integral: Expr, system: ODESystem, on: Sequence[Expr] = ()) -> tuple[Expr, ...]:
    """Branches at which an integral jumps on the way of a solution, beside those whose side is known to be that of `on`."""
    if not cuts_of(integral):
        return ()
    known = {e for a in on for e in (a, -a)}
    return tuple(cut for cut in jumps(integral, system, positive=_positive(system)) if cut not in known)


def _placed(
    components: Sequence[Expr],
    system: ODESystem,
    looked: Callable[[Sequence[Expr]], Look],
    is_exact: Callable[[Sequence[Expr]], bool] | None,
    seen: Look | None = None,
) -> Placed:
    given = tuple(components)
    if not has_branches((*system.rhs, *given)):
        return Placed(given)
    seen = seen or looked(given)
    if not seen.readable or seen.holds:
        return Placed(given, nowhere_real=seen.nowhere_real)
    if is_exact is not None and has_branches(system.rhs):
        absolute = tuple(with_absolute_values(c) for c in given)
        if absolute != given and looked(absolute).holds and is_exact(absolute):
            return Placed(absolute)
    return partly(given, seen)


def partly(given: tuple[Expr, ...], seen: Look) -> Placed:
    """With the side on which it holds: what tells it from the others, or else all that is known of it."""
    if not seen.true_on:
        return Placed(given, true=False)
    on = seen.separating()
    if not on:
        main = max(seen.true_on, key=lambda side: sum(s for _, s in side.signs))
        on = tuple(a if s > 0 else -a for a, s in main.signs if s)
    return Placed(given, on)


def _is_symmetry(components: Sequence[Expr], system: ODESystem) -> bool:
    try:
        return not any(remainder(VectorField(system.variables, tuple(components)), system))
    except (Unsupported, ArithmeticError):
        return False


def with_absolute_values(expression: Expr) -> Expr:
    """log|u| for log(u), and u^k |u|^f for u^(k + f), 0 < f < 1: the same derivatives, real on both sides of u = 0.

    What is real on one side of u = 0 and solves linear equations with real coefficients is, up to a constant factor on
    the other side, solved by this there too; whether it is so is for the second look and exact substitution to say.
    """

    def sided(u: Expr) -> bool:
        return bool(u.free_symbols) and u.is_nonnegative is not True

    def power(base: Expr, exponent: Expr) -> Expr:
        if not exponent.is_Rational:
            return Abs(base) ** exponent
        whole = floor(exponent)
        return base**whole * Abs(base) ** (exponent - whole)

    powers = expression.replace(
        lambda e: isinstance(e, Pow) and not e.exp.is_integer and sided(e.base) and not isinstance(e.base, Abs),
        lambda e: power(e.base, e.exp),
    )
    return powers.replace(  # type: ignore[return-value]
        lambda e: isinstance(e, log) and sided(e.args[0]) and not isinstance(e.args[0], Abs), lambda e: log(Abs(e.args[0]))
    )


def has_root_of_signs(expression: Expr) -> bool:
    """True if a fractional power of signs occurs: it is real on some sides only, and the sides differ."""
    return any(
        isinstance(power.base, Mul | Pow | sign | Abs) and power.base.has(sign) and not power.exp.is_integer
        for power in expression.atoms(Pow)
    )


def signed_rates(system: ODESystem) -> tuple[Expr, ...]:
    """The right sides with roots of squares written as absolute values, and these with signs."""
    field = jet_field(system)
    return tuple(field.to_expr(field(f)) for f in system.rhs)


def on_main_side(system: ODESystem) -> tuple[ODESystem, tuple[Expr, ...]] | None:
    """The equations with signs and absolute values as they are on one side, and what is positive there.

    Inverses of their own functions, asin(sin(u)), are u there, and the side is their range. None if they hold neither, or
    have no real points. Of several sides the one on which most signs are positive is taken.
    """
    inside, ranges = on_principal_ranges(system.rhs)
    system = replace(system, rhs=inside) if ranges else system
    rates = signed_rates(system)
    arguments = sorted({e.args[0] for f in rates for e in f.atoms(Abs, sign)}, key=str)
    if not arguments and not ranges:
        return None
    shown = [*system.rhs, *(sign(a) for a in arguments), *map(sqrt, ranges)]
    seen = look(lambda fix: [], shown, positive=_positive(system))
    best = max((_signs_on(side, arguments) for side in seen.true_on), key=lambda signs: sum(signs.values()), default=None)
    if best is None:
        return None
    found = _as_on(system, rates, best, arguments)
    return None if found is None else (found[0], (*ranges, *found[1]))


def on_sides(system: ODESystem, *, of_time: bool) -> list[tuple[ODESystem, tuple[Expr, ...]]]:
    """The same for each side of the signs and absolute values.

    Arguments:
        of_time: where all of them are of functions of the independent variable; else where each holds an unknown or a
            derivative.
    """
    rates = signed_rates(system)
    arguments = sorted({e.args[0] for f in rates for e in f.atoms(Abs, sign)}, key=str)
    moving = {*system.unknowns, *system.jet_coordinates} - {system.independent}
    if not all(a.free_symbols == {system.independent} if of_time else bool(a.free_symbols & moving) for a in arguments):
        return []
    seen = look(lambda fix: [], [*system.rhs, *(sign(a) for a in arguments)], positive=_positive(system))
    sides = dict.fromkeys(tuple(_signs_on(side, arguments).items()) for side in seen.true_on)
    found = [_as_on(system, rates, dict(side), arguments) for side in sides]
    return [one for one in found if one is not None]


def _signs_on(side: Side, arguments: Sequence[Basic]) -> dict[Expr, int]:
    """Those of the arguments that a side tells, also as that of -u for u."""
    told = dict(side.signs)
    signs = {a: told.get(a, 0) or -told.get(-a, 0) for a in map(expr, arguments)}
    return {a: s for a, s in signs.items() if s}


def _as_on(
    system: ODESystem, rates: Sequence[Expr], signs: Mapping[Expr, int], arguments: Sequence[Expr]
) -> tuple[ODESystem, tuple[Expr, ...]] | None:
    """The equations as they are on a side, and what is positive there; None if not all signs are known."""
    if set(signs) != set(arguments):
        return None
    fixed = tuple(with_signs(f, signs) for f in rates)
    return replace(system, rhs=fixed), tuple(a if s > 0 else -a for a, s in signs.items())


def fixed_on(expression: Expr, side: Sequence[Expr]) -> Expr:
    """Signs, absolute values and inverses of their own functions as they are where all of `side` is positive."""
    return with_signs_of(expression, side)
