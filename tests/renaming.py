"""Systems and generators with other names for their symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Symbol

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter

HIGHEST = 4
"""Jet coordinates up to this order are renamed with their unknowns."""

Renaming = Mapping[Symbol, Symbol]


def with_jets(names: Renaming) -> dict[Expr, Expr]:
    return {jet_symbol(old, k): jet_symbol(new, k) for old, new in names.items() for k in range(HIGHEST + 1)}


def system_renamed(system: ODESystem, names: Renaming) -> ODESystem:
    jets = with_jets(names)
    return replace(
        system,
        independent=names.get(system.independent, system.independent),
        unknowns=tuple(names.get(u, u) for u in system.unknowns),
        rhs=tuple(f.xreplace(jets) for f in system.rhs),
        parameters=tuple(Parameter(names.get(p.symbol, p.symbol), p.assumptions, p.value) for p in system.parameters),
        nonzero=tuple(e.xreplace(jets) for e in system.nonzero),
        notes=(),
    )


def generator_renamed(generator: Any, names: Renaming) -> Generator:
    jets = with_jets(names)
    return Generator(
        tuple(names.get(v, v) for v in generator.variables), tuple(c.xreplace(jets) for c in generator.components)
    )
