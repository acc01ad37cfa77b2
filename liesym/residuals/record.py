"""The record in which a symbolic residual travels to the numerical side."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from liesym.errors import Unsupported
from liesym.system import Parameter


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
        from liesym.lower import build_program

        return build_program(self).singular_set

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
