"""Systems and expressions in them as text, in the names of the system."""

from __future__ import annotations

from sympy import Expr

from liesym.model.system import ODESystem
from liesym.text.grammar import parse
from liesym.text.reader import Reader, Scope
from liesym.text.writer import write


def write_system(system: ODESystem) -> tuple[str, ...]:
    """The equations in the text grammar, solved, one string each."""
    return tuple(f"{system.leading(i).name} = {write(f)}" for i, f in enumerate(system.rhs))


def read_in_system(text: str, system: ODESystem, *, jets: bool = True, strict: bool = True) -> Expr:
    """Read an expression in the names of a system.

    Arguments:
        text: in the text grammar.
        system: whose variables, parameters and arbitrary functions the names mean.
        jets: allow derivatives of the unknowns.
        strict: refuse names that the system does not have.
    """
    return Reader(text, scope_of(system, jets=jets, strict=strict)).build(parse(text, "expression"))


def scope_of(system: ODESystem, *, jets: bool = True, strict: bool = True) -> Scope:
    """The names of a system as a scope for reading."""
    symbols = {s.name: s for s in (*system.parameter_symbols, *system.variables)}
    unknowns = frozenset(s.name for s in system.unknowns) if jets else frozenset()
    functions = frozenset(f.func.__name__ for f in system.functions)
    return Scope(symbols, unknowns, system.independent.name, functions, strict=strict)
