"""First-order models of mechanics as the second-order equations that they stand for.

x' = c v,  v' = F(t, x, v)      is      x'' = c F(t, x, x'/c)
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Symbol

from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem


def in_second_order(system: ODESystem) -> ODESystem:
    """The system with each pair x' = c v, v' = F joined, c a number or an expression in parameters.

    Of two that are each other's velocity, as in x' = y, y' = -x, the one that comes first is the position. The system as it
    is where something of first order remains.
    """
    taken: dict[Symbol, tuple[Symbol, Expr]] = {}  # position -> (velocity, c)
    for x, order, rate in zip(system.unknowns, system.orders, system.rhs, strict=True):
        found = _multiple_of_one(rate, system) if order == 1 else None
        used = {*taken, *(v for v, _ in taken.values())}
        if found is not None and x not in used and found[0] not in used and found[0] != x:
            taken[x] = found
    velocities = {v: jet_symbol(x, 1) / c for x, (v, c) in taken.items()}
    first = [x for x, n in zip(system.unknowns, system.orders, strict=True) if n == 1]
    if not taken or {*first} != {*taken, *velocities}:
        return system
    rates = dict(zip(system.unknowns, system.rhs, strict=True))
    kept = [x for x in system.unknowns if x not in velocities]
    rhs = [taken[x][1] * rates[taken[x][0]] if x in taken else rates[x] for x in kept]
    joined = tuple(f.xreplace(velocities) for f in rhs)
    nonzero = tuple(e.xreplace(velocities) for e in system.nonzero)
    return replace(system, unknowns=tuple(kept), orders=(2,) * len(kept), rhs=joined, nonzero=nonzero)


def _multiple_of_one(rate: Expr, system: ODESystem) -> tuple[Symbol, Expr] | None:
    """(v, c) of c v, an unknown of first order times something without variables; None for any other rate."""
    occurring = [x for x, n in zip(system.unknowns, system.orders, strict=True) if n == 1 and rate.has(x)]
    if len(occurring) != 1:
        return None
    factor = (rate / occurring[0]).expand()
    known = {*system.variables, *system.jet_coordinates}
    return None if factor.free_symbols & known or not factor else (occurring[0], factor)
