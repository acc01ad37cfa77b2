"""Fields of two arguments, f(t, x), beside those of three, f(t, x, args): told apart by their signature."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

from liesym.errors import BackendError


def takes_args(field: Any) -> bool:
    """Whether a field is called as f(t, x, args), and not as f(t, x).

    A callable that does not tell its signature is taken for one of three arguments. One whose third argument has a value of
    its own, f(t, x, k=2.0), is taken for one of two.

    Raises:
        BackendError: it is no callable, or takes neither two nor three arguments.
    """
    if not callable(field):
        raise BackendError(f"a field is called as f(t, x) or f(t, x, args); {field!r} cannot be called")
    try:
        form = signature(getattr(field, "forward", field))
    except (TypeError, ValueError):
        return True
    own = _fits(form, 2) and _has_value(form)
    if _fits(form, 3) and not own:
        return True
    if _fits(form, 2):
        return False
    raise BackendError(f"a field is called as f(t, x) or f(t, x, args); this one takes {form}")


def arguments(function: Any) -> int:
    """How many of (t, x, args) a function of one sample takes: 3, 2, or 1 for x alone.

    Raises:
        BackendError: it is no callable, or takes another number.
    """
    try:
        return 3 if takes_args(function) else 2
    except BackendError:
        if callable(function) and _fits(signature(getattr(function, "forward", function)), 1):
            return 1
        raise


def with_args(field: Any) -> Callable[..., Any]:
    """The field as f(t, x, args), itself if it takes that."""
    return field if takes_args(field) else lambda t, x, args=None: field(t, x)


def call(field: Any, bare: bool, t: Any, x: Any, args: Any) -> Any:
    """The value of a field that takes two arguments (`bare`) or three."""
    return field(t, x) if bare else field(t, x, args)


def _has_value(form: Signature) -> bool:
    """Whether the third argument is something else than None where it is not given."""
    given = [p for p in form.parameters.values() if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return len(given) > 2 and given[2].default is not Parameter.empty and given[2].default is not None


def _fits(form: Signature, count: int) -> bool:
    try:
        form.bind(*range(count))
    except TypeError:
        return False
    return True
