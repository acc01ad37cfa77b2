"""Equations y' = f(x, y) that are linear, Riccati or Abel equations for x, or for y, as a function of the slope u = y'.

An implicit equation that is of degree 1 in y, y = g(x, u), gives on solutions u dx = g_x dx + g_u du, so

    dx/du = g_u/(u - g_x),

linear for those of d'Alembert and Lagrange, y = x φ(u) + ψ(u). Of degree 1 in x, x = h(y, u), it gives
dy/du = u h_u/(1 - u h_y). With f = a + b √B the implicit form is (u - a)² = b² B.
Sources: Ince 1956, sections 2.4 and 2.44; Kamke 1977, A.4.16 and A.4.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Dummy, Expr, Rational, S, Symbol

from liesym.base.factors import factors_of
from liesym.model.system import ODESystem


def by_slope(system: ODESystem) -> Iterator[Hidden]:
    """The equations for x and for y as functions of u = y', where they are found without guessing."""
    x, y = system.variables
    u = Dummy("u", real=True)
    implicit = _implicit(system.rhs[0], u, (x, y))
    if implicit is None:
        return
    for kept, gone in ((x, y), (y, x)):
        if not system.rhs[0].has(gone):
            continue
        polynomial = _of_degree_one(implicit, gone)
        if polynomial is None:
            continue
        g = -polynomial[1] / polynomial[0]
        top, bottom = (g.diff(u), u - g.diff(x)) if gone == y else (u * g.diff(u), 1 - u * g.diff(y))
        right = sp.together(top / bottom) if bottom != 0 else S.Zero
        if right != 0 and right.has(kept):
            yield Hidden(ODESystem(u, (kept,), (1,), (right,), system.parameters), system.rhs[0], ())


def _implicit(f: Expr, u: Symbol, variables: Sequence[Symbol]) -> Expr | None:
    """A polynomial form of u = f without its square root; None if there are more roots than one."""
    halves = (Rational(1, 2), Rational(-1, 2))
    bases = {power.base for power in f.atoms(sp.Pow) if power.exp in halves and power.has(*variables)}
    if len(bases) > 1 or f.has(sp.Abs, sp.sign):
        return None
    if not bases:
        return sp.fraction(sp.together(f - u))[0]
    (base,) = bases
    root = Dummy("root")
    marked = f.xreplace({sp.sqrt(base): root, 1 / sp.sqrt(base): 1 / root})
    try:
        top = sp.Poly(sp.fraction(sp.together(marked - u))[0], root)
    except sp.PolynomialError:
        return None
    if top.degree() != 1:
        return None
    return sp.fraction(sp.together(top.nth(1) ** 2 * base - top.nth(0) ** 2))[0]


def _of_degree_one(implicit: Expr, gone: Symbol) -> tuple[Expr, Expr] | None:
    """(a, b) with implicit = a·gone + b, factors without `gone` aside."""
    try:
        factors = [sp.Poly(f, gone) for f, _ in factors_of(implicit.expand()) if f.has(gone)]
    except sp.PolynomialError:
        return None
    if len(factors) != 1 or factors[0].degree() != 1:
        return None
    return factors[0].nth(1), factors[0].nth(0)


@dataclass(frozen=True)
class Hidden:
    """The equation for x, or for y, as a function of u.

    Arguments:
        system: with u as its independent variable.
        u: as an expression in x and y.
        unknowns: functions z of its unknown in which it may be a Riccati equation.
    """

    system: ODESystem
    u: Expr
    unknowns: tuple[Expr, ...]
