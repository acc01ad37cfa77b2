"""Fields that follow from one scalar: a Lagrangian or a Hamiltonian, learned or known.

A scalar is anything that is called as L(t, q, v), or L(t, q, v, args) where args are given, with t of shape
(…), q and v of shape (…, n), and has values of shape (…); (…, 1) is taken as the same. It acts on each
sample by itself. The fields take (t, x, args) with x = (q, v) or (q, p) of shape (…, 2n), so solvers,
losses and metrics treat them like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from liesym.errors import TrainingError
from liesym.learn.arrays import AbstractModule, Array, ArrayLibrary, together
from liesym.lowering.lower import lower
from liesym.variational.lagrangian import Lagrangian

Scalar = Callable[..., Array]
INVERSES = ("solve", "pseudo")
SINGULAR = (
    "the matrix ∂²L/∂q'∂q' is singular at some of the points, so the accelerations are not determined; let L depend on "
    "every velocity by more than a linear term, or take inverse='pseudo'"
)


def check_inverse(inverse: str, tolerance: float | None) -> None:
    """Refuse an unknown way to solve for the accelerations.

    Raises:
        TrainingError: names the ways there are.
    """
    if inverse not in INVERSES:
        raise TrainingError(f"no inverse {inverse!r}; there are {', '.join(INVERSES)}")
    if tolerance is not None and (inverse != "pseudo" or not 0 <= tolerance < 1):
        raise TrainingError(f"tolerance = {tolerance!r} goes with inverse='pseudo' and lies between 0 and 1")


def unknowns_in(states: int) -> int:
    """n of a state (q, v) of 2n numbers.

    Raises:
        TrainingError: the number is odd or zero.
    """
    if states == 0 or states % 2:
        raise TrainingError(f"a state of {states} components; expected (q, v) or (q, p), an even number of them")
    return states // 2


def check_halves(q: Sequence[int], v: Sequence[int]) -> None:
    """Refuse positions and velocities of different shapes.

    Raises:
        TrainingError: gives both shapes.
    """
    if tuple(q) != tuple(v) or not q:
        raise TrainingError(f"positions of shape {tuple(q)} with velocities of shape {tuple(v)}; expected the same (…, n)")


def check_scalar(name: str, shape: Sequence[int], batch: Sequence[int]) -> bool:
    """Whether a function has values of shape (…, 1) and not (…), for points of shape (…, n).

    Raises:
        TrainingError: any other shape.
    """
    shape, batch = tuple(shape), tuple(batch)
    if shape not in (batch, (*batch, 1)):
        raise TrainingError(f"{name} has values of shape {shape} for points of shape {(*batch, 'n')}; expected {batch}")
    return shape != batch


def angle_columns(unknowns: int, angles: Sequence[int]) -> tuple[list[int], list[int]]:
    """Indices of the positions that are angles, and of the others.

    Raises:
        TrainingError: an index outside 0 … n - 1, or one twice.
    """
    if sorted(set(angles)) != sorted(angles) or any(not 0 <= k < unknowns for k in angles):
        raise TrainingError(f"angles = {tuple(angles)}; expected different numbers from 0 to {unknowns - 1}")
    return list(angles), [k for k in range(unknowns) if k not in angles]


class AbstractScalarNetwork(AbstractModule):
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

    scale: Any

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
        dtype: Any = None,
    ) -> None:
        super().__init__()
        around, along = angle_columns(unknowns, angles)
        self.angles, self.lines = tuple(around), tuple(along)
        self.time, self.kinetic = time, kinetic
        sizes = (2 * unknowns + len(around) + time, *(width,) * depth, 1)
        self.network = self.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)
        self.hold("scale", (1.0,) * (2 * unknowns) if scale is None else scale, dtype)

    def forward(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """Shape (…) for q and v of shape (…, n)."""
        xp, n = self.arrays.xp, q.shape[-1]
        scale = self.arrays.as_array(self.scale, q)
        v = v / scale[n:]
        parts = [function(q[..., k : k + 1]) for function in (xp.cos, xp.sin) for k in self.angles]
        if self.angles:
            parts += [q[..., k : k + 1] / scale[k] for k in self.lines]
        else:
            parts.append(q / scale[:n])
        parts.append(v)
        if self.time:
            parts.append(xp.broadcast_to(self.arrays.as_array(t, q), q.shape[:-1])[..., None])
        return self.network(xp.concat(parts, axis=-1))[..., 0] + 0.5 * self.kinetic * (v * v).sum(-1)


class AbstractLagrangianODE(AbstractModule):
    """The Euler-Lagrange equations of a scalar L(t, q, v), solved for the acceleration.

        q'' = (L_vv)⁻¹ (L_q - L_vq v - L_vt)

    The linear system is solved for each sample; L_vv need not be definite.

    Arguments:
        lagrangian: a scalar, see the head of this module.
        inverse: "solve", or "pseudo" for the least squares solution of smallest length where L_vv is singular.
        tolerance: of "pseudo": singular values below this part of the largest count as zero.

    Raises:
        TrainingError: an unknown inverse; in calls, shapes that do not fit, or a matrix that is known to be
            singular (traced ones are not looked at).
    Source: Goldstein 1980, equation (2-18); with a network for L, Cranmer et al. 2020.
    """

    def __init__(self, lagrangian: Scalar, *, inverse: str = "solve", tolerance: float | None = None) -> None:
        super().__init__()
        check_inverse(inverse, tolerance)
        self.lagrangian, self.inverse, self.tolerance = lagrangian, inverse, tolerance

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """x' = (v, q'') for x = (q, v)."""
        q, v = split(self.received(x))
        return self.arrays.xp.concat([v, self.acceleration(t, q, v, args)], axis=-1)

    def acceleration(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """q'' of shape (…, n)."""
        mass, force = self.equation(t, q, v, args)
        if self.inverse == "pseudo":
            return (self.arrays.xp.linalg.pinv(mass, rtol=self.tolerance) @ force[..., None])[..., 0]
        try:
            return self.arrays.solve(mass, force)
        except np.linalg.LinAlgError:
            raise TrainingError(SINGULAR) from None

    def equation(self, t: Any, q: Array, v: Array, args: Any = None) -> tuple[Array, Array]:
        """(L_vv, L_q - L_vq v - L_vt) of shapes (…, n, n) and (…, n): mass · q'' = force.

        One gradient of L and its derivatives along (1, v, 0) and along each velocity.
        """
        xp, spread = self.arrays.xp, self.arrays.spread
        t, q, v = point_of(self.arrays, t, q, v)
        n, batch = q.shape[-1], t.shape
        units = self.arrays.eye(n + 1, q).reshape(n + 1, *(1,) * len(batch), n + 1)
        motions = xp.concat([v[None], spread(xp.zeros_like(v)[None], (n, *q.shape))], axis=0)
        tangents = (spread(units[..., 0], (n + 1, *batch)), motions, spread(units[..., 1:], (n + 1, *q.shape)))
        (slope, _), (_, rates) = self.arrays.directions(lambda *z: self._slopes(*z, args=args), (t, q, v), tangents)
        return xp.moveaxis(rates[1:], 0, -1), slope - rates[0]

    def momentum(self, t: Any, x: Array, args: Any = None) -> Array:
        """p = L_v of shape (…, n)."""
        return self._slopes(*point_of(self.arrays, t, *split(x)), args=args)[1]

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """v·L_v - L of shape (…, 1), constant along solutions if t does not occur in L.

        Source: Goldstein 1980, section 2-6.
        """
        t, q, v = point_of(self.arrays, t, *split(x))
        return (v * self._slopes(t, q, v, args)[1]).sum(-1, keepdims=True) - self._value(t, q, v, args)[..., None]

    def _value(self, t: Array, q: Array, v: Array, args: Any) -> Array:
        return scalar_values("the Lagrangian", self.lagrangian, t, q, v, args)

    def _slopes(self, t: Array, q: Array, v: Array, args: Any) -> tuple[Array, ...]:
        """(L_q, L_v); samples do not mix, so the gradient of their sum holds that of each."""
        return self.arrays.gradient(lambda q, v: self._value(t, q, v, args).sum(), q, v)


class AbstractHamiltonianODE(AbstractModule):
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

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """x' = (H_p, -H_q) for x = (q, p)."""
        t, q, p = point_of(self.arrays, t, *split(self.received(x)))
        H_q, H_p = self.arrays.gradient(lambda q, p: self._value(t, q, p, args).sum(), q, p)
        return self.arrays.xp.concat([H_p, -H_q], axis=-1)

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """H of shape (…, 1), constant along solutions if t does not occur in it."""
        return self._value(*point_of(self.arrays, t, *split(x)), args=args)[..., None]

    def _value(self, t: Array, q: Array, p: Array, args: Any) -> Array:
        return scalar_values("the Hamiltonian", self.hamiltonian, t, q, p, args)


def symbolic_scalar(arrays: ArrayLibrary, lagrangian: Lagrangian) -> Scalar:
    """A known Lagrangian as a scalar L(t, q, v, args), q in the order of its unknowns."""
    states = (*lagrangian.unknowns, *lagrangian.velocities)
    defaults: dict[Any, float | None] = {p.symbol: p.value for p in lagrangian.parameters}
    known = lower([lagrangian.expression], states, t=lagrangian.independent, parameters=defaults, backend=arrays.name)
    return KnownScalar(arrays, known)


class KnownScalar:
    """L(t, q, v, args) of a lowered expression in (q, v)."""

    def __init__(self, arrays: ArrayLibrary, known: Any) -> None:
        self.arrays, self.known = arrays, known

    def __call__(self, t: Any, q: Array, v: Array, args: Any = None) -> Array:
        """Shape (…)."""
        return self.known(t, self.arrays.xp.concat([q, v], axis=-1), args)[..., 0]


def scalar_values(name: str, function: Scalar, t: Array, q: Array, v: Array, args: Any) -> Array:
    """The values of a scalar, checked to be one for each sample."""
    values = function(t, q, v) if args is None else function(t, q, v, args)
    return values[..., 0] if check_scalar(name, getattr(values, "shape", ()), t.shape) else values


def split(x: Array) -> tuple[Array, Array]:
    """The two halves of a state."""
    n = unknowns_in(x.shape[-1] if x.ndim else 0)
    return x[..., :n], x[..., n:]


def point_of(arrays: ArrayLibrary, t: Any, q: Array, v: Array) -> tuple[Array, Array, Array]:
    """Time and positions and velocities of one batch; no time is time 0."""
    check_halves(q.shape, v.shape)
    t, q = together(arrays, 0.0 if t is None else t, q)
    return t, q, arrays.spread(v, q.shape)
