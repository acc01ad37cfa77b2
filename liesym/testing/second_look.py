"""Symmetries and integrals looked at a second time, at real points on every side of their branches.

In: what was proven by exact substitution, with its system. Out: a `Look`: the sides of the branches on which it is true.
Exact substitution treats roots and logarithms as formal symbols of a field; what is true there is true on one side of every
branch. The formulas here (mathematics as in Olver 1993, section 2.3) are written again on purpose and share no code with
`determine.verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Expr, Symbol

from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.testing.realpoints import Look, branches, look

Fix = Callable[[Expr], Expr]


def has_branches(expressions: Sequence[Expr]) -> bool:
    """False where everything is analytic between its poles, so that exact substitution says all."""
    return bool(branches(expressions))


def look_at_generator(components: Sequence[Expr], system: ODESystem, *, seed: int = 0) -> Look:
    """Where X = ξ ∂_t + Σ η_i ∂_{x_i} is a symmetry: η_i^(n_i) - X F_i = 0 on solutions, at real points.

    Arguments:
        components: (ξ, η_1, …, η_m), free of functions that equations define.
        system: x_i^(n_i) = F_i.
    """

    def claim(fix: Fix) -> list[Expr]:
        rhs = [fix(f) for f in system.rhs]
        xi, *eta = (fix(c) for c in components)
        total = _total_derivative(system, rhs)
        slope = total(xi)
        rows = []
        for i, (start, n) in enumerate(zip(eta, system.orders, strict=True)):
            row = [start]
            for k in range(1, n + 1):
                row.append(total(row[-1]) - _velocity(system, rhs, i, k) * slope)
            rows.append(row)
        remainders = []
        for i, n in enumerate(system.orders):
            moved = xi * rhs[i].diff(system.independent)
            for j, (x, order) in enumerate(zip(system.unknowns, system.orders, strict=True)):
                for k in range(order):
                    moved += rows[j][k] * rhs[i].diff(jet_symbol(x, k))
            remainders.append(rows[i][n] - moved)
        return remainders

    return look(claim, system.rhs, components, seed=seed, positive=_positive(system))


def look_at_integral(integral: Expr, system: ODESystem, *, seed: int = 0) -> Look:
    """Where I is conserved: D_t I = 0 on solutions, at real points."""

    def claim(fix: Fix) -> list[Expr]:
        return [_total_derivative(system, [fix(f) for f in system.rhs])(fix(integral))]

    return look(claim, system.rhs, [integral], seed=seed, positive=_positive(system))


def _total_derivative(system: ODESystem, rhs: Sequence[Expr]) -> Fix:
    """D_t = ∂_t + Σ x_i^(k+1) ∂_{x_i^(k)} with F_i for x_i^(n_i)."""
    places = [
        (jet_symbol(x, k), i, k + 1)
        for i, (x, n) in enumerate(zip(system.unknowns, system.orders, strict=True))
        for k in range(n)
    ]

    def total(expression: Expr) -> Expr:
        result = expression.diff(system.independent)
        for symbol, i, k in places:
            partial = expression.diff(symbol)
            if partial != 0:
                result += partial * _velocity(system, rhs, i, k)
        return result

    return total


def _velocity(system: ODESystem, rhs: Sequence[Expr], i: int, k: int) -> Expr:
    return rhs[i] if k == system.orders[i] else jet_symbol(system.unknowns[i], k)


def _positive(system: ODESystem) -> list[Symbol]:
    return [p.symbol for p in system.parameters if p.symbol.is_positive]
