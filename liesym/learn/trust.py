"""Whether an invariant that was learned may be trusted: what trajectories it has not seen say about it.

A field projected on the level sets of a learned function keeps that function exactly, right or wrong. A wrong one kept
exactly is worse than none, so what was learned is measured on trajectories it has not seen before it is imposed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from liesym.errors import DataError, TrainingError

DOUBTS = ("refuse", "warn", "ignore")
LEAST_SINGULAR = 0.03
"""Smallest singular value of unit gradients that counts as independent; copies of one function that a network made on its
own are not exact copies."""

LARGEST_RATIO, LEAST_RANK_SHARE, LARGEST_WORST = 0.02, 0.95, 0.01
"""Limits of `InvariantTrust`. A trajectory along which H moves by a tenth of its spread is led to the wrong level set.
The last two were set after the first three seeds of the four systems of docs/results/contrastive.md had been measured:
how those come out is no evidence for them."""


class InvariantWarning(UserWarning):
    """A projection on the level sets of a learned function that is not conserved on trajectories it has not seen."""


@dataclass(frozen=True, slots=True)
class InvariantTrust:
    """What held-out trajectories say about a learned function with m components.

    Arguments:
        ratios: variance within trajectories over the whole variance, for each component; 0 for an invariant, near 1 for
            noise and for a constant.
        rank_share: share of the states at which the m gradients are independent.
        worst: the largest variance within any one trajectory over the whole variance, for each component. A function that
            is right on average may be wrong on the few trajectories that decide the error.
        largest_ratio: what each ratio should stay below.
        least_rank_share: what the share should stay above.
        largest_worst: what the worst trajectory of each component should stay below.
    """

    ratios: tuple[float, ...]
    rank_share: float
    worst: tuple[float, ...]
    largest_ratio: float = LARGEST_RATIO
    least_rank_share: float = LEAST_RANK_SHARE
    largest_worst: float = LARGEST_WORST

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against imposing the function; empty if it may be imposed."""
        found = [
            f"component {j + 1} varies within trajectories: {ratio:.3g} of its variance, more than {self.largest_ratio:g}"
            for j, ratio in enumerate(self.ratios)
            if not ratio <= self.largest_ratio
        ]
        found += [
            f"component {j + 1} varies along one trajectory by {worst:.3g} of its variance, more than {self.largest_worst:g}"
            for j, (ratio, worst) in enumerate(zip(self.ratios, self.worst, strict=True))
            if ratio <= self.largest_ratio and not worst <= self.largest_worst
        ]
        if not self.rank_share >= self.least_rank_share:
            found.append(
                f"its gradients are independent at {self.rank_share:.0%} of the states only, less than "
                f"{self.least_rank_share:.0%}"
            )
        return tuple(found)

    @property
    def ok(self) -> bool:
        """True if nothing speaks against it."""
        return not self.doubts

    def enforce(self, on_doubt: str) -> InvariantTrust:
        """Refuse, warn or say nothing; returns the record.

        Raises:
            TrainingError: there are doubts and they are to be refused, or `on_doubt` is not one of `DOUBTS`.
        """
        if on_doubt not in DOUBTS:
            raise TrainingError(f"on_doubt = {on_doubt!r}; expected one of {', '.join(DOUBTS)}")
        if self.ok or on_doubt == "ignore":
            return self
        message = (
            f"the learned invariant is not to be trusted: {'; '.join(self.doubts)}. Train it longer or on more "
            "trajectories, or ask for fewer components"
        )
        if on_doubt == "refuse":
            raise TrainingError(message)
        warnings.warn(message, InvariantWarning, stacklevel=3)
        return self


def invariant_trust(
    values: np.ndarray,
    gradients: np.ndarray,
    *,
    largest_ratio: float = LARGEST_RATIO,
    least_rank_share: float = LEAST_RANK_SHARE,
    largest_worst: float = LARGEST_WORST,
) -> InvariantTrust:
    """Measure a learned function on trajectories it was not trained on.

    Arguments:
        values: H at the states, shape (trajectories, times, m).
        gradients: of H by the states, shape (trajectories, times, m, n); in units in which the states have size 1.
        largest_ratio: see `InvariantTrust`. Noise of the states alone gives a ratio of about |∇H|² σ² over the variance.
        least_rank_share, largest_worst: see `InvariantTrust`.

    Raises:
        DataError: shapes that do not go together, or a single trajectory, which cannot be told from another.
    """
    values, gradients = np.asarray(values, np.float64), np.asarray(gradients, np.float64)
    if values.ndim != 3 or gradients.shape[:-1] != values.shape or values.shape[0] < 2 or values.shape[1] < 2:
        raise DataError(
            f"values of shape {values.shape} and gradients of shape {gradients.shape}; expected (trajectories, times, m) "
            "and (trajectories, times, m, n), with at least two trajectories and two times"
        )
    return InvariantTrust(
        within_ratios(values),
        independent_share(gradients),
        worst_ratios(values),
        largest_ratio,
        least_rank_share,
        largest_worst,
    )


def within_ratios(values: np.ndarray) -> tuple[float, ...]:
    """Variance within trajectories over the whole variance for values of shape (trajectories, times, m); 1 where both
    vanish.
    """
    return _ratios(values, values.var(axis=1).mean(axis=0))


def worst_ratios(values: np.ndarray) -> tuple[float, ...]:
    """The same for the trajectory on which each component varies most."""
    return _ratios(values, values.var(axis=1).max(axis=0))


def _ratios(values: np.ndarray, within: np.ndarray) -> tuple[float, ...]:
    whole, size = values.var(axis=(0, 1)), (values**2).mean(axis=(0, 1))
    varies = np.isfinite(whole) & (whole > 1e-12 * size)
    return tuple(float(r) for r in np.where(varies, within / np.where(varies, whole, 1.0), 1.0))


def independent_share(gradients: np.ndarray) -> float:
    """Share of the samples (…, m, n) at which the gradients, each in units of its usual length, are independent."""
    lengths = np.sqrt((gradients**2).sum(-1).mean(axis=tuple(range(gradients.ndim - 2))))
    if not (np.isfinite(gradients).all() and (lengths > 0).all()):
        return 0.0
    singular = np.linalg.svd(gradients / lengths[:, None], compute_uv=False)
    return float((singular[..., -1] > LEAST_SINGULAR).mean())
