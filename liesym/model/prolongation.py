"""The prolongation of expressions, by SymEngine where they are large: derivatives and products of polynomials,
exponentials and circular functions take a third to a fifth of the time there, conversions both ways counted
(docs/results/symengine.md). What SymEngine would write in another form stays with SymPy.

    η^(0) = η,   η^(k) = D_t η^(k-1) - x^(k) D_t ξ
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sympy import Add, Dummy, Expr, Mul, Pow, Rational, Symbol, cos, cosh, exp, log, preorder_traversal, sin, sinh

from liesym.base.jets import JetSpace, jet_symbol

LARGE = 40
"""Nodes of the components, times the order, from which on SymEngine is loaded."""

SAME = (Add, Mul, Rational, Symbol, exp, log, sin, cos, sinh, cosh)
"""What both differentiate and expand to the same form; so are products of sums, and powers of symbols."""


def prolonged(jets: JetSpace, components: Sequence[Expr], order: int) -> tuple[tuple[Expr, ...], ...]:
    """((η_i^(0), …, η_i^(order)) for each unknown i), expanded from order 1 on.

    Arguments:
        components: (ξ, η_1, …, η_m) in (t, x).
    """
    nodes = [n for c in components for n in preorder_traversal(c)]
    if order and len(nodes) * order >= LARGE and all(map(_is_the_same, nodes)):
        return by_symengine(jets, components, order)
    return by_sympy(jets, components, order)


def _is_the_same(node: Any) -> bool:
    if isinstance(node, Pow):
        whole = node.exp.is_Integer and node.exp.is_positive
        return bool(whole or (node.base.is_Symbol and node.exp.is_Rational))
    return isinstance(node, SAME)


def by_sympy(jets: JetSpace, components: Sequence[Expr], order: int) -> tuple[tuple[Expr, ...], ...]:
    """The same for all expressions."""
    drift = jets.total_derivative(components[0])
    rows: list[tuple[Expr, ...]] = []
    for x, eta in zip(jets.unknowns, components[1:], strict=True):
        row = [eta]
        for k in range(1, order + 1):
            row.append((jets.total_derivative(row[-1]) - jet_symbol(x, k) * drift).expand())
        rows.append(tuple(row))
    return tuple(rows)


def by_symengine(jets: JetSpace, components: Sequence[Expr], order: int) -> tuple[tuple[Expr, ...], ...]:
    """The same, each symbol replaced by a Dummy on the way, because SymEngine's symbols carry no assumptions."""
    import symengine  # late: loading it takes longer than a small prolongation

    chains = [[jet_symbol(x, k) for k in range(order + 1)] for x in jets.unknowns]
    own = {s for c in components for s in c.free_symbols}
    names = {s: Dummy() for s in (jets.independent, *(s for chain in chains for s in chain), *own)}
    marks = {s: symengine.sympify(mark) for s, mark in names.items()}
    xi, *etas = (symengine.sympify(c.xreplace(names)) for c in components)
    way_back = {mark: s for s, mark in names.items()}

    def total(f: Any) -> Any:
        steps = (f.diff(marks[a]) * marks[b] for chain in chains for a, b in pairwise(chain))
        return sum(steps, f.diff(marks[jets.independent]))

    drift = total(xi)
    rows = []
    for start, eta, chain in zip(components[1:], etas, chains, strict=True):
        row, last = [start], eta
        for velocity in chain[1:]:
            last = symengine.expand(total(last) - marks[velocity] * drift)
            row.append(last._sympy_().xreplace(way_back).expand())
        rows.append(tuple(row))
    return tuple(rows)
