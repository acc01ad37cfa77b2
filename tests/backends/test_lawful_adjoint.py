"""An adjoint class for diffrax with the laws of the backward solve: a drop-in, exact in what the laws see."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Integer, Symbol

from liesym.errors import AnsatzError, TrainingError
from liesym.symmetries.generator import Generator

jax = pytest.importorskip("jax")
pytest.importorskip("diffrax")

import diffrax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

T, X, Y, U, V = (Symbol(name, real=True) for name in "txyuv")
TIME = Generator((T, X, Y, U, V), (Integer(1), *(Integer(0),) * 4))
TURN = Generator((T, X, Y, U, V), (Integer(0), -Y, X, -V, U))
SCALING = Generator((T, X, Y, U, V), (Integer(0), X, Y, U, V))
TIMES, START = (0.0, 1.0, 2.5), (0.8, 0.1, -0.2, 1.0)


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def attraction(t, y, args):
    """x'' = -m x / |x|³ in the plane; args = {"mass": m}."""
    place = y[..., :2]
    return jnp.concatenate([y[..., 2:], -args["mass"] * place / (place**2).sum(-1, keepdims=True) ** 1.5], -1)


def solved(y, mass, adjoint, tolerance, saveat=None, times=TIMES):
    found: Any = diffrax.diffeqsolve(
        diffrax.ODETerm(attraction), diffrax.Dopri5(), times[0], times[-1], None, y, {"mass": mass},
        saveat=saveat or diffrax.SaveAt(ts=jnp.array(times)), adjoint=adjoint,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
    )  # fmt: skip
    return found.ys


def gradients(adjoint, tolerance, start=START, saveat=None, times=TIMES):
    """By the start and by the mass, and the states."""

    def loss(y, mass):
        states = solved(y, mass, adjoint, tolerance, saveat, times)
        return ((states - 0.3) ** 2).sum(), states

    (by_start, by_mass), states = jax.grad(loss, (0, 1), has_aux=True)(jnp.array(start), jnp.asarray(1.1))
    return by_start, by_mass, states


@pytest.mark.slow
def test_it_is_a_drop_in():
    """At a fine tolerance the gradients are those through the steps: for a batch, and backward in time to the end alone."""
    from liesym_jax.adjoint import LawfulAdjoint

    batch = (START, (1.1, -0.3, 0.1, 0.9))
    for start, saveat, times in ((batch, None, TIMES), (START, diffrax.SaveAt(t1=True), TIMES[::-1])):
        wanted = gradients(diffrax.RecursiveCheckpointAdjoint(), 1e-8, start, saveat, times)
        found = gradients(LawfulAdjoint([TIME, TURN]), 1e-8, start, saveat, times)
        assert all(jnp.allclose(a, b, rtol=1e-4) for a, b in zip(found, wanted, strict=True))


@pytest.mark.slow
def test_the_laws_hold_to_rounding_at_any_tolerance():
    """g·Q(x_0) = Σ_k ∂L/∂x_k·Q(x_k), which the plain solve breaks."""
    from liesym_jax.adjoint import LawfulAdjoint

    def turned(x):
        return jnp.stack([-x[..., 1], x[..., 0], -x[..., 3], x[..., 2]], -1)

    defects = []
    for adjoint in (LawfulAdjoint([TIME, TURN]), LawfulAdjoint(), diffrax.BacksolveAdjoint()):
        by_start, _, states = gradients(adjoint, 1e-3)
        pulls = 2 * (states - 0.3)
        rows = [lambda x: attraction(None, x, {"mass": 1.1}), turned]
        defects.append(max(float(abs((row(states[0]) * by_start).sum() - (row(states) * pulls).sum())) for row in rows))
    assert defects[0] < 1e-11 < 1e-4 < min(defects[1:])


@pytest.mark.slow
def test_what_is_no_symmetry_is_refused():
    from liesym_jax.adjoint import LawfulAdjoint

    with pytest.raises(RuntimeError, match="is no symmetry of the field"):
        jax.block_until_ready(gradients(LawfulAdjoint(SCALING), 1e-3))


def test_what_it_does_not_cover_is_refused():
    from liesym_jax.adjoint import LawfulAdjoint

    mass = Symbol("mass", real=True)
    moving = Generator((T, X, Y, U, V, mass), (*(Integer(0),) * 5, mass))
    with pytest.raises(AnsatzError, match="mass"):
        gradients(LawfulAdjoint(moving), 1e-3)
    with pytest.raises(TrainingError, match="SaveAt"):
        gradients(LawfulAdjoint(TURN), 1e-3, saveat=diffrax.SaveAt(steps=True))
