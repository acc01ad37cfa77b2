"""The fuzzer: `make fuzz EXAMPLES=2000 SEED=1`, with tests/ on the path; ends with 1 if an oracle was offended."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz_doors import Findings, of_lagrangian, of_sympy, of_table, of_text
from fuzz_grammar import expressions, sympy_equations, tables, texts
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).with_name("corpus.txt")
DOORS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any, Findings], None], int]] = {
    "text": (texts(), of_text, 6),
    "TOML": (tables(), of_table, 1),
    "SymPy": (sympy_equations(), of_sympy, 2),
    "Lagrangian": (expressions(("y'", "y", "t")), of_lagrangian, 1),
}
"""Input by kind, and its share of ten."""


def seeds() -> list[str]:
    """The systems of the corpus, one a line."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _draw(
    strategy: st.SearchStrategy[Any],
    door: Callable[[Any, Findings], None],
    found: Findings,
    until: float,
    count: int,
    number: int,
    told: Callable[[str], None],
) -> None:
    """Inputs of one kind through their door."""

    @seed(number)
    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(drawn=strategy)
    def one(drawn: Any) -> None:
        if time.process_time() < until:
            before = len(found.offences)
            door(drawn, found)
            for offence in found.offences[before:]:
                told(" | ".join(offence))

    one()


def fuzz(
    examples: int, number: int, *, seconds: float = float("inf"), told: Callable[[str], None] = lambda line: None
) -> Findings:
    """Drawn inputs through their doors, until as many were drawn or the seconds of this process are over."""
    found, end = Findings(), time.process_time() + seconds
    shares = sum(share for _, _, share in DOORS.values())
    for kind, (strategy, door, share) in DOORS.items():
        until = time.process_time() + (end - time.process_time()) * share / shares
        shares -= share
        _draw(strategy, door, found, until, max(1, examples * share // 10), number, told)
        told(f"{kind}: {found.inputs} inputs so far, {found.read} read")
    return found


def main() -> int:
    """The run of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    given_ = parser.parse_args()

    def told(line: str) -> None:
        print(line, flush=True)

    found = Findings()
    for text in seeds():
        of_text(text, found)
    for offence in found.offences:
        told(" | ".join(offence))
    told(f"corpus: {found.inputs} inputs, {found.read} read")
    drawn = fuzz(given_.examples, given_.seed, seconds=given_.seconds, told=told)
    offences = [*found.offences, *drawn.offences]
    counts = Counter(o[0] for o in offences)
    told(
        f"seed {given_.seed}: {found.inputs + drawn.inputs} inputs; "
        + ", ".join(f"{counts[o]} {o}" for o in ("raw", "over", "false"))
    )
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
