"""Combinations of charges that do not jump where solutions pass through a branch, though each of them does.

For L = (x'² + y'²)/2 - |x - y| the charges x' + t sign(x - y) and y' - t sign(x - y) jump where x passes y, and their sum
does not. What jumps at a branch a = 0 is I(sign a = 1) - I(sign a = -1), taken at a = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Abs, Expr, S, Symbol, sign

from liesym.base.typed import replaced
from liesym.coefficients import Element, Field
from liesym.solving.linear.vectors import constant_relations
from liesym.testing.jumps import cuts_of
from liesym.testing.second_look import has_branches
from liesym.variational.lagrangian import Lagrangian


def has_sides(lagrangian: Lagrangian) -> bool:
    """True if L, with roots of squares written as absolute values, holds signs: each side has equations of its own."""
    if not has_branches((lagrangian.expression,)):
        return False
    field = lagrangian.field()
    signs = field.to_expr(field(lagrangian.expression)).atoms(Abs, sign)
    return any(branches_of(e, lagrangian) for e in signs)


def branches_of(expression: Expr, lagrangian: Lagrangian) -> tuple[Expr, ...]:
    """Where its value may jump as time goes on: not where a parameter has another sign."""
    moving = {*lagrangian.variables, *lagrangian.velocities}
    return tuple(cut for cut in cuts_of(expression) if cut.free_symbols & moving)


def without_jumps(charges: Sequence[Expr], lagrangian: Lagrangian) -> tuple[tuple[dict[int, Element], ...], Field]:
    """The constants c for which Σ c_k I_k does not jump at a branch of any I_k, and the field of these constants.

    None are given where a branch is not the zero of something linear in one of t, q, q'.
    """
    cuts = dict.fromkeys(cut for charge in charges for cut in branches_of(charge, lagrangian))
    rows = [[_jump(charge, cut, lagrangian) for cut in cuts] for charge in charges]
    known = [[e for e in row if e is not None] for row in rows]
    field = lagrangian.field([e for row in known for e in row])
    if not cuts or any(len(row) < len(cuts) for row in known):
        return (), field
    return constant_relations([tuple(field(e) for e in row) for row in known], field), field


def _jump(charge: Expr, cut: Expr, lagrangian: Lagrangian) -> Expr | None:
    """Of a charge at the zero of the cut."""
    values = []
    for side in (S.One, S.NegativeOne):
        value = charge.replace(sign(cut), side).replace(Abs(cut), side * cut)
        value = value.replace(sign(-cut), -side).replace(Abs(-cut), side * cut)
        values.append(value)
    if any(cut in cuts_of(v) or -cut in cuts_of(v) for v in values):
        return None
    root = _zero(cut, (*lagrangian.velocities, *lagrangian.unknowns, lagrangian.independent))
    return None if root is None else replaced(values[0] - values[1], dict([root]))


def _zero(cut: Expr, variables: Sequence[Symbol]) -> tuple[Symbol, Expr] | None:
    """A variable in which the cut is linear with a constant slope, and its value where the cut is zero."""
    for v in variables:
        slope = cut.diff(v)
        if slope != 0 and not slope.free_symbols & set(variables) and not cut.has(Abs, sign):
            return v, v - cut / slope
    return None
