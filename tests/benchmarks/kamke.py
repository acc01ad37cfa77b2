"""What the two collections from Kamke's book share: reading the list, asking every equation, writing the page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import RESULTS, ROOT, analyze, versions, warm_up, write

Answer = Mapping[str, Any]
Page = Callable[[Sequence[Answer], Answer], list[str]]


@dataclass(frozen=True, slots=True)
class Collection:
    """A chapter: its number, the seconds an equation gets, one word for an answer, and the paragraphs of the page."""

    chapter: int
    budget: float
    word: Callable[[Answer], str]
    page: Page

    def run(self, doc: str | None) -> None:
        """Ask every equation, print a line each, write docs/results/kamkeN.md and .json."""
        name = f"kamke{self.chapter}"
        parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
        parser.add_argument("--equations", type=Path, default=ROOT / "tests" / "catalogue" / f"{name}.txt")
        parser.add_argument("--budget", type=float, default=self.budget)
        parser.add_argument("--out", type=Path, default=RESULTS)
        options = parser.parse_args()
        warm_up()
        done = []
        for number, equation in equations(options.equations):
            answer = analyze({"equations": [equation], "independent": "x", "parameters": {}}, options.budget)
            done.append({"number": number, "equation": equation, "liesym": answer})
            print(f"{self.chapter}.{number}: {self.word(answer)}, {answer['seconds']:.2f} s", flush=True)
        record = {"versions": versions(), "budget": options.budget, "equations": done}
        paragraphs = self.page(done, record)
        write(options.out, name, "\n\n".join(paragraphs), record)
        print(paragraphs[2])


def equations(path: Path) -> list[tuple[str, str]]:
    """(number, equation) for each line of the collection."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [(number, equation) for number, _, equation in (line.partition(" ") for line in lines)]


def share(part: int, whole: Sequence[object]) -> str:
    """A part in percent."""
    return f"{100 * part / max(1, len(whole)):.1f} %"


def made_with(record: Answer) -> str:
    """The versions, in a sentence."""
    return ", ".join(f"{k} {v}" for k, v in record["versions"].items())
