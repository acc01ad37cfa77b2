"""Training on derivatives in JAX: many cheap steps in one compiled loop, for networks that are small."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

Sample = Callable[[Any], Any]
Loss = Callable[[Any, Any], Any]


def optimizer(settings: Mapping[str, Any]) -> optax.GradientTransformation:
    """Muon for the matrices and Adam for the rest, both on one cycle of the cosine (Jordan et al. 2024)."""
    rate = optax.cosine_onecycle_schedule(
        settings["steps"], settings["learning_rate"], pct_start=0.1, final_div_factor=settings["fall"]
    )
    return optax.chain(optax.clip_by_global_norm(settings["clip"]), contrib.muon(rate, adam_learning_rate=rate))


def descend(field: Any, sample: Sample, loss: Loss, settings: Mapping[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
    """The trained field, the loss at the end, and the seconds that the steps took without compilation.

    Arguments:
        field: its inexact arrays are trained.
        sample: random key -> batch.
        loss: (field, batch) -> number.
        settings: steps, learning_rate, fall (of the rate from its start to the end), clip.
    """
    arrays, fixed = eqx.partition(field, eqx.is_inexact_array)
    rule = optimizer(settings)

    def step(state: Any, key: Any) -> tuple[Any, Any]:
        arrays, memory = state
        value, slope = jax.value_and_grad(lambda a: loss(eqx.combine(a, fixed), sample(key)))(arrays)
        updates, memory = rule.update(slope, memory, arrays)
        return (optax.apply_updates(arrays, updates), memory), value

    state = (arrays, rule.init(arrays))
    keys = jax.random.split(jax.random.key(seed), settings["steps"])
    run = jax.jit(lambda state, keys: jax.lax.scan(step, state, keys)).lower(state, keys).compile()
    began, busy = time.perf_counter(), time.process_time()
    state, values = run(state, keys)
    values = np.asarray(values)
    spent = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - busy}
    last = values[-max(len(values) // 20, 1) :]
    return eqx.combine(state[0], fixed), {"loss": float(last.mean()), **spent}


def doubled(tree: Any) -> Any:
    """The same with its numbers in float64; needs float64 to be on."""
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float64) if eqx.is_inexact_array(a) else a, tree)
