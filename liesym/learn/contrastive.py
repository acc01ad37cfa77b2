"""Invariants learned from trajectories by contrast, the field that keeps them, and an autoencoder for large states.

H is trained so that states of one trajectory agree and states of different trajectories differ; then the field is made
tangent to its level sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from liesym.errors import DataError, TrainingError
from liesym.learn.arrays import AbstractModule, Array, ArrayLibrary
from liesym.learn.fitting import Settings, check_terms
from liesym.learn.levels import AbstractLevelSets
from liesym.learn.trust import DOUBTS as DOUBTS
from liesym.learn.trust import InvariantTrust, invariant_trust
from liesym.learn.trust import InvariantWarning as InvariantWarning
from liesym.learn.trust import independent_share as independent_share
from liesym.learn.trust import within_ratios as within_ratios
from liesym.learn.trust import worst_ratios as worst_ratios

NORMALIZATIONS = ("none", "batch", "whiten")
SMALL = 1e-8
"""Relative size below which a variance counts as zero."""


def softmax_contrast(arrays: ArrayLibrary, h: Array) -> Array:
    """Mean of -log (Σ_same exp(-|h - h'|²) / Σ_all exp(-|h - h'|²)), the sums over all states but the one itself.

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, equation (4), after Goldberger et al. 2004.
    """
    xp, (count, length, m) = arrays.xp, h.shape
    flat = h.reshape(-1, m)
    square = (flat**2).sum(-1)
    apart = square[:, None] + square[None, :] - 2.0 * flat @ flat.T
    scores = -xp.where(apart > 0.0, apart, 0.0)
    other = arrays.eye(count * length, h) == 0
    among = _log_sum(arrays, scores, other)
    mates = arrays.spread(arrays.eye(count, h)[:, None, :, None], (count, length, count, length)) == 1
    return (among - _log_sum(arrays, scores, other & mates.reshape(count * length, -1))).mean()


def _log_sum(arrays: ArrayLibrary, scores: Array, chosen: Array) -> Array:
    """log Σ_j exp(scores_ij) over the chosen j, without overflow."""
    xp = arrays.xp
    scores = xp.where(chosen, scores, -xp.inf)
    top = xp.max(scores, axis=1, keepdims=True)
    top = arrays.fixed(xp.where(xp.isfinite(top), top, 0.0))
    return xp.log(xp.sum(xp.exp(scores - top), axis=1)) + top[:, 0]


def ratio_contrast(arrays: ArrayLibrary, h: Array) -> Array:
    """Mean over the states of Σ_same |h - h'|² / Σ_all |h - h'|², in time linear in the number of states.

    By Σ_k |h - h_k|² = K |h - mean|² + Σ_k |h_k - mean|².

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, the loss of the published code.
    """
    count, length, _ = h.shape
    own = h - h.mean(1, keepdims=True)
    whole = h - h.mean((0, 1))
    inside, outside = (own**2).sum(-1), (whole**2).sum(-1)
    near = length * inside + inside.sum(1, keepdims=True)
    far = count * length * outside + outside.sum()
    return (near / (far + SMALL * (h**2).sum() + _tiny(arrays, h))).mean()


CONTRASTS: dict[str, Callable[[ArrayLibrary, Array], Array]] = {"softmax": softmax_contrast, "ratio": ratio_contrast}
KINDS = tuple(CONTRASTS)


def statistics(arrays: ArrayLibrary, h: Array, normalization: str) -> tuple[Array, Array]:
    """μ and M such that (h - μ) Mᵀ is normalized over the batch.

    "batch" gives each component mean 0 and variance 1, "whiten" makes the components uncorrelated as well, so that two
    of them cannot become one; "none" leaves h as it is.

    Source: Zhang et al. 2023, equation (8), for "batch".
    """
    xp, m = arrays.xp, h.shape[-1]
    unit = arrays.eye(m, h)
    if normalization == "none":
        return xp.zeros_like(unit[0]), unit
    flat = h.reshape(-1, m)
    mean = flat.mean(0)
    rest = flat - mean
    size = SMALL * (flat**2).mean() + _tiny(arrays, h)
    if normalization == "batch":
        return mean, unit / xp.sqrt((rest**2).mean(0) + size)
    root = xp.linalg.cholesky(rest.T @ rest / len(flat) + size * unit)
    return mean, xp.linalg.solve(root, unit)


def _tiny(arrays: ArrayLibrary, x: Array) -> float:
    """The smallest normal number of x's type, which keeps a quotient finite."""
    return float(arrays.xp.finfo(x.dtype).smallest_normal)


