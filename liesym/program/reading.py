"""From SymPy expressions to a program: one pass, shared subexpressions across all outputs, strength
reduction.

What is made cheaper
    integer and half-integer powers become products, ``sqrt`` and ``rsqrt``; a reciprocal that is used more
    than once is computed once; all denominators of a product make one division; ``tan`` is a quotient where
    the sine and cosine are there anyway.
What is made more accurate
    ``log(1 + u)`` is log1p, ``c*exp(u) - c`` is c*expm1(u), ``sqrt(a**2 + b**2)`` is hypot where the sum is
    not needed otherwise, ``1 - sin(a)**2`` is cos(a)**2, and ``atanh(sin(a))`` is asinh(sin(a)/|cos(a)|),
    which does not lose everything near its poles (`expand` and the backends say how that is computed).
What is made safe
    the gradients of ``sqrt`` and of powers at 0 are finite; in a branch of a Piecewise each operation that is
    not defined everywhere gets a harmless operand where the branch is not taken, so that its gradient is no
    NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import (
    Add,
    Basic,
    Dummy,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    atanh,
    cos,
    exp,
    log,
    sin,
    tan,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import Piecewise
from sympy.logic.boolalg import Boolean, BooleanAtom

from liesym.errors import Unsupported
from liesym.program import functions as table
from liesym.program import special
from liesym.program.builder import Builder, Sign
from liesym.program.domains import NONNEGATIVE, NONZERO, POSITIVE, UNARY_DOMAINS, Domain
from liesym.program.forms import Form
from liesym.program.nodes import Condition

Signed = tuple[int, bool]
"""A node and whether its negative is meant: sums then subtract, products collect one sign."""

Key = tuple[Basic, int]
"""An expression and the scope (0, or a branch of a Piecewise) in which it is evaluated."""

LONGEST_POWER = 64
"""Integer powers up to this one are products; beyond, `pow` is faster and as accurate."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an expression needs first, and how it is put together from that."""

    operands: tuple[Key, ...]
    combine: Callable[..., Signed | Plan]


_GROWING = frozenset({"exp", "expm1", "sinh", "cosh"})
"""Operations whose overflow in a branch that is not taken would spoil the gradient."""


