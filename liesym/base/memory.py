"""The memory that work may take beside what the process held before: looked at now and then where the clock is looked at.

Linux tells what a process holds now, the other Unixes what it held at most; where the system tells neither, as on Windows,
no limit is kept. FLINT ends the process where it gets no memory, so that a limit of the system's own would lose all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from liesym.errors import DataError, OutOfMemory

try:
    import resource
except ImportError:  # Windows
    resource = None

GIGABYTES = 2.0
"""The limit unless another is set."""
EVERY = 0.1
"""Seconds between two looks, each of which takes a part of a millisecond."""
BYTES = 1e9


def resident() -> float | None:
    """Bytes that the process holds, None where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return float(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return _peak()


def _peak() -> float | None:
    if resource is None:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


@dataclass(slots=True, eq=False)
class Memory:
    """A limit, what the process held when it was set, and when it is looked at next.

    Arguments:
        gigabytes: that may be taken.
        start: bytes that were held before, None where the system does not tell.
        due: value of the clock before which it is not looked at again.
    """

    gigabytes: float
    start: float | None
    due: float = float("-inf")

    @staticmethod
    def of(gigabytes: float) -> Memory:
        """The limit from now on."""
        return Memory(gigabytes, resident())

    def look(self, at: float, what: str) -> None:
        """Go on only if no more is held than may be.

        Arguments:
            at: value of the clock.
            what: the work.

        Raises:
            OutOfMemory: the limit was reached.
        """
        if at >= self.due:
            self.due = at + EVERY
            self.room(0.0, what)

    def room(self, size: float, what: str) -> None:
        """Go on to what takes so many bytes at once only if there is room for it.

        Raises:
            OutOfMemory: there is none.
        """
        held = None if self.start is None else resident()
        if held is not None and self.start is not None and held - self.start + size > BYTES * self.gigabytes:
            raise OutOfMemory(what, self.gigabytes)


_present: ContextVar[Memory | None] = ContextVar("memory", default=None)


def present() -> Memory:
    """The limit that is set, or a new one of the usual size."""
    return _present.get() or Memory.of(GIGABYTES)


@contextmanager
def memory_limit(gigabytes: float) -> Iterator[None]:
    """At most so much memory for the work in the body, beside what the process holds before it.

        with liesym.memory_limit(8):
            result = liesym.find_symmetries(system)

    A search that reaches it ends with what was found, marked as stopped. Without it every call may take 2 GB.

    Arguments:
        gigabytes: 10⁹ bytes each.

    Raises:
        DataError: it is no positive number.
    """
    if not 0 < gigabytes < float("inf"):
        raise DataError(f"the memory limit is a positive number of gigabytes, not {gigabytes:g}")
    token = _present.set(Memory.of(gigabytes))
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def one_limit() -> Iterator[None]:
    """What is called in the body shares one limit: the one that is set, or the usual one."""
    token = _present.set(present())
    try:
        yield
    finally:
        _present.reset(token)
