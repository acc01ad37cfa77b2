"""SymPy equations in functions of one variable to their solved form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import (
    Basic,
    Derivative,
    Eq,
    Expr,
    Indexed,
    Mod,
    S,
    Subs,
    Symbol,
    ceiling,
    floor,
    frac,
)
from sympy.core.function import AppliedUndef

from liesym.base.jets import JetSpace, jet_symbol
from liesym.base.parameters import Parameter
from liesym.errors import NotSolvable, Unsupported
from liesym.text.parameters import ASSUMPTIONS
from liesym.text.pieces import without_pieces
from liesym.text.reader import MAX_ORDER, counted
from liesym.text.solved import Difference, Residuals, SolvedForm, solved_form

JUMPS = (Mod, floor, ceiling, frac)
"""Functions of SymPy that jump at infinitely many places."""


def equations_from_sympy(
    equations: Sequence[Basic], *, independent: Symbol | None = None, branch: int | None = None
) -> SolvedForm:
    """From SymPy equations in Functions of one variable; expressions stand for expression = 0.

    A function x(t) with a derivative is an unknown and becomes ``Symbol("x", real=True)``; one without is an
    arbitrary function. The independent variable and the parameters stay the user's own symbols.

    Raises:
        NotSolvable: no derivative occurs, or the equations cannot be solved for the highest ones.
        Unsupported: more than one independent variable, or something that is no equation.
    """
    space, parts = _read(equations, independent)
    form = solved_form(parts, space, branch)
    return replace(form, parameters=_parameters(form.rhs, space))


def residuals_from_sympy(equations: Sequence[Basic], *, independent: Symbol | None = None) -> Residuals:
    """The same equations as left - right, solved for nothing.

    Raises:
        NotSolvable: no derivative occurs.
        Unsupported: as `equations_from_sympy`.
    """
    space, parts = _read(equations, independent)
    expressions = tuple(difference.expression for difference, _, _ in parts)
    return Residuals(space, expressions, _parameters(expressions, space))


def _read(
    equations: Sequence[Basic], independent: Symbol | None
) -> tuple[JetSpace, list[tuple[Difference, tuple[int, int] | None, Expr]]]:
    """The equations in jet coordinates, one for each unknown."""
    sides = [_sides(e) for e in equations]
    derivatives = [d for pair in sides for side in pair for d in _derivatives(side)]
    time = _independent(derivatives, independent)
    functions = list(dict.fromkeys(d.expr for d in derivatives))
    leftmost = [side.expr for side, _ in sides if isinstance(side, Derivative) and side.expr in functions]
    functions = list(dict.fromkeys([*leftmost, *functions]))
    symbols = {f: Symbol(f.func.__name__, real=True) for f in functions}
    space = JetSpace(time, tuple(symbols.values()))
    _refuse_unread(sides, functions)
    jets = {d: jet_symbol(symbols[d.expr], d.derivative_count) for d in derivatives}
    read = [tuple(_in_jets(side, jets, symbols) for side in pair) for pair in sides]
    _refuse_name_clash(read, space)
    if len(read) != len(symbols):
        names = ", ".join(s.name for s in space.unknowns)
        raise NotSolvable(f"{counted(len(read), 'equation')} for {counted(len(symbols), 'unknown')} ({names})")
    parts = []
    for i, (left, right) in enumerate(read):
        place = space.locate(left) if isinstance(left, Symbol) else None
        difference = Difference(left - right, f"equation {i + 1} ({equations[i]})")
        parts.append((difference, place if place and place[1] else None, right))
    return space, parts


def _parameters(expressions: Sequence[Expr], space: JetSpace) -> tuple[Parameter, ...]:
    """The user's own symbols that are neither variables nor derivatives, by name."""
    free = {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol)}
    free -= {space.independent, *space.unknowns}
    own = sorted((s for s in free if space.locate(s, MAX_ORDER) is None), key=lambda s: s.name)
    return tuple(Parameter(s, tuple(a for a in ASSUMPTIONS if getattr(s, f"is_{a}"))) for s in own)


def _sides(equation: Any) -> tuple[Any, Any]:
    if isinstance(equation, Eq):
        return equation.lhs, equation.rhs
    if isinstance(equation, Expr):
        return equation, S.Zero
    raise Unsupported(f"{equation} is not an equation; write Eq(left, right) or an expression that is zero")


def _derivatives(side: Any) -> list[Any]:
    found = []
    for d in sorted(side.atoms(Derivative), key=str):
        by = [v for v, _ in d.variable_count]
        if not all(isinstance(v, Symbol) and v in side.free_symbols for v in by):
            continue  # f'(x(t)): the derivative of an arbitrary function by its argument
        if not isinstance(d.expr, AppliedUndef) or d.expr.args != tuple(dict.fromkeys(by)):
            raise Unsupported(f"{d} is no derivative of a function of one variable; carry it out with .doit()")
        found.append(d)
    return found


def _independent(derivatives: Sequence[Any], independent: Symbol | None) -> Symbol:
    variables = list(dict.fromkeys(v for d in derivatives for v, _ in d.variable_count))
    if not variables:
        raise NotSolvable("no derivative occurs in the equations")
    if len(variables) > 1:
        names = ", ".join(sorted(str(v) for v in variables))
        raise Unsupported(f"derivatives by more than one variable ({names}): these are no ordinary equations")
    if independent is not None and variables[0].name != independent.name:
        raise Unsupported(f"the derivatives are by {variables[0]}, not by {independent}")
    return variables[0]


def _in_jets(side: Any, jets: Mapping[Any, Symbol], symbols: Mapping[Any, Symbol]) -> Expr:
    """Derivatives to jet coordinates first, then x(t) to x, then Subs of arbitrary functions resolved."""
    result = side.xreplace(dict(jets)).xreplace(dict(symbols))
    return without_pieces(result.replace(lambda e: isinstance(e, Subs), lambda e: e.doit()))


def _refuse_unread(sides: Sequence[tuple[Any, Any]], functions: Sequence[Any]) -> None:
    """What SymPy can write and no analytic equation holds: jumps, delays, indices."""
    unknowns = {f.func: f for f in functions}
    for side in (s for pair in sides for s in pair):
        for node in sorted(side.atoms(AppliedUndef, *JUMPS, Indexed), key=str):
            if isinstance(node, Indexed):
                raise Unsupported(f"{node} is an indexed symbol; give each component a name of its own")
            if isinstance(node, AppliedUndef):
                unknown = unknowns.get(node.func)
                if unknown is not None and node != unknown:
                    raise Unsupported(
                        f"{node} is the unknown {unknown} at another place: equations with a delay, or with a value at one "
                        "point, are no ordinary differential equations; use a name of its own for what is known"
                    )
            else:
                kind = type(node).__name__
                raise Unsupported(f"{node}: {kind} jumps at infinitely many places; write an equation for each piece")


def _refuse_name_clash(read: Sequence[tuple[Expr, ...]], space: JetSpace) -> None:
    taken = {s.name: s for s in (space.independent, *space.unknowns)}
    for symbol in (s for pair in read for side in pair for s in side.free_symbols):
        if isinstance(symbol, Symbol) and taken.get(symbol.name, symbol) != symbol:
            raise Unsupported(f"the name {symbol.name} is both a variable and another symbol; rename one of them")
