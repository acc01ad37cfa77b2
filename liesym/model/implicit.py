"""One equation F(t, y, y') = 0 of first order as it stands, not solved for y'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol

from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter
from liesym.base.typed import replaced
from liesym.model.system import ODESystem
from liesym.text.solved import Residuals


@dataclass(frozen=True, slots=True)
class ImplicitEquation:
    """F(t, y, p) = 0 with p = y'.

    Arguments:
        independent, unknown: t and y.
        residual: F, in t, y, the jet coordinate y' and parameters.
        parameters: everything else that occurs.
    """

    independent: Symbol
    unknown: Symbol
    residual: Expr
    parameters: tuple[Parameter, ...] = ()

    @staticmethod
    def from_residuals(read: Residuals) -> ImplicitEquation | None:
        """The equation, None if there are several or it is not of first order."""
        if len(read.expressions) != 1 or read.space.order_of(read.expressions[0]) != 1:
            return None
        return ImplicitEquation(read.space.independent, read.space.unknowns[0], read.expressions[0], read.parameters)

    @property
    def slope(self) -> Symbol:
        """The jet coordinate y'."""
        return jet_symbol(self.unknown, 1)

    @property
    def is_linear_in_slope(self) -> bool:
        """True if F = a y' + b, which has one solved form."""
        return not self.residual.diff(self.slope).expand().has(self.slope)

    def at(self, value: Expr, slope: Expr) -> Expr:
        """F with y = value and y' = slope."""
        return replaced(self.residual, {self.unknown: value, self.slope: slope})

    def solved(self, rate: Expr = S.Zero) -> ODESystem:
        """y' = rate, one branch of the equation."""
        return ODESystem(self.independent, (self.unknown,), (1,), (rate,), self.parameters)

    def subs(self, values: Mapping[Symbol, Expr]) -> ImplicitEquation:
        """With values for parameters."""
        kept = tuple(p for p in self.parameters if p.symbol not in values)
        return ImplicitEquation(self.independent, self.unknown, replaced(self.residual, dict(values)), kept)
