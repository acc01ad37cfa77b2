"""What the names in equations are: unknowns, arbitrary functions or parameters."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from liesym.base.parameters import Parameter
from liesym.errors import ParseError
from liesym.text.functions import DERIVATIVES, FUNCTIONS, OPERATORS
from liesym.text.grammar import Tree, error_at
from liesym.text.parameters import check_name
from liesym.text.reader import Scope, bases_of_exponentials, order_in_parentheses, walk


def unknown_names(equations: Sequence[Tree], independent: str, source: str) -> tuple[str, ...]:
    """Names that carry a derivative: those of lone left sides first, then in the order of the text."""
    first: dict[str, None] = {}
    later: dict[str, None] = {}
    for equation in equations:
        left = equation.children[0]
        place = order_in_parentheses(left)
        lone = place[0] if place and place[0] != independent else _differentiated(left, independent)
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
                raise error_at(f"{independent} is the independent variable and has no derivatives", node, source)
    for name in names:
        check_name(name, "an unknown")
    return names


def _differentiated(node: Tree, independent: str) -> str:
    """The name under a derivative y'', D(y, 2), D(y, t) or D(y), or ''."""
    if node.data == "jet":
        return str(node.children[0])
    if node.data != "call" or str(node.children[0]) not in DERIVATIVES or len(node.children) < 2:
        return ""
    target, *rest = node.children[1:]
    along = not rest or rest[0].data == "number" or (rest[0].data == "name" and str(rest[0].children[0]) == independent)
    return str(target.children[0]) if target.data == "name" and along else ""


def refuse_ambiguous_orders(equations: Sequence[Tree], names: Sequence[str], source: str) -> None:
    """y^(k) is a derivative; refuse it where it was more likely meant as a power.

    That is beside primes of the same y if y^(k) could have been written with primes too, and where it exceeds
    the order of a left side that is a derivative of y alone.
    """
    nodes = [node for equation in equations for node in walk(equation)]
    primed = {str(node.children[0]) for node in nodes if node.data == "jet"}
    alone = {}
    for left in (equation.children[0] for equation in equations):
        place = (left.children[0], len(left.children[1])) if left.data == "jet" else order_in_parentheses(left)
        if place:
            alone[place[0]] = (left, place[1])
    for node in nodes:
        place = order_in_parentheses(node)
        if not place or place[0] not in names:
            continue
        name, k = place[0], place[1]
        left, order = alone.get(name, (node, k))
        if (k <= 3 and name in primed) or (node is not left and k > order):
            derivative = name + "'" * k if k <= 3 else f"D({name}, {k})"
            expected = (f"{name}^{k} for the power", f"{derivative} for the derivative")
            raise error_at(f"{name}^({k}) could mean a derivative or a power", node, source, expected)


def _high_orders(equation: Tree, independent: str) -> list[str]:
    """Names y of y^(k), k >= 3, in an equation that has no other derivative."""
    found = [order_in_parentheses(node) for node in walk(equation)]
    return [p[0] for p in found if p and p[1] >= 3 and p[0] != independent]


def scope_of_text(
    equations: Sequence[Tree],
    names: Sequence[str],
    independent: str,
    declared: Sequence[Parameter],
    source: str,
) -> Scope:
    """The names that equations may use: variables, declared parameters, and those that are found in the text."""
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
        bases=bases_of_exponentials(equations, {*variables, *(p.name for p in declared)}),
    )
