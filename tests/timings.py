"""What the tests cost: the seconds of the processor that each took decide in which run it is.

`tests/timings.txt` holds the long ones, a line each: seconds, tab, the test. It is written from records of whole runs,

    LIESYM_TIMINGS=record.txt make test slow
    python tests/timings.py record.txt

so that a suite that grows stays as long as it is: what became long moves to the slow runs, what became too long for these
to the night.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

TABLE = Path(__file__).with_name("timings.txt")
VARIABLE = "LIESYM_TIMINGS"
"""Names the file that a run adds its record to."""
KEPT = 0.5
"""Seconds from which on a test is in the table."""
USUAL = 1.5
"""Seconds from which on a test is a slow run."""
SLOW = 20.0
"""Seconds from which on a slow run is for the night."""


def read(path: Path = TABLE) -> dict[str, float]:
    """Seconds by test: its path below tests/, the function and the parameters; the last line of a test counts."""
    if not path.exists():
        return {}
    lines = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: float(seconds) for seconds, name in lines}


def spent() -> float:
    """Seconds of the processor that this process and the processes it waited for took so far."""
    found = os.times()
    return time.process_time() + found.children_user + found.children_system


def record(name: str, seconds: float) -> None:
    """Add a line to the file that the variable names, if it names one."""
    if path := os.environ.get(VARIABLE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{seconds:.1f}\t{name}\n")


def merged(known: dict[str, float], *measured: dict[str, float]) -> dict[str, float]:
    """The table with what was measured anew; what became short leaves it."""
    for one in measured:
        known = {**known, **one}
    return {name: seconds for name, seconds in sorted(known.items()) if seconds >= KEPT}


if __name__ == "__main__":
    table = merged(read(), *(read(Path(name)) for name in sys.argv[1:]))
    TABLE.write_text("".join(f"{seconds:.1f}\t{name}\n" for name, seconds in table.items()), encoding="utf-8")
    print(f"{len(table)} tests of at least {KEPT} s, {sum(s >= USUAL for s in table.values())} of {USUAL} s and more")
