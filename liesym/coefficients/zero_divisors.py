"""The error of a ring that is no field, in a file of its own for whoever takes one side of the signs instead."""

from __future__ import annotations

from liesym.errors import Unsupported


class ZeroDivisor(Unsupported, ZeroDivisionError):
    """Division by an element that is zero on one side of a sign and not on the other: each side is a field of its own."""
