"""What the tests of the training half share: both toolkits in float64, a pendulum to learn, a short run."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories, simulate

BACKENDS = ("torch", "jax")
TIMES = np.linspace(0.0, 4.0, 41)


def precise(backend):
    """The toolkit, its float64 type, and a context in which float64 is on."""
    if backend == "torch":
        torch = pytest.importorskip("torch")
        return toolkit("torch"), torch.float64, contextlib.nullcontext()
    jax = pytest.importorskip("jax")
    return toolkit("jax"), np.dtype("float64"), jax.enable_x64(True)


@pytest.fixture(params=BACKENDS)
def kit(request):
    found, dtype, context = precise(request.param)
    with context:
        yield found, dtype


def pendulum(t, x):
    return np.array([x[1], -np.sin(x[0])])


@pytest.fixture(scope="module")
def data():
    starts = np.array([[0.5, 0.0], [1.0, 0.0], [1.5, 0.0], [2.0, 0.0]])
    return Trajectories(np.tile(TIMES, (4, 1)), simulate(pendulum, starts, TIMES), ("q", "p"))


def value_and_gradient(kit, model, x0, times):
    """Σ states² at the times, and its gradient by all weights, as one NumPy vector."""
    if kit.__name__.startswith("liesym_torch"):
        import torch

        model.zero_grad()
        value = (model(torch.tensor(x0), torch.tensor(times)) ** 2).sum()
        value.backward()
        slopes = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
        return float(value.detach()), np.concatenate([slope.numpy().ravel() for slope in slopes])
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    value, gradient = eqx.filter_value_and_grad(lambda m: jnp.sum(m(jnp.asarray(x0), jnp.asarray(times)) ** 2))(model)
    return float(value), np.concatenate([np.asarray(g).ravel() for g in jax.tree.leaves(gradient)])


def weights_of(kit, model):
    if kit.__name__.startswith("liesym_torch"):
        return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    import equinox as eqx
    import jax

    return np.concatenate([np.asarray(a).ravel() for a in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))])


def energy_rate(model, batch):
    """A residual written by hand: dH/dt of the pendulum along the field."""
    f, x = model.field(batch.times, batch.states, None), batch.states
    return x[..., 1] * f[..., 1] + x[..., 0] * f[..., 0]


def sample_loss(found, weight=1e-3):
    return found.SymmetryLoss(found.misfit(), {"energy": energy_rate}, {"energy": weight})


WHOLE = {}


def whole_run(found, dtype, data):
    """The short run to its end, made once for each backend."""
    if found.__name__ not in WHOLE:
        WHOLE[found.__name__] = short_run(found, dtype, data)
    return WHOLE[found.__name__]


def short_run(found, dtype, data, **options):
    settings = Settings(steps=28, batch=8, checkpoint_every=7, weight_decay=1e-3, draws=1, clip=options.pop("clip", None))
    model = found.NeuralODE(found.MLPField(2, width=8, seed=1, dtype=dtype))
    return found.train(model, sample_loss(found), Sampler(data.windows(4), settings), settings, **options)
