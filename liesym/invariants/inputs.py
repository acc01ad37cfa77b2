"""Known functions of time in the equations and in the observables, as `u(t)` or as plain names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, Function, Symbol
from sympy.core.function import AppliedUndef

from liesym.errors import ParseError
from liesym.model.reading import read_observable
from liesym.model.system import ODESystem


def read_inputs(
    system: ODESystem, observables: Sequence[Expr | str], inputs: Sequence[str]
) -> tuple[ODESystem, tuple[Expr, ...]]:
    """The system and the observables with each input u as u(t), so that it is no parameter in either.

    A function u(t) of the equations means itself in the observables too, where it is written as a plain u.

    Raises:
        ParseError: an input occurs nowhere, or is a state.
    """
    plain = {p.symbol: Function(p.name)(system.independent) for p in system.parameters if p.name in inputs}
    rest = tuple(p for p in system.parameters if p.symbol not in plain)
    driven = replace(system, rhs=tuple(f.subs(plain) for f in system.rhs), parameters=rest) if plain else system
    seen = tuple(read_observable(h, driven) for h in observables)
    own = {s.name for s in (*driven.variables, *driven.parameter_symbols)}
    names = input_names(driven, inputs)
    along = {
        s: Function(s.name)(system.independent)
        for h in seen
        for s in h.free_symbols
        if isinstance(s, Symbol) and s.name in names - own
    }
    occurring = {p.name for p in system.parameters} | {
        f.func.__name__ for h in (*system.rhs, *seen) for f in h.atoms(AppliedUndef)
    }
    for name in inputs:
        if name in own or name not in occurring | {s.name for s in along}:
            raise ParseError(
                f"the input {name} does not occur in the equations or observables, or is a state",
                expected=tuple(sorted(occurring)),
            )
    return driven, tuple(h.subs(along) for h in seen)


def input_names(system: ODESystem, inputs: Sequence[str]) -> set[str]:
    """Names of the inputs, and of the functions of time alone in the equations, that name no parameter as well."""
    own = {p.name for p in system.parameters}
    return {*inputs, *(f.func.__name__ for f in system.functions if f.args == (system.independent,))} - own
