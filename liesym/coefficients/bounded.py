"""Fields that are made for one piece of work, and keep its budget as long as they live."""

from __future__ import annotations

import math
from dataclasses import replace

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.field import Field


def limited(field: Field, budget: Budget) -> Field:
    """The same field, whose arithmetic raises TimeIsUp from the end of the budget on."""
    field.keep(UNLIMITED if math.isinf(budget.until) else replace(budget, meter=None, terms=math.inf))
    return field
