"""What every training needs: settings, batches, initial weights, and the checks of what it is told."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from liesym.base.jets import JetSpace, jet_symbol
from liesym.errors import DataError, TrainingError
from liesym.learn.toolkits import toolkit as toolkit
from liesym.learn.trajectories import Trajectories
from liesym.model.system import ODESystem
from liesym.residuals import FlowPair, closed_flow, group_parameter, prolonged_flow
from liesym.symmetries.generator import Generator

SOLVERS = ("rk4", "dopri5", "dopri8")
GRADIENTS = ("direct", "adjoint")
LEAST = {
    "steps": 0,
    "draws": 0,
    "checkpoint_every": 1,
    "learning_rate": 0,
    "final_rate": 0,
    "weight_decay": 0,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; the same record drives both backends.

    Arguments:
        steps: optimizer steps (AdamW).
        batch: windows per step, drawn anew each step; None takes all of them each time.
        learning_rate: at the first step; falls by a half cosine to `final_rate` at the last.
        weight_decay: decoupled, as in AdamW.
        clip: largest global norm of the gradient; None does not clip.
        seed: of the batches and draws; the initial weights have the seed of their field.
        draws: random numbers in [-1, 1] that come with each window (group parameters of augmentation).
        checkpoint_every: steps between checkpoints, and between looks at the losses in JAX.

    Raises:
        DataError: a setting outside its range.
    """

    steps: int = 1000
    batch: int | None = None
    learning_rate: float = 1e-3
    final_rate: float = 1e-5
    weight_decay: float = 0.0
    clip: float | None = None
    seed: int = 0
    draws: int = 0
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            if not least <= getattr(self, name) < math.inf:
                raise DataError(f"setting {name} = {getattr(self, name)!r}; expected a finite number, at least {least}")
        for name in ("batch", "clip"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise DataError(f"setting {name} = {getattr(self, name)!r}; expected a positive number")

    def rate(self, step: int) -> float:
        """Learning rate before the step: final + (first - final) (1 + cos(π step / steps)) / 2."""
        fall = 0.5 * (1.0 + math.cos(math.pi * min(step, self.steps) / max(self.steps, 1)))
        return self.final_rate + (self.learning_rate - self.final_rate) * fall


def settings_from(mapping: Mapping[str, Any], where: str = "settings") -> Settings:
    """A `Settings` record from a mapping, e.g. a table of a TOML file.

    Raises:
        DataError: an unknown key, or a value of the wrong type.
    """
    known = {f.name: str(f.type) for f in fields(Settings)}
    unknown = sorted(set(mapping) - set(known))
    if unknown:
        raise DataError(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    for name, value in mapping.items():
        whole = known[name].startswith("int")
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            if value is None and "None" in known[name]:
                continue
            kind = "a whole number" if whole else "a number"
            raise DataError(f"{where}: {name} = {value!r}; expected {kind}")
    return Settings(**mapping)


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """Batches as a function of the step alone, so that a resumed run sees the same ones.

    Arguments:
        windows: trajectories of equal length, from which each batch takes some.
        settings: `batch`, `draws` and `seed` are used.
    """

    windows: Trajectories
    settings: Settings

    def __call__(self, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(times (B, L), states (B, L, m), draws (B, r) in [-1, 1]) of the step."""
        random = np.random.default_rng((self.settings.seed, step))
        size = self.settings.batch
        if size is None or size >= self.windows.count:
            chosen = np.arange(self.windows.count)
        else:
            chosen = random.integers(0, self.windows.count, size)
        draws = random.uniform(-1.0, 1.0, (len(chosen), self.settings.draws))
        return self.windows.times[chosen], self.windows.states[chosen], draws


def dense_weights(sizes: Sequence[int], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(weight (out, in), bias (out,)) of each layer, uniform in ±1/√in; the same numbers in every backend.

    Raises:
        TrainingError: a layer without numbers.
    """
    if min(sizes) < 1:
        raise TrainingError(f"layers of {', '.join(map(str, sizes))} numbers; a network has at least one in each")
    random = np.random.default_rng(seed)
    layers = []
    for width_in, width_out in pairwise(sizes):
        bound = 1.0 / math.sqrt(width_in)
        weight = random.uniform(-bound, bound, (width_out, width_in))
        layers.append((weight, random.uniform(-bound, bound, width_out)))
    return layers


def check_terms(terms: Mapping[str, float], step: int) -> None:
    """Refuse to go on when a term of the loss is not finite.

    Raises:
        TrainingError: names the terms and the step.
    """
    bad = [f"{name} = {value}" for name, value in terms.items() if not math.isfinite(value)]
    if bad:
        raise TrainingError(
            f"at step {step} the loss is not finite: {', '.join(bad)}; lower the learning rate or the weight "
            "of that term, shorten the windows, or keep the states inside the domain of the residual"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What came out: the model, each term at each step, the weights at the end, the step reached, and the
    time.
    """

    model: Any
    history: dict[str, np.ndarray]
    weights: dict[str, float]
    step: int
    seconds: float


# -- checks ------------------------------------------------------------------------------------------


def check_solver(solver: str, gradient: str, retract: object) -> None:
    """Refuse unknown names and pairs that do not go together."""
    if solver not in SOLVERS:
        raise TrainingError(f"no solver {solver!r}; there are {', '.join(SOLVERS)}")
    if gradient not in GRADIENTS:
        raise TrainingError(f"no gradient {gradient!r}; there are {', '.join(GRADIENTS)}")
    if solver == "rk4" and gradient == "adjoint":
        raise TrainingError("the adjoint gradient goes with an adaptive solver; take dopri5 or dopri8")
    if solver != "rk4" and retract is not None:
        raise TrainingError("putting the state back after each step goes with rk4")


def parameter_values(system: ODESystem, values: Mapping[str, float], fixed: Sequence[str]) -> dict[str, float]:
    """Initial numbers of all parameters of the system, checked."""
    names = [p.name for p in system.parameters]
    unknown = sorted((set(values) | set(fixed)) - set(names))
    if unknown:
        raise TrainingError(f"{', '.join(unknown)}: no such parameters; the system has {', '.join(names) or 'none'}")
    start = {p.name: _number(p.name, values.get(p.name, 1.0 if p.value is None else p.value)) for p in system.parameters}
    for p in system.parameters:
        if "positive" in p.assumptions and start[p.name] <= 0:
            raise TrainingError(f"{p.name} is declared positive but is to start at {start[p.name]}")
    return start


def _number(name: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise TrainingError(f"{name} = {value!r}; expected a finite number")
    return found


def term_weights(residuals: Mapping[str, object], weights: float | Mapping[str, float]) -> dict[str, float]:
    """A weight for each residual, checked."""
    if "data" in residuals:
        raise TrainingError('a residual cannot be called "data": that is the name of the misfit')
    given = dict.fromkeys(residuals, float(weights)) if isinstance(weights, (int, float)) else dict(weights)
    unknown = sorted(set(given) - set(residuals))
    if unknown:
        raise TrainingError(f"weights for {', '.join(unknown)}, but the residuals are {', '.join(residuals) or 'none'}")
    return {name: float(given.get(name, 1.0)) for name in residuals}


def fingerprint(
    settings: Settings,
    weights: Mapping[str, float],
    shapes: Sequence[Any],
    rule: object,
    sample: Sequence[np.ndarray],
    identity: str = "",
) -> str:
    """A mark of what must be the same for a run to be continued: settings, terms, shapes, the first batch, and
    what the caller names.
    """
    text = json.dumps([asdict(settings), dict(weights), [list(s) for s in shapes], repr(rule)], sort_keys=True)
    mark = hashlib.sha256((text + identity).encode())
    for part in sample:
        mark.update(np.ascontiguousarray(part, dtype=np.float64).tobytes())
    return mark.hexdigest()


def gradients_of(functions: Sequence[Expr], states: Sequence[Symbol], t: Symbol | None) -> tuple[list[Expr], list[Expr]]:
    """∂I_j/∂x_i, row after row, and ∂I_j/∂t, the latter empty where t does not occur at all."""
    slopes: list[Any] = [f.diff(x) for f in functions for x in states]
    rates: list[Any] = [] if t is None else [f.diff(t) for f in functions]
    return slopes, rates if any(rate != 0 for rate in rates) else []


def time_among(functions: Sequence[Expr], states: Sequence[Symbol]) -> Symbol | None:
    """The symbol named t in expressions, where it is no state."""
    found = {s for f in functions for s in f.free_symbols if isinstance(s, Symbol) and s.name == "t"} - set(states)
    return next(iter(found), None)


def flow_program(
    generator: Generator, levels: int, flow: FlowPair | None = None
) -> tuple[list[Expr], tuple[Symbol, ...], Symbol]:
    """(t̄, x̄, x̄', …) of the flow with parameter epsilon, the state symbols (x, x', …), and the symbol of
    time.
    """
    epsilon = group_parameter(generator)
    time, *unknowns = generator.variables
    pair = closed_flow(generator, epsilon) if flow is None else flow
    rows = prolonged_flow(pair, JetSpace(time, tuple(unknowns)), levels - 1)
    state = tuple(jet_symbol(x, k) for k in range(levels) for x in unknowns)
    return [pair[0], *(component for row in rows for component in row)], state, time
