"""Systems as users give them, and expressions in the names of a system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from sympy import Basic, Derivative, Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.jets import as_expression, jet_symbol
from liesym.base.names import in_symbols
from liesym.base.parameters import Parameter
from liesym.errors import ParseError
from liesym.model.system import ODESystem
from liesym.text.formats.recognized import form_of_text, is_path, read_model, read_model_file
from liesym.text.grammar import parse
from liesym.text.reader import Reader, Scope
from liesym.text.spelling import spelled
from liesym.text.writer import write

Given = ODESystem | str | Path | Basic | Sequence[Basic | str]
"""A system, a file or the text of a model, or equations as text or SymPy's: one of them, or several."""


def read_given(given: Given, independent: str | None = None, branch: int | None = None) -> tuple[ODESystem, tuple[str, ...]]:
    """The system that is meant, and what was taken for granted in reading it.

    Arguments:
        given: a system, text such as ``"dy/dx = x*y"``, a file such as ``"model.xml"``, or SymPy equations.
        independent: name of the independent variable; read off the text if None.
        branch: which solution for the highest derivatives to take, where an implicit equation has several.

    Raises:
        ParseError: the text is not in the grammar, nothing is given, or another independent variable is meant.
        NotSolvable: the equations cannot be solved for their highest derivatives.
        Unsupported: what SymPy gives is no ordinary differential equation, or a model holds what is not read.
        DataError: a file cannot be read.
    """
    if isinstance(given, Path) or (isinstance(given, str) and is_path(given)):
        model = read_model_file(given, branch=branch)
        given = ODESystem.from_solved(model.exact, model.title)
    if isinstance(given, ODESystem):
        if independent not in (None, given.independent.name):
            raise ParseError(f"the system has the independent variable {given.independent.name}; {independent} differs")
        return given, ()
    equations = [given] if isinstance(given, str | Basic) else list(given)
    texts = [e for e in equations if isinstance(e, str)]
    if not equations or len(texts) not in (0, len(equations)):
        had = "text and SymPy's equations mixed" if equations else "nothing"
        raise ParseError(f"{had} is given; expected a system, text, or SymPy equations")
    if texts and form_of_text("\n".join(texts)) != "text":
        model = read_model("\n".join(texts), independent=independent, branch=branch)
        return ODESystem.from_solved(model.exact, model.title), ()
    if texts:
        text = spelled("\n".join(texts), independent)
        return ODESystem.parse(text.text, independent=text.independent, branch=branch), text.notes
    variable = None if independent is None else Symbol(independent, real=True)
    return ODESystem.from_sympy([e for e in equations if isinstance(e, Basic)], independent=variable, branch=branch), ()


def in_names_of(system: ODESystem, expression: object) -> Expr:
    """An expression in the symbols of a system, its variables, derivatives and parameters matched by name.

    A function x(t) of SymPy and its derivatives are the unknown x and its derivatives.

    Raises:
        ParseError: it is no number or expression; text is read by `read_in_system`.
    """
    jets = [jet_symbol(x, k) for x, n in zip(system.unknowns, system.orders, strict=True) for k in range(1, n + 1)]
    plain = _without_curves(as_expression(expression), system)
    return in_symbols(plain, (*jets, *system.parameter_symbols, *system.variables))


def _without_curves(expression: Expr, system: ODESystem) -> Expr:
    """With x for x(t), and jet coordinates for its derivatives, which hold x(t) and so come first."""
    unknowns = {x.name: x for x in system.unknowns}
    along = {
        f: unknowns[f.func.__name__]
        for f in expression.atoms(AppliedUndef)
        if f.func.__name__ in unknowns and [str(a) for a in f.args] == [system.independent.name]
    }
    rates = [d for d in expression.atoms(Derivative) if d.expr in along and d.variables == d.expr.args * len(d.variables)]
    jets = {d: jet_symbol(along[d.expr], len(d.variables)) for d in rates}
    return expression.xreplace(jets).xreplace(along)


def one_by_one(given: Sequence[Expr | str] | Expr | str) -> tuple[Expr | str, ...]:
    """What is measured, one by one: text may hold several between semicolons, or commas outside of parentheses."""
    if isinstance(given, str):
        depth = accumulate((c == "(") - (c == ")") for c in given)
        text = "".join(";" if c == "," and not d else c for c, d in zip(given, depth, strict=True))
        return tuple(part for part in map(str.strip, text.split(";")) if part)
    return (given,) if isinstance(given, Basic) else tuple(given)


def read_observable(given: Expr | str, system: ODESystem) -> Expr:
    """What is measured, as text such as ``"y1 = x1 + x2"`` or ``"x1 + x2"`` or in SymPy, in the symbols of a system.

    Names that the system does not have are those of parameters of the measurement.
    """
    if not isinstance(given, str):
        return in_names_of(system, given)
    _, equals, right = given.partition("=")
    return read_in_system((right if equals else given).strip(), system, jets=False, strict=False)


def with_measurement(system: ODESystem, observables: Sequence[Expr]) -> ODESystem:
    """The system with the parameters that only the observables have."""
    known = {*system.variables, *system.parameter_symbols}
    new = {s for h in observables for s in h.free_symbols if isinstance(s, Symbol)} - known
    return replace(system, parameters=(*system.parameters, *(Parameter(s) for s in sorted(new, key=str))))


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
