"""What is about to be returned as a solution, substituted exactly and looked at with numbers at real points.

In: y = value, a relation or a curve, with its constants. Out: the form in which it is true, with what is positive where it
holds, or None. Exact substitution treats roots as formal symbols; the second look tells the side of each root, for the
constants too: (C1 exp(t) - exp(-t)/C1)/2 solves y' = sqrt(y^2 + 1) for C1 > 0 alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Abs, Dummy, Expr, Mul, Pow, S, Symbol, log, pi, sign

from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.typed import argument, expr, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.joined import with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.quadrature import follows_curve, sides_of_curve
from liesym.reduction.solution import solves
from liesym.testing.realpoints import DRAWS, Look, branches, drawn_points, look, readable
from liesym.testing.sampled import Sampled
from liesym.testing.second_look import has_branches, jumps_of, look_at_integral, with_absolute_values
from liesym.testing.values import NoValue, Point, value_at

Fix = Callable[[Expr], Expr]


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that passed, where what is in `on` is positive."""

    expression: Expr
    on: tuple[Expr, ...] = ()


def checked_value(system: ODESystem, value: Expr, constants: Sequence[Symbol], on: tuple[Expr, ...] = ()) -> Checked | None:
    """y = value as it is true: as it stands, with absolute values, or on the sides on which it is.

    Arguments:
        system: one equation.
        value: holds t, the constants, and indefinite integrals.
        on: what was known to be positive.
    """
    for form in forms_of(value, constants if system.order > 1 else ()):
        if not solves(system, form, constants):
            continue
        seen = look_at_value(system, form, constants)
        if not seen.readable or seen.holds:
            return None if seen.nowhere_real else Checked(_on_both_sides(system, form, constants), on)
    seen = look_at_value(system, value, constants)
    if on and _is_apart(seen, on) and solves(system, value, constants):
        return Checked(value, on)
    sides = seen.separating()
    return Checked(value, (*on, *sides)) if sides and _solves_where(system, value, constants, sides) else None


def seen_value(system: ODESystem, value: Expr, constants: Sequence[Symbol], on: tuple[Expr, ...] = ()) -> Checked | None:
    """The same for a value that was substituted exactly in another way: only looked at with numbers."""
    seen = look_at_value(system, value, constants)
    if not seen.readable or seen.nowhere_real:
        return None
    sides = () if seen.holds else seen.separating()
    return Checked(value, (*on, *sides)) if seen.holds or sides else None


def _on_both_sides(system: ODESystem, value: Expr, constants: Sequence[Symbol]) -> Expr:
    """With absolute values where they solve the equation too and are real on sides on which the value is not.

    C/sqrt(|x² - 1|) for C/(sqrt(x - 1) sqrt(x + 1)); where constants stand inside, they take up the sign.
    """
    if any(b.has(*constants) for b in branches([value])) or not has_branches([value]) or is_real_throughout(system, value):
        return value
    bases = {n: Pow(Abs(n.base), n.exp) for n in powers_in(value) if not n.exp.is_Integer and n.base is not S.Exp1}
    for absolute in dict.fromkeys((with_joined_roots(replaced(value, bases)), with_absolute_values(value))):
        if absolute != value and solves(system, absolute, constants):
            seen = look_at_value(system, absolute, constants)
            if seen.readable and seen.holds and is_real_throughout(system, absolute):
                return absolute
    return value


def forms_of(value: Expr, constants: Sequence[Symbol] = ()) -> tuple[Expr, ...]:
    """With log|u| for the logarithms of rational u, which are real on both sides; as it stands; with all absolute values.

    Arguments:
        value: y.
        constants: those that may take up the sign of a logarithm's argument, which then stays as it is.
    """
    sided = with_logarithms_of_both_signs(value, constants)
    return tuple(dict.fromkeys((sided, value, with_absolute_values(value))))


def with_logarithms_of_both_signs(value: Expr, constants: Sequence[Symbol] = ()) -> Expr:
    """log|u| for the logarithms of rational u, but where -u is u with other constants, as in log(cos(C + x))."""
    logs = [n for n in value.atoms(log) if _is_sided(argument(n)) and not _is_taken_up(n, value, constants)]
    return replaced(value, {n: log(Abs(argument(n))) for n in logs})


