"""Chini's equation, and Abel's of the first kind where a shift brings it to that form.

    y' = f y^n + g y + h,   v^n = ±h/f,   v' - g v = α h  with a constant α
    y = v u:   v u' = h (±u^n - α u + 1),   ∫ du/(±u^n - α u + 1) = ∫ h/v dx + C
    y' = f y³ + e y² + …    y - e/(3 f) for y

Nothing here is checked: every value is substituted by whoever asks for it.
Source: Chini 1924; Kamke 1977, I.55 and A.4.10.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Dummy, Expr, I, Integer, S, Symbol, powdenest

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, over_one_denominator, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.field import FAILURES
from liesym.model.system import ODESystem
from liesym.reduction.elementary import Family, powers_of, through
from liesym.reduction.quadrature import antiderivative_within, constants_for, with_limits
from liesym.reduction.steps import Change, Step
from liesym.solving.algebraic import solve_for

QUADRATURE = 0.4
"""Of what is left of the budget, for one integral."""


def chini_families(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """The relation for each sign with which the equation is of this form.

    Arguments:
        system: one equation of order 1.
        budget: of the integrals.

    Raises:
        OutOfBudget: the time is over.
    """
    powers = powers_of(system)
    if powers is None:
        return
    y = system.unknowns[0]
    shift: Expr = S.Zero
    if {Integer(3), Integer(2)} <= set(powers) <= {Integer(k) for k in range(4)}:
        shift = expr(-powers[Integer(2)] / (3 * powers[Integer(3)]))
        moved = replaced(system.rhs[0], {y: y + shift}) - shift.diff(system.independent)
        powers = powers_of(ODESystem(system.independent, (y,), (1,), (_tidied(moved),), system.parameters))
    others = None if powers is None else [n for n in powers if n not in (S.Zero, S.One)]
    if powers is None or others is None or len(others) != 1 or S.Zero not in powers:
        return
    n = others[0]
    for sign in (1, -1):
        budget.check("Chini's equation")
        found = _of_sign(system, (powers[n], powers.get(S.One, S.Zero), powers[S.Zero]), n, sign, shift, budget)
        if found is not None:
            yield found


def _tidied(value: Expr) -> Expr:
    top, bottom = over_one_denominator(value)
    return expr((top.expand() / bottom).expand())


def _of_sign(
    system: ODESystem, parts: tuple[Expr, Expr, Expr], n: Expr, sign: int, shift: Expr, budget: Budget
) -> Family | None:
    (x, y), (f, g, h) = system.variables, parts
    # for x > 0; what follows is checked on every side
    v = expr(powdenest(factored((sign * h / f).cancel()) ** (1 / n), force=True))
    if any(p.base.is_negative for p in powers_in(v) if not p.exp.is_Integer):
        return None
    try:
        field = Field.build([v, f, g, h], (x,), system.parameter_symbols)
        alpha = field.to_expr((field(v.diff(x)) - field(g) * field(v)) / field(h))
        speed = field.to_expr(field(h) / field(v))
    except FAILURES:
        return None
    if alpha.has(x, I) or v.has(I):
        return None
    u, constants = Symbol("ratio", real=True), constants_for(system, 1)
    rest = expr(sign * u**n - alpha * u + 1)
    inner = with_limits(antiderivative_within(1 / rest, u, constants, budget.share(QUADRATURE)))
    time = antiderivative_within(speed, x, constants, budget.share(QUADRATURE))
    lines = [expr(r * v + shift) for r in solve_for(rest, u) if not r.has(I)]
    family = through(inner.subs(u, (y - shift) / v) - time, system, tuple(lines))
    w = Dummy("u", real=True)
    change = Change(x, x, w, (y - shift) / v)
    steps = (
        Step("Chini's equation with a constant invariant", system, w, (y - shift) / v, change),
        Step("the equation for it", system, jet_symbol(w, 1), expr(speed * rest.subs(u, w)), change),
    )
    return Family(family.values, family.integral, lost=family.lost, steps=steps)
