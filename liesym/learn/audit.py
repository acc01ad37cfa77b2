"""What the conservation laws of backpropagation say about an adjoint gradient: a drift, and an error bar.

For every symmetry ξ ∂_t + η·∂_x + τ·∂_θ of x' = f(t, x, θ), θ' = 0, the number

    I = a·(η - ξ f) + a_θ·τ

is constant along the forward-backward pair of backpropagation between two observations, by Noether's
theorem for the action ∫ a·(x' - f) dt. A solver that lets it drift carries a wrong gradient. The reverse does not
hold: the law sees the error of a along η - ξ f only, so a small drift is no bound on the error of the gradient.

The laws of symmetries are instances of one that always holds. For any variation, δx' = f_x δx + f_θ δθ with δθ
constant, the pairing a·δx + a_θ·δθ is constant between observations (Lagrange's identity); η - ξ f and τ are a variation
that needs no solve. Across the whole interval, with g = (a, a_θ) at the start as any adjoint solve computed it,

    g·v - Σ_k ∂L/∂x(t_k)·δx(t_k) = (g - ∇L)·v        for v = (δx, δθ) at the start,

with exact states and variations on the left. So every direction v shows one component of the error of g itself, of the
states forward and backward and of the adjoint alike, for one solve forward of x and δx together at a finer tolerance; x is
never solved backward, which is where an adjoint solve goes wrong without a sign of it. Directions that span the space give
the norm of the error. Of k independent normal directions the mean square s² of the differences has
k s² / |g - ∇L|² distributed as χ² with k degrees of freedom, whatever the error is, so that

    P(|g - ∇L| > c s) = P(χ²_k < k / c²),

1.4e-3 for k = 3 and c = 10. What is left out is the error of the finer solve itself, in proportion to its tolerance.

Source: Cao and Petzold 2004 (error of a solve by the adjoint and by few random directions); Kenney and Laub 1994, section 3.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, S, Symbol

from liesym.errors import AnsatzError, TrainingError
from liesym.learn.arrays import Array
from liesym.learn.calling import with_args
from liesym.lowering.lower import lower
from liesym.symmetries.generator import Generator

FINER = 1e-2
"""Tolerance of the variations in units of that of the adjoint solve that they judge."""


class GradientWarning(UserWarning):
    """An adjoint gradient whose conservation laws drift, or whose error bar is, by more than the goal."""


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """The error of one part of a gradient, measured by pairings with variations.

    Arguments:
        part: "start" or "parameters".
        size: s, the estimate of |g - ∇L|.
        norm: of the gradient, by the same solves where the error is of its size.
        directions: k.
        spanned: whether the directions span the part, so that s is the norm itself.
    """

    part: str
    size: float
    norm: float
    directions: int
    spanned: bool

    @property
    def relative(self) -> float:
        """s in units of the gradient; large where the gradient is zero, as of a loss that is a law of the field."""
        return self.size / self.norm if self.norm else float(self.size > 0)

    def chance(self, factor: float) -> float:
        """The probability that the error is more than that factor times s: P(χ²_k < k / factor²), 0 where s is the norm.

        Source: Kenney and Laub 1994, section 3.
        """
        from scipy.special import gammainc

        return 0.0 if self.spanned else float(gammainc(self.directions / 2, self.directions / (2 * factor**2)))


@dataclass(frozen=True, slots=True)
class GradientAudit:
    """Drift of the backward conservation laws along one adjoint solve, and error bars of its gradient.

    Arguments:
        drifts: law -> largest |I(t) - I(t_k)| between two observations, in units of the largest |a||η - ξ f|.
        goal: what the drift should stay below.
        rtol: tolerance of the solve.
        steps: accepted steps of the backward solve.
        bars: of the gradients by the start and by the parameters; empty where no directions were asked for.
    """

    drifts: tuple[tuple[str, float], ...]
    goal: float
    rtol: float
    steps: int
    bars: tuple[ErrorBar, ...] = ()

    @property
    def worst(self) -> float:
        """The largest drift."""
        return max((value for _, value in self.drifts), default=0.0)

    @property
    def error(self) -> float | None:
        """The largest relative error bar; None where no directions were asked for."""
        return max((bar.relative for bar in self.bars), default=None)

    @property
    def advised_rtol(self) -> float:
        """The tolerance that brings the worst drift and the error to the goal, if they and the tolerance stay in
        proportion.
        """
        worst = max(self.worst, self.error or 0.0)
        return self.rtol if worst <= self.goal else max(self.rtol * self.goal / worst, 1e-15)

    def warn(self) -> GradientAudit:
        """Warn if the goal is missed; returns the audit."""
        bar, advice = max(self.bars, key=lambda bar: bar.relative, default=None), f"take rtol={self.advised_rtol:.0e}"
        known = "" if bar is None else f"the gradient by the {bar.part} is off by about {bar.relative:.1e} of itself"
        if self.worst > self.goal:
            law = max(self.drifts, key=lambda pair: pair[1])[0]
            message = (
                f"the adjoint solve breaks the conservation law of {law} by {self.worst:.1e}, more than "
                f"{self.goal:.1e}: {known or 'the gradient may be wrong by as much or more'}; {advice}"
            )
            warnings.warn(message, GradientWarning, stacklevel=3)
        elif bar is not None and not bar.relative <= self.goal:
            message = f"{known}, more than {self.goal:.1e}, though no law drifts as far; {advice}"
            warnings.warn(message, GradientWarning, stacklevel=3)
        return self


Generators = Mapping[str, Generator] | Sequence[Generator]


@dataclass(frozen=True, slots=True, eq=False)
class Variations:
    """Directions at the start and what to solve them with.

    Arguments:
        starts: shape (k, …, m), of the states.
        weights: shape (k, n), of the parameters as one row.
        rtol, atol: tolerances of the solve.
    """

    starts: np.ndarray
    weights: np.ndarray
    rtol: float
    atol: float


class Auditor:
    """The audit in one library; a toolkit offers `audit_gradient` as a function.

    Arguments:
        measure: (model, x0, times, loss, generators) -> (largest drift of the law of each generator, accepted steps,
            gradient by the start, gradient by all parameters as one row), of an adjoint solve with the model's solver and
            tolerances.
        slopes: (model, x0, times, loss, variations) -> derivative of the loss along each of them, solved forward.
    """

    def __init__(
        self,
        measure: Callable[..., tuple[Mapping[str, float], int, np.ndarray, np.ndarray]],
        slopes: Callable[..., np.ndarray],
    ) -> None:
        self.measure, self.slopes = measure, slopes

    def audit_gradient(
        self,
        model: Any,
        x0: Array,
        times: Array,
        loss: Callable[[Array], Array],
        generators: Generators | None = None,
        *,
        goal: float = 1e-3,
        directions: int = 3,
        seed: int = 0,
    ) -> GradientAudit:
        """Drift of I = a·(η - ξ f) + a_θ·τ along the adjoint solve of the gradient of loss(states), and its error bars.

        In torch the states and adjoints are those of `odeint_adjoint` itself, at every step that it accepts. In JAX
        the adjoint equations are solved backward with the solver, the tolerances and the restarts at observations of
        `BacksolveAdjoint`, which itself shows no steps. A warning is given if drift or error exceed the goal. The error bars
        cost one solve forward of the states with their variations along 2k directions, at a hundredth of the tolerances
        (as far as the type of numbers allows; in torch with a method of order 8), and no solve backward.

        Arguments:
            model: with an adaptive solver; its tolerances are the ones that are judged.
            x0: shape (…, m); numbers, lists and arrays of NumPy are taken in the type of the weights.
            times: shape (K,); the loss may depend on the states at all of them, and the adjoint jumps there.
            loss: states of shape (…, K, m) -> scalar.
            generators: symmetries of the field, over (t, x_1, …, x_m) or also over parameters of a
                `SymbolicField`; time translation unless given, which is one for every field that does not
                depend on t.
            goal: of the drift, and of the relative error.
            directions: k, random ones for the start and as many for the parameters; unit vectors where those are no more
                than k, so that the error is measured and not estimated; 0 for no error bars.
            seed: of the directions.

        Raises:
            TrainingError: the model's solver is not adaptive, so there is no adjoint solve; a solve breaks down; or a
                negative number of directions.
            AnsatzError: a generator that moves neither states nor parameters of the field.
        Source: Noether's theorem for ∫ a·(x' - f) dt; Chen et al. 2018 for the adjoint equations; Cao and Petzold 2004.
        """
        if directions < 0:
            raise TrainingError(f"directions = {directions}; expected a number from 0 on")
        if model.solver == "rk4":
            raise TrainingError("rk4 has no adjoint solve to audit; its gradient is that of its own steps")
        x0 = model.received(x0)
        times = model.arrays.as_array(times, x0)
        drifts, steps, *parts = self.measure(model, x0, times, loss, named(generators, x0.shape[-1]))
        bars = self.bars(model, x0, times, loss, parts, directions, seed) if directions else ()
        return GradientAudit(tuple(drifts.items()), goal, model.rtol, steps, bars).warn()

    def bars(
        self, model: Any, x0: Array, times: Array, loss: Any, parts: Sequence[np.ndarray], directions: int, seed: int
    ) -> tuple[ErrorBar, ...]:
        """Error bars of the parts of a gradient; none of a part without numbers."""
        random = np.random.default_rng(seed)
        rows = [directions_of(random, part.size, directions) for part in parts]
        first, second = (np.eye(sum(map(len, rows)))[:, part] for part in (slice(len(rows[0])), slice(len(rows[0]), None)))
        finer = max(FINER, 20 * float(np.finfo(parts[0].dtype).eps) / model.rtol)
        moved, turned = (first @ rows[0]).reshape(-1, *x0.shape), second @ rows[1]
        variations = Variations(moved, turned, model.rtol * min(finer, 1.0), model.atol * min(finer, 1.0))
        slopes = self.slopes(model, x0, times, loss, variations)
        found, place = [], 0
        for name, part, row in zip(("start", "parameters"), parts, rows, strict=True):
            along = slopes[place : place + len(row)]
            place += len(row)
            if len(row):
                found.append(error_bar(name, part.astype(float).ravel(), row, along))
        return tuple(found)


def directions_of(random: np.random.Generator, size: int, count: int) -> np.ndarray:
    """Directions (k, size): the unit vectors where there are at most `count` of them, else `count` normal ones."""
    return np.eye(size) if size <= count else random.standard_normal((count, size))


def error_bar(part: str, gradient: np.ndarray, directions: np.ndarray, slopes: np.ndarray) -> ErrorBar:
    """The bar of g from the derivatives of the loss along directions (k, n): the root of the mean of (g·v - slope)², times
    √n over the root of the mean of |v|² for unit vectors.
    """
    k, n = directions.shape
    spanned = k == n and bool((directions == np.eye(n)).all())
    scale = float(np.sqrt(n)) if spanned else 1.0
    with np.errstate(all="ignore"):
        size = scale * float(np.sqrt(np.mean((directions @ gradient - slopes) ** 2)))
        norm, other = float(np.linalg.norm(gradient)), scale * float(np.sqrt(np.mean(slopes**2)))
    return ErrorBar(part, size if np.isfinite(size) else np.inf, norm if size < norm / 2 else other, k, spanned)


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


def charge_programs(generators: Sequence[Generator], states: int, backend: str) -> list[Any]:
    """(ξ, η…) of generators over time and the states, lowered.

    Raises:
        AnsatzError: one moves something else.
    """
    programs = []
    for generator in generators:
        parts, state, time, moved = adjoint_charge_parts(generator, states, ())
        if moved:
            raise AnsatzError(f"the generator moves {', '.join(moved)}; expected time and states alone")
        programs.append(lower(parts, state, backend=backend, t=time))
    return programs


class AdjointCharge:
    """What the charge I = a·(η - ξ f) + a_θ·τ of one generator is computed from, in one library.

    Arguments:
        field: whose adjoint it is.
        generator: over time, states, and parameters of the field.
        states: their number.
        theta: the parameters by name.
        backend: that the components are lowered to.
    """

    def __init__(self, field: Any, generator: Generator, states: int, theta: Mapping[str, Any], backend: str) -> None:
        self.field, self.called, self.states = field, with_args(field), states
        parts, state, time, self.moved = adjoint_charge_parts(generator, states, list(theta))
        moving = tuple(s for s in generator.variables if s.name in theta)
        self.program = lower(parts, state, backend=backend, t=time, parameters=moving or None)


def named(generators: Generators | None, states: int) -> dict[str, Generator]:
    """Generators by name; time translation if none are given."""
    if generators is None:
        return {"time translation": time_translation(states)}
    if isinstance(generators, Mapping):
        return dict(generators)
    return {f"generator {i + 1}": generator for i, generator in enumerate(generators)}
