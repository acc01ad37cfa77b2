"""Bessel functions of integer orders of one argument brought to the orders 0 and 1.

    J_(n+1) = 2 n/z J_n - J_(n-1), the same for Y;   I_(n+1) = I_(n-1) - 2 n/z I_n;   K_(n+1) = K_(n-1) + 2 n/z K_n
    J_1 Y_0 - J_0 Y_1 = 2/(π z);   I_0 K_1 + I_1 K_0 = 1/z

Source: DLMF 10.5.2, 10.6.1, 10.28.2 and 10.29.1.
"""

from __future__ import annotations

from sympy import Dummy, Expr, besseli, besselj, besselk, bessely, pi

from liesym.base.typed import expr, replaced

HIGHEST = 6
"""Order of a function that is brought to lower ones."""
LARGEST = 200
"""Operations of what is rewritten."""


def folded(value: Expr) -> Expr:
    """The same in functions of order 0 and 1, the products of two kinds by their Wronskian, where that is shorter."""
    nodes = value.atoms(besselj, bessely, besseli, besselk)
    arguments = {n.args[1] for n in nodes}
    orders = {n.args[0] for n in nodes}
    if len(arguments) != 1 or len(orders) < 2 or value.count_ops() > LARGEST:
        return value
    if not all(o.is_Integer and 0 <= int(o) <= HIGHEST for o in orders):
        return value
    z = expr(arguments.pop())
    forms = [_lowered(value, nodes, z, wronskian) for wronskian in (False, True)]
    return min((value, *forms), key=lambda e: e.count_ops())


def _lowered(value: Expr, nodes: set[Expr], z: Expr, wronskian: bool) -> Expr:
    """In functions of order 0 and 1, and with the Wronskian in those of J or I, and of order 0 of the other kind."""
    names = {(kind, k): Dummy(f"{kind.__name__}{k}") for kind in (besselj, bessely, besseli, besselk) for k in (0, 1)}
    told: dict[tuple[type, int], Expr] = dict(names)
    if wronskian and value.has(besselj):
        told[bessely, 1] = (names[besselj, 1] * names[bessely, 0] - 2 / (pi * z)) / names[besselj, 0]
    if wronskian and value.has(besseli):
        told[besselk, 1] = (1 / z - names[besseli, 1] * names[besselk, 0]) / names[besseli, 0]
    for kind, first, second in ((besselj, 1, -1), (bessely, 1, -1), (besseli, -1, 1), (besselk, 1, 1)):
        for n in range(1, HIGHEST):
            told[kind, n + 1] = first * 2 * n / z * told[kind, n] + second * told[kind, n - 1]
    inside = expr(replaced(value, {n: told[n.func, int(n.args[0])] for n in nodes}).cancel())
    return expr(replaced(inside, {d: kind(k, z) for (kind, k), d in names.items()}))
