"""Group augmentation: samples moved along a group by the prolonged flow of its generators (PyTorch)."""

from __future__ import annotations

from liesym.learn.objectives import AbstractGroupAugmentation


class GroupAugmentation(AbstractGroupAugmentation):
    """Moves every window of a batch by exp(ε_1 X_1) … exp(ε_r X_r) with random ε_i; arguments, errors and sources as in
    `liesym.learn.objectives.AbstractGroupAugmentation`."""

    backend = "torch"
