"""Equations as text, or as SymPy equations in functions of one variable, to an ODESystem."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sympy import Basic, Derivative, Eq, Expr, S, Subs, Symbol
from sympy.core.function import AppliedUndef

from liesym.errors import NotSolvable, ParseError, Unsupported
from liesym.jets import JetSpace, jet_symbol
from liesym.system import ODESystem, Parameter
from liesym.text.functions import CONSTANTS, FUNCTIONS, OPERATORS, nearest
from liesym.text.grammar import error_at, parse
from liesym.text.reader import MAX_ORDER, Builder, Scope, counted, order_in_parentheses, walk
from liesym.text.solved import Branch, Residual, solve_for_leading
from liesym.text.writer import write

if TYPE_CHECKING:
    from lark import Tree

ASSUMPTIONS = ("positive", "nonzero", "integer")
_NAME = re.compile(r"[^\W\d]\w*")


def read_system(
    text: str,
    *,
    independent: str = "t",
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    branch: int | None = None,
    title: str = "",
) -> ODESystem:
    """Read equations, one a line or separated by `;`, each with its highest derivative anywhere in it.

    Arguments:
        text: for example ``"x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)"``.
        independent: name of the independent variable.
        parameters: name -> {real, positive, nonzero, integer, value}; others are found in the text.
        branch: which solution to take where an equation has several; the first if None, with a note.
        title: kept in the system.

    Raises:
        ParseError: the text is not in the grammar, an equation has no derivative, an unknown has two equations,
            or a name is used in two ways.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    check_name(independent, "the independent variable")
    declared = [read_parameter(name, spec) for name, spec in (parameters or {}).items()]
    trees = [node for node in parse(text, "equations").children if getattr(node, "data", "") == "equation"]
    if not trees:
        raise ParseError("there is no equation in the text", expected=("an equation such as y'' = -y",))
    names = _unknown_names(trees, independent, text)
    _refuse_ambiguous_orders(trees, names, text)
    scope = _scope(trees, names, independent, declared, text)
    builder = Builder(text, scope)
    unknowns = tuple(scope.symbols[n] for n in names)
    space = JetSpace(scope.symbols[independent], unknowns)
    equations = [_build_equation(tree, builder, space) for tree in trees]
    _refuse_two_for_one(equations, space, text)
    if len(equations) != len(unknowns):
        raise _miscounted(equations, space, text)
    return _assemble(equations, space, declared, names, trees, branch, title)


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
    return Builder(text, scope_of(system, jets=jets, strict=strict)).build(parse(text, "expression"))


def scope_of(system: ODESystem, *, jets: bool = True, strict: bool = True) -> Scope:
    """The names of a system as a scope for reading."""
    symbols = {s.name: s for s in (*system.parameter_symbols, *system.variables)}
    unknowns = frozenset(s.name for s in system.unknowns) if jets else frozenset()
    functions = frozenset(f.func.__name__ for f in system.functions)
    return Scope(symbols, unknowns, system.independent.name, functions, strict=strict)


# -- names and parameters ------------------------------------------------------------------------