class Reader:
    """Reads expressions into a builder.

    Arguments:
        builder: receives the nodes.
        inputs: symbol -> node.
        functions: names of the functions the user supplies.
        form: the form that will be read, if it has definitions.
        clamp: move operands to the nearest point of the domain, one epsilon inside.
    """

    def __init__(
        self,
        builder: Builder,
        inputs: Mapping[Basic, int],
        functions: Iterable[str] = (),
        *,
        form: Form | None = None,
        clamp: bool = False,
    ) -> None:
        self.builder = builder
        self.functions = frozenset(functions)
        self.clamp = clamp
        self.definitions = dict(form.definitions) if form is not None else {}
        self.conditions: dict[tuple[str, int, int | None], Condition] = {}
        self._memo: dict[Key, Signed] = {(symbol, 0): (node, False) for symbol, node in inputs.items()}
        self._inputs = dict(inputs)
        self._scopes: list[int | None] = [None]
        self._exponents: dict[Basic, dict[Rational, int]] = {}
        self._occurring: set[Basic] = set()
        self._tied_roots = form.tied_roots if form is not None else frozenset()
        self._bound: dict[int, Dummy] = {}

    def read(self, expressions: Sequence[Basic]) -> list[int]:
        """The nodes of the expressions.

        Raises:
            Unsupported: a function, constant or construct with no counterpart, named.
        """
        self._survey([*expressions, *self.definitions.values()])
        return [self._plain(self._evaluate((e, 0))) for e in expressions]

    # -- the survey of powers and trigonometric functions ------------------------------------------

    def _survey(self, expressions: Sequence[Basic]) -> None:
        """Which powers of each base, and which functions, occur in all expressions together."""
        pending = list(expressions)
        while pending:
            expr = pending.pop()
            if isinstance(expr, Pow) and expr.exp.is_Rational:
                counts = self._exponents.setdefault(expr.base, {})
                counts[expr.exp] = counts.get(expr.exp, 0) + 1
            if expr not in self._occurring:
                self._occurring.add(expr)
                pending.extend(expr.args)

    # -- the loop ----------------------------------------------------------------------------------

    def _evaluate(self, root: Key) -> Signed:
        memo = self._memo
        plans: dict[Key, Plan] = {}
        pending = [root]
        while pending:
            key = pending[-1]
            if key in memo:
                pending.pop()
                continue
            plan = plans.get(key)
            if plan is None:
                plan = plans[key] = self._plan(*key)
            missing = [k for k in plan.operands if k not in memo]
            if missing:
                pending.extend(missing)
                continue
            done = plan.combine(*(memo[k] for k in plan.operands))
            if isinstance(done, Plan):
                plans[key] = done
            else:
                memo[key] = done
                pending.pop()
        return memo[root]

    def _plain(self, signed: Signed) -> int:
        return self.builder.neg(signed[0]) if signed[1] else signed[0]

    def _plan(self, expr: Basic, scope: int) -> Plan:
        if isinstance(expr, Symbol):
            if expr in self.definitions:
                return Plan(((self.definitions[expr], scope),), lambda u: u)
            if expr not in self._inputs:
                raise Unsupported(f"the symbol {expr} is neither time, nor a state component, nor a parameter here")
            return Plan((), lambda: (self._inputs[expr], False))
        if isinstance(expr, (Relational, Boolean)):
            return self._plan_logic(expr, scope)
        if getattr(expr, "is_number", False):
            return Plan((), lambda: self._number(expr))
        if isinstance(expr, Add):
            return self._plan_sum(expr, scope)
        if isinstance(expr, Mul):
            return self._plan_product(expr, scope)
        if isinstance(expr, Pow):
            return self._plan_product(expr, scope)
        if isinstance(expr, Piecewise):
            return self._plan_choice(expr, scope)
        if isinstance(expr, AppliedUndef):
            return self._plan_call(expr, scope)
        return self._plan_function(expr, scope)

    def _number(self, expr: Basic) -> Signed:
        value = table.number(expr)
        return self.builder.constant(abs(value)), value < 0

    # -- domains -----------------------------------------------------------------------------------

    def inside(self, operand: int, domain: Domain, expr: Basic, scope: int) -> int:
        """The operand of an operation with this domain: asked for, and made safe where that is wanted."""
        b = self.builder
        known = b.signs[operand]
        if domain.kind == "nonzero" and b.is_nonzero(operand):
            return operand
        if domain.kind in ("positive", "no pole") and known == Sign.POSITIVE:
            return operand
        if domain.kind == "nonnegative" and b.is_nonnegative(operand):
            return operand
        guard = self._scopes[scope]
        kind = "nonzero" if domain.kind == "positive" and b.is_nonnegative(operand) else domain.kind
        self.conditions.setdefault((kind, operand, guard), Condition(kind, operand, self._text(expr), guard))
        if guard is not None:
            sign = {"positive": Sign.POSITIVE, "nonzero": Sign.NONZERO}.get(domain.kind, Sign.ANY)
            operand = b.node("where", guard, operand, b.constant(domain.safe), sign=sign)
        return self._clamped(operand, domain) if self.clamp else operand

    def still(self, operand: int, value: float, scope: int) -> int:
        """The operand, held at a number where the branch is not taken.

        There its powers could overflow, and the derivative of what is not taken, 0 times infinity, would be NaN.
        """
        guard, b = self._scopes[scope], self.builder
        if guard is None or b.value_of(operand) is not None:
            return operand
        return b.node("where", guard, operand, b.constant(value), sign=b.signs[operand] | Sign.POSITIVE)

    def _text(self, expr: Basic) -> str:
        """The expression as the user wrote it, cut where it is long."""
        while self.definitions and (held := self.definitions.keys() & expr.free_symbols):
            expr = expr.xreplace({symbol: self.definitions[symbol] for symbol in held})
        return _short(expr)

    def _clamped(self, operand: int, domain: Domain) -> int:
        b = self.builder
        epsilon = b.node("epsilon")
        if domain.kind in ("nonzero", "no pole"):
            small = b.node("lt", b.node("abs", operand), epsilon)
            signed = b.where(b.node("lt", operand, b.constant(0.0)), b.neg(epsilon), epsilon)
            return b.node("where", small, signed, operand, sign=Sign.NONZERO)
        for bound, op in ((domain.low, "maximum"), (domain.high, "minimum")):
            if bound is not None:
                number, direction = bound
                limit = b.add(b.constant(number), epsilon if direction > 0 else b.neg(epsilon))
                operand = b.node(op, operand, limit)
        return operand

    # -- sums --------------------------------------------------------------------------------------

    def _plan_sum(self, expr: Add, scope: int) -> Plan:
        constant, terms = expr.as_coeff_Add()
        if constant.is_Rational and constant != 0:
            matched = self._match_expm1(constant, Add.make_args(terms))
            if matched is not None:
                kernel, coefficient, rest = matched
                operands = ((kernel.args[0], scope), *((term, scope) for term in rest))
                return Plan(operands, lambda u, *others: self._expm1_sum(u, coefficient, others))
            square = complement(constant, terms)
            if square is not None:
                return Plan(((square, scope),), lambda u: u)
        operands = tuple((term, scope) for term in expr.args)
        return Plan(operands, lambda *terms: self.total(terms))

    def _match_expm1(self, constant: Expr, terms: Sequence[Expr]) -> tuple[Expr, Rational, list[Expr]] | None:
        """The term c*exp(u) with c = -constant, c, and the other terms."""
        for position, term in enumerate(terms):
            coefficient, kernel = term.as_coeff_Mul()
            if isinstance(kernel, exp) and coefficient == -constant:
                return kernel, coefficient, [*terms[:position], *terms[position + 1 :]]
        return None

    def _expm1_sum(self, u: Signed, coefficient: Rational, others: Sequence[Signed]) -> Signed:
        b = self.builder
        value = b.mul(b.constant(table.real(abs(coefficient))[0]), b.node("expm1", self._plain(u)))
        return self.total([(value, bool(coefficient < 0)), *others])

    def total(self, terms: Sequence[Signed]) -> Signed:
        """The sum, positive terms first; if all are negative, the negative of their sum."""
        b = self.builder
        positive = sorted(node for node, negative in terms if not negative)
        negative = sorted(node for node, negative in terms if negative)
        if not positive:
            return self._chain(negative), True
        result = self._chain(positive)
        for node in negative:
            result = b.sub(result, node)
        return result, False

    def _chain(self, nodes: Sequence[int]) -> int:
        result = nodes[0]
        for node in nodes[1:]:
            result = self.builder.add(result, node)
        return result

    # -- products and powers -----------------------------------------------------------------------

    def _plan_product(self, expr: Expr, scope: int) -> Plan:
        """A product of powers: bases first, then numerator, denominator and one division."""
        numbers: list[Expr] = []
        factors: list[tuple[Basic, Rational | None]] = []
        operands: list[Key] = []
        for factor in Mul.make_args(expr):
            if factor.is_number:
                numbers.append(factor)
            elif isinstance(factor, Pow) and isinstance(factor.exp, Rational):
                factors.append((factor.base, factor.exp))
                operands.append((factor.base, scope))
            elif isinstance(factor, Pow):
                factors.append((factor, None))
                operands += [(factor.base, scope), (factor.exp, scope)]
            else:
                factors.append((factor, S.One))
                operands.append((factor, scope))
        if len(factors) == 1 and not numbers and factors[0][1] == S.Half:
            legs = self._legs(factors[0][0])
            if legs:
                return Plan(tuple((leg, scope) for leg in legs), lambda a, c: self._hypot(a, c))
        return Plan(tuple(operands), lambda *nodes: self._product(Mul(*numbers), factors, nodes, scope))

    def _product(
        self,
        number: Expr,
        factors: Sequence[tuple[Basic, Rational | None]],
        nodes: Sequence[Signed],
        scope: int,
    ) -> Signed:
        b = self.builder
        coefficient = table.number(number)
        negative = coefficient < 0
        above, below = [b.constant(abs(coefficient))], []
        operands = iter(nodes)
        for base, exponent in factors:
            signed = next(operands)
            if exponent is None:
                above.append(self._general_power(base, self._plain(signed), self._plain(next(operands)), scope))
                continue
            if signed[1] and exponent.q == 1:
                negative ^= bool(exponent.p % 2)
                node = signed[0]
            else:
                node = self._plain(signed)
            self._place_power(base, node, exponent, scope, above, below)
        top = b.product(above)
        return (b.div(top, b.product(below)) if below else top), negative

    def _place_power(
        self, base: Basic, node: int, exponent: Rational, scope: int, above: list[int], below: list[int]
    ) -> None:
        """base**exponent as factors of the numerator or of the denominator."""
        b = self.builder
        p, q = int(exponent.p), int(exponent.q)
        if abs(exponent) > 1:
            node = self.still(node, 1.0, scope)
        if q == 1 and abs(p) <= LONGEST_POWER:
            if p > 0:
                above.append(b.power(node, p))
                return
            if self._has_inverse_root(base) and b.is_nonnegative(node):
                root = b.node("rsqrt", self.inside(node, POSITIVE, base, scope))
                above.append(b.power(b.mul(root, root), -p))
            elif self._reciprocal_is_shared(base):
                above.append(b.power(b.node("reciprocal", self.inside(node, NONZERO, base, scope)), -p))
            else:
                below.append(b.power(self.inside(node, NONZERO, base, scope), -p))
            return
        if q == 2 and abs(p) <= LONGEST_POWER:
            above.append(self._half_power(base, node, p, scope))
        elif q == 4 and 0 < p <= LONGEST_POWER:
            above.append(b.power(self._safe_root(self._half_power(base, node, 1, scope)), p))
        else:
            above.append(self._fractional_power(base, node, exponent, scope))

    def _half_power(self, base: Basic, node: int, p: int, scope: int) -> int:
        """base**(p/2), p odd."""
        b = self.builder
        if p < 0:
            return b.power(b.node("rsqrt", self.inside(node, POSITIVE, base, scope)), -p)
        if base in self._tied_roots:
            operand = self.inside(node, POSITIVE, base, scope)
            inverse = self._has_inverse_root(base)
            root = b.mul(operand, b.node("rsqrt", operand)) if inverse else b.node("sqrt", operand)
        else:
            operand = self.inside(node, NONNEGATIVE, base, scope)
            root = self._safe_root(operand)
        return root if p == 1 else b.mul(b.power(operand, p // 2), root)

    def _safe_root(self, operand: int) -> int:
        """sqrt(u) with gradient 0, not infinity, at u = 0."""
        b = self.builder
        if b.is_positive(operand):
            return b.node("sqrt", operand)
        zero = b.node("eq", operand, b.constant(0.0))
        root = b.node("sqrt", b.node("where", zero, b.constant(1.0), operand))
        return b.node("where", zero, b.constant(0.0), root, sign=Sign.NONNEGATIVE)

    def _fractional_power(self, base: Basic, node: int, exponent: Rational, scope: int) -> int:
        """base**exponent by pow; an integer exponent takes a negative base, any other does not."""
        b = self.builder
        if exponent.q == 1:
            operand = self.inside(node, NONZERO, base, scope) if exponent < 0 else node
        else:
            operand = self.inside(node, POSITIVE if exponent < 0 else NONNEGATIVE, base, scope)
        power = b.constant(table.number(exponent))
        if exponent < 0 or exponent.q == 1 or b.is_positive(operand):
            return b.node("pow", operand, power)
        zero = b.node("eq", operand, b.constant(0.0))
        root = b.node("pow", b.node("where", zero, b.constant(1.0), operand), power)
        return b.node("where", zero, b.constant(0.0), root)

    def _general_power(self, expr: Basic, base: int, exponent: int, scope: int) -> int:
        """base**exponent with an exponent that is no number: 0**e is 0, 1 or infinity, with a finite
        gradient."""
        b = self.builder
        base, exponent = self.still(base, 1.0, scope), self.still(exponent, 1.0, scope)
        if b.is_positive(base):
            return b.node("pow", base, exponent)
        operand = self.inside(base, POSITIVE if not b.is_positive(exponent) else NONNEGATIVE, expr.args[0], scope)
        zero = b.node("eq", operand, b.constant(0.0))
        power = b.node("pow", b.node("where", zero, b.constant(1.0), operand), exponent)
        unity = b.where(b.node("eq", exponent, b.constant(0.0)), b.constant(1.0), b.constant(float("inf")))
        at_zero = b.where(b.node("lt", b.constant(0.0), exponent), b.constant(0.0), unity)
        return b.node("where", zero, at_zero, power)

    def _has_inverse_root(self, base: Basic) -> bool:
        return any(e.q == 2 and e < 0 for e in self._exponents.get(base, ()))

    def _reciprocal_is_shared(self, base: Basic) -> bool:
        counts = self._exponents.get(base, {})
        return sum(count for e, count in counts.items() if e.q == 1 and e < 0) > 1

    # -- two stable forms --------------------------------------------------------------------------

    def _legs(self, base: Basic) -> tuple[Basic, Basic] | None:
        """(a, b) if base is a**2 + b**2 and only its square root is wanted."""
        if not isinstance(base, Add) or len(base.args) != 2 or set(self._exponents.get(base, ())) != {S.Half}:
            return None
        pairs = [a.as_base_exp() for a in base.args]
        if any(e != Integer(2) or not isinstance(u, Expr) for u, e in pairs):
            return None
        return pairs[0][0], pairs[1][0]

    def _hypot(self, first: Signed, second: Signed) -> Signed:
        """hypot(a, b) with gradient 0 at the origin."""
        b = self.builder
        a, c = first[0], second[0]
        if b.is_nonzero(a) or b.is_nonzero(c):
            return b.node("hypot", a, c), False
        none = b.constant(0.0)
        zero = b.node("and", b.node("eq", a, none), b.node("eq", c, none))
        length = b.node("hypot", b.node("where", zero, b.constant(1.0), a), c)
        return b.node("where", zero, none, length, sign=Sign.NONNEGATIVE), False

    # -- functions ---------------------------------------------------------------------------------

    def _plan_function(self, expr: Basic, scope: int) -> Plan:
        stable = self._plan_stable(expr, scope)
        if stable is not None:
            return stable
        op = table.UNARY.get(type(expr).__name__)
        if op is not None and len(expr.args) == 1:
            return Plan(((expr.args[0], scope),), lambda u: self._unary(op, u, expr, scope))
        op = table.CHAIN.get(type(expr).__name__)
        if op is not None:
            return Plan(tuple((a, scope) for a in expr.args), lambda *nodes: self._chain_of(op, nodes, expr, scope))
        builder = table.COMPOSED.get(type(expr).__name__)
        if builder is not None:
            arguments = tuple((a, scope) for a in table.operands(expr))
            return Plan(arguments, lambda *nodes: (builder(self, expr, scope, *map(self._plain, nodes)), False))
        found = special.template(expr)
        if found is not None:
            return Plan(((found[1], scope),), lambda u: self._plan_template(found[0], self._plain(u), scope))
        return Plan(((table.rewritten(expr), scope),), lambda u: u)

    def _plan_template(self, template: Expr, argument: int, scope: int) -> Plan:
        """A special function in terms of others, its argument bound to a node that is there already."""
        symbol = self._bound.setdefault(argument, Dummy(real=True))
        self._inputs[symbol] = argument
        form = template.xreplace({special.Z: symbol})
        self._survey([form])
        return Plan(((form, scope),), lambda u: u)

    def _plan_stable(self, expr: Basic, scope: int) -> Plan | None:
        if isinstance(expr, log) and isinstance(expr.args[0], Add) and S.One in expr.args[0].args:
            argument = expr.args[0]
            rest = Add(*(a for a in argument.args if a is not S.One))
            return Plan(((rest, scope),), lambda u: self._log1p(u, argument, scope))
        if isinstance(expr, atanh) and isinstance(expr.args[0], (sin, cos)):
            kernel = expr.args[0]
            other = (cos if isinstance(kernel, sin) else sin)(kernel.args[0])
            return Plan(((kernel, scope), (other, scope)), lambda s, c: self._gudermann(s, c, other, scope))
        if isinstance(expr, tan) and {sin(expr.args[0]), cos(expr.args[0])} <= self._occurring:
            return Plan(((sin(expr.args[0]) / cos(expr.args[0]), scope),), lambda u: u)
        return None

    def _log1p(self, u: Signed, argument: Basic, scope: int) -> Signed:
        """log(1 + u); the condition on 1 + u is one on u, moved by one."""
        b = self.builder
        node = self._plain(u)
        whole = b.add(b.constant(1.0), node)
        safe = self.inside(whole, POSITIVE, argument, scope)
        if safe != whole:
            return b.node("log", safe), False
        return b.node("log1p", node), False

    def _gudermann(self, s: Signed, c: Signed, other: Basic, scope: int) -> Signed:
        """atanh(s) of s = sin(a), with c = cos(a) at hand: defined where c is not 0."""
        width = self.inside(c[0], NONZERO, other, scope)
        return self.builder.node("inverse_gudermann", s[0], width), s[1]

    def _unary(self, op: str, u: Signed, expr: Basic, scope: int) -> Signed:
        b = self.builder
        negative = False
        if u[1] and op in table.ODD:
            node, negative = u[0], True
        elif u[1] and op in table.EVEN:
            node = u[0]
        else:
            node = self._plain(u)
        domain = UNARY_DOMAINS.get(op)
        if domain is not None:
            node = self.inside(node, domain, expr.args[0], scope)
        elif op in _GROWING:
            node = self.still(node, 1.0, scope)
        elif op == "tan":
            self.conditions.setdefault(
                ("nonzero", node, self._scopes[scope]),
                Condition("nonzero", b.node("cos", node), self._text(cos(expr.args[0])), self._scopes[scope]),
            )
        return b.node(op, node), negative

    def _chain_of(self, op: str, nodes: Sequence[Signed], expr: Basic, scope: int) -> Signed:
        """maximum, minimum, mod or atan2; a remainder is not defined for a divisor 0, an angle not at the origin."""
        b = self.builder
        if op in ("maximum", "minimum"):
            return self._chained(op, nodes)
        first, second = map(self._plain, nodes)
        if op == "mod":
            return b.node(op, first, self.inside(second, NONZERO, expr.args[1], scope)), False
        if b.is_nonzero(first) or b.is_nonzero(second):
            return b.node(op, first, second), False
        square = b.add(b.mul(first, first), b.mul(second, second))
        self.inside(square, NONZERO, expr.args[0] ** 2 + expr.args[1] ** 2, scope)  # type: ignore[operator]
        second = self.still(second, 1.0, scope)
        if self.clamp:
            second = b.node("where", b.node("eq", square, b.constant(0.0)), b.node("epsilon"), second)
        return b.node(op, first, second), False

    def _chained(self, op: str, nodes: Sequence[Signed]) -> Signed:
        result = self._plain(nodes[0])
        for node in nodes[1:]:
            result = self.builder.node(op, result, self._plain(node))
        return result, False

    def _plan_call(self, expr: AppliedUndef, scope: int) -> Plan:
        name = expr.func.__name__
        if name not in self.functions:
            raise Unsupported(
                f"the arbitrary function {name} has no numbers: give a callable for it with functions={{{name!r}: ...}}"
            )
        operands = tuple((a, scope) for a in expr.args)
        return Plan(operands, lambda *nodes: (self.builder.node("call", *map(self._plain, nodes), value=name), False))

    # -- choices -----------------------------------------------------------------------------------

    def _plan_choice(self, expr: Piecewise, scope: int) -> Plan:
        conditions = tuple((pair.cond, scope) for pair in expr.args)
        return Plan(conditions, lambda *truths: self._plan_branches(expr, scope, [t[0] for t in truths]))

    def _plan_branches(self, expr: Piecewise, scope: int, truths: Sequence[int]) -> Plan:
        """Each branch in a scope of its own: its condition, and none of those before it."""
        b = self.builder
        before = self._scopes[scope]
        operands: list[Key] = []
        for pair, truth in zip(expr.args, truths, strict=True):
            certain = b.value_of(truth) == 1
            taken = before if certain else b.both(before, truth)
            self._scopes.append(taken)
            operands.append((pair.expr, len(self._scopes) - 1))
            before = before if certain else b.both(before, b.node("not", truth))
        return Plan(tuple(operands), lambda *values: self._choose(truths, values))

    def _choose(self, truths: Sequence[int], values: Sequence[Signed]) -> Signed:
        b = self.builder
        result = b.constant(float("nan"))
        for truth, value in zip(reversed(truths), reversed(values), strict=True):
            result = b.where(truth, self._plain(value), result)
        return result, False

    def _plan_logic(self, expr: Basic, scope: int) -> Plan:
        if isinstance(expr, BooleanAtom) or expr in (S.true, S.false):
            return Plan((), lambda: (self.builder.constant(float(bool(expr))), False))
        if isinstance(expr, Relational):
            op, swap, negate = table.RELATIONS[type(expr).__name__]
            return Plan(
                ((expr.args[0], scope), (expr.args[1], scope)),
                lambda a, c: (self._compare(op, c if swap else a, a if swap else c, negate), False),
            )
        name = type(expr).__name__
        if name == "Not":
            return Plan(((expr.args[0], scope),), lambda u: (self.builder.node("not", u[0]), False))
        if name in ("And", "Or"):
            op = name.lower()
            return Plan(tuple((a, scope) for a in expr.args), lambda *nodes: self._chained(op, nodes))
        return Plan(((table.rewritten_logic(expr), scope),), lambda u: u)

    def _compare(self, op: str, a: Signed, c: Signed, negate: bool) -> int:
        node = self.builder.node(op, self._plain(a), self._plain(c))
        return self.builder.node("not", node) if negate else node


def complement(constant: Expr, term: Expr) -> Expr | None:
    """c cos(u)² for c - c sin(u)², and c sin(u)² for c - c cos(u)², where nothing cancels."""
    coefficient, square = term.as_coeff_Mul()
    if coefficient != -constant or not isinstance(square, Pow) or square.exp != 2:
        return None
    other = {sin: cos, cos: sin}.get(type(square.base))  # type: ignore[call-overload]
    return None if other is None else constant * other(square.base.args[0]) ** 2


def _short(expr: Basic, longest: int = 120) -> str:
    """The expression as text, cut where it is long; a large one is not printed at all."""
    pending, seen = [expr], 0
    while pending and seen <= longest:
        seen += 1
        pending.extend(pending.pop().args)
    if pending:
        return f"a {type(expr).__name__} of more than {longest} terms"
    text = str(expr)
    return text if len(text) <= longest else text[: longest - 3] + "..."
