"""Where operations are defined on the reals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """How an operation that is not defined everywhere is made safe.

    `safe` is an operand inside the domain; `low` and `high` are the bounds that a clamping guard applies,
    each a pair (number, sign of the epsilon that is added to it).
    """

    kind: str
    safe: float
    low: tuple[float, int] | None = None
    high: tuple[float, int] | None = None


NONZERO = Domain("nonzero", 1.0)


POSITIVE = Domain("positive", 1.0, low=(0.0, 1))


NONNEGATIVE = Domain("nonnegative", 1.0, low=(0.0, 1))


WITHIN_ONE = Domain("within one", 0.0, low=(-1.0, 1), high=(1.0, -1))


INSIDE_ONE = Domain("inside one", 0.0, low=(-1.0, 1), high=(1.0, -1))


AT_LEAST_ONE = Domain("at least one", 2.0, low=(1.0, 1))


NO_POLE = Domain("no pole", 1.0)


UNARY_DOMAINS = {
    "log": POSITIVE, "asin": WITHIN_ONE, "acos": WITHIN_ONE, "atanh": INSIDE_ONE, "acosh": AT_LEAST_ONE,
    "lgamma": NO_POLE, "digamma": NO_POLE, "polygamma": NO_POLE,
}  # fmt: skip
