"""What a drifting conservation law says about an adjoint gradient; the backend-free half of the audit.

For every symmetry ξ ∂_t + η·∂_x + τ·∂_θ of x' = f(t, x, θ), θ' = 0, the number

    I = a·(η - ξ f) + a_θ·τ

is constant along the forward-backward pair of backpropagation between two observations, by Noether's
theorem for the action ∫ a·(x' - f) dt. A solver that lets it drift carries a wrong gradient. The reverse does not
hold: an error along the symmetry itself leaves I as it is, so a small drift is no bound on the error of the gradient.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, S, Symbol

from liesym.errors import AnsatzError
from liesym.symmetries.generator import Generator


class GradientWarning(UserWarning):
    """An adjoint gradient whose conservation laws drift by more than the goal."""


@dataclass(frozen=True, slots=True)
class GradientAudit:
    """Drift of the backward conservation laws along one adjoint solve.

    Arguments:
        drifts: law -> largest |I(t) - I(t_k)| between two observations, in units of the largest |a||η - ξ f|.
        goal: what the drift should stay below.
        rtol: tolerance of the solve.
        steps: accepted steps of the backward solve.
    """

    drifts: tuple[tuple[str, float], ...]
    goal: float
    rtol: float
    steps: int

    @property
    def worst(self) -> float:
        """The largest drift."""
        return max((value for _, value in self.drifts), default=0.0)

    @property
    def advised_rtol(self) -> float:
        """The tolerance that brings the worst drift to the goal, if drift and tolerance stay in
        proportion.
        """
        return self.rtol if self.worst <= self.goal else max(self.rtol * self.goal / self.worst, 1e-15)

    def warn(self) -> GradientAudit:
        """Warn if the goal is missed; returns the audit."""
        if self.worst > self.goal:
            law = max(self.drifts, key=lambda pair: pair[1])[0]
            message = (
                f"the adjoint solve breaks the conservation law of {law} by {self.worst:.1e}, more than "
                f"{self.goal:.1e}: the gradient may be wrong by as much or more; take rtol={self.advised_rtol:.0e}"
            )
            warnings.warn(message, GradientWarning, stacklevel=3)
        return self


def time_translation(states: int) -> Generator:
    """∂_t over t and x1 … xm: a symmetry of every field without t; its charge is -a·f."""
    variables = tuple(Symbol(name, real=True) for name in ("t", *(f"x{i + 1}" for i in range(states))))
    return Generator(variables, (S.One, *(S.Zero,) * states))


def charge_parts(
    generator: Generator, states: int, parameters: Sequence[str]
) -> tuple[list[Expr], tuple[Symbol, ...], Symbol, list[str]]:
    """(ξ, η…, τ…), the state symbols, the symbol of time, and the names of the parameters that are moved.

    Raises:
        AnsatzError: the generator moves something that is neither a state nor a parameter of the field.
    """
    time, *rest = generator.variables
    state, moved = tuple(rest[:states]), [symbol.name for symbol in rest[states:]]
    foreign = [name for name in moved if name not in parameters]
    if len(state) < states or foreign:
        raise AnsatzError(
            f"the generator is over {', '.join(v.name for v in generator.variables)}; the field has {states} "
            f"states and the parameters {', '.join(parameters) or 'none'}"
        )
    return list(generator.components), state, time, moved


def named(generators: Mapping[str, Generator] | Sequence[Generator] | None, states: int) -> dict[str, Generator]:
    """Generators by name; time translation if none are given."""
    if generators is None:
        return {"time translation": time_translation(states)}
    if isinstance(generators, Mapping):
        return dict(generators)
    return {f"generator {i + 1}": generator for i, generator in enumerate(generators)}
