"""The derivative of a field along a direction, in one pass; see `liesym.learn.rollout.pushforward`."""

from __future__ import annotations

from functools import partial

from liesym.learn import rollout
from liesym.learn.rollout import has_own as has_own
from liesym_torch.arrays import ARRAYS

pushforward = partial(rollout.pushforward, ARRAYS)
