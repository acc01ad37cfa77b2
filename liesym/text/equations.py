"""Equations as text to their solved form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.doors import door
from liesym.base.jets import JetSpace
from liesym.base.parameters import Parameter
from liesym.errors import NotSolvable, ParseError
from liesym.text.algebraic import definitions, solved_algebraic
from liesym.text.characters import in_plain_characters
from liesym.text.forms import in_primes
from liesym.text.grammar import Tree, error_at, parse
from liesym.text.names import refuse_ambiguous_orders, scope_of_text, unknown_names
from liesym.text.parameters import check_name, read_parameter
from liesym.text.reader import MAX_ORDER, Reader, Scope, counted, order_in_parentheses, walk
from liesym.text.solved import Difference, Residuals, SolvedForm, solved_form
from liesym.text.spelling import decimals_in
from liesym.text.writer import write


@door("the reading of the equations")
def read_equations(
    text: str,
    *,
    independent: str = "t",
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    branch: int | None = None,
) -> SolvedForm:
    """Read equations, one a line or separated by `;`, each with its highest derivative anywhere in it.

    Arguments:
        text: for example ``"x'' = -x/(x^2+y^2)^2; y'' = -y/(x^2+y^2)^2"``; derivatives may also be written dx/dt,
            d2x/dt2, der(x), (x)' or ẋ, powers x², roots √x, and comments begin with #.
        independent: name of the independent variable.
        parameters: name -> {real, positive, nonzero, integer, value}; others are found in the text.
        branch: which solution to take where an equation has several; the first if None, with a note.

    Raises:
        ParseError: the text is not in the grammar, an equation has no derivative, an unknown has two
            equations, or a name is used in two ways.
        NotSolvable: the equations cannot be solved for their highest derivatives.
    """
    read = _read(text, independent, parameters or {})
    form = _assemble(read.equations, read.space, read.declared, branch)
    notes = (*read.notes, *_base_notes(read.scope), *form.notes)
    return replace(form, notes=notes, decimals=decimals_in(text))


@door("the reading of the equations")
def read_residuals(
    text: str, *, independent: str = "t", parameters: Mapping[str, Mapping[str, object]] | None = None
) -> Residuals:
    """The same equations as left - right, whatever they may be in their derivatives.

    Arguments:
        text, independent, parameters: as `read_equations` takes them.

    Raises:
        ParseError: as `read_equations` does.
    """
    read = _read(text, independent, parameters or {})
    expressions = tuple(e.residual for e in read.equations)
    found, more = _parameters(expressions, read.space, read.declared, [e.tree for e in read.equations])
    return Residuals(read.space, expressions, found, (*read.notes, *_base_notes(read.scope), *more))


@dataclass(frozen=True, slots=True)
class _Read:
    equations: list[_Equation]
    space: JetSpace
    declared: list[Parameter]
    scope: Scope
    notes: tuple[str, ...] = ()


def _read(text: str, independent: str, parameters: Mapping[str, Mapping[str, object]]) -> _Read:
    """One equation for each unknown."""
    check_name(independent, "the independent variable")
    plain = in_plain_characters(text)
    with plain.carets():
        return _read_plain(in_primes(plain.text, independent), independent, parameters)


def _read_plain(text: str, independent: str, parameters: Mapping[str, Mapping[str, object]]) -> _Read:
    declared = [read_parameter(name, spec) for name, spec in parameters.items()]
    trees = [node for node in parse(text, "equations").children if getattr(node, "data", "") == "equation"]
    if not trees:
        raise ParseError("there is no equation in the text", expected=("an equation such as y'' = -y",))
    names = unknown_names(trees, independent, text)
    refuse_ambiguous_orders(trees, names, text)
    scope = scope_of_text(trees, names, independent, declared, text)
    builder = Reader(text, scope)
    unknowns = tuple(scope.symbols[n] for n in names)
    space = JetSpace(scope.symbols[independent], unknowns)
    without = [tree for tree in trees if names and _is_algebraic(tree, names, independent)]
    equations = [_build_equation(tree, builder, space) for tree in trees if tree not in without]
    _refuse_two_for_one(equations, space, text)
    if len(equations) != len(unknowns):
        raise _miscounted(equations, space, text)
    notes: tuple[str, ...] = ()
    if without:
        sides = [[builder.build(side) for side in tree.children] for tree in without]
        given = {*unknowns, space.independent, *(p.symbol for p in declared)}
        values = solved_algebraic([left - right for left, right in sides], without, given, text)
        equations = [replace(e, left=e.left.xreplace(values), right=e.right.xreplace(values)) for e in equations]
        notes = tuple(f"{write(s)} = {write(v)}, from the equations without a derivative" for s, v in values.items())
    return _Read(equations, space, declared, scope, notes)


def _is_algebraic(tree: Tree, names: Sequence[str], independent: str) -> bool:
    """True for 0 = … or … = 0 without a derivative."""
    zero = any(side.data == "number" and str(side.children[0]).strip("0.") == "" for side in tree.children)
    return zero and not unknown_names([tree], independent, "")


def _base_notes(scope: Scope) -> Iterator[str]:
    for name in sorted(scope.bases or ()):
        yield f"{name}^… is read as exp(…); declare {name} as a parameter if it is one"


# -- equations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Equation:
    """An equation with its place, its two sides, and the derivative that stands alone on the left, if any."""

    tree: Any
    label: str
    left: Expr
    right: Expr
    alone: tuple[int, int] | None

    @property
    def residual(self) -> Expr:
        return self.left - self.right


def _build_equation(tree: Tree, builder: Reader, space: JetSpace) -> _Equation:
    left, right = (builder.build(side) for side in tree.children)
    place = space.locate(left) if isinstance(left, Symbol) else None
    text = builder.source[tree.meta.start_pos : tree.meta.end_pos]
    label = f"'{text.strip()}'" if len(text) <= 80 else f"'{text[:60].strip()} …'"
    equation = _Equation(tree, label, left, right, place if place and place[1] else None)
    if space.order_of(equation.residual, MAX_ORDER) == 0:
        message = "this equation has no derivative"
        if any(node.data == "derived_call" for node in walk(tree)):
            message += "; the derivatives of an unknown are written without its argument, y'' instead of y''(t)"
        expected = ["a derivative such as y' or y''", *_as_definitions(equation.residual, space)]
        raise error_at(message, tree, builder.source, tuple(expected))
    return equation


def _as_definitions(residual: Expr, space: JetSpace) -> list[str]:
    """An algebraic equation solved for each of its names that is no unknown and stands linearly in it, as texts."""
    if not residual.free_symbols & set(space.unknowns):
        return []
    return definitions(residual, sorted(residual.free_symbols - {*space.unknowns, space.independent}, key=str))


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
    counts = f"{counted(len(equations), 'equation')} for {counted(len(space.unknowns), 'unknown')} ({names})"
    if len(equations) > len(space.unknowns):
        surplus = equations[len(space.unknowns)]
        return error_at(counts, surplus.tree, source, ("one equation for each unknown",))
    owned = {e.alone[0] for e in equations if e.alone}
    without = [x.name for i, x in enumerate(space.unknowns) if i not in owned]
    return NotSolvable(
        f"{counts}: each name with a derivative needs an equation of its own, and {', '.join(without)} has none"
    )


def _assemble(
    equations: Sequence[_Equation],
    space: JetSpace,
    declared: Sequence[Parameter],
    branch: int | None,
) -> SolvedForm:
    trees = [e.tree for e in equations]
    parts = [(Difference(e.residual, e.label), e.alone, e.right) for e in equations]
    form = solved_form(parts, space, branch)
    parameters, more = _parameters(form.rhs, space, declared, trees)
    notes = form.notes + _order_notes(trees, space) + more
    functions = sorted({write(f) for e in form.rhs for f in e.atoms(AppliedUndef)})
    if functions:
        notes += (f"arbitrary functions: {', '.join(functions)}",)
    return replace(form, parameters=parameters, notes=notes)


def _order_notes(trees: Sequence[Tree], space: JetSpace) -> tuple[str, ...]:
    """Remarks on y^(k) with a k so small that primes are more usual."""
    names = {x.name for x in space.unknowns}
    places = [order_in_parentheses(node) for tree in trees for node in walk(tree)]
    return tuple(
        f"{y}^({k}) is read as the derivative of order {k}; its power is written {y}^{k}"
        for y, k in dict.fromkeys((p[0], p[1]) for p in places if p)
        if y in names and k < 4
    )


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
