"""Everything for training, under the names that are the same in every backend (`liesym.learn.toolkits.NAMES`)."""

from liesym_jax.audit import audit_gradient as audit_gradient
from liesym_jax.models import *  # noqa: F403
from liesym_jax.training import *  # noqa: F403
