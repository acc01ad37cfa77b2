"""What is lowered: expressions with the state they are functions of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter
from liesym.errors import Unsupported
from liesym.model.system import ODESystem
from liesym.program import Inputs, assemble


@dataclass(frozen=True, slots=True)
class Residual:
    """k named expressions in time, m state symbols and parameters, ready to be lowered.

    Arguments:
        kind: what it is: "invariance", "group", "conservation", "backward", "field" or the user's own word.
        names: one name an expression.
        expressions: the k expressions.
        time: the symbol of the independent variable.
        state: the symbols of the components of x, in order.
        parameters: the rest, with default values where they have one.
        formula: the formula, for documentation.
    """

    kind: str
    names: tuple[str, ...]
    expressions: tuple[Expr, ...]
    time: Symbol
    state: tuple[Symbol, ...]
    parameters: tuple[Parameter, ...] = ()
    formula: str = ""

    @property
    def singular_set(self) -> tuple[str, ...]:
        """Where the residual is not defined, as text: one condition an entry, such as ``x**2 + y**2 = 0``."""
        return assemble(self.expressions, self.inputs).singular_set

    @property
    def inputs(self) -> Inputs:
        """Its symbols as inputs of a program."""
        return Inputs(self.state, self.time, tuple((p.symbol, p.value) for p in self.parameters))

    def __add__(self, other: Residual) -> Residual:
        """Both residuals as one, so that they share subexpressions when lowered."""
        if not isinstance(other, Residual):
            return NotImplemented
        if (self.time, self.state) != (other.time, other.state):
            raise Unsupported(f"residuals of different variables cannot be joined: {self.state} and {other.state}")
        merged = {p.symbol: p for p in (*other.parameters, *self.parameters)}
        return replace(
            self,
            kind=self.kind if self.kind == other.kind else f"{self.kind} and {other.kind}",
            names=self.names + other.names,
            expressions=self.expressions + other.expressions,
            parameters=tuple(merged.values()),
            formula="; ".join(dict.fromkeys(f for f in (self.formula, other.formula) if f)),
        )


def phase_state(system: ODESystem) -> tuple[Symbol, ...]:
    """The jet coordinates below the orders, grouped by order: (x_1 … x_m, x_1' … x_m', …).

    For a first-order system these are the unknowns; for m equations of second order, (q, q').
    """
    rows = zip(system.unknowns, system.orders, strict=True)
    pairs = [(k, i, x) for i, (x, n) in enumerate(rows) for k in range(n)]
    return tuple(jet_symbol(x, k) for k, i, x in sorted(pairs, key=lambda p: p[:2]))


def jet_state(system: ODESystem) -> tuple[Symbol, ...]:
    """`phase_state` followed by the leading derivatives x_1^(n_1) … x_m^(n_m)."""
    return phase_state(system) + tuple(system.leading(i) for i in range(len(system.unknowns)))


def field_of(system: ODESystem) -> Residual:
    """The vector field dx/dt = f(t, x) of the equivalent first-order system on `phase_state`."""
    state = phase_state(system)
    expressions = []
    for symbol in state:
        i, k = system.jets.locate(symbol) or (0, 0)
        following = jet_symbol(system.unknowns[i], k + 1)
        expressions.append(system.solved.get(following, following))
    names = tuple(f"d{s.name}/dt" for s in state)
    return Residual("field", names, tuple(expressions), system.independent, state, system.parameters, "dx/dt = f(t, x)")


def listed(symbols: Sequence[object]) -> str:
    """Symbols as text, a list in the order of names."""
    return ", ".join(sorted(map(str, symbols)) if isinstance(symbols, list) else map(str, symbols))
