"""Solutions of F(t, y, y') = 0 checked on the surface itself, with no branch chosen.

In: y = value or a curve t(p), y(p), with constants. Out: the form in which it is true, or None. As for solved equations,
substitution is exact, roots as formal symbols, and a second look with numbers tells the sides of the branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, Integral, Pow, S, Symbol, sign

from liesym.base.typed import expr, replaced
from liesym.coefficients import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import Unsupported
from liesym.model.implicit import ImplicitEquation
from liesym.reduction.checked import Checked, forms_of
from liesym.solving.algebraic import holds_somewhere
from liesym.testing.realpoints import Look, look
from liesym.testing.second_look import has_branches, with_absolute_values

Fix = Callable[[Expr], Expr]


@dataclass(frozen=True, slots=True)
class CheckedCurve:
    """A curve that passed, where what is in `on` is positive."""

    time: Expr
    height: Expr
    on: tuple[Expr, ...] = ()


def value_on_surface(equation: ImplicitEquation, value: Expr, constants: Sequence[Symbol]) -> Checked | None:
    """y = value as it is true: as it stands, with absolute values, or on the sides on which it is."""
    for form in forms_of(value):
        if not is_zero_on(equation, equation.at(form, form.diff(equation.independent)), (equation.independent, *constants)):
            continue
        seen = _look_at_value(equation, form, constants)
        if not seen.readable or seen.holds:
            return None if seen.nowhere_real else Checked(form)
        sides = seen.separating()
        if sides:
            return Checked(form, sides)
    return None


def _look_at_value(equation: ImplicitEquation, value: Expr, constants: Sequence[Symbol]) -> Look:
    t = equation.independent

    def claim(fix: Fix) -> list[Expr]:
        fixed = fix(value)
        return [fix(equation.at(fixed, fixed.diff(t)))]

    return _seen(claim, equation, [value, equation.at(value, value.diff(t))], constants)


def curve_on_surface(
    equation: ImplicitEquation, curve: tuple[Expr, Expr], parameter: Symbol, constants: Sequence[Symbol]
) -> CheckedCurve | None:
    """t = time(p), y = height(p) as they are true: with absolute values, as they stand, or on sides."""
    absolute = (with_absolute_values(curve[0]), with_absolute_values(curve[1]))
    for time, height in dict.fromkeys((absolute, curve)):

        def inserted(fix: Fix, time: Expr = time, height: Expr = height) -> Expr:
            along, up = fix(time), fix(height)
            rate = up.diff(parameter) / along.diff(parameter)
            return fix(replaced(equation.at(up, rate), {equation.independent: along}))

        if time.diff(parameter) == 0 or not is_zero_on(equation, inserted(lambda e: e), (parameter, *constants)):
            continue
        seen = _seen(lambda fix, at=inserted: [at(fix)], equation, [time, height, inserted(lambda e: e)], constants)
        if not seen.readable or seen.holds:
            return None if seen.nowhere_real else CheckedCurve(time, height)
        if seen.separating() and (time, height) == curve:
            return CheckedCurve(time, height, seen.separating())
    return None


def _seen(
    claim: Callable[[Fix], list[Expr]], equation: ImplicitEquation, domain: list[Expr], constants: Sequence[Symbol]
) -> Look:
    held = [sign(c) for c in constants if any(e.has(c) for e in domain)] if has_branches(domain) else []
    positive = [p.symbol for p in equation.parameters if p.symbol.is_positive]
    return look(claim, [*domain, *held], positive=positive)


def is_zero_on(equation: ImplicitEquation, defect: Expr, variables: Sequence[Symbol]) -> bool:
    """Zero identically, integrals being independent quantities; roots by their branch at some real place."""
    if defect.has(S.NaN, S.ComplexInfinity):
        return False
    integrals: dict[Expr, Symbol] = {}

    def named(integral: Expr) -> Symbol:
        return integrals.setdefault(integral, Dummy(f"q{len(integrals)}", real=True))

    plain = expr(defect.replace(lambda e: isinstance(e, Integral), named))
    symbols = tuple(p.symbol for p in equation.parameters)
    try:
        zero = Field.build([plain], (*variables, *integrals.values()), symbols)(plain).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False
    return zero and (not plain.has(Pow) or holds_somewhere(plain))
