"""Answers kept for the next time that they are asked for: only those of work that came to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

from liesym.base.budget import Budget

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Unkeyed:
    """A budget that is no part of the key: all are equal."""

    budget: Budget = field(compare=False)


def kept(
    size: int,
) -> Callable[[Callable[Concatenate[Budget, Given], Answer]], Callable[Concatenate[Budget, Given], Answer]]:
    """Keep the last answers of a function of a budget and hashable arguments.

    The budget is no part of the key. A call that it cuts raises, so that nothing that hangs on it is ever kept.

    Arguments:
        size: number of answers.
    """

    def around(work: Callable[Concatenate[Budget, Given], Answer]) -> Callable[Concatenate[Budget, Given], Answer]:
        @lru_cache(maxsize=size)
        def answered(unkeyed: _Unkeyed, *given: Given.args, **named: Given.kwargs) -> Answer:
            return work(unkeyed.budget, *given, **named)

        @wraps(work)
        def ask(budget: Budget, *given: Given.args, **named: Given.kwargs) -> Answer:
            return answered(_Unkeyed(budget), *given, **named)

        return ask

    return around