class AbstractContrastiveInvariant(AbstractModule):
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

    mean: Any
    mixing: Any
    slope: Any
    levels_class: ClassVar[type[AbstractLevelSets]]
    begin: Callable[[int, int, bool, Any], None]

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
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_choice("normalization", normalization, NORMALIZATIONS)
        sizes = (states, *(width,) * depth, components)
        self.network = self.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)
        self.begin(states, components, linear, dtype)
        self.scale = tuple(float(s) for s in scale) if scale is not None else (1.0,) * states
        self.normalization = normalization

    def raw(self, x: Array) -> Array:
        """H(x / s) of shape (…, m), not normalized."""
        inputs = x / self.arrays.as_array(self.scale, x)
        value = self.network(inputs)
        return value if self.slope is None else value + inputs @ self.slope.T

    def forward(self, x: Array) -> Array:
        """H̄ of shape (…, m) for states (…, n)."""
        return (self.raw(x) - self.mean) @ self.mixing.T

    def gradients(self, x: Array) -> Array:
        """∂H̄/∂x of shape (…, m, n)."""
        flat = x.reshape(-1, x.shape[-1])
        return self.arrays.jacobian(self.forward, flat).reshape(*x.shape[:-1], self.mean.shape[0], x.shape[-1])

    def loss(self, x: Array, kind: str = "ratio") -> Array:
        """The contrastive loss of trajectories (trajectories, times, n), normalized over them."""
        h = self.raw(x)
        mean, mixing = statistics(self.arrays, h, self.normalization)
        return CONTRASTS[kind](self.arrays, (h - mean) @ mixing.T)

    def dependence(self, x: Array) -> Array:
        """Mean of -log det of the matrix of cosines between the gradients, by x / s: 0 where they are orthogonal.

        Uncorrelated components can still be functions of one another; this keeps them apart.
        """
        arrays = self.arrays
        g = self.gradients(x.reshape(-1, x.shape[-1])) * arrays.as_array(self.scale, x)
        unit = g / arrays.xp.sqrt((g**2).sum(-1, keepdims=True) + _tiny(arrays, x))
        cosines = unit @ unit.mT
        return -arrays.xp.linalg.slogdet(cosines + 1e-3 * arrays.eye(g.shape[-2], x))[1].mean()

    def frozen(self, x: Array) -> Self:
        """The same function with the statistics of these states, its weights fixed too."""
        mean, mixing = statistics(self.arrays, self.raw(x), self.normalization)
        return self.arrays.replaced(self, mean=mean, mixing=mixing)

    def level_sets(self, *, tolerance: float | None = None) -> Any:
        """Its level sets, as exact integrals have them."""
        return self.levels_class(
            lambda t, x, args=None: self.forward(x), lambda t, x, args=None: self.gradients(x), tolerance=tolerance
        )  # fmt: skip

    def trust(self, held_out: Any, **limits: float) -> InvariantTrust:
        """What trajectories (trajectories, times, n) it was not trained on say about it."""
        x = self.arrays.as_array(held_out, self)
        check_trajectories(x.shape, len(self.scale))
        gradients = self.arrays.to_numpy(self.gradients(x)) * np.asarray(self.scale)
        return invariant_trust(self.arrays.to_numpy(self.forward(x)), gradients, **limits)


