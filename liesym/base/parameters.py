"""A parameter: its symbol, what is assumed of it, its value in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Symbol


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant θ of the system, with what is assumed of it and a number for numerical work.

    `assumptions` is a subset of {"positive", "nonzero", "integer"}; real is always assumed.
    """

    symbol: Symbol
    assumptions: tuple[str, ...] = ()
    value: float | None = None

    @property
    def name(self) -> str:
        return self.symbol.name
