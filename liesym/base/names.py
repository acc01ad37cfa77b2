"""Names for what is invented and shown: a name as it is where it is free, with underscores after it where it is taken.

Inside, invented symbols are dummies, which no name of the user can meet; only what a result shows has a name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from sympy import Dummy, Expr, Symbol


def listed(given: str | Sequence[str]) -> tuple[str, ...]:
    """Names as they are given: several, or text that holds one or more between commas."""
    return tuple(n for n in map(str.strip, given.split(",")) if n) if isinstance(given, str) else tuple(given)


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


def in_symbols(expression: Expr, symbols: Iterable[Symbol]) -> Expr:
    """The expression in these symbols, matched by name: SymPy's symbols of one name differ where their assumptions do.

    Invented symbols, which are dummies, are matched by none.
    """
    known = {s.name: s for s in symbols if not isinstance(s, Dummy)}
    free = [s for s in expression.free_symbols if isinstance(s, Symbol) and not isinstance(s, Dummy)]
    other = {s: known[s.name] for s in free if known.get(s.name, s) != s}
    return expression.xreplace(other) if other else expression


def by_name(expressions: Iterable[Expr], symbols: Iterable[Symbol]) -> list[Expr]:
    """With one symbol for each name: of the given ones, and for other names a real one that occurs."""
    many = list(expressions)
    free = {s for e in many for s in e.free_symbols if isinstance(s, Symbol)}
    ordered = sorted(free, key=lambda s: (s.is_real is True, str(s.assumptions0)))
    known = (*ordered, *symbols)
    return [in_symbols(e, known) for e in many]


def names_in(*expressions: Expr) -> set[str]:
    """Names of the symbols that occur."""
    return {s.name for e in expressions for s in e.free_symbols if isinstance(s, Symbol)}
