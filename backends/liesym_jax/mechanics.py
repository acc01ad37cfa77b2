"""Fields that follow from one scalar: a Lagrangian or a Hamiltonian, learned or known (JAX, equinox).

A scalar is anything that is called as L(t, q, v), or L(t, q, v, args) where args are given, with t of shape
(…), q and v of shape (…, n), and has values of shape (…); (…, 1) is taken as the same. It acts on each
sample by itself. The fields take (t, x, args) with x = (q, v) or (q, p) of shape (…, 2n), so solvers,
losses and metrics treat them like any other. The classes and functions have the same names in liesym_torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from liesym.errors import TrainingError
from liesym.learn.mechanics import SINGULAR, angle_columns, check_halves, check_inverse, check_scalar, unknowns_in
from liesym.lowering.lower import lower
from liesym.variational.lagrangian import Lagrangian
from liesym_jax.models import MLP

Scalar = Callable[..., Array]


class ScalarNetwork(eqx.Module):
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

    network: MLP
    angles: tuple[int, ...] = eqx.field(static=True)
    lines: tuple[int, ...] = eqx.field(static=True)
    scale: tuple[float, ...] = eqx.field(static=True)
    time: bool = eqx.field(static=True)
    kinetic: float = eqx.field(static=True)

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
        dtype: Any = jnp.float32,
    ) -> None:
        around, along = angle_columns(unknowns, angles)
        self.angles, self.lines = tuple(around), tuple(along)
        self.time, self.kinetic = time, kinetic
        self.scale = (1.0,) * (2 * unknowns) if scale is None else tuple(float(s) for s in scale)
        sizes = (2 * unknowns + len(around) + time, *(width,) * depth, 1)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)

    def __call__(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        n, scale = q.shape[-1], jnp.asarray(self.scale, q.dtype)
        around, along = q[..., jnp.array(self.angles, int)], q[..., jnp.array(self.lines, int)]
        v = v / scale[n:]
        parts = [jnp.cos(around), jnp.sin(around), along / scale[jnp.array(self.lines, int)], v]
        if self.time:
            parts.append(jnp.broadcast_to(jnp.asarray(t, q.dtype), q.shape[:-1])[..., None])
        return self.network(jnp.concatenate(parts, -1))[..., 0] + 0.5 * self.kinetic * (v * v).sum(-1)


class LagrangianODE(eqx.Module):
    """The Euler-Lagrange equations of a scalar L(t, q, v), solved for the acceleration.

        q'' = (L_vv)⁻¹ (L_q - L_vq v - L_vt)

    The linear system is solved for each sample; L_vv need not be definite.

    Arguments:
        lagrangian: a scalar, see the head of this module.
        inverse: "solve", or "pseudo" for the least squares solution of smallest length where L_vv is singular.
        tolerance: of "pseudo": singular values below this part of the largest count as zero.

    Raises:
        TrainingError: an unknown inverse; in calls, shapes that do not fit, or, outside of a transformation, a
            singular matrix.
    Source: Goldstein 1980, equation (2-18); with a network for L, Cranmer et al. 2020.
    """

    lagrangian: Any
    inverse: str = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)

    def __init__(self, lagrangian: Scalar, *, inverse: str = "solve", tolerance: float | None = None) -> None:
        check_inverse(inverse, tolerance)
        self.lagrangian, self.inverse, self.tolerance = lagrangian, inverse, tolerance

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        """x' = (v, q'') for x = (q, v)."""
        q, v = _split(x)
        return jnp.concatenate([v, self.acceleration(t, q, v, args)], -1)

    def acceleration(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """q'' of shape (…, n)."""
        mass, force = self.equation(t, q, v, args)
        if self.inverse == "pseudo":
            return (jnp.linalg.pinv(mass, rtol=self.tolerance) @ force[..., None])[..., 0]
        found = _solved(mass, force)
        if not isinstance(found, jax.core.Tracer) and not jnp.isfinite(found).all() and jnp.isfinite(mass).all():
            raise TrainingError(SINGULAR)
        return found

    def equation(self, t: Any, q: Array, v: Array, args: Any = None) -> tuple[Array, Array]:
        """(L_vv, L_q - L_vq v - L_vt) of shapes (…, n, n) and (…, n): mass · q'' = force.

        One gradient of L and its derivatives along (1, v, 0) and along each velocity.
        """
        point = _point(t, q, v)
        n = point[1].shape[-1]
        (slope, _), push = jax.linearize(lambda *z: self._slopes(*z, args), *point)

        def momentum_rate(clock: Array, dq: Array, dv: Array) -> Array:
            return push(jnp.broadcast_to(clock, point[0].shape), dq, jnp.broadcast_to(dv, point[2].shape))[1]

        clocks, units = jnp.eye(1, n + 1, dtype=q.dtype)[0], jnp.eye(n + 1, n, k=-1, dtype=q.dtype)
        motions = jnp.concatenate([point[2][None], jnp.zeros((n, *point[1].shape), q.dtype)])
        rates = jax.vmap(momentum_rate)(clocks, motions, units)
        return jnp.moveaxis(rates[1:], 0, -1), slope - rates[0]

    def momentum(self, t: Any, x: Array, args: Any = None) -> Array:
        """p = L_v of shape (…, n)."""
        return self._slopes(*_point(t, *_split(x)), args)[1]

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """v·L_v - L of shape (…, 1), constant along solutions if t does not occur in L.

        Source: Goldstein 1980, section 2-6.
        """
        t, q, v = _point(t, *_split(x))
        return (v * self._slopes(t, q, v, args)[1]).sum(-1, keepdims=True) - self._value(t, q, v, args)[..., None]

    def _value(self, t: Array, q: Array, v: Array, args: Any) -> Array:
        return _scalar("the Lagrangian", self.lagrangian, t, q, v, args)

    def _slopes(self, t: Array, q: Array, v: Array, args: Any) -> tuple[Array, Array]:
        """(L_q, L_v); samples do not mix, so the gradient of their sum holds that of each."""
        return jax.grad(lambda *z: self._value(t, *z, args).sum(), argnums=(0, 1))(q, v)


class HamiltonianODE(eqx.Module):
    """Hamilton's equations of a scalar H(t, q, p).

        q' = H_p,   p' = -H_q

    Arguments:
        hamiltonian: a scalar, see the head of this module.

    Raises:
        TrainingError: in calls, shapes that do not fit.
    Source: Goldstein 1980, equations (8-18); with a network for H, Greydanus et al. 2019.
    """

    hamiltonian: Any

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        """x' = (H_p, -H_q) for x = (q, p)."""
        t, q, p = _point(t, *_split(x))
        H_q, H_p = jax.grad(lambda *z: self._value(t, *z, args).sum(), argnums=(0, 1))(q, p)
        return jnp.concatenate([H_p, -H_q], -1)

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """H of shape (…, 1), constant along solutions if t does not occur in it."""
        return self._value(*_point(t, *_split(x)), args)[..., None]

    def _value(self, t: Array, q: Array, p: Array, args: Any) -> Array:
        return _scalar("the Hamiltonian", self.hamiltonian, t, q, p, args)


def symbolic_scalar(lagrangian: Lagrangian) -> Scalar:
    """A known Lagrangian as a scalar L(t, q, v, args), q in the order of its unknowns."""
    states = (*lagrangian.unknowns, *lagrangian.velocities)
    defaults: dict[Any, float | None] = {p.symbol: p.value for p in lagrangian.parameters}
    known = lower([lagrangian.expression], states, t=lagrangian.independent, parameters=defaults, backend="jax")
    return lambda t, q, v, args=None: known(t, jnp.concatenate([q, v], -1), args)[..., 0]


def _solved(mass: Array, force: Array) -> Array:
    """The solution for each sample; of one or two unknowns by Cramer's rule.

    A library call for each small matrix takes longer than the network in a compiled loop.
    """
    n = force.shape[-1]
    if n > 2:
        return jnp.linalg.solve(mass, force[..., None])[..., 0]
    if n == 1:
        return force / mass[..., 0]
    a, b, c, d = (mass[..., i, j] for i in range(2) for j in range(2))
    determinant = a * d - b * c
    f, g = force[..., 0] / determinant, force[..., 1] / determinant
    return jnp.stack([d * f - b * g, a * g - c * f], -1)


def _scalar(name: str, function: Scalar, t: Array, q: Array, v: Array, args: Any) -> Array:
    """The values, checked to be one for each sample."""
    values = function(t, q, v) if args is None else function(t, q, v, args)
    return values[..., 0] if check_scalar(name, jnp.shape(values), t.shape) else values


def _split(x: Array) -> tuple[Array, Array]:
    n = unknowns_in(x.shape[-1] if jnp.ndim(x) else 0)
    return x[..., :n], x[..., n:]


def _point(t: Any, q: Array, v: Array) -> tuple[Array, Array, Array]:
    """Time and positions and velocities of one batch; no time is time 0."""
    check_halves(q.shape, v.shape)
    t = jnp.asarray(0.0 if t is None else t, q.dtype)
    batch = jnp.broadcast_shapes(t.shape, q.shape[:-1])
    shape = (*batch, q.shape[-1])
    return jnp.broadcast_to(t, batch), jnp.broadcast_to(q, shape), jnp.broadcast_to(v, shape)