def _is_taken_up(node: Expr, value: Expr, constants: Sequence[Symbol]) -> bool:
    """True if constants turned around, or one moved by π, change the sign of a logarithm's argument and nothing else."""
    inside, rest = argument(node), replaced(value, {node: Dummy("logarithm")})
    held = [c for c in constants if inside.has(c)]
    moves = [{c: -c for c in held}, *({c: c + pi} for c in held)] if held else []
    return any(
        (replaced(inside, move) + inside).expand() == 0 and (replaced(rest, move) - rest).expand() == 0 for move in moves
    )


def _is_sided(inside: Expr) -> bool:
    if inside.has(Abs, log) or any(not n.exp.is_Integer for n in powers_in(inside)):
        return False
    return bool(inside.free_symbols) and inside.is_nonnegative is not True


def _solves_where(system: ODESystem, value: Expr, constants: Sequence[Symbol], sides: Sequence[Expr]) -> bool:
    """Exact substitution with the roots of squares, which are absolute values, as they are on the sides."""
    signed = {c: Dummy(c.name, positive=True) * s for c in constants for s in (1, -1) if s * c in sides}
    named = tuple(next(iter(signed[c].free_symbols)) if c in signed else c for c in constants)
    if solves(system, replaced(value, signed), named):
        return True
    t, jets = system.independent, _jets(system, value)
    defect = value.diff(t, system.order) - replaced(system.rhs[0], jets)
    try:
        field = Field.build([defect], (t, *constants), system.parameter_symbols)
        shown = field.to_expr(field(defect))
        found = {n: _sign_on(argument(n), sides) for n in shown.atoms(Abs, sign)}
        fixed = {n: s if isinstance(n, sign) else s * argument(n) for n, s in found.items() if s}
        rest = replaced(shown, fixed)
        return Field.build([rest], (t, *constants), system.parameter_symbols)(rest).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False


def _sign_on(value: Expr, sides: Sequence[Expr]) -> Expr:
    """±1 where it is told by factors that are positive there, else 0."""
    told: Expr = S.One
    for factor in Mul.make_args(factored(value)):
        base, power = factor.as_base_exp()
        positive = {factored(a): S.One for a in sides} | {factored(-a): S.NegativeOne for a in sides}
        if factor.is_positive or factor.is_negative:
            told *= sign(factor)
        elif not (power.is_Integer and power.is_even):
            told *= positive.get(base, S.Zero)
    return told


def look_at_value(system: ODESystem, value: Expr, constants: Sequence[Symbol]) -> Look:
    """Where y = value solves the equation: y^(n) - F = 0, at real points on both sides of its branches."""
    t = system.independent

    def claim(fix: Fix) -> list[Expr]:
        fixed = fix(value)
        jets = _jets(system, fixed)
        highest = partial_derivative(jets[jet_symbol(system.unknowns[0], system.order - 1)], t)
        return [highest - fix(replaced(system.rhs[0], jets))]

    rate = replaced(system.rhs[0], _jets(system, value))
    held = [sign(c) for c in constants if value.has(c)] if has_branches((value, rate)) else []
    return look(claim, [value, rate, *held], positive=_positive(system))


def is_real_throughout(system: ODESystem, value: Expr) -> bool:
    """True unless there is a side of its roots and logarithms on which the equation is real and y = value is not."""
    return not look(lambda fix: [], [system.rhs[0]], [value], positive=_positive(system)).absent_on


def is_real_at_all_points(system: ODESystem, value: Expr) -> bool:
    """False if there is a drawn point at which the equation is real and the value is not: of J_n(x) for x < 0, say."""
    told = [readable(system.rhs[0]), readable(value)]
    if told[0] is None or told[1] is None:
        return True
    symbols = sorted({s for e in told if e is not None for s in e.free_symbols if isinstance(s, Symbol)}, key=str)
    points = list(drawn_points(symbols, DRAWS, 0, _positive(system)))
    sampled = Sampled(np.array([[p[s] for s in symbols] for p in points]).reshape(len(points), len(symbols)), symbols)
    without = sampled.real([told[0]]) & ~sampled.real([told[1]])
    # what is beyond floating point, as exp(exp(12)) is, has a value with the exponents of mpmath
    return all(_has_value(told[1], points[k]) for k in np.flatnonzero(without))


