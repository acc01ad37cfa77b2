"""Real forms for the other sign of what stands under a root: with √D = i √(-D), real and imaginary part.

In: expressions that hold √D, D an expression of the parameters, such as exp(t √(b² - 4 w²)). Out: the same where D is
negative, exp(t √(b² - 4 w²)) as cos(t √(4 w² - b²)) and sin(t √(4 w² - b²)). What solves linear equations with real
coefficients does so in both parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sympy import Dummy, Expr, I, S, Symbol, im, re, sqrt

from liesym.base.typed import expr, powers_in, replaced

LARGEST = 400
"""Operations of what is turned."""


def roots_of_parameters(expressions: Sequence[Expr], parameters: Collection[Symbol]) -> tuple[Expr, ...]:
    """What stands under square roots, holds parameters alone, and may be negative."""
    found = {
        n.base
        for e in expressions
        for n in powers_in(e)
        if (2 * n.exp).is_Integer and not n.exp.is_Integer and n.base.free_symbols and n.base.free_symbols <= set(parameters)
    }
    return tuple(sorted((expr(b) for b in found if b.is_nonnegative is not True), key=str))


def turned(expressions: Sequence[Expr], under: Expr) -> Iterator[tuple[Expr, ...]]:
    """Real and imaginary parts, those that are not zero; none where they are not found."""
    if sum(int(e.count_ops()) for e in expressions) > LARGEST:
        return
    size = Dummy("size", positive=True)
    rows = []
    for e in expressions:
        rule = {n: (I * size) ** (2 * n.exp) for n in powers_in(e) if n.base == under and (2 * n.exp).is_Integer}
        rows.append(replaced(e, rule).expand(complex=True).as_real_imag())
    for part in zip(*rows, strict=True):
        back = tuple(expr(e.xreplace({size: sqrt(-under)})) for e in part)
        if any(e != S.Zero for e in back) and not any(e.has(I, re, im) for e in back):
            yield back
