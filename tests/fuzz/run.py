"""The fuzzer: `make fuzz EXAMPLES=2000 SEED=1`, with tests/ on the path; ends with 1 if an oracle was offended.

The inputs are drawn in parts, each from a seed of its own, so that parts run side by side (`--jobs`) and a run that was
ended goes on where it stopped (`--record`, a file with one part a line: seed, inputs, seconds and what was offended).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import process_clock  # noqa: F401  # before modules are imported that look at the time
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
PART = 100
"""Inputs of a part; the first ones of each kind are the simplest, which all parts share."""
SEEDS = 10_000
"""Parts that a run may have without drawing what the next seed draws."""
KEPT = 3
"""Parts that a process does before its memory is given back."""


def seeds() -> list[str]:
    """The systems of the corpus, one a line."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _draw(
    strategy: st.SearchStrategy[Any],
    door: Callable[[Any, Findings], None],
    found: Findings,
    count: int,
    number: int,
) -> None:
    """Inputs of one kind through their door."""

    @seed(number)
    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(drawn=strategy)
    def one(drawn: Any) -> None:
        door(drawn, found)

    one()


def fuzz(examples: int, number: int, slower: float = 1.0) -> Findings:
    """Drawn inputs through their doors."""
    found = Findings(slower)
    for strategy, door, share in DOORS.values():
        _draw(strategy, door, found, max(1, examples * share // 10), number)
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a run did; `seed` is 0 for the corpus, `seconds` are those of its process.

    `undecided` counts by their reasons the statements of which no point says anything.
    """

    seed: int
    examples: int
    inputs: int
    read: int
    seconds: float
    offences: tuple[tuple[str, str, str, str], ...]
    decided: int = 0
    undecided: tuple[tuple[str, int], ...] = ()


def part(number: int, examples: int, slower: float = 1.0) -> Part:
    """The corpus, if the number is 0, or inputs that are drawn from it, on a machine that may be slower."""
    of_text("y'' = -y", Findings())  # what a process loads at first is no time of a door
    start = time.process_time()
    if number:
        found = fuzz(examples, number, slower)
    else:
        found = Findings(slower)
        for text in seeds():
            of_text(text, found)
    seconds = round(time.process_time() - start, 2)
    undecided = tuple(found.undecided.most_common())
    return Part(number, examples, found.inputs, found.read, seconds, tuple(found.offences), found.decided, undecided)


def recorded(record: Path | None) -> list[Part]:
    """The parts that a record holds."""
    if record is None or not record.exists():
        return []
    rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    rows = [{**row, **{key: tuple(map(tuple, row[key])) for key in ("offences", "undecided")}} for row in rows]
    return [Part(**row) for row in rows]


def parts(examples: int, number: int) -> dict[int, int]:
    """Seed and number of inputs of each part; no two numbers share a seed."""
    whole, rest = divmod(examples, PART)
    sizes = [PART] * whole + [rest] * (rest > 0)
    return {0: 0} | {number * SEEDS + k: size for k, size in enumerate(sizes)}


def run(todo: dict[int, int], jobs: int, seconds: float, slower: float = 1.0) -> Iterator[Part]:
    """The parts as they end; none is begun once those that ended took the seconds of their processes in all."""
    waiting, spent = list(todo.items()), 0.0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=KEPT) as pool:
        running: set[Future[Part]] = set()
        while running or (waiting and spent < seconds):
            while waiting and len(running) < jobs and spent < seconds:
                running.add(pool.submit(part, *waiting.pop(0), slower))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for ended in done:
                spent += ended.result().seconds
                yield ended.result()


def without_verdict(ended: list[Part]) -> list[str]:
    """How many statements were decided, and why the others were not."""
    reasons: Counter[str] = Counter()
    for p in ended:
        reasons.update(dict(p.undecided))
    decided, none = sum(p.decided for p in ended), sum(reasons.values())
    share = 100 * none / max(1, decided + none)
    told = f"statements: {decided} decided, {none} without a verdict ({share:.1f} %)"
    return [told, *(f"  {count} {reason}" for reason, count in reasons.most_common(12))]


def main() -> int:
    """The run of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="at least 1")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of processor time, in all")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1.0, help="how many times slower the machine may be")
    parser.add_argument("--record", type=Path, help="file of the parts that were done; they are not run again")
    asked = parser.parse_args()
    todo = parts(asked.examples, asked.seed)
    ended = [p for p in recorded(asked.record) if todo.get(p.seed) == p.examples]
    for p in ended:
        del todo[p.seed]
    for p in run(todo, asked.jobs, asked.seconds, asked.slower):
        ended.append(p)
        for offence in p.offences:
            print(p.seed, *offence, sep=" | ", flush=True)
        print(f"part {p.seed}: {p.inputs} inputs, {p.seconds:.0f} s", file=sys.stderr, flush=True)
        if asked.record is not None:
            with asked.record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(p)) + "\n")
    counts = Counter(o[0] for p in ended for o in p.offences)
    inputs, hours = sum(p.inputs for p in ended), sum(p.seconds for p in ended) / 3600
    offended = ", ".join(f"{counts[o]} {o}" for o in ("raw", "over", "false"))
    print(f"seed {asked.seed}: {inputs} inputs, {sum(p.read for p in ended)} read, {hours:.2f} hours; {offended}")
    print(*without_verdict(ended), sep="\n")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main())
