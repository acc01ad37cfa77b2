"""A random trajectory modulo a prime: values of all symbols at the start, and the series of observables and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.symmetries.taylor import Node, NoPoint, Trajectory

TRIES = 20


@dataclass(frozen=True, slots=True)
class Model:
    """What is observed of what.

    Arguments:
        independent: time.
        states, rates: x' = f.
        observables: functions of states, parameters and time.
        parameters: the unknown ones that occur.
        fixed: parameters whose values are taken as known.
        starts: initial states that are given, as functions of parameters and other states.
        known: states whose initial values are known numbers.
    """

    independent: Symbol
    states: tuple[Symbol, ...]
    rates: tuple[Expr, ...]
    observables: tuple[Expr, ...]
    parameters: tuple[Symbol, ...]
    fixed: tuple[Symbol, ...] = ()
    starts: Mapping[Symbol, Expr] | None = None
    known: tuple[Symbol, ...] = ()

    @property
    def inputs(self) -> tuple[AppliedUndef, ...]:
        """The functions of time that occur."""
        found = {f for e in (*self.rates, *self.observables) for f in e.atoms(AppliedUndef)}
        return tuple(sorted(found, key=str))


@dataclass(frozen=True, slots=True)
class Draw:
    """A point and what is seen from it.

    Arguments:
        prime, seed: as drawn.
        values: time, parameters and initial states.
        seen: Taylor coefficients of each observable.
        inputs: of each input.
    """

    prime: int
    seed: int
    values: Mapping[Symbol, int]
    seen: tuple[tuple[int, ...], ...]
    inputs: Mapping[Basic, tuple[int, ...]]


def drawn(model: Model, prime: int, seed: int, length: int, values: Mapping[Basic, Sequence[int]] | None = None) -> Draw:
    """A trajectory with `length` Taylor coefficients through a random point, or one with given values.

    Raises:
        NoPoint: no regular point was found.
        Unsupported: a function that has no rule.
    """
    for attempt in range(TRIES):
        try:
            return _followed(model, prime, seed + attempt, length, values)
        except (NoPoint, ZeroDivisionError):
            if values is not None:
                raise NoPoint from None
    raise NoPoint


def _followed(model: Model, prime: int, seed: int, length: int, values: Mapping[Basic, Sequence[int]] | None) -> Draw:
    path = Trajectory(model.independent, model.states, model.rates, (), prime, seed, values=values, starts=model.starts)
    nodes = {s: path.node(s) for s in (model.independent, *model.parameters, *model.fixed, *model.states)}
    outputs = [path.node(h) for h in model.observables]
    inputs = {u: path.node(u) for u in model.inputs}
    for _ in range(length):
        path.advance()

    def series(node: Node) -> tuple[int, ...]:
        return tuple(int(row[0]) for row in node.series)

    start = {s: int(node.series[0][0]) for s, node in nodes.items()}
    return Draw(prime, seed, start, tuple(map(series, outputs)), {u: series(node) for u, node in inputs.items()})