def check_name(name: object, role: str) -> None:
    """Refuse what is no name, or is the name of a known function or constant."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        shown = name if isinstance(name, str) else repr(name)
        raise ParseError(
            f"{shown!r} is not a name and cannot be {role}", source=str(shown), line=1, column=1,
            expected=("a letter followed by letters, digits and _",),
        )  # fmt: skip
    if name in FUNCTIONS or name == "pi":
        raise ParseError(f"{name} has a fixed meaning and cannot be {role}; choose another name")


def read_parameter(name: str, spec: object) -> Parameter:
    """A parameter from its name and a table such as ``{positive = true, value = 1.3}``.

    Raises:
        ParseError: not a name, an unknown key, a value of the wrong type, or a value against the assumptions.
    """
    check_name(name, "a parameter")
    if not isinstance(spec, Mapping):
        raise ParseError(
            f"parameter {name}: a table is expected, not {spec!r}",
            expected=("{ positive = true, value = 1.3 }",),
        )
    known = ("real", *ASSUMPTIONS, "value")
    for key, entry in spec.items():
        if key not in known:
            close = nearest(str(key), known)
            hint = f"; did you mean {close}?" if close else ""
            raise ParseError(f"parameter {name}: unknown key {key!r}{hint}", expected=known)
        if key == "value":
            if (
                isinstance(entry, bool)
                or not isinstance(entry, (int, float))
                or entry != entry
                or abs(entry) == float("inf")
            ):
                raise ParseError(f"parameter {name}: value must be a finite number, not {entry!r}")
        elif not isinstance(entry, bool):
            raise ParseError(f"parameter {name}: {key} must be true or false, not {entry!r}")
    if spec.get("real") is False:
        raise ParseError(f"parameter {name}: only real parameters are supported")
    assumptions = tuple(a for a in ASSUMPTIONS if spec.get(a))
    value = spec.get("value")
    against = value is not None and (
        ("positive" in assumptions and value <= 0)
        or ("nonzero" in assumptions and value == 0)
        or ("integer" in assumptions and value != int(value))
    )
    if against:
        raise ParseError(f"parameter {name}: the value {value} contradicts {', '.join(assumptions)}")
    symbol = Symbol(name, real=True, **dict.fromkeys(assumptions, True))
    return Parameter(symbol, assumptions, None if value is None else float(value))


# -- what the names of the text are --------------------------------------------------------------


def _unknown_names(equations: Sequence[Tree], independent: str, source: str) -> tuple[str, ...]:
    """Names that carry a derivative: those of lone left sides first, then in the order of the text."""
    first: dict[str, None] = {}
    later: dict[str, None] = {}
    for equation in equations:
        left = equation.children[0]
        place = order_in_parentheses(left)
        lone = str(place[0]) if place and str(place[0]) != independent else _differentiated(left, independent)
        if lone:
            first[lone] = None
        inside = [n for n in (_differentiated(node, independent) for node in walk(equation)) if n]
        if not lone and not inside:
            inside = _high_orders(equation, independent)
        later.update(dict.fromkeys(inside))
    names = tuple({**first, **later})
    for equation in equations:
        for node in walk(equation):
            if _differentiated(node, independent) == independent:
                raise error_at(
                    f"{independent} is the independent variable and has no derivatives", node, source
                )
    for name in names:
        check_name(name, "an unknown")
    return names


def _differentiated(node: Tree, independent: str) -> str:
    """The name under a derivative y'', D(y, 2), D(y, t) or D(y), or ''."""
    if node.data == "jet":
        return str(node.children[0])
    if node.data != "call" or str(node.children[0]) != "D" or len(node.children) < 2:
        return ""
    target, *rest = node.children[1:]
    along = (
        not rest
        or rest[0].data == "number"
        or (rest[0].data == "name" and str(rest[0].children[0]) == independent)
    )
    return str(target.children[0]) if target.data == "name" and along else ""


def _refuse_ambiguous_orders(equations: Sequence[Tree], names: Sequence[str], source: str) -> None:
    """y^(k) is a derivative; refuse it where it was more likely meant as a power.

    That is beside primes of the same y if y^(k) could have been written with primes too, and where it exceeds
    the order of a left side that is a derivative of y alone.
    """
    nodes = [node for equation in equations for node in walk(equation)]
    primed = {str(node.children[0]) for node in nodes if node.data == "jet"}
    alone = {}
    for left in (equation.children[0] for equation in equations):
        place = (
            (left.children[0], len(left.children[1])) if left.data == "jet" else order_in_parentheses(left)
        )
        if place:
            alone[str(place[0])] = (left, place[1])
    for node in nodes:
        place = order_in_parentheses(node)
        if not place or str(place[0]) not in names:
            continue
        name, k = str(place[0]), place[1]
        left, order = alone.get(name, (node, k))
        if (k <= 3 and name in primed) or (node is not left and k > order):
            raise error_at(
                f"{name}^({k}) could mean the derivative of order {k} or a power", node, source,
                (f"{name}^{k} for the power", f"{name + chr(39) * k if k <= 3 else f'D({name}, {k})'} for the derivative"),
            )  # fmt: skip


def _high_orders(equation: Tree, independent: str) -> list[str]:
    """Names y of y^(k), k >= 3, in an equation that has no other derivative."""
    found = [order_in_parentheses(node) for node in walk(equation)]
    return [str(p[0]) for p in found if p and p[1] >= 3 and str(p[0]) != independent]


def _scope(
    equations: Sequence[Tree],
    names: Sequence[str],
    independent: str,
    declared: Sequence[Parameter],
    source: str,
) -> Scope:
    variables = {n: Symbol(n, real=True) for n in (independent, *names)}
    for parameter in declared:
        if parameter.name in variables:
            what = "the independent variable" if parameter.name == independent else "an unknown"
            raise ParseError(f"parameter {parameter.name} has the name of {what}; choose another name")
    plain = {str(node.children[0]) for e in equations for node in walk(e) if node.data == "name"}
    functions: set[str] = set()
    for node in (n for e in equations for n in walk(e) if n.data in ("call", "derived_call")):
        name = str(node.children[0])
        if name in FUNCTIONS or name in OPERATORS:
            continue
        if name in plain and name not in variables:
            raise error_at(
                f"{name} is used both as a parameter and as a function; for a product write {name}*(…)",
                node,
                source,
            )
        functions.add(name)
    return Scope(
        {**{p.name: p.symbol for p in declared}, **variables},
        frozenset(names),
        independent,
        variables=frozenset(variables.values()),
    )


# -- equations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Equation:
    """An equation with its place, its two sides, and the derivative that stands alone on the left, if one does."""

    tree: Any
    label: str
    left: Expr
    right: Expr
    alone: tuple[int, int] | None

    @property
    def residual(self) -> Expr:
        return self.left - self.right


def _build_equation(tree: Tree, builder: Builder, space: JetSpace) -> _Equation:
    left, right = (builder.build(side) for side in tree.children)
    place = space.locate(left) if isinstance(left, Symbol) else None
    text = builder.source[tree.meta.start_pos : tree.meta.end_pos]
    label = f"'{text.strip()}'" if len(text) <= 80 else f"'{text[:60].strip()} …'"
    equation = _Equation(tree, label, left, right, place if place and place[1] else None)
    if space.order_of(equation.residual, MAX_ORDER) == 0:
        message = "this equation has no derivative"
        if any(node.data == "derived_call" for node in walk(tree)):
            message += (
                "; the derivatives of an unknown are written without its argument, y'' instead of y''(t)"
            )
        raise error_at(message, tree, builder.source, ("a derivative such as y' or y''",))
    return equation


def _refuse_two_for_one(equations: Sequence[_Equation], space: JetSpace, source: str) -> None:
    seen: dict[int, _Equation] = {}
    for equation in equations:
        if equation.alone:
            i = equation.alone[0]
            if i in seen:
                raise error_at(
                    f"two equations for one unknown: {space.unknowns[i].name} already has {seen[i].label}",
                    equation.tree, source, ("one equation for each unknown",),
                )  # fmt: skip
            seen[i] = equation


def _miscounted(equations: Sequence[_Equation], space: JetSpace, source: str) -> Exception:
    names = ", ".join(x.name for x in space.unknowns)
    if len(equations) > len(space.unknowns):
        surplus = equations[len(space.unknowns)]
        return error_at(
            f"{counted(len(equations), 'equation')} for {counted(len(space.unknowns), 'unknown')} ({names})", surplus.tree, source,
            ("one equation for each unknown",),
        )  # fmt: skip
    owned = {e.alone[0] for e in equations if e.alone}
    without = [x.name for i, x in enumerate(space.unknowns) if i not in owned]
    return NotSolvable(
        f"{counted(len(equations), 'equation')} for {counted(len(space.unknowns), 'unknown')} ({names}): each name with a derivative needs "
        f"an equation of its own, and {', '.join(without)} has none"
    )


def _assemble(
    equations: Sequence[_Equation], space: JetSpace, declared: Sequence[Parameter], names: Sequence[str],
    trees: Sequence[Tree], branch: int | None, title: str,
) -> ODESystem:  # fmt: skip
    orders, rhs, notes = _solved_form(
        [(Residual(e.residual, e.label), e.alone, e.right) for e in equations], space, branch
    )
    for node in (n for t in trees for n in walk(t)):
        place = order_in_parentheses(node)
        if place and str(place[0]) in names and place[1] < 4:
            y, k = place
            notes += (f"{y}^({k}) is read as the derivative of order {k}; its power is written {y}^{k}",)
    parameters, more = _parameters(rhs, space, declared, trees)
    system = ODESystem(space.independent, space.unknowns, orders, rhs, parameters, title, notes + more)
    if system.functions:
        names_ = ", ".join(write(f) for f in system.functions)
        system = ODESystem(
            space.independent, space.unknowns, orders, rhs, parameters, title,
            (*system.notes, f"arbitrary functions: {names_}"),
        )  # fmt: skip
    return system


def _solved_form(
    equations: Sequence[tuple[Residual, tuple[int, int] | None, Expr]], space: JetSpace, branch: int | None
) -> tuple[tuple[int, ...], tuple[Expr, ...], tuple[str, ...]]:
    """(orders, right sides, notes): as given where the equations are solved already, else by algebra."""
    highest = [0] * len(space.unknowns)
    for residual, _, _ in equations:
        for symbol in residual.expression.free_symbols:
            place = space.locate(symbol, MAX_ORDER) if isinstance(symbol, Symbol) else None
            if place:
                highest[place[0]] = max(highest[place[0]], place[1])
    without = [x.name for x, k in zip(space.unknowns, highest, strict=True) if k == 0]
    if without:
        raise NotSolvable(f"the derivatives of {', '.join(without)} cancel; no equation determines them")
    leading = [jet_symbol(x, k) for x, k in zip(space.unknowns, highest, strict=True)]
    alone = {place: right for _, place, right in equations if place}
    wanted = list(enumerate(highest))
    if all(p in alone and not alone[p].has(*leading) for p in wanted):
        _check_branch(branch, 1, ())
        return tuple(highest), tuple(alone[p] for p in wanted), ()
    branches = solve_for_leading([r for r, _, _ in equations], leading)
    _check_branch(branch, len(branches), branches)
    chosen = branches[branch or 0]
    notes = [f"assumed nonzero: {write(e)}" for e in chosen.nonzero]
    if len(branches) > 1:
        notes += [f"branch {i} of {len(branches)}: {b}" for i, b in enumerate(branches)]
        notes.append(
            f"branch {branch or 0} is taken" + ("" if branch is not None else "; choose another with branch=")
        )
    return tuple(highest), tuple(chosen[s] for s in leading), tuple(notes)


def _check_branch(branch: int | None, count: int, branches: Sequence[Branch]) -> None:
    if branch is None or (isinstance(branch, int) and 0 <= branch < count):
        return
    listed = "".join(f"\n  {i}: {b}" for i, b in enumerate(branches))
    raise NotSolvable(f"there is no branch {branch}; the equations have {count}, counted from 0{listed}")


def _parameters(
    rhs: Sequence[Expr], space: JetSpace, declared: Sequence[Parameter], trees: Sequence[Tree]
) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """Parameters in the order of the text; declared ones that do not occur come last, with a note."""
    free = {s for e in rhs for s in e.free_symbols if isinstance(s, Symbol)}
    free -= {space.independent, *space.unknowns}
    free = {s for s in free if space.locate(s, MAX_ORDER) is None}
    by_name = {s.name: Parameter(s) for s in free}
    by_name.update({p.name: p for p in declared if p.symbol in free})
    order = dict.fromkeys(str(n.children[0]) for t in trees for n in walk(t) if n.data == "name")
    occurring = tuple(by_name[n] for n in order if n in by_name)
    occurring += tuple(p for n, p in sorted(by_name.items()) if n not in order)
    absent = tuple(p for p in declared if p.symbol not in free)
    return occurring + absent, tuple(f"parameter {p.name} does not occur in the equations" for p in absent)


# -- from SymPy ----------------------------------------------------------------------------------


def system_from_sympy(
    equations: Sequence[Basic], *, independent: Symbol | None = None, branch: int | None = None
) -> ODESystem:
    """From SymPy equations in Functions of one variable; expressions stand for expression = 0.

    A function x(t) with a derivative is an unknown and becomes ``Symbol("x", real=True)``; one without is an
    arbitrary function. The independent variable and the parameters stay the user's own symbols.

    Raises:
        NotSolvable: no derivative occurs, or the equations cannot be solved for the highest ones.
        Unsupported: more than one independent variable, or something that is no equation.
    """
    sides = [_sides(e) for e in equations]
    derivatives = [d for pair in sides for side in pair for d in _derivatives(side)]
    time = _independent(derivatives, independent)
    functions = list(dict.fromkeys(d.expr for d in derivatives))
    leftmost = [side.expr for side, _ in sides if isinstance(side, Derivative) and side.expr in functions]
    functions = list(dict.fromkeys([*leftmost, *functions]))
    symbols = {f: Symbol(f.func.__name__, real=True) for f in functions}
    space = JetSpace(time, tuple(symbols.values()))
    jets = {d: jet_symbol(symbols[d.expr], d.derivative_count) for d in derivatives}
    read = [tuple(_in_jets(side, jets, symbols) for side in pair) for pair in sides]
    _refuse_name_clash(read, space)
    if len(read) != len(symbols):
        names = ", ".join(s.name for s in space.unknowns)
        raise NotSolvable(
            f"{counted(len(read), 'equation')} for {counted(len(symbols), 'unknown')} ({names})"
        )
    parts = []
    for i, (left, right) in enumerate(read):
        place = space.locate(left) if isinstance(left, Symbol) else None
        parts.append(
            (
                Residual(left - right, f"equation {i + 1} ({equations[i]})"),
                place if place and place[1] else None,
                right,
            )
        )
    orders, rhs, notes = _solved_form(parts, space, branch)
    free = {s for e in rhs for s in e.free_symbols if isinstance(s, Symbol)} - {time, *space.unknowns}
    own = sorted((s for s in free if space.locate(s, MAX_ORDER) is None), key=lambda s: s.name)
    parameters = tuple(Parameter(s, tuple(a for a in ASSUMPTIONS if getattr(s, f"is_{a}"))) for s in own)
    return ODESystem(time, space.unknowns, orders, rhs, parameters, "", notes)


def _sides(equation: Basic) -> tuple[Expr, Expr]:
    if isinstance(equation, Eq):
        return equation.lhs, equation.rhs  # type: ignore[return-value]
    if isinstance(equation, Expr):
        return equation, S.Zero
    raise Unsupported(f"{equation} is not an equation; write Eq(left, right) or an expression that is zero")


def _derivatives(side: Expr) -> list[Any]:
    found = []
    for d in sorted(side.atoms(Derivative), key=str):
        by = [v for v, _ in d.variable_count]
        if not all(isinstance(v, Symbol) and v in side.free_symbols for v in by):
            continue  # f'(x(t)): the derivative of an arbitrary function by its argument
        if not isinstance(d.expr, AppliedUndef) or d.expr.args != tuple(dict.fromkeys(by)):
            raise Unsupported(
                f"{d} is no derivative of a function of one variable; carry it out with .doit()"
            )
        found.append(d)
    return found


def _independent(derivatives: Sequence[Any], independent: Symbol | None) -> Symbol:
    variables = list(dict.fromkeys(v for d in derivatives for v, _ in d.variable_count))
    if not variables:
        raise NotSolvable("no derivative occurs in the equations")
    if len(variables) > 1:
        names = ", ".join(sorted(str(v) for v in variables))
        raise Unsupported(f"derivatives by more than one variable ({names}): these are no ordinary equations")
    if independent is not None and variables[0] != independent:
        raise Unsupported(f"the derivatives are by {variables[0]}, not by {independent}")
    return variables[0]


def _in_jets(side: Expr, jets: Mapping[Any, Symbol], symbols: Mapping[Any, Symbol]) -> Expr:
    """Derivatives to jet coordinates first, then x(t) to x; Subs of arbitrary functions is resolved after it."""
    result = side.xreplace(dict(jets)).xreplace(dict(symbols))
    return result.replace(lambda e: isinstance(e, Subs), lambda e: e.doit())


def _refuse_name_clash(read: Sequence[tuple[Expr, ...]], space: JetSpace) -> None:
    taken = {s.name: s for s in (space.independent, *space.unknowns)}
    for symbol in (s for pair in read for side in pair for s in side.free_symbols):
        if isinstance(symbol, Symbol) and taken.get(symbol.name, symbol) != symbol:
            raise Unsupported(
                f"the name {symbol.name} is both a variable and another symbol; rename one of them"
            )
