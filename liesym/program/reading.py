"""From SymPy expressions to a program: one pass, shared subexpressions across all outputs, strength reduction.

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
    not defined everywhere gets a harmless operand where the branch is not taken, so that its gradient is no NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch

from sympy import Add, Basic, Mul, Pow, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import Piecewise
from sympy.logic.boolalg import Boolean, BooleanAtom

from liesym.errors import Unsupported
from liesym.program.applied import plan_call, plan_function, plan_slope
from liesym.program.builder import Builder
from liesym.program.called import Slope
from liesym.program.choices import plan_choice, plan_comparison, plan_logic, plan_truth
from liesym.program.forms import Form
from liesym.program.functions import constant_value
from liesym.program.nodes import Condition
from liesym.program.plans import Key, Plan, Reading, same
from liesym.program.powers import plan_product
from liesym.program.scopes import Scopes, Signed
from liesym.program.sums import plan_sum


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
        scopes = Scopes(builder, dict(form.definitions) if form is not None else {}, clamp=clamp)
        self._reading = Reading(scopes, inputs, functions, form)
        self._memo: dict[Key, Signed] = {(symbol, 0): (node, False) for symbol, node in inputs.items()}

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where what was read is defined."""
        return tuple(self._reading.scopes.conditions.values())

    def read(self, expressions: Sequence[Basic]) -> list[int]:
        """The nodes of the expressions.

        Raises:
            Unsupported: a function, constant or construct with no counterpart, named.
        """
        scopes = self._reading.scopes
        self._reading.survey([*expressions, *scopes.definitions.values()])
        return [scopes.plain(self._evaluate((e, 0))) for e in expressions]

    def _evaluate(self, root: Key) -> Signed:
        """The node of an expression, after those of its operands; a loop, since expressions can be very deep."""
        memo = self._memo
        plans: dict[Key, Plan] = {}
        pending = [root]
        while pending:
            key = pending[-1]
            if key in memo:
                pending.pop()
                continue
            found = plans.get(key)
            if found is None:
                found = plans[key] = _planned(key[0], self._reading, key[1])
            missing = [k for k in found.operands if k not in memo]
            if missing:
                pending.extend(missing)
                continue
            done = found.combine(*(memo[k] for k in found.operands))
            if isinstance(done, Plan):
                plans[key] = done
            else:
                memo[key] = done
                pending.pop()
        return memo[root]


def _planned(expr: Basic, reading: Reading, scope: int) -> Plan:
    """The plan of a number, or the one that the table has for this kind of expression."""
    if getattr(expr, "is_number", False):
        value = constant_value(expr)
        return Plan((), lambda: (reading.builder.constant(abs(value)), value < 0))
    return plan(expr, reading, scope)


@singledispatch
def plan(expr: Basic, reading: Reading, scope: int) -> Plan:
    """What a kind of expression becomes; what has no rule of its own is a function of the tables, or refused by name."""
    return plan_function(expr, reading, scope)


@plan.register(Symbol)
def _plan_symbol(expr: Symbol, reading: Reading, scope: int) -> Plan:
    definitions = reading.scopes.definitions
    if expr in definitions:
        return Plan(((definitions[expr], scope),), same)
    if expr not in reading.inputs:
        raise Unsupported(f"the symbol {expr} is neither time, nor a state component, nor a parameter here")
    return Plan((), lambda: (reading.inputs[expr], False))


plan.register(Add, plan_sum)
plan.register(Mul, plan_product)
plan.register(Pow, plan_product)
plan.register(Piecewise, plan_choice)
plan.register(AppliedUndef, plan_call)
plan.register(Slope, plan_slope)
plan.register(BooleanAtom, plan_truth)
plan.register(Relational, plan_comparison)
plan.register(Boolean, plan_logic)
