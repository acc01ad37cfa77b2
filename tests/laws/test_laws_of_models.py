"""What a learned field conserves: nothing exactly, and the law of its data to a stated part, at a stated place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Symbol, cos

import liesym
from liesym import discover
from liesym.discovery import Discovery

x, y = Symbol("x", real=True), Symbol("y", real=True)
PLANE = ((-1.5, 1.5), (-1.5, 1.5))


def bent(size: float) -> Any:
    """A pendulum with an error that conserves nothing."""
    return lambda t, z: np.stack(
        [z[..., 1] + size * np.sin(3 * z[..., 0] + z[..., 1]), -np.sin(z[..., 0]) + size * np.cos(2 * z[..., 1])], -1
    )


def is_pendulum(found: Discovery) -> bool:
    (law,) = found.integrals
    assert law.grade == "approximate" and "part of |grad I||f|" in str(law.evidence) and "worst at" in str(law.evidence)
    square, wave = (law.expression.as_coefficients_dict()[one] for one in (y**2, cos(x)))
    return float(square / wave) == pytest.approx(-0.5, rel=0.03)


def test_a_law_that_holds_nearly_is_told_with_its_part() -> None:
    loud, quiet = (discover(bent(size), names="xy", region=PLANE, within=0.05) for size in (0.02, 0.002))
    assert is_pendulum(loud) and is_pendulum(quiet)
    name = "rate, part of |grad I||f|"
    assert float(loud.integrals[0].evidence[name]) == pytest.approx(10 * float(quiet.integrals[0].evidence[name]), rel=0.3)
    assert quiet.integrals[0].expression in (y**2 - 2 * cos(x), cos(x) - y**2 / 2)
    assert "none holds exactly" in " ".join(quiet.notes)


def test_functions_are_not_asked_for_what_holds_nearly() -> None:
    assert discover(bent(0.002), names="xy", region=PLANE).integrals == ()


def test_nothing_is_nearly_conserved_by_a_limit_cycle() -> None:
    cycle = lambda t, z: np.stack([z[..., 1], (1 - z[..., 0] ** 2) * z[..., 1] - z[..., 0]], -1)  # noqa: E731
    assert discover(cycle, names="xy", region=((-2, 2), (-2, 2)), within=0.05).integrals == ()


def test_a_part_is_between_0_and_1() -> None:
    with pytest.raises(liesym.DataError, match="a part between 0 and 1"):
        discover(bent(0.1), names="xy", region=PLANE, within=5)


def test_a_trained_torch_model() -> None:
    torch = pytest.importorskip("torch")
    liesym_torch = pytest.importorskip("liesym_torch")
    torch.manual_seed(0)

    class Field(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(2, 24), torch.nn.Tanh(), torch.nn.Linear(24, 2)).double()

        def forward(self, t: Any, z: Any) -> Any:
            return self.net(z)

    field = Field()
    states = torch.rand(400, 2, dtype=torch.float64) * 3 - 1.5
    rates = torch.stack([states[:, 1], -torch.sin(states[:, 0])], -1)
    optimizer = torch.optim.LBFGS(field.parameters(), max_iter=40, line_search_fn="strong_wolfe")

    def misfit() -> Any:
        optimizer.zero_grad()
        loss = ((field(0, states) - rates) ** 2).mean()
        loss.backward()
        return loss

    optimizer.step(misfit)
    assert is_pendulum(discover(liesym_torch.NeuralODE(field), names="xy", region=PLANE))


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_jax_model(wrapped: bool) -> None:
    """In single precision, and told from a function by being a module, ours or equinox's."""
    jnp = pytest.importorskip("jax.numpy")
    equinox = pytest.importorskip("equinox")
    liesym_jax = pytest.importorskip("liesym_jax")

    class Bent(equinox.Module):
        size: Any

        def __call__(self, t: Any, z: Any, args: Any = None) -> Any:
            q, p = z[..., 0], z[..., 1]
            return jnp.stack([p + self.size * jnp.sin(3 * q + p), -jnp.sin(q) + self.size * jnp.cos(2 * p)], -1)

    field = Bent(jnp.asarray(0.01))
    found = discover(liesym_jax.NeuralODE(field) if wrapped else field, names="xy", region=PLANE)
    assert is_pendulum(found) and "single precision" in " ".join(found.notes)
    plain = discover(lambda t, z: field(t, z), names="xy", region=PLANE)
    assert plain.integrals == ()
