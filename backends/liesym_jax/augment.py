"""Group augmentation: samples moved along a group by the prolonged flow of its generators (JAX)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jax import Array

from liesym.errors import AnsatzError
from liesym.fitting import flow_program
from liesym.generators import Generator
from liesym.lower import lower
from liesym.residuals import FlowPair
from liesym_jax.losses import Batch


class GroupAugmentation:
    """Moves every window of a batch by exp(ε_1 X_1) … exp(ε_r X_r) with random ε_i; times, positions and
    velocities together.

    A solution is moved to a solution, so the misfit of a moved window is as valid as that of the window.
    All samples of a window get the same ε.

    Arguments:
        generators: over (t, x_1, …, x_m), with exact flows.
        spread: ε_i lies in [-spread_i, spread_i]; one number for all, or one each.
        levels: how many of (q, q', q'', …) the states of the batch hold: 1 for a first-order system, 2 for
            (q, v).
        flows: (t̄, (x̄_1, …)) of each generator in its variables and the symbol epsilon, where none is found.
        first: which of the random numbers of the batch is the first to be used; `draws` in the settings
            must reach as far.

    Raises:
        AnsatzError: spreads or flows that are not one for each generator.
        Unsupported: no closed form of a flow is known.
    Source: Brandstetter, Welling and Worrall 2022; the prolonged flow is Olver 1993, equation (2.18).
    """

    def __init__(
        self,
        generators: Generator | Sequence[Generator],
        *,
        spread: float | Sequence[float] = 1.0,
        levels: int = 1,
        flows: Sequence[FlowPair] | None = None,
        first: int = 0,
    ) -> None:
        chosen = (generators,) if isinstance(generators, Generator) else tuple(generators)
        self.spread = (float(spread),) * len(chosen) if isinstance(spread, (int, float)) else tuple(spread)
        if len(self.spread) != len(chosen) or (flows is not None and len(flows) != len(chosen)):
            raise AnsatzError(f"{len(chosen)} generators need as many spreads and flows")
        self.first = first
        self.programs = []
        for generator, flow in zip(chosen, flows or [None] * len(chosen), strict=True):
            target, state, t = flow_program(generator, levels, flow)
            self.programs.append(lower(target, state, backend="jax", t=t, parameters={"epsilon": 0.0}))

    @property
    def draws(self) -> int:
        """Random numbers that a batch must bring."""
        return self.first + len(self.programs)

    def move(self, t: Array, x: Array, parameters: Sequence[Any]) -> tuple[Array, Array]:
        """(t̄, x̄) for given group parameters, numbers or arrays that broadcast against t."""
        for program, epsilon in zip(self.programs, parameters, strict=True):
            point = program(t, x, {"epsilon": epsilon})
            t, x = point[..., 0], point[..., 1:]
        return t, x

    def __call__(self, batch: Batch) -> Batch:
        """The batch moved by its own random numbers."""
        if batch.draws.shape[-1] < self.draws:
            raise AnsatzError(f"the batch brings {batch.draws.shape[-1]} random numbers, {self.draws} are needed")
        numbers = [s * batch.draws[..., self.first + i, None] for i, s in enumerate(self.spread)]
        times, states = self.move(batch.times, batch.states, numbers)
        return batch._replace(times=times, states=states)
