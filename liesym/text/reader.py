"""Syntax tree to SymPy expression, by a scope that says what every name means.

Names are looked up in the scope alone. `pi` is a constant unless the scope has it as a symbol; no other name is ever an
object of SymPy, so that lambda, beta, E, I, S, N, Q, zeta, E1 or oo are plain symbols. Where `e` or `E` is nothing but the
base of powers with a name in the exponent, e^(-k*t), it is read as the base of the exponential function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Derivative, Dummy, Expr, Function, I, Integer, Integral, S, Subs, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol
from liesym.errors import ParseError
from liesym.text import arithmetic
from liesym.text.functions import (
    CONSTANTS,
    DERIVATIVES,
    FUNCTIONS,
    OPERATORS,
    ORDERED,
    UNSUPPORTED,
    arity,
    lookalike,
    nearest,
)
from liesym.text.grammar import Tree, error_at, parse
from liesym.text.pieces import CALLED

MAX_ORDER = 12
MAX_OPERATIONS = 5_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a text mean.

    Arguments:
        symbols: name -> symbol of every known variable and parameter.
        unknowns: names that have derivatives.
        independent: name of the independent variable, or ''.
        functions: names of arbitrary functions that are known to be meant.
        variables: if given, an arbitrary function must depend on one of these symbols or on a jet coordinate.
        strict: refuse names that are in none of the above, instead of taking them as parameters.
        bound: names bound by an enclosing integral(...) or at(...).
        bases: names among e and E that stand for exp(1); None to decide by each text that is read.
    """

    symbols: Mapping[str, Symbol]
    unknowns: frozenset[str] = frozenset()
    independent: str = ""
    functions: frozenset[str] = frozenset()
    variables: frozenset[Symbol] = frozenset()
    strict: bool = False
    bound: Mapping[str, Symbol] = field(default_factory=dict)
    bases: frozenset[str] | None = None


def read_expression(
    text: str,
    *,
    symbols: Mapping[str, Symbol],
    unknowns: Collection[str] = (),
    independent: str = "",
    functions: Collection[str] = (),
    strict: bool = False,
) -> Expr:
    """Read one expression of the text grammar.

    Arguments:
        text: for example ``"-x/(x^2 + y^2)^(3/2)"``.
        symbols: name -> symbol of the variables and parameters that may occur.
        unknowns: names that may carry primes; y^(4) is then a derivative of y, y^4 its power.
        independent: name of the independent variable, allowed in ``D(y, t)``.
        functions: names of arbitrary functions in use; any other name that is called is one too, unless it
            looks like a misspelled known function.
        strict: refuse unknown names instead of taking them as real parameters.

    Returns:
        The expression as SymPy's own constructors give it.

    Raises:
        ParseError: the text is not in the grammar, or a name or call in it makes no sense.
    """
    tree = parse(text, "expression")
    scope = Scope(dict(symbols), frozenset(unknowns), independent, frozenset(functions), strict=strict)
    return Reader(text, scope).build(tree)


