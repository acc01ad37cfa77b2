"""Cost of the residuals of a learned field, in evaluations of the field and in training steps."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from lowering_methods import interleaved, relative

from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories, simulate
from liesym.symmetries.generator import Generator

T, X, Y, VX, VY = sp.symbols("t x y x' y'", real=True)
SCALING = Generator((T, X, Y), (T, 2 * X / 3, 2 * Y / 3))
ROTATION = Generator((T, X, Y), (sp.S.Zero, -Y, X))
ENERGY = (VX**2 + VY**2) / 2 - 1 / sp.sqrt(X**2 + Y**2)
BATCHES = (1000, 100_000)


def kepler(t: float, x: np.ndarray) -> np.ndarray:
    cube = (x[0] ** 2 + x[1] ** 2) ** 1.5
    return np.array([x[2], x[3], -x[0] / cube, -x[1] / cube])


def orbits(count: int = 30) -> Trajectories:
    """One period of orbits that start at the perihelion, eccentricities between 0.3 and 0.6."""
    eccentricity = np.random.default_rng(0).uniform(0.3, 0.6, count)
    zero = np.zeros(count)
    starts = np.stack([1 - eccentricity, zero, zero, np.sqrt((1 + eccentricity) / (1 - eccentricity))], -1)
    times = np.arange(0.0, 6.3, 0.1)
    return Trajectories(
        np.tile(times, (count, 1)), simulate(kepler, starts, times, rtol=1e-8, atol=1e-9), ("x", "y", "u", "v")
    )


def costs(functions: dict[str, Callable[[], Any]], rounds: int) -> dict[str, Any]:
    """Median milliseconds of the first, and the others as multiples of it."""
    times = interleaved(functions, rounds, 0.1, time.process_time)
    first = next(iter(functions))
    return {"ms": statistics.median(times[first]) * 1e3, **relative(times, first)}


def residual_costs(library: str, rounds: int) -> dict[str, dict[str, Any]]:
    """Residuals of an acceleration field, a network with two hidden layers of 64, without gradients."""
    if library == "torch":
        import liesym_torch as fields
        import torch

        wrap: dict[str, Callable[[Any], Any]] = {"eager": lambda f: f, "compiled": lambda f: torch.compile(f, dynamic=False)}
        make, done = torch.as_tensor, lambda a: a
    else:
        import jax
        import jax.numpy as jnp
        import liesym_jax as fields

        wrap = {"jit": jax.jit}
        make, done = jnp.asarray, lambda a: a.block_until_ready()
    kit: Any = toolkit(library)
    network = kit.MLPField(4, outputs=2, width=64, depth=2)
    functions = {
        "field": network,
        "invariance": fields.invariance_residual(network, ROTATION, order=2),
        "invariance, time moved": fields.invariance_residual(network, SCALING, order=2),
        "conservation": fields.conservation_residual(network, ENERGY, state=(X, Y), order=2),
        "group": fields.group_residual(network, ROTATION, epsilon=0.3, order=2),
    }
    found = {}
    for mode, compile_it in wrap.items():
        compiled = {name: compile_it(lambda t, x, f=f: f(t, x, None)) for name, f in functions.items()}
        for batch in BATCHES:
            x = np.random.default_rng(0).normal(size=(batch, 4)).astype("float32")
            t = np.zeros(batch, "float32")
            data = make(t), make(x)
            with _no_gradients(library):
                runners = {name: (lambda f=f, d=data: done(f(*d))) for name, f in compiled.items()}
                found[f"residual, {mode}|{batch}"] = costs(runners, rounds)
    return found


def _no_gradients(library: str) -> Any:
    if library == "torch":
        import torch

        return torch.no_grad()
    import contextlib

    return contextlib.nullcontext()


def training_costs(library: str, rounds: int) -> dict[str, dict[str, Any]]:
    """Loss and gradient of a Neural ODE on windows of Kepler orbits, with and without the invariance residual.

    Batches of 256 windows, one RK4 step between samples. The optimizer's own step is left out: it is the same.
    """
    kit: Any = toolkit(library)
    data, found = orbits(), {}
    for length in (4, 16):
        settings = Settings(batch=256)
        batch = kit_batch(library, Sampler(data.windows(length), settings)(0))
        model = kit.NeuralODE(kit.SecondOrderField(kit.MLPField(4, outputs=2, width=64, depth=2)))
        residual = kit.invariance(ROTATION, order=2)
        losses = {
            "plain": kit.SymmetryLoss(kit.misfit()),
            "all states": kit.SymmetryLoss(kit.misfit(), {"invariance": kit.at_points(residual)}),
            "one state a window": kit.SymmetryLoss(kit.misfit(), {"invariance": kit.at_points(residual, per_window=1)}),
        }
        steps = {name: stepper(library, model, loss, batch) for name, loss in losses.items()}
        found[f"training|{length}"] = costs(steps, rounds)
    return found


def kit_batch(library: str, arrays: tuple[np.ndarray, ...]) -> Any:
    if library == "torch":
        import torch
        from liesym_torch import Batch

        return Batch(*(torch.as_tensor(a, dtype=torch.float32) for a in arrays))
    import jax.numpy as jnp
    from liesym_jax import Batch as JaxBatch

    return JaxBatch(*(jnp.asarray(a, "float32") for a in arrays))


def stepper(library: str, model: Any, loss: Any, batch: Any) -> Callable[[], Any]:
    """Loss and gradient by all weights."""
    if library == "torch":

        def step() -> None:
            model.zero_grad(set_to_none=True)
            loss(model, batch).backward()

        return step
    import equinox as eqx
    import jax

    gradient = eqx.filter_jit(eqx.filter_value_and_grad(loss))
    return lambda: jax.block_until_ready(gradient(model, batch)[0])
