"""`odeint_adjoint` with the laws of the backward solve: a drop-in for torchdiffeq's, exact in what the laws see."""

from __future__ import annotations

import pytest
from sympy import Integer, Symbol

from liesym.errors import AnsatzError, TrainingError
from liesym.symmetries.generator import Generator

torch = pytest.importorskip("torch")
pytest.importorskip("torchdiffeq")

T, X, Y, U, V = (Symbol(name, real=True) for name in "txyuv")
TIME = Generator((T, X, Y, U, V), (Integer(1), *(Integer(0),) * 4))
TURN = Generator((T, X, Y, U, V), (Integer(0), -Y, X, -V, U))
SCALING = Generator((T, X, Y, U, V), (Integer(0), X, Y, U, V))
TIMES = torch.tensor([0.0, 1.0, 2.5], dtype=torch.float64)
STARTS = torch.tensor([[0.8, 0.1, -0.2, 1.0], [1.1, -0.3, 0.1, 0.9]], dtype=torch.float64)


class Attraction(torch.nn.Module):
    """x'' = -m x / |x|³ in the plane."""

    def __init__(self):
        super().__init__()
        self.mass = torch.nn.Parameter(torch.tensor(1.1, dtype=torch.float64))

    def forward(self, t, y):
        place, speed = y[..., :2], y[..., 2:]
        return torch.cat([speed, -self.mass * place / (place**2).sum(-1, keepdim=True) ** 1.5], -1)


def gradients(solver, field, start=STARTS, **options):
    """By the start, by the mass, the states, and the gradient by the states."""
    from liesym_torch.adjoint import odeint_adjoint

    y0 = start.clone().requires_grad_(True)
    states = (solver or odeint_adjoint)(field, y0, TIMES, **options)
    states.retain_grad()
    ((states - 0.3) ** 2).sum().backward()
    by_mass, field.mass.grad = field.mass.grad, None
    assert y0.grad is not None and states.grad is not None
    return y0.grad, by_mass, states.detach(), states.grad


def along(field, x):
    return field(None, x)


def turned(field, x):
    return torch.stack([-x[..., 1], x[..., 0], -x[..., 3], x[..., 2]], -1)


def test_it_is_a_drop_in():
    """At a fine tolerance the gradients are torchdiffeq's, with laws, restarts or neither."""
    from torchdiffeq import odeint

    field = Attraction()
    wanted = gradients(odeint, field, rtol=1e-9, atol=1e-10, method="dopri8")
    for options in ({}, {"generators": [TIME, TURN]}, {"restarts": 3, "generators": [TURN]}):
        found = gradients(None, field, rtol=1e-7, atol=1e-8, **options)
        assert found[2].shape == (3, 2, 4)
        assert all(torch.allclose(one, two, rtol=1e-4) for one, two in zip(found, wanted, strict=True))


@pytest.mark.parametrize("start", [STARTS, STARTS[0]], ids=["batch", "one"])
def test_the_laws_hold_to_rounding_at_any_tolerance(start):
    """g·Q(x_0) = Σ_k ∂L/∂x_k·Q(x_k), which the plain solve breaks."""
    field, rows = Attraction(), (along, turned)
    defects = []
    for generators in ((TIME, TURN), ()):
        by_start, _, states, pulls = gradients(None, field, start, rtol=1e-3, atol=1e-3, generators=generators)
        wanted = [sum((row(field, x).detach() * p).sum(-1) for x, p in zip(states, pulls, strict=True)) for row in rows]
        found = [(row(field, states[0]).detach() * by_start).sum(-1) for row in rows]
        defects.append(max(float((f - w).abs().max()) for f, w in zip(found, wanted, strict=True)))
    assert defects[0] < 1e-11 < 1e-4 < defects[1]


def test_what_is_no_symmetry_is_refused():
    field = Attraction()
    with pytest.raises(AnsatzError, match="no symmetry of the field: off by"):
        gradients(None, field, rtol=1e-3, atol=1e-3, generators=[SCALING])
    mass = Symbol("mass", real=True)
    with pytest.raises(AnsatzError, match="mass"):
        gradients(None, field, generators=[Generator((T, X, Y, U, V, mass), (*(Integer(0),) * 5, mass))])


def test_there_is_one_part_at_least():
    with pytest.raises(TrainingError, match="restarts = 0"):
        gradients(None, Attraction(), restarts=0)


def test_a_solve_that_breaks_down_says_so():
    class Explosion(torch.nn.Module):
        def forward(self, t, y):
            return y**2

    from liesym_torch.adjoint import odeint_adjoint

    with pytest.raises(TrainingError, match="breaks down"):
        odeint_adjoint(Explosion(), torch.tensor([3.0]), torch.tensor([0.0, 1.0]), rtol=1e-3, atol=1e-3)
