"""Work in a field whose elements may not grow beyond a size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from liesym.base.budget import Budget
from liesym.coefficients.field import Field

SIZE_LIMIT = 4000


def limited(field: Field, budget: Budget) -> Field:
    """The same field, whose arithmetic raises OutOfBudget from the end of the budget on."""
    field.deadline = None if math.isinf(budget.until) else budget.until
    return field


@contextmanager
def bounded(field: Field, deadline: float, *, size_limit: int | None = SIZE_LIMIT) -> Iterator[None]:
    """Arithmetic in the field raises OutOfBudget when time or size run out."""
    previous = field.size_limit, field.deadline
    field.size_limit, field.deadline = size_limit, deadline
    try:
        yield
    finally:
        field.size_limit, field.deadline = previous
