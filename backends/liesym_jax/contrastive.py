"""Invariants learned from trajectories by contrast, the field that keeps them, and an autoencoder for large states
(JAX).

H is trained so that states of one trajectory agree and states of different trajectories differ; then the field is made
tangent to its level sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from liesym.learn.contrastive import (
    KINDS,
    NORMALIZATIONS,
    InvariantTrust,
    check_choice,
    check_trajectories,
    invariant_trust,
    trajectory_batches,
)
from liesym.learn.fitting import Settings, check_terms
from liesym_jax.layers import LevelSets
from liesym_jax.models import MLP, as_tensor
from liesym_jax.training import optimizer_of

SMALL = 1e-8
"""Relative size below which a variance counts as zero."""


def softmax_contrast(h: Array) -> Array:
    """Mean of -log (Σ_same exp(-|h - h'|²) / Σ_all exp(-|h - h'|²)), the sums over all states but the one itself.

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, equation (4), after Goldberger et al. 2004.
    """
    count, length, m = h.shape
    flat = h.reshape(-1, m)
    square = jnp.sum(flat**2, -1)
    scores = -jnp.maximum(square[:, None] + square[None, :] - 2.0 * flat @ flat.T, 0.0)
    other = ~jnp.eye(count * length, dtype=bool)
    label = jnp.repeat(jnp.arange(count), length)
    same = other & (label[:, None] == label[None, :])
    among = jax.scipy.special.logsumexp(jnp.where(other, scores, -jnp.inf), axis=1)
    return jnp.mean(among - jax.scipy.special.logsumexp(jnp.where(same, scores, -jnp.inf), axis=1))


def ratio_contrast(h: Array) -> Array:
    """Mean over the states of Σ_same |h - h'|² / Σ_all |h - h'|², in time linear in the number of states.

    By Σ_k |h - h_k|² = K |h - mean|² + Σ_k |h_k - mean|².

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, the loss of the published code.
    """
    count, length, _ = h.shape
    own = h - h.mean(1, keepdims=True)
    whole = h - h.mean((0, 1))
    inside, outside = jnp.sum(own**2, -1), jnp.sum(whole**2, -1)
    near = length * inside + inside.sum(1, keepdims=True)
    far = count * length * outside + outside.sum()
    return jnp.mean(near / (far + SMALL * jnp.sum(h**2) + jnp.finfo(h.dtype).tiny))


LOSSES: dict[str, Callable[[Array], Array]] = {"softmax": softmax_contrast, "ratio": ratio_contrast}


def statistics(h: Array, normalization: str) -> tuple[Array, Array]:
    """μ and M such that (h - μ) Mᵀ is normalized over the batch.

    "batch" gives each component mean 0 and variance 1, "whiten" makes the components uncorrelated as well, so that two
    of them cannot become one; "none" leaves h as it is.

    Source: Zhang et al. 2023, equation (8), for "batch".
    """
    m = h.shape[-1]
    if normalization == "none":
        return jnp.zeros(m, h.dtype), jnp.eye(m, dtype=h.dtype)
    flat = h.reshape(-1, m)
    mean = flat.mean(0)
    rest = flat - mean
    size = SMALL * jnp.mean(flat**2) + jnp.finfo(h.dtype).tiny
    if normalization == "batch":
        return mean, jnp.diag(1.0 / jnp.sqrt(jnp.mean(rest**2, 0) + size))
    root = jnp.linalg.cholesky(rest.T @ rest / len(flat) + size * jnp.eye(m, dtype=h.dtype))
    return mean, jax.scipy.linalg.solve_triangular(root, jnp.eye(m, dtype=h.dtype), lower=True)


class ContrastiveInvariant(eqx.Module):
    """H̄(x) = M (H(x / s) - μ): a network whose values tell trajectories apart and stay the same along each.

    While it is trained μ and M are those of the batch; `frozen` fixes them, so that H̄ is a function of the state
    alone.

    Arguments:
        states: n.
        components: m, the number of invariants.
        width, depth, activation: of the network; smooth activations give smooth level sets.
        scale: typical size s of each state.
        normalization: one of `liesym.learn.contrastive.NORMALIZATIONS`; see `statistics`.
        linear: whether A x / s is added to the network, for invariants that are to hold beyond the data.
        seed, dtype: of the weights.

    Raises:
        TrainingError: an unknown normalization or activation.
    Source: Zhang et al. 2023, sections 3.1 and 4.2.
    """

    network: MLP
    slope: Array | None
    mean: Array
    mixing: Array
    scale: tuple[float, ...] = eqx.field(static=True)
    normalization: str = eqx.field(static=True)

    def __init__(
        self,
        states: int,
        *,
        components: int = 1,
        width: int = 100,
        depth: int = 2,
        activation: str = "tanh",
        scale: Sequence[float] | None = None,
        normalization: str = "batch",
        linear: bool = False,
        seed: int = 0,
        dtype: Any = jnp.float32,
    ) -> None:
        check_choice("normalization", normalization, NORMALIZATIONS)
        sizes = (states, *(width,) * depth, components)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.slope = jnp.zeros((components, states), dtype) if linear else None
        self.mean, self.mixing = jnp.zeros(components, dtype), jnp.eye(components, dtype=dtype)
        self.scale = tuple(float(s) for s in scale) if scale is not None else (1.0,) * states
        self.normalization = normalization

    def raw(self, x: Array) -> Array:
        """H(x / s) of shape (…, m), not normalized."""
        inputs = x / jnp.asarray(self.scale, x.dtype)
        value = self.network(inputs)
        return value if self.slope is None else value + inputs @ self.slope.T

    def __call__(self, x: Array) -> Array:
        """H̄ of shape (…, m) for states (…, n)."""
        return (self.raw(x) - self.mean) @ self.mixing.T

    def gradients(self, x: Array) -> Array:
        """∂H̄/∂x of shape (…, m, n)."""
        flat = x.reshape(-1, x.shape[-1])
        return jax.vmap(jax.jacrev(self))(flat).reshape(*x.shape[:-1], self.mean.shape[0], x.shape[-1])

    def loss(self, x: Array, kind: str = "ratio") -> Array:
        """The contrastive loss of trajectories (trajectories, times, n), normalized over them."""
        h = self.raw(x)
        mean, mixing = statistics(h, self.normalization)
        return LOSSES[kind]((h - mean) @ mixing.T)

    def dependence(self, x: Array) -> Array:
        """Mean of -log det of the matrix of cosines between the gradients, by x / s: 0 where they are orthogonal.

        Uncorrelated components can still be functions of one another; this keeps them apart.
        """
        g = self.gradients(x.reshape(-1, x.shape[-1])) * jnp.asarray(self.scale, x.dtype)
        unit = g / jnp.sqrt(jnp.sum(g**2, -1, keepdims=True) + jnp.finfo(x.dtype).tiny)
        cosines = unit @ jnp.swapaxes(unit, -1, -2)
        return -jnp.mean(jnp.linalg.slogdet(cosines + 1e-3 * jnp.eye(g.shape[-2], dtype=x.dtype))[1])

    def frozen(self, x: Array) -> ContrastiveInvariant:
        """The same function with the statistics of these states."""
        mean, mixing = statistics(self.raw(x), self.normalization)
        return eqx.tree_at(lambda m: (m.mean, m.mixing), self, (mean, mixing))

    def level_sets(self, *, tolerance: float | None = None) -> LevelSets:
        """Its level sets, as exact integrals have them."""
        return LevelSets(
            lambda t, x, args=None: self(x), lambda t, x, args=None: self.gradients(x), tolerance=tolerance
        )  # fmt: skip

    def trust(self, held_out: Any, **limits: float) -> InvariantTrust:
        """What trajectories (trajectories, times, n) it was not trained on say about it."""
        x = as_tensor(held_out, self)
        check_trajectories(x.shape, len(self.scale))
        gradients = np.asarray(self.gradients(x)) * np.asarray(self.scale)
        return invariant_trust(np.asarray(self(x)), gradients, **limits)


def train_invariant(
    invariant: ContrastiveInvariant,
    states: Any,
    settings: Settings,
    *,
    kind: str = "ratio",
    independence: float = 0.0,
) -> tuple[ContrastiveInvariant, np.ndarray]:
    """Minimize the contrastive loss by AdamW with a cosine schedule; all steps are one compiled loop.

    Arguments:
        invariant: where to start.
        states: shape (trajectories, times, n).
        settings: `batch` is the number of trajectories in a step.
        kind: one of `liesym.learn.contrastive.KINDS`.
        independence: weight of `dependence`, for more than one component.

    Returns:
        The invariant with statistics frozen on all the states, and the loss at each step.

    Raises:
        TrainingError: an unknown kind, or a loss that is not finite.
        DataError: states of another shape.
    """
    check_choice("kind", kind, KINDS)
    x = as_tensor(states, invariant)
    check_trajectories(x.shape, len(invariant.scale))
    parts, rest = eqx.partition((invariant.network, invariant.slope), eqx.is_inexact_array)
    optimizer = optimizer_of(settings)

    def built(arrays: Any) -> ContrastiveInvariant:
        return eqx.tree_at(lambda i: (i.network, i.slope), invariant, eqx.combine(arrays, rest), is_leaf=lambda a: a is None)

    def objective(arrays: Any, chosen: Array) -> Array:
        model = built(arrays)
        value = model.loss(x[chosen], kind)
        return value + independence * model.dependence(x[chosen]) if independence else value

    def step(state: Any, chosen: Array) -> tuple[Any, Array]:
        arrays, memory = state
        value, gradient = jax.value_and_grad(objective)(arrays, chosen)
        updates, memory = optimizer.update(gradient, memory, arrays)
        return (optax.apply_updates(arrays, updates), memory), value

    chosen = jnp.asarray(trajectory_batches(len(x), settings))
    (arrays, _), losses = jax.jit(lambda state, c: jax.lax.scan(step, state, c))((parts, optimizer.init(parts)), chosen)
    check_terms({"contrast": float(losses[-1]) if len(losses) else 0.0}, settings.steps)
    return built(arrays).frozen(x), np.asarray(losses)


class ConservationProjection(eqx.Module):
    """f - G⁺ G f with G = ∇H̄(x): the learned invariant is constant along exact solutions of the field.

    The gradients are orthonormalized for each sample by itself and left out where they are dependent, as for exact
    integrals (`LevelSets`). The invariant is not trained along with the field.

    Arguments:
        field: the field to project.
        invariant: a trained `ContrastiveInvariant`.
        held_out: trajectories (trajectories, times, n) it was not trained on; None if it is to be trusted blindly.
        on_doubt: "refuse", "warn" or "ignore" if the invariant does not hold on them.

    Raises:
        TrainingError: the invariant does not hold on the trajectories.
    Source: Zhang et al. 2023, equation (6), with the inner products of each sample.
    """

    inner: Any
    levels: LevelSets = eqx.field(static=True)
    trust: InvariantTrust | None = eqx.field(static=True)

    def __init__(self, field: Any, invariant: ContrastiveInvariant, *, held_out: Any, on_doubt: str = "refuse") -> None:
        self.inner, self.levels = field, invariant.level_sets()
        self.trust = None if held_out is None else invariant.trust(held_out).enforce(on_doubt)

    def __call__(self, t: Array, x: Array, args: Any = None) -> Array:
        return self.levels.tangent(t, x, self.inner(t, x, args))


class Autoencoder(eqx.Module):
    """z = E(x / s), x ≈ s D(z): large states as few latent ones.

    Arguments:
        sizes: widths of the encoder from the states to the latent space; the decoder has them in reverse.
        activation: between the layers; the latent layer is linear.
        scale: typical size s of all states.
        seed, dtype: of the weights.
    Source: Zhang et al. 2023, section 4.3.
    """

    encoder: MLP
    decoder: MLP
    scale: float = eqx.field(static=True)

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "tanh",
        scale: float = 1.0,
        seed: int = 0,
        dtype: Any = jnp.float32,
    ) -> None:
        self.encoder = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.decoder = MLP(tuple(sizes)[::-1], activation=activation, seed=seed + 1, dtype=dtype)
        self.scale = float(scale)

    def encode(self, x: Array) -> Array:
        """Latent states (…, k) of states (…, n)."""
        return self.encoder(x / self.scale)

    def decode(self, z: Array) -> Array:
        """States (…, n) of latent states (…, k)."""
        return self.decoder(z) * self.scale

    def push(self, x: Array, rate: Array) -> tuple[Array, Array]:
        """z = E(x) and ż = (∂E/∂x) ẋ, one Jacobian-vector product (equation (10) of the source)."""
        return jax.jvp(self.encode, (x,), (rate,))

    def loss(self, x: Array) -> Array:
        """Mean of |D(E(x)) - x|² / s² over states and components."""
        return jnp.mean(jnp.square((self.decode(self.encode(x)) - x) / self.scale))
