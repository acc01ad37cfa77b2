"""Everything for training, under the names that are the same in every backend (`liesym.learn.toolkits.NAMES`)."""

from liesym_torch.audit import audit_gradient as audit_gradient
from liesym_torch.models import *  # noqa: F403
from liesym_torch.training import *  # noqa: F403
