"""Kamke's second-order nonlinear collection (chapter 6), parameters symbolic, a budget an equation.

    python tests/benchmarks/bench_kamke6.py [--budget 60]

Writes docs/results/kamke6.md and kamke6.json: of how many equations the dimension is proven, of how many all
generators are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kamke import Collection, made_with, share
from measure import median, number, table


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


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> list[str]:
    """The paragraphs of the results page."""
    answers = [e["liesym"] for e in done]
    proven = sum(map(dimension_is_proven, answers))
    complete = sum(a.get("completeness") == "proven" for a in answers)
    seconds = [a.get("cpu", a["seconds"]) for a in answers]
    open_ones = [e["number"] for e in done if e["liesym"].get("completeness") != "proven"]
    still = ", ".join(f"6.{n}" for n in open_ones)
    return [
        "# Kamke's second-order nonlinear equations",
        "Written by `tests/benchmarks/bench_kamke6.py`. The equations of chapter 6 without arbitrary "
        f"functions that are solved for `y''`; every other name is a parameter. {made_with(record)}. Budget "
        f"{record['budget']:.0f} s an equation, each in a fork of a warm process.",
        f"Of {len(done)} equations the dimension is proven for {proven} ({share(proven, done)}; target 98 %); all "
        f"generators are found for {complete} ({share(complete, done)}; target 95 %). Processor seconds: "
        f"median {number(median(seconds))} s, longest {number(max(seconds))} s, "
        f"sum {number(sum(seconds), 0)} s." + (f" Open: {still}." if still else ""),
        "The dimension is for generic values of the parameters. Every generator is verified by "
        "substitution, so a list may be short but holds nothing wrong.",
        table(["6.", "equation", "dimension", "generators", "claim", "s"], [row(e) for e in done]),
    ]


def claim(answer: Mapping[str, Any]) -> str:
    """What is claimed, in a word or two."""
    return answer.get("completeness", answer.get("error", ""))


if __name__ == "__main__":
    Collection(6, 60.0, claim, page).run(__doc__)