def _has_value(value: Expr, point: Point) -> bool:
    try:
        value_at(value, point)
    except NoValue:
        return False
    return True


def real_where_derived(system: ODESystem, value: Expr) -> bool:
    """True unless there is a side on which y^(n-1) is real and y = value is not: -log(C - x) for y' = 1/(C - x) is such."""
    highest = _jets(system, value)[jet_symbol(system.unknowns[0], system.order - 1)]
    return system.order == 1 or not look(lambda fix: [], [highest], [value], positive=_positive(system)).absent_on


def _jets(system: ODESystem, value: Expr) -> dict[Symbol, Expr]:
    t, y = system.variables
    found = {}
    for k in range(system.order):
        found[jet_symbol(y, k)] = value
        value = partial_derivative(value, t)
    return found


def checked_integral(system: ODESystem, integral: Expr) -> Checked | None:
    """I = C as it is true, by D_t I = 0: in the form that holds on most sides, on one side of each place where I jumps."""
    partly: Checked | None = None
    for form in dict.fromkeys((integral, with_joined_roots(integral), with_absolute_values(integral))):
        try:
            exact = is_first_integral(form, system)
        except (Unsupported, ArithmeticError):
            continue
        if not exact:
            continue
        seen = look_at_integral(form, system)
        if not seen.readable or seen.holds:
            return None if seen.nowhere_real else Checked(form, jumps_of(form, system))
        sides = seen.separating()
        if sides and partly is None:
            partly = Checked(form, (*sides, *jumps_of(form, system, sides)))
    return partly


def curve_holds(system: ODESystem, time: Expr, height: Expr, parameter: Symbol, constants: Sequence[Symbol]) -> bool:
    """True if t = time(p), y = height(p) solves the equation, exactly and at real points on all sides."""
    if not follows_curve(system, time, height, parameter, constants):
        return False
    seen = _look_at_curve(system, time, height, parameter, constants)
    return not seen.readable or (seen.holds and not seen.nowhere_real)


def curve_on_side(
    system: ODESystem, time: Expr, height: Expr, parameter: Symbol, constants: Sequence[Symbol]
) -> tuple[Expr, ...]:
    """What is positive where the curve solves the equation, if that is so where roots of squares have one sign."""
    sides = sides_of_curve(system, time, height, parameter, constants)
    if not sides:
        return ()
    seen = _look_at_curve(system, time, height, parameter, constants, sides)
    if not seen.readable:
        return sides
    return sides if _is_apart(seen, sides) else ()


def _is_apart(seen: Look, on: Sequence[Expr]) -> bool:
    """True if what was seen is true somewhere, and wherever it is not one of `on` is negative."""
    outside = [dict(side.signs) for side in (*seen.false_on, *seen.absent_on)]
    return bool(seen.true_on) and all(any(_sign_by(a, signs) == -1 for a in on) for signs in outside)


def _sign_by(value: Expr, signs: Mapping[Expr, int]) -> int:
    """±1 where the signs of the factors tell it, else 0."""
    told = 1
    for factor in Mul.make_args(factored(value)):
        base, power = factor.as_base_exp()
        known = int(sign(base)) if base.is_number else signs.get(base) or -signs.get(expr(-base), 0)
        told *= known if not (power.is_Integer and power.is_even) else 1
    return told


def _look_at_curve(
    system: ODESystem, time: Expr, height: Expr, parameter: Symbol, constants: Sequence[Symbol], on: Sequence[Expr] = ()
) -> Look:
    """y^(n) - F = 0 along the curve, at real points on all sides."""

    def claim(fix: Fix) -> list[Expr]:
        values, value, speed = {system.independent: fix(time)}, fix(height), fix(time).diff(parameter)
        for k in range(system.order):
            values[jet_symbol(system.unknowns[0], k) if k else system.unknowns[0]] = value
            value = value.diff(parameter) / speed
        return [value - fix(replaced(system.rhs[0], values))]

    held = [sign(c) for c in constants if time.has(c) or height.has(c)] if has_branches((time, height)) else []
    return look(claim, [time, height, *held, *map(sign, on)], positive=_positive(system))


def _positive(system: ODESystem) -> list[Symbol]:
    return [p.symbol for p in system.parameters if p.symbol.is_positive]
