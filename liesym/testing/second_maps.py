"""Flows and changes of variables looked at a second time, at real points on every side of their branches.

In: a one-parameter group with its generator, or new variables with the equations in them. Out: a `Look`, or the form in
which the statement holds with what is positive there. What was substituted exactly is true on one side of each branch; here
its equations are evaluated, with derivatives taken side by side. Source: Olver 1993, sections 1.3 and 2.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Dummy, Expr, I, S, Symbol, log, pi, sign

from liesym.base.jets import jet_symbol
from liesym.base.typed import argument, expr, replaced
from liesym.model.system import ODESystem
from liesym.testing.jumps import cuts_of
from liesym.testing.realpoints import Look, Side, look
from liesym.testing.second_look import Fix, Placed, has_branches, partly, with_absolute_values

NEAR = 10**6
"""Times that group parameters are smaller than other numbers: a flow is a statement near ε = 0."""
PER_SIDE = 10
"""Points on each side: a way there and back may fail at places that no branch shows."""
LARGEST = 2000
"""Operations up to which new variables are looked at."""


def look_at_flow(components: Sequence[Expr], variables: Sequence[Symbol], images: Sequence[Expr], epsilon: Symbol) -> Look:
    """Where dv̄/dε = X(v̄) and v̄ = v at ε = 0."""
    near = Dummy("near", real=True)
    small = {epsilon: near / NEAR}
    close = [replaced(e, small) for e in images]
    start = [e.subs(epsilon, 0) for e in images]

    def claim(fix: Fix) -> list[Expr]:
        fixed = [fix(e) for e in close]
        moved = dict(zip(variables, fixed, strict=True))
        rates = [NEAR * e.diff(near) - replaced(c, moved) for e, c in zip(fixed, components, strict=True)]
        return [*rates, *(fix(e) - v for e, v in zip(start, variables, strict=True))]

    turns = [sign(cut) for e in (*close, *start) for cut in cuts_of(e)]  # where an angle passes from π/2 to -π/2
    seen = look(claim, components, [*close, *start, *turns], per_side=PER_SIDE)
    return _renamed(seen, {near: NEAR * epsilon})


def _renamed(seen: Look, names: dict[Symbol, Expr]) -> Look:
    """The same with the branches in other symbols."""

    def told(sides: Sequence[Side]) -> tuple[Side, ...]:
        return tuple(Side(tuple((replaced(a, names), way) for a, way in side.signs)) for side in sides)

    return Look(seen.points, told(seen.true_on), told(seen.false_on), told(seen.absent_on), seen.readable)


def place_flow(
    components: Sequence[Expr],
    variables: Sequence[Symbol],
    images: Sequence[Expr],
    epsilon: Symbol,
    is_exact: Callable[[Sequence[Expr]], bool],
) -> Placed:
    """The images as they hold on every side, or with the side.

    Arguments:
        is_exact: whether other images solve the equation of the flow by substitution.
    """
    given = tuple(images)
    if not has_branches((*components, *given)):
        return Placed(given)
    seen = look_at_flow(components, variables, given, epsilon)
    if not seen.readable or (seen.holds and not seen.nowhere_real):
        return Placed(given)
    absolute = tuple(with_absolute_values(e) for e in given)
    near = tuple(with_absolute_values(e) for e in _with_logarithms_near_zero(given, epsilon))
    for real in dict.fromkeys((absolute, near)):
        if real == given:
            continue
        again = look_at_flow(components, variables, real, epsilon)
        if again.holds and not again.nowhere_real and is_exact(real):
            return Placed(real)
    return Placed(given, nowhere_real=True) if seen.holds else partly(given, seen)


def _with_logarithms_near_zero(images: tuple[Expr, ...], epsilon: Symbol) -> tuple[Expr, ...]:
    """log(-u) + i π for log u where u < 0 at ε = 0; as they are if that leaves an i."""
    logs = {n for e in images for n in e.atoms(log) if argument(n).subs(epsilon, 0).is_negative}
    found = tuple(expr(replaced(e, {n: log(-argument(n)) + I * pi for n in logs}).expand()) for e in images)
    return images if any(e.has(I) for e in found) else found


def place_coordinates(
    components: Sequence[Expr],
    old: Sequence[Symbol],
    new: Sequence[Symbol],
    backward: Sequence[Expr],
    forward: Sequence[Expr] | None,
) -> Placed:
    """Canonical coordinates: X(r_i) = 0, X(s) = 1, and the way there and back is the identity.

    Without a way forward: ∂v/∂s = X(v) for v = backward, told in the new variables.
    """
    given = tuple(backward)
    stated = (*given, *(forward or ()))
    if sum(int(e.count_ops()) for e in stated) > LARGEST or not has_branches((*components, *stated)):
        return Placed(given)

    def along(fix: Fix) -> list[Expr]:
        fixed = [fix(e) for e in backward]
        moved = dict(zip(old, fixed, strict=True))
        return [e.diff(new[-1]) - replaced(c, moved) for e, c in zip(fixed, components, strict=True)]

    if forward is None:
        moved = dict(zip(old, given, strict=True))
        seen = look(along, [*given, *(replaced(c, moved) for c in components)], per_side=PER_SIDE)
    else:
        there = dict(zip(new, forward, strict=True))
        back = [replaced(e, there) for e in backward]

        def both(fix: Fix) -> list[Expr]:
            fields = [fix(c) for c in components]
            moved = [sum((c * fix(e).diff(v) for c, v in zip(fields, old, strict=True)), start=S.Zero) for e in forward]
            return [*moved[:-1], moved[-1] - 1, *(fix(e) - v for e, v in zip(back, old, strict=True))]

        seen = look(both, components, [*forward, *back], per_side=PER_SIDE)
    if not seen.readable or (seen.holds and not seen.nowhere_real):
        return Placed(given)
    return partly(given, seen)


def look_at_change(original: ODESystem, forward: Sequence[Expr], target: ODESystem) -> Look:
    """Where solutions of the original, in new variables, solve the target: q^(n) = G along r.

    Arguments:
        forward: r and each unknown q of the target, as functions of the original's variables and derivatives.
    """
    jets = {jet_symbol(x, k): (i, k) for i, x in enumerate(original.unknowns) for k in range(original.orders[i])}

    def claim(fix: Fix) -> list[Expr]:
        rates = [fix(f) for f in original.rhs]

        def total(e: Expr) -> Expr:
            result = e.diff(original.independent)
            for symbol, (i, k) in jets.items():
                following = k + 1 < original.orders[i]
                result += e.diff(symbol) * (jet_symbol(original.unknowns[i], k + 1) if following else rates[i])
            return result

        time, *rows = (fix(e) for e in forward)
        speed = total(time)
        values, tops = {target.independent: time}, []
        for q, row, n in zip(target.unknowns, rows, target.orders, strict=True):
            value = row
            for k in range(n):
                values[jet_symbol(q, k)] = value
                value = total(value) / speed
            tops.append(value)
        return [top - replaced(f, values) for top, f in zip(tops, target.rhs, strict=True)]

    positive = [p.symbol for p in original.parameters if p.symbol.is_positive]
    return look(claim, original.rhs, list(forward), positive=positive, per_side=PER_SIDE)


def place_change(original: ODESystem, forward: Sequence[Expr], target: ODESystem) -> Placed:
    """The same as a verdict: where the equations in the new variables hold."""
    given = tuple(forward)
    stated = (*original.rhs, *given, *target.rhs)
    if sum(int(e.count_ops()) for e in stated) > LARGEST or not has_branches(stated):
        return Placed(given)
    seen = look_at_change(original, forward, target)
    if not seen.readable or seen.holds:
        return Placed(given, nowhere_real=seen.nowhere_real)
    return partly(given, seen)
