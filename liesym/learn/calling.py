"""Fields of two arguments, f(t, x), beside those of three, f(t, x, args): told apart by their signature."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Signature, signature
from typing import Any

from liesym.errors import BackendError


def takes_args(field: Any) -> bool:
    """Whether a field is called as f(t, x, args), and not as f(t, x).

    A callable that does not tell its signature is taken for one of three arguments.

    Raises:
        BackendError: it is no callable, or takes neither two nor three arguments.
    """
    if not callable(field):
        raise BackendError(f"a field is called as f(t, x) or f(t, x, args); {field!r} cannot be called")
    try:
        form = signature(getattr(field, "forward", field))
    except (TypeError, ValueError):
        return True
    if _fits(form, 3):
        return True
    if _fits(form, 2):
        return False
    raise BackendError(f"a field is called as f(t, x) or f(t, x, args); this one takes {form}")


def with_args(field: Any) -> Callable[..., Any]:
    """The field as f(t, x, args), itself if it takes that."""
    return field if takes_args(field) else lambda t, x, args=None: field(t, x)


def _fits(form: Signature, count: int) -> bool:
    try:
        form.bind(*range(count))
    except TypeError:
        return False
    return True
