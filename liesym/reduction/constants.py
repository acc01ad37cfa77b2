"""Constants of integration in the form in which a person writes them.

Where all that a constant C occurs in is one expression m(C) free of the independent variable, or integer multiples of
its powers, C is written for m(C): sqrt(C), -C, exp(C), C/(a - 1) and C + log 2 are constants as good as C. Nothing here is
checked: a family written so is substituted by whoever asks for it. Source: Ince 1956, section 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Mul, Symbol, exp

from liesym.base.typed import argument, expr, replaced

POWERS = (1, -1, 2, -2)
"""Exponents of what stands around a constant that are looked for."""


def absorbed(value: Expr, constants: Sequence[Symbol], x: Symbol) -> Expr:
    """The family y = value with what stands around each constant taken into it."""
    for constant in reversed(constants):
        apart = _as_factor(value, constant)
        held = {part for part in _free_parts(apart, x) if part.has(constant)}
        shown = _multiples(held, constant)
        new = _with_parts(apart, x, shown)
        if shown and new.free_symbols >= value.free_symbols & {*constants}:
            value = new
    return value


def _as_factor(value: Expr, constant: Symbol) -> Expr:
    """With exp(C) exp(r) for exp(C + r)."""
    sums = {n for n in value.atoms(exp) if isinstance(n.args[0], Add) and constant in n.args[0].args}
    return replaced(value, {n: Mul(exp(constant), exp(argument(n) - constant), evaluate=False) for n in sums})


def _multiples(held: set[Expr], constant: Symbol) -> dict[Expr, Expr]:
    """{part: the same in C} where all parts are multiples by integers of one of them, m = C, or of powers of it."""
    for one in sorted(held, key=lambda e: (e.count_ops(), str(e))):
        shown = {part: _in_powers(part, one, constant) for part in held}
        if None not in shown.values():
            return {part: new for part, new in shown.items() if new is not None}
    return {}


def _in_powers(part: Expr, one: Expr, constant: Symbol) -> Expr | None:
    """n C^k for the part n m^k."""
    for k in POWERS:
        number = expr(part / one**k)
        if number.is_Integer:
            return expr(number * constant**k)
    return None


def _split(node: Expr, x: Symbol) -> tuple[Expr, list[Expr]]:
    """The part of a sum or a product that is free of x, and the others."""
    free = [expr(a) for a in node.args if not a.has(x)]
    return expr(node.func(*free)), [expr(a) for a in node.args if a.has(x)]


def _free_parts(node: Expr, x: Symbol) -> Iterator[Expr]:
    """The largest subexpressions without x."""
    if not node.has(x):
        yield node
    elif isinstance(node, (Add, Mul)):
        free, others = _split(node, x)
        yield free
        for other in others:
            yield from _free_parts(other, x)
    else:
        for inner in node.args:
            if isinstance(inner, Expr):
                yield from _free_parts(inner, x)


def _with_parts(node: Expr, x: Symbol, shown: Mapping[Expr, Expr]) -> Expr:
    """With new forms of the largest subexpressions without x."""
    if not node.has(x):
        return shown.get(node, node)
    if not node.args:
        return node
    if isinstance(node, (Add, Mul)):
        free, others = _split(node, x)
        return expr(node.func(shown.get(free, free), *(_with_parts(other, x, shown) for other in others)))
    return expr(node.func(*(_with_parts(a, x, shown) if isinstance(a, Expr) else a for a in node.args)))
