"""Fields that follow from one scalar: a Lagrangian or a Hamiltonian, learned or known (PyTorch).

A scalar is anything that is called as L(t, q, v), or L(t, q, v, args) where args are given, with t of shape
(…), q and v of shape (…, n), and has values of shape (…); (…, 1) is taken as the same. It acts on each
sample by itself. The fields take (t, x, args) with x = (q, v) or (q, p) of shape (…, 2n), so solvers,
losses and metrics treat them like any other. The classes and functions have the same names in liesym_jax.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from liesym.errors import TrainingError
from liesym.learn.mechanics import SINGULAR, angle_columns, check_halves, check_inverse, check_scalar, unknowns_in
from liesym.lowering.lower import lower
from liesym.variational.lagrangian import Lagrangian
from liesym_torch.lower import typed
from liesym_torch.models import MLP

Scalar = Callable[..., Tensor]


class ScalarNetwork(nn.Module):
    """A network with one output for a Lagrangian L(t, q, v) or a Hamiltonian H(t, q, p).

        L = MLP(cos q_i, sin q_i, q_j / s, v / s, t) + κ |v / s|² / 2

    with i over the angles and j over the other positions. A network alone starts with a matrix L_vv near zero;
    κ = 1 makes it regular from the start.

    Arguments:
        unknowns: n.
        width, depth: of the hidden layers.
        activation: a key of `ACTIVATIONS`; its second derivative should not vanish.
        angles: indices of the positions in which the scalar has the period 2π.
        scale: typical size s of each of the 2n numbers (q, v); the entries of angles are not used.
        time: whether the scalar depends on t.
        kinetic: κ.
        seed, dtype: of the weights.

    Raises:
        TrainingError: angles that are no indices of positions, or an unknown activation.
    """

    scale: Tensor

    def __init__(
        self,
        unknowns: int,
        *,
        width: int = 64,
        depth: int = 2,
        activation: str = "softplus",
        angles: Sequence[int] = (),
        scale: Sequence[float] | None = None,
        time: bool = False,
        kinetic: float = 0.0,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.angles, self.lines = angle_columns(unknowns, angles)
        self.time, self.kinetic = time, kinetic
        sizes = (2 * unknowns + len(self.angles) + time, *(width,) * depth, 1)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        sizes_of = (1.0,) * (2 * unknowns) if scale is None else scale
        self.register_buffer("scale", torch.tensor(sizes_of, dtype=dtype))

    def forward(self, t: Any, q: Tensor, v: Tensor, args: Any = None) -> Tensor:
        n = q.shape[-1]
        around, v = q[..., self.angles], v / self.scale[n:]
        parts = [torch.cos(around), torch.sin(around), q[..., self.lines] / self.scale[self.lines], v]
        if self.time:
            parts.append(typed(t, q).expand(q.shape[:-1])[..., None])
        return self.network(torch.cat(parts, -1))[..., 0] + 0.5 * self.kinetic * (v * v).sum(-1)


class LagrangianODE(nn.Module):
    """The Euler-Lagrange equations of a scalar L(t, q, v), solved for the acceleration.

        q'' = (L_vv)⁻¹ (L_q - L_vq v - L_vt)

    The linear system is solved for each sample; L_vv need not be definite.

    Arguments:
        lagrangian: a scalar, see the head of this module.
        inverse: "solve", or "pseudo" for the least squares solution of smallest length where L_vv is singular.
        tolerance: of "pseudo": singular values below this part of the largest count as zero.

    Raises:
        TrainingError: an unknown inverse; in calls, shapes that do not fit, or a singular matrix.
    Source: Goldstein 1980, equation (2-18); with a network for L, Cranmer et al. 2020.
    """

    def __init__(self, lagrangian: Scalar, *, inverse: str = "solve", tolerance: float | None = None) -> None:
        super().__init__()
        check_inverse(inverse, tolerance)
        self.lagrangian, self.inverse, self.tolerance = lagrangian, inverse, tolerance

    def forward(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """x' = (v, q'') for x = (q, v)."""
        q, v = _split(x)
        return torch.cat([v, self.acceleration(t, q, v, args)], -1)

    def acceleration(self, t: Any, q: Tensor, v: Tensor, args: Any = None) -> Tensor:
        """q'' of shape (…, n)."""
        mass, force = self.equation(t, q, v, args)
        if self.inverse == "pseudo":
            return (torch.linalg.pinv(mass, rtol=self.tolerance) @ force[..., None])[..., 0]
        try:
            return torch.linalg.solve(mass, force[..., None])[..., 0]
        except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]
            raise TrainingError(SINGULAR) from None

    def equation(self, t: Any, q: Tensor, v: Tensor, args: Any = None) -> tuple[Tensor, Tensor]:
        """(L_vv, L_q - L_vq v - L_vt) of shapes (…, n, n) and (…, n): mass · q'' = force.

        One gradient of L and its derivatives along (1, v, 0) and along each velocity.
        """
        point = _point(t, q, v)
        n = point[1].shape[-1]
        batch = point[0].shape

        def push(clock: Tensor, dq: Tensor, unit: Tensor) -> tuple[Tensor, Tensor]:
            direction = (clock.expand(batch).clone(), dq, unit.expand(*batch, n).clone())
            (slope, _), (_, rate) = torch.func.jvp(lambda *z: self._slopes(*z, args), point, direction)
            return slope, rate

        units = torch.eye(n + 1, dtype=q.dtype, device=q.device)
        motions = torch.cat([point[2][None], torch.zeros_like(point[1]).expand(n, *point[1].shape)])
        slopes, rates = torch.func.vmap(push)(units[:, 0], motions, units[:, 1:])
        return torch.movedim(rates[1:], 0, -1), slopes[0] - rates[0]

    def momentum(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """p = L_v of shape (…, n)."""
        return self._slopes(*_point(t, *_split(x)), args)[1]

    def energy(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """v·L_v - L of shape (…, 1), constant along solutions if t does not occur in L.

        Source: Goldstein 1980, section 2-6.
        """
        t, q, v = _point(t, *_split(x))
        return (v * self._slopes(t, q, v, args)[1]).sum(-1, keepdim=True) - self._value(t, q, v, args)[..., None]

    def _value(self, t: Tensor, q: Tensor, v: Tensor, args: Any) -> Tensor:
        return _scalar("the Lagrangian", self.lagrangian, t, q, v, args)

    def _slopes(self, t: Tensor, q: Tensor, v: Tensor, args: Any) -> tuple[Tensor, Tensor]:
        """(L_q, L_v); samples do not mix, so the gradient of their sum holds that of each."""
        return torch.func.grad(lambda *z: self._value(t, *z, args).sum(), argnums=(0, 1))(q, v)


class HamiltonianODE(nn.Module):
    """Hamilton's equations of a scalar H(t, q, p).

        q' = H_p,   p' = -H_q

    Arguments:
        hamiltonian: a scalar, see the head of this module.

    Raises:
        TrainingError: in calls, shapes that do not fit.
    Source: Goldstein 1980, equations (8-18); with a network for H, Greydanus et al. 2019.
    """

    def __init__(self, hamiltonian: Scalar) -> None:
        super().__init__()
        self.hamiltonian = hamiltonian

    def forward(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """x' = (H_p, -H_q) for x = (q, p)."""
        t, q, p = _point(t, *_split(x))
        H_q, H_p = torch.func.grad(lambda *z: self._value(t, *z, args).sum(), argnums=(0, 1))(q, p)
        return torch.cat([H_p, -H_q], -1)

    def energy(self, t: Any, x: Tensor, args: Any = None) -> Tensor:
        """H of shape (…, 1), constant along solutions if t does not occur in it."""
        return self._value(*_point(t, *_split(x)), args)[..., None]

    def _value(self, t: Tensor, q: Tensor, p: Tensor, args: Any) -> Tensor:
        return _scalar("the Hamiltonian", self.hamiltonian, t, q, p, args)


def symbolic_scalar(lagrangian: Lagrangian) -> Scalar:
    """A known Lagrangian as a scalar L(t, q, v, args), q in the order of its unknowns."""
    states = (*lagrangian.unknowns, *lagrangian.velocities)
    defaults: dict[Any, float | None] = {p.symbol: p.value for p in lagrangian.parameters}
    known = lower([lagrangian.expression], states, t=lagrangian.independent, parameters=defaults, backend="torch")
    return lambda t, q, v, args=None: known(t, torch.cat([q, v], -1), args)[..., 0]


def _scalar(name: str, function: Scalar, t: Tensor, q: Tensor, v: Tensor, args: Any) -> Tensor:
    """The values, checked to be one for each sample."""
    values = function(t, q, v) if args is None else function(t, q, v, args)
    return values[..., 0] if check_scalar(name, values.shape, t.shape) else values


def _split(x: Tensor) -> tuple[Tensor, Tensor]:
    n = unknowns_in(x.shape[-1] if x.dim() else 0)
    return x[..., :n], x[..., n:]


def _point(t: Any, q: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Time and positions and velocities of one batch; no time is time 0."""
    check_halves(q.shape, v.shape)
    t = typed(0.0 if t is None else t, q)
    batch = torch.broadcast_shapes(t.shape, q.shape[:-1])
    shape = (*batch, q.shape[-1])
    # Forward-mode differentiation refuses tensors whose entries share memory, hence contiguous().
    return t.expand(batch).contiguous(), q.expand(shape).contiguous(), v.expand(shape).contiguous()
