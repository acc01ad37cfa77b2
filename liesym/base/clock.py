"""A clock for work that must not run on: a budget in seconds, kept also where nothing looks at it."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from liesym.errors import OutOfBudget

GRACE = 5.0
"""Seconds after the budget at which work that does not look at the clock is stopped."""
PAUSE = 1.0
"""The shortest limit, in seconds."""
SOON = 0.01
"""Seconds until the alarm of an outer clock that was due while an inner one was running."""

Answer = TypeVar("Answer")


@dataclass
class Clock:
    """The time that a command may still take, and whether the user asked it to stop."""

    budget: float
    start: float = field(default_factory=time.monotonic)
    interrupted: bool = False
    expired: bool = False
    ticking: bool = False
    limited: bool = False

    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self.budget - (time.monotonic() - self.start))

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Raise OutOfBudget in the body after the seconds, or soon if the whole budget is over by then."""
        if not self.ticking:
            yield
            return
        self.limited = True
        signal.setitimer(signal.ITIMER_REAL, max(PAUSE, min(seconds, self.left())))
        try:
            yield
        finally:
            self.limited = False
            signal.setitimer(signal.ITIMER_REAL, self.left() + GRACE, GRACE)

    @property
    def over(self) -> bool:
        """True if the work was stopped by the clock."""
        return self.expired or self.left() == 0.0


@contextmanager
def clock(budget: float) -> Iterator[Clock]:
    """A clock that also stops what does not look at it.

    Shortly after the budget OutOfBudget is raised where the work is; the stages return what is verified by then. Ctrl-C
    raises KeyboardInterrupt, as ever, and is remembered. Inside another clock the earlier of the two alarms rings, and the
    outer one goes on afterwards.
    """
    watched = Clock(budget)
    if threading.current_thread() is not threading.main_thread():
        yield watched
        return

    def on_alarm(number: int, frame: object) -> None:
        watched.expired = watched.expired or not watched.limited
        raise OutOfBudget("the time for it is over")

    def on_interrupt(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        watched.interrupted = True
        if callable(before):
            before(number, frame)  # a clock outside remembers it too
        raise KeyboardInterrupt

    alarm = getattr(signal, "SIGALRM", None)
    before = signal.signal(signal.SIGINT, on_interrupt)
    ringing = signal.signal(alarm, on_alarm) if alarm else None
    outer, interval = signal.getitimer(signal.ITIMER_REAL) if alarm else (0.0, 0.0)
    if alarm:
        watched.budget = min(budget, outer) if outer else budget
        signal.setitimer(signal.ITIMER_REAL, min(budget + GRACE, outer or math.inf), GRACE)
    watched.ticking = alarm is not None
    try:
        yield watched
    finally:
        watched.ticking = False
        if alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(alarm, ringing)
        signal.signal(signal.SIGINT, before)
        if outer:
            passed = time.monotonic() - watched.start
            signal.setitimer(signal.ITIMER_REAL, max(outer - passed, SOON), interval)


def within(seconds: float, work: Callable[[], Answer], otherwise: Answer) -> Answer:
    """What the work returns, or `otherwise` if it takes longer; outside the main thread the work is not stopped."""
    with clock(seconds) as watched:
        try:
            with watched.limit(seconds):
                return work()
        except OutOfBudget:
            return otherwise
