"""One budget for a whole piece of work: seconds until it must end, and operations that a step of it may take.

A budget is a value that is handed down as an argument. Time is looked at in one place, `now`, so that a test can slow it.
What a step may do is bounded by counted operations (products of terms, columns of a matrix), never by seconds, so that
what is found does not depend on how fast the machine is; seconds only end the whole, and whoever catches `TimeIsUp` says so.
A call that cannot be interrupted is not begun where what is left of the seconds would not do for it (`Budget.room`).

Work that is too short to be handed a budget, a zero test or a look at a few points, keeps the one around it (`surrounding`):
that of the door behind which it is done, with the grace for checking and writing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TypeVar

from liesym.base.memory import Memory, present
from liesym.errors import OutOfBudget, TimeIsUp, TooLarge

Answer = TypeVar("Answer")

PACE = 2e6
"""Operations a second that uninterruptible arithmetic does at least; products of terms are about twice as fast."""
LARGE = 1e7
"""Bytes from which on room is looked for."""
BEYOND, GRACE = 0.1, 0.5
"""Part of the whole, and seconds, that writing and checking what was found may take after the end of the budget."""


def now() -> float:
    """Seconds on a clock that never goes back."""
    return time.monotonic()


@dataclass(slots=True, eq=False)
class Meter:
    """Operations done in one step, and how many it may do; what is spent here is spent in the step around it too."""

    limit: float
    spent: float = 0.0
    around: Meter | None = None

    def spend(self, operations: float, what: str) -> None:
        """Count operations.

        Raises:
            TooLarge: more than `limit` in all, here or in a step around this one.
        """
        meter: Meter | None = self
        while meter is not None:
            meter.spent += operations
            if meter.spent > meter.limit:
                raise TooLarge(what)
            meter = meter.around

    @property
    def left(self) -> float:
        """Operations that may still be done."""
        own = max(0.0, self.limit - self.spent)
        return own if self.around is None else min(own, self.around.left)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long work may go on, and how much one step of it may do.

    Arguments:
        until: value of `now()` at which it ends; infinite without a limit.
        meter: counter of the step's operations, None where they are not bounded.
        terms: the most terms that a coefficient may have.
        whole: seconds that the whole work was given.
        memory: what it may take, None where that is not limited.
    """

    until: float = math.inf
    meter: Meter | None = field(default=None, compare=False)
    terms: float = math.inf
    whole: float = field(default=math.inf, compare=False)
    memory: Memory | None = field(default=None, compare=False)

    @staticmethod
    def seconds(seconds: float) -> Budget:
        """A budget that ends this many seconds from now, and may take the memory that is set."""
        return Budget(now() + seconds, whole=seconds, memory=present())

    @property
    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self.until - now())

    @property
    def over(self) -> bool:
        """True if no time is left."""
        return now() > self.until

    def check(self, what: str) -> None:
        """Go on only if there is time and memory.

        Arguments:
            what: the work, as it is named in "time ran out during the ...".

        Raises:
            TimeIsUp: the budget ran out.
            OutOfMemory: it may not take more memory.
        """
        at = now()
        if at > self.until:
            raise TimeIsUp(what)
        if self.memory is not None:
            self.memory.look(at, what)

    def room(self, operations: float, what: str, size: float = 0.0) -> None:
        """Go on to work that cannot be interrupted only if there is time and memory for it.

        Arguments:
            operations: estimate of what it takes, in products of terms.
            size: estimate of the bytes that what is made takes.

        Raises:
            TimeIsUp: so many operations would not end in time.
            OutOfMemory: there is no room for so many bytes.
        """
        at = now()
        if operations > PACE * (self.until - at):
            raise TimeIsUp(what)
        if self.memory is None:
            return
        if size > LARGE:
            self.memory.room(size, what)
        else:
            self.memory.look(at, what)

    def spend(self, operations: float, what: str) -> None:
        """Count operations of the step.

        Raises:
            TooLarge: the step may not do so many.
        """
        if self.meter is not None:
            self.meter.spend(operations, what)

    def step(self, operations: float = math.inf, terms: float = math.inf) -> Budget:
        """The same end, for a step that may do at most so many operations, with coefficients of at most so many terms."""
        return replace(self, meter=Meter(operations, around=self.meter), terms=min(terms, self.terms))

    def part(self, part: float) -> Budget:
        """The same end, for a step that may do this part, between 0 and 1, of the operations that are left."""
        return self if self.meter is None else self.step(part * self.meter.left)

    def small(self, terms: float) -> Budget:
        """The same budget, for work with coefficients of at most so many terms."""
        return replace(self, terms=min(terms, self.terms))

    def share(self, part: float) -> Budget:
        """A budget that ends after this part, between 0 and 1, of the time that is left."""
        if math.isinf(self.until):
            return self
        return replace(self, until=now() + part * self.left)

    def at_most(self, seconds: float) -> Budget:
        """The same budget, ended after the seconds if that is earlier."""
        return replace(self, until=min(self.until, now() + seconds))

    def extended(self) -> Budget:
        """A budget of time alone for checking and writing what was found: a little longer than this one."""
        beyond = 0.0 if math.isinf(self.whole) else BEYOND * self.whole
        return Budget(max(self.until + beyond, now()) + GRACE)

    @property
    def exhausted(self) -> bool:
        """True if the step has done all the operations that it may."""
        return self.meter is not None and self.meter.left <= 0

    @property
    def spent(self) -> float:
        """Operations that the step has done so far; 0 where they are not counted."""
        return self.meter.spent if self.meter is not None else 0.0

    @contextmanager
    def around(self) -> Iterator[None]:
        """Work in the body that is handed no budget ends with this one, or with the one around it if that is earlier."""
        outer = _around.get()
        token = _around.set(self if self.until < outer.until else outer)
        try:
            yield
        finally:
            _around.reset(token)


UNLIMITED = Budget()
_around: ContextVar[Budget] = ContextVar("budget", default=UNLIMITED)


def surrounding() -> Budget:
    """The budget of work that is handed none: unlimited outside of every `Budget.around`."""
    return _around.get()


def in_time(work: Callable[[], Answer], otherwise: Answer) -> Answer:
    """What work gives, or the other where its budget, or the one around it, ends it.

    Arguments:
        work: a last step, without which what was found is returned as it is.
        otherwise: what is true if nothing more is known.
    """
    try:
        return work()
    except OutOfBudget:
        return otherwise
