"""Names that a system has not taken."""

from __future__ import annotations

import itertools

from sympy import Symbol

from liesym.base.names import free_symbols_named
from liesym.model.system import ODESystem


def taken_names(system: ODESystem) -> frozenset[str]:
    """Names that the system uses."""
    symbols = {s.name for s in (*system.variables, *system.parameter_symbols)}
    return frozenset(symbols | {f.func.__name__ for f in system.functions})


def free_symbol(name: str, *systems: ODESystem) -> Symbol:
    """A real symbol of that name, with underscores if one of the systems uses it."""
    return free_symbols_named((name,), frozenset().union(*map(taken_names, systems)))[0]


def fresh_name(stem: str, taken: frozenset[str]) -> str:
    """The stem, with a number if it is taken."""
    numbered = (f"{stem}{k}" for k in itertools.count(1))
    return next(n for n in itertools.chain([stem], numbered) if n not in taken)
