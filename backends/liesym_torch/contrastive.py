"""Invariants learned from trajectories by contrast, the field that keeps them, and an autoencoder for large states
(PyTorch).

H is trained so that states of one trajectory agree and states of different trajectories differ; then the field is made
tangent to its level sets.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

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
from liesym_torch.layers import LevelSets
from liesym_torch.models import MLP, as_tensor

SMALL = 1e-8
"""Relative size below which a variance counts as zero."""


def softmax_contrast(h: Tensor) -> Tensor:
    """Mean of -log (Σ_same exp(-|h - h'|²) / Σ_all exp(-|h - h'|²)), the sums over all states but the one itself.

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, equation (4), after Goldberger et al. 2004.
    """
    count, length, m = h.shape
    flat = h.reshape(-1, m)
    square = flat.square().sum(-1)
    scores = -(square[:, None] + square[None, :] - 2.0 * flat @ flat.T).clamp_min(0.0)
    other = ~torch.eye(count * length, dtype=torch.bool, device=h.device)
    label = torch.arange(count, device=h.device).repeat_interleave(length)
    same = other & (label[:, None] == label[None, :])
    among = torch.logsumexp(scores.masked_fill(~other, -torch.inf), dim=1)
    return (among - torch.logsumexp(scores.masked_fill(~same, -torch.inf), dim=1)).mean()


def ratio_contrast(h: Tensor) -> Tensor:
    """Mean over the states of Σ_same |h - h'|² / Σ_all |h - h'|², in time linear in the number of states.

    By Σ_k |h - h_k|² = K |h - mean|² + Σ_k |h_k - mean|².

    Arguments:
        h: shape (trajectories, times, m).
    Source: Zhang et al. 2023, the loss of the published code.
    """
    count, length, _ = h.shape
    own = h - h.mean(1, keepdim=True)
    whole = h - h.mean((0, 1))
    inside, outside = own.square().sum(-1), whole.square().sum(-1)
    near = length * inside + inside.sum(1, keepdim=True)
    far = count * length * outside + outside.sum()
    return (near / (far + SMALL * h.square().sum() + torch.finfo(h.dtype).tiny)).mean()


LOSSES: dict[str, Callable[[Tensor], Tensor]] = {"softmax": softmax_contrast, "ratio": ratio_contrast}


def statistics(h: Tensor, normalization: str) -> tuple[Tensor, Tensor]:
    """μ and M such that (h - μ) Mᵀ is normalized over the batch.

    "batch" gives each component mean 0 and variance 1, "whiten" makes the components uncorrelated as well, so that two
    of them cannot become one; "none" leaves h as it is.

    Source: Zhang et al. 2023, equation (8), for "batch".
    """
    m = h.shape[-1]
    unit = torch.eye(m, dtype=h.dtype, device=h.device)
    if normalization == "none":
        return torch.zeros_like(unit[0]), unit
    flat = h.reshape(-1, m)
    mean = flat.mean(0)
    rest = flat - mean
    size = SMALL * flat.square().mean() + torch.finfo(h.dtype).tiny
    if normalization == "batch":
        return mean, torch.diag(1.0 / (rest.square().mean(0) + size).sqrt())
    root = torch.linalg.cholesky(rest.T @ rest / len(flat) + size * unit)
    return mean, torch.linalg.solve_triangular(root, unit, upper=False)


class ContrastiveInvariant(nn.Module):
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

    mean: Tensor
    mixing: Tensor

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
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        check_choice("normalization", normalization, NORMALIZATIONS)
        sizes = (states, *(width,) * depth, components)
        self.network = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.slope = nn.Parameter(torch.zeros(components, states, dtype=dtype)) if linear else None
        self.register_buffer("mean", torch.zeros(components, dtype=dtype))
        self.register_buffer("mixing", torch.eye(components, dtype=dtype))
        self.scale = tuple(float(s) for s in scale) if scale is not None else (1.0,) * states
        self.normalization = normalization

    def raw(self, x: Tensor) -> Tensor:
        """H(x / s) of shape (…, m), not normalized."""
        inputs = x / torch.tensor(self.scale, dtype=x.dtype, device=x.device)
        value = self.network(inputs)
        return value if self.slope is None else value + inputs @ self.slope.T

    def forward(self, x: Tensor) -> Tensor:
        """H̄ of shape (…, m) for states (…, n)."""
        return (self.raw(x) - self.mean) @ self.mixing.T

    def gradients(self, x: Tensor) -> Tensor:
        """∂H̄/∂x of shape (…, m, n)."""
        flat = x.reshape(-1, x.shape[-1])
        return torch.func.vmap(torch.func.jacrev(self))(flat).reshape(*x.shape[:-1], self.mean.shape[0], x.shape[-1])

    def loss(self, x: Tensor, kind: str = "ratio") -> Tensor:
        """The contrastive loss of trajectories (trajectories, times, n), normalized over them."""
        h = self.raw(x)
        mean, mixing = statistics(h, self.normalization)
        return LOSSES[kind]((h - mean) @ mixing.T)

    def dependence(self, x: Tensor) -> Tensor:
        """Mean of -log det of the matrix of cosines between the gradients, by x / s: 0 where they are orthogonal.

        Uncorrelated components can still be functions of one another; this keeps them apart.
        """
        g = self.gradients(x.reshape(-1, x.shape[-1])) * torch.tensor(self.scale, dtype=x.dtype, device=x.device)
        unit = g / (g.square().sum(-1, keepdim=True) + torch.finfo(x.dtype).tiny).sqrt()
        cosines = unit @ unit.mT
        ridge = 1e-3 * torch.eye(g.shape[-2], dtype=x.dtype, device=x.device)
        return -torch.linalg.slogdet(cosines + ridge)[1].mean()

    def frozen(self, x: Tensor) -> ContrastiveInvariant:
        """The same function with the statistics of these states, its weights fixed too."""
        fixed = copy.deepcopy(self).requires_grad_(False)
        fixed.mean, fixed.mixing = statistics(fixed.raw(x), self.normalization)
        return fixed

    def level_sets(self, *, tolerance: float | None = None) -> LevelSets:
        """Its level sets, as exact integrals have them."""
        return LevelSets(
            lambda t, x, args=None: self(x), lambda t, x, args=None: self.gradients(x), tolerance=tolerance
        )  # fmt: skip

    def trust(self, held_out: Any, **limits: float) -> InvariantTrust:
        """What trajectories (trajectories, times, n) it was not trained on say about it."""
        x = as_tensor(held_out, self)
        check_trajectories(x.shape, len(self.scale))
        gradients = self.gradients(x).detach().cpu().numpy() * np.asarray(self.scale)
        return invariant_trust(self(x).detach().cpu().numpy(), gradients, **limits)


def train_invariant(
    invariant: ContrastiveInvariant,
    states: Any,
    settings: Settings,
    *,
    kind: str = "ratio",
    independence: float = 0.0,
) -> tuple[ContrastiveInvariant, np.ndarray]:
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
    x = as_tensor(states, invariant)
    check_trajectories(x.shape, len(invariant.scale))
    model = copy.deepcopy(invariant).requires_grad_(True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    losses = []
    for k, chosen in enumerate(trajectory_batches(len(x), settings)):
        for group in optimizer.param_groups:
            group["lr"] = settings.rate(k)
        optimizer.zero_grad()
        value = model.loss(x[chosen], kind)
        if independence:
            value = value + independence * model.dependence(x[chosen])
        value.backward()
        optimizer.step()
        losses.append(float(value.detach()))
    check_terms({"contrast": losses[-1] if losses else 0.0}, settings.steps)
    return model.frozen(x), np.asarray(losses)


class ConservationProjection(nn.Module):
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

    def __init__(self, field: Any, invariant: ContrastiveInvariant, *, held_out: Any, on_doubt: str = "refuse") -> None:
        super().__init__()
        self.inner = field
        self.invariant = copy.deepcopy(invariant).requires_grad_(False)
        self.trust = None if held_out is None else invariant.trust(held_out).enforce(on_doubt)

    @property
    def levels(self) -> LevelSets:
        """The level sets that the field keeps."""
        return self.invariant.level_sets()

    def forward(self, t: Tensor, x: Tensor, args: Any = None) -> Tensor:
        return self.levels.tangent(t, x, self.inner(t, x, args))


class Autoencoder(nn.Module):
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
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.encoder = MLP(sizes, activation=activation, seed=seed, dtype=dtype)
        self.decoder = MLP(tuple(sizes)[::-1], activation=activation, seed=seed + 1, dtype=dtype)
        self.scale = float(scale)

    def encode(self, x: Tensor) -> Tensor:
        """Latent states (…, k) of states (…, n)."""
        return self.encoder(x / self.scale)

    def decode(self, z: Tensor) -> Tensor:
        """States (…, n) of latent states (…, k)."""
        return self.decoder(z) * self.scale

    def push(self, x: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
        """z = E(x) and ż = (∂E/∂x) ẋ, one Jacobian-vector product (equation (10) of the source)."""
        return self.encoder.along(x / self.scale, rate / self.scale)

    def loss(self, x: Tensor) -> Tensor:
        """Mean of |D(E(x)) - x|² / s² over states and components."""
        return ((self.decode(self.encode(x)) - x) / self.scale).square().mean()
