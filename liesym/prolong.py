"""Prolongation of point transformations' generators to jet space (Olver 1993, section 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr

from liesym.jets import jet_symbol

if TYPE_CHECKING:
    from liesym.generators import Generator


def prolong(generator: Generator, order: int) -> tuple[tuple[Expr, ...], ...]:
    """((η_i^(0), …, η_i^(order)) for each unknown i), with η_i^(k) = D_t η_i^(k-1) - x_i^(k) D_t ξ.

    Arguments:
        generator: X = ξ ∂_t + Σ η_i ∂_{x_i}, its components functions of (t, x).
        order: highest derivative wanted, 0 or more.

    Source: Olver 1993, equation (2.44).
    """
    jets = generator.jets
    drift = jets.total_derivative(generator.xi)
    rows: list[tuple[Expr, ...]] = []
    for x, eta in zip(generator.variables[1:], generator.components[1:], strict=True):
        row = [eta]
        for k in range(1, order + 1):
            row.append((jets.total_derivative(row[-1]) - jet_symbol(x, k) * drift).expand())
        rows.append(tuple(row))
    return tuple(rows)
