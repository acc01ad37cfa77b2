"""Names for what is invented and shown: a name as it is where it is free, with underscores after it where it is taken.

Inside, invented symbols are dummies, which no name of the user can meet; only what a result shows has a name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from sympy import Expr, Symbol


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with underscores after it until it is not taken."""
    while name in taken:
        name += "_"
    return name


def free_symbols_named(names: Iterable[str], taken: Iterable[str]) -> tuple[Symbol, ...]:
    """Real symbols of these names, different from each other and from what is taken."""
    used, result = set(taken), []
    for name in names:
        chosen = free_name(name, used)
        used.add(chosen)
        result.append(Symbol(chosen, real=True))
    return tuple(result)


def names_in(*expressions: Expr) -> set[str]:
    """Names of the symbols that occur."""
    return {s.name for e in expressions for s in e.free_symbols if isinstance(s, Symbol)}
