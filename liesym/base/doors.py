"""The public doors: what goes wrong in a library behind one of them comes out as an error of ours.

In: a public function. Out: the same function, whose errors are those of `liesym.errors`. A call with arguments that it does
not have is the caller's error and stays Python's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from liesym.base.budget import Budget
from liesym.base.memory import one_limit
from liesym.errors import LiesymError, Unsupported

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@contextmanager
def errors_of_ours(work: str) -> Iterator[None]:
    """Work whose unexpected errors become `Unsupported`, with the first error as the cause.

    Arguments:
        work: what is done, as in "the search for first integrals".

    Raises:
        Unsupported: an error that is not of `liesym.errors` was raised; memory that is full stays `MemoryError`.
    """
    try:
        yield
    except (LiesymError, MemoryError, OSError):
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        told = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise Unsupported(f"{work} met something that it cannot handle ({told})") from error


def door(work: str, *, ends: bool = False) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """A public function, whose unexpected errors become `Unsupported`, and with it all it calls shares one limit of memory.

    Arguments:
        work: what it does.
        ends: its `budget` in seconds ends, after the grace for checking and writing, what it calls without a budget too.
    """

    def around(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
        form = signature(function)
        default = form.parameters["budget"].default if ends else None

        @wraps(function)
        def enter(*given: Given.args, **named: Given.kwargs) -> Answer:
            seconds = form.bind(*given, **named).arguments.get("budget", default)
            limit = Budget.seconds(seconds).extended().around() if ends else nullcontext()
            with one_limit(), limit, errors_of_ours(work):
                return function(*given, **named)

        return enter

    return around
