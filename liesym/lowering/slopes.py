"""Partial derivatives of a user's function of one or several arguments, exact and in one pass with its value.

Outside the base case one forward pass takes every derivative asked for one order down:
    (g, ∂ᵢg) = jvp(g, eᵢ),  with g the tuple of all ∂^(s - eᵢ) V where sᵢ > 0, and of all other ∂^s V.
Of several first derivatives one reverse pass takes all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from liesym.errors import BackendError

Orders = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slopes:
    """What takes derivatives in a library, called with the function, the orders wanted and the arguments.

    Arguments:
        jvp: (function, arguments, directions) -> (values, their derivatives along the directions).
        vjp: (function, *arguments) -> (values, covector -> derivatives by the arguments).
        same_shape: (*arguments) -> the arguments broadcast against each other.
        ones: array -> ones like it.
        zeros: array -> zeros like it.
        forward: first derivatives by so many arguments are taken in a forward pass, by more in a reverse one.

    A function may bring its own first derivatives: along(arguments, directions) -> (values, their derivatives).
    """

    jvp: Callable[..., Any]
    vjp: Callable[..., Any]
    same_shape: Callable[..., Sequence[Any]]
    ones: Callable[[Any], Any]
    zeros: Callable[[Any], Any]
    forward: int = 1

    def __call__(self, function: Callable[..., Any], orders: Sequence[Orders], operands: Sequence[Any]) -> tuple[Any, ...]:
        """The derivatives of these orders, point by point."""
        return self._taken(function, tuple(orders), tuple(self.same_shape(*operands)))

    def _taken(self, function: Callable[..., Any], orders: tuple[Orders, ...], at: tuple[Any, ...]) -> tuple[Any, ...]:
        highest = max(orders, key=sum)
        if sum(highest) == 0:
            value = _whole(function(*at), at[0], self.zeros)
            return tuple(value for _ in orders)
        used = [i for i in range(len(at)) if any(s[i] for s in orders)]
        along = getattr(function, "along", None)
        if sum(highest) == 1 and len(used) == 1 and along is not None:
            value, slope = along(at, tuple(self.ones(u) if k in used else self.zeros(u) for k, u in enumerate(at)))
            return tuple(slope if any(s) else value for s in orders)
        if sum(highest) == 1 and len(used) > self.forward:
            value, pull = self.vjp(lambda *u: _whole(function(*u), u[0], self.zeros), *at)
            gradient = pull(self.ones(value))
            return tuple(gradient[s.index(1)] if any(s) else value for s in orders)
        i = max(used, key=lambda k: highest[k])
        lower = tuple(_lowered(s, i) if s[i] else s for s in orders)
        distinct = tuple(dict.fromkeys(lower))
        directions = tuple(self.ones(u) if k == i else self.zeros(u) for k, u in enumerate(at))
        values, slopes = self.jvp(lambda *u: self._taken(function, distinct, u), at, directions)
        place = [distinct.index(s) for s in lower]
        return tuple((slopes if s[i] else values)[k] for s, k in zip(orders, place, strict=True))


def written(made: str) -> str:
    """The source of what is called `derivatives` in a stand-alone module.

    Arguments:
        made: the text of the `Slopes` of a library.
    """
    parts = "\n\n".join(inspect.getsource(part) for part in (Slopes, _whole, _lowered))
    return f"Orders = tuple[int, ...]\n\n\n{parts.replace('BackendError', 'ValueError')}\n\nderivatives = {made}\n"


def _whole(value: Any, like: Any, zeros: Callable[[Any], Any]) -> Any:
    """The value as an array of the arguments' shape; a plain number is one everywhere.

    Raises:
        BackendError: it has another shape.
    """
    if isinstance(value, (int, float)):
        return zeros(like) + value
    if value.shape != like.shape:
        raise BackendError(
            f"a function whose derivative is needed returns shape {tuple(value.shape)} for arguments of shape "
            f"{tuple(like.shape)}; it must return one value a point, of the same shape as each argument"
        )
    return value


def _lowered(orders: Orders, i: int) -> Orders:
    return (*orders[:i], orders[i] - 1, *orders[i + 1 :])
