"""What laws with functions of their own demand of the unknown functions alone.

    f + V_x = 0,  g + V_y = 0        V is eliminated:        f_y - g_x = 0

The conditions are solved for the derivatives of the laws' functions; what is left over, and that mixed derivatives agree, is
what is demanded of the others.
Source: Courant and Hilbert 1962, chapter I.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Dummy, Expr, Mul, S, Symbol, factor_list
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError

from liesym.base.jets import partial_derivative
from liesym.invariants.open.conditions import beyond
from liesym.invariants.open.jets import function_of, is_zero, jets_of, numerator, order_of, separated, short, variables_of

ROUNDS = 3
"""Times that what follows from the solved conditions is solved with them."""


def relations(
    conditions: Sequence[Expr], eliminated: Sequence[AppliedUndef], variables: tuple[Symbol, ...]
) -> tuple[Expr, ...]:
    """Expressions in the other functions that vanish where functions exist that meet the conditions.

    Arguments:
        conditions: to hold for all values of the variables.
        eliminated: functions that may be anything.
        variables: all there are.
    """
    held = {v for c in conditions for f in c.atoms(AppliedUndef) for a in f.args for v in variables_of(a)}
    free = [v for v in variables if v not in held]
    parts = [p for c in conditions for p in separated(c, free)]
    names = {f.func for f in eliminated}
    found: list[Expr] = []
    solved, rest = _solved(parts, names)
    for _ in range(ROUNDS):
        further = list(_further(solved, names, variables))
        fresh = [e for e in further if _holds(e, names)]
        found += [e for e in further if e not in fresh]
        if not fresh:
            break
        parts += fresh
        solved, rest = _solved(parts, names)
    found += [*rest, *_compatible(solved, eliminated, variables)]
    kept: list[Expr] = []
    for e in found:
        top = _signed(Mul(*factors_of(numerator(e))).expand())
        if top.atoms(AppliedUndef) and not is_zero(top, variables) and top not in kept and -top not in kept:
            kept.append(top)
    return tuple(kept)


def _further(solved: dict[Expr, Expr], names: set[Any], variables: tuple[Symbol, ...]) -> Iterator[Expr]:
    """What follows where the value of one eliminated function holds another: it may depend on its own arguments alone.

    A' = -B' g/f gives B'' g/f + B' (g/f)_y = 0, and that in turn that (g/f)_y f/g depends on y alone. Factors of eliminated
    functions alone are left out, for these are not 0.
    """
    for jet, value in solved.items():
        if not _holds(value, names):
            continue
        for condition in beyond(value, function_of(jet).args, variables):
            if is_zero(condition, variables):
                continue
            factors = [f for f in factors_of(numerator(condition)) if not _holds_alone(f, names)]
            if factors:
                yield Mul(*factors)


def _holds(expression: Expr, names: set[Any]) -> bool:
    return any(f.func in names for f in expression.atoms(AppliedUndef))


def _holds_alone(expression: Expr, names: set[Any]) -> bool:
    return all(f.func in names for f in expression.atoms(AppliedUndef))


def _solved(parts: Sequence[Expr], names: set[Any]) -> tuple[dict[Expr, Expr], list[Expr]]:
    """Jets of the named functions and their values, and the conditions that hold none."""
    rest, solved = list(parts), {}
    while True:
        pivot = next(_pivots(rest, names), None)
        if pivot is None:
            break
        place, dummy, replaced, jets = pivot
        value = short((-replaced.xreplace({dummy: S.Zero}) / partial_derivative(replaced, dummy)).xreplace(jets))
        del rest[place]
        put = {jets[dummy]: value}
        rest = [_put(e, put) for e in rest]
        solved = {jet: _put(e, put) for jet, e in solved.items()} | put
    return solved, [e for e in rest if not any(function_of(j).func in names for j in jets_of(e)[1].values())]


def _put(expression: Expr, values: dict[Expr, Expr]) -> Expr:
    replaced, jets = jets_of(expression)
    return replaced.xreplace({d: values.get(j, j) for d, j in jets.items()})


def _pivots(parts: Sequence[Expr], names: set[Any]) -> Iterator[tuple[int, Dummy, Expr, dict[Dummy, Expr]]]:
    """Jets that a condition is linear in, the often differentiated ones and the short conditions first."""
    found = []
    for place, part in enumerate(parts):
        replaced, jets = jets_of(part)
        for dummy, jet in jets.items():
            if function_of(jet).func not in names:
                continue
            slope = partial_derivative(replaced, dummy)
            if slope != 0 and not slope.has(dummy):
                found.append(((-order_of(jet), slope.count_ops(), str(jet)), (place, dummy, replaced, jets)))
    yield from (pivot for _, pivot in sorted(found, key=lambda f: f[0]))


def _compatible(solved: dict[Expr, Expr], eliminated: Sequence[AppliedUndef], variables: Sequence[Symbol]) -> Iterator[Expr]:
    names = {f.func for f in eliminated}
    known = {j: e for j, e in solved.items() if not any(f.func in names for f in e.atoms(AppliedUndef))}
    for function in eliminated:
        own = {j: e for j, e in known.items() if function_of(j).func == function.func}
        for value in own.values():
            yield from beyond(value, function.args, variables)
        if not all(a.is_Symbol for a in function.args):
            continue
        slopes = {j.variables[0]: e for j, e in own.items() if order_of(j) == 1}  # type: ignore[attr-defined]
        for (x, left), (y, right) in itertools.combinations(slopes.items(), 2):
            yield partial_derivative(left, y) - partial_derivative(right, x)
        if function in own:
            yield from (partial_derivative(own[function], x) - e for x, e in slopes.items())


def factors_of(expression: Expr) -> list[Expr]:
    """Its factors that hold a function."""
    replaced, jets = jets_of(expression)
    try:
        _, factors = factor_list(replaced)
    except PolynomialError:
        return [expression]
    return [_signed(base.expand().xreplace(jets)) for base, _ in factors if base.free_symbols & set(jets)]


def _signed(expression: Expr) -> Expr:
    """Of the two signs always the same one."""
    return min(expression, -expression, key=lambda e: (e.as_ordered_terms()[0].could_extract_minus_sign(), str(e)))