def walk(tree: Any) -> Iterator[Tree]:
    """All nodes of a syntax tree in the order of the text, without recursion."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if hasattr(node, "children"):
            yield node
            stack.extend(reversed(node.children))


def order_in_parentheses(node: Tree) -> tuple[str, int] | None:
    """(name, k) for a power written ``name^(k)`` with a positive integer k, which for an unknown is x^(k)."""
    if node.data != "power" or node.children[1] != "^":
        return None
    base, _, exponent = node.children
    if base.data != "name" or exponent.data != "paren" or exponent.children[0].data != "number":
        return None
    digits = exponent.children[0].children[0]
    if digits.type != "INTEGER" or len(digits) > 6 or int(digits) < 1:
        return None
    return str(base.children[0]), int(digits)


def bases_of_exponentials(trees: Sequence[Tree], known: Collection[str]) -> frozenset[str]:
    """Those of the names e and E that occur only as the base of powers with a name in the exponent, and are not known."""
    found = set()
    for name in {"e", "E"} - set(known):
        occurring = bases = 0
        for node in (n for tree in trees for n in walk(tree)):
            occurring += node.data == "name" and str(node.children[0]) == name
            if node.data == "power" and node.children[0].data == "name" and str(node.children[0].children[0]) == name:
                bases += any(n.data in ("name", "jet", "call") for n in walk(node.children[2]))
        if occurring and occurring == bases:
            found.add(name)
    return frozenset(found)


class Reader:
    """Builds expressions from trees of one source text; errors point into that text."""

    def __init__(self, source: str, scope: Scope) -> None:
        self.source, self.scope = source, scope

    def build(self, tree: Tree) -> Expr:
        """The expression of a whole tree, guaranteed real and finite as far as SymPy can tell."""
        if self.scope.bases is None:
            self.scope = replace(self.scope, bases=bases_of_exponentials([tree], self.scope.symbols))
        try:
            value = self._node(tree)
        except RecursionError:
            raise self._error("the expression is nested too deeply", tree) from None
        if value.has(I, S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
            raise self._error("the expression is not real and finite for real variables", tree)
        return value

    def _error(self, message: str, tree: object, expected: tuple[str, ...] = ()) -> ParseError:
        return error_at(message, tree, self.source, expected)

    def _node(self, tree: Tree) -> Expr:
        try:
            return getattr(self, f"_{tree.data}")(tree)
        except (arithmetic.NumberTooLarge, arithmetic.NotReal) as error:
            raise self._error(str(error), tree) from None

    # -- arithmetic ------------------------------------------------------------------------------

    def _number(self, tree: Tree) -> Expr:
        return arithmetic.number(str(tree.children[0]))

    def _paren(self, tree: Tree) -> Expr:
        return self._node(tree.children[0])

    def _signed(self, tree: Tree) -> Expr:
        sign, operand = tree.children
        value = self._node(operand)
        return arithmetic.product((S.NegativeOne, value)) if sign == "-" else value

    def _sum(self, tree: Tree) -> Expr:
        terms: list[Expr] = []
        negative = False
        for child in tree.children:
            if not hasattr(child, "children"):
                negative ^= child == "-"
                continue
            factors = self._factors(child)
            terms.append(arithmetic.product([S.NegativeOne, *factors]) if negative else arithmetic.product(factors))
            negative = False
        return arithmetic.total(terms)

    def _term(self, tree: Tree) -> Expr:
        return arithmetic.product(self._factors(tree))

    def _factors(self, tree: Tree) -> list[Expr]:
        """The factors of a product, those in parentheses and in denominators included."""
        while tree.data == "paren" and tree.children[0].data in ("term", "paren"):
            tree = tree.children[0]
        if tree.data != "term":
            return [self._node(tree)]
        factors: list[Expr] = []
        inverse = False
        for child in tree.children:
            if not hasattr(child, "children"):
                inverse = child == "/"
                continue
            found = self._factors(child)
            try:
                factors += [arithmetic.power(f, S.NegativeOne) for f in found] if inverse else found
            except arithmetic.NotReal as error:
                raise self._error(str(error), child) from None
            inverse = False
        return factors

    def _power(self, tree: Tree) -> Expr:
        base, _, exponent = tree.children
        place = order_in_parentheses(tree)
        if place and place[0] in self.scope.unknowns:
            return self._derivative_of(place[0], place[1], tree)
        if base.data == "name" and str(base.children[0]) in self.scope.unknowns and exponent.data == "power":
            inner = exponent.children[0]
            if inner.data == "paren" and inner.children[0].data == "number":
                name, order = base.children[0], inner.children[0].children[0]
                raise self._error(f"write ({name}^({order}))^… for a power of a derivative", tree)
        return arithmetic.power(self._node(base), self._node(exponent))

    # -- names -----------------------------------------------------------------------------------

    def _name(self, tree: Tree) -> Expr:
        name, scope = str(tree.children[0]), self.scope
        for table in (scope.bound, scope.symbols, CONSTANTS):
            if name in table:
                return table[name]
        if name in (scope.bases or ()):
            return S.Exp1
        if name in FUNCTIONS:
            raise self._error(f"{name} is a function and needs its argument", tree, (f"{name}(…)",))
        if scope.strict:
            known = sorted(scope.symbols)
            close = nearest(name, known)
            hint = f"; did you mean {close}?" if close else ""
            raise self._error(f"unknown name {name}{hint} Known here: {', '.join(known)}", tree)
        return Symbol(name, real=True)

    def _jet(self, tree: Tree) -> Expr:
        name, primes = tree.children
        return self._derivative_of(str(name), len(primes), tree)

    def _derivative_of(self, name: str, order: int, tree: Tree) -> Expr:
        if name == self.scope.independent:
            raise self._error(f"{name} is the independent variable and has no derivatives", tree)
        if name not in self.scope.unknowns:
            known = ", ".join(sorted(self.scope.unknowns)) or "none"
            raise self._error(f"{name} is not an unknown here and has no derivatives; unknowns: {known}", tree)
        if order > MAX_ORDER:
            raise self._error(f"derivatives are read up to order {MAX_ORDER}, not {order}", tree)
        return jet_symbol(self.scope.symbols[name], order)

    # -- calls -----------------------------------------------------------------------------------

    def _call(self, tree: Tree) -> Expr:
        name, arguments = str(tree.children[0]), tree.children[1:]
        if name in DERIVATIVES:
            return self._operator_D(tree, arguments)
        if name in OPERATORS:
            return getattr(self, f"_operator_{name}")(tree, arguments)
        if name.lower() in CALLED and name not in self.scope.functions:
            return self._in_pieces(name, arguments, tree)
        if name in FUNCTIONS:
            if len(arguments) != arity(name) and not (name in ORDERED and len(arguments) == arity(name) + 1):
                raise self._error(f"{name} takes {counted(arity(name), 'argument')}, not {len(arguments)}", tree)
            return arithmetic.call(FUNCTIONS[name][0], [self._node(a) for a in arguments])
        return self._arbitrary(name, arguments, tree)

    def _in_pieces(self, name: str, arguments: list[Tree], tree: Tree) -> Expr:
        function, fewest, most = CALLED[name.lower()]
        if not fewest <= len(arguments) <= most:
            wanted = counted(fewest, "argument") if fewest == most else f"{fewest} to {most} arguments"
            raise self._error(f"{name} takes {wanted}, not {len(arguments)}", tree)
        return arithmetic.call(function, [self._node(a) for a in arguments])

    def _arbitrary(self, name: str, arguments: list[Tree], tree: Tree) -> Any:
        scope = self.scope
        if name in scope.unknowns and arguments:
            here = scope.independent
            if [str(a.children[0]) for a in arguments if a.data == "name"] == [here] and len(arguments) == 1:
                raise self._error(f"{name}({here}) is written {name}", tree, (name,))
            raise self._error(
                f"{name}(…) would be the unknown {name} at another place, and equations with a delay are no ordinary "
                f"differential equations; for the unknown write {name}, for a product {name}*(…)",
                tree,
            )
        if name in scope.bound or name in scope.symbols or name in CONSTANTS:
            what = "the constant" if name in CONSTANTS and name not in scope.symbols else "a variable or parameter"
            raise self._error(f"{name} is {what}, not a function; for a product write {name}*(…)", tree)
        if name not in scope.functions:
            unsupported = UNSUPPORTED.get(name.lower())
            if unsupported:
                raise self._error(f"the function {name} is not supported: {unsupported}", tree)
            meant = lookalike(name)
            if meant and len(arguments) == 1:
                raise self._error(
                    f"undefined function {name}; did you mean {meant}? "
                    "An arbitrary function needs a name that is not so close to a known one",
                    tree,
                )
        if not arguments:
            raise self._error(f"undefined function {name}: an arbitrary function needs its arguments", tree, (f"{name}(y)",))
        values = [self._node(a) for a in arguments]
        held = {s for v in values for s in v.free_symbols}
        if scope.variables and not any(s in scope.variables or _is_jet_name(str(s)) for s in held):
            names = ", ".join(sorted(s.name for s in scope.variables))
            raise self._error(
                f"undefined function {name}: no argument depends on a variable of the equations",
                tree,
                (f"an arbitrary function of {names}", f"or a product {name}*(…)"),
            )
        return Function(name)(*values)

    def _derived_call(self, tree: Tree) -> Expr:
        name, order, arguments = str(tree.children[0]), len(tree.children[1]), tree.children[2:]
        if name in self.scope.symbols:
            mark = "'" * order
            raise self._error(f"{name}{mark} is written without arguments; for a product write {name}{mark}*(…)", tree)
        if name in FUNCTIONS or name in OPERATORS:
            raise self._error(f"primes on {name}: write its derivative out; primes are for arbitrary functions", tree)
        if len(arguments) != 1:
            raise self._error(f"primes need one argument; write D({name}(…), variable) for more", tree)
        applied = self._arbitrary(name, arguments, tree)
        return derivative_at(applied.func, order, applied.args[0])

    def _operator_D(self, tree: Tree, arguments: list[Tree]) -> Expr:
        if not arguments:
            raise self._error("D needs an unknown and an order, or a function and a variable", tree, ("D(y, 4)",))
        target, *rest = arguments
        if self._is_jet(target):
            return self._jet_operator(target, rest, tree)
        value = self._node(target)
        if not rest:
            raise self._error("D of an expression needs the variable; for a product write D*(…)", tree, ("D(g(t, y), t)",))
        pairs: list[tuple[Any, int]] = []
        for argument in rest:
            item: Any = self._node(argument)
            if isinstance(item, Integer) and pairs and 1 <= int(item) <= MAX_ORDER:
                pairs[-1] = (pairs[-1][0], int(item))
            elif item._diff_wrt:
                pairs.append((item, 1))
            else:
                raise self._error("D takes variables and orders after the function", argument, ("D(g(t, y), t, 2)",))
        for variable in [v for v, count in pairs for _ in range(count)]:
            value = _derived(value, variable)
            deepest = max((d.derivative_count for d in value.atoms(Derivative)), default=0)
            if deepest > MAX_ORDER or value.count_ops() > MAX_OPERATIONS:
                raise self._error(f"derivatives are read up to order {MAX_ORDER} and moderate length", tree)
        return value

    def _is_jet(self, tree: Tree) -> bool:
        place = order_in_parentheses(tree)
        name = place[0] if place else tree.children[0] if tree.data in ("name", "jet") else ""
        return str(name) in self.scope.unknowns

    def _jet_operator(self, target: Tree, rest: list[Tree], tree: Tree) -> Expr:
        """D(y, k), D(y, t) or D(y, t, k): a derivative along solutions."""
        if rest and rest[0].data == "name" and str(rest[0].children[0]) == self.scope.independent:
            rest = rest[1:]
        elif rest and rest[0].data == "name":
            raise self._error("D of an unknown takes an order, or the independent variable and an order", rest[0])
        orders = [self._node(r) for r in rest]
        if len(orders) > 1 or any(not (isinstance(k, Integer) and k > 0) for k in orders):
            raise self._error("D of an unknown takes one positive order", tree, ("D(y, 4)",))
        place = order_in_parentheses(target)
        start = place[1] if place else len(target.children[1]) if target.data == "jet" else 0
        name = str(place[0] if place else target.children[0])
        return self._derivative_of(name, start + (int(orders[0]) if orders else 1), tree)

    def _bind(self, tree: Tree) -> tuple[str, Symbol]:
        if tree.data != "name":
            raise self._error("a plain name is expected here", tree)
        name = str(tree.children[0])
        return name, self.scope.symbols.get(name, Symbol(name, real=True))

    def _inside(self, bound: Mapping[str, Symbol]) -> Reader:
        return Reader(self.source, replace(self.scope, bound={**self.scope.bound, **bound}))

    def _operator_integral(self, tree: Tree, arguments: list[Tree]) -> Expr:
        if len(arguments) not in (2, 4):
            raise self._error("an integral takes 2 or 4 arguments", tree, ("integral(f(s), s)", "integral(f(s), s, a, b)"))
        name, variable = self._bind(arguments[1])
        if len(arguments) == 2 and self.scope.strict:
            self._node(arguments[1])
        integrand = self._inside({name: variable})._node(arguments[0])
        if len(arguments) == 2:
            return Integral(integrand, variable)
        return Integral(integrand, (variable, self._node(arguments[2]), self._node(arguments[3])))

    def _operator_at(self, tree: Tree, arguments: list[Tree]) -> Expr:
        """at(expression, s, value): the expression with s replaced, kept unevaluated in derivatives."""
        if len(arguments) < 3 or len(arguments) % 2 == 0:
            raise self._error("at takes an expression, a name and its value", tree, ("at(D(g(t, s), s), s, y/t)",))
        names = [self._bind(a)[0] for a in arguments[1::2]]
        values = tuple(self._node(a) for a in arguments[2::2])
        bound = {name: _bound_dummy(name, value) for name, value in zip(names, values, strict=True)}
        body = self._inside(bound)._node(arguments[0])
        return Subs(body, tuple(bound[n] for n in names), values)


def _derived(value: Any, variable: Any) -> Any:
    """The derivative, in the form that SymPy's chain rule gives it: for g(f'(t), f'(t)) by f'(t) it means the slot."""
    slot = isinstance(value, (AppliedUndef, Derivative)) and not variable.is_Symbol
    inner = value.expr if isinstance(value, Derivative) else value
    if slot and isinstance(inner, AppliedUndef) and variable in inner.args:
        return Derivative(value, variable)
    return value.diff(variable)


def derivative_at(function: Any, order: int, argument: Any) -> Expr:
    """f^(k)(u) in the form that SymPy's own differentiation gives it."""
    if argument._diff_wrt:
        return Derivative(function(argument), (argument, order))
    inner = _bound_dummy("xi_1", argument)
    return Subs(Derivative(function(inner), (inner, order)), inner, argument)


def _bound_dummy(name: str, value: Expr) -> Dummy:
    """The dummy that SymPy's chain rule uses; another one could flip sin(a - b) to -sin(b - a)."""
    return Dummy(name, dummy_index=hash(value))


def _is_jet_name(name: str) -> bool:
    return "'" in name or "^" in name


def counted(n: int, noun: str) -> str:
    """`1 unknown`, `2 unknowns`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
