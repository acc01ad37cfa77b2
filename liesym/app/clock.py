"""The clock of a command: a budget in seconds that is kept also by work that does not look at it, and Ctrl-C remembered.

Signals are installed here and nowhere else, so that a library call changes nothing in the process of its caller.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from liesym.base.budget import now
from liesym.errors import TimeIsUp

GRACE = 0.1
"""Part of the budget after whose end work that does not look at the clock is stopped."""
AGAIN = 1.0
"""Seconds after which it is stopped again, where the first time was taken for the end of one step."""
SOON = 0.01
"""Seconds until the alarm of an outer clock that was due while an inner one was running."""


@dataclass
class Clock:
    """The time that a command may still take, and whether the user asked it to stop."""

    budget: float
    start: float = field(default_factory=now)
    interrupted: bool = False
    expired: bool = False
    ticking: bool = False
    limited: bool = False

    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self.budget - (now() - self.start))

    @property
    def over(self) -> bool:
        """True if the work was stopped by the clock."""
        return self.expired or self.left() == 0.0

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Stop the body after the seconds, or at the end of the whole budget.

        Raises:
            TimeIsUp: in the body, or at once if nothing is left.
        """
        if self.over:
            raise TimeIsUp("work of the command")
        if not self.ticking:
            yield
            return
        self.limited = True
        signal.setitimer(signal.ITIMER_REAL, max(SOON, min(seconds, self.left())))
        try:
            yield
        finally:
            self.limited = False
            signal.setitimer(signal.ITIMER_REAL, self.left() + GRACE * self.budget + SOON, AGAIN)


@contextmanager
def clock(budget: float, begun: float | None = None) -> Iterator[Clock]:
    """A clock that also stops what does not look at it.

    Shortly after the budget TimeIsUp is raised where the work is; the stages return what is verified by then. Ctrl-C
    raises KeyboardInterrupt, as ever, and is remembered. Inside another clock the earlier of the two alarms rings, and the
    outer one goes on afterwards. Outside the main thread, which alone hears signals, only those who look see the time.

    Arguments:
        budget: seconds.
        begun: when they began, as `now()` told it: reading the input counts, but is not cut, as without it there is
            nothing to print.
    """
    watched = Clock(budget) if begun is None else Clock(budget, begun)
    if threading.current_thread() is not threading.main_thread():
        yield watched
        return

    def on_alarm(number: int, frame: FrameType | None) -> None:
        if not watched.ticking:
            return
        if _is_importing(frame):
            signal.setitimer(signal.ITIMER_REAL, SOON, AGAIN)
            return
        watched.expired = watched.expired or not watched.limited
        raise TimeIsUp("work of the command")

    def on_interrupt(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        watched.interrupted = True
        if callable(before):
            before(number, frame)  # a clock outside remembers it too
        raise KeyboardInterrupt

    alarm = getattr(signal, "SIGALRM", None)
    before = signal.signal(signal.SIGINT, on_interrupt)
    ringing = signal.signal(alarm, on_alarm) if alarm else None
    entered = now()
    outer, interval = signal.getitimer(signal.ITIMER_REAL) if alarm else (0.0, 0.0)
    watched.ticking = alarm is not None
    if alarm:
        ring = watched.left() + GRACE * budget + SOON
        if outer:
            watched.budget = min(budget, outer + entered - watched.start)
        signal.setitimer(signal.ITIMER_REAL, min(ring, outer or math.inf), AGAIN)
    try:
        try:
            yield watched
        finally:
            watched.ticking = False
    finally:  # also where the alarm rang between the last line of the body and the one above
        watched.ticking = False
        if alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(alarm, ringing)
        signal.signal(signal.SIGINT, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (now() - entered), SOON), interval)


def _is_importing(frame: FrameType | None) -> bool:
    """True inside an import: cut there, a module would stay half made for the rest of the process."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
