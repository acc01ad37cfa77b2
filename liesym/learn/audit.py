"""What a drifting conservation law says about an adjoint gradient.

For every symmetry ξ ∂_t + η·∂_x + τ·∂_θ of x' = f(t, x, θ), θ' = 0, the number

    I = a·(η - ξ f) + a_θ·τ

is constant along the forward-backward pair of backpropagation between two observations, by Noether's
theorem for the action ∫ a·(x' - f) dt. A solver that lets it drift carries a wrong gradient. The reverse does not
hold: an error along the symmetry itself leaves I as it is, so a small drift is no bound on the error of the gradient.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, S, Symbol

from liesym.errors import AnsatzError, TrainingError
from liesym.learn.arrays import Array
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


Generators = Mapping[str, Generator] | Sequence[Generator]


class Auditor:
    """The audit in one library; a toolkit offers `audit_gradient` as a function.

    Arguments:
        measure: (model, x0, times, loss, generators) -> (largest drift of the law of each generator, accepted steps),
            measured along an adjoint solve with the model's solver and tolerances.
    """

    def __init__(self, measure: Callable[..., tuple[Mapping[str, float], int]]) -> None:
        self.measure = measure

    def audit_gradient(
        self,
        model: Any,
        x0: Array,
        times: Array,
        loss: Callable[[Array], Array],
        generators: Generators | None = None,
        *,
        goal: float = 1e-3,
    ) -> GradientAudit:
        """Drift of I = a·(η - ξ f) + a_θ·τ along the adjoint solve of the gradient of loss(states).

        In torch the states and adjoints are those of `odeint_adjoint` itself, at every step that it accepts. In JAX
        the adjoint equations are solved backward with the solver, the tolerances and the restarts at observations of
        `BacksolveAdjoint`, which itself shows no steps. A warning is given if the drift exceeds the goal.

        Arguments:
            model: with an adaptive solver; its tolerances are the ones that are judged.
            x0: shape (…, m).
            times: shape (K,); the loss may depend on the states at all of them, and the adjoint jumps there.
            loss: states of shape (…, K, m) -> scalar.
            generators: symmetries of the field, over (t, x_1, …, x_m) or also over parameters of a
                `SymbolicField`; time translation unless given, which is one for every field that does not
                depend on t.
            goal: of the drift.

        Raises:
            TrainingError: the model's solver is not adaptive, so there is no adjoint solve; or a solve breaks down.
            AnsatzError: a generator that moves neither states nor parameters of the field.
        Source: Noether's theorem for ∫ a·(x' - f) dt; Chen et al. 2018 for the adjoint equations.
        """
        if model.solver == "rk4":
            raise TrainingError("rk4 has no adjoint solve to audit; its gradient is that of its own steps")
        drifts, steps = self.measure(model, x0, times, loss, named(generators, x0.shape[-1]))
        return GradientAudit(tuple(drifts.items()), goal, model.rtol, steps).warn()


def time_translation(states: int) -> Generator:
    """∂_t over t and x1 … xm: a symmetry of every field without t; its charge is -a·f."""
    variables = tuple(Symbol(name, real=True) for name in ("t", *(f"x{i + 1}" for i in range(states))))
    return Generator(variables, (S.One, *(S.Zero,) * states))


def adjoint_charge_parts(
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


def named(generators: Generators | None, states: int) -> dict[str, Generator]:
    """Generators by name; time translation if none are given."""
    if generators is None:
        return {"time translation": time_translation(states)}
    if isinstance(generators, Mapping):
        return dict(generators)
    return {f"generator {i + 1}": generator for i, generator in enumerate(generators)}