Invariant = TypeVar("Invariant", bound=AbstractContrastiveInvariant)


def train_invariant(
    invariant: Invariant,
    states: Any,
    settings: Settings,
    *,
    kind: str = "ratio",
    independence: float = 0.0,
) -> tuple[Invariant, np.ndarray]:
    """Minimize the contrastive loss by AdamW with a cosine schedule.

    Arguments:
        invariant: where to start; it is left as it is.
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
    x = invariant.arrays.as_array(states, invariant)
    check_trajectories(x.shape, len(invariant.scale))

    def objective(model: Any, chosen: Any) -> Array:
        value = model.loss(x[chosen], kind)
        return value + independence * model.dependence(x[chosen]) if independence else value

    model, losses = invariant.arrays.minimized(invariant, objective, trajectory_batches(len(x), settings), settings)
    check_terms({"contrast": float(losses[-1]) if len(losses) else 0.0}, settings.steps)
    return model.frozen(x), np.asarray(losses)


class AbstractConservationProjection(AbstractModule):
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

    levels: AbstractLevelSets
    impose: Callable[[AbstractContrastiveInvariant], None]

    def __init__(
        self, field: Any, invariant: AbstractContrastiveInvariant, *, held_out: Any, on_doubt: str = "refuse"
    ) -> None:
        super().__init__()
        self.inner = field
        self.impose(invariant)
        self.trust = None if held_out is None else invariant.trust(held_out).enforce(on_doubt)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, n)."""
        return self.levels.tangent(t, x, self.inner(t, x, args))


class AbstractAutoencoder(AbstractModule):
    """z = E(x / s), x ≈ s D(z): large states as few latent ones.

    Arguments:
        sizes: widths of the encoder from the states to the latent space; the decoder has them in reverse.
        activation: between the layers; the latent layer is linear.
        scale: typical size s of all states.
        seed, dtype: of the weights.
    Source: Zhang et al. 2023, section 4.3.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "tanh",
        scale: float = 1.0,
        seed: int = 0,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.encoder = self.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)
        self.decoder = self.arrays.network(tuple(sizes)[::-1], activation=activation, seed=seed + 1, dtype=dtype)
        self.scale = float(scale)

    def encode(self, x: Array) -> Array:
        """Latent states (…, k) of states (…, n)."""
        return self.encoder(x / self.scale)

    def decode(self, z: Array) -> Array:
        """States (…, n) of latent states (…, k)."""
        return self.decoder(z) * self.scale

    def push(self, x: Array, rate: Array) -> tuple[Array, Array]:
        """z = E(x) and ż = (∂E/∂x) ẋ, one Jacobian-vector product (equation (10) of the source)."""
        return self.arrays.jvp(self.encoder, (x / self.scale,), (rate / self.scale,))

    def loss(self, x: Array) -> Array:
        """Mean of |D(E(x)) - x|² / s² over states and components."""
        return (((self.decode(self.encode(x)) - x) / self.scale) ** 2).mean()


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a choice that there is not.

    Raises:
        TrainingError: names those there are.
    """
    if value not in known:
        raise TrainingError(f"{name} = {value!r}; there are {', '.join(known)}")


def check_trajectories(shape: Sequence[int], states: int) -> None:
    """Refuse states that are not (trajectories, times, n) with two of each at least.

    Raises:
        DataError: says what was given.
    """
    if len(shape) != 3 or shape[0] < 2 or shape[1] < 2 or shape[2] != states:
        raise DataError(f"states of shape {tuple(shape)}; expected (trajectories, times, {states}), two of each at least")


def trajectory_batches(count: int, settings: Settings) -> np.ndarray:
    """Which trajectories each step sees, shape (steps, batch), without repetition in a step; the same in every backend."""
    size = count if settings.batch is None else min(settings.batch, count)
    random = np.random.default_rng(settings.seed)
    return np.stack([random.permutation(count)[:size] for _ in range(settings.steps)] or [np.arange(size)])[: settings.steps]
