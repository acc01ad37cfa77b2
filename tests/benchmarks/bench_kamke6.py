"""Kamke's second-order nonlinear collection (chapter 6), parameters symbolic, a budget an equation.

    python tests/benchmarks/bench_kamke6.py [--budget 60]

Writes docs/results/kamke6.md and kamke6.json: of how many equations the dimension is proven, of how many all
generators are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import RESULTS, ROOT, analyze, median, number, table, versions, warm_up, write

EQUATIONS = ROOT / "tests" / "catalogue" / "kamke6.txt"


def equations(path: Path) -> list[tuple[str, str]]:
    """(number, equation) for each line of the collection."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [(number_, equation) for number_, _, equation in (line.partition(" ") for line in lines)]


def dimension_is_proven(answer: Mapping[str, Any]) -> bool:
    """The count closed; the generators may still be missing in part."""
    return answer.get("upper_bound") is not None


def row(entry: Mapping[str, Any]) -> list[str]:
    """One line of the table."""
    answer = entry["liesym"]
    if "error" in answer:
        spent = answer.get("cpu", answer["seconds"])
        return [entry["number"], f"`{entry['equation']}`", "", "", answer["error"], number(spent)]
    bound = "–" if answer["upper_bound"] is None else str(answer["upper_bound"])
    cells = [bound, str(answer["generators"]), answer["completeness"], number(answer["cpu"])]
    return [entry["number"], f"`{entry['equation']}`", *cells]


def share(part: int, whole: Sequence[object]) -> str:
    """A part in percent."""
    return f"{100 * part / max(1, len(whole)):.1f} %"


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> str:
    """The results page."""
    answers = [e["liesym"] for e in done]
    proven = sum(map(dimension_is_proven, answers))
    complete = sum(a.get("completeness") == "proven" for a in answers)
    seconds = [a.get("cpu", a["seconds"]) for a in answers]
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    open_ones = [e["number"] for e in done if e["liesym"].get("completeness") != "proven"]
    still = ", ".join(f"6.{n}" for n in open_ones)
    return "\n\n".join(
        [
            "# Kamke's second-order nonlinear equations",
            "Written by `tests/benchmarks/bench_kamke6.py`. The equations of chapter 6 without arbitrary "
            f"functions that are solved for `y''`; every other name is a parameter. {made}. Budget "
            f"{record['budget']:.0f} s an equation, each in a fork of a warm process.",
            f"Of {len(done)} equations the dimension is proven for {proven} ({share(proven, done)}; target 98 %); all "
            f"generators are found for {complete} ({share(complete, done)}; target 95 %). Processor seconds: "
            f"median {number(median(seconds))} s, longest {number(max(seconds))} s, "
            f"sum {number(sum(seconds), 0)} s." + (f" Open: {still}." if still else ""),
            "The dimension is for generic values of the parameters. Every generator is verified by "
            "substitution, so a list may be short but holds nothing wrong.",
            table(["6.", "equation", "dimension", "generators", "claim", "s"], [row(e) for e in done]),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--equations", type=Path, default=EQUATIONS)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    warm_up()
    done = []
    for number_, equation in equations(options.equations):
        question = {"equations": [equation], "independent": "x", "parameters": {}}
        answer = analyze(question, options.budget)
        done.append({"number": number_, "equation": equation, "liesym": answer})
        claim = answer.get("completeness", answer.get("error"))
        print(f"6.{number_}: {claim}, {answer['seconds']:.2f} s", flush=True)
    record = {"versions": versions(), "budget": options.budget, "equations": done}
    write(options.out, "kamke6", page(done, record), record)
    print(page(done, record).split("\n\n")[2])


if __name__ == "__main__":
    main()
